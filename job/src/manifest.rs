//! `manifest.json`: written last, so a folder without one is not a result. `docs/manifest.schema.json` describes it.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Name of the file.
pub const FILE_NAME: &str = "manifest.json";

/// Version of the layout below; grows when a field changes its meaning or goes.
pub const SCHEMA_VERSION: u32 = 1;

/// What a run was asked, what it read and what it made.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// [`SCHEMA_VERSION`].
    pub schema_version: u32,
    /// The binary that made it.
    pub tool: Tool,
    /// The launcher's run that made it, if a launcher started it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub run: Option<RunRef>,
    /// Edition of the method: `current` or `reference`.
    pub edition: String,
    /// Name of the place.
    pub place: String,
    /// The suite used.
    pub suite: SuiteUsed,
    /// All parameters, as given or by default.
    pub parameters: BTreeMap<String, serde_json::Value>,
    /// Files read.
    pub inputs: Vec<Input>,
    /// Stages in order.
    pub stages: Vec<Stage>,
    /// Peak resident memory of the process, bytes; 0 where the system does not tell.
    pub peak_memory_bytes: u64,
    /// What the user should know: repairs, oddities of the input, assumptions.
    pub notes: Vec<String>,
    /// The scores of the summary.
    pub summary: Summary,
    /// The schema of a PostgreSQL database that holds the results too.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub database: Option<DatabaseUsed>,
    /// The client's analyses, in the order in which they ran.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub analyses: Vec<AnalysisRun>,
    /// Files made, by name.
    pub artifacts: Vec<Artifact>,
}

/// Where results are in a database.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DatabaseUsed {
    /// Database, host and port; neither user nor password.
    pub server: String,
    /// The schema.
    pub schema: String,
    /// Id of the run, as in the schema's comment.
    pub run: String,
    /// Rows of each table.
    pub tables: BTreeMap<String, u64>,
}

/// What became of an analysis of the client.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AnalysisRun {
    /// Name of its file, without the ending.
    pub name: String,
    /// For people.
    pub title: String,
    /// How it ended.
    pub state: AnalysisState,
    /// Why it failed: file, line, the database's words.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub error: Option<String>,
    /// Tables that it made.
    pub outputs: Vec<String>,
    /// Wall seconds.
    pub seconds: f64,
}

/// How an analysis ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AnalysisState {
    /// Its tables are among the results.
    Done,
    /// It left nothing.
    Failed,
    /// It is for the other database.
    Skipped,
}

/// Name and version of the binary.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Tool {
    /// `quietway`.
    pub name: String,
    /// Version.
    pub version: String,
}

/// A run of a launcher.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunRef {
    /// Its id.
    pub id: String,
    /// Grows with every run of an organisation.
    pub generation: i64,
}

/// The suite of a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SuiteUsed {
    /// Its name.
    pub name: String,
    /// SHA-256 of its text.
    pub sha256: String,
}

/// A file read.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Input {
    /// `boundary`, `osm`, `blocks`, `population` (a raster), `jobs`, `speeds`, `suite`.
    pub role: String,
    /// File name without folders.
    pub name: String,
    /// Size.
    pub bytes: u64,
    /// Of the content, hexadecimal.
    pub sha256: String,
    /// OSM: replication time stamp of the header, seconds since 1970.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub timestamp: Option<i64>,
    /// Where it was fetched from; none of a file of the user.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub url: Option<String>,
    /// Its licence, as an SPDX id where there is one; of fetched files.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub licence: Option<String>,
    /// What the publisher asks to be written beside the results; of fetched files.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub attribution: Option<String>,
    /// Day on which its publisher changed it last (UTC, `YYYY-MM-DD`); of fetched files, where the server says it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub date: Option<String>,
}

/// Where the data of a run came from and what was odd about them: kept beside the saved inputs, which are copies.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Provenance {
    /// The files that were read first.
    pub inputs: Vec<Input>,
    /// Repairs and oddities found in them, in sentences.
    pub notes: Vec<String>,
}

/// A stage of the run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Stage {
    /// Its id.
    pub name: String,
    /// Wall seconds.
    pub seconds: f64,
    /// Rows, segments, pairs … it made.
    pub counts: BTreeMap<String, u64>,
    /// Peak resident memory at its end, bytes.
    pub peak_memory_bytes: u64,
}

/// What the table at the end shows.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// The overall score, then one a group of the suite.
    pub scores: Vec<SummaryScore>,
    /// People in the blocks of the boundary.
    pub population: Option<f64>,
    /// Directional miles of low-stress streets inside the boundary.
    pub low_stress_miles: Option<f64>,
    /// Directional miles of high-stress streets inside the boundary.
    pub high_stress_miles: Option<f64>,
    /// Share of residential street length whose speed was assumed, 0–1.
    pub assumed_speed_share: f64,
}

/// A score of the table.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SummaryScore {
    /// `overall_score` or the group's id.
    pub id: String,
    /// For people.
    pub title: String,
    /// Between 0 and 100; none when nothing can be reached.
    pub value: Option<f64>,
}

/// A file made.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Artifact {
    /// Path inside the result folder, with `/`.
    pub path: String,
    /// Size.
    pub bytes: u64,
    /// Of the content, hexadecimal.
    pub sha256: String,
}
