//! # PostGIS — layers into a schema of a PostgreSQL database
//! In:   layers, a database             Out:  one schema, whole or not at all
//! Touches: one server, SQL                 Does not know: what a column means, other formats
//! Source: PostgreSQL 15, "COPY" (binary format), "Explicit Locking" (advisory locks); PostGIS 3.3 (EWKB)
//!
//! A run is loaded into a schema of its own with a name nobody looks for (*staging*), over several connections, and renamed in one
//! transaction at the very end. What stood under the name before is kept aside until the caller is done, so that nothing is lost.
//!
//! Two kinds of advisory locks: on the wanted schema, so that two runs never write the same one; on the staging schema, so that
//! [`registry::prune`] knows a living run from a dead one. A session's end, however it comes, frees both.

mod connect;
mod copy;
mod error;
pub mod guest;
mod load;
mod mark;
pub mod registry;
mod schema_name;
mod staging;
mod statements;

pub use connect::Database;
#[cfg(test)]
pub(super) use copy::sql_type;
pub use error::DatabaseError;
pub use mark::Mark;
pub use schema_name::{SchemaName, random_id};
pub use staging::{Published, Staged, Target, check, stage};
