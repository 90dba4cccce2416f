//! OSM PBF: where the blobs of a file are, and their content.

use super::OsmError;
use super::source::Input;
use crate::import::guard::guarded;
use osmpbf::{Blob, BlobReader, BlobType, ByteOffset, ErrorKind, HeaderBlock, PrimitiveBlock};
use std::io::{BufReader, SeekFrom};

/// Required features that this reader knows.
const KNOWN: [&str; 2] = ["OsmSchema-V0.6", "DenseNodes"];

/// Whether a file that starts so is OSM PBF: a small header of type `OSMHeader`.
pub(super) fn looks_like(start: &[u8]) -> bool {
    start.starts_with(&[0, 0]) && start.windows(9).any(|bytes| bytes == b"OSMHeader")
}

fn fault(file: &str, error: osmpbf::Error) -> OsmError {
    let what = error.to_string();
    let file = file.to_owned();
    match error.into_kind() {
        ErrorKind::Io(cause) => OsmError::io(&file, cause),
        ErrorKind::Blob(osmpbf::BlobError::Empty) => {
            OsmError::Unsupported { file, what: "a block is packed neither plain nor with zlib".to_owned() }
        }
        _ => OsmError::Corrupt { file, what },
    }
}

/// Reads the header block and finds where each block of elements starts, without reading these; the header's time stamp.
pub(super) fn index(input: Box<dyn Input>, file: &str) -> Result<(Vec<u64>, Option<i64>), OsmError> {
    let mut reader = BlobReader::new_seekable(BufReader::new(input)).map_err(|e| fault(file, e))?;
    let length = reader.seek_raw(SeekFrom::End(0)).map_err(|e| fault(file, e))?;
    reader.seek(ByteOffset(0)).map_err(|e| fault(file, e))?;
    let cut = || OsmError::Truncated { file: file.to_owned() };
    let (mut blobs, mut header, mut end) = (Vec::new(), None, 0);
    while let Some(next) = guarded(|| reader.next_header_skip_blob()).ok_or_else(|| damaged(file))? {
        let here = reader.seek_raw(SeekFrom::Current(0)).map_err(|e| fault(file, e))?;
        // A header that ends with the file makes no sense because it was cut.
        let (head, start) = next.map_err(|e| if here >= length { cut() } else { fault(file, e) })?;
        if head.get_blob_size() < 0 {
            return Err(damaged(file));
        }
        if here > length {
            return Err(cut());
        }
        end = here;
        let start = start.map_or(0, |offset| offset.0);
        match head.blob_type() {
            BlobType::OsmHeader => header = header.or(Some(start)),
            BlobType::OsmData => blobs.push(start),
            BlobType::Unknown(_) => {}
        }
    }
    if end != length {
        return Err(cut());
    }
    let Some(start) = header else {
        return Err(OsmError::NotOsm { file: file.to_owned(), what: "it has no OSM header".to_owned() });
    };
    let blob = reader.blob_from_offset(ByteOffset(start)).map_err(|e| fault(file, e))?;
    let block = guarded(|| blob.to_headerblock()).ok_or_else(|| damaged(file))?.map_err(|e| fault(file, e))?;
    check_features(&block, file)?;
    Ok((blobs, block.osmosis_replication_timestamp()))
}

fn damaged(file: &str) -> OsmError {
    OsmError::Corrupt { file: file.to_owned(), what: "a block makes no sense".to_owned() }
}

fn check_features(header: &HeaderBlock, file: &str) -> Result<(), OsmError> {
    match header.required_features().iter().find(|feature| !KNOWN.contains(&feature.as_str())) {
        None => Ok(()),
        Some(feature) => Err(OsmError::Unsupported { file: file.to_owned(), what: feature.clone() }),
    }
}

/// Blobs by their starts.
pub(super) fn blobs<'a>(
    input: Box<dyn Input>,
    starts: impl Iterator<Item = u64> + 'a,
    file: &'a str,
) -> impl Iterator<Item = Result<Blob, OsmError>> + 'a {
    let mut reader = BlobReader::new(BufReader::with_capacity(1 << 16, input));
    starts.map(move |start| {
        guarded(|| reader.blob_from_offset(ByteOffset(start)))
            .ok_or_else(|| damaged(file))?
            .map_err(|error| fault(file, error))
    })
}

/// Unpacks and parses a blob of elements.
pub(super) fn decode(blob: &Blob, file: &str) -> Result<PrimitiveBlock, OsmError> {
    blob.to_primitiveblock().map_err(|error| fault(file, error))
}
