//! PostGIS: a real server, started by the tests (`quietway_tests::postgres`); says aloud when there is none.
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic as tests may")]

mod faults;
mod names;
mod registry;
mod routing;
mod same;
mod staging;

use quietway_tests::monaco;
use quietway_tests::postgres::TestDatabase;
use std::path::Path;
use std::process::Output;

/// What all runs here have in common: little besides the database.
const FEW: [&str; 4] = ["--tiles", "none", "--formats", "csv"];

/// `quietway run` on Monaco into a schema of a database.
fn run_into(url: &str, schema: &str, out: &Path, more: &[&str]) -> Output {
    monaco(out, &FEW).args(["--database-url", url, "--schema", schema]).args(more).output().unwrap()
}

/// `quietway db …`: exit code, standard output, standard error.
fn db(database: &TestDatabase<'_>, arguments: &[&str]) -> (Option<i32>, String, String) {
    let mut command = quietway_tests::quietway();
    let output = command.arg("db").args(arguments).args(["--database-url", &database.url()]).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}
