//! Picked elements become [`OsmData`]: node ids become positions, members and references that the data lack are left out.

use super::block::RawWay;
use super::extract::Extract;
use super::id_set::IdRanks;
use super::{ClipBox, MemberKind, OsmData, OsmRelation, OsmWay, Tags};
use rayon::prelude::*;
use std::collections::HashMap;

/// Arrays of the extract.
pub(super) fn arrays(extract: Extract) -> OsmData {
    let Extract { nodes, ways, relations, report } = extract;
    let mut data = OsmData { report, ..OsmData::default() };
    for (position, node) in (0..).zip(nodes) {
        data.node_id.push(node.id);
        data.node_lon_e7.push(node.lon);
        data.node_lat_e7.push(node.lat);
        data.node_tags.extend(node.tags.map(|tags| (position, *tags)));
    }
    let ranks = IdRanks::of(data.node_id.iter().copied());
    let refs: usize = ways.iter().map(|way| way.refs.len()).sum();
    data.ways = ways.into_par_iter().map(|way| with_positions(way, &ranks)).collect();
    data.report.missing_nodes = (refs - data.ways.iter().map(|way| way.nodes.len()).sum::<usize>()) as u64;
    data.report.broken_relations = relations.iter().filter(|r| is_broken(r, &data.ways)).count() as u64;
    data.relations = relations;
    drop_missing_members(&mut data, &ranks);
    data
}

fn with_positions(way: RawWay, ranks: &IdRanks) -> OsmWay {
    let nodes = way.refs.iter().filter_map(|id| ranks.position(*id)).collect();
    OsmWay { id: way.id, nodes, tags: way.tags }
}

fn drop_missing_members(data: &mut OsmData, nodes: &IdRanks) {
    let ways = IdRanks::of(data.ways.iter().map(|w| w.id));
    let relations = IdRanks::of(data.relations.iter().map(|r| r.id));
    for relation in &mut data.relations {
        relation.members.retain(|member| match member.kind {
            MemberKind::Node => nodes.contains(member.id),
            MemberKind::Way => ways.contains(member.id),
            MemberKind::Relation => relations.contains(member.id),
        });
    }
}

/// Whether a multipolygon has all its ways and yet an end that no other way continues. One that the boundary cuts is not broken.
fn is_broken(relation: &OsmRelation, ways: &[OsmWay]) -> bool {
    if relation.tags.get("type") != Some("multipolygon") {
        return false;
    }
    let mut ends: HashMap<u32, usize> = HashMap::new();
    for member in relation.members.iter().filter(|m| m.kind == MemberKind::Way) {
        let Ok(at) = ways.binary_search_by_key(&member.id, |way| way.id) else { return false };
        if let (Some(first), Some(last)) = (ways[at].nodes.first(), ways[at].nodes.last()) {
            *ends.entry(*first).or_default() += 1;
            *ends.entry(*last).or_default() += 1;
        }
    }
    ends.values().any(|count| count % 2 == 1)
}

/// The second clip of edition `reference`, as osmconvert does it (bna-method §1.7): nodes inside the box, edges included; ways with one
/// of them, *without the others*; relations with what is left of their members.
pub(super) fn clip(data: OsmData, clip: ClipBox) -> OsmData {
    let inside = |lon: i32, lat: i32| {
        (clip.min_lon_e7..=clip.max_lon_e7).contains(&lon) && (clip.min_lat_e7..=clip.max_lat_e7).contains(&lat)
    };
    let mut clipped = OsmData { report: data.report, ..OsmData::default() };
    let mut new_position: Vec<Option<u32>> = vec![None; data.node_id.len()];
    for (position, id) in data.node_id.into_iter().enumerate() {
        let (lon, lat) = (data.node_lon_e7[position], data.node_lat_e7[position]);
        if inside(lon, lat) {
            new_position[position] = Some(clipped.node_id.len() as u32);
            clipped.node_id.push(id);
            clipped.node_lon_e7.push(lon);
            clipped.node_lat_e7.push(lat);
        }
    }
    let moved = |position: u32| new_position[position as usize];
    let tags = data.node_tags.into_iter();
    clipped.node_tags = tags.filter_map(|(position, tags): (u32, Tags)| Some((moved(position)?, tags))).collect();
    for mut way in data.ways {
        way.nodes = way.nodes.iter().filter_map(|position| moved(*position)).collect();
        if !way.nodes.is_empty() {
            clipped.ways.push(way);
        }
    }
    clipped.relations = data.relations;
    clip_relations(&mut clipped);
    clipped
}

/// Members go, relations without members go, and again until nothing goes.
fn clip_relations(data: &mut OsmData) {
    let nodes = IdRanks::of(data.node_id.iter().copied());
    loop {
        let before = data.relations.len();
        drop_missing_members(data, &nodes);
        data.relations.retain(|relation| !relation.members.is_empty());
        if data.relations.len() == before {
            return;
        }
    }
}
