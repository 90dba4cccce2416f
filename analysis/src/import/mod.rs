//! # Import — local files become a city
//! In:   StudyArea, input files, Suite     Out:  [`City`]
//! Touches: the input files                Does not know: stress, reach, scores, SQL
//! Source: bna-method §1.4–§2.4, §7

pub mod blocks;
mod city;
pub mod destinations;
pub mod features;
pub mod grid;
mod guard;
pub mod jobs;
pub mod osm;
mod places;
pub mod raster;
mod service_area;
pub mod speeds;
pub mod streets;
#[cfg(test)]
mod testing;

pub use city::{ImportError, ImportPlan, read};

use crate::model::{Column, Unit};
use geo_types::{Coord, MultiPolygon, Point};
use std::sync::Arc;

/// Everything imported. Tables by position; ids of the later stages are positions in them.
#[derive(Debug)]
pub struct City {
    /// Ways that may become streets, and what stands beside them.
    pub streets: Streets,
    /// Census blocks.
    pub blocks: Blocks,
    /// Destinations by category, in the suite's order of its destination categories.
    pub destinations: Vec<DestinationTable>,
    /// Defaults of residential streets.
    pub speeds: SpeedLimits,
    /// What signs beside its roads are in.
    pub unit: Unit,
    /// Oddities of the OSM data.
    pub osm_report: osm::ReadReport,
    /// The OSM data of the study area as PBF, when they are to be saved with the results.
    pub extract: Option<Vec<u8>>,
    /// Every OSM feature, when asked for: most runs have no use for them.
    pub features: Option<features::Features>,
}

/// Ways that carry an imported `highway`, their nodes, and the tagged nodes that shape a junction.
#[derive(Debug, Default)]
pub struct Streets {
    /// Nodes of the ways below, ascending by OSM id.
    pub node_id: Vec<i64>,
    /// Longitude/latitude in degrees, as written.
    pub node_lonlat: Vec<Coord<f64>>,
    /// Metres in the study area's projection.
    pub node_xy: Vec<Coord<f64>>,
    /// Times the node stands in node lists of ways of any kind, +2 when it carries an imported highway value itself (§2.1).
    pub node_uses: Vec<u32>,
    /// In order of the file (ascending id).
    pub ways: Vec<StreetWay>,
    /// Nodes with control tags (signals, stops, crossings), after the clip of §2.7.
    pub controls: Vec<Control>,
}

/// An OSM way that may become segments.
#[derive(Clone, Debug)]
pub struct StreetWay {
    /// OSM id.
    pub way_id: i64,
    /// Position among *all* ways of the (clipped) file: duplicates are dropped between chunks of 20,000 (§2.1).
    pub file_position: u32,
    /// Column `tag_id` of §2.1.
    pub tag_id: u16,
    /// Positions in the node arrays; may repeat.
    pub nodes: Vec<u32>,
    /// All tags.
    pub tags: osm::Tags,
    /// Whether it has a row in the reference's line table: tags of ways without one are not joined (§2.3, §2.4, §2.7, §2.8).
    pub has_line_row: bool,
}

/// A node that shapes a junction: `highway` = traffic_signals, stop or crossing.
#[derive(Clone, Debug)]
pub struct Control {
    /// OSM id.
    pub node_id: i64,
    /// Metres.
    pub xy: Coord<f64>,
    /// All tags.
    pub tags: osm::Tags,
}

/// Census blocks, parallel arrays in a deterministic, spatially coherent order (Hilbert of the centre, then id).
#[derive(Debug, Default)]
pub struct Blocks {
    /// `geoid20`.
    pub id: Vec<Arc<str>>,
    /// `pop20`.
    pub population: Vec<f64>,
    /// Metric projection.
    pub geometry_m: Vec<MultiPolygon<f64>>,
    /// WGS 84 degrees.
    pub geometry: Vec<MultiPolygon<f64>>,
    /// At least half inside the boundary: scored, and where trips start. The others are destinations only (edition `current`).
    pub in_boundary: Vec<bool>,
    /// Row number in the source, from 1.
    pub gid: Vec<i64>,
    /// All columns of the source, lower-cased, in its order (geoid20 and pop20 among them).
    pub attributes: Vec<Column>,
    /// Jobs per block; `None` where the country has no job data (§8.1).
    pub jobs: Option<Vec<f64>>,
    /// What was assumed of the source, in sentences for the user.
    pub notes: Vec<String>,
}

impl Blocks {
    /// Number of blocks.
    pub fn len(&self) -> usize {
        self.id.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.id.is_empty()
    }
}

/// Places of one category before reach is known (§7).
#[derive(Clone, Debug, Default)]
pub struct DestinationTable {
    /// Category id of the suite.
    pub category: String,
    /// In a deterministic order.
    pub places: Vec<Place>,
}

/// One destination.
#[derive(Clone, Debug)]
pub struct Place {
    /// OSM id, negative for relations; none for clusters.
    pub osm_id: Option<i64>,
    /// `name` tag; none for clusters.
    pub name: Option<Arc<str>>,
    /// Metres; the published point.
    pub point_m: Point<f64>,
    /// WGS 84.
    pub point: Point<f64>,
    /// Metres; none for plain nodes.
    pub polygon_m: Option<MultiPolygon<f64>>,
}

/// Default speeds of residential streets, miles an hour (§1.6).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SpeedLimits {
    /// Of the city.
    pub city_mph: Option<i32>,
    /// Of the state.
    pub state_mph: Option<i32>,
    /// Of the country in towns, by law (edition `current`, outside the United States).
    pub country_mph: Option<i32>,
    /// FIPS code of the state, two digits.
    pub state_fips: Option<String>,
    /// FIPS code of the place, seven digits.
    pub city_fips: Option<String>,
}
