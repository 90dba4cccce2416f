//! Counts for Prometheus. States of runs are not counted here: the database knows them.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::{Mutex, PoisonError};

/// Counters by name and label.
#[derive(Debug, Default)]
pub struct Metrics {
    counters: Mutex<BTreeMap<(&'static str, &'static str), u64>>,
}

/// Names, labels' name and what they count.
const HELP: [(&str, &str, &str); 6] = [
    ("quietway_starts_total", "outcome", "Start calls to the platform"),
    ("quietway_stops_total", "outcome", "Stop calls to the platform"),
    ("quietway_runs_ended_total", "state", "Runs that ended, here"),
    ("quietway_orphans_total", "what", "Tasks found that belong to no run"),
    ("quietway_requests_total", "class", "HTTP requests by class of status"),
    ("quietway_driver_errors_total", "what", "Steps of the driver that will be tried again"),
];

impl Metrics {
    /// One more.
    pub fn count(&self, name: &'static str, label: &'static str) {
        debug_assert!(HELP.iter().any(|row| row.0 == name), "{name} is not in the table");
        *self.counters.lock().unwrap_or_else(PoisonError::into_inner).entry((name, label)).or_default() += 1;
    }

    /// In the text format of Prometheus.
    pub fn text(&self) -> String {
        let counters = self.counters.lock().unwrap_or_else(PoisonError::into_inner);
        let mut text = String::new();
        for (name, label, help) in HELP {
            let _ = writeln!(text, "# HELP {name} {help}.\n# TYPE {name} counter");
            for ((_, value), count) in counters.iter().filter(|((counter, _), _)| *counter == name) {
                let _ = writeln!(text, "{name}{{{label}=\"{value}\"}} {count}");
            }
        }
        text
    }
}
