//! What can go wrong with fetching: one variant for each different reaction.

use quietway_job::exit::{self, Exit};
use std::io;
use std::path::PathBuf;

/// A failed fetch. Messages name the address or the file and say what to do.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// Not an address to fetch from.
    #[error("{url} is no address to fetch from: {what}")]
    BadUrl {
        /// As given.
        url: String,
        /// What is wrong.
        what: String,
    },
    /// Unencrypted, and not on this machine.
    #[error("{url} is plain http, which anybody on the way could change: write https (http is for loopback only)")]
    PlainHttp {
        /// As given.
        url: String,
    },
    /// The server has no such thing.
    #[error("there is nothing at {url} ({status}): check the address, or give the file yourself")]
    NotFound {
        /// Asked for.
        url: String,
        /// What the server says.
        status: String,
    },
    /// The server answers, but does not give it.
    #[error("the server does not give {url} ({status}): check the address, or give the file yourself")]
    Refused {
        /// Asked for.
        url: String,
        /// What the server says.
        status: String,
    },
    /// Nobody answers, too slowly, or only with errors.
    #[error("cannot fetch {url}: {cause} (tried {attempts} times); check the network, or run again later")]
    Unreachable {
        /// Asked for.
        url: String,
        /// Why the last attempt failed.
        cause: String,
        /// How often it was tried.
        attempts: u32,
    },
    /// A redirect that is not followed.
    #[error("{url} redirects to {to}, which is not followed: {what}")]
    Redirect {
        /// Asked for.
        url: String,
        /// Where it leads.
        to: String,
        /// Why not.
        what: &'static str,
    },
    /// Not what its publisher says it is, twice.
    #[error(
        "{url} came damaged twice: its MD5 should be {expected} and is {found}; run again later, or give the file yourself"
    )]
    WrongChecksum {
        /// Asked for.
        url: String,
        /// What the publisher says.
        expected: String,
        /// What came.
        found: String,
    },
    /// Where a checksum should be is none.
    #[error("{url} holds no MD5 checksum (32 hexadecimal digits): check the address")]
    NoChecksum {
        /// Of the file that should hold it.
        url: String,
    },
    /// Larger than it may be.
    #[error("{url} is larger than {max_bytes} bytes, the most that is taken from there")]
    TooLarge {
        /// Asked for.
        url: String,
        /// The limit.
        max_bytes: u64,
    },
    /// Not text.
    #[error("{url} is no text ({cause}): check the address")]
    NotText {
        /// Asked for.
        url: String,
        /// Why.
        cause: std::str::Utf8Error,
    },
    /// Only the cache may be used, and it lacks the file.
    #[error("{url} is not in the cache {} and --offline forbids to fetch it: run `quietway fetch` with a network first", folder.display())]
    Offline {
        /// Asked for.
        url: String,
        /// The cache.
        folder: PathBuf,
    },
    /// No certificates to tell a true server from a false one.
    #[error("no root certificates are installed ({cause}): install ca-certificates, or set SSL_CERT_FILE")]
    NoCertificates {
        /// What was found.
        cause: String,
    },
    /// The cache cannot be used.
    #[error("cannot {action} {} in the cache: {cause}; make room or set rights there, or choose another --cache-dir", path.display())]
    Cache {
        /// `make`, `write`, `read`, `lock`, `delete`.
        action: &'static str,
        /// File or folder.
        path: PathBuf,
        /// Why.
        cause: io::Error,
    },
}

impl FetchError {
    /// The exit code.
    pub fn exit(&self) -> Exit {
        match self {
            Self::BadUrl { .. } | Self::PlainHttp { .. } => exit::USAGE,
            Self::Cache { .. } => exit::CANNOT_WRITE,
            Self::NotFound { .. }
            | Self::Refused { .. }
            | Self::Unreachable { .. }
            | Self::Redirect { .. }
            | Self::WrongChecksum { .. }
            | Self::NoChecksum { .. }
            | Self::TooLarge { .. }
            | Self::NotText { .. }
            | Self::Offline { .. }
            | Self::NoCertificates { .. } => exit::UNREACHABLE,
        }
    }
}
