//! # Stress — how uncomfortable is each street and crossing on a bicycle?
//! In:   &StreetNetwork, &SpeedLimits, &Suite   Out:  [`StressRatings`]
//! Touches: memory only                    Does not know: OSM tags, blocks, destinations, SQL
//! Source: bna-method §4, §5 (link stress)

use crate::model::{PerDirection, StressLevel};

/// Ratings of segments, crossings and turns, each with the rule that set it.
#[derive(Debug, Default)]
pub struct StressRatings {
    /// Riding along the segment; level `None` where riding that way is not allowed (§4.7).
    pub segment: Vec<PerDirection<Rating>>,
    /// Leaving the segment at its end: `ft` = at the `to` junction.
    pub crossing: Vec<PerDirection<Rating>>,
    /// Per link of the network.
    pub links: Vec<LinkStress>,
    /// Low-stress island of each segment: weakly connected over low-stress links, 1 = the longest; none if no direction is low-stress.
    pub island: Vec<Option<u32>>,
}

/// A level and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rating {
    /// The level.
    pub level: Option<StressLevel>,
    /// The rule that set it.
    pub reason: Reason,
}

/// The rule that set a rating, with the few facts that its sentence needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// Placeholder of the contract; the room replaces this enum's variants with its rules.
    Unrated,
}

/// Stress of a turn (§5). The low-stress network is the links with `total` low.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LinkStress {
    /// Of the segment left.
    pub source: Option<StressLevel>,
    /// Of the crossing; low when the turn does not cross.
    pub crossing: Option<StressLevel>,
    /// Of the segment entered.
    pub target: Option<StressLevel>,
    /// The worst of the three, NULLs ignored.
    pub total: Option<StressLevel>,
}
