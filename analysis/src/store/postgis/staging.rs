//! From nothing to a published schema: checks, loading into a staging schema, the rename, and the way back.

use super::connect::Database;
use super::error::DatabaseError;
use super::mark::{self, Mark};
use super::schema_name::{STAGING, SchemaName, random_id};
use super::{load, registry};
use crate::layers::Layers;
use crate::store::names::{literal, quoted};
use sqlx::postgres::PgConnection;
use tokio::runtime::Handle;

/// Where results are to be published.
#[derive(Clone, Debug)]
pub struct Target {
    /// The database.
    pub database: Database,
    /// The schema.
    pub schema: SchemaName,
    /// Whether an earlier run may be replaced.
    pub overwrite: bool,
    /// What the schema's comment will say.
    pub mark: Mark,
}

/// Whether the database can be reached, has PostGIS, lets us create a schema, and has room for the name. For before the long work.
///
/// # Errors
/// [`DatabaseError`].
pub async fn check(target: &Target) -> Result<(), DatabaseError> {
    let database = &target.database;
    let mut connection = database.connect().await?;
    load::postgis_schema(database, &mut connection).await?;
    let may: bool = sqlx::query_scalar("SELECT has_database_privilege(current_database(), 'CREATE')")
        .fetch_one(&mut connection)
        .await
        .map_err(|error| database.fault("asking for rights", &error))?;
    if !may {
        let (user, server) = (database.user().to_owned(), database.server().to_owned());
        return Err(DatabaseError::MayNotCreate { user, server });
    }
    is_free(target, &mut connection).await.map(|_| ())
}

/// Whether a run of ours stands under the name that may be replaced.
///
/// # Errors
/// Something stands there that may not.
async fn is_free(target: &Target, on: &mut PgConnection) -> Result<bool, DatabaseError> {
    let server = || target.database.server().to_owned();
    match registry::comment_of(&target.database, on, target.schema.as_str()).await? {
        None => Ok(false),
        Some(comment) if Mark::of_comment(&comment).is_none() => {
            Err(DatabaseError::NotOurs { schema: target.schema.to_string(), server: server() })
        }
        Some(_) if target.overwrite => Ok(true),
        Some(_) => Err(DatabaseError::Exists { schema: target.schema.clone(), server: server() }),
    }
}

/// A run whose tables are complete but not yet under their name. Dropped without [`Staged::publish`], it is gone.
#[derive(Debug)]
pub struct Staged {
    target: Target,
    name: String,
    /// Holds the locks; `None` once they have moved on.
    connection: Option<PgConnection>,
    runtime: Handle,
}

/// Loads all layers that are for the database into a staging schema.
///
/// # Errors
/// [`DatabaseError`]; what was loaded is gone then.
pub fn stage(target: &Target, layers: &Layers, runtime: &Handle) -> Result<Staged, DatabaseError> {
    let staged = runtime.block_on(begin(target, runtime))?;
    runtime.block_on(load::load(&target.database, &staged.name, layers))?;
    Ok(staged)
}

async fn begin(target: &Target, runtime: &Handle) -> Result<Staged, DatabaseError> {
    let database = &target.database;
    let name = format!("{STAGING}{}", random_id());
    let mut connection = database.connect().await?;
    lock(target, &name, &mut connection).await?;
    is_free(target, &mut connection).await?;
    let comment = format!("{}{}{}", mark::STAGING, mark::STAGING_FOR, target.schema);
    let sql = format!("CREATE SCHEMA {0};COMMENT ON SCHEMA {0} IS {1}", quoted(&name), literal(&comment));
    database.run(&mut connection, "creating a schema", sql).await?;
    Ok(Staged { target: target.clone(), name, connection: Some(connection), runtime: runtime.clone() })
}

/// Takes both locks, or says that another run has the first.
async fn lock(target: &Target, name: &str, on: &mut PgConnection) -> Result<(), DatabaseError> {
    let database = &target.database;
    for schema in [target.schema.as_str(), name] {
        if !registry::try_lock(database, on, schema).await? {
            let (schema, server) = (target.schema.to_string(), database.server().to_owned());
            return Err(DatabaseError::Busy { schema, server });
        }
    }
    Ok(())
}

impl Staged {
    /// The schema in which the tables stand for now.
    pub fn schema(&self) -> &str {
        &self.name
    }

    /// Adds tables to those that wait: what analyses have made.
    ///
    /// # Errors
    /// [`DatabaseError`].
    pub fn add(&self, layers: &Layers) -> Result<(), DatabaseError> {
        self.runtime.block_on(load::load(&self.target.database, &self.name, layers))
    }

    /// Where it will stand.
    pub fn target(&self) -> &Target {
        &self.target
    }

    /// Gives the schema its name, in one transaction. What stood there is kept aside until [`Published::keep`].
    ///
    /// # Errors
    /// [`DatabaseError`]; what was loaded is gone then, what stood there is still there.
    pub fn publish(mut self) -> Result<Published, DatabaseError> {
        let runtime = self.runtime.clone();
        runtime.block_on(self.rename())
    }

    async fn rename(&mut self) -> Result<Published, DatabaseError> {
        let target = self.target.clone();
        let database = &target.database;
        let mut connection = self.living_connection().await?;
        let replaced = is_free(&target, &mut connection).await?.then(|| format!("{STAGING}{}", random_id()));
        let created = sqlx::query_scalar(r#"SELECT to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')"#)
            .fetch_one(&mut connection)
            .await
            .map_err(|error| database.fault("asking for the time", &error))?;
        let schema = quoted(target.schema.as_str());
        let aside = replaced.iter().map(|old| format!("ALTER SCHEMA {schema} RENAME TO {};", quoted(old)));
        let sql = format!(
            "BEGIN;{}ALTER SCHEMA {} RENAME TO {schema};COMMENT ON SCHEMA {schema} IS {};COMMIT",
            aside.collect::<String>(),
            quoted(&self.name),
            literal(&Mark { created, ..target.mark.clone() }.comment()),
        );
        database.run(&mut connection, "renaming the schema", sql).await?;
        Ok(Published { target: target.clone(), replaced, connection, runtime: self.runtime.clone() })
    }

    /// The connection with the locks; a new one when the server has closed it in the meantime.
    async fn living_connection(&mut self) -> Result<PgConnection, DatabaseError> {
        if let Some(mut connection) = self.connection.take()
            && sqlx::Connection::ping(&mut connection).await.is_ok()
        {
            return Ok(connection);
        }
        let mut connection = self.target.database.connect().await?;
        lock(&self.target, &self.name, &mut connection).await?;
        Ok(connection)
    }
}

impl Drop for Staged {
    fn drop(&mut self) {
        let (database, name) = (self.target.database.clone(), self.name.clone());
        // After a rename there is nothing under that name. After a failure there is nobody to tell: `db prune` finds what is left.
        let _ = self.runtime.block_on(async {
            let mut connection = database.connect().await?;
            registry::drop_schema(&database, &mut connection, &name).await
        });
        if let Some(connection) = &mut self.connection {
            self.runtime.block_on(registry::unlock(connection));
        }
    }
}

/// A run under its name. What it replaced is still there, aside.
#[derive(Debug)]
pub struct Published {
    target: Target,
    replaced: Option<String>,
    connection: PgConnection,
    runtime: Handle,
}

impl Published {
    /// All is well: what was replaced goes.
    ///
    /// # Errors
    /// It could not be removed; `db prune` will.
    pub fn keep(mut self) -> Result<(), DatabaseError> {
        self.runtime.block_on(async {
            let dropped = match self.replaced.take() {
                Some(old) => registry::drop_schema(&self.target.database, &mut self.connection, &old).await,
                None => Ok(()),
            };
            registry::unlock(&mut self.connection).await;
            dropped
        })
    }

    /// What came after has failed: the schema goes, what it replaced comes back.
    ///
    /// # Errors
    /// The database says no; the schema is then there, complete.
    pub fn withdraw(mut self) -> Result<(), DatabaseError> {
        let schema = quoted(self.target.schema.as_str());
        let back = self.replaced.take().map(|old| format!("ALTER SCHEMA {} RENAME TO {schema};", quoted(&old)));
        let sql = format!("BEGIN;DROP SCHEMA {schema} CASCADE;{}COMMIT", back.unwrap_or_default());
        self.runtime.block_on(async {
            let withdrawn = self.target.database.run(&mut self.connection, "withdrawing the schema", sql).await;
            registry::unlock(&mut self.connection).await;
            withdrawn
        })
    }
}
