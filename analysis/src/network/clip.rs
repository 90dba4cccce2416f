//! Edition `reference`: segments far from the boundary are dropped whole (bna-method §2.7).

use super::split::Piece;
use crate::import::Streets;
use geo::{Distance, Euclidean};
use geo_types::{Coord, Line, MultiPolygon};
use rayon::prelude::*;
use rstar::primitives::GeomWithData;
use rstar::{AABB, RTree};

type Edge = rstar::primitives::Line<[f64; 2]>;

/// The rings of a boundary, to ask how far away something is.
struct Boundary {
    edges: RTree<GeomWithData<Edge, ()>>,
    east: f64,
}

impl Boundary {
    fn new(boundary: &MultiPolygon<f64>) -> Self {
        let rings = boundary.iter().flat_map(|polygon| std::iter::once(polygon.exterior()).chain(polygon.interiors()));
        let edges: Vec<_> = rings
            .flat_map(|ring| ring.lines())
            .map(|line| GeomWithData::new(Edge::new(line.start.into(), line.end.into()), ()))
            .collect();
        let east = edges.iter().flat_map(|edge| [edge.geom().from[0], edge.geom().to[0]]).fold(f64::MIN, f64::max);
        Self { edges: RTree::bulk_load(edges), east }
    }

    fn is_near(&self, at: Coord<f64>, distance: f64) -> bool {
        self.edges.nearest_neighbor_with_distance_2([at.x, at.y]).is_some_and(|(_, d2)| d2 <= distance * distance)
    }

    /// Even–odd along a ray to the east; which side a point on the ring falls on does not matter here.
    fn contains(&self, at: Coord<f64>) -> bool {
        let ray = AABB::from_corners([at.x, at.y], [self.east.max(at.x), at.y]);
        let crossed = self.edges.locate_in_envelope_intersecting(ray).filter(|edge| {
            let ([x1, y1], [x2, y2]) = (edge.geom().from, edge.geom().to);
            (y1 > at.y) != (y2 > at.y) && at.x < x1 + (at.y - y1) / (y2 - y1) * (x2 - x1)
        });
        crossed.count() % 2 == 1
    }

    fn is_near_line(&self, from: Coord<f64>, to: Coord<f64>, distance: f64) -> bool {
        let low = [from.x.min(to.x) - distance, from.y.min(to.y) - distance];
        let high = [from.x.max(to.x) + distance, from.y.max(to.y) + distance];
        let line = Line::new(from, to);
        self.edges.locate_in_envelope_intersecting(AABB::from_corners(low, high)).any(|edge| {
            let edge = Line::new(Coord::from(edge.geom().from), Coord::from(edge.geom().to));
            Euclidean.distance(&line, &edge) <= distance
        })
    }
}

/// Drops pieces that lie farther from the boundary than a distance (metres, inclusive).
pub(super) fn drop_far(pieces: &mut Vec<Piece>, streets: &Streets, boundary: &MultiPolygon<f64>, distance: f64) {
    let boundary = Boundary::new(boundary);
    let at = |node: u32| streets.node_xy[node as usize];
    let near: Vec<bool> = pieces
        .par_iter()
        .map(|piece| {
            let nodes = piece.nodes(streets);
            // Nearly all pieces pass the first question.
            boundary.is_near(at(nodes[0]), distance)
                || boundary.contains(at(nodes[0]))
                || nodes.windows(2).any(|pair| boundary.is_near_line(at(pair[0]), at(pair[1]), distance))
        })
        .collect();
    let mut near = near.into_iter();
    pieces.retain(|_| near.next().unwrap_or(true));
}
