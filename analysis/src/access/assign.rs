//! Which blocks each destination touches (end of bna-method §7), and which destinations meet the boundary (§8.3).

use super::region::Region;
use crate::import::{Blocks, City, Place};
use crate::model::BlockId;
use crate::suite::{CategoryKind, Suite};
use geo::{BoundingRect, Intersects};
use geo_types::{Coord, MultiPolygon, Rect};
use rayon::prelude::*;
use rstar::primitives::{GeomWithData, Rectangle};
use rstar::{AABB, RTree};

/// A destination table with its blocks.
pub(super) struct Places {
    /// Category id.
    pub category: String,
    /// Blocks of each destination, ascending. A destination outside all blocks has none and cannot be reached.
    pub blocks: Vec<Vec<BlockId>>,
    /// Whether it meets the boundary: only these have sheds and count in the score inputs.
    pub in_boundary: Vec<bool>,
}

type BlockTree = RTree<GeomWithData<Rectangle<[f64; 2]>, BlockId>>;

/// All destination tables in the city's order.
pub(super) fn places(city: &City, suite: &Suite, boundary: &Region) -> Vec<Places> {
    let tree = block_tree(&city.blocks);
    city.destinations
        .iter()
        .map(|table| {
            let kind = suite.categories.iter().find(|category| category.id == table.category).map(|found| found.kind);
            let polygon_only = kind == Some(CategoryKind::MergeWithPoints);
            let assigned: Vec<_> = table
                .places
                .par_iter()
                .map(|place| {
                    (blocks_of(place, polygon_only, &city.blocks, &tree), meets(place, polygon_only, boundary))
                })
                .collect();
            let (blocks, in_boundary) = assigned.into_iter().unzip();
            Places { category: table.category.clone(), blocks, in_boundary }
        })
        .collect()
}

/// Bounding boxes of the blocks.
fn block_tree(blocks: &Blocks) -> BlockTree {
    let boxes = blocks.geometry_m.iter().enumerate().filter_map(|(index, shape)| {
        let bounds =
            shape.bounding_rect().filter(|bounds| bounds.width().is_finite() && bounds.height().is_finite())?;
        Some(GeomWithData::new(rectangle(bounds), BlockId::from(index)))
    });
    RTree::bulk_load(boxes.collect())
}

fn rectangle(bounds: Rect<f64>) -> Rectangle<[f64; 2]> {
    Rectangle::from_corners([bounds.min().x, bounds.min().y], [bounds.max().x, bounds.max().y])
}

fn blocks_of(place: &Place, polygon_only: bool, blocks: &Blocks, tree: &BlockTree) -> Vec<BlockId> {
    let mut found = Vec::new();
    if let Some((polygon, bounds)) = place.polygon_m.as_ref().and_then(|shape| Some((shape, shape.bounding_rect()?))) {
        let region = Region::new(polygon);
        let corners = AABB::from_corners([bounds.min().x, bounds.min().y], [bounds.max().x, bounds.max().y]);
        found.extend(touching(tree, corners, blocks, |block| region.meets(block)));
    }
    if !polygon_only {
        let point = place.point_m;
        found
            .extend(touching(tree, AABB::from_point([point.x(), point.y()]), blocks, |block| block.intersects(&point)));
    }
    found.sort_unstable();
    found.dedup();
    found
}

fn touching<'a>(
    tree: &'a BlockTree,
    corners: AABB<[f64; 2]>,
    blocks: &'a Blocks,
    meets: impl Fn(&MultiPolygon<f64>) -> bool + 'a,
) -> impl Iterator<Item = BlockId> + 'a {
    tree.locate_in_envelope_intersecting(corners)
        .map(|candidate| candidate.data)
        .filter(move |block| meets(&blocks.geometry_m[block.index()]))
}

/// §8.3: by the published point, retail by its polygon.
fn meets(place: &Place, polygon_only: bool, boundary: &Region) -> bool {
    match &place.polygon_m {
        Some(polygon) if polygon_only => boundary.meets(polygon),
        _ if polygon_only => false,
        _ => boundary.holds(Coord { x: place.point_m.x(), y: place.point_m.y() }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use geo_types::{Point, coord};

    fn square(x: f64, y: f64, size: f64) -> MultiPolygon<f64> {
        MultiPolygon::new(vec![Rect::new((x, y), (x + size, y + size)).to_polygon()])
    }

    /// Two by two blocks of 10 m, from the south-west, eastwards first.
    fn blocks() -> Blocks {
        let geometry_m = [(0.0, 0.0), (10.0, 0.0), (0.0, 10.0), (10.0, 10.0)].map(|(x, y)| square(x, y, 10.0)).to_vec();
        Blocks { geometry_m, ..Blocks::default() }
    }

    fn place(point: (f64, f64), polygon_m: Option<MultiPolygon<f64>>) -> Place {
        let point_m = Point::from(coord! { x: point.0, y: point.1 });
        Place { osm_id: None, name: None, point_m, point: point_m, polygon_m }
    }

    fn assigned(place: &Place, polygon_only: bool) -> Vec<u32> {
        let blocks = blocks();
        blocks_of(place, polygon_only, &blocks, &block_tree(&blocks)).into_iter().map(|block| block.0).collect()
    }

    #[test]
    fn a_point_on_a_common_edge_belongs_to_both_blocks() {
        assert_eq!(assigned(&place((3.0, 3.0), None), false), [0]);
        assert_eq!(assigned(&place((10.0, 3.0), None), false), [0, 1]);
        assert_eq!(assigned(&place((10.0, 10.0), None), false), [0, 1, 2, 3]);
        assert_eq!(assigned(&place((-1.0, 3.0), None), false), [] as [u32; 0]);
    }

    #[test]
    fn polygon_or_point_but_of_merged_points_only_the_polygon() {
        let apart = place((1.0, 1.0), Some(square(12.0, 12.0, 1.0)));
        assert_eq!(assigned(&apart, false), [0, 3]);
        assert_eq!(assigned(&apart, true), [3]);
        assert_eq!(assigned(&place((1.0, 1.0), Some(square(-5.0, -5.0, 90.0))), false), [0, 1, 2, 3]);
    }

    #[test]
    fn boundary_is_met_by_point_or_for_merged_points_by_polygon() {
        let shape = square(0.0, 0.0, 5.0);
        let boundary = Region::new(&shape);
        let outside_with_polygon_inside = place((9.0, 9.0), Some(square(4.0, 4.0, 9.0)));
        assert!(!meets(&outside_with_polygon_inside, false, &boundary));
        assert!(meets(&outside_with_polygon_inside, true, &boundary));
        assert!(meets(&place((5.0, 5.0), None), false, &boundary));
        assert!(!meets(&place((5.0, 5.0), None), true, &boundary));
    }
}
