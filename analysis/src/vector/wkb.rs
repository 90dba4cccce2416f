//! Well-known binary: polygons as GeoPackage stores them, and any simple shape that an analysis gives back.

use geo_types::{Coord, LineString, MultiPolygon, Polygon};

/// A shape of one row.
#[derive(Clone, Debug, PartialEq)]
pub enum Shape {
    /// One point; `None` when it is empty.
    Point(Option<Coord<f64>>),
    /// Lines, one or several.
    Lines(Vec<Vec<Coord<f64>>>),
    /// Polygons.
    Polygons(MultiPolygon<f64>),
}

/// Bytes read from front to back.
struct Bytes<'a> {
    rest: &'a [u8],
    little: bool,
}

impl Bytes<'_> {
    fn take<const N: usize>(&mut self) -> Result<[u8; N], String> {
        let (head, rest) = self.rest.split_first_chunk::<N>().ok_or("a geometry ends early")?;
        self.rest = rest;
        Ok(*head)
    }

    fn order(&mut self) -> Result<(), String> {
        self.little = self.take::<1>()?[0] != 0;
        Ok(())
    }

    fn u32(&mut self) -> Result<u32, String> {
        let bytes = self.take::<4>()?;
        Ok(if self.little { u32::from_le_bytes(bytes) } else { u32::from_be_bytes(bytes) })
    }

    fn f64(&mut self) -> Result<f64, String> {
        let bytes = self.take::<8>()?;
        Ok(if self.little { f64::from_le_bytes(bytes) } else { f64::from_be_bytes(bytes) })
    }

    fn position(&mut self, width: usize) -> Result<Coord<f64>, String> {
        let position = Coord { x: self.f64()?, y: self.f64()? };
        for _ in 2..width {
            self.f64()?;
        }
        Ok(position)
    }

    fn positions(&mut self, width: usize) -> Result<Vec<Coord<f64>>, String> {
        let count = self.u32()? as usize;
        // Counts are not trusted: memory grows with what is there.
        let mut list = Vec::with_capacity(count.min(self.rest.len() / 16));
        for _ in 0..count {
            list.push(self.position(width)?);
        }
        Ok(list)
    }

    /// Type without its dimensions, and how many numbers a position has.
    fn kind(&mut self) -> Result<(u32, usize), String> {
        let code = self.u32()?;
        // ISO counts dimensions in thousands, the older form in high bits.
        let (iso, flags) = ((code & 0xffff) / 1000, code >> 29);
        let z = usize::from(iso == 1 || iso == 3 || flags & 4 != 0);
        let m = usize::from(iso == 2 || iso == 3 || flags & 2 != 0);
        if flags & 1 != 0 {
            self.u32()?; // srid
        }
        Ok(((code & 0xffff) % 1000, 2 + z + m))
    }
}

/// A shape: point, line, polygon, or several lines or polygons.
///
/// # Errors
/// Damaged, or of another type.
pub fn shape(wkb: &[u8]) -> Result<Shape, String> {
    let mut bytes = Bytes { rest: wkb, little: true };
    bytes.order()?;
    match bytes.kind()? {
        (1, width) => {
            let point = bytes.position(width)?;
            Ok(Shape::Point((point.x.is_finite() && point.y.is_finite()).then_some(point)))
        }
        (2, width) => Ok(Shape::Lines(vec![bytes.positions(width)?])),
        (5, _) => {
            let mut list = Vec::new();
            for _ in 0..bytes.u32()? {
                bytes.order()?;
                match bytes.kind()? {
                    (2, width) => list.push(bytes.positions(width)?),
                    (kind, _) => return Err(format!("a multiline holds a {}", name(kind))),
                }
            }
            Ok(Shape::Lines(list))
        }
        (3 | 6, _) => polygons(wkb).map(Shape::Polygons),
        (kind, _) => Err(format!("a {} cannot be a row's shape", name(kind))),
    }
}

/// Polygons of a WKB geometry.
pub(crate) fn polygons(wkb: &[u8]) -> Result<MultiPolygon<f64>, String> {
    let mut bytes = Bytes { rest: wkb, little: true };
    bytes.order()?;
    match bytes.kind()? {
        (3, width) => Ok(MultiPolygon(polygon(&mut bytes, width)?.into_iter().collect())),
        (6, _) => {
            let mut list = Vec::new();
            for _ in 0..bytes.u32()? {
                bytes.order()?;
                match bytes.kind()? {
                    (3, width) => list.extend(polygon(&mut bytes, width)?),
                    (kind, _) => return Err(format!("a multipolygon holds a {}", name(kind))),
                }
            }
            Ok(MultiPolygon(list))
        }
        (kind, _) => Err(format!("a {} is no polygon", name(kind))),
    }
}

fn polygon(bytes: &mut Bytes, width: usize) -> Result<Option<Polygon<f64>>, String> {
    let mut rings = Vec::new();
    for _ in 0..bytes.u32()? {
        rings.push(LineString(bytes.positions(width)?));
    }
    let mut rings = rings.into_iter();
    Ok(rings.next().map(|shell| Polygon::new(shell, rings.collect())))
}

fn name(kind: u32) -> &'static str {
    match kind {
        1 | 4 => "point",
        2 | 5 => "line",
        3 | 6 => "polygon",
        7 => "collection",
        _ => "geometry of another type (curves are not supported)",
    }
}
