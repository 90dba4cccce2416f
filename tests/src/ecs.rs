//! An ECS for tests that does what the API's documentation says and emulators do not: tokens that expire and conflict, failures with and without
//! a task, tasks that show late, throttling, stops that take their time, lost answers, tasks that are forgotten, and an event for every change.
//!
//! It decides on JSON only and knows no HTTP: the launcher's own tests include this file and put it behind their server, the end-to-end tests
//! behind theirs.
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic as tests may")]

use serde_json::{Value, json};
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard};

const HOUR_MS: i64 = 3_600_000;

/// The only cluster.
pub const CLUSTER: &str = "arn:aws:ecs:us-east-1:111122223333:cluster/c";

/// What happens to the next `RunTask`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Fault {
    /// Too many calls.
    Throttled,
    /// 500, and nothing starts.
    ServerError,
    /// The task starts, the connection breaks off in the middle of the answer.
    LostAnswer,
    /// No right.
    AccessDenied,
    /// No capacity.
    NoCapacity,
    /// No capacity, it says, and starts the task.
    NoCapacityLied,
    /// Never.
    OverLimit,
}

/// An answer.
pub struct Reply {
    /// HTTP.
    pub status: u16,
    /// JSON.
    pub body: Value,
    /// To break off in the middle.
    pub cut: bool,
}

/// A task.
pub struct Task {
    /// As the API describes it, times in seconds.
    pub fields: Value,
    created_ms: i64,
    stop_asked_ms: Option<i64>,
    stopped_ms: Option<i64>,
}

/// What was asked with a token, and what was answered.
struct Token {
    asked: Value,
    answer: Value,
    task: Option<String>,
    created_ms: i64,
}

/// All there is, and how it behaves.
#[derive(Default)]
pub struct Tables {
    /// Its clock.
    pub now_ms: i64,
    /// By ARN, also those that are forgotten.
    pub tasks: BTreeMap<String, Task>,
    tokens: BTreeMap<String, Token>,
    /// For the next `RunTask` calls; then none.
    pub faults: VecDeque<Fault>,
    /// Tasks are shown so much after their start.
    pub lag_ms: i64,
    /// From start to running; none = when the test says so.
    pub start_ms: Option<i64>,
    /// From `StopTask` to the end; none = when the test says so.
    pub stop_ms: Option<i64>,
    /// Stop calls that are refused with throttling.
    pub stops_throttled: u32,
    /// Names of all calls.
    pub calls: Vec<String>,
    /// Events of EventBridge, one for every version of a task.
    pub events: Vec<Value>,
    /// Calls with a token that had expired: each of them started another task.
    pub expired_tokens: u32,
}

/// The fake.
#[derive(Clone, Default)]
pub struct FakeEcs(Arc<Mutex<Tables>>);

impl FakeEcs {
    /// To look at and to script.
    pub fn tables(&self) -> MutexGuard<'_, Tables> {
        self.0.lock().unwrap()
    }

    /// Time goes by, and what is due happens.
    pub fn turn_to(&self, now_ms: i64) {
        let mut tables = self.tables();
        tables.now_ms = now_ms;
        tables.advance();
    }

    /// Answers a call: the last word of `X-Amz-Target` and the body.
    pub fn call(&self, target: &str, body: &Value) -> Reply {
        let mut tables = self.tables();
        tables.calls.push(target.to_owned());
        tables.advance();
        match target {
            "RunTask" => tables.run_task(body),
            "StopTask" => tables.stop_task(body),
            "DescribeTasks" => good(tables.describe(body)),
            "ListTasks" => tables.list(body),
            "DescribeTaskDefinition" => good(json!({"taskDefinition":
                {"taskDefinitionArn": "arn:aws:ecs:us-east-1:111122223333:task-definition/quietway:7"}})),
            "DescribeClusters" => good(json!({"clusters": [{"clusterName": "c", "status": "ACTIVE"}]})),
            other => panic!("{other} is not used"),
        }
    }

    /// A task changes: a newer version of it, and an event.
    pub fn change(&self, task: &str, fields: Value) {
        self.tables().change(task, fields);
    }

    /// A task begins to run.
    pub fn run(&self, task: &str) {
        self.tables().run(task);
    }

    /// A task ends: why, and how its container did.
    pub fn end(&self, task: &str, stop_code: &str, reason: &str, container: Value) {
        self.tables().end(task, stop_code, reason, container);
    }

    /// ARNs of all tasks, in the order they were started.
    pub fn tasks(&self) -> Vec<String> {
        self.tables().tasks.keys().cloned().collect()
    }
}

fn good(body: Value) -> Reply {
    Reply { status: 200, body, cut: false }
}

fn refusal(status: u16, kind: &str, more: Value) -> Reply {
    let mut body = json!({"__type": kind, "message": "scripted"});
    merge(&mut body, &more);
    Reply { status, body, cut: false }
}

fn merge(into: &mut Value, fields: &Value) {
    for (name, value) in fields.as_object().into_iter().flatten() {
        into[name] = value.clone();
    }
}

/// Epoch milliseconds as events have them.
fn iso(ms: i64) -> String {
    let (days, ms) = (ms.div_euclid(86_400_000), ms.rem_euclid(86_400_000));
    // Civil date of a day, by eras of 400 years that begin in March.
    let day = days + 719_468;
    let (era, of_era) = (day.div_euclid(146_097), day.rem_euclid(146_097));
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let (d, m) = (of_year - (153 * month + 2) / 5 + 1, if month < 10 { month + 3 } else { month - 9 });
    let y = year + era * 400 + i64::from(m <= 2);
    format!(
        "{y:04}-{m:02}-{d:02}T{:02}:{:02}:{:02}.{:03}Z",
        ms / 3_600_000,
        ms / 60_000 % 60,
        ms / 1_000 % 60,
        ms % 1_000
    )
}

/// The event of a version of a task.
fn event(fields: &Value, now_ms: i64) -> Value {
    let mut detail = fields.clone();
    for (name, value) in detail.as_object_mut().unwrap() {
        if let Some(seconds) = value.as_f64().filter(|_| name.ends_with("At")) {
            *value = iso((seconds * 1000.0) as i64).into();
        }
    }
    json!({"version": "0", "id": format!("{}-{}", fields["taskArn"].as_str().unwrap(), fields["version"]), "detail-type": "ECS Task State Change",
        "source": "aws.ecs", "account": "111122223333", "time": iso(now_ms), "region": "us-east-1", "resources": [fields["taskArn"]],
        "detail": detail})
}

impl Tables {
    fn seconds(&self) -> f64 {
        self.now_ms as f64 / 1000.0
    }

    fn change(&mut self, task: &str, fields: Value) {
        let now_ms = self.now_ms;
        let task = self.tasks.get_mut(task).unwrap();
        task.fields["version"] = (task.fields["version"].as_i64().unwrap() + 1).into();
        merge(&mut task.fields, &fields);
        if task.fields["lastStatus"] == "STOPPED" {
            task.stopped_ms.get_or_insert(now_ms);
        }
        self.events.push(event(&task.fields, now_ms));
    }

    fn run(&mut self, task: &str) {
        let now = self.seconds();
        self.change(task, json!({"lastStatus": "PENDING", "pullStartedAt": now}));
        self.change(task, json!({"lastStatus": "RUNNING", "startedAt": now, "connectivity": "CONNECTED"}));
    }

    fn end(&mut self, task: &str, stop_code: &str, reason: &str, container: Value) {
        let mut own = json!({"name": "quietway", "lastStatus": "STOPPED"});
        merge(&mut own, &container);
        let fields = json!({"lastStatus": "STOPPED", "desiredStatus": "STOPPED", "stopCode": stop_code, "stoppedReason": reason,
            "stoppedAt": self.seconds(), "containers": [own]});
        self.change(task, fields);
    }

    /// What happens by itself.
    fn advance(&mut self) {
        let (now_ms, start_ms, stop_ms) = (self.now_ms, self.start_ms, self.stop_ms);
        let passed = |since_ms: i64, time: Option<i64>| time.is_some_and(|time| now_ms >= since_ms + time);
        let living = self.tasks.iter().filter(|(_, task)| task.stopped_ms.is_none());
        let ends = living.clone().filter(|(_, task)| task.stop_asked_ms.is_some_and(|asked| passed(asked, stop_ms)));
        let ends: Vec<_> = ends.map(|(arn, task)| (arn.clone(), task.fields["startedAt"].is_number())).collect();
        let fresh =
            living.filter(|(_, task)| task.fields["lastStatus"] == "PROVISIONING" && task.stop_asked_ms.is_none());
        let runs: Vec<_> =
            fresh.filter(|(_, task)| passed(task.created_ms, start_ms)).map(|(arn, _)| arn.clone()).collect();
        for (arn, ran) in ends {
            let container = if ran { json!({"exitCode": 143}) } else { json!({}) };
            self.end(&arn, "UserInitiated", "stopped by the test", container);
        }
        runs.iter().for_each(|arn| self.run(arn));
    }

    /// Stopped tasks are described for an hour.
    fn is_forgotten(&self, task: &Task) -> bool {
        task.stopped_ms.is_some_and(|at| self.now_ms >= at + HOUR_MS)
    }

    fn shows(&self, task: &Task) -> bool {
        self.now_ms >= task.created_ms + self.lag_ms && !self.is_forgotten(task)
    }

    /// A day, or an hour after the task has ended.
    fn is_expired(&self, token: &Token) -> bool {
        let task = token.task.as_ref().map(|arn| &self.tasks[arn]);
        self.now_ms >= token.created_ms + 24 * HOUR_MS || task.is_some_and(|task| self.is_forgotten(task))
    }

    fn run_task(&mut self, body: &Value) -> Reply {
        let name = body["clientToken"].as_str().unwrap().to_owned();
        assert!(name.len() <= 64 && body["startedBy"].as_str().unwrap().len() <= 128);
        assert!(body.get("launchType").is_none(), "launchType and a strategy exclude each other");
        let fault = self.faults.pop_front();
        match fault {
            Some(Fault::Throttled) => return refusal(400, "ThrottlingException", json!({})),
            Some(Fault::ServerError) => return refusal(500, "ServerException", json!({})),
            Some(Fault::AccessDenied) => return refusal(400, "AccessDeniedException", json!({})),
            _ => {}
        }
        if self.tokens.get(&name).is_some_and(|token| self.is_expired(token)) {
            self.tokens.remove(&name);
            self.expired_tokens += 1;
        }
        match self.tokens.get(&name) {
            Some(token) => self.repeated(token, body),
            None => self.begin(name, body, fault),
        }
    }

    fn repeated(&self, token: &Token, body: &Value) -> Reply {
        if token.asked != *body {
            let tasks: Vec<_> = token.task.iter().collect();
            return refusal(400, "ConflictException", json!({"resourceIds": tasks}));
        }
        match token.task.as_ref().map(|arn| &self.tasks[arn]).filter(|task| task.stopped_ms.is_some()) {
            Some(task) => {
                let fields =
                    ["taskArn", "lastStatus", "desiredStatus"].map(|name| (name.to_owned(), task.fields[name].clone()));
                good(json!({"tasks": [Value::Object(fields.into_iter().collect())], "failures": []}))
            }
            None => good(token.answer.clone()),
        }
    }

    fn begin(&mut self, name: String, body: &Value, fault: Option<Fault>) -> Reply {
        let arn = format!("arn:aws:ecs:us-east-1:111122223333:task/c/{:032x}", self.tasks.len());
        let size = |name: &str, usual: &str| body["overrides"][name].as_str().unwrap_or(usual).to_owned();
        let fields = json!({
            "taskArn": arn, "clusterArn": CLUSTER, "startedBy": body["startedBy"], "lastStatus": "PROVISIONING", "desiredStatus": "RUNNING",
            "version": 1, "createdAt": self.seconds(), "cpu": size("cpu", "1024"), "memory": size("memory", "2048"),
            "containers": [{"name": "quietway"}], "overrides": body["overrides"], "group": "family:quietway", "launchType": "FARGATE",
        });
        let failure = |reason: &str| json!({"tasks": [], "failures": [{"reason": reason}]});
        let answer = match fault {
            Some(Fault::NoCapacity | Fault::NoCapacityLied) => failure(
                "Capacity is unavailable at this time. Please try again later or in a different availability zone",
            ),
            Some(Fault::OverLimit) => failure("The requested CPU configuration is above your limit"),
            _ => json!({"tasks": [fields], "failures": []}),
        };
        let starts = !matches!(fault, Some(Fault::NoCapacity | Fault::OverLimit));
        let created_ms = self.now_ms;
        if starts {
            self.events.push(event(&fields, created_ms));
            self.tasks.insert(arn.clone(), Task { fields, created_ms, stop_asked_ms: None, stopped_ms: None });
        }
        let token = Token { asked: body.clone(), answer: answer.clone(), task: starts.then_some(arn), created_ms };
        self.tokens.insert(name, token);
        Reply { status: 200, body: answer, cut: fault == Some(Fault::LostAnswer) }
    }

    fn stop_task(&mut self, body: &Value) -> Reply {
        assert!(body["reason"].as_str().unwrap().len() <= 255);
        if self.stops_throttled > 0 {
            self.stops_throttled -= 1;
            return refusal(400, "ThrottlingException", json!({}));
        }
        let arn = body["task"].as_str().unwrap().to_owned();
        let Some(task) = self.tasks.get(&arn).filter(|task| !self.is_forgotten(task)) else {
            return refusal(400, "InvalidParameterException", json!({"message": "The referenced task was not found."}));
        };
        if task.fields["desiredStatus"] != "STOPPED" {
            self.change(
                &arn,
                json!({"desiredStatus": "STOPPED", "stopCode": "UserInitiated", "stoppedReason": body["reason"]}),
            );
            let now_ms = self.now_ms;
            self.tasks.get_mut(&arn).unwrap().stop_asked_ms = Some(now_ms);
        }
        good(json!({"task": self.tasks[&arn].fields}))
    }

    fn describe(&self, body: &Value) -> Value {
        let asked: Vec<_> = body["tasks"].as_array().unwrap().iter().map(|task| task.as_str().unwrap()).collect();
        assert!((1..=100).contains(&asked.len()));
        let known = |task: &&&str| self.tasks.get(**task).is_some_and(|task| self.shows(task));
        let tasks: Vec<_> = asked.iter().filter(known).map(|task| self.tasks[*task].fields.clone()).collect();
        let missing: Vec<_> =
            asked.iter().filter(|task| !known(task)).map(|task| json!({"arn": task, "reason": "MISSING"})).collect();
        json!({"tasks": tasks, "failures": missing})
    }

    fn list(&self, body: &Value) -> Reply {
        let filters = ["startedBy", "desiredStatus", "family"].iter().filter(|name| body.get(**name).is_some()).count();
        if body.get("startedBy").is_some() && filters > 1 {
            return refusal(400, "InvalidParameterException", json!({"message": "startedBy must be the only filter"}));
        }
        let status = body["desiredStatus"].as_str().unwrap_or("RUNNING");
        let fits = |(_, task): &(&String, &Task)| {
            let by = body.get("startedBy").is_none_or(|by| *by == task.fields["startedBy"]);
            let family = body["family"].as_str().is_none_or(|name| task.fields["group"] == format!("family:{name}"));
            by && family && task.fields["desiredStatus"] == status && self.shows(task)
        };
        let all: Vec<_> = self.tasks.iter().filter(fits).map(|(arn, _)| arn.clone()).collect();
        // Pages of two, to see that they are followed.
        let from: usize = body["nextToken"].as_str().map_or(0, |token| token.parse().unwrap());
        let page: Vec<_> = all.iter().skip(from).take(2).collect();
        let next = (from + 2 < all.len()).then(|| (from + 2).to_string());
        good(json!({"taskArns": page, "nextToken": next}))
    }
}
