//! Of several runs that want the same file, one fetches it. The system frees the lock of a process that ends, however it ends.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// Held until dropped.
pub(super) struct Lock {
    _file: File,
}

/// Locks the file; when somebody else holds it, says so (`Some(word)`) and waits, or gives up (`None`).
pub(super) fn take(path: &Path, waits: Option<&dyn Fn()>) -> io::Result<Option<Lock>> {
    loop {
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        let file = match OpenOptions::new().create(true).append(true).open(path) {
            Ok(file) => file,
            // The folder was pruned in between.
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => return Err(error),
        };
        match (file.try_lock(), waits) {
            (Ok(()), _) => {}
            (Err(TryLockError::WouldBlock), None) => return Ok(None),
            (Err(TryLockError::WouldBlock), Some(word)) => {
                word();
                wait(&file)?;
            }
            (Err(TryLockError::Error(error)), _) => return Err(error),
        }
        if is_still_there(&file, path)? {
            return Ok(Some(Lock { _file: file }));
        }
    }
}

fn wait(file: &File) -> io::Result<()> {
    loop {
        match file.lock() {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            done => return done,
        }
    }
}

/// Whoever held the lock before may have pruned the folder: then the file that is locked is not the one others will find.
fn is_still_there(file: &File, path: &Path) -> io::Result<bool> {
    match fs::metadata(path) {
        Ok(found) => {
            let held = file.metadata()?;
            Ok((found.dev(), found.ino()) == (held.dev(), held.ino()))
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

/// Where the lock of a folder is.
pub(super) fn path_in(folder: &Path) -> PathBuf {
    folder.join(".lock")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_holds_it_and_a_pruned_lock_counts_for_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = path_in(&folder.path().join("entry"));
        let first = take(&path, None).unwrap().unwrap();
        assert!(take(&path, None).unwrap().is_none());
        fs::remove_dir_all(path.parent().unwrap()).unwrap();
        let second = take(&path, None).unwrap().expect("a new folder has a new lock");
        assert!(take(&path, None).unwrap().is_none());
        drop(first);
        assert!(take(&path, None).unwrap().is_none(), "the old lock is not the new one's");
        drop(second);
        assert!(take(&path, None).unwrap().is_some());
    }
}
