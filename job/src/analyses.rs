//! # Analyses — the client's SQL files: their names, their headers, bundles of them
//! In:   names and texts, or a zip         Out:  checked [`SqlAnalysis`]s, or the first fault with its line
//! Touches: memory only                    Does not know: databases, the run's own tables

pub mod bundle;
pub mod header;
pub mod statements;

use header::Header;
use statements::Statement;

/// Whose SQL it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// GeoPackage.
    Sqlite,
    /// PostGIS.
    Postgres,
}

/// A file that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("analysis {file}, line {line}: {what}")]
pub struct Fault {
    /// Name of the file.
    pub file: String,
    /// Line, from 1.
    pub line: usize,
    /// What, and what to do.
    pub what: String,
}

/// What an analysis is, by the ending of its file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Statements: for one database, or for either.
    Sql(Option<Dialect>),
    /// A program.
    Command,
}

/// Endings and what they stand for, the longer ones first.
const ENDINGS: [(&str, Kind); 4] = [
    (".postgis.sql", Kind::Sql(Some(Dialect::Postgres))),
    (".sqlite.sql", Kind::Sql(Some(Dialect::Sqlite))),
    (".sql", Kind::Sql(None)),
    (".toml", Kind::Command),
];

/// Name without ending, and kind, of a file that is named `NN-name` with one of the endings.
pub fn kind_of(file: &str) -> Option<(&str, Kind)> {
    let digits = file.bytes().take_while(u8::is_ascii_digit).count();
    let (ending, kind) = ENDINGS.into_iter().find(|(ending, _)| file.ends_with(ending))?;
    let name = file.strip_suffix(ending)?;
    (digits > 0 && file[digits..].starts_with('-')).then_some((name, kind))
}

/// An analysis in SQL, checked.
#[derive(Clone, Debug)]
pub struct SqlAnalysis {
    /// Name of its file.
    pub file: String,
    /// The file's name without its ending.
    pub name: String,
    /// What it says of itself.
    pub header: Header,
    /// The whole file.
    pub text: String,
    /// The only database it is for; none = either.
    pub only: Option<Dialect>,
}

impl SqlAnalysis {
    /// Whether it is for that database.
    pub fn is_for(&self, dialect: Dialect) -> bool {
        self.only.is_none_or(|only| only == dialect)
    }
}

/// A file as text, without a byte order mark.
///
/// # Errors
/// It is not UTF-8: the line where that shows.
pub fn text_of(file: &str, bytes: Vec<u8>) -> Result<String, Fault> {
    let text = String::from_utf8(bytes).map_err(|error| {
        let before = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        let line = 1 + before.iter().filter(|byte| **byte == b'\n').count();
        Fault { file: file.to_owned(), line, what: "is not UTF-8 here; save the file as UTF-8".into() }
    })?;
    Ok(text.strip_prefix('\u{feff}').map_or(text.clone(), str::to_owned))
}

/// Reads an SQL file. `taken` says which names of tables are somebody else's, besides those of the databases themselves.
///
/// # Errors
/// The first fault of header or statements.
pub fn read_sql(
    file: &str,
    (name, only): (&str, Option<Dialect>),
    text: String,
    taken: &dyn Fn(&str) -> bool,
) -> Result<SqlAnalysis, Fault> {
    let invalid = |(line, what)| Fault { file: file.to_owned(), line, what };
    let header = header::of_sql(&text, taken).map_err(invalid)?;
    check(&text, only).map_err(invalid)?;
    Ok(SqlAnalysis { file: file.to_owned(), name: name.to_owned(), header, text, only })
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
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the analyses {first} and {second} both make \"{name}\"; rename one of the outputs")]
pub struct SameOutput {
    /// The table.
    pub name: String,
    /// One file.
    pub first: String,
    /// The other.
    pub second: String,
}

/// The first two of some files (name, databases it is for, header) that make the same table in the same database.
pub fn clash<'a>(analyses: impl Iterator<Item = (&'a str, Option<Dialect>, &'a Header)> + Clone) -> Option<SameOutput> {
    for dialect in [Dialect::Sqlite, Dialect::Postgres] {
        let mut seen: Vec<(&str, &str)> = Vec::new();
        for (file, _, header) in analyses.clone().filter(|(_, only, _)| only.is_none_or(|only| only == dialect)) {
            for output in &header.outputs {
                if let Some((name, first)) = seen.iter().find(|(name, _)| *name == output.name) {
                    let (name, first) = ((*name).to_owned(), (*first).to_owned());
                    return Some(SameOutput { name, first, second: file.to_owned() });
                }
                seen.push((&output.name, file));
            }
        }
    }
    None
}
