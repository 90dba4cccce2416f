//! What clients do every day: submit, follow, list, fetch.

use super::service::{Service, TOWN};
use crate::api::Scope;
use crate::state::Input;
use std::io::{Cursor, Write};

const ALL: &[Scope] = &[Scope::Submit, Scope::Read, Scope::Cancel];

#[tokio::test]
async fn every_refusal_is_a_problem() {
    let service = Service::new().await;
    let key = service.org("springfield", ALL).await;
    let json = [("content-type", "application/json")];
    let cases = [
        ("GET", "/nowhere", &[][..], "", 404),
        ("PATCH", "/v1/orgs/springfield/runs", &[], "", 405),
        ("POST", "/v1/orgs/springfield/runs", &[("content-type", "text/plain")], "x", 415),
        ("POST", "/v1/orgs/springfield/runs?edition=old", &json, TOWN, 422),
        ("POST", "/v1/orgs/springfield/runs?speed=fast", &json, TOWN, 400),
        ("GET", "/v1/orgs/springfield/runs?limit=0", &[], "", 400),
        ("GET", "/v1/orgs/springfield/runs?limit=x", &[], "", 400),
        ("GET", "/v1/orgs/springfield/runs?since=yesterday", &[], "", 400),
        ("GET", "/v1/orgs/springfield/runs/nothing", &[], "", 404),
        ("GET", "/v1/orgs/springfield/runs/%FF", &[], "", 400),
    ];
    for (method, path, headers, body, status) in cases {
        let answer = service.send(method, path, &key, headers, body).await;
        assert_eq!(answer.status, status, "{method} {path}: {}", answer.text);
        answer.kind();
    }
    let answer = service.send("GET", "/nowhere", &key, &[("x-request-id", "mine-1")], "").await;
    assert_eq!(answer.json()["request_id"], "mine-1");
    let answer = service.send("GET", "/nowhere", &key, &[("x-request-id", "a b\"c")], "").await;
    assert_ne!(answer.json()["request_id"], "a b\"c");
}

#[tokio::test]
async fn a_run_from_submission_to_results() {
    let service = Service::new().await;
    let key = service.org("springfield", ALL).await;
    let answer = service.submit("springfield", &key, "?name=Springfield&formats=csv,gpkg").await;
    assert_eq!(answer.status, 202);
    let id = answer.json()["id"].as_str().unwrap().to_owned();
    let path = format!("/v1/orgs/springfield/runs/{id}");
    assert_eq!(answer.headers["location"], path.as_str());
    assert_eq!(service.get(&format!("{path}/results"), &key).await.kind(), "not-published");
    service.succeed(&id).await;
    let view = service.get(&path, &key).await;
    assert_eq!((&view.json()["state"], &view.json()["name"]), (&"succeeded".into(), &"Springfield".into()));
    let tag = view.headers["etag"].to_str().unwrap().to_owned();
    assert_eq!(service.send("GET", &path, &key, &[("if-none-match", &tag)], "").await.status, 304);
    assert_eq!(service.get("/v1/orgs/springfield/runs/current", &key).await.json()["id"], id);
    let results = service.get(&format!("{path}/results"), &key).await.json();
    assert_eq!((&results["published"], &results["files"][0]["path"]), (&true.into(), &"scores.csv".into()));
    let file = service.get(results["files"][0]["href"].as_str().unwrap(), &key).await;
    assert_eq!((file.text.as_str(), file.headers["content-type"].to_str().unwrap()), ("a,b\n1,2\n", "text/csv"));
    for odd in ["..%2F..%2Fsecret", "manifest.json%00", "other.csv"] {
        assert_eq!(service.get(&format!("{path}/results/{odd}"), &key).await.status, 404, "{odd}");
    }
    let events = service.get(&format!("{path}/events"), &key).await.text;
    assert!(events.starts_with("id: 1\nevent: run\ndata: ") && events.contains("\"published\""), "{events}");
    let last = service.send("GET", &format!("{path}/events"), &key, &[("last-event-id", "2")], "").await.text;
    assert!(last.starts_with("id: 3\n"), "{last}");
}

#[tokio::test]
async fn pages_of_runs() {
    let service = Service::new().await;
    let key = service.org("springfield", ALL).await;
    let mut ids = Vec::new();
    for _ in 0..5 {
        ids.insert(0, service.submitted("springfield", &key).await);
    }
    let (mut found, mut path) = (Vec::new(), "/v1/orgs/springfield/runs?limit=2".to_owned());
    loop {
        let page = service.get(&path, &key).await;
        found.extend(page.json()["runs"].as_array().unwrap().iter().map(|run| run["id"].as_str().unwrap().to_owned()));
        let Some(link) = page.headers.get("link") else { break };
        path = link.to_str().unwrap().split(['<', '>']).nth(1).unwrap().to_owned();
    }
    assert_eq!(found, ids);
    let states = service.get("/v1/orgs/springfield/runs?state=superseded", &key).await.json();
    assert_eq!(states["runs"].as_array().unwrap().len(), 4);
}

#[tokio::test]
async fn conditions_of_a_submission() {
    let service = Service::new().await;
    let key = service.org("springfield", ALL).await;
    assert_eq!(service.submit("springfield", &key, "?expected_current=nothing").await.kind(), "not-current");
    let first = service.submitted("springfield", &key).await;
    let refused = service.submit("springfield", &key, "?on_active=reject").await;
    assert_eq!((refused.kind().as_str(), &refused.json()["run"]), ("active", &first.clone().into()));
    assert_eq!(service.submit("springfield", &key, "?expected_current=none").await.status, 409);
    let second = service.submit("springfield", &key, &format!("?expected_current={first}")).await;
    assert_eq!((second.status, &second.json()["supersedes"]), (202, &first.into()));
}

#[tokio::test]
async fn a_form_and_a_suite() {
    let service = Service::new().await;
    let key = service.org("springfield", ALL).await;
    let admin = service.org("springfield", &[Scope::Admin]).await;
    let put = async |name: &str, body: &str| {
        service.send("PUT", &format!("/v1/orgs/springfield/suites/{name}"), &admin, &[], body).await.status
    };
    assert_eq!(
        [put("ours", "name = \"ours\"").await, put("ours", "= 1").await, put("..%2Fx", "a = 1").await],
        [204, 422, 422]
    );
    let part = |name: &str, text: &str| {
        format!("--B\r\ncontent-disposition: form-data; name=\"{name}\"; filename=\"../x\"\r\n\r\n{text}\r\n")
    };
    let body =
        format!("{}{}--B--\r\n", part("boundary", TOWN), part("parameters", r#"{"suite":"ours","country":"fi"}"#));
    let form = [("content-type", "multipart/form-data; boundary=B")];
    let answer = service.send("POST", "/v1/orgs/springfield/runs", &key, &form, &body).await;
    assert_eq!(answer.status, 202, "{}", answer.text);
    let run = service.run(answer.json()["id"].as_str().unwrap()).await;
    assert!(run.request.suite.unwrap().starts_with("suites/"));
    assert_eq!(run.request.args[..2], ["--country", "FI"]);
    let unknown = part("boundary", TOWN) + &part("parameters", r#"{"suite":"theirs"}"#) + "--B--\r\n";
    assert_eq!(service.send("POST", "/v1/orgs/springfield/runs", &key, &form, &unknown).await.status, 422);
}

#[tokio::test]
async fn operation() {
    let service = Service::new().await;
    assert_eq!([service.get("/healthz", "").await.text, service.get("/readyz", "").await.text], ["ok\n", "ready\n"]);
    let key = service.org("springfield", ALL).await;
    let id = service.submitted("springfield", &key).await;
    service.app.change_for_tests(&id, Input::Cancel).await;
    let metrics = service.get("/metrics", "").await.text;
    assert!(metrics.contains("quietway_runs{state=\"cancelled\"} 1"), "{metrics}");
    let description = service.get("/openapi.json", "").await.json();
    assert_eq!(description["openapi"].as_str().unwrap().split('.').next(), Some("3"));
    assert!(description["paths"]["/v1/orgs/{org}/runs"]["post"]["responses"]["202"].is_object());
    assert!(description["paths"]["/v1/orgs/{org}/runs/{run}/results/{file}"].is_object());
    assert!(service.get("/docs", "").await.text.contains("openapi.json"));
}

fn bundle(files: &[(&str, &str)]) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, text) in files {
        zip.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
        zip.write_all(text.as_bytes()).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

/// An analysis that makes a table of that name.
const ANALYSIS: &str =
    "-- /// quietway\n-- title = \"A\"\n-- [[output]]\n-- name = \"calm\"\n-- title = \"An a\"\n-- ///\nSELECT 1";

#[tokio::test]
async fn a_bundle_of_analyses() {
    let service = Service::new().await;
    let key = service.org("springfield", ALL).await;
    let admin = service.org("springfield", &[Scope::Admin, Scope::Read]).await;
    let foreign = service.org("shelbyville", &[Scope::Admin]).await;
    let path = "/v1/orgs/springfield/analyses/ours";
    let put = async |path: &str, key: &str, bytes: Vec<u8>| {
        service.send_bytes("PUT", path, key, &[("content-type", "application/zip")], bytes).await
    };
    let good = bundle(&[("10-calm.sql", ANALYSIS), ("20-calm.sqlite.sql", &ANALYSIS.replace("calm", "calmer"))]);
    assert_eq!(put(path, &key, good.clone()).await.status, 403);
    assert_eq!(put(path, &foreign, good.clone()).await.status, 404);
    assert_eq!(put(path, &admin, good.clone()).await.status, 204);
    assert_eq!(put("/v1/orgs/springfield/analyses/..%2Fx", &admin, good.clone()).await.status, 422);
    let refused = async |files: &[(&str, &str)]| {
        let answer = put(path, &admin, bundle(files)).await;
        assert_eq!((answer.status, answer.kind().as_str()), (422, "analyses"));
        answer.json()["detail"].as_str().unwrap().to_owned()
    };
    assert!(refused(&[("10-calm.toml", "command = [\"sh\"]")]).await.contains("commands cannot come in a bundle"));
    assert!(refused(&[("10-calm.sql", "SELECT 1")]).await.contains("10-calm.sql, line 1: has no header"));
    assert!(refused(&[("../10-calm.sql", ANALYSIS)]).await.contains("in no folder"));
    let large = put(path, &admin, vec![0; (1 << 20) + 1]).await;
    assert_eq!((large.status, large.kind().as_str()), (413, "too-large"));
    assert_eq!(service.get("/v1/orgs/springfield/analyses", &admin).await.json(), serde_json::json!(["ours"]));

    let run = service
        .run(&service.submit("springfield", &key, "?analyses=ours").await.json()["id"].to_string().replace('"', ""))
        .await;
    let object = run.request.analyses.clone().unwrap();
    assert_eq!(object, crate::objects::bundle_key(&good), "stored by content");
    assert_eq!(service.app.objects.get(&object).await.unwrap(), Some(good));
    service.until(&run.id, |run| run.task.is_some()).await;
    let run = service.run(&run.id).await;
    let args = service.fake.platform().tasks[run.task.as_ref().unwrap()].launch.args.join(" ");
    assert!(args.contains(&format!("--analyses {}", service.app.objects.place(&object))), "{args}");
    assert_eq!(service.submit("springfield", &key, "?analyses=theirs").await.kind(), "parameter");

    assert_eq!(service.send("DELETE", path, &admin, &[], "").await.status, 204);
    assert_eq!(service.send("DELETE", path, &admin, &[], "").await.status, 404);
    assert_eq!(service.submit("springfield", &key, "?analyses=ours").await.status, 422);
}

/// A stream of events on a connection of its own: ids until one of them, or until the stream ends.
async fn ids(address: std::net::SocketAddr, path: &str, key: &str, after: &str, until: &str) -> Vec<i64> {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
    let request = format!(
        "GET {path} HTTP/1.1\r\nhost: launcher.test\r\nauthorization: Bearer {key}\r\n{after}connection: close\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let (mut text, mut buffer) = (String::new(), [0; 1024]);
    while until.is_empty() || !text.contains(until) {
        match stream.read(&mut buffer).await.unwrap() {
            0 => break,
            length => text += &String::from_utf8_lossy(&buffer[..length]),
        }
    }
    text.lines().filter_map(|line| line.strip_prefix("id: ")?.parse().ok()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dropped_stream_of_events_goes_on_where_it_was() {
    let service = Service::new().await;
    let (key, address) = (service.org("springfield", ALL).await, service.listen().await);
    let id = service.submitted("springfield", &key).await;
    let path = format!("/v1/orgs/springfield/runs/{id}/events");
    service.until(&id, |run| run.task.is_some()).await;
    let first = ids(address, &path, &key, "", "id: 2\n").await; // then the connection is gone
    let seen = *first.last().unwrap();
    assert!(first == (1..=seen).collect::<Vec<_>>(), "{first:?}");
    let run = service.succeed(&id).await;
    let rest = ids(address, &path, &key, &format!("last-event-id: {seen}\r\n"), "").await;
    assert_eq!(rest, (seen + 1..=run.version).collect::<Vec<_>>(), "none twice, none lost, and then it ends");
}
