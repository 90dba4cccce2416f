//! Geometry (.shp) and its index (.shx), in metres.

use super::super::rows::{self, Out};
use super::{ShpError, too_large};
use crate::layers::{Geometry, Layer};
use geo_types::{Coord, LineString, MultiPolygon};
use std::io;
use std::ops::Range;

/// Numbers of the shape types.
const NULL: u32 = 0;
const POINT: u32 = 1;
const POLYLINE: u32 = 3;
const POLYGON: u32 = 5;

/// Header of a file, header of a record: bytes.
const FILE_HEADER: u64 = 100;
const RECORD_HEADER: u64 = 8;

/// Geometry laid out: where each record stands is known before anything is written, so nothing has to be sought back.
pub(in super::super) struct Shapes<'a> {
    geometry: &'a Geometry,
    /// Where the records start, bytes; one more at the end.
    starts: Vec<u64>,
    extent: Extent,
}

impl<'a> Shapes<'a> {
    /// Lays the geometry of a table out; `None` if it has none.
    pub(in super::super) fn of(layer: &'a Layer) -> Result<Option<Self>, ShpError> {
        let Some(geometry) = &layer.geometry else { return Ok(None) };
        let mut starts = Vec::with_capacity(layer.rows() + 1);
        let mut start = FILE_HEADER;
        let mut extent = Extent::default();
        for row in 0..layer.rows() {
            starts.push(start);
            start += RECORD_HEADER + content_size(geometry, row);
            each_point(geometry, row, &mut |at| extent.include(at));
        }
        starts.push(start);
        // Lengths are counted in 16-bit words, in signed 32-bit numbers.
        if i32::try_from(start / 2).is_err() {
            return Err(too_large(layer, "shp", "4 GB"));
        }
        Ok(Some(Self { geometry, starts, extent }))
    }

    fn rows(&self) -> usize {
        self.starts.len() - 1
    }

    /// Writes the `.shp`.
    pub(in super::super) fn write(&self, out: &mut Out<'_>) -> io::Result<()> {
        out.write_all(&self.header(self.starts[self.rows()]))?;
        rows::write(out, self.rows(), |range, bytes| range.for_each(|row| self.record(row, bytes)))
    }

    /// Writes the `.shx`.
    pub(in super::super) fn write_index(&self, out: &mut Out<'_>) -> io::Result<()> {
        out.write_all(&self.header(FILE_HEADER + 8 * self.rows() as u64))?;
        rows::write(out, self.rows(), |range, bytes| {
            for row in range {
                bytes.extend(words(self.starts[row]));
                bytes.extend(words(self.content(row)));
            }
        })
    }

    /// Size of a record without its header, bytes.
    fn content(&self, row: usize) -> u64 {
        self.starts[row + 1] - self.starts[row] - RECORD_HEADER
    }

    fn header(&self, file_size: u64) -> Vec<u8> {
        let kind = match self.geometry {
            Geometry::Points { .. } => POINT,
            Geometry::Lines { .. } => POLYLINE,
            Geometry::Polygons { .. } => POLYGON,
        };
        let mut header = 9994_u32.to_be_bytes().to_vec();
        header.resize(24, 0);
        header.extend(words(file_size));
        header.extend(1000_u32.to_le_bytes());
        header.extend(kind.to_le_bytes());
        self.extent.write(&mut header);
        header.resize(FILE_HEADER as usize, 0); // no heights, no measures
        header
    }

    fn record(&self, row: usize, out: &mut Vec<u8>) {
        out.extend((row as u32 + 1).to_be_bytes());
        out.extend(words(self.content(row)));
        match self.geometry {
            Geometry::Points { metric, .. } => match metric[row] {
                Some(point) => {
                    out.extend(POINT.to_le_bytes());
                    position(point.0, out);
                }
                None => out.extend(NULL.to_le_bytes()),
            },
            Geometry::Lines { first, metric, .. } => match &metric[range(first, row)] {
                [] => out.extend(NULL.to_le_bytes()),
                line => parts(POLYLINE, &[Part { points: line, reversed: false }], out),
            },
            Geometry::Polygons { metric, .. } => match rings(metric[row].as_ref()) {
                rings if rings.is_empty() => out.extend(NULL.to_le_bytes()),
                rings => parts(POLYGON, &rings, out),
            },
        }
    }
}

/// A count of bytes as the format has it: 16-bit words, big end first. [`Shapes::of`] has checked that it fits.
fn words(bytes: u64) -> [u8; 4] {
    ((bytes / 2) as u32).to_be_bytes()
}

fn range(first: &[u32], row: usize) -> Range<usize> {
    first[row] as usize..first[row + 1] as usize
}

fn content_size(geometry: &Geometry, row: usize) -> u64 {
    let with_parts = |parts: usize, points: usize| if parts == 0 { 4 } else { 44 + 4 * parts + 16 * points };
    let size = match geometry {
        Geometry::Points { metric, .. } => metric[row].map_or(4, |_| 20),
        Geometry::Lines { first, .. } => {
            with_parts(usize::from(!range(first, row).is_empty()), range(first, row).len())
        }
        Geometry::Polygons { metric, .. } => {
            let (count, points) =
                ring_lines(metric[row].as_ref()).fold((0, 0), |(n, p), ring| (n + 1, p + ring.0.len()));
            with_parts(count, points)
        }
    };
    size as u64
}

fn each_point(geometry: &Geometry, row: usize, visit: &mut impl FnMut(Coord<f64>)) {
    match geometry {
        Geometry::Points { metric, .. } => metric[row].into_iter().for_each(|point| visit(point.0)),
        Geometry::Lines { first, metric, .. } => metric[range(first, row)].iter().for_each(|&at| visit(at)),
        Geometry::Polygons { metric, .. } => {
            ring_lines(metric[row].as_ref()).flat_map(|ring| &ring.0).for_each(|&at| visit(at));
        }
    }
}

/// Rings that have points, outer before inner.
fn ring_lines(area: Option<&MultiPolygon<f64>>) -> impl Iterator<Item = &LineString<f64>> {
    let polygons = area.into_iter().flat_map(|area| &area.0);
    let rings = polygons.flat_map(|polygon| std::iter::once(polygon.exterior()).chain(polygon.interiors()));
    rings.filter(|ring| !ring.0.is_empty())
}

/// Points of a line or ring, in the order in which they are written.
struct Part<'a> {
    points: &'a [Coord<f64>],
    reversed: bool,
}

/// The format wants outer rings clockwise, holes the other way.
fn rings(area: Option<&MultiPolygon<f64>>) -> Vec<Part<'_>> {
    let polygons = area.into_iter().flat_map(|area| &area.0);
    let rings = polygons.flat_map(|polygon| {
        std::iter::once((polygon.exterior(), true)).chain(polygon.interiors().iter().map(|ring| (ring, false)))
    });
    rings.filter(|(ring, _)| !ring.0.is_empty()).map(part).collect()
}

fn part((ring, clockwise): (&LineString<f64>, bool)) -> Part<'_> {
    Part { points: &ring.0, reversed: is_clockwise(&ring.0) != clockwise }
}

/// Twice the signed area, relative to the first point so that metres far from the origin lose no digits.
fn is_clockwise(ring: &[Coord<f64>]) -> bool {
    let origin = ring[0];
    let cross = |pair: &[Coord<f64>]| {
        let (a, b) = (pair[0] - origin, pair[1] - origin);
        a.x * b.y - b.x * a.y
    };
    ring.windows(2).map(cross).sum::<f64>() < 0.0
}

fn parts(kind: u32, parts: &[Part<'_>], out: &mut Vec<u8>) {
    let mut extent = Extent::default();
    parts.iter().flat_map(|part| part.points).for_each(|&at| extent.include(at));
    out.extend(kind.to_le_bytes());
    extent.write(out);
    out.extend((parts.len() as u32).to_le_bytes());
    out.extend((parts.iter().map(|part| part.points.len()).sum::<usize>() as u32).to_le_bytes());
    let mut start = 0_u32;
    for part in parts {
        out.extend(start.to_le_bytes());
        start += part.points.len() as u32;
    }
    for part in parts {
        if part.reversed {
            part.points.iter().rev().for_each(|&at| position(at, out));
        } else {
            part.points.iter().for_each(|&at| position(at, out));
        }
    }
}

fn position(at: Coord<f64>, out: &mut Vec<u8>) {
    out.extend_from_slice(&at.x.to_le_bytes());
    out.extend_from_slice(&at.y.to_le_bytes());
}

/// Smallest and greatest coordinates; zeros when there is no point.
#[derive(Clone, Copy, Default)]
struct Extent(Option<[Coord<f64>; 2]>);

impl Extent {
    fn include(&mut self, at: Coord<f64>) {
        let [low, high] = self.0.get_or_insert([at, at]);
        *low = Coord { x: low.x.min(at.x), y: low.y.min(at.y) };
        *high = Coord { x: high.x.max(at.x), y: high.y.max(at.y) };
    }

    fn write(&self, out: &mut Vec<u8>) {
        let [low, high] = self.0.unwrap_or_default();
        position(low, out);
        position(high, out);
    }
}
