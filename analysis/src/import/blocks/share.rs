//! How much of a block lies inside a place.

use geo::algorithm::bool_ops::BooleanOps;
use geo::{Area, BoundingRect, LinesIter};
use geo_types::{Coord, LineString, MultiPolygon, Polygon, Rect};
use rstar::{AABB, RTree, RTreeObject};

/// A place, prepared for many blocks: most of them meet no edge of it and lie inside or outside as a whole.
pub(in crate::import) struct Region<'a> {
    place: &'a MultiPolygon<f64>,
    edges: RTree<Edge>,
    bounds: Option<Rect<f64>>,
}

struct Edge([f64; 2], [f64; 2]);

impl RTreeObject for Edge {
    type Envelope = AABB<[f64; 2]>;
    fn envelope(&self) -> Self::Envelope {
        AABB::from_corners(self.0, self.1)
    }
}

impl<'a> Region<'a> {
    pub fn new(place: &'a MultiPolygon<f64>) -> Self {
        let edges = place.lines_iter().map(|line| Edge(line.start.into(), line.end.into())).collect();
        Self { place, edges: RTree::bulk_load(edges), bounds: place.bounding_rect() }
    }

    /// Area(block ∩ place) ÷ area(block); none for a block without area.
    pub fn share(&self, block: &MultiPolygon<f64>) -> Option<f64> {
        let (bounds, place) = (block.bounding_rect()?, self.bounds?);
        let (low, high) = (bounds.min(), bounds.max());
        if low.x > place.max().x || high.x < place.min().x || low.y > place.max().y || high.y < place.min().y {
            return Some(0.0);
        }
        let area = block.unsigned_area();
        if !(area > 0.0 && area.is_finite()) {
            return None;
        }
        let window = AABB::from_corners([low.x, low.y], [high.x, high.y]);
        if self.edges.locate_in_envelope_intersecting(window).next().is_none() {
            return Some(if self.contains(low) { 1.0 } else { 0.0 });
        }
        // Only the part of the place in the block's box: a place may have a million corners, a block has twenty.
        let window =
            self.place.0.iter().flat_map(|polygon| std::iter::once(polygon.exterior()).chain(polygon.interiors()));
        let window = window.map(|ring| clip(ring, bounds)).filter(|ring| ring.0.len() >= 4);
        let window = MultiPolygon(window.map(|ring| Polygon::new(ring, vec![])).collect());
        // All rings as they are: what an odd number of them goes round is inside.
        Some(block.intersection(&window).unsigned_area() / area)
    }

    /// Whether a point that lies on no edge is inside: edges crossed on the way east.
    fn contains(&self, at: Coord<f64>) -> bool {
        let Some(bounds) = self.bounds else { return false };
        let way = AABB::from_corners([at.x, at.y], [bounds.max().x.max(at.x), at.y]);
        let crosses = |Edge(a, b): &&Edge| {
            (a[1] > at.y) != (b[1] > at.y) && a[0] + (at.y - a[1]) / (b[1] - a[1]) * (b[0] - a[0]) > at.x
        };
        self.edges.locate_in_envelope_intersecting(way).filter(crosses).count() % 2 == 1
    }
}

/// A ring cut to a box, side after side (Sutherland–Hodgman): parts may hang together along the sides of the box, which
/// changes no area.
fn clip(ring: &LineString<f64>, bounds: Rect<f64>) -> LineString<f64> {
    let (low, high) = (bounds.min(), bounds.max());
    let mut points = ring.0.clone();
    for (axis, limit, keeps_more) in [(0, low.x, true), (0, high.x, false), (1, low.y, true), (1, high.y, false)] {
        points = clip_side(&points, axis, limit, keeps_more);
        if points.is_empty() {
            break;
        }
    }
    LineString(points)
}

fn clip_side(points: &[Coord<f64>], axis: usize, limit: f64, keeps_more: bool) -> Vec<Coord<f64>> {
    let value = |at: &Coord<f64>| if axis == 0 { at.x } else { at.y };
    let inside = |at: &Coord<f64>| if keeps_more { value(at) >= limit } else { value(at) <= limit };
    let mut kept = Vec::new();
    for pair in points.windows(2) {
        let (a, b) = (pair[0], pair[1]);
        if inside(&a) {
            kept.push(a);
        }
        if inside(&a) != inside(&b) {
            let share = (limit - value(&a)) / (value(&b) - value(&a));
            let (x, y) = (a.x + share * (b.x - a.x), a.y + share * (b.y - a.y));
            kept.push(if axis == 0 { Coord { x: limit, y } } else { Coord { x, y: limit } });
        }
    }
    kept.extend(kept.first().copied());
    kept
}
