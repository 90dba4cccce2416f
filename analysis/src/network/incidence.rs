//! Which segments touch a junction.

use super::Segments;
use crate::model::{JunctionId, SegmentId};

/// Segments at each junction, ascending; a loop stands once.
pub(crate) struct Incidence {
    first: Vec<u32>,
    segments: Vec<SegmentId>,
}

impl Incidence {
    /// Of all junctions.
    pub(crate) fn of(segments: &Segments, junction_count: usize) -> Self {
        let ends = |id: usize| {
            let (from, to) = (segments.from[id], segments.to[id]);
            std::iter::once(from).chain((to != from).then_some(to))
        };
        let mut first = vec![0u32; junction_count + 1];
        for junction in (0..segments.len()).flat_map(ends) {
            first[junction.index() + 1] += 1;
        }
        for junction in 0..junction_count {
            first[junction + 1] += first[junction];
        }
        let mut next = first.clone();
        let mut touching = vec![SegmentId(0); first[junction_count] as usize];
        for id in 0..segments.len() {
            for junction in ends(id) {
                touching[next[junction.index()] as usize] = SegmentId::from(id);
                next[junction.index()] += 1;
            }
        }
        Self { first, segments: touching }
    }

    /// Segments that touch a junction.
    #[inline]
    pub(crate) fn at(&self, junction: JunctionId) -> &[SegmentId] {
        &self.segments[self.first[junction.index()] as usize..self.first[junction.index() + 1] as usize]
    }
}
