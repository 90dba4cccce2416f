//! A folder on this machine: temporary names, the marker, and what may be deleted.

use super::{MANIFEST, MARKER, SinkError};
use std::collections::BTreeSet;
use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Component, Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

/// A folder that a run writes into.
#[derive(Debug)]
pub(super) struct Folder {
    path: PathBuf,
    /// What the marker lists.
    files: Mutex<BTreeSet<String>>,
    /// Whether the folder was not there before.
    is_new: bool,
    is_finished: AtomicBool,
}

/// A run that fails in an orderly way leaves nothing: the next one need not be told to overwrite.
impl Drop for Folder {
    fn drop(&mut self) {
        if self.is_finished.load(Ordering::Relaxed) {
            return;
        }
        // What cannot be removed stays listed by the marker, for --overwrite.
        let files = self.files.get_mut().unwrap_or_else(PoisonError::into_inner);
        let mine = files.iter().filter(|name| is_ours(&self.path, name)).map(|name| self.path.join(name));
        for path in mine {
            if remove(&path).is_err() {
                return;
            }
            remove_empty_folders(&self.path, &path);
        }
        let _ = remove(&self.path.join(MARKER));
        if self.is_new {
            let _ = fs::remove_dir(&self.path);
        }
    }
}

impl Folder {
    pub(super) fn open(path: &Path, overwrite: bool) -> Result<Self, SinkError> {
        let is_new = !path.exists();
        fs::create_dir_all(path).map_err(SinkError::system("create the folder", path))?;
        let left = left(path, overwrite)?;
        let files = Mutex::new(left.into_iter().collect());
        let folder = Self { path: path.to_owned(), files, is_new, is_finished: AtomicBool::new(false) };
        folder.clear()?;
        Ok(folder)
    }

    /// Deletes what an earlier run has left. The marker lists it all the while, so that a run that breaks here can be cleared up too.
    fn clear(&self) -> Result<(), SinkError> {
        let left = self.files.lock().unwrap_or_else(PoisonError::into_inner).clone();
        self.write_marker(&left)?;
        for name in std::iter::once(MANIFEST).chain(left.iter().map(String::as_str)) {
            let path = self.path.join(name);
            if is_ours(&self.path, name) {
                remove(&path)?;
                remove_empty_folders(&self.path, &path);
            }
        }
        self.files.lock().unwrap_or_else(PoisonError::into_inner).clear();
        self.write_marker(&BTreeSet::new())
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// The temporary path of a file, after the marker has taken note of both.
    pub(super) fn begin(&self, name: &str) -> Result<PathBuf, SinkError> {
        let path = self.path(name);
        let temporary =
            path.with_file_name(format!(".{}.part", path.file_name().unwrap_or_default().to_string_lossy()));
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).map_err(SinkError::system("create the folder", folder))?;
        }
        if path.symlink_metadata().is_ok() {
            return Err(SinkError::InTheWay { path });
        }
        let inside = temporary.strip_prefix(&self.path).unwrap_or(&temporary).to_string_lossy().into_owned();
        self.note([name.to_owned(), inside])?;
        Ok(temporary)
    }

    /// Takes note of many files at once.
    pub(super) fn announce(&self, names: &[String]) -> Result<(), SinkError> {
        let temporary = |name: &String| {
            let (folder, file) = name.rsplit_once('/').map_or(("", name.as_str()), |(folder, file)| (folder, file));
            Path::new(folder).join(format!(".{file}.part")).to_string_lossy().into_owned()
        };
        self.note(names.iter().flat_map(|name| [name.clone(), temporary(name)]))
    }

    /// The marker is written when it does not say all of it yet.
    fn note(&self, names: impl IntoIterator<Item = String>) -> Result<(), SinkError> {
        let mut files = self.files.lock().unwrap_or_else(PoisonError::into_inner);
        let known = files.len();
        files.extend(names);
        if files.len() > known { self.write_marker(&files) } else { Ok(()) }
    }

    pub(super) fn publish(&self, name: &str, temporary: &Path) -> Result<(), SinkError> {
        let path = self.path(name);
        fs::rename(temporary, &path).map_err(SinkError::system("rename the finished", &path))
    }

    pub(super) fn finish(&self) -> Result<(), SinkError> {
        self.is_finished.store(true, Ordering::Relaxed);
        remove(&self.path.join(MARKER))
    }

    fn write_marker(&self, files: &BTreeSet<String>) -> Result<(), SinkError> {
        let path = self.path.join(MARKER);
        let note = "A run of Quietway writes into this folder, or broke; --overwrite removes what it left.";
        let text = serde_json::json!({ "note": note, "files": files }).to_string();
        let temporary = self.path.join(format!("{MARKER}.part"));
        let written = fs::write(&temporary, text).and_then(|()| fs::rename(&temporary, &path));
        written.map_err(|cause| {
            // Half a marker helps nobody; that it could not be written is reported, not that it could not be removed.
            let _ = fs::remove_file(&temporary);
            SinkError::system("write", &path)(cause)
        })
    }
}

/// What an earlier run has left in a folder; an error when it may not be written into.
pub(super) fn left(path: &Path, overwrite: bool) -> Result<Vec<String>, SinkError> {
    match (what_is_there(path)?, overwrite) {
        (Content::Nothing, _) | (Content::Foreign { .. }, true) => Ok(Vec::new()),
        (Content::Foreign { example }, false) => Err(SinkError::Foreign { path: path.to_owned(), example }),
        (Content::Result, false) => Err(SinkError::Occupied { path: path.to_owned() }),
        (Content::Unfinished, false) => Err(SinkError::Unfinished { path: path.to_owned() }),
        (Content::Result, true) => listed(&path.join(MANIFEST), "artifacts"),
        (Content::Unfinished, true) => listed(&path.join(MARKER), "files"),
    }
}

/// What stands in a folder.
enum Content {
    Nothing,
    Result,
    Unfinished,
    Foreign { example: String },
}

fn what_is_there(folder: &Path) -> Result<Content, SinkError> {
    let there = |name| folder.join(name).symlink_metadata().is_ok();
    if there(MARKER) {
        return Ok(Content::Unfinished);
    }
    if there(MANIFEST) {
        return Ok(Content::Result);
    }
    let entries = fs::read_dir(folder).map_err(SinkError::system("read the folder", folder))?;
    let names = entries.map(|entry| entry.map(|entry| entry.file_name().to_string_lossy().into_owned()));
    let names: Result<Vec<String>, io::Error> = names.collect();
    let first = names.map_err(SinkError::system("read the folder", folder))?.into_iter().min();
    Ok(first.map_or(Content::Nothing, |example| Content::Foreign { example }))
}

/// Paths that a manifest or marker lists: `{"artifacts": [{"path": …}]}` or `{"files": [ … ]}`.
fn listed(path: &Path, member: &str) -> Result<Vec<String>, SinkError> {
    let text = fs::read(path).map_err(SinkError::system("read", path))?;
    names_in(&text, path, member)
}

/// The same for text that has been read.
pub(super) fn names_in(text: &[u8], path: &Path, member: &str) -> Result<Vec<String>, SinkError> {
    let bad = |what: String| SinkError::BadList { path: path.to_owned(), what };
    let list: serde_json::Value = serde_json::from_slice(text).map_err(|error| bad(error.to_string()))?;
    let items =
        list.get(member).and_then(|items| items.as_array()).ok_or_else(|| bad(format!("it has no \"{member}\"")))?;
    let name = |item: &serde_json::Value| item.as_str().or_else(|| item.get("path")?.as_str()).map(str::to_owned);
    items.iter().map(|item| name(item).ok_or_else(|| bad(format!("an item of \"{member}\" has no path")))).collect()
}

/// Whether a listed name lies inside the folder: a list that someone has edited must not lead out of it, nor may a link inside it.
fn is_ours(folder: &Path, name: &str) -> bool {
    let mut path = folder.to_owned();
    let mut parts = Path::new(name).components().peekable();
    while let Some(part) = parts.next() {
        let Component::Normal(part) = part else { return false };
        path.push(part);
        let is_link = path.symlink_metadata().is_ok_and(|found| found.file_type().is_symlink());
        if is_link && parts.peek().is_some() {
            return false;
        }
    }
    path != folder
}

fn remove(path: &Path) -> Result<(), SinkError> {
    match fs::remove_file(path) {
        Err(error) if !matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            Err(SinkError::system("delete", path)(error))
        }
        _ => Ok(()),
    }
}

/// Folders above a deleted file, up to the result's own, when nothing is left in them.
fn remove_empty_folders(top: &Path, file: &Path) {
    for folder in file.ancestors().skip(1).take_while(|folder| *folder != top) {
        if fs::remove_dir(folder).is_err() {
            return; // not empty: someone else's files
        }
    }
}
