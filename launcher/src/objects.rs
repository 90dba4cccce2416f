//! # Objects — boundaries, uploads and results, in a folder or a bucket
//! Touches: files or S3                    Does not know: runs, HTTP
//!
//! Keys are made by us, of ids and hashes; nothing a client names becomes part of one.

mod folder;
mod memory;
mod s3;
pub mod verify;

pub use folder::Folder;
pub use memory::MemoryObjects;
pub use s3::S3;

use async_trait::async_trait;
use sha2::{Digest, Sha256};

/// The object store does not answer, or says no.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the result store: {0}")]
pub struct ObjectError(pub String);

/// A file for a client: opened here, or fetched by the client itself.
pub enum Access {
    /// An address that is valid for a while.
    Url(String),
    /// A file of this machine.
    File(std::path::PathBuf),
    /// Its content.
    Bytes(Vec<u8>),
}

/// Files by key. All calls may be repeated.
#[async_trait]
pub trait Objects: Send + Sync {
    /// Writes an object, whole or not at all.
    async fn put(&self, key: &str, bytes: Vec<u8>) -> Result<(), ObjectError>;

    /// A small object; none when there is none.
    async fn get(&self, key: &str) -> Result<Option<Vec<u8>>, ObjectError>;

    /// Its size; none when there is none.
    async fn size(&self, key: &str) -> Result<Option<u64>, ObjectError>;

    /// SHA-256 of its content, hexadecimal; none when there is none.
    async fn sha256(&self, key: &str) -> Result<Option<String>, ObjectError>;

    /// Deletes all whose key begins with `prefix`, which ends with a slash.
    async fn delete_all(&self, prefix: &str) -> Result<(), ObjectError>;

    /// What the task opens: a path, or an `s3://` address.
    fn place(&self, key: &str) -> String;

    /// How a client gets it; none when there is none.
    async fn access(&self, key: &str, media_type: &str) -> Result<Option<Access>, ObjectError>;
}

/// SHA-256, hexadecimal.
pub fn sha256(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

/// Key of a boundary: its content, so the same boundary is stored once.
pub fn boundary_key(bytes: &[u8]) -> String {
    format!("boundaries/{}.geojson", sha256(bytes))
}

/// Key of a suite.
pub fn suite_key(bytes: &[u8]) -> String {
    format!("suites/{}.toml", sha256(bytes))
}

/// Key of a bundle of analyses.
pub fn bundle_key(bytes: &[u8]) -> String {
    format!("analyses/{}.zip", sha256(bytes))
}
