//! What can go wrong with a run, and which exit code says so. One variant a stage; the stage's own error has the sentence.

use crate::analyses::AnalysesError;
use crate::export::s3::S3Error;
use crate::store::postgis::DatabaseError;
use crate::view::ViewError;
use quietway_job::exit::{self, Exit};

/// A failed run.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The suite.
    #[error(transparent)]
    Suite(#[from] crate::suite::SuiteError),
    /// A speed on the command line.
    #[error("{flag}: {what}")]
    Speed {
        /// The flag.
        flag: &'static str,
        /// What is wrong.
        what: String,
    },
    /// An input that is not there.
    #[error("the {role} file {path} does not exist; check the path")]
    NoFile {
        /// Which input.
        role: &'static str,
        /// As given.
        path: String,
    },
    /// An input that could not be read for its checksum.
    #[error("cannot read the {role} file {path}: {cause}")]
    Unreadable {
        /// Which input.
        role: &'static str,
        /// As given.
        path: String,
        /// Why.
        cause: std::io::Error,
    },
    /// The results of `--from`.
    #[error(transparent)]
    Again(#[from] crate::inputs::AgainError),
    /// The boundary.
    #[error(transparent)]
    Boundary(#[from] crate::boundary::BoundaryError),
    /// Something that should be fetched.
    #[error(transparent)]
    Fetch(#[from] crate::fetch::FetchError),
    /// Data that are not to be had.
    #[error(transparent)]
    Acquire(#[from] crate::acquire::AcquireError),
    /// The cache that several machines share.
    #[error("--shared-cache: {0}")]
    SharedCache(S3Error),
    /// OSM, blocks or jobs.
    #[error(transparent)]
    Import(#[from] crate::import::ImportError),
    /// The GeoPackage.
    #[error(transparent)]
    GeoPackage(#[from] crate::store::gpkg::GeoPackageError),
    /// The PostgreSQL database.
    #[error(transparent)]
    Database(#[from] DatabaseError),
    /// The results failed, and the schema could not be taken back.
    #[error("{error}; moreover the schema in the database is complete but could not be withdrawn: {also}")]
    NotWithdrawn {
        /// The first failure.
        error: Box<RunError>,
        /// The second.
        also: DatabaseError,
    },
    /// The client's analyses, before they run.
    #[error(transparent)]
    Analyses(#[from] AnalysesError),
    /// Some of them failed; all else is there.
    #[error("{failed} of {all} analyses failed; all other results are there. The first: {first}")]
    AnalysesFailed {
        /// How many.
        failed: usize,
        /// Of how many.
        all: usize,
        /// What the first one says.
        first: String,
    },
    /// Checked and found bad; what is wrong has been said.
    #[error("{bad} of {all} analyses cannot run")]
    AnalysesBad {
        /// How many.
        bad: usize,
        /// Of how many.
        all: usize,
    },
    /// Results that analyses cannot be run on.
    #[error("--from {from}: {what}")]
    NoResults {
        /// As given.
        from: String,
        /// What is missing, and what to do.
        what: String,
    },
    /// A schema of nothing.
    #[error("--schema names a schema of a database; give --database-url too")]
    SchemaWithoutDatabase,
    /// An id that makes no schema.
    #[error("--run-id makes no name of a schema ({what}); choose a shorter one, or --schema")]
    RunId {
        /// Why.
        what: String,
    },
    /// The layout of the results.
    #[error(transparent)]
    Layout(#[from] crate::export::layout::LayoutError),
    /// Files.
    #[error(transparent)]
    Export(#[from] crate::export::ExportError),
    /// The result folder.
    #[error(transparent)]
    Sink(#[from] crate::export::sink::SinkError),
    /// Tiles.
    #[error(transparent)]
    Tiles(#[from] crate::tiles::TilesError),
    /// A flag about something that is not made.
    #[error(
        "--tiles-gzip is about the files of `--tiles dir`, which is not asked for: add `dir` to --tiles, or leave the flag out"
    )]
    TilesGzip,
    /// The page.
    #[error(transparent)]
    Report(#[from] crate::report::ReportError),
    /// Results to show.
    #[error(transparent)]
    View(#[from] ViewError),
    /// The pool of threads.
    #[error("cannot start {threads} threads: {cause}; try a smaller --threads")]
    Threads {
        /// As given.
        threads: usize,
        /// Why.
        cause: String,
    },
}

impl RunError {
    /// The exit code.
    pub fn exit(&self) -> Exit {
        match self {
            Self::Suite(_) | Self::NoFile { .. } | Self::Unreadable { .. } | Self::Boundary(_) | Self::Import(_) => {
                exit::BAD_INPUT
            }
            Self::Report(error) => match error.is_about_input() {
                true => exit::BAD_INPUT,
                false => exit::CANNOT_WRITE,
            },
            Self::View(ViewError::Port { .. }) => exit::USAGE,
            Self::View(ViewError::Bucket(_)) => exit::UNREACHABLE,
            Self::View(_) => exit::BAD_INPUT,
            Self::Fetch(error) => error.exit(),
            Self::Acquire(error) => error.exit(),
            Self::SharedCache(S3Error::BadAddress { .. }) => exit::USAGE,
            Self::SharedCache(_) => exit::UNREACHABLE,
            Self::Again(error) => error.exit(),
            Self::Speed { .. }
            | Self::Layout(_)
            | Self::TilesGzip
            | Self::SchemaWithoutDatabase
            | Self::RunId { .. } => exit::USAGE,
            Self::Database(DatabaseError::Url { .. }) => exit::USAGE,
            Self::NotWithdrawn { error, .. } => error.exit(),
            Self::AnalysesFailed { .. } | Self::AnalysesBad { .. } => exit::ANALYSIS_FAILED,
            Self::NoResults { .. } => exit::BAD_INPUT,
            Self::Analyses(error) => of_analyses(error),
            Self::Database(_) | Self::GeoPackage(_) | Self::Export(_) | Self::Sink(_) | Self::Tiles(_) => {
                exit::CANNOT_WRITE
            }
            Self::Threads { .. } => exit::INTERNAL,
        }
    }
}

fn of_analyses(error: &AnalysesError) -> Exit {
    match error {
        AnalysesError::Unreadable { .. }
        | AnalysesError::Empty { .. }
        | AnalysesError::Invalid(_)
        | AnalysesError::SameOutput(_)
        | AnalysesError::Bundle { .. } => exit::BAD_INPUT,
        AnalysesError::NoLogin
        | AnalysesError::Powerful { .. }
        | AnalysesError::Login(DatabaseError::Url { .. })
        | AnalysesError::Database(DatabaseError::Url { .. }) => exit::USAGE,
        AnalysesError::Login(_)
        | AnalysesError::Database(_)
        | AnalysesError::GeoPackage(_)
        | AnalysesError::Scratch(_) => exit::CANNOT_WRITE,
    }
}
