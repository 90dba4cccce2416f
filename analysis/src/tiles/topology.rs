//! Simplifying areas so that neighbours keep their common edge: arcs between the corners where areas meet are simplified each
//! by itself, in one direction, so both sides of an arc get the same points.

use super::grid::{Place, simplify};
use std::collections::HashMap;

/// Which points of which rings are corners where the course of different rings parts; in the order in which rings were given.
///
/// A point is no corner while all rings through it go on to the same two neighbours.
pub(super) fn corners<'a, P: 'a>(
    rings: impl Iterator<Item = &'a [P]> + Clone,
    key: fn(&P) -> [u64; 2],
) -> Vec<Vec<bool>> {
    let mut seen: HashMap<[u64; 2], ([[u64; 2]; 2], bool)> = HashMap::new();
    for ring in rings.clone() {
        let open = open(ring, key);
        for at in 0..open.len() {
            let (before, after) = (key(&open[(at + open.len() - 1) % open.len()]), key(&open[(at + 1) % open.len()]));
            let ways = [before.min(after), before.max(after)];
            let entry = seen.entry(key(&open[at])).or_insert((ways, false));
            entry.1 |= entry.0 != ways;
        }
    }
    rings
        .map(|ring| open(ring, key).iter().map(|point| seen.get(&key(point)).is_some_and(|entry| entry.1)).collect())
        .collect()
}

/// A ring without its first point repeated.
pub(super) fn open<P>(ring: &[P], key: fn(&P) -> [u64; 2]) -> &[P] {
    match ring {
        [first, rest @ .., last] if !rest.is_empty() && key(first) == key(last) => &ring[..ring.len() - 1],
        _ => ring,
    }
}

/// Simplifies a ring (its first point not repeated) arc by arc.
pub(super) fn simplify_ring(ring: &[Place], is_corner: &[bool], tolerance: f64) -> Vec<Place> {
    if ring.len() < 4 {
        return ring.to_vec();
    }
    let mut ends: Vec<usize> = (0..ring.len()).filter(|&at| is_corner.get(at) == Some(&true)).collect();
    if ends.is_empty() {
        ends = fixed_ends(ring);
    }
    let mut simple = Vec::with_capacity(ring.len());
    for (at, &start) in ends.iter().enumerate() {
        let end = ends.get(at + 1).copied().unwrap_or(ends[0] + ring.len());
        let arc: Vec<Place> = (start..=end).map(|index| ring[index % ring.len()]).collect();
        let mut points = simplify_arc(arc, tolerance);
        points.pop(); // the next arc begins with it
        simple.extend(points);
    }
    simple
}

/// Of a ring that meets no other but perhaps a twin: its least point and the one farthest from it, wherever the ring begins.
fn fixed_ends(ring: &[Place]) -> Vec<usize> {
    let order = |a: &usize, b: &usize| ring[*a].partial_cmp(&ring[*b]).unwrap_or(std::cmp::Ordering::Equal);
    let least = (0..ring.len()).min_by(order).unwrap_or_default();
    let distance = |at: usize| (ring[at][0] - ring[least][0]).hypot(ring[at][1] - ring[least][1]);
    let far =
        (0..ring.len()).max_by(|a, b| distance(*a).total_cmp(&distance(*b)).then(order(a, b))).unwrap_or_default();
    if least == far { vec![least] } else { vec![least.min(far), least.max(far)] }
}

fn simplify_arc(mut arc: Vec<Place>, tolerance: f64) -> Vec<Place> {
    let backwards = arc.iter().rev().partial_cmp(arc.iter()) == Some(std::cmp::Ordering::Less);
    if backwards {
        arc.reverse();
    }
    let mut simple = simplify(&arc, tolerance);
    if backwards {
        simple.reverse();
    }
    simple
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bits(place: &Place) -> [u64; 2] {
        place.map(f64::to_bits)
    }

    /// Two areas with a crooked edge between them, and one inside a hole of the first.
    fn areas() -> [Vec<Place>; 4] {
        let edge: Vec<Place> = (0..50).map(|at| [f64::from(at), 100.0 + f64::from(at * at % 7)]).collect();
        let mut north = edge.clone();
        north.extend([[49.0, 50.0], [0.0, 50.0]]);
        let mut south: Vec<Place> = edge.iter().rev().copied().collect();
        south.extend([[0.0, 200.0], [49.0, 200.0]]);
        let pond: Vec<Place> =
            (0..40).map(|at| f64::from(at) * 0.157).map(|t| [20.0 + 9.0 * t.cos(), 75.0 + 9.0 * t.sin()]).collect();
        let mut hole: Vec<Place> = pond.iter().rev().copied().collect();
        hole.rotate_left(13);
        [north, south, pond, hole]
    }

    #[test]
    fn both_sides_of_an_edge_are_simplified_alike() {
        let rings = areas();
        let corners = corners(rings.iter().map(Vec::as_slice), bits);
        assert_eq!(corners.iter().map(|ring| ring.iter().filter(|is| **is).count()).collect::<Vec<_>>(), [2, 2, 0, 0]);
        let simple: Vec<Vec<Place>> =
            rings.iter().zip(&corners).map(|(ring, corners)| simplify_ring(ring, corners, 1.5)).collect();
        for (a, b) in [(0, 1), (2, 3)] {
            let shared = |at: usize| {
                let mut points: Vec<_> =
                    simple[at].iter().filter(|p| p[1] != 50.0 && p[1] != 200.0).map(bits).collect();
                points.sort_unstable();
                points
            };
            assert_eq!(shared(a), shared(b));
            assert!(simple[a].len() < rings[a].len() * 3 / 4, "{} of {}", simple[a].len(), rings[a].len());
        }
    }

    #[test]
    fn small_rings_and_single_corners_stay_whole() {
        let square = [[0.0, 0.0], [9.0, 0.0], [9.0, 9.0], [0.0, 9.0]];
        for corners in [[false; 4], [true, false, false, false], [true; 4]] {
            let mut simple = simplify_ring(&square, &corners, 1.0);
            simple.sort_by(|a, b| a.partial_cmp(b).unwrap());
            assert_eq!(simple, [[0.0, 0.0], [0.0, 9.0], [9.0, 0.0], [9.0, 9.0]]);
        }
    }
}
