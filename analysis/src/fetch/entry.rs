//! What the cache holds of one address: a folder with the file under its own name, and a record of what it is.

use super::FetchError;
use super::lock::{self, Lock};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};
use url::Url;

/// Longest name that is kept; file systems take 255 bytes.
const NAME_MAX: usize = 100;

/// What is known of a file in the cache. Its own time of change is the time of its last use.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Record {
    /// Where it is from.
    pub url: String,
    pub bytes: u64,
    pub sha256: String,
    pub md5: String,
    /// Validators, as the server wrote them.
    pub etag: Option<String>,
    pub last_modified: Option<String>,
    /// When the file in the cache was written, nanoseconds since 1970: a cheap sign that nobody else has.
    pub written_ns: u64,
    /// For people.
    pub fetched_s: i64,
}

impl Record {
    /// When the server says the file changed last.
    pub(super) fn changed_s(&self) -> Option<i64> {
        let time = httpdate::parse_http_date(self.last_modified.as_deref()?).ok()?;
        i64::try_from(time.duration_since(UNIX_EPOCH).ok()?.as_secs()).ok()
    }
}

/// A place in the cache.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub url: Url,
    /// Name of its folder: a digest of the address.
    pub key: String,
    /// Name of the file at the server.
    pub name: String,
    pub folder: PathBuf,
}

/// How it stands with a file.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum State {
    Absent,
    /// Not as it was written.
    Damaged,
    Whole(Record),
}

impl Entry {
    pub(super) fn of(cache: &Path, url: &Url) -> Self {
        let key = key(url);
        Self { url: url.clone(), name: readable_name(url), folder: cache.join(&key), key }
    }

    /// The file.
    pub(super) fn file(&self) -> PathBuf {
        self.folder.join(&self.name)
    }

    pub(super) fn record_file(&self) -> PathBuf {
        record_in(&self.folder)
    }

    /// What has come so far of a file that is on its way.
    pub(super) fn part_file(&self) -> PathBuf {
        self.folder.join(".part")
    }

    /// The validators of that.
    pub(super) fn part_record_file(&self) -> PathBuf {
        self.folder.join(".part.json")
    }

    pub(super) fn lock(&self, word: &dyn Fn()) -> Result<Lock, FetchError> {
        let path = lock::path_in(&self.folder);
        let failed = |cause| FetchError::Cache { action: "lock", path: path.clone(), cause };
        match lock::take(&path, Some(word)).map_err(failed)? {
            Some(lock) => Ok(lock),
            None => Err(failed(io::ErrorKind::WouldBlock.into())),
        }
    }

    /// Looks whether the file is as it was written: its size, and its content when its time is not that of the record.
    pub(super) fn state(&self) -> Result<State, FetchError> {
        let file = self.file();
        let unreadable = |cause| FetchError::Cache { action: "read", path: file.clone(), cause };
        let Some(mut record) = read_record(&self.record_file()) else { return Ok(State::Absent) };
        if record.url != self.url.as_str() {
            return Ok(State::Damaged);
        }
        let found = match fs::metadata(&file) {
            Ok(found) => found,
            Err(cause) if cause.kind() == io::ErrorKind::NotFound => return Ok(State::Damaged),
            Err(cause) => return Err(unreadable(cause)),
        };
        if found.len() != record.bytes {
            return Ok(State::Damaged);
        }
        let written = written_ns(&found);
        if written != record.written_ns {
            if sha256(&file).map_err(unreadable)? != record.sha256 {
                return Ok(State::Damaged);
            }
            record.written_ns = written;
            // Where it cannot be noted it is computed again next time.
            let _ = write_record(&self.record_file(), &record);
        }
        Ok(State::Whole(record))
    }

    /// Puts a file that has come whole in its place, under the lock.
    pub(super) fn commit(&self, from: &Path, mut record: Record) -> Result<Record, FetchError> {
        let failed = |path: &Path, cause| FetchError::Cache { action: "write", path: path.to_owned(), cause };
        let file = self.file();
        let found = File::open(from).and_then(|file| file.sync_data().and_then(|()| file.metadata()));
        record.written_ns = written_ns(&found.map_err(|cause| failed(from, cause))?);
        fs::rename(from, &file).map_err(|cause| failed(&file, cause))?;
        write_record(&self.record_file(), &record).map_err(|cause| failed(&self.record_file(), cause))?;
        remove(&self.part_record_file());
        Ok(record)
    }

    /// Remembers that the file was used now; without the right to, `prune` takes it for older than it is.
    pub(super) fn touch(&self) {
        let _ = File::open(self.record_file()).and_then(|file| file.set_modified(SystemTime::now()));
    }

    /// Forgets what has come so far.
    pub(super) fn drop_part(&self) {
        remove(&self.part_file());
        remove(&self.part_record_file());
    }

    /// Forgets the file; the record first, for a file without one counts for nothing.
    pub(super) fn forget(&self) {
        remove(&self.record_file());
        remove(&self.file());
    }
}

pub(super) fn record_in(folder: &Path) -> PathBuf {
    folder.join(".record.json")
}

/// A record that can be read and understood.
pub(super) fn read_record(path: &Path) -> Option<Record> {
    serde_json::from_slice(&fs::read(path).ok()?).ok()
}

pub(super) fn write_record(path: &Path, record: &Record) -> io::Result<()> {
    let temporary = path.with_extension("json.new");
    fs::write(&temporary, serde_json::to_vec_pretty(record)?)?;
    fs::rename(&temporary, path)
}

/// What is not there need not be removed, and what cannot be removed is noticed when it is written.
pub(super) fn remove(path: &Path) {
    let _ = fs::remove_file(path);
}

/// Name of the folder of an address.
fn key(url: &Url) -> String {
    let mut key = hex::encode(Sha256::digest(url.as_str()));
    key.truncate(KEY_DIGITS);
    key
}

/// 128 bits: no two addresses share a folder.
const KEY_DIGITS: usize = 32;

/// Whether a folder can be one of ours.
pub(super) fn is_key(name: &str) -> bool {
    name.len() == KEY_DIGITS && name.bytes().all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f'))
}

/// The last part of the path, as any file system can write it; the end is kept, for the sake of the extension.
fn readable_name(url: &Url) -> String {
    let last = url.path_segments().and_then(|mut parts| parts.rfind(|part| !part.is_empty())).unwrap_or("file");
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    let name: String = last.chars().map(|c| if fits(c) { c } else { '_' }).collect();
    let name = &name[name.len().saturating_sub(NAME_MAX)..];
    // A leading dot is for our own files.
    if name.starts_with('.') { format!("_{name}") } else { name.to_owned() }
}

fn written_ns(found: &fs::Metadata) -> u64 {
    let since = found.modified().ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok()).unwrap_or_default();
    u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
}

/// SHA-256 of a file.
pub(super) fn sha256(path: &Path) -> io::Result<String> {
    let mut hash = Sha256::new();
    each_chunk(path, |chunk| hash.update(chunk))?;
    Ok(hex::encode(hash.finalize()))
}

/// Reads a file in pieces.
pub(super) fn each_chunk(path: &Path, mut work: impl FnMut(&[u8])) -> io::Result<()> {
    let mut file = File::open(path)?;
    let mut chunk = vec![0; 1 << 18];
    loop {
        match file.read(&mut chunk) {
            Ok(0) => return Ok(()),
            Ok(length) => work(&chunk[..length]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(url: &str) -> Entry {
        Entry::of(Path::new("/cache"), &Url::parse(url).unwrap())
    }

    #[test]
    fn files_keep_their_names_and_cannot_leave_the_folder() {
        for (url, name) in [
            ("https://a.example/europe/monaco-latest.osm.pbf", "monaco-latest.osm.pbf"),
            ("https://a.example/api/interpreter?data=x", "interpreter"),
            ("https://a.example/", "file"),
            ("https://a.example/folder/", "folder"),
            ("https://a.example/x%2F..%2F..%2Fetc", "x_2F.._2F.._2Fetc"),
            ("https://a.example/.record.json", "_.record.json"),
            ("https://a.example/%C3%BC.zip", "_C3_BC.zip"),
        ] {
            assert_eq!(entry(url).name, name);
            assert_eq!(entry(url).file().parent().unwrap().parent().unwrap(), Path::new("/cache"));
        }
        let long = entry(&format!("https://a.example/{}.osm.pbf", "x".repeat(500)));
        assert!(long.name.len() == NAME_MAX && long.name.ends_with("x.osm.pbf"), "{}", long.name);
    }

    #[test]
    fn addresses_have_folders_of_their_own() {
        let (one, two) = (entry("https://a.example/x?y=1"), entry("https://a.example/x?y=2"));
        assert!(one.key != two.key && is_key(&one.key) && is_key(&two.key));
        assert!(!is_key("results") && !is_key(&one.key.to_uppercase()));
    }

    #[test]
    fn a_file_changed_by_hand_is_noticed() {
        let folder = tempfile::tempdir().unwrap();
        let url = Url::parse("https://a.example/a.csv").unwrap();
        let entry = Entry::of(folder.path(), &url);
        assert_eq!(entry.state().unwrap(), State::Absent);
        fs::create_dir_all(&entry.folder).unwrap();
        fs::write(entry.part_file(), "content").unwrap();
        let record = Record {
            url: url.to_string(),
            bytes: 7,
            sha256: hex::encode(Sha256::digest("content")),
            md5: String::new(),
            etag: None,
            last_modified: Some("Thu, 01 Jan 1970 00:01:00 GMT".into()),
            written_ns: 0,
            fetched_s: 0,
        };
        let record = entry.commit(&entry.part_file(), record).unwrap();
        assert_eq!(record.changed_s(), Some(60));
        assert_eq!(entry.state().unwrap(), State::Whole(record.clone()));
        let set = |time| File::options().write(true).open(entry.file()).unwrap().set_modified(time).unwrap();
        set(UNIX_EPOCH);
        let State::Whole(again) = entry.state().unwrap() else { panic!("same content, other time") };
        assert_eq!(again, Record { written_ns: 0, ..record.clone() });
        fs::write(entry.file(), "contenT").unwrap();
        assert_eq!(entry.state().unwrap(), State::Damaged, "same size, other content");
        fs::write(entry.file(), "cont").unwrap();
        assert_eq!(entry.state().unwrap(), State::Damaged, "truncated");
        entry.forget();
        assert_eq!(entry.state().unwrap(), State::Absent);
    }
}
