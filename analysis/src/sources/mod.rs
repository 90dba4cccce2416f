//! # Sources — which public data a place needs, where they lie, and under which licence
//! In:   geometry, codes, base addresses   Out:  addresses; what an index or a table says
//! Touches: memory only                    Does not know: any stage, how files are fetched
//!
//! One file a data set: its path below a base address, its limits, its licence. A mirror replaces the base, never the path.

mod base;
pub mod countries;
pub mod geofabrik;
pub mod iso3;
pub mod lodes;
pub mod overpass;
pub mod speed_limits;
pub mod states;
pub mod tiger_blocks;
pub mod worldpop;

pub use base::BaseUrl;

/// A public data set: what must be said where its data are used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DataSet {
    /// For people.
    pub name: &'static str,
    /// Licence, as an SPDX id where there is one.
    pub licence: &'static str,
    /// What the publisher asks to be written beside the results.
    pub attribution: &'static str,
}

/// Licence of works of the federal government of the United States.
const US_PUBLIC_DOMAIN: &str = "public domain (17 U.S.C. § 105)";
