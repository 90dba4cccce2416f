//! SQL on a GeoPackage. Its tables are attached for reading only; what analyses make lies in a file of their own, which is forgotten.

mod fence;
mod read;

use super::files::Analysis;
use super::header::Need;
use super::statements::Statement;
use super::{AnalysesError, Dialect, Failure, seconds};
use crate::layers::{Layer, PAIRS};
use crate::model::Utm;
use fence::RUN;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqliteSynchronous};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// Steps of SQLite's machine between two looks at the clock: a microsecond when they are small ones, some rows when each calls a slow function.
const STEPS: i32 = 100;

/// Room for what analyses make, and as much again for their temporary tables: 16 GiB in SQLite's pages of 4096 bytes.
const PAGES_MAX: u32 = 4 << 20;

/// A GeoPackage and the room of the analyses beside it.
pub(super) struct Room {
    geopackage: PathBuf,
    scratch: TempDir,
}

impl Room {
    pub fn new(geopackage: &Path) -> Result<Self, AnalysesError> {
        let geopackage = std::path::absolute(geopackage).map_err(AnalysesError::Scratch)?;
        let scratch = tempfile::Builder::new().prefix("quietway-analyses-").tempdir();
        Ok(Self { geopackage, scratch: scratch.map_err(AnalysesError::Scratch)? })
    }

    /// A copy of the GeoPackage for a command: whatever that does with it, the results stay as they are.
    pub fn copy(&self) -> Result<PathBuf, String> {
        let copy = self.scratch.path().join("copy.gpkg");
        let copied = std::fs::copy(&self.geopackage, &copy);
        copied.map(|_| copy).map_err(|cause| format!("cannot copy the GeoPackage for it: {cause}; make room in TMPDIR"))
    }

    /// Runs one file as one transaction; its tables come back as layers.
    pub async fn run(&self, analysis: &Analysis, projection: Utm) -> Result<Vec<Layer>, Failure> {
        let lost = |error: sqlx::Error| Failure::Output { file: analysis.file.clone(), what: plain(&error) };
        let (mut connection, is_spatial) = self.open(analysis).await?;
        needs(&mut connection, analysis).await?;
        sqlx::raw_sql("BEGIN").execute(&mut connection).await.map_err(lost)?;
        let deadline = Instant::now() + Duration::from_secs_f64(analysis.header.time_limit_s);
        let mut handle = connection.lock_handle().await.map_err(lost)?;
        fence::raise(&mut handle);
        handle.set_progress_handler(STEPS, move || Instant::now() < deadline);
        drop(handle);
        let made = work(&mut connection, analysis, is_spatial, deadline, projection).await;
        let mut handle = connection.lock_handle().await.map_err(lost)?;
        fence::lower(&mut handle);
        handle.remove_progress_handler();
        drop(handle);
        let end = if made.is_ok() { "COMMIT" } else { "ROLLBACK" };
        let ended = sqlx::raw_sql(end).execute(&mut connection).await;
        let layers = made?;
        ended.map_err(lost)?;
        connection.close().await.map_err(lost)?;
        Ok(layers)
    }

    /// A connection whose own file is the analyses' and to which the run's tables are attached; and whether SpatiaLite is there.
    async fn open(&self, analysis: &Analysis) -> Result<(SqliteConnection, bool), Failure> {
        let lost = |error: sqlx::Error| Failure::Output { file: analysis.file.clone(), what: plain(&error) };
        let plainly = || {
            SqliteConnectOptions::new()
                .filename(self.scratch.path().join("made.sqlite"))
                .create_if_missing(true)
                .journal_mode(SqliteJournalMode::Memory)
                .synchronous(SqliteSynchronous::Off)
                .foreign_keys(false)
                .disable_statement_logging()
        };
        let (mut connection, is_spatial) = match fence::with_spatialite(plainly()).connect().await {
            Ok(connection) => (connection, true),
            Err(_) if analysis.header.needs.contains(&Need::Spatialite) => return Err(no_spatialite(analysis)),
            Err(_) => (plainly().connect().await.map_err(lost)?, false),
        };
        if is_spatial {
            // Shapes come and go as GeoPackage has them; the reference systems are needed for ST_Transform.
            let prepare = "SELECT CASE WHEN (SELECT count(*) FROM sqlite_master WHERE name = 'spatial_ref_sys') = 0 \
                           THEN InitSpatialMetaDataFull(1, 'WGS84') END; SELECT EnableGpkgAmphibiousMode()";
            sqlx::raw_sql(prepare).execute(&mut connection).await.map_err(lost)?;
        }
        let path = self.geopackage.to_string_lossy().replace('%', "%25").replace('?', "%3f").replace('#', "%23");
        let attach = format!("ATTACH 'file:{}?mode=ro&immutable=1' AS {RUN}", path.replace('\'', "''"));
        sqlx::raw_sql(AssertSqlSafe(attach)).execute(&mut connection).await.map_err(lost)?;
        let bound = format!("PRAGMA main.max_page_count = {PAGES_MAX}; PRAGMA temp.max_page_count = {PAGES_MAX}");
        sqlx::raw_sql(AssertSqlSafe(bound)).execute(&mut connection).await.map_err(lost)?;
        Ok((connection, is_spatial))
    }
}

fn no_spatialite(analysis: &Analysis) -> Failure {
    // Programs of releases and images are linked statically, so nothing can be loaded into them.
    let what = if cfg!(target_feature = "crt-static") {
        "SpatiaLite, which this program cannot load, being linked statically; use PostgreSQL (--database-url), or build Quietway yourself"
    } else {
        "SpatiaLite, which is not installed here; install it (Debian: libsqlite3-mod-spatialite), or use PostgreSQL (--database-url)"
    };
    Failure::Needs { file: analysis.file.clone(), what: what.into() }
}

/// Says what is not there.
async fn needs(connection: &mut SqliteConnection, analysis: &Analysis) -> Result<(), Failure> {
    for need in &analysis.header.needs {
        let (table, what) = match need {
            Need::Spatialite => continue,
            Need::Postgis | Need::Pgrouting => {
                let what = "PostgreSQL; give the run a --database-url".to_owned();
                return Err(Failure::Needs { file: analysis.file.clone(), what });
            }
            Need::Pairs => (PAIRS, "the pairs of blocks, which were not published; add pairs to --publish"),
            Need::Osm => ("osm_lines", "the OSM features, which were not published; add osm to --publish"),
        };
        let sql = format!("SELECT count(*) FROM {RUN}.sqlite_master WHERE name = ?");
        let count: Result<i64, _> =
            sqlx::query_scalar(AssertSqlSafe(sql)).bind(table).fetch_one(&mut *connection).await;
        if count.unwrap_or(0) == 0 {
            return Err(Failure::Needs { file: analysis.file.clone(), what: what.into() });
        }
    }
    Ok(())
}

async fn work(
    connection: &mut SqliteConnection,
    analysis: &Analysis,
    is_spatial: bool,
    deadline: Instant,
    projection: Utm,
) -> Result<Vec<Layer>, Failure> {
    let mut last = 1;
    for Statement { text, line, .. } in analysis.statements(Dialect::Sqlite) {
        let done = sqlx::raw_sql(AssertSqlSafe(text)).execute(&mut *connection).await;
        done.map_err(|error| failure(analysis, line, &error, deadline))?;
        in_time(analysis, line, deadline)?;
        last = line;
    }
    let mut layers = Vec::new();
    for output in &analysis.header.outputs {
        let layer = read::table(connection, output, is_spatial, projection).await;
        in_time(analysis, last, deadline)?;
        layers.push(layer.map_err(|what| Failure::Output { file: analysis.file.clone(), what })?);
    }
    Ok(layers)
}

/// SQLite cannot stop inside a function: what came back too late has failed all the same.
fn in_time(analysis: &Analysis, line: usize, deadline: Instant) -> Result<(), Failure> {
    match Instant::now() < deadline {
        true => Ok(()),
        false => Err(Failure::Time { file: analysis.file.clone(), line, seconds: seconds(analysis) }),
    }
}

fn failure(analysis: &Analysis, line: usize, error: &sqlx::Error, deadline: Instant) -> Failure {
    let (file, words) = (analysis.file.clone(), plain(error));
    match words.contains("interrupted") && Instant::now() >= deadline {
        true => Failure::Time { file, line, seconds: seconds(analysis) },
        false => {
            let hint = hint(&words);
            Failure::Statement { file, line, message: words + &hint }
        }
    }
}

/// What SQLite's words mean here, where they alone do not say it.
fn hint(words: &str) -> String {
    if ["not authorized", "prohibited", "readonly"].iter().any(|word| words.contains(word)) {
        " (an analysis reads the run's tables and makes its own; it may not change the run's, ATTACH, use PRAGMA, load extensions, \
         open files or end the transaction)"
            .into()
    } else if let Some((_, function)) = words.split_once("no such function: ") {
        match is_spatial(function.trim()) {
            true => " (spatial functions need SpatiaLite; declare needs = [\"spatialite\"])".into(),
            false => String::new(),
        }
    } else if words.contains("too big") {
        format!(" (a text or blob may have {} MiB; make smaller ones)", fence::VALUE_MAX_MIB)
    } else if words.contains("disk is full") {
        " (16 GiB of tables, or the disk of TMPDIR, are full; keep fewer rows)".into()
    } else {
        String::new()
    }
}

/// Spatial functions whose names do not begin with `ST_`.
const SPATIAL: [&str; 13] = [
    "area",
    "buffer",
    "casttoxy",
    "centroid",
    "distance",
    "geomfromtext",
    "glength",
    "intersects",
    "makeline",
    "makepoint",
    "setsrid",
    "srid",
    "transform",
];

fn is_spatial(function: &str) -> bool {
    let function = function.to_ascii_lowercase();
    function.starts_with("st_") || SPATIAL.contains(&function.as_str())
}

/// SQLite's own words without the wrapping.
pub(super) fn plain(error: &sqlx::Error) -> String {
    match error {
        sqlx::Error::Database(inner) => inner.message().to_owned(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spatialite_is_named_only_where_it_would_help() {
        for (function, helps) in [("ST_Length", true), ("MakePoint", true), ("now", false), ("to_regclass", false)] {
            let said = hint(&format!("no such function: {function}"));
            assert_eq!(said.contains("SpatiaLite"), helps, "{function}: {said}");
        }
    }
}
