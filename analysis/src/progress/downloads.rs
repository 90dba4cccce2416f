//! Downloads, several at once, in the progress of the stage that waits for them.

use super::{Mode, grouped};
use crate::fetch::Listener;
use indicatif::ProgressBar;
use quietway_job::progress::Event;
use std::collections::BTreeMap;
use std::io::Write;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Bytes are told no oftener.
const EVERY: Duration = Duration::from_secs(1);

/// A download under way.
struct Download {
    bytes: u64,
    total_bytes: Option<u64>,
    told: Instant,
}

/// Shows downloads as the mode wants it.
pub(super) struct Downloads {
    mode: Mode,
    bar: Option<ProgressBar>,
    by_url: Mutex<BTreeMap<String, Download>>,
}

impl Downloads {
    pub(super) fn new(mode: Mode, bar: Option<ProgressBar>) -> Self {
        Self { mode, bar, by_url: Mutex::default() }
    }

    fn with<T>(&self, work: impl FnOnce(&mut BTreeMap<String, Download>) -> T) -> T {
        work(&mut self.by_url.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn tell(&self, url: &str, bytes: u64, total_bytes: Option<u64>) {
        if self.mode == Mode::Json {
            event(&Event::Download { url: url.to_owned(), bytes, total_bytes });
        }
        if let Some(bar) = &self.bar {
            bar.set_message(self.with(|all| message(all)));
        }
    }

    fn line(&self, text: &str) {
        match (&self.bar, self.mode) {
            (Some(bar), _) => bar.println(text),
            // A closed standard error is no reason to stop.
            (None, Mode::Plain) => drop(writeln!(std::io::stderr(), "{text}")),
            _ => {}
        }
    }
}

impl Listener for Downloads {
    fn started(&self, url: &str, total_bytes: Option<u64>) {
        let begun = Download { bytes: 0, total_bytes, told: Instant::now() };
        self.with(|all| all.insert(url.to_owned(), begun));
        self.tell(url, 0, total_bytes);
    }

    fn advanced(&self, url: &str, bytes: u64) {
        let due = self.with(|all| {
            let download = all.get_mut(url)?;
            download.bytes = bytes;
            let due = download.told.elapsed() >= EVERY;
            if due {
                download.told = Instant::now();
            }
            due.then_some(download.total_bytes)
        });
        if let Some(total_bytes) = due {
            self.tell(url, bytes, total_bytes);
        }
    }

    fn finished(&self, url: &str, from_cache: bool) {
        let Some(done) = self.with(|all| all.remove(url)).filter(|_| !from_cache) else { return };
        self.tell(url, done.bytes, Some(done.bytes));
        self.line(&format!("fetched    {} bytes  {url}", grouped(done.bytes)));
    }

    fn note(&self, text: &str) {
        match self.mode {
            Mode::Json => event(&Event::Note { text: text.to_owned() }),
            _ => self.line(&format!("note: {text}")),
        }
    }
}

fn event(event: &Event) {
    if let Ok(text) = serde_json::to_string(event) {
        // A closed standard output is no reason to stop.
        drop(writeln!(std::io::stdout(), "{text}"));
    }
}

/// What is under way, in one line.
fn message(all: &BTreeMap<String, Download>) -> String {
    let megabytes = |bytes: u64| bytes as f64 / 1e6;
    let here: u64 = all.values().map(|download| download.bytes).sum();
    match all.values().map(|download| download.total_bytes).sum::<Option<u64>>() {
        Some(total) => format!("acquire: {:.1} of {:.1} MB", megabytes(here), megabytes(total)),
        None => format!("acquire: {:.1} MB", megabytes(here)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_line_for_all() {
        let downloads = Downloads::new(Mode::None, None);
        downloads.started("a", Some(4_000_000));
        downloads.started("b", Some(6_000_000));
        downloads.advanced("a", 1_000_000);
        downloads.advanced("never started", 7);
        assert_eq!(downloads.with(|all| message(all)), "acquire: 1.0 of 10.0 MB");
        downloads.started("c", None);
        assert_eq!(downloads.with(|all| message(all)), "acquire: 1.0 MB");
        downloads.finished("a", false);
        downloads.finished("c", true);
        assert_eq!(downloads.with(|all| message(all)), "acquire: 0.0 of 6.0 MB");
    }
}
