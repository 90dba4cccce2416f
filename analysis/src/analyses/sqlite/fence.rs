//! The fence around SQL in a GeoPackage: SQLite asks about everything a statement would do, before it does it.
//!
//! The only `unsafe` of the project, for three functions of SQLite that sqlx does not offer safely. Audited by:
//! - the callback has C's signature as `libsqlite3-sys` declares it, keeps no state and gets no pointer of ours (the third argument is null);
//! - the texts it is given live as long as the call and are read only there; a null pointer is "none";
//! - it cannot unwind into C: it reads and compares texts, nothing of which panics;
//! - the handle is locked while the callback or the limit is set, so SQLite is not inside a call then;
//! - the limit is a number, whatever it is: SQLite cuts it to what it can.
#![allow(unsafe_code)]

use libsqlite3_sys as sqlite;
use sqlx::sqlite::{LockedSqliteHandle, SqliteConnectOptions};
use std::ffi::{CStr, c_char, c_int, c_void};

/// Name under which the run's tables are attached.
pub(super) const RUN: &str = "run";

/// The library that gives SQLite spatial functions.
const SPATIALITE: &str = "mod_spatialite";

/// The largest text or blob: nothing looks at the clock while SQLite makes one, so it may not take long.
pub(super) const VALUE_MAX_MIB: i32 = 64;

/// Loads SpatiaLite when a connection is made.
pub(super) fn with_spatialite(options: SqliteConnectOptions) -> SqliteConnectOptions {
    // SAFETY: loads a library of the system by its fixed name; SQL cannot load any (that function stays off).
    unsafe { options.extension(SPATIALITE) }
}

/// From now on statements of this connection are asked about, and their values are not endless.
pub(super) fn raise(connection: &mut LockedSqliteHandle<'_>) {
    let handle = connection.as_raw_handle().as_ptr();
    // SAFETY: the handle is valid and locked; see above for the callback.
    unsafe { sqlite::sqlite3_set_authorizer(handle, Some(ask), std::ptr::null_mut()) };
    // SAFETY: the handle is valid and locked; the limit is a number.
    unsafe { sqlite::sqlite3_limit(handle, sqlite::SQLITE_LIMIT_LENGTH, VALUE_MAX_MIB << 20) };
}

/// No longer.
pub(super) fn lower(connection: &mut LockedSqliteHandle<'_>) {
    // SAFETY: the handle is valid and locked; no callback means none is called.
    unsafe { sqlite::sqlite3_set_authorizer(connection.as_raw_handle().as_ptr(), None, std::ptr::null_mut()) };
}

unsafe extern "C" fn ask(
    _: *mut c_void,
    action: c_int,
    first: *const c_char,
    second: *const c_char,
    database: *const c_char,
    _: *const c_char,
) -> c_int {
    // SAFETY: SQLite gives null or a text that ends with a zero byte and lives during the call.
    let text = |pointer: *const c_char| (!pointer.is_null()).then(|| unsafe { CStr::from_ptr(pointer) }.to_bytes());
    match is_allowed(action, text(first), text(second), text(database)) {
        true => sqlite::SQLITE_OK,
        false => sqlite::SQLITE_DENY,
    }
}

/// Pragmas that only tell: SpatiaLite's functions ask them.
const TELLING: [&[u8]; 6] =
    [b"table_info", b"table_xinfo", b"index_list", b"index_info", b"foreign_key_list", b"database_list"];

/// Whether an analysis may do that (sqlite.org/c3ref/c_alter_table.html says what the texts are).
fn is_allowed(action: c_int, first: Option<&[u8]>, second: Option<&[u8]>, database: Option<&[u8]>) -> bool {
    let is = |text: Option<&[u8]>, name: &str| text.is_some_and(|text| text.eq_ignore_ascii_case(name.as_bytes()));
    match action {
        sqlite::SQLITE_SELECT | sqlite::SQLITE_READ | sqlite::SQLITE_RECURSIVE => true,
        sqlite::SQLITE_FUNCTION => !is(second, "load_extension"),
        sqlite::SQLITE_PRAGMA => {
            first.is_some_and(|name| TELLING.iter().any(|telling| name.eq_ignore_ascii_case(telling)))
        }
        // A virtual table may be a file of the disk; the spatial index is the one that is none.
        sqlite::SQLITE_CREATE_VTABLE | sqlite::SQLITE_DROP_VTABLE => is(second, "rtree") && !is(database, RUN),
        sqlite::SQLITE_ALTER_TABLE => !is(first, RUN),
        sqlite::SQLITE_INSERT | sqlite::SQLITE_UPDATE | sqlite::SQLITE_DELETE => {
            // SQLite prepares writing whenever it opens a spatial index. The file is open for reading only, so nothing comes of it.
            !is(database, RUN) || first.is_some_and(|name| name.starts_with(b"rtree_"))
        }
        sqlite::SQLITE_ATTACH | sqlite::SQLITE_DETACH | sqlite::SQLITE_TRANSACTION | sqlite::SQLITE_SAVEPOINT => false,
        _ => !is(database, RUN),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reading_is_free_and_writing_only_at_home() {
        let may = |action, first: &str, database: &str| {
            is_allowed(action, Some(first.as_bytes()), None, Some(database.as_bytes()))
        };
        assert!(may(sqlite::SQLITE_READ, "neighborhood_ways", "run"));
        assert!(may(sqlite::SQLITE_CREATE_TABLE, "mine", "main"));
        assert!(may(sqlite::SQLITE_INSERT, "rtree_neighborhood_ways_geom_node", "run"));
        for action in [
            sqlite::SQLITE_INSERT,
            sqlite::SQLITE_UPDATE,
            sqlite::SQLITE_DELETE,
            sqlite::SQLITE_DROP_TABLE,
            sqlite::SQLITE_CREATE_TABLE,
            sqlite::SQLITE_CREATE_INDEX,
            sqlite::SQLITE_CREATE_TRIGGER,
        ] {
            assert!(!may(action, "neighborhood_ways", "RUN"), "{action}");
        }
        assert!(!may(sqlite::SQLITE_ALTER_TABLE, "run", "neighborhood_ways"));
    }

    #[test]
    fn nothing_leads_outside() {
        let second = |action, text: &str| is_allowed(action, None, Some(text.as_bytes()), Some(b"main"));
        assert!(!second(sqlite::SQLITE_FUNCTION, "LOAD_EXTENSION"));
        assert!(!second(sqlite::SQLITE_CREATE_VTABLE, "VirtualText"));
        assert!(second(sqlite::SQLITE_FUNCTION, "st_length"));
        assert!(!is_allowed(sqlite::SQLITE_ATTACH, Some(b"/etc/x"), None, None));
        assert!(!is_allowed(sqlite::SQLITE_PRAGMA, Some(b"writable_schema"), Some(b"on"), None));
        assert!(is_allowed(sqlite::SQLITE_PRAGMA, Some(b"table_info"), None, None));
    }
}
