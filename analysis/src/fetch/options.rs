//! What is asked of the room, and what it gives.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// How files are fetched.
#[derive(Clone)]
pub struct FetchOptions {
    /// Folder of the cache; made when it is not there.
    pub cache_dir: PathBuf,
    /// A second cache that several machines share.
    pub shared: Option<Arc<dyn SharedStore>>,
    /// Open no connection: the cache or nothing.
    pub offline: bool,
    /// Patience.
    pub limits: FetchLimits,
    /// Is told how it goes.
    pub listener: Option<Arc<dyn Listener>>,
}

/// How long to wait and how often to try.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FetchLimits {
    /// Until a connection stands, encryption included.
    pub connect: Duration,
    /// From the question to the first line of the answer.
    pub answer: Duration,
    /// A download that brings fewer than `stall_bytes` in this time is given up.
    pub stall: Duration,
    /// See `stall`.
    pub stall_bytes: u64,
    /// How often a file is tried in all.
    pub attempts: u32,
    /// Pause after the first failed attempt; it doubles with each.
    pub pause: Duration,
    /// Most that a server's `Retry-After` is waited for.
    pub longest_pause: Duration,
}

impl Default for FetchLimits {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(10),
            // Geofabrik and the Census answer within a second; a busy Overpass server takes its time.
            answer: Duration::from_secs(90),
            // 1 kB/s: an hour for a small state's blocks; below that nobody waits.
            stall: Duration::from_secs(30),
            stall_bytes: 30_000,
            attempts: 5,
            pause: Duration::from_secs(1),
            longest_pause: Duration::from_secs(120),
        }
    }
}

/// Is told about downloads, from several threads at once.
pub trait Listener: Send + Sync {
    /// A download begins (or begins again); its size as far as it is known.
    fn started(&self, url: &str, total_bytes: Option<u64>);
    /// So many bytes are here by now, with those of earlier attempts.
    fn advanced(&self, url: &str, bytes: u64);
    /// It is in the cache; `from_cache` when it was before.
    fn finished(&self, url: &str, from_cache: bool);
    /// Something that the user should know, though the file is there.
    fn note(&self, text: &str);
}

/// A cache that several machines share. Its failures never fail a fetch.
pub trait SharedStore: Send + Sync {
    /// Writes the object to a new file; says whether there is such an object.
    ///
    /// # Errors
    /// A sentence for the user.
    fn get_file(&self, key: &str, path: &Path) -> Result<bool, String>;
    /// Stores the file as an object, replacing an earlier one.
    ///
    /// # Errors
    /// A sentence for the user.
    fn put_file(&self, key: &str, path: &Path) -> Result<(), String>;
}

/// What a file is checked against.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Checksum {
    /// Nothing: its length only.
    #[default]
    None,
    /// This MD5, 32 hexadecimal digits.
    Md5(String),
    /// The MD5 in the file at this address, which reads `hash  name`.
    Md5At(String),
}

/// A file to fetch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// Where it is: https, or http on this machine.
    pub url: String,
    /// What it is checked against.
    pub checksum: Checksum,
    /// Larger is refused.
    pub max_bytes: u64,
}

/// Largest file unless a request says otherwise: twice the largest country at Geofabrik.
const MAX_BYTES: u64 = 16 << 30;

impl Request {
    /// Without a checksum, up to 16 GiB.
    pub fn new(url: impl Into<String>) -> Self {
        Self { url: url.into(), checksum: Checksum::None, max_bytes: MAX_BYTES }
    }

    /// With this checksum.
    #[must_use]
    pub fn checked(self, checksum: Checksum) -> Self {
        Self { checksum, ..self }
    }

    /// With this limit of its size.
    #[must_use]
    pub fn at_most(self, max_bytes: u64) -> Self {
        Self { max_bytes, ..self }
    }
}

/// A file in the cache.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fetched {
    /// Where it is; it has the name it has at the server.
    pub path: PathBuf,
    /// Where it is from.
    pub url: String,
    /// Size.
    pub bytes: u64,
    /// SHA-256, hexadecimal.
    pub sha256: String,
    /// When the server says it changed last, seconds since 1970.
    pub last_modified: Option<i64>,
    /// Nothing had to be downloaded.
    pub from_cache: bool,
    /// The server could not be asked whether this is still the newest.
    pub stale: bool,
}
