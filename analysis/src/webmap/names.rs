//! `map/names.json`: names of streets with their extent, for the search.

use crate::model::SegmentId;
use crate::network::StreetNetwork;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// `[[name, west, south, east, north], …]` by name.
pub(super) fn of(network: &StreetNetwork) -> Value {
    let segments = &network.segments;
    let mut boxes: BTreeMap<&str, [f64; 4]> = BTreeMap::new();
    for id in (0..segments.len()).map(SegmentId::from) {
        let Some(name) = segments.name[id.index()].as_deref().filter(|name| !name.is_empty()) else { continue };
        let points = segments.first_point[id.index()] as usize..segments.first_point[id.index() + 1] as usize;
        let seen = boxes.entry(name).or_insert([f64::INFINITY, f64::INFINITY, f64::NEG_INFINITY, f64::NEG_INFINITY]);
        for at in &segments.lonlat[points] {
            *seen = [seen[0].min(at.x), seen[1].min(at.y), seen[2].max(at.x), seen[3].max(at.y)];
        }
    }
    let row = |(name, corners): (&str, [f64; 4])| {
        let [west, south, east, north] = corners.map(super::places::degrees);
        json!([name, west, south, east, north])
    };
    boxes.into_iter().map(row).collect()
}
