//! What a submission does, apart from writing it down: the same for every store.

use super::{Submission, Submitted};
use crate::run::Run;
use crate::state::{At, Input, Rules, Step, apply};

/// Submissions count for so long.
pub const HOUR_MS: i64 = 3_600_000;

/// What the store found before it writes.
pub struct Found {
    /// Generation of the new run.
    pub generation: i64,
    /// The current run.
    pub current: Option<Run>,
    /// Submissions of the last hour.
    pub recent: i64,
}

/// What is to be written.
pub struct Writes {
    /// The new run.
    pub run: Run,
    /// What becomes of the old one.
    pub old: Option<Step>,
}

/// Refuses, or says what to write.
pub fn decide(submission: &Submission, found: Found, rules: &Rules) -> Result<Writes, Submitted> {
    let active = found.current.filter(|run| !run.state.is_final());
    if submission.hourly_limit.is_some_and(|limit| found.recent >= limit) {
        return Err(Submitted::TooMany);
    }
    if let Some(expected) = &submission.expected_current
        && *expected != active.as_ref().map(|run| run.id.clone())
    {
        return Err(active.map_or(Submitted::NotCurrent, |run| Submitted::Active(Box::new(run))));
    }
    if let Some(run) = active.as_ref().filter(|run| submission.reject_if_active && !run.is_unwanted()) {
        return Err(Submitted::Active(Box::new(run.clone())));
    }
    let mut run = Run { generation: found.generation, ..submission.run.clone() };
    let at = At { now_ms: run.created_ms, actor: &run.actor };
    let old = active.and_then(|old| {
        run.supersedes = (!old.is_unwanted()).then(|| old.id.clone());
        apply(&old, Input::Supersede { by: run.id.clone() }, at, rules)
    });
    Ok(Writes { run, old })
}
