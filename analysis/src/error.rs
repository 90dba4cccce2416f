//! What can go wrong with a run, and which exit code says so. One variant a stage; the stage's own error has the sentence.

use quietway_job::exit::{self, Exit};

/// A failed run.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The suite.
    #[error(transparent)]
    Suite(#[from] crate::suite::SuiteError),
    /// A speed on the command line.
    #[error("{flag}: {what}")]
    Speed {
        /// The flag.
        flag: &'static str,
        /// What is wrong.
        what: String,
    },
    /// An input that is not there.
    #[error("the {role} file {path} does not exist; check the path")]
    NoFile {
        /// Which input.
        role: &'static str,
        /// As given.
        path: String,
    },
    /// An input that could not be read for its checksum.
    #[error("cannot read the {role} file {path}: {cause}")]
    Unreadable {
        /// Which input.
        role: &'static str,
        /// As given.
        path: String,
        /// Why.
        cause: std::io::Error,
    },
    /// The boundary.
    #[error(transparent)]
    Boundary(#[from] crate::boundary::BoundaryError),
    /// OSM, blocks or jobs.
    #[error(transparent)]
    Import(#[from] crate::import::ImportError),
    /// The database.
    #[error(transparent)]
    Store(#[from] crate::store::StoreError),
    /// The layout of the results.
    #[error(transparent)]
    Layout(#[from] crate::export::layout::LayoutError),
    /// Files.
    #[error(transparent)]
    Export(#[from] crate::export::ExportError),
    /// The result folder.
    #[error(transparent)]
    Sink(#[from] crate::export::sink::SinkError),
    /// Tiles.
    #[error(transparent)]
    Tiles(#[from] crate::tiles::TilesError),
    /// Results to show.
    #[error(transparent)]
    View(#[from] crate::view::ViewError),
    /// The pool of threads.
    #[error("cannot start {threads} threads: {cause}; try a smaller --threads")]
    Threads {
        /// As given.
        threads: usize,
        /// Why.
        cause: String,
    },
}

impl RunError {
    /// The exit code.
    pub fn exit(&self) -> Exit {
        match self {
            Self::Suite(_) | Self::NoFile { .. } | Self::Unreadable { .. } | Self::Boundary(_) | Self::Import(_) => {
                exit::BAD_INPUT
            }
            Self::View(crate::view::ViewError::Port { .. }) | Self::Speed { .. } | Self::Layout(_) => exit::USAGE,
            Self::View(crate::view::ViewError::Bucket(_)) => exit::UNREACHABLE,
            Self::View(_) => exit::BAD_INPUT,
            Self::Store(_) | Self::Export(_) | Self::Sink(_) | Self::Tiles(_) => exit::CANNOT_WRITE,
            Self::Threads { .. } => exit::INTERNAL,
        }
    }
}
