//! How much of a street runs inside a block's buffer (bna-method §6.1).
//!
//! The buffer's polygons are never built: along the line through a piece of street every crossing of an offset curve changes the
//! depth by the curve's weight, and the street is inside where the depth is positive. Vertices are put on one side of the line or the
//! other once, so touching and collinear edges cannot lose a crossing.

use super::offset_curve::{OffsetCurve, offset_curves};
use geo_types::{Coord, MultiPolygon};

/// Gaps up to this length are rounding: a street that touches the outline from within stays contained.
const GAP_MAX_M: f64 = 1e-9;

/// Offset curves of one block, ready to be crossed.
#[derive(Debug, Default)]
pub(super) struct Buffer {
    curves: Vec<OffsetCurve>,
    low: Coord<f64>,
    high: Coord<f64>,
    /// Scratch: signed area of each vertex with the piece of street.
    side: Vec<f64>,
    /// Scratch: place along the piece (0–1) and change of depth.
    crossings: Vec<(f64, i32)>,
}

impl Buffer {
    /// Draws the buffer of another block.
    pub(super) fn draw(&mut self, block: &MultiPolygon<f64>, distance: f64) {
        self.curves.clear();
        for polygon in block {
            offset_curves(polygon, distance, &mut self.curves);
        }
        (self.low, self.high) = (Coord { x: f64::MAX, y: f64::MAX }, Coord { x: f64::MIN, y: f64::MIN });
        for p in self.curves.iter().flat_map(|c| &c.points) {
            self.low = Coord { x: self.low.x.min(p.x), y: self.low.y.min(p.y) };
            self.high = Coord { x: self.high.x.max(p.x), y: self.high.y.max(p.y) };
        }
    }

    /// Corners of its bounding box; none for an empty block.
    pub(super) fn bounds(&self) -> Option<[Coord<f64>; 2]> {
        (!self.curves.is_empty()).then_some([self.low, self.high])
    }

    /// Whether a street belongs to the block: contained in the buffer, or more than `overlap_min` of it inside.
    pub(super) fn takes(&mut self, street: &[Coord<f64>], overlap_min: f64) -> bool {
        let (inside, contained) = self.overlap(street);
        contained || inside > overlap_min
    }

    /// Length of a street inside, and whether all of it is.
    pub(super) fn overlap(&mut self, street: &[Coord<f64>]) -> (f64, bool) {
        let Some(&start) = street.first() else { return (0.0, false) };
        if street.iter().all(|&p| p == start) {
            return (0.0, self.depth_at(start) > 0);
        }
        let (mut inside, mut contained) = (0.0, true);
        for piece in street.windows(2).filter(|w| w[0] != w[1]) {
            let (length, whole) = self.inside(piece[0], piece[1]);
            inside += length;
            contained &= whole;
        }
        let repeated = if inside > 0.0 && street.len() > 2 { self.repeated(street) } else { 0.0 };
        (inside - repeated, contained)
    }

    /// Length of pieces ridden twice: an intersection counts them once.
    fn repeated(&mut self, street: &[Coord<f64>]) -> f64 {
        let is_same =
            |a: &[Coord<f64>], b: &[Coord<f64>]| (a[0] == b[0] && a[1] == b[1]) || (a[0] == b[1] && a[1] == b[0]);
        let mut length = 0.0;
        for (k, piece) in street.windows(2).enumerate() {
            if piece[0] != piece[1] && street.windows(2).take(k).any(|earlier| is_same(earlier, piece)) {
                length += self.inside(piece[0], piece[1]).0;
            }
        }
        length
    }

    /// Length of a piece inside, and whether all of it is.
    fn inside(&mut self, a: Coord<f64>, b: Coord<f64>) -> (f64, bool) {
        let outside = a.x.max(b.x) < self.low.x
            || a.x.min(b.x) > self.high.x
            || a.y.max(b.y) < self.low.y
            || a.y.min(b.y) > self.high.y;
        if outside {
            return (0.0, false);
        }
        let direction = b - a;
        let length = direction.x.hypot(direction.y);
        let mut depth = self.cross_all(a, direction);
        self.crossings.sort_unstable_by(|x, y| x.0.total_cmp(&y.0));
        let (mut at, mut inside, mut whole) = (0.0, 0.0, true);
        for &(t, change) in self.crossings.iter().chain(&[(1.0, 0)]) {
            let part = (t - at) * length;
            if depth > 0 {
                inside += part;
            } else {
                whole &= part <= GAP_MAX_M;
            }
            (at, depth) = (t, depth + change);
        }
        (inside, whole)
    }

    fn depth_at(&mut self, p: Coord<f64>) -> i32 {
        self.cross_all(p, Coord { x: 1.0, y: 0.0 })
    }

    /// Depth at `a`, coming from far behind; leaves the crossings between `a` and `a + direction` in `self.crossings`.
    fn cross_all(&mut self, a: Coord<f64>, direction: Coord<f64>) -> i32 {
        self.crossings.clear();
        let length2 = direction.x * direction.x + direction.y * direction.y;
        let mut depth = 0;
        for OffsetCurve { points, weight } in &self.curves {
            self.side.clear();
            self.side.extend(points.iter().map(|p| direction.x * (p.y - a.y) - direction.y * (p.x - a.x)));
            for (k, s) in self.side.windows(2).enumerate() {
                if (s[0] >= 0.0) == (s[1] >= 0.0) {
                    continue;
                }
                let share = s[0] / (s[0] - s[1]);
                let (p, q) = (points[k] - a, points[k + 1] - a);
                let x = p.x + share * (q.x - p.x);
                let y = p.y + share * (q.y - p.y);
                let t = (x * direction.x + y * direction.y) / length2;
                // An edge that rises to the left of our way has its own left side behind us.
                let change = if s[1] >= 0.0 { -weight } else { *weight };
                if t <= 0.0 {
                    depth += change;
                } else if t < 1.0 {
                    self.crossings.push((t, change));
                }
            }
        }
        depth
    }
}
