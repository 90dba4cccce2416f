use super::*;
use crate::import::testing::{Map, SIZE_M, area};

const ROAD: &[(&str, &str)] = &[("highway", "residential")];

fn streets_of(map: &Map, edition: Edition) -> Streets {
    read(&map.read(), &area(), &Suite::bna(), edition)
}

fn ways(streets: &Streets) -> Vec<(i64, Vec<i64>)> {
    let ids = |way: &StreetWay| way.nodes.iter().map(|node| streets.node_id[*node as usize]).collect();
    streets.ways.iter().map(|way| (way.way_id, ids(way))).collect()
}

#[test]
fn all_ways_count_as_uses_of_a_node() {
    let map = Map::default()
        .nodes(1, &[(0., 0.), (10., 0.), (20., 0.), (30., 0.), (40., 0.)])
        .node(6, 50., 0., &[("highway", "motorway_junction")])
        .node(7, 60., 0., &[("highway", "traffic_signals")])
        .way(10, &[1, 2, 3, 4, 5, 6, 7], ROAD)
        .way(11, &[2, 3, 3], &[("building", "yes")])
        .way(12, &[4], &[]);
    let streets = streets_of(&map, Edition::Current);
    assert_eq!(streets.node_id, [1, 2, 3, 4, 5, 6, 7]);
    assert_eq!(streets.node_uses, [1, 2, 3, 2, 1, 3, 1]);
    assert_eq!(streets.ways.len(), 1);
    assert!((streets.node_xy[1].x - streets.node_xy[0].x - 10.).abs() < 0.02, "metres, to a centimetre");
}

#[test]
fn ways_come_in_through_relations_and_keep_their_place_among_all() {
    let map = Map::default()
        .nodes(1, &[(0., 0.), (10., 0.), (20., 0.)])
        .way(10, &[1, 2], &[("building", "yes")])
        .way(11, &[1, 2], &[("route", "ferry")])
        .way(12, &[2, 3], &[("highway", "cycleway")])
        .way(13, &[2, 3], &[("highway", "proposed")])
        .relation(20, &[11, 12], &[("highway", "primary")]);
    let streets = streets_of(&map, Edition::Current);
    let found: Vec<_> = streets.ways.iter().map(|w| (w.way_id, w.file_position, w.tag_id)).collect();
    // The relation's value replaces the way's own (osm2pgrouting 2.3.8).
    assert_eq!(found, [(11, 1, 106), (12, 2, 106)]);
}

#[test]
fn closed_areas_and_forbidden_paths_have_no_line_row() {
    let ring = |id, tags: &[(&str, &str)]| Map::default().square(id, 0., 0., 50., tags);
    let row = |map: Map| streets_of(&map, Edition::Current).ways[0].has_line_row;
    assert!(row(ring(1, ROAD)));
    for (key, value) in
        [("operator", "City"), ("area", "yes"), ("area", "1"), ("landuse", "x"), ("natural", "coastline")]
    {
        assert!(!row(ring(1, &[("highway", "pedestrian"), (key, value)])), "{key}={value} (Q10)");
    }
    assert!(row(ring(1, &[("highway", "service"), ("operator", "City"), ("area", "no")])));
    assert!(row(ring(1, &[("highway", "service"), ("area", "maybe")])));
    let line = |tags| Map::default().nodes(1, &[(0., 0.), (10., 0.), (10., 0.)]).way(10, &[1, 2], tags);
    assert!(row(line(&[("highway", "service"), ("operator", "City")])), "not closed");
    assert!(!row(line(&[("highway", "path"), ("bicycle", "no")])));
    assert!(row(line(&[("highway", "footway"), ("bicycle", "no")])));
    assert!(!row(Map::default().nodes(1, &[(0., 0.), (0., 0.)]).way(10, &[1, 2], ROAD)), "no length");
}

#[test]
fn controls_are_signals_stops_and_crossings() {
    let map = Map::default()
        .node(1, 0., 0., &[("highway", "stop"), ("stop", "all")])
        .node(2, 0., 0., &[("highway", "give_way")])
        .node(3, -2679., 0., &[("highway", "crossing")])
        .node(4, -2681., 0., &[("highway", "traffic_signals")])
        .way(10, &[1, 2], ROAD);
    let ids = |edition| streets_of(&map, edition).controls.iter().map(|c| c.node_id).collect::<Vec<_>>();
    assert_eq!(ids(Edition::Current), [1, 3, 4]);
    assert_eq!(ids(Edition::Reference), [1, 3]);
}

/// Nodes 2 and 4 are shared, so the way has pieces 1–2, 2–4 and 4–6.
#[test]
fn the_service_clip_drops_pieces_in_edition_reference_only() {
    let out = SIZE_M + 2700.;
    let map = Map::default()
        .nodes(1, &[(0., 0.), (out, 0.), (out + 100., 50.), (out, 100.), (out, 200.), (0., 200.)])
        .nodes(7, &[(out, 5000.), (out + 10., 5000.), (SIZE_M, 20_000.), (SIZE_M + 2000., 20_000.)])
        .way(10, &[1, 2, 3, 4, 5, 6], ROAD)
        .way(11, &[2, 4], &[("building", "yes")])
        .way(12, &[7, 8], ROAD)
        .way(13, &[9, 10], ROAD);
    let whole = vec![(10, vec![1, 2, 3, 4, 5, 6]), (12, vec![7, 8]), (13, vec![9, 10])];
    assert_eq!(ways(&streets_of(&map, Edition::Current)), whole);
    let streets = streets_of(&map, Edition::Reference);
    assert_eq!(ways(&streets), [(10, vec![1, 2]), (10, vec![4, 5, 6])]);
    assert!(streets.ways.iter().all(|way| way.file_position == 0 && way.has_line_row));
}

#[test]
fn a_way_left_with_one_node_stays_without_a_piece() {
    let map = Map::default().nodes(1, &[(0., 0.), (10., 0.)]).way(10, &[1], ROAD).way(11, &[1, 2], ROAD);
    let found = ways(&streets_of(&map, Edition::Reference));
    assert_eq!(found, [(10, vec![1]), (11, vec![1, 2])]);
}
