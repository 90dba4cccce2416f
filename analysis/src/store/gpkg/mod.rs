//! # GeoPackage — layers into one file
//! In:   [`Layers`]                         Out:  a GeoPackage 1.3 file
//! Touches: one file, SQL                   Does not know: what a column means, other formats
//! Source: OGC 12-128r17 (GeoPackage 1.3)

mod describe;
pub mod read;
mod rtree;
mod schema;
mod shapes;
mod styles;
mod table;
#[cfg(test)]
mod tests;

use crate::layers::{Layer, Layers};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqliteLockingMode, SqliteSynchronous};
use sqlx::{ConnectOptions, Connection};
use std::path::{Path, PathBuf};

/// Why a GeoPackage could not be written.
#[derive(Debug, thiserror::Error)]
pub enum GeoPackageError {
    /// The file cannot be made: no such folder, no permission, a name SQLite cannot take.
    #[error("cannot create {path}: {source}; choose an output folder that can be written")]
    Create {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
    /// The file was made but not completed: the disk is full or went away, or a layer cannot be a table.
    #[error("cannot write {path}: {reason}; check the free space of that disk")]
    Write {
        /// The file, left incomplete.
        path: PathBuf,
        /// SQLite's reason.
        reason: String,
    },
}

/// Writes every layer with `exports.database` to a GeoPackage at `path`: geometry in WGS 84 with a spatial index, lists as JSON
/// text, tables without geometry as attributes; what a column means stands in `gpkg_data_columns`.
///
/// `path` is a temporary name: what stands there is replaced, and an incomplete file stays behind an error.
/// Equal layers give equal bytes: nothing of the clock or the machine is written.
///
/// # Errors
/// See [`GeoPackageError`].
pub async fn publish(path: &Path, layers: &Layers) -> Result<(), GeoPackageError> {
    let create = |source| GeoPackageError::Create { path: path.to_owned(), source };
    // SQLite takes names beginning with `file:` for addresses; an absolute one never begins so.
    let absolute = std::path::absolute(path).map_err(create)?;
    if absolute.to_str().is_none() {
        return Err(create(std::io::Error::new(std::io::ErrorKind::InvalidInput, "the name is not valid UTF-8")));
    }
    std::fs::File::create(&absolute).map_err(create)?;
    write(&absolute, layers)
        .await
        .map_err(|error| GeoPackageError::Write { path: path.to_owned(), reason: plain_reason(&error) })
}

/// Adds layers to a GeoPackage that [`publish`] has just written: what analyses have made.
///
/// # Errors
/// See [`GeoPackageError`].
pub async fn add(path: &Path, layers: &[Layer]) -> Result<(), GeoPackageError> {
    let fault = |error: sqlx::Error| GeoPackageError::Write { path: path.to_owned(), reason: plain_reason(&error) };
    let absolute =
        std::path::absolute(path).map_err(|source| GeoPackageError::Create { path: path.to_owned(), source })?;
    let mut database = options(&absolute).connect().await.map_err(fault)?;
    let mut transaction = database.begin().await.map_err(fault)?;
    for layer in layers {
        table::write(&mut transaction, layer).await.map_err(fault)?;
    }
    transaction.commit().await.map_err(fault)?;
    database.close().await.map_err(fault)
}

/// A value of `run_parameters` in a finished GeoPackage; `None` when it is not there.
///
/// # Errors
/// The file cannot be read, or is none of ours.
pub async fn parameter(path: &Path, key: &str) -> Result<Option<String>, String> {
    let options = SqliteConnectOptions::new().filename(path).read_only(true).disable_statement_logging();
    let mut database = options.connect().await.map_err(|error| plain_reason(&error))?;
    let value = sqlx::query_scalar("SELECT value FROM run_parameters WHERE key = ?").bind(key);
    value.fetch_optional(&mut database).await.map_err(|error| plain_reason(&error))
}

/// Nobody else knows the file yet, so neither journal nor flush protects it.
fn options(path: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .page_size(4096)
        .journal_mode(SqliteJournalMode::Off)
        .synchronous(SqliteSynchronous::Off)
        .locking_mode(SqliteLockingMode::Exclusive)
        .foreign_keys(false)
        .disable_statement_logging()
}

/// Fills the file.
async fn write(path: &Path, layers: &Layers) -> Result<(), sqlx::Error> {
    let mut database = options(path).connect().await?;
    let mut transaction = database.begin().await?;
    schema::write(&mut transaction, layers.srid).await?;
    for layer in layers.tables.iter().filter(|layer| layer.exports.database) {
        table::write(&mut transaction, layer).await?;
    }
    describe::views(&mut transaction, layers).await?;
    styles::write(&mut transaction, layers).await?;
    transaction.commit().await?;
    database.close().await
}

/// Runs statements without values.
async fn run(database: &mut SqliteConnection, sql: String) -> Result<(), sqlx::Error> {
    sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).execute(database).await.map(|_| ())
}

/// SQLite's own words without the wrapping.
fn plain_reason(error: &sqlx::Error) -> String {
    match error {
        sqlx::Error::Database(inner) => inner.message().to_owned(),
        other => other.to_string(),
    }
}
