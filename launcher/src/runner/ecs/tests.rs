//! The runner, by the real SDK over HTTP, on the fake ECS of the end-to-end tests.

use super::*;
use crate::runner::tests::sample;
use crate::state::{Cause, Stopped};
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use fake_ecs::{FakeEcs, Fault};
use serde_json::{Value, json};

/// Shared with the end-to-end tests, so that there is one.
#[allow(dead_code, reason = "the end-to-end tests use the rest of it")]
#[path = "../../../../tests/src/ecs.rs"]
pub mod fake_ecs;

pub fn args() -> EcsArgs {
    EcsArgs {
        cluster: "c".into(),
        task_definition: "quietway".into(),
        container: "quietway".into(),
        log_prefix: "quietway".into(),
        subnets: vec!["subnet-1".into()],
        spot: true,
        vcpu_price: 0.04,
        gb_price: 0.004,
        ..EcsArgs::default()
    }
}

/// A runner on a fake.
pub async fn start(fake: &FakeEcs) -> Ecs {
    start_with(fake, args()).await
}

async fn start_with(fake: &FakeEcs, args: EcsArgs) -> Ecs {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let router = axum::Router::new().route("/", axum::routing::post(answer)).with_state(fake.clone());
    tokio::spawn(async move { axum::serve(listener, router).await });
    let retries = aws_sdk_ecs::config::retry::RetryConfig::standard();
    let config = aws_sdk_ecs::Config::builder()
        .behavior_version_latest()
        .endpoint_url(url)
        .region(aws_sdk_ecs::config::Region::new("us-east-1"))
        .allow_no_auth()
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .retry_config(retries.with_initial_backoff(std::time::Duration::from_millis(1)))
        .build();
    Ecs::new(Client::from_conf(config), args)
}

async fn answer(State(fake): State<FakeEcs>, headers: HeaderMap, body: String) -> Response {
    let body: Value = serde_json::from_str(&body).unwrap(); // the content type is one of Amazon's own
    let reply = fake.call(headers["x-amz-target"].to_str().unwrap().rsplit('.').next().unwrap(), &body);
    if reply.cut {
        return ([("content-length", "1000")], axum::body::Body::from("{")).into_response();
    }
    let status = StatusCode::from_u16(reply.status).unwrap();
    (status, [("content-type", "application/x-amz-json-1.1")], reply.body.to_string()).into_response()
}

fn launch(token: &str) -> Launch {
    let platform =
        BTreeMap::from([(DEFINITION.to_owned(), "arn:aws:ecs:us-east-1:1:task-definition/quietway:7".to_owned())]);
    Launch { platform, ..sample(token, &["run", "--boundary", "s3://b/boundaries/x.geojson"]) }
}

#[tokio::test]
async fn ecs_keeps_the_contract() {
    let fake = FakeEcs::default();
    let ecs = start(&fake).await;
    crate::runner::tests::contract(&ecs, &[]).await;
    ecs.ready().await.unwrap();
    let task = fake.tables().tasks.values().next().unwrap().fields.clone();
    assert_eq!(
        task["overrides"]["containerOverrides"][0]["environment"],
        json!([{"name": "QUIETWAY_RUN_ID", "value": "r"}])
    );
}

#[tokio::test]
async fn f05_lost_answers_and_changed_requests_lead_to_the_same_task() {
    let fake = FakeEcs::default();
    let ecs = start(&fake).await;
    fake.tables().faults.push_back(Fault::LostAnswer);
    let first = ecs.start(&launch("r.1")).await;
    let again = ecs.start(&launch("r.1")).await.unwrap();
    assert!(first.as_ref().is_err_and(|error| matches!(error, StartError::Unknown(_))) || first.as_ref() == Ok(&again));
    let changed = Launch { args: vec!["run".into()], ..launch("r.1") };
    assert_eq!(ecs.start(&changed).await.unwrap(), again, "the conflict names the task");
    assert_eq!(fake.tables().tasks.len(), 1);
}

#[tokio::test]
async fn f06_f07_failures_of_a_good_answer() {
    let fake = FakeEcs::default();
    let ecs = start(&fake).await;
    fake.tables().faults.push_back(Fault::NoCapacity);
    assert!(matches!(ecs.start(&launch("r.1")).await, Err(StartError::NoCapacity(_))));
    assert!(
        matches!(ecs.start(&launch("r.1")).await, Err(StartError::NoCapacity(_))),
        "the retried answer repeats the failures"
    );
    fake.tables().faults.extend([Fault::OverLimit, Fault::NoCapacityLied]);
    assert!(matches!(ecs.start(&launch("r.2")).await, Err(StartError::Refused(_))));
    assert!(matches!(ecs.start(&launch("r.3")).await, Err(StartError::NoCapacity(_))));
    assert_eq!(ecs.find("quietway/r/3").await.unwrap().len(), 1, "and yet there is a task");
}

#[tokio::test]
async fn f08_throttled_broken_forbidden() {
    let fake = FakeEcs::default();
    let ecs = start(&fake).await;
    fake.tables().faults.extend([Fault::Throttled, Fault::ServerError]);
    assert!(ecs.start(&launch("r.1")).await.is_ok(), "the SDK tries again with the same token");
    fake.tables().faults.extend([Fault::ServerError; 3]);
    assert!(matches!(ecs.start(&launch("r.2")).await, Err(StartError::Unknown(_))));
    fake.tables().faults.extend([Fault::Throttled; 3]);
    assert!(matches!(ecs.start(&launch("r.3")).await, Err(StartError::Unknown(_))));
    fake.tables().faults.push_back(Fault::AccessDenied);
    assert_eq!(ecs.start(&launch("r.4")).await, Err(StartError::Refused("scripted".into())));
}

#[tokio::test]
async fn f09_f10_stops_that_are_throttled_or_too_late() {
    let fake = FakeEcs::default();
    let ecs = start(&fake).await;
    let task = ecs.start(&launch("r.1")).await.unwrap();
    fake.tables().stops_throttled = 3;
    assert!(ecs.stop(&task, "superseded").await.is_err());
    ecs.stop(&task, &"x".repeat(1_000)).await.unwrap();
    ecs.stop("arn:aws:ecs:us-east-1:1:task/c/gone", "superseded").await.unwrap();
}

async fn news_after(fields: Value) -> News {
    let fake = FakeEcs::default();
    let ecs = start(&fake).await;
    let task = ecs.start(&launch("r.1")).await.unwrap();
    fake.change(&task, fields);
    ecs.observe(&[task]).await.unwrap().remove(0)
}

async fn ended(stop_code: &str, container: Value, words: &str) -> Stopped {
    let mut container = container;
    container["name"] = "quietway".into();
    let fields = json!({"lastStatus": "STOPPED", "stopCode": stop_code, "stoppedReason": words, "containers": [container],
        "pullStartedAt": 1_000.0, "startedAt": 1_060.0, "stoppedAt": 4_600.0});
    match news_after(fields).await {
        News::Stopped(stopped) => stopped,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn f15_f16_f17_how_tasks_end() {
    let done = ended("EssentialContainerExited", json!({"exitCode": 0}), "Essential container in task exited").await;
    assert_eq!((done.cause, done.exit_code, done.version), (Cause::Exited, Some(0), 2));
    let usage = done.usage;
    assert_eq!((usage.seconds, usage.vcpu_seconds, usage.gb_seconds), (3_600.0, 3_600.0, 7_200.0));
    assert!((usage.price - 0.048).abs() < 1e-9);
    let memory = json!({"exitCode": 137, "reason": "OutOfMemoryError: Container killed due to memory usage"});
    assert_eq!(ended("EssentialContainerExited", memory, "").await.cause, Cause::OutOfMemory);
    for code in ["SpotInterruption", "TerminationNotice", "InfrastructureHealth"] {
        assert_eq!(
            ended(code, json!({"exitCode": 143}), "Your Spot Task was interrupted.").await.cause,
            Cause::Interrupted
        );
    }
    let image = "CannotPullContainerError: pull image manifest has been retried 1 time(s): quietway:x: not found";
    assert_eq!(ended("TaskFailedToStart", json!({}), image).await.cause, Cause::CannotStart);
    let network = "ResourceInitializationError: unable to pull secrets: i/o timeout";
    let stopped = ended("TaskFailedToStart", json!({}), network).await;
    assert_eq!((stopped.cause, stopped.detail.as_str()), (Cause::NotStarted, network));
    assert_eq!(
        ended("SomethingNew", json!({"exitCode": 3}), "").await.exit_code,
        Some(3),
        "stop codes are an open set"
    );
}

#[tokio::test]
async fn lifecycle_and_late_visibility() {
    for (status, started, running) in [
        ("PENDING", false, false),
        ("ACTIVATING", false, false),
        ("RUNNING", true, true),
        ("STOPPING", true, true),
        ("DEPROVISIONING", false, false),
    ] {
        let started_at = if started { json!(1_060.0) } else { Value::Null };
        let news = news_after(json!({"lastStatus": status, "startedAt": started_at})).await;
        assert_eq!(matches!(news, News::Running { version: 2, .. }), running, "{status}");
    }
    let fake = FakeEcs::default();
    let ecs = start(&fake).await;
    fake.tables().lag_ms = 30_000;
    let task = ecs.start(&launch("r.1")).await.unwrap();
    assert_eq!(
        ecs.observe(&[task]).await.unwrap(),
        [News::Missing],
        "just after the start; the driver knows not to believe it"
    );
    assert!(ecs.find("quietway/r/1").await.unwrap().is_empty());
    fake.turn_to(30_000);
    assert_eq!(ecs.find("quietway/r/1").await.unwrap().len(), 1);
}

#[tokio::test]
async fn many_tasks_are_asked_for_in_batches() {
    let fake = FakeEcs::default();
    let ecs = start(&fake).await;
    let mut tasks = Vec::new();
    for nth in 0..120 {
        tasks.push(ecs.start(&launch(&format!("r{nth}.1"))).await.unwrap());
    }
    fake.tables().calls.clear();
    assert_eq!(ecs.observe(&tasks).await.unwrap().len(), 120);
    assert_eq!(fake.tables().calls, ["DescribeTasks", "DescribeTasks"]);
    assert_eq!(ecs.list().await.unwrap().len(), 120, "all pages");
}

#[tokio::test]
async fn f46_overrides_that_are_too_long_are_refused_before_anything_is_stored() {
    let ecs = start(&FakeEcs::default()).await;
    let pinned = ecs.freeze(&launch("r.1")).await.unwrap();
    assert!(pinned[DEFINITION].ends_with("quietway:7"));
    let long = Launch { args: vec!["x".repeat(OVERRIDES_MAX)], ..launch("r.1") };
    assert!(matches!(ecs.freeze(&long).await, Err(StartError::Refused(_))));
}
