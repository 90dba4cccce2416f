//! # Layers — results under their published names
//! In:   all results                       Out:  [`Layers`]
//! Touches: memory only                    Does not know: files, SQL, tiles
//! Source: bna-method §9 (names and columns of the reference)

use crate::model::Column;
use geo_types::{MultiPolygon, Point};

/// Everything published, by table. The only input of store, exports and tiles.
#[derive(Debug)]
pub struct Layers {
    /// EPSG code of the metric geometry.
    pub srid: u32,
    /// Tables in publishing order; rows sorted by key.
    pub tables: Vec<Layer>,
}

impl Layers {
    /// A table by its published name.
    pub fn get(&self, name: &str) -> Option<&Layer> {
        self.tables.iter().find(|layer| layer.name == name)
    }
}

/// One table.
#[derive(Clone, Debug)]
pub struct Layer {
    /// Published name, e.g. `neighborhood_ways`.
    pub name: String,
    /// What a row is, for people.
    pub comment: &'static str,
    /// Attribute columns, in publishing order, all of the same length.
    pub columns: Vec<Column>,
    /// Geometry, if it has any.
    pub geometry: Option<Geometry>,
    /// Which exports write it.
    pub exports: Exports,
}

/// Which of the reference's formats a table appears in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Exports {
    /// `<name>.geojson`.
    pub geojson: bool,
    /// `<name>.csv`.
    pub csv: bool,
    /// `<name>.shp`.
    pub shp: bool,
    /// GeoPackage table.
    pub gpkg: bool,
}

/// Geometry of a layer, both in WGS 84 degrees and in metres of the study area's projection.
#[derive(Clone, Debug)]
pub enum Geometry {
    /// Points; `None` = NULL geometry.
    Points {
        /// Degrees.
        wgs84: Vec<Option<Point<f64>>>,
        /// Metres.
        metric: Vec<Option<Point<f64>>>,
    },
    /// Lines, flat: points of row i are `first[i]..first[i+1]`.
    Lines {
        /// Offsets, one more than rows.
        first: Vec<u32>,
        /// Degrees.
        wgs84: Vec<geo_types::Coord<f64>>,
        /// Metres.
        metric: Vec<geo_types::Coord<f64>>,
    },
    /// Multipolygons.
    Polygons {
        /// Degrees.
        wgs84: Vec<Option<MultiPolygon<f64>>>,
        /// Metres.
        metric: Vec<Option<MultiPolygon<f64>>>,
    },
}

impl Layer {
    /// Number of rows.
    pub fn rows(&self) -> usize {
        match (&self.geometry, self.columns.first()) {
            (_, Some(column)) => column.values.len(),
            (Some(Geometry::Points { wgs84, .. }), None) => wgs84.len(),
            (Some(Geometry::Polygons { wgs84, .. }), None) => wgs84.len(),
            (Some(Geometry::Lines { first, .. }), None) => first.len().saturating_sub(1),
            (None, None) => 0,
        }
    }
}
