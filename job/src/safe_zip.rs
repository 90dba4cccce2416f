//! # Safe zip — archives of strangers, within limits
//! In:   a zip file                        Out:  its files, as streams or in a folder
//! Touches: that file, that folder         Does not know: what is in it
//!
//! What an archive says of itself is not believed: bytes, and their ratio to the bytes of the archive, are counted while reading.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufReader, Read, Seek};
use std::path::{Component, Path, PathBuf};
use zip::ZipArchive;

/// Most that an archive may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Caps {
    /// Files and folders.
    pub entries: usize,
    /// Bytes unpacked, of all files together.
    pub bytes: u64,
    /// Bytes unpacked for each byte of the archive, once more than `ratio_from_bytes` are unpacked.
    pub ratio: u64,
    /// Below that no ratio is suspicious: a small table of blanks packs a thousandfold.
    pub ratio_from_bytes: u64,
}

impl Default for Caps {
    /// The largest that is meant to be read, a state's census blocks, has 7 files and unpacks 2 GB fourfold.
    fn default() -> Self {
        Self { entries: 4_096, bytes: 32 << 30, ratio: 200, ratio_from_bytes: 64 << 20 }
    }
}

/// Why an archive is not read.
#[derive(Debug, thiserror::Error)]
pub enum ZipFault {
    /// Not to be opened or read.
    #[error("{0}")]
    Unreadable(#[from] io::Error),
    /// Against the format, or packed in a way that is not known.
    #[error("it is no readable zip ({0})")]
    Broken(String),
    /// Too many files.
    #[error("it holds {found} files; at most {most} are read")]
    TooMany {
        /// In the archive.
        found: usize,
        /// Allowed.
        most: usize,
    },
    /// Too large.
    #[error("it unpacks to more than {most} bytes, the most that is read")]
    TooLarge {
        /// Allowed.
        most: u64,
    },
    /// A bomb.
    #[error("it unpacks to more than {most} times its size, which no honest archive does")]
    Bomb {
        /// Allowed.
        most: u64,
    },
    /// A name that leads elsewhere.
    #[error("its file {name:?} would be written {what}; nothing was unpacked")]
    Escape {
        /// In the archive.
        name: String,
        /// Where.
        what: &'static str,
    },
    /// Not to be written.
    #[error("cannot unpack {}: {cause}", path.display())]
    CannotWrite {
        /// The file.
        path: PathBuf,
        /// Why.
        cause: io::Error,
    },
}

fn broken(error: zip::result::ZipError) -> ZipFault {
    match error {
        zip::result::ZipError::Io(cause) => ZipFault::Unreadable(cause),
        other => ZipFault::Broken(other.to_string()),
    }
}

/// An open archive: a file, or bytes in memory.
pub struct SafeZip<R = BufReader<File>> {
    archive: ZipArchive<R>,
    ledger: Ledger,
}

/// What was unpacked so far.
struct Ledger {
    caps: Caps,
    /// Size of the archive itself.
    packed: u64,
    /// Bytes unpacked, by file: one that is read twice counts once.
    unpacked: BTreeMap<usize, u64>,
}

impl Ledger {
    /// Notes that `bytes` of a file are unpacked by now.
    fn note(&mut self, file: usize, bytes: u64) -> Result<(), ZipFault> {
        let most = self.unpacked.entry(file).or_default();
        *most = bytes.max(*most);
        let all: u64 = self.unpacked.values().sum();
        let Caps { bytes, ratio, ratio_from_bytes, .. } = self.caps;
        if all > bytes {
            return Err(ZipFault::TooLarge { most: bytes });
        }
        if all > ratio_from_bytes && all > self.packed.saturating_mul(ratio) {
            return Err(ZipFault::Bomb { most: ratio });
        }
        Ok(())
    }
}

impl SafeZip {
    /// Opens a file; what is in it is unpacked as it is read.
    ///
    /// # Errors
    /// [`ZipFault`].
    pub fn open(path: &Path, caps: Caps) -> Result<Self, ZipFault> {
        let file = File::open(path)?;
        let packed = file.metadata()?.len();
        Self::new(BufReader::with_capacity(1 << 20, file), packed, caps)
    }
}

impl<R: Read + Seek> SafeZip<R> {
    /// An archive of `packed` bytes.
    ///
    /// # Errors
    /// [`ZipFault`].
    pub fn new(source: R, packed: u64, caps: Caps) -> Result<Self, ZipFault> {
        let archive = ZipArchive::new(source).map_err(broken)?;
        if archive.len() > caps.entries {
            return Err(ZipFault::TooMany { found: archive.len(), most: caps.entries });
        }
        Ok(Self { archive, ledger: Ledger { caps, packed, unpacked: BTreeMap::new() } })
    }

    /// Files and folders in it.
    pub fn entries(&self) -> usize {
        self.archive.len()
    }

    /// Names of the files, in the order of the archive; those that are no text are left out.
    pub fn names(&self) -> Vec<String> {
        self.archive.file_names().flatten().map(std::borrow::Cow::into_owned).collect()
    }

    /// A file by its name, whatever the case of its letters; `None` when there is none.
    ///
    /// # Errors
    /// [`ZipFault`]; while reading an [`io::Error`] with the same sentence.
    pub fn read(&mut self, name: &str) -> Result<Option<impl Read + '_>, ZipFault> {
        let same = |found: zip::result::ZipResult<std::borrow::Cow<'_, str>>| {
            found.is_ok_and(|found| found.eq_ignore_ascii_case(name))
        };
        let Some(index) = self.archive.file_names().position(same) else { return Ok(None) };
        self.at(index).map(Some)
    }

    fn at(&mut self, index: usize) -> Result<Counted<'_, impl Read + '_>, ZipFault> {
        let inner = self.archive.by_index(index).map_err(broken)?;
        Ok(Counted { inner, ledger: &mut self.ledger, index, bytes: 0 })
    }

    /// Unpacks all files into a folder, after a look at all names: none may lead out of it, be a link or stand there already.
    ///
    /// # Errors
    /// [`ZipFault`]; what was unpacked until then is left there.
    pub fn unpack(&mut self, folder: &Path) -> Result<Vec<PathBuf>, ZipFault> {
        let mut places = Vec::new();
        for index in 0..self.archive.len() {
            let entry = self.archive.by_index_data(index).map_err(broken)?;
            let name = entry.name().map_err(broken)?.into_owned();
            let escape = |what| ZipFault::Escape { name: name.clone(), what };
            if entry.is_symlink() {
                return Err(escape("as a link to somewhere else"));
            }
            let place = folder.join(inside(&name).ok_or_else(|| escape("outside of the folder"))?);
            places.push((index, place, entry.is_dir()));
        }
        let mut files = Vec::new();
        for (index, place, is_dir) in places {
            let failed = |cause| ZipFault::CannotWrite { path: place.clone(), cause };
            if is_dir {
                fs::create_dir_all(&place).map_err(failed)?;
                continue;
            }
            fs::create_dir_all(place.parent().unwrap_or(folder)).map_err(failed)?;
            let mut file = OpenOptions::new().write(true).create_new(true).open(&place).map_err(failed)?;
            let mut source = self.at(index)?;
            io::copy(&mut source, &mut file).map_err(|cause| match cause.downcast::<ZipFault>() {
                Ok(fault) => fault,
                Err(cause) => failed(cause),
            })?;
            files.push(place);
        }
        Ok(files)
    }
}

/// The path below a folder that a name stands for, if it stays there on every system.
fn inside(name: &str) -> Option<PathBuf> {
    let is_plain = |part: Component<'_>| matches!(part, Component::Normal(_) | Component::CurDir);
    let path = Path::new(name);
    let fits = !name.is_empty() && !name.contains(['\\', ':', '\0']) && path.components().all(is_plain);
    fits.then(|| path.to_owned())
}

/// Counts what comes out of a file.
struct Counted<'a, R> {
    inner: R,
    ledger: &'a mut Ledger,
    index: usize,
    bytes: u64,
}

impl<R: Read> Read for Counted<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.inner.read(buffer)?;
        self.bytes += length as u64;
        self.ledger.note(self.index, self.bytes).map_err(|fault| io::Error::new(io::ErrorKind::InvalidData, fault))?;
        Ok(length)
    }
}

#[cfg(test)]
mod tests;
