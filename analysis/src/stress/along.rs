//! Stress of riding along a segment (bna-method §4.1–§4.7).

use super::{Rating, Reason, SpeedSource, facts};
use crate::import::SpeedLimits;
use crate::model::{Direction, Edition};
use crate::network::{Attributes, FunctionalClass};
use crate::suite::{AlongRule, ArterialDefaults, LocalDefaults, Stress};

/// Rates one direction of a segment.
pub(super) fn rate(
    street: &Attributes,
    direction: Direction,
    speeds: &SpeedLimits,
    stress: &Stress,
    edition: Edition,
) -> Rating {
    if street.one_way.is_some_and(|allowed| allowed != direction) {
        return Rating { level: None, reason: Reason::AgainstOneWay };
    }
    if let Some(defaults) = facts::arterial(street.class, stress) {
        return arterial(street, direction, defaults, stress);
    }
    match street.class {
        FunctionalClass::Residential => {
            let assumed = (edition == Edition::Current).then_some((stress.residential.speed_mph, SpeedSource::Assumed));
            local(residential_speed(street, speeds).or(assumed), &stress.residential)
        }
        FunctionalClass::Unclassified => {
            let assumed = (stress.unclassified.speed_mph, SpeedSource::Assumed);
            local(own_speed(street).or(Some(assumed)), &stress.unclassified)
        }
        FunctionalClass::LivingStreet if street.bicycle_no => Rating::high(Reason::ClosedLivingStreet),
        FunctionalClass::LivingStreet => Rating::low(Reason::LivingStreet),
        FunctionalClass::Track | FunctionalClass::Path => Rating::low(Reason::OffStreet),
        _ => Rating::high(Reason::Expressway),
    }
}

fn own_speed(street: &Attributes) -> Option<(i32, SpeedSource)> {
    street.speed_limit_mph.map(|mph| (mph, SpeedSource::Street))
}

fn residential_speed(street: &Attributes, speeds: &SpeedLimits) -> Option<(i32, SpeedSource)> {
    let city = || speeds.city_mph.map(|mph| (mph, SpeedSource::City));
    let state = || speeds.state_mph.map(|mph| (mph, SpeedSource::State));
    let country = || speeds.country_mph.map(|mph| (mph, SpeedSource::Country));
    own_speed(street).or_else(city).or_else(state).or_else(country)
}

fn local(speed: Option<(i32, SpeedSource)>, limits: &LocalDefaults) -> Rating {
    Rating::low_if(speed.is_some_and(|(mph, _)| mph <= limits.speed_low_max_mph), Reason::Local { speed })
}

fn arterial(street: &Attributes, direction: Direction, defaults: &ArterialDefaults, stress: &Stress) -> Rating {
    let row = stress.along.iter().position(|rule| holds(rule, street, direction, defaults));
    let row = row.map(|row| u16::try_from(row).unwrap_or(u16::MAX));
    Rating::low_if(row.is_some(), Reason::Arterial { row })
}

fn holds(rule: &AlongRule, street: &Attributes, direction: Direction, defaults: &ArterialDefaults) -> bool {
    let lanes = facts::lanes(street, direction, defaults).value;
    let width_ft = facts::infra_width_ft(street, direction, defaults).value;
    rule.infra.matches(*street.bike_infra.get(direction))
        && slow_enough(rule, facts::speed_mph(street, defaults).value)
        && rule.lanes_min.is_none_or(|min| lanes >= min)
        && rule.lanes_max.is_none_or(|max| lanes <= max)
        && rule.infra_width_min_ft.is_none_or(|min| width_ft >= min)
}

/// Whether the rule allows that speed.
pub(super) fn slow_enough(rule: &AlongRule, speed_mph: i32) -> bool {
    rule.speed_max_mph.is_none_or(|max| speed_mph <= max)
}
