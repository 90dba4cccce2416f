//! A service in this process, with a database of its own, for tests that talk HTTP.

use crate::api::{self, App, Limits, Scope, new_key};
use crate::clock::Clock;
use crate::driver::{Driver, Parts, Settings};
use crate::metrics::Metrics;
use crate::objects::{MemoryObjects, Objects};
use crate::run::Run;
use crate::runner::fake::Fake;
use crate::secret::Secret;
use crate::state::Cause;
use crate::store::{RunStore, Sql};
use axum::Router;
use axum::body::Body;
use axum::http::{Request, Response};
use http_body_util::BodyExt;
use serde_json::Value;
use std::sync::Arc;
use tokio::sync::watch;
use tower::ServiceExt;

/// A town of 7 km by 11 km.
pub const TOWN: &str = r#"{"type":"Polygon","coordinates":[[[10,50],[10.1,50],[10.1,50.1],[10,50.1],[10,50]]]}"#;

pub struct Service {
    pub app: App,
    pub fake: Fake,
    pub objects: MemoryObjects,
    router: Router,
    _folder: tempfile::TempDir,
    _end: watch::Sender<bool>,
}

/// An answer, read.
pub struct Answer {
    pub status: u16,
    pub headers: axum::http::HeaderMap,
    pub text: String,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("no JSON: {}", self.text))
    }

    /// The kind of a refusal, which is always a problem with the request's id.
    pub fn kind(&self) -> String {
        assert_eq!(self.headers["content-type"], "application/problem+json", "{}", self.text);
        let problem = self.json();
        assert_eq!(problem["status"], self.status);
        assert_eq!(problem["request_id"], self.headers["x-request-id"].to_str().unwrap());
        problem["type"].as_str().unwrap().strip_prefix("urn:quietway:problem:").unwrap().to_owned()
    }
}

impl Service {
    pub async fn new() -> Self {
        Self::with(|_| {}).await
    }

    pub async fn with(change: impl FnOnce(&mut App)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = Sql::open(&format!("sqlite:{}", folder.path().join("db").display()), 1).await.unwrap();
        let (fake, objects, secret) =
            (Fake::default(), MemoryObjects::default(), Secret::new(&"s".repeat(32)).unwrap());
        let (metrics, settings) = (Arc::new(Metrics::default()), Settings { poll_ms: 10, ..Settings::default() });
        let parts = Parts {
            store: Arc::new(store.clone()),
            runner: Arc::new(fake.clone()),
            objects: Arc::new(objects.clone()),
            clock: Clock::System,
            secret: secret.clone(),
            metrics: metrics.clone(),
        };
        let (end, ended) = watch::channel(false);
        let mut app = App {
            store,
            objects: Arc::new(objects.clone()),
            runner: Arc::new(fake.clone()),
            driver: Arc::new(Driver::new(parts, settings)),
            secret,
            clock: Clock::System,
            metrics,
            limits: Limits::default(),
            rules: Default::default(),
            public_url: Some("http://launcher.test".into()),
            task_args: vec!["--osm=town.osm.pbf".into()],
            to_database: false,
            private_webhooks: false,
            rates: Arc::default(),
            end: ended,
        };
        change(&mut app);
        let router = api::router(app.clone());
        Self { app, fake, objects, router, _folder: folder, _end: end }
    }

    /// An organisation and a key to it.
    pub async fn org(&self, id: &str, scopes: &[Scope]) -> String {
        drop(self.app.store.add_org(id, 1).await);
        self.key(Some(id), scopes).await
    }

    pub async fn key(&self, org: Option<&str>, scopes: &[Scope]) -> String {
        let (key, told) = new_key(org, "", scopes, 1, None).unwrap();
        self.app.store.add_key(&key).await.unwrap();
        told
    }

    pub async fn send(&self, method: &str, path: &str, key: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        self.send_bytes(method, path, key, headers, body.as_bytes().to_vec()).await
    }

    pub async fn send_bytes(
        &self,
        method: &str,
        path: &str,
        key: &str,
        headers: &[(&str, &str)],
        body: Vec<u8>,
    ) -> Answer {
        let mut builder = Request::builder().method(method).uri(path);
        if !key.is_empty() {
            builder = builder.header("authorization", format!("Bearer {key}"));
        }
        let builder = headers.iter().fold(builder, |builder, (name, value)| builder.header(*name, *value));
        let answer: Response<Body> =
            self.router.clone().oneshot(builder.body(Body::from(body)).unwrap()).await.unwrap();
        let (parts, body) = answer.into_parts();
        let bytes = body.collect().await.unwrap().to_bytes();
        let text = String::from_utf8_lossy(&bytes).into_owned();
        Answer { status: parts.status.as_u16(), headers: parts.headers, text }
    }

    /// Serves on a port of this machine, for tests of connections.
    pub async fn listen(&self) -> std::net::SocketAddr {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (address, router) = (listener.local_addr().unwrap(), self.router.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        address
    }

    pub async fn get(&self, path: &str, key: &str) -> Answer {
        self.send("GET", path, key, &[], "").await
    }

    pub async fn submit(&self, org: &str, key: &str, query: &str) -> Answer {
        let path = format!("/v1/orgs/{org}/runs{query}");
        self.send("POST", &path, key, &[("content-type", "application/geo+json")], TOWN).await
    }

    pub async fn submitted(&self, org: &str, key: &str) -> String {
        let answer = self.submit(org, key, "").await;
        assert_eq!(answer.status, 202, "{}", answer.text);
        answer.json()["id"].as_str().unwrap().to_owned()
    }

    pub async fn run(&self, id: &str) -> Run {
        self.app.store.run(id).await.unwrap().unwrap()
    }

    /// Lets the driver work until a run is there.
    pub async fn until(&self, id: &str, reached: impl Fn(&Run) -> bool) -> Run {
        for _ in 0..500 {
            self.app.driver.tick().await.unwrap();
            let run = self.run(id).await;
            if reached(&run) {
                return run;
            }
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
        panic!("it never came to that: {:?}", self.run(id).await);
    }

    /// From submission to publication.
    pub async fn succeed(&self, id: &str) -> Run {
        let run = self.until(id, |run| run.task.is_some()).await;
        let prefix = run.result_prefix();
        self.objects.put(&format!("{prefix}/scores.csv"), b"a,b\n1,2\n".to_vec()).await.unwrap();
        let manifest = crate::objects::verify::sample(&run, &[("scores.csv", b"a,b\n1,2\n")]);
        self.objects.put(&format!("{prefix}/manifest.json"), manifest).await.unwrap();
        self.fake.run(run.task.as_ref().unwrap());
        self.fake.end(run.task.as_ref().unwrap(), Cause::Exited, Some(0));
        self.until(id, |run| run.state.is_final()).await
    }
}
