//! What can be wrong with analyses: before the run (all of them are refused), and in one of them (the others go on).

use quietway_job::analyses::bundle::BundleError;
use quietway_job::analyses::{Fault, SameOutput};

/// Why the folder of analyses cannot be used: said before the long work.
#[derive(Debug, thiserror::Error)]
pub enum AnalysesError {
    /// Not to be read.
    #[error("cannot read the analyses {path}: {cause}")]
    Unreadable {
        /// Folder or file.
        path: String,
        /// Why.
        cause: std::io::Error,
    },
    /// Nothing there.
    #[error(
        "{path} holds no analysis; its files are named NN-name.sql, NN-name.postgis.sql, NN-name.sqlite.sql or NN-name.toml"
    )]
    Empty {
        /// The folder.
        path: String,
    },
    /// A file that cannot be understood.
    #[error(transparent)]
    Invalid(#[from] Fault),
    /// Two files would make the same table.
    #[error(transparent)]
    SameOutput(#[from] SameOutput),
    /// A zip that cannot be used.
    #[error("{path}: {cause}")]
    Bundle {
        /// The file.
        path: String,
        /// Why.
        cause: BundleError,
    },
    /// Nobody fences the analyses in.
    #[error(
        "the analyses would run with all rights of --database-url; give them a login of their own with --analyses-database-url \
         (scripts/create-analyst-login makes one), or pass --trust-analyses"
    )]
    NoLogin,
    /// The login is no fence.
    #[error("--analyses-database-url logs in as {login}, which {may}; make a login with scripts/create-analyst-login")]
    Powerful {
        /// The login.
        login: String,
        /// What it may.
        may: String,
    },
    /// The login does not come in, or the bridge does not hold.
    #[error("--analyses-database-url: {0}")]
    Login(crate::store::postgis::DatabaseError),
    /// The database of the run.
    #[error(transparent)]
    Database(#[from] crate::store::postgis::DatabaseError),
    /// The GeoPackage that the analyses read.
    #[error(transparent)]
    GeoPackage(#[from] crate::store::gpkg::GeoPackageError),
    /// Room for what they make.
    #[error("cannot make a temporary folder for the analyses: {0}; make room there, or set TMPDIR")]
    Scratch(std::io::Error),
}

/// Why one analysis failed. The sentence names the file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// The database says no to a statement.
    #[error("{file}, line {line}: {message}")]
    Statement {
        /// File name.
        file: String,
        /// Where the statement, or its fault, is.
        line: usize,
        /// The database's words.
        message: String,
    },
    /// Something it needs is not there.
    #[error("{file} needs {what}")]
    Needs {
        /// File name.
        file: String,
        /// What, and what to do.
        what: String,
    },
    /// A table it has declared is missing or cannot be exported.
    #[error("{file}: {what}")]
    Output {
        /// File name.
        file: String,
        /// What, and what to do.
        what: String,
    },
    /// It took too long.
    #[error("{file}, line {line}: stopped after {seconds} s, its time limit; make it faster, or raise `time_limit_s`")]
    Time {
        /// File name.
        file: String,
        /// Line of the statement; 1 for a command.
        line: usize,
        /// The limit.
        seconds: String,
    },
    /// A command that did not do well.
    #[error("{file}: {what}")]
    Command {
        /// File name.
        file: String,
        /// What happened, and its last words.
        what: String,
    },
}
