//! # State — every change a run can make
//! In:   &Run, what happened               Out:  the run afterwards and its event, or nothing
//! Touches: memory only                    Does not know: SQL, HTTP, AWS, the clock
//!
//! Final states absorb. A change that does not fit is no change: late, doubled and reordered news are harmless.

mod judge;
mod rules;

pub use judge::{Cause, Stopped, Verdict, judge};
pub use rules::Rules;

use crate::run::{Ending, Event, Reason, Run, State, Usage, WaitingFor};

/// What happened to a run.
#[derive(Clone, Debug, PartialEq)]
pub enum Input {
    /// A newer run takes its place.
    Supersede {
        /// Which.
        by: String,
    },
    /// Somebody wants it stopped.
    Cancel,
    /// It has to wait.
    Wait(WaitingFor),
    /// A start call is about to be made; `warning` when an older task may still run.
    Sending {
        /// For the event.
        warning: Option<String>,
    },
    /// The platform has a task for it.
    Started {
        /// Its id.
        task: String,
    },
    /// The platform has no room; no task was seen.
    NoCapacity {
        /// In its words.
        detail: String,
    },
    /// The platform refuses for good.
    Refused {
        /// In its words.
        detail: String,
    },
    /// News of the task: it exists, or it runs.
    Seen {
        /// Version of the news.
        version: i64,
        /// Whether it runs.
        running: bool,
        /// When it began to, if the platform says so.
        since_ms: Option<i64>,
    },
    /// The platform will take the task's machine away.
    Leaving {
        /// Version of the news.
        version: i64,
        /// When the task began to run, if the platform says so.
        since_ms: Option<i64>,
        /// In the platform's words.
        detail: String,
    },
    /// The task has ended, or nobody knows it any more.
    Ended(Stopped),
    /// It vanished, and its results are not there.
    Vanished(Stopped),
    /// The platform was asked to stop the task.
    StopSent,
    /// It did not run in time.
    StartTimeout,
    /// It ran too long.
    TimeLimit,
    /// The task tells of itself.
    Progress {
        /// Stage.
        stage: Option<String>,
        /// Share done.
        fraction: f64,
    },
    /// Its results are complete.
    Publish {
        /// Where they are.
        prefix: String,
        /// Exit code 6, a vanished task.
        warning: Option<String>,
        /// News of the task.
        stopped: Stopped,
    },
    /// It ended, but its results are not all there.
    Incomplete {
        /// What is missing.
        detail: String,
        /// News of the task.
        stopped: Stopped,
    },
}

/// A run afterwards, and the event that says so.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// One version on.
    pub run: Run,
    /// What is told.
    pub event: Event,
}

/// Who and when.
#[derive(Clone, Copy, Debug)]
pub struct At<'a> {
    /// Epoch milliseconds.
    pub now_ms: i64,
    /// Key id, `driver`, `task`.
    pub actor: &'a str,
}

/// The run after what happened; `None` when it changes nothing.
pub fn apply(run: &Run, input: Input, at: At<'_>, rules: &Rules) -> Option<Step> {
    if run.state.is_final() {
        return None;
    }
    let mut next = run.clone();
    let cause = change(&mut next, input, at.now_ms, rules)?;
    next.version += 1;
    if next.state.is_final() {
        next.finished_ms = Some(at.now_ms);
        next.waiting_for = None;
    }
    if next.state != run.state {
        next.entered_ms = at.now_ms;
    }
    let event = Event {
        version: next.version,
        at_ms: at.now_ms,
        state: next.state,
        cause,
        actor: at.actor.to_owned(),
        stage: next.stage.clone(),
        fraction: next.fraction,
    };
    Some(Step { run: next, event })
}

/// The first event of a run.
pub fn submitted(run: &Run) -> Event {
    let cause = match &run.supersedes {
        Some(old) => format!("submitted; takes the place of {old}"),
        None => "submitted".into(),
    };
    let actor = run.actor.clone();
    Event { version: 1, at_ms: run.created_ms, state: run.state, cause, actor, stage: None, fraction: 0.0 }
}

fn change(run: &mut Run, input: Input, now_ms: i64, rules: &Rules) -> Option<String> {
    match input {
        Input::Supersede { by } => {
            let cause = format!("superseded by {by}");
            run.superseded_by.is_none().then_some(())?;
            run.superseded_by = Some(by);
            let ending = if run.is_unwanted() { run.ending? } else { Ending::Superseded };
            Some(wish(run, ending, cause, now_ms))
        }
        Input::Cancel => {
            (!run.is_unwanted()).then_some(())?;
            Some(wish(run, Ending::Cancelled, "cancelled".into(), now_ms))
        }
        Input::Wait(what) => wait(run, what),
        Input::Sending { warning } => sending(run, warning, now_ms),
        Input::Started { task } => started(run, task, now_ms),
        Input::NoCapacity { detail } => no_capacity(run, &detail, now_ms, rules),
        Input::Refused { detail } => is_called(run).then(|| {
            run.may_exist = false;
            end_or_fail(run, Reason::Start, detail)
        }),
        Input::Seen { version, running, since_ms } => seen(run, version, running, since_ms.unwrap_or(now_ms)),
        Input::Leaving { version, since_ms, detail } => leaving(run, version, since_ms.unwrap_or(now_ms))
            .then(|| format!("the platform takes the machine away: {detail}")),
        Input::Ended(stopped) => ended(run, &stopped, now_ms, rules),
        Input::Vanished(stopped) => (run.ending.is_none() && run.may_exist).then(|| {
            note_end(run, &stopped);
            again(run, Verdict::Lost(stopped.words()), now_ms, rules)
        }),
        Input::StopSent => (has_task(run) && run.ending.is_some()).then(|| {
            run.stop_sent_ms = Some(now_ms);
            "the platform was asked to stop the task".into()
        }),
        Input::StartTimeout => early_end(run, Ending::StartTimeout, "the task did not begin to run in time", now_ms),
        Input::TimeLimit => early_end(run, Ending::TimeLimit, "the task ran longer than allowed", now_ms),
        Input::Progress { stage, fraction } => progress(run, stage, fraction, now_ms),
        Input::Publish { prefix, warning, stopped } => publish(run, prefix, warning, &stopped, now_ms),
        Input::Incomplete { detail, stopped } => (run.ending.is_none() && has_task(run)).then(|| {
            note_end(run, &stopped);
            fail(run, Reason::Incomplete, detail)
        }),
    }
}

/// A start call was made whose task is not known. It may be called running all the same, when something has told of progress.
fn is_called(run: &Run) -> bool {
    run.may_exist && run.task.is_none() && run.state != State::Waiting
}

/// A task is known that may still be there.
fn has_task(run: &Run) -> bool {
    run.may_exist && run.task.is_some()
}

/// Nobody wants it: at once when there is no task, else by way of `stopping`.
fn wish(run: &mut Run, ending: Ending, cause: String, now_ms: i64) -> String {
    run.ending = Some(ending);
    run.stop_wanted_ms.get_or_insert(now_ms);
    run.waiting_for = None;
    run.state = if run.may_exist { State::Stopping } else { of_wish(ending) };
    cause
}

fn of_wish(ending: Ending) -> State {
    if ending == Ending::Cancelled { State::Cancelled } else { State::Superseded }
}

fn wait(run: &mut Run, what: WaitingFor) -> Option<String> {
    (run.state == State::Waiting && run.waiting_for != Some(what)).then(|| {
        run.waiting_for = Some(what);
        match what {
            WaitingFor::OldRun => "waits for the older run to stop".into(),
            WaitingFor::Capacity => "waits for capacity".into(),
        }
    })
}

fn sending(run: &mut Run, warning: Option<String>, now_ms: i64) -> Option<String> {
    (run.state == State::Waiting && run.ending.is_none()).then(|| {
        run.attempt += 1;
        (run.state, run.waiting_for, run.sent_ms, run.may_exist) = (State::Starting, None, Some(now_ms), true);
        (run.task, run.answered_ms, run.task_version, run.task_seen, run.running_ms) = (None, None, 0, false, None);
        (run.stop_wanted_ms, run.stop_sent_ms) = (None, None);
        let warning = warning.map(|text| format!("; {text}")).unwrap_or_default();
        format!("attempt {} is sent{warning}", run.attempt)
    })
}

fn started(run: &mut Run, task: String, now_ms: i64) -> Option<String> {
    (run.task.is_none() && run.may_exist).then(|| {
        let cause = format!("the platform has task {task}");
        (run.task, run.answered_ms) = (Some(task), Some(now_ms));
        if run.state == State::Waiting {
            (run.state, run.waiting_for) = (State::Starting, None); // a task found that was thought not to exist
        }
        cause
    })
}

/// Without a task seen: the next attempt looks again before it is sent, for the answer may be wrong.
fn no_capacity(run: &mut Run, detail: &str, now_ms: i64, rules: &Rules) -> Option<String> {
    (is_called(run) && run.ending.is_none()).then(|| {
        run.retries.capacity += 1;
        (run.state, run.waiting_for, run.running_ms) = (State::Waiting, Some(WaitingFor::Capacity), None);
        run.not_before_ms = now_ms + backoff(run, run.retries.capacity, rules);
        run.on_demand = run.on_demand || run.retries.capacity >= rules.on_demand_after;
        format!("no capacity: {detail}")
    })
}

/// Doubles with every failure, with up to a quarter less, by run, so that not all come back at once.
fn backoff(run: &Run, failures: u32, rules: &Rules) -> i64 {
    let pause = rules.backoff_ms.saturating_mul(1 << failures.saturating_sub(1).min(20)).min(rules.backoff_max_ms);
    let jitter = run.id.bytes().fold(i64::from(failures), |sum, byte| (sum * 31 + i64::from(byte)) % 256);
    pause - pause / 4 * jitter / 256
}

fn seen(run: &mut Run, version: i64, running: bool, since_ms: i64) -> Option<String> {
    (has_task(run) && version > run.task_version).then_some(())?;
    run.task_version = version;
    let first = !std::mem::replace(&mut run.task_seen, true);
    if running && run.running_ms.is_none() {
        run.running_ms = Some(since_ms);
        if run.state == State::Starting {
            run.state = State::Running;
        }
        return Some("the task runs".into());
    }
    first.then(|| "the platform knows the task".into())
}

/// A warning, nothing more: the next attempt follows when the task has ended.
fn leaving(run: &mut Run, version: i64, since_ms: i64) -> bool {
    let new = has_task(run) && run.ending.is_none() && version > run.task_version;
    if new {
        (run.task_version, run.task_seen, run.state) = (version, true, State::Running);
        run.running_ms.get_or_insert(since_ms);
    }
    new
}

fn early_end(run: &mut Run, ending: Ending, cause: &str, now_ms: i64) -> Option<String> {
    (run.ending.is_none() && has_task(run)).then(|| {
        (run.ending, run.state, run.stop_wanted_ms) = (Some(ending), State::Stopping, Some(now_ms));
        cause.to_owned()
    })
}

fn progress(run: &mut Run, stage: Option<String>, fraction: f64, now_ms: i64) -> Option<String> {
    (run.ending.is_none() && run.may_exist && fraction.is_finite()).then(|| {
        run.heard_ms = Some(now_ms);
        run.fraction = fraction.clamp(run.fraction, 1.0);
        let cause = stage.as_ref().map_or_else(|| "progress".into(), |stage| format!("stage {stage}"));
        run.stage = stage.or(run.stage.take());
        if run.state == State::Starting {
            (run.state, run.running_ms) = (State::Running, Some(now_ms));
        }
        cause
    })
}

fn publish(run: &mut Run, prefix: String, warning: Option<String>, stopped: &Stopped, now_ms: i64) -> Option<String> {
    // A task may have ended and been forgotten before anybody learnt its name.
    (run.ending.is_none() && run.may_exist && run.state != State::Waiting).then(|| {
        note_end(run, stopped);
        (run.state, run.published_ms, run.fraction) = (State::Succeeded, Some(now_ms), 1.0);
        (run.prefix, run.warning) = (Some(prefix), warning);
        "published".into()
    })
}

/// The task is no more; what follows depends on why.
fn ended(run: &mut Run, stopped: &Stopped, now_ms: i64, rules: &Rules) -> Option<String> {
    run.may_exist.then_some(())?;
    note_end(run, stopped);
    match run.ending {
        Some(ending) if ending.is_wish() => {
            run.state = of_wish(ending);
            Some(format!("the task has ended ({})", stopped.words()))
        }
        Some(Ending::TimeLimit) => Some(fail(run, Reason::TimeLimit, "it ran longer than allowed".into())),
        Some(_) => Some(again(run, Verdict::NotStarted("it did not begin to run in time".into()), now_ms, rules)),
        None => match judge(stopped) {
            Verdict::Verify { .. } => None, // results decide: Publish or Incomplete
            Verdict::Failed(reason, detail) => Some(fail(run, reason, detail)),
            retry => Some(again(run, retry, now_ms, rules)),
        },
    }
}

/// Another attempt, if there are any left for this kind of failure.
fn again(run: &mut Run, verdict: Verdict, now_ms: i64, rules: &Rules) -> String {
    let (count, limit, reason, detail) = match verdict {
        Verdict::Interrupted(detail) => (&mut run.retries.interrupted, rules.retry_interrupted, Reason::Lost, detail),
        Verdict::Lost(detail) => (&mut run.retries.lost, rules.retry_lost, Reason::Lost, detail),
        Verdict::NotStarted(detail) => (&mut run.retries.start, rules.retry_start, Reason::Start, detail),
        Verdict::Failed(reason, detail) => return fail(run, reason, detail),
        Verdict::Verify { .. } => return fail(run, Reason::Incomplete, "its results are not there".into()),
    };
    *count += 1;
    let count = *count;
    if count > limit {
        return fail(run, reason, detail);
    }
    run.on_demand = run.on_demand || run.retries.interrupted >= rules.on_demand_after;
    (run.state, run.ending, run.waiting_for) = (State::Waiting, None, Some(WaitingFor::Capacity));
    (run.stage, run.fraction, run.not_before_ms) = (None, 0.0, now_ms + backoff(run, count, rules));
    format!("another attempt follows: {detail}")
}

fn note_end(run: &mut Run, stopped: &Stopped) {
    run.may_exist = false;
    run.exit_code = stopped.exit_code;
    run.task_version = run.task_version.max(stopped.version);
    let Usage { seconds, vcpu_seconds, gb_seconds, price } = stopped.usage;
    run.usage.seconds += seconds;
    run.usage.vcpu_seconds += vcpu_seconds;
    run.usage.gb_seconds += gb_seconds;
    run.usage.price += price;
}

fn fail(run: &mut Run, reason: Reason, detail: String) -> String {
    run.state = State::Failed;
    run.reason = Some(reason);
    let cause = format!("failed: {detail}");
    run.detail = Some(detail);
    cause
}

/// A refused start of a run that nobody wants any more is its end, not a failure.
fn end_or_fail(run: &mut Run, reason: Reason, detail: String) -> String {
    match run.ending {
        Some(ending) if ending.is_wish() => {
            run.state = of_wish(ending);
            "no task was started".into()
        }
        _ => fail(run, reason, detail),
    }
}

#[cfg(test)]
mod tests;
