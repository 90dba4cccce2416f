//! A prefix in a bucket as the second cache of fetched files.

use super::{Bucket, Location, S3Error};
use crate::fetch::SharedStore;
use std::path::Path;
use tokio::runtime::Handle;

/// Objects under the prefix are files that were fetched, and their records.
#[derive(Clone, Debug)]
pub struct SharedCache(Bucket);

impl SharedCache {
    /// At `s3://bucket/prefix`.
    ///
    /// # Errors
    /// It is no such address, or there are no credentials.
    pub fn open(address: &str, runtime: &Handle) -> Result<Self, S3Error> {
        Bucket::open(Location::parse(address)?, runtime).map(Self)
    }
}

impl SharedStore for SharedCache {
    fn get_file(&self, key: &str, path: &Path) -> Result<bool, String> {
        self.0.get_file(key, path).map_err(|error| error.to_string())
    }

    fn put_file(&self, key: &str, path: &Path) -> Result<(), String> {
        self.0.put_file(key, path).map_err(|error| error.to_string())
    }
}
