//! Trails: clusters of paths that touch or cross anywhere, also between junctions (bna-method §3.4).

use super::{FunctionalClass, Segments, Trail};
use crate::model::{SegmentId, TrailId};
use crate::suite::TrailLimits;
use geo::Intersects;
use geo_types::{Coord, Line};
use petgraph::unionfind::UnionFind;
use rstar::primitives::{GeomWithData, Rectangle};
use rstar::{AABB, RTree};
use std::collections::{BTreeMap, HashMap};

/// Finds the trails, ordered by their first segment, and notes on each path which one it belongs to.
pub(super) fn find(segments: &mut Segments, limits: &TrailLimits) -> Vec<Trail> {
    let is_path = |id: &SegmentId| segments.attributes[id.index()].class == FunctionalClass::Path;
    let paths: Vec<SegmentId> = (0..segments.len()).map(SegmentId::from).filter(is_path).collect();
    let mut clusters = clusters(segments, &paths);
    let mut members: BTreeMap<u32, Vec<SegmentId>> = BTreeMap::new();
    let mut first_of_root = HashMap::new();
    for (position, &path) in paths.iter().enumerate() {
        let first = *first_of_root.entry(clusters.find_mut(position as u32)).or_insert(position as u32);
        members.entry(first).or_default().push(path);
    }
    let trails: Vec<Trail> = members.into_values().map(|members| trail(segments, members, limits)).collect();
    for (id, trail) in trails.iter().enumerate() {
        for segment in &trail.segments {
            segments.trail[segment.index()] = Some(TrailId::from(id));
        }
    }
    trails
}

/// Paths (by position in the list) that hang together.
fn clusters(segments: &Segments, paths: &[SegmentId]) -> UnionFind<u32> {
    let mut clusters = UnionFind::new(paths.len());
    let mut seen = HashMap::new();
    for (position, path) in paths.iter().enumerate() {
        for junction in [segments.from[path.index()], segments.to[path.index()]] {
            clusters.union(*seen.entry(junction).or_insert(position as u32), position as u32);
        }
    }
    // Sharing a junction settles nearly all; the geometry of the others must be looked at.
    let tree = RTree::bulk_load(
        (0u32..).zip(paths).map(|(nth, path)| GeomWithData::new(envelope(segments.line_m(*path)), nth)).collect(),
    );
    for (a, b) in tree.intersection_candidates_with_other_tree(&tree).map(|(a, b)| (a.data, b.data)) {
        if a < b && clusters.find_mut(a) != clusters.find_mut(b) {
            let [a_line, b_line] = [a, b].map(|nth| segments.line_m(paths[nth as usize]));
            if lines_meet(a_line, b_line) {
                clusters.union(a, b);
            }
        }
    }
    clusters
}

fn envelope(line: &[Coord<f64>]) -> Rectangle<[f64; 2]> {
    let (low, high) = bounds(line.iter());
    Rectangle::from_aabb(AABB::from_corners([low.x, low.y], [high.x, high.y]))
}

/// Whether two lines have a point in common, exactly (robust predicates).
fn lines_meet(a: &[Coord<f64>], b: &[Coord<f64>]) -> bool {
    let (low, high) = bounds(b.iter());
    let pieces = |line: &[Coord<f64>]| -> Vec<Line<f64>> { line.windows(2).map(|p| Line::new(p[0], p[1])).collect() };
    let b = pieces(b);
    pieces(a).into_iter().any(|piece| {
        let (piece_low, piece_high) = bounds([piece.start, piece.end].iter());
        let apart = piece_low.x > high.x || piece_high.x < low.x || piece_low.y > high.y || piece_high.y < low.y;
        !apart && b.iter().any(|other| piece.intersects(other))
    })
}

/// Lower left and upper right corner of points.
fn bounds<'a>(points: impl Iterator<Item = &'a Coord<f64>>) -> (Coord<f64>, Coord<f64>) {
    let none = (Coord { x: f64::MAX, y: f64::MAX }, Coord { x: f64::MIN, y: f64::MIN });
    points.fold(none, |(low, high), at| {
        (Coord { x: low.x.min(at.x), y: low.y.min(at.y) }, Coord { x: high.x.max(at.x), y: high.y.max(at.y) })
    })
}

fn trail(segments: &Segments, members: Vec<SegmentId>, limits: &TrailLimits) -> Trail {
    let length: f64 = members.iter().map(|id| segments.length_m[id.index()]).sum();
    let (low, high) = bounds(members.iter().flat_map(|id| segments.line_m(*id)));
    let size = high - low;
    let length_m = length.round_ties_even() as i64;
    let diagonal_m = (size.x * size.x + size.y * size.y).sqrt().round_ties_even() as i64;
    let is_destination = length_m as f64 > limits.length_min_m && diagonal_m as f64 > limits.diagonal_min_m;
    Trail { segments: members, length_m, diagonal_m, is_destination }
}
