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
use std::time::{Duration, Instant};

/// The longest silence: so soon does a superseded run stop.
const HEARTBEAT: Duration = Duration::from_secs(5);

/// The shortest time between two reports, but for those that a stage has begun.
const PACE: Duration = Duration::from_secs(1);

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
    let (mut last, mut due) = (None, Instant::now());
    loop {
        let event = match events.recv_timeout(HEARTBEAT) {
            Ok(event) => event,
            Err(RecvTimeoutError::Timeout) => match &last {
                Some(event) => Clone::clone(event),
                None => continue,
            },
            Err(RecvTimeoutError::Disconnected) => return,
        };
        for event in worth_telling(gather(event, events, due)) {
            runtime.block_on(tell(url, token, &event));
            last = Some(event);
        }
        due = Instant::now() + PACE;
    }
}

fn begins_stage(event: &Event) -> bool {
    matches!(event, Event::Started { .. })
}

/// What comes until a report is due; the begin of a stage does not wait.
fn gather(first: Event, events: &Receiver<Event>, due: Instant) -> Vec<Event> {
    let mut all = vec![first];
    loop {
        all.extend(events.try_iter());
        if all.iter().any(begins_stage) {
            return all;
        }
        match events.recv_timeout(due.saturating_duration_since(Instant::now())) {
            Ok(event) => all.push(event),
            Err(_) => return all,
        }
    }
}

/// Of several events the newest counts, and the stage that has begun last.
fn worth_telling(events: Vec<Event>) -> Vec<Event> {
    let (stage, newest) = (events.iter().rposition(begins_stage), events.len().saturating_sub(1));
    let told = events.into_iter().enumerate().filter(|(at, _)| Some(*at) == stage || *at == newest);
    told.map(|(_, event)| event).collect()
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

#[cfg(test)]
mod tests {
    use super::*;

    fn download(bytes: u64) -> Event {
        Event::Download { url: "https://a.test/b".into(), bytes, total_bytes: None }
    }

    fn stage(name: &str) -> Event {
        Event::Started { stage: name.into(), fraction: 0.5 }
    }

    #[test]
    fn the_newest_and_the_last_stage_are_told() {
        assert_eq!(worth_telling(vec![download(1), download(2)]), [download(2)]);
        let told = worth_telling(vec![stage("a"), download(1), stage("b"), download(2), download(3)]);
        assert_eq!(told, [stage("b"), download(3)]);
        assert_eq!(worth_telling(vec![download(1), stage("a")]), [stage("a")]);
    }

    #[test]
    fn a_stage_does_not_wait_and_the_rest_does() {
        let (sender, events) = channel();
        let began = Instant::now();
        sender.send(download(2)).unwrap();
        assert_eq!(gather(download(1), &events, began + Duration::from_millis(300)), [download(1), download(2)]);
        assert!(began.elapsed() >= Duration::from_millis(300));
        let far = Instant::now() + Duration::from_secs(3_600);
        let other = sender.clone();
        std::thread::spawn(move || {
            std::thread::sleep(Duration::from_millis(50));
            other.send(stage("a")).unwrap();
        });
        assert_eq!(gather(download(3), &events, far), [download(3), stage("a")]);
        assert_eq!(gather(download(4), &events, Instant::now()), [download(4)], "one that is due goes at once");
    }
}
