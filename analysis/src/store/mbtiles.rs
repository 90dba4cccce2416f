//! Tiles as an MBTiles 1.3 file, which is SQLite: the SQL of it is here, what a tile holds is not.

use sqlx::sqlite::{SqliteArguments, SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqliteSynchronous};
use sqlx::{Arguments, AssertSqlSafe, ConnectOptions, Connection};
use std::path::{Path, PathBuf};

/// A tile.
#[derive(Clone, Copy, Debug)]
pub struct Tile<'a> {
    /// Zoom, column, row from the north.
    pub zxy: (u8, u32, u32),
    /// As stored: compressed.
    pub bytes: &'a [u8],
}

/// Why there is no file.
#[derive(Debug, thiserror::Error)]
#[error("cannot write {path}: {reason}; check the free space of that disk, or leave mbtiles out of --tiles")]
pub struct MbTilesError {
    /// The file, left incomplete.
    path: PathBuf,
    /// SQLite's reason.
    reason: String,
}

/// `MPBX`, the application id of MBTiles.
const TABLES: &str = "
PRAGMA application_id = 0x4d504258;
CREATE TABLE metadata (name TEXT, value TEXT);
CREATE UNIQUE INDEX name ON metadata (name);
CREATE TABLE tiles (zoom_level INTEGER, tile_column INTEGER, tile_row INTEGER, tile_data BLOB);
";

/// Rows of one INSERT.
const ROWS: usize = 256;

/// Writes the file; equal tiles give equal bytes.
///
/// # Errors
/// [`MbTilesError`].
pub async fn write(path: &Path, metadata: &[(&str, String)], tiles: &[Tile<'_>]) -> Result<(), MbTilesError> {
    fill(path, metadata, tiles).await.map_err(|error| MbTilesError { path: path.to_owned(), reason: error.to_string() })
}

async fn fill(path: &Path, metadata: &[(&str, String)], tiles: &[Tile<'_>]) -> Result<(), sqlx::Error> {
    let absolute = std::path::absolute(path).map_err(sqlx::Error::Io)?;
    let mut database = SqliteConnectOptions::new()
        .filename(absolute)
        .create_if_missing(true)
        .page_size(4096)
        .journal_mode(SqliteJournalMode::Off)
        .synchronous(SqliteSynchronous::Off)
        .disable_statement_logging()
        .connect()
        .await?;
    let mut transaction = database.begin().await?;
    sqlx::raw_sql(TABLES).execute(&mut *transaction).await?;
    for (name, value) in metadata {
        let insert = sqlx::query("INSERT INTO metadata VALUES (?, ?)").bind(*name).bind(value);
        insert.execute(&mut *transaction).await?;
    }
    for chunk in tiles.chunks(ROWS) {
        insert(&mut transaction, chunk).await?;
    }
    let index = "CREATE UNIQUE INDEX tile_index ON tiles (zoom_level, tile_column, tile_row)";
    sqlx::raw_sql(index).execute(&mut *transaction).await?;
    transaction.commit().await?;
    database.close().await
}

async fn insert(database: &mut SqliteConnection, tiles: &[Tile<'_>]) -> Result<(), sqlx::Error> {
    let sql = format!("INSERT INTO tiles VALUES {}", vec!["(?, ?, ?, ?)"; tiles.len()].join(","));
    let mut values = SqliteArguments::default();
    for Tile { zxy: (zoom, column, row), bytes } in tiles {
        let from_south = (1_i64 << zoom) - 1 - i64::from(*row);
        let bound = values
            .add(i64::from(*zoom))
            .and_then(|()| values.add(i64::from(*column)))
            .and_then(|()| values.add(from_south))
            .and_then(|()| values.add(bytes.to_vec()));
        bound.map_err(sqlx::Error::Encode)?;
    }
    sqlx::query_with(AssertSqlSafe(sql), values).persistent(tiles.len() == ROWS).execute(database).await.map(|_| ())
}
