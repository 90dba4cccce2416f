//! `map/map.json`: the place, its scores, and which files there are.

use super::{NAMES, PLACES, REACH, Source};
use crate::suite::{Category, CategoryKind, Group};
use geo::BoundingRect;
use serde_json::{Value, json};

/// Version of the layout; the page refuses another.
const VERSION: u32 = 1;

/// Longest islands that are named: nobody looks for the hundredth.
const ISLANDS: usize = 50;

pub(super) fn of(source: &Source<'_>) -> Value {
    let groups: Vec<Value> = source.suite.groups.iter().map(|group| group_of(source, group)).collect();
    json!({
        "version": VERSION,
        "place": source.area.name,
        "edition": source.edition.as_str(),
        "country": source.country,
        "bounds": bounds(source),
        "attributions": [
            { "text": "© OpenStreetMap contributors", "url": "https://www.openstreetmap.org/copyright", "licence": "ODbL" }
        ],
        "files": {
            "tiles": "tiles/quietway.pmtiles",
            "names": NAMES,
            "places": PLACES,
            "reach": source.reach.map(|_| REACH),
        },
        "overall": score(source, "overall_score"),
        "population": original(source, "population_total"),
        "low_stress_miles": original(source, "total_miles_low_stress"),
        "high_stress_miles": original(source, "total_miles_high_stress"),
        "groups": groups,
        "islands": islands(source),
    })
}

/// West, south, east, north.
fn bounds(source: &Source<'_>) -> Value {
    match source.area.boundary.bounding_rect() {
        Some(corners) => json!([corners.min().x, corners.min().y, corners.max().x, corners.max().y]),
        None => json!([-180, -85, 180, 85]),
    }
}

fn group_of(source: &Source<'_>, group: &Group) -> Value {
    let members: Vec<&Category> = source.suite.categories.iter().filter(|member| member.group == group.id).collect();
    // A group of one category has neither a column nor a score of its own (bna-method §8.5, §8.7).
    let (column, score_id) = match members.as_slice() {
        [only] => (&only.id, &only.score_id),
        _ => (&group.id, &group.id),
    };
    let categories: Vec<Value> = members.iter().map(|member| category_of(source, member)).collect();
    json!({
        "id": group.id,
        "title": group.title,
        "column": format!("{column}_score"),
        "weight": group.weight,
        "score": score(source, score_id),
        "categories": categories,
    })
}

fn category_of(source: &Source<'_>, category: &Category) -> Value {
    let places = source.city.destinations.iter().find(|table| table.category == category.id);
    json!({
        "id": category.id,
        "title": title(category),
        "column": format!("{}_score", category.id),
        "score": score(source, &category.score_id),
        "places": places.is_some_and(|table| !table.places.is_empty()),
    })
}

fn title(category: &Category) -> String {
    match category.kind {
        CategoryKind::Population => "People".into(),
        CategoryKind::Jobs => "Jobs".into(),
        _ => {
            let words = category.id.replace('_', " ");
            let mut letters = words.chars();
            letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
        }
    }
}

fn score(source: &Source<'_>, id: &str) -> Option<f64> {
    let total = source.scores.totals.iter().find(|total| total.id == id)?;
    total.normalized_e4.map(|e4| e4 as f64 / 1e4)
}

fn original(source: &Source<'_>, id: &str) -> Option<f64> {
    let total = source.scores.totals.iter().find(|total| total.id == id)?;
    total.original_e4.map(|e4| e4 as f64 / 1e4)
}

/// Islands are numbered by length, the longest first.
fn islands(source: &Source<'_>) -> Vec<Value> {
    let mut sums = vec![(0.0, 0_u32); ISLANDS];
    for (island, length_m) in source.ratings.island.iter().zip(&source.network.segments.length_m) {
        let sum = island.and_then(|id| sums.get_mut((id as usize).checked_sub(1)?));
        if let Some((length, segments)) = sum {
            *length += length_m;
            *segments += 1;
        }
    }
    let known = (1..).zip(sums).filter(|(_, (_, segments))| *segments > 0);
    known
        .map(|(id, (length, segments))| json!({ "id": id, "length_m": f64::round(length), "segments": segments }))
        .collect()
}
