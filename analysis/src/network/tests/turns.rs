use super::{CROSS, ROAD};
use crate::model::{Direction, SegmentId};
use crate::network::StreetNetwork;
use crate::network::fixture::{Pairs, network, streets};

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
    let one_way: Pairs = &[("highway", "residential"), ("oneway", "yes")];
    let reverse: Pairs = &[("highway", "residential"), ("oneway", "-1")];
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
