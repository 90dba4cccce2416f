//! The examples that are shipped: they run, and what they say is true.

use super::postgis::{login, run as run_in_postgres};
use super::{manifest, run};
use quietway_job::manifest::AnalysisState;
use quietway_tests::postgres::server;
use quietway_tests::{assert_success, root, stderr};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

const OUTPUTS: [&str; 4] = ["missing_links", "schools_without_calm_way", "blocking_crossings", "calm_way_to_school"];

fn examples() -> std::path::PathBuf {
    root().join("analysis/examples/analyses")
}

/// A suite in which crossings matter: in Monaco, by bna, nobody's way fails at a crossing alone.
fn wary() -> String {
    root().join("analysis/examples/suites/wary-crossings.toml").to_str().unwrap().to_owned()
}

fn features(folder: &Path, name: &str) -> Vec<Value> {
    let text = std::fs::read_to_string(folder.join(format!("{name}.geojson"))).unwrap();
    let json: Value = serde_json::from_str(&text).unwrap();
    json["features"].as_array().unwrap().clone()
}

/// Whether SpatiaLite is here; its absence is said in the run.
fn has_spatialite(folder: &Path) -> bool {
    let runs = manifest(folder).analyses;
    let school = runs
        .iter()
        .find(|run| run.name == "20-schools-without-calm-way" && run.state != AnalysisState::Skipped)
        .unwrap();
    let is_there = school.state == AnalysisState::Done;
    if !is_there {
        assert!(school.error.as_ref().unwrap().contains("needs SpatiaLite, which is not installed here"));
        println!("skipped: no SpatiaLite here; scripts/test installs it");
    }
    is_there
}

#[test]
fn on_a_geopackage() {
    let out = tempfile::tempdir().unwrap();
    let results = out.path().join("results");
    let output = run(&examples(), &results, &["--suite", &wary()]);
    let is_spatial = has_spatialite(&results);
    assert_eq!(output.status.code(), Some(if is_spatial { 0 } else { 6 }), "{}", stderr(&output));
    missing_links_touch_what_they_say(&results);
    blocking_crossings_are_crossings(&results);
    let runs = manifest(&results).analyses;
    let skipped = runs.iter().filter(|run| run.state == AnalysisState::Skipped).count();
    assert_eq!(skipped, 3, "those for PostGIS");
}

/// Recomputed from the streets alone.
fn missing_links_touch_what_they_say(folder: &Path) {
    let ways = features(folder, "neighborhood_ways");
    let mut islands_at: BTreeMap<i64, BTreeSet<i64>> = BTreeMap::new();
    for way in &ways {
        let of = &way["properties"];
        if let Some(island) = of["island_id"].as_i64() {
            for end in ["intersection_from", "intersection_to"] {
                islands_at.entry(of[end].as_i64().unwrap()).or_default().insert(island);
            }
        }
    }
    let mut wanted = BTreeMap::new();
    for way in &ways {
        let of = &way["properties"];
        let is_stressful = of["ft_seg_stress"] == 3 || of["tf_seg_stress"] == 3;
        if of["island_id"].is_null() && is_stressful {
            let ends = ["intersection_from", "intersection_to"].map(|end| of[end].as_i64().unwrap());
            let touched: BTreeSet<i64> = ends.iter().filter_map(|end| islands_at.get(end)).flatten().copied().collect();
            let mut touched = touched.into_iter(); // island 1 is the longest
            if let (Some(larger), Some(smaller)) = (touched.next(), touched.next()) {
                wanted.insert(of["road_id"].as_i64().unwrap(), (larger, smaller));
            }
        }
    }
    let found = features(folder, "missing_links");
    assert!(!found.is_empty());
    let number = |feature: &Value, key: &str| feature["properties"][key].as_i64().unwrap();
    let pairs: BTreeMap<i64, (i64, i64)> = found
        .iter()
        .map(|link| (number(link, "road_id"), (number(link, "larger_island"), number(link, "smaller_island"))))
        .collect();
    assert_eq!(pairs, wanted);
    let lengths: Vec<f64> = found.iter().map(|link| link["properties"]["joined_length_m"].as_f64().unwrap()).collect();
    assert!(lengths.is_sorted_by(|a, b| a >= b), "the most valuable first");
}

fn blocking_crossings_are_crossings(folder: &Path) {
    let stressful: BTreeSet<i64> = features(folder, "neighborhood_ways_intersections")
        .iter()
        .filter(|junction| junction["properties"]["int_stress"] == 3)
        .map(|junction| junction["properties"]["int_id"].as_i64().unwrap())
        .collect();
    let found = features(folder, "blocking_crossings");
    assert!(!found.is_empty());
    for crossing in found {
        let of = &crossing["properties"];
        assert!(stressful.contains(&of["int_id"].as_i64().unwrap()), "{of}");
        assert!(of["people"].as_f64().unwrap() > 0.0 && of["pairs"].as_i64().unwrap() > 0, "{of}");
    }
}

#[test]
fn on_postgis_and_equal_to_those_on_the_geopackage() {
    let Some(server) = server() else { return };
    let database = server.database();
    let login = login(&database);
    let out = tempfile::tempdir().unwrap();
    let (in_postgis, in_geopackage) = (out.path().join("postgis"), out.path().join("gpkg"));
    let suite = wary();
    let more = ["--analyses-database-url", login.as_str(), "--suite", &suite];
    assert_success(&run_in_postgres(&database, &examples(), "monaco", &in_postgis, &more));
    for output in OUTPUTS {
        let rows: usize = database.texts(&format!("SELECT count(*)::text FROM monaco.{output}"))[0].parse().unwrap();
        assert_eq!(rows, features(&in_postgis, output).len(), "{output}");
    }
    calm_ways_are_calm(&in_postgis);
    let output = run(&examples(), &in_geopackage, &["--suite", &suite]);
    let shared = if has_spatialite(&in_geopackage) { &OUTPUTS[..3] } else { &["missing_links", "blocking_crossings"] };
    assert!([Some(0), Some(6)].contains(&output.status.code()));
    for output in shared {
        assert_eq!(features(&in_postgis, output), features(&in_geopackage, output), "{output}");
    }
}

fn calm_ways_are_calm(folder: &Path) {
    let calm: BTreeSet<i64> = features(folder, "neighborhood_ways")
        .iter()
        .filter(|way| !way["properties"]["island_id"].is_null())
        .map(|way| way["properties"]["road_id"].as_i64().unwrap())
        .collect();
    let found = features(folder, "calm_way_to_school");
    assert!(found.len() > 10, "{}", found.len());
    for street in &found {
        let of = &street["properties"];
        assert!(calm.contains(&of["road_id"].as_i64().unwrap()), "{of}");
        assert!((0.0..=2680.0).contains(&of["distance_m"].as_f64().unwrap()) && of["school_id"].is_i64(), "{of}");
    }
}
