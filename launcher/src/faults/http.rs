//! Rows that HTTP answers for: keys, tokens, bodies, names, targets.

use super::service::{Service, TOWN};
use crate::api::Scope;
use crate::run::State;
use crate::store::RunStore;
use std::io::{Cursor, Write};

const ALL: &[Scope] = &[Scope::Submit, Scope::Read, Scope::Cancel];
const GEOJSON: (&str, &str) = ("content-type", "application/geo+json");

#[tokio::test]
async fn f02_idempotency_key() {
    let service = Service::new().await;
    let key = service.org("springfield", ALL).await;
    let other = service.org("shelbyville", ALL).await;
    let send = async |org: &str, key: &str, query: &str, word: &str| {
        let path = format!("/v1/orgs/{org}/runs{query}");
        service.send("POST", &path, key, &[GEOJSON, ("idempotency-key", word)], TOWN).await
    };
    let first = send("springfield", &key, "", "\"k1\"").await;
    assert_eq!(first.status, 202);
    let again = send("springfield", &key, "", "\"k1\"").await;
    assert_eq!((again.status, &again.json()["id"]), (202, &first.json()["id"]));
    let changed = send("springfield", &key, "?edition=reference", "\"k1\"").await;
    assert_eq!((changed.status, changed.kind().as_str()), (422, "idempotency-key"));
    assert_ne!(send("shelbyville", &other, "", "\"k1\"").await.json()["id"], first.json()["id"]);
    assert_eq!(send("springfield", &key, "", "\"\"").await.status, 400);
    let (a, b) = tokio::join!(send("springfield", &key, "", "\"k2\""), send("springfield", &key, "", "\"k2\""));
    assert_eq!((a.status, a.json()["id"].clone()), (b.status, b.json()["id"].clone()), "at the same time");
}

#[tokio::test]
async fn f27_tokens_of_tasks() {
    let service = Service::new().await;
    let key = service.org("springfield", ALL).await;
    let other = service.org("shelbyville", ALL).await;
    let (a, b) = (service.submitted("springfield", &key).await, service.submitted("shelbyville", &other).await);
    service.until(&a, |run| run.task.is_some()).await;
    service.until(&b, |run| run.task.is_some()).await;
    let token = service.app.secret.task_token(&a);
    let event = r#"{"event":"started","stage":"import","fraction":0.1}"#;
    let tell = async |run: &str, token: &str, body: &str| {
        let path = format!("/v1/runs/{run}/progress");
        service.send("PUT", &path, token, &[("content-type", "application/json")], body).await
    };
    assert_eq!(tell(&a, &token, event).await.status, 204);
    assert_eq!(service.run(&a).await.stage.as_deref(), Some("import"));
    assert_eq!(tell(&b, &token, event).await.status, 401, "token of run A on run B");
    assert_eq!(tell("nobody", &token, event).await.status, 401);
    assert_eq!(tell(&a, &key, event).await.status, 401, "a client's key is no token");
    assert_eq!(tell(&a, "", event).await.status, 401);
    assert_eq!(service.get(&format!("/v1/orgs/springfield/runs/{a}"), &token).await.status, 401, "a token is no key");
    assert_eq!(tell(&a, &token, "{}").await.kind(), "bad-request");
    assert_eq!(tell(&a, &token, r#"{"event":"started","stage":"x","fraction":1e999}"#).await.status, 400);
    service.submitted("springfield", &key).await;
    let gone = tell(&a, &token, event).await;
    assert_eq!((gone.status, gone.kind().as_str()), (410, "superseded"));
}

#[tokio::test]
async fn f35_the_end_of_a_launcher_loses_no_intent() {
    let service = Service::new().await;
    let key = service.org("springfield", ALL).await;
    let id = service.submitted("springfield", &key).await;
    let (send, end) = tokio::sync::watch::channel(true);
    service.app.driver.drive(end).await; // told to end before it begins
    drop(send);
    assert_eq!(service.run(&id).await.state, State::Waiting);
    assert_eq!(service.until(&id, |run| run.task.is_some()).await.state, State::Starting);
}

#[tokio::test]
async fn f36_an_organisation_that_floods() {
    let service = Service::with(|app| {
        app.limits.submissions_per_hour = Some(3);
        app.limits.requests_per_second = 1.0;
    })
    .await;
    let key = service.org("springfield", ALL).await;
    let other = service.org("shelbyville", ALL).await;
    let mut statuses = Vec::new();
    for _ in 0..5 {
        statuses.push(service.submit("springfield", &key, "").await.status);
    }
    assert_eq!(statuses, [202, 202, 202, 429, 429]);
    let mut refused = None;
    for _ in 0..20 {
        let answer = service.get("/v1/orgs/springfield/runs", &key).await;
        refused = (answer.status == 429).then_some(answer).or(refused);
    }
    let refused = refused.unwrap();
    assert_eq!((refused.kind().as_str(), refused.headers["retry-after"].to_str().unwrap()), ("too-many-requests", "1"));
    assert_eq!(service.submit("shelbyville", &other, "").await.status, 202, "others do not notice");
}

#[tokio::test]
async fn f38_cancel() {
    let service = Service::new().await;
    let key = service.org("springfield", ALL).await;
    let other = service.org("shelbyville", ALL).await;
    let id = service.submitted("springfield", &key).await;
    service.until(&id, |run| run.task.is_some()).await;
    let path = format!("/v1/orgs/springfield/runs/{id}/cancel");
    assert_eq!(service.send("POST", &path, &other, &[], "").await.status, 404);
    assert_eq!(service.send("POST", &path, &key, &[], "").await.status, 202);
    assert_eq!(service.send("POST", &path, &key, &[], "").await.json()["state"], "stopping");
    service.fake.end(&format!("task/{id}.1"), crate::state::Cause::Exited, Some(143));
    service.until(&id, |run| run.state.is_final()).await;
    let after = service.send("POST", &path, &key, &[], "").await;
    assert_eq!((after.status, after.json()["state"].as_str().unwrap().to_owned()), (200, "cancelled".into()));
}

#[tokio::test]
async fn f39_an_organisation_is_deleted_while_its_task_runs() {
    let service = Service::new().await;
    let key = service.org("springfield", ALL).await;
    let operator = service.key(None, &[Scope::Admin]).await;
    let id = service.submitted("springfield", &key).await;
    service.until(&id, |run| run.task.is_some()).await;
    assert_eq!(service.send("DELETE", "/v1/orgs/springfield", &key, &[], "").await.status, 403);
    assert_eq!(service.send("DELETE", "/v1/orgs/springfield", &operator, &[], "").await.status, 202);
    assert_eq!(service.submit("springfield", &key, "").await.status, 401, "its keys are withdrawn");
    assert!(!service.app.store.forget_org("springfield").await.unwrap(), "a task may still write");
    service.fake.end(&format!("task/{id}.1"), crate::state::Cause::Exited, Some(143));
    service.until(&id, |run| run.state.is_final()).await;
    assert!(service.app.store.forget_org("springfield").await.unwrap());
    assert!(
        service.app.store.run(&id).await.unwrap().is_none()
            && service.app.store.org("springfield").await.unwrap().is_none()
    );
}

#[tokio::test]
async fn f40_boundaries_that_are_none() {
    let service = Service::new().await;
    let key = service.org("springfield", ALL).await;
    let ring = |ring: &str| format!(r#"{{"type":"Polygon","coordinates":[{ring}]}}"#);
    let bodies = [
        "".to_owned(),
        "nonsense".into(),
        "{}".into(),
        r#"{"type":"Point","coordinates":[1,2]}"#.into(),
        r#"{"type":"FeatureCollection","features":[]}"#.into(),
        ring("[[10,50],[11,50]]"),
        ring("[[10,500],[10.1,500],[10.1,500.1],[10,500]]"),
        ring("[[500000,5000000],[500100,5000000],[500100,5000100],[500000,5000000]]"),
        ring("[[10,50],[10.1,50.1],[10.1,50],[10,50.1],[10,50]]"),
        ring("[[-179,50],[179,50],[179,51],[-179,51],[-179,50]]"),
        ring("[[NaN,50],[10.1,50],[10.1,50.1],[NaN,50]]"),
        ring("[[1e999,50],[10.1,50],[10.1,50.1],[1e999,50]]"),
    ];
    for body in bodies {
        let answer = service.send("POST", "/v1/orgs/springfield/runs", &key, &[GEOJSON], &body).await;
        assert_eq!((answer.status, answer.kind().as_str()), (422, "boundary"), "{body}: {}", answer.text);
    }
    assert!(service.objects.all().is_empty(), "nothing is stored before it is checked");
    assert!(service.app.store.org("springfield").await.unwrap().unwrap().current_run.is_none());
}

#[tokio::test]
async fn f41_boundaries_that_are_too_large() {
    let service = Service::with(|app| (app.limits.boundary.vertices, app.limits.body_bytes) = (100, 100_000)).await;
    let key = service.org("springfield", ALL).await;
    let post = async |body: &str| service.send("POST", "/v1/orgs/springfield/runs", &key, &[GEOJSON], body).await;
    let digits = format!(r#"{{"type":"Polygon","coordinates":[[[{}]]]}}"#, "1".repeat(200_000));
    assert_eq!(post(&digits).await.status, 413);
    let circle: Vec<_> = (0..=200)
        .map(|nth| f64::from(nth % 200) * 0.0314159)
        .map(|a| format!("[{},{}]", 10.0 + a.cos(), 50.0 + a.sin()))
        .collect();
    let answer = post(&format!(r#"{{"type":"Polygon","coordinates":[[{}]]}}"#, circle.join(","))).await;
    assert_eq!((answer.status, answer.json()["detail"].as_str().unwrap().contains("vertices")), (422, true));
    let country = r#"{"type":"Polygon","coordinates":[[[0,45],[10,45],[10,55],[0,55],[0,45]]]}"#;
    assert!(post(country).await.text.contains("square kilometres"));
}

#[tokio::test]
async fn f42_deep_nesting() {
    let service = Service::new().await;
    let key = service.org("springfield", ALL).await;
    for depth in [100, 2_000, 200_000] {
        let open = r#"{"type":"GeometryCollection","geometries":["#.repeat(depth);
        let body = format!("{open}{}", "]}".repeat(depth));
        let answer = service.send("POST", "/v1/orgs/springfield/runs", &key, &[GEOJSON], &body).await;
        assert!([413, 422].contains(&answer.status), "{depth}: {}", answer.status);
        let body = format!(r#"{{"type":"Polygon","coordinates":{}{}}}"#, "[".repeat(depth), "]".repeat(depth));
        let answer = service.send("POST", "/v1/orgs/springfield/runs", &key, &[GEOJSON], &body).await;
        assert_eq!(answer.status, 422);
    }
}

#[tokio::test]
async fn f43_zip_bombs_and_paths_in_zip_files() {
    let service = Service::new().await;
    let key = service.org("springfield", ALL).await;
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    zip.start_file("../../town.shp", zip::write::SimpleFileOptions::default()).unwrap();
    for _ in 0..200 {
        zip.write_all(&vec![0; 1 << 20]).unwrap();
    }
    let bomb = zip.finish().unwrap().into_inner();
    assert!(bomb.len() < 1 << 20);
    let headers = [("content-type", "application/zip")];
    let answer = service.send_bytes("POST", "/v1/orgs/springfield/runs", &key, &headers, bomb).await;
    assert_eq!((answer.status, answer.kind().as_str()), (413, "too-large"));
}

#[tokio::test]
async fn f44_names_never_become_paths_or_arguments() {
    let service = Service::new().await;
    let key = service.org("springfield", ALL).await;
    for name in
        ["..%2F..%2Fetc%2Fpasswd", "%00%0Ax", "--out%3D%2Ftmp", "%E2%80%AEabc", "%24(reboot)", &"x".repeat(6_000)]
    {
        let answer = service.submit("springfield", &key, &format!("?name={name}")).await;
        assert_eq!(answer.status, 202, "{name}");
        let run = service.run(answer.json()["id"].as_str().unwrap()).await;
        let fits = |key: &str| key.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'/' | b'-' | b'.'));
        assert!(fits(&run.result_prefix()) && fits(&run.request.boundary) && !run.result_prefix().contains(".."));
        assert_eq!(run.request.args, ["--osm=town.osm.pbf"], "the name travels in the boundary");
        assert!(run.name.unwrap().chars().count() <= 200);
    }
    for (path, body) in [("/v1/orgs/..%2F..%2Fetc/runs", TOWN), ("/v1/orgs/spring%0Afield/runs", TOWN)] {
        assert_eq!(service.send("POST", path, &key, &[GEOJSON], body).await.status, 404);
    }
    let operator = service.key(None, &[Scope::Admin]).await;
    for id in ["../x", "a b", "", "A", "-a", &"a".repeat(41)] {
        let body = serde_json::json!({ "id": id }).to_string();
        let answer = service.send("POST", "/v1/orgs", &operator, &[("content-type", "application/json")], &body).await;
        assert_eq!(answer.status, 422, "{id}");
    }
}

#[tokio::test]
async fn f45_webhooks_that_lead_inside() {
    let service = Service::new().await;
    let key = service.org("springfield", &[Scope::Admin]).await;
    for url in [
        "http://1.1.1.1/",
        "https://127.0.0.1/",
        "https://169.254.169.254/",
        "https://[::ffff:10.0.0.1]/",
        "https://localhost/",
    ] {
        let body = serde_json::json!({ "url": url }).to_string();
        let json = [("content-type", "application/json")];
        let answer = service.send("POST", "/v1/orgs/springfield/webhooks", &key, &json, &body).await;
        assert_eq!((answer.status, answer.kind().as_str()), (422, "webhook"), "{url}");
    }
    assert_eq!(
        service.submit("springfield", &key, "?osm_url=https://evil.test/").await.status,
        400,
        "no data sources from clients"
    );
}

#[tokio::test]
async fn f47_no_secret_leaves_the_service() {
    let service = Service::new().await;
    let key = service.org("springfield", ALL).await;
    let id = service.submitted("springfield", &key).await;
    let run = service.succeed(&id).await;
    let token = service.app.secret.task_token(&id);
    let task = service.fake.platform().tasks[run.task.as_ref().unwrap()].clone();
    assert_eq!(task.launch.env["QUIETWAY_PROGRESS_TOKEN"], token, "the task has it");
    let stored = serde_json::to_string(&run).unwrap();
    assert!(!stored.contains(&token) && !stored.contains(&key[20..]), "the database has not");
    for path in ["", "/results", "/logs", "/events"] {
        let text = service.get(&format!("/v1/orgs/springfield/runs/{id}{path}"), &key).await.text;
        assert!(!text.contains(&token) && !text.contains(&run.token_sha256), "{path}");
    }
}

#[tokio::test]
async fn f48_a_withdrawn_key() {
    let service = Service::new().await;
    let key = service.org("springfield", ALL).await;
    let operator = service.key(None, &[Scope::Admin]).await;
    let id = service.submitted("springfield", &key).await;
    assert_eq!(service.get("/v1/orgs/springfield/runs", &key).await.status, 200);
    let public = key.split('_').nth(1).unwrap();
    let path = format!("/v1/orgs/springfield/keys/{public}");
    assert_eq!(service.send("DELETE", &path, &operator, &[], "").await.status, 204);
    let refused = service.get("/v1/orgs/springfield/runs", &key).await;
    assert_eq!((refused.status, refused.headers["www-authenticate"].to_str().unwrap()), (401, "Bearer"));
    assert_eq!(service.app.store.events(&id, 0).await.unwrap()[0].actor, public, "who submitted what stays known");
}

#[tokio::test]
async fn keys_open_their_own_organisation_and_scope_only() {
    let service = Service::new().await;
    let reads = service.org("springfield", &[Scope::Read]).await;
    let submits = service.org("springfield", &[Scope::Submit]).await;
    let foreign = service.org("shelbyville", ALL).await;
    let id = service.submitted("springfield", &submits).await;
    let path = format!("/v1/orgs/springfield/runs/{id}");
    assert_eq!(service.get(&path, &foreign).await.status, 404);
    assert_eq!(service.get(&format!("/v1/orgs/shelbyville/runs/{id}"), &foreign).await.status, 404);
    assert_eq!(service.get(&path, &submits).await.kind(), "forbidden");
    assert_eq!(service.submit("springfield", &reads, "").await.status, 403);
    assert_eq!(service.send("POST", &format!("{path}/cancel"), &reads, &[], "").await.status, 403);
    assert_eq!(service.get("/v1/orgs", &reads).await.status, 403);
    assert_eq!(service.get(&path, "").await.status, 401);
    for wrong in [reads.replace("qw_", "qx_"), format!("{reads}x"), "Bearer".into()] {
        assert_eq!(service.get(&path, &wrong).await.status, 401);
    }
}

#[tokio::test]
async fn f30_the_database_is_gone() {
    let service = Service::new().await;
    let key = service.org("springfield", ALL).await;
    let id = service.submitted("springfield", &key).await;
    let before = service.fake.platform().calls;
    service.app.store.close().await;
    let answer = service.submit("springfield", &key, "").await;
    assert_eq!(
        (answer.status, answer.kind().as_str(), answer.headers["retry-after"].to_str().unwrap()),
        (503, "unavailable", "5")
    );
    assert!(!answer.text.contains("sql"), "what went wrong inside is not told");
    let token = service.app.secret.task_token(&id);
    let path = format!("/v1/runs/{id}/progress");
    assert_eq!(service.send("PUT", &path, &token, &[], "").await.status, 503);
    assert_eq!([service.get("/healthz", "").await.status, service.get("/readyz", "").await.status], [200, 503]);
    assert!(service.app.driver.tick().await.is_err());
    assert_eq!(service.fake.platform().calls, before, "nothing was sent");
}

/// PostgreSQL takes no zero byte; nothing of a client's reaches it unseen.
#[tokio::test]
async fn odd_characters_are_nothing_special() {
    let service = Service::new().await;
    let key = service.org("springfield", &[Scope::Submit, Scope::Read, Scope::Cancel, Scope::Admin]).await;
    for path in ["/v1/orgs/a%00b/runs", "/v1/orgs/springfield/runs/%00", "/v1/orgs/springfield/runs/%00/events"] {
        assert_eq!(service.get(path, &key).await.status, 404, "{path}");
    }
    assert_eq!(service.submit("springfield", &key, "?suite=%00").await.status, 422);
    assert_eq!(service.send("DELETE", "/v1/orgs/springfield/webhooks/%00", &key, &[], "").await.status, 404);
    assert_eq!(service.send("PUT", "/v1/runs/%00/progress", "qwt_x", &[], "").await.status, 401);
}
