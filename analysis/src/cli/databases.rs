//! Databases, and the client's analyses in them.

use crate::layers::Group;
use crate::store::postgis::SchemaName;
use clap::{Args, Subcommand, ValueEnum};
use std::path::PathBuf;

/// What to do with the runs in a database. Schemas without Quietway's mark are never touched.
#[derive(Debug, Subcommand)]
pub enum DbCommand {
    /// List the runs, newest first: schema, time, size, edition, place
    List(DbArgs),
    /// Remove a run
    Drop {
        /// Its schema
        #[arg(value_name = "NAME")]
        schema: String,
        #[command(flatten)]
        #[allow(missing_docs)]
        database: DbArgs,
    },
    /// Remove all runs but the newest, and what broken runs have left
    Prune {
        /// How many runs are kept
        #[arg(long, value_name = "N")]
        keep: usize,
        #[command(flatten)]
        #[allow(missing_docs)]
        database: DbArgs,
    },
}

/// Which database.
#[derive(Debug, Args)]
pub struct DbArgs {
    /// PostgreSQL database: postgres://user@host:port/database
    #[arg(long, value_name = "URL", env = "DATABASE_URL", hide_env_values = true)]
    pub database_url: Secret,
}

/// A text that may hold a password: never shown.
#[derive(Clone)]
pub struct Secret(pub String);

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("(secret)")
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self(text)
    }
}

/// What goes into the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[allow(missing_docs)]
pub enum PublishArg {
    Inputs,
    Network,
    Scores,
    Pairs,
    Osm,
}

impl From<PublishArg> for Group {
    fn from(arg: PublishArg) -> Self {
        match arg {
            PublishArg::Inputs => Self::Inputs,
            PublishArg::Network => Self::Network,
            PublishArg::Scores => Self::Scores,
            PublishArg::Pairs => Self::Pairs,
            PublishArg::Osm => Self::Osm,
        }
    }
}

/// About the database.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Database")]
pub struct DatabaseArgs {
    /// PostgreSQL database with PostGIS that the results go into, instead of a GeoPackage: postgres://user@host:port/database
    #[arg(long, value_name = "URL", env = "DATABASE_URL", hide_env_values = true)]
    pub database_url: Option<Secret>,

    /// Schema of the results in it; by default `quietway_` and the run's id
    #[arg(long, value_name = "NAME")]
    pub schema: Option<SchemaName>,

    /// Id of the run, for the schema's name and comment [default: made from time and chance]
    #[arg(long, value_name = "ID", env = "QUIETWAY_RUN_ID", value_parser = run_id)]
    pub run_id: Option<String>,
}

/// About the client's own analyses.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Analyses")]
pub struct AnalysesArgs {
    /// Run the SQL files and commands of a folder on the results, in the order of their names (docs/analyses.md); or the SQL files of a
    /// zip, which may be s3://bucket/key
    #[arg(long, value_name = "FOLDER")]
    pub analyses: Option<PathBuf>,

    /// Login of the analyses in the database of --database-url; it may read one run and write to a schema of its own
    #[arg(long, value_name = "URL", env = "ANALYSES_DATABASE_URL", hide_env_values = true)]
    pub analyses_database_url: Option<Secret>,

    /// Let the analyses do in the database whatever the run may
    #[arg(long)]
    pub trust_analyses: bool,

    /// Run only the analyses, on the finished results of --from
    #[arg(long, requires = "analyses", requires = "from", conflicts_with_all = OF_WHOLE_RUNS)]
    pub analyses_only: bool,

    /// Check headers and statements against empty tables, then stop
    #[arg(
        long,
        requires = "analyses",
        conflicts_with = "analyses_only",
        conflicts_with = "boundary",
        conflicts_with = "osm"
    )]
    pub check_analyses: bool,
}

/// What means nothing when only analyses run.
const OF_WHOLE_RUNS: [&str; 15] = [
    "population_raster",
    "boundary",
    "osm",
    "blocks",
    "jobs",
    "edition",
    "suite",
    "pairs",
    "publish",
    "until",
    "layout",
    "no_inputs",
    "attribution",
    "provenance",
    "dry_run",
];

fn run_id(text: &str) -> Result<String, String> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    match (1..=50).contains(&text.len()) && text.bytes().all(plain) {
        true => Ok(text.to_owned()),
        false => Err("expected up to 50 letters, digits and -_.".into()),
    }
}
