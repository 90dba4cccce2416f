//! The store on SQLite (one launcher, a file) and PostgreSQL (several launchers): one SQL for both.

use super::rows::{self, ORG, text};
use super::submit::{Found, HOUR_MS, Writes, decide};
use super::{Org, RunStore, StoreError, Submission, Submitted, schema};
use crate::run::{Event, Run};
use crate::state::{Rules, Step, submitted};
use async_trait::async_trait;
use sqlx::any::{AnyPoolOptions, AnyRow};
use sqlx::{Any, AnyPool, AssertSqlSafe, Executor, Row, Transaction};
use std::time::Duration;

/// How long a request waits for a connection before it is told to come back later: a queue at one SQLite file may be long.
const ACQUIRE: Duration = Duration::from_secs(20);

/// A submission whose old run changes under its hands reads it again, at most so often: each change is one version of one run.
const READS_MAX: usize = 20;

/// A database.
#[derive(Clone, Debug)]
pub struct Sql {
    pub(super) pool: AnyPool,
    is_postgres: bool,
}

impl Sql {
    /// Opens `sqlite:FILE` or `postgres://…` and brings its tables up to date.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn open(url: &str, connections: u32) -> Result<Self, StoreError> {
        sqlx::any::install_default_drivers();
        let is_postgres = url.starts_with("postgres");
        let options = AnyPoolOptions::new().acquire_timeout(ACQUIRE);
        let pool = if is_postgres {
            options.max_connections(connections).connect(url).await?
        } else {
            // One connection: SQLite has one writer, and waiting in our queue is fair.
            let options = options.max_connections(1).min_connections(1).idle_timeout(None).max_lifetime(None);
            let prepare = "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA busy_timeout = 5000; PRAGMA foreign_keys = ON";
            let options = options.after_connect(move |connection, _| {
                Box::pin(async move { connection.execute(prepare).await.map(|_| ()) })
            });
            options.connect(&format!("{url}{}mode=rwc", if url.contains('?') { '&' } else { '?' })).await?
        };
        schema::migrate(&pool, is_postgres).await?;
        Ok(Self { pool, is_postgres })
    }

    /// Whether several launchers may share it.
    pub fn is_shared(&self) -> bool {
        self.is_postgres
    }

    /// Lets go of all connections; nothing works after it.
    pub async fn close(&self) {
        self.pool.close().await;
    }

    /// Whether it answers, with the tables this version needs.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn ready(&self) -> Result<(), StoreError> {
        let row = sqlx::query("SELECT COUNT(*) FROM migration").fetch_one(&self.pool).await?;
        let found: i64 = row.try_get(0)?;
        match found >= schema::version() {
            true => Ok(()),
            false => Err(StoreError::Unavailable(format!("{found} of {} migrations are applied", schema::version()))),
        }
    }

    async fn try_submit(&self, submission: &Submission, rules: &Rules) -> Result<Option<Submitted>, StoreError> {
        let (org, now_ms) = (&submission.run.org, submission.run.created_ms);
        let mut transaction = self.pool.begin().await?;
        // Taking the next generation locks the organisation: submissions and publications come one after another.
        let sql = "UPDATE org SET generation = generation + 1 WHERE id = $1 AND deleted_ms IS NULL RETURNING generation, current_run";
        let row = sqlx::query(sql).bind(org).fetch_optional(&mut *transaction).await?;
        let row = row.ok_or_else(|| StoreError::NoOrg(org.clone()))?;
        let (generation, current): (i64, Option<String>) = (row.try_get(0)?, row.try_get(1)?);
        if let Some(answer) = known(&mut transaction, submission).await? {
            return Ok(Some(answer));
        }
        let sql = "SELECT COUNT(*) FROM run WHERE org = $1 AND created_ms > $2";
        let recent =
            sqlx::query(sql).bind(org).bind(now_ms - HOUR_MS).fetch_one(&mut *transaction).await?.try_get(0)?;
        let current = match current {
            Some(id) => find(&mut *transaction, &id).await?,
            None => None,
        };
        let writes = match decide(submission, Found { generation, current, recent }, rules) {
            Ok(writes) => writes,
            Err(refusal) => return Ok(Some(refusal)),
        };
        if !write(&mut transaction, &writes, submission).await? {
            return Ok(None);
        }
        transaction.commit().await?;
        Ok(Some(Submitted::New(Box::new(writes.run))))
    }
}

/// A run, within a transaction or without.
pub(super) async fn find<'e>(on: impl Executor<'e, Database = Any>, id: &str) -> Result<Option<Run>, StoreError> {
    let row = sqlx::query("SELECT document FROM run WHERE id = $1").bind(id.to_owned()).fetch_optional(on).await?;
    row.as_ref().map(rows::run).transpose()
}

/// The answer to an earlier request with the same key.
async fn known(on: &mut Transaction<'static, Any>, submission: &Submission) -> Result<Option<Submitted>, StoreError> {
    let Some(sent) = &submission.idempotency else { return Ok(None) };
    let (org, now_ms) = (&submission.run.org, submission.run.created_ms);
    let sql = "DELETE FROM idempotency WHERE org = $1 AND key = $2 AND expires_ms <= $3";
    sqlx::query(sql).bind(org).bind(&sent.key).bind(now_ms).execute(&mut **on).await?;
    let sql = "SELECT fingerprint, run FROM idempotency WHERE org = $1 AND key = $2";
    let Some(row) = sqlx::query(sql).bind(org).bind(&sent.key).fetch_optional(&mut **on).await? else {
        return Ok(None);
    };
    let (fingerprint, run): (String, String) = (row.try_get(0)?, row.try_get(1)?);
    if fingerprint != sent.fingerprint {
        return Ok(Some(Submitted::OtherRequest));
    }
    Ok(find(&mut **on, &run).await?.map(|run| Submitted::Same(Box::new(run))))
}

/// Writes a submission; false when the old run has changed since it was read.
async fn write(on: &mut Transaction<'static, Any>, writes: &Writes, sent: &Submission) -> Result<bool, StoreError> {
    if let Some(old) = &writes.old
        && !update(on, old, 0).await?
    {
        return Ok(false);
    }
    let run = &writes.run;
    let sql = "INSERT INTO run (id, org, generation, version, state, wanted, ended, may_exist, created_ms, due_ms, swept, document)
               VALUES ($1, $2, $3, $4, $5, 1, 0, 0, $6, 0, 0, $7)";
    let query = sqlx::query(sql).bind(&run.id).bind(&run.org).bind(run.generation).bind(run.version);
    query.bind(run.state.as_str()).bind(run.created_ms).bind(text(run)?).execute(&mut **on).await?;
    tell(on, run, &submitted(run)).await?;
    let sql = "UPDATE org SET current_run = $1 WHERE id = $2";
    sqlx::query(sql).bind(&run.id).bind(&run.org).execute(&mut **on).await?;
    if let Some(key) = &sent.idempotency {
        let sql = "INSERT INTO idempotency (org, key, fingerprint, run, expires_ms) VALUES ($1, $2, $3, $4, $5)";
        let query = sqlx::query(sql).bind(&run.org).bind(&key.key).bind(&key.fingerprint).bind(&run.id);
        query.bind(key.expires_ms).execute(&mut **on).await?;
    }
    Ok(true)
}

/// The next version of a run with its event, if it is still the one that was read.
async fn update(on: &mut Transaction<'static, Any>, step: &Step, due_ms: i64) -> Result<bool, StoreError> {
    let run = &step.run;
    let sql =
        "UPDATE run SET version = $1, state = $2, wanted = $3, ended = $4, may_exist = $5, due_ms = $6, document = $7
               WHERE id = $8 AND version = $9";
    let query = sqlx::query(sql).bind(run.version).bind(run.state.as_str()).bind(i64::from(!run.is_unwanted()));
    let query = query.bind(i64::from(run.state.is_final())).bind(i64::from(run.may_exist)).bind(due_ms);
    let done = query.bind(text(run)?).bind(&run.id).bind(run.version - 1).execute(&mut **on).await?;
    if done.rows_affected() == 0 {
        return Ok(false);
    }
    tell(on, run, &step.event).await?;
    if run.state.is_final() {
        let sql = "UPDATE run SET due_ms = 0 WHERE org = $1 AND ended = 0 AND state = 'waiting'";
        sqlx::query(sql).bind(&run.org).execute(&mut **on).await?;
    }
    Ok(true)
}

/// The event, and its delivery to those who asked for it. Progress within a stage is nothing to call for.
async fn tell(on: &mut Transaction<'static, Any>, run: &Run, event: &Event) -> Result<(), StoreError> {
    let sql = "INSERT INTO event (run, version, document) VALUES ($1, $2, $3)";
    sqlx::query(sql).bind(&run.id).bind(event.version).bind(text(event)?).execute(&mut **on).await?;
    if event.version > 1 && !run.state.is_final() {
        return Ok(());
    }
    let sql = "INSERT INTO delivery (webhook, run, version, tries, due_ms)
               SELECT id, $1, $2, 0, 0 FROM webhook WHERE org = $3 AND disabled_ms IS NULL";
    sqlx::query(sql).bind(&run.id).bind(event.version).bind(&run.org).execute(&mut **on).await?;
    Ok(())
}

impl Sql {
    pub(super) async fn all<T>(
        &self,
        query: sqlx::query::Query<'_, Any, sqlx::any::AnyArguments>,
        read: fn(&AnyRow) -> Result<T, StoreError>,
    ) -> Result<Vec<T>, StoreError> {
        query.fetch_all(&self.pool).await?.iter().map(read).collect()
    }
}

#[async_trait]
impl RunStore for Sql {
    async fn add_org(&self, id: &str, now_ms: i64) -> Result<(), StoreError> {
        let sql = "INSERT INTO org (id, generation, created_ms) VALUES ($1, 0, $2)";
        match sqlx::query(sql).bind(id.to_owned()).bind(now_ms).execute(&self.pool).await {
            Err(sqlx::Error::Database(error)) if error.is_unique_violation() => Err(StoreError::OrgExists(id.into())),
            other => Ok(other.map(|_| ())?),
        }
    }

    async fn org(&self, id: &str) -> Result<Option<Org>, StoreError> {
        let sql = AssertSqlSafe(format!("SELECT {ORG} FROM org WHERE id = $1"));
        let row = sqlx::query(sql).bind(id.to_owned()).fetch_optional(&self.pool).await?;
        row.as_ref().map(rows::org).transpose()
    }

    async fn submit(&self, submission: &Submission, rules: &Rules) -> Result<Submitted, StoreError> {
        for _ in 0..READS_MAX {
            if let Some(answer) = self.try_submit(submission, rules).await? {
                return Ok(answer);
            }
        }
        Err(StoreError::Unavailable("the current run changes too fast".into()))
    }

    async fn run(&self, id: &str) -> Result<Option<Run>, StoreError> {
        find(&self.pool, id).await
    }

    async fn save(&self, step: &Step, due_ms: i64) -> Result<bool, StoreError> {
        let mut transaction = self.pool.begin().await?;
        if !update(&mut transaction, step, due_ms).await? {
            return Ok(false);
        }
        transaction.commit().await?;
        Ok(true)
    }

    async fn publish(&self, step: &Step) -> Result<bool, StoreError> {
        let mut transaction = self.pool.begin().await?;
        let sql = "UPDATE org SET published_run = $1 WHERE id = $2 AND current_run = $1";
        let done = sqlx::query(sql).bind(&step.run.id).bind(&step.run.org).execute(&mut *transaction).await?;
        if done.rows_affected() == 0 || !update(&mut transaction, step, i64::MAX).await? {
            return Ok(false);
        }
        transaction.commit().await?;
        Ok(true)
    }

    async fn claim(&self, now_ms: i64, lease_ms: i64, limit: i64) -> Result<Vec<Run>, StoreError> {
        let sql =
            "SELECT document, due_ms FROM run WHERE ended = 0 AND due_ms <= $1 ORDER BY due_ms, created_ms LIMIT $2";
        let found = sqlx::query(sql).bind(now_ms).bind(limit).fetch_all(&self.pool).await?;
        let mut runs = Vec::with_capacity(found.len());
        for row in &found {
            let (run, due_ms): (Run, i64) = (rows::run(row)?, row.try_get(1)?);
            let sql = "UPDATE run SET due_ms = $1 WHERE id = $2 AND due_ms = $3 AND version = $4";
            let query = sqlx::query(sql).bind(now_ms + lease_ms).bind(&run.id).bind(due_ms).bind(run.version);
            if query.execute(&self.pool).await?.rows_affected() == 1 {
                runs.push(run);
            }
        }
        Ok(runs)
    }

    async fn postpone(&self, id: &str, due_ms: i64) -> Result<(), StoreError> {
        let sql = "UPDATE run SET due_ms = $1 WHERE id = $2 AND due_ms > 0";
        sqlx::query(sql).bind(due_ms).bind(id.to_owned()).execute(&self.pool).await?;
        Ok(())
    }

    async fn older_active(&self, org: &str, generation: i64) -> Result<Vec<Run>, StoreError> {
        let sql = "SELECT document FROM run WHERE ended = 0 AND org = $1 AND generation < $2";
        self.all(sqlx::query(sql).bind(org.to_owned()).bind(generation), rows::run).await
    }

    async fn tasks(&self) -> Result<i64, StoreError> {
        Ok(sqlx::query("SELECT COUNT(*) FROM run WHERE may_exist = 1").fetch_one(&self.pool).await?.try_get(0)?)
    }

    async fn events(&self, run: &str, after: i64) -> Result<Vec<Event>, StoreError> {
        let sql = "SELECT document FROM event WHERE run = $1 AND version > $2 ORDER BY version LIMIT 1000";
        self.all(sqlx::query(sql).bind(run.to_owned()).bind(after), rows::event).await
    }
}
