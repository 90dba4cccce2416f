//! # Connectivity — what can each block reach, calmly and at all?
//! In:   network, ratings, blocks, area, Suite  Out:  [`Reach`]
//! Touches: memory only                    Does not know: OSM tags, destinations, SQL
//! Source: bna-method §6

use crate::model::{BlockId, SegmentId};

/// What every block reaches. Rows are kept up to a limit and recomputed above it, so that a metropolis never needs the whole table.
/// (Private fields hold the packed networks, seeds and candidate pairs that recomputing needs.)
#[derive(Debug, Default)]
pub struct Reach {
    /// Segments of each block (§6.1), ascending; all of them, also outside the boundary.
    pub block_segments: Vec<Vec<SegmentId>>,
    /// Per block: trails (destinations only) of which it reaches a segment: low-stress, high-stress (§8.2).
    pub trails: Vec<[u32; 2]>,
    /// Per block: segments reached and the sum of their costs, [low, high]: finds the block where a difference starts.
    pub reached: Vec<[Reached; 2]>,
    /// Number of pairs.
    pub pairs: u64,
    /// Contract only: rows by source block. The room may replace this by what it needs; `for_each_row` is the interface.
    pub rows: Vec<Vec<Pair>>,
}

/// Count and cost sum of a search.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reached {
    /// Segments reached.
    pub segments: u64,
    /// Sum of their costs.
    pub cost_sum_m: u64,
}

/// A connected pair of blocks (§6.4), 8 bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pair {
    /// Target block in the low 31 bits; the low-stress bit on top.
    packed: u32,
    low_m: u16,
    high_m: u16,
}

impl Pair {
    const NONE: u16 = u16::MAX;

    /// A pair.
    pub fn new(target: BlockId, low_m: Option<u16>, high_m: Option<u16>, low_stress: bool) -> Self {
        Self {
            packed: target.0 | (u32::from(low_stress) << 31),
            low_m: low_m.unwrap_or(Self::NONE),
            high_m: high_m.unwrap_or(Self::NONE),
        }
    }

    /// The block reached.
    pub fn target(self) -> BlockId {
        BlockId(self.packed & 0x7fff_ffff)
    }

    /// Whether it is connected calmly: shared segment, or a detour of at most 25 %.
    pub fn low_stress(self) -> bool {
        self.packed >> 31 == 1
    }

    /// Least cost over low-stress turns, metres.
    pub fn low_m(self) -> Option<u16> {
        (self.low_m != Self::NONE).then_some(self.low_m)
    }

    /// Least cost over all turns, metres.
    pub fn high_m(self) -> Option<u16> {
        (self.high_m != Self::NONE).then_some(self.high_m)
    }
}

impl Reach {
    /// Rows in order of the source block, targets ascending.
    pub fn for_each_row(&self, mut visit: impl FnMut(BlockId, &[Pair])) {
        for (source, row) in self.rows.iter().enumerate() {
            visit(BlockId::from(source), row);
        }
    }
}
