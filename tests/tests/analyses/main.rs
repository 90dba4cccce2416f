//! The client's own analyses: what they make, what they may not, what is left when they fail. PostgreSQL and SpatiaLite where they are.
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic as tests may")]

mod commands;
mod examples;
mod fence;
mod postgis;
mod results;

use quietway_job::manifest::{AnalysisRun, AnalysisState, Manifest};
use quietway_tests::{monaco, stderr};
use std::path::{Path, PathBuf};
use std::process::Output;
use tempfile::TempDir;

/// What all runs here have in common: little besides the analyses.
const FEW: [&str; 4] = ["--tiles", "none", "--formats", "csv,geojson"];

/// A folder of analyses.
fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    files.iter().for_each(|(name, text)| std::fs::write(folder.path().join(name), text).unwrap());
    folder
}

/// An SQL file with one output; `more` are lines of its header.
fn sql(output: &str, more: &str, body: &str) -> String {
    let more: String = more.lines().map(|line| format!("-- {line}\n")).collect();
    format!(
        "-- /// quietway\n-- title = \"Test\"\n{more}-- [[output]]\n-- name = \"{output}\"\n-- title = \"Rows\"\n\
         -- export = [\"csv\"]\n-- ///\n{body}\n"
    )
}

/// Lines before the first of the body.
const HEAD: usize = 7;

/// A run of Monaco with a folder of analyses.
fn run(analyses: &Path, out: &Path, more: &[&str]) -> Output {
    monaco(out, &FEW).arg("--analyses").arg(analyses).args(more).output().unwrap()
}

fn manifest(folder: &Path) -> Manifest {
    serde_json::from_slice(&std::fs::read(folder.join("manifest.json")).unwrap()).unwrap()
}

/// A run whose analyses are expected to end so: its results and what the manifest says of the analyses.
fn ended(files: &[(&str, &str)], more: &[&str], code: i32) -> (TempDir, PathBuf, Vec<AnalysisRun>) {
    let out = tempfile::tempdir().unwrap();
    let results = out.path().join("results");
    let output = run(folder(files).path(), &results, more);
    assert_eq!(output.status.code(), Some(code), "{}", stderr(&output));
    let runs = manifest(&results).analyses;
    (out, results, runs)
}

/// Why the only analysis of a run failed; all else must be there.
fn failure_of(text: &str, more: &[&str]) -> String {
    let (_out, results, runs) = ended(
        &[("10-bad.sql", text), ("20-good.sql", &sql("good", "", "CREATE TABLE good AS SELECT 1 AS n"))],
        more,
        6,
    );
    assert_eq!(runs.iter().map(|run| run.state).collect::<Vec<_>>(), [AnalysisState::Failed, AnalysisState::Done]);
    for file in ["good.csv", "neighborhood_overall_scores.csv", "neighborhood_ways.geojson"] {
        assert!(results.join(file).exists(), "{file}");
    }
    runs[0].error.clone().unwrap()
}
