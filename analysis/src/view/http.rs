//! As much of HTTP/1.1 as a browser needs to read files: GET and HEAD, ranges, tags, keep-alive.

use super::files::{Found, Results};
use crate::webmap::content_type;
use std::io::{self, BufWriter, ErrorKind, Read, Write};
use std::net::TcpStream;
use std::ops::Range;
use std::time::Duration;

/// Longer requests are none of a browser's.
const REQUEST_MAX: usize = 16 << 10;

/// After so much silence a connection is closed; the browser opens another.
const SILENCE: Duration = Duration::from_secs(60);

/// What was asked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Request {
    pub method: String,
    /// With the query.
    pub target: String,
    pub host: String,
    pub range: Option<String>,
    pub if_range: Option<String>,
    pub if_none_match: Option<String>,
    pub gzip: bool,
    pub close: bool,
}

/// Answers requests until the other side has no more.
pub(super) fn converse(stream: &TcpStream, results: &Results) {
    let _ = stream.set_read_timeout(Some(SILENCE)); // without it a silent connection only costs a thread
    let _ = stream.set_nodelay(true);
    let (mut input, mut buffer) = (stream, Vec::new());
    loop {
        let request = match read_request(&mut input, &mut buffer) {
            Ok(Some(request)) => request,
            Ok(None) | Err(_) => return, // the browser has gone
        };
        let close = request.close;
        let mut out = BufWriter::with_capacity(1 << 16, stream);
        if answer(&request, results, &mut out).and_then(|()| out.flush()).is_err() || close {
            return;
        }
    }
}

/// The next request; `None` at the end, or after one that is not HTTP.
pub(super) fn read_request(input: &mut impl Read, buffer: &mut Vec<u8>) -> io::Result<Option<Request>> {
    loop {
        if let Some((request, length)) = parse(buffer)? {
            buffer.drain(..length);
            return Ok(Some(request));
        }
        let mut chunk = [0; 4096];
        let count = input.read(&mut chunk)?;
        if count == 0 || buffer.len() + count > REQUEST_MAX {
            return Ok(None);
        }
        buffer.extend_from_slice(&chunk[..count]);
    }
}

fn parse(bytes: &[u8]) -> io::Result<Option<(Request, usize)>> {
    let mut headers = [httparse::EMPTY_HEADER; 64];
    let mut head = httparse::Request::new(&mut headers);
    let length = match head.parse(bytes) {
        Ok(httparse::Status::Complete(length)) => length,
        Ok(httparse::Status::Partial) => return Ok(None),
        Err(cause) => return Err(io::Error::new(ErrorKind::InvalidData, cause)),
    };
    let header = |name: &str| {
        let found = head.headers.iter().find(|header| header.name.eq_ignore_ascii_case(name));
        found.map(|header| String::from_utf8_lossy(header.value).into_owned())
    };
    let says = |name: &str, word: &str| header(name).is_some_and(|value| value.to_ascii_lowercase().contains(word));
    let request = Request {
        method: head.method.unwrap_or_default().to_owned(),
        target: head.path.unwrap_or_default().to_owned(),
        host: header("host").unwrap_or_default(),
        range: header("range"),
        if_range: header("if-range"),
        if_none_match: header("if-none-match"),
        gzip: says("accept-encoding", "gzip"),
        // A body would be taken for the next request.
        close: says("connection", "close") || head.version == Some(0) || header("content-length").is_some(),
    };
    Ok(Some((request, length)))
}

/// Answers one request.
pub(super) fn answer(request: &Request, results: &Results, out: &mut impl Write) -> io::Result<()> {
    let body = request.method == "GET";
    if !body && request.method != "HEAD" {
        return plain(out, "405 Method Not Allowed", "Allow: GET, HEAD\r\n", true);
    }
    // A page of another site whose name someone has pointed at this machine must not read results.
    let name = request.host.rsplit_once(':').map_or(request.host.as_str(), |(name, _)| name);
    if !["127.0.0.1", "localhost", "[::1]"].contains(&name) {
        return plain(out, "403 Forbidden", "", body);
    }
    let Some(path) = path_of(&request.target) else { return plain(out, "404 Not Found", "", body) };
    match results.find(&path) {
        Ok(Some(found)) => file(request, &path, &found, results, out),
        Ok(None) => plain(out, "404 Not Found", "", body),
        Err(error) => {
            eprintln!("quietway: {error}");
            plain(out, "502 Bad Gateway", "", body)
        }
    }
}

fn file(request: &Request, path: &str, found: &Found, results: &Results, out: &mut impl Write) -> io::Result<()> {
    let kind = content_type(path);
    let is_text = ["text/", "application/json", "image/svg"].iter().any(|start| kind.starts_with(start));
    let packed = match request.gzip && is_text && request.range.is_none() {
        true => results.packed(found)?,
        false => None,
    };
    let tag = format!("\"{}{}\"", found.tag, if packed.is_some() { "-gz" } else { "" });
    // Names of assets change with their content; all else is asked for again, cheaply, by its tag.
    let cache = match path.starts_with("map/assets/") {
        true => "public, max-age=31536000, immutable",
        false => "no-cache",
    };
    let common = format!(
        "Content-Type: {kind}\r\nETag: {tag}\r\nCache-Control: {cache}\r\nAccept-Ranges: bytes\r\nVary: Accept-Encoding\r\n\
         X-Content-Type-Options: nosniff\r\n"
    );
    if request.if_none_match.as_deref().is_some_and(|known| known.split(',').any(|known| known.trim() == tag)) {
        return write!(out, "HTTP/1.1 304 Not Modified\r\n{common}\r\n");
    }
    let body = request.method == "GET";
    if let Some(packed) = packed {
        let length = packed.len();
        write!(out, "HTTP/1.1 200 OK\r\n{common}Content-Encoding: gzip\r\nContent-Length: {length}\r\n\r\n")?;
        return if body { out.write_all(&packed) } else { Ok(()) };
    }
    let same = request.if_range.as_deref().is_none_or(|known| known == tag);
    let range = match request.range.as_deref().filter(|_| same).and_then(|asked| range_of(asked, found.bytes)) {
        Some(Err(Unsatisfiable)) => {
            let total = format!("Content-Range: bytes */{}\r\n", found.bytes);
            return plain(out, "416 Range Not Satisfiable", &total, body);
        }
        Some(Ok(range)) => {
            let (first, last, total) = (range.start, range.end - 1, found.bytes);
            write!(out, "HTTP/1.1 206 Partial Content\r\n{common}Content-Range: bytes {first}-{last}/{total}\r\n")?;
            range
        }
        None => {
            write!(out, "HTTP/1.1 200 OK\r\n{common}")?;
            0..found.bytes
        }
    };
    write!(out, "Content-Length: {}\r\n\r\n", range.end - range.start)?;
    if body { results.copy(found, range, out) } else { Ok(()) }
}

/// An answer that is only its status.
fn plain(out: &mut impl Write, status: &str, headers: &str, body: bool) -> io::Result<()> {
    let text = format!("{status}\n");
    let (length, text) = (text.len(), if body { text.as_str() } else { "" });
    write!(out, "HTTP/1.1 {status}\r\n{headers}Content-Type: text/plain\r\nContent-Length: {length}\r\n\r\n{text}")
}

/// A range that lies behind the end.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Unsatisfiable;

/// The bytes that a `Range` asks for; `None` for several ranges or another unit: then everything is sent, as the standard allows.
pub(super) fn range_of(asked: &str, total: u64) -> Option<Result<Range<u64>, Unsatisfiable>> {
    let (first, last) = asked.trim().strip_prefix("bytes=")?.split_once('-')?;
    let (first, last) = (first.trim(), last.trim());
    let range = match (first.is_empty(), last.is_empty()) {
        (true, true) => return None,
        (true, false) => total.saturating_sub(last.parse().ok()?)..total,
        (false, true) => first.parse().ok()?..total,
        (false, false) => {
            let (first, last): (u64, u64) = (first.parse().ok()?, last.parse().ok()?);
            if last < first {
                return None;
            }
            first..last.saturating_add(1).min(total)
        }
    };
    Some(if range.start < range.end { Ok(range) } else { Err(Unsatisfiable) })
}

/// The path in the results; `None` for one that leads out of them, or to what is hidden.
pub(super) fn path_of(target: &str) -> Option<String> {
    let path = decoded(target.split(['?', '#']).next()?.strip_prefix('/')?)?;
    let path = if path.is_empty() { "index.html".to_owned() } else { path };
    let good = |part: &str| !part.is_empty() && !part.starts_with('.') && !part.contains(['\\', '\0', ':']);
    path.split('/').all(good).then_some(path)
}

/// Without percent signs.
fn decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, tail)) = rest.split_first() {
        if byte == b'%' {
            let digits = std::str::from_utf8(tail.get(..2)?).ok()?;
            bytes.push(u8::from_str_radix(digits, 16).ok()?);
            rest = &tail[2..];
        } else {
            bytes.push(byte);
            rest = tail;
        }
    }
    String::from_utf8(bytes).ok()
}
