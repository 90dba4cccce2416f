//! Shapefiles, plain or zipped. The walk from record to record is our own, so that records far away are never decoded;
//! `shapefile` decodes those that are near.

use super::crs::{Crs, Reading};
use super::{Features, Origin, VectorError, dbf, in_degrees, meet};
use crate::model::{Column, Values};
use geo::{BoundingRect, Contains};
use geo_types::{LineString, MultiPolygon, Point, Polygon, Rect};
use quietway_job::safe_zip::{Caps, SafeZip, ZipFault};
use rayon::prelude::*;
use shapefile::record::traits::HasXY;
use shapefile::{PolygonRing, ReadableShape, Shape};
use std::fs::File;
use std::io::{self, BufReader, Cursor, Read};
use std::path::{Path, PathBuf};

/// The files of a Shapefile.
pub(super) struct Bundle {
    origin: Origin,
    place: Place,
}

enum Place {
    Files(PathBuf),
    Zip { archive: SafeZip, stem: String },
}

impl Bundle {
    /// `.shp` with its companions beside it.
    pub fn of_files(path: &Path) -> Self {
        Self { origin: Origin(path.display().to_string()), place: Place::Files(path.to_owned()) }
    }

    /// The only `.shp` of a zip, wherever it stands in there.
    pub fn of_zip(path: &Path) -> Result<Self, VectorError> {
        let origin = Origin(path.display().to_string());
        let archive = SafeZip::open(path, Caps::default()).map_err(|fault| not_read(&origin, fault))?;
        let mut shapes = archive.names();
        shapes.retain(|name| !name.starts_with("__MACOSX") && name.to_ascii_lowercase().ends_with(".shp"));
        match shapes.as_slice() {
            [one] => {
                let stem = one[..one.len() - 4].to_owned();
                Ok(Self { origin, place: Place::Zip { archive, stem } })
            }
            [] => Err(origin.not_polygons("there is no .shp in the zip")),
            several => Err(origin
                .not_polygons(format!("the zip has several shapefiles ({}); zip one of them", several.join(", ")))),
        }
    }

    /// A companion, whatever the case of its extension.
    fn open(&mut self, extension: &str) -> Result<Option<Box<dyn Read + '_>>, VectorError> {
        let origin = self.origin.clone();
        match &mut self.place {
            Place::Files(shp) => {
                let cases = [extension.to_owned(), extension.to_ascii_uppercase()];
                let is_shp = extension == "shp";
                let path = if is_shp {
                    Some(shp.clone())
                } else {
                    cases.map(|e| shp.with_extension(e)).into_iter().find(|p| p.exists())
                };
                let Some(path) = path else { return Ok(None) };
                let file = File::open(path).map_err(|cause| origin.unreadable(cause))?;
                Ok(Some(Box::new(BufReader::with_capacity(1 << 20, file))))
            }
            Place::Zip { archive, stem } => {
                let wanted = format!("{stem}.{extension}");
                let Some(file) = archive.read(&wanted).map_err(|fault| not_read(&origin, fault))? else {
                    return Ok(None);
                };
                Ok(Some(Box::new(BufReader::with_capacity(1 << 20, file))))
            }
        }
    }

    /// A short text file beside it.
    fn text(&mut self, extension: &str) -> Result<Option<String>, VectorError> {
        let origin = self.origin.clone();
        let Some(source) = self.open(extension)? else { return Ok(None) };
        let mut bytes = Vec::new();
        source.take(200_000).read_to_end(&mut bytes).map_err(|cause| origin.unreadable(cause))?;
        Ok(Some(String::from_utf8_lossy(&bytes).into_owned()))
    }
}

fn not_read(origin: &Origin, fault: ZipFault) -> VectorError {
    match fault {
        ZipFault::Unreadable(cause) => origin.unreadable(cause),
        other => origin.broken(other.to_string()),
    }
}

/// Reads the features near a box.
pub(super) fn read(bundle: &mut Bundle, near: Option<Rect<f64>>) -> Result<Features, VectorError> {
    let origin = bundle.origin.clone();
    let crs = bundle.text("prj")?.map(|wkt| Crs::from_wkt(&wkt)).transpose().map_err(|what| origin.crs(what))?;
    let encoding = dbf::Encoding::of_cpg(bundle.text("cpg")?.as_deref());
    let mut notes = Vec::new();
    let assumed = crs.is_none();
    let Reading { crs, note } = crs.unwrap_or_else(|| Reading {
        crs: Crs::degrees(),
        note: Some(format!("{} has no .prj file: its coordinates are taken as WGS 84 degrees", origin.0)),
    });
    notes.extend(note);

    let source = bundle.open("shp")?.ok_or_else(|| origin.not_polygons("there is no .shp"))?;
    let near = near.and_then(|near| crs.around(near));
    let (mut geometry, mut rows) = walk(source, near, assumed, &origin)?;
    geometry.par_iter_mut().try_for_each(|shape| crs.to_lonlat(shape)).map_err(|what| origin.crs(what))?;

    let mut columns = Vec::new();
    if let Some(table) = bundle.open("dbf")? {
        let (read, deleted) = dbf::read(table, &rows, encoding, &origin)?;
        columns = read;
        if !deleted.is_empty() {
            drop_rows(&mut geometry, &mut rows, &mut columns, &deleted);
        }
    }
    let row = rows.into_iter().map(|position| position as i64 + 1).collect();
    Ok(Features { geometry, row, columns, notes })
}

fn drop_rows(
    geometry: &mut Vec<MultiPolygon<f64>>,
    rows: &mut Vec<usize>,
    columns: &mut Vec<Column>,
    deleted: &[usize],
) {
    let kept: Vec<usize> = (0..rows.len()).filter(|&at| deleted.binary_search(&rows[at]).is_err()).collect();
    *geometry = kept.iter().map(|&at| std::mem::replace(&mut geometry[at], MultiPolygon(vec![]))).collect();
    *rows = kept.iter().map(|&at| rows[at]).collect();
    for column in columns {
        let values: Values = column.values.select(&kept);
        column.values = values;
    }
}

/// Polygons whose boxes meet `near`, and their positions.
fn walk(
    mut source: impl Read,
    near: Option<[f64; 4]>,
    must_be_degrees: bool,
    origin: &Origin,
) -> Result<(Vec<MultiPolygon<f64>>, Vec<usize>), VectorError> {
    let eof = |cause: io::Error| origin.unreadable(cause);
    let mut head = [0u8; 100];
    source.read_exact(&mut head).map_err(eof)?;
    let length = 2 * u64::from(u32::from_be_bytes([head[24], head[25], head[26], head[27]]));
    let kind = i32::from_le_bytes([head[32], head[33], head[34], head[35]]);
    if head[..4] != [0, 0, 0x27, 0x0a] {
        return Err(origin.broken("it does not start like a .shp file"));
    }
    if ![0, 5, 15, 25].contains(&kind) {
        return Err(origin.not_polygons(format!("its shapes are of type {kind} ({})", kind_name(kind))));
    }
    let (mut shapes, mut positions) = (Vec::new(), Vec::new());
    let mut at = 100;
    for position in 0.. {
        if at + 8 > length {
            break;
        }
        let mut record = [0u8; 8];
        source.read_exact(&mut record).map_err(eof)?;
        let size = 2 * u64::from(u32::from_be_bytes([record[4], record[5], record[6], record[7]]));
        at += 8 + size;
        let mut content = source.by_ref().take(size);
        if let Some(shape) = shape(&mut content, near, must_be_degrees).map_err(|fault| match fault {
            Fault::Reading(cause) => eof(cause),
            Fault::Shape(what) => origin.broken(format!("shape {}: {what}", position + 1)),
            Fault::NotDegrees => origin.crs("it has no .prj file and its coordinates are no degrees"),
        })? {
            shapes.push(shape);
            positions.push(position);
        }
        let rest = content.limit();
        if io::copy(&mut content, &mut io::sink()).map_err(eof)? < rest {
            return Err(origin.broken(format!("it ends within shape {}", position + 1)));
        }
    }
    Ok((shapes, positions))
}

enum Fault {
    Reading(io::Error),
    Shape(String),
    NotDegrees,
}

/// Decodes a record when it is a polygon near the box.
fn shape(
    content: &mut io::Take<impl Read>,
    near: Option<[f64; 4]>,
    must_be_degrees: bool,
) -> Result<Option<MultiPolygon<f64>>, Fault> {
    const HEAD: usize = 36; // type, box
    let size = content.limit();
    let mut bytes = [0u8; HEAD];
    if size < HEAD as u64 {
        return Ok(None); // a null shape
    }
    content.read_exact(&mut bytes).map_err(Fault::Reading)?;
    if bytes[..4] == [0; 4] {
        return Ok(None);
    }
    let number = |n: usize| {
        let mut eight = [0u8; 8];
        eight.copy_from_slice(&bytes[4 + 8 * n..12 + 8 * n]);
        f64::from_le_bytes(eight)
    };
    let bounds = [number(0), number(1), number(2), number(3)];
    if must_be_degrees && !in_degrees(bounds) {
        return Err(Fault::NotDegrees);
    }
    if near.is_some_and(|near| !meet(near, bounds)) {
        return Ok(None);
    }
    let mut record = bytes.to_vec();
    content.read_to_end(&mut record).map_err(Fault::Reading)?;
    let size = i32::try_from(size).map_err(|_| Fault::Shape("it is larger than 2 GB".into()))?;
    if (record.len() as u64) < size as u64 {
        return Err(Fault::Reading(io::ErrorKind::UnexpectedEof.into()));
    }
    let shape = Shape::read_from(&mut Cursor::new(record), size).map_err(|error| Fault::Shape(error.to_string()))?;
    match shape {
        Shape::Polygon(polygon) => Ok(Some(assemble(polygon.into_inner()))),
        Shape::PolygonM(polygon) => Ok(Some(assemble(polygon.into_inner()))),
        Shape::PolygonZ(polygon) => Ok(Some(assemble(polygon.into_inner()))),
        Shape::NullShape => Ok(None),
        other => Err(Fault::Shape(format!("it is no polygon but a {}", other.shapetype()))),
    }
}

/// Rings in any order → polygons: a hole belongs to the smallest outline around its first corner; a hole that no outline
/// holds is an outline drawn the wrong way round.
fn assemble<P: HasXY>(rings: Vec<PolygonRing<P>>) -> MultiPolygon<f64> {
    let line = |ring: &PolygonRing<P>| -> LineString<f64> { ring.points().iter().map(|p| (p.x(), p.y())).collect() };
    let (mut outlines, mut holes) = (Vec::new(), Vec::new());
    for ring in rings.iter().filter(|ring| !ring.is_empty()) {
        match ring {
            PolygonRing::Outer(_) => outlines.push(Polygon::new(line(ring), vec![])),
            PolygonRing::Inner(_) => holes.push(line(ring)),
        }
    }
    if let [only] = outlines.as_mut_slice()
        && !holes.is_empty()
    {
        *only = Polygon::new(only.exterior().clone(), holes);
        return MultiPolygon(outlines);
    }
    let boxes: Vec<_> = outlines.iter().map(|outline| outline.bounding_rect()).collect();
    let area = |rect: &Rect<f64>| rect.width() * rect.height();
    let mut lonely = Vec::new();
    for hole in holes {
        let corner = Point(hole.0[0]);
        let around = (0..boxes.len())
            .filter_map(|at| boxes[at].map(|rect| (at, rect)))
            .filter(|(at, rect)| {
                rect.min().x <= corner.x() && corner.x() <= rect.max().x && outlines[*at].contains(&corner)
            })
            .min_by(|(_, a), (_, b)| area(a).total_cmp(&area(b)));
        match around {
            Some((at, _)) => outlines[at].interiors_push(hole),
            None => lonely.push(Polygon::new(hole, vec![])),
        }
    }
    outlines.extend(lonely);
    MultiPolygon(outlines)
}

fn kind_name(kind: i32) -> &'static str {
    match kind % 10 {
        1 => "points",
        3 => "lines",
        8 => "multipoints",
        _ => "unknown",
    }
}
