//! The folder of analyses: which files, in which order, read and checked.

use super::header::{self, Header};
use super::statements::{self, Statement};
use super::{AnalysesError, Dialect};
use std::path::{Path, PathBuf};

/// An analysis, ready to be run.
#[derive(Clone, Debug)]
pub struct Analysis {
    /// Name of its file.
    pub file: String,
    /// The file's name without its ending.
    pub name: String,
    /// What it says of itself.
    pub header: Header,
    /// What it does.
    pub(super) work: Work,
}

/// What an analysis does.
#[derive(Clone, Debug)]
pub(super) enum Work {
    /// Statements, for either database or one.
    Sql { text: String, only: Option<Dialect> },
    /// A program; its folder.
    Command { arguments: Vec<String>, folder: PathBuf },
}

impl Analysis {
    /// Whether it is for that database.
    pub(super) fn is_for(&self, dialect: Dialect) -> bool {
        match &self.work {
            Work::Sql { only, .. } => only.is_none_or(|only| only == dialect),
            Work::Command { .. } => true,
        }
    }

    /// Its statements.
    pub(super) fn statements(&self, dialect: Dialect) -> Vec<Statement> {
        match &self.work {
            Work::Sql { text, .. } => statements::split(text, dialect),
            Work::Command { .. } => Vec::new(),
        }
    }
}

/// Endings and what they stand for, the longer ones first; `None` = a command.
const ENDINGS: [(&str, Option<Option<Dialect>>); 4] = [
    (".postgis.sql", Some(Some(Dialect::Postgres))),
    (".sqlite.sql", Some(Some(Dialect::Sqlite))),
    (".sql", Some(None)),
    (".toml", None),
];

/// All analyses of a folder, in the order of their names.
///
/// # Errors
/// [`AnalysesError`]: the first file that cannot be used.
pub fn load(folder: &Path) -> Result<Vec<Analysis>, AnalysesError> {
    let unreadable = |cause| AnalysesError::Unreadable { path: folder.display().to_string(), cause };
    let mut names = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if is_analysis(&name) && entry.path().is_file() {
            names.push(name);
        }
    }
    names.sort_unstable();
    let analyses: Vec<Analysis> = names.into_iter().map(|name| read(folder, name)).collect::<Result<_, _>>()?;
    if analyses.is_empty() {
        return Err(AnalysesError::Empty { path: folder.display().to_string() });
    }
    match clash(&analyses) {
        Some(error) => Err(error),
        None => Ok(analyses),
    }
}

/// Whether a name is `NN-name` with one of the endings: helpers of commands may lie beside them.
fn is_analysis(name: &str) -> bool {
    let digits = name.bytes().take_while(u8::is_ascii_digit).count();
    digits > 0 && name[digits..].starts_with('-') && ENDINGS.iter().any(|(ending, _)| name.ends_with(ending))
}

fn read(folder: &Path, file: String) -> Result<Analysis, AnalysesError> {
    let path = folder.join(&file);
    let bytes =
        std::fs::read(&path).map_err(|cause| AnalysesError::Unreadable { path: path.display().to_string(), cause })?;
    let invalid = |(line, what)| AnalysesError::Invalid { file: file.clone(), line, what };
    let text = String::from_utf8(bytes).map_err(|error| {
        let before = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        let line = 1 + before.iter().filter(|byte| **byte == b'\n').count();
        invalid((line, "is not UTF-8 here; save the file as UTF-8".into()))
    })?;
    let text = text.strip_prefix('\u{feff}').map_or(text.clone(), str::to_owned);
    let (ending, kind) =
        ENDINGS.into_iter().find(|(ending, _)| file.ends_with(ending)).expect("`is_analysis` has looked");
    let (header, work) = match kind {
        None => {
            let header = header::of_command(&text).map_err(invalid)?;
            let arguments = header.command.clone().unwrap_or_default();
            // A command runs in a folder of its own; helpers are named relative to its file.
            let folder = std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned());
            (header, Work::Command { arguments, folder })
        }
        Some(only) => {
            let header = header::of_sql(&text).map_err(invalid)?;
            check(&text, only).map_err(invalid)?;
            (header, Work::Sql { text, only })
        }
    };
    let name = file.trim_end_matches(ending).to_owned();
    Ok(Analysis { file, name, header, work })
}

/// A transaction is not an analysis's own to end, nor a login its own to change.
fn check(text: &str, only: Option<Dialect>) -> Result<(), header::Fault> {
    for dialect in
        [Dialect::Sqlite, Dialect::Postgres].into_iter().filter(|dialect| only.is_none_or(|only| only == *dialect))
    {
        let statements = statements::split(text, dialect);
        if let Some((Statement { line, .. }, why)) = statements::forbidden(&statements) {
            return Err((*line, why));
        }
        if statements.is_empty() {
            return Err((1, "holds no statement".into()));
        }
    }
    Ok(())
}

/// Two files that make the same table in the same database.
fn clash(analyses: &[Analysis]) -> Option<AnalysesError> {
    for dialect in [Dialect::Sqlite, Dialect::Postgres] {
        let mut seen: Vec<(&str, &str)> = Vec::new();
        for analysis in analyses.iter().filter(|analysis| analysis.is_for(dialect)) {
            for output in &analysis.header.outputs {
                if let Some((name, first)) = seen.iter().find(|(name, _)| *name == output.name) {
                    let (name, first) = ((*name).to_owned(), (*first).to_owned());
                    return Some(AnalysesError::SameOutput { name, first, second: analysis.file.clone() });
                }
                seen.push((&output.name, &analysis.file));
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sql(output: &str, body: &str) -> String {
        format!(
            "-- /// quietway\n-- title = \"A\"\n-- [[output]]\n-- name = \"{output}\"\n-- title = \"An a\"\n-- ///\n{body}\n"
        )
    }

    fn folder(files: &[(&str, &[u8])]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        files.iter().for_each(|(name, text)| std::fs::write(folder.path().join(name), text).unwrap());
        folder
    }

    fn message(files: &[(&str, &[u8])]) -> String {
        load(folder(files).path()).unwrap_err().to_string()
    }

    #[test]
    fn files_come_in_the_order_of_their_names_and_others_are_left_alone() {
        let (a, b) = (sql("a", "SELECT 1"), sql("b", "SELECT 1"));
        let folder = folder(&[
            ("20-b.sqlite.sql", b.as_bytes()),
            ("10-a.sql", a.as_bytes()),
            ("README.md", b"x"),
            ("helper.sql", b"x"),
        ]);
        let found = load(folder.path()).unwrap();
        let names: Vec<_> = found.iter().map(|analysis| analysis.name.as_str()).collect();
        assert_eq!(names, ["10-a", "20-b"]);
        assert!(found[0].is_for(Dialect::Postgres) && !found[1].is_for(Dialect::Postgres));
    }

    #[test]
    fn twins_for_the_two_databases_may_make_the_same_table() {
        let a = sql("a", "SELECT 1");
        let twins = folder(&[("1-a.sqlite.sql", a.as_bytes()), ("1-a.postgis.sql", a.as_bytes())]);
        assert_eq!(load(twins.path()).unwrap().len(), 2);
        let said = message(&[("1-a.sql", a.as_bytes()), ("2-a.postgis.sql", a.as_bytes())]);
        assert!(said.contains("1-a.sql and 2-a.postgis.sql both make \"a\""), "{said}");
    }

    #[test]
    fn what_cannot_be_used_is_said_with_file_and_line() {
        assert!(message(&[("notes.txt", b"x")]).contains("holds no analysis"));
        assert!(
            message(&[("1-a.sql", b"-- /// quietway\n-- title = \"caf\xe9\"")])
                .contains("1-a.sql, line 2: is not UTF-8")
        );
        assert!(message(&[("1-a.sql", sql("a", "SELECT 1;\nCOMMIT").as_bytes())]).contains("1-a.sql, line 8: COMMIT"));
        assert!(message(&[("1-a.sql", sql("a", "").as_bytes())]).contains("holds no statement"));
        assert!(message(&[("1-a.toml", b"title = 1")]).starts_with("analysis 1-a.toml, line 1: "));
        assert!(load(Path::new("no such folder")).unwrap_err().to_string().contains("cannot read"));
    }
}
