//! Load on a launcher, for `scripts/bench-launcher`: submissions at a steady rate, each with the key of its own organisation. A request's time
//! counts from when it was due, so a slow answer is not hidden by those that had to wait for it.
//!
//! `launcher_load ADDRESS ADMIN_KEY ORGANISATIONS RATE SECONDS ROUNDS`
#![allow(clippy::unwrap_used, reason = "a tool for measuring may panic")]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::Mutex;

const TOWN: &str = r#"{"type":"Polygon","coordinates":[[[10,50],[10.1,50],[10.1,50.1],[10,50.1],[10,50]]]}"#;

/// Connections at once; each is used again and again.
const CONNECTIONS: usize = 64;

struct Connection {
    address: String,
    stream: TcpStream,
}

impl Connection {
    async fn new(address: &str) -> Self {
        let stream = TcpStream::connect(address).await.unwrap();
        stream.set_nodelay(true).unwrap();
        Self { address: address.to_owned(), stream }
    }

    async fn post(&mut self, path: &str, key: &str, kind: &str, body: &str) -> (u16, String) {
        let request = format!(
            "POST {path} HTTP/1.1\r\nhost: {}\r\nauthorization: Bearer {key}\r\ncontent-type: {kind}\r\ncontent-length: {}\r\n\r\n{body}",
            self.address,
            body.len()
        );
        self.stream.write_all(request.as_bytes()).await.unwrap();
        let (mut bytes, mut buffer) = (Vec::new(), [0; 8192]);
        loop {
            let length = self.stream.read(&mut buffer).await.unwrap();
            assert!(length > 0, "the launcher hung up");
            bytes.extend_from_slice(&buffer[..length]);
            let text = String::from_utf8_lossy(&bytes);
            let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
            let lines = head.to_ascii_lowercase();
            let expected: usize =
                lines.split("content-length: ").nth(1).unwrap().lines().next().unwrap().parse().unwrap();
            if body.len() >= expected {
                return (head.split(' ').nth(1).unwrap().parse().unwrap(), body.to_owned());
            }
        }
    }
}

/// An organisation and its key.
async fn make(connection: &mut Connection, admin: &str, name: &str) -> String {
    let (status, body) = connection.post("/v1/orgs", admin, "application/json", &format!(r#"{{"id":"{name}"}}"#)).await;
    assert!(status == 201 || status == 409, "{body}");
    let path = format!("/v1/orgs/{name}/keys");
    let (status, body) = connection.post(&path, admin, "application/json", r#"{"scopes":["submit","read"]}"#).await;
    assert_eq!(status, 201, "{body}");
    let key: serde_json::Value = serde_json::from_str(&body).unwrap();
    key["key"].as_str().unwrap().to_owned()
}

fn percentile(sorted: &[f64], share: f64) -> f64 {
    sorted[((sorted.len() - 1) as f64 * share).round() as usize]
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let args: Vec<String> = std::env::args().collect();
    let number = |nth: usize| -> usize { args[nth].parse().unwrap() };
    let (address, admin) = (args[1].clone(), args[2].clone());
    let (orgs, rate, seconds, rounds) = (number(3), number(4), number(5), number(6));
    let mut connection = Connection::new(&address).await;
    let mut keys = Vec::with_capacity(orgs);
    for nth in 0..orgs {
        keys.push(make(&mut connection, &admin, &format!("org{nth}")).await);
    }
    let keys = Arc::new(keys);
    for round in 0..rounds {
        let (next, times) = (Arc::new(AtomicUsize::new(0)), Arc::new(Mutex::new(Vec::new())));
        let (count, began) = (rate * seconds, Instant::now());
        let workers: Vec<_> = (0..CONNECTIONS)
            .map(|_| {
                let (next, times, keys, address) = (next.clone(), times.clone(), keys.clone(), address.clone());
                tokio::spawn(async move {
                    let (mut connection, mut own) = (Connection::new(&address).await, Vec::new());
                    loop {
                        let nth = next.fetch_add(1, Ordering::Relaxed);
                        if nth >= count {
                            break;
                        }
                        let due = began + Duration::from_secs_f64(nth as f64 / rate as f64);
                        tokio::time::sleep_until(due.into()).await;
                        let org = nth % keys.len();
                        let path = format!("/v1/orgs/org{org}/runs");
                        let (status, body) = connection.post(&path, &keys[org], "application/geo+json", TOWN).await;
                        assert_eq!(status, 202, "{body}");
                        own.push(due.elapsed().as_secs_f64() * 1_000.0);
                    }
                    times.lock().await.extend(own);
                })
            })
            .collect();
        for worker in workers {
            worker.await.unwrap();
        }
        let mut times = times.lock().await.clone();
        times.sort_by(f64::total_cmp);
        let [p50, p90, p99, most] = [0.5, 0.9, 0.99, 1.0].map(|share| percentile(&times, share));
        let (sent, took) = (times.len(), began.elapsed().as_secs_f64());
        println!("round {round}: {sent} in {took:.1} s, ms: p50 {p50:.1} p90 {p90:.1} p99 {p99:.1} most {most:.1}");
    }
}
