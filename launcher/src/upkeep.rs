//! # Upkeep — orphans, leftovers, deleted organisations
//! Touches: the store, the objects, the driver's sweep

use crate::clock::Clock;
use crate::database::ResultsDatabase;
use crate::driver::{Driver, StepError};
use crate::objects::Objects;
use crate::store::Sql;
use std::sync::Arc;

/// Runs swept in one go.
const BATCH: i64 = 100;

const DAY_MS: i64 = 24 * 3_600_000;

/// What is kept.
#[derive(Clone, Debug)]
pub struct Keep {
    /// Published runs of an organisation before the visible one.
    pub published: i64,
    /// Days that leftovers of other runs are kept.
    pub days: i64,
}

/// Tidies up.
pub struct Upkeep {
    /// Runs.
    pub store: Sql,
    /// Results.
    pub objects: Arc<dyn Objects>,
    /// Results that are in a database too.
    pub results: Option<ResultsDatabase>,
    /// For its sweep.
    pub driver: Arc<Driver>,
    /// Time.
    pub clock: Clock,
    /// What is kept.
    pub keep: Keep,
}

impl Upkeep {
    /// Everything once.
    ///
    /// # Errors
    /// A part does not answer; the rest waits for the next time.
    pub async fn round(&self) -> Result<(), StepError> {
        self.driver.sweep().await?;
        self.leftovers().await?;
        if let Some(results) = &self.results {
            results.reconcile().await?; // first, so that no view looks at what goes
            results.sweep().await?;
        }
        self.deleted().await
    }

    /// Results of runs that were never published, and of those that are history.
    async fn leftovers(&self) -> Result<(), StepError> {
        let before_ms = self.clock.now_ms() - self.keep.days * DAY_MS;
        for run in self.store.unswept(before_ms, self.keep.published, BATCH).await? {
            self.objects.delete_all(&run.folder()).await?;
            self.store.swept(&run.id).await?;
            tracing::info!(run = run.id, org = run.org, "its leftovers were deleted");
        }
        Ok(())
    }

    /// Data goes once no task may write any more.
    async fn deleted(&self) -> Result<(), StepError> {
        for org in self.store.orgs().await?.into_iter().filter(|org| org.deleted_ms.is_some()) {
            // Cancelled again: whoever took the request may have gone before it came to that.
            if !self.driver.end_all(&org.id, "upkeep").await? {
                continue;
            }
            if let Some(results) = &self.results {
                results.forget(&org.id).await?;
            }
            self.objects.delete_all(&format!("runs/{}/", org.id)).await?;
            // Last, so that a crash before leaves something to come back to.
            if self.store.forget_org(&org.id).await? {
                tracing::info!(org = org.id, "deleted");
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
