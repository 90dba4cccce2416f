//! Stress of leaving a segment at its end (bna-method §4.8).

use super::{CrossedBy, Rating, Reason, facts};
use crate::model::{Direction, JunctionId, SegmentId};
use crate::network::{Attributes, FunctionalClass, Incidence, Junctions, StreetNetwork};
use crate::suite::{CrossingRule, Stress};

/// Rates the end of a segment that a direction leads to.
pub(super) fn rate(
    network: &StreetNetwork,
    incidence: &Incidence,
    stress: &Stress,
    segment: SegmentId,
    direction: Direction,
) -> Rating {
    use FunctionalClass as Class;
    match network.segments.attributes[segment.index()].class {
        Class::Motorway | Class::Trunk | Class::Primary | Class::Secondary => Rating::low(Reason::LeavesArterial),
        Class::MotorwayLink | Class::TrunkLink | Class::PrimaryLink | Class::SecondaryLink | Class::TertiaryLink => {
            Rating::low(Reason::LeavesLink)
        }
        Class::Tertiary
        | Class::Unclassified
        | Class::Residential
        | Class::LivingStreet
        | Class::Track
        | Class::Path => leave(network, incidence, stress, segment, end(network, segment, direction)),
    }
}

/// The junction that a direction leads to.
pub(super) fn end(network: &StreetNetwork, segment: SegmentId, direction: Direction) -> JunctionId {
    match direction {
        Direction::Ft => network.segments.to[segment.index()],
        Direction::Tf => network.segments.from[segment.index()],
    }
}

fn leave(
    network: &StreetNetwork,
    incidence: &Incidence,
    stress: &Stress,
    segment: SegmentId,
    junction: JunctionId,
) -> Rating {
    let (attributes, junctions) = (&network.segments.attributes, &network.junctions);
    let from_tertiary = attributes[segment.index()].class == FunctionalClass::Tertiary;
    let crossed = incidence.at(junction).iter().filter(|&&other| other != segment && differ(network, segment, other));
    let rated = crossed.filter_map(|&street| {
        let by = hazard(&attributes[street.index()], junctions, junction, stress, from_tertiary)?;
        Some((by == CrossedBy::CalmTraffic, attributes[street.index()].class, street, by))
    });
    let Some((calm, _, street, by)) = rated.min_by_key(|&(calm, class, street, _)| (calm, class, street)) else {
        return Rating::low(Reason::NothingToCross);
    };
    let crosses = |by| Reason::Crosses { street, by };
    if calm {
        Rating::low(crosses(CrossedBy::CalmTraffic))
    } else if junctions.signalized[junction.index()] {
        Rating::low(crosses(CrossedBy::Signal))
    } else if junctions.stops[junction.index()] {
        Rating::low(crosses(CrossedBy::AllWayStop))
    } else {
        Rating::high(crosses(by))
    }
}

/// Streets of the same name are not crossed; two unnamed ones are (Q11). The stand-ins are the reference's.
fn differ(network: &StreetNetwork, own: SegmentId, other: SegmentId) -> bool {
    let name = |id: SegmentId| network.segments.name[id.index()].as_deref();
    name(own).unwrap_or("a") != name(other).unwrap_or("b")
}

/// What crossing a street there would be like without signal or stop; none: never stressful.
fn hazard(
    street: &Attributes,
    junctions: &Junctions,
    junction: JunctionId,
    stress: &Stress,
    from_tertiary: bool,
) -> Option<CrossedBy> {
    if matches!(street.class, FunctionalClass::Motorway | FunctionalClass::Trunk) {
        return Some(CrossedBy::Expressway);
    }
    let defaults = facts::crossed_arterial(street.class, stress)?;
    if from_tertiary && !defaults.crosses_tertiary {
        return None;
    }
    let crossing = Crossing {
        one_way: street.one_way.is_some(),
        lanes: facts::lanes_to_cross(street, defaults).value,
        speed_mph: facts::speed_mph(street, defaults).value,
        rrfb: junctions.rrfb[junction.index()],
        island: junctions.island[junction.index()],
    };
    let row = stress.crossing.iter().position(|rule| crossing.meets(rule));
    Some(row.map_or(CrossedBy::CalmTraffic, |row| CrossedBy::Row(u16::try_from(row).unwrap_or(u16::MAX))))
}

/// A street as it is met at a junction.
struct Crossing {
    one_way: bool,
    lanes: i32,
    speed_mph: i32,
    rrfb: bool,
    island: bool,
}

impl Crossing {
    fn meets(&self, rule: &CrossingRule) -> bool {
        self.one_way == rule.one_way
            && rule.lanes_min.is_none_or(|min| self.lanes >= min)
            && rule.lanes_max.is_none_or(|max| self.lanes <= max)
            && rule.rrfb.is_none_or(|rrfb| self.rrfb == rrfb)
            && rule.island.is_none_or(|island| self.island == island)
            && rule.speed_over_mph.is_none_or(|limit| self.speed_mph > limit)
            && rule.speed_from_mph.is_none_or(|limit| self.speed_mph >= limit)
    }
}
