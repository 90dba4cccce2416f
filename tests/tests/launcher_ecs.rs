//! The launcher with tasks on ECS: our stateful fake of it, whose tasks are the real analysis; boundary, results, events and logs on an emulator.
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic as tests may")]

use quietway_tests::ecs::{CLUSTER, FakeEcs};
use quietway_tests::{fixture, quietway, s3};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

const LOG_GROUP: &str = "/quietway/tasks";

fn now_ms() -> i64 {
    i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis()).unwrap()
}

/// An HTTP request of this test; the body of the answer.
fn http(url: &str, line: &str, headers: &[(&str, &str)], body: &str) -> String {
    let host = url.strip_prefix("http://").unwrap();
    let mut stream = TcpStream::connect(host).unwrap();
    let headers: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    let length = body.len();
    let head =
        format!("{line} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\ncontent-length: {length}\r\n{headers}\r\n");
    stream.write_all((head + body).as_bytes()).unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    text.split_once("\r\n\r\n").unwrap().1.to_owned()
}

/// A call of the AWS JSON protocol.
fn aws(endpoint: &str, target: &str, body: &Value) -> Value {
    let service = if target.starts_with("Logs") { "logs" } else { "sqs" };
    let scope = format!(
        "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/{service}/aws4_request, SignedHeaders=host, Signature=0"
    );
    let headers = [("x-amz-target", target), ("content-type", "application/x-amz-json-1.0"), ("authorization", &scope)];
    let answer = http(endpoint, "POST /", &headers, &body.to_string());
    serde_json::from_str(&answer).unwrap_or(Value::Null) // some have nothing to say
}

/// The outside world of one test.
struct Aws {
    endpoint: String,
    ecs: String,
    fake: FakeEcs,
    queue: String,
    dead: String,
    _emulator: Mutex<Child>,
}

impl Aws {
    fn start() -> Option<Self> {
        let python = quietway_tests::python()?;
        let (endpoint, emulator) = s3::start_emulator(&python)?;
        let fake = FakeEcs::default();
        let answering = fake.clone();
        let ecs = s3::serve(move |request| {
            answering.turn_to(now_ms());
            let target = request.headers["x-amz-target"].rsplit('.').next().unwrap();
            let reply = answering.call(target, &serde_json::from_slice(&request.body).unwrap());
            let head = if reply.status == 200 { "200 OK" } else { "400 Bad Request" };
            Some((head, reply.body.to_string()))
        });
        let queue = |name: &str, attributes: Value| {
            let made = aws(&endpoint, "AmazonSQS.CreateQueue", &json!({"QueueName": name, "Attributes": attributes}));
            made["QueueUrl"].as_str().unwrap().to_owned()
        };
        let dead = queue("dead", json!({}));
        let redrive =
            json!({"deadLetterTargetArn": "arn:aws:sqs:us-east-1:123456789012:dead", "maxReceiveCount": 2}).to_string();
        let queue = queue("events", json!({"VisibilityTimeout": "1", "RedrivePolicy": redrive}));
        aws(&endpoint, "Logs_20140328.CreateLogGroup", &json!({"logGroupName": LOG_GROUP}));
        Some(Self { endpoint, ecs, fake, queue, dead, _emulator: emulator })
    }

    fn call(&self, target: &str, body: &Value) -> Value {
        aws(&self.endpoint, target, body)
    }

    fn send(&self, message: &str) {
        let sent = self.call("AmazonSQS.SendMessage", &json!({"QueueUrl": self.queue, "MessageBody": message}));
        assert!(sent["MessageId"].is_string(), "{sent}");
    }

    /// What EventBridge does: all events from one on, and the last one twice.
    fn deliver(&self, from: usize) -> usize {
        let events = self.fake.tables().events.clone();
        events.iter().skip(from).chain(events.last()).for_each(|event| self.send(&event.to_string()));
        events.len()
    }

    /// What Fargate does with a task: the real analysis, as it was asked for.
    fn analyse(&self, task: &str) {
        let container = self.fake.tables().tasks[task].fields["overrides"]["containerOverrides"][0].clone();
        let texts = |list: &Value| {
            list.as_array().unwrap().iter().map(|text| text.as_str().unwrap().to_owned()).collect::<Vec<_>>()
        };
        let env = container["environment"].as_array().unwrap().iter();
        let env =
            env.map(|pair| (pair["name"].as_str().unwrap().to_owned(), pair["value"].as_str().unwrap().to_owned()));
        let output = quietway().args(texts(&container["command"])).envs(env).envs(self.env()).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        let stream = format!("quietway/quietway/{}", task.rsplit('/').next().unwrap());
        let named = |more: Value| {
            let mut body = json!({"logGroupName": LOG_GROUP, "logStreamName": stream});
            body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            body
        };
        self.call("Logs_20140328.CreateLogStream", &named(json!({})));
        let lines = said.lines().filter(|line| !line.is_empty());
        let lines: Vec<_> = lines.map(|line| json!({"timestamp": now_ms(), "message": line})).collect();
        self.call("Logs_20140328.PutLogEvents", &named(json!({"logEvents": lines})));
        self.fake.turn_to(now_ms());
        let code = output.status.code().unwrap();
        assert_eq!(code, 0, "{said}");
        self.fake.end(
            task,
            "EssentialContainerExited",
            "Essential container in task exited",
            json!({"exitCode": code}),
        );
    }

    fn env(&self) -> [(&'static str, String); 5] {
        [
            ("AWS_ENDPOINT_URL", self.endpoint.clone()),
            ("AWS_ENDPOINT_URL_ECS", self.ecs.clone()),
            ("AWS_ACCESS_KEY_ID", "test".into()),
            ("AWS_SECRET_ACCESS_KEY", "test".into()),
            ("AWS_REGION", "us-east-1".into()),
        ]
    }
}

fn launcher() -> Command {
    Command::new(quietway().get_program().to_string_lossy().into_owned() + "-launcher")
}

fn said(command: &mut Command) -> String {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

struct Service {
    child: Child,
    url: String,
    key: String,
    data: tempfile::TempDir,
}

impl Drop for Service {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

impl Service {
    fn start(aws: &Aws, more: &[&str]) -> Self {
        let data = tempfile::tempdir().unwrap();
        let folder = data.path().to_str().unwrap();
        said(launcher().args(["org", "add", "springfield", "--data", folder]));
        let key = said(launcher().args(["key", "create", "springfield", "--data", folder]));
        let osm = format!("--task-arg=--osm={}", fixture("monaco/monaco.osm.pbf").display());
        let mut command = launcher();
        command.args([
            "serve",
            "--listen",
            "127.0.0.1:0",
            "--data",
            folder,
            "--runner",
            "ecs",
            "--results",
            "s3://results/launcher",
        ]);
        command.args([
            "--ecs-cluster",
            "c",
            "--ecs-cpu",
            "4096",
            "--ecs-memory",
            "16384",
            "--ecs-storage-gib",
            "40",
            "--vcpu-price",
            "0.04",
        ]);
        command.args([osm.as_str(), "--task-arg=--formats=csv"]).args(more).envs(aws.env());
        let log = std::fs::File::create(data.path().join("log")).unwrap();
        let mut child = command.stdout(Stdio::piped()).stderr(log).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let url = line.trim().strip_prefix("listening at ").unwrap().to_owned();
        Self { child, url, key, data }
    }

    fn submit(&self) -> String {
        let mut command = launcher();
        command.args(["submit", fixture("monaco/boundary.geojson").to_str().unwrap()]);
        command.envs([
            ("QUIETWAY_URL", self.url.as_str()),
            ("QUIETWAY_KEY", self.key.as_str()),
            ("QUIETWAY_ORG", "springfield"),
        ]);
        said(&mut command).split_whitespace().next().unwrap().to_owned()
    }

    fn get(&self, path: &str) -> String {
        http(&self.url, &format!("GET {path}"), &[("authorization", &format!("Bearer {}", self.key))], "")
    }

    fn run(&self, id: &str) -> Value {
        serde_json::from_str(&self.get(&format!("/v1/orgs/springfield/runs/{id}"))).unwrap()
    }

    fn until<T>(&self, what: &str, mut reached: impl FnMut() -> Option<T>) -> T {
        let began = Instant::now();
        while began.elapsed() < Duration::from_secs(60) {
            if let Some(found) = reached() {
                return found;
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        panic!("{what}: it never came to that\n{}", std::fs::read_to_string(self.data.path().join("log")).unwrap());
    }

    fn until_state(&self, run: &str, state: &str) -> Value {
        self.until(&format!("{run} {state}"), || Some(self.run(run)).filter(|run| run["state"] == state))
    }

    /// Value of a sample of the metrics.
    fn metric(&self, sample: &str) -> u64 {
        let text = self.get("/metrics");
        let line = text.lines().find_map(|line| line.strip_prefix(sample)?.strip_prefix(' ').map(str::to_owned));
        line.map_or(0, |value| value.parse().unwrap())
    }
}

/// Polls are ten minutes apart: all that is known of tasks comes through the queue.
#[test]
fn a_run_on_ecs_told_by_events() {
    let Some(aws) = Aws::start() else { return };
    let queue = ["--ecs-events-queue", aws.queue.as_str(), "--ecs-log-group", LOG_GROUP, "--poll-ms", "600000"];
    let mut service = Service::start(&aws, &queue);
    let first = service.submit();
    let task = service.until("a task", || aws.fake.tasks().first().cloned());
    aws.fake.turn_to(now_ms());
    aws.fake.run(&task);
    let mut told = aws.deliver(0);
    service.until_state(&first, "running");
    let logs = service.get(&format!("/v1/orgs/springfield/runs/{first}/logs"));
    assert_eq!(logs, r#"{"lines":[]}"#, "it has printed nothing yet");

    let second = service.submit();
    service.until_state(&first, "stopping");
    service.until("a stop call", || aws.fake.tables().calls.contains(&"StopTask".to_owned()).then_some(()));
    assert_eq!((service.run(&second)["state"].as_str(), aws.fake.tasks().len()), (Some("waiting"), 1));
    aws.fake.end(&task, "UserInitiated", "superseded", json!({"exitCode": 143}));
    told = aws.deliver(told);
    service.until_state(&first, "superseded");

    let task = service.until("a second task", || aws.fake.tasks().get(1).cloned());
    assert_eq!(aws.fake.tables().tasks[&task].fields["overrides"]["ephemeralStorage"]["sizeInGiB"], 40);
    aws.fake.turn_to(now_ms());
    aws.fake.run(&task);
    aws.analyse(&task);
    aws.deliver(told);
    let done = service.until_state(&second, "succeeded");
    let (seconds, usage) = (done["usage"]["seconds"].as_f64().unwrap(), &done["usage"]);
    assert!(seconds > 0.0 && (usage["vcpu_seconds"].as_f64().unwrap() - 4.0 * seconds).abs() < 1e-6, "{usage}");
    assert!(
        (usage["gb_seconds"].as_f64().unwrap() - 16.0 * seconds).abs() < 1e-6 && usage["price"].as_f64().unwrap() > 0.0,
        "{usage}"
    );
    let results: Value =
        serde_json::from_str(&service.get(&format!("/v1/orgs/springfield/runs/{second}/results"))).unwrap();
    assert!(results["files"].as_array().unwrap().len() > 5, "{results}");
    let logs: Value =
        serde_json::from_str(&service.get(&format!("/v1/orgs/springfield/runs/{second}/logs?lines=3"))).unwrap();
    assert_eq!(logs["lines"].as_array().unwrap().len(), 3, "{logs}");
    assert!(!aws.fake.tables().calls.contains(&"DescribeTasks".to_owned()), "nobody asked");

    assert!(Command::new("kill").args(["-s", "TERM", &service.child.id().to_string()]).status().unwrap().success());
    let began = Instant::now();
    assert_eq!(service.child.wait().unwrap().code(), Some(0));
    assert!(began.elapsed() < Duration::from_secs(10), "it does not wait for the queue");
}

/// Rows 26 and 27: what is not for us is counted and deleted, what cannot be read ends where a person can look at it.
#[test]
fn messages_that_are_nothing_for_us() {
    let Some(aws) = Aws::start() else { return };
    let service = Service::start(&aws, &["--ecs-events-queue", aws.queue.as_str(), "--poll-ms", "600000"]);
    let event = |cluster: &str, started_by: &str, kind: &str| {
        json!({"version": "0", "source": "aws.ecs", "detail-type": kind, "detail": {"version": 3, "clusterArn": cluster,
            "taskArn": "arn:aws:ecs:us-east-1:1:task/c/x", "startedBy": started_by, "lastStatus": "STOPPED"}})
        .to_string()
    };
    let change = "ECS Task State Change";
    let run = "0197aaaa-0000-7000-8000-000000000000";
    for message in [
        event("arn:aws:ecs:us-east-1:1:cluster/another", &format!("quietway/{run}/1"), change),
        event(CLUSTER, "ecs-svc/1", change),
        event(CLUSTER, &format!("quietway/{run}/1"), change),
        event(CLUSTER, "", "ECS Container Instance State Change"),
        "not json".into(),
    ] {
        aws.send(&message);
    }
    for outcome in ["foreign_cluster", "foreign_task", "unknown_run", "other_kind"] {
        let sample = format!("quietway_events_total{{outcome=\"{outcome}\"}}");
        service.until(&sample, || (service.metric(&sample) == 1).then_some(()));
    }
    let dead = service.until("a dead letter", || {
        let got = aws.call("AmazonSQS.ReceiveMessage", &json!({"QueueUrl": aws.dead}));
        got["Messages"][0]["Body"].as_str().map(str::to_owned)
    });
    assert_eq!(dead, "not json");
    assert_eq!(
        service.metric("quietway_events_total{outcome=\"unreadable\"}"),
        2,
        "as often as the queue's policy says"
    );
    let counts = json!({"QueueUrl": aws.queue, "AttributeNames": ["All"]});
    let left = aws.call("AmazonSQS.GetQueueAttributes", &counts);
    assert_eq!(left["Attributes"]["ApproximateNumberOfMessages"], "0", "{left}");
    assert!(aws.fake.tasks().is_empty() && !aws.fake.tables().calls.contains(&"StopTask".to_owned()));
}

/// Row 28: there is no queue. Polls find everything, the launcher is ready, the failure is counted and told.
#[test]
fn without_events_polls_find_everything() {
    let Some(aws) = Aws::start() else { return };
    let nowhere = format!("{}-that-is-not-there", aws.queue);
    let service = Service::start(&aws, &["--ecs-events-queue", &nowhere, "--poll-ms", "100"]);
    {
        let mut tables = aws.fake.tables();
        (tables.lag_ms, tables.start_ms, tables.stop_ms) = (500, Some(1_000), Some(1_500));
    }
    let first = service.submit();
    service.until_state(&first, "running");
    let logs = service.get(&format!("/v1/orgs/springfield/runs/{first}/logs"));
    assert!(logs.contains("--ecs-log-group"), "{logs}");
    let second = service.submit();
    service.until_state(&second, "running");
    assert_eq!(service.run(&first)["state"], "superseded");
    let task = aws.fake.tasks().remove(1);
    aws.analyse(&task);
    service.until_state(&second, "succeeded");
    assert_eq!(service.get("/readyz"), "ready\n");
    let errors = service.metric("quietway_driver_errors_total{what=\"events\"}");
    assert!((1..10).contains(&errors), "{errors}: with pauses");
    let stops = "quietway_state_seconds_count{state=\"stopping\"}";
    assert_eq!(service.metric(stops), 1);
    let log = std::fs::read_to_string(service.data.path().join("log")).unwrap();
    assert!(log.contains("the event queue") && log.contains("polls find the news"), "{log}");
}

#[test]
fn sizes_that_fargate_does_not_have_are_refused_at_the_start() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = launcher();
    command
        .args(["serve", "--listen", "127.0.0.1:0", "--runner", "ecs", "--results", "s3://b/p", "--data"])
        .arg(folder.path());
    let output = command.args(["--ecs-cpu", "8192", "--ecs-memory", "17000"]).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success() && said.contains("16384 to 61440 MiB in steps of 4096"), "{said}");
}
