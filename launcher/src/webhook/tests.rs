use super::*;
use crate::api::Scope;
use crate::faults::service::Service;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};

/// The example of the specification's libraries.
#[test]
fn signatures_are_those_of_the_standard() {
    let key = STANDARD.decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
    let text = signature(&key, "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", r#"{"test": 2432232314}"#);
    assert_eq!(text, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
}

#[test]
fn private_addresses_are_not_public() {
    let private = [
        "127.0.0.1",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "169.254.170.2",
        "100.64.0.1",
        "0.0.0.0",
        "198.18.0.1",
        "192.0.0.1",
        "224.0.0.1",
        "255.255.255.255",
        "::1",
        "::",
        "fe80::1",
        "fc00::1",
        "fd00::1",
        "ff02::1",
        "::ffff:127.0.0.1",
        "64:ff9b::a00:1",
        "2002:7f00:1::",
        "2001:db8::1",
        "::7f00:1",
        "2001:0:1::",
    ];
    for text in private {
        assert!(!is_public(text.parse().unwrap()), "{text}");
    }
    for text in ["1.1.1.1", "93.184.216.34", "2606:4700::1111", "::ffff:1.1.1.1"] {
        assert!(is_public(text.parse().unwrap()), "{text}");
    }
}

/// Row 45 of the fault table.
#[tokio::test]
async fn targets_that_lead_inside_are_refused() {
    for url in [
        "https://127.0.0.1/",
        "https://[::1]/",
        "https://localhost/",
        "https://169.254.169.254/latest/meta-data",
        "http://1.1.1.1/",
        "https://user:word@1.1.1.1/",
        "https://2130706433/",
        "https://0x7f.1/",
        "ftp://1.1.1.1/",
        "file:///etc/passwd",
        "nonsense",
        "https://",
    ] {
        assert!(target(url, false).await.is_err(), "{url}");
    }
    assert!(target("https://1.1.1.1/hook", false).await.is_ok());
}

/// What a target was sent: its headers, in lower case, and the body.
type Call = (Vec<(String, String)>, String);

/// A target: it answers with these, one after the other, the last one again and again; an empty one is no answer at all.
struct Target {
    url: String,
    calls: Arc<Mutex<Vec<Call>>>,
}

fn heard(stream: &TcpStream) -> Option<Call> {
    let mut reader = BufReader::new(stream);
    let (mut headers, mut line) = (Vec::new(), String::new());
    reader.read_line(&mut line).ok()?;
    assert!(line.starts_with("POST "), "{line}");
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim().split_once(": ") else { break };
        headers.push((name.to_ascii_lowercase(), value.to_owned()));
    }
    let length = headers.iter().find(|(name, _)| name == "content-length")?.1.parse().ok()?;
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some((headers, String::from_utf8(body).ok()?))
}

impl Target {
    fn answering(answers: &'static [&'static str]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/hook", listener.local_addr().unwrap());
        let calls = Arc::new(Mutex::new(Vec::new()));
        let noted = calls.clone();
        std::thread::spawn(move || {
            let mut silent = Vec::new();
            for stream in listener.incoming().flatten() {
                let Some(call) = heard(&stream) else { continue };
                let nth = noted.lock().unwrap().len().min(answers.len() - 1);
                noted.lock().unwrap().push(call);
                match answers[nth] {
                    "" => silent.push(stream),
                    answer => drop(write!(&stream, "HTTP/1.1 {answer}\r\ncontent-length: 0\r\n\r\n")),
                }
            }
        });
        Self { url, calls }
    }

    fn calls(&self) -> Vec<Call> {
        self.calls.lock().unwrap().clone()
    }
}

fn header(call: &Call, name: &str) -> String {
    call.0.iter().find(|(found, _)| found == name).unwrap().1.clone()
}

/// A launcher with an organisation that wants to be called.
struct World {
    service: Service,
    caller: Caller,
    now_ms: Arc<AtomicI64>,
    key: String,
    admin: String,
    webhook: Webhook,
}

impl World {
    async fn calling(url: &str, private: bool) -> Self {
        let now_ms = Arc::new(AtomicI64::new(Clock::System.now_ms()));
        let clock = Clock::Manual(now_ms.clone());
        let in_app = clock.clone();
        let service = Service::with(|app| (app.private_webhooks, app.clock) = (private, in_app)).await;
        let key = service.org("springfield", &[Scope::Submit, Scope::Read]).await;
        let admin = service.org("springfield", &[Scope::Admin]).await;
        let (store, secret) = (service.app.store.clone(), service.app.secret.clone());
        let (id, org, url) = ("wh_1".to_owned(), "springfield".to_owned(), url.to_owned());
        let webhook = Webhook { id, org, url, created_ms: 0, disabled_ms: None, key_version: 0, rotated_ms: None };
        store.add_webhook(&webhook).await.unwrap();
        let caller = Caller { store, secret, clock, private, time_limit: Duration::from_millis(500) };
        Self { service, caller, now_ms, key, admin, webhook }
    }

    async fn round(&self) -> usize {
        self.caller.call_all().await.unwrap()
    }

    fn later(&self, seconds: i64) {
        self.now_ms.fetch_add(seconds * 1_000, Ordering::SeqCst);
    }

    async fn is_disabled(&self) -> bool {
        self.caller.store.webhook(&self.webhook.id).await.unwrap().unwrap().disabled_ms.is_some()
    }
}

/// What the implementation of the standard's authors says of a call: `good`, or the error.
fn verdict(python: &std::path::Path, secret: &str, call: &Call) -> String {
    const SCRIPT: &str = "
import json, sys
from standardwebhooks.webhooks import Webhook, WebhookVerificationError
secret, headers, body = json.load(sys.stdin)
try:
    Webhook(secret).verify(body, headers)
    print('good')
except WebhookVerificationError as error:
    print(error)
";
    let mut child =
        Command::new(python).args(["-c", SCRIPT]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let headers: std::collections::BTreeMap<_, _> = call.0.iter().cloned().collect();
    let question = serde_json::to_vec(&serde_json::json!([secret, headers, call.1])).unwrap();
    child.stdin.take().unwrap().write_all(&question).unwrap();
    String::from_utf8(child.wait_with_output().unwrap().stdout).unwrap().trim().to_owned()
}

/// Python with the package `standardwebhooks`; says aloud when there is none.
fn python() -> Option<std::path::PathBuf> {
    let own = concat!(env!("CARGO_MANIFEST_DIR"), "/../target/python/bin/python");
    let python = std::env::var_os("QUIETWAY_PYTHON").map_or_else(|| own.into(), std::path::PathBuf::from);
    let found = Command::new(&python).args(["-c", "import standardwebhooks"]).stderr(Stdio::null()).status();
    let found = found.is_ok_and(|status| status.success());
    if !found {
        println!("skipped: no Python with standardwebhooks; run scripts/test");
    }
    found.then_some(python)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_independent_implementation_takes_the_signatures() {
    let Some(python) = python() else { return };
    let target = Target::answering(&["204 No Content"]);
    let world = World::calling(&target.url, true).await;
    let id = world.service.submitted("springfield", &world.key).await;
    assert_eq!(world.round().await, 1);
    let first = &target.calls()[0];
    let secret = world.caller.secret.webhook_secret("wh_1", 0);
    assert_eq!(verdict(&python, &secret, first), "good");
    let changed = (first.0.clone(), first.1.replace("waiting", "failed"));
    assert_ne!(verdict(&python, &secret, &changed), "good");
    assert_ne!(verdict(&python, &world.caller.secret.webhook_secret("wh_2", 0), first), "good");
    let told: serde_json::Value = serde_json::from_str(&first.1).unwrap();
    assert_eq!((&told["type"], &told["data"]["run"]), (&"run.submitted".into(), &id.as_str().into()));

    // The key is changed: for a day both are good, then only the new one.
    let path = "/v1/orgs/springfield/webhooks/wh_1/rotate";
    let rotated = world.service.send("POST", path, &world.admin, &[], "").await;
    let new = rotated.json()["secret"].as_str().unwrap().to_owned();
    assert_ne!(new, secret);
    assert_eq!(world.service.send("POST", path, &world.key, &[], "").await.status, 403);
    assert_eq!(world.service.send("POST", &path.replace("wh_1", "wh_2"), &world.admin, &[], "").await.status, 404);
    world.service.submitted("springfield", &world.key).await;
    while world.round().await > 0 {}
    let both = target.calls().pop().unwrap();
    assert_eq!(header(&both, "webhook-signature").split(' ').count(), 2);
    assert_eq!([verdict(&python, &secret, &both), verdict(&python, &new, &both)], ["good", "good"]);
    world.later(24 * 3_600);
    world.service.submitted("springfield", &world.key).await;
    while world.round().await > 0 {}
    let last = target.calls().pop().unwrap();
    assert_eq!(header(&last, "webhook-signature").split(' ').count(), 1);
    let fresh = world.caller.clock.now_ms() / 1_000;
    assert_eq!(header(&last, "webhook-timestamp"), fresh.to_string());
}

/// Every answer that is no 2xx is a failure, a redirect too; the pauses grow, the call stays the same one.
#[tokio::test(flavor = "multi_thread")]
async fn calls_that_fail_are_made_again_later_and_later() {
    let target = Target::answering(&["500 Oops", "302 Found\r\nlocation: /elsewhere", "", "404 Not Found", "200 OK"]);
    let world = World::calling(&target.url, true).await;
    world.service.submitted("springfield", &world.key).await;
    for (nth, pause_s) in PAUSES_S.into_iter().take(4).enumerate() {
        assert_eq!(world.round().await, 1);
        assert_eq!(target.calls().len(), nth + 1);
        world.later(pause_s - 1);
        assert_eq!(world.round().await, 0, "not before its time");
        world.later(1);
    }
    assert_eq!(world.round().await, 1);
    let calls = target.calls();
    assert_eq!(calls.len(), 5, "the redirect was not followed");
    assert!(calls.iter().all(|call| header(call, "webhook-id") == header(&calls[0], "webhook-id")));
    assert!(calls.iter().all(|call| call.1 == calls[0].1));
    world.later(1_000_000);
    assert_eq!(world.round().await, 0, "taken");
    assert!(!world.is_disabled().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_is_gone_or_never_answers_is_called_no_more() {
    let target = Target::answering(&["410 Gone"]);
    let world = World::calling(&target.url, true).await;
    world.service.submitted("springfield", &world.key).await;
    assert_eq!(world.round().await, 1);
    assert!(world.is_disabled().await);
    world.service.submitted("springfield", &world.key).await;
    world.later(1_000_000);
    assert_eq!((world.round().await, target.calls().len()), (0, 1));

    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap(); // and closed again
    let world = World::calling(&format!("http://{nobody}/"), true).await;
    world.service.submitted("springfield", &world.key).await;
    for pause_s in PAUSES_S {
        assert_eq!(world.round().await, 1);
        assert!(!world.is_disabled().await);
        world.later(pause_s);
    }
    assert_eq!(world.round().await, 1);
    assert!(world.is_disabled().await, "after days");
}

/// One that does not answer holds up no other, and a launcher that dies in a call leaves it to the next.
#[tokio::test(flavor = "multi_thread")]
async fn a_silent_target_holds_up_nobody() {
    let (silent, good) = (Target::answering(&[""]), Target::answering(&["200 OK"]));
    let world = World::calling(&silent.url, true).await;
    let other = Webhook { id: "wh_2".into(), url: good.url.clone(), ..world.webhook.clone() };
    world.caller.store.add_webhook(&other).await.unwrap();
    for _ in 0..8 {
        world.service.submitted("springfield", &world.key).await;
    }
    let began = std::time::Instant::now();
    world.round().await;
    assert!(began.elapsed() < Duration::from_secs(4), "one after the other they would take longer");
    assert!(good.calls().len() >= 8 && silent.calls().len() >= 8);
    let claimed = world.caller.store.claim_deliveries(world.caller.clock.now_ms() + 6_000, LEASE_MS).await.unwrap();
    assert!(!claimed.is_empty());
    world.later(7);
    assert_eq!(world.round().await, 0, "in the hands of another");
    world.later(60);
    assert!(world.round().await > 0, "which has died");
}

/// Row 45: a name that led to the public internet when the webhook was made, and leads inside now.
#[tokio::test(flavor = "multi_thread")]
async fn f45_a_name_that_changes_its_mind_leads_nowhere() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let port = listener.local_addr().unwrap().port();
    for url in [format!("https://localhost:{port}/"), format!("https://127.0.0.1:{port}/")] {
        let world = World::calling(&url, false).await;
        world.service.submitted("springfield", &world.key).await;
        assert_eq!(world.round().await, 1);
        assert!(listener.accept().is_err(), "nobody has connected");
        assert_eq!(world.round().await, 0, "a failure like others");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_are_small() {
    let target = Target::answering(&["200 OK"]);
    let world = World::calling(&target.url, true).await;
    let id = world.service.submitted("springfield", &world.key).await;
    let detail = "\u{1f6b2}\"".repeat(100_000);
    let stopped = crate::state::Stopped { detail: detail.clone(), ..Default::default() };
    world.service.until(&id, |run| run.task.is_some()).await;
    world.service.app.change_for_tests(&id, crate::state::Input::Incomplete { detail, stopped }).await;
    while world.round().await > 0 {}
    let calls = target.calls();
    assert_eq!(calls.len(), 2);
    assert!(calls.iter().all(|call| call.1.len() < 20_000), "{}", calls[1].1.len());
    assert!(calls[1].1.contains("run.failed"));
}
