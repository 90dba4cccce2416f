//! # Fetch — files from the web, kept in a cache
//! In:   addresses                         Out:  files in the cache
//! Touches: the network, the cache folder  Does not know: what the files are for
//!
//! Every file is asked for again, but only sent again when it changed: the server's validators decide, never a clock. A file appears in the
//! cache whole or not at all; of several runs that want the same one, one downloads it and the others wait.

mod address;
pub mod cache;
mod check;
mod client;
mod download;
mod entry;
mod error;
mod lock;
mod options;
mod retry;
mod shared;

pub use error::FetchError;
pub use options::{Checksum, FetchLimits, FetchOptions, Fetched, Listener, Request, SharedStore};

use client::Client;
use download::{Outcome, Question};
use entry::{Entry, Record, State};
use std::panic::resume_unwind;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::atomic::{AtomicBool, AtomicUsize};
use std::thread::ScopedJoinHandle;
use tokio::runtime::Handle;

/// Files on their way at once: public servers ask for few.
const AT_ONCE: usize = 4;

/// Largest text that is taken into memory.
const TEXT_MAX_BYTES: u64 = 64 << 20;

/// Fetches files through the cache. Calls block: use it from ordinary threads, never from inside a task of the runtime.
pub struct Fetcher {
    options: FetchOptions,
    runtime: Handle,
    client: Client,
}

impl Fetcher {
    /// With the handle of a multi-threaded runtime that has its network and clock enabled.
    ///
    /// # Errors
    /// [`FetchError::Cache`] when the folder cannot be made; offline it need not be there.
    pub fn new(options: FetchOptions, runtime: Handle) -> Result<Self, FetchError> {
        if !options.offline {
            let path = &options.cache_dir;
            let made = std::fs::create_dir_all(path);
            made.map_err(|cause| FetchError::Cache { action: "make", path: path.clone(), cause })?;
        }
        Ok(Self { options, runtime, client: Client::default() })
    }

    /// The file, from the cache when it has not changed.
    ///
    /// # Errors
    /// [`FetchError`].
    pub fn get(&self, request: &Request) -> Result<Fetched, FetchError> {
        let entry = Entry::of(&self.options.cache_dir, &address::parse(&request.url)?);
        let found = match self.options.offline {
            true => self.offline(&entry, request)?,
            false => self.online(&entry, request)?,
        };
        entry.touch();
        self.tell(|listener| listener.finished(&request.url, found.from_cache));
        Ok(found)
    }

    /// Several files, up to four at once, in the order of the requests.
    ///
    /// # Errors
    /// The first that fails; the others may be in the cache then.
    pub fn get_all(&self, requests: &[Request]) -> Result<Vec<Fetched>, FetchError> {
        let (next, has_failed) = (AtomicUsize::new(0), AtomicBool::new(false));
        let work = || {
            let mut done = Vec::new();
            while !has_failed.load(Relaxed) {
                let at = next.fetch_add(1, Relaxed);
                let Some(request) = requests.get(at) else { break };
                let fetched = self.get(request);
                has_failed.fetch_or(fetched.is_err(), Relaxed);
                done.push((at, fetched));
            }
            done
        };
        let mut all: Vec<_> = std::thread::scope(|scope| {
            let workers: Vec<_> = (0..AT_ONCE.min(requests.len())).map(|_| scope.spawn(work)).collect();
            let join = |worker: ScopedJoinHandle<'_, _>| worker.join().unwrap_or_else(|panic| resume_unwind(panic));
            workers.into_iter().flat_map(join).collect()
        });
        all.sort_by_key(|(at, _)| *at);
        all.into_iter().map(|(_, fetched)| fetched).collect()
    }

    /// A small text file.
    ///
    /// # Errors
    /// [`FetchError`]; [`FetchError::NotText`].
    pub fn get_text(&self, request: &Request) -> Result<String, FetchError> {
        let max_bytes = request.max_bytes.min(TEXT_MAX_BYTES);
        let path = self.get(&Request { max_bytes, ..request.clone() })?.path;
        let bytes = std::fs::read(&path).map_err(|cause| FetchError::Cache { action: "read", path, cause })?;
        String::from_utf8(bytes)
            .map_err(|error| FetchError::NotText { url: request.url.clone(), cause: error.utf8_error() })
    }

    /// What the cache has; nothing is asked, whatever the state of the network.
    fn offline(&self, entry: &Entry, request: &Request) -> Result<Fetched, FetchError> {
        let miss = || FetchError::Offline { url: request.url.clone(), folder: self.options.cache_dir.clone() };
        if !entry.folder.exists() {
            return Err(miss());
        }
        // A cache that may only be read has no lock, and nobody who writes.
        let _lock = entry.lock(&|| self.waiting(entry)).ok();
        match entry.state()? {
            State::Whole(record) => check::fits(&record, request).map(|()| fetched(entry, record, true, false)),
            State::Absent => Err(miss()),
            State::Damaged => {
                self.note(&format!("the copy of {} in the cache is damaged", request.url));
                Err(miss())
            }
        }
    }

    fn online(&self, entry: &Entry, request: &Request) -> Result<Fetched, FetchError> {
        let expected = self.expected_md5(request)?;
        let _lock = entry.lock(&|| self.waiting(entry))?;
        let cached = self.cached(entry)?;
        match self.ask(entry, request, cached.as_ref(), false) {
            Ok((record, from_cache)) if check::matches(&record, expected.as_deref()) => {
                self.keep(entry, record, from_cache)
            }
            Ok((record, _)) => self.again(entry, request, &record),
            // What was whole and right when it came is better than nothing.
            Err(error @ FetchError::Unreachable { .. }) => match cached {
                Some(record) if check::fits(&record, request).is_ok() => {
                    self.note(&format!("{error}; the copy in the cache is used"));
                    Ok(fetched(entry, record, true, true))
                }
                _ => Err(error),
            },
            Err(error) => Err(error),
        }
    }

    /// Once more, the whole file past all caches on the way: perhaps file or checksum were being replaced at the server.
    fn again(&self, entry: &Entry, request: &Request, wrong: &Record) -> Result<Fetched, FetchError> {
        self.note(&format!("{} came with a wrong checksum (MD5 {}); it is fetched once more", entry.url, wrong.md5));
        entry.drop_part();
        let expected = self.expected_md5(request)?;
        let (record, from_cache) = self.ask(entry, request, None, true)?;
        match expected {
            Some(expected) if expected != record.md5 => {
                entry.drop_part();
                Err(FetchError::WrongChecksum { url: entry.url.to_string(), expected, found: record.md5 })
            }
            _ => self.keep(entry, record, from_cache),
        }
    }

    /// The record of what the server has now, and whether that stands in the cache already; else it stands in the entry's part.
    fn ask(
        &self,
        entry: &Entry,
        request: &Request,
        cached: Option<&Record>,
        past_caches: bool,
    ) -> Result<(Record, bool), FetchError> {
        let (limits, listener) = (&self.options.limits, self.options.listener.as_deref());
        let question = Question { entry, cached, past_caches, max_bytes: request.max_bytes, limits, listener };
        match (self.runtime.block_on(question.ask(&self.client))?, cached) {
            (Outcome::Unchanged, Some(record)) => check::within(record, request).map(|()| (record.clone(), true)),
            (Outcome::Unchanged, None) => Err(FetchError::Refused { url: entry.url.to_string(), status: "304".into() }),
            (Outcome::Arrived(record), _) => Ok((record, false)),
        }
    }

    /// Puts what came in its place, here and in the shared cache.
    fn keep(&self, entry: &Entry, record: Record, from_cache: bool) -> Result<Fetched, FetchError> {
        if from_cache {
            return Ok(fetched(entry, record, true, false));
        }
        let record = entry.commit(&entry.part_file(), record)?;
        if let Some(Err(cause)) = self.options.shared.as_deref().map(|store| shared::push(store, entry)) {
            self.note(&format!("{} could not be put into the shared cache: {cause}", entry.url));
        }
        Ok(fetched(entry, record, false, false))
    }

    /// What the cache has, else what the shared one has; damaged files go.
    fn cached(&self, entry: &Entry) -> Result<Option<Record>, FetchError> {
        match entry.state()? {
            State::Whole(record) => return Ok(Some(record)),
            State::Absent => {}
            State::Damaged => {
                self.note(&format!("the copy of {} in the cache is damaged and is fetched again", entry.url));
                entry.forget();
            }
        }
        let Some(store) = self.options.shared.as_deref() else { return Ok(None) };
        Ok(shared::pull(store, entry).unwrap_or_else(|cause| {
            self.note(&format!("{} could not be read from the shared cache: {cause}", entry.url));
            None
        }))
    }

    fn expected_md5(&self, request: &Request) -> Result<Option<String>, FetchError> {
        let (text, url) = match &request.checksum {
            Checksum::None => return Ok(None),
            Checksum::Md5(text) => (text.clone(), &request.url),
            Checksum::Md5At(url) => (self.get_text(&Request::new(url).at_most(check::MD5_FILE_MAX_BYTES))?, url),
        };
        check::md5_in(&text).map(Some).ok_or_else(|| FetchError::NoChecksum { url: url.clone() })
    }

    fn waiting(&self, entry: &Entry) {
        self.note(&format!("another run is fetching {}; waiting for it", entry.url));
    }

    fn note(&self, text: &str) {
        self.tell(|listener| listener.note(text));
    }

    fn tell(&self, word: impl FnOnce(&dyn Listener)) {
        if let Some(listener) = self.options.listener.as_deref() {
            word(listener);
        }
    }
}

fn fetched(entry: &Entry, record: Record, from_cache: bool, stale: bool) -> Fetched {
    let last_modified = record.changed_s();
    let (path, url) = (entry.file(), record.url);
    Fetched { path, url, bytes: record.bytes, sha256: record.sha256, last_modified, from_cache, stale }
}
