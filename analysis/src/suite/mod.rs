//! # Suite — every parameter of the method, read from a file and checked
//! In:   TOML text                         Out:  [`Suite`]
//! Touches: the suite file                 Does not know: any stage
//! Source: bna-method §1–§8; `suites/bna.toml` is the default

mod check;
pub mod command;
#[cfg(test)]
mod document;
mod documented;
mod extend;
mod tag_rule;
mod types;

pub use tag_rule::{TagRule, ValueRule};
pub use types::{
    AlongRule, Area, ArterialDefaults, Breaks, Category, CategoryKind, CrossingRule, Curve, Group, InfraName, Labels,
    LocalDefaults, Network, ReachLimits, Steps, Stress, Suite, TrailLimits,
};

use std::path::Path;

/// The default suite.
pub const BNA: &str = include_str!("../../suites/bna.toml");

/// What is wrong with a suite.
#[derive(Debug, thiserror::Error)]
pub enum SuiteError {
    /// Not to be read.
    #[error("cannot read the suite {path}: {cause}")]
    Unreadable {
        /// File.
        path: String,
        /// Why.
        cause: std::io::Error,
    },
    /// Not TOML, an unknown key, a wrong type, a value out of range.
    #[error("suite {origin}, line {line}: {what}")]
    Invalid {
        /// File or "bna (built in)".
        origin: String,
        /// Line, from 1.
        line: usize,
        /// What and what to do, naming the key.
        what: String,
    },
}

impl Suite {
    /// The built-in suite.
    ///
    /// # Panics
    /// Never: a test reads it.
    pub fn bna() -> Self {
        Self::parse(BNA, "bna (built in)").expect("the built-in suite is valid")
    }

    /// Reads and checks a file, with what it extends; also the whole suite as text: the file's own, or what the extension makes of it.
    ///
    /// # Errors
    /// [`SuiteError`] with line and key.
    pub fn load(path: &Path) -> Result<(Self, String), SuiteError> {
        let origin = path.display().to_string();
        let text =
            std::fs::read_to_string(path).map_err(|cause| SuiteError::Unreadable { path: origin.clone(), cause })?;
        match extend::onto_base(&text, &origin)? {
            None => Ok((Self::parse(&text, &origin)?, text)),
            Some(whole) => {
                let suite = Self::parse(&whole, &origin).map_err(|error| extend::in_the_file(error, &whole, &text))?;
                Ok((suite, whole))
            }
        }
    }

    /// Parses and checks a text.
    ///
    /// # Errors
    /// [`SuiteError::Invalid`] with line and key.
    pub fn parse(text: &str, origin: &str) -> Result<Self, SuiteError> {
        let at = |line, what| SuiteError::Invalid { origin: origin.to_owned(), line, what };
        let suite: Self = toml::from_str(text).map_err(|error| {
            let line = error.span().map_or(1, |span| 1 + text[..span.start].matches('\n').count());
            at(line, error.message().trim().replace('\n', "; "))
        })?;
        match check::first_fault(&suite) {
            None => Ok(suite),
            Some(fault) => Err(at(check::line_of(text, &fault.place), fault.what)),
        }
    }
}
