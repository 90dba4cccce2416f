mod sentences;

use super::*;
use crate::network::fixture::{Pairs, Way, control, network, streets};
use crate::network::{Attributes, BikeInfra};

const SPEEDS: SpeedLimits =
    SpeedLimits { city_mph: None, state_mph: Some(25), country_mph: None, state_fips: None, city_fips: None };

/// A street of a class that says nothing else.
fn street(class: FunctionalClass) -> Attributes {
    Attributes {
        class,
        tagged_class: class,
        xwalk: false,
        bicycle_no: false,
        speed_limit_mph: None,
        one_way_car: None,
        one_way: None,
        width_ft: None,
        bike_infra: PerDirection::default(),
        bike_infra_width_ft: PerDirection::default(),
        lanes: PerDirection::default(),
        cross_lanes: PerDirection::default(),
        turn_lane: false,
        parking: PerDirection::default(),
    }
}

fn along(street: &Attributes, speeds: &SpeedLimits, edition: Edition) -> Option<i64> {
    let rating = along::rate(street, Direction::Ft, speeds, &Suite::bna().stress, edition);
    rating.level.map(StressLevel::value)
}

#[test]
fn arterial_streets_by_infrastructure_speed_lanes_and_width() {
    use BikeInfra::{BufferedLane, Lane, Sharrow, Track};
    use FunctionalClass::{
        Motorway, Primary, PrimaryLink, Secondary, SecondaryLink, Tertiary, TertiaryLink, TrunkLink,
    };
    type Row = (FunctionalClass, Option<BikeInfra>, Option<i32>, Option<i32>, Option<f64>, i64);
    let rows: &[Row] = &[
        (Primary, Some(Track), Some(70), Some(4), None, 1),
        (PrimaryLink, Some(Track), None, None, None, 1),
        (Primary, Some(BufferedLane), Some(25), Some(1), None, 1),
        (Primary, Some(BufferedLane), Some(25), Some(2), None, 3),
        (Primary, Some(BufferedLane), Some(30), Some(1), None, 3),
        (Primary, Some(BufferedLane), Some(25), None, None, 3), // 2 lanes assumed
        (Tertiary, Some(BufferedLane), Some(25), None, None, 1), // 1 lane assumed
        (Tertiary, Some(BufferedLane), None, None, None, 3),    // 30 mph assumed
        (Secondary, Some(Lane), Some(20), Some(1), None, 1),    // 5 ft assumed
        (Secondary, Some(Lane), Some(20), Some(1), Some(4.0), 1),
        (Secondary, Some(Lane), Some(20), Some(1), Some(3.99), 3),
        (Secondary, Some(Lane), Some(21), Some(1), Some(9.0), 3),
        (Secondary, Some(Lane), Some(20), Some(2), Some(9.0), 3),
        (Secondary, Some(Lane), Some(20), Some(0), None, 1), // at most 1
        (TertiaryLink, Some(Sharrow), Some(15), None, None, 1),
        (Tertiary, Some(Sharrow), Some(16), None, None, 3),
        (Tertiary, None, Some(15), Some(1), None, 1),
        (Tertiary, None, Some(15), Some(0), None, 3), // exactly 1
        (Tertiary, None, Some(15), Some(2), None, 3),
        (SecondaryLink, None, Some(15), None, None, 3),
        (Motorway, Some(Track), Some(5), Some(1), None, 3),
        (TrunkLink, Some(Track), Some(5), Some(1), None, 3),
    ];
    for (class, infra, speed, lanes, width, level) in rows {
        let mut road = street(*class);
        road.speed_limit_mph = *speed;
        (road.bike_infra.ft, road.lanes.ft, road.bike_infra_width_ft.ft) = (*infra, *lanes, *width);
        for edition in [Edition::Current, Edition::Reference] {
            assert_eq!(
                along(&road, &SPEEDS, edition),
                Some(*level),
                "{class:?} {infra:?} {speed:?} {lanes:?} {width:?}"
            );
        }
    }
}

#[test]
fn residential_streets_by_own_city_state_or_assumed_speed() {
    let rows = [
        (Some(25), Some(30), Some(30), 1, 1),
        (Some(30), Some(25), Some(25), 3, 3),
        (None, Some(20), Some(30), 1, 1),
        (None, Some(30), Some(20), 3, 3),
        (None, None, Some(25), 1, 1),
        (None, None, Some(26), 3, 3),
        (None, None, None, 1, 3), // Q3
    ];
    for (own, city_mph, state_mph, current, reference) in rows {
        let mut road = street(FunctionalClass::Residential);
        road.speed_limit_mph = own;
        let speeds = SpeedLimits { city_mph, state_mph, ..SPEEDS };
        let found = [Edition::Current, Edition::Reference].map(|edition| along(&road, &speeds, edition));
        assert_eq!(found, [Some(current), Some(reference)], "{own:?} {city_mph:?} {state_mph:?}");
    }
}

#[test]
fn other_local_streets() {
    use FunctionalClass::*;
    for (class, speed, bicycle_no, level) in [
        (Unclassified, None, false, 1),
        (Unclassified, Some(25), true, 1),
        (Unclassified, Some(26), false, 3),
        (LivingStreet, None, false, 1),
        (LivingStreet, Some(60), false, 1),
        (LivingStreet, None, true, 3),
        (Track, Some(60), true, 1),
        (Path, Some(60), true, 1),
    ] {
        let mut road = street(class);
        (road.speed_limit_mph, road.bicycle_no) = (speed, bicycle_no);
        // the state's default is for residential streets only
        let speeds = SpeedLimits { state_mph: Some(60), ..SPEEDS };
        assert_eq!(along(&road, &speeds, Edition::Reference), Some(level), "{class:?} {speed:?} {bicycle_no}");
    }
}

#[test]
fn riding_against_one_way_streets_has_no_stress() {
    for class in [FunctionalClass::Motorway, FunctionalClass::Primary, FunctionalClass::Path] {
        let mut road = street(class);
        road.one_way = Some(Direction::Tf);
        assert_eq!(along(&road, &SPEEDS, Edition::Current), None);
        road.one_way = Some(Direction::Ft);
        assert!(along(&road, &SPEEDS, Edition::Current).is_some());
        (road.one_way, road.one_way_car) = (None, Some(Direction::Tf));
        assert!(along(&road, &SPEEDS, Edition::Current).is_some());
    }
}

const HOME: Pairs = &[("highway", "residential"), ("name", "Home Street")];

/// A street that ends at node 10 (its `ft` end), a street through that node, and controls.
fn leaving(own: Pairs, other: Pairs, controls: &[Pairs]) -> (StreetNetwork, StressRatings, SegmentId) {
    let nodes = [(10, 0.0, 0.0), (11, 0.0, 100.0), (12, 100.0, 0.0), (14, -100.0, 0.0)];
    let mut town = streets(&nodes, &[(1, &[11, 10], own), (2, &[12, 10], other), (3, &[10, 14], other)]);
    town.controls = controls.iter().map(|pairs| control(10, 0.0, 0.0, pairs)).collect();
    let net = network(&town);
    let ratings = rate(&net, &SPEEDS, &Suite::bna(), Edition::Reference);
    let own = net.segments.way_id.iter().position(|&way| way == 1).unwrap();
    (net, ratings, own.into())
}

fn leaving_level(own: Pairs, other: Pairs, controls: &[Pairs]) -> Option<i64> {
    let (_, ratings, own) = leaving(own, other, controls);
    assert_eq!(ratings.crossing[own.index()].tf.level, Some(StressLevel::Low), "nothing at the other end");
    ratings.crossing[own.index()].ft.level.map(StressLevel::value)
}

const RRFB: Pairs = &[("highway", "crossing"), ("flashing_lights", "yes")];
const ISLAND: Pairs = &[("highway", "crossing"), ("crossing:island", "yes")];

#[test]
fn crossing_two_way_streets() {
    // lanes of both directions, miles an hour, level: plain, with island, with beacon, with both
    let rows = [
        ("5", "20 mph", [3, 3, 3, 3]),
        ("4", "20 mph", [1, 1, 1, 1]),
        ("4", "29 mph", [1, 1, 1, 1]),
        ("4", "30 mph", [3, 1, 1, 1]),
        ("4", "31 mph", [3, 3, 3, 1]),
        ("4", "40 mph", [3, 3, 3, 1]),
        ("4", "41 mph", [3, 3, 3, 3]),
        ("2", "30 mph", [1, 1, 1, 1]),
        ("2", "31 mph", [3, 1, 1, 1]),
        ("2", "35 mph", [3, 1, 1, 1]),
        ("2", "36 mph", [3, 1, 3, 1]),
        ("3", "60 mph", [3, 3, 3, 3]), // ⌈3/2⌉ each way are 4 (Q13)
        ("2", "60 mph", [3, 1, 3, 1]),
    ];
    for class in ["primary", "secondary", "tertiary"] {
        for (lanes, speed, expected) in rows {
            let main: Pairs = &[("highway", class), ("name", "Main"), ("lanes", lanes), ("maxspeed", speed)];
            let found =
                [&[][..], &[ISLAND], &[RRFB], &[RRFB_AND_ISLAND]].map(|controls| leaving_level(HOME, main, controls));
            assert_eq!(found, expected.map(Some), "{class} {lanes} {speed}");
        }
    }
}
const RRFB_AND_ISLAND: Pairs = &[("highway", "crossing"), ("flashing_lights", "yes"), ("crossing", "island")];

#[test]
fn crossing_one_way_streets() {
    let rows = [
        ("3", "20 mph", [3, 3, 3]),
        ("2", "30 mph", [1, 1, 1]),
        ("2", "31 mph", [3, 3, 1]),
        ("2", "40 mph", [3, 3, 1]),
        ("2", "41 mph", [3, 3, 3]),
        ("1", "30 mph", [1, 1, 1]),
        ("1", "31 mph", [3, 3, 1]),
        ("1", "35 mph", [3, 3, 1]),
        ("1", "36 mph", [3, 3, 3]),
    ];
    for oneway in ["yes", "-1"] {
        for (lanes, speed, expected) in rows {
            let main: Pairs = &[
                ("highway", "secondary"),
                ("name", "Main"),
                ("lanes", lanes),
                ("maxspeed", speed),
                ("oneway", oneway),
            ];
            let found = [&[][..], &[ISLAND], &[RRFB]].map(|controls| leaving_level(HOME, main, controls));
            assert_eq!(found, expected.map(Some), "{oneway} {lanes} {speed}");
        }
    }
}

#[test]
fn crossing_streets_without_tags_by_class() {
    let rows = [
        ("motorway", 3, 3),
        ("trunk", 3, 3),
        ("primary", 3, 3),
        ("secondary", 3, 3),
        ("tertiary", 1, 1), // 2 lanes, 30 mph
        ("primary_link", 1, 1),
        ("residential", 1, 1),
        ("living_street", 1, 1),
    ];
    let tertiary: Pairs = &[("highway", "tertiary"), ("name", "Home Street")];
    for (class, from_local, from_tertiary) in rows {
        let main: Pairs = &[("highway", class), ("name", "Main")];
        assert_eq!(leaving_level(HOME, main, &[]), Some(from_local), "{class}");
        assert_eq!(leaving_level(tertiary, main, &[]), Some(from_tertiary), "{class}");
    }
}

#[test]
fn tertiary_streets_are_crossed_calmly_from_tertiary_ones_only() {
    let fast: Pairs = &[("highway", "tertiary"), ("name", "Main"), ("maxspeed", "50 mph"), ("lanes", "6")];
    for (own, level) in [
        ("residential", 3),
        ("unclassified", 3),
        ("living_street", 3),
        ("cycleway", 3),
        ("tertiary", 1),
        ("secondary", 1),
        ("secondary_link", 1),
        ("motorway", 1),
    ] {
        assert_eq!(leaving_level(&[("highway", own), ("name", "Home")], fast, &[]), Some(level), "{own}");
    }
}

#[test]
fn streets_differ_by_name_and_unnamed_ones_always() {
    for (own, other, level) in [
        (Some("Main"), Some("Main"), 1),
        (Some("Main"), Some("main"), 3),
        (Some("Main"), None, 3),
        (None, Some("Main"), 3),
        (None, None, 3),
        (None, Some("a"), 1), // the reference's stand-in for no name
    ] {
        let tagged = |class, name: Option<&'static str>| {
            let mut pairs = vec![("highway", class)];
            pairs.extend(name.map(|name| ("name", name)));
            pairs
        };
        assert_eq!(
            leaving_level(&tagged("residential", own), &tagged("primary", other), &[]),
            Some(level),
            "{own:?} {other:?}"
        );
    }
}

#[test]
fn signals_and_all_way_stops_calm_crossings() {
    let main: Pairs = &[("highway", "primary"), ("name", "Main")];
    assert_eq!(leaving_level(HOME, main, &[&[("highway", "traffic_signals")]]), Some(1));
    assert_eq!(leaving_level(HOME, main, &[&[("highway", "stop"), ("stop", "all")]]), Some(1));
    assert_eq!(leaving_level(HOME, main, &[&[("highway", "stop"), ("stop", "minor")]]), Some(3));
}

#[test]
fn lanes_beyond_counting_do_not_overflow() {
    let main: Pairs = &[
        ("highway", "primary"),
        ("name", "Main"),
        ("lanes:forward", "2147483647"),
        ("lanes:backward", "2147483647"),
        ("maxspeed", "5 mph"),
    ];
    assert_eq!(leaving_level(HOME, main, &[]), Some(3));
}

#[test]
fn stress_of_turns_is_the_worst_of_three() {
    let main: Pairs = &[("highway", "primary"), ("name", "Main"), ("cycleway", "track")];
    let (net, ratings, own) = leaving(HOME, main, &[]);
    let level = |value: Option<StressLevel>| value.map_or(0, StressLevel::value);
    let mut from_home: Vec<_> = net
        .links
        .of(own)
        .map(|i| {
            let stress = ratings.links[i];
            let parts = [stress.source, stress.crossing, stress.target, stress.total].map(level);
            (net.segments.way_id[net.links.target[i].index()], net.links.crosses[i], parts)
        })
        .collect();
    from_home.sort_unstable();
    // southwards: west is right and does not cross
    assert_eq!(from_home, [(2, true, [1, 3, 1, 3]), (3, false, [1, 1, 1, 1])]);
}

#[test]
fn one_way_loop_entered_counts_nothing() {
    let nodes = [(1, 0.0, 0.0), (2, 0.0, 100.0), (3, 50.0, -50.0), (4, -50.0, -50.0)];
    let looped: Pairs = &[("highway", "primary"), ("oneway", "yes"), ("name", "Loop")];
    let net = network(&streets(&nodes, &[(1, &[2, 1], HOME), (2, &[1, 3, 4, 1], looped)]));
    let ratings = rate(&net, &SPEEDS, &Suite::bna(), Edition::Reference);
    let into_loop = (0..net.links.len()).find(|&i| net.segments.way_id[net.links.target[i].index()] == 2).unwrap();
    let stress = ratings.links[into_loop];
    assert_eq!((stress.target, stress.total), (None, Some(StressLevel::Low)));
    // its one turn is exempt from crossing stress; the loop itself is no island
    let islands: Vec<_> = (0..2).map(|i| (net.segments.way_id[i], ratings.island[i])).collect();
    assert!(islands.contains(&(1, Some(1))) && islands.contains(&(2, None)));
}

#[test]
fn islands_are_numbered_by_length() {
    // two calm quarters, 200 m and 300 m, on either side of a primary road
    let nodes = [
        (1, 0.0, 0.0),
        (2, 100.0, 0.0),
        (3, 200.0, 0.0),
        (4, 300.0, 0.0),
        (5, 400.0, 0.0),
        (6, 550.0, 0.0),
        (7, 700.0, 0.0),
    ];
    let main: Pairs = &[("highway", "primary"), ("name", "Main")];
    let ways: [Way; 6] = [
        (1, &[1, 2], HOME),
        (2, &[2, 3], HOME),
        (3, &[3, 4], main),
        (4, &[4, 5], main),
        (5, &[5, 6], HOME),
        (6, &[6, 7], HOME),
    ];
    let net = network(&streets(&nodes, &ways));
    let ratings = rate(&net, &SPEEDS, &Suite::bna(), Edition::Reference);
    let mut islands: Vec<_> =
        net.segments.way_id.iter().zip(&ratings.island).map(|(way, island)| (*way, *island)).collect();
    islands.sort_unstable();
    assert_eq!(islands, [(1, Some(2)), (2, Some(2)), (3, None), (4, None), (5, Some(1)), (6, Some(1))]);
}

#[test]
fn the_law_of_the_country_comes_after_city_and_state() {
    let road = street(FunctionalClass::Residential);
    let level = |city_mph, state_mph| {
        let speeds = SpeedLimits { city_mph, state_mph, country_mph: Some(31), ..SPEEDS };
        along(&road, &speeds, Edition::Current)
    };
    assert_eq!(level(None, None), Some(3));
    assert_eq!(level(Some(20), None), Some(1));
    assert_eq!(level(None, Some(20)), Some(1));
}

#[test]
fn share_of_assumed_residential_streets() {
    let nodes = [(1, 0.0, 0.0), (2, 100.0, 0.0), (3, 400.0, 0.0), (4, 500.0, 0.0)];
    let tagged: Pairs = &[("highway", "residential"), ("maxspeed", "20 mph")];
    let path: Pairs = &[("highway", "path")];
    let one_way: Pairs = &[("highway", "residential"), ("oneway", "-1")];
    let net = network(&streets(&nodes, &[(1, &[1, 2], one_way), (2, &[2, 3], tagged), (3, &[3, 4], path)]));
    let share = |speeds: &SpeedLimits, edition| rate(&net, speeds, &Suite::bna(), edition).assumed_share(&net);
    let unknown = SpeedLimits { state_mph: None, ..SPEEDS };
    assert_eq!(share(&unknown, Edition::Current), 0.25);
    assert_eq!(share(&unknown, Edition::Reference), 0.0);
    assert_eq!(share(&SPEEDS, Edition::Current), 0.0);
    assert_eq!(StressRatings::default().assumed_share(&StreetNetwork::default()), 0.0);
}

#[test]
fn the_biggest_stressful_street_is_named() {
    let nodes = [(10, 0.0, 0.0), (11, 0.0, 100.0), (12, 100.0, 0.0), (14, -100.0, 0.0), (15, 0.0, -100.0)];
    let named = |class, name, speed| [("highway", class), ("name", name), ("maxspeed", speed)];
    let ways: [Way; 4] = [
        (1, &[11, 10], HOME),
        (2, &[12, 10], &named("primary", "Calm Avenue", "20 mph")),
        (3, &[14, 10], &named("secondary", "Second Avenue", "50 mph")),
        (4, &[15, 10], &named("tertiary", "Third Avenue", "50 mph")),
    ];
    let net = network(&streets(&nodes, &ways));
    let ratings = rate(&net, &SPEEDS, &Suite::bna(), Edition::Current);
    let own = net.segments.way_id.iter().position(|&way| way == 1).unwrap();
    let Reason::Crosses { street, by: CrossedBy::Row(_) } = ratings.crossing[own].ft.reason else { panic!() };
    assert_eq!(net.segments.name[street.index()].as_deref(), Some("Second Avenue"));
}

#[test]
fn ratings_stay_small() {
    assert!(size_of::<Rating>() <= 16);
}
