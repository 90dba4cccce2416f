//! Ratings in words: the rule with the facts that decided.

use super::along::slow_enough;
use super::facts::{self, Fact};
use super::{CrossedBy, Reason, SpeedSource, crossing};
use crate::model::{Direction, SegmentId, Unit};
use crate::network::{Attributes, BikeInfra, FunctionalClass, StreetNetwork};
use crate::suite::{ArterialDefaults, Stress, Suite};

/// Why a segment, or the crossing at its end, is rated as it is in that direction: one sentence for people, without a full stop.
pub fn explain(
    reason: Reason,
    segment: SegmentId,
    direction: Direction,
    network: &StreetNetwork,
    suite: &Suite,
    unit: Unit,
) -> String {
    let street = &network.segments.attributes[segment.index()];
    match reason {
        Reason::Expressway => format!("{}: no place for bicycles", class(street)),
        Reason::Arterial { row } => match facts::arterial(street.class, &suite.stress) {
            Some(defaults) => arterial(street, direction, defaults, row.is_some(), &suite.stress, unit),
            None => class(street),
        },
        Reason::Local { speed } => local(street, speed, &suite.stress, unit),
        Reason::LivingStreet => "living street: calm".into(),
        Reason::ClosedLivingStreet => "living street closed to bicycles".into(),
        Reason::OffStreet => format!("{}: away from traffic", class(street)),
        Reason::AgainstOneWay => "one-way street: riding this way is not allowed".into(),
        Reason::LeavesArterial => format!("{}: crossings are rated from smaller streets only", class(street)),
        Reason::LeavesLink => format!("{}: crossings are not rated from link roads", class(street)),
        Reason::NothingToCross => "no busy street to cross".into(),
        Reason::Crosses { street, by } => {
            let at = crossing::end(network, segment, direction).index();
            let protection = Protection { island: network.junctions.island[at], rrfb: network.junctions.rrfb[at] };
            format!(
                "crosses {}{}",
                crossed(street, network, &suite.stress, unit),
                manner(by, protection, network, street)
            )
        }
    }
}

fn words(tag_value: &str) -> String {
    tag_value.replace('_', " ")
}

fn class(street: &Attributes) -> String {
    let counted = words(street.class.as_str());
    if street.class == street.tagged_class {
        counted
    } else {
        format!("{} counted as {counted}", words(street.tagged_class.as_str()))
    }
}

/// "2 lanes assumed"
fn lanes(Fact { value, assumed }: Fact<i32>) -> String {
    format!("{value} lane{}{}", if value == 1 { "" } else { "s" }, supposed(assumed))
}

fn speed(Fact { value, assumed }: Fact<i32>, unit: Unit) -> String {
    unit.speed(value) + supposed(assumed)
}

fn supposed(assumed: bool) -> &'static str {
    if assumed { " assumed" } else { "" }
}

fn arterial(
    street: &Attributes,
    direction: Direction,
    defaults: &ArterialDefaults,
    low: bool,
    stress: &Stress,
    unit: Unit,
) -> String {
    let infra = *street.bike_infra.get(direction);
    let kind = match infra {
        None => "no bicycle lane",
        Some(BikeInfra::Sharrow) => "sharrow",
        Some(BikeInfra::Lane) => "bicycle lane",
        Some(BikeInfra::BufferedLane) => "buffered bicycle lane",
        Some(BikeInfra::Track) => "protected bicycle lane",
    };
    if low && infra == Some(BikeInfra::Track) {
        return format!("{}, {kind}: apart from traffic", class(street));
    }
    let width = facts::infra_width_ft(street, direction, defaults);
    let width = match infra.is_some() && !width.assumed {
        true => format!(" {} wide", unit.width(width.value)),
        false => String::new(),
    };
    let limit = facts::speed_mph(street, defaults);
    let slow = stress.along.iter().any(|rule| rule.infra.matches(infra) && slow_enough(rule, limit.value));
    let verdict = match (low, infra) {
        (true, _) => "calm enough",
        (false, None | Some(BikeInfra::Sharrow)) if slow => "shared with several lanes of traffic",
        (false, None | Some(BikeInfra::Sharrow)) => "shared with fast traffic",
        (false, _) if slow => "too many lanes, or too narrow",
        (false, _) => "traffic too fast",
    };
    let (speed, lanes) = (speed(limit, unit), lanes(facts::lanes(street, direction, defaults)));
    format!("{}, {kind}{width}, {speed}, {lanes}: {verdict}", class(street))
}

fn local(street: &Attributes, speed: Option<(i32, SpeedSource)>, stress: &Stress, unit: Unit) -> String {
    let Some((mph, source)) = speed else {
        return format!("{}, speed limit unknown: counted as stressful", class(street));
    };
    let limits = match street.class {
        FunctionalClass::Unclassified => &stress.unclassified,
        _ => &stress.residential,
    };
    let source = match source {
        SpeedSource::Street => "",
        SpeedSource::City => " (default of the city)",
        SpeedSource::State => " (default of the state)",
        SpeedSource::Country => " (legal default in towns of the country)",
        SpeedSource::Assumed => " assumed",
    };
    let verdict = if mph <= limits.speed_low_max_mph { "calm" } else { "too fast" };
    format!("{}, {}{source}: {verdict}", class(street), unit.speed(mph))
}

/// Name of the street crossed and what it is like.
fn crossed(street: SegmentId, network: &StreetNetwork, stress: &Stress, unit: Unit) -> String {
    let name = network.segments.name[street.index()].as_deref().unwrap_or("an unnamed street");
    let street = &network.segments.attributes[street.index()];
    match facts::crossed_arterial(street.class, stress) {
        None => format!("{name} ({})", class(street)),
        Some(defaults) => {
            let speed = speed(facts::speed_mph(street, defaults), unit);
            let lanes = lanes(facts::lanes_to_cross(street, defaults));
            format!("{name} ({}, {speed}, {lanes})", class(street))
        }
    }
}

/// What helps at a junction short of a signal.
struct Protection {
    island: bool,
    rrfb: bool,
}

fn manner(by: CrossedBy, at: Protection, network: &StreetNetwork, street: SegmentId) -> String {
    match by {
        CrossedBy::Signal => " with a traffic signal".into(),
        CrossedBy::AllWayStop => " with an all-way stop".into(),
        CrossedBy::CalmTraffic => ": calm enough to cross".into(),
        CrossedBy::Expressway => " without signal or all-way stop".into(),
        CrossedBy::Row(_) => {
            let island_counts = network.segments.attributes[street.index()].one_way.is_none();
            let lacking =
                if island_counts && !at.island { "signal, all-way stop or island" } else { "signal or all-way stop" };
            let present = match (at.island && island_counts, at.rrfb) {
                (true, true) => ", in spite of island and flashing beacon",
                (true, false) => ", in spite of an island",
                (false, true) => ", in spite of a flashing beacon",
                (false, false) => "",
            };
            format!(" without {lacking}{present}")
        }
    }
}
