//! The launcher with the real analysis: started, superseded while it waits and half-way, published; and the analysis with a launcher that does
//! not want it any more.
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic as tests may")]

mod half_way;
mod service;

use quietway_tests::{fixture, quietway};
use service::Service;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::process::{Command, Stdio};

#[test]
fn the_second_run_stops_the_first_and_only_its_results_are_published() {
    let mut service = Service::waiting(&[], &[]);
    let town = fixture("monaco/boundary.geojson");
    let town = town.to_str().unwrap();
    let first = service.word(&["submit", town]);
    let refused = service.client(&["submit", town, "--reject"]);
    assert!(!refused.status.success() && String::from_utf8_lossy(&refused.stderr).contains("another run is active"));
    let second = service.word(&["submit", town, "--name", "Monaco again"]);
    let gone = service.client(&["watch", &first]);
    assert_eq!(gone.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&gone.stdout).contains("superseded"), "{gone:?}");
    assert!(service.manifests().is_empty());
    std::fs::write(service.data.path().join("go"), "").unwrap();
    let done = service.client(&["watch", &second]);
    assert!(done.status.success() && String::from_utf8_lossy(&done.stdout).contains("succeeded"), "{done:?}");
    let got = service.data.path().join("got");
    assert!(service.client(&["results", "--out", got.to_str().unwrap()]).status.success());
    let manifest = std::fs::read_to_string(got.join("manifest.json")).unwrap();
    assert!(manifest.contains(&second) && manifest.contains("Monaco again"), "run id and name are in the manifest");
    assert!(got.join("neighborhood_overall_scores.csv").exists());
    assert_eq!(service.manifests().len(), 1);
    assert!(Command::new("kill").args(["-s", "TERM", &service.child.id().to_string()]).status().unwrap().success());
    assert_eq!(service.child.wait().unwrap().code(), Some(0), "a launcher ends well when told to");
    let log = std::fs::read_to_string(service.data.path().join("log")).unwrap();
    assert!(
        log.contains(&second) && !log.contains(&service.key) && !log.contains("qwt_"),
        "keys and tokens are never logged"
    );
}

/// Boundary, results and their signed addresses in a bucket.
#[test]
fn results_in_a_bucket() {
    let Some(python) = quietway_tests::python() else { return };
    let Some((endpoint, _emulator)) = quietway_tests::s3::start_emulator(&python) else { return };
    let env = [
        ("AWS_ENDPOINT_URL", endpoint.as_str()),
        ("AWS_ACCESS_KEY_ID", "test"),
        ("AWS_SECRET_ACCESS_KEY", "test"),
        ("AWS_REGION", "us-east-1"),
    ];
    let service = Service::waiting(&["--results", "s3://results/launcher"], &env);
    std::fs::write(service.data.path().join("go"), "").unwrap();
    let run = service.word(&["submit", fixture("monaco/boundary.geojson").to_str().unwrap()]);
    let done = service.client(&["watch", &run]);
    assert!(done.status.success(), "{done:?} {}", std::fs::read_to_string(service.data.path().join("log")).unwrap());
    let got = service.data.path().join("got");
    let fetched = service.client(&["results", &run, "--out", got.to_str().unwrap()]);
    assert!(fetched.status.success(), "{fetched:?}");
    assert!(got.join("neighborhood_overall_scores.csv").exists());
    assert!(service.manifests().is_empty(), "nothing of it on this disk");
}

/// Answers every request with a status; what it was sent.
fn answering(status: &'static str) -> (String, std::thread::JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/v1/runs/r/progress", listener.local_addr().unwrap());
    let thread = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let (mut text, mut buffer) = (String::new(), [0; 4096]);
        while !text.contains("\"event\"") {
            let length = stream.read(&mut buffer).unwrap();
            text += &String::from_utf8_lossy(&buffer[..length]);
        }
        write!(stream, "HTTP/1.1 {status}\r\ncontent-length: 0\r\n\r\n").unwrap();
        text
    });
    (url, thread)
}

#[test]
fn a_superseded_analysis_ends_with_7() {
    let out = tempfile::tempdir().unwrap();
    let (url, asked) = answering("410 Gone");
    // The boundary never ends, so the run is certainly under way.
    let mut child = quietway()
        .args(["run", "--boundary", "-", "--out"])
        .arg(out.path().join("results"))
        .arg("--osm")
        .arg(fixture("monaco/monaco.osm.pbf"))
        .envs([("QUIETWAY_RUN_ID", "r"), ("QUIETWAY_GENERATION", "3")])
        .envs([("QUIETWAY_PROGRESS_URL", url.as_str()), ("QUIETWAY_PROGRESS_TOKEN", "secret")])
        .stdin(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let _held_open = child.stdin.take();
    assert_eq!(child.wait().unwrap().code(), Some(7));
    let asked = asked.join().unwrap();
    assert!(asked.starts_with("PUT /v1/runs/r/progress HTTP/1.1") && asked.contains("Bearer secret"), "{asked}");
    assert!(!out.path().join("results/manifest.json").exists());
}
