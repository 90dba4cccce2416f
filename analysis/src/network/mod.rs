//! # Network — streets become a graph of segments and turns
//! In:   &Streets, &StudyArea, &Suite      Out:  [`StreetNetwork`]
//! Touches: memory only                    Does not know: stress, blocks, destinations, SQL
//! Source: bna-method §2.1, §2.7, §3, §5

mod assemble;
mod attributes;
mod bike_infra;
mod clip;
mod controls;
mod copy_text;
#[cfg(test)]
pub(crate) mod fixture;
mod functional_class;
mod geometry;
mod incidence;
mod links;
mod split;
mod tag_values;
#[cfg(test)]
mod tests;
mod trails;

pub(crate) use incidence::Incidence;

use crate::boundary::StudyArea;
use crate::import::Streets;
use crate::model::{Direction, Edition, JunctionId, PerDirection, SegmentId, TrailId};
use crate::suite::Suite;
use geo_types::Coord;
use rayon::prelude::*;
use std::sync::Arc;

/// Builds the network: ways are cut, described by their tags, joined at junctions; turns link the segments. The boundary is
/// looked at in edition `reference` only (§2.7).
pub fn build(streets: &Streets, area: &StudyArea, suite: &Suite, edition: Edition) -> StreetNetwork {
    let rules = &suite.network;
    let mut pieces = split::pieces(streets);
    split::drop_repeats(&mut pieces, streets, rules.chunk_ways);
    if edition == Edition::Reference {
        clip::drop_far(&mut pieces, streets, &area.boundary_m, rules.service_distance_m);
    }
    let facts: Vec<_> = streets.ways.par_iter().map(|way| attributes::read(way, rules)).collect();
    pieces.retain(|piece| facts[piece.way as usize].is_some());
    assemble::drop_orphans(&mut pieces, streets);
    let pieces = assemble::sort(pieces, streets);
    let (mut junctions, id_of_node) = assemble::junctions(&pieces, streets);
    let names = assemble::names(streets, &facts, edition);
    let mut segments = assemble::segments(&pieces, streets, &facts, &names, &id_of_node);
    let signal_at: Vec<_> = pieces.iter().map(|piece| facts[piece.way as usize].as_ref()?.signal_at).collect();
    controls::set(&mut junctions, &segments, &signal_at, streets, rules);
    let trails = trails::find(&mut segments, &rules.trail);
    let links = links::build(&segments, &junctions, &Incidence::of(&segments, junctions.len()));
    StreetNetwork { segments, junctions, links, trails }
}

/// **Nodes are street segments, arcs are turns.** Parallel arrays by id; segments in Hilbert order of their midpoints.
#[derive(Debug, Default)]
pub struct StreetNetwork {
    /// Nodes of the turn graph.
    pub segments: Segments,
    /// Ends of segments, ascending by OSM id.
    pub junctions: Junctions,
    /// Turns.
    pub links: Links,
    /// Clusters of touching paths (§3.4), deterministic order.
    pub trails: Vec<Trail>,
}

/// Street segments.
#[derive(Debug, Default)]
pub struct Segments {
    /// OSM way.
    pub way_id: Vec<i64>,
    /// §2.1.
    pub tag_id: Vec<u16>,
    /// `name`.
    pub name: Vec<Option<Arc<str>>>,
    /// `oneway` as osm2pgrouting writes it (YES, NO, REVERSED, REVERSIBLE, UNKNOWN).
    pub oneway: Vec<&'static str>,
    /// First junction.
    pub from: Vec<JunctionId>,
    /// Last junction.
    pub to: Vec<JunctionId>,
    /// Where each segment's points start; one more at the end.
    pub first_point: Vec<u32>,
    /// Points, longitude/latitude.
    pub lonlat: Vec<Coord<f64>>,
    /// Points, metres.
    pub xy: Vec<Coord<f64>>,
    /// Planar length.
    pub length_m: Vec<f64>,
    /// What the tags say.
    pub attributes: Vec<Attributes>,
    /// Trail the path belongs to.
    pub trail: Vec<Option<TrailId>>,
}

impl Segments {
    /// Number of segments.
    pub fn len(&self) -> usize {
        self.way_id.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.way_id.is_empty()
    }

    /// Points of a segment in metres.
    #[inline]
    pub fn line_m(&self, id: SegmentId) -> &[Coord<f64>] {
        &self.xy[self.first_point[id.index()] as usize..self.first_point[id.index() + 1] as usize]
    }

    /// Points of a segment in degrees.
    #[inline]
    pub fn line(&self, id: SegmentId) -> &[Coord<f64>] {
        &self.lonlat[self.first_point[id.index()] as usize..self.first_point[id.index() + 1] as usize]
    }
}

/// Functional class (§3.3), after or before §3.9.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs)] // the names say it
pub enum FunctionalClass {
    Motorway,
    MotorwayLink,
    Trunk,
    TrunkLink,
    Primary,
    PrimaryLink,
    Secondary,
    SecondaryLink,
    Tertiary,
    TertiaryLink,
    Unclassified,
    Residential,
    LivingStreet,
    Track,
    Path,
}

impl FunctionalClass {
    /// As tagged and published.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Motorway => "motorway",
            Self::MotorwayLink => "motorway_link",
            Self::Trunk => "trunk",
            Self::TrunkLink => "trunk_link",
            Self::Primary => "primary",
            Self::PrimaryLink => "primary_link",
            Self::Secondary => "secondary",
            Self::SecondaryLink => "secondary_link",
            Self::Tertiary => "tertiary",
            Self::TertiaryLink => "tertiary_link",
            Self::Unclassified => "unclassified",
            Self::Residential => "residential",
            Self::LivingStreet => "living_street",
            Self::Track => "track",
            Self::Path => "path",
        }
    }
}

/// Bicycle infrastructure (§3.8).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs)]
pub enum BikeInfra {
    Sharrow,
    Lane,
    BufferedLane,
    Track,
}

impl BikeInfra {
    /// As published.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Sharrow => "sharrow",
            Self::Lane => "lane",
            Self::BufferedLane => "buffered_lane",
            Self::Track => "track",
        }
    }
}

/// What the tags of a segment say (§3).
#[derive(Clone, Debug, PartialEq)]
pub struct Attributes {
    /// After class adjustments (§3.9).
    pub class: FunctionalClass,
    /// Before them: users ask which class a street "really" has.
    pub tagged_class: FunctionalClass,
    /// A crossing on foot.
    pub xwalk: bool,
    /// The way says bicycle=no.
    pub bicycle_no: bool,
    /// Miles an hour.
    pub speed_limit_mph: Option<i32>,
    /// One-way for cars.
    pub one_way_car: Option<Direction>,
    /// One-way for bicycles.
    pub one_way: Option<Direction>,
    /// Feet.
    pub width_ft: Option<i32>,
    /// Bicycle infrastructure.
    pub bike_infra: PerDirection<Option<BikeInfra>>,
    /// Its width in feet.
    pub bike_infra_width_ft: PerDirection<Option<f64>>,
    /// Lanes.
    pub lanes: PerDirection<Option<i32>>,
    /// Lanes to cross (exported only).
    pub cross_lanes: PerDirection<Option<i32>>,
    /// 1 if there is a two-way turn lane (exported only).
    pub turn_lane: bool,
    /// Parking (exported only).
    pub parking: PerDirection<Option<bool>>,
}

/// Ends of segments.
#[derive(Debug, Default)]
pub struct Junctions {
    /// OSM node.
    pub osm_id: Vec<i64>,
    /// Degrees.
    pub lonlat: Vec<Coord<f64>>,
    /// Metres.
    pub xy: Vec<Coord<f64>>,
    /// Segments that end here (§3.10).
    pub legs: Vec<u32>,
    /// Traffic signals (§3.11).
    pub signalized: Vec<bool>,
    /// All-way stop (§3.12).
    pub stops: Vec<bool>,
    /// Rapid flashing beacon (§3.13).
    pub rrfb: Vec<bool>,
    /// Crossing island (§3.13).
    pub island: Vec<bool>,
}

impl Junctions {
    /// Number of junctions.
    pub fn len(&self) -> usize {
        self.osm_id.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.osm_id.is_empty()
    }
}

/// Turns, in compressed sparse rows by source segment; within a row by junction, then target.
#[derive(Debug, Default)]
pub struct Links {
    /// Where each source's links start; one more at the end.
    pub first: Vec<u32>,
    /// Segment turned into.
    pub target: Vec<SegmentId>,
    /// Where.
    pub junction: Vec<JunctionId>,
    /// Whether the junction is the source's `to` end (direction of travel `Ft`).
    pub source_dir: Vec<Direction>,
    /// Which end of the target touches the junction: `Ft` = its `to` end (§5: names the end, not the travel).
    pub target_dir: Vec<Direction>,
    /// ⌊(source + target length)/2⌋ of the rounded lengths.
    pub cost_m: Vec<u32>,
    /// Degrees clockwise, whole; 360 occurs; none for zero-length halves.
    pub source_azimuth: Vec<Option<u16>>,
    /// Likewise.
    pub target_azimuth: Vec<Option<u16>>,
    /// (target − source + 360) mod 360.
    pub turn_angle: Vec<Option<u16>>,
    /// False for the one turn of each (source, junction) that does not cross traffic ("right turn").
    pub crosses: Vec<bool>,
}

impl Links {
    /// Number of links.
    pub fn len(&self) -> usize {
        self.target.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.target.is_empty()
    }

    /// Positions of the links of a source segment.
    #[inline]
    pub fn of(&self, source: SegmentId) -> std::ops::Range<usize> {
        self.first[source.index()] as usize..self.first[source.index() + 1] as usize
    }
}

/// A cluster of touching paths.
#[derive(Clone, Debug, PartialEq)]
pub struct Trail {
    /// Members.
    pub segments: Vec<SegmentId>,
    /// ⌊Σ length⌉e.
    pub length_m: i64,
    /// ⌊diagonal of the bounding box⌉e.
    pub diagonal_m: i64,
    /// Long enough to be a destination (§8.2).
    pub is_destination: bool,
}
