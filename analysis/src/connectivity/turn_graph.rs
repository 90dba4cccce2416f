//! The turns of one stress level, packed: 4 bytes a link, costs above the limit left out.

use crate::network::Links;

/// A link in one machine word.
pub(super) trait Link: Copy + Send + Sync + std::fmt::Debug {
    /// Highest segment number it can hold.
    const TARGET_MAX: usize;
    fn pack(cost: u16, target: u32) -> Self;
    fn cost(self) -> u16;
    fn target(self) -> usize;
}

/// 12 bits of cost (the longest trip is at most 4,095 m), 20 of target: enough for New York.
impl Link for u32 {
    const TARGET_MAX: usize = (1 << 20) - 1;

    #[inline]
    fn pack(cost: u16, target: u32) -> Self {
        u32::from(cost) << 20 | target
    }

    #[inline]
    fn cost(self) -> u16 {
        (self >> 20) as u16
    }

    #[inline]
    fn target(self) -> usize {
        (self & 0xf_ffff) as usize
    }
}

/// For more than 1,048,576 segments.
impl Link for u64 {
    const TARGET_MAX: usize = u32::MAX as usize;

    #[inline]
    fn pack(cost: u16, target: u32) -> Self {
        u64::from(cost) << 32 | u64::from(target)
    }

    #[inline]
    fn cost(self) -> u16 {
        (self >> 32) as u16
    }

    #[inline]
    fn target(self) -> usize {
        (self & 0xffff_ffff) as usize
    }
}

/// Compressed sparse rows by source segment.
#[derive(Debug)]
pub(super) struct TurnGraph<L> {
    first: Vec<u32>,
    links: Vec<L>,
}

impl<L: Link> TurnGraph<L> {
    /// The links that `keep` names by position, without those longer than `limit`.
    pub(super) fn new(network: &Links, segments: usize, limit: u16, keep: impl Fn(usize) -> bool) -> Self {
        let mut graph = Self { first: Vec::with_capacity(segments + 1), links: Vec::new() };
        graph.first.push(0);
        for source in 0..segments {
            let row = network.first[source] as usize..network.first[source + 1] as usize;
            let kept = row.filter(|&link| keep(link) && network.cost_m[link] <= u32::from(limit));
            graph.links.extend(kept.map(|link| L::pack(network.cost_m[link] as u16, network.target[link].0)));
            graph.first.push(graph.links.len() as u32);
        }
        graph
    }

    /// Links of a segment.
    #[inline]
    pub(super) fn links(&self, source: usize) -> &[L] {
        &self.links[self.first[source] as usize..self.first[source + 1] as usize]
    }
}
