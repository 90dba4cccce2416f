//! Turns from segment to segment (bna-method §5).

use super::geometry::{azimuth, midpoint};
use super::{Incidence, Junctions, Links, Segments};
use crate::model::{Direction, JunctionId, PerDirection, SegmentId};
use rayon::prelude::*;

/// A turn.
#[derive(Clone, Copy)]
struct Link {
    source: SegmentId,
    target: SegmentId,
    junction: JunctionId,
    source_dir: Direction,
    target_dir: Direction,
    cost_m: u32,
    source_azimuth: Option<u16>,
    target_azimuth: Option<u16>,
    turn_angle: Option<u16>,
    crosses: bool,
}

/// What turns need to know of a segment.
struct Halves {
    /// ⌊length⌉e.
    length_m: u32,
    /// From the midpoint to the end that direction leads to.
    leaving: PerDirection<Option<u16>>,
    /// From that end to the midpoint.
    entering: PerDirection<Option<u16>>,
}

/// Which end of a segment touches a junction: `Ft` = its `to` end; a loop's is `Ft`.
fn end_at(segments: &Segments, segment: SegmentId, junction: JunctionId) -> Direction {
    if segments.to[segment.index()] == junction { Direction::Ft } else { Direction::Tf }
}

/// All turns.
pub(super) fn build(segments: &Segments, junctions: &Junctions, incidence: &Incidence) -> Links {
    let halves: Vec<Halves> = (0..segments.len()).into_par_iter().map(|id| halves(segments, id.into())).collect();
    let of = |source: usize| from_segment(segments, junctions, incidence, &halves, source.into());
    let all: Vec<Link> = (0..segments.len()).into_par_iter().flat_map_iter(of).collect();
    table(&all, segments.len())
}

fn halves(segments: &Segments, id: SegmentId) -> Halves {
    let line = segments.line_m(id);
    let (from, middle, to) = (line[0], midpoint(line), line[line.len() - 1]);
    Halves {
        length_m: segments.length_m[id.index()].round_ties_even() as u32,
        leaving: PerDirection { ft: azimuth(middle, to), tf: azimuth(middle, from) },
        entering: PerDirection { ft: azimuth(to, middle), tf: azimuth(from, middle) },
    }
}

/// Turns out of a segment, by junction, then target.
fn from_segment(
    segments: &Segments,
    junctions: &Junctions,
    incidence: &Incidence,
    halves: &[Halves],
    source: SegmentId,
) -> Vec<Link> {
    let mut links = Vec::new();
    for junction in arrivals(segments, source) {
        let start = links.len();
        for &target in incidence.at(junction) {
            if target != source && can_leave(segments, target, junction) {
                links.push(link(segments, halves, source, target, junction));
            }
        }
        let order = |link: &Link| (turn_rank(link.turn_angle), tie_break(segments, junctions, link.target));
        if let Some(exempt) = links[start..].iter_mut().min_by_key(|link| order(link)) {
            exempt.crosses = false;
        }
    }
    links
}

/// Junctions at which a bicycle may come out of a segment, ascending.
fn arrivals(segments: &Segments, source: SegmentId) -> impl Iterator<Item = JunctionId> {
    let (from, to) = (segments.from[source.index()], segments.to[source.index()]);
    let (first, second) = match segments.attributes[source.index()].one_way {
        Some(Direction::Ft) => (to, None),
        Some(Direction::Tf) => (from, None),
        None => (from.min(to), Some(from.max(to)).filter(|_| from != to)),
    };
    std::iter::once(first).chain(second)
}

/// Whether a bicycle may enter a segment at one of its ends.
fn can_leave(segments: &Segments, target: SegmentId, junction: JunctionId) -> bool {
    match segments.attributes[target.index()].one_way {
        None => true,
        Some(Direction::Ft) => segments.from[target.index()] == junction,
        Some(Direction::Tf) => segments.to[target.index()] == junction,
    }
}

fn link(segments: &Segments, halves: &[Halves], source: SegmentId, target: SegmentId, junction: JunctionId) -> Link {
    let source_dir = end_at(segments, source, junction);
    let target_dir = end_at(segments, target, junction);
    let (out, into) = (&halves[source.index()], &halves[target.index()]);
    let source_azimuth = *out.leaving.get(source_dir);
    let target_azimuth = *into.entering.get(target_dir);
    let turn_angle = source_azimuth.zip(target_azimuth).map(|(source, target)| (target + 360 - source) % 360);
    Link {
        source,
        target,
        junction,
        source_dir,
        target_dir,
        cost_m: out.length_m.midpoint(into.length_m),
        source_azimuth,
        target_azimuth,
        turn_angle,
        crosses: true,
    }
}

/// Order in which the turn without crossing is chosen: unknown angles, then rights (sin > 0) from the sharpest (180°, whose
/// sine is above 0 in floating point) to 1°, then the straightest.
fn turn_rank(angle: Option<u16>) -> (u8, u16) {
    match angle {
        None => (0, 0),
        Some(right @ 1..=180) => (1, 180 - right),
        Some(other) => (2, (360 - other) % 360),
    }
}

/// The reference picks any of equals (Q30): we the lowest OSM ids.
fn tie_break(segments: &Segments, junctions: &Junctions, target: SegmentId) -> (i64, i64, i64, SegmentId) {
    let node = |junction: JunctionId| junctions.osm_id[junction.index()];
    let index = target.index();
    (segments.way_id[index], node(segments.from[index]), node(segments.to[index]), target)
}

/// Parallel arrays, rows by source.
fn table(all: &[Link], segment_count: usize) -> Links {
    let mut first = vec![0u32; segment_count + 1];
    for link in all {
        first[link.source.index() + 1] += 1;
    }
    for source in 0..segment_count {
        first[source + 1] += first[source];
    }
    fn column<T: Send>(all: &[Link], value: impl Fn(&Link) -> T + Send + Sync) -> Vec<T> {
        all.par_iter().map(value).collect()
    }
    Links {
        first,
        target: column(all, |link| link.target),
        junction: column(all, |link| link.junction),
        source_dir: column(all, |link| link.source_dir),
        target_dir: column(all, |link| link.target_dir),
        cost_m: column(all, |link| link.cost_m),
        source_azimuth: column(all, |link| link.source_azimuth),
        target_azimuth: column(all, |link| link.target_azimuth),
        turn_angle: column(all, |link| link.turn_angle),
        crosses: column(all, |link| link.crosses),
    }
}

#[cfg(test)]
mod tests {
    use super::turn_rank;
    use std::cmp::Ordering;

    /// The order as the reference writes it, in floating point.
    fn reference_order(a: u16, b: u16) -> Ordering {
        let key = |angle: u16| {
            let radians = f64::from(angle).to_radians();
            let right = radians.sin() > 0.0;
            (right, if right { radians.cos() } else { -radians.cos() })
        };
        let ((a_right, a), (b_right, b)) = (key(a), key(b));
        b_right.cmp(&a_right).then(a.total_cmp(&b))
    }

    #[test]
    fn rank_of_whole_degrees_is_the_reference_s_order() {
        for a in 0..360 {
            for b in 0..360 {
                assert_eq!(turn_rank(Some(a)).cmp(&turn_rank(Some(b))), reference_order(a, b), "{a} {b}");
            }
            assert!(turn_rank(None) < turn_rank(Some(a)));
        }
    }
}
