//! A bundle: a zip with the SQL files of an organisation, and nothing else.

use super::{Fault, Kind, SameOutput, SqlAnalysis, clash, kind_of, read_sql, text_of};
use crate::safe_zip::{Caps, SafeZip, ZipFault};
use std::io::{self, Read, Seek};

/// Bytes of a bundle at most.
pub const BYTES_MAX: u64 = 1 << 20;

/// Files in it, bytes unpacked, and their ratio: SQL packs tenfold, not a hundredfold.
const CAPS: Caps = Caps { entries: 100, bytes: 4 << 20, ratio: 100, ratio_from_bytes: 256 << 10 };

/// Longest name of a file in it.
const NAME_MAX: usize = 100;

/// Why a bundle is refused.
#[derive(Debug, thiserror::Error)]
pub enum BundleError {
    /// The zip itself.
    #[error("the bundle cannot be used: {0}")]
    Zip(#[from] ZipFault),
    /// Nothing in it.
    #[error("the bundle holds no file; put SQL files named NN-name.sql into it")]
    Empty,
    /// A command.
    #[error("{file}: commands cannot come in a bundle, only SQL; remove it, or run it where you run quietway yourself")]
    Command {
        /// Its name.
        file: String,
    },
    /// Something else.
    #[error(
        "{file:?} is not for a bundle: it takes files named NN-name.sql, NN-name.postgis.sql or NN-name.sqlite.sql, of letters, digits and \
         ._-, in no folder; zip the files themselves, not their folder"
    )]
    Name {
        /// Its name.
        file: String,
    },
    /// Twice the same name, but for the case of its letters.
    #[error("the bundle holds {file} twice")]
    Twice {
        /// The name.
        file: String,
    },
    /// A file that cannot be used.
    #[error(transparent)]
    Invalid(#[from] Fault),
    /// Two files that make the same table.
    #[error(transparent)]
    SameOutput(#[from] SameOutput),
}

/// Reads a bundle of `bytes` bytes: its analyses in the order of their names, all of them checked. `taken` as for [`read_sql`].
///
/// # Errors
/// [`BundleError`]: the first thing that is wrong.
pub fn read(zip: impl Read + Seek, bytes: u64, taken: &dyn Fn(&str) -> bool) -> Result<Vec<SqlAnalysis>, BundleError> {
    if bytes > BYTES_MAX {
        return Err(ZipFault::TooLarge { most: BYTES_MAX }.into());
    }
    let mut zip = SafeZip::new(zip, bytes, CAPS)?;
    let mut names = zip.names();
    names.sort_unstable();
    // The archive's count: names that are no text are not in the list.
    if names.len() != zip.entries() {
        return Err(BundleError::Name { file: "a name that is no text".into() });
    }
    if let Some([_, file]) = names.windows(2).find(|pair| pair[0].eq_ignore_ascii_case(&pair[1])) {
        return Err(BundleError::Twice { file: file.clone() });
    }
    let analyses = names.iter().map(|file| one(&mut zip, file, taken)).collect::<Result<Vec<_>, _>>()?;
    if analyses.is_empty() {
        return Err(BundleError::Empty);
    }
    match clash(analyses.iter().map(|analysis| (analysis.file.as_str(), analysis.only, &analysis.header))) {
        Some(same) => Err(same.into()),
        None => Ok(analyses),
    }
}

fn one<R: Read + Seek>(
    zip: &mut SafeZip<R>,
    file: &str,
    taken: &dyn Fn(&str) -> bool,
) -> Result<SqlAnalysis, BundleError> {
    let odd = || BundleError::Name { file: file.to_owned() };
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    if file.len() > NAME_MAX || !file.bytes().all(is_plain) {
        return Err(odd());
    }
    let (name, only) = match kind_of(file).ok_or_else(odd)? {
        (_, Kind::Command) => return Err(BundleError::Command { file: file.to_owned() }),
        (name, Kind::Sql(only)) => (name, only),
    };
    let mut bytes = Vec::new();
    let content = zip.read(file)?.ok_or_else(odd)?;
    { content }.read_to_end(&mut bytes).map_err(of_reading)?;
    Ok(read_sql(file, (name, only), text_of(file, bytes)?, taken)?)
}

/// A limit that was met while reading comes wrapped.
fn of_reading(cause: io::Error) -> ZipFault {
    cause.downcast::<ZipFault>().unwrap_or_else(ZipFault::from)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Cursor, Write};
    use zip::write::SimpleFileOptions;

    fn sql(output: &str) -> String {
        format!(
            "-- /// quietway\n-- title = \"A\"\n-- [[output]]\n-- name = \"{output}\"\n-- title = \"An a\"\n-- ///\nSELECT 1\n"
        )
    }

    fn zipped(files: &[(&str, &str)]) -> Vec<u8> {
        let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
        for (name, text) in files {
            zip.start_file(*name, SimpleFileOptions::default()).unwrap();
            zip.write_all(text.as_bytes()).unwrap();
        }
        zip.finish().unwrap().into_inner()
    }

    fn of(files: &[(&str, &str)]) -> Result<Vec<SqlAnalysis>, BundleError> {
        let bytes = zipped(files);
        read(Cursor::new(&bytes), bytes.len() as u64, &|name| name == "theirs")
    }

    fn refusal(files: &[(&str, &str)]) -> String {
        of(files).unwrap_err().to_string()
    }

    #[test]
    fn analyses_come_in_the_order_of_their_names() {
        let (a, b) = (sql("a"), sql("b"));
        let found = of(&[("20-b.postgis.sql", &b), ("10-a.sql", &a), ("20-b.sqlite.sql", &b)]).unwrap();
        let names: Vec<_> = found.iter().map(|analysis| (analysis.name.as_str(), analysis.only)).collect();
        assert_eq!(names, [("10-a", None), ("20-b", Some(Dialect::Postgres)), ("20-b", Some(Dialect::Sqlite))]);
    }

    use super::super::Dialect;

    #[test]
    fn what_is_no_sql_file_is_refused_by_its_name() {
        let good = sql("a");
        assert!(refusal(&[("10-a.sql", &good), ("20-b.toml", "command = [\"sh\"]")]).contains("20-b.toml: commands"));
        for name in
            ["a.sql", "README.md", "in/10-a.sql", "../10-a.sql", "10-a b.sql", "__MACOSX/._10-a.sql", "10-é.sql"]
        {
            let said = refusal(&[(name, &good)]);
            assert!(said.contains("is not for a bundle"), "{name}: {said}");
        }
        let long = format!("10-{}.sql", "a".repeat(NAME_MAX));
        assert!(refusal(&[(&long, &good)]).contains("is not for a bundle"));
        assert!(refusal(&[("10-a.sql", &good), ("10-A.sql", &sql("b"))]).contains("twice"));
        assert!(refusal(&[]).contains("holds no file"));
    }

    #[test]
    fn a_fault_names_file_and_line() {
        assert_eq!(refusal(&[("10-a.sql", &sql("theirs"))]).split(": ").next(), Some("analysis 10-a.sql, line 4"));
        assert!(refusal(&[("10-a.sql", "SELECT 1")]).contains("has no header"));
        assert!(refusal(&[("10-a.sql", &(sql("a") + ";\nCOMMIT"))]).contains("COMMIT is not for an analysis"));
        assert!(refusal(&[("10-a.sql", &sql("a")), ("20-b.sql", &sql("a"))]).contains("both make \"a\""));
    }

    #[test]
    fn bombs_do_not_go_off() {
        let bomb = sql("a") + &" ".repeat(3 << 20);
        assert!(refusal(&[("10-a.sql", &bomb)]).contains("more than 100 times its size"));
        let noise: String =
            (0..5_u32 << 20).map(|n| char::from(b'a' + (n.wrapping_mul(2_654_435_761) >> 27) as u8 % 26)).collect();
        let bytes = zipped(&[("10-a.sql", &noise)]);
        assert!(read(Cursor::new(&bytes), bytes.len() as u64, &|_| false).is_err());
        let many: Vec<_> = (0..101).map(|n| (format!("{n}-a.sql"), sql(&format!("a{n}")))).collect();
        let many: Vec<_> = many.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
        assert!(refusal(&many).contains("101 files"));
        assert!(read(Cursor::new(b"PK"), 2, &|_| false).unwrap_err().to_string().contains("no readable zip"));
        assert!(read(Cursor::new(b"PK"), BYTES_MAX + 1, &|_| false).unwrap_err().to_string().contains("1048576 bytes"));
    }
}
