//! # Connectivity — what can each block reach, calmly and at all?
//! In:   network, ratings, blocks, area, Suite  Out:  [`Reach`]
//! Touches: memory only                    Does not know: OSM tags, destinations, SQL
//! Source: bna-method §6

mod block_segments;
mod csr;
mod dial;
mod lane_rows;
mod lanes;
mod nearness;
mod offset_curve;
mod overlap;
mod pair;
mod plan;
mod reach;
mod seeds;
mod single_rows;
mod turn_graph;

#[cfg(test)]
mod tests;

pub use pair::Pair;
pub use plan::Engine;
pub use reach::{Reach, Reached, RowReader, Work};

use crate::boundary::StudyArea;
use crate::import::Blocks;
use crate::model::{SegmentId, StressLevel};
use crate::network::{StreetNetwork, Trail};
use crate::stress::StressRatings;
use crate::suite::Suite;
use csr::Csr;
use plan::{Graphs, Plan};
use turn_graph::{Link, TurnGraph};

/// Pairs kept in memory at most, 8 bytes each; above it rows are computed again each time they are asked for.
pub const KEPT_PAIRS_MAX: u64 = 40_000_000;

/// What every block reaches.
pub fn measure(
    network: &StreetNetwork,
    ratings: &StressRatings,
    blocks: &Blocks,
    area: &StudyArea,
    suite: &Suite,
) -> Reach {
    prepare(network, ratings, blocks, area, suite).reach(KEPT_PAIRS_MAX, Engine::default())
}

/// Streets of the blocks and packed turns: all that the searches read.
#[derive(Debug)]
pub struct Searches {
    plan: Plan,
    block_segments: Vec<Vec<SegmentId>>,
}

/// The first half of [`measure`]: geometry and packing, no search yet.
pub fn prepare(
    network: &StreetNetwork,
    ratings: &StressRatings,
    blocks: &Blocks,
    area: &StudyArea,
    suite: &Suite,
) -> Searches {
    let block_segments = block_segments::block_segments(&network.segments, blocks, &suite.reach);
    let may_start = seeds::meets_boundary(&network.segments, &area.boundary_m);
    let plan = plan(network, ratings, blocks, &block_segments, &may_start, suite);
    Searches { plan, block_segments }
}

impl Searches {
    /// The second half of [`measure`], keeping at most that many pairs in memory. Results are the same for any limit and engine;
    /// only the count of links differs, since [`Engine::Lanes`] looks at a link once for several sources.
    pub fn reach(self, kept_pairs_max: u64, engine: Engine) -> Reach {
        Reach::compute(self.plan, self.block_segments, kept_pairs_max, engine)
    }
}

fn plan(
    network: &StreetNetwork,
    ratings: &StressRatings,
    blocks: &Blocks,
    block_segments: &[Vec<SegmentId>],
    may_start: &[bool],
    suite: &Suite,
) -> Plan {
    let segments = network.segments.len();
    let starts = block_segments.iter().zip(&blocks.in_boundary).map(|(row, &in_boundary)| {
        let start = move |id: &&SegmentId| in_boundary && may_start[id.index()];
        row.iter().filter(start).map(|id| id.0)
    });
    let trails = network.trails.iter().filter(|trail| trail.is_destination).map(|trail: &Trail| &trail.segments);
    let segments_of = Csr::new(block_segments.iter().chain(trails).map(|row| row.iter().map(|id| id.0)));
    // 12 bits a link; the suite is checked to keep to it.
    let limit_m = suite.reach.trip_max_m.min(4095);
    Plan {
        graphs: if segments <= u32::TARGET_MAX + 1 {
            Graphs::Packed(turn_graphs(network, ratings, limit_m))
        } else {
            Graphs::Wide(turn_graphs(network, ratings, limit_m))
        },
        seeds: Csr::new(starts),
        targets_of: segments_of.inverted(segments),
        segments_of,
        is_source: blocks.in_boundary.clone(),
        outlines: nearness::Outlines::new(&blocks.geometry_m),
        limit_m,
        detour_max: suite.reach.detour_max,
    }
}

/// Low and high stress: the calm turns, and all.
fn turn_graphs<L: Link>(network: &StreetNetwork, ratings: &StressRatings, limit_m: u16) -> [TurnGraph<L>; 2] {
    let segments = network.segments.len();
    let is_calm = |link: usize| ratings.links[link].total == Some(StressLevel::Low);
    [
        TurnGraph::new(&network.links, segments, limit_m, is_calm),
        TurnGraph::new(&network.links, segments, limit_m, |_| true),
    ]
}
