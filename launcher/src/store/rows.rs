//! Rows to values and back.

use super::{Org, StoreError};
use crate::run::{Event, Run};
use sqlx::Row;
use sqlx::any::AnyRow;

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        Self::Unavailable(error.to_string())
    }
}

/// A document of the database.
pub fn parse<T: serde::de::DeserializeOwned>(text: &str) -> Result<T, StoreError> {
    serde_json::from_str(text).map_err(|cause| StoreError::Unreadable(cause.to_string()))
}

/// A document for the database.
pub fn text<T: serde::Serialize>(value: &T) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|cause| StoreError::Unreadable(cause.to_string()))
}

/// Of a row whose first column is the document.
pub fn run(row: &AnyRow) -> Result<Run, StoreError> {
    parse(row.try_get::<&str, _>(0)?)
}

/// Of a row whose first column is the document.
pub fn event(row: &AnyRow) -> Result<Event, StoreError> {
    parse(row.try_get::<&str, _>(0)?)
}

/// Columns of an organisation, as [`org`] reads them.
pub const ORG: &str = "id, generation, current_run, published_run, created_ms, deleted_ms";

/// Of a row of [`ORG`].
pub fn org(row: &AnyRow) -> Result<Org, StoreError> {
    Ok(Org {
        id: row.try_get(0)?,
        generation: row.try_get(1)?,
        current_run: row.try_get(2)?,
        published_run: row.try_get(3)?,
        created_ms: row.try_get(4)?,
        deleted_ms: row.try_get(5)?,
    })
}
