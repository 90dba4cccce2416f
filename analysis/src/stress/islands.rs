//! Islands of the low-stress network: where a calm trip can lead without regard to one-way streets.

use super::{LinkStress, Rating};
use crate::model::{PerDirection, SegmentId, StressLevel};
use crate::network::StreetNetwork;
use petgraph::unionfind::UnionFind;
use std::collections::HashMap;

/// The island of each segment, from 1, longest first (ties: the one with the smallest segment id).
pub(super) fn number(
    network: &StreetNetwork,
    segment: &[PerDirection<Rating>],
    links: &[LinkStress],
) -> Vec<Option<u32>> {
    let is_low = |level| level == Some(StressLevel::Low);
    let calm: Vec<bool> = segment.iter().map(|both| is_low(both.ft.level) || is_low(both.tf.level)).collect();
    let mut islands: UnionFind<u32> = UnionFind::new(calm.len());
    for source in (0..calm.len()).map(SegmentId::from).filter(|source| calm[source.index()]) {
        for link in network.links.of(source).filter(|&link| is_low(links[link].total)) {
            let target = network.links.target[link];
            if calm[target.index()] {
                islands.union(source.0, target.0);
            }
        }
    }
    let roots = islands.into_labeling();
    let mut lengths: Vec<(f64, u32)> = Vec::new();
    let mut position_of_root = HashMap::new();
    for id in (0..calm.len()).filter(|&id| calm[id]) {
        let position = *position_of_root.entry(roots[id]).or_insert_with(|| {
            lengths.push((0.0, roots[id]));
            lengths.len() - 1
        });
        lengths[position].0 += network.segments.length_m[id];
    }
    // Stable: islands of equal length stay in the order of their first segments.
    lengths.sort_by(|a, b| b.0.total_cmp(&a.0));
    let number_of_root: HashMap<u32, u32> = (1..).zip(&lengths).map(|(number, (_, root))| (*root, number)).collect();
    (0..calm.len()).map(|id| number_of_root.get(&roots[id]).copied().filter(|_| calm[id])).collect()
}
