//! Fetching from a real HTTP server on loopback, and from one that breaks. Each topic has a file.
#![expect(clippy::unwrap_used, reason = "helpers of tests may panic as tests may")]

mod encryption;
mod faults;
mod processes;
mod redirects;
mod shared;
mod validators;

use quietway::fetch::{FetchError, FetchLimits, FetchOptions, Fetched, Fetcher, Listener, Request};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tempfile::TempDir;
use tokio::runtime::Runtime;

/// Set in a child process that runs one test.
const INSIDE: &str = "QUIETWAY_TEST_INSIDE";

/// A cache in a folder of its own, with little patience.
struct Larder {
    _runtime: Runtime,
    fetcher: Fetcher,
    folder: PathBuf,
    notes: Arc<Notes>,
    _temporary: Option<TempDir>,
}

#[derive(Default)]
struct Notes(Mutex<Vec<String>>);

impl Listener for Notes {
    fn started(&self, url: &str, total_bytes: Option<u64>) {
        self.0.lock().unwrap().push(format!("started {url} of {total_bytes:?}"));
    }
    fn advanced(&self, _url: &str, _bytes: u64) {}
    fn finished(&self, url: &str, from_cache: bool) {
        self.0.lock().unwrap().push(format!("finished {url} {from_cache}"));
    }
    fn note(&self, text: &str) {
        self.0.lock().unwrap().push(text.to_owned());
    }
}

fn hasty() -> FetchLimits {
    FetchLimits {
        connect: Duration::from_secs(5),
        answer: Duration::from_secs(5),
        stall: Duration::from_millis(300),
        stall_bytes: 1000,
        attempts: 3,
        pause: Duration::from_millis(10),
        longest_pause: Duration::from_millis(1500),
    }
}

impl Larder {
    fn new() -> Self {
        let temporary = tempfile::tempdir().unwrap();
        let mut larder = Self::at(&temporary.path().join("cache"), |_| ());
        larder._temporary = Some(temporary);
        larder
    }

    fn at(folder: &Path, change: impl FnOnce(&mut FetchOptions)) -> Self {
        Self::with(folder, |options, _| change(options))
    }

    fn with(folder: &Path, change: impl FnOnce(&mut FetchOptions, &Runtime)) -> Self {
        let (runtime, notes) = (Runtime::new().unwrap(), Arc::<Notes>::default());
        let mut options = FetchOptions {
            cache_dir: folder.to_owned(),
            shared: None,
            offline: false,
            limits: hasty(),
            listener: Some(notes.clone()),
        };
        change(&mut options, &runtime);
        let fetcher = Fetcher::new(options, runtime.handle().clone()).unwrap();
        Self { _runtime: runtime, fetcher, folder: folder.to_owned(), notes, _temporary: None }
    }

    fn get(&self, url: &str) -> Result<Fetched, FetchError> {
        self.fetcher.get(&Request::new(url))
    }

    fn has_note(&self, words: &str) -> bool {
        self.notes.0.lock().unwrap().iter().any(|note| note.contains(words))
    }
}

fn read(fetched: &Fetched) -> Vec<u8> {
    std::fs::read(&fetched.path).unwrap()
}

/// Says which exit code and which words.
fn assert_error(error: &FetchError, code: u8, words: &[&str]) {
    let said = error.to_string();
    assert_eq!(error.exit().code, code, "{said}");
    for word in words {
        assert!(said.contains(word), "{said:?} lacks {word:?}");
    }
}

fn inside() -> Option<String> {
    std::env::var(INSIDE).ok()
}

/// A command that runs one test of this binary in a process of its own; `inside` gives it the text.
fn child(test: &str, text: &str) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args([test, "--exact", "--nocapture"]).env(INSIDE, text);
    command
}

fn assert_passed(output: &Output) {
    let said = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && said.contains("1 passed"), "{said}");
}
