//! Tasks that belong to no run: of an attempt that is over, of a database that was restored. They are stopped, after a grace, and only ours.
//! And runs of an organisation that is to go.

use super::{Driver, StepError};
use crate::run::parse_started_by;
use crate::runner::Listed;
use crate::state::{At, Input, apply};

impl Driver {
    /// Stops orphans; how many there were.
    ///
    /// # Errors
    /// The platform or the database does not answer.
    pub async fn sweep(&self) -> Result<usize, StepError> {
        let mut orphans = 0;
        for listed in self.parts.runner.list().await? {
            if self.is_orphan(&listed).await? {
                orphans += 1;
                self.parts.metrics.count("quietway_orphans_total", "stopped");
                tracing::warn!(task = listed.task, started_by = listed.started_by, "belongs to no run and is stopped");
                self.parts.runner.stop(&listed.task, "quietway: belongs to no run").await?;
            }
        }
        Ok(orphans)
    }

    /// Cancels every run of an organisation that is to go; true once none of them is active. To be called again until then.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn end_all(&self, org: &str, actor: &str) -> Result<bool, StepError> {
        let active = self.parts.store.older_active(org, i64::MAX).await?;
        for run in &active {
            let at = At { now_ms: self.now_ms(), actor };
            if let Some(step) = apply(run, Input::Cancel, at, &self.settings.rules) {
                // If it has changed meanwhile, the next time.
                if self.parts.store.save(&step, 0).await? {
                    self.parts.metrics.moved(run, &step.run);
                }
            }
        }
        self.nudge();
        Ok(active.is_empty())
    }

    async fn is_orphan(&self, listed: &Listed) -> Result<bool, StepError> {
        let Some((run, attempt)) = parse_started_by(&listed.started_by) else { return Ok(false) };
        if self.now_ms() - listed.created_ms < self.settings.rules.settle_ms {
            return Ok(false);
        }
        let run = self.parts.store.run(run).await?;
        let own = |run: crate::run::Run| {
            run.may_exist && run.attempt == attempt && run.task.is_none_or(|task| task == listed.task)
        };
        Ok(!run.is_some_and(own))
    }
}
