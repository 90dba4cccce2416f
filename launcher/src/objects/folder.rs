//! Objects as files below a folder.

use super::{Access, ObjectError, Objects};
use async_trait::async_trait;
use sha2::{Digest, Sha256};
use std::io::{ErrorKind, Read};
use std::path::{Component, Path, PathBuf};
use tokio::fs;

/// Files below a folder.
#[derive(Clone, Debug)]
pub struct Folder {
    root: PathBuf,
}

impl Folder {
    /// Makes it if need be.
    ///
    /// # Errors
    /// It cannot be made.
    pub fn new(root: &Path) -> std::io::Result<Self> {
        std::fs::create_dir_all(root)?;
        Ok(Self { root: std::path::absolute(root)? })
    }

    /// A key is a plain path downwards; a manifest that names another one is wrong.
    fn path(&self, key: &str) -> Result<PathBuf, ObjectError> {
        let plain = Path::new(key).components().all(|part| matches!(part, Component::Normal(_)));
        if plain && !key.is_empty() { Ok(self.root.join(key)) } else { Err(ObjectError(format!("{key:?} is no key"))) }
    }
}

fn failed(key: &str, error: &std::io::Error) -> ObjectError {
    ObjectError(format!("{key}: {error}"))
}

fn found<T>(key: &str, result: std::io::Result<T>) -> Result<Option<T>, ObjectError> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => Ok(None),
        Err(error) => Err(failed(key, &error)),
    }
}

async fn write(path: &Path, bytes: Vec<u8>) -> std::io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).await?;
    }
    let new = path.with_extension(format!("{}.new", uuid::Uuid::now_v7()));
    fs::write(&new, bytes).await?;
    fs::rename(&new, path).await
}

fn hash(path: &Path) -> std::io::Result<String> {
    let (mut file, mut hash, mut buffer) = (std::fs::File::open(path)?, Sha256::new(), vec![0; 1 << 20]);
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(hex::encode(hash.finalize())),
            length => hash.update(&buffer[..length]),
        }
    }
}

#[async_trait]
impl Objects for Folder {
    async fn put(&self, key: &str, bytes: Vec<u8>) -> Result<(), ObjectError> {
        write(&self.path(key)?, bytes).await.map_err(|error| failed(key, &error))
    }

    async fn get(&self, key: &str) -> Result<Option<Vec<u8>>, ObjectError> {
        found(key, fs::read(self.path(key)?).await)
    }

    async fn size(&self, key: &str) -> Result<Option<u64>, ObjectError> {
        let meta = found(key, fs::metadata(self.path(key)?).await)?;
        Ok(meta.filter(std::fs::Metadata::is_file).map(|meta| meta.len()))
    }

    async fn sha256(&self, key: &str) -> Result<Option<String>, ObjectError> {
        let path = self.path(key)?;
        let hashed = tokio::task::spawn_blocking(move || hash(&path)).await;
        found(key, hashed.map_err(|error| ObjectError(error.to_string()))?)
    }

    async fn delete_all(&self, prefix: &str) -> Result<(), ObjectError> {
        found(prefix, fs::remove_dir_all(self.path(prefix.trim_end_matches('/'))?).await).map(|_| ())
    }

    fn place(&self, key: &str) -> String {
        self.root.join(key).display().to_string()
    }

    async fn access(&self, key: &str, _media_type: &str) -> Result<Option<Access>, ObjectError> {
        Ok(self.size(key).await?.is_some().then_some(Access::File(self.path(key)?)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn keys_never_lead_out() {
        let folder = tempfile::tempdir().unwrap();
        let objects = Folder::new(&folder.path().join("in")).unwrap();
        for key in ["../out", "/etc/passwd", "a/../../out", "", "./a"] {
            assert!(objects.put(key, vec![1]).await.is_err(), "{key}");
            assert!(objects.get(key).await.is_err(), "{key}");
        }
        objects.put("a/b", vec![1, 2]).await.unwrap();
        assert_eq!(objects.size("a/b").await.unwrap(), Some(2));
        assert_eq!(objects.sha256("a/b").await.unwrap(), Some(super::super::sha256(&[1, 2])));
        objects.delete_all("a/").await.unwrap();
        objects.delete_all("a/").await.unwrap();
        assert_eq!(objects.get("a/b").await.unwrap(), None);
    }
}
