//! # Inputs — what a run read: checksums, copies beside the results, and the same run again from these
//! In:   the input files, city             Out:  manifest entries; `inputs/` in the results; a command line
//! Touches: the input files, the sink, results of earlier runs

mod again;
mod save;

pub use again::{Again, AgainError};
pub use save::save;

use crate::acquire::InputFile;
use crate::error::RunError;
use quietway_job::manifest::Input;
use sha2::{Digest, Sha256};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::thread::JoinHandle;

/// A checksum under way. Hashing needs a core only briefly and the manifest comes last, so nobody waits for it.
pub struct Hashes(JoinHandle<Result<Vec<Input>, RunError>>);

/// Starts hashing the files, in their order; those that were fetched follow, their checksums are known.
pub fn hash_in_background(files: &[(&'static str, PathBuf)], fetched: &[InputFile]) -> Hashes {
    let (files, fetched) = (files.to_vec(), fetched.iter().map(known).collect::<Vec<_>>());
    Hashes(std::thread::spawn(move || {
        let own = files.iter().map(|(role, path)| hash(role, path));
        own.chain(fetched.into_iter().map(Ok)).collect()
    }))
}

fn known(file: &InputFile) -> Input {
    Input {
        name: file_name(&file.path),
        bytes: file.bytes,
        url: Some(file.url.clone()),
        licence: Some(file.data.licence.into()),
        attribution: Some(file.data.attribution.into()),
        date: file.modified.map(quietway_job::date::day),
        ..input(file.role, file.sha256.clone())
    }
}

fn input(role: &str, sha256: String) -> Input {
    let (name, role) = (String::new(), role.to_owned());
    Input { role, name, bytes: 0, sha256, timestamp: None, url: None, licence: None, attribution: None, date: None }
}

fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

impl Hashes {
    /// The inputs, when all are hashed.
    ///
    /// # Errors
    /// A file that became unreadable.
    pub fn wait(self) -> Result<Vec<Input>, RunError> {
        self.0.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    }
}

fn hash(role: &'static str, path: &Path) -> Result<Input, RunError> {
    let fault = |cause| RunError::Unreadable { role, path: path.display().to_string(), cause };
    let mut file = std::fs::File::open(path).map_err(fault)?;
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; 1 << 18];
    let mut bytes = 0;
    loop {
        match file.read(&mut buffer).map_err(fault)? {
            0 => break,
            count => {
                hasher.update(&buffer[..count]);
                bytes += count as u64;
            }
        }
    }
    Ok(Input { name: file_name(path), bytes, ..input(role, hex::encode(hasher.finalize())) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn name_size_and_checksum() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.csv");
        std::fs::write(&path, "abc").unwrap();
        let inputs = hash_in_background(&[("jobs", path)], &[]).wait().unwrap();
        assert_eq!((inputs[0].name.as_str(), inputs[0].bytes), ("a.csv", 3));
        assert_eq!(inputs[0].sha256, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    }
}
