//! A multipolygon prepared for many questions: what touches it, and how much of a line lies inside. Closed: its outline belongs to it.

use geo::kernels::{Kernel, Orientation, RobustKernel};
use geo::{BoundingRect, Intersects};
use geo_types::{Coord, MultiPolygon, Point};
use rstar::{AABB, RTree, RTreeObject};

/// A multipolygon with its edges in an R-tree. Metric coordinates; whether something touches is decided exactly.
pub(super) struct Region<'a> {
    shape: &'a MultiPolygon<f64>,
    edges: RTree<Edge>,
    /// East of everything.
    east: f64,
}

/// A piece of the outline.
#[derive(Clone, Copy)]
struct Edge {
    a: Coord<f64>,
    b: Coord<f64>,
    /// Polygon it belongs to: parts that overlap are inside all the same.
    part: u32,
}

impl RTreeObject for Edge {
    type Envelope = AABB<[f64; 2]>;

    fn envelope(&self) -> Self::Envelope {
        box_of(self.a, self.b)
    }
}

fn box_of(a: Coord<f64>, b: Coord<f64>) -> AABB<[f64; 2]> {
    AABB::from_corners([a.x, a.y], [b.x, b.y])
}

fn turn(a: Coord<f64>, b: Coord<f64>, c: Coord<f64>) -> Orientation {
    RobustKernel::orient2d(a, b, c)
}

/// Pieces of a line, those ridden twice only once: an intersection with a polygon counts them once.
fn pieces(line: &[Coord<f64>]) -> impl Iterator<Item = &[Coord<f64>]> {
    let same = |a: &[Coord<f64>], b: &[Coord<f64>]| (a[0] == b[0] && a[1] == b[1]) || (a[0] == b[1] && a[1] == b[0]);
    let is_first = move |k: usize, piece: &[Coord<f64>]| !line.windows(2).take(k).any(|earlier| same(earlier, piece));
    line.windows(2).enumerate().filter(move |(k, piece)| is_first(*k, piece)).map(|(_, piece)| piece)
}

fn finite(c: Coord<f64>) -> bool {
    c.x.is_finite() && c.y.is_finite()
}

impl<'a> Region<'a> {
    /// Prepares a multipolygon. Edges without finite coordinates count for nothing.
    pub(super) fn new(shape: &'a MultiPolygon<f64>) -> Self {
        let mut edges = Vec::new();
        for (part, polygon) in (0..).zip(&shape.0) {
            for ring in std::iter::once(polygon.exterior()).chain(polygon.interiors()) {
                let ends = ring.0.windows(2).map(|pair| Edge { a: pair[0], b: pair[1], part });
                edges.extend(ends.filter(|edge| finite(edge.a) && finite(edge.b)));
            }
        }
        let east = edges.iter().fold(f64::NEG_INFINITY, |east, edge| east.max(edge.a.x).max(edge.b.x));
        Self { shape, edges: RTree::bulk_load(edges), east }
    }

    /// Whether a point lies inside or on the outline.
    pub(super) fn holds(&self, p: Coord<f64>) -> bool {
        if !finite(p) || p.x > self.east {
            return false;
        }
        // A ray to the east crosses the outline of the part that holds the point an odd number of times.
        let mut odd: Vec<u32> = Vec::new();
        for edge in self.edges.locate_in_envelope_intersecting(box_of(p, Coord { x: self.east, y: p.y })) {
            let side = turn(edge.a, edge.b, p);
            if side == Orientation::Collinear {
                if between(edge.a, edge.b, p) {
                    return true;
                }
                continue;
            }
            let (from_above, to_above) = (edge.a.y > p.y, edge.b.y > p.y);
            if from_above != to_above && (side == Orientation::CounterClockwise) == to_above {
                match odd.iter().position(|&part| part == edge.part) {
                    Some(seen) => drop(odd.swap_remove(seen)),
                    None => odd.push(edge.part),
                }
            }
        }
        !odd.is_empty()
    }

    /// Whether a multipolygon has a point in common with this one.
    pub(super) fn meets(&self, other: &MultiPolygon<f64>) -> bool {
        let crosses = other.0.iter().flat_map(|polygon| std::iter::once(polygon.exterior()).chain(polygon.interiors()));
        crosses.flat_map(|ring| ring.0.windows(2)).any(|pair| self.cuts(pair[0], pair[1]))
            || other.0.iter().filter_map(|polygon| polygon.exterior().0.first()).any(|&start| self.holds(start))
            || self.starts().any(|start| other.intersects(&Point(start)))
    }

    fn starts(&self) -> impl Iterator<Item = Coord<f64>> {
        self.shape.0.iter().filter_map(|polygon| polygon.exterior().0.first().copied())
    }

    /// Whether the outline has a point in common with a straight line.
    fn cuts(&self, p: Coord<f64>, q: Coord<f64>) -> bool {
        finite(p)
            && finite(q)
            && self.edges.locate_in_envelope_intersecting(box_of(p, q)).any(|edge| touch(p, q, edge.a, edge.b))
    }

    /// Length of the part of a line that lies inside; `None` when the line does not touch the region at all (0 when it does in a point).
    pub(super) fn length_inside(&self, line: &[Coord<f64>]) -> Option<f64> {
        let bounds = geo::MultiPoint::from(line.iter().copied().map(Point).collect::<Vec<_>>()).bounding_rect()?;
        let extent = box_of(bounds.min(), bounds.max());
        if self.edges.locate_in_envelope_intersecting(extent).next().is_none() {
            // The outline is nowhere near: all or nothing.
            return self.holds(line[0]).then(|| pieces(line).map(|pair| length(pair[0], pair[1])).sum());
        }
        let mut met = line.first().is_some_and(|&start| self.holds(start));
        let mut inside = 0.0;
        for pair in pieces(line) {
            let (touched, share) = self.share_inside(pair[0], pair[1]);
            met |= touched;
            inside += share * length(pair[0], pair[1]);
        }
        met.then_some(inside)
    }

    /// Whether a straight line touches the outline or lies inside, and which share of it does the latter.
    fn share_inside(&self, p: Coord<f64>, q: Coord<f64>) -> (bool, f64) {
        if p == q || !finite(p) || !finite(q) {
            return (self.holds(p), 0.0);
        }
        let mut cuts = vec![0.0, 1.0];
        let mut along: Vec<(f64, f64)> = Vec::new();
        for edge in self.edges.locate_in_envelope_intersecting(box_of(p, q)) {
            if !touch(p, q, edge.a, edge.b) {
                continue;
            }
            let [from, to] = [edge.a, edge.b].map(|end| position(p, q, end));
            if turn(p, q, edge.a) == Orientation::Collinear && turn(p, q, edge.b) == Orientation::Collinear {
                along.push((from.min(to), from.max(to)));
                cuts.extend([from, to]);
            } else {
                cuts.push(crossing(p, q, edge.a, edge.b));
            }
        }
        let touched = cuts.len() > 2 || self.holds(p);
        cuts.sort_by(f64::total_cmp);
        let lies_inside = |from: f64, to: f64| {
            let middle = f64::midpoint(from, to);
            along.iter().any(|&(start, end)| start <= middle && middle <= end)
                || self.holds(Coord { x: p.x + (q.x - p.x) * middle, y: p.y + (q.y - p.y) * middle })
        };
        let share = cuts
            .windows(2)
            .filter(|pair| pair[1] > pair[0] && lies_inside(pair[0], pair[1]))
            .map(|pair| pair[1] - pair[0])
            .sum();
        (touched, share)
    }
}

fn length(a: Coord<f64>, b: Coord<f64>) -> f64 {
    (b.x - a.x).hypot(b.y - a.y)
}

/// Whether a point on the line through two others lies between them.
fn between(a: Coord<f64>, b: Coord<f64>, p: Coord<f64>) -> bool {
    (a.x.min(b.x)..=a.x.max(b.x)).contains(&p.x) && (a.y.min(b.y)..=a.y.max(b.y)).contains(&p.y)
}

/// Whether two straight lines have a point in common.
fn touch(p: Coord<f64>, q: Coord<f64>, a: Coord<f64>, b: Coord<f64>) -> bool {
    let [of_a, of_b, of_p, of_q] = [turn(p, q, a), turn(p, q, b), turn(a, b, p), turn(a, b, q)];
    let on = |side, from, to, point| side == Orientation::Collinear && between(from, to, point);
    let apart = |one, other| one != other && one != Orientation::Collinear && other != Orientation::Collinear;
    (apart(of_a, of_b) && apart(of_p, of_q))
        || on(of_a, p, q, a)
        || on(of_b, p, q, b)
        || on(of_p, a, b, p)
        || on(of_q, a, b, q)
}

/// Where on p → q (0–1) a point of that line lies.
fn position(p: Coord<f64>, q: Coord<f64>, point: Coord<f64>) -> f64 {
    let (x, y) = (q.x - p.x, q.y - p.y);
    (((point.x - p.x) * x + (point.y - p.y) * y) / (x * x + y * y)).clamp(0.0, 1.0)
}

/// Where on p → q (0–1) the line a–b, which touches it and is not parallel to it, meets it.
fn crossing(p: Coord<f64>, q: Coord<f64>, a: Coord<f64>, b: Coord<f64>) -> f64 {
    let area = |c: Coord<f64>| (b.x - a.x) * (c.y - a.y) - (b.y - a.y) * (c.x - a.x);
    let (from, to) = (area(p), area(q));
    if from == to { 0.0 } else { (from / (from - to)).clamp(0.0, 1.0) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use geo_types::{Rect, polygon};

    fn square(x: f64, y: f64, size: f64) -> MultiPolygon<f64> {
        MultiPolygon::new(vec![Rect::new((x, y), (x + size, y + size)).to_polygon()])
    }

    fn at(points: &[(f64, f64)]) -> Vec<Coord<f64>> {
        points.iter().map(|&(x, y)| Coord { x, y }).collect()
    }

    fn ring_with_hole() -> MultiPolygon<f64> {
        polygon!(exterior: [(x: 0., y: 0.), (x: 9., y: 0.), (x: 9., y: 9.), (x: 0., y: 9.)],
                 interiors: [[(x: 3., y: 3.), (x: 6., y: 3.), (x: 6., y: 6.), (x: 3., y: 6.)]])
        .into()
    }

    /// Real streets do it: three ways of Porto turn back upon themselves.
    #[test]
    fn a_piece_ridden_twice_counts_once() {
        let there_and_back = [(1., 1.), (3., 1.), (1., 1.), (1., 2.)];
        assert_eq!(inside(&square(0., 0., 9.), &there_and_back), Some(3.0));
        assert_eq!(inside(&square(0., 0., 2.), &there_and_back), Some(2.0));
    }

    fn inside(shape: &MultiPolygon<f64>, points: &[(f64, f64)]) -> Option<f64> {
        Region::new(shape).length_inside(&at(points))
    }

    #[test]
    fn outline_belongs_to_it() {
        let shape = ring_with_hole();
        let region = Region::new(&shape);
        let holds = |x, y| region.holds(Coord { x, y });
        assert!(holds(1.0, 1.0) && holds(0.0, 0.0) && holds(9.0, 4.0) && holds(3.0, 5.0) && holds(6.0, 6.0));
        assert!(!holds(4.0, 4.0) && !holds(-1.0, 0.0) && !holds(9.1, 9.0) && !holds(4.0, 9.5) && !holds(f64::NAN, 1.0));
    }

    #[test]
    fn overlapping_parts_are_inside() {
        let mut shape = square(0.0, 0.0, 2.0);
        shape.0.extend(square(1.0, 1.0, 2.0));
        let region = Region::new(&shape);
        assert!(region.holds(Coord { x: 1.5, y: 1.5 }));
        assert!(!region.holds(Coord { x: 0.5, y: 2.5 }));
    }

    #[test]
    fn lines_are_cut_at_outline_and_hole() {
        let shape = ring_with_hole();
        assert_eq!(inside(&shape, &[(-5.0, 4.0), (14.0, 4.0)]).map(f64::round), Some(6.0));
        assert_eq!(inside(&shape, &[(1.0, 1.0), (1.0, 2.0), (2.0, 2.0)]), Some(2.0));
        assert_eq!(inside(&shape, &[(4.0, 4.0), (5.0, 5.0)]), None);
        assert_eq!(inside(&shape, &[(20.0, 4.0), (21.0, 4.0)]), None);
        assert_eq!(inside(&shape, &[]), None);
    }

    #[test]
    fn lines_along_the_outline_count() {
        let shape = ring_with_hole();
        assert_eq!(inside(&shape, &[(-1.0, 0.0), (4.0, 0.0)]), Some(4.0));
        assert_eq!(inside(&shape, &[(3.0, 3.0), (6.0, 3.0)]), Some(3.0));
        assert_eq!(inside(&shape, &[(0.0, -1.0), (0.0, 20.0)]), Some(9.0));
    }

    #[test]
    fn touching_in_a_point_is_zero_not_none() {
        assert_eq!(inside(&ring_with_hole(), &[(-1.0, 1.0), (1.0, -1.0)]), Some(0.0));
        assert_eq!(inside(&ring_with_hole(), &[(9.0, 9.0), (20.0, 20.0)]), Some(0.0));
    }

    #[test]
    fn all_parts_count() {
        let mut shape = square(0.0, 0.0, 1.0);
        shape.0.extend(square(5.0, 0.0, 1.0));
        let share = inside(&shape, &[(-1.0, 0.5), (9.0, 0.5)]).unwrap();
        assert!((share - 2.0).abs() < 1e-12, "{share}");
    }

    #[test]
    fn polygons_meet_across_within_and_at_a_corner() {
        let shape = ring_with_hole();
        let meets = |x, y, size| Region::new(&shape).meets(&square(x, y, size));
        assert!(meets(1.0, 1.0, 1.0), "inside");
        assert!(meets(-5.0, -5.0, 50.0), "around");
        assert!(meets(9.0, 9.0, 1.0), "corner");
        assert!(meets(3.0, 3.0, 1.0), "edge of the hole");
        assert!(!meets(4.0, 4.0, 1.0), "in the hole");
        assert!(!meets(9.5, 0.0, 1.0), "beside");
    }

    #[test]
    fn an_empty_region_holds_nothing() {
        let nothing = MultiPolygon::new(vec![]);
        assert!(!Region::new(&nothing).holds(Coord { x: 0.0, y: 0.0 }));
        assert!(!Region::new(&nothing).meets(&square(0.0, 0.0, 1.0)));
        assert_eq!(inside(&nothing, &[(0.0, 0.0), (1.0, 1.0)]), None);
    }
}
