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
    /// Its results decide.
    Judge(Stopped),
    /// Look again then.
    Later(i64),
}

/// Whether news of its task change a run: newer than what is known, and not written down yet. Polls and events come in any order and any
/// number; what is no news must not hide what else is to be done.
pub fn tells(run: &Run, news: &News) -> bool {
    let newer = |version: &i64| *version > run.task_version;
    let known = run.task.is_some() && run.may_exist && !run.state.is_final();
    known
        && match news {
            News::Stopped(_) => true,
            News::Pending { version } => newer(version) && !run.task_seen,
            News::Running { version, .. } => newer(version) && (!run.task_seen || run.running_ms.is_none()),
            News::Leaving { version, .. } => newer(version) && run.ending.is_none(),
            News::Missing => false,
        }
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
        // A task that nobody knows any more may have left its results.
        _ => Action::Find { otherwise: Otherwise::Judge(Stopped::missing("the start was never answered")) },
    }
}

fn with_task(run: &Run, news: Option<&News>, now_ms: i64, settings: &Settings) -> Action {
    let rules = &settings.rules;
    let age_ms = now_ms - run.answered_ms.or(run.sent_ms).unwrap_or(now_ms);
    match news {
        Some(News::Stopped(stopped)) => ended(run, stopped.clone()),
        // Just started, the platform may not know it yet, even when an event has told of it; later, it no longer does.
        Some(News::Missing) if age_ms > rules.settle_ms => {
            ended(run, Stopped::missing("the platform does not know the task"))
        }
        // Only what changes something: else the run would never get to what is below.
        Some(news) if tells(run, news) => Action::Take(fact(news)),
        _ if run.ending.is_some() => match run.stop_sent_ms {
            Some(sent_ms) if now_ms - sent_ms < STOP_AGAIN_MS => Action::Later(now_ms + settings.poll_ms),
            _ => Action::Stop,
        },
        Some(News::Pending { .. }) if run.running_ms.is_none() && age_ms > rules.start_limit_ms => {
            Action::Take(Input::StartTimeout)
        }
        Some(News::Running { .. } | News::Leaving { .. })
            if now_ms - run.running_ms.unwrap_or(now_ms) > rules.run_limit_ms =>
        {
            Action::Take(Input::TimeLimit)
        }
        _ => Action::Later(now_ms + settings.poll_ms),
    }
}

/// What a task that has not ended is told of.
fn fact(news: &News) -> Input {
    match news.clone() {
        News::Running { version, since_ms } => Input::Seen { version, running: true, since_ms },
        News::Leaving { version, since_ms, detail } => Input::Leaving { version, since_ms, detail },
        News::Pending { version } => Input::Seen { version, running: false, since_ms: None },
        News::Stopped(stopped) => Input::Ended(stopped),
        News::Missing => Input::Ended(Stopped::missing("the platform does not know the task")),
    }
}

fn ended(run: &Run, stopped: Stopped) -> Action {
    match run.ending {
        Some(_) => Action::Take(Input::Ended(stopped)),
        None => Action::Judge(stopped),
    }
}
