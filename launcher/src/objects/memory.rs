//! Objects of simulations.

use super::{Access, ObjectError, Objects, sha256};
use async_trait::async_trait;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Nothing outlives the process.
#[derive(Clone, Debug, Default)]
pub struct MemoryObjects {
    objects: Arc<Mutex<BTreeMap<String, Vec<u8>>>>,
}

impl MemoryObjects {
    /// To look at and to change.
    pub fn all(&self) -> MutexGuard<'_, BTreeMap<String, Vec<u8>>> {
        self.objects.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Objects for MemoryObjects {
    async fn put(&self, key: &str, bytes: Vec<u8>) -> Result<(), ObjectError> {
        self.all().insert(key.into(), bytes);
        Ok(())
    }

    async fn get(&self, key: &str) -> Result<Option<Vec<u8>>, ObjectError> {
        Ok(self.all().get(key).cloned())
    }

    async fn size(&self, key: &str) -> Result<Option<u64>, ObjectError> {
        Ok(self.all().get(key).map(|bytes| bytes.len() as u64))
    }

    async fn sha256(&self, key: &str) -> Result<Option<String>, ObjectError> {
        Ok(self.all().get(key).map(|bytes| sha256(bytes)))
    }

    async fn delete_all(&self, prefix: &str) -> Result<(), ObjectError> {
        self.all().retain(|key, _| !key.starts_with(prefix));
        Ok(())
    }

    fn place(&self, key: &str) -> String {
        format!("memory:{key}")
    }

    async fn access(&self, key: &str, _media_type: &str) -> Result<Option<Access>, ObjectError> {
        Ok(self.get(key).await?.map(Access::Bytes))
    }
}
