//! The launcher's HTTP service from outside: its own description held against it by Schemathesis, and 200 submissions at once through two of
//! them on one PostgreSQL.
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic as tests may")]

use quietway_tests::{fixture, launcher::Service};
use std::path::PathBuf;
use std::process::Command;
use std::sync::Barrier;

fn schemathesis() -> Option<PathBuf> {
    let found = quietway_tests::python()?.with_file_name("schemathesis");
    if found.exists() {
        return Some(found);
    }
    println!("skipped: no Schemathesis beside the Python of the tests; scripts/test installs it");
    None
}

/// Paths with an organisation name this one: with its own key more is tried than what is missing. The operator may delete it.
const OWN: &str = r#"
[[operations]]
include-path-regex = "^/v1/orgs/\\{org\\}/(runs|suites|analyses|webhooks)"
parameters = { org = "springfield" }
"#;

/// As the operator, and as an organisation that has runs: no answer that the description does not know, no server error.
#[test]
fn the_service_does_what_its_description_says() {
    let Some(schemathesis) = schemathesis() else { return };
    let data = tempfile::tempdir().unwrap();
    quietway_tests::launcher::output(&["org", "add", "springfield"], data.path());
    let own = ["key", "create", "springfield", "--scope", "submit,read,cancel,admin"];
    let keys = [
        (quietway_tests::launcher::output(&own, data.path()), OWN),
        (quietway_tests::launcher::output(&["key", "create"], data.path()), ""),
    ];
    // Tasks end at once, so streams of events do too.
    let more = ["--program", "/bin/true", "--requests-per-second", "100000", "--submissions-per-hour", "1000000"];
    let service = Service::start(data.path(), &more);
    for (key, more) in keys {
        let config = data.path().join("schemathesis.toml");
        std::fs::write(&config, std::fs::read_to_string(fixture("schemathesis.toml")).unwrap() + more).unwrap();
        let output = Command::new(&schemathesis)
            .arg("--config-file")
            .arg(config)
            .args([
                "run",
                &format!("{}/openapi.json", service.url),
                "--header",
                &format!("Authorization: Bearer {key}"),
            ])
            .args(["--seed", "1", "--max-time", "30", "--max-examples", "15", "--request-timeout", "15"])
            .args(["--generation-database", "none", "--no-color"])
            .current_dir(data.path())
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "{said}\n{}", service.log());
        let number = |after: &str| said.split_once(after)?.1.split(['/', '\n']).next()?.trim().parse::<u32>().ok();
        assert!(number("Selected:") >= Some(30) && !said.contains("Errored"), "{said}");
        assert_eq!(number("Tested:"), number("Selected:"), "all of it was tried: {said}");
    }
    let log = service.log();
    assert!(!log.contains("panic"), "{log}");
}

/// Row 1 of the fault table as clients see it: two launchers that drive the same processes, 200 requests of one organisation at once.
#[test]
fn two_hundred_submissions_at_once_leave_one_run() {
    let Some(server) = quietway_tests::postgres::server() else { return };
    let database = server.plain_database();
    let data = tempfile::tempdir().unwrap();
    // Writes down that it was started, and for which run; then waits to be stopped.
    let program = data.path().join("analysis");
    let started = data.path().join("started");
    let script = format!("#!/bin/sh\necho $QUIETWAY_RUN_ID >>'{}'\nexec sleep 600\n", started.display());
    quietway_tests::launcher::write_program(&program, &script);
    let (url, secret) = (database.url(), "s".repeat(32));
    let program = program.to_str().unwrap();
    let more = ["--database", &url, "--secret", &secret, "--submissions-per-hour", "1000", "--program", program];
    quietway_tests::launcher::output(&["org", "add", "springfield", "--database", &url], data.path());
    let key = quietway_tests::launcher::output(&["key", "create", "springfield", "--database", &url], data.path());
    let services: [Service; 2] = std::array::from_fn(|_| Service::start(data.path(), &more));
    let (barrier, town) = (Barrier::new(200), std::fs::read_to_string(fixture("monaco/boundary.geojson")).unwrap());
    let answers: Vec<(u16, String)> = std::thread::scope(|scope| {
        let submit = |nth: usize| {
            let (service, barrier, key, town) = (&services[nth % 2], &barrier, &key, &town);
            scope.spawn(move || {
                barrier.wait();
                service.request("POST", key, "/v1/orgs/springfield/runs", town)
            })
        };
        let clients: Vec<_> = (0..200).map(submit).collect();
        clients.into_iter().map(|client| client.join().unwrap()).collect()
    });
    let runs: std::collections::BTreeSet<String> = answers
        .iter()
        .map(|(status, body)| {
            assert_eq!(*status, 202, "{body} {}", services[0].log());
            let run: serde_json::Value = serde_json::from_str(body).unwrap();
            run["id"].as_str().unwrap().to_owned()
        })
        .collect();
    assert_eq!(runs.len(), 200, "each has a run of its own");
    let current = services[0].until(&key, "/v1/orgs/springfield/runs/current", |run| run["state"] == "running");
    assert_eq!(current["generation"], 200);
    let mut after = None;
    let mut others = 0;
    loop {
        let cursor = after.map(|cursor: i64| format!("&cursor={cursor}")).unwrap_or_default();
        let page = services[1].get(&key, &format!("/v1/orgs/springfield/runs?limit=100{cursor}"));
        for run in page["runs"].as_array().unwrap().iter().filter(|run| run["id"] != current["id"]) {
            assert_eq!(run["state"], "superseded", "{run}");
            others += 1;
        }
        after = page["next_cursor"].as_i64();
        if after.is_none() {
            break;
        }
    }
    assert_eq!(others, 199);
    let starts = std::fs::read_to_string(&started).unwrap();
    let starts: Vec<_> = starts.lines().collect();
    let different: std::collections::BTreeSet<_> = starts.iter().collect();
    assert_eq!(different.len(), starts.len(), "no run was started twice: {starts:?}");
    assert_eq!(starts.last().copied(), current["id"].as_str(), "the last one started is the current one: {starts:?}");
}
