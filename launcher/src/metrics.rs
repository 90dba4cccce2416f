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
        let help =
            "How long runs were in a state that they left, seen here; in state stopping it is how long stops took";
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::State;

    /// By name: the kind, and samples as name, labels, value.
    type Families = BTreeMap<String, (String, Vec<(String, String, f64)>)>;

    /// Families by name with their samples (name, labels, value), or what the format does not allow.
    fn parse(text: &str) -> Result<Families, String> {
        let mut families = Families::new();
        let (mut helped, mut current) = (String::new(), String::new());
        for line in text.lines() {
            let odd = || format!("{line:?}");
            if let Some(help) = line.strip_prefix("# HELP ") {
                helped = help.split_once(' ').ok_or_else(odd)?.0.to_owned();
            } else if let Some(kind) = line.strip_prefix("# TYPE ") {
                let (name, kind) = kind.split_once(' ').ok_or_else(odd)?;
                let fits = name == helped && ["counter", "gauge", "histogram"].contains(&kind);
                if !fits || (kind == "counter") != name.ends_with("_total") {
                    return Err(odd());
                }
                current = name.to_owned();
                if families.insert(current.clone(), (kind.to_owned(), Vec::new())).is_some() {
                    return Err(format!("{name} twice"));
                }
            } else {
                let (series, value) = line.rsplit_once(' ').ok_or_else(odd)?;
                let (name, labels) = series.split_once('{').map_or((series, ""), |(name, labels)| (name, labels));
                let labels = if labels.is_empty() { labels } else { labels.strip_suffix('}').ok_or_else(odd)? };
                let quoted = |label: &str| {
                    label
                        .split_once('=')
                        .is_some_and(|(_, value)| value.len() > 2 && value.starts_with('"') && value.ends_with('"'))
                };
                let family = families.get_mut(&current).ok_or_else(odd)?;
                let part = name.strip_prefix(current.as_str()).ok_or_else(odd)?;
                let parts: &[&str] = if family.0 == "histogram" { &["_bucket", "_sum", "_count"] } else { &[""] };
                if !parts.contains(&part) || !labels.split(',').all(|label| label.is_empty() || quoted(label)) {
                    return Err(odd());
                }
                family.1.push((name.to_owned(), labels.to_owned(), value.parse().map_err(|_| odd())?));
            }
        }
        Ok(families)
    }

    #[test]
    fn the_text_is_what_prometheus_reads() {
        let metrics = Metrics::default();
        metrics.count("quietway_starts_total", "started");
        metrics.count("quietway_starts_total", "started");
        metrics.count("quietway_events_total", "taken");
        let at = |state, entered_ms| Run { state, ..Run::new("r".into(), "o".into(), 1, entered_ms) };
        metrics.moved(&at(State::Running, 1_000), &at(State::Stopping, 61_000));
        metrics.moved(&at(State::Stopping, 61_000), &at(State::Superseded, 66_500));
        metrics.moved(&at(State::Stopping, 61_000), &at(State::Cancelled, 90_000));
        metrics.moved(&at(State::Stopping, 61_000), &at(State::Stopping, 61_000));
        metrics.moved(&at(State::Waiting, 0), &at(State::Starting, 61_000));
        let families = parse(&metrics.text()).unwrap();
        assert_eq!(families.len(), HELP.len() + 1);
        let value = |family: &str, name: &str, labels: &str| {
            let sample = families[family].1.iter().find(|sample| sample.0 == name && sample.1 == labels);
            sample.map(|sample| sample.2)
        };
        assert_eq!(value("quietway_starts_total", "quietway_starts_total", r#"outcome="started""#), Some(2.0));
        assert_eq!(value("quietway_runs_ended_total", "quietway_runs_ended_total", r#"state="superseded""#), Some(1.0));
        let stopping = |part: &str, labels: &str| value(STATE_SECONDS, &format!("{STATE_SECONDS}{part}"), labels);
        let buckets = ["1", "5", "15", "60", "300", "+Inf"];
        let found = buckets.map(|le| stopping("_bucket", &format!(r#"state="stopping",le="{le}""#)).unwrap());
        assert_eq!(found, [0.0, 0.0, 1.0, 2.0, 2.0, 2.0], "cumulative");
        assert_eq!(stopping("_sum", r#"state="stopping""#), Some(34.5));
        assert_eq!(stopping("_count", r#"state="stopping""#), Some(2.0));
        assert_eq!(stopping("_count", r#"state="waiting""#), None, "of an older version, nobody knows since when");
        for broken in [
            "x 1",
            "# TYPE a_total counter",
            "# HELP a b\n# TYPE a counter\na 1",
            "# HELP a b\n# TYPE a gauge\na{b=c} 1",
        ] {
            assert!(parse(broken).is_err(), "{broken}");
        }
    }
}
