//! Geometry as GeoPackageBinary: a header with the envelope, then ISO WKB (GeoPackage 1.3, §2.1.3).

use crate::layers::Geometry;
use geo_types::{Coord, MultiPolygon, Point};
use rayon::prelude::*;

/// Envelope in degrees.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Bounds {
    pub min: Coord<f64>,
    pub max: Coord<f64>,
}

impl Bounds {
    /// Around all points; `None` when there is none, or one that is not a number.
    fn of(points: impl Iterator<Item = Coord<f64>>) -> Option<Self> {
        let mut bounds: Option<Self> = None;
        for point in points {
            if !(point.x.is_finite() && point.y.is_finite()) {
                return None;
            }
            let one = Self { min: point, max: point };
            bounds = Some(bounds.map_or(one, |so_far| so_far.union(one)));
        }
        bounds
    }

    /// Around both.
    pub fn union(self, other: Self) -> Self {
        Self {
            min: Coord { x: self.min.x.min(other.min.x), y: self.min.y.min(other.min.y) },
            max: Coord { x: self.max.x.max(other.max.x), y: self.max.y.max(other.max.y) },
        }
    }
}

/// A geometry ready to be stored.
#[derive(Clone, Debug)]
pub(super) struct Shape {
    pub blob: Vec<u8>,
    pub bounds: Bounds,
}

/// The geometry type a layer's column declares.
pub(super) fn type_name(geometry: &Geometry) -> &'static str {
    match geometry {
        Geometry::Points { .. } => "POINT",
        Geometry::Lines { .. } => "LINESTRING",
        Geometry::Polygons { .. } => "MULTIPOLYGON",
    }
}

/// Every row's geometry in WGS 84; `None` = NULL: none given, no point, or coordinates that are no numbers.
pub(super) fn encode(geometry: &Geometry) -> Vec<Option<Shape>> {
    match geometry {
        Geometry::Points { wgs84, .. } => wgs84.par_iter().map(|row| row.and_then(point)).collect(),
        Geometry::Lines { first, wgs84, .. } => first
            .par_windows(2)
            .map(|ends| line(wgs84.get(ends[0] as usize..ends[1] as usize).unwrap_or_default()))
            .collect(),
        Geometry::Polygons { wgs84, .. } => wgs84.par_iter().map(|row| row.as_ref().and_then(polygons)).collect(),
    }
}

/// Magic, version 0, flags (little endian; with or without envelope), WGS 84. A point is its own envelope.
fn header(bounds: Option<Bounds>, capacity: usize) -> Vec<u8> {
    let mut blob = Vec::with_capacity(40 + capacity);
    blob.extend_from_slice(b"GP\0");
    blob.push(if bounds.is_some() { 0b0000_0011 } else { 0b0000_0001 });
    blob.extend_from_slice(&4326_i32.to_le_bytes());
    if let Some(Bounds { min, max }) = bounds {
        for value in [min.x, max.x, min.y, max.y] {
            blob.extend_from_slice(&value.to_le_bytes());
        }
    }
    blob
}

/// WKB type codes.
const POINT: u32 = 1;
const LINE: u32 = 2;
const POLYGON: u32 = 3;
const MULTI_POLYGON: u32 = 6;

fn put_type(blob: &mut Vec<u8>, code: u32) {
    blob.push(1);
    blob.extend_from_slice(&code.to_le_bytes());
}

fn put_count(blob: &mut Vec<u8>, count: usize) {
    blob.extend_from_slice(&(count as u32).to_le_bytes());
}

fn put_points(blob: &mut Vec<u8>, points: &[Coord<f64>]) {
    for point in points {
        blob.extend_from_slice(&point.x.to_le_bytes());
        blob.extend_from_slice(&point.y.to_le_bytes());
    }
}

fn point(point: Point<f64>) -> Option<Shape> {
    let bounds = Bounds::of(std::iter::once(point.0))?;
    let mut blob = header(None, 21);
    put_type(&mut blob, POINT);
    put_points(&mut blob, &[point.0]);
    Some(Shape { blob, bounds })
}

fn line(points: &[Coord<f64>]) -> Option<Shape> {
    if points.len() < 2 {
        return None;
    }
    let bounds = Bounds::of(points.iter().copied())?;
    let mut blob = header(Some(bounds), 9 + 16 * points.len());
    put_type(&mut blob, LINE);
    put_count(&mut blob, points.len());
    put_points(&mut blob, points);
    Some(Shape { blob, bounds })
}

fn polygons(shape: &MultiPolygon<f64>) -> Option<Shape> {
    let solid = || shape.iter().filter(|polygon| !polygon.exterior().0.is_empty());
    let bounds = Bounds::of(solid().flat_map(|polygon| polygon.exterior().0.iter().copied()))?;
    let mut blob = header(Some(bounds), 256);
    put_type(&mut blob, MULTI_POLYGON);
    put_count(&mut blob, solid().count());
    for polygon in solid() {
        put_type(&mut blob, POLYGON);
        put_count(&mut blob, 1 + polygon.interiors().len());
        for ring in std::iter::once(polygon.exterior()).chain(polygon.interiors()) {
            put_count(&mut blob, ring.0.len());
            put_points(&mut blob, &ring.0);
        }
    }
    Some(Shape { blob, bounds })
}
