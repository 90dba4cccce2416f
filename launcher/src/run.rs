//! # Run — what one analysis of an organisation is, from submission to its end
//! Touches: memory only                    Does not know: SQL, HTTP, AWS

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Where a run stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// For the old run to stop, or for capacity.
    Waiting,
    /// A task was asked for.
    Starting,
    /// The task runs.
    Running,
    /// On the way to an early end.
    Stopping,
    /// Published.
    Succeeded,
    /// Ended without a result; the reason says why.
    Failed,
    /// A newer run took its place.
    Superseded,
    /// Somebody stopped it.
    Cancelled,
}

impl State {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Waiting,
        Self::Starting,
        Self::Running,
        Self::Stopping,
        Self::Succeeded,
        Self::Failed,
        Self::Superseded,
        Self::Cancelled,
    ];

    /// Nothing follows.
    pub fn is_final(self) -> bool {
        matches!(self, Self::Succeeded | Self::Failed | Self::Superseded | Self::Cancelled)
    }

    /// As in JSON and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Starting => "starting",
            Self::Running => "running",
            Self::Stopping => "stopping",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::Superseded => "superseded",
            Self::Cancelled => "cancelled",
        }
    }
}

/// Why a run failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// Boundary, suite or another input cannot be used.
    Input,
    /// A data source could not be reached.
    Source,
    /// The task needed more memory than it had.
    OutOfMemory,
    /// The task did not start.
    Start,
    /// The task vanished without a result.
    Lost,
    /// It ended well, but its results are not all there.
    Incomplete,
    /// It ran longer than allowed.
    TimeLimit,
    /// The analysis itself.
    Analysis,
}

/// Why a task shall stop before it is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ending {
    /// A newer run is there.
    Superseded,
    /// Somebody wants it.
    Cancelled,
    /// It never began to run; another attempt follows.
    StartTimeout,
    /// It runs longer than allowed.
    TimeLimit,
}

impl Ending {
    /// Whether the run itself is no longer wanted.
    pub fn is_wish(self) -> bool {
        matches!(self, Self::Superseded | Self::Cancelled)
    }
}

/// What a waiting run waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum WaitingFor {
    /// The organisation's older run to stop.
    OldRun,
    /// Room for another task, here or on the platform.
    Capacity,
}

/// How often an attempt failed, by kind.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Retries {
    /// It did not start.
    pub start: u32,
    /// The platform took its machine away.
    pub interrupted: u32,
    /// It vanished.
    pub lost: u32,
    /// There was no capacity.
    pub capacity: u32,
}

/// What the task is asked to do: frozen at submission, so that a repeated call is the same call.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    /// Key of the boundary in the object store.
    pub boundary: String,
    /// Key of the suite, if not the built-in one.
    pub suite: Option<String>,
    /// Key of the bundle of analyses.
    #[serde(default)]
    pub analyses: Option<String>,
    /// Whether tasks publish to a database too, each attempt to a schema of its own.
    #[serde(default)]
    pub database: bool,
    /// Arguments of `quietway run` besides those.
    pub args: Vec<String>,
    /// Where the task reports to; no URL, no reports.
    pub progress_url: Option<String>,
    /// What the platform needs pinned, by name (task definition revision, …).
    pub platform: BTreeMap<String, String>,
}

/// What tasks used, summed over attempts.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Usage {
    /// Seconds that tasks ran.
    pub seconds: f64,
    /// Virtual processors times seconds.
    pub vcpu_seconds: f64,
    /// Gigabytes times seconds.
    pub gb_seconds: f64,
    /// In the currency of the configured prices.
    pub price: f64,
}

/// What an hour costs, in any currency.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Prices {
    /// Of a virtual processor.
    pub vcpu: f64,
    /// Of a gigabyte of memory.
    pub gb: f64,
}

impl Usage {
    /// Of one task that had so many processors and gigabytes for so many seconds.
    pub fn of(seconds: f64, vcpus: f64, gigabytes: f64, prices: Prices) -> Self {
        let (vcpu_seconds, gb_seconds) = (seconds * vcpus, seconds * gigabytes);
        let price = (vcpu_seconds * prices.vcpu + gb_seconds * prices.gb) / 3600.0;
        Self { seconds, vcpu_seconds, gb_seconds, price }
    }
}

/// A run. One row; its `version` counts changes, and every change is an event.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Run {
    /// UUID, version 7.
    pub id: String,
    /// Whose it is.
    pub org: String,
    /// Grows with every submission of the organisation: the fence.
    pub generation: i64,
    /// Counts changes.
    pub version: i64,
    /// Where it stands.
    pub state: State,
    /// When it came to stand there, epoch milliseconds.
    #[serde(default)]
    pub entered_ms: i64,
    /// Why it shall stop early.
    pub ending: Option<Ending>,
    /// For people.
    pub name: Option<String>,
    /// Submitted parameters, as given.
    pub parameters: BTreeMap<String, serde_json::Value>,
    /// What the task is asked.
    pub request: Request,
    /// Who submitted it (key id).
    pub actor: String,
    /// The run it took the place of.
    pub supersedes: Option<String>,
    /// The run that took its place.
    pub superseded_by: Option<String>,
    /// SHA-256 of the task's token.
    pub token_sha256: String,

    /// Attempts sent so far; 0 = none ever.
    pub attempt: u32,
    /// When this attempt was first sent, epoch milliseconds; written before the call.
    pub sent_ms: Option<i64>,
    /// When the task became known: the call that started it may have been a later one than the first.
    #[serde(default)]
    pub answered_ms: Option<i64>,
    /// Whether a task of the last attempt may exist.
    pub may_exist: bool,
    /// The task, once known.
    pub task: Option<String>,
    /// Last version seen of it: newer knowledge wins.
    pub task_version: i64,
    /// Whether the platform has ever described it.
    pub task_seen: bool,
    /// When it began to run.
    pub running_ms: Option<i64>,
    /// When it was first to be stopped.
    pub stop_wanted_ms: Option<i64>,
    /// When the platform was last asked to stop it.
    pub stop_sent_ms: Option<i64>,
    /// Failed attempts.
    pub retries: Retries,
    /// Not on machines that may be taken away.
    pub on_demand: bool,
    /// Not to be sent before.
    pub not_before_ms: i64,
    /// What it waits for.
    pub waiting_for: Option<WaitingFor>,

    /// Submission, epoch milliseconds.
    pub created_ms: i64,
    /// End.
    pub finished_ms: Option<i64>,
    /// Publication.
    pub published_ms: Option<i64>,
    /// Stage the task last told of.
    pub stage: Option<String>,
    /// Share of the work done.
    pub fraction: f64,
    /// When the task last told of itself.
    pub heard_ms: Option<i64>,
    /// Class of the failure.
    pub reason: Option<Reason>,
    /// In words.
    pub detail: Option<String>,
    /// Published all the same.
    pub warning: Option<String>,
    /// Of the last task.
    pub exit_code: Option<i32>,
    /// What tasks used.
    pub usage: Usage,
    /// Prefix of the published results.
    pub prefix: Option<String>,
}

impl Run {
    /// A run just submitted.
    pub fn new(id: String, org: String, generation: i64, now_ms: i64) -> Self {
        Self {
            id,
            org,
            generation,
            version: 1,
            state: State::Waiting,
            entered_ms: now_ms,
            ending: None,
            name: None,
            parameters: BTreeMap::new(),
            request: Request::default(),
            actor: String::new(),
            supersedes: None,
            superseded_by: None,
            token_sha256: String::new(),
            attempt: 0,
            sent_ms: None,
            answered_ms: None,
            may_exist: false,
            task: None,
            task_version: 0,
            task_seen: false,
            running_ms: None,
            stop_wanted_ms: None,
            stop_sent_ms: None,
            retries: Retries::default(),
            on_demand: false,
            not_before_ms: 0,
            waiting_for: None,
            created_ms: now_ms,
            finished_ms: None,
            published_ms: None,
            stage: None,
            fraction: 0.0,
            heard_ms: None,
            reason: None,
            detail: None,
            warning: None,
            exit_code: None,
            usage: Usage::default(),
            prefix: None,
        }
    }

    /// Nobody wants its result any more.
    pub fn is_unwanted(&self) -> bool {
        self.ending.is_some_and(Ending::is_wish)
    }

    /// Idempotency token of the current attempt: the same call twice starts one task.
    pub fn client_token(&self) -> String {
        format!("{}.{}", self.id, self.attempt)
    }

    /// What the platform remembers of who started the task.
    pub fn started_by(&self) -> String {
        format!("{STARTED_BY}{}/{}", self.id, self.attempt)
    }

    /// Where the results of the current attempt go: made of ids only, never of names.
    pub fn result_prefix(&self) -> String {
        format!("runs/{}/{}-{}/{}", self.org, self.generation, self.id, self.attempt)
    }

    /// Schema of the current attempt in the results' database. One an attempt: a late one never touches what another has published.
    pub fn schema(&self) -> String {
        format!("{SCHEMA}{}_{}", self.id.replace('-', ""), self.attempt)
    }

    /// Where all attempts' results go.
    pub fn folder(&self) -> String {
        format!("runs/{}/{}-{}/", self.org, self.generation, self.id)
    }
}

/// Begin of [`Run::schema`].
pub const SCHEMA: &str = "quietway_";

/// Run and attempt of a schema, if it has such a name.
pub fn parse_schema(name: &str) -> Option<(String, u32)> {
    let (run, attempt) = name.strip_prefix(SCHEMA)?.split_once('_')?;
    Some((uuid::Uuid::try_parse(run).ok()?.to_string(), attempt.parse().ok()?))
}

/// Begin of [`Run::started_by`].
pub const STARTED_BY: &str = "quietway/";

/// Run and attempt of a `startedBy`, if it is ours.
pub fn parse_started_by(text: &str) -> Option<(&str, u32)> {
    let (run, attempt) = text.strip_prefix(STARTED_BY)?.split_once('/')?;
    Some((run, attempt.parse().ok()?))
}

/// A change of a run, for people and programs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Event {
    /// Version of the run that it made.
    pub version: i64,
    /// Epoch milliseconds.
    pub at_ms: i64,
    /// State after it.
    pub state: State,
    /// What happened.
    pub cause: String,
    /// Who: a key's id, `driver`, `task`.
    pub actor: String,
    /// Stage of the analysis.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub stage: Option<String>,
    /// Share of the work done.
    pub fraction: f64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn started_by_names_run_and_attempt() {
        let mut run = Run::new("0197-a".into(), "springfield".into(), 3, 0);
        run.attempt = 2;
        assert_eq!(run.started_by(), "quietway/0197-a/2");
        assert_eq!(parse_started_by(&run.started_by()), Some(("0197-a", 2)));
        assert_eq!(parse_started_by("somebody/0197-a/2"), None);
        assert_eq!(run.result_prefix(), "runs/springfield/3-0197-a/2");
    }

    #[test]
    fn schemas_name_run_and_attempt() {
        let id = "0197c2a4-5f3e-7000-8000-0123456789ab";
        let run = Run { attempt: 2, ..Run::new(id.into(), "springfield".into(), 3, 0) };
        assert_eq!(run.schema(), "quietway_0197c2a45f3e700080000123456789ab_2");
        assert_eq!(parse_schema(&run.schema()), Some((id.into(), 2)));
        for other in ["quietway_7", "quietway_org_springfield", "quietway_staging_68a_1", "public", "quietway_"] {
            assert_eq!(parse_schema(other), None, "{other}");
        }
    }

    #[test]
    fn states_are_written_as_in_json() {
        for state in State::ALL {
            assert_eq!(serde_json::to_value(state).unwrap(), state.as_str());
        }
    }
}
