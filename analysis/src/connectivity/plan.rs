//! Everything that rows of the reach are computed from (bna-method §6.3, §6.4), and the choice of how.

use super::csr::Csr;
use super::lane_rows::LaneScratch;
use super::nearness::Outlines;
use super::single_rows::SingleScratch;
use super::turn_graph::TurnGraph;
use super::{Pair, Reached, Work};
use crate::model::BlockId;

/// Searches of one run. Targets are the blocks, then the trails that are destinations.
#[derive(Debug)]
pub(super) struct Plan {
    pub graphs: Graphs,
    /// Where trips of a block start; empty for blocks outside the boundary.
    pub seeds: Csr,
    /// Segments of each target.
    pub segments_of: Csr,
    /// Targets of each segment.
    pub targets_of: Csr,
    /// Blocks in which trips start.
    pub is_source: Vec<bool>,
    pub outlines: Outlines,
    pub limit_m: u16,
    pub detour_max: f64,
}

/// Turn graphs of low and high stress: `[low, high]`.
#[derive(Debug)]
pub(super) enum Graphs {
    Packed([TurnGraph<u32>; 2]),
    Wide([TurnGraph<u64>; 2]),
}

/// Positions of the two levels in arrays.
pub(super) const LOW: usize = 0;
pub(super) const HIGH: usize = 1;

/// How sources are searched. Both give the same rows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Engine {
    /// One after the other with a bucket a metre: the plain one, to compare with.
    Single,
    /// 32 neighbouring sources at once: more than twice as fast as a whole.
    #[default]
    Lanes,
}

/// Rows of some source blocks.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Batch {
    /// Pairs of all sources, one after the other.
    pub pairs: Vec<Pair>,
    /// Where each source's pairs end.
    pub ends: Vec<usize>,
    pub reached: Vec<[Reached; 2]>,
    pub trails: Vec<[u32; 2]>,
    pub work: Work,
}

/// What a thread needs to compute rows.
#[derive(Debug)]
pub(super) enum Scratch {
    Single(SingleScratch),
    Lanes(LaneScratch),
}

impl Plan {
    /// Number of blocks.
    pub(super) fn blocks(&self) -> usize {
        self.is_source.len()
    }

    /// Number of segments.
    pub(super) fn segments(&self) -> usize {
        self.targets_of.len()
    }

    /// Number of blocks and trails.
    pub(super) fn targets(&self) -> usize {
        self.segments_of.len()
    }

    pub(super) fn scratch(&self, engine: Engine) -> Scratch {
        match engine {
            Engine::Single => Scratch::Single(SingleScratch::new(self)),
            Engine::Lanes => Scratch::Lanes(LaneScratch::new(self)),
        }
    }

    /// Rows of at most [`super::lanes::LANES`] blocks, best neighbours.
    pub(super) fn rows(&self, sources: &[u32], scratch: &mut Scratch) -> Batch {
        match (&self.graphs, scratch) {
            (Graphs::Packed(graphs), Scratch::Single(scratch)) => scratch.rows(self, graphs, sources),
            (Graphs::Packed(graphs), Scratch::Lanes(scratch)) => scratch.rows(self, graphs, sources),
            (Graphs::Wide(graphs), Scratch::Single(scratch)) => scratch.rows(self, graphs, sources),
            (Graphs::Wide(graphs), Scratch::Lanes(scratch)) => scratch.rows(self, graphs, sources),
        }
    }

    /// The low-stress rule: a shared segment, or a calm way at most 25 % longer than the shortest.
    #[inline]
    pub(super) fn pair(&self, target: usize, [low, high]: [u16; 2], shares: bool) -> Pair {
        let is_calm = low != Pair::NONE
            && (high == Pair::NONE || high == 0 || f64::from(low) / f64::from(high) <= self.detour_max);
        Pair::packed(BlockId(target as u32), [low, high], shares || is_calm)
    }

    /// Blocks and trails that share any segment with a block, also one where no trip may start; some more than once.
    pub(super) fn neighbours(&self, block: usize) -> impl Iterator<Item = u32> {
        self.segments_of.row(block).iter().flat_map(|&segment| self.targets_of.row(segment as usize)).copied()
    }
}

/// Calls `visit` for each bit that is set, ascending, and clears all.
#[inline]
pub(super) fn drain_bits(words: &mut [u64], mut visit: impl FnMut(usize)) {
    for (k, word) in words.iter_mut().enumerate() {
        let mut bits = std::mem::take(word);
        while bits != 0 {
            visit(k * 64 + bits.trailing_zeros() as usize);
            bits &= bits - 1;
        }
    }
}

/// Sets a bit.
#[inline]
pub(super) fn set_bit(words: &mut [u64], bit: u32) {
    words[bit as usize / 64] |= 1 << (bit % 64);
}
