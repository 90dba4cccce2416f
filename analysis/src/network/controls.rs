//! Signals, stops, flashing beacons and islands at junctions (bna-method §3.11–§3.13).

use super::{Junctions, Segments};
use crate::import::{Control, Streets};
use crate::model::Direction;
use crate::suite::Network;
use geo_types::Coord;
use rayon::prelude::*;
use rstar::RTree;
use std::collections::HashMap;

/// Values of `crossing` that mean a signal for people on foot or on a bicycle.
const SIGNAL_CROSSINGS: [&str; 4] = ["traffic_signals", "hawk", "pelican", "toucan"];
/// Values of `flashing_lights` that mean a rapid flashing beacon.
const BEACONS: [&str; 4] = ["yes", "button", "always", "sensor"];

/// Fills the flags of junctions. `signal_at`: the end of each segment that its way signals.
pub(super) fn set(
    junctions: &mut Junctions,
    segments: &Segments,
    signal_at: &[Option<Direction>],
    streets: &Streets,
    suite: &Network,
) {
    let crossing_where = |holds: &dyn Fn(&Control) -> bool| -> Vec<Coord<f64>> {
        let crossings = streets.controls.iter().filter(|control| control.tags.get("highway") == Some("crossing"));
        crossings.filter(|control| holds(control)).map(|control| control.xy).collect()
    };
    let is = |control: &Control, key, values: &[&str]| control.tags.get(key).is_some_and(|v| values.contains(&v));

    let mut signalized = at_own_node(junctions, streets, |own| own.tags.get("highway") == Some("traffic_signals"));
    set_by_way(&mut signalized, segments, signal_at);
    let crossings = crossing_where(&|crossing| is(crossing, "crossing", &SIGNAL_CROSSINGS));
    spread(&mut signalized, junctions, crossings, suite.signal_distance_m);
    let so_far = places(&signalized, junctions);
    spread(&mut signalized, junctions, so_far, suite.signal_distance_m);

    let mut stops = at_own_node(junctions, streets, |own| {
        own.tags.get("highway") == Some("stop") && own.tags.get("stop") == Some("all")
    });
    let so_far = places(&stops, junctions);
    spread(&mut stops, junctions, so_far, suite.stop_distance_m);

    let mut rrfb = vec![false; junctions.len()];
    let crossings = crossing_where(&|crossing| is(crossing, "flashing_lights", &BEACONS));
    spread(&mut rrfb, junctions, crossings, suite.rrfb_distance_m);

    let mut island = vec![false; junctions.len()];
    let crossings =
        crossing_where(&|crossing| is(crossing, "crossing", &["island"]) || is(crossing, "crossing:island", &["yes"]));
    spread(&mut island, junctions, crossings, suite.island_distance_m);

    (junctions.signalized, junctions.stops, junctions.rrfb, junctions.island) = (signalized, stops, rrfb, island);
}

/// Junctions whose own node is a control of that kind.
fn at_own_node(junctions: &Junctions, streets: &Streets, holds: impl Fn(&Control) -> bool) -> Vec<bool> {
    let own: HashMap<i64, &Control> = streets.controls.iter().map(|control| (control.node_id, control)).collect();
    junctions.osm_id.iter().map(|id| own.get(id).is_some_and(|control| holds(control))).collect()
}

/// Ways that signal one end of each of their segments (Q20).
fn set_by_way(signalized: &mut [bool], segments: &Segments, signal_at: &[Option<Direction>]) {
    for (segment, end) in signal_at.iter().enumerate() {
        match end {
            Some(Direction::Ft) => signalized[segments.to[segment].index()] = true,
            Some(Direction::Tf) => signalized[segments.from[segment].index()] = true,
            None => {}
        }
    }
}

/// Where flagged junctions are.
fn places(flags: &[bool], junctions: &Junctions) -> Vec<Coord<f64>> {
    flags.iter().zip(&junctions.xy).filter(|(flag, _)| **flag).map(|(_, xy)| *xy).collect()
}

/// Sets the flag of junctions with more than two legs that have one of the points within a distance (inclusive).
fn spread(flags: &mut [bool], junctions: &Junctions, points: Vec<Coord<f64>>, distance_m: f64) {
    if points.is_empty() {
        return;
    }
    let tree = RTree::bulk_load(points.into_iter().map(|at| [at.x, at.y]).collect());
    let near = |at: &Coord<f64>| tree.locate_within_distance([at.x, at.y], distance_m * distance_m).next().is_some();
    flags.par_iter_mut().zip(&junctions.xy).zip(&junctions.legs).for_each(|((flag, xy), &legs)| {
        *flag = *flag || (legs > 2 && near(xy));
    });
}
