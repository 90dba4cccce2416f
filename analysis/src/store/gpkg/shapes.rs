//! Geometry as GeoPackageBinary: a header with the envelope, then ISO WKB (GeoPackage 1.3, §2.1.3).

use crate::layers::Geometry;
use crate::store::wkb::{self, Bounds};
use rayon::prelude::*;

/// A geometry ready to be stored.
#[derive(Clone, Debug)]
pub(super) struct Shape {
    pub blob: Vec<u8>,
    pub bounds: Bounds,
}

/// Every row's geometry in WGS 84; `None` = NULL.
pub(super) fn encode(geometry: &Geometry, rows: usize) -> Vec<Option<Shape>> {
    (0..rows).into_par_iter().map(|row| wkb::shape(geometry, row).map(|(shape, bounds)| blob(shape, bounds))).collect()
}

/// Magic, version 0, flags (little endian; with or without envelope), WGS 84. A point is its own envelope.
fn blob(shape: wkb::Shape<'_>, bounds: Bounds) -> Shape {
    let is_point = matches!(shape, wkb::Shape::Point(_));
    let mut blob = Vec::with_capacity(64);
    blob.extend_from_slice(b"GP\0");
    blob.push(if is_point { 0b0000_0001 } else { 0b0000_0011 });
    blob.extend_from_slice(&4326_i32.to_le_bytes());
    if !is_point {
        for value in [bounds.min.x, bounds.max.x, bounds.min.y, bounds.max.y] {
            blob.extend_from_slice(&value.to_le_bytes());
        }
    }
    wkb::put(&mut blob, shape, None);
    Shape { blob, bounds }
}
