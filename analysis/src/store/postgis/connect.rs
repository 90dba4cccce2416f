//! Where the database is, and connections to it.

use super::error::{self, DatabaseError};
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{AssertSqlSafe, ConnectOptions};
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

/// How long a server may take to answer at all.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(30);

/// A server (14 and newer) that looks every few seconds whether we still live gives up the work, and the locks, of a killed run.
const SESSION: &str =
    "SELECT set_config(name, '2s', false) FROM pg_settings WHERE name = 'client_connection_check_interval'";

/// A PostgreSQL database. Shown without its password.
#[derive(Clone)]
pub struct Database {
    options: PgConnectOptions,
    server: String,
}

impl fmt::Debug for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.server)
    }
}

impl Database {
    /// Reads an address, `postgres://user:password@host:port/database?sslmode=…`; what it leaves out comes from the usual variables
    /// (`PGHOST`, `PGPASSWORD` …) and `~/.pgpass`.
    ///
    /// # Errors
    /// [`DatabaseError::Url`].
    pub fn parse(address: &str) -> Result<Self, DatabaseError> {
        let fault = |what: &str| DatabaseError::Url { what: what.to_owned() };
        if !["postgres://", "postgresql://"].iter().any(|scheme| address.starts_with(scheme)) {
            return Err(fault("it does not begin with postgres://"));
        }
        let options = PgConnectOptions::from_str(address).map_err(|error| match error {
            sqlx::Error::Configuration(cause) => fault(&cause.to_string()),
            _ => fault("it cannot be read"),
        })?;
        let options = options.application_name("quietway").disable_statement_logging();
        let place = match options.get_socket() {
            Some(socket) => socket.display().to_string(),
            None => format!("{}:{}", options.get_host(), options.get_port()),
        };
        let name = options.get_database().unwrap_or_else(|| options.get_username());
        let server = format!("{name} at {place}");
        Ok(Self { options, server })
    }

    /// Database, host and port, for people.
    pub fn server(&self) -> &str {
        &self.server
    }

    /// The login.
    pub fn user(&self) -> &str {
        self.options.get_username()
    }

    /// A new connection.
    ///
    /// # Errors
    /// [`DatabaseError::Unreachable`], [`DatabaseError::Refused`].
    pub async fn connect(&self) -> Result<PgConnection, DatabaseError> {
        let mut connection = match tokio::time::timeout(CONNECT_TIMEOUT, self.options.connect()).await {
            Ok(connected) => connected.map_err(|error| error::of_login(&self.server, &error))?,
            Err(_) => {
                let cause = format!("no answer within {} s", CONNECT_TIMEOUT.as_secs());
                return Err(DatabaseError::Unreachable { server: self.server.clone(), cause });
            }
        };
        self.run(&mut connection, "setting up the session", SESSION.to_owned()).await?;
        Ok(connection)
    }

    /// Runs statements without values.
    pub(super) async fn run(&self, on: &mut PgConnection, what: &str, sql: String) -> Result<(), DatabaseError> {
        let done = sqlx::raw_sql(AssertSqlSafe(sql)).execute(on).await;
        done.map(|_| ()).map_err(|error| self.fault(what, &error))
    }

    /// The driver's error as ours.
    pub(super) fn fault(&self, what: &str, error: &sqlx::Error) -> DatabaseError {
        error::of(&self.server, what, error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_shown_without_its_password() {
        let database = Database::parse("postgres://ada:s%C3%A9cret@db.example:6543/bikes?sslmode=require").unwrap();
        assert_eq!(format!("{database:?}"), "bikes at db.example:6543");
        assert_eq!(database.user(), "ada");
    }

    #[test]
    fn nonsense_is_refused_without_repeating_it() {
        for nonsense in [
            "",
            "localhost",
            "mysql://a:hunter2@b/c",
            "postgres://a:hunter2@b:port/c",
            "postgres://a:hunter2@b/c?sslmode=maybe",
        ] {
            let error = Database::parse(nonsense).unwrap_err().to_string();
            assert!(error.starts_with("--database-url is no address"), "{error}");
            assert!(!error.contains("hunter2"), "{error}");
        }
    }
}
