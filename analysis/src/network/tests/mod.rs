mod attributes;
mod controls;
mod segments;
mod turns;

use super::StreetNetwork;
use super::fixture::Pairs;
use crate::model::JunctionId;

const ROAD: Pairs = &[("highway", "residential")];

/// A cross at node 0 with arms to the north (1), east (2), south (3), west (4).
const CROSS: [(i64, f64, f64); 5] =
    [(10, 0.0, 0.0), (11, 0.0, 100.0), (12, 100.0, 0.0), (13, 0.0, -100.0), (14, -100.0, 0.0)];

/// Segments as (way, from node, to node), sorted.
fn named(network: &StreetNetwork) -> Vec<(i64, i64, i64)> {
    let s = &network.segments;
    let node = |j: JunctionId| network.junctions.osm_id[j.index()];
    let mut all: Vec<_> = (0..s.len()).map(|i| (s.way_id[i], node(s.from[i]), node(s.to[i]))).collect();
    all.sort_unstable();
    all
}
