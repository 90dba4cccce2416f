//! Where trips of a block may start: its segments that meet the boundary (bna-method §6.2).

use super::block_segments::bounds;
use crate::model::SegmentId;
use crate::network::Segments;
use geo::Kernel;
use geo::kernels::{Orientation, RobustKernel};
use geo_types::{Coord, MultiPolygon};
use rayon::prelude::*;

/// Whether each segment has a point in common with the boundary.
pub(super) fn meets_boundary(segments: &Segments, boundary: &MultiPolygon<f64>) -> Vec<bool> {
    let strips = Strips::new(boundary);
    (0..segments.len()).into_par_iter().map(|i| strips.meets(segments.line_m(SegmentId::from(i)))).collect()
}

/// Edges of a boundary in horizontal strips, so that a street is compared with the few beside it.
struct Strips {
    edges: Vec<[Coord<f64>; 2]>,
    /// Edges by strip.
    strips: Vec<Vec<u32>>,
    bottom: f64,
    height: f64,
}

impl Strips {
    fn new(boundary: &MultiPolygon<f64>) -> Self {
        let rings = boundary.iter().flat_map(|p| std::iter::once(p.exterior()).chain(p.interiors()));
        let edges: Vec<_> = rings.flat_map(|ring| ring.0.windows(2).map(|w| [w[0], w[1]])).collect();
        let (bottom, top) = edges.iter().flatten().fold((f64::MAX, f64::MIN), |(l, h), p| (l.min(p.y), h.max(p.y)));
        let count = edges.len().clamp(1, 4096);
        let height = ((top - bottom) / count as f64).max(f64::MIN_POSITIVE);
        let mut strips = Self { edges: Vec::new(), strips: vec![Vec::new(); count], bottom, height };
        for (k, edge) in edges.iter().enumerate() {
            for strip in strips.range(edge[0].y, edge[1].y) {
                strips.strips[strip].push(k as u32);
            }
        }
        Self { edges, ..strips }
    }

    /// Strips between two heights; those beyond the ends count to the first and last.
    fn range(&self, a: f64, b: f64) -> std::ops::RangeInclusive<usize> {
        let strip = |y: f64| (((y - self.bottom) / self.height) as usize).min(self.strips.len() - 1);
        strip(a.min(b))..=strip(a.max(b))
    }

    fn meets(&self, street: &[Coord<f64>]) -> bool {
        let Some((low, high)) = bounds(street) else { return false };
        let crosses = |edge: [Coord<f64>; 2]| {
            let [a, b] = edge;
            a.x.min(b.x) <= high.x
                && a.x.max(b.x) >= low.x
                && a.y.min(b.y) <= high.y
                && a.y.max(b.y) >= low.y
                && street.windows(2).any(|w| segments_meet(a, b, w[0], w[1]))
        };
        self.contains(street[0])
            || self.range(low.y, high.y).any(|s| self.strips[s].iter().any(|&k| crosses(self.edges[k as usize])))
    }

    /// Ray to the east, edges half open at their upper end.
    fn contains(&self, p: Coord<f64>) -> bool {
        let strip = &self.strips[*self.range(p.y, p.y).start()];
        let crossings = strip.iter().filter(|&&k| is_west_of_edge(p, self.edges[k as usize])).count();
        crossings % 2 == 1
    }
}

/// Whether the ray from a point to the east crosses an edge.
pub(super) fn is_west_of_edge(p: Coord<f64>, [a, b]: [Coord<f64>; 2]) -> bool {
    if (a.y <= p.y) == (b.y <= p.y) {
        return false;
    }
    let (lower, upper) = if a.y <= p.y { (a, b) } else { (b, a) };
    RobustKernel::orient2d(lower, upper, p) == Orientation::CounterClockwise
}

/// Whether two closed segments have a point in common.
pub(super) fn segments_meet(a: Coord<f64>, b: Coord<f64>, c: Coord<f64>, d: Coord<f64>) -> bool {
    let apart = |p: fn(Coord<f64>) -> f64| p(a).max(p(b)) < p(c).min(p(d)) || p(c).max(p(d)) < p(a).min(p(b));
    if apart(|p| p.x) || apart(|p| p.y) {
        return false;
    }
    let same_side = |a, b, c, d| {
        let (e, f) = (RobustKernel::orient2d(a, b, c), RobustKernel::orient2d(a, b, d));
        e == f && e != Orientation::Collinear
    };
    !same_side(a, b, c, d) && !same_side(c, d, a, b)
}
