//! Under which names a layer is stored, the same in every database.

use super::names::free;
use crate::layers::{ColumnInfo, Geometry, Layer, column_info};

/// A layer and its names.
pub(super) struct Table<'a> {
    pub layer: &'a Layer,
    /// Names of its columns, in their order.
    pub columns: Vec<String>,
    /// Primary key, the row's number from 1.
    pub key: String,
    /// Geometry column and its type.
    pub geometry: Option<(String, &'static str)>,
}

impl<'a> Table<'a> {
    pub fn of(layer: &'a Layer) -> Self {
        let mut columns: Vec<String> = Vec::with_capacity(layer.columns.len() + 2);
        for column in &layer.columns {
            columns.push(free(&column.name, &columns));
        }
        let key = free("fid", &columns);
        let geometry = layer.geometry.as_ref().map(|shape| (free("geom", &columns), type_name(shape)));
        Self { layer, columns, key, geometry }
    }

    /// What is known of a column, by its position.
    pub fn info(&self, column: usize) -> Option<&'static ColumnInfo> {
        column_info(&self.layer.name, &self.layer.columns[column].name)
    }

    /// Columns with what they mean, where that is known: the key, the geometry, the attributes.
    pub fn meanings(&self) -> Vec<(&str, String)> {
        let key = (self.key.as_str(), crate::layers::KEY.comment.to_owned());
        let geometry = self.geometry.iter().map(|(name, _)| (name.as_str(), crate::layers::GEOM.comment.to_owned()));
        let own = self.columns.iter().enumerate();
        let own = own.filter_map(|(at, name)| Some((name.as_str(), self.layer.meaning(&self.layer.columns[at].name)?)));
        std::iter::once(key).chain(geometry).chain(own).collect()
    }
}

/// The geometry type a layer's column declares.
pub(super) fn type_name(geometry: &Geometry) -> &'static str {
    match geometry {
        Geometry::Points { .. } => "POINT",
        Geometry::Lines { .. } => "LINESTRING",
        Geometry::Polygons { .. } => "MULTIPOLYGON",
    }
}
