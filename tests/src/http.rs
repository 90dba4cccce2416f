//! A small HTTP server on loopback that serves what a test says, keeps a log, and can break in the ways that servers break.
#![expect(clippy::unwrap_used, reason = "helpers of tests may panic as tests may")]

pub use crate::s3::Request;
use crate::s3::read_request;
use std::io::{BufReader, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// What is answered.
#[derive(Clone, Debug, Default)]
pub struct Reply {
    /// `200 OK`.
    pub status: String,
    /// Names and values; the length is added.
    pub headers: Vec<(String, String)>,
    /// Content.
    pub body: Vec<u8>,
    /// What goes wrong on the way.
    pub fault: Fault,
}

/// How an answer breaks.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Fault {
    /// Not at all.
    #[default]
    None,
    /// Hangs up before the answer.
    HangUp,
    /// Hangs up after so many bytes of the body.
    CutAfter(usize),
    /// Sends so many bytes of the body every so often.
    Drip(usize, Duration),
}

impl Reply {
    /// A status and nothing else.
    pub fn status(status: &str) -> Self {
        Self { status: status.to_owned(), ..Self::default() }
    }

    /// A redirect.
    pub fn redirect(to: &str) -> Self {
        Self::status("302 Found").with("location", to)
    }

    /// With one more header.
    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// That breaks.
    #[must_use]
    pub fn broken(self, fault: Fault) -> Self {
        Self { fault, ..self }
    }
}

/// A file at a server, with the validators that a real one would send.
#[derive(Clone, Debug, Default)]
pub struct Document {
    /// Content.
    pub body: Vec<u8>,
    /// With its quotes.
    pub etag: Option<String>,
    /// `Fri, 01 Jan 1999 00:00:00 GMT`.
    pub last_modified: Option<String>,
}

impl Document {
    /// With a tag.
    pub fn tagged(body: impl Into<Vec<u8>>, etag: &str) -> Self {
        Self { body: body.into(), etag: Some(format!("\"{etag}\"")), last_modified: None }
    }

    /// Answers as servers of files do: whole, from where a download broke off, or that nothing changed.
    pub fn answer(&self, request: &Request) -> Reply {
        let asked = |name: &str| request.headers.get(name).cloned();
        let is_known = match (asked("if-none-match"), asked("if-modified-since")) {
            (Some(tag), _) => self.etag.as_ref().is_some_and(|own| *own == tag),
            (None, Some(date)) => self.last_modified.as_ref().is_some_and(|own| *own == date),
            (None, None) => false,
        };
        let mut reply = Reply { status: "200 OK".into(), body: self.body.clone(), ..Reply::default() };
        if is_known {
            reply = Reply::status("304 Not Modified");
        } else if let Some(start) = self.range(request) {
            reply.status = "206 Partial Content".into();
            reply.body = self.body[start..].to_vec();
            let (last, all) = (self.body.len() - 1, self.body.len());
            reply = reply.with("content-range", &format!("bytes {start}-{last}/{all}"));
        }
        let pairs = [("etag", &self.etag), ("last-modified", &self.last_modified)];
        pairs
            .iter()
            .filter_map(|(name, value)| Some((name, value.as_ref()?)))
            .fold(reply, |reply, (name, value)| reply.with(name, value))
    }

    /// Where to begin, if the rest of this very file is asked for.
    fn range(&self, request: &Request) -> Option<usize> {
        let start = request.headers.get("range")?.strip_prefix("bytes=")?.strip_suffix('-')?.parse().ok()?;
        let tied = request.headers.get("if-range");
        let is_same =
            tied.is_none_or(|tied| Some(tied) == self.etag.as_ref() || Some(tied) == self.last_modified.as_ref());
        (is_same && start < self.body.len()).then_some(start)
    }
}

/// A request that was answered.
#[derive(Clone, Debug, PartialEq)]
pub struct Seen {
    /// Path with its query.
    pub path: String,
    /// Names in lower case.
    pub headers: std::collections::BTreeMap<String, String>,
    /// Status of the answer, `304 Not Modified`; empty when it hung up.
    pub status: String,
    /// Bytes of the body that were sent.
    pub sent: u64,
}

/// A running server; it ends with the process.
#[derive(Clone)]
pub struct Server {
    /// `http://127.0.0.1:port`, without a slash.
    pub base: String,
    log: Arc<Mutex<Vec<Seen>>>,
    connections: Arc<AtomicU64>,
}

impl Server {
    /// Answers each request (method and path in its `line`) as `answer` says.
    ///
    /// # Panics
    /// When no port is free.
    pub fn start(answer: impl Fn(&Request) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let server = Self { base, log: Arc::default(), connections: Arc::default() };
        let (mine, answer) = (server.clone(), Arc::new(answer));
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                mine.connections.fetch_add(1, Ordering::SeqCst);
                let (server, answer) = (mine.clone(), answer.clone());
                std::thread::spawn(move || server.talk(stream, &*answer));
            }
        });
        server
    }

    /// Serves the files of a folder, tagged by size and time.
    ///
    /// # Panics
    /// When no port is free.
    pub fn of_folder(folder: &Path) -> Self {
        let folder = folder.to_owned();
        Self::start(move |request| match file(&folder, request.line.trim_start_matches("GET ")) {
            Some(document) => document.answer(request),
            None => Reply::status("404 Not Found"),
        })
    }

    /// The address of a path that begins with a slash.
    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    /// What was asked so far.
    ///
    /// # Panics
    /// When an answer panicked.
    pub fn seen(&self) -> Vec<Seen> {
        self.log.lock().unwrap().clone()
    }

    /// Connections so far, with those that asked nothing.
    pub fn connections(&self) -> u64 {
        self.connections.load(Ordering::SeqCst)
    }

    fn talk(&self, stream: TcpStream, answer: &(dyn Fn(&Request) -> Reply + Send + Sync)) {
        let mut stream = BufReader::new(stream);
        while let Some(request) = read_request(&mut stream) {
            let reply = answer(&request);
            let path = request.line.split(' ').nth(1).unwrap_or_default().to_owned();
            let status = if reply.fault == Fault::HangUp { String::new() } else { reply.status.clone() };
            let seen = Seen { path, headers: request.headers, status, sent: 0 };
            let at = {
                let mut log = self.log.lock().unwrap();
                log.push(seen);
                log.len() - 1
            };
            let is_whole = self.send(stream.get_mut(), &reply, at).unwrap_or(false);
            if !is_whole {
                let _ = stream.get_mut().shutdown(Shutdown::Both);
                return;
            }
        }
    }

    /// Whether all of it was sent.
    fn send(&self, stream: &mut TcpStream, reply: &Reply, at: usize) -> std::io::Result<bool> {
        if reply.fault == Fault::HangUp {
            return Ok(false);
        }
        let mut head = format!("HTTP/1.1 {}\r\n", reply.status);
        for (name, value) in &reply.headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        if !reply.status.starts_with("304") {
            head.push_str(&format!("content-length: {}\r\n", reply.body.len()));
        }
        stream.write_all(format!("{head}\r\n").as_bytes())?;
        let (piece, pause, end) = match reply.fault {
            Fault::CutAfter(bytes) => (bytes.max(1), Duration::ZERO, bytes.min(reply.body.len())),
            Fault::Drip(bytes, pause) => (bytes, pause, reply.body.len()),
            _ => (1 << 16, Duration::ZERO, reply.body.len()),
        };
        for piece in reply.body[..end].chunks(piece) {
            stream.write_all(piece)?;
            self.log.lock().unwrap()[at].sent += piece.len() as u64;
            std::thread::sleep(pause);
        }
        Ok(end == reply.body.len())
    }
}

fn file(folder: &Path, path: &str) -> Option<Document> {
    let parts = path.split('?').next()?.trim_start_matches('/');
    let is_inside = !parts.split('/').any(|part| part == "..");
    let path: PathBuf = folder.join(parts);
    let body = std::fs::read(&path).ok().filter(|_| is_inside)?;
    let time = std::fs::metadata(&path).ok()?.modified().ok()?.duration_since(std::time::UNIX_EPOCH).ok()?;
    Some(Document { etag: Some(format!("\"{:x}-{:x}\"", body.len(), time.as_nanos())), body, last_modified: None })
}
