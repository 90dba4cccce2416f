//! # Layers — results under their published names
//! In:   all results                       Out:  [`Layers`]
//! Touches: memory only                    Does not know: files, SQL, tiles
//! Source: bna-method §2.6, §9 (names, order and types of the reference's columns)

mod blocks;
mod clean;
mod columns;
mod destinations;
mod links;
pub mod osm;
pub mod pairs;
pub mod run;
mod summary;
pub(crate) mod tables;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
pub(crate) mod tests;
mod views;
mod ways;

pub use clean::strip_nul;
pub(crate) use columns::SOURCE_TEXT_WIDTH;
pub use columns::{ColumnInfo, Declared};
pub use tables::{CATEGORY, GEOM, Group, KEY, OURS, TABLES, TableInfo, column_comment, column_info, table_info};
pub use views::{VIEWS, View, views};

use crate::access::Scores;
use crate::boundary::StudyArea;
use crate::connectivity::Reach;
use crate::import::City;
use crate::model::{Column, Edition, Values};
use crate::network::StreetNetwork;
use crate::stress::StressRatings;
use crate::suite::Suite;
use geo_types::{MultiPolygon, Point};
use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

/// Name of the table of connected pairs of blocks. It is streamed, never a [`Layer`]: a city has millions of rows.
pub const PAIRS: &str = "neighborhood_connected_census_blocks";

/// Columns of [`PAIRS`], in order (bna-method §9.2).
pub const PAIR_COLUMNS: [&str; 6] =
    ["source_blockid20", "target_blockid20", "low_stress", "low_stress_cost", "high_stress", "high_stress_cost"];

/// Everything published, by table. The only input of store, exports and tiles.
#[derive(Debug, Default)]
pub struct Layers {
    /// EPSG code of the metric geometry.
    pub srid: u32,
    /// Edition of the method that made them; every output records it.
    pub edition: Edition,
    /// Tables in publishing order; rows sorted by key.
    pub tables: Vec<Layer>,
}

impl Layers {
    /// A table by its published name.
    pub fn get(&self, name: &str) -> Option<&Layer> {
        self.tables.iter().find(|layer| layer.name == name)
    }

    /// Leaves only the tables of some groups for the database, and those about the run.
    pub fn keep_in_database(&mut self, wanted: &[Group]) {
        for layer in &mut self.tables {
            let groups = table_info(&layer.name).groups;
            layer.exports.database &= groups.is_empty() || groups.iter().any(|group| wanted.contains(group));
        }
    }
}

/// One table.
#[derive(Clone, Debug)]
pub struct Layer {
    /// Published name, e.g. `neighborhood_ways`.
    pub name: String,
    /// What a row is, for people.
    pub comment: Cow<'static, str>,
    /// Attribute columns, in publishing order, all of the same length.
    pub columns: Vec<Column>,
    /// Geometry, if it has any.
    pub geometry: Option<Geometry>,
    /// Which exports write it.
    pub exports: Exports,
}

/// Which formats a table appears in: those of the reference (bna-method §9.1), and the database.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Exports {
    /// `<name>.geojson`.
    pub geojson: bool,
    /// `<name>.csv`.
    pub csv: bool,
    /// `<name>.shp`.
    pub shp: bool,
    /// Table of the database, whichever it is.
    pub database: bool,
    /// `<name>.parquet`.
    pub parquet: bool,
    /// Zooms at which a layer of a client's analysis is in the tiles; ours are there by their own rules.
    pub tiles: Option<(u8, u8)>,
}

impl Exports {
    /// A table for the database alone.
    const DATABASE: Self = Self { geojson: false, csv: false, shp: false, database: true, parquet: false, tiles: None };
    /// A plain table.
    const TABLE: Self = Self { csv: true, ..Self::DATABASE };
    /// A map layer.
    const MAP: Self = Self { geojson: true, parquet: true, ..Self::DATABASE };
    /// A map layer that the reference writes as a shapefile too.
    const MAP_AND_SHAPE: Self = Self { shp: true, ..Self::MAP };
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
    /// What a column means, and its unit: ours by `layers/`, a client's by its analysis.
    pub fn meaning(&self, column: &str) -> Option<String> {
        let own = || self.columns.iter().find(|own| &*own.name == column)?.meaning.as_deref().map(str::to_owned);
        column_info(&self.name, column).map(ColumnInfo::sentence).or_else(own)
    }

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

/// Results of every stage under their published names. Tables of a stage that has not run are absent, its columns NULL.
#[expect(clippy::too_many_arguments, reason = "the bridge is where every stage's result meets, each borrowed once")]
pub fn of(
    area: &StudyArea,
    city: &City,
    network: &StreetNetwork,
    ratings: &StressRatings,
    reach: &Reach,
    scores: &Scores,
    suite: &Suite,
    edition: Edition,
) -> Layers {
    let streets = || {
        [
            ways::ways(network, ratings, suite, city.unit),
            ways::intersections(network, ratings),
            ways::islands(network, ratings),
            ways::paths(network),
        ]
    };
    let places = || {
        (
            blocks::blocks(&city.blocks, reach, scores, suite, edition, area.projection),
            destinations::areas(city, area.projection),
        )
    };
    let (links, (streets, (blocks, areas))) =
        rayon::join(|| links::links(network, ratings), || rayon::join(streets, places));
    let mut tables = vec![blocks::boundary(area, edition), blocks];
    tables.extend(blocks::jobs(&city.blocks));
    tables.extend(streets);
    tables.push(links);
    tables.extend(destinations::tables(city, scores, suite));
    tables.push(areas);
    tables.extend(summary::score_inputs(scores, suite));
    tables.extend(summary::overall_scores(scores));
    tables.push(summary::speed_limits(&city.speeds, edition));
    tables.push(summary::mileage(scores));
    Layers { srid: area.projection.srid, edition, tables }
}

/// A column of whole numbers.
fn ints(name: &str, values: impl Iterator<Item = Option<i64>>) -> Column {
    Column::new(name, Values::Int(values.collect()))
}

/// A column of fractional numbers.
fn floats(name: &str, values: impl Iterator<Item = Option<f64>>) -> Column {
    Column::new(name, Values::Float(values.collect()))
}

/// A column of truth values.
fn bools(name: &str, values: impl Iterator<Item = Option<bool>>) -> Column {
    Column::new(name, Values::Bool(values.collect()))
}

/// A column of texts that recur: each distinct one is stored once.
fn words<T: AsRef<str>>(name: &str, values: impl Iterator<Item = Option<T>>) -> Column {
    let mut known: HashMap<Box<str>, Arc<str>> = HashMap::new();
    let mut shared = |text: T| match known.get(text.as_ref()) {
        Some(word) => word.clone(),
        None => {
            let word: Arc<str> = text.as_ref().into();
            known.insert(text.as_ref().into(), word.clone());
            word
        }
    };
    Column::new(name, Values::Text(values.map(|text| text.map(&mut shared)).collect()))
}

/// A copy of a stage's values, or NULLs when the stage has not run.
fn or_null<T: Clone>(values: &[Option<T>], rows: usize) -> Vec<Option<T>> {
    if values.len() == rows { values.to_vec() } else { vec![None; rows] }
}
