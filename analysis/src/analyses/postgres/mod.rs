//! SQL on PostgreSQL, through a login that may read the run and write to a room of its own.

mod read;

use super::files::Analysis;
use super::header::Need;
use super::statements::Statement;
use super::{AnalysesError, Dialect, Failure, Login, seconds};
use crate::layers::{Layer, PAIRS};
use crate::model::Utm;
use crate::store::postgis::Database;
use crate::store::postgis::guest;
use sqlx::postgres::{PgConnection, PgDatabaseError, PgErrorPosition};
use sqlx::{AssertSqlSafe, Connection};
use std::time::{Duration, Instant};

/// How long a statement waits for a lock.
const LOCK_TIMEOUT: &str = "5s";

/// How long the server may be silent after the time limit before the session is ended from outside: an analysis can lift its own limit.
const GRACE: Duration = Duration::from_secs(2);

/// The server's clock may be that much ahead: it counts whole milliseconds.
const CLOCKS: Duration = Duration::from_millis(100);

/// The login's settings as `scripts/create-analyst-login` has made them, everywhere and in this database.
const FORGET: [&str; 5] = [
    // Either may be what was left.
    "SET statement_timeout = 0",
    "SET default_transaction_read_only = off",
    "ALTER ROLE CURRENT_USER RESET ALL",
    "ALTER ROLE CURRENT_USER SET idle_in_transaction_session_timeout = '10min'",
    "DO $$ BEGIN EXECUTE format('ALTER ROLE CURRENT_USER IN DATABASE %I RESET ALL', current_database()); END $$",
];

/// A statement was cancelled (PostgreSQL 15, appendix A).
const CANCELED: &str = "57014";

/// The run's schema, and the room beside it.
pub(super) struct Room {
    run: String,
    worker: Database,
    /// Whether that is a login of the analyses' own.
    is_guest: bool,
    room: guest::Room,
}

/// Refuses, before the long work, a login that is no fence.
pub(super) async fn check(owner: &Database, login: &Login) -> Result<(), AnalysesError> {
    let Login::Own(guest, _) = login else { return Ok(()) };
    match guest::too_powerful(guest, owner).await.map_err(AnalysesError::Login)? {
        None => Ok(()),
        Some(may) => Err(AnalysesError::Powerful { login: guest.user().to_owned(), may }),
    }
}

impl Room {
    pub async fn open(owner: &Database, run: &str, login: &Login) -> Result<Self, AnalysesError> {
        check(owner, login).await?;
        let (worker, user) = match login {
            Login::Own(guest, _) => (Database::clone(guest), Some(guest.user())),
            Login::Trusted(_) => (owner.clone(), None),
        };
        let room = guest::Room::open(owner, run, user).await?;
        Ok(Self { run: run.to_owned(), worker, is_guest: user.is_some(), room })
    }

    pub async fn close(self) -> Result<(), AnalysesError> {
        if self.is_guest {
            self.forget().await;
        }
        Ok(self.room.close().await?)
    }

    /// Runs one file as one transaction; its tables come back as layers, read with the rights of the analysis.
    pub async fn run(&self, analysis: &Analysis, projection: Utm) -> Result<Vec<Layer>, Failure> {
        let lost = |what: String| Failure::Output { file: analysis.file.clone(), what };
        let limit = Duration::from_secs_f64(analysis.header.time_limit_s);
        let mut connection = self.worker.connect().await.map_err(|error| lost(error.to_string()))?;
        let session = self.session(&mut connection).await.map_err(|error| lost(plain(&error)))?;
        needs(&mut connection, analysis).await?;
        let mut line = 1;
        let work = transaction(&mut connection, analysis, projection, &mut line);
        match tokio::time::timeout(limit + GRACE, work).await {
            Ok(Ok(layers)) => {
                // What it made is committed; that the session ends well is not needed.
                let _ = connection.close().await;
                Ok(layers)
            }
            Ok(Err(failure)) => Err(failure), // the server rolls back when the connection goes
            Err(_) => {
                self.end(session).await;
                Err(Failure::Time { file: analysis.file.clone(), line, seconds: seconds(analysis) })
            }
        }
    }

    /// Sets the search path and the limits; the number of the session.
    async fn session(&self, on: &mut PgConnection) -> Result<i32, sqlx::Error> {
        let sql = "SELECT set_config('search_path', concat_ws(', ', quote_ident($1), quote_ident($2),
                     (SELECT string_agg(DISTINCT quote_ident(n.nspname), ', ') FROM pg_extension e
                      JOIN pg_namespace n ON n.oid = e.extnamespace WHERE e.extname IN ('postgis', 'pgrouting'))), false),
                   set_config('lock_timeout', $3, false), set_config('synchronize_seqscans', 'off', false)";
        sqlx::query(sql).bind(self.room.name()).bind(&self.run).bind(LOCK_TIMEOUT).execute(&mut *on).await?;
        sqlx::query_scalar("SELECT pg_backend_pid()").fetch_one(on).await
    }

    /// Settings of the login that a `DO` block may have left for later sessions. Every login may reset its own; that it does is a help, no fence.
    async fn forget(&self) {
        if let Ok(mut connection) = self.worker.connect().await {
            for sql in FORGET {
                let _ = sqlx::raw_sql(sql).execute(&mut connection).await;
            }
        }
    }

    /// Ends a session that does not listen.
    async fn end(&self, session: i32) {
        if let Ok(mut other) = self.worker.connect().await {
            // Gone already is as good.
            let _ = sqlx::query("SELECT pg_terminate_backend($1)").bind(session).execute(&mut other).await;
        }
    }
}

/// Says what is not there.
async fn needs(on: &mut PgConnection, analysis: &Analysis) -> Result<(), Failure> {
    for need in &analysis.header.needs {
        let (sql, what) = match need {
            Need::Postgis => continue,
            Need::Spatialite => ("SELECT false", "SpatiaLite, which only a GeoPackage has; write NN-name.sqlite.sql"),
            Need::Pgrouting => (
                "SELECT EXISTS (SELECT FROM pg_extension WHERE extname = 'pgrouting')",
                "pgRouting; let the database's administrator run: CREATE EXTENSION pgrouting",
            ),
            Need::Pairs => (
                "SELECT to_regclass($1) IS NOT NULL",
                "the pairs of blocks, which were not published; add pairs to --publish",
            ),
            Need::Osm => (
                "SELECT to_regclass('osm_lines') IS NOT NULL",
                "the OSM features, which were not published; add osm to --publish",
            ),
        };
        let query = sqlx::query_scalar(sql);
        let query = if sql.contains("$1") { query.bind(PAIRS) } else { query };
        if !query.fetch_one(&mut *on).await.unwrap_or(false) {
            return Err(Failure::Needs { file: analysis.file.clone(), what: what.into() });
        }
    }
    Ok(())
}

/// `line` says where it is, should it be given up.
async fn transaction(
    on: &mut PgConnection,
    analysis: &Analysis,
    projection: Utm,
    line: &mut usize,
) -> Result<Vec<Layer>, Failure> {
    let lost = |error: sqlx::Error| Failure::Output { file: analysis.file.clone(), what: plain(&error) };
    let deadline = Instant::now() + Duration::from_secs_f64(analysis.header.time_limit_s);
    let mut transaction = on.begin().await.map_err(lost)?;
    for statement in analysis.statements(Dialect::Postgres) {
        *line = statement.line;
        limit(&mut transaction, deadline).await.map_err(lost)?;
        // Prepared, so that the server itself refuses two statements in one.
        let sql = AssertSqlSafe(statement.text.clone());
        let done = sqlx::query(sql).persistent(false).execute(&mut *transaction).await;
        done.map_err(|error| failure(analysis, &statement, &error, deadline))?;
    }
    limit(&mut transaction, deadline).await.map_err(lost)?;
    let mut layers = Vec::new();
    for output in &analysis.header.outputs {
        let layer = read::table(&mut transaction, output, projection).await;
        layers.push(layer.map_err(|what| Failure::Output { file: analysis.file.clone(), what })?);
    }
    transaction.commit().await.map_err(lost)?;
    Ok(layers)
}

/// What is left of the time is the limit of the next statement.
async fn limit(on: &mut PgConnection, deadline: Instant) -> Result<(), sqlx::Error> {
    let left = deadline.saturating_duration_since(Instant::now()).as_millis().max(1);
    let sql = "SELECT set_config('statement_timeout', $1, false)";
    sqlx::query(sql).bind(format!("{left}ms")).execute(on).await.map(|_| ())
}

fn failure(analysis: &Analysis, statement: &Statement, error: &sqlx::Error, deadline: Instant) -> Failure {
    let file = analysis.file.clone();
    let server = error.as_database_error().and_then(|error| error.try_downcast_ref::<PgDatabaseError>());
    if server.is_some_and(|error| error.code() == CANCELED) && Instant::now() + CLOCKS >= deadline {
        return Failure::Time { file, line: statement.line, seconds: seconds(analysis) };
    }
    // The server counts characters from 1.
    let position = match server.and_then(PgDatabaseError::position) {
        Some(PgErrorPosition::Original(at)) => at.saturating_sub(1),
        _ => 0,
    };
    let lines = statement.text.chars().take(position).filter(|c| *c == '\n').count();
    Failure::Statement { file, line: statement.line + lines, message: plain(error) }
}

/// The server's own words without the wrapping.
fn plain(error: &sqlx::Error) -> String {
    match error.as_database_error() {
        Some(inner) => inner.message().to_owned(),
        None => error.to_string(),
    }
}
