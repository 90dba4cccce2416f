//! # Boundary checks — is this a place that can be measured?
//! In:   GeoJSON, or polygons from any file    Out:  [`Checked`]
//! Touches: memory only                        Does not know: file formats beyond GeoJSON, projections, streets
//!
//! Launcher and analysis check the same way, so that a run that starts does not fail for its boundary.

mod crossing;
mod parse;
mod region;
mod rings;

pub use parse::{Feature, Parsed, parse};

use geo::{BoundingRect, ChamberlainDuquetteArea, CoordsIter};
use geo_types::{Coord, MultiPolygon, Rect};

/// What a boundary may be at most. Flags raise it.
#[derive(Clone, Debug, PartialEq)]
pub struct Limits {
    /// Bytes of the file.
    pub bytes: u64,
    /// Vertices of all rings together.
    pub vertices: usize,
    /// Polygons of all features together.
    pub parts: usize,
    /// Square kilometres.
    pub area_km2: f64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { bytes: 50_000_000, vertices: 1_000_000, parts: 10_000, area_km2: 20_000.0 }
    }
}

impl Limits {
    /// Whether a file may be that large.
    ///
    /// # Errors
    /// [`BoundaryError::Limit`].
    pub fn check_bytes(&self, bytes: u64) -> Result<(), BoundaryError> {
        check_limit(bytes as f64, self.bytes as f64, Unit::Bytes)
    }
}

/// Polygons that can be measured.
#[derive(Clone, Debug, PartialEq)]
pub struct Checked {
    /// One a feature, in their order; vertices are where they were unless a note says otherwise.
    pub features: Vec<MultiPolygon<f64>>,
    /// What was repaired, in sentences for the user.
    pub notes: Vec<String>,
}

/// Why a boundary cannot be measured.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum BoundaryError {
    /// No JSON, or JSON that is no GeoJSON.
    #[error("this is not GeoJSON: {cause}")]
    NotGeoJson {
        /// With line and column.
        cause: String,
    },
    /// A geometry that encloses nothing.
    #[error("{place} is a {found}; a boundary is made of Polygon and MultiPolygon")]
    NotPolygon {
        /// JSON pointer.
        place: String,
        /// Type of geometry found.
        found: String,
    },
    /// No polygon at all.
    #[error("there is no polygon in it; draw the outline of the place as Polygon or MultiPolygon")]
    Empty,
    /// A position that is none.
    #[error("{place}: {what}")]
    Position {
        /// Which one.
        place: String,
        /// What is wrong and what to do.
        what: String,
    },
    /// A ring that is none, a hole outside its polygon, an outline that crosses itself.
    #[error("{place}: {what}")]
    Shape {
        /// Which one.
        place: String,
        /// What is wrong, where, and what to do.
        what: String,
    },
    /// On both sides of the 180th meridian.
    #[error(
        "the boundary lies on both sides of the 180th meridian, or so near to it that its buffer does (longitudes {west} to {east}), \
         which one map projection cannot hold; run each side by itself"
    )]
    Antimeridian {
        /// Smallest longitude.
        west: f64,
        /// Largest longitude.
        east: f64,
    },
    /// Larger than allowed.
    #[error("the boundary has {found} {unit}, more than the limit of {limit}; {advice}, or raise it with {flag}")]
    Limit {
        /// What is counted.
        unit: &'static str,
        /// How many there are.
        found: String,
        /// How many are allowed.
        limit: String,
        /// How to get below.
        advice: &'static str,
        /// Flag that raises it.
        flag: &'static str,
    },
}

/// Checks longitude/latitude polygons, one multipolygon a feature, and repairs what can be repaired without moving the
/// outline by more than a metre: duplicate points, spikes, tiny loops, parts of holes that stick out by less than that.
///
/// # Errors
/// [`BoundaryError`], with the place.
pub fn check(features: Vec<MultiPolygon<f64>>, limits: &Limits) -> Result<Checked, BoundaryError> {
    check_counts(&features, limits)?;
    check_positions(&features)?;
    let bounds = bounds(&features).ok_or(BoundaryError::Empty)?;
    if bounds.width() > 180.0 {
        return Err(BoundaryError::Antimeridian { west: bounds.min().x, east: bounds.max().x });
    }
    let mut notes = Vec::new();
    let features = rings::tidy(features, &mut notes)?;
    let features = region::repair(features, bounds.center(), &mut notes)?;
    let km2 = features.iter().map(ChamberlainDuquetteArea::chamberlain_duquette_unsigned_area).sum::<f64>() / 1e6;
    check_limit(km2, limits.area_km2, Unit::SquareKilometres)?;
    Ok(Checked { features, notes })
}

/// Smallest box around all.
pub fn bounds(features: &[MultiPolygon<f64>]) -> Option<Rect<f64>> {
    features.iter().filter_map(BoundingRect::bounding_rect).reduce(|a, b| {
        Rect::new(
            Coord { x: a.min().x.min(b.min().x), y: a.min().y.min(b.min().y) },
            Coord { x: a.max().x.max(b.max().x), y: a.max().y.max(b.max().y) },
        )
    })
}

fn check_counts(features: &[MultiPolygon<f64>], limits: &Limits) -> Result<(), BoundaryError> {
    let parts: usize = features.iter().map(|feature| feature.0.len()).sum();
    let vertices: usize = features.iter().map(CoordsIter::coords_count).sum();
    check_limit(parts as f64, limits.parts as f64, Unit::Parts)?;
    check_limit(vertices as f64, limits.vertices as f64, Unit::Vertices)
}

/// What [`Limits`] count.
#[derive(Clone, Copy)]
enum Unit {
    Bytes,
    Vertices,
    Parts,
    SquareKilometres,
}

fn check_limit(found: f64, limit: f64, unit: Unit) -> Result<(), BoundaryError> {
    if found <= limit {
        return Ok(());
    }
    let (unit, advice, flag) = match unit {
        Unit::Bytes => ("bytes", "simplify it", "--max-boundary-bytes"),
        Unit::Vertices => ("vertices", "simplify it", "--max-boundary-vertices"),
        Unit::Parts => ("parts", "leave out the small ones", "--max-boundary-parts"),
        Unit::SquareKilometres => ("square kilometres", "run smaller places", "--max-boundary-area"),
    };
    Err(BoundaryError::Limit { unit, found: format!("{found:.0}"), limit: format!("{limit:.0}"), advice, flag })
}

fn check_positions(features: &[MultiPolygon<f64>]) -> Result<(), BoundaryError> {
    let wrong = features.iter().enumerate().find_map(|(nth, feature)| {
        feature.coords_iter().find(|at| !(at.x.abs() <= 180.0 && at.y.abs() <= 90.0)).map(|at| (nth, at))
    });
    let Some((nth, at)) = wrong else { return Ok(()) };
    let place = format!("feature {}, position ({}, {})", nth + 1, at.x, at.y);
    let what = if !(at.x.is_finite() && at.y.is_finite()) {
        "longitude and latitude must be finite numbers".into()
    } else {
        format!("longitude must lie between -180 and 180, latitude between -90 and 90; {}", hint(features))
    };
    Err(BoundaryError::Position { place, what })
}

/// What may have happened to coordinates that are out of range.
fn hint(features: &[MultiPolygon<f64>]) -> &'static str {
    let all = |fits: fn(Coord<f64>) -> bool| features.iter().flat_map(CoordsIter::coords_iter).all(fits);
    if all(|at| at.x.abs() <= 90.0 && at.y.abs() <= 180.0) {
        "they look swapped: GeoJSON wants longitude first"
    } else if all(|at| at.x.abs() <= 360.0 && at.y.abs() <= 90.0) {
        "count longitudes west of Greenwich from 0 to -180"
    } else {
        "these look like metres or feet of a map projection: reproject to WGS 84 (EPSG:4326)"
    }
}

#[cfg(test)]
mod tests;
