//! Values of a suite that no type can refuse.

use super::{Category, CategoryKind, Curve, Suite};
use crate::layers::tables::TABLES;
use std::collections::BTreeSet;

/// A value that cannot be.
pub(super) struct Fault {
    /// Where: a table header (with its position among equals) and a key.
    pub place: Place,
    /// What and what to do.
    pub what: String,
}

/// Header as written (`[reach]`, `[[category]]`), how many of the same come before, key.
pub(super) struct Place {
    header: &'static str,
    nth: usize,
    key: &'static str,
}

fn fault(header: &'static str, nth: usize, key: &'static str, what: String) -> Option<Fault> {
    Some(Fault { place: Place { header, nth, key }, what: format!("`{key}` {what}") })
}

/// The line (from 1) on which a key stands, or its header, or 1.
pub(super) fn line_of(text: &str, place: &Place) -> usize {
    let mut seen = 0;
    let mut header_line = 1;
    let mut inside = place.header.is_empty();
    for (number, line) in text.lines().enumerate().map(|(n, line)| (n + 1, line.trim_start())) {
        if line.starts_with('[') && !place.header.is_empty() {
            let same = line.starts_with(place.header);
            inside = same && seen == place.nth;
            seen += usize::from(same);
            if inside {
                header_line = number;
            }
        } else if inside && line.strip_prefix(place.key).is_some_and(|rest| rest.trim_start().starts_with('=')) {
            return number;
        }
    }
    header_line
}

/// The first value that cannot be, in the order of the file.
pub(super) fn first_fault(suite: &Suite) -> Option<Fault> {
    numbers(suite)
        .or_else(|| groups(suite))
        .or_else(|| categories(suite))
        .or_else(|| clashes(suite))
        .or_else(|| columns(suite))
}

fn numbers(suite: &Suite) -> Option<Fault> {
    let (area, network, reach) = (&suite.area, &suite.network, &suite.reach);
    let trail = &network.trail;
    let rows = [
        ("[area]", "buffer_m", area.buffer_m, 0.0, 50_000.0),
        ("[area]", "block_share_min", area.block_share_min, 0.0, 1.0),
        ("[area]", "grid_cell_m", area.grid_cell_m, 1.0, 100_000.0),
        ("[area]", "grid_population", area.grid_population, 0.0, 1e9),
        ("[network]", "service_distance_m", network.service_distance_m, 0.0, 1e6),
        ("[network]", "chunk_ways", f64::from(network.chunk_ways), 1.0, 4e9),
        ("[network]", "signal_distance_m", network.signal_distance_m, 0.0, 1000.0),
        ("[network]", "stop_distance_m", network.stop_distance_m, 0.0, 1000.0),
        ("[network]", "rrfb_distance_m", network.rrfb_distance_m, 0.0, 1000.0),
        ("[network]", "island_distance_m", network.island_distance_m, 0.0, 1000.0),
        ("[network.trail]", "length_min_m", trail.length_min_m, 0.0, 1e7),
        ("[network.trail]", "diagonal_min_m", trail.diagonal_min_m, 0.0, 1e7),
        ("[reach]", "trip_max_m", f64::from(reach.trip_max_m), 1.0, 4095.0),
        ("[reach]", "detour_max", reach.detour_max, 1.0, 100.0),
        ("[reach]", "block_buffer_m", reach.block_buffer_m, 0.1, 1000.0),
        ("[reach]", "block_overlap_min_m", reach.block_overlap_min_m, 0.0, 10_000.0),
    ];
    let slow = |kmh: &u16| !(5..=200).contains(kmh);
    if let Some((country, kmh)) = suite.urban_speed.iter().find(|(_, kmh)| slow(kmh)) {
        return fault(
            "[urban_speed]",
            0,
            "urban_speed",
            format!("of {country} is {kmh} km/h; it must lie between 5 and 200"),
        );
    }
    rows.into_iter().find(|(_, _, value, low, high)| !(low..=high).contains(&value)).and_then(
        |(header, key, value, low, high)| {
            fault(header, 0, key, format!("is {value}; it must lie between {low} and {high}"))
        },
    )
}

fn groups(suite: &Suite) -> Option<Fault> {
    let mut seen = BTreeSet::new();
    for (nth, group) in suite.groups.iter().enumerate() {
        if !seen.insert(&group.id) {
            return fault("[[group]]", nth, "id", format!("\"{}\" stands twice; group ids are unique", group.id));
        }
        if !(0.0..=100.0).contains(&group.weight) {
            return fault("[[group]]", nth, "weight", format!("is {}; it must lie between 0 and 100", group.weight));
        }
        if !suite.categories.iter().any(|category| category.group == group.id) {
            return fault(
                "[[group]]",
                nth,
                "id",
                format!("\"{}\" has no category; add one or remove the group", group.id),
            );
        }
    }
    let total: f64 = suite.groups.iter().map(|group| group.weight).sum();
    if (total - 100.0).abs() > 1e-9 {
        return fault("[[group]]", 0, "weight", format!("of all groups totals {total}; make it 100"));
    }
    None
}

/// Columns that every table of destinations has, and what databases add.
const TAKEN_COLUMNS: [&str; 8] =
    ["blockid20", "fid", "geom", "id", "osm_id", "pop_high_stress", "pop_low_stress", "pop_score"];

fn categories(suite: &Suite) -> Option<Fault> {
    let mut seen = BTreeSet::new();
    for (nth, category) in suite.categories.iter().enumerate() {
        let at = |key, what| fault("[[category]]", nth, key, what);
        for (key, value) in [("id", &category.id), ("score_id", &category.score_id), ("flag", &category.flag)] {
            if !seen.insert((key, value)) {
                return at(key, format!("\"{value}\" stands twice; it must be unique"));
            }
            if !is_name(value) {
                return at(
                    key,
                    format!("\"{value}\" must be lower-case letters, digits and _, starting with a letter"),
                );
            }
        }
        let table = format!("neighborhood_{}", category.id);
        if category.has_destinations() && TABLES.iter().any(|ours| ours.name == table) {
            return at("id", format!("\"{}\" is the name of another table ({table}); choose another", category.id));
        }
        if !suite.groups.iter().any(|group| group.id == category.group) {
            return at("group", format!("\"{}\" is no group of this suite", category.group));
        }
        if !(category.weight > 0.0 && category.weight.is_finite()) {
            return at("weight", format!("is {}; it must be more than 0", category.weight));
        }
        if !(0.0..=10_000.0).contains(&category.tolerance_m) {
            return at("tolerance_m", format!("is {}; it must lie between 0 and 10000", category.tolerance_m));
        }
        if let Some(name) = category.name_column.as_ref().filter(|name| !is_name(name)) {
            return at("name_column", format!("\"{name}\" must be lower-case letters, digits and _"));
        }
        if let Some(name) = category.name_column.as_deref().filter(|name| TAKEN_COLUMNS.contains(name)) {
            return at("name_column", format!("\"{name}\" is another column of destinations; choose another"));
        }
        if category.has_destinations() && category.polygons.is_empty() && category.point_rules().is_empty() {
            return at("polygons", "is missing: say by which tags places are found".into());
        }
        if let Some(what) = curve_fault(category) {
            return at("curve", what);
        }
    }
    None
}

fn is_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_lowercase())
        && text.len() <= 48
        && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
}

fn curve_fault(category: &Category) -> Option<String> {
    let of_blocks = matches!(category.kind, CategoryKind::Population | CategoryKind::Jobs);
    match &category.curve {
        Curve::Steps(_) if of_blocks => Some("of population and jobs must have `breaks`".into()),
        Curve::Breaks(_) if !of_blocks => Some("of places must have `first`, `second`, `third`".into()),
        Curve::Steps(steps) => {
            let values = [steps.first, steps.second, steps.third];
            let gap = values.windows(2).any(|pair| pair[0] == 0.0 && pair[1] != 0.0);
            if values.iter().any(|value| !(0.0..=1.0).contains(value)) || values.iter().sum::<f64>() > 1.0 {
                Some("must have steps between 0 and 1 that total at most 1".into())
            } else {
                gap.then(|| "may not have a step after a step of 0".into())
            }
        }
        Curve::Breaks(curve) => {
            let rising = curve.breaks.windows(2).all(|pair| pair[0][0] < pair[1][0] && pair[0][1] <= pair[1][1]);
            let inside = curve.breaks.iter().flatten().all(|value| *value > 0.0 && *value < 1.0);
            (!rising || !inside || curve.breaks.is_empty())
                .then(|| "must have at least one break, rising, with ratios and scores between 0 and 1".into())
        }
    }
}

/// Ids of groups with several members name rows and columns beside those of the categories.
fn clashes(suite: &Suite) -> Option<Fault> {
    suite.groups.iter().enumerate().find_map(|(nth, group)| {
        let members = suite.categories.iter().filter(|category| category.group == group.id).count();
        let clash =
            suite.categories.iter().find(|category| category.id == group.id || category.score_id == group.id)?;
        let what = format!(
            "\"{}\" has several categories, so it may not be the id or score_id of one (\"{}\"); rename the group",
            group.id, clash.id
        );
        (members > 1).then(|| fault("[[group]]", nth, "id", what))?
    })
}

fn columns(suite: &Suite) -> Option<Fault> {
    let unknown = suite.block_columns.iter().find(|id| !suite.categories.iter().any(|category| &category.id == *id))?;
    fault("", 0, "block_columns", format!("names \"{unknown}\", which is no category of this suite"))
}

#[cfg(test)]
mod tests {
    use super::super::{BNA, Suite};

    fn message(text: &str) -> String {
        Suite::parse(text, "mine.toml").unwrap_err().to_string()
    }

    #[test]
    fn built_in_suite_is_valid() {
        let suite = Suite::bna();
        assert_eq!(suite.categories.len(), 16);
        assert_eq!(suite.network.highways.len(), 26);
        assert_eq!(suite.stress.crossing.len(), 11);
    }

    #[test]
    fn misspelt_key_names_line_and_key() {
        let text = BNA.replacen("buffer_m", "bufer_m", 1);
        let line = 1 + BNA[..BNA.find("buffer_m").unwrap()].matches('\n').count();
        let message = message(&text);
        assert!(message.starts_with(&format!("suite mine.toml, line {line}: unknown field `bufer_m`")), "{message}");
    }

    #[test]
    fn group_weights_must_total_100() {
        let message = message(&BNA.replacen("weight = 20", "weight = 25", 1));
        assert!(message.contains("`weight` of all groups totals 105; make it 100"), "{message}");
    }

    #[test]
    fn value_out_of_range_names_its_own_line() {
        let text = BNA.replace("trip_max_m = 2680 ", "trip_max_m = 9000 ");
        let line = 1 + text[..text.find("trip_max_m").unwrap()].matches('\n').count();
        assert!(message(&text).starts_with(&format!("suite mine.toml, line {line}: `trip_max_m` is 9000")));
        let text = BNA.replacen("weight = 0.35", "weight = -1", 1);
        let line = 1 + text[..text.find("weight = -1").unwrap()].matches('\n').count();
        assert!(message(&text).starts_with(&format!("suite mine.toml, line {line}: `weight` is -1")));
    }

    #[test]
    fn categories_refer_to_groups_and_have_rules() {
        assert!(
            message(&BNA.replacen("group = \"retail\"", "group = \"shops\"", 1))
                .contains("`id` \"retail\" has no category")
        );
        let text = BNA.replacen("polygons = [{ amenity = [\"college\"] }]\n", "", 1);
        assert!(message(&text).contains("`polygons` is missing"));
    }

    #[test]
    fn a_group_of_several_needs_a_name_of_its_own() {
        let row = "[[category]]\nid = \"markets\"\ngroup = \"retail\"\nweight = 1\nkind = \"each\"\npolygons = [{ amenity = [\"marketplace\"] }]\n\
                   curve = { first = 1, second = 0, third = 0 }\nscore_id = \"markets\"\nflag = \"use_markets\"\n\
                   labels = { low_stress = \"m\", access = \"m\", average = \"m\" }\n";
        let message = message(&format!("{BNA}\n{row}"));
        assert!(message.contains("`id` \"retail\" has several categories"), "{message}");
    }
}
