//! The web map's files and `quietway view`, from outside.
#![allow(clippy::unwrap_used, reason = "tests may panic")]

use quietway_tests::s3::start_emulator;
use quietway_tests::{assert_success, monaco, python, quietway, root, run_monaco, stderr};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};

#[test]
fn reach_file_is_the_pairs_and_the_counts() {
    let Some(python) = python() else { return };
    for edition in ["current", "reference"] {
        let out = tempfile::tempdir().unwrap();
        assert_success(&run_monaco(out.path(), &["--edition", edition]));
        let script = root().join("tests/readers/check_reach.py");
        let output = Command::new(&python).arg(script).arg(out.path()).output().unwrap();
        assert!(output.status.success(), "{}", stderr(&output));
        println!("{edition}: {}", String::from_utf8_lossy(&output.stdout));
    }
}

#[test]
fn files_of_the_map_do_not_depend_on_threads() {
    let runs = ["1", "3"].map(|threads| {
        let out = tempfile::tempdir().unwrap();
        assert_success(&run_monaco(out.path(), &["--threads", threads]));
        out
    });
    for name in ["map.json", "names.json", "places.json", "reach.bin"] {
        let [one, three] = [&runs[0], &runs[1]].map(|out| std::fs::read(out.path().join("map").join(name)).unwrap());
        assert!(one == three, "{name}");
    }
}

#[test]
fn a_run_that_stops_early_has_a_map_without_reach() {
    let out = tempfile::tempdir().unwrap();
    assert_success(&run_monaco(out.path(), &["--until", "stress"]));
    let facts: serde_json::Value =
        serde_json::from_slice(&std::fs::read(out.path().join("map/map.json")).unwrap()).unwrap();
    assert!(facts["files"]["reach"].is_null() && facts["overall"].is_null(), "{facts}");
    assert!(!out.path().join("map/reach.bin").exists());
}

#[test]
fn no_map_when_none_is_wanted() {
    for wish in ["--map", "--tiles"] {
        let out = tempfile::tempdir().unwrap();
        assert_success(&run_monaco(out.path(), &[wish, "none"]));
        assert!(!out.path().join("map").exists() && !out.path().join("index.html").exists());
        let output = quietway().arg("view").arg(out.path()).arg("--no-open").output().unwrap();
        assert_eq!(output.status.code(), Some(3));
        assert!(stderr(&output).contains("have no map"), "{}", stderr(&output));
    }
}

/// A running `quietway view`; ends with the test.
struct Viewed {
    process: Child,
    host: String,
}

impl Viewed {
    fn start(results: &Path, settings: &[(&str, &str)]) -> Self {
        let mut command = quietway();
        command.arg("view").arg(results).arg("--no-open").envs(settings.iter().copied());
        let mut process = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        let host = line.strip_prefix("http://").unwrap().split('/').next().unwrap().to_owned();
        Self { process, host }
    }

    fn get(&self, path: &str, headers: &str) -> Vec<u8> {
        let mut stream = TcpStream::connect(&self.host).unwrap();
        write!(stream, "GET {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n{headers}\r\n", self.host).unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        answer
    }
}

impl Drop for Viewed {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[test]
fn view_serves_ranges_on_loopback_only() {
    let out = tempfile::tempdir().unwrap();
    assert_success(&run_monaco(out.path(), &[]));
    if !out.path().join("index.html").exists() {
        let output = quietway().arg("view").arg(out.path()).arg("--no-open").output().unwrap();
        assert!(stderr(&output).contains("scripts/build-web"), "{}", stderr(&output));
        println!("skipped: this binary has no page; run scripts/build-web and build again");
        return;
    }
    let view = Viewed::start(out.path(), &[]);
    assert!(view.host.starts_with("127.0.0.1:"));
    let tiles = view.get("/tiles/quietway.pmtiles", "Range: bytes=0-6\r\n");
    let text = String::from_utf8_lossy(&tiles);
    assert!(text.starts_with("HTTP/1.1 206 ") && text.ends_with("\r\n\r\nPMTiles"), "{text}");
    let page = String::from_utf8(view.get("/", "")).unwrap();
    assert!(page.contains("text/html") && page.contains("<title>Quietway</title>"));
    let script = page.split("src=\"./").nth(1).unwrap().split('"').next().unwrap();
    let script = view.get(&format!("/{script}"), "");
    let head = String::from_utf8_lossy(&script[..500]).into_owned();
    assert!(head.contains("text/javascript") && head.contains("immutable"), "{head}");
    for path in ["/../Cargo.toml", "/%2e%2e/x", "/.quietway-run.json", "/nothing"] {
        assert!(view.get(path, "").starts_with(b"HTTP/1.1 404 "), "{path}");
    }
}

#[test]
fn view_reads_from_a_bucket() {
    let Some(python) = python() else { return };
    let Some((endpoint, _emulator)) = start_emulator(&python) else { return };
    let settings = [
        ("AWS_ENDPOINT_URL_S3", endpoint.as_str()),
        ("AWS_ACCESS_KEY_ID", "test"),
        ("AWS_SECRET_ACCESS_KEY", "test"),
        ("AWS_REGION", "us-east-1"),
        ("AWS_EC2_METADATA_DISABLED", "true"),
    ];
    let place = Path::new("s3://results/monaco");
    let run = monaco(place, &["--formats", "csv"]).envs(settings).output().unwrap();
    assert_success(&run);
    let absent = quietway().args(["view", "s3://results/nothing"]).envs(settings).output().unwrap();
    assert!(stderr(&absent).contains("s3://results/nothing holds no results"), "{}", stderr(&absent));
    if !has_page() {
        println!("skipped: this binary has no page; run scripts/build-web and build again");
        return;
    }
    let view = Viewed::start(place, &settings);
    let part = view.get("/map/reach.bin", "Range: bytes=0-7\r\n");
    let text = String::from_utf8_lossy(&part);
    assert!(text.starts_with("HTTP/1.1 206 ") && text.ends_with("\r\n\r\nQWREACH1"), "{text}");
    assert!(String::from_utf8(view.get("/", "")).unwrap().contains("<title>Quietway</title>"));
    assert!(view.get("/nothing", "").starts_with(b"HTTP/1.1 404 "));
}

/// Whether the binary was built with the page.
fn has_page() -> bool {
    let out = tempfile::tempdir().unwrap();
    assert_success(&run_monaco(out.path(), &["--until", "network", "--formats", "csv"]));
    out.path().join("index.html").exists()
}

#[test]
fn view_says_what_it_cannot_show() {
    let output = quietway().args(["view", "no-such-folder", "--no-open"]).output().unwrap();
    assert_eq!(output.status.code(), Some(3));
    assert!(stderr(&output).contains("no-such-folder holds no results"), "{}", stderr(&output));
    let output = quietway().args(["view", "s3://"]).output().unwrap();
    assert!(stderr(&output).contains("the name of the bucket is missing"), "{}", stderr(&output));
}
