//! What to do next with a run: a decision on what is known, in memory only.

use super::Settings;
use crate::run::{Run, State};
use crate::runner::News;
use crate::state::{Input, Stopped};

/// A stop that has not shown effect for so long is asked for again.
const STOP_AGAIN_MS: i64 = 30_000;

/// The next thing to do.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// It has ended.
    Nothing,
    /// Look again then.
    Later(i64),
    /// Something has happened to it.
    Take(Input),
    /// It may start, if others let it.
    Admit,
    /// Make the start call; a second one is the same one.
    Call,
    /// Look for a task of this attempt.
    Find {
        /// If there is none.
        otherwise: Otherwise,
    },
    /// Ask the platform to stop the task.
    Stop,
    /// The task has ended.
    Judge(Stopped),
}

/// What to do when no task is found.
#[derive(Clone, Debug, PartialEq)]
pub enum Otherwise {
    /// The next attempt.
    Admit,
    /// Something has happened.
    Take(Input),
    /// Look again then.
    Later(i64),
}

/// Decides. `news` is what the platform says of the run's task now; none when it was not asked or did not answer.
pub fn next(run: &Run, news: Option<&News>, now_ms: i64, settings: &Settings) -> Action {
    if run.state.is_final() {
        return Action::Nothing;
    }
    match &run.task {
        None => without_task(run, now_ms, settings),
        // A task of an attempt that is over.
        Some(_) if !run.may_exist => without_task(run, now_ms, settings),
        Some(_) => with_task(run, news, now_ms, settings),
    }
}

fn without_task(run: &Run, now_ms: i64, settings: &Settings) -> Action {
    let rules = &settings.rules;
    let (age_ms, soon_ms) = (now_ms - run.sent_ms.unwrap_or(now_ms), now_ms + settings.poll_ms);
    // The call was made again and again until the run was not wanted any more.
    let unwanted_ms = now_ms - run.stop_wanted_ms.max(run.sent_ms).unwrap_or(now_ms);
    match run.state {
        State::Waiting if run.not_before_ms > now_ms => Action::Later(run.not_before_ms),
        State::Waiting if run.may_exist => Action::Find { otherwise: Otherwise::Admit },
        State::Waiting => Action::Admit,
        // Its answer never came, and it is not wanted any more: if there is a task, it shows up within the settling time.
        State::Stopping => Action::Find {
            otherwise: match unwanted_ms > rules.settle_ms {
                true => Otherwise::Take(Input::Ended(Stopped::missing("no task was ever seen"))),
                false => Otherwise::Later(soon_ms),
            },
        },
        _ if age_ms < rules.token_life_ms => Action::Call,
        // The same token might be taken for a new one by now; the task of the last call may still show up.
        _ if age_ms < rules.token_life_ms + rules.settle_ms => Action::Find { otherwise: Otherwise::Later(soon_ms) },
        _ => Action::Find {
            otherwise: Otherwise::Take(Input::Vanished(Stopped::missing("the start was never answered"))),
        },
    }
}

fn with_task(run: &Run, news: Option<&News>, now_ms: i64, settings: &Settings) -> Action {
    let rules = &settings.rules;
    let age_ms = now_ms - run.answered_ms.or(run.sent_ms).unwrap_or(now_ms);
    match news {
        Some(News::Stopped(stopped)) => ended(run, stopped.clone()),
        // Just started, the platform may not know it yet; later, it no longer does.
        Some(News::Missing) if run.task_seen || age_ms > rules.settle_ms => {
            ended(run, Stopped::missing("the platform does not know the task"))
        }
        // Only what changes something: else the run would never get to what is below.
        Some(News::Pending { version }) if *version > run.task_version && !run.task_seen => {
            Action::Take(Input::Seen { version: *version, running: false, since_ms: None })
        }
        Some(News::Running { version, since_ms })
            if *version > run.task_version && (!run.task_seen || run.running_ms.is_none()) =>
        {
            Action::Take(Input::Seen { version: *version, running: true, since_ms: *since_ms })
        }
        _ if run.ending.is_some() => match run.stop_sent_ms {
            Some(sent_ms) if now_ms - sent_ms < STOP_AGAIN_MS => Action::Later(now_ms + settings.poll_ms),
            _ => Action::Stop,
        },
        Some(News::Pending { .. }) if run.running_ms.is_none() && age_ms > rules.start_limit_ms => {
            Action::Take(Input::StartTimeout)
        }
        Some(News::Running { .. }) if now_ms - run.running_ms.unwrap_or(now_ms) > rules.run_limit_ms => {
            Action::Take(Input::TimeLimit)
        }
        _ => Action::Later(now_ms + settings.poll_ms),
    }
}

fn ended(run: &Run, stopped: Stopped) -> Action {
    match run.ending {
        Some(_) => Action::Take(Input::Ended(stopped)),
        None => Action::Judge(stopped),
    }
}
