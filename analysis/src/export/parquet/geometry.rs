//! Geometry as GeoParquet 1.1 wants it: well-known binary in degrees, and the `geo` metadata.

use crate::layers::Geometry;
use geo_types::{Coord, LineString, MultiPolygon};
use serde_json::{Value, json};

/// Little-endian well-known binary; codes of the simple-feature types.
const LITTLE_ENDIAN: u8 = 1;
const POINT: u32 = 1;
const LINE: u32 = 2;
const POLYGON: u32 = 3;
const MULTI_POLYGON: u32 = 6;

/// Appends the geometry of a row; `false` when it has none.
pub(super) fn write(geometry: &Geometry, row: usize, out: &mut Vec<u8>) -> bool {
    match geometry {
        Geometry::Points { wgs84, .. } => wgs84[row].map(|point| self::point(point.0, out)).is_some(),
        Geometry::Lines { first, wgs84, .. } => {
            let points = &wgs84[first[row] as usize..first[row + 1] as usize];
            if !points.is_empty() {
                head(LINE, out);
                coords(points, out);
            }
            !points.is_empty()
        }
        Geometry::Polygons { wgs84, .. } => wgs84[row].as_ref().map(|polygons| multi_polygon(polygons, out)).is_some(),
    }
}

fn head(code: u32, out: &mut Vec<u8>) {
    out.push(LITTLE_ENDIAN);
    out.extend_from_slice(&code.to_le_bytes());
}

fn count(number: usize, out: &mut Vec<u8>) {
    let number = u32::try_from(number).expect("a ring has fewer than 2^32 points: they are in memory, 16 bytes each");
    out.extend_from_slice(&number.to_le_bytes());
}

fn coord(coord: Coord<f64>, out: &mut Vec<u8>) {
    out.extend_from_slice(&coord.x.to_le_bytes());
    out.extend_from_slice(&coord.y.to_le_bytes());
}

fn coords(points: &[Coord<f64>], out: &mut Vec<u8>) {
    count(points.len(), out);
    points.iter().for_each(|&point| coord(point, out));
}

fn point(at: Coord<f64>, out: &mut Vec<u8>) {
    head(POINT, out);
    coord(at, out);
}

fn multi_polygon(polygons: &MultiPolygon<f64>, out: &mut Vec<u8>) {
    head(MULTI_POLYGON, out);
    count(polygons.0.len(), out);
    for polygon in &polygons.0 {
        head(POLYGON, out);
        count(1 + polygon.interiors().len(), out);
        let rings = std::iter::once(polygon.exterior()).chain(polygon.interiors());
        rings.for_each(|ring: &LineString<f64>| coords(&ring.0, out));
    }
}

/// The `geo` metadata. Without `crs` coordinates are OGC:CRS84, as the standard says.
pub(super) fn metadata(column: &str, geometry: &Geometry) -> Value {
    let mut described = json!({ "encoding": "WKB", "geometry_types": [type_name(geometry)] });
    if let Some(bounds) = bounds(geometry) {
        described["bbox"] = json!(bounds);
    }
    json!({ "version": "1.1.0", "primary_column": column, "columns": { column: described } })
}

fn type_name(geometry: &Geometry) -> &'static str {
    match geometry {
        Geometry::Points { .. } => "Point",
        Geometry::Lines { .. } => "LineString",
        Geometry::Polygons { .. } => "MultiPolygon",
    }
}

/// West, south, east, north; `None` without any finite coordinate.
fn bounds(geometry: &Geometry) -> Option<[f64; 4]> {
    let mut bounds = [f64::INFINITY, f64::INFINITY, f64::NEG_INFINITY, f64::NEG_INFINITY];
    let mut add = |at: &Coord<f64>| {
        if at.x.is_finite() && at.y.is_finite() {
            bounds = [bounds[0].min(at.x), bounds[1].min(at.y), bounds[2].max(at.x), bounds[3].max(at.y)];
        }
    };
    match geometry {
        Geometry::Points { wgs84, .. } => wgs84.iter().flatten().for_each(|point| add(&point.0)),
        Geometry::Lines { wgs84, .. } => wgs84.iter().for_each(add),
        Geometry::Polygons { wgs84, .. } => {
            wgs84.iter().flatten().flatten().for_each(|polygon| polygon.exterior().0.iter().for_each(&mut add));
        }
    }
    (bounds[0] <= bounds[2]).then_some(bounds)
}
