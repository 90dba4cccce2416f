//! Whether two blocks lie within the trip distance of each other as the crow flies (bna-method §6.4).
//!
//! Bounding boxes and two vertices decide nearly all pairs; the rest is compared edge by edge.

use super::seeds::{is_west_of_edge, segments_meet};
use geo_types::{Coord, MultiPolygon};

/// West, south, east, north of nothing.
const NO_BOX: [f64; 4] = [f64::MAX, f64::MAX, f64::MIN, f64::MIN];

/// Outlines of blocks, flat.
#[derive(Debug, Default)]
pub(super) struct Outlines {
    boxes: Vec<[f64; 4]>,
    /// Edges of block b are `edges[first[b]..first[b + 1]]`.
    first: Vec<u32>,
    edges: Vec<[Coord<f64>; 2]>,
}

impl Outlines {
    pub(super) fn new(blocks: &[MultiPolygon<f64>]) -> Self {
        let mut outlines = Self { first: vec![0], ..Self::default() };
        for block in blocks {
            let start = outlines.edges.len();
            let rings = block.iter().flat_map(|p| std::iter::once(p.exterior()).chain(p.interiors()));
            outlines.edges.extend(rings.flat_map(|ring| ring.0.windows(2).map(|w| [w[0], w[1]])));
            outlines.first.push(outlines.edges.len() as u32);
            let points = outlines.edges[start..].iter().flatten();
            outlines
                .boxes
                .push(points.fold(NO_BOX, |b, p| [b[0].min(p.x), b[1].min(p.y), b[2].max(p.x), b[3].max(p.y)]));
        }
        outlines
    }

    fn edges(&self, block: usize) -> &[[Coord<f64>; 2]] {
        &self.edges[self.first[block] as usize..self.first[block + 1] as usize]
    }

    /// Bounding box of several blocks.
    pub(super) fn joint_box(&self, blocks: &[u32]) -> [f64; 4] {
        blocks
            .iter()
            .map(|&block| &self.boxes[block as usize])
            .fold(NO_BOX, |a, b| [a[0].min(b[0]), a[1].min(b[1]), a[2].max(b[2]), a[3].max(b[3])])
    }

    /// Whether no two points of a box and a block are farther apart than `limit`.
    #[inline]
    pub(super) fn is_all_within(&self, p: &[f64; 4], block: usize, limit: f64) -> bool {
        let q = &self.boxes[block];
        let far = |k: usize| (p[k + 2] - q[k]).max(q[k + 2] - p[k]);
        p[0] <= p[2] && q[0] <= q[2] && far(0) * far(0) + far(1) * far(1) <= limit * limit
    }

    /// Whether the distance is at most `limit`; false when either has no outline.
    pub(super) fn are_within(&self, a: usize, b: usize, limit: f64) -> bool {
        self.is_all_within(&self.boxes[a], b, limit)
            || (box_gap2(&self.boxes[a], &self.boxes[b]) <= limit * limit && self.decide(a, b, limit * limit))
    }

    #[cold]
    fn decide(&self, a: usize, b: usize, limit2: f64) -> bool {
        let (mine, other) = (self.edges(a), self.edges(b));
        let (Some(first), Some(second)) = (mine.first(), other.first()) else { return false };
        if distance2(first[0], second[0]) <= limit2 {
            return true;
        }
        let near = |edges: &[[Coord<f64>; 2]], of: usize| -> Vec<[Coord<f64>; 2]> {
            edges.iter().copied().filter(|&e| box_gap2(&edge_box(e), &self.boxes[of]) <= limit2).collect()
        };
        let (mine_near, other_near) = (near(mine, b), near(other, a));
        let touch = |&e: &[Coord<f64>; 2]| other_near.iter().any(|&f| edges_within(e, f, limit2));
        mine_near.iter().any(touch) || contains(mine, second[0]) || contains(other, first[0])
    }
}

fn contains(edges: &[[Coord<f64>; 2]], p: Coord<f64>) -> bool {
    edges.iter().filter(|&&edge| is_west_of_edge(p, edge)).count() % 2 == 1
}

fn distance2(a: Coord<f64>, b: Coord<f64>) -> f64 {
    (a.x - b.x) * (a.x - b.x) + (a.y - b.y) * (a.y - b.y)
}

fn edge_box([a, b]: [Coord<f64>; 2]) -> [f64; 4] {
    [a.x.min(b.x), a.y.min(b.y), a.x.max(b.x), a.y.max(b.y)]
}

/// Square of the distance between two boxes.
fn box_gap2(p: &[f64; 4], q: &[f64; 4]) -> f64 {
    let gap = |k: usize| (q[k] - p[k + 2]).max(p[k] - q[k + 2]).max(0.0);
    gap(0) * gap(0) + gap(1) * gap(1)
}

fn edges_within(e: [Coord<f64>; 2], f: [Coord<f64>; 2], limit2: f64) -> bool {
    let near = |p: Coord<f64>, [a, b]: [Coord<f64>; 2]| {
        let (d, q) = (b - a, p - a);
        let length2 = d.x * d.x + d.y * d.y;
        let t = if length2 > 0.0 { ((q.x * d.x + q.y * d.y) / length2).clamp(0.0, 1.0) } else { 0.0 };
        distance2(q, d * t) <= limit2
    };
    near(e[0], f) || near(e[1], f) || near(f[0], e) || near(f[1], e) || segments_meet(e[0], e[1], f[0], f[1])
}
