//! Schemas of results in a PostgreSQL database: by which marks analysis and launcher know them, and how they lock them.

use sha2::{Digest, Sha256};

/// What the comment of a finished run's schema begins with.
pub const RUN_MARK: &str = "quietway run ";

/// What the comment of a schema begins with that a run is still filling.
pub const STAGING_MARK: &str = "quietway staging ";

/// Then comes the name that it is to get.
pub const STAGING_FOR: &str = "for ";

/// Number of the advisory lock of a schema's name. A run holds it while it writes; when it has died, the lock is free.
pub fn lock_key(name: &str) -> i64 {
    let digest = Sha256::digest(format!("quietway schema {name}").as_bytes());
    digest.iter().take(8).fold(0_u64, |key, &byte| key << 8 | u64::from(byte)) as i64
}
