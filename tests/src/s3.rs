//! Object stores for tests: a real emulator, and servers that misbehave.
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic as tests may")]

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};

const EMULATOR: &str = "
import os, sys
from moto.server import ThreadedMotoServer
import boto3
server = ThreadedMotoServer(ip_address='127.0.0.1', port=0, verbose=False)
server.start()
host, port = server.get_host_and_port()
endpoint = f'http://{host}:{port}'
s3 = boto3.client('s3', endpoint_url=endpoint, region_name='us-east-1', aws_access_key_id='test', aws_secret_access_key='test')
s3.create_bucket(Bucket='results')
print(endpoint, flush=True)
sys.stdin.read()
os._exit(0)
";

/// Starts moto with the bucket `results`; it ends with its standard input, which the child holds. Says aloud when there is no moto.
///
/// # Panics
/// When it is there and does not start.
pub fn start_emulator(python: &Path) -> Option<(String, Mutex<Child>)> {
    let has_moto = Command::new(python).args(["-c", "import moto.server, boto3"]).output().unwrap();
    if !has_moto.status.success() {
        println!("skipped: {} has no moto; run scripts/test", python.display());
        return None;
    }
    let mut child = Command::new(python)
        .args(["-c", EMULATOR])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    assert!(line.starts_with("http://"), "the emulator does not start");
    Some((line.trim().to_owned(), Mutex::new(child)))
}

/// A request: `PUT /bucket/key?query`, its headers in lower case and its body.
pub struct Request {
    /// Method and path.
    pub line: String,
    /// Names in lower case.
    pub headers: BTreeMap<String, String>,
    /// Content.
    pub body: Vec<u8>,
}

pub(crate) fn read_request(stream: &mut BufReader<TcpStream>) -> Option<Request> {
    let mut line = String::new();
    stream.read_line(&mut line).ok().filter(|&length| length > 0)?;
    let mut headers = BTreeMap::new();
    loop {
        let mut header = String::new();
        stream.read_line(&mut header).ok()?;
        let Some((name, value)) = header.trim().split_once(':') else { break };
        headers.insert(name.to_lowercase(), value.trim().to_owned());
    }
    if headers.get("expect").is_some_and(|value| value == "100-continue") {
        stream.get_mut().write_all(b"HTTP/1.1 100 Continue\r\n\r\n").ok()?;
    }
    let length = headers.get("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
    let mut body = vec![0; length];
    stream.read_exact(&mut body).ok()?;
    Some(Request { line: line.trim().trim_end_matches(" HTTP/1.1").to_owned(), headers, body })
}

/// Status and headers, and a body; `None` hangs up without an answer.
pub type Answer = Option<(&'static str, String)>;

/// A server for one test: `answer` says what to each request.
///
/// # Panics
/// When no port is free.
pub fn serve(answer: impl Fn(&Request) -> Answer + Send + Sync + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let answer = Arc::new(answer);
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let answer = answer.clone();
            std::thread::spawn(move || {
                let mut stream = BufReader::new(stream);
                while let Some(request) = read_request(&mut stream) {
                    let Some((head, body)) = answer(&request) else { return };
                    let text = format!("HTTP/1.1 {head}\r\ncontent-length: {}\r\n\r\n{body}", body.len());
                    if stream.get_mut().write_all(text.as_bytes()).is_err() {
                        return;
                    }
                }
            });
        }
    });
    endpoint
}

/// An error document of S3.
pub fn xml_error(code: &str) -> String {
    format!("<?xml version=\"1.0\"?><Error><Code>{code}</Code><Message>no</Message></Error>")
}
