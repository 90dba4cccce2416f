//! News that the platform sends by itself: the same steps as when it is asked, only sooner.

use super::{Driver, SAVES_MAX, StepError, plan};
use crate::run::{Run, parse_started_by};
use crate::runner::{News, Unavailable};
use crate::state::Input;

/// What became of news.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Heard {
    /// They changed their run, and that is stored.
    Taken,
    /// Known already, or of an attempt that is over.
    Old,
    /// The task is nobody's of ours.
    Foreign,
    /// Started by a launcher, for a run that this one does not know.
    UnknownRun,
}

impl Driver {
    /// Takes news of a task. Nothing is adopted but the task of a run's own attempt. May be repeated, in any order, on any launcher.
    ///
    /// # Errors
    /// They could not be stored, or what follows from them could not be done yet: send them again.
    pub async fn hear(&self, task: &str, started_by: &str, news: &News) -> Result<Heard, StepError> {
        let Some((id, attempt)) = parse_started_by(started_by) else { return Ok(Heard::Foreign) };
        let mut heard = Heard::Old;
        for _ in 0..SAVES_MAX {
            let Some(run) = self.parts.store.run(id).await? else { return Ok(Heard::UnknownRun) };
            let own = run.may_exist && run.attempt == attempt && run.task.as_ref().is_none_or(|known| known == task);
            let run = if own { self.adopted(run, task).await? } else { None };
            let Some(run) = run.filter(|run| plan::tells(run, news)) else { return Ok(heard) };
            heard = Heard::Taken;
            self.walk(run, Some(news.clone())).await?;
            self.nudge();
        }
        Err(Unavailable(format!("run {id} changes too fast")).into())
    }

    /// The run, which now knows its task.
    async fn adopted(&self, run: Run, task: &str) -> Result<Option<Run>, StepError> {
        match run.task {
            Some(_) => Ok(Some(run)),
            None => self.record(&run, Input::Started { task: task.into() }).await,
        }
    }
}
