//! contract only
pub mod bundle;
pub mod layout;
pub mod parquet;
pub mod s3;
