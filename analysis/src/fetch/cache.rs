//! The folder of fetched files: where it is, what is in it, and how it gets smaller.

use super::FetchError;
use super::entry::{self, Entry};
use super::lock;
use std::fs::{self, Metadata};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};
use url::Url;

/// `$XDG_CACHE_HOME/quietway`, else `~/.cache/quietway`.
pub fn default_folder() -> PathBuf {
    let set = |name| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let base = set("XDG_CACHE_HOME").or_else(|| std::env::home_dir().map(|home| home.join(".cache")));
    base.unwrap_or_else(|| Path::new(".cache").to_owned()).join("quietway")
}

/// What the cache holds of one address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// Where it is from; `None` when only the beginning of a download is here.
    pub url: Option<String>,
    /// The file, or the folder of a download that was begun.
    pub path: PathBuf,
    /// Space it takes.
    pub bytes: u64,
    /// When it was used last.
    pub used: SystemTime,
    folder: PathBuf,
}

/// What is in the cache, most recently used first. Folders that are not ours are not seen.
///
/// # Errors
/// [`FetchError::Cache`]; a cache that is not there is empty.
pub fn list(cache: &Path) -> Result<Vec<Item>, FetchError> {
    let failed = |cause| FetchError::Cache { action: "read", path: cache.to_owned(), cause };
    let entries = match fs::read_dir(cache) {
        Ok(entries) => entries,
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(cause) => return Err(failed(cause)),
    };
    let mut items = Vec::new();
    for entry in entries {
        let entry = entry.map_err(failed)?;
        if entry.file_name().to_str().is_some_and(entry::is_key) {
            items.extend(item(cache, entry.path()));
        }
    }
    items.sort_by(|a, b| b.used.cmp(&a.used).then_with(|| a.path.cmp(&b.path)));
    Ok(items)
}

fn item(cache: &Path, folder: PathBuf) -> Option<Item> {
    let files: Vec<(PathBuf, Metadata)> = fs::read_dir(&folder)
        .ok()?
        .flatten()
        .filter_map(|file| Some((file.path(), file.metadata().ok().filter(Metadata::is_file)?)))
        .collect();
    let bytes = files.iter().map(|(_, found)| found.len()).sum();
    let record = entry::read_record(&entry::record_in(&folder)).and_then(|record| {
        let entry = Entry::of(cache, &Url::parse(&record.url).ok()?);
        (entry.folder == folder).then(|| (record.url, entry.file()))
    });
    let time = |of: &Path| files.iter().find(|(path, _)| path == of).and_then(|(_, found)| found.modified().ok());
    let newest = || files.iter().filter_map(|(_, found)| found.modified().ok()).max();
    let used = record.as_ref().and_then(|_| time(&entry::record_in(&folder))).or_else(newest)?;
    let (url, path) = record.map_or((None, folder.clone()), |(url, path)| (Some(url), path));
    Some(Item { url, path, bytes, used, folder })
}

/// What is to go from the cache; both may be asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Prune {
    /// What was not used for so long.
    pub older_than: Option<Duration>,
    /// The least recently used, until no more than that is left.
    pub keep_bytes: Option<u64>,
}

/// Deletes what is to go and says what went. What a run is fetching right now stays.
///
/// # Errors
/// [`FetchError::Cache`].
pub fn prune(cache: &Path, what: Prune) -> Result<Vec<Item>, FetchError> {
    let now = SystemTime::now();
    let (mut kept, mut gone) = (0, Vec::new());
    for item in list(cache)? {
        let age = now.duration_since(item.used).unwrap_or_default();
        let is_old = what.older_than.is_some_and(|limit| age >= limit);
        let is_too_much = what.keep_bytes.is_some_and(|limit| kept + item.bytes > limit);
        if (is_old || is_too_much) && delete(&item)? {
            gone.push(item);
        } else {
            kept += item.bytes;
        }
    }
    Ok(gone)
}

/// Deletes the folder with our files, the record first; `false` when somebody is at it.
fn delete(item: &Item) -> Result<bool, FetchError> {
    let failed = |cause| FetchError::Cache { action: "delete", path: item.folder.clone(), cause };
    let Some(_lock) = lock::take(&lock::path_in(&item.folder), None).map_err(failed)? else { return Ok(false) };
    entry::remove(&entry::record_in(&item.folder));
    fs::remove_dir_all(&item.folder).map_err(failed)?;
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::super::entry::{Record, write_record};
    use super::*;
    use std::fs::File;
    use std::time::UNIX_EPOCH;

    /// A file in the cache, used last so many days after 1970.
    fn put(cache: &Path, url: &str, bytes: usize, day: u64) -> Entry {
        let entry = Entry::of(cache, &Url::parse(url).unwrap());
        fs::create_dir_all(&entry.folder).unwrap();
        fs::write(entry.file(), vec![b'x'; bytes]).unwrap();
        let (url, none) = (url.to_owned(), String::new());
        let (bytes, sha256, md5) = (bytes as u64, none.clone(), none);
        let record = Record { url, bytes, sha256, md5, etag: None, last_modified: None, written_ns: 0, fetched_s: 0 };
        write_record(&entry.record_file(), &record).unwrap();
        let day = UNIX_EPOCH + Duration::from_secs(86_400 * day);
        File::open(entry.record_file()).unwrap().set_modified(day).unwrap();
        entry
    }

    fn urls(items: &[Item]) -> Vec<&str> {
        items.iter().map(|item| item.url.as_deref().unwrap_or("begun")).collect()
    }

    #[test]
    fn the_least_recently_used_goes_first() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(list(&folder.path().join("never made")).unwrap(), []);
        let day_of = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs() / 86_400;
        put(folder.path(), "https://a.example/old", 10_000, day_of - 100);
        put(folder.path(), "https://a.example/new", 10_000, day_of - 1);
        put(folder.path(), "https://a.example/middle", 10_000, day_of - 10);
        let begun = Entry::of(folder.path(), &Url::parse("https://a.example/begun").unwrap());
        fs::create_dir_all(&begun.folder).unwrap();
        fs::write(begun.part_file(), [0; 3]).unwrap();
        fs::create_dir(folder.path().join("thesis")).unwrap();
        let all = ["begun", "https://a.example/new", "https://a.example/middle", "https://a.example/old"];
        assert_eq!(urls(&list(folder.path()).unwrap()), all);
        assert_eq!(prune(folder.path(), Prune::default()).unwrap(), []);
        let month = Prune { older_than: Some(Duration::from_secs(86_400 * 30)), keep_bytes: None };
        assert_eq!(urls(&prune(folder.path(), month).unwrap()), ["https://a.example/old"]);
        let little = Prune { older_than: None, keep_bytes: Some(15_000) };
        assert_eq!(urls(&prune(folder.path(), little).unwrap()), ["https://a.example/middle"]);
        let _held = begun.lock(&|| ()).unwrap();
        let nothing = Prune { older_than: None, keep_bytes: Some(0) };
        assert_eq!(urls(&prune(folder.path(), nothing).unwrap()), ["https://a.example/new"], "begun is at work");
        assert!(begun.part_file().exists() && folder.path().join("thesis").exists());
    }

    #[test]
    fn a_record_cannot_point_elsewhere() {
        let folder = tempfile::tempdir().unwrap();
        let (one, two) = ("https://a.example/one", "https://a.example/two");
        let (one, two) = (put(folder.path(), one, 1, 1), put(folder.path(), two, 1, 2));
        fs::copy(two.record_file(), one.record_file()).unwrap();
        let listed = list(folder.path()).unwrap();
        assert_eq!(listed.iter().filter(|item| item.path == one.folder && item.url.is_none()).count(), 1, "{listed:?}");
    }
}
