//! Turns under stable names (bna-method §5): junction = OSM node; segment = way, nodes at its ends, length.

use super::{Exports, Layer, bools, floats, ints, table_info, words};
use crate::model::{Column, Direction, SegmentId, StressLevel};
use crate::network::{Segments, StreetNetwork};
use crate::stress::{LinkStress, StressRatings};
use rayon::prelude::*;
use std::cmp::Ordering;

/// `neighborhood_ways_net_link`, sorted by junction, segment left, segment entered.
pub(super) fn links(network: &StreetNetwork, ratings: &StressRatings) -> Layer {
    let rows = sorted(network);
    let mut columns = names(network, &rows);
    columns.extend(measures(network, ratings, &rows));
    // Ours: with these and link_cost the table is a graph for any router.
    columns.push(ints("source_road_id", rows.iter().map(|turn| Some(turn.source.published()))));
    columns.push(ints("target_road_id", rows.iter().map(|turn| Some(turn.target.published()))));
    Layer {
        name: "neighborhood_ways_net_link".into(),
        comment: table_info("neighborhood_ways_net_link").comment.into(),
        columns,
        geometry: None,
        exports: Exports::TABLE,
    }
}

/// A turn: its position among the links, the segment left, the segment entered.
#[derive(Clone, Copy)]
struct Turn {
    link: usize,
    source: SegmentId,
    target: SegmentId,
}

/// One of the segments of a turn.
type Side = fn(&Turn) -> SegmentId;

fn sorted(network: &StreetNetwork) -> Vec<Turn> {
    let links = &network.links;
    let sources = links.first.len().saturating_sub(1);
    let mut turns: Vec<Turn> = (0..sources)
        .map(SegmentId::from)
        .flat_map(|source| links.of(source).map(move |link| Turn { link, source, target: links.target[link] }))
        .collect();
    let node = |turn: &Turn| network.junctions.osm_id[links.junction[turn.link].index()];
    let order = |a: &Turn, b: &Turn| {
        node(a)
            .cmp(&node(b))
            .then_with(|| by_name(network, a.source, b.source))
            .then_with(|| by_name(network, a.target, b.target))
            .then_with(|| a.link.cmp(&b.link))
    };
    turns.par_sort_unstable_by(order);
    turns
}

fn by_name(network: &StreetNetwork, a: SegmentId, b: SegmentId) -> Ordering {
    let name = |id: SegmentId| (network.segments.way_id[id.index()], ends(network, id));
    let length = |id: SegmentId| network.segments.length_m[id.index()];
    name(a).cmp(&name(b)).then_with(|| length(a).total_cmp(&length(b)))
}

/// OSM nodes at the first and last point.
fn ends(network: &StreetNetwork, id: SegmentId) -> [i64; 2] {
    [&network.segments.from, &network.segments.to].map(|end| network.junctions.osm_id[end[id.index()].index()])
}

fn names(network: &StreetNetwork, rows: &[Turn]) -> Vec<Column> {
    let links = &network.links;
    let node = |turn: &Turn| Some(network.junctions.osm_id[links.junction[turn.link].index()]);
    let mut columns = vec![ints("int_osm_id", rows.iter().map(node))];
    let sides: [(_, Side, &[Direction]); 2] = [
        (
            ["source_osm_id", "source_from", "source_to", "source_metres", "source_road_dir"],
            |t| t.source,
            &links.source_dir,
        ),
        (
            ["target_osm_id", "target_from", "target_to", "target_metres", "target_road_dir"],
            |t| t.target,
            &links.target_dir,
        ),
    ];
    for ([way, from, to, metres, dir], side, direction) in sides {
        columns.extend([
            ints(way, rows.iter().map(|turn| Some(network.segments.way_id[side(turn).index()]))),
            ints(from, rows.iter().map(|turn| Some(ends(network, side(turn))[0]))),
            ints(to, rows.iter().map(|turn| Some(ends(network, side(turn))[1]))),
            floats(metres, rows.iter().map(|turn| Some(network.segments.length_m[side(turn).index()]))),
            words(dir, rows.iter().map(|turn| Some(direction[turn.link].as_str()))),
        ]);
    }
    columns
}

fn measures(network: &StreetNetwork, ratings: &StressRatings, rows: &[Turn]) -> Vec<Column> {
    let links = &network.links;
    let degrees = |name, of: &[Option<u16>]| ints(name, rows.iter().map(|turn| of[turn.link].map(i64::from)));
    let stress = |name, part: fn(&LinkStress) -> Option<StressLevel>| {
        let level = |turn: &Turn| ratings.links.get(turn.link).and_then(part).map(StressLevel::value);
        ints(name, rows.iter().map(level))
    };
    let length = |name, side: Side| ints(name, rows.iter().map(|turn| Some(metres(&network.segments, side(turn)))));
    vec![
        degrees("turn_angle", &links.turn_angle),
        bools("int_crossing", rows.iter().map(|turn| Some(links.crosses[turn.link]))),
        stress("int_stress", |link| link.crossing),
        degrees("source_road_azi", &links.source_azimuth),
        length("source_road_length", |turn| turn.source),
        stress("source_stress", |link| link.source),
        degrees("target_road_azi", &links.target_azimuth),
        length("target_road_length", |turn| turn.target),
        stress("target_stress", |link| link.target),
        ints("link_cost", rows.iter().map(|turn| Some(i64::from(links.cost_m[turn.link])))),
        stress("link_stress", |link| link.total),
    ]
}

/// Length as an INT column holds it: half to even.
fn metres(segments: &Segments, id: SegmentId) -> i64 {
    segments.length_m[id.index()].round_ties_even() as i64
}
