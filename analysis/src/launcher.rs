//! # Launcher — which launcher started this run, and how it learns of progress
//! Touches: the environment, one HTTP connection at a time      Does not know: any stage
//!
//! The launcher is told what happens, and at least every few seconds that nothing did: its answer 410 means that nobody wants the result any
//! more, and the run ends with exit code 7. A launcher that does not answer is no reason to stop.

mod connection;

use quietway_job::exit;
use quietway_job::manifest::RunRef;
use quietway_job::progress::Event;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::Duration;

/// The longest silence: so soon does a superseded run stop.
const HEARTBEAT: Duration = Duration::from_secs(5);

/// Pauses between tries of an event that nobody took; then it is forgotten.
const PAUSES: [Duration; 3] = [Duration::from_millis(500), Duration::from_secs(2), Duration::from_secs(5)];

/// The launcher's run, if one started this process.
pub fn run() -> Option<RunRef> {
    let id = std::env::var("QUIETWAY_RUN_ID").ok().filter(|id| !id.is_empty())?;
    let generation = std::env::var("QUIETWAY_GENERATION").ok()?.parse().ok()?;
    Some(RunRef { id, generation })
}

/// Tells a launcher of progress, from a thread of its own.
pub struct Reporter {
    events: Sender<Event>,
}

impl Reporter {
    /// To the launcher that the environment names, if it does.
    pub fn of_environment() -> Option<Self> {
        let url = std::env::var("QUIETWAY_PROGRESS_URL").ok().filter(|url| !url.is_empty())?;
        let token = std::env::var("QUIETWAY_PROGRESS_TOKEN").unwrap_or_default();
        let (events, received) = channel();
        let thread = std::thread::Builder::new().name("launcher".into());
        // Without a thread there are no reports, and the run goes on.
        thread.spawn(move || tell_all(&url, &token, &received)).ok()?;
        Some(Self { events })
    }

    /// Something happened. Does not wait.
    pub fn tell(&self, event: &Event) {
        drop(self.events.send(event.clone())); // the thread is gone only when the process ends
    }
}

fn tell_all(url: &str, token: &str, events: &Receiver<Event>) {
    let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() else { return };
    let mut last = None;
    loop {
        let event = match events.recv_timeout(HEARTBEAT) {
            Ok(event) => event,
            Err(RecvTimeoutError::Timeout) => match &last {
                Some(event) => Clone::clone(event),
                None => continue,
            },
            Err(RecvTimeoutError::Disconnected) => return,
        };
        // Only the newest counts when several have come.
        let event = events.try_iter().last().unwrap_or(event);
        runtime.block_on(tell(url, token, &event));
        last = Some(event);
    }
}

async fn tell(url: &str, token: &str, event: &Event) {
    let Ok(body) = serde_json::to_vec(event) else { return };
    for pause in [None].into_iter().chain(PAUSES.map(Some)) {
        if let Some(pause) = pause {
            tokio::time::sleep(pause).await;
        }
        match connection::put(url, token, body.clone()).await {
            Ok(410) => stop(),
            Ok(status) if status < 500 => return,
            Ok(_) | Err(_) => {}
        }
    }
}

/// Nobody wants the result: the manifest is not written, so nothing half-done is taken for one.
fn stop() -> ! {
    eprintln!("quietway: {}; no result was published", exit::SUPERSEDED.meaning);
    std::process::exit(i32::from(exit::SUPERSEDED.code));
}
