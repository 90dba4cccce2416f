//! Progress of a run, as events. `--progress json` prints one a line; a launcher may receive the same.

use serde::{Deserialize, Serialize};

/// Something happened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    /// Before anything is done: the stages to come.
    Plan {
        /// Stage ids in order.
        stages: Vec<String>,
    },
    /// A stage begins.
    Started {
        /// Stage id.
        stage: String,
        /// Share of the stages already done, 0–1.
        fraction: f64,
    },
    /// A stage is done.
    Finished {
        /// Stage id.
        stage: String,
        /// Wall seconds.
        seconds: f64,
        /// What it made, for people.
        what: String,
        /// Share of the stages done, 0–1.
        fraction: f64,
    },
    /// A download begins, goes on (at most once a second) or is done.
    Download {
        /// What is fetched.
        url: String,
        /// Here by now.
        bytes: u64,
        /// Its size, as far as it is known.
        total_bytes: Option<u64>,
    },
    /// Something the user should know.
    Note {
        /// A sentence.
        text: String,
    },
}
