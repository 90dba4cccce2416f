//! Where the served files come from: a folder, a bucket, or the page in this binary.

use super::ViewError;
use crate::export::s3::{Bucket, Location, S3Error, is_s3};
use crate::webmap;
use flate2::Compression;
use flate2::write::GzEncoder;
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::fs::File;
use std::io::{self, ErrorKind, Read, Seek, SeekFrom, Write};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::UNIX_EPOCH;
use tokio::runtime::Handle;

/// Bytes asked of a bucket at once.
const PART: u64 = 4 << 20;

/// Larger texts are not compressed on the way: on this machine it would only take time.
const GZIP_MAX: u64 = 4 << 20;

/// Results that can be served.
pub(super) struct Results {
    place: Place,
    /// Compressed texts by tag.
    packed: Mutex<HashMap<String, Arc<Vec<u8>>>>,
}

enum Place {
    Folder(PathBuf),
    Bucket(Box<Bucket>),
}

/// A file that is there.
pub(super) struct Found {
    pub bytes: u64,
    /// Changes with the content.
    pub tag: String,
    content: Content,
}

enum Content {
    Disk(File),
    Object(String),
    Embedded(&'static [u8]),
}

impl Results {
    /// Looks whether they are results with a map.
    pub(super) fn open(place: &str, runtime: &Handle) -> Result<Self, ViewError> {
        let results = Self {
            place: match is_s3(place) {
                true => Place::Bucket(Box::new(Bucket::open(Location::parse(place)?, runtime)?)),
                false => Place::Folder(PathBuf::from(place)),
            },
            packed: Mutex::default(),
        };
        let named = || place.to_owned();
        if results.find("manifest.json")?.is_none() {
            return Err(ViewError::NoResults { place: named() });
        }
        if results.find(webmap::FACTS)?.is_none() {
            return Err(ViewError::NoMap { place: named() });
        }
        if results.find("index.html")?.is_none() {
            return Err(ViewError::NoPage { place: named() });
        }
        Ok(results)
    }

    /// A file by its path in the results; the page in this binary stands in for one that they lack.
    pub(super) fn find(&self, path: &str) -> Result<Option<Found>, ViewError> {
        let found = match &self.place {
            Place::Folder(root) => on_disk(root, path)?,
            Place::Bucket(bucket) => bucket.stat(path)?.map(|(bytes, tag)| Found {
                bytes,
                tag: tag.trim_matches('"').to_owned(),
                content: Content::Object(path.to_owned()),
            }),
        };
        Ok(found.or_else(|| embedded(path)))
    }

    /// Writes bytes of a file.
    pub(super) fn copy(&self, found: &Found, range: Range<u64>, out: &mut impl Write) -> io::Result<()> {
        match (&found.content, &self.place) {
            (Content::Disk(file), _) => {
                let mut file = file;
                file.seek(SeekFrom::Start(range.start))?;
                let wanted = range.end - range.start;
                match io::copy(&mut file.take(wanted), out)? == wanted {
                    true => Ok(()),
                    false => Err(ErrorKind::UnexpectedEof.into()),
                }
            }
            (Content::Embedded(bytes), _) => out.write_all(&bytes[range.start as usize..range.end as usize]),
            (Content::Object(key), Place::Bucket(bucket)) => {
                for start in (range.start..range.end).step_by(PART as usize) {
                    let part = bucket.get_range(key, start..(start + PART).min(range.end)).map_err(io::Error::other)?;
                    out.write_all(&part)?;
                }
                Ok(())
            }
            (Content::Object(_), Place::Folder(_)) => Ok(()),
        }
    }

    /// A text compressed, each once; `None` when it is too large.
    pub(super) fn packed(&self, found: &Found) -> io::Result<Option<Arc<Vec<u8>>>> {
        if found.bytes > GZIP_MAX {
            return Ok(None);
        }
        let known = || self.packed.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(bytes) = known().get(&found.tag) {
            return Ok(Some(Arc::clone(bytes)));
        }
        let mut packer = GzEncoder::new(Vec::new(), Compression::default());
        self.copy(found, 0..found.bytes, &mut packer)?;
        let bytes = Arc::new(packer.finish()?);
        known().insert(found.tag.clone(), Arc::clone(&bytes));
        Ok(Some(bytes))
    }
}

fn on_disk(root: &Path, path: &str) -> Result<Option<Found>, ViewError> {
    let full = root.join(path);
    let failed = |cause| ViewError::Unreadable { path: full.clone(), cause };
    let (Ok(root), Ok(real)) = (root.canonicalize(), full.canonicalize()) else { return Ok(None) };
    if !real.starts_with(&root) {
        return Ok(None); // a link leads out of the results
    }
    let file = File::open(&real).map_err(failed)?;
    let meta = file.metadata().map_err(failed)?;
    if !meta.is_file() {
        return Ok(None);
    }
    let changed = meta.modified().ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok());
    let key = format!("{path} {} {:?}", meta.len(), changed);
    Ok(Some(Found { bytes: meta.len(), tag: tag_of(key.as_bytes()), content: Content::Disk(file) }))
}

fn embedded(path: &str) -> Option<Found> {
    let asset = webmap::embedded().iter().find(|asset| asset.path == path)?;
    let (bytes, tag) = (asset.bytes.len() as u64, tag_of(asset.bytes));
    Some(Found { bytes, tag, content: Content::Embedded(asset.bytes) })
}

fn tag_of(bytes: &[u8]) -> String {
    hex::encode(&Sha256::digest(bytes)[..8])
}

impl From<ViewError> for io::Error {
    fn from(error: ViewError) -> Self {
        Self::other(error.to_string())
    }
}

/// The bucket's own words.
impl From<S3Error> for io::Error {
    fn from(error: S3Error) -> Self {
        Self::other(error.to_string())
    }
}
