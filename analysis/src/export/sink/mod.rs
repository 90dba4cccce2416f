//! Where files go. Formats write bytes; the sink gives them a place, a checksum and a name that appears only when the file is whole.
//!
//! A result is a folder with a `manifest.json`, written last. While a run writes (and after one that broke) there is a marker instead, which
//! lists every file of that run. Nothing that neither of the two lists is ever deleted or replaced.

mod bucket;
mod folder;
mod hashing;

use bucket::Bucket;
use folder::Folder;
use hashing::Hashing;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use tokio::runtime::Handle;

/// Name of the file that makes a folder a result.
pub const MANIFEST: &str = "manifest.json";

/// Name of the file that lists what an unfinished run has made.
pub const MARKER: &str = ".quietway-run.json";

pub use quietway_job::manifest::Artifact;

/// What can go wrong with the place of the results (the caller's exit code 5).
#[derive(Debug, thiserror::Error)]
pub enum SinkError {
    /// Results of an earlier run.
    #[error("{} holds the results of an earlier run: pass --overwrite to replace them, or choose another --out", path.display())]
    Occupied {
        /// The folder.
        path: PathBuf,
    },
    /// A run writes there, or broke.
    #[error("a run into {} is not finished: wait for it, or, if it broke, pass --overwrite to remove what it left", path.display())]
    Unfinished {
        /// The folder.
        path: PathBuf,
    },
    /// Files that no run of ours has made.
    #[error(
        "{} is not empty (it holds {example}) and not a result of Quietway: choose an empty or a new folder for --out, or pass --overwrite to \
         write beside what is there (nothing of it is replaced)", path.display()
    )]
    Foreign {
        /// The folder.
        path: PathBuf,
        /// One of its entries.
        example: String,
    },
    /// A file stands where one of ours belongs.
    #[error("{} exists and is not from an earlier run: move it away, or choose another --out", path.display())]
    InTheWay {
        /// The file.
        path: PathBuf,
    },
    /// A manifest or marker that cannot be understood: what to delete is unknown.
    #[error("{} cannot be read as a list of files ({what}): delete the results yourself, or choose another --out", path.display())]
    BadList {
        /// The manifest or marker.
        path: PathBuf,
        /// Why.
        what: String,
    },
    /// The bucket says no.
    #[error(transparent)]
    Bucket(#[from] crate::export::s3::S3Error),
    /// The system says no.
    #[error("cannot {action} {}: {cause}; {}", path.display(), advice(cause))]
    System {
        /// `write`, `create` …
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// Why.
        cause: io::Error,
    },
}

impl SinkError {
    fn system(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |cause| Self::System { action, path: path.to_owned(), cause }
    }
}

fn advice(cause: &io::Error) -> String {
    let what = match cause.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => "make room there",
        io::ErrorKind::PermissionDenied => {
            let user = rustix::process::geteuid().as_raw();
            return format!(
                "give this user (id {user}) the right to write there (docker run: --user \"$(id -u):$(id -g)\"), or choose another --out"
            );
        }
        io::ErrorKind::ReadOnlyFilesystem => "nothing can be written there",
        io::ErrorKind::NotADirectory | io::ErrorKind::AlreadyExists => "a file stands where a folder should",
        _ => "check the path and the disk",
    };
    format!("{what}, or choose another --out")
}

/// A place for the files of one run. Usable from several threads.
#[derive(Debug)]
pub struct Sink {
    place: Place,
    made: Mutex<Vec<Artifact>>,
}

/// Kinds of places. Each can: be opened empty, begin a file (a local path to fill), publish it under its name, forget it, be finished.
#[derive(Debug)]
enum Place {
    /// A folder on this machine.
    Folder(Folder),
    /// A prefix of a bucket.
    Bucket(Bucket),
}

impl Place {
    fn begin(&self, name: &str) -> Result<PathBuf, SinkError> {
        match self {
            Self::Folder(folder) => folder.begin(name),
            Self::Bucket(bucket) => bucket.begin(name),
        }
    }

    fn publish(&self, name: &str, temporary: &Path) -> Result<(), SinkError> {
        match self {
            Self::Folder(folder) => folder.publish(name, temporary),
            Self::Bucket(bucket) => bucket.publish(name, temporary),
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        match self {
            Self::Folder(folder) => folder.path(name),
            Self::Bucket(bucket) => bucket.path(name),
        }
    }

    fn finish(&self) -> Result<(), SinkError> {
        match self {
            Self::Folder(folder) => folder.finish(),
            Self::Bucket(bucket) => bucket.finish(),
        }
    }
}

impl Sink {
    /// Opens a folder for the files of one run; makes it when absent. Refuses one that holds anything, unless `overwrite`: then the files
    /// that its manifest or marker lists are deleted, and nothing else.
    ///
    /// # Errors
    /// [`SinkError`], each telling what to do.
    pub fn open(folder: &Path, overwrite: bool) -> Result<Self, SinkError> {
        Ok(Self { place: Place::Folder(Folder::open(folder, overwrite)?), made: Mutex::default() })
    }

    /// Whether [`Sink::open`] would refuse the folder; nothing is made or deleted.
    ///
    /// # Errors
    /// Those of [`Sink::open`] for a folder that is not empty.
    pub fn check(folder: &Path, overwrite: bool) -> Result<(), SinkError> {
        if folder.is_dir() { folder::left(folder, overwrite).map(drop) } else { Ok(()) }
    }

    /// Opens a prefix of a bucket (`s3://bucket/prefix`) by the same rules.
    ///
    /// # Errors
    /// [`SinkError`]; [`SinkError::Bucket`] when the bucket cannot be reached or written.
    pub fn open_bucket(address: &str, overwrite: bool, runtime: &Handle) -> Result<Self, SinkError> {
        Ok(Self { place: Place::Bucket(Bucket::open(address, overwrite, runtime)?), made: Mutex::default() })
    }

    /// The finished files on this machine, by name (of a bucket: the copies that were uploaded).
    pub fn local_files(&self) -> Vec<(String, PathBuf)> {
        let names = self.artifacts().into_iter().map(|artifact| artifact.path);
        match &self.place {
            Place::Folder(folder) => names.map(|name| (name.clone(), folder.path(&name))).collect(),
            Place::Bucket(bucket) => names.map(|name| (name.clone(), bucket.local(&name))).collect(),
        }
    }

    /// Takes note of many files to come at once: where a list of files is kept, it is then not written anew for each of them.
    ///
    /// # Errors
    /// [`SinkError::System`], [`SinkError::Bucket`].
    pub fn announce(&self, names: &[String]) -> Result<(), SinkError> {
        match &self.place {
            Place::Folder(folder) => folder.announce(names),
            Place::Bucket(bucket) => bucket.announce(names),
        }
    }

    /// Writes a file: `write` fills it, then it appears under its name, or, after an error, not at all.
    ///
    /// # Errors
    /// [`SinkError::System`] naming the file; [`SinkError::InTheWay`].
    pub fn create(
        &self,
        name: &str,
        write: impl FnOnce(&mut (dyn Write + Send)) -> io::Result<()>,
    ) -> Result<(), SinkError> {
        let temporary = Temporary(self.place.begin(name)?);
        let path = self.place.path(name);
        let file = File::create(&temporary.0).map_err(SinkError::system("create", &path))?;
        let (bytes, sha256) = fill(file, write).map_err(SinkError::system("write", &path))?;
        self.place.publish(name, &temporary.0)?;
        self.record(name, bytes, sha256);
        Ok(())
    }

    /// The same for tools that want a path of their own to write to (SQLite): the file they leave there is read once for its checksum.
    ///
    /// # Errors
    /// Those of `write`, and [`SinkError`].
    pub fn create_at<E: From<SinkError>>(
        &self,
        name: &str,
        write: impl FnOnce(&Path) -> Result<(), E>,
    ) -> Result<(), E> {
        let temporary = Temporary(self.place.begin(name)?);
        write(&temporary.0)?;
        let path = self.place.path(name);
        let (bytes, sha256) = hashing::of_file(&temporary.0).map_err(SinkError::system("read back", &path))?;
        self.place.publish(name, &temporary.0)?;
        self.record(name, bytes, sha256);
        Ok(())
    }

    /// Files written so far, by path.
    pub fn artifacts(&self) -> Vec<Artifact> {
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner).clone();
        made.sort();
        made
    }

    /// Writes the manifest, which makes the folder a result, and removes the marker.
    ///
    /// # Errors
    /// As [`Sink::create`].
    pub fn finish(self, manifest: &[u8]) -> Result<(), SinkError> {
        self.create(MANIFEST, |out| out.write_all(manifest))?;
        self.place.finish()
    }

    fn record(&self, name: &str, bytes: u64, sha256: String) {
        let artifact = Artifact { path: name.to_owned(), bytes, sha256 };
        self.made.lock().unwrap_or_else(PoisonError::into_inner).push(artifact);
    }
}

/// A file without its name yet: gone when the run breaks or the writer fails. Once renamed there is nothing left to remove.
struct Temporary(PathBuf);

impl Drop for Temporary {
    fn drop(&mut self) {
        // Absent after a rename; after a failure there is nobody to tell.
        let _ = std::fs::remove_file(&self.0);
    }
}

/// Small writes are gathered; large ones pass.
const BUFFER: usize = 1 << 16;

fn fill(
    target: impl Write + Send,
    write: impl FnOnce(&mut (dyn Write + Send)) -> io::Result<()>,
) -> io::Result<(u64, String)> {
    let mut out = BufWriter::with_capacity(BUFFER, Hashing::new(target));
    write(&mut out)?;
    Ok(out.into_inner().map_err(io::IntoInnerError::into_error)?.finish())
}

#[cfg(test)]
mod tests;
