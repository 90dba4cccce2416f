//! Ways are cut into pieces at every node that is used more than once (bna-method §2.1).

use crate::import::{StreetWay, Streets};
use rayon::prelude::*;
use std::collections::BTreeMap;

/// A piece of a way: its position in the table of ways, and of its first and last node in the way's list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Piece {
    pub way: u32,
    pub first: u32,
    pub last: u32,
}

impl Piece {
    /// Positions of its nodes in the node arrays; at least two.
    pub(super) fn nodes<'a>(&self, streets: &'a Streets) -> &'a [u32] {
        &self.way(streets).nodes[self.first as usize..=self.last as usize]
    }

    /// Its first and last node.
    pub(super) fn ends(&self, streets: &Streets) -> [u32; 2] {
        let nodes = &self.way(streets).nodes;
        [nodes[self.first as usize], nodes[self.last as usize]]
    }

    /// Its way.
    pub(super) fn way<'a>(&self, streets: &'a Streets) -> &'a StreetWay {
        &streets.ways[self.way as usize]
    }
}

/// All pieces, in order of the file. Loops and pieces without length occur; ways of fewer than two nodes yield none.
pub(super) fn pieces(streets: &Streets) -> Vec<Piece> {
    let mut pieces = Vec::with_capacity(streets.ways.len() * 2);
    for (way, nodes) in streets.ways.iter().map(|way| &way.nodes).enumerate() {
        let mut first = 0;
        for (last, &node) in nodes.iter().enumerate().skip(1) {
            if streets.node_uses[node as usize] > 1 || last + 1 == nodes.len() {
                pieces.push(Piece { way: way as u32, first, last: last as u32 });
                first = last as u32;
            }
        }
    }
    pieces
}

/// Drops pieces whose points, in their order, an earlier chunk of the file has already (Q23); inside a chunk they stay.
pub(super) fn drop_repeats(pieces: &mut Vec<Piece>, streets: &Streets, chunk_ways: u32) {
    let chunk = |piece: &Piece| piece.way(streets).file_position / chunk_ways.max(1);
    let mut chunks = pieces.iter().map(chunk);
    if chunks.next().is_none_or(|first| chunks.all(|other| other == first)) {
        return;
    }
    let points = |position: u32| {
        let nodes = pieces[position as usize].nodes(streets).iter();
        nodes.map(|&node| streets.node_lonlat[node as usize]).map(|at| [at.x.to_bits(), at.y.to_bits()])
    };
    // Equal pieces have equal hashes; only those few are compared in full.
    let mut hashed: Vec<(u64, u32)> = (0..pieces.len() as u32).into_par_iter().map(|p| (hash(points(p)), p)).collect();
    hashed.par_sort_unstable();
    let mut keep = vec![true; pieces.len()];
    for alike in hashed.chunk_by(|a, b| a.0 == b.0).filter(|alike| alike.len() > 1) {
        let mut first_chunk: BTreeMap<Vec<[u64; 2]>, u32> = BTreeMap::new();
        for &(_, position) in alike {
            let here = chunk(&pieces[position as usize]);
            keep[position as usize] = *first_chunk.entry(points(position).collect()).or_insert(here) == here;
        }
    }
    let mut keep = keep.into_iter();
    pieces.retain(|_| keep.next().unwrap_or(true));
}

/// A quick hash; nothing depends on its value.
fn hash(points: impl Iterator<Item = [u64; 2]>) -> u64 {
    points.flatten().fold(0, |hash: u64, bits| (hash.rotate_left(5) ^ bits).wrapping_mul(0x517c_c1b7_2722_0a95))
}
