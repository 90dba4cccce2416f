//! A room for guests: a schema that another login may write to, while it may read one run. What it may do ends when the room closes.

use super::connect::Database;
use super::error::DatabaseError;
use super::mark;
use super::registry;
use super::schema_name::{STAGING, random_id};
use crate::store::names::{literal, quoted};
use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Connection};

/// The open room.
#[derive(Debug)]
pub struct Room {
    database: Database,
    run: String,
    name: String,
    guest: Option<String>,
    /// Holds the locks: on the room, so that `db prune` leaves it alone, and on the guest, so that it sees one run at a time.
    connection: PgConnection,
}

impl Room {
    /// Makes a schema beside the run's and lets the guest in; without a guest only the owner works there. Waits while the guest is busy
    /// with another run: its rights hold for one at a time.
    ///
    /// # Errors
    /// [`DatabaseError`].
    pub async fn open(database: &Database, run: &str, guest: Option<&str>) -> Result<Self, DatabaseError> {
        let mut connection = database.connect().await?;
        let name = format!("{STAGING}{}", random_id());
        registry::try_lock(database, &mut connection, &name).await?;
        if let Some(guest) = guest {
            registry::wait_lock(database, &mut connection, &format!("login {guest}")).await?;
        }
        let (room, of) = (quoted(&name), quoted(run));
        let comment = literal(&format!("{}for analyses of {run}", mark::STAGING));
        let mut sql = format!("BEGIN;CREATE SCHEMA {room};COMMENT ON SCHEMA {room} IS {comment};");
        if let Some(guest) = guest.map(quoted) {
            sql += &format!(
                "GRANT USAGE ON SCHEMA {of} TO {guest};GRANT SELECT ON ALL TABLES IN SCHEMA {of} TO {guest};\
                 GRANT USAGE, CREATE ON SCHEMA {room} TO {guest};"
            );
        }
        database.run(&mut connection, "making the schema of the analyses", sql + "COMMIT").await?;
        Ok(Self { database: database.clone(), run: run.to_owned(), name, guest: guest.map(str::to_owned), connection })
    }

    /// Its schema.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Takes the rights back and the room away, with all that is in it.
    ///
    /// # Errors
    /// [`DatabaseError`]; `db prune` removes what is left.
    pub async fn close(mut self) -> Result<(), DatabaseError> {
        let of = quoted(&self.run);
        let revoke = self.guest.as_deref().map(quoted).map(|guest| {
            format!("REVOKE ALL ON ALL TABLES IN SCHEMA {of} FROM {guest};REVOKE ALL ON SCHEMA {of} FROM {guest}")
        });
        if let Some(sql) = revoke {
            self.database.run(&mut self.connection, "taking back the rights of the analyses", sql).await?;
        }
        registry::drop_schema(&self.database, &mut self.connection, &self.name).await?;
        // The locks go with the session; that it ended well is not needed.
        let _ = self.connection.close().await;
        Ok(())
    }
}

/// What a login may do beyond what a guest should: a phrase, or nothing.
///
/// # Errors
/// [`DatabaseError`].
pub async fn too_powerful(guest: &Database, owner: &Database) -> Result<Option<String>, DatabaseError> {
    let mut connection = guest.connect().await?;
    let sql = "SELECT CASE WHEN r.rolsuper THEN 'is a superuser'
                 WHEN r.rolcreaterole THEN 'may make roles'
                 WHEN EXISTS (SELECT FROM pg_auth_members m WHERE m.member = r.oid) THEN 'is a member of other roles'
                 WHEN r.rolname = $1 THEN 'owns the run''s tables'
                 WHEN has_database_privilege(current_database(), 'CREATE') THEN 'may make schemas'
                 WHEN has_schema_privilege('public', 'CREATE') THEN 'may write to the schema public' END
               FROM pg_roles r WHERE r.rolname = session_user";
    let found: Result<Option<String>, _> =
        sqlx::query_scalar(AssertSqlSafe(sql.to_owned())).bind(owner.user()).fetch_one(&mut connection).await;
    found.map_err(|error| guest.fault("asking for rights", &error))
}
