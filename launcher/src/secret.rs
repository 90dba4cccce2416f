//! # Secret — the launcher's own, and what is made of it
//! Touches: the secret file, the system's randomness      Does not know: HTTP, SQL
//!
//! Tokens of tasks and secrets of webhooks are made of the launcher's secret, so the database holds none of them, and a repeated start call
//! carries the same token without it being written down.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use std::path::Path;

/// The launcher's secret. Never shown: it has no `Debug` worth reading.
#[derive(Clone)]
pub struct Secret(Vec<u8>);

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret")
    }
}

/// A text that may hold a password: never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Hidden(pub String);

impl std::fmt::Debug for Hidden {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("(hidden)")
    }
}

impl From<String> for Hidden {
    fn from(text: String) -> Self {
        Self(text)
    }
}

/// Shortest secret that is taken.
const BYTES_MIN: usize = 32;

impl Secret {
    /// Of a text.
    ///
    /// # Errors
    /// It is too short.
    pub fn new(text: &str) -> Result<Self, String> {
        let bytes = text.trim().as_bytes().to_vec();
        if bytes.len() < BYTES_MIN {
            return Err(format!("the launcher's secret has {} characters; give it {BYTES_MIN} or more", bytes.len()));
        }
        Ok(Self(bytes))
    }

    /// Of a file, which is made, for its owner only, if it is not there.
    ///
    /// # Errors
    /// It cannot be read or made.
    pub fn of_file(path: &Path) -> Result<Self, String> {
        let failed = |error: std::io::Error| format!("the launcher's secret {}: {error}", path.display());
        if !path.exists() {
            let mut options = std::fs::OpenOptions::new();
            options.write(true).create_new(true);
            std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
            let mut file = options.open(path).map_err(failed)?;
            std::io::Write::write_all(&mut file, random_hex(32)?.as_bytes()).map_err(failed)?;
        }
        Self::new(&std::fs::read_to_string(path).map_err(failed)?)
    }

    fn make(&self, purpose: &str, id: &str) -> Vec<u8> {
        sign(&self.0, format!("{purpose}/{id}").as_bytes())
    }

    /// What the task of a run shows to prove that it is.
    pub fn task_token(&self, run: &str) -> String {
        format!("qwt_{}", hex::encode(self.make("task", run)))
    }

    /// Tells tasks of this launcher and its replicas from those of others on the same platform; no secret itself.
    pub fn launcher_id(&self) -> String {
        hex::encode(&self.make("launcher", "id")[..8])
    }

    /// Key of a webhook's signatures; each version is another.
    pub fn webhook_key(&self, webhook: &str, version: i64) -> Vec<u8> {
        match version {
            0 => self.make("webhook", webhook),
            _ => self.make("webhook", &format!("{webhook}/{version}")),
        }
    }

    /// The same as its owner is told it.
    pub fn webhook_secret(&self, webhook: &str, version: i64) -> String {
        format!("whsec_{}", STANDARD.encode(self.webhook_key(webhook, version)))
    }
}

/// HMAC-SHA256.
pub fn sign(key: &[u8], message: &[u8]) -> Vec<u8> {
    let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(key).expect("HMAC takes keys of any length");
    mac.update(message);
    mac.finalize().into_bytes().to_vec()
}

/// Random bytes in hexadecimal.
///
/// # Errors
/// The system has no randomness.
pub fn random_hex(bytes: usize) -> Result<String, String> {
    let mut buffer = vec![0; bytes];
    getrandom::fill(&mut buffer).map_err(|error| format!("no randomness: {error}"))?;
    Ok(hex::encode(buffer))
}

/// Whether two texts are equal, in a time that does not tell where they differ.
pub fn equal(a: &str, b: &str) -> bool {
    let (a, b) = (Sha256::digest(a), Sha256::digest(b));
    a.iter().zip(b.iter()).fold(0, |odd, (a, b)| odd | (a ^ b)) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_differ_by_run_and_purpose() {
        let secret = Secret::new(&"s".repeat(32)).unwrap();
        assert_eq!(secret.task_token("a"), secret.task_token("a"));
        assert_ne!(secret.task_token("a"), secret.task_token("b"));
        assert_ne!(secret.webhook_key("a", 0), secret.make("task", "a"));
        assert_ne!(secret.webhook_key("a", 0), secret.webhook_key("a", 1));
        assert!(Secret::new("short").is_err());
        assert_eq!(format!("{secret:?}"), "Secret");
    }

    #[test]
    fn a_file_is_made_once_and_for_its_owner() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secret");
        let (first, second) = (Secret::of_file(&path).unwrap(), Secret::of_file(&path).unwrap());
        assert_eq!(first.task_token("a"), second.task_token("a"));
        let mode = std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&path).unwrap().permissions());
        assert_eq!(mode & 0o777, 0o600);
    }
}
