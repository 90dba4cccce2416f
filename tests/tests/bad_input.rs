//! Bad input: every case names the file, what is wrong and what to do, with the documented exit code. Never a panic.
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic as tests may")]

use quietway_tests::{fixture, quietway, stderr};
use std::path::{Path, PathBuf};
use std::process::Output;

/// A folder with the good inputs, to spoil one of them.
struct Case {
    folder: tempfile::TempDir,
}

impl Case {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    fn file(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.folder.path().join(name);
        std::fs::write(&path, content).unwrap();
        path
    }

    fn run(&self, boundary: &Path, osm: &Path, more: &[&str]) -> Output {
        let out = self.folder.path().join("out");
        let mut command = quietway();
        command.arg("run").arg("--boundary").arg(boundary).arg("--osm").arg(osm).arg("--out").arg(out);
        command.args(["--progress", "none", "--formats", "csv", "--tiles", "none"]).args(more).output().unwrap()
    }
}

fn good_boundary() -> PathBuf {
    fixture("monaco/boundary.geojson")
}

fn good_osm() -> PathBuf {
    fixture("monaco/monaco.osm.pbf")
}

fn polygon(points: &str) -> String {
    format!(r#"{{"type":"Polygon","coordinates":[[{points}]]}}"#)
}

#[track_caller]
fn refuses(output: &Output, code: i32, words: &[&str]) {
    let said = stderr(output);
    assert_eq!(output.status.code(), Some(code), "{said}");
    for word in words {
        assert!(said.contains(word), "no {word:?} in: {said}");
    }
    assert_eq!(said.trim().lines().count(), 1, "one sentence, please: {said}");
    assert!(!said.contains("panicked") && !said.contains("internal error"), "{said}");
}

#[test]
fn empty_pbf() {
    let case = Case::new();
    let osm = case.file("empty.osm.pbf", "");
    refuses(&case.run(&good_boundary(), &osm, &[]), 3, &["empty.osm.pbf", "empty"]);
}

#[test]
fn truncated_pbf() {
    let case = Case::new();
    let whole = std::fs::read(good_osm()).unwrap();
    let osm = case.file("cut.osm.pbf", &whole[..whole.len() / 2]);
    refuses(&case.run(&good_boundary(), &osm, &[]), 3, &["cut.osm.pbf", "cut off"]);
}

#[test]
fn not_osm_at_all() {
    let case = Case::new();
    let osm = case.file("text.osm.pbf", "these are not the streets you are looking for, nor is this a PBF");
    refuses(&case.run(&good_boundary(), &osm, &[]), 3, &["text.osm.pbf"]);
}

#[test]
fn boundary_outside_the_extract() {
    let case = Case::new();
    let boundary = case.file("far.geojson", polygon("[10,50],[10.01,50],[10.01,50.01],[10,50.01],[10,50]"));
    refuses(&case.run(&boundary, &good_osm(), &[]), 3, &["monaco.osm.pbf", "boundary"]);
}

#[test]
fn swapped_coordinates() {
    let case = Case::new();
    // A town in Alaska, latitude first: 141 is no latitude.
    let boundary = case.file("swapped.geojson", polygon("[62,-141.1],[62.1,-141.1],[62.1,-141],[62,-141],[62,-141.1]"));
    refuses(&case.run(&boundary, &good_osm(), &[]), 3, &["swapped.geojson", "latitude", "swapped"]);
}

#[test]
fn bow_tie_polygon() {
    let case = Case::new();
    let boundary =
        case.file("bow.geojson", polygon("[7.41,43.73],[7.43,43.75],[7.43,43.73],[7.41,43.75],[7.41,43.73]"));
    refuses(&case.run(&boundary, &good_osm(), &[]), 3, &["bow.geojson", "crosses itself", "7.42"]);
}

#[test]
fn antimeridian() {
    let case = Case::new();
    let boundary =
        case.file("fiji.geojson", polygon("[179.9,-17],[-179.9,-17],[-179.9,-16.9],[179.9,-16.9],[179.9,-17]"));
    refuses(&case.run(&boundary, &good_osm(), &[]), 3, &["fiji.geojson", "180th meridian", "each side"]);
}

#[test]
fn boundary_is_not_json() {
    let case = Case::new();
    let boundary = case.file("broken.geojson", "{\"type\": \"Polygon\", \"coordinates\": [[[7.4, 43.7], ");
    refuses(&case.run(&boundary, &good_osm(), &[]), 3, &["broken.geojson", "JSON"]);
}

#[test]
fn boundary_too_large() {
    let case = Case::new();
    let boundary = case.file("large.geojson", polygon("[5,45],[8,45],[8,48],[5,48],[5,45]"));
    refuses(&case.run(&boundary, &good_osm(), &[]), 3, &["large.geojson", "square kilometres", "--max-boundary-area"]);
}

fn blocks(properties: &str) -> String {
    format!(
        r#"{{"type":"FeatureCollection","features":[{{"type":"Feature","properties":{properties},"geometry":{}}}]}}"#,
        polygon("[7.4195,43.7385],[7.4215,43.7385],[7.4215,43.7395],[7.4195,43.7395],[7.4195,43.7385]")
    )
}

#[test]
fn blocks_without_the_columns() {
    let case = Case::new();
    let file = case.file("blocks.geojson", blocks(r#"{"code":"a","people":5}"#));
    let output = case.run(&good_boundary(), &good_osm(), &["--blocks", file.to_str().unwrap()]);
    refuses(&output, 3, &["blocks.geojson", "geoid20", "code", "people", "--block-id"]);
}

#[test]
fn negative_population() {
    let case = Case::new();
    let file = case.file("blocks.geojson", blocks(r#"{"GEOID20":"a","POP20":-5}"#));
    let output = case.run(&good_boundary(), &good_osm(), &["--blocks", file.to_str().unwrap()]);
    refuses(&output, 3, &["blocks.geojson", "row 1", "-5", "0 or more"]);
}

#[test]
fn duplicate_block_ids() {
    let case = Case::new();
    let one = blocks(r#"{"GEOID20":"a","POP20":5}"#);
    let feature = one.split_once("\"features\":[").unwrap().1.strip_suffix("]}").unwrap();
    let file =
        case.file("blocks.geojson", format!(r#"{{"type":"FeatureCollection","features":[{feature},{feature}]}}"#));
    let output = case.run(&good_boundary(), &good_osm(), &["--blocks", file.to_str().unwrap()]);
    refuses(&output, 3, &["blocks.geojson", "row 2", "row 1", "unique"]);
}

#[test]
fn nobody_lives_here() {
    let case = Case::new();
    let file = case.file("blocks.geojson", blocks(r#"{"GEOID20":"a","POP20":0}"#));
    let output = case.run(&good_boundary(), &good_osm(), &["--blocks", file.to_str().unwrap()]);
    refuses(&output, 3, &["blocks.geojson"]);
}

#[test]
fn jobs_without_the_column() {
    let case = Case::new();
    let jobs = case.file("jobs.csv", "w_geocode,h_geocode,JOBS\n1,2,3\n");
    let output = case.run(&good_boundary(), &good_osm(), &["--jobs", jobs.to_str().unwrap()]);
    refuses(&output, 3, &["jobs.csv", "S000", "JOBS"]);
}

#[test]
fn suite_with_a_misspelt_key() {
    let case = Case::new();
    let text = std::fs::read_to_string(quietway_tests::root().join("analysis/suites/bna.toml")).unwrap();
    let suite = case.file("mine.toml", text.replacen("trip_max_m", "trip_mx_m", 1));
    let output = case.run(&good_boundary(), &good_osm(), &["--suite", suite.to_str().unwrap()]);
    refuses(&output, 3, &["mine.toml", "line ", "trip_mx_m"]);
}

#[test]
fn group_weights_that_do_not_total_100() {
    let case = Case::new();
    let text = std::fs::read_to_string(quietway_tests::root().join("analysis/suites/bna.toml")).unwrap();
    let suite = case.file("mine.toml", text.replacen("weight = 20", "weight = 21", 1));
    let output = case.run(&good_boundary(), &good_osm(), &["--suite", suite.to_str().unwrap()]);
    refuses(&output, 3, &["mine.toml", "101", "100"]);
}

#[test]
fn file_that_does_not_exist() {
    let case = Case::new();
    refuses(
        &case.run(Path::new("nowhere.geojson"), &good_osm(), &[]),
        3,
        &["boundary", "nowhere.geojson", "does not exist"],
    );
}

#[test]
fn speed_without_meaning() {
    let case = Case::new();
    let output = case.run(&good_boundary(), &good_osm(), &["--city-speed", "30 knots"]);
    refuses(&output, 2, &["--city-speed", "30 knots"]);
}

#[test]
fn unknown_flag_is_a_usage_error() {
    let output = quietway().args(["run", "--boundry", "x"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2), "{}", stderr(&output));
}

#[test]
fn folder_that_cannot_be_written() {
    let case = Case::new();
    case.file("out", "a file where the folder should be");
    refuses(&case.run(&good_boundary(), &good_osm(), &[]), 5, &["out"]);
    let output = quietway()
        .arg("run")
        .arg("--boundary")
        .arg(good_boundary())
        .arg("--osm")
        .arg(good_osm())
        .args(["--progress", "none", "--out", "/proc/quietway"])
        .output()
        .unwrap();
    refuses(&output, 5, &["/proc/quietway"]);
}

#[test]
fn a_flag_about_tiles_that_are_not_made() {
    let case = Case::new();
    let output = case.run(&good_boundary(), &good_osm(), &["--tiles-gzip"]);
    refuses(&output, 2, &["--tiles-gzip", "--tiles dir", "leave the flag out"]);
}
