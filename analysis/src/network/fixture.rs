//! Streets from literals, for tests: metres as coordinates, ways as lists of node ids.

use super::StreetNetwork;
use crate::boundary::StudyArea;
use crate::import::osm::Tags;
use crate::import::{Control, StreetWay, Streets};
use crate::model::{Edition, Utm};
use crate::suite::Suite;
use geo_types::{Coord, MultiPolygon, Rect};

/// Tags as literals.
pub(crate) type Pairs<'a> = &'a [(&'a str, &'a str)];
/// A way: id, node ids, tags.
pub(crate) type Way<'a> = (i64, &'a [i64], Pairs<'a>);

pub(crate) fn tags(pairs: Pairs) -> Tags {
    pairs.iter().copied().collect()
}

/// A town: nodes as (id, x, y), ways as (id, nodes, tags). Uses are counted over these ways.
pub(crate) fn streets(nodes: &[(i64, f64, f64)], ways: &[Way]) -> Streets {
    let mut nodes = nodes.to_vec();
    nodes.sort_by_key(|node| node.0);
    let position = |id: i64| nodes.binary_search_by_key(&id, |node| node.0).unwrap() as u32;
    let way = |(file_position, &(way_id, nodes, pairs)): (usize, &Way)| StreetWay {
        way_id,
        file_position: file_position as u32,
        tag_id: 110,
        nodes: nodes.iter().map(|&id| position(id)).collect(),
        tags: tags(pairs),
        has_line_row: true,
    };
    let ways: Vec<StreetWay> = ways.iter().enumerate().map(way).collect();
    let mut node_uses = vec![0; nodes.len()];
    for &node in ways.iter().flat_map(|way| &way.nodes) {
        node_uses[node as usize] += 1;
    }
    Streets {
        node_id: nodes.iter().map(|node| node.0).collect(),
        node_lonlat: nodes.iter().map(|node| Coord { x: node.1 / 1e5, y: node.2 / 1e5 }).collect(),
        node_xy: nodes.iter().map(|node| Coord { x: node.1, y: node.2 }).collect(),
        node_uses,
        ways,
        controls: Vec::new(),
    }
}

/// A node that shapes a junction, at the place of a node or anywhere.
pub(crate) fn control(node_id: i64, x: f64, y: f64, pairs: Pairs) -> Control {
    Control { node_id, xy: Coord { x, y }, tags: tags(pairs) }
}

/// A square boundary around the origin.
pub(crate) fn area(half_side_m: f64) -> StudyArea {
    let corner = Coord { x: half_side_m, y: half_side_m };
    let square = MultiPolygon::from(Rect::new(-corner, corner).to_polygon());
    StudyArea {
        name: "Test".into(),
        boundary: square.clone(),
        boundary_m: square.clone(),
        first_feature: square.clone(),
        buffered: square.clone(),
        buffered_m: square,
        projection: Utm::of(Coord { x: 0.0, y: 0.0 }),
        attributes: Vec::new(),
        notes: Vec::new(),
    }
}

/// The network of a town by the built-in suite.
pub(crate) fn network(streets: &Streets) -> StreetNetwork {
    super::build(streets, &area(1e6), &Suite::bna(), Edition::Reference)
}
