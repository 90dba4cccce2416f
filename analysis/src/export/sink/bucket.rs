//! A prefix of an S3 bucket: files are made on this machine, uploaded whole, and become a result with the manifest, which is put last and
//! only if nobody else has put one.

use super::folder::names_in;
use super::{MANIFEST, MARKER, SinkError};
use crate::export::s3::{self, Location};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use tokio::runtime::Handle;

/// A prefix that a run writes under.
#[derive(Debug)]
pub(super) struct Bucket {
    bucket: s3::Bucket,
    /// Where files are made; removed with the sink.
    scratch: tempfile::TempDir,
    /// What the marker lists.
    files: Mutex<BTreeSet<String>>,
}

impl Bucket {
    pub(super) fn open(address: &str, overwrite: bool, runtime: &Handle) -> Result<Self, SinkError> {
        let bucket = s3::Bucket::open(Location::parse(address)?, runtime)?;
        let there = bucket.list("")?;
        let shown = PathBuf::from(address);
        let has = |name: &str| there.iter().any(|key| key == name);
        let left = if has(MARKER) {
            if !overwrite {
                return Err(SinkError::Unfinished { path: shown });
            }
            read_list(&bucket, MARKER, "files", &shown)?
        } else if has(MANIFEST) {
            if !overwrite {
                return Err(SinkError::Occupied { path: shown });
            }
            read_list(&bucket, MANIFEST, "artifacts", &shown)?
        } else {
            match there.iter().find(|key| !key.ends_with('/')) {
                Some(example) if !overwrite => {
                    return Err(SinkError::Foreign { path: shown, example: example.clone() });
                }
                _ => Vec::new(),
            }
        };
        // The manifest goes first: what is half deleted is no result. Nothing is deleted that is not there: a task's role may not.
        if has(MANIFEST) {
            bucket.delete(&[MANIFEST.to_owned()])?;
        }
        bucket.delete(&left)?;
        let scratch = tempfile::Builder::new().prefix("quietway-").tempdir();
        let scratch = scratch.map_err(SinkError::system("create a folder in", &std::env::temp_dir()))?;
        let place = Self { bucket, scratch, files: Mutex::default() };
        place.write_marker(&BTreeSet::new())?;
        Ok(place)
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        PathBuf::from(format!("{}/{name}", self.bucket.place().to_string().trim_end_matches('/')))
    }

    /// The local copy of an uploaded file.
    pub(super) fn local(&self, name: &str) -> PathBuf {
        self.scratch.path().join(name)
    }

    /// A local path for the file.
    pub(super) fn begin(&self, name: &str) -> Result<PathBuf, SinkError> {
        let path = self.scratch.path().join(format!("{name}.part"));
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(SinkError::system("create the folder", folder))?;
        }
        Ok(path)
    }

    pub(super) fn publish(&self, name: &str, temporary: &Path) -> Result<(), SinkError> {
        if name == MANIFEST {
            let bytes = std::fs::read(temporary).map_err(SinkError::system("read back", temporary))?;
            return Ok(self.bucket.put_if_absent(name, &bytes)?);
        }
        self.announce(&[name.to_owned()])?;
        self.bucket.put_file(name, temporary)?;
        let local = self.local(name);
        std::fs::rename(temporary, &local).map_err(SinkError::system("rename the finished", &local))
    }

    /// Takes note of files to come; the marker is written when it does not say all of it yet.
    pub(super) fn announce(&self, names: &[String]) -> Result<(), SinkError> {
        let mut files = self.files.lock().unwrap_or_else(PoisonError::into_inner);
        let known = files.len();
        files.extend(names.iter().cloned());
        if files.len() > known { self.write_marker(&files) } else { Ok(()) }
    }

    pub(super) fn finish(&self) -> Result<(), SinkError> {
        Ok(self.bucket.delete(&[MARKER.to_owned()])?)
    }

    fn write_marker(&self, files: &BTreeSet<String>) -> Result<(), SinkError> {
        let note = "A run of Quietway writes here, or broke; --overwrite removes what it left.";
        let text = serde_json::json!({ "note": note, "files": files }).to_string();
        Ok(self.bucket.put_bytes(MARKER, text.into_bytes())?)
    }
}

fn read_list(bucket: &s3::Bucket, key: &str, member: &str, shown: &Path) -> Result<Vec<String>, SinkError> {
    let text = bucket.get_small(key)?.unwrap_or_default();
    names_in(&text, &shown.join(key), member)
}
