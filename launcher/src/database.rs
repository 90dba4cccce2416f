//! # Database — schemas of results in PostgreSQL: who may read which, and when they go
//! In:   the published runs of the store   Out:  rights, views, schemas that are gone
//! Touches: the results' database, the store       Does not know: HTTP, tasks, how results came there
//!
//! Level-triggered: what is published stands in the store; the comment of an organisation's views says of which run they are. When the two
//! differ, rights and views are made anew in one transaction, whoever died before. Only names and marks of ours are touched, and only schemas
//! of runs that this launcher knows.

mod args;
#[cfg(test)]
mod tests;
mod views;

pub use args::DatabaseArgs;
pub use views::{reader_of, views_of};

use crate::run::{Run, State, parse_schema};
use crate::secret::Hidden;
use crate::store::{Org, RunStore, Sql, StoreError};
use quietway_job::schema::{RUN_MARK, STAGING_FOR, STAGING_MARK, lock_key};
use sqlx::postgres::{PgConnectOptions, PgConnection, PgPool, PgPoolOptions};
use sqlx::{AssertSqlSafe, Postgres, Transaction};
use std::collections::{BTreeMap, HashSet};
use std::str::FromStr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// How long a round waits for a connection: the next one comes soon.
const ACQUIRE: Duration = Duration::from_secs(10);

/// Why the results' database is not as it shall be. It will be tried again.
#[derive(Debug, thiserror::Error)]
pub enum DatabaseError {
    /// It does not answer, or says no.
    #[error("the results' database: {0}")]
    Sql(#[from] sqlx::Error),
    /// Somebody else's.
    #[error("the results' database: the schema {0} is not Quietway's and is left alone; rename it")]
    NotOurs(String),
    /// The launcher's own.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The results' database, as the launcher's login sees it.
#[derive(Clone, Debug)]
pub struct ResultsDatabase {
    pool: PgPool,
    store: Sql,
    /// Published runs of an organisation that are kept before the visible one.
    keep: i64,
    /// Published runs that went into no database, so that they are not asked for again.
    elsewhere: Arc<Mutex<HashSet<String>>>,
}

/// A schema with a mark of ours.
struct Marked {
    schema: String,
    /// Run and attempt it is, or is to be, of.
    of: (String, u32),
}

impl ResultsDatabase {
    /// Connects when it is first needed.
    ///
    /// # Errors
    /// It is no address of a PostgreSQL database.
    pub fn new(url: &Hidden, store: Sql, keep: i64) -> Result<Self, sqlx::Error> {
        let options = PgConnectOptions::from_str(&url.0)?.application_name("quietway-launcher");
        let pool = PgPoolOptions::new().max_connections(4).acquire_timeout(ACQUIRE).connect_lazy_with(options);
        Ok(Self { pool, store, keep, elsewhere: Arc::default() })
    }

    /// Lets the readers of every organisation see its published run, and no other.
    ///
    /// # Errors
    /// The last one of an organisation; the others were served.
    pub async fn reconcile(&self) -> Result<(), DatabaseError> {
        let shown = views::shown(&self.pool).await?;
        let mut result = Ok(());
        for org in self.store.orgs().await?.into_iter().filter(|org| org.deleted_ms.is_none()) {
            let run = shown.get(&org.id).and_then(|schema| parse_schema(schema)).map(|(run, _)| run);
            if run == org.published_run || run.is_none() && self.is_elsewhere(org.published_run.as_ref()) {
                continue;
            }
            if let Err(error) = self.show(&org.id).await {
                tracing::warn!(org = org.id, "its readers do not see its newest results yet: {error}");
                result = Err(error);
            }
        }
        result
    }

    /// Brings one organisation into line. What is published is read under the lock, so the last to act has the last word.
    async fn show(&self, org: &str) -> Result<(), DatabaseError> {
        let mut on = self.pool.begin().await?;
        views::lock(&mut on, org).await?;
        let schema = match self.published(org).await? {
            Some(run) if run.request.database => Some(run.schema()),
            Some(run) => {
                self.elsewhere.lock().unwrap_or_else(PoisonError::into_inner).insert(run.id);
                None
            }
            None => None,
        };
        if views::current(&mut on, org).await? == schema {
            return Ok(());
        }
        views::show(&mut on, org, schema.as_deref()).await?;
        on.commit().await?;
        tracing::info!(org, schema, "readers see it now");
        Ok(())
    }

    fn is_elsewhere(&self, run: Option<&String>) -> bool {
        let elsewhere = self.elsewhere.lock().unwrap_or_else(PoisonError::into_inner);
        run.is_some_and(|run| elsewhere.contains(run))
    }

    async fn published(&self, org: &str) -> Result<Option<Run>, StoreError> {
        match self.store.org(org).await? {
            Some(Org { published_run: Some(run), .. }) => self.store.run(&run).await,
            _ => Ok(None),
        }
    }

    /// Drops schemas of attempts that failed or were superseded, of history beyond what is kept, and what broken tasks have left; those
    /// that a task is writing stay. How many went.
    ///
    /// # Errors
    /// A database does not answer.
    pub async fn sweep(&self) -> Result<usize, DatabaseError> {
        let mut gone = 0;
        for (mark, found) in
            [(RUN_MARK, self.marked(RUN_MARK).await?), (STAGING_MARK, self.marked(STAGING_MARK).await?)]
        {
            for Marked { schema, of: (run, attempt) } in found {
                let Some(run) = self.store.run(&run).await? else { continue };
                // The lock of a staging schema says whether somebody still fills it.
                let is_kept = mark == RUN_MARK && self.keeps(&run, attempt).await?;
                if !is_kept && self.drop_schema(&schema).await? {
                    gone += 1;
                    tracing::info!(run = run.id, org = run.org, schema, "dropped from the results' database");
                }
            }
        }
        Ok(gone)
    }

    async fn keeps(&self, run: &Run, attempt: u32) -> Result<bool, StoreError> {
        if run.attempt != attempt {
            return Ok(false);
        }
        Ok(match run.state {
            State::Succeeded => {
                let org = self.store.org(&run.org).await?;
                let is_visible = org.is_some_and(|org| org.published_run.as_ref() == Some(&run.id));
                is_visible || self.store.published_after(&run.org, run.generation).await? <= self.keep
            }
            state => !state.is_final(),
        })
    }

    /// Takes everything of an organisation away: views, schemas, its role.
    ///
    /// # Errors
    /// A database does not answer.
    pub async fn forget(&self, org: &str) -> Result<(), DatabaseError> {
        let mut on = self.pool.begin().await?;
        views::lock(&mut on, org).await?;
        views::show(&mut on, org, None).await?;
        on.commit().await?;
        for mark in [RUN_MARK, STAGING_MARK] {
            for Marked { schema, of: (run, _) } in self.marked(mark).await? {
                if self.store.run(&run).await?.is_some_and(|run| run.org == org) {
                    self.drop_schema(&schema).await?;
                }
            }
        }
        let sql = format!("DROP ROLE IF EXISTS {}", quoted(&reader_of(org)));
        if let Err(error) = sqlx::raw_sql(AssertSqlSafe(sql)).execute(&self.pool).await {
            // Somebody has given it rights of their own, which are not ours to take.
            tracing::warn!(org, "its reader role stays: {error}");
        }
        Ok(())
    }

    /// Schemas with that mark whose names are those of a launcher's runs.
    async fn marked(&self, mark: &str) -> Result<Vec<Marked>, DatabaseError> {
        let sql = "SELECT n.nspname::text, d.description FROM pg_namespace n
                   JOIN pg_description d ON d.objoid = n.oid AND d.classoid = 'pg_namespace'::regclass AND d.objsubid = 0
                   WHERE starts_with(d.description, $1) ORDER BY 1";
        let found: Vec<(String, String)> = sqlx::query_as(sql).bind(mark).fetch_all(&self.pool).await?;
        let marked = found.into_iter().filter_map(|(schema, comment)| {
            let target = comment.strip_prefix(STAGING_MARK).and_then(|rest| rest.strip_prefix(STAGING_FOR));
            let of = parse_schema(target.unwrap_or(&schema))?;
            Some(Marked { schema, of })
        });
        Ok(marked.collect())
    }

    /// Drops a schema, unless a task is writing it.
    async fn drop_schema(&self, schema: &str) -> Result<bool, DatabaseError> {
        let mut on = self.pool.begin().await?;
        let free = sqlx::query_scalar("SELECT pg_try_advisory_xact_lock($1)").bind(lock_key(schema));
        if !free.fetch_one(&mut *on).await? {
            return Ok(false);
        }
        run(
            &mut on,
            format!("SET LOCAL client_min_messages = warning; DROP SCHEMA IF EXISTS {} CASCADE", quoted(schema)),
        )
        .await?;
        on.commit().await?;
        Ok(true)
    }
}

/// A name for SQL.
fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// A text for SQL.
fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// Statements; all names in them are quoted.
async fn run(on: &mut PgConnection, sql: String) -> Result<(), sqlx::Error> {
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(on).await.map(|_| ())
}
