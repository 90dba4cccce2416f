//! Names of schemas: plain enough to be typed without quotes everywhere.

use std::fmt;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::str::FromStr;
use std::time::{SystemTime, UNIX_EPOCH};

/// Beginning of the names of staging schemas.
pub(super) const STAGING: &str = "quietway_staging_";

/// The name of a schema for results.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SchemaName(String);

impl SchemaName {
    /// `quietway_<run>`: the run's letters in lower case, all that is neither letter nor digit as `_`.
    ///
    /// # Errors
    /// As when read from a text.
    pub fn of_run(run: &str) -> Result<Self, String> {
        let plain = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '_' };
        format!("quietway_{}", run.chars().map(plain).collect::<String>()).parse()
    }

    /// As text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for SchemaName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for SchemaName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
        let begins_well = text.bytes().next().is_some_and(|byte| byte.is_ascii_lowercase() || byte == b'_');
        if !begins_well || !text.bytes().all(plain) || text.len() > 63 {
            return Err("expected up to 63 of a-z, 0-9 and _, not beginning with a digit".into());
        }
        if text.starts_with("pg_") || text.starts_with(STAGING) || ["public", "information_schema"].contains(&text) {
            return Err("that name is reserved".into());
        }
        Ok(Self(text.to_owned()))
    }
}

/// Seconds since 1970 and eight random digits, hexadecimal: no two runs share it, and it sorts by time.
pub fn random_id() -> String {
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    // The standard library's own source of random keys.
    let random = RandomState::new().build_hasher().finish() as u32;
    format!("{seconds:x}_{random:08x}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_plain_and_not_reserved() {
        let good = ["quietway_7", "monaco", "_x"];
        assert!(good.iter().all(|name| name.parse::<SchemaName>().is_ok()));
        let long = "a".repeat(64);
        for bad in
            ["", "7a", "Monaco", "a-b", "a\"b", "pg_x", "public", "information_schema", "quietway_staging_1", &long]
        {
            assert!(bad.parse::<SchemaName>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_run_names_its_schema() {
        assert_eq!(SchemaName::of_run("01HX-Abc.7").unwrap().as_str(), "quietway_01hx_abc_7");
        assert!(SchemaName::of_run(&"a".repeat(60)).is_err());
        assert_ne!(random_id(), random_id());
    }
}
