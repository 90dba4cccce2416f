//! Ways that may become street segments, how often each node is used, and what stands beside them (bna-method §2.1, §2.3, §2.7, §2.8).

use super::osm::{MemberKind, OsmData, OsmWay};
use super::places::{degrees, is_area, is_closed};
use super::service_area::ServiceArea;
use super::{Control, StreetWay, Streets};
use crate::boundary::StudyArea;
use crate::model::Edition;
use crate::suite::Suite;
use geo_types::Coord;
use rayon::prelude::*;
use std::collections::{BTreeMap, HashMap};

/// Values of `highway` that make a control of a node.
const CONTROLS: [&str; 3] = ["traffic_signals", "stop", "crossing"];

type Highways = BTreeMap<String, u16>;

/// Reads the streets out of the data.
///
/// Edition `reference` applies the clip of §2.7: of a way only the pieces within the distance are left, so that one way can come as
/// several neighbours of the same id and position, each a run of pieces.
pub fn read(data: &OsmData, area: &StudyArea, suite: &Suite, edition: Edition) -> Streets {
    let clip = service_area(area, suite, edition);
    let uses = node_uses(data, &suite.network.highways);
    let through_relations = tag_ids_of_members(data, &suite.network.highways);
    let way_of = |(position, way): (usize, &OsmWay)| {
        let own = || way.tags.get("highway").and_then(|value| suite.network.highways.get(value));
        // A relation's value replaces the way's own, as osm2pgrouting has it; the last relation wins.
        let tag_id = *through_relations.get(&way.id).or_else(own)?;
        Some(StreetWay {
            way_id: way.id,
            file_position: position as u32,
            tag_id,
            nodes: way.nodes.clone(),
            tags: way.tags.clone(),
            has_line_row: has_line_row(data, way),
        })
    };
    let ways: Vec<StreetWay> = data.ways.par_iter().enumerate().filter_map(way_of).collect();
    let mut streets = with_nodes(data, area, &uses, ways);
    streets.controls = controls(data, area);
    if let Some(clip) = clip {
        streets.ways = streets.ways.par_iter().flat_map_iter(|way| pieces_near(way, &streets, &clip)).collect();
        streets.controls.retain(|control| clip.holds_point(control.xy));
    }
    streets
}

/// The clip of §2.7, where it applies.
pub(super) fn service_area(area: &StudyArea, suite: &Suite, edition: Edition) -> Option<ServiceArea> {
    let distance_m = suite.network.service_distance_m;
    (edition == Edition::Reference).then(|| ServiceArea::new(&area.boundary_m, distance_m))
}

/// §2.1: once for each time a node stands in a way of any kind, twice more when it carries an imported highway value itself.
fn node_uses(data: &OsmData, highways: &Highways) -> Vec<u32> {
    let mut uses = vec![0u32; data.node_id.len()];
    for node in data.ways.iter().flat_map(|way| &way.nodes) {
        uses[*node as usize] += 1;
    }
    for (node, tags) in &data.node_tags {
        if tags.get("highway").is_some_and(|value| highways.contains_key(value)) {
            uses[*node as usize] += 2;
        }
    }
    uses
}

/// Ways that a relation with an imported highway value has as members; of several relations the last counts.
fn tag_ids_of_members(data: &OsmData, highways: &Highways) -> HashMap<i64, u16> {
    let mut tag_ids = HashMap::new();
    for relation in &data.relations {
        let Some(tag_id) = relation.tags.get("highway").and_then(|value| highways.get(value)) else { continue };
        let ways = relation.members.iter().filter(|member| member.kind == MemberKind::Way);
        tag_ids.extend(ways.map(|member| (member.id, *tag_id)));
    }
    tag_ids
}

/// §2.3, §2.8: closed ways that are areas have none, nor have paths that forbid bicycles, nor lines without length.
fn has_line_row(data: &OsmData, way: &OsmWay) -> bool {
    let forbidden = way.tags.get("highway") == Some("path") && way.tags.get("bicycle") == Some("no");
    let place = |node: &u32| [data.node_lon_e7[*node as usize], data.node_lat_e7[*node as usize]];
    let has_length = way.nodes.windows(2).any(|pair| place(&pair[0]) != place(&pair[1]));
    has_length && !forbidden && !(is_closed(way) && is_area(&way.tags, &[]))
}

/// Keeps the nodes that the ways use, projects them and renumbers the ways.
fn with_nodes(data: &OsmData, area: &StudyArea, uses: &[u32], mut ways: Vec<StreetWay>) -> Streets {
    let mut used: Vec<u32> = ways.iter().flat_map(|way| way.nodes.iter().copied()).collect();
    used.par_sort_unstable();
    used.dedup();
    let mut position = vec![0u32; data.node_id.len()];
    for (new, old) in (0..).zip(&used) {
        position[*old as usize] = new;
    }
    ways.par_iter_mut().flat_map_iter(|way| way.nodes.iter_mut()).for_each(|node| *node = position[*node as usize]);
    let place = |node: usize| degrees([data.node_lon_e7[node], data.node_lat_e7[node]]);
    let lonlat: Vec<Coord<f64>> = used.iter().map(|node| place(*node as usize)).collect();
    Streets {
        node_id: used.iter().map(|node| data.node_id[*node as usize]).collect(),
        node_xy: lonlat.par_iter().map(|at| area.projection.forward(*at)).collect(),
        node_lonlat: lonlat,
        node_uses: used.iter().map(|node| uses[*node as usize]).collect(),
        ways,
        controls: Vec::new(),
    }
}

fn controls(data: &OsmData, area: &StudyArea) -> Vec<Control> {
    let is_control = |value: &str| CONTROLS.contains(&value);
    let tagged = data.node_tags.iter().filter(|(_, tags)| tags.get("highway").is_some_and(is_control));
    tagged
        .map(|(node, tags)| {
            let node = *node as usize;
            let xy = area.projection.forward(degrees([data.node_lon_e7[node], data.node_lat_e7[node]]));
            Control { node_id: data.node_id[node], xy, tags: tags.clone() }
        })
        .collect()
}

/// Runs of the way's pieces (between nodes used more than once) that are near enough; mostly the way itself.
fn pieces_near(way: &StreetWay, streets: &Streets, clip: &ServiceArea) -> Vec<StreetWay> {
    let xy = |node: &u32| streets.node_xy[*node as usize];
    if way.nodes.iter().all(|node| clip.holds_point(xy(node))) {
        return vec![way.clone()];
    }
    let last = way.nodes.len() - 1; // a way without nodes was returned above
    let is_end = |at: &usize| *at == last || streets.node_uses[way.nodes[*at] as usize] > 1;
    let (mut runs, mut start, mut near_before) = (Vec::<Vec<u32>>::new(), 0, false);
    for end in (1..=last).filter(is_end) {
        let nodes = &way.nodes[start..=end];
        let near = clip.holds_line(&nodes.iter().map(xy).collect::<Vec<_>>());
        match runs.last_mut() {
            Some(run) if near && near_before => run.extend(&nodes[1..]),
            _ if near => runs.push(nodes.to_vec()),
            _ => {}
        }
        (start, near_before) = (end, near);
    }
    runs.into_iter().map(|nodes| StreetWay { nodes, ..way.clone() }).collect()
}

#[cfg(test)]
mod tests;
