//! # Larder — the cache of fetched files as the command line sees it
//! In:   its flags                         Out:  a [`Fetcher`]; lists and deletions for people
//! Touches: the cache, standard output     Does not know: any stage

use crate::cli::{CacheCommand, CacheFolder, FetchArgs, PruneArgs};
use crate::error::RunError;
use crate::export::s3::SharedCache;
use crate::fetch::cache::{self, Item, Prune};
use crate::fetch::{FetchLimits, FetchOptions, Fetcher, Listener, SharedStore};
use crate::progress::grouped;
use std::sync::Arc;
use std::time::{Duration, SystemTime};
use tokio::runtime::Handle;

const DAY_S: u64 = 24 * 60 * 60;

/// Opens the cache that the flags name.
///
/// # Errors
/// It cannot be written, or the shared cache is no place in a bucket or has no credentials.
pub fn open(args: &FetchArgs, runtime: &Handle, listener: Option<Arc<dyn Listener>>) -> Result<Fetcher, RunError> {
    let shared = match &args.shared_cache {
        Some(address) if !args.offline => {
            let store = SharedCache::open(address, runtime).map_err(RunError::SharedCache)?;
            Some(Arc::new(store) as Arc<dyn SharedStore>)
        }
        _ => None,
    };
    let (cache_dir, offline, limits) = (args.folder.path(), args.offline, FetchLimits::default());
    let options = FetchOptions { cache_dir, shared, offline, limits, listener };
    Ok(Fetcher::new(options, runtime.clone())?)
}

/// `quietway cache`: does it and says so.
///
/// # Errors
/// The cache cannot be read, or something in it not deleted.
pub fn command(command: &CacheCommand) -> Result<String, RunError> {
    match command {
        CacheCommand::List(folder) => list(folder),
        CacheCommand::Prune(args) => prune(args),
    }
}

fn list(folder: &CacheFolder) -> Result<String, RunError> {
    let path = folder.path();
    let items = cache::list(&path)?;
    let mut text: String = items.iter().map(line).collect();
    text.push_str(&format!("{} in {}\n", total(&items), path.display()));
    Ok(text)
}

fn prune(args: &PruneArgs) -> Result<String, RunError> {
    let older_than = args.older_than.map(|days| Duration::from_secs(DAY_S * u64::from(days)));
    let gone = cache::prune(&args.folder.path(), Prune { older_than, keep_bytes: args.keep_bytes })?;
    let mut text: String = gone.iter().map(line).collect();
    text.push_str(&format!("deleted {} from {}\n", total(&gone), args.folder.path().display()));
    Ok(text)
}

fn total(items: &[Item]) -> String {
    format!("{} files, {} bytes", items.len(), grouped(items.iter().map(|item| item.bytes).sum()))
}

fn line(item: &Item) -> String {
    let days = SystemTime::now().duration_since(item.used).unwrap_or_default().as_secs() / DAY_S;
    let what = item.url.as_deref().map_or("a download that broke off", |url| url);
    format!("{:>15} bytes  used {days:>4} days ago  {what}  {}\n", grouped(item.bytes), item.path.display())
}
