//! What is known of a street, or assumed of its class (bna-method §4.2, §4.8).

use crate::model::Direction;
use crate::network::{Attributes, FunctionalClass};
use crate::suite::{ArterialDefaults, Stress};

/// A value and whether it is merely assumed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Fact<T> {
    pub value: T,
    pub assumed: bool,
}

fn known_or<T>(known: Option<T>, default: T) -> Fact<T> {
    Fact { assumed: known.is_none(), value: known.unwrap_or(default) }
}

/// Defaults of a class that is rated as an arterial when ridden along: links too.
pub(super) fn arterial(class: FunctionalClass, stress: &Stress) -> Option<&ArterialDefaults> {
    match class {
        FunctionalClass::PrimaryLink => Some(&stress.primary),
        FunctionalClass::SecondaryLink => Some(&stress.secondary),
        FunctionalClass::TertiaryLink => Some(&stress.tertiary),
        class => crossed_arterial(class, stress),
    }
}

/// Defaults of a class that can be stressful to cross: links never are (Q11).
pub(super) fn crossed_arterial(class: FunctionalClass, stress: &Stress) -> Option<&ArterialDefaults> {
    match class {
        FunctionalClass::Primary => Some(&stress.primary),
        FunctionalClass::Secondary => Some(&stress.secondary),
        FunctionalClass::Tertiary => Some(&stress.tertiary),
        _ => None,
    }
}

/// Speed limit, miles an hour.
pub(super) fn speed_mph(street: &Attributes, defaults: &ArterialDefaults) -> Fact<i32> {
    known_or(street.speed_limit_mph, defaults.speed_mph)
}

/// Lanes of a direction.
pub(super) fn lanes(street: &Attributes, direction: Direction, defaults: &ArterialDefaults) -> Fact<i32> {
    known_or(*street.lanes.get(direction), defaults.lanes)
}

/// Width of the bicycle infrastructure of a direction, feet.
pub(super) fn infra_width_ft(street: &Attributes, direction: Direction, defaults: &ArterialDefaults) -> Fact<f64> {
    known_or(*street.bike_infra_width_ft.get(direction), defaults.infra_width_ft)
}

/// Lanes to cross: both directions; of a street one-way for bicycles whichever is known (Q13).
pub(super) fn lanes_to_cross(street: &Attributes, defaults: &ArterialDefaults) -> Fact<i32> {
    if street.one_way.is_some() {
        return known_or(street.lanes.ft.or(street.lanes.tf), defaults.lanes);
    }
    let [ft, tf] = Direction::BOTH.map(|direction| lanes(street, direction, defaults));
    Fact { value: ft.value.saturating_add(tf.value), assumed: ft.assumed || tf.assumed }
}
