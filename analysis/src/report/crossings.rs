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
    /// Other stressful crossings between the same two islands: calming one of them all is enough.
    pub others: usize,
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
    let is_inside = |row: usize| match (boundary, junctions.point(row)) {
        (Some(boundary), Some(point)) => boundary.contains(&point),
        _ => true,
    };
    // Of each pair of islands the crossings between them, as junctions with their rows.
    let mut pairs: BTreeMap<[i64; 2], Vec<(Junction, usize)>> = BTreeMap::new();
    for (id, junction) in stressful(layers) {
        let mut islands: Vec<i64> = junction.islands.iter().copied().filter(|id| lengths.contains_key(id)).collect();
        islands.sort_by(|a, b| lengths[b].total_cmp(&lengths[a]).then(a.cmp(b)));
        let ([first, second, ..], Some(&row)) = (islands.as_slice(), nodes.get(&id)) else { continue };
        pairs.entry([*first, *second]).or_default().push((junction, row));
    }
    let mut order: Vec<[i64; 2]> = pairs.keys().copied().collect();
    order.sort_by(|a, b| {
        let [second, first] = [1, 0].map(|which| lengths[&b[which]].total_cmp(&lengths[&a[which]]));
        second.then(first).then(a.cmp(b))
    });
    let of_pair = |pair: [i64; 2]| {
        let mut inside = pairs.remove(&pair)?;
        inside.retain(|(_, row)| is_inside(*row));
        // The one with most names can be found best.
        let key = |(junction, row): &(Junction, usize)| {
            (std::cmp::Reverse(junction.streets.len()), junctions.int("osm_id", *row))
        };
        let (shown, row) = inside.iter().min_by_key(|one| key(one))?;
        Some(Crossing {
            osm_node: junctions.int("osm_id", *row).unwrap_or_default(),
            streets: shown.streets.iter().map(|&name| name.to_owned()).collect(),
            islands_m: pair.map(|id| lengths[&id]),
            reason: shown.reason.unwrap_or_default().to_owned(),
            others: inside.len() - 1,
        })
    };
    order.into_iter().filter_map(of_pair).take(LISTED).collect()
}

fn lengths(layers: &Layers) -> HashMap<i64, f64> {
    let islands = Table::of(layers, ISLANDS);
    (0..islands.rows())
        .filter_map(|row| Some((islands.int("island_id", row)?, islands.number("length_m", row)?)))
        .collect()
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
