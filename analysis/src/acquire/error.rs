//! Why the inputs of a run are not complete.

use crate::fetch::FetchError;
use crate::sources::geofabrik::RegionError;
use crate::sources::speed_limits::TableError;
use quietway_job::exit::{self, Exit};

/// Something is not to be had.
#[derive(Debug, thiserror::Error)]
pub enum AcquireError {
    /// Not fetched.
    #[error("{cause}; {instead} spares it")]
    Fetch {
        /// The flag with which it is not needed.
        instead: &'static str,
        /// Why.
        cause: FetchError,
    },
    /// No region holds the place.
    #[error(transparent)]
    Region(#[from] RegionError),
    /// A table of speeds that is none.
    #[error(transparent)]
    Table(#[from] TableError),
    /// No such year of jobs.
    #[error(
        "{url} has no jobs of {}; it has [{}]. Give another --jobs-year, or the files with --jobs",
        asked.map_or_else(|| "any year".to_owned(), |year| year.to_string()),
        years.iter().map(u16::to_string).collect::<Vec<_>>().join(", ")
    )]
    NoYear {
        /// The listing.
        url: String,
        /// The year asked for.
        asked: Option<u16>,
        /// Years there are.
        years: Vec<u16>,
    },
    /// In no country, or no state.
    #[error("{place} lies in {what}")]
    NoCountry {
        /// Name of the place.
        place: String,
        /// What was not found and what to do.
        what: &'static str,
    },
    /// Too large for Overpass.
    #[error(
        "{place} with its surroundings spans {km2:.0} km², more than the {most:.0} km² that are asked of an Overpass server; \
        leave --osm-source out to take the region's file"
    )]
    LargeBox {
        /// Name of the place.
        place: String,
        /// Its box.
        km2: f64,
        /// The limit.
        most: f64,
    },
    /// A fetched file that has gone.
    #[error("cannot read what was fetched from {url}: {cause}; run again")]
    Unreadable {
        /// Where it was from.
        url: String,
        /// Why.
        cause: std::io::Error,
    },
}

impl AcquireError {
    /// The exit code.
    pub fn exit(&self) -> Exit {
        match self {
            Self::Fetch { cause, .. } => cause.exit(),
            Self::Region(_) | Self::Table(_) | Self::NoYear { .. } | Self::Unreadable { .. } => exit::UNREACHABLE,
            Self::NoCountry { .. } | Self::LargeBox { .. } => exit::BAD_INPUT,
        }
    }
}
