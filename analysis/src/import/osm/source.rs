//! One input file: its format by content, and its elements in chunks that can be skipped and decoded apart.

use super::block::{Block, XmlBlock};
use super::xml::{self, XmlChunks};
use super::{OsmError, pbf};
use std::fs::File;
use std::io::{BufRead, BufReader, Cursor, Read, Seek};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Reads and seeks; what a file and bytes in memory have in common.
pub(super) trait Input: Read + Seek + Send {}
impl<T: Read + Seek + Send> Input for T {}

enum Origin {
    File(PathBuf),
    Bytes(Arc<[u8]>),
}

enum Format {
    /// Where each blob of elements starts.
    Pbf(Vec<u64>),
    Xml(Packing),
}

#[derive(Clone, Copy)]
enum Packing {
    Plain,
    Gzip,
    Bzip2,
}

/// An input whose format is known and whose header was read.
pub(super) struct Source {
    /// For messages.
    pub name: String,
    /// Replication time stamp of the header, seconds since 1970.
    pub timestamp: Option<i64>,
    origin: Origin,
    format: Format,
}

/// Elements, not yet decoded.
pub(super) enum Chunk {
    Pbf(Box<osmpbf::Blob>),
    Xml(XmlBlock),
}

impl Chunk {
    pub(super) fn decode(self, file: &str) -> Result<Block, OsmError> {
        match self {
            Self::Pbf(blob) => pbf::decode(&blob, file).map(Block::Pbf),
            Self::Xml(block) => Ok(Block::Xml(block)),
        }
    }
}

/// Chunks in the order of the file.
pub(super) type Chunks<'a> = Box<dyn Iterator<Item = Result<Chunk, OsmError>> + 'a>;

impl Source {
    pub(super) fn file(path: &Path) -> Result<Self, OsmError> {
        Self::open(path.display().to_string(), Origin::File(path.to_owned()))
    }

    pub(super) fn bytes(name: &str, bytes: &[u8]) -> Result<Self, OsmError> {
        Self::open(name.to_owned(), Origin::Bytes(bytes.into()))
    }

    fn open(name: String, origin: Origin) -> Result<Self, OsmError> {
        let mut source = Self { name, timestamp: None, origin, format: Format::Xml(Packing::Plain) };
        let mut start = Vec::new();
        source
            .input()?
            .take(64)
            .read_to_end(&mut start)
            .map_err(|cause| OsmError::Unreadable { file: source.name.clone(), cause })?;
        source.format = match start.as_slice() {
            [] => return Err(OsmError::Empty { file: source.name }),
            [0x1f, 0x8b, ..] => Format::Xml(Packing::Gzip),
            [b'B', b'Z', b'h', ..] => Format::Xml(Packing::Bzip2),
            _ if pbf::looks_like(&start) => {
                let (blobs, timestamp) = pbf::index(source.input()?, &source.name)?;
                source.timestamp = timestamp;
                Format::Pbf(blobs)
            }
            _ => Format::Xml(Packing::Plain),
        };
        if let Format::Xml(packing) = source.format {
            source.timestamp = xml::header(source.text(packing)?, &source.name)?;
        }
        Ok(source)
    }

    fn input(&self) -> Result<Box<dyn Input>, OsmError> {
        let unreadable = |cause| OsmError::Unreadable { file: self.name.clone(), cause };
        match &self.origin {
            Origin::Bytes(bytes) => Ok(Box::new(Cursor::new(bytes.clone()))),
            Origin::File(path) => {
                let file = File::open(path).map_err(unreadable)?;
                if file.metadata().map_err(unreadable)?.is_dir() {
                    return Err(unreadable(std::io::ErrorKind::IsADirectory.into()));
                }
                Ok(Box::new(file))
            }
        }
    }

    fn text(&self, packing: Packing) -> Result<Box<dyn BufRead + Send>, OsmError> {
        let input = self.input()?;
        let unpacked: Box<dyn Read + Send> = match packing {
            Packing::Plain => Box::new(input),
            Packing::Gzip => Box::new(flate2::bufread::MultiGzDecoder::new(BufReader::new(input))),
            Packing::Bzip2 => Box::new(bzip2::bufread::MultiBzDecoder::new(BufReader::new(input))),
        };
        Ok(Box::new(BufReader::with_capacity(1 << 16, unpacked)))
    }

    /// The chunks whose number is `wanted`; the others are skipped, unread where the format allows it.
    pub(super) fn chunks<'a>(&'a self, wanted: impl Fn(usize) -> bool + 'a) -> Result<Chunks<'a>, OsmError> {
        Ok(match &self.format {
            Format::Pbf(blobs) => {
                let input = self.input()?;
                let starts = blobs.iter().enumerate().filter(move |(n, _)| wanted(*n)).map(|(_, start)| *start);
                Box::new(pbf::blobs(input, starts, &self.name).map(|blob| blob.map(|b| Chunk::Pbf(Box::new(b)))))
            }
            Format::Xml(packing) => {
                let chunks = XmlChunks::new(self.text(*packing)?, &self.name);
                let numbered = chunks.enumerate().filter(move |(n, chunk)| chunk.is_err() || wanted(*n));
                Box::new(numbered.map(|(_, chunk)| chunk.map(Chunk::Xml)))
            }
        })
    }
}
