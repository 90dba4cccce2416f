use super::{CROSS, ROAD, named};
use crate::model::{Edition, TrailId};
use crate::network::build;
use crate::network::fixture::{Pairs, Way, area, network, streets};
use crate::suite::Suite;

#[test]
fn ways_are_cut_at_shared_nodes() {
    let nodes = [(1, 0.0, 0.0), (2, 10.0, 0.0), (3, 20.0, 0.0), (4, 20.0, 10.0), (5, 30.0, 0.0)];
    let town = streets(&nodes, &[(7, &[1, 2, 3, 5], ROAD), (8, &[4, 3], ROAD), (9, &[5], ROAD)]);
    // node 5 stands in two ways, one of them of a single node
    assert_eq!(named(&network(&town)), [(7, 1, 3), (7, 3, 5), (8, 4, 3)]);
}

#[test]
fn closed_ways_and_repeated_nodes() {
    let nodes = [(1, 0.0, 0.0), (2, 10.0, 0.0), (3, 10.0, 10.0), (4, -10.0, 0.0)];
    let town = streets(&nodes, &[(7, &[1, 2, 3, 1], ROAD), (8, &[4, 4, 1], ROAD)]);
    let net = network(&town);
    assert_eq!(named(&net), [(7, 1, 1), (8, 4, 1), (8, 4, 4)]);
    let legs = |node: i64| net.junctions.legs[net.junctions.osm_id.iter().position(|&id| id == node).unwrap()];
    assert_eq!((legs(1), legs(4)), (2, 2));
}

#[test]
fn streets_that_touch_nothing_are_dropped_once() {
    let nodes = [(1, 0.0, 0.0), (2, 10.0, 0.0), (3, 20.0, 0.0), (8, 0.0, 50.0), (9, 10.0, 50.0)];
    let footway: Pairs = &[("highway", "footway")];
    let town = streets(&nodes, &[(5, &[1, 2], ROAD), (6, &[2, 3], ROAD), (7, &[8, 9], ROAD), (4, &[9, 8], footway)]);
    assert_eq!(named(&network(&town)), [(5, 1, 2), (6, 2, 3)]);
}

#[test]
fn junctions_are_only_ends_ascending_by_id() {
    let town = streets(&CROSS, &[(5, &[11, 10, 13], ROAD), (6, &[14, 10, 12], ROAD)]);
    let net = network(&town);
    assert_eq!(net.junctions.osm_id, [10, 11, 12, 13, 14]);
    assert_eq!(net.junctions.legs, [4, 1, 1, 1, 1]);
    assert_eq!(net.segments.length_m, [100.0; 4]);
}

#[test]
fn repeats_are_dropped_across_chunks_only() {
    let nodes = [(1, 0.0, 0.0), (2, 10.0, 0.0), (3, 20.0, 0.0)];
    let ways: &[Way] =
        &[(5, &[1, 2], ROAD), (6, &[1, 2], ROAD), (7, &[1, 2], ROAD), (8, &[2, 1], ROAD), (9, &[2, 3], ROAD)];
    let town = streets(&nodes, ways);
    let ways_left = |chunk_ways| {
        let mut suite = Suite::bna();
        suite.network.chunk_ways = chunk_ways;
        let net = build(&town, &area(1e6), &suite, Edition::Current);
        named(&net).into_iter().map(|(way, ..)| way).collect::<Vec<_>>()
    };
    assert_eq!(ways_left(20_000), [5, 6, 7, 8, 9]);
    assert_eq!(ways_left(2), [5, 6, 8, 9]);
    assert_eq!(ways_left(1), [5, 8, 9]);
}

#[test]
fn reference_drops_segments_beyond_the_service_distance() {
    // boundary: x, y within ±1000; 2,680 m farther is x = 3680
    let nodes = [
        (1, 0.0, 0.0),
        (2, 10.0, 0.0),
        (3, 3680.0, 0.0),
        (4, 3690.0, 0.0),
        (5, 3680.1, 5.0),
        (6, 3690.0, 5.0),
        (7, 4000.0, -9000.0),
        (8, 3000.0, 9000.0),
        (9, -9000.0, 0.0),
    ];
    let ways: &[Way] = &[
        (11, &[1, 2], ROAD),
        (12, &[2, 1], ROAD),
        (13, &[3, 4], ROAD), // starts exactly at the distance: stays
        (14, &[4, 3], ROAD),
        (15, &[5, 6], ROAD),
        (16, &[6, 5], ROAD),
        (17, &[7, 8], ROAD), // both ends far, passes near
        (18, &[8, 7], ROAD),
        (19, &[9, 1], ROAD),
    ];
    let town = streets(&nodes, ways);
    let left = |edition| {
        let net = build(&town, &area(1000.0), &Suite::bna(), edition);
        let mut ways: Vec<i64> = named(&net).into_iter().map(|(way, ..)| way).collect();
        ways.dedup();
        ways
    };
    assert_eq!(left(Edition::Current), [11, 12, 13, 14, 15, 16, 17, 18, 19]);
    assert_eq!(left(Edition::Reference), [11, 12, 13, 14, 17, 18, 19]);
}

#[test]
fn oneway_as_osm2pgrouting_writes_it() {
    let nodes = [(1, 0.0, 0.0), (2, 10.0, 0.0)];
    let rows: &[(Pairs, &str)] = &[
        (&[("oneway", "true")], "YES"),
        (&[("oneway", "1")], "YES"),
        (&[("oneway", "-1")], "REVERSED"),
        (&[("oneway", "reversible")], "REVERSIBLE"),
        (&[("junction", "roundabout")], "YES"),
        (&[("oneway", "no"), ("junction", "roundabout")], "NO"),
        (&[], "UNKNOWN"),
    ];
    for (pairs, expected) in rows {
        let pairs = [ROAD, pairs].concat();
        let net = network(&streets(&nodes, &[(5, &[1, 2], &pairs), (6, &[1, 2], &pairs)]));
        assert_eq!(net.segments.oneway, [*expected; 2], "{pairs:?}");
    }
}

#[test]
fn paths_that_meet_anywhere_are_one_trail() {
    let path: Pairs = &[("highway", "path")];
    let nodes = [
        (1, 0.0, 0.0),
        (2, 3000.0, 0.0),
        (3, 6000.0, 0.0),
        (4, 1000.0, -10.0),
        (5, 1000.0, 4000.0), // crosses way 11 without a node
        (6, 2000.0, 0.0),
        (7, 2000.0, 50.0), // its end lies on way 11
        (8, 0.0, 100.0),
        (9, 100.0, 100.0), // near, but apart
    ];
    let ways: &[Way] = &[
        (11, &[1, 2], path),
        (12, &[2, 3], path),
        (13, &[4, 5], path),
        (14, &[5, 4], path),
        (15, &[6, 7], path),
        (16, &[7, 6], path),
        (17, &[8, 9], path),
        (18, &[9, 8], path),
    ];
    let net = network(&streets(&nodes, ways));
    let mut trails: Vec<(usize, i64, i64, bool)> =
        net.trails.iter().map(|t| (t.segments.len(), t.length_m, t.diagonal_m, t.is_destination)).collect();
    trails.sort_unstable();
    assert_eq!(trails, [(2, 200, 100, false), (6, 6000 + 8020 + 100, 7217, true)]);
    for (id, trail) in net.trails.iter().enumerate() {
        assert!(trail.segments.is_sorted());
        assert!(trail.segments.iter().all(|s| net.segments.trail[s.index()] == Some(TrailId::from(id))));
    }
}

#[test]
fn trails_are_destinations_beyond_both_limits() {
    let path: Pairs = &[("highway", "cycleway")];
    for (length, destination) in [(4800.0, false), (4800.4, false), (4801.0, true)] {
        let nodes = [(1, 0.0, 0.0), (2, length, 0.0), (3, length, 0.0)];
        let net = network(&streets(&nodes, &[(11, &[1, 2], path), (12, &[2, 3], path)]));
        assert_eq!(net.trails[0].is_destination, destination, "{length}");
    }
}

#[test]
fn order_does_not_depend_on_the_order_of_ways() {
    let ways: [Way; 3] = [(1, &[11, 10, 13], ROAD), (2, &[12, 10], ROAD), (3, &[10, 14], ROAD)];
    let forward = network(&streets(&CROSS, &ways));
    let backward = network(&streets(&CROSS, &[ways[2], ways[1], ways[0]]));
    assert_eq!(forward.segments.way_id, backward.segments.way_id);
    assert_eq!(forward.links.target, backward.links.target);
}

#[test]
fn no_streets_no_network() {
    let net = network(&streets(&[], &[]));
    assert!(net.segments.is_empty() && net.junctions.is_empty() && net.links.is_empty());
    assert_eq!(net.links.first, [0]);
}
