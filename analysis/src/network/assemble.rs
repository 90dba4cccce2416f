//! From pieces of ways to tables of segments and junctions (bna-method §3.3 end, §3.10).

use super::attributes::WayFacts;
use super::copy_text;
use super::geometry::{length, midpoint};
use super::split::Piece;
use super::{Junctions, Segments};
use crate::import::Streets;
use crate::model::Edition;
use crate::model::{JunctionId, hilbert_d};
use geo_types::Coord;
use rayon::prelude::*;
use std::collections::HashMap;
use std::sync::Arc;

/// Drops pieces that touch no other piece at either end; looked at once, so what they leave alone stays.
pub(super) fn drop_orphans(pieces: &mut Vec<Piece>, streets: &Streets) {
    let touching = touching(pieces, streets);
    pieces.retain(|piece| piece.ends(streets).into_iter().any(|node| touching[node as usize] > 1));
}

/// Pieces that end at each node; a loop counts once.
fn touching(pieces: &[Piece], streets: &Streets) -> Vec<u32> {
    let mut touching = vec![0; streets.node_id.len()];
    for [from, to] in pieces.iter().map(|piece| piece.ends(streets)) {
        touching[from as usize] += 1;
        touching[to as usize] += u32::from(to != from);
    }
    touching
}

/// Orders pieces along a Hilbert curve through their midpoints, then by way and place in the way.
pub(super) fn sort(pieces: Vec<Piece>, streets: &Streets) -> Vec<Piece> {
    let key = |piece: &Piece| {
        let line: Vec<Coord<f64>> = piece.nodes(streets).iter().map(|&node| streets.node_xy[node as usize]).collect();
        let middle = midpoint(&line);
        // Cells of 1/64 m; the origin is moved so that no place on Earth is negative.
        let cell = |metres: f64| ((metres + 2e7) * 64.0) as u32;
        (hilbert_d(cell(middle.x), cell(middle.y)), piece.way(streets).way_id, piece.first)
    };
    let mut keyed: Vec<_> = pieces.par_iter().map(|piece| (key(piece), *piece)).collect();
    keyed.par_sort_unstable_by_key(|(key, _)| *key);
    keyed.into_iter().map(|(_, piece)| piece).collect()
}

/// The ends of pieces, ascending by OSM id, and by node of the streets which junction it is (`u32::MAX`: none).
pub(super) fn junctions(pieces: &[Piece], streets: &Streets) -> (Junctions, Vec<u32>) {
    let mut junctions = Junctions::default();
    let mut id_of_node = vec![u32::MAX; streets.node_id.len()];
    for (node, legs) in touching(pieces, streets).into_iter().enumerate().filter(|&(_, legs)| legs > 0) {
        id_of_node[node] = JunctionId::from(junctions.len()).0;
        junctions.osm_id.push(streets.node_id[node]);
        junctions.lonlat.push(streets.node_lonlat[node]);
        junctions.xy.push(streets.node_xy[node]);
        junctions.legs.push(legs);
    }
    (junctions, id_of_node)
}

/// The table of segments, in the order of the pieces; `facts` by way.
pub(super) fn segments(
    pieces: &[Piece],
    streets: &Streets,
    facts: &[Option<WayFacts>],
    names: &[Option<Arc<str>>],
    id_of_node: &[u32],
) -> Segments {
    let mut segments = Segments { first_point: vec![0], ..Segments::default() };
    for piece in pieces {
        let Some(facts) = &facts[piece.way as usize] else { continue };
        let way = piece.way(streets);
        let [from, to] = piece.ends(streets).map(|node| JunctionId(id_of_node[node as usize]));
        segments.way_id.push(way.way_id);
        segments.tag_id.push(way.tag_id);
        segments.name.push(names[piece.way as usize].clone());
        segments.oneway.push(facts.oneway);
        segments.from.push(from);
        segments.to.push(to);
        for &node in piece.nodes(streets) {
            segments.lonlat.push(streets.node_lonlat[node as usize]);
            segments.xy.push(streets.node_xy[node as usize]);
        }
        let start = segments.first_point[segments.first_point.len() - 1] as usize;
        segments.first_point.push(segments.xy.len() as u32);
        segments.length_m.push(length(&segments.xy[start..]));
        segments.attributes.push(facts.attributes.clone());
    }
    segments.trail = vec![None; segments.len()];
    segments
}

/// Names of the ways that are streets; equal names share their text. Edition `reference` reads backslashes as its database does.
pub(super) fn names(streets: &Streets, facts: &[Option<WayFacts>], edition: Edition) -> Vec<Option<Arc<str>>> {
    let mut texts: HashMap<&str, Option<Arc<str>>> = HashMap::new();
    let stored = |name: &str| match edition {
        Edition::Reference if name.contains('\\') => copy_text::unescaped(name).map(Arc::from),
        _ => Some(Arc::from(name)),
    };
    let ways = streets.ways.iter().zip(facts);
    ways.map(|(way, facts)| {
        let name = way.tags.get("name").filter(|name| !name.is_empty() && facts.is_some())?;
        texts.entry(name).or_insert_with(|| stored(name)).clone()
    })
    .collect()
}
