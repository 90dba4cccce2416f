//! Where on earth the pixels of a GeoTIFF lie.

use super::{RasterError, fault};
use geo_types::Rect;
use std::io::{Read, Seek};
use std::ops::Range;
use std::sync::Arc;
use tiff::decoder::Decoder;
use tiff::tags::Tag;

/// Keys of the directory of GeoTIFF 1.1.
const MODEL_TYPE: u16 = 1024;
const RASTER_TYPE: u16 = 1025;
const GEOGRAPHIC: u16 = 2048;
/// Values of those keys.
const MODEL_GEOGRAPHIC: u16 = 2;
const PIXEL_IS_POINT: u16 = 2;
const WGS84: u16 = 4326;

/// Edge of the first pixel and size of all, in degrees; rows run south.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Place {
    west: f64,
    north: f64,
    width: f64,
    height: f64,
}

impl Place {
    /// Reads and checks the tags.
    pub(super) fn of<R: Read + Seek>(decoder: &mut Decoder<R>, path: &str) -> Result<Self, RasterError> {
        let wrong = |what: &str| RasterError::Unsupported { path: path.to_owned(), what: what.to_owned() };
        let keys = match decoder.find_tag(Tag::GeoKeyDirectoryTag).map_err(|error| fault(path, error))? {
            Some(keys) => keys.into_u16_vec().map_err(|error| fault(path, error))?,
            None => return Err(wrong("it does not say where on earth it lies (no GeoTIFF keys)")),
        };
        let key = |wanted: u16| {
            let mut entries = keys.get(4..).unwrap_or_default().chunks_exact(4);
            entries.find(|entry| entry[0] == wanted && entry[1] == 0).map(|entry| entry[3])
        };
        if key(MODEL_TYPE) != Some(MODEL_GEOGRAPHIC) || key(GEOGRAPHIC) != Some(WGS84) {
            let code =
                key(GEOGRAPHIC).or(key(3072)).map_or("an unknown system".to_owned(), |code| format!("EPSG:{code}"));
            return Err(wrong(&format!(
                "its coordinates are {code}, not longitude and latitude of WGS 84 (EPSG:4326)"
            )));
        }
        let mut numbers = |tag| match decoder.find_tag(tag).map_err(|error| fault(path, error))? {
            Some(value) => value.into_f64_vec().map_err(|error| fault(path, error)),
            None => Ok(Vec::new()),
        };
        let (scale, tie) = (numbers(Tag::ModelPixelScaleTag)?, numbers(Tag::ModelTiepointTag)?);
        let (&[width, height, ..], &[column, row, _, x, y, ..]) = (scale.as_slice(), tie.as_slice()) else {
            return Err(wrong("its pixels have no size or no place (or are rotated)"));
        };
        let all = [width, height, column, row, x, y];
        if !(width > 0.0 && height > 0.0 && all.iter().all(|number| number.is_finite())) {
            return Err(wrong("its pixels have no size"));
        }
        let half = if key(RASTER_TYPE) == Some(PIXEL_IS_POINT) { 0.5 } else { 0.0 };
        Ok(Self { west: x - (column + half) * width, north: y + (row + half) * height, width, height })
    }

    /// A raster larger than the earth is none.
    pub(super) fn check_size(&self, width: u32, height: u32, path: &str) -> Result<(), RasterError> {
        let (wide, high) = (f64::from(width) * self.width, f64::from(height) * self.height);
        let (east, south) = (self.west + wide, self.north - high);
        // A pixel beyond the pole or the antimeridian is nothing unusual.
        let (x, y) = (1.0 + self.width, 1.0 + self.height);
        if wide > 360.0 + x
            || high > 180.0 + y
            || self.west < -360.0
            || east > 360.0
            || self.north > 90.0 + y
            || south < -90.0 - y
        {
            let what = format!(
                "it claims {width} × {height} pixels between {:.3}° and {east:.3}° east, {south:.3}° and {:.3}° north, which is not on earth",
                self.west, self.north
            );
            return Err(RasterError::Broken { path: path.to_owned(), what });
        }
        Ok(())
    }

    /// Columns and rows that meet a box.
    pub(super) fn window(&self, near: Rect<f64>, width: u32, height: u32) -> (Range<u32>, Range<u32>) {
        let range = |from: f64, to: f64, most: u32| {
            // A cast saturates, and no pixel is missed for the last bit.
            let (from, to) = ((from - 1e-6).floor().max(0.0) as u32, (to + 1e-6).ceil().max(0.0) as u32);
            from.min(most)..to.min(most)
        };
        let columns = range((near.min().x - self.west) / self.width, (near.max().x - self.west) / self.width, width);
        let rows = range((self.north - near.max().y) / self.height, (self.north - near.min().y) / self.height, height);
        (columns, rows)
    }

    /// North-west corner of a pixel.
    pub(super) fn corner(&self, column: u32, row: u32) -> (f64, f64) {
        (self.west + f64::from(column) * self.width, self.north - f64::from(row) * self.height)
    }

    /// Row and column of a pixel in a grid of the whole earth. Grids start on a whole pixel (most) or half a pixel off (WorldPop): a quarter
    /// away from both, what the centre is rounded to does not hang on the last bit.
    pub(super) fn on_earth(&self, column: u32, row: u32) -> (i64, i64) {
        let centre = (f64::from(column) + 0.5, f64::from(row) + 0.5);
        let x = (self.west + 180.0) / self.width + centre.0;
        let y = (90.0 - self.north) / self.height + centre.1;
        ((y + 0.25).floor() as i64, (x + 0.25).floor() as i64)
    }

    /// See [`super::Pixel::id`].
    pub(super) fn id(&self, column: u32, row: u32) -> Arc<str> {
        let (row, column) = self.on_earth(column, row);
        format!("r{row:06}c{column:06}").into()
    }

    pub(super) fn same_resolution(&self, other: &Self) -> bool {
        let near = |a: f64, b: f64| (a - b).abs() <= 1e-4 * a;
        near(self.width, other.width) && near(self.height, other.height)
    }
}
