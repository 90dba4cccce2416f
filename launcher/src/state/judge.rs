//! Why a task ended, and what that means for its run.

use crate::run::{Reason, Usage};
use quietway_job::exit;

/// What is known of a task that has ended.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Stopped {
    /// Version of the news.
    pub version: i64,
    /// Of the analysis, if it ran.
    pub exit_code: Option<i32>,
    /// Why the platform says it ended.
    pub cause: Cause,
    /// Its words.
    pub detail: String,
    /// What it used.
    pub usage: Usage,
}

/// Kinds of ends, whatever the platform.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Cause {
    /// The process ended by itself, or was killed.
    #[default]
    Exited,
    /// More memory than it had.
    OutOfMemory,
    /// It never ran.
    NotStarted,
    /// It never ran, and another attempt would fail likewise (no such image, no right).
    CannotStart,
    /// The platform took its machine away.
    Interrupted,
    /// Nobody knows it any more.
    Missing,
}

impl Stopped {
    /// A task that nobody knows.
    pub fn missing(detail: &str) -> Self {
        Self { cause: Cause::Missing, detail: detail.into(), ..Self::default() }
    }

    /// For people.
    pub fn words(&self) -> String {
        match (self.exit_code, self.detail.as_str()) {
            (Some(code), "") => format!("exit code {code}"),
            (Some(code), detail) => format!("exit code {code}, {detail}"),
            (None, "") => "no exit code".into(),
            (None, detail) => detail.into(),
        }
    }
}

/// What an end means for a run that is still wanted.
#[derive(Clone, Debug, PartialEq)]
pub enum Verdict {
    /// Its results decide.
    Verify {
        /// To publish with.
        warning: Option<String>,
        /// Without results it counts as vanished, not as incomplete.
        vanished: bool,
    },
    /// No other attempt.
    Failed(Reason, String),
    /// The machine went away: another attempt.
    Interrupted(String),
    /// It vanished: another attempt.
    Lost(String),
    /// It never ran: another attempt.
    NotStarted(String),
}

/// Exit codes and the class of failure they stand for; all others are failures of the analysis.
const CLASSES: [(exit::Exit, Reason); 2] = [(exit::BAD_INPUT, Reason::Input), (exit::UNREACHABLE, Reason::Source)];

/// Judges an end. A non-zero exit code is a failure even when results are there, except 6.
pub fn judge(stopped: &Stopped) -> Verdict {
    let words = stopped.words();
    match (stopped.cause, stopped.exit_code) {
        (Cause::Exited, Some(0)) => Verdict::Verify { warning: None, vanished: false },
        (Cause::Exited, Some(code)) if code == i32::from(exit::ANALYSIS_FAILED.code) => {
            Verdict::Verify { warning: Some(exit::ANALYSIS_FAILED.meaning.into()), vanished: false }
        }
        (Cause::Exited, Some(code)) => {
            let class = CLASSES.iter().find(|(exit, _)| i32::from(exit.code) == code);
            let meaning = exit::ALL.iter().find(|exit| i32::from(exit.code) == code).map(|exit| exit.meaning);
            let words = meaning.map_or(words.clone(), |meaning| format!("{words}: {meaning}"));
            Verdict::Failed(class.map_or(Reason::Analysis, |(_, reason)| *reason), words)
        }
        // The platform says that it ended, but not how.
        (Cause::Exited, None) => Verdict::Failed(Reason::Analysis, words),
        (Cause::OutOfMemory, _) => Verdict::Failed(Reason::OutOfMemory, words),
        (Cause::CannotStart, _) => Verdict::Failed(Reason::Start, words),
        (Cause::NotStarted, _) => Verdict::NotStarted(words),
        (Cause::Interrupted, _) => Verdict::Interrupted(words),
        (Cause::Missing, _) => Verdict::Verify {
            warning: Some("the task vanished after its results were complete".into()),
            vanished: true,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(cause: Cause, exit_code: Option<i32>) -> Verdict {
        judge(&Stopped { cause, exit_code, ..Stopped::default() })
    }

    #[test]
    fn exit_codes_have_classes() {
        let class = |code| match of(Cause::Exited, Some(code)) {
            Verdict::Failed(reason, _) => Some(reason),
            _ => None,
        };
        let found: Vec<_> = [0, 2, 3, 4, 5, 6, 7, 70, 130, 137, 143].map(class).into();
        let analysis = Some(Reason::Analysis);
        let expected = [
            None,
            analysis,
            Some(Reason::Input),
            Some(Reason::Source),
            analysis,
            None,
            analysis,
            analysis,
            analysis,
            analysis,
            analysis,
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn six_is_published_with_a_warning() {
        let Verdict::Verify { warning: Some(text), vanished: false } = of(Cause::Exited, Some(6)) else { panic!() };
        assert_eq!(text, "an analysis of the client failed; all else is there");
    }

    #[test]
    fn platform_causes_win_over_the_exit_code() {
        assert!(matches!(of(Cause::OutOfMemory, Some(137)), Verdict::Failed(Reason::OutOfMemory, _)));
        assert!(matches!(of(Cause::Interrupted, Some(143)), Verdict::Interrupted(_)));
        assert!(matches!(of(Cause::NotStarted, None), Verdict::NotStarted(_)));
        assert!(matches!(of(Cause::CannotStart, None), Verdict::Failed(Reason::Start, _)));
        assert!(matches!(of(Cause::Missing, None), Verdict::Verify { vanished: true, .. }));
    }
}
