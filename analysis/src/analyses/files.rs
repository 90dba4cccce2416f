//! The folder of analyses, or the zip: which files, in which order, read and checked.

use super::AnalysesError;
use super::header::{self, Header};
use super::statements::{self, Statement};
use crate::layers::{OURS, PAIRS, TABLES, VIEWS};
use quietway_job::analyses::{Dialect, Fault, Kind, SqlAnalysis, bundle, clash, kind_of, read_sql, text_of};
use std::fs::File;
use std::io::BufReader;
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

impl From<SqlAnalysis> for Analysis {
    fn from(sql: SqlAnalysis) -> Self {
        let SqlAnalysis { file, name, header, text, only } = sql;
        Self { file, name, header, work: Work::Sql { text, only } }
    }
}

impl Analysis {
    /// The only database it is for; none = either.
    fn only(&self) -> Option<Dialect> {
        match &self.work {
            Work::Sql { only, .. } => *only,
            Work::Command { .. } => None,
        }
    }

    /// Whether it is for that database.
    pub(super) fn is_for(&self, dialect: Dialect) -> bool {
        self.only().is_none_or(|only| only == dialect)
    }

    /// Its statements.
    pub(super) fn statements(&self, dialect: Dialect) -> Vec<Statement> {
        match &self.work {
            Work::Sql { text, .. } => statements::split(text, dialect),
            Work::Command { .. } => Vec::new(),
        }
    }
}

/// Whether the run has tables of that name.
fn is_taken(name: &str) -> bool {
    let is = |own: &str| own == name;
    name.starts_with(OURS)
        || is(PAIRS)
        || TABLES.iter().any(|table| is(table.name))
        || VIEWS.iter().any(|view| is(view.name))
}

/// All analyses of a folder, or of a zip with SQL files only, in the order of their names.
///
/// # Errors
/// [`AnalysesError`]: the first file that cannot be used.
pub fn load(place: &Path) -> Result<Vec<Analysis>, AnalysesError> {
    if place.is_file() {
        return bundle(place);
    }
    let unreadable = |cause| AnalysesError::Unreadable { path: place.display().to_string(), cause };
    let mut names = Vec::new();
    for entry in std::fs::read_dir(place).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        // Helpers of commands may lie beside them.
        let name = entry.file_name().to_string_lossy().into_owned();
        if kind_of(&name).is_some() && entry.path().is_file() {
            names.push(name);
        }
    }
    names.sort_unstable();
    let analyses: Vec<Analysis> = names.iter().map(|name| read(place, name)).collect::<Result<_, _>>()?;
    if analyses.is_empty() {
        return Err(AnalysesError::Empty { path: place.display().to_string() });
    }
    match clash(analyses.iter().map(|analysis| (analysis.file.as_str(), analysis.only(), &analysis.header))) {
        Some(same) => Err(same.into()),
        None => Ok(analyses),
    }
}

/// A zip holds no commands, so it may come from anybody.
fn bundle(path: &Path) -> Result<Vec<Analysis>, AnalysesError> {
    let unreadable = |cause| AnalysesError::Unreadable { path: path.display().to_string(), cause };
    let file = File::open(path).map_err(unreadable)?;
    let bytes = file.metadata().map_err(unreadable)?.len();
    let read = bundle::read(BufReader::new(file), bytes, &is_taken);
    let read = read.map_err(|cause| AnalysesError::Bundle { path: path.display().to_string(), cause })?;
    Ok(read.into_iter().map(Analysis::from).collect())
}

fn read(folder: &Path, file: &str) -> Result<Analysis, AnalysesError> {
    let path = folder.join(file);
    let bytes =
        std::fs::read(&path).map_err(|cause| AnalysesError::Unreadable { path: path.display().to_string(), cause })?;
    let text = text_of(file, bytes)?;
    match kind_of(file).expect("`load` has looked") {
        (name, Kind::Sql(only)) => Ok(read_sql(file, (name, only), text, &is_taken)?.into()),
        (name, Kind::Command) => {
            let invalid = |(line, what)| Fault { file: file.to_owned(), line, what };
            let header = header::of_command(&text, &is_taken).map_err(invalid)?;
            let arguments = header.command.clone().unwrap_or_default();
            // A command runs in a folder of its own; helpers are named relative to its file.
            let folder = std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned());
            let (file, name) = (file.to_owned(), name.to_owned());
            Ok(Analysis { file, name, header, work: Work::Command { arguments, folder } })
        }
    }
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
    fn the_tables_of_the_run_are_taken() {
        for name in ["neighborhood_ways", "neighborhood_x", "run_parameters", PAIRS, VIEWS[0].name] {
            let said = message(&[("1-a.sql", sql(name, "SELECT 1").as_bytes())]);
            assert!(said.contains("belongs to the run's own tables"), "{name}: {said}");
        }
    }

    #[test]
    fn a_zip_is_a_folder_of_sql_files() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.zip");
        let zipped = |name: &str| {
            let mut zip = zip::ZipWriter::new(File::create(&path).unwrap());
            zip.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
            std::io::Write::write_all(&mut zip, sql("a", "SELECT 1").as_bytes()).unwrap();
            zip.finish().unwrap();
        };
        zipped("10-a.postgis.sql");
        let found = load(&path).unwrap();
        assert_eq!((found[0].name.as_str(), found[0].is_for(Dialect::Sqlite)), ("10-a", false));
        zipped("10-a.toml");
        let said = load(&path).unwrap_err().to_string();
        assert!(said.contains("x.zip: 10-a.toml: commands cannot come in a bundle"), "{said}");
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
