//! Equality with the reference on real places (../shared) and with our own committed results (always).
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic as tests may")]

use quietway_tests::{assert_success, fixture, quietway, root, run_monaco, shared};
use std::path::Path;
use std::process::Command;

const PLACES: [&str; 4] = ["beatty", "baltimore-se", "helsinki-kamppi", "liechtenstein-south"];

fn binary() -> std::ffi::OsString {
    quietway().get_program().to_owned()
}

#[test]
fn reference_places_are_equal_in_every_table() {
    for place in PLACES {
        let (Some(tool), Some(golden)) = (shared("tools/run_golden.py"), shared(&format!("golden/{place}"))) else {
            return;
        };
        let out = tempfile::tempdir().unwrap();
        let run = Command::new("python3").arg(tool).arg(binary()).arg(&golden).arg(out.path()).output().unwrap();
        let said = String::from_utf8_lossy(&run.stdout).into_owned() + &String::from_utf8_lossy(&run.stderr);
        println!("{place}\n{said}");
        assert!(run.status.success() && said.contains("20 tables equal, 0 differ"), "{place} differs:\n{said}");
        links_are_equal(place, out.path(), &golden);
    }
}

/// Every link equals the reference's, but for those whose right turn it picks arbitrarily among equals (`ties_int_crossing.csv.gz`).
fn links_are_equal(place: &str, out: &Path, golden: &Path) {
    let script = root().join("tests/golden/compare_links.py");
    let run = Command::new("python3").arg(script).arg(out).arg(golden).output().unwrap();
    let said = String::from_utf8_lossy(&run.stdout).into_owned() + &String::from_utf8_lossy(&run.stderr);
    println!("{place} links: {said}");
    assert!(run.status.success(), "{place}: {said}");
}

/// Our own results on Monaco, both editions: a change of any number is seen, wherever the tests run.
#[test]
fn monaco_is_as_committed() {
    for edition in ["current", "reference"] {
        let out = tempfile::tempdir().unwrap();
        let folder = out.path().join("results");
        assert_success(&run_monaco(&folder, &["--edition", edition, "--formats", "csv,geojson", "--tiles", "none"]));
        let script = root().join("tests/golden/digest.py");
        let run = Command::new("python3").arg(script).arg(&folder).output().unwrap();
        assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
        let expected = std::fs::read_to_string(fixture(&format!("monaco/golden/{edition}.txt"))).unwrap();
        let seen = String::from_utf8(run.stdout).unwrap();
        let first = expected.lines().zip(seen.lines()).enumerate().find(|(_, (a, b))| a != b);
        assert!(
            expected == seen,
            "edition {edition} changed, first at line {first:?}; scripts/update-fixtures if it is meant"
        );
    }
}
