//! The plane of the tiles: Web Mercator, and each zoom's grid of whole units on it.

use super::topology;
use crate::layers::Geometry;
use geo_types::{Coord, Polygon};
use rayon::prelude::*;
use std::f64::consts::PI;

/// Units across a tile, as is usual, and their number of bits.
pub(super) const EXTENT: i32 = 1 << TILE_BITS;
const TILE_BITS: u32 = 12;

/// How far a simplified line may be from the true one, in units. A rounded point is off by at most 0.707, so every point of a
/// tile stays within 2.25 units of the truth: a quarter of a pixel (a tile is 512 wide).
const TOLERANCE: f64 = 1.5;

/// A point in a zoom's units, counted from the world's north-western corner; not rounded yet.
pub(super) type Place = [f64; 2];

/// A rounded one.
pub(super) type Unit = [i32; 2];

/// A point, a line, or a polygon's outer ring and holes.
pub(super) type Figure = Vec<Vec<Place>>;

/// What the figures of a table are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Point,
    Line,
    /// An outer ring and its holes, none repeating its first point.
    Polygon,
}

/// Points in world units: 0–1, x to the east, y to the south.
type Part = Vec<Coord<f64>>;

/// The geometry of a table.
#[derive(Debug)]
pub(super) struct Shapes {
    pub kind: Kind,
    /// Of each row its figures' parts; no figure = NULL.
    rows: Vec<Vec<Vec<Part>>>,
    /// Polygons: of each ring of all rows, which points are corners where it parts from a neighbour.
    corners: Vec<Vec<bool>>,
    /// Polygons: index of a row's first ring.
    first_ring: Vec<usize>,
}

fn bits(point: &Coord<f64>) -> [u64; 2] {
    [point.x.to_bits(), point.y.to_bits()]
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

fn part(points: &[Coord<f64>]) -> Part {
    points.iter().copied().filter_map(project).collect()
}

fn rings(polygon: &Polygon<f64>) -> Vec<Part> {
    std::iter::once(polygon.exterior()).chain(polygon.interiors()).map(|ring| part(&ring.0)).collect()
}

impl Shapes {
    /// Projects a table's geometry.
    pub fn of(geometry: &Geometry) -> Self {
        let (kind, rows): (Kind, Vec<Vec<Vec<Part>>>) = match geometry {
            Geometry::Points { wgs84, .. } => (
                Kind::Point,
                wgs84.par_iter().map(|point| point.iter().map(|point| vec![part(&[point.0])]).collect()).collect(),
            ),
            Geometry::Lines { first, wgs84, .. } => (
                Kind::Line,
                first
                    .par_windows(2)
                    .map(|ends| wgs84.get(ends[0] as usize..ends[1] as usize).unwrap_or_default())
                    .map(|points| vec![vec![part(points)]])
                    .collect(),
            ),
            Geometry::Polygons { wgs84, .. } => {
                (Kind::Polygon, wgs84.par_iter().map(|shape| shape.iter().flatten().map(rings).collect()).collect())
            }
        };
        if kind != Kind::Polygon {
            return Self { kind, rows, corners: Vec::new(), first_ring: Vec::new() };
        }
        let corners = topology::corners(rows.iter().flatten().flatten().map(Vec::as_slice), bits);
        let counts = rows.iter().map(|figures| figures.iter().map(Vec::len).sum::<usize>());
        let first_ring = counts.scan(0, |next, count| Some(std::mem::replace(next, *next + count))).collect();
        Self { kind, rows, corners, first_ring }
    }

    /// A length in world units as units of a zoom.
    pub fn units(length: f64, zoom: u8) -> f64 {
        length * scale_of(zoom)
    }

    /// Length of a row's lines, in world units.
    pub fn world_length(&self, row: usize) -> f64 {
        let lines = self.rows[row].iter().flatten();
        lines.flat_map(|line| line.windows(2)).map(|ends| (ends[1].x - ends[0].x).hypot(ends[1].y - ends[0].y)).sum()
    }

    /// Area of a row's outer rings, in square world units.
    pub fn world_area(&self, row: usize) -> f64 {
        let outer = self.rows[row].iter().filter_map(|figure| figure.first());
        outer
            .map(|ring| {
                ring.windows(2).map(|ends| ends[0].x * ends[1].y - ends[1].x * ends[0].y).sum::<f64>().abs() / 2.0
            })
            .sum()
    }

    /// Number of rows.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// About how many tiles the rows touch: those of a polygon's bounding box, those along a line.
    pub fn touched(&self, zoom: u8) -> u64 {
        self.rows
            .par_iter()
            .flatten()
            .flat_map_iter(|figure| figure.first())
            .map(|part| self.touched_by(part, zoom))
            .sum()
    }

    fn touched_by(&self, part: &Part, zoom: u8) -> u64 {
        let span = |axis: fn(&Coord<f64>) -> f64| {
            let ends = part.iter().map(axis).fold((1.0_f64, 0.0_f64), |(a, b), at| (a.min(at), b.max(at)));
            1 + ((ends.1 - ends.0).max(0.0) * f64::from(1_u32 << zoom)) as u64
        };
        let (columns, rows) = (span(|point| point.x), span(|point| point.y));
        if self.kind == Kind::Polygon { columns * rows } else { columns + rows - 1 }
    }

    /// A row in the units of a zoom, not rounded: outer rings turn clockwise as seen on the map, holes the other way.
    ///
    /// At the highest zoom nothing is left out or simplified: what would round to a point becomes a line or a square of one
    /// unit. At others it is left out.
    pub fn at_zoom(&self, row: usize, zoom: u8, is_highest: bool) -> Vec<Figure> {
        let figures = self.rows[row].iter().map(|figure| figure.iter().map(|part| scale(part, zoom)));
        match self.kind {
            Kind::Point => figures.map(Iterator::collect).filter(|point: &Figure| !point[0].is_empty()).collect(),
            Kind::Line => figures.flatten().filter_map(|points| Some(vec![line(points, is_highest)?])).collect(),
            Kind::Polygon => self.areas(row, zoom, is_highest),
        }
    }

    fn areas(&self, row: usize, zoom: u8, is_highest: bool) -> Vec<Figure> {
        let mut next = self.first_ring[row];
        let mut of_ring = |points: &Part| {
            let corners = &self.corners[next];
            next += 1;
            let ring = scale(topology::open(points, bits), zoom);
            if is_highest { ring } else { topology::simplify_ring(&ring, corners, TOLERANCE) }
        };
        let figures = self.rows[row].iter().map(|rings| rings.iter().map(&mut of_ring).collect::<Vec<_>>());
        figures.filter_map(|rings| polygon(rings.into_iter(), is_highest)).collect()
    }
}

fn scale_of(zoom: u8) -> f64 {
    f64::from(1_u32 << (u32::from(zoom) + TILE_BITS))
}

fn scale(points: &[Coord<f64>], zoom: u8) -> Vec<Place> {
    let scale = scale_of(zoom);
    points.iter().map(|point| [point.x * scale, point.y * scale]).collect()
}

/// To the nearest unit; neighbours that share a corner share the rounded one.
fn round([x, y]: Place) -> Unit {
    [x.round() as i32, y.round() as i32]
}

fn rounded(places: &[Place]) -> Vec<Unit> {
    let mut units: Vec<Unit> = places.iter().copied().map(round).collect();
    units.dedup();
    units
}

/// The places of a whole figure of units.
fn places<const N: usize>(units: [Unit; N]) -> Vec<Place> {
    units.map(|[x, y]| [f64::from(x), f64::from(y)]).to_vec()
}

fn line(line: Vec<Place>, is_highest: bool) -> Option<Vec<Place>> {
    let [x, y] = round(*line.first()?);
    let is_point = line.iter().all(|&place| round(place) == [x, y]);
    match (is_point, is_highest) {
        (true, true) => Some(places([[x, y], [x + 1, y]])),
        (true, false) => None,
        (false, true) => Some(line),
        (false, false) => Some(simplify(&line, TOLERANCE)),
    }
}

/// Douglas and Peucker; the ends stay, so a network stays connected.
pub(super) fn simplify(line: &[Place], tolerance: f64) -> Vec<Place> {
    if line.len() < 3 {
        return line.to_vec();
    }
    let mut keep = vec![false; line.len()];
    let last = line.len() - 1;
    (keep[0], keep[last]) = (true, true);
    let mut spans = vec![(0, last)];
    while let Some((start, end)) = spans.pop() {
        let far = (start + 1..end).map(|at| (at, distance(line[at], line[start], line[end])));
        let farthest = far.reduce(|best, next| if next.1 > best.1 { next } else { best });
        if let Some((middle, distance)) = farthest
            && distance > tolerance
        {
            keep[middle] = true;
            spans.extend([(start, middle), (middle, end)]);
        }
    }
    line.iter().zip(keep).filter_map(|(&place, keep)| keep.then_some(place)).collect()
}

/// From a point to the stretch between two others.
fn distance(point: Place, a: Place, b: Place) -> f64 {
    let from = |origin: Place, to: Place| [to[0] - origin[0], to[1] - origin[1]];
    let (stretch, offset) = (from(a, b), from(a, point));
    let square = stretch[0] * stretch[0] + stretch[1] * stretch[1];
    let dot = stretch[0] * offset[0] + stretch[1] * offset[1];
    let along = if square > 0.0 { (dot / square).clamp(0.0, 1.0) } else { 0.0 };
    (offset[0] - along * stretch[0]).hypot(offset[1] - along * stretch[1])
}

/// Neighbours that share an edge share it when rounded.
fn polygon(mut rings: impl Iterator<Item = Vec<Place>>, is_highest: bool) -> Option<Figure> {
    let outer = rings.next()?;
    let Some(outer) = ring(&outer, false) else {
        let [x, y] = round(*outer.first().filter(|_| is_highest)?);
        return Some(vec![places([[x, y], [x + 1, y], [x + 1, y + 1], [x, y + 1]])]);
    };
    Some(std::iter::once(outer).chain(rings.filter_map(|hole| ring(&hole, true))).collect())
}

/// A ring turning as it should; `None` if nothing is left of it when rounded.
fn ring(places: &[Place], is_hole: bool) -> Option<Vec<Place>> {
    let mut ring = places.to_vec();
    let area = twice_area(&rounded(&ring));
    if (area > 0) == is_hole {
        ring.reverse();
    }
    (area != 0).then_some(ring)
}

/// The parts of figures as they are written, rounded; what a tile's border has cut down to nothing is left out.
pub(super) fn finish(figures: &[Figure], kind: Kind) -> Vec<Vec<Unit>> {
    let parts = figures.iter().flatten().map(|part| rounded(part));
    match kind {
        Kind::Point => parts.collect(),
        Kind::Line => parts.filter(|line| line.len() > 1).collect(),
        Kind::Polygon => figures.iter().flat_map(finish_polygon).collect(),
    }
}

fn finish_polygon(rings: &Figure) -> Vec<Vec<Unit>> {
    let mut finished = Vec::with_capacity(rings.len());
    for (index, places) in rings.iter().enumerate() {
        let mut ring = rounded(places);
        if ring.len() > 1 && ring.first() == ring.last() {
            ring.pop();
        }
        let area = twice_area(&ring);
        match (index, area) {
            (0, 1..) | (1.., ..0) => finished.push(ring),
            (0, _) => return finished,
            _ => {}
        }
    }
    finished
}

/// Positive when the ring turns clockwise on a map (y to the south), as the tile format wants outer rings.
fn twice_area(ring: &[Unit]) -> i64 {
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
