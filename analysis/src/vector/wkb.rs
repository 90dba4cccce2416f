//! Well-known binary geometry, as GeoPackage stores it.

use geo_types::{Coord, LineString, MultiPolygon, Polygon};

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

/// The point of a WKB geometry; `None` if it is empty.
pub(crate) fn point(wkb: &[u8]) -> Result<Option<Coord<f64>>, String> {
    let mut bytes = Bytes { rest: wkb, little: true };
    bytes.order()?;
    match bytes.kind()? {
        (1, _) => Ok(Some(Coord { x: bytes.f64()?, y: bytes.f64()? }).filter(|at| !at.x.is_nan())),
        (kind, _) => Err(format!("a {} is no point", name(kind))),
    }
}

/// Points of a WKB line.
pub(crate) fn line(wkb: &[u8]) -> Result<Vec<Coord<f64>>, String> {
    let mut bytes = Bytes { rest: wkb, little: true };
    bytes.order()?;
    match bytes.kind()? {
        (2, width) => positions(&mut bytes, width),
        (kind, _) => Err(format!("a {} is no line", name(kind))),
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
        rings.push(LineString(positions(bytes, width)?));
    }
    let mut rings = rings.into_iter();
    Ok(rings.next().map(|shell| Polygon::new(shell, rings.collect())))
}

fn positions(bytes: &mut Bytes, width: usize) -> Result<Vec<Coord<f64>>, String> {
    let count = bytes.u32()? as usize;
    // Counts are not trusted: memory grows with what is there.
    let mut positions = Vec::with_capacity(count.min(bytes.rest.len() / 16));
    for _ in 0..count {
        positions.push(Coord { x: bytes.f64()?, y: bytes.f64()? });
        for _ in 2..width {
            bytes.f64()?;
        }
    }
    Ok(positions)
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
