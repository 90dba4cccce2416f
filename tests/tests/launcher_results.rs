//! What an organisation brings along and where its results go besides the files: bundles of SQL analyses, schemas in PostgreSQL.
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic as tests may")]

#[path = "launcher_runs/service.rs"]
#[allow(dead_code, reason = "each test binary uses a part of it")]
mod service;

use quietway_job::manifest::{AnalysisState, Manifest};
use quietway_tests::fixture;
use quietway_tests::postgres::{self, TestDatabase};
use serde_json::Value;
use service::{Service, launcher};
use std::io::{Cursor, Read, Write};
use std::net::TcpStream;
use std::path::Path;

/// Makes a table of two rows.
const GOOD: &str = "-- /// quietway\n-- title = \"Corners\"\n-- [[output]]\n-- name = \"corners\"\n-- title = \"Two corners\"\n\
                    -- export = [\"csv\"]\n-- ///\nCREATE TABLE corners AS SELECT 1 AS n UNION SELECT 2;\n";

fn bad() -> String {
    GOOD.replace("corners", "nothing").replace("SELECT 1 AS n UNION SELECT 2", "SELECT * FROM no_such_table")
}

fn zipped(files: &[(&str, &str)]) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, text) in files {
        zip.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
        zip.write_all(text.as_bytes()).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

/// A key of the organisation's administrator.
fn admin(service: &Service) -> String {
    let folder = service.data.path().to_str().unwrap();
    let made =
        launcher().args(["key", "create", "springfield", "--scope", "admin", "--data", folder]).output().unwrap();
    String::from_utf8(made.stdout).unwrap().trim().to_owned()
}

/// Uploads a bundle; the status.
fn upload(service: &Service, name: &str, zip: &[u8]) -> String {
    let address = service.url.trim_start_matches("http://");
    let mut stream = TcpStream::connect(address).unwrap();
    let (key, length) = (admin(service), zip.len());
    let head = format!(
        "PUT /v1/orgs/springfield/analyses/{name} HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer {key}\r\n\
         content-type: application/zip\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).unwrap();
    stream.write_all(zip).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer.split(' ').nth(1).unwrap_or_default().to_owned()
}

fn town() -> String {
    fixture("monaco/boundary.geojson").to_str().unwrap().to_owned()
}

fn go(service: &Service) {
    std::fs::write(service.data.path().join("go"), "").unwrap();
}

fn manifest(folder: &Path) -> Manifest {
    serde_json::from_slice(&std::fs::read(folder.join("manifest.json")).unwrap()).unwrap()
}

/// Follows a run to its publication and fetches it.
fn published(service: &Service, run: &str) -> (Value, std::path::PathBuf) {
    let done = service.client(&["watch", run]);
    assert!(done.status.success(), "{done:?}\n{}", service.log());
    let got = service.data.path().join(format!("got-{run}"));
    let fetched = service.client(&["results", run, "--out", got.to_str().unwrap()]);
    assert!(fetched.status.success(), "{fetched:?}");
    (service.get(&format!("/runs/{run}")), got)
}

/// Its layer is in the published results; an analysis that fails is a warning.
#[test]
fn a_bundle_of_analyses_becomes_layers() {
    let service = Service::waiting(&[], &[]);
    go(&service);
    assert_eq!(upload(&service, "ours", &zipped(&[("10-corners.toml", "command = [\"true\"]")])), "422");
    assert_eq!(upload(&service, "ours", &zipped(&[("10-corners.sql", GOOD), ("20-bad.sql", &bad())])), "204");
    let run = service.word(&["submit", &town(), "--analyses", "ours"]);
    let (view, got) = published(&service, &run);
    assert!(view["warning"].as_str().is_some(), "{view:#}");
    assert_eq!(std::fs::read_to_string(got.join("corners.csv")).unwrap().lines().count(), 3);
    assert!(got.join("neighborhood_overall_scores.csv").exists());
    let manifest = manifest(&got);
    let states: Vec<_> = manifest.analyses.iter().map(|run| (run.name.as_str(), run.state)).collect();
    assert_eq!(states, [("10-corners", AnalysisState::Done), ("20-bad", AnalysisState::Failed)]);
    assert!(manifest.analyses[1].error.as_ref().unwrap().contains("20-bad.sql, line 8"), "{:?}", manifest.analyses[1]);
    assert!(manifest.inputs.iter().any(|input| input.role == "analyses" && input.sha256.len() == 64));
}

/// The bundle travels by its address in the bucket.
#[test]
fn a_bundle_in_a_bucket() {
    let Some(python) = quietway_tests::python() else { return };
    let Some((endpoint, _emulator)) = quietway_tests::s3::start_emulator(&python) else { return };
    let env = [
        ("AWS_ENDPOINT_URL", endpoint.as_str()),
        ("AWS_ACCESS_KEY_ID", "test"),
        ("AWS_SECRET_ACCESS_KEY", "test"),
        ("AWS_REGION", "us-east-1"),
    ];
    let service = Service::waiting(&["--results", "s3://results/launcher"], &env);
    go(&service);
    assert_eq!(upload(&service, "ours", &zipped(&[("10-corners.sqlite.sql", GOOD)])), "204");
    let run = service.word(&["submit", &town(), "--analyses", "ours"]);
    let (view, got) = published(&service, &run);
    assert_eq!((&view["state"], view.get("warning")), (&"succeeded".into(), None));
    assert!(got.join("corners.csv").exists());
}

/// Logins as an operator makes them: tasks may create schemas, the launcher is a member of theirs and makes roles.
fn logins(database: &TestDatabase<'_>) -> (String, String) {
    let name = &database.name;
    database.run(&format!(
        "CREATE ROLE tasks_{name} LOGIN; GRANT CREATE ON DATABASE {name} TO tasks_{name};
         CREATE ROLE launcher_{name} LOGIN CREATEROLE IN ROLE tasks_{name}; GRANT CREATE ON DATABASE {name} TO launcher_{name}"
    ));
    let url = |role: &str| database.server.url_as(&format!("{role}_{name}"), name);
    (url("launcher"), url("tasks"))
}

/// Waits until it is so.
fn until(what: &str, service: &Service, reached: impl Fn() -> bool) {
    let began = std::time::Instant::now();
    while !reached() {
        assert!(began.elapsed().as_secs() < 150, "{what}\n{}", service.log());
        std::thread::sleep(std::time::Duration::from_millis(200));
    }
}

/// Each run has its own schema; readers see the published one; of a superseded one nothing is left.
#[test]
fn results_in_postgresql() {
    let Some(server) = postgres::server() else { return };
    let database = server.database();
    let (launcher_url, task_url) = logins(&database);
    let flags = ["--results-database", &launcher_url, "--task-database", &task_url, "--keep", "0", "--stop-wait", "60"];
    let service = Service::waiting(&flags, &[]);
    go(&service);
    let schema = |run: &str| format!("quietway_{}_1", run.replace('-', ""));
    let readers = "SET ROLE quietway_reader_springfield; ";
    let seen = || {
        let sql = "SELECT substr(obj_description(oid, 'pg_namespace'), 19) FROM pg_namespace WHERE nspname = 'quietway_org_springfield'";
        database.texts(sql).pop().unwrap_or_default()
    };

    let first = service.word(&["submit", &town()]);
    let (_, got) = published(&service, &first);
    assert_eq!(manifest(&got).database.unwrap().schema, schema(&first));
    until("the first is seen", &service, || seen() == schema(&first));
    database.run(&format!(
        "{readers} SELECT * FROM quietway_org_springfield.neighborhood_overall_scores; SELECT geom FROM {}.neighborhood_ways",
        schema(&first)
    ));
    assert_eq!(service.get(&format!("/runs/{first}/results"))["views"], "quietway_org_springfield");

    // One that is superseded while it fills its schema leaves nothing behind; another takes the place of the first.
    let second = service.word(&["submit", &town()]);
    service.run_when(&second, |view| view["stage"].is_string());
    let third = service.word(&["submit", &town()]);
    published(&service, &third);
    until("the third is seen", &service, || seen() == schema(&third));
    let may = |schema: &str| {
        let sql = format!("SELECT has_schema_privilege('quietway_reader_springfield', '{schema}', 'USAGE')::text");
        database.texts(&sql)[0] == "true"
    };
    assert!(may(&schema(&third)));
    let left = ["quietway_org_springfield".to_owned(), schema(&third)];
    let mut left = left.to_vec();
    left.sort();
    // Upkeep comes once a minute.
    until("nothing else is left", &service, || database.schemas() == left);
    assert_eq!(service.get(&format!("/runs/{second}"))["state"], "superseded");
    let log = service.log();
    assert!(log.contains("results also in postgres://launcher_") && !log.contains("postgres://tasks_"), "{log}");
}
