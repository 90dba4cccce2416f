//! # Store — what the launcher knows, in a database
//! In:   runs as they shall be             Out:  runs as they are
//! Touches: SQLite or PostgreSQL           Does not know: HTTP, AWS, what a state means
//!
//! Promise (a) and (c) of the launcher are kept here: one current run per organisation, and only that one is published.

pub mod accounts;
mod memory;
#[cfg(test)]
mod postgres;
mod rows;
mod schema;
mod sql;
mod submit;
#[cfg(test)]
mod tests;

pub use memory::Memory;
pub use sql::Sql;

use crate::run::{Event, Run};
use crate::state::{Rules, Step};
use async_trait::async_trait;

/// Why the store did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// It does not answer, or says no for no reason of ours.
    #[error("the database does not answer: {0}")]
    Unavailable(String),
    /// No such organisation.
    #[error("there is no organisation {0}")]
    NoOrg(String),
    /// There is one already.
    #[error("there is an organisation {0} already")]
    OrgExists(String),
    /// What it holds cannot be read by this version.
    #[error("the database holds what this version cannot read ({0}); use the launcher that wrote it, or a newer one")]
    Unreadable(String),
}

/// What is submitted.
#[derive(Clone, Debug)]
pub struct Submission {
    /// Without generation and links to other runs, which the store finds.
    pub run: Run,
    /// Not while a run is active.
    pub reject_if_active: bool,
    /// Only if this is the current run (inner none: only if there is no active one).
    pub expected_current: Option<Option<String>>,
    /// Key of the client and fingerprint of what it sent.
    pub idempotency: Option<Idempotency>,
    /// Most submissions of the organisation in an hour.
    pub hourly_limit: Option<i64>,
}

/// So that a repeated request is the same request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Idempotency {
    /// As the client sent it.
    pub key: String,
    /// SHA-256 of the request.
    pub fingerprint: String,
    /// Forgotten after.
    pub expires_ms: i64,
}

/// What became of a submission.
#[derive(Clone, Debug, PartialEq)]
pub enum Submitted {
    /// A new run.
    New(Box<Run>),
    /// The run of an earlier request with the same key.
    Same(Box<Run>),
    /// Same key, other request.
    OtherRequest,
    /// A run is active, or another than expected is current.
    Active(Box<Run>),
    /// Another than expected is current: none.
    NotCurrent,
    /// Too many in the last hour.
    TooMany,
}

impl Submitted {
    /// For metrics.
    pub fn outcome(&self) -> &'static str {
        match self {
            Self::New(run) if run.supersedes.is_some() => "superseding",
            Self::New(_) => "new",
            Self::Same(_) => "repeated",
            Self::OtherRequest | Self::Active(_) | Self::NotCurrent | Self::TooMany => "refused",
        }
    }
}

/// An organisation.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
pub struct Org {
    /// Letters, digits and hyphens.
    pub id: String,
    /// Counts submissions.
    pub generation: i64,
    /// The newest run.
    pub current_run: Option<String>,
    /// The run whose results are visible.
    pub published_run: Option<String>,
    /// Epoch milliseconds.
    pub created_ms: i64,
    /// To be deleted once its tasks have stopped.
    pub deleted_ms: Option<i64>,
}

/// The runs. Every method is one transaction: it happens whole or not at all, and `save`, `publish` only if the run is still the one that was read
/// (its version). All may be repeated after a crash. One contract test runs on all implementations.
#[async_trait]
pub trait RunStore: Send + Sync {
    /// Adds an organisation.
    async fn add_org(&self, id: &str, now_ms: i64) -> Result<(), StoreError>;

    /// An organisation, also one to be deleted.
    async fn org(&self, id: &str) -> Result<Option<Org>, StoreError>;

    /// Intent, in one transaction: next generation, the old run is superseded, the new one is current.
    async fn submit(&self, submission: &Submission, rules: &Rules) -> Result<Submitted, StoreError>;

    /// A run.
    async fn run(&self, id: &str) -> Result<Option<Run>, StoreError>;

    /// Writes the next version of a run with its event; false when it is no longer the one that was read.
    /// The driver looks at it again at `due_ms`; at the end of a run those of its organisation that wait are looked at at once.
    async fn save(&self, step: &Step, due_ms: i64) -> Result<bool, StoreError>;

    /// As `save`, and makes the run the published one, if it is still the current one and wanted.
    async fn publish(&self, step: &Step) -> Result<bool, StoreError>;

    /// Runs to look at, oldest first, at most `limit`; not given to anybody else for `lease_ms`.
    async fn claim(&self, now_ms: i64, lease_ms: i64, limit: i64) -> Result<Vec<Run>, StoreError>;

    /// Look at a run at that time; no change, no event. A wish that came in meanwhile is looked at at once all the same.
    async fn postpone(&self, id: &str, due_ms: i64) -> Result<(), StoreError>;

    /// Runs of the organisation, older than `generation`, that have not ended.
    async fn older_active(&self, org: &str, generation: i64) -> Result<Vec<Run>, StoreError>;

    /// How many runs may have a task.
    async fn tasks(&self) -> Result<i64, StoreError>;

    /// Events of a run after a version.
    async fn events(&self, run: &str, after: i64) -> Result<Vec<Event>, StoreError>;
}
