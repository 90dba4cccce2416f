//! # Analyses — the client's own questions to the graph and the imported data
//! In:   published tables, a folder of SQL files and commands      Out:  more [`Layer`]s, and what failed
//! Touches: the database, programs of the client                   Does not know: how results came about, exports, tiles
//! Source: docs/analyses.md; PostgreSQL 15 "Privileges"; sqlite.org "Compile-Time Authorization Callbacks"
//!
//! Analyses run one after the other, in the order of their names. Each file is one transaction; a later one sees what the earlier ones
//! made. One that fails leaves nothing and stops no other.

mod command;
mod error;
mod files;
mod header;
mod postgres;
mod rows;
mod sqlite;
mod statements;

pub use error::{AnalysesError, Failure};
pub use files::{Analysis, load};
pub use header::{Header, Need, Output};

use crate::layers::Layer;
use crate::model::Utm;
use crate::store::postgis::Database;
use command::Given;
use files::Work;
use quietway_job::manifest::{AnalysisRun, AnalysisState};
use std::path::Path;
use std::time::Instant;
use tokio::runtime::Handle;

/// Whose SQL it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// GeoPackage.
    Sqlite,
    /// PostGIS.
    Postgres,
}

/// As whom analyses come to PostgreSQL; each with the address that commands are given.
#[derive(Clone, Debug)]
pub enum Login {
    /// A login of their own, which may read one run and write to one room.
    Own(Database, String),
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
    /// Its layers; none when it is for the other database.
    pub result: Result<Option<Vec<Layer>>, Failure>,
}

impl Outcome {
    /// For the manifest.
    pub fn record(&self) -> AnalysisRun {
        let (state, error, outputs) = match &self.result {
            Ok(Some(layers)) => (AnalysisState::Done, None, layers.iter().map(|layer| layer.name.clone()).collect()),
            Ok(None) => (AnalysisState::Skipped, None, Vec::new()),
            Err(failure) => (AnalysisState::Failed, Some(failure.to_string()), Vec::new()),
        };
        AnalysisRun { name: self.name.clone(), title: self.title.clone(), state, error, outputs, seconds: self.seconds }
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
pub fn run(analyses: &[Analysis], bridge: &Bridge<'_>, projection: Utm, runtime: &Handle) -> Result<Vec<Outcome>, AnalysesError> {
    let room = Room::open(bridge, runtime)?;
    let outcomes = analyses.iter().map(|analysis| one(analysis, &room, projection, runtime)).collect();
    room.close(runtime)?;
    Ok(outcomes)
}

fn one(analysis: &Analysis, room: &Room, projection: Utm, runtime: &Handle) -> Outcome {
    let start = Instant::now();
    let result = match (analysis.is_for(room.dialect()), &analysis.work) {
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
    };
    let (name, title) = (analysis.name.clone(), analysis.header.title.clone());
    Outcome { name, title, seconds: start.elapsed().as_secs_f64(), result }
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
    Postgres(postgres::Room),
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
                Self { place: Place::Postgres(room), address: address.clone(), schema: Some((*schema).to_owned()) }
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
