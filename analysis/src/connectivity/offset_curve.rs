//! The outline of a block grown by a distance, as GEOS 3.11 draws it before it nodes it (bna-method §6.1).
//!
//! Which streets belong to a block depends on this polygon and not on the ideal round buffer, so the drawing is followed step by
//! step: near-coincident vertices on the concave side are dropped, convex corners become fillets of equal chords, concave corners
//! the crossing of the two offset lines or, where these miss each other, a short detour towards the corner. One closed curve a ring.

use geo::Kernel;
use geo::kernels::{Orientation, RobustKernel};
use geo_types::{Coord, Line, LineString, Polygon};
use std::f64::consts::{PI, TAU};

/// Angle of one chord of a full fillet: 8 chords a quarter circle, what PostGIS asks for.
const FILLET_STEP: f64 = PI / 16.0;
/// Vertices are dropped on the concave side within this share of the distance.
const SIMPLIFY_SHARE: f64 = 0.01;
/// Convex corners whose offset ends lie closer than this share of the distance are one vertex; likewise concave ones.
const CORNER_SNAP_SHARE: f64 = 1e-3;
/// Vertices of the curve closer than this share of the distance are one.
const VERTEX_SNAP_SHARE: f64 = 1e-6;
/// Detours at concave corners end 1/81 of the way to the corner.
const CLOSING_FACTOR: f64 = 80.0;
/// At most this many of the input points between the ends of a dropped corner are looked at.
const SAMPLES: usize = 10;
/// Rings with that many points or more are not suspected of having turned inside out …
const INVERTED_MAX_POINTS: usize = 9;
/// … nor curves with more than that many times the ring's points …
const INVERTED_VERTEX_FACTOR: usize = 4;
/// … nor those that keep this share of the distance somewhere.
const INVERTED_NEARNESS: f64 = 0.99;

/// A closed curve around one ring.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct OffsetCurve {
    /// Vertices, the first repeated at the end.
    pub points: Vec<Coord<f64>>,
    /// What its winding number counts: the buffer is where the sum over all curves of `weight` × winding is positive.
    pub weight: i32,
}

#[derive(Clone, Copy, PartialEq, Debug)]
enum Side {
    Left,
    Right,
}

impl Side {
    fn opposite(self) -> Self {
        match self {
            Self::Left => Self::Right,
            Self::Right => Self::Left,
        }
    }

    /// How a corner turns that is convex seen from this side.
    fn outside_turn(self) -> Orientation {
        match self {
            Self::Left => Orientation::Clockwise,
            Self::Right => Orientation::CounterClockwise,
        }
    }
}

/// The curves of a polygon at a positive distance: its shell outwards, its holes inwards. Holes that the distance closes are left out.
pub(super) fn offset_curves(polygon: &Polygon<f64>, distance: f64, curves: &mut Vec<OffsetCurve>) {
    let shell = distinct(polygon.exterior());
    curves.extend(ring_curve(&shell, distance, Side::Left, -1));
    for hole in polygon.interiors() {
        let hole = distinct(hole);
        if !is_closed_by(&hole, distance) {
            curves.extend(ring_curve(&hole, distance, Side::Right, 1));
        }
    }
}

/// Points without repetitions in a row; numbers that are none are dropped.
fn distinct(ring: &LineString<f64>) -> Vec<Coord<f64>> {
    let mut points: Vec<_> = ring.coords().copied().filter(|p| p.x.is_finite() && p.y.is_finite()).collect();
    points.dedup();
    points
}

/// One curve. Side and weight are those of a clockwise ring.
fn ring_curve(ring: &[Coord<f64>], distance: f64, side: Side, weight: i32) -> Option<OffsetCurve> {
    if ring.is_empty() {
        return None;
    }
    let flip = ring.len() >= 4 && signed_area(ring) > 0.0;
    let (side, weight) = if flip { (side.opposite(), -weight) } else { (side, weight) };
    let points = match ring.len() {
        1 | 2 => circle(ring[0], distance),
        _ => closed_curve(ring, distance, side),
    };
    (points.len() > 1 && !is_inverted(ring, distance, &points)).then_some(OffsetCurve { points, weight })
}

fn signed_area(ring: &[Coord<f64>]) -> f64 {
    let origin = ring[0];
    ring.windows(2).map(|w| cross(w[0] - origin, w[1] - origin)).sum()
}

fn cross(a: Coord<f64>, b: Coord<f64>) -> f64 {
    a.x * b.y - a.y * b.x
}

/// Whether a hole disappears: GEOS looks at triangles exactly and at other rings by their bounding box.
fn is_closed_by(ring: &[Coord<f64>], distance: f64) -> bool {
    if ring.len() < 4 {
        return true;
    }
    if ring.len() == 4 {
        return triangle_inradius(ring) < distance;
    }
    let extent = |of: fn(&Coord<f64>) -> f64| {
        let (low, high) = ring.iter().map(of).fold((f64::MAX, f64::MIN), |(l, h), v| (l.min(v), h.max(v)));
        high - low
    };
    2.0 * distance > extent(|p| p.x).min(extent(|p| p.y))
}

fn triangle_inradius(t: &[Coord<f64>]) -> f64 {
    let length = |a: Coord<f64>, b: Coord<f64>| (a.x - b.x).hypot(a.y - b.y);
    let perimeter = length(t[0], t[1]) + length(t[1], t[2]) + length(t[2], t[0]);
    cross(t[1] - t[0], t[2] - t[0]).abs() / perimeter
}

/// Whether the curve of a small ring turned inside out: all its vertices are nearer to the ring than the distance. (From 3.12 on GEOS
/// also looks at the middle of its edges, which keeps a few tiny holes open; the reference's results come from 3.11.)
fn is_inverted(ring: &[Coord<f64>], distance: f64, curve: &[Coord<f64>]) -> bool {
    if ring.len() <= 3 || ring.len() >= INVERTED_MAX_POINTS || curve.len() > INVERTED_VERTEX_FACTOR * ring.len() {
        return false;
    }
    let tolerance = INVERTED_NEARNESS * distance;
    let near = |p: Coord<f64>| ring.windows(2).any(|w| point_to_segment(p, w[0], w[1]) <= tolerance);
    curve.iter().all(|&p| near(p))
}

/// Distance of a point to a segment.
pub(super) fn point_to_segment(p: Coord<f64>, a: Coord<f64>, b: Coord<f64>) -> f64 {
    let (d, q) = (b - a, p - a);
    let length2 = d.x * d.x + d.y * d.y;
    let t = if length2 > 0.0 { ((q.x * d.x + q.y * d.y) / length2).clamp(0.0, 1.0) } else { 0.0 };
    (q.x - t * d.x).hypot(q.y - t * d.y)
}

/// Drops vertices that turn to the concave side and lie within the tolerance. The two ends of the ring stay.
fn simplify(ring: &[Coord<f64>], tolerance: f64, concave: Orientation) -> Vec<Coord<f64>> {
    let mut kept = vec![true; ring.len()];
    let next = |kept: &[bool], i: usize| (i + 1..ring.len()).find(|&k| kept[k]).unwrap_or(ring.len());
    loop {
        let mut changed = false;
        let (mut first, mut middle) = (1, next(&kept, 1));
        let mut last = next(&kept, middle);
        while last < ring.len() {
            let drop = is_droppable(ring, [first, middle, last], tolerance, concave);
            if drop {
                kept[middle] = false;
                changed = true;
            }
            first = if drop { last } else { middle };
            middle = next(&kept, first);
            last = next(&kept, middle);
        }
        if !changed {
            break;
        }
    }
    let mut points: Vec<_> = ring.iter().zip(&kept).filter(|&(_, &keep)| keep).map(|(&p, _)| p).collect();
    points.dedup();
    points
}

/// GEOS measures the vertex against segments from the first point to each sampled one, the first point itself among them: in effect
/// only vertices within the tolerance of their predecessor go.
fn is_droppable(ring: &[Coord<f64>], [i0, i1, i2]: [usize; 3], tolerance: f64, concave: Orientation) -> bool {
    let (p0, p1, p2) = (ring[i0], ring[i1], ring[i2]);
    RobustKernel::orient2d(p0, p1, p2) == concave
        && point_to_segment(p1, p0, p2) < tolerance
        && (i0..i2).step_by(((i2 - i0) / SAMPLES).max(1)).all(|i| point_to_segment(p1, p0, ring[i]) < tolerance)
}

/// A circle, for rings that are a point.
fn circle(centre: Coord<f64>, radius: f64) -> Vec<Coord<f64>> {
    let mut pen = Pen::new(radius, Side::Left);
    pen.add(Coord { x: centre.x + radius, y: centre.y });
    pen.arc(centre, 0.0, TAU, -1.0);
    pen.close()
}

fn closed_curve(ring: &[Coord<f64>], distance: f64, side: Side) -> Vec<Coord<f64>> {
    let concave = match side {
        Side::Left => Orientation::CounterClockwise,
        Side::Right => Orientation::Clockwise,
    };
    let ring = simplify(ring, distance * SIMPLIFY_SHARE, concave);
    let mut pen = Pen::new(distance, side);
    // The closing point repeats the first: corners are taken at every point once, beginning at the first.
    let n = ring.len() - 1;
    let (mut before, mut corner) = (ring[n - 1], ring[0]);
    for (k, &after) in ring[1..].iter().enumerate() {
        if after != corner {
            pen.corner(before, corner, after, k > 0);
            (before, corner) = (corner, after);
        }
    }
    pen.close()
}

/// Draws a curve vertex by vertex.
struct Pen {
    points: Vec<Coord<f64>>,
    distance: f64,
    side: Side,
}

impl Pen {
    fn new(distance: f64, side: Side) -> Self {
        Self { points: Vec::new(), distance, side }
    }

    fn add(&mut self, p: Coord<f64>) {
        let snap = self.distance * VERTEX_SNAP_SHARE;
        if self.points.last().is_none_or(|&last| (p.x - last.x).hypot(p.y - last.y) >= snap) {
            self.points.push(p);
        }
    }

    fn close(mut self) -> Vec<Coord<f64>> {
        if let (Some(&first), Some(&last)) = (self.points.first(), self.points.last())
            && first != last
        {
            self.points.push(first);
        }
        self.points
    }

    /// A segment moved sideways by the distance.
    fn offset(&self, a: Coord<f64>, b: Coord<f64>) -> Line<f64> {
        let signed = if self.side == Side::Left { self.distance } else { -self.distance };
        let (dx, dy) = (b.x - a.x, b.y - a.y);
        let length = (dx * dx + dy * dy).sqrt();
        let (ux, uy) = (signed * dx / length, signed * dy / length);
        Line::new(Coord { x: a.x - uy, y: a.y + ux }, Coord { x: b.x - uy, y: b.y + ux })
    }

    fn corner(&mut self, before: Coord<f64>, corner: Coord<f64>, after: Coord<f64>, with_start: bool) {
        let (arriving, leaving) = (self.offset(before, corner), self.offset(corner, after));
        let turn = RobustKernel::orient2d(before, corner, after);
        if turn == Orientation::Collinear {
            let reverses =
                (before.x - corner.x) * (after.x - corner.x) + (before.y - corner.y) * (after.y - corner.y) > 0.0;
            if reverses {
                self.fillet(corner, arriving.end, leaving.start, Orientation::Clockwise);
            }
        } else if turn == self.side.outside_turn() {
            self.convex(corner, arriving, leaving, turn, with_start);
        } else {
            self.concave(corner, arriving, leaving);
        }
    }

    fn convex(
        &mut self,
        corner: Coord<f64>,
        arriving: Line<f64>,
        leaving: Line<f64>,
        turn: Orientation,
        with_start: bool,
    ) {
        if self.are_near(arriving.end, leaving.start) {
            self.add(arriving.end);
            return;
        }
        if with_start {
            self.add(arriving.end);
        }
        self.fillet(corner, arriving.end, leaving.start, turn);
        self.add(leaving.start);
    }

    fn concave(&mut self, corner: Coord<f64>, arriving: Line<f64>, leaving: Line<f64>) {
        if let Some(crossing) = first_intersection(arriving, leaving) {
            self.add(crossing);
            return;
        }
        self.add(arriving.end);
        if !self.are_near(arriving.end, leaving.start) {
            for end in [arriving.end, leaving.start] {
                self.add((end * CLOSING_FACTOR + corner) / (CLOSING_FACTOR + 1.0));
            }
            self.add(leaving.start);
        }
    }

    fn are_near(&self, a: Coord<f64>, b: Coord<f64>) -> bool {
        (a.x - b.x).hypot(a.y - b.y) < self.distance * CORNER_SNAP_SHARE
    }

    fn fillet(&mut self, centre: Coord<f64>, from: Coord<f64>, to: Coord<f64>, turn: Orientation) {
        let mut start = (from.y - centre.y).atan2(from.x - centre.x);
        let end = (to.y - centre.y).atan2(to.x - centre.x);
        let sense = if turn == Orientation::Clockwise {
            if start <= end {
                start += TAU;
            }
            -1.0
        } else {
            if start >= end {
                start -= TAU;
            }
            1.0
        };
        self.add(from);
        self.arc(centre, start, end, sense);
        self.add(to);
    }

    /// Equal chords between two angles, without the last point.
    fn arc(&mut self, centre: Coord<f64>, start: f64, end: f64, sense: f64) {
        let total = (start - end).abs();
        let chords = (total / FILLET_STEP + 0.5).floor();
        for k in 0..chords as u32 {
            let angle = start + sense * f64::from(k) * (total / chords);
            self.add(Coord { x: centre.x + self.distance * angle.cos(), y: centre.y + self.distance * angle.sin() });
        }
    }
}

/// Where two segments meet; an end where only an end does, the first common point where they overlap.
fn first_intersection(p: Line<f64>, q: Line<f64>) -> Option<Coord<f64>> {
    use Orientation::Collinear;
    let boxes_meet = |a: fn(Coord<f64>) -> f64| {
        a(p.start).min(a(p.end)) <= a(q.start).max(a(q.end)) && a(q.start).min(a(q.end)) <= a(p.start).max(a(p.end))
    };
    if !boxes_meet(|c| c.x) || !boxes_meet(|c| c.y) {
        return None;
    }
    let q_start = RobustKernel::orient2d(p.start, p.end, q.start);
    let q_end = RobustKernel::orient2d(p.start, p.end, q.end);
    let p_start = RobustKernel::orient2d(q.start, q.end, p.start);
    let p_end = RobustKernel::orient2d(q.start, q.end, p.end);
    let apart = |a: Orientation, b: Orientation| a == b && a != Collinear;
    if apart(q_start, q_end) || apart(p_start, p_end) {
        return None;
    }
    let touching = [(q_start, q.start, p), (q_end, q.end, p), (p_start, p.start, q), (p_end, p.end, q)];
    if let Some(&(_, end, _)) = touching.iter().find(|&&(o, end, line)| o == Collinear && in_box(end, line)) {
        return Some(end);
    }
    if [q_start, q_end, p_start, p_end].contains(&Collinear) {
        return None;
    }
    let (d, e) = (p.end - p.start, q.end - q.start);
    let t = cross(q.start - p.start, e) / cross(d, e);
    Some(Coord { x: p.start.x + t * d.x, y: p.start.y + t * d.y })
}

fn in_box(c: Coord<f64>, line: Line<f64>) -> bool {
    let inside = |v: f64, a: f64, b: f64| v >= a.min(b) && v <= a.max(b);
    inside(c.x, line.start.x, line.end.x) && inside(c.y, line.start.y, line.end.y)
}
