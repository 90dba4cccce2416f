//! # Analyses — the client's own questions to the graph and the imported data
//! In:   published tables, a folder of SQL files and commands (or a zip of SQL files)     Out:  more [`Layer`]s, and what failed
//! Touches: the database, programs of the client                   Does not know: how results came about, exports, tiles
//! Source: docs/analyses.md; PostgreSQL 15 "Privileges"; sqlite.org "Compile-Time Authorization Callbacks"
//!
//! Analyses run one after the other, in the order of their names. Each file is one transaction; a later one sees what the earlier ones
//! made. One that fails leaves nothing and stops no other.

mod command;
mod error;
mod files;
mod postgres;
mod rows;
mod sqlite;

pub use command::end_all as end_commands;
pub use error::{AnalysesError, Failure};
pub use files::{Analysis, load};
pub use quietway_job::analyses::header::{Header, Need, Output};

use crate::layers::Layer;
use crate::model::Utm;
use crate::store::postgis::Database;
use command::Given;
use files::Work;
use quietway_job::analyses::{Dialect, header, statements};
use quietway_job::manifest::{AnalysisRun, AnalysisState};
use std::path::Path;
use std::time::Instant;
use tokio::runtime::Handle;

/// As whom analyses come to PostgreSQL; each with the address that commands are given.
#[derive(Clone, Debug)]
pub enum Login {
    /// A login of their own, which may read one run and write to one room.
    Own(Box<Database>, String),
    /// The run's own: they may do all that the run may.
    Trusted(String),
}

/// Where the published tables are.
#[derive(Clone, Debug)]
pub enum Bridge<'a> {
    /// A GeoPackage.
    GeoPackage(&'a Path),
    /// A schema.
    Postgres {
        /// Its database, as its owner.
        owner: &'a Database,
        /// Its name.
        schema: &'a str,
        /// The analyses' login.
        login: &'a Login,
    },
}

/// What became of an analysis.
#[derive(Debug)]
pub struct Outcome {
    /// Its name, without the ending of its file.
    pub name: String,
    /// Its title.
    pub title: String,
    /// Wall seconds.
    pub seconds: f64,
    /// Tables that it made.
    pub outputs: Vec<String>,
    /// How it ended.
    pub state: AnalysisState,
    /// Why it failed.
    pub failure: Option<Failure>,
}

/// What analyses have made.
#[derive(Debug, Default)]
pub struct Made {
    /// What became of each, in order.
    pub outcomes: Vec<Outcome>,
    /// The tables of all.
    pub layers: Vec<Layer>,
}

impl Outcome {
    /// For the manifest.
    pub fn record(&self) -> AnalysisRun {
        AnalysisRun {
            name: self.name.clone(),
            title: self.title.clone(),
            state: self.state,
            error: self.failure.as_ref().map(ToString::to_string),
            outputs: self.outputs.clone(),
            seconds: self.seconds,
        }
    }
}

/// Refuses, before the long work, a login that is no fence.
///
/// # Errors
/// [`AnalysesError`].
pub fn check_login(owner: &Database, login: &Login, runtime: &Handle) -> Result<(), AnalysesError> {
    runtime.block_on(postgres::check(owner, login))
}

/// Runs all analyses, one after the other.
///
/// # Errors
/// [`AnalysesError`] when none can run; what fails in one of them is in its [`Outcome`].
pub fn run(
    analyses: &[Analysis],
    bridge: &Bridge<'_>,
    projection: Utm,
    runtime: &Handle,
) -> Result<Made, AnalysesError> {
    let room = Room::open(bridge, runtime)?;
    let mut made = Made::default();
    for analysis in analyses {
        let start = Instant::now();
        let result = one(analysis, &room, projection, runtime);
        let (state, layers, failure) = match result {
            Ok(Some(layers)) => (AnalysisState::Done, layers, None),
            Ok(None) => (AnalysisState::Skipped, Vec::new(), None),
            Err(failure) => (AnalysisState::Failed, Vec::new(), Some(failure)),
        };
        made.outcomes.push(Outcome {
            name: analysis.name.clone(),
            title: analysis.header.title.clone(),
            seconds: start.elapsed().as_secs_f64(),
            outputs: layers.iter().map(|layer| layer.name.clone()).collect(),
            state,
            failure,
        });
        made.layers.extend(layers);
    }
    room.close(runtime)?;
    Ok(made)
}

/// Its layers; none when it is for the other database.
fn one(analysis: &Analysis, room: &Room, projection: Utm, runtime: &Handle) -> Result<Option<Vec<Layer>>, Failure> {
    match (analysis.is_for(room.dialect()), &analysis.work) {
        (false, _) => Ok(None),
        (true, Work::Sql { .. }) => match &room.place {
            Place::Sqlite(room) => runtime.block_on(room.run(analysis, projection)),
            Place::Postgres(room) => runtime.block_on(room.run(analysis, projection)),
        }
        .map(Some),
        (true, Work::Command { .. }) => room
            .given()
            .map_err(|what| Failure::Command { file: analysis.file.clone(), what })
            .and_then(|given| command::run(analysis, &given, projection))
            .map(Some),
    }
}

/// The limit as a sentence has it.
fn seconds(analysis: &Analysis) -> String {
    analysis.header.time_limit_s.to_string()
}

/// A database that is ready for analyses, and what commands are told of it.
struct Room {
    place: Place,
    address: String,
    schema: Option<String>,
}

enum Place {
    Sqlite(sqlite::Room),
    Postgres(Box<postgres::Room>),
}

impl Room {
    fn open(bridge: &Bridge<'_>, runtime: &Handle) -> Result<Self, AnalysesError> {
        Ok(match bridge {
            Bridge::GeoPackage(path) => {
                Self { place: Place::Sqlite(sqlite::Room::new(path)?), address: String::new(), schema: None }
            }
            Bridge::Postgres { owner, schema, login } => {
                let room = runtime.block_on(postgres::Room::open(owner, schema, login))?;
                let (Login::Own(_, address) | Login::Trusted(address)) = login;
                Self {
                    place: Place::Postgres(Box::new(room)),
                    address: address.clone(),
                    schema: Some((*schema).to_owned()),
                }
            }
        })
    }

    fn dialect(&self) -> Dialect {
        match self.place {
            Place::Sqlite(_) => Dialect::Sqlite,
            Place::Postgres(_) => Dialect::Postgres,
        }
    }

    fn given(&self) -> Result<Given, String> {
        let database = match &self.place {
            Place::Sqlite(room) => room.copy()?.to_string_lossy().into_owned(),
            Place::Postgres(_) => self.address.clone(),
        };
        Ok(Given { database, schema: self.schema.clone() })
    }

    fn close(self, runtime: &Handle) -> Result<(), AnalysesError> {
        match self.place {
            Place::Sqlite(_) => Ok(()),
            Place::Postgres(room) => runtime.block_on(room.close()),
        }
    }
}
