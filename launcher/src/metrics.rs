//! Counts for Prometheus. How many runs are in which state is not counted here: the database knows.

use crate::run::Run;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Counts by name and label, since this launcher began.
#[derive(Debug, Default)]
pub struct Metrics {
    tables: Mutex<Tables>,
}

#[derive(Debug, Default)]
struct Tables {
    counters: BTreeMap<(&'static str, &'static str), u64>,
    /// By state.
    times: BTreeMap<&'static str, Times>,
}

/// Times of one state.
#[derive(Debug, Default)]
struct Times {
    /// Not more than the bound of the same place.
    within: [u64; BOUNDS_S.len()],
    count: u64,
    sum_s: f64,
}

/// Names, labels' name and what they count.
const HELP: [(&str, &str, &str); 8] = [
    ("quietway_submissions_total", "outcome", "Submissions; superseding ones took the place of a run that was wanted"),
    ("quietway_starts_total", "outcome", "Start calls to the platform"),
    ("quietway_stops_total", "outcome", "Stop calls to the platform"),
    ("quietway_events_total", "outcome", "Messages of the event queue"),
    ("quietway_runs_ended_total", "state", "Runs that ended, here"),
    ("quietway_orphans_total", "what", "Tasks found that belong to no run"),
    ("quietway_requests_total", "class", "HTTP requests by class of status"),
    ("quietway_driver_errors_total", "what", "Steps of the driver that will be tried again"),
];

/// Seconds: from a stop within the grace to a run of half a day.
const BOUNDS_S: [f64; 9] = [1.0, 5.0, 15.0, 60.0, 300.0, 900.0, 3_600.0, 14_400.0, 43_200.0];

const STATE_SECONDS: &str = "quietway_state_seconds";

impl Metrics {
    fn tables(&self) -> MutexGuard<'_, Tables> {
        self.tables.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// One more.
    pub fn count(&self, name: &'static str, label: &'static str) {
        debug_assert!(HELP.iter().any(|row| row.0 == name), "{name} is not in the table");
        *self.tables().counters.entry((name, label)).or_default() += 1;
    }

    /// A run changed: how long it was in the state it left, and whether it ended.
    pub fn moved(&self, before: &Run, after: &Run) {
        if before.state == after.state {
            return;
        }
        if after.state.is_final() {
            self.count("quietway_runs_ended_total", after.state.as_str());
        }
        // Zero in runs that an older version wrote.
        if before.entered_ms > 0 {
            let seconds = (after.entered_ms - before.entered_ms).max(0) as f64 / 1000.0;
            self.tables().times.entry(before.state.as_str()).or_default().add(seconds);
        }
    }

    /// In the text format of Prometheus.
    pub fn text(&self) -> String {
        let tables = self.tables();
        let mut text = String::new();
        for (name, label, help) in HELP {
            let _ = writeln!(text, "# HELP {name} {help}.\n# TYPE {name} counter");
            for ((_, value), count) in tables.counters.iter().filter(|((counter, _), _)| *counter == name) {
                let _ = writeln!(text, "{name}{{{label}=\"{value}\"}} {count}");
            }
        }
        let help = "How long runs were in a state that they left, seen here; in state stopping it is how long stops took";
        let _ = writeln!(text, "# HELP {STATE_SECONDS} {help}.\n# TYPE {STATE_SECONDS} histogram");
        for (state, times) in &tables.times {
            times.write(&mut text, state);
        }
        text
    }
}

impl Times {
    fn add(&mut self, seconds: f64) {
        for (within, bound) in self.within.iter_mut().zip(BOUNDS_S) {
            *within += u64::from(seconds <= bound);
        }
        self.count += 1;
        self.sum_s += seconds;
    }

    fn write(&self, text: &mut String, state: &str) {
        for (within, bound) in self.within.iter().zip(BOUNDS_S) {
            let _ = writeln!(text, "{STATE_SECONDS}_bucket{{state=\"{state}\",le=\"{bound}\"}} {within}");
        }
        let _ = writeln!(text, "{STATE_SECONDS}_bucket{{state=\"{state}\",le=\"+Inf\"}} {}", self.count);
        let _ = writeln!(text, "{STATE_SECONDS}_sum{{state=\"{state}\"}} {}", self.sum_s);
        let _ = writeln!(text, "{STATE_SECONDS}_count{{state=\"{state}\"}} {}", self.count);
    }
}
