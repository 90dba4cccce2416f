use super::fixture::{area, control, network, streets, tags};
use super::*;
use crate::import::StreetWay;
use crate::import::osm::Tags;

const ROAD: &[(&str, &str)] = &[("highway", "residential")];

/// Attributes of a residential street with more tags.
fn read(pairs: &[(&str, &str)]) -> Attributes {
    let with_highway = [ROAD, pairs].concat();
    attributes_of(tags(&with_highway)).unwrap()
}

fn attributes_of(tags: Tags) -> Option<Attributes> {
    let way = StreetWay { way_id: 1, file_position: 0, tag_id: 110, nodes: vec![], tags, has_line_row: true };
    attributes::read(&way, &Suite::bna().network)
}

/// Segments as (way, from node, to node), sorted.
fn named(network: &StreetNetwork) -> Vec<(i64, i64, i64)> {
    let s = &network.segments;
    let node = |j: JunctionId| network.junctions.osm_id[j.index()];
    let mut all: Vec<_> = (0..s.len()).map(|i| (s.way_id[i], node(s.from[i]), node(s.to[i]))).collect();
    all.sort_unstable();
    all
}

/// Links as (junction node, source way, target way, turn angle, crosses), in order.
fn turns(network: &StreetNetwork) -> Vec<(i64, i64, i64, Option<u16>, bool)> {
    let (s, l) = (&network.segments, &network.links);
    let mut all = Vec::new();
    for source in (0..s.len()).map(SegmentId::from) {
        for i in l.of(source) {
            let ways = (s.way_id[source.index()], s.way_id[l.target[i].index()]);
            all.push((network.junctions.osm_id[l.junction[i].index()], ways.0, ways.1, l.turn_angle[i], l.crosses[i]));
        }
    }
    all.sort_unstable();
    all
}

#[test]
fn classes() {
    use FunctionalClass::*;
    let path = Some((Path, false));
    let crossing = Some((Path, true));
    let street = |class| Some((class, false));
    let rows: &[(&[(&str, &str)], Option<(FunctionalClass, bool)>)] = &[
        (&[("highway", "motorway_link")], street(MotorwayLink)),
        (&[("highway", "living_street")], street(LivingStreet)),
        (&[("highway", "road")], None),
        (&[("highway", "motorway_junction")], None),
        (&[], None),
        (&[("highway", "residential"), ("access", "no")], None),
        (&[("highway", "residential"), ("access", "private"), ("bicycle", "yes")], None),
        (&[("highway", "residential"), ("access", "no"), ("bicycle", "permissive")], street(Residential)),
        (&[("highway", "residential"), ("access", "destination")], street(Residential)),
        (&[("highway", "track")], None),
        (&[("highway", "track"), ("tracktype", "grade1")], street(Track)),
        (&[("highway", "cycleway"), ("golf", "path")], path),
        (&[("highway", "path"), ("golf", "cartpath")], street(Unclassified)),
        (&[("highway", "path"), ("golf_cart", "designated")], street(Unclassified)),
        (&[("highway", "path"), ("golf_cart", "no")], path),
        (&[("highway", "footway")], None),
        (&[("highway", "footway"), ("footway", "crossing")], crossing),
        (&[("highway", "footway"), ("footway", "traffic_island")], crossing),
        (&[("highway", "footway"), ("footway", "sidewalk")], None),
        (&[("highway", "footway"), ("bicycle", "designated")], path),
        (&[("highway", "footway"), ("bicycle", "yes")], None),
        (&[("highway", "footway"), ("bicycle", "yes"), ("width", "7.4 ft")], None),
        (&[("highway", "footway"), ("bicycle", "yes"), ("width", "7.5 ft")], path),
        (&[("highway", "service")], None),
        (&[("highway", "service"), ("bicycle", "yes")], street(Unclassified)),
        (&[("highway", "pedestrian"), ("bicycle", "no")], None),
        (&[("highway", "pedestrian"), ("bicycle", "yes")], street(LivingStreet)),
    ];
    for (pairs, expected) in rows {
        let found = attributes_of(tags(pairs)).map(|street| (street.tagged_class, street.xwalk));
        assert_eq!(&found, expected, "{pairs:?}");
    }
}

#[test]
fn tags_of_a_way_without_line_row_are_not_read() {
    let way =
        StreetWay { way_id: 1, file_position: 0, tag_id: 110, nodes: vec![], tags: tags(ROAD), has_line_row: false };
    assert_eq!(attributes::read(&way, &Suite::bna().network), None);
}

#[test]
fn one_way_for_cars_and_bicycles() {
    use Direction::{Ft, Tf};
    let rows: &[(&[(&str, &str)], Option<Direction>, Option<Direction>)] = &[
        (&[], None, None),
        (&[("oneway", "yes")], Some(Ft), Some(Ft)),
        (&[("oneway", "1")], Some(Ft), Some(Ft)),
        (&[("oneway", " yes ")], Some(Ft), Some(Ft)),
        (&[("oneway", "true")], None, None),
        (&[("oneway", "-1")], Some(Tf), Some(Tf)),
        (&[("junction", "roundabout")], None, None),
        (&[("oneway", "yes"), ("oneway:bicycle", "no")], Some(Ft), None),
        (&[("oneway", "-1"), ("oneway:bicycle", "no")], Some(Tf), None),
        (&[("oneway", "yes"), ("cycleway", "opposite_lane")], Some(Ft), None),
        (&[("oneway", "-1"), ("cycleway", "opposite_lane")], Some(Tf), None),
        (&[("oneway", "yes"), ("cycleway", "lane")], Some(Ft), Some(Ft)),
    ];
    for (pairs, cars, bicycles) in rows {
        let street = read(pairs);
        assert_eq!((street.one_way_car, street.one_way), (*cars, *bicycles), "{pairs:?}");
    }
}

#[test]
fn lanes() {
    let rows: &[(&[(&str, &str)], [Option<i32>; 4])] = &[
        (&[], [None; 4]),
        (&[("lanes", "3")], [Some(2); 4]),
        (&[("lanes", "4"), ("oneway", "no")], [Some(2); 4]),
        (&[("lanes", "3"), ("oneway", "reversible")], [None; 4]),
        (&[("lanes", "3"), ("oneway", "1")], [Some(3), None, Some(3), None]),
        (&[("lanes", "3"), ("oneway", " yes")], [None; 4]),
        (&[("lanes", "2"), ("oneway", "-1")], [None, Some(2), None, Some(2)]),
        (&[("lanes", "4"), ("lanes:forward", "3")], [Some(3), Some(2), Some(3), Some(2)]),
        (&[("lanes", "4"), ("lanes:backward", "x")], [Some(2), None, Some(2), None]),
        (&[("turn:lanes:forward", "left|through|right")], [Some(3), None, Some(2), None]),
        (&[("turn:lanes:backward", "right"), ("lanes:backward", "2")], [None, Some(1), None, None]),
        (&[("turn:lanes", "left||through;right"), ("oneway", "yes")], [Some(3), None, Some(3), None]),
        (&[("turn:lanes", "left|right"), ("oneway", "-1"), ("lanes", "7")], [None, Some(2), None, Some(1)]),
        (&[("turn:lanes", "left|right"), ("lanes", "2")], [Some(1); 4]),
        (&[("turn:lanes:forward", ""), ("lanes", "1")], [Some(1); 4]),
        (&[("lanes", "99999999999")], [None; 4]),
        (&[("lanes", "2147483647")], [Some(1_073_741_824); 4]),
    ];
    for (pairs, expected) in rows {
        let street = read(pairs);
        let found = [street.lanes.ft, street.lanes.tf, street.cross_lanes.ft, street.cross_lanes.tf];
        assert_eq!(&found, expected, "{pairs:?}");
    }
    assert!(read(&[("lanes:both_ways", "1")]).turn_lane);
    assert!(read(&[("turn:lanes:both_ways", "left")]).turn_lane);
    assert!(!read(&[("lanes", "3")]).turn_lane);
}

#[test]
fn parking() {
    let rows: &[(&[(&str, &str)], Option<bool>, Option<bool>)] = &[
        (&[("parking:lane:both", "parallel")], None, None),
        (&[("parking:lane:right", "paralell"), ("parking:lane:left", "no_stopping")], Some(true), Some(false)),
        (&[("parking:right", "lane"), ("parking:left", "no")], Some(true), Some(false)),
        (&[("parking:lane:right", "marked"), ("parking:right", "lane")], Some(true), None),
        (&[("parking:right:restriction", "no_parking"), ("parking:left", "street_side")], Some(false), None),
        (&[("parking:right", "lane"), ("parking:right:restriction", "no_parking")], Some(true), None),
    ];
    for (pairs, right, left) in rows {
        let street = read(pairs);
        assert_eq!((street.parking.ft, street.parking.tf), (*right, *left), "{pairs:?}");
    }
}

#[test]
fn bicycle_infrastructure() {
    use BikeInfra::*;
    const OPPOSITE: (&str, &str) = ("cycleway", "opposite_lane");
    let rows: &[(&[(&str, &str)], Option<BikeInfra>, Option<BikeInfra>)] = &[
        // head: both columns, whatever the direction
        (&[("cycleway:both", "shared_lane")], Some(Sharrow), Some(Sharrow)),
        (&[("cycleway:both", "buffered_lane"), ("oneway", "yes")], Some(BufferedLane), Some(BufferedLane)),
        (&[("cycleway:both", "lane"), ("cycleway:buffer", "left")], Some(BufferedLane), Some(BufferedLane)),
        (&[("cycleway:both", "lane"), ("cycleway:both:buffer", "both")], Some(BufferedLane), Some(BufferedLane)),
        (&[("cycleway:both", "lane"), ("cycleway:both:buffer", "no")], Some(Lane), Some(Lane)),
        (&[("cycleway:both", "track")], Some(Track), Some(Track)),
        (&[("cycleway:right", "track"), ("oneway:bicycle", "no")], Some(Track), Some(Track)),
        (&[("cycleway:left", "track"), ("cycleway:left:oneway", "no")], Some(Track), Some(Track)),
        (&[("cycleway", "track"), ("oneway:bicycle", "no"), ("oneway", "-1")], Some(Track), Some(Track)),
        // two-way
        (&[("cycleway", "lane")], Some(Lane), Some(Lane)),
        (&[("cycleway", "lane"), ("cycleway:buffer", "yes")], Some(BufferedLane), Some(BufferedLane)),
        (&[("cycleway:right", "lane"), ("cycleway:left", "track")], Some(Lane), Some(Track)),
        (&[("cycleway:right", "lane"), ("cycleway:right:buffer", "yes")], Some(BufferedLane), None),
        (&[("cycleway:left", "lane"), ("cycleway:buffer", "yes")], None, Some(BufferedLane)),
        (&[("cycleway:left", "buffered_lane"), ("cycleway:left:oneway", "-1")], None, Some(BufferedLane)),
        (&[("cycleway:left", "shared_lane"), ("cycleway", "shared_lane")], Some(Sharrow), Some(Sharrow)),
        (&[("cycleway", "opposite_lane")], None, None),
        (&[("cycleway", "no")], None, None),
        // one-way ft
        (&[("oneway", "yes"), ("cycleway:left", "shared_lane"), ("cycleway:right", "track")], Some(Sharrow), None),
        (&[("oneway", "yes"), ("cycleway:left", "lane"), ("cycleway:buffer", "yes")], Some(BufferedLane), None),
        (&[("oneway", "yes"), ("cycleway:left", "lane"), ("cycleway:left:oneway", "-1")], None, Some(Lane)),
        (&[("oneway", "yes"), ("cycleway:right", "buffered_lane"), ("cycleway:right:oneway", "-1")], None, None),
        (
            &[("oneway", "yes"), ("cycleway", "lane"), ("cycleway:right:oneway", "-1"), ("cycleway:buffer", "yes")],
            Some(BufferedLane),
            None,
        ),
        (&[("oneway", "yes"), OPPOSITE, ("cycleway:buffer", "yes")], None, Some(BufferedLane)),
        (&[("oneway", "yes"), OPPOSITE], None, Some(Lane)),
        (&[("oneway", "yes"), ("cycleway", "opposite_track")], None, Some(Track)),
        (&[("oneway", "yes"), ("cycleway:left", "opposite_track")], None, None), // Q7
        (&[("oneway", "yes"), ("cycleway:left", "opposite_lane")], None, None),  // Q7
        // one-way tf: mirrored, but for the asymmetries of Q7
        (&[("oneway", "-1"), ("cycleway:right", "shared_lane"), ("cycleway:left", "track")], None, Some(Sharrow)),
        (&[("oneway", "-1"), ("cycleway:right", "lane"), ("cycleway:right:buffer", "right")], None, Some(BufferedLane)),
        (&[("oneway", "-1"), ("cycleway:right", "track"), ("cycleway:right:oneway", "-1")], Some(Track), None),
        (&[("oneway", "-1"), ("cycleway:left", "lane"), ("cycleway:left:buffer", "yes")], None, Some(BufferedLane)),
        (
            &[("oneway", "-1"), ("cycleway:left", "buffered_lane"), ("cycleway:left:oneway", "-1")],
            None,
            Some(BufferedLane),
        ),
        (
            &[("oneway", "-1"), ("cycleway", "lane"), ("cycleway:left:oneway", "-1"), ("cycleway:buffer", "yes")],
            None,
            Some(Lane),
        ),
        (
            &[
                ("oneway", "-1"),
                ("cycleway:left", "lane"),
                ("cycleway:left:oneway", "-1"),
                ("cycleway:left:buffer", "both"),
            ],
            Some(Lane),
            None,
        ),
        (
            &[
                ("oneway", "-1"),
                ("cycleway:left", "lane"),
                ("cycleway:left:oneway", "-1"),
                ("cycleway:left:buffer", "yes"),
            ],
            Some(BufferedLane),
            None,
        ),
        (
            &[("oneway", "-1"), ("cycleway:right", "opposite_lane"), ("cycleway:right:buffer", "yes")],
            Some(BufferedLane),
            None,
        ),
        (&[("oneway", "-1"), ("cycleway:right", "opposite_track")], Some(Track), None),
        (&[("oneway", "-1"), ("cycleway:left", "opposite_track")], Some(Track), None),
    ];
    for (pairs, ft, tf) in rows {
        let street = read(pairs);
        assert_eq!((street.bike_infra.ft, street.bike_infra.tf), (*ft, *tf), "{pairs:?}");
    }
}

#[test]
fn width_of_bicycle_infrastructure() {
    const LANE: (&str, &str) = ("cycleway", "lane");
    let rows: &[(&[(&str, &str)], Option<f64>, Option<f64>)] = &[
        (&[LANE], None, None),
        (&[("cycleway:width", "5 ft")], None, None), // no infrastructure
        (&[LANE, ("cycleway:width", "5 ft")], Some(5.0), Some(5.0)),
        (&[LANE, ("cycleway:width", "2 m")], Some(6.56168), Some(6.56168)),
        (&[LANE, ("cycleway:width", "1.5")], Some(4.92126), Some(4.92126)),
        (&[LANE, ("cycleway:right:width", "2"), ("cycleway:left:width", "6 ft")], Some(6.56168), Some(6.0)),
        // feet anywhere beat metres nearer by
        (&[LANE, ("cycleway:right:width", "2 m"), ("cycleway:both:width", "4 ft")], Some(4.0), Some(4.0)),
        (&[LANE, ("cycleway:right:width", "wide ft"), ("cycleway:width", "4 ft")], None, Some(4.0)),
        (&[LANE, ("oneway", "yes"), ("cycleway:left:width", "6 ft")], Some(6.0), None),
        (&[LANE, ("oneway", "-1"), ("cycleway:right:width", "6 ft")], None, Some(6.0)),
        (&[LANE, ("cycleway:left:width", "6 ft")], None, Some(6.0)),
    ];
    for (pairs, ft, tf) in rows {
        let street = read(pairs);
        let found = street.bike_infra_width_ft;
        assert_eq!((found.ft, found.tf), (*ft, *tf), "{pairs:?}");
    }
}

#[test]
fn busy_local_streets_count_as_tertiary() {
    let rows: &[(&[(&str, &str)], bool)] = &[
        (&[], false),
        (&[("maxspeed", "25 mph")], false),
        (&[("maxspeed", "30 mph")], true),
        (&[("lanes", "2")], false),
        (&[("lanes", "3")], true),
        (&[("cycleway", "lane")], true),
        (&[("cycleway:right", "lane")], false),
        (&[("cycleway", "shared_lane")], false),
        (&[("cycleway:right", "track"), ("cycleway:left", "buffered_lane")], true),
    ];
    for (pairs, busy) in rows {
        let street = read(pairs);
        assert_eq!(street.class == FunctionalClass::Tertiary, *busy, "{pairs:?}");
        assert_eq!(street.tagged_class, FunctionalClass::Residential);
    }
    let living = attributes_of(tags(&[("highway", "living_street"), ("maxspeed", "30 mph")])).unwrap();
    assert_eq!(living.class, FunctionalClass::LivingStreet);
}

/// A cross at node 0 with arms to the north (1), east (2), south (3), west (4).
const CROSS: [(i64, f64, f64); 5] =
    [(10, 0.0, 0.0), (11, 0.0, 100.0), (12, 100.0, 0.0), (13, 0.0, -100.0), (14, -100.0, 0.0)];

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
    let footway: &[(&str, &str)] = &[("highway", "footway")];
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
    let ways: &[(i64, &[i64], &[(&str, &str)])] =
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
    let ways: &[(i64, &[i64], &[(&str, &str)])] = &[
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
    let rows: &[(&[(&str, &str)], &str)] = &[
        (&[("oneway", "true")], "YES"),
        (&[("oneway", "1")], "NO"),
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
    let path: &[(&str, &str)] = &[("highway", "path")];
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
    let ways: &[(i64, &[i64], &[(&str, &str)])] = &[
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
    let path: &[(&str, &str)] = &[("highway", "cycleway")];
    for (length, destination) in [(4800.0, false), (4800.4, false), (4801.0, true)] {
        let nodes = [(1, 0.0, 0.0), (2, length, 0.0), (3, length, 0.0)];
        let net = network(&streets(&nodes, &[(11, &[1, 2], path), (12, &[2, 3], path)]));
        assert_eq!(net.trails[0].is_destination, destination, "{length}");
    }
}

/// The cross of four arms, and flags of its middle given some controls.
fn flags_of_cross(extra: &[(&str, &str)], controls: Vec<crate::import::Control>) -> [bool; 4] {
    let with_extra = [ROAD, extra].concat();
    let mut town = streets(&CROSS, &[(5, &[11, 10], &with_extra), (6, &[10, 13], ROAD), (7, &[14, 10, 12], ROAD)]);
    town.controls = controls;
    let net = network(&town);
    let j = &net.junctions;
    [j.signalized[0], j.stops[0], j.rrfb[0], j.island[0]]
}

#[test]
fn controls_at_junctions() {
    let crossing = |x, pairs: &[(&str, &str)]| vec![control(99, x, 0.0, &[&[("highway", "crossing")], pairs].concat())];
    let none = [false; 4];
    assert_eq!(flags_of_cross(&[], vec![]), none);
    assert_eq!(
        flags_of_cross(&[], vec![control(10, 0.0, 0.0, &[("highway", "traffic_signals")])]),
        [true, false, false, false]
    );
    assert_eq!(
        flags_of_cross(&[], vec![control(99, 0.0, 0.0, &[("highway", "traffic_signals")])]),
        none,
        "own node only"
    );
    // the way's direction tag signals one end (Q20)
    assert_eq!(flags_of_cross(&[("traffic_signals:direction", "forward")], vec![])[0], true);
    assert_eq!(flags_of_cross(&[("traffic_signals:direction", "backward")], vec![])[0], false);
    for kind in ["traffic_signals", "hawk", "pelican", "toucan"] {
        assert_eq!(flags_of_cross(&[], crossing(25.0, &[("crossing", kind)])), [true, false, false, false], "{kind}");
        assert_eq!(flags_of_cross(&[], crossing(25.001, &[("crossing", kind)])), none, "{kind}, too far");
    }
    assert_eq!(flags_of_cross(&[], crossing(5.0, &[("crossing", "zebra")])), none);
    assert_eq!(
        flags_of_cross(&[], vec![control(10, 0.0, 0.0, &[("highway", "stop"), ("stop", "all")])]),
        [false, true, false, false]
    );
    assert_eq!(flags_of_cross(&[], vec![control(10, 0.0, 0.0, &[("highway", "stop")])]), none);
    for kind in ["yes", "button", "always", "sensor"] {
        assert_eq!(
            flags_of_cross(&[], crossing(9.0, &[("flashing_lights", kind)])),
            [false, false, true, false],
            "{kind}"
        );
    }
    assert_eq!(flags_of_cross(&[], crossing(9.0, &[("flashing_lights", "no")])), none);
    assert_eq!(flags_of_cross(&[], crossing(9.0, &[("crossing", "island")])), [false, false, false, true]);
    assert_eq!(flags_of_cross(&[], crossing(9.0, &[("crossing:island", "yes")])), [false, false, false, true]);
}

#[test]
fn signals_and_stops_spread_once_to_real_junctions() {
    // along x: 1 – 2 – 3 – 4, 20 m apart; 2, 3, 4 have a third leg; node 1 is the controlled one
    let nodes = [
        (1, 0.0, 0.0),
        (2, 20.0, 0.0),
        (3, 40.0, 0.0),
        (4, 60.0, 0.0),
        (12, 20.0, 99.0),
        (13, 40.0, 99.0),
        (14, 60.0, 99.0),
        (5, 80.0, 0.0),
        (6, 0.0, 5.0),
    ];
    let ways: &[(i64, &[i64], &[(&str, &str)])] = &[
        (21, &[1, 2, 3, 4, 5], ROAD),
        (22, &[2, 12], ROAD),
        (23, &[3, 13], ROAD),
        (24, &[4, 14], ROAD),
        (25, &[6, 1], ROAD),
    ];
    for (pairs, which) in [(&[("highway", "traffic_signals")][..], 0), (&[("highway", "stop"), ("stop", "all")][..], 1)]
    {
        let mut town = streets(&nodes, ways);
        town.controls = vec![control(1, 0.0, 0.0, pairs)];
        let net = network(&town);
        let flags = [&net.junctions.signalized, &net.junctions.stops][which];
        let set: Vec<i64> = net.junctions.osm_id.iter().zip(flags).filter(|(_, f)| **f).map(|(id, _)| *id).collect();
        // 6 is near but has one leg; 3 is near 2, which was not set before
        assert_eq!(set, [1, 2]);
    }
}

#[test]
fn turns_at_a_cross() {
    let town =
        streets(&CROSS, &[(1, &[11, 10], ROAD), (2, &[12, 10], ROAD), (3, &[13, 10], ROAD), (4, &[14, 10], ROAD)]);
    let net = network(&town);
    let from_south: Vec<_> = turns(&net).into_iter().filter(|turn| turn.1 == 3).collect();
    let expected = [(10, 3, 1, Some(0), true), (10, 3, 2, Some(90), false), (10, 3, 4, Some(270), true)];
    assert_eq!(from_south, expected);
    assert_eq!(net.links.len(), 12);
    assert!(net.links.cost_m.iter().all(|&cost| cost == 100));
    assert!(net.links.source_dir.iter().chain(&net.links.target_dir).all(|&end| end == Direction::Ft));
}

#[test]
fn turns_obey_one_way_streets() {
    let one_way: &[(&str, &str)] = &[("highway", "residential"), ("oneway", "yes")];
    let reverse: &[(&str, &str)] = &[("highway", "residential"), ("oneway", "-1")];
    // 1 leads into the middle, 2 out of it (listed inwards), 3 both
    let town = streets(&CROSS, &[(1, &[11, 10], one_way), (2, &[12, 10], reverse), (3, &[13, 10], ROAD)]);
    let pairs: Vec<_> = turns(&network(&town)).into_iter().map(|(_, source, target, ..)| (source, target)).collect();
    assert_eq!(pairs, [(1, 2), (1, 3), (3, 2)]);
}

#[test]
fn without_a_right_turn_the_straightest_does_not_cross() {
    let town = streets(&CROSS, &[(1, &[11, 10], ROAD), (3, &[13, 10], ROAD), (4, &[14, 10], ROAD)]);
    let exempt: Vec<_> = turns(&network(&town)).into_iter().filter(|turn| !turn.4).map(|t| (t.1, t.2)).collect();
    // from the south: straight on (0°), not left; from the north: right to the west; from the west: right to the south
    assert_eq!(exempt, [(1, 4), (3, 1), (4, 3)]);
}

#[test]
fn turn_into_a_street_without_length_has_no_angle_and_is_exempt() {
    // Q18: way 5 is a piece without length at the middle, then leads on
    let town =
        streets(&CROSS, &[(1, &[11, 10], ROAD), (2, &[12, 10], ROAD), (3, &[13, 10], ROAD), (5, &[10, 10], ROAD)]);
    let from_south: Vec<_> = turns(&network(&town)).into_iter().filter(|turn| turn.1 == 3).collect();
    assert_eq!(from_south, [(10, 3, 1, Some(0), true), (10, 3, 2, Some(90), true), (10, 3, 5, None, false)]);
}

#[test]
fn equal_turns_are_settled_by_osm_ids() {
    let nodes = [(1, 0.0, -100.0), (2, 0.0, 0.0), (3, 50.0, 0.0)];
    let town = streets(&nodes, &[(9, &[1, 2], ROAD), (8, &[2, 3], ROAD), (7, &[2, 3], ROAD)]);
    let exempt: Vec<_> =
        turns(&network(&town)).into_iter().filter(|turn| turn.1 == 9 && !turn.4).map(|t| t.2).collect();
    assert_eq!(exempt, [7]);
}

#[test]
fn streets_sharing_both_ends_have_two_turns_each_way_and_loops_one() {
    let nodes = [(1, 0.0, 0.0), (2, 100.0, 0.0), (3, 50.0, 50.0), (4, -50.0, 10.0), (5, -50.0, -10.0)];
    let town = streets(&nodes, &[(7, &[1, 2], ROAD), (8, &[1, 3, 2], ROAD), (9, &[1, 4, 5, 1], ROAD)]);
    let net = network(&town);
    let count = |source, target| turns(&net).iter().filter(|turn| (turn.1, turn.2) == (source, target)).count();
    assert_eq!((count(7, 8), count(8, 7), count(7, 9), count(9, 7), count(9, 9)), (2, 2, 1, 1, 0));
    // a loop's end at its junction is its `to` end
    let looped = (0..net.links.len()).filter(|&i| net.segments.way_id[net.links.target[i].index()] == 9);
    assert!(looped.into_iter().all(|i| net.links.target_dir[i] == Direction::Ft));
}

#[test]
fn order_does_not_depend_on_the_order_of_ways() {
    let ways: [(i64, &[i64], &[(&str, &str)]); 3] =
        [(1, &[11, 10, 13], ROAD), (2, &[12, 10], ROAD), (3, &[10, 14], ROAD)];
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
