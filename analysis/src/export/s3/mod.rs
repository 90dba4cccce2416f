//! Objects on S3 and on stores that speak its language: all that the sink needs, as plain blocking calls.
//!
//! Credentials, region and endpoint come from where the AWS tools look for them. An object appears whole or not at all: large files go up in
//! parts that a last request puts together, and a failed upload is called off. Nothing here makes a result: the sink writes its manifest last,
//! with [`Bucket::put_if_absent`].

mod connect;
mod error;
mod location;
mod shared_cache;
#[cfg(test)]
mod tests;
mod upload;

pub use error::S3Error;
pub use location::{Location, is_s3};
pub use shared_cache::SharedCache;

use aws_sdk_s3::Client;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::ChecksumAlgorithm;
use std::fs::File;
use std::io::Write;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

/// Parts in flight: enough to fill a fast line, few enough that they need no memory to speak of (16 MiB each).
const UPLOADS_AT_ONCE: usize = 4;

/// Deletions in flight.
const DELETIONS_AT_ONCE: usize = 16;

/// Largest object that [`Bucket::get_small`] takes into memory.
const SMALL_MAX_BYTES: i64 = 64 << 20;

/// Attempts of a conditional upload, which must look at each answer itself; the SDK does as many of everything else.
const ATTEMPTS: u32 = 4;

/// What every upload declares and the store checks: a damaged byte on the way is an error there.
const CHECKSUM: ChecksumAlgorithm = ChecksumAlgorithm::Sha256;

/// A place in a bucket. Keys are relative to its prefix. Calls block: use it from ordinary threads, with the handle of a multi-threaded
/// runtime, never from inside a task of that runtime.
#[derive(Clone, Debug)]
pub struct Bucket {
    place: Location,
    /// Where requests go, for messages.
    endpoint: Arc<str>,
    /// Small requests.
    quick: Client,
    /// Requests that carry parts of files: far longer until one counts as hung.
    patient: Client,
    slots: Arc<Semaphore>,
    runtime: Handle,
}

impl Bucket {
    /// Finds credentials, region and endpoint. Sends nothing to the bucket yet; the first request tells whether it is there.
    ///
    /// # Errors
    /// [`S3Error::NoCredentials`].
    pub fn open(place: Location, runtime: &Handle) -> Result<Self, S3Error> {
        let clients = runtime.block_on(connect::clients(&place))?;
        Ok(Self {
            place,
            endpoint: clients.endpoint.into(),
            quick: clients.quick,
            patient: clients.patient,
            slots: Arc::new(Semaphore::new(UPLOADS_AT_ONCE)),
            runtime: runtime.clone(),
        })
    }

    /// Where it is.
    pub fn place(&self) -> &Location {
        &self.place
    }

    /// Uploads a file; large ones in parts, several at once.
    ///
    /// # Errors
    /// [`S3Error`]; then nothing appears under the key.
    pub fn put_file(&self, key: &str, path: &Path) -> Result<(), S3Error> {
        self.runtime.block_on(upload::file(self, key, path))
    }

    /// Uploads bytes.
    ///
    /// # Errors
    /// [`S3Error`].
    pub fn put_bytes(&self, key: &str, bytes: Vec<u8>) -> Result<(), S3Error> {
        self.runtime.block_on(upload::bytes(self, key, bytes))
    }

    /// Uploads bytes unless the key exists: of several runs that publish at once, one succeeds.
    ///
    /// # Errors
    /// [`S3Error::Published`] when the key exists; else as the others.
    pub fn put_if_absent(&self, key: &str, bytes: &[u8]) -> Result<(), S3Error> {
        self.runtime.block_on(self.put_if_absent_async(key, bytes))
    }

    /// Keys that begin with `prefix`, sorted.
    ///
    /// # Errors
    /// [`S3Error`].
    pub fn list(&self, prefix: &str) -> Result<Vec<String>, S3Error> {
        self.runtime.block_on(self.list_async(prefix, None))
    }

    /// Names of the folders right under `folder` (with a slash at its end, or empty), without a slash, sorted.
    ///
    /// # Errors
    /// [`S3Error`].
    pub fn folders(&self, folder: &str) -> Result<Vec<String>, S3Error> {
        let found = self.runtime.block_on(self.list_async(folder, Some("/")))?;
        let name = |key: String| key.strip_prefix(folder).map(|name| name.trim_end_matches('/').to_owned());
        let mut names: Vec<String> = found.into_iter().filter_map(name).filter(|name| !name.is_empty()).collect();
        names.sort();
        Ok(names)
    }

    /// A small object, such as a manifest; `None` when there is none.
    ///
    /// # Errors
    /// [`S3Error`]; [`S3Error::Failed`] above 64 MiB.
    pub fn get_small(&self, key: &str) -> Result<Option<Vec<u8>>, S3Error> {
        self.runtime.block_on(self.get_small_async(key))
    }

    /// Writes an object of any size to a new file; says whether there is such an object.
    ///
    /// # Errors
    /// [`S3Error`]; then the file may hold a beginning.
    pub fn get_file(&self, key: &str, path: &Path) -> Result<bool, S3Error> {
        self.runtime.block_on(self.get_file_async(key, path))
    }

    /// Size and tag of an object; `None` when there is none.
    ///
    /// # Errors
    /// [`S3Error`].
    pub fn stat(&self, key: &str) -> Result<Option<(u64, String)>, S3Error> {
        let asked = self.quick.head_object().bucket(&self.place.bucket).key(self.place.key(key));
        match self.runtime.block_on(asked.send()) {
            Ok(head) => {
                let bytes = head.content_length().and_then(|length| u64::try_from(length).ok()).unwrap_or_default();
                Ok(Some((bytes, head.e_tag().unwrap_or_default().to_owned())))
            }
            Err(error) if error::is_missing(&error) => Ok(None),
            Err(error) => Err(self.error("read", key, error)),
        }
    }

    /// Those bytes of an object; the range must not be empty.
    ///
    /// # Errors
    /// [`S3Error`].
    pub fn get_range(&self, key: &str, range: Range<u64>) -> Result<Vec<u8>, S3Error> {
        let asked = self.quick.get_object().bucket(&self.place.bucket).key(self.place.key(key));
        let asked = asked.range(format!("bytes={}-{}", range.start, range.end.saturating_sub(1)));
        self.runtime.block_on(async {
            let object = asked.send().await.map_err(|error| self.error("read", key, error))?;
            let body = object.body.collect().await.map_err(|cause| self.failed("read", key, &error::root(&cause)))?;
            Ok(body.to_vec())
        })
    }

    /// Deletes objects; those that are not there count as deleted.
    ///
    /// # Errors
    /// [`S3Error`] of the first that cannot be deleted.
    pub fn delete(&self, keys: &[String]) -> Result<(), S3Error> {
        self.runtime.block_on(self.delete_async(keys))
    }

    async fn put_if_absent_async(&self, key: &str, bytes: &[u8]) -> Result<(), S3Error> {
        for attempt in 1.. {
            let error = match self.put_once_if_absent(key, bytes).await {
                Ok(()) => return Ok(()),
                Err(error) => error,
            };
            match error {
                // An attempt before this one may have succeeded and its answer been lost: then the object is ours.
                S3Error::Published { .. } if attempt > 1 => {
                    let ours = self.get_small_async(key).await?.is_some_and(|found| found == bytes);
                    return if ours { Ok(()) } else { Err(error) };
                }
                error if error.may_pass() && attempt < ATTEMPTS => tokio::time::sleep(connect::pause(attempt)).await,
                error => return Err(error),
            }
        }
        Ok(())
    }

    async fn put_once_if_absent(&self, key: &str, bytes: &[u8]) -> Result<(), S3Error> {
        let sent = self
            .quick
            .put_object()
            .bucket(&self.place.bucket)
            .key(self.place.key(key))
            .content_type(content_type(key))
            .checksum_algorithm(CHECKSUM)
            .if_none_match("*")
            .body(ByteStream::from(bytes.to_vec()))
            .customize()
            .config_override(connect::without_retries())
            .send()
            .await;
        match sent {
            Err(error) if error::is_not_implemented(&error) => self.put_unless_seen(key, bytes).await,
            sent => sent.map(drop).map_err(|error| self.error("write", key, error)),
        }
    }

    /// For stores without conditional writes: look, then write. Two runs that do so within the same second may both succeed.
    async fn put_unless_seen(&self, key: &str, bytes: &[u8]) -> Result<(), S3Error> {
        match self.get_small_async(key).await? {
            Some(_) => Err(S3Error::Published { address: self.place.address(key) }),
            None => upload::bytes(self, key, bytes.to_vec()).await,
        }
    }

    async fn list_async(&self, prefix: &str, delimiter: Option<&str>) -> Result<Vec<String>, S3Error> {
        let mut pages = self
            .quick
            .list_objects_v2()
            .bucket(&self.place.bucket)
            .prefix(self.place.key(prefix))
            .set_delimiter(delimiter.map(str::to_owned))
            .into_paginator()
            .send();
        let mut keys = Vec::new();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| self.error("list", prefix, error))?;
            let found: Vec<&str> = match delimiter {
                None => page.contents().iter().filter_map(|object| object.key()).collect(),
                Some(_) => page.common_prefixes().iter().filter_map(|folder| folder.prefix()).collect(),
            };
            keys.extend(found.into_iter().filter_map(|key| self.place.relative(key)));
        }
        keys.sort();
        Ok(keys)
    }

    async fn get_small_async(&self, key: &str) -> Result<Option<Vec<u8>>, S3Error> {
        let found = self.quick.get_object().bucket(&self.place.bucket).key(self.place.key(key)).send().await;
        let object = match found {
            Ok(object) => object,
            Err(error) if error::is_missing(&error) => return Ok(None),
            Err(error) => return Err(self.error("read", key, error)),
        };
        if object.content_length().is_some_and(|length| length > SMALL_MAX_BYTES) {
            return Err(self.failed("read", key, "it is larger than 64 MiB"));
        }
        let body = object.body.collect().await.map_err(|cause| self.failed("read", key, &error::root(&cause)))?;
        Ok(Some(body.to_vec()))
    }

    async fn get_file_async(&self, key: &str, path: &Path) -> Result<bool, S3Error> {
        let found = self.patient.get_object().bucket(&self.place.bucket).key(self.place.key(key)).send().await;
        let mut body = match found {
            Ok(object) => object.body,
            Err(error) if error::is_missing(&error) => return Ok(false),
            Err(error) => return Err(self.error("read", key, error)),
        };
        let unwritten = |cause| S3Error::Unwritten { path: path.to_owned(), cause };
        let mut file = File::create(path).map_err(unwritten)?;
        while let Some(chunk) = body.next().await {
            let chunk = chunk.map_err(|cause| self.failed("read", key, &error::root(&cause)))?;
            file.write_all(&chunk).map_err(unwritten)?;
        }
        Ok(true)
    }

    /// One request an object: the request that deletes many at once needs checksums that not every store knows.
    async fn delete_async(&self, keys: &[String]) -> Result<(), S3Error> {
        let mut running = JoinSet::new();
        let mut result = Ok(());
        for key in keys {
            if running.len() >= DELETIONS_AT_ONCE {
                result = result.and(joined(running.join_next().await));
            }
            let (bucket, key) = (self.clone(), key.clone());
            running.spawn(async move { bucket.delete_one(&key).await });
        }
        while let Some(deleted) = running.join_next().await {
            result = result.and(joined(Some(deleted)));
        }
        result
    }

    async fn delete_one(&self, key: &str) -> Result<(), S3Error> {
        let deleted = self.quick.delete_object().bucket(&self.place.bucket).key(self.place.key(key)).send().await;
        match deleted {
            Err(error) if error::is_missing(&error) => Ok(()),
            deleted => deleted.map(drop).map_err(|error| self.error("delete", key, error)),
        }
    }
}

/// The result of a task; a task that broke breaks us too.
fn joined<T: Default>(task: Option<Result<Result<T, S3Error>, tokio::task::JoinError>>) -> Result<T, S3Error> {
    match task {
        None => Ok(T::default()),
        Some(Ok(result)) => result,
        Some(Err(broken)) => match broken.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            Err(_) => Ok(T::default()),
        },
    }
}

/// How long the `attempt`th attempt waits before the next: doubling, half of it by chance, so that many runs do not come back at once.
fn backoff(attempt: u32, chance: f64) -> Duration {
    Duration::from_millis(250 << attempt.min(6)).mul_f64(0.5 + chance.clamp(0.0, 1.0) / 2.0)
}

/// What browsers and map viewers need to know about a file.
fn content_type(key: &str) -> &'static str {
    match key.rsplit('.').next() {
        Some("json") => "application/json",
        Some("geojson") => "application/geo+json",
        Some("csv") => "text/csv; charset=utf-8",
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("gz") => "application/gzip",
        Some("zip") => "application/zip",
        Some("gpkg") => "application/geopackage+sqlite3",
        Some("parquet") => "application/vnd.apache.parquet",
        Some("pmtiles") => "application/vnd.pmtiles",
        _ => "application/octet-stream",
    }
}
