//! The spatial index of a layer (GeoPackage 1.3, annex F.3), packed at once.
//!
//! SQLite fills an R-tree row by row, which costs more than all else in the file. The rows are known beforehand, so the nodes
//! are packed here (sort-tile-recursive) and stored as SQLite's rtree module would (`ext/rtree/rtree.c`): table `_node` holds
//! the nodes, number 1 the root; `_rowid` says in which leaf a row lies, `_parent` in which node a node lies.

use super::shapes::Shape;
use crate::store::wkb::Bounds;

/// Cells in a node: SQLite's own limit for two dimensions at a page of 4096 bytes.
const CELLS: usize = 51;
/// Bytes of a node: depth and cell count, then the cells, each an id and four 32-bit floats.
const NODE_BYTES: usize = 4 + CELLS * 24;

/// An indexed row or node.
#[derive(Clone, Copy, Debug)]
struct Cell {
    id: i64,
    /// min x, max x, min y, max y, rounded outwards.
    bounds: [f32; 4],
}

/// The rows of the three tables.
#[derive(Debug, Default)]
pub(super) struct Packed {
    /// Node number and content.
    pub nodes: Vec<(i64, Vec<u8>)>,
    /// Row id and its leaf.
    pub rows: Vec<[i64; 2]>,
    /// Node number and its parent, of all but the root.
    pub parents: Vec<[i64; 2]>,
}

/// Packs the index of rows 1, 2, … ; rows without geometry are not in it.
pub(super) fn pack(shapes: &[Option<Shape>]) -> Packed {
    let mut cells: Vec<Cell> = shapes
        .iter()
        .zip(1..)
        .filter_map(|(shape, id)| shape.as_ref().map(|shape| Cell { id, bounds: outwards(shape.bounds) }))
        .collect();
    sort_in_tiles(&mut cells);
    let mut packed = Packed::default();
    let mut next_node = 2; // the root is 1
    let mut depth = 0_u16;
    while cells.len() > CELLS {
        let mut level = Vec::with_capacity(cells.len() / CELLS + 1);
        for group in even_groups(&cells) {
            packed.link(depth, group, next_node);
            packed.nodes.push((next_node, node(0, group)));
            level.push(Cell { id: next_node, bounds: around(group) });
            next_node += 1;
        }
        cells = level;
        depth += 1;
    }
    packed.link(depth, &cells, 1);
    packed.nodes.push((1, node(depth, &cells)));
    packed.nodes.sort_unstable_by_key(|&(number, _)| number);
    packed.rows.sort_unstable();
    packed.parents.sort_unstable();
    packed
}

impl Packed {
    /// Notes in which node those cells lie: rows at the bottom, nodes above.
    fn link(&mut self, depth: u16, cells: &[Cell], node: i64) {
        let table = if depth == 0 { &mut self.rows } else { &mut self.parents };
        table.extend(cells.iter().map(|cell| [cell.id, node]));
    }
}

/// Orders cells so that consecutive ones are near each other: vertical strips, each from south to north.
fn sort_in_tiles(cells: &mut [Cell]) {
    let middle = |cell: &Cell, axis: usize| cell.bounds[axis] + cell.bounds[axis + 1];
    let leaves = cells.len().div_ceil(CELLS);
    let strip = CELLS * (leaves as f64).sqrt().ceil().max(1.0) as usize;
    cells.sort_unstable_by(|a, b| middle(a, 0).total_cmp(&middle(b, 0)).then(a.id.cmp(&b.id)));
    for strip in cells.chunks_mut(strip) {
        strip.sort_unstable_by(|a, b| middle(a, 2).total_cmp(&middle(b, 2)).then(a.id.cmp(&b.id)));
    }
}

/// As few groups as fit into nodes, of nearly equal size: none is so empty that SQLite would dissolve it.
fn even_groups(cells: &[Cell]) -> impl Iterator<Item = &[Cell]> {
    let groups = cells.len().div_ceil(CELLS);
    (0..groups).map(move |group| &cells[group * cells.len() / groups..(group + 1) * cells.len() / groups])
}

fn node(depth: u16, cells: &[Cell]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(NODE_BYTES);
    bytes.extend_from_slice(&depth.to_be_bytes());
    bytes.extend_from_slice(&(cells.len() as u16).to_be_bytes());
    for cell in cells {
        bytes.extend_from_slice(&cell.id.to_be_bytes());
        for value in cell.bounds {
            bytes.extend_from_slice(&value.to_be_bytes());
        }
    }
    bytes.resize(NODE_BYTES, 0);
    bytes
}

fn outwards(Bounds { min, max }: Bounds) -> [f32; 4] {
    [down(min.x), up(max.x), down(min.y), up(max.y)]
}

fn down(value: f64) -> f32 {
    let near = value as f32;
    if f64::from(near) > value { near.next_down() } else { near }
}

fn up(value: f64) -> f32 {
    let near = value as f32;
    if f64::from(near) < value { near.next_up() } else { near }
}

fn around(cells: &[Cell]) -> [f32; 4] {
    let start = [f32::INFINITY, f32::NEG_INFINITY, f32::INFINITY, f32::NEG_INFINITY];
    cells.iter().fold(start, |[a, b, c, d], cell| {
        [a.min(cell.bounds[0]), b.max(cell.bounds[1]), c.min(cell.bounds[2]), d.max(cell.bounds[3])]
    })
}
