//! Closed ways and multipolygon relations become polygons, by the rules of libosmium, which osm2pgsql uses (bna-method §2.3):
//! roles do not count, edges that come twice cancel out, edges that cross or an open end make the whole area invalid,
//! and what lies inside an odd number of rings is area.

use std::collections::{BTreeMap, HashSet};

/// A place in 1e-7 degrees: longitude, latitude.
pub(in crate::import) type Place = [i32; 2];

/// An outer ring (counter-clockwise) and its holes (clockwise); none repeats its first point.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::import) struct RawPolygon {
    pub outer: Vec<Place>,
    pub holes: Vec<Vec<Place>>,
}

/// Places where more than two edges meet: above that many libosmium gives up.
const JUNCTIONS_MAX: usize = 100;

/// Ends in order: the west end first, of two above each other the south one.
type Edge = [Place; 2];

/// The polygons that the lines enclose, from west to east; none when they enclose nothing or are invalid.
pub(in crate::import) fn polygons(lines: &[Vec<Place>]) -> Vec<RawPolygon> {
    let edges = edges_once(lines);
    if edges.is_empty() || any_crossing(&edges) {
        return Vec::new();
    }
    let mut corners = BTreeMap::<Place, Vec<usize>>::new();
    for (number, [a, b]) in edges.iter().enumerate() {
        corners.entry(*a).or_default().push(number);
        corners.entry(*b).or_default().push(number);
    }
    let junctions = corners.values().filter(|around| around.len() > 2).count();
    if corners.values().any(|around| around.len() % 2 == 1) || junctions > JUNCTIONS_MAX {
        return Vec::new();
    }
    for (corner, around) in &mut corners {
        around.sort_by(|a, b| clockwise(far_end(&edges[*a], *corner), far_end(&edges[*b], *corner), *corner));
    }
    let forward = directions(&edges, &corners);
    group(trace(&edges, &forward, &corners))
}

/// Edges without length left out; of equal ones pairs are taken away.
fn edges_once(lines: &[Vec<Place>]) -> Vec<Edge> {
    let pairs = lines.iter().flat_map(|line| line.windows(2));
    let mut all: Vec<Edge> = pairs.filter(|p| p[0] != p[1]).map(|p| [p[0].min(p[1]), p[0].max(p[1])]).collect();
    all.sort_unstable();
    let runs = all.chunk_by(|a, b| a == b);
    runs.filter(|run| run.len() % 2 == 1).map(|run| run[0]).collect()
}

/// Twice the signed area of the triangle: positive when `c` lies left of `a` → `b`.
fn side(a: Place, b: Place, c: Place) -> i128 {
    let wide = |value: i32| i128::from(value);
    (wide(b[0]) - wide(a[0])) * (wide(c[1]) - wide(a[1])) - (wide(b[1]) - wide(a[1])) * (wide(c[0]) - wide(a[0]))
}

fn any_crossing(edges: &[Edge]) -> bool {
    edges.iter().enumerate().any(|(number, one)| {
        let (low, high) = (one[0][1].min(one[1][1]), one[0][1].max(one[1][1]));
        let near = edges[number + 1..].iter().take_while(|other| other[0][0] <= one[1][0]);
        near.filter(|other| other[0][1].min(other[1][1]) <= high && other[0][1].max(other[1][1]) >= low)
            .any(|other| cross(one, other))
    })
}

/// Whether two different edges share more than one common end.
fn cross([a, b]: &Edge, [c, d]: &Edge) -> bool {
    let (sc, sd) = (side(*a, *b, *c).signum(), side(*a, *b, *d).signum());
    if sc == 0 && sd == 0 {
        return *a.max(c) < *b.min(d); // on one line: do they overlap?
    }
    if a == c || a == d || b == c || b == d {
        return false;
    }
    let (sa, sb) = (side(*c, *d, *a).signum(), side(*c, *d, *b).signum());
    sc * sd <= 0 && sa * sb <= 0
}

fn far_end(edge: &Edge, corner: Place) -> Place {
    if edge[0] == corner { edge[1] } else { edge[0] }
}

/// Clockwise around the corner, from north on.
fn clockwise(a: Place, b: Place, corner: Place) -> std::cmp::Ordering {
    let west = |place: Place| place[0] < corner[0] || place[0] == corner[0] && place[1] < corner[1];
    west(a).cmp(&west(b)).then_with(|| side(corner, a, b).cmp(&0))
}

/// For each edge whether it runs from its first to its second end so that the area is on its left.
fn directions(edges: &[Edge], corners: &BTreeMap<Place, Vec<usize>>) -> Vec<bool> {
    let mut forward: Vec<Option<bool>> = vec![None; edges.len()];
    // A vertical edge has nothing below its middle; its component has others, which decide for it.
    for start in (0..edges.len()).filter(|e| edges[*e][0][0] != edges[*e][1][0]) {
        if forward[start].is_some() {
            continue;
        }
        forward[start] = Some(edges_below(edges, start).is_multiple_of(2));
        let mut open = vec![start];
        while let Some(edge) = open.pop() {
            for corner in edges[edge] {
                let arrives = (edges[edge][1] == corner) == (forward[edge] == Some(true));
                let around = &corners[&corner];
                let own = around.iter().position(|e| *e == edge).unwrap_or(0);
                // Around a corner arriving and leaving edges take turns.
                for (step, next) in around.iter().cycle().skip(own).take(around.len()).enumerate() {
                    if forward[*next].is_none() {
                        let next_arrives = arrives == step.is_multiple_of(2);
                        forward[*next] = Some((edges[*next][1] == corner) == next_arrives);
                        open.push(*next);
                    }
                }
            }
        }
    }
    forward.into_iter().map(|direction| direction.unwrap_or(true)).collect()
}

/// How many edges lie south of the middle of an edge.
fn edges_below(edges: &[Edge], of: usize) -> usize {
    let [a, b] = edges[of];
    let middle = [i64::from(a[0]) + i64::from(b[0]), i64::from(a[1]) + i64::from(b[1])]; // doubled
    let others = edges.iter().enumerate().filter(|(number, _)| *number != of);
    others
        .filter(|(_, [p, q])| 2 * i64::from(p[0]) <= middle[0] && middle[0] < 2 * i64::from(q[0]))
        .filter(|(_, [p, q])| {
            let wide = |value: i64| i128::from(value);
            let (dx, dy) = (wide(i64::from(q[0]) - i64::from(p[0])), wide(i64::from(q[1]) - i64::from(p[1])));
            dx * wide(middle[1] - 2 * i64::from(p[1])) - dy * wide(middle[0] - 2 * i64::from(p[0])) > 0
        })
        .count()
}

/// Rings of one boundary walk: simple ones, split where the walk touches itself.
type Walk = Vec<Vec<Place>>;

/// Walks along all edges with the area on the left, at a corner into the next edge clockwise: the one that bounds the same piece.
fn trace(edges: &[Edge], forward: &[bool], corners: &BTreeMap<Place, Vec<usize>>) -> Vec<Walk> {
    let mut done = vec![false; edges.len()];
    let mut walks = Vec::new();
    for start in 0..edges.len() {
        let (mut edge, mut path, mut rings) = (start, Vec::new(), Walk::new());
        let mut on_path = HashSet::new();
        while !done[edge] {
            done[edge] = true;
            let [a, b] = edges[edge];
            let (from, to) = if forward[edge] { (a, b) } else { (b, a) };
            path.push(from);
            on_path.insert(from);
            if on_path.contains(&to) {
                let begin = path.iter().rposition(|place| *place == to).unwrap_or(0);
                let ring = path.split_off(begin);
                ring.iter().for_each(|place| {
                    on_path.remove(place);
                });
                rings.push(ring);
            }
            let around = &corners[&to];
            let own = around.iter().position(|e| *e == edge).unwrap_or(0);
            edge = around[(own + 1) % around.len()];
        }
        if !rings.is_empty() {
            walks.push(rings);
        }
    }
    walks
}

fn doubled_area(ring: &[Place]) -> i128 {
    let wide = |value: i32| i128::from(value);
    let pairs = ring.iter().zip(ring.iter().cycle().skip(1));
    pairs.map(|(a, b)| wide(a[0]) * wide(b[1]) - wide(b[0]) * wide(a[1])).sum()
}

/// Outer rings with their holes: those of the same walk, and those of walks of their own that lie inside.
fn group(walks: Vec<Walk>) -> Vec<RawPolygon> {
    let (mut polygons, mut loose): (Vec<RawPolygon>, Walk) = (Vec::new(), Vec::new());
    for walk in walks {
        let (mut outer, holes): (Walk, Walk) = walk.into_iter().partition(|ring| doubled_area(ring) > 0);
        match outer.pop() {
            Some(ring) => polygons.push(RawPolygon { outer: ring, holes }),
            None => loose.extend(holes),
        }
    }
    polygons.sort_by_cached_key(|polygon| polygon.outer.iter().min().copied());
    for hole in loose {
        let around = polygons.iter_mut().filter(|polygon| encloses(&polygon.outer, &hole));
        if let Some(polygon) = around.min_by_key(|polygon| doubled_area(&polygon.outer)) {
            polygon.holes.push(hole);
        }
    }
    polygons
}

/// Whether a ring that does not cross another lies inside it: one of its points that is not a corner of the other decides.
fn encloses(outer: &[Place], ring: &[Place]) -> bool {
    let corners: HashSet<&Place> = outer.iter().collect();
    let Some(point) = ring.iter().find(|place| !corners.contains(place)) else { return false };
    let pairs = outer.iter().zip(outer.iter().cycle().skip(1));
    pairs
        .filter(|(a, b)| (a[1] > point[1]) != (b[1] > point[1]))
        .filter(|(a, b)| (side(**a, **b, *point) > 0) == (b[1] > a[1]))
        .count()
        % 2
        == 1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn square(west: i32, south: i32, size: i32) -> Vec<Place> {
        let (east, north) = (west + size, south + size);
        vec![[west, south], [east, south], [east, north], [west, north], [west, south]]
    }

    fn sizes(lines: &[Vec<Place>]) -> Vec<(i128, usize)> {
        polygons(lines).iter().map(|p| (doubled_area(&p.outer) / 2, p.holes.len())).collect()
    }

    #[test]
    fn a_closed_line_in_either_direction() {
        let mut backward = square(0, 0, 10);
        backward.reverse();
        assert_eq!(sizes(&[square(0, 0, 10)]), [(100, 0)]);
        assert_eq!(sizes(&[backward]), [(100, 0)]);
    }

    #[test]
    fn an_island_in_a_hole_is_a_polygon_of_its_own() {
        assert_eq!(sizes(&[square(0, 0, 100), square(10, 10, 50), square(20, 20, 10)]), [(10_000, 1), (100, 0)]);
    }

    #[test]
    fn an_outer_ring_of_two_ways() {
        assert_eq!(sizes(&[vec![[0, 0], [10, 0], [10, 10]], vec![[0, 0], [0, 10], [10, 10]]]), [(100, 0)]);
    }

    #[test]
    fn open_or_crossing_lines_are_no_area() {
        assert_eq!(sizes(&[vec![[0, 0], [10, 0], [10, 10]]]), []);
        assert_eq!(sizes(&[vec![[0, 0], [10, 10], [10, 0], [0, 10], [0, 0]]]), []);
        assert_eq!(sizes(&[square(0, 0, 10), square(5, 5, 10)]), []);
        assert_eq!(sizes(&[vec![[0, 0], [10, 0], [0, 0]]]), [], "edges that come twice cancel out");
        assert_eq!(sizes(&[]), []);
    }

    #[test]
    fn a_corner_on_the_edge_of_another_ring_is_a_crossing() {
        assert_eq!(sizes(&[square(0, 0, 10), vec![[10, 5], [20, 0], [20, 10], [10, 5]]]), []);
    }

    #[test]
    fn rings_that_touch_in_a_corner_stay_apart() {
        assert_eq!(sizes(&[square(0, 0, 10), square(10, 10, 10)]), [(100, 0), (100, 0)]);
        let eight = [[0, 0], [10, 0], [10, 10], [20, 10], [20, 20], [10, 20], [10, 10], [0, 10], [0, 0]];
        assert_eq!(sizes(&[eight.to_vec()]), [(100, 0), (100, 0)]);
    }

    #[test]
    fn a_hole_that_touches_its_ring_in_a_corner() {
        assert_eq!(sizes(&[square(0, 0, 100), vec![[0, 0], [50, 10], [10, 50], [0, 0]]]), [(10_000, 1)]);
    }

    #[test]
    fn two_holes_that_share_an_edge_are_one() {
        let found = polygons(&[square(0, 0, 100), square(10, 10, 10), square(20, 10, 10)]);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].holes.len(), 1);
        assert_eq!(doubled_area(&found[0].holes[0]), -400);
    }
}
