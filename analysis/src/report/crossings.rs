//! The worst crossings: those that keep the longest calm islands apart.

use super::tables::{ISLANDS, JUNCTIONS, Table, WAYS};
use crate::layers::Layers;
use geo::Contains;
use geo_types::MultiPolygon;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// A stressful crossing between calm islands.
#[derive(Debug, PartialEq)]
pub(super) struct Crossing {
    pub osm_node: i64,
    /// Of the streets that meet.
    pub streets: Vec<String>,
    /// The longest and the second longest island that meet here, metres: the second is what calming the crossing would add to the first.
    pub islands_m: [f64; 2],
    /// The rule that made it stressful.
    pub reason: String,
}

/// How many are listed.
const LISTED: usize = 10;

/// What is known of a junction.
#[derive(Default)]
struct Junction<'a> {
    islands: BTreeSet<i64>,
    streets: BTreeSet<&'a str>,
    reason: Option<&'a str>,
}

/// Of the boundary, the worst first.
pub(super) fn worst(layers: &Layers, boundary: Option<&MultiPolygon<f64>>) -> Vec<Crossing> {
    let lengths = lengths(layers);
    let junctions = Table::of(layers, JUNCTIONS);
    let nodes: HashMap<i64, usize> =
        (0..junctions.rows()).filter_map(|row| Some((junctions.int("int_id", row)?, row))).collect();
    let mut crossings: Vec<(Crossing, usize)> = Vec::new();
    for (id, junction) in stressful(layers) {
        let mut islands: Vec<f64> = junction.islands.iter().filter_map(|id| lengths.get(id).copied()).collect();
        islands.sort_by(|a, b| b.total_cmp(a));
        let ([first, second, ..], Some(&row)) = (islands.as_slice(), nodes.get(&id)) else { continue };
        let crossing = Crossing {
            osm_node: junctions.int("osm_id", row).unwrap_or_default(),
            streets: junction.streets.iter().map(|&name| name.to_owned()).collect(),
            islands_m: [*first, *second],
            reason: junction.reason.unwrap_or_default().to_owned(),
        };
        crossings.push((crossing, row));
    }
    crossings.sort_by(|(a, _), (b, _)| {
        let [order, then] = [1, 0].map(|which| b.islands_m[which].total_cmp(&a.islands_m[which]));
        order.then(then).then(a.osm_node.cmp(&b.osm_node))
    });
    let is_inside = |row: usize| match (boundary, junctions.point(row)) {
        (Some(boundary), Some(point)) => boundary.contains(&point),
        _ => true,
    };
    let inside = crossings.into_iter().filter(|(_, row)| is_inside(*row));
    inside.map(|(crossing, _)| crossing).take(LISTED).collect()
}

fn lengths(layers: &Layers) -> HashMap<i64, f64> {
    let islands = Table::of(layers, ISLANDS);
    (0..islands.rows()).filter_map(|row| Some((islands.int("island_id", row)?, islands.number("length_m", row)?))).collect()
}

/// Junctions with a stressful crossing, by `int_id`.
fn stressful(layers: &Layers) -> BTreeMap<i64, Junction<'_>> {
    let ways = Table::of(layers, WAYS);
    let ends = [
        ("intersection_to", "ft_int_stress", "ft_int_stress_reason"),
        ("intersection_from", "tf_int_stress", "tf_int_stress_reason"),
    ];
    let mut junctions: BTreeMap<i64, Junction> = BTreeMap::new();
    for row in 0..ways.rows() {
        for (end, stress, reason) in ends {
            if let (Some(id), Some(3)) = (ways.int(end, row), ways.int(stress, row)) {
                let junction = junctions.entry(id).or_default();
                junction.reason = junction.reason.or(ways.text(reason, row));
            }
        }
    }
    for row in 0..ways.rows() {
        for (end, ..) in ends {
            let Some(junction) = ways.int(end, row).and_then(|id| junctions.get_mut(&id)) else { continue };
            junction.islands.extend(ways.int("island_id", row));
            junction.streets.extend(ways.text("name", row));
        }
    }
    junctions
}
