//! # Stress — how uncomfortable is each street and crossing on a bicycle?
//! In:   &StreetNetwork, &SpeedLimits, &Suite   Out:  [`StressRatings`]
//! Touches: memory only                    Does not know: OSM tags, blocks, destinations, SQL
//! Source: bna-method §4, §5 (link stress)

mod along;
mod crossing;
mod explain;
mod facts;
mod islands;
mod turns;

#[cfg(test)]
mod tests;

pub use explain::explain;

use crate::import::SpeedLimits;
use crate::model::{Direction, Edition, PerDirection, SegmentId, StressLevel};
use crate::network::{FunctionalClass, Incidence, StreetNetwork};
use crate::suite::Suite;
use rayon::prelude::*;

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

impl StressRatings {
    /// Share of the length of residential streets, 0 to 1, whose speed is merely assumed (edition `current`, Q3).
    pub fn assumed_share(&self, network: &StreetNetwork) -> f64 {
        let is_assumed =
            |rating: &Rating| matches!(rating.reason, Reason::Local { speed: Some((_, SpeedSource::Assumed)) });
        let (mut all, mut assumed) = (0.0, 0.0);
        for (id, ratings) in self.segment.iter().enumerate() {
            if network.segments.attributes[id].class == FunctionalClass::Residential {
                let length = network.segments.length_m[id];
                all += length;
                assumed += if is_assumed(&ratings.ft) || is_assumed(&ratings.tf) { length } else { 0.0 };
            }
        }
        if all > 0.0 { assumed / all } else { 0.0 }
    }
}

/// A level and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rating {
    /// The level.
    pub level: Option<StressLevel>,
    /// The rule that set it.
    pub reason: Reason,
}

impl Rating {
    fn low(reason: Reason) -> Self {
        Self { level: Some(StressLevel::Low), reason }
    }

    fn high(reason: Reason) -> Self {
        Self { level: Some(StressLevel::High), reason }
    }

    fn low_if(low: bool, reason: Reason) -> Self {
        if low { Self::low(reason) } else { Self::high(reason) }
    }
}

/// The rule that set a rating, with the facts that the network alone cannot tell; [`explain`] makes the sentence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// §4.1: motorways, trunk roads and their links.
    Expressway,
    /// §4.2: primary, secondary, tertiary streets and their links.
    Arterial {
        /// Position of the row of the suite's `stress.along` that holds; none: too stressful.
        row: Option<u16>,
    },
    /// §4.3, §4.4: residential and unclassified streets go by their speed.
    Local {
        /// Miles an hour and who says so; none: nobody does, counted as stressful (edition `reference`, Q3).
        speed: Option<(i32, SpeedSource)>,
    },
    /// §4.5.
    LivingStreet,
    /// §4.5: the way says bicycle=no.
    ClosedLivingStreet,
    /// §4.6: tracks and paths.
    OffStreet,
    /// §4.7.
    AgainstOneWay,
    /// §4.8: ends of arterial streets are not rated.
    LeavesArterial,
    /// §4.8: neither are those of link roads.
    LeavesLink,
    /// §4.8: no street of another name that could be stressful to cross.
    NothingToCross,
    /// §4.8.
    Crosses {
        /// The street crossed; the biggest, if there are several.
        street: SegmentId,
        /// What makes crossing it stressful or calm.
        by: CrossedBy,
    },
}

/// Where the speed of a local street comes from (§4.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SpeedSource {
    /// Its own tag.
    Street,
    /// The city's default.
    City,
    /// The state's default.
    State,
    /// The law of the country, in towns.
    Country,
    /// The suite's assumption.
    Assumed,
}

/// What decides a crossing (§4.8).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CrossedBy {
    /// Low: a traffic signal.
    Signal,
    /// Low: all stop.
    AllWayStop,
    /// Low: no row of the suite's `stress.crossing` holds.
    CalmTraffic,
    /// High: a motorway or trunk road.
    Expressway,
    /// High: position of the first row of the suite's `stress.crossing` that holds.
    Row(u16),
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

/// Rates every segment, crossing and turn.
pub fn rate(network: &StreetNetwork, speeds: &SpeedLimits, suite: &Suite, edition: Edition) -> StressRatings {
    let ids = 0..network.segments.len();
    let incidence = Incidence::of(&network.segments, network.junctions.len());
    let segment: Vec<_> = ids
        .clone()
        .into_par_iter()
        .map(|id| {
            let street = &network.segments.attributes[id];
            PerDirection::from_fn(|direction| along::rate(street, direction, speeds, &suite.stress, edition))
        })
        .collect();
    let leave =
        |id: usize, direction: Direction| crossing::rate(network, &incidence, &suite.stress, id.into(), direction);
    let crossing: Vec<_> =
        ids.into_par_iter().map(|id| PerDirection::from_fn(|direction| leave(id, direction))).collect();
    let links = turns::rate(&network.links, &segment, &crossing);
    let island = islands::number(network, &segment, &links);
    StressRatings { segment, crossing, links, island }
}
