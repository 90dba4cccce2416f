//! Which schemas are Quietway's, and what becomes of them: `quietway db list`, `drop`, `prune`.

use super::connect::Database;
use super::error::DatabaseError;
use super::mark::{self, Mark};
use super::schema_name::STAGING;
use crate::store::names::quoted;
use quietway_job::schema::lock_key;
use sqlx::postgres::PgConnection;

/// A run in a database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its schema.
    pub schema: String,
    /// What its comment says.
    pub mark: Mark,
    /// Size of its tables and indexes.
    pub bytes: i64,
}

/// The runs of a database, newest first.
///
/// # Errors
/// [`DatabaseError`].
pub async fn list(database: &Database) -> Result<Vec<Entry>, DatabaseError> {
    let mut connection = database.connect().await?;
    entries(database, &mut connection).await
}

async fn entries(database: &Database, on: &mut PgConnection) -> Result<Vec<Entry>, DatabaseError> {
    let marked = marked(database, on).await?;
    let entry = |(schema, comment, bytes): (String, String, i64)| {
        let is_staging = schema.starts_with(STAGING);
        Mark::of_comment(&comment).filter(|_| !is_staging).map(|mark| Entry { schema, mark, bytes })
    };
    let mut entries: Vec<Entry> = marked.into_iter().filter_map(entry).collect();
    entries.sort_by(|a, b| b.mark.created.cmp(&a.mark.created).then_with(|| b.schema.cmp(&a.schema)));
    Ok(entries)
}

/// Removes one run.
///
/// # Errors
/// There is none, it is not ours, a run is writing it, the database says no.
pub async fn remove(database: &Database, schema: &str) -> Result<(), DatabaseError> {
    let mut connection = database.connect().await?;
    let server = database.server().to_owned();
    match comment_of(database, &mut connection, schema).await? {
        None => return Err(DatabaseError::NoSuch { schema: schema.to_owned(), server }),
        Some(comment) if Mark::of_comment(&comment).is_none() => {
            return Err(DatabaseError::NotOurs { schema: schema.to_owned(), server });
        }
        Some(_) => {}
    }
    if !try_lock(database, &mut connection, schema).await? {
        return Err(DatabaseError::Busy { schema: schema.to_owned(), server });
    }
    drop_schema(database, &mut connection, schema).await
}

/// Removes all runs but the newest `keep`, and what broken runs have left; those that a run is writing stay. The schemas that went.
///
/// # Errors
/// [`DatabaseError`].
pub async fn prune(database: &Database, keep: usize) -> Result<Vec<String>, DatabaseError> {
    let mut connection = database.connect().await?;
    let old = entries(database, &mut connection).await?.into_iter().skip(keep).map(|entry| entry.schema);
    let staging = marked(database, &mut connection).await?.into_iter().map(|(schema, ..)| schema);
    let staging = staging.filter(|schema| schema.starts_with(STAGING));
    let mut gone = Vec::new();
    for schema in old.chain(staging).collect::<Vec<_>>() {
        if try_lock(database, &mut connection, &schema).await? {
            drop_schema(database, &mut connection, &schema).await?;
            gone.push(schema);
        }
    }
    Ok(gone)
}

/// Schemas with a mark of ours: name, comment, size.
async fn marked(database: &Database, on: &mut PgConnection) -> Result<Vec<(String, String, i64)>, DatabaseError> {
    let sql = "SELECT n.nspname::text, d.description,
                 coalesce((SELECT sum(pg_total_relation_size(c.oid)) FROM pg_class c
                           WHERE c.relnamespace = n.oid AND c.relkind = 'r'), 0)::bigint
               FROM pg_namespace n
               JOIN pg_description d ON d.objoid = n.oid AND d.classoid = 'pg_namespace'::regclass AND d.objsubid = 0
               WHERE starts_with(d.description, $1) OR starts_with(d.description, $2) ORDER BY 1";
    let found = sqlx::query_as(sql).bind(mark::RUN).bind(mark::STAGING).fetch_all(on).await;
    found.map_err(|error| database.fault("listing schemas", &error))
}

/// The comment of a schema (empty when it has none); `None` when there is no such schema.
pub(super) async fn comment_of(
    database: &Database,
    on: &mut PgConnection,
    schema: &str,
) -> Result<Option<String>, DatabaseError> {
    let sql = "SELECT coalesce(obj_description(oid, 'pg_namespace'), '') FROM pg_namespace WHERE nspname = $1";
    let found = sqlx::query_scalar(sql).bind(schema).fetch_optional(on).await;
    found.map_err(|error| database.fault("looking for the schema", &error))
}

/// A value of a run's `run_parameters`; `None` when it is not there.
///
/// # Errors
/// [`DatabaseError`]: among others, there is no such run.
pub async fn parameter(database: &Database, schema: &str, key: &str) -> Result<Option<String>, DatabaseError> {
    let mut connection = database.connect().await?;
    if comment_of(database, &mut connection, schema).await?.is_none() {
        let (schema, server) = (schema.to_owned(), database.server().to_owned());
        return Err(DatabaseError::NoSuch { schema, server });
    }
    let sql = format!("SELECT value FROM {}.run_parameters WHERE key = $1", quoted(schema));
    let value = sqlx::query_scalar(sqlx::AssertSqlSafe(sql)).bind(key).fetch_optional(&mut connection).await;
    value.map_err(|error| database.fault("reading the parameters of the run", &error))
}

/// Takes a lock until the session ends, waiting for it.
pub(super) async fn wait_lock(database: &Database, on: &mut PgConnection, name: &str) -> Result<(), DatabaseError> {
    let locked = sqlx::query("SELECT pg_advisory_lock($1)").bind(lock_key(name)).execute(on).await;
    locked.map(|_| ()).map_err(|error| database.fault("waiting for another run's analyses", &error))
}

/// Takes the lock of a schema until the session ends; whether it was free.
pub(super) async fn try_lock(database: &Database, on: &mut PgConnection, schema: &str) -> Result<bool, DatabaseError> {
    let locked = sqlx::query_scalar("SELECT pg_try_advisory_lock($1)").bind(lock_key(schema)).fetch_one(on).await;
    locked.map_err(|error| database.fault("locking the schema", &error))
}

/// Gives back all locks of a session: a server may notice the end of a session later than the next run begins.
pub(super) async fn unlock(on: &mut PgConnection) {
    // If the session is broken, its end gives them back.
    drop(sqlx::query("SELECT pg_advisory_unlock_all()").execute(on).await);
}

/// Removes a schema if it is there.
pub(super) async fn drop_schema(database: &Database, on: &mut PgConnection, schema: &str) -> Result<(), DatabaseError> {
    let sql = format!("SET client_min_messages = warning;DROP SCHEMA IF EXISTS {} CASCADE", quoted(schema));
    database.run(on, &format!("dropping {schema}"), sql).await
}
