//! Geometry in WGS 84 as well-known binary: ISO WKB for GeoPackages; EWKB, which names the reference system, for PostGIS.

use crate::layers::Geometry;
use geo_types::{Coord, MultiPolygon, Point};

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

/// The geometry of a row that has one.
#[derive(Clone, Copy, Debug)]
pub(super) enum Shape<'a> {
    Point(Point<f64>),
    Line(&'a [Coord<f64>]),
    Polygons(&'a MultiPolygon<f64>),
}

/// A row's geometry and its envelope; `None` = NULL: none given, no point, or coordinates that are no numbers.
pub(super) fn shape(geometry: &Geometry, row: usize) -> Option<(Shape<'_>, Bounds)> {
    match geometry {
        Geometry::Points { wgs84, .. } => {
            let point = (*wgs84.get(row)?)?;
            Some((Shape::Point(point), Bounds::of(std::iter::once(point.0))?))
        }
        Geometry::Lines { first, wgs84, .. } => {
            let points = wgs84.get(*first.get(row)? as usize..*first.get(row + 1)? as usize)?;
            let bounds = Bounds::of(points.iter().copied())?;
            (points.len() > 1).then_some((Shape::Line(points), bounds))
        }
        Geometry::Polygons { wgs84, .. } => {
            let shape = wgs84.get(row)?.as_ref()?;
            let bounds = Bounds::of(solid(shape).flat_map(|polygon| polygon.exterior().0.iter().copied()))?;
            Some((Shape::Polygons(shape), bounds))
        }
    }
}

fn solid(shape: &MultiPolygon<f64>) -> impl Iterator<Item = &geo_types::Polygon<f64>> {
    shape.iter().filter(|polygon| !polygon.exterior().0.is_empty())
}

/// WKB type codes.
const POINT: u32 = 1;
const LINE: u32 = 2;
const POLYGON: u32 = 3;
const MULTI_POLYGON: u32 = 6;
/// EWKB: a reference system follows the type.
const HAS_SRID: u32 = 0x2000_0000;

/// Appends a shape, little endian, with its reference system or without.
pub(super) fn put(out: &mut Vec<u8>, shape: Shape<'_>, srid: Option<u32>) {
    match shape {
        Shape::Point(point) => {
            put_type(out, POINT, srid);
            put_points(out, &[point.0]);
        }
        Shape::Line(points) => {
            put_type(out, LINE, srid);
            put_count(out, points.len());
            put_points(out, points);
        }
        Shape::Polygons(shape) => {
            put_type(out, MULTI_POLYGON, srid);
            put_count(out, solid(shape).count());
            for polygon in solid(shape) {
                put_type(out, POLYGON, None);
                put_count(out, 1 + polygon.interiors().len());
                for ring in std::iter::once(polygon.exterior()).chain(polygon.interiors()) {
                    put_count(out, ring.0.len());
                    put_points(out, &ring.0);
                }
            }
        }
    }
}

fn put_type(out: &mut Vec<u8>, code: u32, srid: Option<u32>) {
    out.push(1);
    out.extend_from_slice(&(if srid.is_some() { code | HAS_SRID } else { code }).to_le_bytes());
    srid.into_iter().for_each(|srid| out.extend_from_slice(&srid.to_le_bytes()));
}

fn put_count(out: &mut Vec<u8>, count: usize) {
    out.extend_from_slice(&(count as u32).to_le_bytes());
}

fn put_points(out: &mut Vec<u8>, points: &[Coord<f64>]) {
    for point in points {
        out.extend_from_slice(&point.x.to_le_bytes());
        out.extend_from_slice(&point.y.to_le_bytes());
    }
}
