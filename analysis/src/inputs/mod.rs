//! # Inputs — what a run read: checksums, copies beside the results, and the same run again from these
//! In:   the input files, city             Out:  manifest entries; `inputs/` in the results; a command line
//! Touches: the input files, the sink, results of earlier runs

mod again;
mod save;

pub use again::{Again, AgainError};
pub use save::save;

use crate::error::RunError;
use quietway_job::manifest::Input;
use sha2::{Digest, Sha256};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::thread::JoinHandle;

/// A checksum under way. Hashing needs a core only briefly and the manifest comes last, so nobody waits for it.
pub struct Hashes(JoinHandle<Result<Vec<Input>, RunError>>);

/// Starts hashing the files, in their order.
pub fn hash_in_background(files: &[(&'static str, PathBuf)]) -> Hashes {
    let files = files.to_vec();
    Hashes(std::thread::spawn(move || files.iter().map(|(role, path)| hash(role, path)).collect()))
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
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    Ok(Input { role: role.into(), name, bytes, sha256: hex::encode(hasher.finalize()), timestamp: None })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn name_size_and_checksum() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.csv");
        std::fs::write(&path, "abc").unwrap();
        let inputs = hash_in_background(&[("jobs", path)]).wait().unwrap();
        assert_eq!((inputs[0].name.as_str(), inputs[0].bytes), ("a.csv", 3));
        assert_eq!(inputs[0].sha256, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    }
}
