//! # Runner — where tasks run
//! In:   a frozen request                  Out:  a task, its news, its end
//! Touches: processes, Docker or ECS       Does not know: organisations, HTTP, the database
//!
//! To write another one: implement [`Runner`], add a variant to the configuration, run the contract test (`tests.rs`) on it.

pub mod ecs;
pub mod fake;
pub mod process;
#[cfg(test)]
pub(crate) mod tests;

use crate::run::Run;
use crate::state::Stopped;
use async_trait::async_trait;
use std::collections::BTreeMap;

/// A task to be started: all of it made of what was frozen, so the same attempt is the same request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Launch {
    /// Idempotency: a second call with the same token starts nothing.
    pub token: String,
    /// What the platform remembers of who started it.
    pub started_by: String,
    /// Arguments of `quietway`.
    pub args: Vec<String>,
    /// Environment of the task.
    pub env: BTreeMap<String, String>,
    /// Not on machines that may be taken away.
    pub on_demand: bool,
    /// Pinned by [`Runner::freeze`].
    pub platform: BTreeMap<String, String>,
}

/// Why a task was not started.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StartError {
    /// No room now; a task may exist all the same.
    #[error("no capacity: {0}")]
    NoCapacity(String),
    /// Never, with this request or this configuration.
    #[error("{0}")]
    Refused(String),
    /// Nobody knows whether it was started: call again.
    #[error("no answer: {0}")]
    Unknown(String),
}

/// The platform does not answer a question.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Unavailable(pub String);

/// News of a task.
#[derive(Clone, Debug, PartialEq)]
pub enum News {
    /// It exists, and does not run yet.
    Pending {
        /// Higher is newer.
        version: i64,
    },
    /// It runs.
    Running {
        /// Higher is newer.
        version: i64,
        /// When it began to.
        since_ms: Option<i64>,
    },
    /// It runs, and the platform will take its machine away within minutes.
    Leaving {
        /// Higher is newer.
        version: i64,
        /// When it began to run.
        since_ms: Option<i64>,
        /// In the platform's words.
        detail: String,
    },
    /// It has ended.
    Stopped(Stopped),
    /// Nobody knows it (yet, or any more).
    Missing,
}

/// A task of ours on the platform.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// Its id.
    pub task: String,
    /// Who started it.
    pub started_by: String,
    /// When, epoch milliseconds.
    pub created_ms: i64,
}

/// A place where tasks run. All methods may be called at any time, from several launchers, and again after a crash.
///
/// The driver calls `freeze` once at submission; `start` with the same launch until it has an answer other than `Unknown`; `observe` for
/// all tasks together; `stop` until the task is seen to have ended. Nothing is torn down: a task that has ended is the platform's to forget.
#[async_trait]
pub trait Runner: Send + Sync {
    /// For people and metrics.
    fn name(&self) -> &'static str;

    /// What a request must pin so that it is the same request later, or why the platform would not take it.
    async fn freeze(&self, _launch: &Launch) -> Result<BTreeMap<String, String>, StartError> {
        Ok(BTreeMap::new())
    }

    /// Starts a task, once per token.
    async fn start(&self, launch: &Launch) -> Result<String, StartError>;

    /// Tasks with this `started_by` that have not ended, as far as the platform shows them yet.
    async fn find(&self, started_by: &str) -> Result<Vec<String>, Unavailable>;

    /// Tasks with this `started_by` that have ended and are remembered yet: asked once, before a task is taken not to exist.
    async fn find_ended(&self, _started_by: &str) -> Result<Vec<String>, Unavailable> {
        Ok(Vec::new())
    }

    /// News of tasks, in their order.
    async fn observe(&self, tasks: &[String]) -> Result<Vec<News>, Unavailable>;

    /// Asks a task to end: a signal, a pause to tidy up, then by force. A task that is gone is stopped.
    async fn stop(&self, task: &str, reason: &str) -> Result<(), Unavailable>;

    /// All tasks of ours that have not ended.
    async fn list(&self) -> Result<Vec<Listed>, Unavailable>;

    /// Last lines of what a task printed.
    async fn logs(&self, task: &str, lines: usize) -> Result<Vec<String>, Unavailable>;

    /// Whether tasks could start now; the reason if not.
    async fn ready(&self) -> Result<(), Unavailable> {
        Ok(())
    }
}

/// Names of the task contract.
pub mod env {
    /// Id of the run.
    pub const RUN_ID: &str = "QUIETWAY_RUN_ID";
    /// The fence.
    pub const GENERATION: &str = "QUIETWAY_GENERATION";
    /// Where to report.
    pub const PROGRESS_URL: &str = "QUIETWAY_PROGRESS_URL";
    /// With what.
    pub const PROGRESS_TOKEN: &str = "QUIETWAY_PROGRESS_TOKEN";
}

/// The request of the current attempt of a run. `place` turns keys of the object store into what the task opens.
pub fn launch(run: &Run, token: &str, place: &dyn Fn(&str) -> String) -> Launch {
    let request = &run.request;
    let mut args = vec!["run".to_owned(), "--boundary".into(), place(&request.boundary)];
    args.extend(["--out".to_owned(), place(&run.result_prefix())]);
    args.extend(request.suite.iter().flat_map(|key| ["--suite".to_owned(), place(key)]));
    args.extend(request.args.iter().cloned());
    let mut env = BTreeMap::from([
        (env::RUN_ID.to_owned(), run.id.clone()),
        (env::GENERATION.to_owned(), run.generation.to_string()),
    ]);
    if let Some(url) = &request.progress_url {
        env.insert(env::PROGRESS_URL.into(), url.clone());
        env.insert(env::PROGRESS_TOKEN.into(), token.to_owned());
    }
    Launch {
        token: run.client_token(),
        started_by: run.started_by(),
        args,
        env,
        on_demand: run.on_demand,
        platform: request.platform.clone(),
    }
}
