//! What can be wrong with OSM files: one variant for each different reaction.

/// Why no OSM data could be read.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs)] // the messages say it
pub enum OsmError {
    /// Not there, not allowed, a folder.
    #[error("cannot read {file}: {cause}")]
    Unreadable { file: String, cause: std::io::Error },
    /// No bytes, or no elements in any file.
    #[error("{file} is empty: it holds no OpenStreetMap elements; is the download or the export complete?")]
    Empty { file: String },
    /// Something else.
    #[error("{file} is not an OpenStreetMap file: {what}; expected .osm.pbf, .osm, .osm.gz or .osm.bz2")]
    NotOsm { file: String, what: String },
    /// Ends too early.
    #[error("{file} is cut off: it ends in the middle of the data; fetch it again")]
    Truncated { file: String },
    /// Damaged.
    #[error("{file} is damaged: {what}; fetch it again or run it through `osmium cat`")]
    Corrupt { file: String, what: String },
    /// Well-formed, but needs what this reader does not know.
    #[error("{file} needs a feature that is not supported: {what}; convert it with `osmium cat {file} -o new.osm.pbf`")]
    Unsupported { file: String, what: String },
    /// Elements, but none of them here.
    #[error(
        "{files}: none of the {nodes} nodes lies inside the boundary; is it the right extract, and are longitude and latitude in order?"
    )]
    Outside { files: String, nodes: u64 },
}

impl OsmError {
    /// An I/O error: too few bytes means a cut file, bad bytes a damaged one.
    pub(super) fn io(file: &str, cause: std::io::Error) -> Self {
        let file = file.to_owned();
        match cause.kind() {
            std::io::ErrorKind::UnexpectedEof => Self::Truncated { file },
            std::io::ErrorKind::InvalidData | std::io::ErrorKind::InvalidInput => {
                Self::Corrupt { file, what: cause.to_string() }
            }
            _ => Self::Unreadable { file, cause },
        }
    }
}
