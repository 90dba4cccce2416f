//! What lies near enough: the clip of edition `reference` by distance from the boundary (bna-method §2.7), and distances of polygons.

use super::osm::Region;
use geo::{Distance, Euclidean, Intersects};
use geo_types::{Coord, Line, LineString, MultiPolygon, Polygon};
use rstar::{AABB, RTree, primitives};

type EdgeTree = RTree<primitives::Line<[f64; 2]>>;

/// The boundary and all within a distance of it, in metres.
pub(super) struct ServiceArea {
    edges: EdgeTree,
    inside: Region,
    /// A corner of each part.
    starts: Vec<Coord<f64>>,
    distance_m: f64,
}

/// [`Region`] counts in 1e-7 degrees up to ±214: a "degree" of 100 km makes centimetres of it. Near the boundary the edges decide.
const METRES_A_DEGREE: f64 = 1e5;

impl ServiceArea {
    pub(super) fn new(boundary_m: &MultiPolygon<f64>, distance_m: f64) -> Self {
        let rings = boundary_m.iter().flat_map(rings);
        let edges = rings.flat_map(LineString::lines).map(|l| primitives::Line::new(l.start.into(), l.end.into()));
        let scaled = geo::MapCoords::map_coords(boundary_m, |c| c / METRES_A_DEGREE);
        let starts = boundary_m.iter().filter_map(|part| part.exterior().0.first().copied()).collect();
        Self { edges: RTree::bulk_load(edges.collect()), inside: Region::new(&scaled), starts, distance_m }
    }

    pub(super) fn holds_point(&self, at: Coord<f64>) -> bool {
        let near = self.edges.locate_within_distance([at.x, at.y], self.distance_m * self.distance_m).next().is_some();
        near || self.inside.contains_degrees(at.x / METRES_A_DEGREE, at.y / METRES_A_DEGREE)
    }

    /// Whether any part of the line is near enough.
    pub(super) fn holds_line(&self, line: &[Coord<f64>]) -> bool {
        line.iter().any(|at| self.holds_point(*at)) || line.windows(2).any(|pair| self.is_near(pair[0], pair[1]))
    }

    fn is_near(&self, a: Coord<f64>, b: Coord<f64>) -> bool {
        let edge = Line::new(a, b);
        let around = around(a.x.min(b.x), a.y.min(b.y), a.x.max(b.x), a.y.max(b.y), self.distance_m);
        self.edges.locate_in_envelope_intersecting(around).any(|other| {
            let other = Line::new(Coord::from(other.from), Coord::from(other.to));
            Euclidean.distance(&edge, &other) <= self.distance_m
        })
    }

    /// Whether any part of the polygon is near enough. Where no ring is, a part of the boundary lies inside it as a whole or not at all.
    pub(super) fn holds_polygon(&self, polygon: &Polygon<f64>) -> bool {
        rings(polygon).any(|ring| self.holds_line(&ring.0)) || self.starts.iter().any(|start| polygon.intersects(start))
    }
}

/// A box grown by a distance.
pub(super) fn around(west: f64, south: f64, east: f64, north: f64, by: f64) -> AABB<[f64; 2]> {
    AABB::from_corners([west - by, south - by], [east + by, north + by])
}

fn rings(polygon: &Polygon<f64>) -> impl Iterator<Item = &LineString<f64>> {
    std::iter::once(polygon.exterior()).chain(polygon.interiors())
}

/// Whether two polygons are at most `distance` apart.
pub(super) fn within(a: &Polygon<f64>, b: &Polygon<f64>, distance: f64) -> bool {
    if a.intersects(b) {
        return true;
    }
    let (near_a, near_b) = (edges_near(a, b, distance), edges_near(b, a, distance));
    near_a.iter().any(|one| near_b.iter().any(|other| Euclidean.distance(one, other) <= distance))
}

/// Edges of a polygon in the box around another.
fn edges_near(of: &Polygon<f64>, other: &Polygon<f64>, distance: f64) -> Vec<Line<f64>> {
    let Some(area) = geo::BoundingRect::bounding_rect(other) else { return Vec::new() };
    let (min, max) = (area.min(), area.max());
    let beside = |edge: &Line<f64>| {
        let (low, high) = (edge.start.x.min(edge.end.x), edge.start.x.max(edge.end.x));
        let (south, north) = (edge.start.y.min(edge.end.y), edge.start.y.max(edge.end.y));
        low <= max.x + distance && high >= min.x - distance && south <= max.y + distance && north >= min.y - distance
    };
    rings(of).flat_map(LineString::lines).filter(beside).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use geo_types::polygon;

    fn square(west: f64, south: f64, size: f64) -> Polygon<f64> {
        let (east, north) = (west + size, south + size);
        polygon![(x: west, y: south), (x: east, y: south), (x: east, y: north), (x: west, y: north)]
    }

    #[test]
    fn inside_near_and_far() {
        let area = ServiceArea::new(&square(500_000., 4_000_000., 10_000.).into(), 2680.);
        let at = |x, y| Coord { x: 500_000. + x, y: 4_000_000. + y };
        assert!(area.holds_point(at(5000., 5000.)), "farther from every edge than the distance, but inside");
        assert!(area.holds_point(at(-2680., 5000.)), "inclusive");
        assert!(!area.holds_point(at(-2680.001, 5000.)));
        assert!(area.holds_line(&[at(-9000., -2000.), at(19_000., -2000.)]), "no corner is near, the line is");
        assert!(!area.holds_line(&[at(-9000., -2681.), at(19_000., -2681.)]));
    }

    #[test]
    fn a_polygon_around_the_boundary_is_near() {
        let area = ServiceArea::new(&square(500_000., 4_000_000., 100.).into(), 10.);
        assert!(area.holds_polygon(&square(490_000., 3_990_000., 20_000.)));
        assert!(!area.holds_polygon(&square(500_111., 4_000_000., 5.)));
    }

    #[test]
    fn distance_of_polygons_is_inclusive() {
        let one = square(0., 0., 10.);
        assert!(within(&one, &square(60., 0., 10.), 50.) && !within(&one, &square(60.001, 0., 10.), 50.));
        assert!(within(&one, &square(2., 2., 1.), 0.), "one inside the other");
    }
}
