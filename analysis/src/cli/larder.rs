//! The cache of fetched files on the command line.

use crate::fetch::cache;
use clap::{ArgGroup, Args, Subcommand};
use std::path::PathBuf;

/// How files are fetched.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Fetching")]
pub struct FetchArgs {
    #[command(flatten)]
    #[allow(missing_docs)]
    pub folder: CacheFolder,

    /// A second cache that several machines share: s3://bucket/prefix
    #[arg(long, value_name = "S3", env = "QUIETWAY_SHARED_CACHE")]
    pub shared_cache: Option<String>,

    /// Use what is in the cache and open no connection; `quietway fetch` fills it
    #[arg(long)]
    pub offline: bool,
}

/// Where fetched files are kept.
#[derive(Clone, Debug, Default, Args)]
pub struct CacheFolder {
    /// Folder of the cache; else $XDG_CACHE_HOME/quietway or ~/.cache/quietway
    #[arg(long, value_name = "FOLDER", env = "QUIETWAY_CACHE_DIR")]
    pub cache_dir: Option<PathBuf>,
}

impl CacheFolder {
    /// The folder that was asked for, or the usual one.
    pub fn path(&self) -> PathBuf {
        self.cache_dir.clone().unwrap_or_else(cache::default_folder)
    }
}

/// Commands of `quietway cache`.
#[derive(Clone, Debug, Subcommand)]
pub enum CacheCommand {
    /// List the files in the cache, most recently used first
    List(CacheFolder),
    /// Delete files from the cache, except those that a run is fetching right now
    Prune(PruneArgs),
}

/// Arguments of `quietway cache prune`.
#[derive(Clone, Debug, Args)]
#[command(group = ArgGroup::new("what").required(true).multiple(true))]
pub struct PruneArgs {
    #[command(flatten)]
    #[allow(missing_docs)]
    pub folder: CacheFolder,

    /// Delete what was not used for so many days
    #[arg(long, value_name = "DAYS", group = "what")]
    pub older_than: Option<u32>,

    /// Delete the least recently used until no more than that is left: bytes, or with a unit (500MB, 20GB)
    #[arg(long, value_name = "BYTES", group = "what", value_parser = bytes)]
    pub keep_bytes: Option<u64>,
}

/// 20GB → 20,000,000,000.
fn bytes(text: &str) -> Result<u64, String> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let factor = match text[digits.len()..].to_ascii_uppercase().as_str() {
        "" | "B" => Some(1),
        "KB" => Some(1_000),
        "MB" => Some(1_000_000),
        "GB" => Some(1_000_000_000),
        "TB" => Some(1_000_000_000_000),
        _ => None,
    };
    let number = digits.trim_end().parse::<u64>().ok();
    let size = factor.and_then(|factor| number?.checked_mul(factor));
    size.ok_or_else(|| "expected a whole number of bytes, or of kB, MB, GB, TB (500MB)".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_units() {
        for (text, size) in
            [("0", 0), ("1234", 1234), ("500MB", 500_000_000), ("20 gb", 20_000_000_000), ("7kB", 7_000)]
        {
            assert_eq!(bytes(text), Ok(size), "{text}");
        }
        for text in ["", "MB", "-1", "1.5GB", "5 parsecs", "99999999999TB"] {
            assert!(bytes(text).is_err(), "{text}");
        }
    }
}
