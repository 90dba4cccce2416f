//! Helpers of the end-to-end tests: where things are, how the binary is run.

pub mod docker;
pub mod ecs;
pub mod http;
pub mod launcher;
pub mod postgres;
pub mod s3;
pub mod world;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// Root of the checkout.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize().expect("the checkout exists")
}

/// A file of `tests/fixtures`.
pub fn fixture(name: &str) -> PathBuf {
    root().join("tests/fixtures").join(name)
}

/// Real data beside the checkout; says aloud when it is not there.
pub fn shared(name: &str) -> Option<PathBuf> {
    let path = root().join("../shared").join(name);
    if path.exists() {
        return Some(path);
    }
    println!("skipped: ../shared/{name} is not here");
    None
}

/// The Python that `scripts/setup.sh` prepared with independent readers; says aloud when it is not there.
pub fn python() -> Option<PathBuf> {
    let path =
        std::env::var_os("QUIETWAY_PYTHON").map_or_else(|| root().join("target/python/bin/python"), PathBuf::from);
    if path.exists() {
        return Some(path);
    }
    println!("skipped: no Python with independent readers; run scripts/test");
    None
}

/// The binary `quietway`, built by the same command as the tests.
///
/// # Panics
/// When it was not built.
pub fn quietway() -> Command {
    let test = std::env::current_exe().expect("a test has a path");
    let folder = test.parent().and_then(Path::parent).expect("target/<profile>/deps/<test>");
    let binary = folder.join("quietway");
    assert!(
        binary.exists(),
        "{} is not there: run `cargo build --release` first (scripts/test does)",
        binary.display()
    );
    let mut command = Command::new(binary);
    // A developer's own database is none of the tests' business.
    command.env_remove("DATABASE_URL").env_remove("QUIETWAY_RUN_ID");
    command
}

/// `quietway run` on the Monaco fixture, with more arguments.
pub fn monaco(out: &Path, more: &[&str]) -> Command {
    let mut command = quietway();
    command.arg("run").arg("--boundary").arg(fixture("monaco/boundary.geojson"));
    command.arg("--osm").arg(fixture("monaco/monaco.osm.pbf")).arg("--out").arg(out);
    command.args(["--country", "MC", "--grid-size", "150", "--progress", "none"]).args(more);
    command
}

/// The same, run.
///
/// # Panics
/// When the binary does not start.
pub fn run_monaco(out: &Path, more: &[&str]) -> Output {
    monaco(out, more).output().expect("the binary starts")
}

/// Standard error as text.
pub fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Panics with the program's own words unless it succeeded.
///
/// # Panics
/// See above.
pub fn assert_success(output: &Output) {
    assert!(output.status.success(), "exit {:?}\n{}", output.status.code(), stderr(output));
}
