//! Every format as independent readers see it: GDAL, pmtiles, mapbox-vector-tile, pyarrow, pyshp. The same rows and values everywhere.
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic as tests may")]

use quietway_tests::{assert_success, python, root, run_monaco};
use std::path::Path;
use std::process::Command;

fn results(more: &[&str]) -> tempfile::TempDir {
    let out = tempfile::tempdir().unwrap();
    assert_success(&run_monaco(&out.path().join("results"), more));
    out
}

fn check(python: &Path, script: &str, arguments: &[&Path], more: &[&str]) {
    let run = Command::new(python).arg(root().join(script)).args(arguments).args(more).output().unwrap();
    let said = String::from_utf8_lossy(&run.stdout).into_owned() + &String::from_utf8_lossy(&run.stderr);
    println!("{script}: {said}");
    assert!(run.status.success(), "{script}: {said}");
}

#[test]
fn tiles_hold_every_feature_of_every_layer_and_neighbours_share_their_edges() {
    let Some(python) = python() else { return };
    let out = results(&["--formats", "geojson", "--no-report"]);
    check(&python, "scripts/check-tiles.py", &[&out.path().join("results")], &[]);
}

#[test]
fn every_form_of_the_tiles_holds_the_same() {
    let Some(python) = python() else { return };
    for gzip in [&[][..], &["--tiles-gzip"]] {
        let out = results(&[&["--formats", "csv", "--tiles", "pmtiles,mbtiles,dir", "--no-report"], gzip].concat());
        check(&python, "tests/readers/check_tile_forms.py", &[&out.path().join("results")], &[]);
    }
}

#[test]
fn the_geopackage_opens_coloured() {
    let Some(python) = python() else { return };
    let out = results(&["--formats", "gpkg", "--tiles", "none", "--no-report"]);
    check(&python, "tests/readers/check_styles.py", &[&out.path().join("results/quietway.gpkg")], &[]);
}

#[test]
fn every_format_says_the_same() {
    let Some(python) = python() else { return };
    let formats = "gpkg,geojson,csv,shp,parquet";
    let out = results(&[
        "--formats",
        formats,
        "--tiles",
        "none",
        "--publish",
        "inputs,network,scores,pairs,osm",
        "--bundle",
        "--edition",
        "reference",
    ]);
    check(&python, "tests/readers/check_formats.py", &[&out.path().join("results")], &[]);
}

#[test]
fn the_manifest_follows_its_schema() {
    let Some(python) = python() else { return };
    let out = results(&["--formats", "csv", "--tiles", "none"]);
    let (schema, manifest) = (root().join("docs/manifest.schema.json"), out.path().join("results/manifest.json"));
    check(&python, "tests/readers/check_schema.py", &[&schema, &manifest], &[]);
}

/// GDAL's own validator, where the machine has it (Debian: `python3-gdal`); says aloud when it skips.
#[test]
fn the_geopackage_passes_gdals_validator() {
    let module = ["-c", "import osgeo_utils.samples.validate_gpkg as v; print(v.__file__)"];
    let Ok(found) = Command::new("/usr/bin/python3").args(module).output() else { return };
    if !found.status.success() {
        return println!("skipped: no validate_gpkg here (Debian: python3-gdal)");
    }
    let script = String::from_utf8_lossy(&found.stdout).trim().to_owned();
    let out = results(&["--formats", "gpkg", "--tiles", "none", "--publish", "inputs,network,scores,pairs,osm"]);
    let file = out.path().join("results/quietway.gpkg");
    let run =
        Command::new("/usr/bin/python3").args([&script, "--extra", "--warning-as-error"]).arg(file).output().unwrap();
    assert!(run.status.success(), "{}{}", String::from_utf8_lossy(&run.stdout), String::from_utf8_lossy(&run.stderr));
}
