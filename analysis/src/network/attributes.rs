//! What the tags of a way say about its segments (bna-method §3.1–§3.9). Tags are read here for the last time.

use super::bike_infra::Cycleways;
use super::functional_class::functional_class;
use super::tag_values::{digits, speed_mph, width_ft};
use super::{Attributes, BikeInfra, FunctionalClass};
use crate::import::StreetWay;
use crate::import::osm::Tags;
use crate::model::{Direction, PerDirection};
use crate::suite::Network;

/// What a way hands on to its segments.
pub(super) struct WayFacts {
    pub attributes: Attributes,
    /// `oneway` as osm2pgrouting writes it.
    pub oneway: &'static str,
    /// The end of each segment that `traffic_signals:direction` signals: `Ft` = `to` (§3.11, Q20).
    pub signal_at: Option<Direction>,
}

/// Reads a way; none if it is no street: no class (§3.3), or no line row to read tags from (§2.4).
pub(super) fn read(way: &StreetWay, suite: &Network) -> Option<WayFacts> {
    let tags = way.has_line_row.then_some(&way.tags)?;
    let signal_at = match tags.get("traffic_signals:direction") {
        Some("forward") => Some(Direction::Ft),
        Some("backward") => Some(Direction::Tf),
        _ => None,
    };
    Some(WayFacts { attributes: attributes(tags, suite)?, oneway: oneway(tags), signal_at })
}

/// `oneway` as text (§2.1, and what osm2pgrouting 2.3.8 does beyond it): the first tag that says something wins.
fn oneway(tags: &Tags) -> &'static str {
    let says = |(key, value): &(Box<str>, Box<str>)| match (&**key, &**value) {
        ("oneway", "yes" | "true" | "1") | ("junction", "roundabout") | ("highway", "motorway") => Some("YES"),
        ("oneway", "no" | "false" | "0") => Some("NO"),
        ("oneway", "-1") => Some("REVERSED"),
        ("oneway", "reversible") => Some("REVERSIBLE"),
        _ => None,
    };
    tags.0.iter().find_map(says).unwrap_or("UNKNOWN")
}

fn attributes(tags: &Tags, suite: &Network) -> Option<Attributes> {
    let one_way_car = match tags.get("oneway").map(|value| value.trim_matches(' ')) {
        Some("1" | "yes") => Some(Direction::Ft),
        Some("-1") => Some(Direction::Tf),
        _ => None,
    };
    let width_ft = tags.get("width").and_then(width_ft);
    let (tagged_class, xwalk) = functional_class(tags, width_ft, suite)?;
    let cycleways = Cycleways::of(tags);
    let bike_infra = cycleways.as_ref().map(|found| found.infra(one_way_car)).unwrap_or_default();
    let bike_infra_width_ft = PerDirection::from_fn(|direction| {
        bike_infra.get(direction).and_then(|_| cycleways.as_ref()?.width_ft(direction, one_way_car))
    });
    let mut attributes = Attributes {
        class: tagged_class,
        tagged_class,
        xwalk,
        bicycle_no: tags.get("bicycle") == Some("no"),
        speed_limit_mph: tags.get("maxspeed").and_then(speed_mph),
        one_way_car,
        one_way: one_way_car
            .filter(|cars| bike_infra.get(cars.reverse()).is_none() && tags.get("oneway:bicycle") != Some("no")),
        width_ft,
        bike_infra,
        bike_infra_width_ft,
        lanes: PerDirection::from_fn(|direction| lanes(tags, direction, |_| true)),
        cross_lanes: PerDirection::from_fn(|direction| lanes(tags, direction, |lane| lane != "right")),
        turn_lane: tags.get("lanes:both_ways").or(tags.get("turn:lanes:both_ways")).is_some(),
        parking: PerDirection { ft: parking(tags, PARKING_RIGHT), tf: parking(tags, PARKING_LEFT) },
    };
    attributes.class = adjusted_class(&attributes, suite);
    Some(attributes)
}

/// §3.6. Of turn lanes only those that count.
fn lanes(tags: &Tags, direction: Direction, counts: impl Fn(&str) -> bool) -> Option<i32> {
    let (turns, of_direction, one_way): (_, _, &[&str]) = match direction {
        Direction::Ft => ("turn:lanes:forward", "lanes:forward", &["1", "yes"]),
        Direction::Tf => ("turn:lanes:backward", "lanes:backward", &["-1"]),
    };
    let oneway = tags.get("oneway");
    let is_one_way = oneway.is_some_and(|value| one_way.contains(&value));
    let unless_none = |lanes: usize| i32::try_from(lanes).ok().filter(|&lanes| lanes > 0);
    if let Some(turns) = tags.get(turns).or_else(|| tags.get("turn:lanes").filter(|_| is_one_way)) {
        return unless_none(turns.split('|').filter(|lane| counts(lane)).count());
    }
    if let Some(lanes) = tags.get(of_direction).or_else(|| tags.get("lanes").filter(|_| is_one_way)) {
        return digits(lanes);
    }
    let both = tags.get("lanes").filter(|_| matches!(oneway, None | Some("no")))?;
    digits(both).map(|lanes| lanes / 2 + lanes % 2)
}

/// Tags of one side: `parking:lane:…`, `parking:…`, `parking:…:restriction`.
type ParkingTags = [&'static str; 3];
const PARKING_RIGHT: ParkingTags = ["parking:lane:right", "parking:right", "parking:right:restriction"];
const PARKING_LEFT: ParkingTags = ["parking:lane:left", "parking:left", "parking:left:restriction"];

/// §3.7; `both` never counts (Q6).
fn parking(tags: &Tags, [lane, side, restriction]: ParkingTags) -> Option<bool> {
    match tags.get(lane) {
        Some("parallel" | "paralell" | "diagonal" | "perpendicular") => return Some(true),
        Some("no_parking" | "no_stopping") => return Some(false),
        _ => {}
    }
    match (tags.get(side), tags.get(restriction)) {
        (Some("lane"), _) => Some(true),
        (Some("no"), _) | (_, Some("no_stopping" | "no_parking")) => Some(false),
        _ => None,
    }
}

/// §3.9: residential and unclassified streets that look like more.
fn adjusted_class(street: &Attributes, suite: &Network) -> FunctionalClass {
    let lane = |direction| {
        matches!(street.bike_infra.get(direction), Some(BikeInfra::Track | BikeInfra::BufferedLane | BikeInfra::Lane))
    };
    let many = |direction| street.lanes.get(direction).is_some_and(|lanes| lanes >= suite.adjust_lanes_min);
    let fast = street.speed_limit_mph.is_some_and(|speed| speed >= suite.adjust_speed_min_mph);
    let busy = Direction::BOTH.into_iter().all(lane) || Direction::BOTH.into_iter().any(many) || fast;
    match street.tagged_class {
        FunctionalClass::Residential | FunctionalClass::Unclassified if busy => FunctionalClass::Tertiary,
        class => class,
    }
}
