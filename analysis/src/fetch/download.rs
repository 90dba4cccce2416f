//! One attempt: what to ask, what the answer means, and the way of its bytes into the cache.

use super::client::{Client, root};
use super::entry::{self, Entry, Record};
use super::retry::{self, Fault};
use super::{FetchError, FetchLimits, Listener};
use http_body_util::BodyExt;
use hyper::Response;
use hyper::body::{Body, Incoming};
use hyper::header::{
    CACHE_CONTROL, CONTENT_RANGE, ETAG, HeaderMap, HeaderName, HeaderValue, IF_MODIFIED_SINCE, IF_NONE_MATCH, IF_RANGE,
    LAST_MODIFIED, RANGE,
};
use md5::Md5;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::time::{Instant, SystemTime, UNIX_EPOCH};
use tokio::time::timeout;

/// How the server may know what we have.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Validators {
    etag: Option<String>,
    last_modified: Option<String>,
}

impl Validators {
    fn of(headers: &HeaderMap) -> Self {
        let text = |name| headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
        Self { etag: text(ETAG), last_modified: text(LAST_MODIFIED) }
    }

    fn or(self, known: Self) -> Self {
        Self { etag: self.etag.or(known.etag), last_modified: self.last_modified.or(known.last_modified) }
    }

    /// What a resumed download is tied to: a weak tag says only that two files mean the same.
    fn strong(&self) -> Option<&str> {
        let tag = self.etag.as_deref().filter(|tag| !tag.starts_with("W/"));
        tag.or(self.last_modified.as_deref())
    }
}

/// What came of a question.
pub(super) enum Outcome {
    /// What is in the cache is the newest.
    Unchanged,
    /// A new file stands in [`Entry::part_file`].
    Arrived(Record),
}

/// What is asked of one entry.
pub(super) struct Question<'a> {
    pub entry: &'a Entry,
    /// The file in the cache; without it the whole file is wanted, past all caches on the way.
    pub cached: Option<&'a Record>,
    pub past_caches: bool,
    pub max_bytes: u64,
    pub limits: &'a FetchLimits,
    pub listener: Option<&'a dyn Listener>,
}

impl Question<'_> {
    /// Asks until it is answered or enough is enough.
    pub(super) async fn ask(&self, client: &Client) -> Result<Outcome, FetchError> {
        for attempt in 1.. {
            match self.attempt(client).await {
                Ok(outcome) => return Ok(outcome),
                Err(Fault::Final(error)) => return Err(error),
                Err(Fault::Passing { wait, .. }) if attempt < self.limits.attempts => {
                    tokio::time::sleep(retry::pause(self.limits, attempt, wait)).await;
                }
                Err(Fault::Passing { cause, .. }) => {
                    return Err(FetchError::Unreachable { url: self.url(), cause, attempts: attempt });
                }
            }
        }
        Ok(Outcome::Unchanged)
    }

    fn url(&self) -> String {
        self.entry.url.to_string()
    }

    async fn attempt(&self, client: &Client) -> Result<Outcome, Fault> {
        let begun = self.begun();
        let mut headers = HeaderMap::new();
        let mut set = |name: HeaderName, value: Option<&str>| {
            // What was a header once can be one again.
            if let Some(value) = value.and_then(|value| HeaderValue::from_str(value).ok()) {
                headers.insert(name, value);
            }
        };
        if let Some((bytes, validators)) = &begun {
            set(RANGE, Some(&format!("bytes={bytes}-")));
            set(IF_RANGE, validators.strong());
        } else if let Some(record) = self.cached {
            set(IF_NONE_MATCH, record.etag.as_deref());
            set(IF_MODIFIED_SINCE, record.last_modified.as_deref());
        }
        set(CACHE_CONTROL, self.past_caches.then_some("no-cache"));
        let answer = client.get(&self.entry.url, &headers, self.limits).await?;
        let status = answer.status().as_u16();
        match (status, begun) {
            (200, _) => self.receive(answer, 0, Validators::default()).await,
            (206, Some((bytes, known))) if range_starts_at(answer.headers(), bytes) => {
                self.receive(answer, bytes, known).await
            }
            (206 | 416, Some(_)) => {
                self.entry.drop_part();
                Err(Fault::passing("the server cannot go on where the download broke off"))
            }
            (304, None) if self.cached.is_some() => Ok(Outcome::Unchanged),
            _ => Err(self.refusal(status, answer.headers())),
        }
    }

    /// The bytes that an earlier attempt left, if the server can tell whether they still fit.
    fn begun(&self) -> Option<(u64, Validators)> {
        let validators: Validators = serde_json::from_slice(&fs::read(self.entry.part_record_file()).ok()?).ok()?;
        let bytes = fs::metadata(self.entry.part_file()).ok()?.len();
        (bytes > 0 && validators.strong().is_some()).then_some((bytes, validators))
    }

    fn refusal(&self, status: u16, headers: &HeaderMap) -> Fault {
        let reason = hyper::StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason());
        let status_text = reason.map_or_else(|| status.to_string(), |reason| format!("{status} {reason}"));
        match status {
            404 | 410 => FetchError::NotFound { url: self.url(), status: status_text }.into(),
            status if retry::may_pass(status) => {
                Fault::Passing { cause: format!("the server says {status_text}"), wait: retry::retry_after(headers) }
            }
            _ => FetchError::Refused { url: self.url(), status: status_text }.into(),
        }
    }

    /// Takes the body in, behind the first `begun` bytes, whose validators are known.
    async fn receive(&self, answer: Response<Incoming>, begun: u64, known: Validators) -> Result<Outcome, Fault> {
        let validators = Validators::of(answer.headers()).or(known);
        let mut body = answer.into_body();
        let total = body.size_hint().exact().map(|rest| begun + rest);
        if total.is_some_and(|total| total > self.max_bytes) {
            return Err(self.too_large());
        }
        let mut part = Part::open(self.entry, begun, &validators)?;
        self.tell(|listener, url| listener.started(url, total));
        let mut pace = Pace { since: Instant::now(), bytes: begun };
        loop {
            let frame = timeout(self.limits.stall, body.frame()).await;
            let frame = match frame.map_err(|_| pace.too_slow(self.limits, part.bytes))? {
                None => break,
                Some(frame) => {
                    frame.map_err(|error| Fault::passing(format!("the connection broke: {}", root(&error))))?
                }
            };
            let Ok(data) = frame.into_data() else { continue };
            if part.bytes + data.len() as u64 > self.max_bytes {
                return Err(self.too_large());
            }
            part.write(&data)?;
            self.tell(|listener, url| listener.advanced(url, part.bytes));
            pace.check(self.limits, part.bytes)?;
        }
        match total {
            Some(total) if part.bytes != total => Err(Fault::passing("the connection broke before the end")),
            _ => Ok(Outcome::Arrived(part.finish(validators))),
        }
    }

    fn too_large(&self) -> Fault {
        self.entry.drop_part();
        FetchError::TooLarge { url: self.url(), max_bytes: self.max_bytes }.into()
    }

    fn tell(&self, word: impl FnOnce(&dyn Listener, &str)) {
        if let Some(listener) = self.listener {
            word(listener, self.entry.url.as_str());
        }
    }
}

/// `Content-Range: bytes 100-199/200`.
fn range_starts_at(headers: &HeaderMap, bytes: u64) -> bool {
    let text = headers.get(CONTENT_RANGE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let start = text.strip_prefix("bytes ").and_then(|rest| rest.split('-').next());
    start.and_then(|start| start.trim().parse().ok()) == Some(bytes)
}

/// Whether a download comes fast enough to be worth waiting for.
struct Pace {
    since: Instant,
    bytes: u64,
}

impl Pace {
    fn check(&mut self, limits: &FetchLimits, bytes: u64) -> Result<(), Fault> {
        if self.since.elapsed() < limits.stall {
            return Ok(());
        }
        if bytes - self.bytes < limits.stall_bytes {
            return Err(self.too_slow(limits, bytes));
        }
        *self = Self { since: Instant::now(), bytes };
        Ok(())
    }

    fn too_slow(&self, limits: &FetchLimits, bytes: u64) -> Fault {
        let came = bytes.saturating_sub(self.bytes);
        Fault::passing(format!("too slow: {came} bytes within {} s", limits.stall.as_secs_f32()))
    }
}

/// A file on its way.
struct Part<'a> {
    entry: &'a Entry,
    file: File,
    bytes: u64,
    sha256: Sha256,
    md5: Md5,
}

impl<'a> Part<'a> {
    /// Goes on behind the first `begun` bytes, or anew. The validators are noted first: what they belong to comes after them.
    fn open(entry: &'a Entry, begun: u64, validators: &Validators) -> Result<Self, Fault> {
        let (path, note) = (entry.part_file(), entry.part_record_file());
        let (mut sha256, mut md5) = (Sha256::new(), Md5::new());
        if begun > 0 {
            let hash = |chunk: &[u8]| {
                sha256.update(chunk);
                md5.update(chunk);
            };
            entry::each_chunk(&path, hash).map_err(|cause| failed("read", entry, cause))?;
        } else {
            entry.drop_part();
            let text = serde_json::to_vec(validators).map_err(std::io::Error::from);
            text.and_then(|text| fs::write(&note, text)).map_err(|cause| failed("write", entry, cause))?;
        }
        let file = OpenOptions::new().create(true).append(true).open(&path);
        let file = file.map_err(|cause| failed("write", entry, cause))?;
        Ok(Self { entry, file, bytes: begun, sha256, md5 })
    }

    fn write(&mut self, data: &[u8]) -> Result<(), Fault> {
        self.file.write_all(data).map_err(|cause| failed("write", self.entry, cause))?;
        self.sha256.update(data);
        self.md5.update(data);
        self.bytes += data.len() as u64;
        Ok(())
    }

    fn finish(self, validators: Validators) -> Record {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
        Record {
            url: self.entry.url.to_string(),
            bytes: self.bytes,
            sha256: hex::encode(self.sha256.finalize()),
            md5: hex::encode(self.md5.finalize()),
            etag: validators.etag,
            last_modified: validators.last_modified,
            written_ns: 0,
            fetched_s: i64::try_from(now).unwrap_or_default(),
        }
    }
}

/// A part that cannot be written is given up: a full disk must not stay full.
fn failed(action: &'static str, entry: &Entry, cause: std::io::Error) -> Fault {
    entry.drop_part();
    FetchError::Cache { action, path: entry.file(), cause }.into()
}
