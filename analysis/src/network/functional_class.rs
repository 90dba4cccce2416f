//! Functional class (bna-method §3.3).

use super::FunctionalClass;
use crate::import::osm::Tags;
use crate::suite::Network;

/// Classes that are highway values themselves.
const AS_TAGGED: [FunctionalClass; 13] = [
    FunctionalClass::Motorway,
    FunctionalClass::MotorwayLink,
    FunctionalClass::Trunk,
    FunctionalClass::TrunkLink,
    FunctionalClass::Primary,
    FunctionalClass::PrimaryLink,
    FunctionalClass::Secondary,
    FunctionalClass::SecondaryLink,
    FunctionalClass::Tertiary,
    FunctionalClass::TertiaryLink,
    FunctionalClass::Unclassified,
    FunctionalClass::Residential,
    FunctionalClass::LivingStreet,
];

/// Class of a way and whether it is a crossing on foot; none: not to be ridden on.
pub(super) fn functional_class(tags: &Tags, width_ft: Option<i32>, suite: &Network) -> Option<(FunctionalClass, bool)> {
    let highway = tags.get("highway")?;
    let bicycle = tags.get("bicycle");
    let allowed = bicycle.is_some_and(|value| suite.bicycle_allowed.iter().any(|allowed| allowed == value));
    match tags.get("access") {
        Some("no") if allowed => {}
        Some("no" | "private") => return None,
        _ => {}
    }
    let is = |key, values: &[&str]| tags.get(key).is_some_and(|value| values.contains(&value));
    let if_so = |holds: bool, class| holds.then_some((class, false));
    match highway {
        "track" => if_so(is("tracktype", &["grade1"]), FunctionalClass::Track),
        "path" if is("golf", &["path", "cartpath"]) || is("golf_cart", &["yes", "designated"]) => {
            Some((FunctionalClass::Unclassified, false))
        }
        "cycleway" | "path" => Some((FunctionalClass::Path, false)),
        "footway" => {
            let crossing = is("footway", &["crossing", "traffic_island"]);
            let wide = width_ft.unwrap_or(0) >= suite.footway_width_min_ft;
            let shared = allowed && (bicycle == Some("designated") || wide);
            (crossing || shared).then_some((FunctionalClass::Path, crossing))
        }
        "service" => if_so(allowed, FunctionalClass::Unclassified),
        "pedestrian" => if_so(allowed, FunctionalClass::LivingStreet),
        tagged => AS_TAGGED.into_iter().find(|class| class.as_str() == tagged).map(|class| (class, false)),
    }
}
