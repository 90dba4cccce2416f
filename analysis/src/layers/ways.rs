//! Segments, junctions, islands and paths (bna-method §2.6, §3.4, §9.3).

use super::{Exports, Geometry, Layer, bools, floats, ints, table_info, words};
use crate::model::{Column, Direction, JunctionId, PerDirection, SegmentId, StressLevel, Unit, Values};
use crate::network::{Attributes, BikeInfra, Segments, StreetNetwork};
use crate::stress::{Rating, StressRatings, explain};
use crate::suite::Suite;
use geo_types::Point;
use rayon::prelude::*;
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::sync::Arc;

/// `neighborhood_ways`: the reference's columns in its order, then ours.
pub(super) fn ways(network: &StreetNetwork, ratings: &StressRatings, suite: &Suite, unit: Unit) -> Layer {
    let segments = &network.segments;
    let mut columns = identity(network);
    columns.extend(attributes(segments));
    columns.extend(stress(segments.len(), ratings));
    columns.push(flag("xwalk", segments, |a| a.xwalk));
    columns.push(words("tagged_class", each(segments, |a| Some(a.tagged_class.as_str()))));
    columns.extend(reasons(network, ratings, suite, unit));
    let island = (0..segments.len()).map(|i| ratings.island.get(i).copied().flatten().map(i64::from));
    columns.push(ints("island_id", island));
    Layer {
        name: "neighborhood_ways".into(),
        comment: table_info("neighborhood_ways").comment.into(),
        columns,
        geometry: Some(Geometry::Lines {
            first: segments.first_point.clone(),
            wgs84: segments.lonlat.clone(),
            metric: segments.xy.clone(),
        }),
        exports: Exports::MAP_AND_SHAPE,
    }
}

fn identity(network: &StreetNetwork) -> Vec<Column> {
    let segments = &network.segments;
    let ids = || (0..segments.len()).map(SegmentId::from);
    vec![
        ints("road_id", ids().map(|id| Some(id.published()))),
        ints("osm_id", segments.way_id.iter().map(|&id| Some(id))),
        ints("tag_id", segments.tag_id.iter().map(|&id| Some(i64::from(id)))),
        Column::new("name", Values::Text(segments.name.clone())),
        ints("intersection_from", segments.from.iter().map(|id| Some(id.published()))),
        ints("intersection_to", segments.to.iter().map(|id| Some(id.published()))),
        words("oneway", segments.oneway.iter().map(|&text| Some(text))),
        Column::new("tdg_id", Values::Text(stable_names(network))),
    ]
}

fn attributes(segments: &Segments) -> Vec<Column> {
    let infra =
        |name, direction| words(name, each(segments, move |a| a.bike_infra.get(direction).map(BikeInfra::as_str)));
    let width = |name, direction| floats(name, each(segments, move |a| *a.bike_infra_width_ft.get(direction)));
    let count =
        |name, pick: fn(&Attributes) -> Option<i32>| ints(name, each(segments, move |a| pick(a).map(i64::from)));
    vec![
        words("functional_class", each(segments, |a| Some(a.class.as_str()))),
        ints("path_id", segments.trail.iter().map(|id| id.map(|id| id.published()))),
        count("speed_limit", |a| a.speed_limit_mph),
        words("one_way_car", each(segments, |a| a.one_way_car.map(Direction::as_str))),
        words("one_way", each(segments, |a| a.one_way.map(Direction::as_str))),
        count("width_ft", |a| a.width_ft),
        infra("ft_bike_infra", Direction::Ft),
        width("ft_bike_infra_width", Direction::Ft),
        infra("tf_bike_infra", Direction::Tf),
        width("tf_bike_infra_width", Direction::Tf),
        count("ft_lanes", |a| a.lanes.ft),
        count("tf_lanes", |a| a.lanes.tf),
        count("ft_cross_lanes", |a| a.cross_lanes.ft),
        count("tf_cross_lanes", |a| a.cross_lanes.tf),
        flag("twltl_cross_lanes", segments, |a| a.turn_lane),
        count("ft_park", |a| a.parking.ft.map(i32::from)),
        count("tf_park", |a| a.parking.tf.map(i32::from)),
    ]
}

/// 1 or NULL.
fn flag(name: &str, segments: &Segments, is_set: fn(&Attributes) -> bool) -> Column {
    ints(name, each(segments, move |a| is_set(a).then_some(1)))
}

fn each<'a, T>(segments: &'a Segments, pick: impl Fn(&'a Attributes) -> T + 'a) -> impl Iterator<Item = T> + 'a {
    segments.attributes.iter().map(pick)
}

fn stress(rows: usize, ratings: &StressRatings) -> Vec<Column> {
    let level = |name, of: &[PerDirection<Rating>], direction| {
        let published = |i: usize| of.get(i).and_then(|rating| rating.get(direction).level).map(|level| level.value());
        ints(name, (0..rows).map(published))
    };
    vec![
        level("ft_seg_stress", &ratings.segment, Direction::Ft),
        level("ft_int_stress", &ratings.crossing, Direction::Ft),
        level("tf_seg_stress", &ratings.segment, Direction::Tf),
        level("tf_int_stress", &ratings.crossing, Direction::Tf),
    ]
}

fn reasons(network: &StreetNetwork, ratings: &StressRatings, suite: &Suite, unit: Unit) -> Vec<Column> {
    let reason = |name, of: &[PerDirection<Rating>], direction| {
        let sentence = |(index, rating): (usize, &PerDirection<Rating>)| {
            explain(rating.get(direction).reason, SegmentId::from(index), direction, network, suite, unit)
        };
        let mut sentences: Vec<_> = of.par_iter().enumerate().map(|rating| Some(sentence(rating))).collect();
        sentences.resize(network.segments.len(), None); // nothing is rated yet (`--until network`)
        words(name, sentences.into_iter())
    };
    vec![
        reason("ft_seg_stress_reason", &ratings.segment, Direction::Ft),
        reason("tf_seg_stress_reason", &ratings.segment, Direction::Tf),
        reason("ft_int_stress_reason", &ratings.crossing, Direction::Ft),
        reason("tf_int_stress_reason", &ratings.crossing, Direction::Tf),
    ]
}

/// `tdg_id`: the reference draws a random UUID; ours is made from OSM way and end nodes (and a count where these recur in a way), so that
/// it means the same segment in every run. RFC 9562, version 8.
fn stable_names(network: &StreetNetwork) -> Vec<Option<Arc<str>>> {
    let segments = &network.segments;
    let mut seen: HashMap<[i64; 3], i64> = HashMap::with_capacity(segments.len());
    let keys: Vec<[i64; 4]> = (0..segments.len())
        .map(|i| {
            let osm = |end: &[JunctionId]| network.junctions.osm_id[end[i].index()];
            let [way, from, to] = [segments.way_id[i], osm(&segments.from), osm(&segments.to)];
            let nth = seen.entry([way, from, to]).or_insert(0);
            *nth += 1;
            [way, from, to, *nth]
        })
        .collect();
    keys.par_iter().map(|key| Some(uuid(key))).collect()
}

fn uuid(key: &[i64; 4]) -> Arc<str> {
    let mut hash = Sha256::new();
    for number in key {
        hash.update(number.to_le_bytes());
    }
    let digest = hash.finalize();
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest[..16]);
    bytes[6] = (bytes[6] & 0x0f) | 0x80;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    let digits = hex::encode(bytes);
    [&digits[..8], &digits[8..12], &digits[12..16], &digits[16..20], &digits[20..]].join("-").into()
}

/// `neighborhood_ways_intersections`.
pub(super) fn intersections(network: &StreetNetwork, ratings: &StressRatings) -> Layer {
    let junctions = &network.junctions;
    let ids = (0..junctions.len()).map(JunctionId::from);
    let known = |name, flags: &[bool]| bools(name, flags.iter().map(|&flag| Some(flag)));
    Layer {
        name: "neighborhood_ways_intersections".into(),
        comment: table_info("neighborhood_ways_intersections").comment.into(),
        columns: vec![
            ints("int_id", ids.map(|id| Some(id.published()))),
            ints("osm_id", junctions.osm_id.iter().map(|&id| Some(id))),
            ints("legs", junctions.legs.iter().map(|&legs| Some(i64::from(legs)))),
            known("signalized", &junctions.signalized),
            known("stops", &junctions.stops),
            known("rrfb", &junctions.rrfb),
            known("island", &junctions.island),
            ints("int_stress", worst_crossings(network, ratings).into_iter()),
        ],
        geometry: Some(Geometry::Points {
            wgs84: junctions.lonlat.iter().map(|&at| Some(Point(at))).collect(),
            metric: junctions.xy.iter().map(|&at| Some(Point(at))).collect(),
        }),
        exports: Exports::MAP,
    }
}

/// By junction: the worst of its crossings; ours.
fn worst_crossings(network: &StreetNetwork, ratings: &StressRatings) -> Vec<Option<i64>> {
    let mut worst = vec![None; network.junctions.len()];
    for (junction, link) in network.links.junction.iter().zip(&ratings.links) {
        let of_junction: &mut Option<i64> = &mut worst[junction.index()];
        *of_junction = (*of_junction).max(link.crossing.map(StressLevel::value));
    }
    worst
}

/// `neighborhood_islands`: ours.
pub(super) fn islands(network: &StreetNetwork, ratings: &StressRatings) -> Layer {
    let count = ratings.island.iter().flatten().max().map_or(0, |&last| last as usize);
    let mut islands = vec![(0.0, 0); count];
    for (island, length_m) in ratings.island.iter().zip(&network.segments.length_m) {
        if let Some(island) = island.and_then(|id| (id as usize).checked_sub(1)) {
            islands[island].0 += length_m;
            islands[island].1 += 1;
        }
    }
    Layer {
        name: "neighborhood_islands".into(),
        comment: table_info("neighborhood_islands").comment.into(),
        columns: vec![
            ints("island_id", (1..).take(count).map(Some)),
            floats("length_m", islands.iter().map(|island| Some(island.0))),
            ints("segments", islands.iter().map(|island| Some(island.1))),
        ],
        geometry: None,
        exports: Exports::TABLE,
    }
}

/// `neighborhood_paths`.
pub(super) fn paths(network: &StreetNetwork) -> Layer {
    let trails = &network.trails;
    let members = |ids: &[SegmentId]| ids.iter().map(|id| id.published()).collect();
    Layer {
        name: "neighborhood_paths".into(),
        comment: table_info("neighborhood_paths").comment.into(),
        columns: vec![
            ints("path_id", (1..).take(trails.len()).map(Some)),
            ints("path_length", trails.iter().map(|trail| Some(trail.length_m))),
            ints("bbox_length", trails.iter().map(|trail| Some(trail.diagonal_m))),
            ints("roads", trails.iter().map(|trail| i64::try_from(trail.segments.len()).ok())),
            bools("is_destination", trails.iter().map(|trail| Some(trail.is_destination))),
            Column::new("road_ids", Values::IntList(trails.iter().map(|trail| members(&trail.segments)).collect())),
        ],
        geometry: None,
        exports: Exports::TABLE,
    }
}
