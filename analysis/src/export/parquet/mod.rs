//! Parquet: GeoParquet 1.1 for layers with geometry, plain Parquet for tables, dictionary-coded rows for the pairs of blocks.
//!
//! Same input, same bytes: the writer's name is fixed, no date is recorded, columns are encoded one by one in publishing order.

mod geometry;
mod layer;
mod pages;
mod pairs;
#[cfg(test)]
mod tests;

pub use layer::write_layer;
pub use pairs::write_pairs;

use ::parquet::basic::{Compression, ZstdLevel};
use ::parquet::file::metadata::KeyValue;
use ::parquet::file::properties::{WriterProperties, WriterPropertiesBuilder};
use std::io;

/// Why a Parquet file could not be written.
#[derive(Debug, thiserror::Error)]
pub enum ParquetError {
    /// The destination failed; whoever owns it names it.
    #[error(transparent)]
    Write(io::Error),
    /// The format cannot hold the table.
    #[error("Parquet cannot hold {table}: {cause}; leave parquet out of --formats and report this")]
    Format {
        /// Published name of the table.
        table: String,
        /// What the format's library says.
        cause: String,
    },
}

impl ParquetError {
    fn of(table: &str) -> impl FnOnce(::parquet::errors::ParquetError) -> Self {
        move |cause| match cause {
            ::parquet::errors::ParquetError::External(cause) => match cause.downcast::<io::Error>() {
                Ok(cause) => Self::Write(*cause),
                Err(cause) => Self::Format { table: table.to_owned(), cause: cause.to_string() },
            },
            cause => Self::Format { table: table.to_owned(), cause: cause.to_string() },
        }
    }
}

impl From<ParquetError> for io::Error {
    fn from(error: ParquetError) -> Self {
        match error {
            ParquetError::Write(cause) => cause,
            format @ ParquetError::Format { .. } => Self::new(io::ErrorKind::InvalidData, format),
        }
    }
}

/// The writer named in every file. Without a version of ours or of the library: an update alone must not change the bytes.
const CREATED_BY: &str = "quietway";

/// Key of our own metadata: table, edition, projection of the metres.
const METADATA_KEY: &str = "quietway";

/// What every file has: zstd at its fastest level (the files are read far more often over a network than from memory) and our metadata.
fn properties(metadata: &serde_json::Value, more: Option<KeyValue>) -> WriterPropertiesBuilder {
    let ours = KeyValue::new(METADATA_KEY.to_owned(), metadata.to_string());
    WriterProperties::builder()
        .set_created_by(CREATED_BY.to_owned())
        .set_compression(Compression::ZSTD(ZstdLevel::default()))
        .set_key_value_metadata(Some(more.into_iter().chain([ours]).collect()))
}
