use super::*;
use crate::suite::Suite;
use geo::{Distance, Euclidean, LinesIter};
use geo_types::{Coord, Point, coord};
use quietway_job::boundary::Limits;
use std::path::Path;

fn run(json: &str) -> Result<StudyArea, BoundaryError> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("old_town.geojson");
    std::fs::write(&path, json).unwrap();
    resolve(&BoundarySource::File(path), &BoundaryOptions::default(), &Suite::bna())
}

fn feature(name: &str, x: f64) -> String {
    let ring = [(x, 47.0), (x + 0.1, 47.0), (x + 0.1, 47.1), (x, 47.1), (x, 47.0)]
        .map(|(x, y)| format!("[{x},{y}]"))
        .join(",");
    format!(r#"{{"type":"Feature","properties":{{{name}}},"geometry":{{"type":"Polygon","coordinates":[[{ring}]]}}}}"#)
}

fn collection(features: &[String]) -> String {
    format!(r#"{{"type":"FeatureCollection","features":[{}]}}"#, features.join(","))
}

#[test]
fn one_feature_stays_unmoved() {
    let area = run(&feature(r#""NAME":" Vaduz ","pop":5"#, 9.45)).unwrap();
    assert_eq!((area.name.as_str(), area.projection.srid, area.notes.len()), ("Vaduz", 32632, 0));
    assert_eq!(area.boundary, area.first_feature);
    assert_eq!(area.boundary.0[0].exterior().0[1], coord! { x: 9.45 + 0.1, y: 47.0 });
    let names: Vec<_> = area.attributes.iter().map(|column| (&*column.name, column.values.len())).collect();
    assert_eq!(names, [("name", 1), ("pop", 1)]);
    let forward = area.projection.forward(area.boundary.0[0].exterior().0[0]);
    assert_eq!(area.boundary_m.0[0].exterior().0[0], forward);
}

#[test]
fn features_are_dissolved() {
    let area = run(&collection(&[feature("", 9.4), feature(r#""name":"B""#, 9.5)])).unwrap();
    assert_eq!((area.boundary.0.len(), area.first_feature.0.len(), area.notes.len()), (1, 1, 1));
    assert!(area.boundary.0[0].exterior().0.len() <= 7, "no inner border");
    assert_eq!(area.name, "old_town");
    // Apart: two parts.
    assert_eq!(run(&collection(&[feature("", 9.0), feature("", 9.5)])).unwrap().boundary.0.len(), 2);
}

#[test]
fn overlapping_parts_of_one_feature_are_merged() {
    let parts = |shift: f64| {
        let ring = |x: f64| format!("[[[{x},47],[{},47],[{},47.1],[{x},47.1],[{x},47]]]", x + 0.1, x + 0.1);
        run(&format!(r#"{{"type":"MultiPolygon","coordinates":[{},{}]}}"#, ring(9.4), ring(9.4 + shift))).unwrap()
    };
    let (apart, over) = (parts(0.2), parts(0.05));
    assert_eq!((apart.boundary.0.len(), apart.notes.len()), (2, 0));
    assert_eq!((over.boundary.0.len(), over.notes.len()), (1, 1));
    assert_eq!(over.first_feature.0.len(), 2);
}

#[test]
fn the_buffer_is_as_wide_as_the_suite_says() {
    // A star: corners that stick out and corners that stick in.
    let star: Vec<Coord<f64>> = (0..=40)
        .map(|n| (f64::from(n % 40) * std::f64::consts::TAU / 40.0, if n % 2 == 0 { 0.05 } else { 0.02 }))
        .map(|(angle, size)| coord! { x: 9.5 + size * angle.cos(), y: 47.0 + size * angle.sin() })
        .collect();
    let ring = star.iter().map(|at| format!("[{},{}]", at.x, at.y)).collect::<Vec<_>>().join(",");
    let area = run(&format!(r#"{{"type":"Polygon","coordinates":[[{ring}]]}}"#)).unwrap();
    let lines: Vec<_> = area.boundary_m.lines_iter().collect();
    for corner in area.buffered_m.0.iter().flat_map(|polygon| &polygon.exterior().0) {
        let distance = lines.iter().map(|line| Euclidean.distance(&Point(*corner), line)).fold(f64::MAX, f64::min);
        assert!((distance - 2680.0).abs() < 1.0, "{corner:?}: {distance}");
    }
    assert_eq!(area.buffered_m.0.len(), 1);
    let back = area.projection.inverse(area.buffered_m.0[0].exterior().0[0]);
    assert_eq!(area.buffered.0[0].exterior().0[0], back);
}

#[test]
fn a_buffer_across_the_180th_meridian_is_refused() {
    let ring = "[179.95,-16.8],[179.999,-16.8],[179.999,-16.75],[179.95,-16.75],[179.95,-16.8]";
    let error = run(&format!(r#"{{"type":"Polygon","coordinates":[[{ring}]]}}"#)).unwrap_err();
    assert!(error.to_string().contains("180th meridian, or so near"), "{error}");
}

#[test]
fn faults_name_the_file() {
    let text = |json: &str| run(json).map(|_| ()).unwrap_err().to_string();
    let polar = feature("", 9.0).replace("47.1", "85");
    let options =
        BoundaryOptions { limits: Limits { area_km2: 1e9, ..Limits::default() }, ..BoundaryOptions::default() };
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("pole.json");
    std::fs::write(&path, polar).unwrap();
    let polar = resolve(&BoundarySource::File(path.clone()), &options, &Suite::bna()).unwrap_err().to_string();
    assert!(polar.contains("pole.json: it reaches latitude 85"), "{polar}");
    let swapped = text(&feature("", 47.0).replace("47.1]", "147]"));
    assert!(swapped.contains("old_town.geojson: feature 1"), "{swapped}");
    assert!(text("{").contains("old_town.geojson: this is not GeoJSON"));
    assert!(text("hello").contains("is no GeoJSON, Shapefile"));
    let missing = resolve(&BoundarySource::File(folder.path().join("none.json")), &options, &Suite::bna());
    assert!(missing.unwrap_err().to_string().contains("none.json"));
    let small = BoundaryOptions { limits: Limits { bytes: 10, ..Limits::default() }, ..BoundaryOptions::default() };
    let limit = resolve(&BoundarySource::File(path), &small, &Suite::bna()).unwrap_err().to_string();
    assert!(limit.contains("11 bytes, more than the limit of 10"), "{limit}");
    assert_eq!(BoundarySource::from(Path::new("-")), BoundarySource::Stdin);
}
