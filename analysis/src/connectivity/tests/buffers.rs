//! Overlap of streets and buffers against GEOS (Shapely), case by case.

use crate::connectivity::overlap::Buffer;
use geo_types::{Coord, LineString, MultiPolygon, Polygon};

fn points(text: &str) -> Vec<Coord<f64>> {
    let numbers: Vec<f64> = text.split(' ').map(|n| n.parse().unwrap()).collect();
    numbers.chunks(2).map(|c| Coord { x: c[0], y: c[1] }).collect()
}

fn polygon(text: &str) -> Polygon<f64> {
    let mut rings = text.split('|').map(|ring| LineString(points(ring)));
    Polygon::new(rings.next().unwrap(), rings.collect())
}

/// `python buffers.py 300 1 > buffers.txt`; `BUFFER_CASES=file` takes others.
#[test]
fn streets_overlap_buffers_as_geos_says() {
    let cases = match std::env::var("BUFFER_CASES") {
        Ok(file) => std::fs::read_to_string(file).unwrap(),
        Err(_) => include_str!("buffers.txt").to_owned(),
    };
    let mut buffer = Buffer::default();
    let mut wrong = Vec::new();
    for (k, case) in cases.lines().enumerate() {
        let fields: Vec<_> = case.split('\t').collect();
        buffer.draw(&MultiPolygon(fields[0].split('/').map(polygon).collect()), 15.0);
        let street = points(fields[1]);
        let (contained, length) = (fields[2] == "1", fields[3].parse::<f64>().unwrap());
        let (mine, whole) = buffer.overlap(&street);
        if whole != contained || (mine - length).abs() > 1e-6 {
            wrong.push(format!("case {}: {mine} m {whole}, GEOS {length} m {contained}", k + 1));
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), cases.lines().count(), wrong.join("\n"));
}
