//! File → study area.

use super::StudyArea;
use super::grow::grow;
use crate::model::{Column, Utm, Values};
use crate::suite::Suite;
use crate::vector::{self, Features, Format, VectorError};
use geo::algorithm::bool_ops::unary_union;
use geo::{Area, BoundingRect, MapCoords};
use geo_types::MultiPolygon;
use quietway_job::boundary::{self as job, Limits};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Where the boundary comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BoundarySource {
    /// GeoJSON, Shapefile (`.shp` or a zip of one) or GeoPackage.
    File(PathBuf),
    /// GeoJSON on standard input.
    Stdin,
    /// GeoJSON that was read from there.
    Held(Arc<[u8]>),
}

impl BoundarySource {
    /// Standard input can be read only once: the same source, from which it can be read again.
    ///
    /// # Errors
    /// [`BoundaryError::Unreadable`].
    pub fn held(&self, limits: &Limits) -> Result<Self, BoundaryError> {
        if *self != Self::Stdin {
            return Ok(self.clone());
        }
        let unreadable = |cause| BoundaryError::Unreadable { origin: origin(self), cause };
        Ok(Self::Held(bytes(self, limits).map_err(unreadable)?.into()))
    }
}

impl From<&Path> for BoundarySource {
    /// `-` is standard input.
    fn from(path: &Path) -> Self {
        if path == Path::new("-") { Self::Stdin } else { Self::File(path.to_owned()) }
    }
}

/// What the user may say about it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct BoundaryOptions {
    /// Name of the place; else an attribute, else the name of the file.
    pub name: Option<String>,
    /// How large it may be.
    pub limits: Limits,
}

/// Why there is no study area.
#[derive(Debug, thiserror::Error)]
pub enum BoundaryError {
    /// Not to be opened or read.
    #[error("cannot read the boundary {origin}: {cause}")]
    Unreadable {
        /// File or "standard input".
        origin: String,
        /// Why.
        cause: std::io::Error,
    },
    /// The file gives no polygons.
    #[error("boundary: {0}")]
    Vector(#[from] VectorError),
    /// It cannot be measured.
    #[error("boundary {origin}: {cause}")]
    Invalid {
        /// File or "standard input".
        origin: String,
        /// What and where.
        cause: job::BoundaryError,
    },
    /// Near a pole there is no UTM zone.
    #[error(
        "boundary {origin}: it reaches latitude {latitude}; places between 80° south and 84° north can be measured"
    )]
    Polar {
        /// File or "standard input".
        origin: String,
        /// The latitude.
        latitude: f64,
    },
}

/// Reads, checks, dissolves (Q29), buffers and projects a boundary. Vertices of a file with one feature stay where they
/// are, unless a note says otherwise.
///
/// # Errors
/// [`BoundaryError`], naming the file and the place.
pub fn resolve(source: &BoundarySource, options: &BoundaryOptions, suite: &Suite) -> Result<StudyArea, BoundaryError> {
    let origin = origin(source);
    let Features { geometry, columns, mut notes, .. } = load(source, &options.limits, &origin)?;
    let invalid = |cause| BoundaryError::Invalid { origin: origin.clone(), cause };
    let checked = job::check(geometry, &options.limits).map_err(invalid)?;
    notes.extend(checked.notes);
    let bounds = job::bounds(&checked.features).ok_or_else(|| invalid(job::BoundaryError::Empty))?;
    for latitude in [bounds.min().y, bounds.max().y] {
        if !(-80.0..=84.0).contains(&latitude) {
            return Err(BoundaryError::Polar { origin, latitude });
        }
    }
    let first_feature = checked.features.iter().find(|feature| !feature.0.is_empty()).cloned();
    let first_feature = first_feature.ok_or_else(|| invalid(job::BoundaryError::Empty))?;
    let boundary = dissolve(checked.features, &mut notes);
    // The mean of two numbers as numpy takes it (§1.8): the last bit may decide between two zones.
    let centre =
        geo_types::coord! { x: (bounds.min().x + bounds.max().x) / 2.0, y: (bounds.min().y + bounds.max().y) / 2.0 };
    let projection = Utm::of(centre);
    let boundary_m = boundary.map_coords(|at| projection.forward(at));
    let buffered_m = grow(&boundary_m, suite.area.buffer_m);
    let buffered = buffered_m.map_coords(|at| projection.inverse(at));
    // A buffer that crosses the meridian comes back at the other end of the world.
    if let Some(around) = buffered.bounding_rect().filter(|around| around.width() > 180.0) {
        return Err(invalid(job::BoundaryError::Antimeridian { west: around.min().x, east: around.max().x }));
    }
    let name = options.name.clone().or_else(|| place_name(&columns)).unwrap_or_else(|| stem(source));
    Ok(StudyArea {
        name,
        boundary,
        boundary_m,
        first_feature,
        buffered,
        buffered_m,
        projection,
        attributes: columns,
        notes,
    })
}

fn origin(source: &BoundarySource) -> String {
    match source {
        BoundarySource::File(path) => path.display().to_string(),
        BoundarySource::Stdin | BoundarySource::Held(_) => "standard input".into(),
    }
}

fn stem(source: &BoundarySource) -> String {
    match source {
        BoundarySource::File(path) => path.file_stem().unwrap_or_default().to_string_lossy().into_owned(),
        BoundarySource::Stdin | BoundarySource::Held(_) => "place".into(),
    }
}

/// All features, with the attributes of the first.
fn load(source: &BoundarySource, limits: &Limits, origin: &str) -> Result<Features, BoundaryError> {
    if let BoundarySource::File(path) = source
        && vector::format_of(path)? != Format::GeoJson
    {
        let size = std::fs::metadata(path).map_or(0, |data| data.len());
        limits.check_bytes(size).map_err(|cause| BoundaryError::Invalid { origin: origin.to_owned(), cause })?;
        let features = vector::read(path, None)?;
        let first: Vec<usize> = (0..features.geometry.len().min(1)).collect();
        let one = |column: Column| Column::new(column.name, column.values.select(&first));
        return Ok(Features { columns: features.columns.into_iter().map(one).collect(), ..features });
    }
    let invalid = |cause| BoundaryError::Invalid { origin: origin.to_owned(), cause };
    let bytes =
        bytes(source, limits).map_err(|cause| BoundaryError::Unreadable { origin: origin.to_owned(), cause })?;
    let parsed = job::parse(&bytes, limits).map_err(invalid)?;
    let columns = parsed.features.first().map(|feature| vector::columns_of(&feature.properties)).unwrap_or_default();
    let geometry = parsed.features.into_iter().map(|feature| feature.polygons).collect();
    Ok(Features { geometry, row: vec![], columns, notes: parsed.notes })
}

/// No more than the limit and a byte: the check says that it is too much.
fn bytes(source: &BoundarySource, limits: &Limits) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let most = limits.bytes.saturating_add(1);
    match source {
        BoundarySource::File(path) => std::fs::File::open(path)?.take(most).read_to_end(&mut bytes)?,
        BoundarySource::Stdin => std::io::stdin().lock().take(most).read_to_end(&mut bytes)?,
        BoundarySource::Held(held) => (&**held).take(most).read_to_end(&mut bytes)?,
    };
    Ok(bytes)
}

/// One multipolygon without inner borders. A union moves vertices by a few micrometres, so it is made only when needed.
fn dissolve(mut features: Vec<MultiPolygon<f64>>, notes: &mut Vec<String>) -> MultiPolygon<f64> {
    let count = features.len();
    if count == 1 && !overlaps(&features[0]) {
        return features.remove(0);
    }
    notes.push(match count {
        1 => "merged parts of the boundary that overlap".into(),
        n => format!("merged the {n} features of the boundary into one place"),
    });
    unary_union(&features)
}

/// Whether any two parts share more than the noise of the arithmetic.
fn overlaps(feature: &MultiPolygon<f64>) -> bool {
    let parts = &feature.0;
    let boxes: Vec<_> = parts.iter().filter_map(BoundingRect::bounding_rect).collect();
    let meet = boxes.iter().enumerate().any(|(nth, a)| {
        boxes[nth + 1..]
            .iter()
            .any(|b| a.min().x < b.max().x && b.min().x < a.max().x && a.min().y < b.max().y && b.min().y < a.max().y)
    });
    let total: f64 = parts.iter().map(Area::unsigned_area).sum();
    meet && unary_union(parts).unsigned_area() < total * (1.0 - 1e-7)
}

/// The name of the place among its attributes.
fn place_name(columns: &[Column]) -> Option<String> {
    const NAMES: [&str; 6] = ["name", "display_name", "namelsad", "city", "place", "title"];
    let text = |column: &Column| match &column.values {
        Values::Text(values) => values.first().cloned().flatten(),
        _ => None,
    };
    let named = |name: &&str| columns.iter().find(|column| *column.name == **name).and_then(text);
    NAMES.iter().filter_map(named).map(|name: Arc<str>| name.trim().to_owned()).find(|name| !name.is_empty())
}
