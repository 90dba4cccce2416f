//! The plane of the tiles: Web Mercator, and each zoom's grid of whole units on it.

use crate::layers::Geometry;
use geo_types::{Coord, Polygon};
use rayon::prelude::*;
use std::f64::consts::PI;

/// Units across a tile (bits, and count), as is usual.
pub(super) const TILE_BITS: u32 = 12;
pub(super) const EXTENT: i32 = 1 << TILE_BITS;

/// How far a simplified line may be from the rounded one, in units: with the rounding it stays within one unit of the truth.
const TOLERANCE: f64 = 0.5;

/// A point of a zoom's grid, counted from the world's north-western corner.
pub(super) type Unit = [i32; 2];

/// What parts of a shape are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Point,
    Line,
    /// A polygon's ring, not repeating its first point.
    Ring,
}

/// A point, a line or a ring in world units: 0–1, x to the east, y to the south.
#[derive(Clone, Debug)]
struct Part {
    points: Vec<Coord<f64>>,
    /// A hole of the ring before it.
    is_hole: bool,
}

/// The geometry of a table.
#[derive(Debug)]
pub(super) struct Shapes {
    pub kind: Kind,
    /// Parts of each row; none = NULL.
    rows: Vec<Vec<Part>>,
}

/// Web Mercator; beyond 85.05° the world is square no more, so there it ends. `None` for what is no number.
pub(super) fn project(lonlat: Coord<f64>) -> Option<Coord<f64>> {
    const NORTH: f64 = 85.051_128_779_806_6;
    if !(lonlat.x.is_finite() && lonlat.y.is_finite()) {
        return None;
    }
    let y = lonlat.y.clamp(-NORTH, NORTH).to_radians().tan().asinh();
    Some(Coord { x: (lonlat.x / 360.0 + 0.5).clamp(0.0, 1.0), y: (0.5 - y / (2.0 * PI)).clamp(0.0, 1.0) })
}

fn part(points: &[Coord<f64>], is_hole: bool) -> Part {
    Part { points: points.iter().copied().filter_map(project).collect(), is_hole }
}

fn rings(polygon: &Polygon<f64>) -> impl Iterator<Item = Part> {
    let outer = part(&polygon.exterior().0, false);
    let holes: Vec<Part> = polygon.interiors().iter().map(|ring| part(&ring.0, true)).collect();
    std::iter::once(outer).chain(holes)
}

impl Shapes {
    /// Projects a table's geometry.
    pub fn of(geometry: &Geometry) -> Self {
        match geometry {
            Geometry::Points { wgs84, .. } => Self {
                kind: Kind::Point,
                rows: wgs84
                    .par_iter()
                    .map(|point| point.iter().map(|point| part(&[point.0], false)).collect())
                    .collect(),
            },
            Geometry::Lines { first, wgs84, .. } => Self {
                kind: Kind::Line,
                rows: first
                    .par_windows(2)
                    .map(|ends| wgs84.get(ends[0] as usize..ends[1] as usize).unwrap_or_default())
                    .map(|points| vec![part(points, false)])
                    .collect(),
            },
            Geometry::Polygons { wgs84, .. } => Self {
                kind: Kind::Ring,
                rows: wgs84.par_iter().map(|shape| shape.iter().flatten().flat_map(rings).collect()).collect(),
            },
        }
    }

    /// Number of rows.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// About how many tiles the rows touch: those of a polygon's bounding box, those along a line.
    pub fn touched(&self, zoom: u8) -> u64 {
        self.rows.par_iter().flatten().map(|part| self.touched_by(part, zoom)).sum()
    }

    fn touched_by(&self, part: &Part, zoom: u8) -> u64 {
        let span = |axis: fn(&Coord<f64>) -> f64| {
            let ends = part.points.iter().map(axis).fold((1.0_f64, 0.0_f64), |(a, b), at| (a.min(at), b.max(at)));
            1 + ((ends.1 - ends.0).max(0.0) * f64::from(1_u32 << zoom)) as u64
        };
        let (columns, rows) = (span(|point| point.x), span(|point| point.y));
        if self.kind == Kind::Ring { columns * rows } else { columns + rows - 1 }
    }

    /// A row on the grid of a zoom: outer rings turn clockwise as seen on the map, holes the other way.
    ///
    /// At the highest zoom nothing is left out or simplified: what rounds to a point becomes a line or a square of one unit.
    /// At others it is left out there.
    pub fn on_grid(&self, row: usize, zoom: u8, is_highest: bool) -> Vec<Vec<Unit>> {
        let parts = &self.rows[row];
        match self.kind {
            Kind::Point => parts.iter().map(|part| round(&part.points, zoom)).filter(|part| !part.is_empty()).collect(),
            Kind::Line => parts.iter().filter_map(|part| line(round(&part.points, zoom), is_highest)).collect(),
            Kind::Ring => {
                let mut shape = Vec::with_capacity(parts.len());
                let mut has_outer = false;
                for part in parts {
                    if part.is_hole && !has_outer {
                        continue;
                    }
                    let ring = ring(round(&part.points, zoom), part.is_hole, is_highest);
                    has_outer = part.is_hole || ring.is_some();
                    shape.extend(ring);
                }
                shape
            }
        }
    }
}

/// To the nearest units, without repetitions.
fn round(points: &[Coord<f64>], zoom: u8) -> Vec<Unit> {
    let scale = f64::from(1_u32 << (u32::from(zoom) + TILE_BITS));
    let mut units: Vec<Unit> = points.iter().map(|p| [p.x, p.y].map(|at| (at * scale).round() as i32)).collect();
    units.dedup();
    units
}

fn line(units: Vec<Unit>, is_highest: bool) -> Option<Vec<Unit>> {
    match (units.as_slice(), is_highest) {
        ([], _) | ([_], false) => None,
        (&[[x, y]], true) => Some(vec![[x, y], [x + 1, y]]),
        (_, true) => Some(units),
        (_, false) => Some(simplify(&units)),
    }
}

/// Douglas and Peucker; the ends stay, so a network stays connected.
fn simplify(units: &[Unit]) -> Vec<Unit> {
    let mut keep = vec![false; units.len()];
    let last = units.len() - 1;
    (keep[0], keep[last]) = (true, true);
    let mut spans = vec![(0, last)];
    while let Some((start, end)) = spans.pop() {
        let far = (start + 1..end).map(|at| (at, distance(units[at], units[start], units[end])));
        let farthest = far.reduce(|best, next| if next.1 > best.1 { next } else { best });
        if let Some((middle, distance)) = farthest
            && distance > TOLERANCE
        {
            keep[middle] = true;
            spans.extend([(start, middle), (middle, end)]);
        }
    }
    units.iter().zip(keep).filter_map(|(&unit, keep)| keep.then_some(unit)).collect()
}

/// From a point to the stretch between two others, in units.
fn distance(point: Unit, a: Unit, b: Unit) -> f64 {
    let from = |origin: Unit, to: Unit| [f64::from(to[0] - origin[0]), f64::from(to[1] - origin[1])];
    let (stretch, offset) = (from(a, b), from(a, point));
    let square = stretch[0] * stretch[0] + stretch[1] * stretch[1];
    let dot = stretch[0] * offset[0] + stretch[1] * offset[1];
    let along = if square > 0.0 { (dot / square).clamp(0.0, 1.0) } else { 0.0 };
    (offset[0] - along * stretch[0]).hypot(offset[1] - along * stretch[1])
}

/// Polygons are not simplified, only rounded: so neighbours that share an edge share it at every zoom.
fn ring(mut units: Vec<Unit>, is_hole: bool, is_highest: bool) -> Option<Vec<Unit>> {
    if units.len() > 1 && units.first() == units.last() {
        units.pop();
    }
    let area = twice_area(&units);
    if area == 0 {
        let &[x, y] = units.first().filter(|_| is_highest && !is_hole)?;
        return Some(vec![[x, y], [x + 1, y], [x + 1, y + 1], [x, y + 1]]);
    }
    if (area > 0) == is_hole {
        units.reverse();
    }
    Some(units)
}

/// Positive when the ring turns clockwise on a map (y to the south), as the tile format wants outer rings.
pub(super) fn twice_area(ring: &[Unit]) -> i64 {
    let Some(&[x0, y0]) = ring.first() else { return 0 };
    let at = |index: usize| {
        let [x, y] = ring[index % ring.len()];
        (i64::from(x) - i64::from(x0), i64::from(y) - i64::from(y0))
    };
    (0..ring.len())
        .map(|index| {
            let ((ax, ay), (bx, by)) = (at(index), at(index + 1));
            ax * by - bx * ay
        })
        .sum()
}
