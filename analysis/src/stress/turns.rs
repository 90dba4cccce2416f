//! Stress of turns (bna-method §5).

use super::{LinkStress, Rating};
use crate::model::{PerDirection, StressLevel};
use crate::network::Links;
use rayon::prelude::*;

/// Rates every link from what it leaves, crosses and enters.
pub(super) fn rate(
    links: &Links,
    segment: &[PerDirection<Rating>],
    crossing: &[PerDirection<Rating>],
) -> Vec<LinkStress> {
    let one = |source: usize, link: usize| {
        let leaving = links.source_dir[link];
        let entering = links.target_dir[link].reverse();
        let target = segment[links.target[link].index()].get(entering).level;
        let source_level = segment[source].get(leaving).level;
        let crossing = if links.crosses[link] { crossing[source].get(leaving).level } else { Some(StressLevel::Low) };
        // None, NULL, is the least.
        LinkStress { source: source_level, crossing, target, total: source_level.max(crossing).max(target) }
    };
    (0..segment.len())
        .into_par_iter()
        .flat_map_iter(|source| links.of(source.into()).map(move |link| one(source, link)))
        .collect()
}
