//! Everything that rows of the reach are computed from, and the rows of one source (bna-method §6.3, §6.4).

use super::csr::Csr;
use super::dial::Dial;
use super::nearness::Outlines;
use super::turn_graph::{Link, TurnGraph};
use super::{Pair, Reached, Work};
use crate::model::BlockId;
use std::ops::Range;

/// Searches of one run. Target rows are the blocks, then the trails that are destinations.
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

/// Rows of consecutive source blocks.
#[derive(Debug, Default)]
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
pub(super) struct Scratch {
    dial: Dial,
    /// Least cost of each target, `[low, high]`; `Pair::NONE` where not reached.
    cost_m: Vec<[u16; 2]>,
    /// Bit a target: reached.
    touched: Vec<u64>,
    /// Bit a block: shares a segment with the source.
    shares: Vec<u64>,
}

impl Plan {
    /// Number of blocks.
    pub(super) fn blocks(&self) -> usize {
        self.is_source.len()
    }

    pub(super) fn scratch(&self) -> Scratch {
        let (segments, targets) = (self.targets_of.len(), self.segments_of.len());
        Scratch {
            dial: Dial::new(segments, self.limit_m),
            cost_m: vec![[Pair::NONE; 2]; targets],
            touched: vec![0; targets.div_ceil(64)],
            shares: vec![0; targets.div_ceil(64)],
        }
    }

    /// Rows of some consecutive blocks.
    pub(super) fn rows(&self, sources: Range<usize>, scratch: &mut Scratch) -> Batch {
        match &self.graphs {
            Graphs::Packed(graphs) => self.rows_in(graphs, sources, scratch),
            Graphs::Wide(graphs) => self.rows_in(graphs, sources, scratch),
        }
    }

    /// Searches of all blocks and both levels, one after the other.
    pub(super) fn search_all(&self) -> Work {
        match &self.graphs {
            Graphs::Packed(graphs) => self.search_all_in(graphs),
            Graphs::Wide(graphs) => self.search_all_in(graphs),
        }
    }

    fn search_all_in<L: Link>(&self, graphs: &[TurnGraph<L>; 2]) -> Work {
        let (mut scratch, mut work) = (self.scratch(), Work::default());
        for source in 0..self.blocks() {
            for graph in graphs {
                work.relaxed_links += scratch.dial.search(graph, self.seeds.row(source));
                work.settled_segments += scratch.dial.reached().len() as u64;
            }
        }
        work
    }

    fn rows_in<L: Link>(&self, graphs: &[TurnGraph<L>; 2], sources: Range<usize>, scratch: &mut Scratch) -> Batch {
        let mut batch = Batch::default();
        for source in sources {
            let mut reached = [Reached::default(); 2];
            if self.is_source[source] {
                for level in 0..2 {
                    let links = scratch.dial.search(&graphs[level], self.seeds.row(source));
                    reached[level] = self.collect(level, scratch);
                    batch.work.settled_segments += reached[level].segments;
                    batch.work.relaxed_links += links;
                }
            }
            batch.trails.push(self.append_row(source, scratch, &mut batch.pairs));
            batch.ends.push(batch.pairs.len());
            batch.reached.push(reached);
        }
        batch
    }

    /// Takes the labels of a search to the targets.
    fn collect(&self, level: usize, scratch: &mut Scratch) -> Reached {
        let labels = scratch.dial.reached();
        let mut reached = Reached { segments: labels.len() as u64, cost_sum_m: 0 };
        for (segment, cost) in labels {
            reached.cost_sum_m += u64::from(cost);
            for &target in self.targets_of.row(segment) {
                let least = &mut scratch.cost_m[target as usize][level];
                *least = cost.min(*least);
                set(&mut scratch.touched, target);
            }
        }
        reached
    }

    /// Writes the pairs of a source and clears the scratch. Returns the trails reached.
    fn append_row(&self, source: usize, scratch: &mut Scratch, pairs: &mut Vec<Pair>) -> [u32; 2] {
        self.mark_neighbours(source, &mut scratch.shares);
        let mut trails = [0; 2];
        for word in 0..scratch.touched.len() {
            let mut bits = std::mem::take(&mut scratch.touched[word]);
            while bits != 0 {
                let target = word * 64 + bits.trailing_zeros() as usize;
                bits &= bits - 1;
                let costs = std::mem::replace(&mut scratch.cost_m[target], [Pair::NONE; 2]);
                if target >= self.blocks() {
                    trails = [0, 1].map(|level| trails[level] + u32::from(costs[level] != Pair::NONE));
                } else if self.outlines.are_within(source, target, f64::from(self.limit_m)) {
                    let shares = scratch.shares[word] >> (target % 64) & 1 == 1;
                    pairs.push(self.pair(target, costs, shares));
                }
            }
        }
        self.clear_neighbours(source, &mut scratch.shares);
        trails
    }

    /// The low-stress rule: a shared segment, or a calm way at most 25 % longer than the shortest.
    fn pair(&self, target: usize, [low, high]: [u16; 2], shares: bool) -> Pair {
        let is_calm = low != Pair::NONE
            && (high == Pair::NONE || high == 0 || f64::from(low) / f64::from(high) <= self.detour_max);
        Pair::packed(BlockId(target as u32), [low, high], shares || is_calm)
    }

    /// Neighbours share any segment, also one where no trip may start.
    fn mark_neighbours(&self, source: usize, shares: &mut [u64]) {
        for &segment in self.segments_of.row(source) {
            for &target in self.targets_of.row(segment as usize) {
                set(shares, target);
            }
        }
    }

    fn clear_neighbours(&self, source: usize, shares: &mut [u64]) {
        for &segment in self.segments_of.row(source) {
            for &target in self.targets_of.row(segment as usize) {
                shares[target as usize / 64] = 0;
            }
        }
    }
}

#[inline]
fn set(bits: &mut [u64], bit: u32) {
    bits[bit as usize / 64] |= 1 << (bit % 64);
}
