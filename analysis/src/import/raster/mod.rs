//! # Raster — pixels where people live
//! In:   GeoTIFFs in degrees, a box        Out:  populated pixels of the box
//! Touches: those files                    Does not know: blocks, boundaries
//! Source: bna-method §1.4.1; unlike the reference every pixel is a block with its own population (Q32)
//!
//! A country has a thousand million pixels, a town a few thousand: only the strips or tiles that meet the box are read and unpacked.

mod place;
#[cfg(test)]
mod tests;

use super::guard::guarded;
use geo_types::{MultiPolygon, Polygon, Rect};
use place::Place;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::BufReader;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tiff::decoder::{Decoder, DecodingResult, Limits};
use tiff::tags::Tag;
use tiff::{ColorType, TiffError};

/// A strip or tile that unpacks to more than that is refused: no memory is asked for what a file merely claims.
const CHUNK_MAX_BYTES: usize = 512 << 20;

/// More pixels than this in the box are refused.
const PIXELS_MAX: usize = 2_000_000;

/// Why a raster gives no pixels.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs)] // the messages say it
pub enum RasterError {
    /// Not there, not allowed.
    #[error("cannot read the population raster {path}: {cause}")]
    Unreadable { path: String, cause: std::io::Error },
    /// Another format.
    #[error("{path} is no GeoTIFF; --population-raster reads GeoTIFFs of people per pixel, such as WorldPop's")]
    NotTiff { path: String },
    /// Cut or against the format.
    #[error("{path} is damaged: {what}; fetch it again")]
    Broken { path: String, what: String },
    /// A good file that this reader cannot use.
    #[error("{path}: {what}; convert it with `gdalwarp -t_srs EPSG:4326 {path} new.tif`")]
    Unsupported { path: String, what: String },
    /// More than memory should be asked for.
    #[error("{path}: {what}; cut the raster to the place first (`gdalwarp -te WEST SOUTH EAST NORTH`)")]
    TooLarge { path: String, what: String },
    /// Two rasters that do not fit each other.
    #[error("{first} and {path} have pixels of different sizes; give rasters of one resolution")]
    Resolution { first: String, path: String },
    /// Nobody.
    #[error("no pixel of {paths} near the boundary is populated; does the raster show the same place?")]
    Nobody { paths: String },
}

/// A populated pixel.
#[derive(Clone, Debug, PartialEq)]
pub struct Pixel {
    /// Row and column of the pixel on earth, counted from 90° north and 180° west: the same in every file of that resolution.
    pub id: Arc<str>,
    /// People.
    pub population: f64,
    /// Outline, WGS 84 degrees.
    pub geometry: MultiPolygon<f64>,
}

/// Pixels with somebody in them that meet the box, from north to south, west to east. Where two rasters populate the same pixel, the first
/// counts; how many were passed over for that.
///
/// # Errors
/// [`RasterError`], naming the file.
pub fn read(paths: &[PathBuf], near: Rect<f64>) -> Result<(Vec<Pixel>, u64), RasterError> {
    let mut pixels = BTreeMap::new();
    let (mut twice, mut first): (u64, Option<Place>) = (0, None);
    for path in paths {
        let mut raster = Raster::open(path)?;
        let place = *first.get_or_insert(raster.place);
        if !place.same_resolution(&raster.place) {
            return Err(RasterError::Resolution { first: name(&paths[0]), path: name(path) });
        }
        raster.each(near, |place, (column, row), population| {
            let pixel = || Pixel { id: place.id(column, row), population, geometry: square(place, column, row) };
            match pixels.entry(place.on_earth(column, row)) {
                std::collections::btree_map::Entry::Occupied(_) => twice += 1,
                std::collections::btree_map::Entry::Vacant(free) => drop(free.insert(pixel())),
            }
        })?;
        if pixels.len() > PIXELS_MAX {
            let what = format!("more than {PIXELS_MAX} of its pixels around the place are populated");
            return Err(RasterError::TooLarge { path: name(path), what });
        }
    }
    if pixels.is_empty() {
        return Err(RasterError::Nobody { paths: paths.iter().map(|path| name(path)).collect::<Vec<_>>().join(", ") });
    }
    Ok((pixels.into_values().collect(), twice))
}

fn name(path: &Path) -> String {
    path.display().to_string()
}

fn square(place: &Place, column: u32, row: u32) -> MultiPolygon<f64> {
    let (west, north) = place.corner(column, row);
    // Of the next pixel, so that neighbours share their corners to the last bit.
    let (east, south) = place.corner(column + 1, row + 1);
    let ring = vec![(west, south), (east, south), (east, north), (west, north), (west, south)];
    MultiPolygon(vec![Polygon::new(ring.into(), vec![])])
}

/// An open file whose place on earth is known.
struct Raster {
    path: String,
    decoder: Decoder<BufReader<File>>,
    place: Place,
    width: u32,
    height: u32,
    nodata: Option<f64>,
}

impl Raster {
    fn open(path: &Path) -> Result<Self, RasterError> {
        let path_name = name(path);
        let file = File::open(path).map_err(|cause| RasterError::Unreadable { path: path_name.clone(), cause })?;
        let open = || -> Result<_, RasterError> {
            let fault = |error| fault(&path_name, error);
            let limits = || {
                let mut limits = Limits::default();
                (limits.decoding_buffer_size, limits.intermediate_buffer_size) = (CHUNK_MAX_BYTES, CHUNK_MAX_BYTES);
                limits
            };
            let mut decoder = Decoder::new(BufReader::new(file)).map_err(fault)?.with_limits(limits());
            let (width, height) = decoder.dimensions().map_err(fault)?;
            if !matches!(decoder.colortype().map_err(fault)?, ColorType::Gray(8 | 16 | 32 | 64)) {
                let what = "it is no raster of one band of whole or floating-point numbers".to_owned();
                return Err(RasterError::Unsupported { path: path_name.clone(), what });
            }
            let place = Place::of(&mut decoder, &path_name)?;
            place.check_size(width, height, &path_name)?;
            let nodata = decoder.find_tag(Tag::GdalNodata).map_err(fault)?.and_then(|value| value.into_string().ok());
            let nodata = nodata.and_then(|text| text.trim_matches(['\0', ' ']).parse().ok());
            Ok(Self { path: path_name.clone(), decoder, place, width, height, nodata })
        };
        guarded(open).unwrap_or_else(|| Err(makes_no_sense(&path_name)))
    }

    /// Hands over the populated pixels that meet a box: column and row, people.
    fn each(&mut self, near: Rect<f64>, mut take: impl FnMut(&Place, (u32, u32), f64)) -> Result<(), RasterError> {
        let (columns, rows) = self.place.window(near, self.width, self.height);
        if columns.is_empty() || rows.is_empty() {
            return Ok(());
        }
        let path = self.path.clone();
        let (wide, high) = guarded(|| self.decoder.chunk_dimensions()).ok_or_else(|| makes_no_sense(&path))?;
        if wide == 0 || high == 0 {
            return Err(makes_no_sense(&path));
        }
        let across = self.width.div_ceil(wide);
        for chunk_row in rows.start / high..=(rows.end - 1) / high {
            for chunk_column in columns.start / wide..=(columns.end - 1) / wide {
                let (west, north) = (chunk_column * wide, chunk_row * high);
                // Tiles on the edge are cut to the image.
                let size = (wide.min(self.width - west), high.min(self.height - north));
                let values = self.chunk(chunk_row * across + chunk_column, size)?;
                for row in overlap(&rows, north, size.1) {
                    for column in overlap(&columns, west, size.0) {
                        let at = (row - north) as usize * size.0 as usize + (column - west) as usize;
                        let people = value(&values, at);
                        // Of nodata, and of sentinels that nobody declared.
                        if people > 0.0 && people.is_finite() && !self.is_nodata(people) {
                            take(&self.place, (column, row), people);
                        }
                    }
                }
            }
        }
        Ok(())
    }

    fn chunk(&mut self, number: u32, (wide, high): (u32, u32)) -> Result<DecodingResult, RasterError> {
        let path = self.path.clone();
        let values = guarded(|| self.decoder.read_chunk(number)).ok_or_else(|| makes_no_sense(&path))?;
        let values = values.map_err(|error| fault(&path, error))?;
        match length(&values) == wide as usize * high as usize {
            true => Ok(values),
            false => Err(makes_no_sense(&path)),
        }
    }

    /// The tag is text: in a raster of `f32` the value is the nearest of those.
    fn is_nodata(&self, value: f64) -> bool {
        self.nodata.is_some_and(|nodata| value == nodata || value == f64::from(nodata as f32))
    }
}

fn overlap(wanted: &Range<u32>, start: u32, length: u32) -> Range<u32> {
    wanted.start.max(start)..wanted.end.min(start + length)
}

fn length(values: &DecodingResult) -> usize {
    match values {
        DecodingResult::U8(v) => v.len(),
        DecodingResult::U16(v) => v.len(),
        DecodingResult::U32(v) => v.len(),
        DecodingResult::U64(v) => v.len(),
        DecodingResult::F16(v) => v.len(),
        DecodingResult::F32(v) => v.len(),
        DecodingResult::F64(v) => v.len(),
        DecodingResult::I8(v) => v.len(),
        DecodingResult::I16(v) => v.len(),
        DecodingResult::I32(v) => v.len(),
        DecodingResult::I64(v) => v.len(),
    }
}

fn value(values: &DecodingResult, at: usize) -> f64 {
    match values {
        DecodingResult::U8(v) => v[at].into(),
        DecodingResult::U16(v) => v[at].into(),
        DecodingResult::U32(v) => v[at].into(),
        DecodingResult::U64(v) => v[at] as f64,
        DecodingResult::F16(v) => v[at].to_f64(),
        DecodingResult::F32(v) => v[at].into(),
        DecodingResult::F64(v) => v[at],
        DecodingResult::I8(v) => v[at].into(),
        DecodingResult::I16(v) => v[at].into(),
        DecodingResult::I32(v) => v[at].into(),
        DecodingResult::I64(v) => v[at] as f64,
    }
}

fn makes_no_sense(path: &str) -> RasterError {
    RasterError::Broken { path: path.to_owned(), what: "its parts do not fit together".to_owned() }
}

fn fault(path: &str, error: TiffError) -> RasterError {
    let path = path.to_owned();
    match error {
        TiffError::FormatError(tiff::TiffFormatError::TiffSignatureNotFound) => RasterError::NotTiff { path },
        TiffError::FormatError(tiff::TiffFormatError::TiffSignatureInvalid) => RasterError::NotTiff { path },
        TiffError::IoError(cause) => match cause.kind() {
            std::io::ErrorKind::UnexpectedEof | std::io::ErrorKind::InvalidData | std::io::ErrorKind::InvalidInput => {
                RasterError::Broken { path, what: "it ends early or cannot be unpacked".to_owned() }
            }
            _ => RasterError::Unreadable { path, cause },
        },
        TiffError::LimitsExceeded | TiffError::IntSizeError => {
            let what = format!("one of its parts is larger than {} MiB", CHUNK_MAX_BYTES >> 20);
            RasterError::TooLarge { path, what }
        }
        TiffError::UnsupportedError(what) => RasterError::Unsupported { path, what: what.to_string() },
        other => RasterError::Broken { path, what: other.to_string() },
    }
}
