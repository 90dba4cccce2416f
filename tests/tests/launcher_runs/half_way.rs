//! Superseded and ended in the middle of the computation, as processes and as containers.

use crate::service::Service;
use quietway_tests::docker::{self, Image};
use quietway_tests::{fixture, quietway};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{ChildStdout, Command, Stdio};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// So fine that the whole town takes seconds on a fast machine.
const FINE: &str = "--grid-size=25";

/// From a signal to the end.
const PROMISE: Duration = Duration::from_secs(1);

/// A part of the town: the second run is the quicker one.
const HARBOUR: &str = r#"{"type": "Polygon", "coordinates": [[[7.417, 43.732], [7.424, 43.732], [7.424, 43.738], [7.417, 43.738], [7.417, 43.732]]]}"#;

/// The share of the work after the data are read: the computation proper.
const READ: f64 = 0.35;

fn the_newest_wins(service: &Service) {
    let first = service.word(&["submit", fixture("monaco/boundary.geojson").to_str().unwrap()]);
    let at = service.run_when(&first, |view| view["fraction"].as_f64().unwrap() > READ);
    println!("superseded in stage {} at {}", at["stage"], at["fraction"]);
    assert!(at["state"] == "running" && at["stage"].is_string() && at["fraction"].as_f64().unwrap() < 1.0, "{at:#}");

    let harbour = service.data.path().join("harbour.geojson");
    std::fs::write(&harbour, HARBOUR).unwrap();
    let second = service.word(&["submit", harbour.to_str().unwrap(), "--name", "Harbour"]);
    let gone = service.client(&["watch", &first]);
    assert_eq!(gone.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&gone.stdout).contains("superseded"), "{gone:?}");
    let gone = service.get(&format!("/runs/{first}"));
    assert!(gone["state"] == "superseded" && gone["superseded_by"] == second.as_str(), "{gone:#}");
    assert!(gone["fraction"].as_f64().unwrap() < 1.0, "it was stopped, it did not end: {gone:#}");

    let done = service.client(&["watch", &second]);
    assert!(done.status.success(), "{done:?}\n{}", service.log());
    assert_eq!(service.get("")["published_run"], second.as_str());
    // Of the first, nothing is to be had, by whatever name.
    assert_eq!(service.get(&format!("/runs/{first}/results"))["status"], 409);
    let files = service.get(&format!("/runs/{second}/results"));
    assert_eq!(files["manifest"]["run"]["id"], second.as_str());
    let manifests = service.manifests();
    assert!(manifests.len() == 1 && manifests[0].to_string_lossy().contains(&second), "{manifests:?}");
    let got = service.data.path().join("got");
    // So fine a grid makes files of a hundred megabytes: they go through the client too.
    let fetched = service.client(&["results", "--out", got.to_str().unwrap()]);
    assert!(fetched.status.success(), "{fetched:?}");
    let manifest = std::fs::read_to_string(got.join("manifest.json")).unwrap();
    assert!(manifest.contains(&second) && manifest.contains("Harbour") && !manifest.contains(&first));
    // The old task had ended before the new one began.
    let log = service.log();
    let ended = log.lines().position(|line| line.contains(&first) && line.contains("the task has ended"));
    let sent = log.lines().position(|line| line.contains(&second) && line.contains("attempt 1 is sent"));
    assert!(ended.unwrap() < sent.unwrap(), "{log}");
    assert!(log.contains("the task has ended (exit code 143"), "{log}");
}

#[test]
fn a_process_is_superseded_half_way() {
    let data = tempfile::tempdir().unwrap();
    let task = format!("--task-arg={FINE}");
    the_newest_wins(&Service::start(data, &[&task], &[]));
}

#[test]
fn a_container_is_superseded_half_way() {
    if docker::host().is_none() {
        return;
    }
    let image = Image::of(&[Path::new(quietway().get_program())]);
    let fixtures = fixture("").display().to_string();
    let volume = format!("{fixtures}:{fixtures}:ro");
    let task = format!("--task-arg={FINE}");
    let data = tempfile::tempdir().unwrap();
    let docker = ["--runner", "docker", "--docker-image", &image.name, "--docker-volume", &volume];
    the_newest_wins(&Service::start(data, &[&docker[..], &["--docker-memory", "4g", &task]].concat(), &[]));
}

/// The launcher's own credentials, passed on by name; nothing of the results on this machine.
#[test]
fn a_container_writes_to_a_bucket() {
    let Some(python) = quietway_tests::python().filter(|_| docker::host().is_some()) else { return };
    let Some((endpoint, _emulator)) = quietway_tests::s3::start_emulator(&python) else { return };
    let image = Image::of(&[Path::new(quietway().get_program())]);
    let fixtures = fixture("").display().to_string();
    let volume = format!("{fixtures}:{fixtures}:ro");
    let (id, secret) = (("AWS_ACCESS_KEY_ID", "test"), ("AWS_SECRET_ACCESS_KEY", "test"));
    let env = [("AWS_ENDPOINT_URL", endpoint.as_str()), id, secret, ("AWS_REGION", "us-east-1")];
    let names = env.map(|(name, _)| name).join(",");
    let docker = ["--runner", "docker", "--docker-image", &image.name, "--docker-volume", &volume];
    let bucket = ["--docker-env", &names, "--results", "s3://results/launcher"];
    let service = Service::start(tempfile::tempdir().unwrap(), &[&docker[..], &bucket[..]].concat(), &env);
    let run = service.word(&["submit", fixture("monaco/boundary.geojson").to_str().unwrap()]);
    let done = service.client(&["watch", &run]);
    assert!(done.status.success(), "{done:?} {}", service.log());
    let got = service.data.path().join("got");
    let fetched = service.client(&["results", &run, "--out", got.to_str().unwrap()]);
    assert!(fetched.status.success(), "{fetched:?}");
    assert!(got.join("neighborhood_overall_scores.csv").exists() && service.manifests().is_empty());
}

/// Reads events of the analysis until it computes, and waits a little longer. The rest stays to be read: nobody hangs up.
fn until_it_computes(events: ChildStdout) -> impl BufRead {
    let mut events = BufReader::new(events);
    let mut line = String::new();
    while !(line.contains("\"started\"") && line.contains("\"reach\"")) {
        line.clear();
        assert!(events.read_line(&mut line).unwrap() > 0, "it never came to compute");
    }
    std::thread::sleep(Duration::from_millis(200));
    events
}

fn line(out: &str) -> Vec<String> {
    let (boundary, osm) = (fixture("monaco/boundary.geojson"), fixture("monaco/monaco.osm.pbf"));
    let paths = [boundary, osm].map(|path| path.display().to_string());
    let [boundary, osm] = &paths;
    ["run", "--boundary", boundary, "--osm", osm, "--out", out, FINE, "--formats", "csv", "--progress", "json"]
        .map(String::from)
        .into()
}

#[test]
fn a_process_ends_within_a_second_of_the_signal() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("results");
    let mut child = quietway().args(line(out.to_str().unwrap())).stdout(Stdio::piped()).spawn().unwrap();
    let _events = until_it_computes(child.stdout.take().unwrap());
    let began = Instant::now();
    assert!(Command::new("kill").args(["-s", "TERM", &child.id().to_string()]).status().unwrap().success());
    let code = child.wait().unwrap().code();
    let took = began.elapsed();
    println!("ended {took:?} after the signal");
    assert_eq!(code, Some(143));
    assert!(took < PROMISE, "{took:?}");
    assert!(!out.join("manifest.json").exists());
}

/// With the file system of an image, read-only, and as the first process, which has no default for signals.
#[test]
fn a_container_ends_within_a_second_of_the_signal() {
    if docker::host().is_none() {
        return;
    }
    let image = Image::of(&[Path::new(quietway().get_program())]);
    let folder = tempfile::tempdir().unwrap();
    let (name, out) = (format!("{}-signal", image.name), folder.path().join("results"));
    std::fs::create_dir(&out).unwrap();
    let mount = |path: &Path, mode: &str| format!("{0}:{0}:{mode}", path.display());
    let (fixtures, results) = (mount(&fixture(""), "ro"), mount(&out, "rw"));
    let options = ["run", "--name", &name, "--read-only", "--network", "none", "-v", &fixtures, "-v", &results];
    let mut client = Command::new("docker");
    client.args(options).arg(&image.name).args(line(out.to_str().unwrap())).stdout(Stdio::piped());
    let mut child = client.spawn().unwrap();
    let _events = until_it_computes(child.stdout.take().unwrap());
    // The Engine notes when it ended: its client needs time of its own.
    let began = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    docker::docker(&["stop", "-t", "30", &name]).unwrap();
    child.wait().unwrap();
    let told = docker::docker(&["inspect", "-f", "{{.State.ExitCode}} {{.State.FinishedAt}}", &name]).unwrap();
    let (code, ended) = told.split_once(' ').unwrap();
    let date = Command::new("date").args(["-d", ended, "+%s.%N"]).output().unwrap();
    let ended: f64 = String::from_utf8(date.stdout).unwrap().trim().parse().unwrap();
    let took = ended - began.as_secs_f64();
    println!("ended {took:.3} s after the signal");
    assert_eq!(code, "143");
    assert!(took > 0.0 && took < PROMISE.as_secs_f64(), "{took} s");
    assert!(!out.join("manifest.json").exists());
}
