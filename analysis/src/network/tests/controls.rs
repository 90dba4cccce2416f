use super::{CROSS, ROAD};
use crate::import::Control;
use crate::network::fixture::{Pairs, Way, control, network, streets};

/// The cross of four arms, and flags of its middle given some controls.
fn flags_of_cross(extra: Pairs, controls: Vec<Control>) -> [bool; 4] {
    let with_extra = [ROAD, extra].concat();
    let mut town = streets(&CROSS, &[(5, &[11, 10], &with_extra), (6, &[10, 13], ROAD), (7, &[14, 10, 12], ROAD)]);
    town.controls = controls;
    let net = network(&town);
    let j = &net.junctions;
    [j.signalized[0], j.stops[0], j.rrfb[0], j.island[0]]
}

#[test]
fn controls_at_junctions() {
    let crossing = |x, pairs: Pairs| vec![control(99, x, 0.0, &[&[("highway", "crossing")], pairs].concat())];
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
    assert!(flags_of_cross(&[("traffic_signals:direction", "forward")], vec![])[0]);
    assert!(!flags_of_cross(&[("traffic_signals:direction", "backward")], vec![])[0]);
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
    let ways: &[Way] = &[
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
