//! The runner, by the real SDK over HTTP, on a fake ECS that does what the API's documentation says and emulators do not: tokens with an
//! expiry and conflicts, failures with and without a task, tasks that show late, throttling, lost answers, tasks that are forgotten.

use super::*;
use crate::runner::tests::sample;
use crate::state::{Cause, Stopped};
use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard};

/// What happens to the next `RunTask`.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Fault {
    Throttled,
    ServerError,
    LostAnswer,
    AccessDenied,
    NoCapacity,
    NoCapacityLied,
    OverLimit,
}

#[derive(Default)]
struct Tables {
    tasks: BTreeMap<String, Value>,
    /// Parameters and answer of a token.
    tokens: BTreeMap<String, (Value, Value)>,
    faults: VecDeque<Fault>,
    /// Tasks that no question shows yet.
    hidden: Vec<String>,
    /// Stop calls that are refused with throttling.
    stops_throttled: u32,
    calls: Vec<String>,
}

#[derive(Clone, Default)]
struct FakeEcs(Arc<Mutex<Tables>>);

impl FakeEcs {
    fn tables(&self) -> MutexGuard<'_, Tables> {
        self.0.lock().unwrap()
    }

    async fn start(self) -> Ecs {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let router = axum::Router::new().route("/", axum::routing::post(answer)).with_state(self);
        tokio::spawn(async move { axum::serve(listener, router).await });
        let config = aws_sdk_ecs::Config::builder()
            .behavior_version_latest()
            .endpoint_url(url)
            .region(aws_sdk_ecs::config::Region::new("us-east-1"))
            .allow_no_auth()
            .http_client(aws_smithy_http_client::Builder::new().build_http())
            .retry_config(
                aws_sdk_ecs::config::retry::RetryConfig::standard()
                    .with_initial_backoff(std::time::Duration::from_millis(1)),
            )
            .build();
        let args = EcsArgs {
            cluster: "c".into(),
            task_definition: "quietway".into(),
            container: "quietway".into(),
            subnets: vec!["subnet-1".into()],
            spot: true,
            vcpu_price: 0.04,
            gb_price: 0.004,
            ..EcsArgs::default()
        };
        Ecs::new(Client::from_conf(config), args)
    }

    /// A task changes: a newer version of it.
    fn change(&self, task: &str, fields: Value) {
        let mut tables = self.tables();
        let task = tables.tasks.get_mut(task).unwrap();
        task["version"] = (task["version"].as_i64().unwrap() + 1).into();
        for (name, value) in fields.as_object().unwrap() {
            task[name] = value.clone();
        }
    }
}

fn refusal(status: StatusCode, kind: &str, more: Value) -> Response {
    let mut body = json!({"__type": kind, "message": "scripted"});
    for (name, value) in more.as_object().into_iter().flatten() {
        body[name] = value.clone();
    }
    (status, [("content-type", "application/x-amz-json-1.1")], body.to_string()).into_response()
}

async fn answer(State(fake): State<FakeEcs>, headers: HeaderMap, body: String) -> Response {
    let body: Value = serde_json::from_str(&body).unwrap(); // the content type is one of Amazon's own
    let target = headers["x-amz-target"].to_str().unwrap().rsplit('.').next().unwrap().to_owned();
    let mut tables = fake.tables();
    tables.calls.push(target.clone());
    match target.as_str() {
        "RunTask" => run_task(&mut tables, &body),
        "StopTask" => stop_task(&mut tables, &body),
        "DescribeTasks" => Json(describe(&tables, &body)).into_response(),
        "ListTasks" => list(&tables, &body),
        "DescribeTaskDefinition" => {
            Json(json!({"taskDefinition": {"taskDefinitionArn": "arn:aws:ecs:us-east-1:1:task-definition/quietway:7"}}))
                .into_response()
        }
        "DescribeClusters" => Json(json!({"clusters": [{"clusterName": "c", "status": "ACTIVE"}]})).into_response(),
        other => panic!("{other} is not used"),
    }
}

fn run_task(tables: &mut Tables, body: &Value) -> Response {
    let token = body["clientToken"].as_str().unwrap().to_owned();
    assert!(token.len() <= 64 && body["startedBy"].as_str().unwrap().len() <= 128);
    assert!(body.get("launchType").is_none(), "launchType and a strategy exclude each other");
    let fault = tables.faults.pop_front();
    match fault {
        Some(Fault::Throttled) => return refusal(StatusCode::BAD_REQUEST, "ThrottlingException", json!({})),
        Some(Fault::ServerError) => return refusal(StatusCode::INTERNAL_SERVER_ERROR, "ServerException", json!({})),
        Some(Fault::AccessDenied) => return refusal(StatusCode::BAD_REQUEST, "AccessDeniedException", json!({})),
        _ => {}
    }
    if let Some((parameters, answer)) = tables.tokens.get(&token) {
        let task = answer["tasks"][0]["taskArn"].clone();
        return match parameters == body {
            true => Json(answer.clone()).into_response(),
            false => refusal(StatusCode::BAD_REQUEST, "ConflictException", json!({"resourceIds": [task]})),
        };
    }
    let arn = format!("arn:aws:ecs:us-east-1:1:task/c/{}", tables.tasks.len());
    let task = json!({
        "taskArn": arn, "startedBy": body["startedBy"], "lastStatus": "PROVISIONING", "desiredStatus": "RUNNING", "version": 1,
        "createdAt": 1_000.0, "cpu": "1024", "memory": "2048", "containers": [{"name": "quietway"}], "overrides": body["overrides"],
    });
    let failure = |reason: &str| json!({"tasks": [], "failures": [{"reason": reason}]});
    let capacity = "Capacity is unavailable at this time. Please try again later or in a different availability zone";
    let answer = match fault {
        Some(Fault::NoCapacity | Fault::NoCapacityLied) => failure(capacity),
        Some(Fault::OverLimit) => failure("The requested CPU configuration is above your limit"),
        _ => json!({"tasks": [task], "failures": []}),
    };
    if !matches!(fault, Some(Fault::NoCapacity | Fault::OverLimit)) {
        tables.tasks.insert(arn, task);
    }
    tables.tokens.insert(token, (body.clone(), answer.clone()));
    match fault {
        // The connection breaks off in the middle of the answer.
        Some(Fault::LostAnswer) => ([("content-length", "1000")], axum::body::Body::from("{")).into_response(),
        _ => Json(answer).into_response(),
    }
}

fn stop_task(tables: &mut Tables, body: &Value) -> Response {
    assert!(body["reason"].as_str().unwrap().len() <= 255);
    if tables.stops_throttled > 0 {
        tables.stops_throttled -= 1;
        return refusal(StatusCode::BAD_REQUEST, "ThrottlingException", json!({}));
    }
    match tables.tasks.get_mut(body["task"].as_str().unwrap()) {
        Some(task) => {
            task["desiredStatus"] = "STOPPED".into();
            Json(json!({ "task": task })).into_response()
        }
        None => refusal(
            StatusCode::BAD_REQUEST,
            "InvalidParameterException",
            json!({"message": "The referenced task was not found."}),
        ),
    }
}

fn describe(tables: &Tables, body: &Value) -> Value {
    let asked: Vec<_> = body["tasks"].as_array().unwrap().iter().map(|task| task.as_str().unwrap()).collect();
    assert!((1..=100).contains(&asked.len()));
    let known =
        |task: &&&str| tables.tasks.contains_key(**task) && !tables.hidden.iter().any(|hidden| hidden == **task);
    let tasks: Vec<_> = asked.iter().filter(known).map(|task| tables.tasks[*task].clone()).collect();
    let missing: Vec<_> =
        asked.iter().filter(|task| !known(task)).map(|task| json!({"arn": task, "reason": "MISSING"})).collect();
    json!({"tasks": tasks, "failures": missing})
}

fn list(tables: &Tables, body: &Value) -> Response {
    if body.get("startedBy").is_some() && body.get("desiredStatus").is_some() {
        return refusal(StatusCode::BAD_REQUEST, "InvalidParameterException", json!({}));
    }
    let fits = |(arn, task): &(&String, &Value)| {
        let by = body.get("startedBy").is_none_or(|by| *by == task["startedBy"]);
        by && task["desiredStatus"] == "RUNNING" && !tables.hidden.contains(arn)
    };
    let all: Vec<_> = tables.tasks.iter().filter(fits).map(|(arn, _)| arn.clone()).collect();
    // Pages of two, to see that they are followed.
    let from: usize = body["nextToken"].as_str().map_or(0, |token| token.parse().unwrap());
    let page: Vec<_> = all.iter().skip(from).take(2).collect();
    let next = (from + 2 < all.len()).then(|| (from + 2).to_string());
    Json(json!({"taskArns": page, "nextToken": next})).into_response()
}

fn launch(token: &str) -> Launch {
    let platform =
        BTreeMap::from([(DEFINITION.to_owned(), "arn:aws:ecs:us-east-1:1:task-definition/quietway:7".to_owned())]);
    Launch { platform, ..sample(token, &["run", "--boundary", "s3://b/boundaries/x.geojson"]) }
}

#[tokio::test]
async fn ecs_keeps_the_contract() {
    let fake = FakeEcs::default();
    let ecs = fake.clone().start().await;
    crate::runner::tests::contract(&ecs, &[]).await;
    ecs.ready().await.unwrap();
    let task = fake.tables().tasks.values().next().unwrap().clone();
    assert_eq!(
        task["overrides"]["containerOverrides"][0]["environment"],
        json!([{"name": "QUIETWAY_RUN_ID", "value": "r"}])
    );
}

#[tokio::test]
async fn f05_lost_answers_and_changed_requests_lead_to_the_same_task() {
    let fake = FakeEcs::default();
    let ecs = fake.clone().start().await;
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
    let ecs = fake.clone().start().await;
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
    let ecs = fake.clone().start().await;
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
    let ecs = fake.clone().start().await;
    let task = ecs.start(&launch("r.1")).await.unwrap();
    fake.tables().stops_throttled = 3;
    assert!(ecs.stop(&task, "superseded").await.is_err());
    ecs.stop(&task, &"x".repeat(1_000)).await.unwrap();
    ecs.stop("arn:aws:ecs:us-east-1:1:task/c/gone", "superseded").await.unwrap();
}

async fn news_after(fields: Value) -> News {
    let fake = FakeEcs::default();
    let ecs = fake.clone().start().await;
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
    let ecs = fake.clone().start().await;
    let task = ecs.start(&launch("r.1")).await.unwrap();
    fake.tables().hidden.push(task.clone());
    assert_eq!(
        ecs.observe(&[task]).await.unwrap(),
        [News::Missing],
        "just after the start; the driver knows not to believe it"
    );
    assert!(ecs.find("quietway/r/1").await.unwrap().is_empty());
}

#[tokio::test]
async fn many_tasks_are_asked_for_in_batches() {
    let fake = FakeEcs::default();
    let ecs = fake.clone().start().await;
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
    let ecs = FakeEcs::default().start().await;
    let pinned = ecs.freeze(&launch("r.1")).await.unwrap();
    assert!(pinned[DEFINITION].ends_with("quietway:7"));
    let long = Launch { args: vec!["x".repeat(OVERRIDES_MAX)], ..launch("r.1") };
    assert!(matches!(ecs.freeze(&long).await, Err(StartError::Refused(_))));
}

/// The driver on this ECS: superseded half-way, the old one stops first, a retried start is the same.
#[tokio::test]
async fn a_run_on_ecs_from_start_to_supersession() {
    let fake = FakeEcs::default();
    let ecs = Arc::new(fake.clone().start().await);
    let world = crate::driver::world::World::new();
    let driver = world.driver_with(ecs);
    world.submit("springfield", "a").await;
    fake.tables().faults.extend([Fault::ServerError; 3]);
    world.seconds(&driver, 4).await;
    let task = world.run("a").await.task.unwrap();
    fake.change(&task, json!({"lastStatus": "RUNNING", "startedAt": 1_060.0}));
    world.seconds(&driver, 2).await;
    assert_eq!(world.run("a").await.state, crate::run::State::Running);
    world.submit("springfield", "b").await;
    world.seconds(&driver, 4).await;
    assert_eq!(fake.tables().tasks.len(), 1, "the new one waits");
    assert_eq!(fake.tables().tasks[&task]["desiredStatus"], "STOPPED");
    fake.change(&task, json!({"lastStatus": "STOPPED", "stopCode": "UserInitiated", "containers": [{"name": "quietway", "exitCode": 143}]}));
    world.seconds(&driver, 4).await;
    assert_eq!(
        (world.run("a").await.state, world.run("b").await.state),
        (crate::run::State::Superseded, crate::run::State::Starting)
    );
    assert_eq!(fake.tables().tasks.len(), 2);
}
