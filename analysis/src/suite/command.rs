//! `quietway suite check` and `quietway suite show`.

use super::{BNA, Suite, SuiteError};
use std::path::Path;

/// One line about a suite without fault.
///
/// # Errors
/// [`SuiteError`] with line and key.
pub fn check(path: &Path) -> Result<String, SuiteError> {
    let (suite, _) = Suite::load(path)?;
    let (name, categories, groups) = (&suite.name, suite.categories.len(), suite.groups.len());
    Ok(format!("{} is good: suite \"{name}\", {categories} categories in {groups} groups\n", path.display()))
}

/// The whole suite: the built-in one, or a file with what it extends.
///
/// # Errors
/// [`SuiteError`] with line and key.
pub fn show(path: Option<&Path>) -> Result<String, SuiteError> {
    path.map_or_else(|| Ok(BNA.to_owned()), |path| Ok(Suite::load(path)?.1))
}
