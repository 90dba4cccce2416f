//! What can go wrong with a database, in sentences that say what to do. Never with a password: only server, database and user are named.

use super::schema_name::SchemaName;

/// Why nothing was published.
#[derive(Debug, thiserror::Error)]
pub enum DatabaseError {
    /// The address is none.
    #[error(
        "--database-url is no address of a PostgreSQL database ({what}); expected postgres://user@host:port/database"
    )]
    Url {
        /// Why, without the address, which may hold a password.
        what: String,
    },
    /// Nobody answers.
    #[error("cannot reach the database {server}: {cause}; check --database-url, the server and the network")]
    Unreachable {
        /// Host, port, database.
        server: String,
        /// Why.
        cause: String,
    },
    /// The server does not let us in.
    #[error("the database {server} refuses the login: {cause}; check user and password in --database-url")]
    Refused {
        /// Host, port, database.
        server: String,
        /// The server's words.
        cause: String,
    },
    /// PostGIS is not there.
    #[error("the database {server} has no PostGIS; let its administrator run: CREATE EXTENSION postgis")]
    NoPostgis {
        /// Host, port, database.
        server: String,
    },
    /// The login has no right to create schemas.
    #[error(
        "{user} may not create schemas in the database {server}; let its owner run: GRANT CREATE ON DATABASE … TO {user}"
    )]
    MayNotCreate {
        /// The login.
        user: String,
        /// Host, port, database.
        server: String,
    },
    /// Something is there.
    #[error("the schema {schema} exists already in {server}; choose another --schema, or --overwrite to replace it")]
    Exists {
        /// The schema.
        schema: SchemaName,
        /// Host, port, database.
        server: String,
    },
    /// Something of others is there.
    #[error("the schema {schema} in {server} was not made by Quietway, so it is left alone; choose another --schema")]
    NotOurs {
        /// The schema.
        schema: String,
        /// Host, port, database.
        server: String,
    },
    /// Nothing of that name.
    #[error("there is no schema {schema} in {server}; `quietway db list` shows those of Quietway")]
    NoSuch {
        /// The schema.
        schema: String,
        /// Host, port, database.
        server: String,
    },
    /// Another run is at it.
    #[error("another run is writing the schema {schema} in {server}; wait for it, or choose another --schema")]
    Busy {
        /// The schema.
        schema: String,
        /// Host, port, database.
        server: String,
    },
    /// No room.
    #[error(
        "the disk of the database {server} is full ({cause}); nothing was published: make room there and run again"
    )]
    Full {
        /// Host, port, database.
        server: String,
        /// The server's words.
        cause: String,
    },
    /// The connection broke.
    #[error("the connection to the database {server} broke while {what} ({cause}); nothing was published: run again")]
    Lost {
        /// Host, port, database.
        server: String,
        /// What was under way.
        what: String,
        /// Why.
        cause: String,
    },
    /// Anything else the server says.
    #[error("the database {server} says no to {what}: {cause}; nothing was published")]
    Failed {
        /// Host, port, database.
        server: String,
        /// What was under way.
        what: String,
        /// The server's words.
        cause: String,
    },
}

/// Turns an error of the driver into ours; `what` was under way.
pub(super) fn of(server: &str, what: &str, error: &sqlx::Error) -> DatabaseError {
    let (server, what) = (server.to_owned(), what.to_owned());
    let sqlx::Error::Database(inner) = error else {
        return DatabaseError::Lost { server, what, cause: error.to_string() };
    };
    let cause = inner.message().to_owned();
    match inner.code().as_deref().unwrap_or_default() {
        "53100" => DatabaseError::Full { server, cause },
        // Class 57: an administrator, a crash, a shutdown ended the session. Class 08: the connection failed.
        code if code.starts_with("57P") || code.starts_with("08") => DatabaseError::Lost { server, what, cause },
        _ => DatabaseError::Failed { server, what, cause },
    }
}

/// Turns an error of connecting into ours.
pub(super) fn of_login(server: &str, error: &sqlx::Error) -> DatabaseError {
    let server = server.to_owned();
    match error {
        // Class 28: authorisation; 3D000: no such database.
        sqlx::Error::Database(inner) if inner.code().is_some_and(|code| code.starts_with("28")) => {
            DatabaseError::Refused { server, cause: inner.message().to_owned() }
        }
        sqlx::Error::Database(inner) => DatabaseError::Unreachable { server, cause: inner.message().to_owned() },
        other => DatabaseError::Unreachable { server, cause: other.to_string() },
    }
}
