//! `bundle.zip`: all other files of a result in one flat archive (bna-method §9.1). The same files give the same bytes: sorted, no dates.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, Write};
use std::path::PathBuf;
use zip::write::{SimpleFileOptions, StreamWriter};
use zip::{CompressionMethod, DateTime, ZipWriter};

/// Why the archive could not be made.
#[derive(Debug, thiserror::Error)]
pub enum BundleError {
    /// A file that should go in.
    #[error("cannot read {} for bundle.zip: {cause}; run again, or leave out --bundle", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        cause: io::Error,
    },
    /// The archive; whoever owns the destination names it.
    #[error(transparent)]
    Write(io::Error),
}

impl From<BundleError> for io::Error {
    fn from(error: BundleError) -> Self {
        match error {
            BundleError::Write(cause) => cause,
            BundleError::Read { ref cause, .. } => Self::new(cause.kind(), error),
        }
    }
}

/// Endings of files that are compressed already: they go in as they are.
const COMPRESSED: [&str; 5] = [".gz", ".parquet", ".pbf", ".pmtiles", ".zip"];

/// Least compression: six times as fast as the usual level for files a quarter larger, and nobody stores a bundle for long.
const LEVEL: i64 = 1;

/// Writes an archive of `files` (path inside the result with `/`, where it lies), sorted by that path. The archive is flat; a file whose
/// name is taken by an earlier one gets its folders into its name (`tiles/a.csv` → `tiles_a.csv`).
///
/// # Errors
/// [`BundleError`].
pub fn write_zip(files: &[(String, PathBuf)], out: &mut (impl Write + ?Sized)) -> Result<(), BundleError> {
    let mut sorted: Vec<_> = files.iter().collect();
    sorted.sort();
    let mut zip = ZipWriter::new_stream(out);
    let mut taken = BTreeSet::new();
    for (name, path) in sorted {
        let flat = flat_name(name, &taken);
        add(&mut zip, &flat, path)?;
        taken.insert(flat);
    }
    let finished = zip.finish().map_err(written)?;
    finished.into_inner().flush().map_err(BundleError::Write)
}

fn flat_name(name: &str, taken: &BTreeSet<String>) -> String {
    let last = name.rsplit('/').next().unwrap_or(name);
    if taken.contains(last) { name.replace('/', "_") } else { last.to_owned() }
}

fn add<W: Write>(zip: &mut ZipWriter<StreamWriter<W>>, name: &str, path: &PathBuf) -> Result<(), BundleError> {
    let read = |cause| BundleError::Read { path: path.clone(), cause };
    let mut file = File::open(path).map_err(read)?;
    let length = file.metadata().map_err(read)?.len();
    let options = SimpleFileOptions::default().last_modified_time(DateTime::default()).unix_permissions(0o644);
    let options = if COMPRESSED.iter().any(|ending| name.ends_with(ending)) {
        options.compression_method(CompressionMethod::Stored)
    } else {
        options.compression_method(CompressionMethod::Deflated).compression_level(Some(LEVEL))
    };
    // Deflate can add a few bytes to a file that does not shrink.
    zip.start_file(name, options.large_file(length > u64::from(u32::MAX) - (1 << 20))).map_err(written)?;
    copy(&mut file, zip, read)
}

/// [`io::copy`] that tells whether reading or writing failed.
fn copy(from: &mut File, to: &mut impl Write, read: impl Fn(io::Error) -> BundleError) -> Result<(), BundleError> {
    let mut buffer = vec![0; 1 << 17];
    loop {
        match io::Read::read(from, &mut buffer) {
            Ok(0) => return Ok(()),
            Ok(length) => to.write_all(&buffer[..length]).map_err(BundleError::Write)?,
            Err(cause) if cause.kind() == io::ErrorKind::Interrupted => {}
            Err(cause) => return Err(read(cause)),
        }
    }
}

fn written(error: zip::result::ZipError) -> BundleError {
    BundleError::Write(error.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read;

    fn files(folder: &std::path::Path, contents: &[(&str, &[u8])]) -> Vec<(String, PathBuf)> {
        let place = |&(name, content): &(&str, &[u8])| {
            let path = folder.join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(&path, content).unwrap();
            (name.to_owned(), path)
        };
        contents.iter().map(place).collect()
    }

    const CONTENTS: [(&str, &[u8]); 4] =
        [("b.csv", &[b'x'; 5000]), ("tiles/a.pmtiles", b"tiles"), ("tiles/b.csv", b"other"), ("a.csv", b"")];

    #[test]
    fn all_files_lie_flat_and_sorted_and_read_back() {
        let folder = tempfile::tempdir().unwrap();
        let mut out = Vec::new();
        write_zip(&files(folder.path(), &CONTENTS), &mut out).unwrap();
        let mut archive = zip::ZipArchive::new(io::Cursor::new(&out)).unwrap();
        let mut found = Vec::new();
        for index in 0..archive.len() {
            let mut file = archive.by_index(index).unwrap();
            let mut content = Vec::new();
            file.read_to_end(&mut content).unwrap();
            found.push((file.name().unwrap().into_owned(), content, file.compression()));
        }
        let entry = |name: &str, content: &[u8], method| (name.to_owned(), content.to_vec(), method);
        let (deflated, stored) = (CompressionMethod::Deflated, CompressionMethod::Stored);
        let expected = [
            entry("a.csv", b"", deflated),
            entry("b.csv", &[b'x'; 5000], deflated),
            entry("a.pmtiles", b"tiles", stored),
            entry("tiles_b.csv", b"other", deflated),
        ];
        assert_eq!(found, expected);
        assert!(out.len() < 1000);
    }

    #[test]
    fn the_same_files_give_the_same_bytes_whenever_and_in_whatever_order() {
        let zipped = |reverse: bool| {
            let folder = tempfile::tempdir().unwrap();
            let mut files = files(folder.path(), &CONTENTS);
            if reverse {
                files.reverse();
                let day = std::time::UNIX_EPOCH + std::time::Duration::from_secs(1_000_000_000);
                File::options().append(true).open(&files[0].1).unwrap().set_modified(day).unwrap();
            }
            let mut out = Vec::new();
            write_zip(&files, &mut out).unwrap();
            out
        };
        assert_eq!(zipped(false), zipped(true));
    }

    #[test]
    fn a_file_that_is_gone_and_a_full_disk_are_told_apart() {
        let folder = tempfile::tempdir().unwrap();
        let gone = [("a.csv".to_owned(), folder.path().join("a.csv"))];
        let error = write_zip(&gone, &mut Vec::new()).unwrap_err();
        assert!(error.to_string().starts_with("cannot read ") && error.to_string().contains("a.csv"), "{error}");
        let here = files(folder.path(), &CONTENTS);
        let mut small = [0_u8; 100];
        let error = write_zip(&here, &mut &mut small[..]).unwrap_err();
        assert!(matches!(&error, BundleError::Write(cause) if cause.kind() == io::ErrorKind::WriteZero), "{error:?}");
    }
}
