//! # Progress — a span per stage: bar, lines, JSON or silence; timings, counts and peak memory for the manifest
//! Touches: the terminal                   Does not know: any stage

mod downloads;

use crate::fetch::Listener;
use crate::launcher::Reporter;
use clap::ValueEnum;
use indicatif::{ProgressBar, ProgressStyle};
use quietway_job::manifest::Stage;
use quietway_job::progress::Event;
use std::collections::BTreeMap;
use std::io::{IsTerminal, Write};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How progress is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Mode {
    /// A bar on a terminal, plain lines elsewhere.
    #[default]
    Auto,
    /// A progress bar on standard error.
    Bar,
    /// One line a stage on standard error.
    Plain,
    /// One JSON object a line on standard output.
    Json,
    /// Nothing.
    None,
}

/// Named counts of what a stage made.
pub type Counts = Vec<(&'static str, u64)>;

/// Shows the stages of a run and remembers them.
pub struct Progress {
    mode: Mode,
    bar: Option<ProgressBar>,
    planned: usize,
    stages: Vec<Stage>,
    reporter: Option<Reporter>,
}

impl Progress {
    /// Announces the stages to come.
    pub fn new(mode: Mode, plan: &[&str]) -> Self {
        let mode = match mode {
            Mode::Auto if std::io::stderr().is_terminal() => Mode::Bar,
            Mode::Auto => Mode::Plain,
            other => other,
        };
        let bar = (mode == Mode::Bar).then(|| bar(plan.len()));
        let progress =
            Self { mode, bar, planned: plan.len(), stages: Vec::new(), reporter: Reporter::of_environment() };
        match mode {
            Mode::Json => {}
            _ => progress.line(&format!("stages: {}", plan.join(" → "))),
        }
        progress.event(&Event::Plan { stages: plan.iter().map(ToString::to_string).collect() });
        progress
    }

    /// Runs a stage; counts describe what it made.
    ///
    /// # Errors
    /// Those of the stage.
    pub fn stage<T, E>(
        &mut self,
        name: &'static str,
        work: impl FnOnce() -> Result<T, E>,
        counts: impl FnOnce(&T) -> Counts,
    ) -> Result<T, E> {
        self.begin(name);
        let start = Instant::now();
        let made = work()?;
        self.end(name, start.elapsed(), counts(&made));
        Ok(made)
    }

    /// Runs a stage that cannot fail, if it is wanted; else its result is empty.
    pub fn step<T: Default>(
        &mut self,
        wanted: bool,
        name: &'static str,
        work: impl FnOnce() -> T,
        counts: impl FnOnce(&T) -> Counts,
    ) -> T {
        if !wanted {
            return T::default();
        }
        let done: Result<T, std::convert::Infallible> = self.stage(name, || Ok(work()), counts);
        done.unwrap_or_else(|never| match never {})
    }

    /// Runs a stage that leaves nothing behind in memory, if it is wanted.
    ///
    /// # Errors
    /// Those of the stage.
    pub fn optional<E>(
        &mut self,
        wanted: bool,
        name: &'static str,
        work: impl FnOnce() -> Result<(), E>,
    ) -> Result<(), E> {
        if wanted { self.stage(name, work, |()| Vec::new()) } else { Ok(()) }
    }

    /// Tells the user something.
    pub fn note(&self, text: &str) {
        self.line(&format!("note: {text}"));
        self.event(&Event::Note { text: text.to_owned() });
    }

    /// Shows downloads in the same place; may outlive and be told from other threads than this.
    pub fn downloads(&self) -> Arc<dyn Listener> {
        Arc::new(downloads::Downloads::new(self.mode, self.bar.clone()))
    }

    /// The stages so far, for the manifest.
    pub fn stages(&self) -> &[Stage] {
        &self.stages
    }

    /// Whether the table at the end is wanted.
    pub fn wants_table(&self) -> bool {
        !matches!(self.mode, Mode::Json | Mode::None)
    }

    /// Takes the bar away.
    pub fn close(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }

    fn fraction(&self) -> f64 {
        self.stages.len() as f64 / self.planned.max(1) as f64
    }

    fn begin(&self, name: &'static str) {
        if let Some(bar) = &self.bar {
            bar.set_message(name);
        }
        self.event(&Event::Started { stage: name.into(), fraction: self.fraction() });
    }

    fn end(&mut self, name: &'static str, took: Duration, counts: Counts) {
        let what =
            counts.iter().map(|(label, count)| format!("{} {label}", grouped(*count))).collect::<Vec<_>>().join(", ");
        self.stages.push(Stage {
            name: name.into(),
            seconds: took.as_secs_f64(),
            counts: counts.into_iter().map(|(label, count)| (label.to_owned(), count)).collect::<BTreeMap<_, _>>(),
            peak_memory_bytes: peak_memory_bytes(),
        });
        let (seconds, fraction) = (took.as_secs_f64(), self.fraction());
        self.line(&format!("{name:<10} {seconds:>7.2} s  {what}"));
        self.event(&Event::Finished { stage: name.into(), seconds, what, fraction });
        if let Some(bar) = &self.bar {
            bar.inc(1);
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

    /// For programs: on standard output if they asked for it, and to the launcher if there is one.
    fn event(&self, event: &Event) {
        if let Some(reporter) = &self.reporter {
            reporter.tell(event);
        }
        if self.mode != Mode::Json {
            return;
        }
        if let Ok(text) = serde_json::to_string(event) {
            drop(writeln!(std::io::stdout(), "{text}"));
        }
    }
}

fn bar(stages: usize) -> ProgressBar {
    let bar = ProgressBar::new(stages as u64);
    if let Ok(style) = ProgressStyle::with_template("{bar:30} {pos}/{len}  {msg}  {elapsed}") {
        bar.set_style(style);
    }
    bar.enable_steady_tick(Duration::from_millis(100));
    bar
}

/// 1234567 → `1,234,567`.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() * 4 / 3);
    for (position, digit) in digits.chars().enumerate() {
        if position > 0 && (digits.len() - position).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Peak resident memory of this process; 0 where `/proc` does not tell.
pub fn peak_memory_bytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|rest| rest.trim().trim_end_matches("kB").trim().parse::<u64>().ok()).map_or(0, |kib| kib * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped() {
        assert_eq!(grouped(0), "0");
        assert_eq!(grouped(999), "999");
        assert_eq!(grouped(1_430_918), "1,430,918");
    }

    #[test]
    fn stages_are_remembered_with_their_counts() {
        let mut progress = Progress::new(Mode::None, &["one", "two"]);
        let made: Result<u64, ()> = progress.stage("one", || Ok(7), |n| vec![("things", *n)]);
        assert_eq!(made, Ok(7));
        assert_eq!(progress.stages()[0].counts["things"], 7);
        let failed: Result<u64, &str> = progress.stage("two", || Err("no"), |_| vec![]);
        assert_eq!((failed, progress.stages().len()), (Err("no"), 1));
    }
}
