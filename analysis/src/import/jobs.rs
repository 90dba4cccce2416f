//! # Jobs — how many people work in each block
//! In:   LODES files (csv or csv.gz), block ids    Out:  jobs, one a block
//! Touches: those files                            Does not know: geometry, scores
//! Source: bna-method §1.5, §8.1: Σ S000 over all files by w_geocode; blocks without a row have none

use flate2::read::MultiGzDecoder;
use rayon::prelude::*;
use std::collections::HashMap;
use std::fs::File;
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

const BLOCK: &str = "w_geocode";
const JOBS: &str = "S000";

/// Why a file gives no jobs.
#[derive(Debug, thiserror::Error)]
pub enum JobsError {
    /// Not to be opened or read.
    #[error("cannot read {path}: {cause}")]
    Unreadable {
        /// File.
        path: String,
        /// Why.
        cause: std::io::Error,
    },
    /// No such column.
    #[error("{path} has no column {column}; it has [{found}]. Jobs are read from LODES origin-destination files")]
    Column {
        /// File.
        path: String,
        /// Missing.
        column: &'static str,
        /// What there is.
        found: String,
    },
    /// A line that is none.
    #[error("{path}, line {line}: {what}")]
    Line {
        /// File.
        path: String,
        /// From 1.
        line: u64,
        /// What is wrong with it.
        what: String,
    },
}

/// Jobs of the blocks with those ids, in their order: the sum over all files.
///
/// # Errors
/// [`JobsError`], naming file, column or line.
pub fn read(files: &[PathBuf], ids: &[Arc<str>]) -> Result<Vec<f64>, JobsError> {
    let position: HashMap<&[u8], usize> = ids.iter().enumerate().map(|(at, id)| (id.as_bytes(), at)).collect();
    // Whole numbers: their sums do not depend on the order of files.
    let sums: Vec<Vec<f64>> =
        files.par_iter().map(|path| read_file(path, &position, ids.len())).collect::<Result<_, _>>()?;
    Ok((0..ids.len()).map(|at| sums.iter().map(|file| file[at]).sum()).collect())
}

fn read_file(path: &Path, position: &HashMap<&[u8], usize>, blocks: usize) -> Result<Vec<f64>, JobsError> {
    let name = || path.display().to_string();
    let unreadable = |cause| JobsError::Unreadable { path: name(), cause };
    let source = open(path).map_err(unreadable)?;
    let mut csv = csv::ReaderBuilder::new().flexible(true).buffer_capacity(1 << 18).from_reader(source);
    let fault = |error: csv::Error| {
        let line = error.position().map_or(1, csv::Position::line);
        match error.into_kind() {
            csv::ErrorKind::Io(cause) => unreadable(cause),
            kind => JobsError::Line { path: name(), line, what: format!("{kind:?}") },
        }
    };
    let header = csv.byte_headers().map_err(fault)?.clone();
    let column = |wanted: &'static str| {
        let names =
            header.iter().map(|found| String::from_utf8_lossy(found).trim_start_matches('\u{feff}').trim().to_owned());
        let names: Vec<String> = names.collect();
        let at = names.iter().position(|found| found.eq_ignore_ascii_case(wanted));
        at.ok_or_else(|| JobsError::Column { path: name(), column: wanted, found: names.join(", ") })
    };
    let (block, jobs) = (column(BLOCK)?, column(JOBS)?);

    let mut sums = vec![0.0; blocks];
    let mut row = csv::ByteRecord::new();
    while csv.read_byte_record(&mut row).map_err(fault)? {
        let wrong =
            |what: String| JobsError::Line { path: name(), line: row.position().map_or(0, csv::Position::line), what };
        let (Some(id), Some(count)) = (row.get(block), row.get(jobs)) else {
            return Err(wrong(format!("it has only {} of {} columns", row.len(), header.len())));
        };
        let count = number(count)
            .ok_or_else(|| wrong(format!("{JOBS} is \"{}\", no count of jobs", String::from_utf8_lossy(count))))?;
        if let Some(&at) = position.get(id) {
            sums[at] += count;
        }
    }
    Ok(sums)
}

/// Packed or not, by the first bytes.
fn open(path: &Path) -> std::io::Result<Box<dyn Read>> {
    let mut file = BufReader::with_capacity(1 << 18, File::open(path)?);
    let packed = std::io::BufRead::fill_buf(&mut file)?.starts_with(&[0x1f, 0x8b]);
    Ok(if packed { Box::new(MultiGzDecoder::new(file)) } else { Box::new(file) })
}

/// A whole number, the fast way; others the slow way.
fn number(text: &[u8]) -> Option<f64> {
    if (1..=9).contains(&text.len()) && text.iter().all(u8::is_ascii_digit) {
        return Some(f64::from(text.iter().fold(0u32, |sum, digit| sum * 10 + u32::from(digit - b'0'))));
    }
    let value: f64 = std::str::from_utf8(text).ok()?.trim().parse().ok()?;
    (value.is_finite() && value >= 0.0).then_some(value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    fn ids() -> Vec<Arc<str>> {
        vec!["320030001021001".into(), "320030001021002".into(), "0".into()]
    }

    fn file(folder: &tempfile::TempDir, name: &str, text: &[u8]) -> PathBuf {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    }

    #[test]
    fn sums_over_files_and_rows() {
        let folder = tempfile::tempdir().unwrap();
        let text = b"w_geocode,h_geocode,S000\n320030001021001,1,2\n320030001021001,2,3\n999,1,7\n";
        let main = file(&folder, "main.csv", text);
        let aux = folder.path().join("aux.csv.gz");
        let mut gz = flate2::write::GzEncoder::new(File::create(&aux).unwrap(), flate2::Compression::fast());
        gz.write_all(b"\xef\xbb\xbfS000,W_GEOCODE\r\n10,\"320030001021002\"\r\n1,320030001021001\r\n").unwrap();
        gz.finish().unwrap();
        assert_eq!(read(&[main, aux], &ids()).unwrap(), [6.0, 10.0, 0.0]);
        assert_eq!(read(&[], &ids()).unwrap(), [0.0; 3]);
    }

    #[test]
    fn faults_are_named() {
        let folder = tempfile::tempdir().unwrap();
        let text = |name: &str, bytes: &[u8]| read(&[file(&folder, name, bytes)], &ids()).unwrap_err().to_string();
        let column = text("a.csv", b"w_geocode,C000\n1,2\n");
        assert!(column.contains("a.csv has no column S000; it has [w_geocode, C000]"), "{column}");
        assert!(text("empty.csv", b"").contains("no column w_geocode"));
        let line = text("b.csv", b"w_geocode,S000\n1,2\n2,many\n");
        assert!(line.contains("b.csv, line 3: S000 is \"many\""), "{line}");
        assert!(text("c.csv", b"w_geocode,S000\n1\n").contains("line 2: it has only 1 of 2"));
        assert!(text("d.csv", b"w_geocode,S000\n1,-2\n").contains("line 2"));
        assert!(text("e.csv.gz", b"\x1f\x8b\x08\x00garbage").contains("cannot read"));
        let missing = read(&[folder.path().join("none.csv")], &ids()).unwrap_err().to_string();
        assert!(missing.contains("cannot read") && missing.contains("none.csv"));
    }
}
