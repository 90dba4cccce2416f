//! `s3://bucket/prefix`.

use super::S3Error;
use std::fmt;

const SCHEME: &str = "s3://";

/// Whether a destination is meant to be on S3.
pub fn is_s3(text: &str) -> bool {
    text.starts_with(SCHEME)
}

/// A bucket and a prefix in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Location {
    /// Name of the bucket.
    pub bucket: String,
    /// Prefix without slashes around it; empty for the whole bucket.
    pub prefix: String,
}

impl Location {
    /// Reads `s3://bucket/prefix`; the prefix may be left out or end with a slash.
    ///
    /// # Errors
    /// [`S3Error::BadAddress`].
    pub fn parse(text: &str) -> Result<Self, S3Error> {
        let bad = |what| S3Error::BadAddress { address: text.to_owned(), what };
        let rest = text.strip_prefix(SCHEME).ok_or(bad("it does not begin with s3://"))?;
        let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
        if bucket.is_empty() {
            return Err(bad("the name of the bucket is missing"));
        }
        if !bucket.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_')) {
            return Err(bad("the name of a bucket has only letters, digits, dots, hyphens and underscores"));
        }
        let prefix = prefix.trim_matches('/');
        if prefix.chars().any(char::is_control) || prefix.split('/').any(|part| matches!(part, "." | "..")) {
            return Err(bad("the prefix has a part `.` or `..`, or a control character"));
        }
        Ok(Self { bucket: bucket.to_owned(), prefix: prefix.to_owned() })
    }

    /// The same bucket, further down.
    #[must_use]
    pub fn join(&self, folder: &str) -> Self {
        Self { bucket: self.bucket.clone(), prefix: self.key(folder).trim_matches('/').to_owned() }
    }

    /// The whole key of a relative one.
    pub(super) fn key(&self, relative: &str) -> String {
        if self.prefix.is_empty() { relative.to_owned() } else { format!("{}/{relative}", self.prefix) }
    }

    /// The relative key of a whole one that lies under the prefix.
    pub(super) fn relative(&self, key: &str) -> Option<String> {
        if self.prefix.is_empty() {
            return Some(key.to_owned());
        }
        key.strip_prefix(&self.prefix)?.strip_prefix('/').map(str::to_owned)
    }

    /// The address of a relative key, for messages.
    pub(super) fn address(&self, relative: &str) -> String {
        format!("{SCHEME}{}/{}", self.bucket, self.key(relative))
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{SCHEME}{}", self.bucket)?;
        if self.prefix.is_empty() { Ok(()) } else { write!(f, "/{}", self.prefix) }
    }
}
