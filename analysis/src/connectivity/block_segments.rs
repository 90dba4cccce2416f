//! Streets of a block: contained in its buffer, or running inside it for long enough (bna-method §6.1).

use super::overlap::Buffer;
use crate::import::Blocks;
use crate::model::SegmentId;
use crate::network::Segments;
use crate::suite::ReachLimits;
use geo_types::Coord;
use rayon::prelude::*;
use rstar::primitives::{GeomWithData, Rectangle};
use rstar::{AABB, RTree};

type Box2 = GeomWithData<Rectangle<[f64; 2]>, u32>;

/// Segments of each block, ascending; also those outside the boundary.
pub(super) fn block_segments(segments: &Segments, blocks: &Blocks, limits: &ReachLimits) -> Vec<Vec<SegmentId>> {
    let boxes = (0..segments.len()).map(SegmentId::from).filter_map(|id| {
        let (low, high) = bounds(segments.line_m(id))?;
        // The tree cannot sort what is not a number.
        let is_finite = [low.x, low.y, high.x, high.y].iter().all(|v| v.is_finite());
        is_finite.then(|| Box2::new(Rectangle::from_corners([low.x, low.y], [high.x, high.y]), id.0))
    });
    let tree = RTree::bulk_load(boxes.collect());
    let of_block = |buffer: &mut Buffer, block| {
        buffer.draw(block, limits.block_buffer_m);
        let Some([low, high]) = buffer.bounds() else { return Vec::new() };
        let near = AABB::from_corners([low.x, low.y], [high.x, high.y]);
        let mut taken: Vec<_> = tree
            .locate_in_envelope_intersecting(near)
            .map(|candidate| SegmentId(candidate.data))
            .filter(|&id| buffer.takes(segments.line_m(id), limits.block_overlap_min_m))
            .collect();
        taken.sort_unstable();
        taken
    };
    blocks.geometry_m.par_iter().map_init(Buffer::default, of_block).collect()
}

/// Corners of the bounding box of points.
pub(super) fn bounds(points: &[Coord<f64>]) -> Option<(Coord<f64>, Coord<f64>)> {
    let &first = points.first()?;
    Some(points.iter().fold((first, first), |(low, high), p| {
        (Coord { x: low.x.min(p.x), y: low.y.min(p.y) }, Coord { x: high.x.max(p.x), y: high.y.max(p.y) })
    }))
}
