//! Places near each other become one: clusters by distance, union of their members.

use crate::import::service_area::{around, within};
use geo::{BoundingRect, Intersects, unary_union};
use geo_types::{Coord, LineString, MultiPolygon, Point, Polygon};
use petgraph::unionfind::UnionFind;
use rstar::primitives::{GeomWithData, Rectangle};
use rstar::{AABB, RTree};
use std::collections::BTreeMap;

/// Boxes of polygons and their numbers.
pub(super) type BoxTree = RTree<GeomWithData<Rectangle<[f64; 2]>, usize>>;

pub(super) fn bounds(polygon: &Polygon<f64>) -> Option<AABB<[f64; 2]>> {
    let bounds = polygon.bounding_rect()?;
    Some(AABB::from_corners(bounds.min().into(), bounds.max().into()))
}

pub(super) fn boxes<'a>(polygons: impl Iterator<Item = &'a Polygon<f64>>) -> BoxTree {
    let with_box = |(number, polygon)| Some(GeomWithData::new(Rectangle::from(bounds(polygon)?), number));
    RTree::bulk_load(polygons.enumerate().filter_map(with_box).collect())
}

/// Numbers of the polygons whose boxes touch a box.
pub(super) fn in_box(tree: &BoxTree, area: AABB<[f64; 2]>) -> impl Iterator<Item = usize> + '_ {
    tree.locate_in_envelope_intersecting(area).map(|found| found.data)
}

/// Connected components, each ascending, in the order of their first members.
fn components(mut sets: UnionFind<usize>, count: usize) -> Vec<Vec<usize>> {
    let mut by_root = BTreeMap::<usize, usize>::new();
    let mut components: Vec<Vec<usize>> = Vec::new();
    for number in 0..count {
        let component = *by_root.entry(sets.find_mut(number)).or_insert_with(|| {
            components.push(Vec::new());
            components.len() - 1
        });
        components[component].push(number);
    }
    components
}

/// Numbers of polygons that hang together by steps of at most `distance_m`.
pub(super) fn clusters_of_polygons(polygons: &[&Polygon<f64>], distance_m: f64) -> Vec<Vec<usize>> {
    joined(polygons, distance_m, |a, b| within(a, b, distance_m))
}

fn joined(
    polygons: &[&Polygon<f64>],
    distance_m: f64,
    is_one: impl Fn(&Polygon<f64>, &Polygon<f64>) -> bool,
) -> Vec<Vec<usize>> {
    let tree = boxes(polygons.iter().copied());
    let mut sets = UnionFind::new(polygons.len());
    for (number, polygon) in polygons.iter().enumerate() {
        let Some(bounds) = bounds(polygon) else { continue };
        let [[west, south], [east, north]] = [bounds.lower(), bounds.upper()];
        for other in in_box(&tree, around(west, south, east, north, distance_m)) {
            if other > number && !sets.equiv(number, other) && is_one(polygon, polygons[other]) {
                sets.union(number, other);
            }
        }
    }
    components(sets, polygons.len())
}

/// Numbers of points that hang together by steps of at most `distance_m`.
pub(super) fn clusters_of_points(points: &[Point<f64>], distance_m: f64) -> Vec<Vec<usize>> {
    let numbered = points.iter().enumerate().map(|(number, p)| GeomWithData::new([p.x(), p.y()], number));
    let tree = RTree::bulk_load(numbered.collect());
    let mut sets = UnionFind::new(points.len());
    for (number, point) in points.iter().enumerate() {
        for other in tree.locate_within_distance([point.x(), point.y()], distance_m * distance_m) {
            sets.union(number, other.data);
        }
    }
    components(sets, points.len())
}

/// Corners of the circle around a point, counter-clockwise: 8 a quarter, as PostGIS draws it.
pub(super) fn circle(centre: Point<f64>, radius_m: f64) -> Polygon<f64> {
    let corner = |number: u32| {
        let angle = f64::from(number) * (std::f64::consts::TAU / 32.);
        Coord { x: centre.x() + radius_m * angle.cos(), y: centre.y() + radius_m * angle.sin() }
    };
    Polygon::new((0..32).map(corner).collect(), Vec::new())
}

/// The union of polygons. Corners of the result are corners of the members to the last bit, save where edges cross: whether a block
/// touches the place may hang on it.
pub(super) fn union(polygons: &[&Polygon<f64>]) -> MultiPolygon<f64> {
    let parts = joined(polygons, 0., |a, b| a.intersects(b));
    let united = parts.iter().flat_map(|part| match part.as_slice() {
        [alone] => vec![polygons[*alone].clone()],
        several => {
            let members: Vec<&Polygon<f64>> = several.iter().map(|member| polygons[*member]).collect();
            with_exact_corners(unary_union(members.iter().copied()), &members)
        }
    });
    MultiPolygon(united.collect())
}

/// The union computes on a grid much finer than this, which is much finer than any two corners of a map.
const SNAP_M: f64 = 1e-4;

/// Moves corners of the union back to the corners of the members they stem from, and puts back those that it dropped from straight lines.
fn with_exact_corners(united: MultiPolygon<f64>, members: &[&Polygon<f64>]) -> Vec<Polygon<f64>> {
    let rings = members.iter().flat_map(|p| std::iter::once(p.exterior()).chain(p.interiors()));
    let corners: RTree<[f64; 2]> = RTree::bulk_load(rings.flat_map(|ring| &ring.0).map(|c| [c.x, c.y]).collect());
    let exact = |ring: &LineString<f64>| exact_ring(ring, &corners);
    united.iter().map(|p| Polygon::new(exact(p.exterior()), p.interiors().iter().map(exact).collect())).collect()
}

fn exact_ring(ring: &LineString<f64>, corners: &RTree<[f64; 2]>) -> LineString<f64> {
    let snap = |c: &Coord<f64>| match corners.nearest_neighbor([c.x, c.y]) {
        Some(corner) if (corner[0] - c.x).hypot(corner[1] - c.y) <= SNAP_M => Coord::from(*corner),
        _ => *c,
    };
    let mut places: Vec<Coord<f64>> = Vec::new();
    for edge in ring.lines() {
        let (a, b) = (snap(&edge.start), snap(&edge.end));
        places.push(a);
        let length = (b.x - a.x).hypot(b.y - a.y);
        let box_of = around(a.x.min(b.x), a.y.min(b.y), a.x.max(b.x), a.y.max(b.y), SNAP_M);
        let mut between: Vec<(f64, Coord<f64>)> = corners
            .locate_in_envelope(box_of)
            .map(|corner| Coord::from(*corner))
            .filter_map(|c| {
                let along = ((c.x - a.x) * (b.x - a.x) + (c.y - a.y) * (b.y - a.y)) / length;
                let aside = ((c.x - a.x) * (b.y - a.y) - (c.y - a.y) * (b.x - a.x)) / length;
                (aside.abs() <= SNAP_M && along > SNAP_M && along < length - SNAP_M).then_some((along, c))
            })
            .collect();
        between.sort_by(|one, other| one.0.total_cmp(&other.0));
        places.extend(between.into_iter().map(|(_, c)| c));
    }
    places.dedup();
    LineString(places)
}

#[cfg(test)]
mod tests {
    use super::*;
    use geo::Area;
    use geo_types::polygon;

    fn square(west: f64, south: f64, size: f64) -> Polygon<f64> {
        let (east, north) = (west + size, south + size);
        polygon![(x: west, y: south), (x: east, y: south), (x: east, y: north), (x: west, y: north)]
    }

    #[test]
    fn chains_within_the_distance_are_one_cluster() {
        let squares = [square(0., 0., 10.), square(100., 0., 10.), square(60., 0., 10.), square(200., 0., 10.)];
        let all: Vec<_> = squares.iter().collect();
        assert_eq!(clusters_of_polygons(&all, 50.), [vec![0, 1, 2], vec![3]]);
        let points = [Point::new(0., 0.), Point::new(100., 0.), Point::new(75., 0.), Point::new(176., 0.)];
        assert_eq!(clusters_of_points(&points, 75.), [vec![0, 1, 2], vec![3]]);
        assert!(clusters_of_points(&[], 75.).is_empty());
    }

    #[test]
    fn a_union_keeps_the_bits_of_its_corners() {
        let shift = 4_000_000.123_456_789;
        let one = polygon![(x: shift, y: shift), (x: shift + 3.3, y: shift), (x: shift + 10.7, y: shift), (x: shift + 10.7, y: shift + 10.1), (x: shift, y: shift + 10.1)];
        let other = square(shift + 5.5, shift + 5.5, 20.);
        let both = union(&[&one, &other]);
        assert_eq!(both.0.len(), 1);
        assert!((both.unsigned_area() - (10.7 * 10.1 + 400. - 5.2 * 4.6)).abs() < 1e-5);
        let corners = &both.0[0].exterior().0;
        let of_one = one.exterior().0.iter().filter(|corner| **corner != one.exterior().0[3]);
        assert!(of_one.clone().count() == 5 && of_one.into_iter().all(|corner| corners.contains(corner)));
    }

    #[test]
    fn members_apart_stay_as_they_are() {
        let (one, other) = (square(0.1, 0.2, 10.), square(30.3, 0.4, 10.));
        assert_eq!(union(&[&one, &other]).0, [one, other]);
    }

    #[test]
    fn a_member_inside_another_vanishes() {
        let (one, other) = (square(0., 0., 10.), square(2., 2., 3.));
        assert_eq!(union(&[&one, &other]).unsigned_area(), 100.);
    }

    #[test]
    fn circles_have_eight_corners_a_quarter() {
        let corners = circle(Point::new(5., 5.), 10.).exterior().0.len();
        assert_eq!(corners, 33, "the last repeats the first");
    }
}
