//! The second cache, which several machines share. It saves a download and never costs a run: what goes wrong there is told, not raised.

use super::SharedStore;
use super::entry::{self, Entry, Record};
use std::path::Path;

/// Brings a file from there into the cache, under its lock. The copy is checked: two machines may have written it at once.
pub(super) fn pull(store: &dyn SharedStore, entry: &Entry) -> Result<Option<Record>, String> {
    let (note, copy) = (entry.folder.join(".shared.json"), entry.folder.join(".shared"));
    let found = pull_to(store, entry, &note, &copy);
    entry::remove(&note);
    entry::remove(&copy);
    found
}

fn pull_to(store: &dyn SharedStore, entry: &Entry, note: &Path, copy: &Path) -> Result<Option<Record>, String> {
    if !store.get_file(&record_key(entry), note)? {
        return Ok(None);
    }
    let Some(record) = entry::read_record(note).filter(|record| record.url == entry.url.as_str()) else {
        return Ok(None);
    };
    if !store.get_file(&file_key(entry), copy)? {
        return Ok(None);
    }
    match entry::sha256(copy) {
        Ok(found) if found == record.sha256 => entry.commit(copy, record).map(Some).map_err(|error| error.to_string()),
        Ok(_) => Ok(None),
        Err(cause) => Err(cause.to_string()),
    }
}

/// Stores a file there, its record last.
pub(super) fn push(store: &dyn SharedStore, entry: &Entry) -> Result<(), String> {
    store.put_file(&file_key(entry), &entry.file())?;
    store.put_file(&record_key(entry), &entry.record_file())
}

fn file_key(entry: &Entry) -> String {
    format!("{}/{}", entry.key, entry.name)
}

fn record_key(entry: &Entry) -> String {
    format!("{}/record.json", entry.key)
}
