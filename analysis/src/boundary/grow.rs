//! A place and everything within a distance of it.
//!
//! In one step every corner of a detailed outline would draw an arc of kilometres, and all arcs would cross. So the place
//! grows in steps, each some times larger than all before; between the steps the outline, now round, is thinned.

use geo::Buffer;
use geo::algorithm::bool_ops::{BooleanOps, FillRule, OpType};
use geo::algorithm::buffer::{BufferStyle, LineJoin};
use geo_types::{Coord, LineString, MultiPolygon, Polygon};

/// What each thinning and each arc may be off, as a part of the distance: 0.13 m of 2,680 m.
const TOLERANCE: f64 = 5e-5;
/// First step, as a part of the distance.
const FIRST: f64 = 1e-3;
/// How much farther each step reaches.
const FACTOR: f64 = 8.0;

/// All points within `distance` metres, to about a metre in 2,680.
pub(super) fn grow(place: &MultiPolygon<f64>, distance: f64) -> MultiPolygon<f64> {
    if distance <= 0.0 {
        return place.clone();
    }
    let tolerance = distance * TOLERANCE;
    let mut shape = place.clone();
    let (mut reached, mut target) = (0.0, distance * FIRST);
    while reached < distance {
        target = if target * FACTOR.sqrt() < distance { target } else { distance };
        let step = target - reached;
        // An arc and its chord are this far apart at most.
        let angle = (8.0 * tolerance / step).sqrt().min(0.5);
        shape = thin(&shape, tolerance).buffer_with_style(BufferStyle::new(step).line_join(LineJoin::Round(angle)));
        (reached, target) = (target, target * FACTOR);
    }
    shape
}

/// Fewer vertices; no point of the outline farther away than the tolerance.
fn thin(shape: &MultiPolygon<f64>, tolerance: f64) -> MultiPolygon<f64> {
    let ring = |ring: &LineString<f64>| thin_ring(ring, tolerance);
    let polygons = shape.0.iter().map(|polygon| {
        let holes = polygon.interiors().iter().map(ring).filter(|hole| hole.0.len() >= 4);
        Polygon::new(ring(polygon.exterior()), holes.collect())
    });
    let thinned = MultiPolygon(polygons.collect());
    // What the thinning folded over itself is laid flat again.
    thinned.boolean_op_with_fill_rule(&MultiPolygon::<f64>::new(vec![]), OpType::Union, FillRule::NonZero)
}

/// Directions from the last kept vertex in which all vertices since pass within the tolerance.
#[derive(Clone, Copy)]
struct Cone {
    middle: f64,
    low: f64,
    high: f64,
    furthest: f64,
}

impl Cone {
    const OPEN: Self = Self { middle: 0.0, low: f64::NEG_INFINITY, high: f64::INFINITY, furthest: 0.0 };

    /// The cone narrowed for one more vertex, if that vertex itself is inside.
    fn narrowed(self, offset: Coord<f64>, tolerance: f64) -> Option<Self> {
        let length = offset.x.hypot(offset.y);
        if length <= tolerance {
            return (self.furthest <= 2.0 * tolerance).then_some(self);
        }
        let direction = offset.y.atan2(offset.x);
        let middle = if self.furthest == 0.0 { direction } else { self.middle };
        let turn = (direction - middle + std::f64::consts::PI).rem_euclid(std::f64::consts::TAU) - std::f64::consts::PI;
        // Going back would leave vertices behind the end of the new edge.
        if turn < self.low || turn > self.high || length < self.furthest - tolerance {
            return None;
        }
        let half = (tolerance / length).asin();
        let (low, high) = (self.low.max(turn - half), self.high.min(turn + half));
        Some(Self { middle, low, high, furthest: self.furthest.max(length) })
    }
}

fn thin_ring(ring: &LineString<f64>, tolerance: f64) -> LineString<f64> {
    let [first, .., last] = ring.0.as_slice() else { return ring.clone() };
    let mut kept = vec![*first];
    let (mut anchor, mut cone, mut previous) = (*first, Cone::OPEN, *first);
    for &at in &ring.0[1..] {
        match cone.narrowed(at - anchor, tolerance) {
            Some(narrower) => cone = narrower,
            None => {
                kept.push(previous);
                anchor = previous;
                cone = Cone::OPEN.narrowed(at - anchor, tolerance).unwrap_or(Cone::OPEN);
            }
        }
        previous = at;
    }
    kept.push(*last);
    // Too small for the tolerance: as it was.
    if kept.len() < 4 { ring.clone() } else { LineString(kept) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use geo::{Area, Distance, Euclidean};
    use geo_types::{Point, polygon};

    #[test]
    fn thin_rings_stay_near() {
        let circle: LineString<f64> = (0..=1000)
            .map(|n| f64::from(n % 1000) * std::f64::consts::TAU / 1000.0)
            .map(|a| (100.0 * a.cos(), 100.0 * a.sin()))
            .collect();
        let thin = thin_ring(&circle, 0.5);
        assert!(thin.0.len() < 60, "{}", thin.0.len());
        for &at in &circle.0 {
            assert!(Euclidean.distance(&Point(at), &thin) <= 0.5 + 1e-9);
        }
        // There and back again: the far end stays.
        let spike: LineString<f64> =
            [(0., 0.), (50., 0.), (100., 0.), (50., 0.1), (0., 10.), (0., 0.)].into_iter().collect();
        assert!(thin_ring(&spike, 0.5).0.contains(&Coord { x: 100.0, y: 0.0 }));
    }

    #[test]
    fn holes_shrink_and_close() {
        let place = MultiPolygon(vec![polygon! {
            exterior: [(x: 0., y: 0.), (x: 90_000., y: 0.), (x: 90_000., y: 90_000.), (x: 0., y: 90_000.)],
            interiors: [
                [(x: 10_000., y: 10_000.), (x: 10_000., y: 20_000.), (x: 20_000., y: 20_000.), (x: 20_000., y: 10_000.)],
                [(x: 50_000., y: 50_000.), (x: 50_000., y: 51_000.), (x: 51_000., y: 51_000.), (x: 51_000., y: 50_000.)],
            ],
        }]);
        let grown = grow(&place, 2680.0);
        assert_eq!((grown.0.len(), grown.0[0].interiors().len()), (1, 1));
        let hole = Polygon::new(grown.0[0].interiors()[0].clone(), vec![]).unsigned_area().sqrt();
        assert!((hole - (10_000.0 - 2.0 * 2680.0)).abs() < 2.0, "{hole}");
        let outer = Polygon::new(grown.0[0].exterior().clone(), vec![]).unsigned_area();
        let exact = 90_000f64.powi(2) + 4.0 * 90_000.0 * 2680.0 + std::f64::consts::PI * 2680f64.powi(2);
        assert!((outer - exact).abs() < 2.0 * 4.0 * 90_000.0, "{outer} {exact}");
        assert_eq!(grow(&place, 0.0), place);
    }
}
