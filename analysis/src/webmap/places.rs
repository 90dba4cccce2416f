//! `map/places.json`: destinations with the blocks they touch, so that the page can tell which of them a block reaches.

use super::positions;
use crate::access::{DestinationSheds, Scores};
use crate::import::{City, DestinationTable};
use crate::model::BlockId;
use serde_json::{Map, Value, json};

/// `{category: [[id, longitude, latitude, name, [positions of blocks], people calmly, people at all], …]}`
pub(super) fn of(city: &City, scores: &Scores, order: &[BlockId]) -> Value {
    let positions = positions(order);
    let of_table = |table: &DestinationTable| {
        let sheds = scores.destinations.iter().find(|sheds| sheds.category == table.category);
        (table.category.clone(), rows(table, sheds, &positions))
    };
    Value::Object(city.destinations.iter().map(of_table).collect::<Map<_, _>>())
}

fn rows(table: &DestinationTable, sheds: Option<&DestinationSheds>, positions: &[u32]) -> Value {
    let row = |(n, place): (usize, &crate::import::Place)| {
        let touched = sheds.and_then(|sheds| sheds.blocks.get(n)).map_or(&[][..], Vec::as_slice);
        let mut blocks: Vec<u32> = touched.iter().map(|block| positions[block.index()]).collect();
        blocks.sort_unstable();
        let people =
            |of: fn(&DestinationSheds) -> &Vec<Option<i64>>| sheds.and_then(|s| of(s).get(n).copied().flatten());
        json!([
            n + 1,
            degrees(place.point.x()),
            degrees(place.point.y()),
            place.name.as_deref(),
            blocks,
            people(|sheds| &sheds.pop_low),
            people(|sheds| &sheds.pop_high),
        ])
    };
    table.places.iter().enumerate().map(row).collect()
}

/// Rounded to a metre or so: a dot on a map.
pub(super) fn degrees(value: f64) -> f64 {
    (value * 1e5).round() / 1e5
}
