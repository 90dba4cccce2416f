//! Suites from the command line: checked, shown, extended.
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic as tests may")]

use quietway_job::manifest::Manifest;
use quietway_tests::{assert_success, quietway, root, run_monaco, stderr};
use std::path::Path;
use std::process::Output;

fn suite(arguments: &[&str]) -> Output {
    quietway().arg("suite").args(arguments).output().unwrap()
}

fn manifest(folder: &Path) -> Manifest {
    serde_json::from_slice(&std::fs::read(folder.join("manifest.json")).unwrap()).unwrap()
}

#[test]
fn the_built_in_suite_is_shown_as_it_is() {
    let output = suite(&["show"]);
    assert_success(&output);
    assert_eq!(output.stdout, std::fs::read(root().join("analysis/suites/bna.toml")).unwrap());
}

#[test]
fn what_is_shown_can_be_checked_and_run() {
    let out = tempfile::tempdir().unwrap();
    let (mine, whole) = (out.path().join("mine.toml"), out.path().join("whole.toml"));
    std::fs::write(&mine, "extends = \"bna\"\nname = \"short\"\n[reach]\ntrip_max_m = 1500\n").unwrap();
    let checked = suite(&["check", mine.to_str().unwrap()]);
    assert_success(&checked);
    assert!(String::from_utf8_lossy(&checked.stdout).contains("suite \"short\", 16 categories in 6 groups"));
    std::fs::write(&whole, suite(&["show", mine.to_str().unwrap()]).stdout).unwrap();
    assert_success(&suite(&["check", whole.to_str().unwrap()]));
    let few = ["--formats", "csv", "--tiles", "none", "--suite"];
    let folders = ["plain", "mine", "whole"].map(|name| out.path().join(name));
    assert_success(&run_monaco(&folders[0], &few[..4]));
    assert_success(&run_monaco(&folders[1], &[&few[..], &[mine.to_str().unwrap()]].concat()));
    assert_success(&run_monaco(&folders[2], &[&few[..], &[whole.to_str().unwrap()]].concat()));
    let [plain, mine, whole] = folders.map(|folder| manifest(&folder));
    assert_eq!(mine.suite.name, "short");
    assert_eq!(mine.suite.sha256, whole.suite.sha256, "what counts is the whole suite");
    assert_eq!(mine.summary, whole.summary);
    assert_ne!(mine.summary, plain.summary, "a shorter trip reaches less");
}

#[test]
fn faults_are_said_with_line_and_key() {
    let out = tempfile::tempdir().unwrap();
    let file = out.path().join("bad.toml");
    for (text, said) in [
        ("extends = \"bna\"\n[reach]\ntrip_max_m = 9000\n", "line 3: `trip_max_m` is 9000"),
        ("extends = \"bna\"\n[reach]\nspeed = 1\n", "line 3: unknown field `speed`"),
        ("extends = \"mine\"\n", "line 1: `extends` is"),
        ("name = \"x\"\n", "missing field"),
    ] {
        std::fs::write(&file, text).unwrap();
        for arguments in [["check", file.to_str().unwrap()], ["show", file.to_str().unwrap()]] {
            let output = suite(&arguments);
            assert_eq!(output.status.code(), Some(3), "{}", stderr(&output));
            assert!(stderr(&output).contains(said), "{text}: {}", stderr(&output));
        }
    }
    assert_eq!(suite(&["check", "no-such-file.toml"]).status.code(), Some(3));
}
