//! # Vector — polygons with attributes from any file
//! In:   Shapefile (`.shp` or zipped), GeoPackage, GeoJSON    Out:  [`Features`]
//! Touches: that file and its companions                      Does not know: blocks, boundaries
//! Source: bna-method §1.2, §1.3, §1.8 (declared WGS 84 without datum shift, Q33)
//!
//! State-wide files are large and a city is small: records are streamed, their boxes compared first, and only those near
//! the place are decoded. Memory follows the place, not the file.

mod crs;
mod dbf;
mod geojson;
mod gpkg;
mod shp;
mod table;
pub mod wkb;

use crate::model::Column;
use geo_types::{Coord, MultiPolygon, Rect};
use std::fs::File;
use std::io::Read;
use std::path::Path;

/// Polygons of a file and what is known about them, parallel arrays.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Features {
    /// WGS 84 degrees; untouched when the file holds degrees.
    pub geometry: Vec<MultiPolygon<f64>>,
    /// Row in the file, from 1.
    pub row: Vec<i64>,
    /// Attributes, names lower-cased, in the order of the file.
    pub columns: Vec<Column>,
    /// What was assumed, in sentences for the user.
    pub notes: Vec<String>,
}

/// Why a file gives no features.
#[derive(Debug, thiserror::Error)]
pub enum VectorError {
    /// Not to be opened or read.
    #[error("cannot read {path}: {cause}")]
    Unreadable {
        /// File.
        path: String,
        /// Why.
        cause: std::io::Error,
    },
    /// None of the formats.
    #[error("{path} is no GeoJSON, Shapefile (.shp, or a .zip of one) or GeoPackage")]
    UnknownFormat {
        /// File.
        path: String,
    },
    /// Truncated or against its format.
    #[error("{path} is damaged: {what}")]
    Broken {
        /// File.
        path: String,
        /// What and where.
        what: String,
    },
    /// Points, lines or nothing where polygons are wanted.
    #[error("{path} holds no polygons: {what}")]
    NotPolygons {
        /// File.
        path: String,
        /// What it holds.
        what: String,
    },
    /// A coordinate system that cannot be turned into longitude and latitude.
    #[error("{path}: {what}; reproject it to WGS 84 (EPSG:4326)")]
    Crs {
        /// File.
        path: String,
        /// Which and why.
        what: String,
    },
}

/// Formats, told apart by their first bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Text that starts with a brace.
    GeoJson,
    /// `.shp`.
    Shapefile,
    /// A zip of a Shapefile.
    ZippedShapefile,
    /// An SQLite file.
    GeoPackage,
}

/// The format of a file.
///
/// # Errors
/// It cannot be read, or is none of them.
pub fn format_of(path: &Path) -> Result<Format, VectorError> {
    let unreadable = |cause| VectorError::Unreadable { path: path.display().to_string(), cause };
    let mut head = Vec::new();
    File::open(path).and_then(|file| file.take(512).read_to_end(&mut head)).map_err(unreadable)?;
    let text = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&head).trim_ascii_start();
    if head.starts_with(b"SQLite format 3\0") {
        Ok(Format::GeoPackage)
    } else if head.starts_with(b"PK") {
        Ok(Format::ZippedShapefile)
    } else if head.starts_with(&[0, 0, 0x27, 0x0a]) {
        Ok(Format::Shapefile)
    } else if text.starts_with(b"{") {
        Ok(Format::GeoJson)
    } else {
        Err(VectorError::UnknownFormat { path: path.display().to_string() })
    }
}

/// Reads the features whose boxes meet `near` (longitude/latitude), or all.
///
/// # Errors
/// [`VectorError`], naming the file.
pub fn read(path: &Path, near: Option<Rect<f64>>) -> Result<Features, VectorError> {
    let features = match format_of(path)? {
        Format::GeoJson => geojson::read(path, near)?,
        Format::Shapefile => shp::read(&mut shp::Bundle::of_files(path), near)?,
        Format::ZippedShapefile => shp::read(&mut shp::Bundle::of_zip(path)?, near)?,
        Format::GeoPackage => gpkg::read(path, near)?,
    };
    Ok(features)
}

/// Properties of one GeoJSON feature as columns of one row.
pub fn columns_of(properties: &serde_json::Map<String, serde_json::Value>) -> Vec<Column> {
    let mut table = table::Table::default();
    table.push_named(0, properties.iter().map(|(name, value)| (name.clone(), geojson::cell(value))));
    table.finish()
}

/// Polygons of well-known binary.
///
/// # Errors
/// What is wrong with it.
pub fn polygons_of_wkb(bytes: &[u8]) -> Result<MultiPolygon<f64>, String> {
    wkb::polygons(bytes)
}

/// Whether two boxes (minx, miny, maxx, maxy) meet. Boxes of NaN meet none.
fn meet(a: [f64; 4], b: [f64; 4]) -> bool {
    a[0] <= b[2] && b[0] <= a[2] && a[1] <= b[3] && b[1] <= a[3]
}

fn corners(rect: Rect<f64>) -> [f64; 4] {
    [rect.min().x, rect.min().y, rect.max().x, rect.max().y]
}

/// Whether a box could be of degrees.
fn in_degrees(bounds: [f64; 4]) -> bool {
    bounds[0] >= -180.0 && bounds[2] <= 180.0 && bounds[1] >= -90.0 && bounds[3] <= 90.0
}

/// Box around points.
fn bounds_of<'a>(points: impl Iterator<Item = &'a Coord<f64>>) -> [f64; 4] {
    points.fold([f64::INFINITY, f64::INFINITY, f64::NEG_INFINITY, f64::NEG_INFINITY], |b, at| {
        [b[0].min(at.x), b[1].min(at.y), b[2].max(at.x), b[3].max(at.y)]
    })
}

/// A place for errors: every one of a file carries its name.
#[derive(Clone, Debug)]
struct Origin(String);

impl Origin {
    fn broken(&self, what: impl Into<String>) -> VectorError {
        VectorError::Broken { path: self.0.clone(), what: what.into() }
    }

    fn unreadable(&self, cause: std::io::Error) -> VectorError {
        match cause.kind() {
            std::io::ErrorKind::UnexpectedEof | std::io::ErrorKind::InvalidData => {
                self.broken(format!("it ends early or cannot be unpacked ({cause})"))
            }
            _ => VectorError::Unreadable { path: self.0.clone(), cause },
        }
    }

    fn crs(&self, what: impl Into<String>) -> VectorError {
        VectorError::Crs { path: self.0.clone(), what: what.into() }
    }

    fn not_polygons(&self, what: impl Into<String>) -> VectorError {
        VectorError::NotPolygons { path: self.0.clone(), what: what.into() }
    }
}

#[cfg(test)]
mod tests;
