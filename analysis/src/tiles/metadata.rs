//! What readers of an archive are told: where it is, which layers, fields and meanings it has, whose data it is.

use super::Source;
use super::TileOptions;
use crate::layers::Geometry;
use crate::model::Values;
use geo_types::Coord;
use serde_json::{Map, Value, json};

/// Whose data it is; ODbL asks that every map says so.
const ATTRIBUTION: &str = "© OpenStreetMap contributors";

/// South-western and north-eastern corner of all points, in degrees.
pub(super) fn bounds(sources: &[Source<'_>]) -> Option<(Coord<f64>, Coord<f64>)> {
    let points = sources.iter().filter_map(|source| source.layer.table.geometry.as_ref()).flat_map(points);
    points.filter(|point| point.x.is_finite() && point.y.is_finite()).map(|point| (point, point)).reduce(|a, b| {
        let min = Coord { x: a.0.x.min(b.0.x), y: a.0.y.min(b.0.y) };
        (min, Coord { x: a.1.x.max(b.1.x), y: a.1.y.max(b.1.y) })
    })
}

fn points(geometry: &Geometry) -> Box<dyn Iterator<Item = Coord<f64>> + '_> {
    match geometry {
        Geometry::Points { wgs84, .. } => Box::new(wgs84.iter().flatten().map(|point| point.0)),
        Geometry::Lines { wgs84, .. } => Box::new(wgs84.iter().copied()),
        Geometry::Polygons { wgs84, .. } => {
            Box::new(wgs84.iter().flatten().flatten().flat_map(|polygon| polygon.exterior().0.iter().copied()))
        }
    }
}

/// TileJSON's keys, as readers of PMTiles expect them; `field_descriptions` is our own.
pub(super) fn of(sources: &[Source<'_>], options: &TileOptions) -> Value {
    json!({
        "name": options.name,
        "description": options.description,
        "attribution": ATTRIBUTION,
        "type": "overlay",
        "generator": format!("quietway {}", quietway_job::VERSION),
        "vector_layers": sources.iter().map(vector_layer).collect::<Vec<_>>(),
    })
}

/// A layer with its fields and, our own, their meanings.
fn vector_layer(source: &Source<'_>) -> Value {
    let layer = &source.layer;
    let mut fields = Map::new();
    let mut descriptions = Map::new();
    for column in layer.columns.iter().filter(|column| column.from_zoom <= *layer.zooms.end()) {
        let named = &layer.table.columns[column.index];
        fields.insert(named.name.to_string(), type_word(&named.values).into());
        descriptions.insert(named.name.to_string(), column.description.as_str().into());
    }
    json!({
        "id": layer.id,
        "description": layer.description,
        "minzoom": layer.zooms.start(),
        "maxzoom": layer.zooms.end(),
        "fields": fields,
        "field_descriptions": descriptions,
    })
}

/// The words tippecanoe made usual and GDAL understands.
fn type_word(values: &Values) -> &'static str {
    match values {
        Values::Int(_) | Values::Float(_) => "Number",
        Values::Bool(_) => "Boolean",
        Values::Text(_) | Values::IntList(_) | Values::TextList(_) => "String",
    }
}
