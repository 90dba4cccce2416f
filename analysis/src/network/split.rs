//! Ways are cut into pieces at every node that is used more than once (bna-method §2.1).

use crate::import::{StreetWay, Streets};
use std::collections::HashMap;

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
    let points = |piece: &Piece| -> Vec<[u64; 2]> {
        let bits = |node: &u32| {
            let at = streets.node_lonlat[*node as usize];
            [at.x.to_bits(), at.y.to_bits()]
        };
        piece.nodes(streets).iter().map(bits).collect()
    };
    // Only pieces between equal end points can be equal: few, so only they are compared in full.
    let mut between: HashMap<_, Vec<usize>> = HashMap::new();
    for (position, piece) in pieces.iter().enumerate() {
        let bits =
            piece.ends(streets).map(|node| streets.node_lonlat[node as usize]).map(|at| [at.x, at.y].map(f64::to_bits));
        between.entry((bits, piece.last - piece.first)).or_default().push(position);
    }
    let mut keep = vec![true; pieces.len()];
    for positions in between.values().filter(|positions| positions.len() > 1) {
        let mut first_chunk: HashMap<Vec<[u64; 2]>, u32> = HashMap::new();
        for &position in positions {
            let here = chunk(&pieces[position]);
            keep[position] = *first_chunk.entry(points(&pieces[position])).or_insert(here) == here;
        }
    }
    let mut keep = keep.into_iter();
    pieces.retain(|_| keep.next().unwrap_or(true));
}
