//! # Boundary — the place to be measured
//! In:   the user's file                   Out:  [`StudyArea`], made by [`resolve`]
//! Touches: that file                      Does not know: OSM, blocks, streets
//! Source: bna-method §1.2, §1.8

mod grow;
mod resolve;

pub use resolve::{BoundaryError, BoundaryOptions, BoundarySource, resolve};

use crate::model::{Column, Utm};
use geo_types::MultiPolygon;

/// Boundary, buffer and projection of one run. Built once, borrowed by all.
#[derive(Clone, Debug)]
pub struct StudyArea {
    /// Name of the place, for people.
    pub name: String,
    /// All features dissolved; WGS 84 degrees.
    pub boundary: MultiPolygon<f64>,
    /// The same in the metric projection.
    pub boundary_m: MultiPolygon<f64>,
    /// Only the first feature of the file, WGS 84: `osmium extract` reads no other (edition `reference`, §1.7).
    pub first_feature: MultiPolygon<f64>,
    /// The boundary grown by the suite's buffer; WGS 84 degrees.
    pub buffered: MultiPolygon<f64>,
    /// The same in the metric projection.
    pub buffered_m: MultiPolygon<f64>,
    /// Metric projection of the whole run.
    pub projection: Utm,
    /// Attributes of the (first) source feature, one row each; names lower-cased.
    pub attributes: Vec<Column>,
    /// What was repaired, in sentences for the user.
    pub notes: Vec<String>,
}

#[cfg(test)]
mod tests;
