//! Tiles as a PMTiles archive with its metadata.

use super::encode::{Encoded, column_of};
use super::{Source, TileOptions};
use crate::layers::Geometry;
use crate::model::Values;
use geo_types::Coord;
use pmtiles::{Compression, PmTilesWriter, PmtError, TileType};
use serde_json::{Map, Value, json};
use std::io::{Seek, Write};

/// Whose data it is; ODbL asks that every map says so.
const ATTRIBUTION: &str = "© OpenStreetMap contributors";

/// Zoom at which a map opens: a town fills a window.
const OPENING_ZOOM: u8 = 12;

/// Writes the archive; tiles are in order of their ids, which makes it clustered.
pub(super) fn write(
    sources: &[Source<'_>],
    options: &TileOptions,
    tiles: &[Encoded],
    out: impl Write + Seek,
) -> Result<(), PmtError> {
    let mut writer = PmTilesWriter::new(TileType::Mvt)
        .precompressed(Compression::Gzip)
        .min_zoom(options.min_zoom)
        .max_zoom(options.max_zoom)
        .metadata(metadata(sources, options).to_string());
    if let Some((min, max)) = bounds(sources) {
        writer = writer
            .bounds(min.x, min.y, max.x, max.y)
            .center((min.x + max.x) / 2.0, (min.y + max.y) / 2.0)
            .center_zoom(OPENING_ZOOM.clamp(options.min_zoom, options.max_zoom));
    }
    let mut writer = writer.create(out)?;
    for tile in tiles {
        writer.add_tile(tile.id.into(), &tile.bytes)?;
    }
    writer.finalize()
}

/// South-western and north-eastern corner of all points, in degrees.
fn bounds(sources: &[Source<'_>]) -> Option<(Coord<f64>, Coord<f64>)> {
    let points = sources.iter().filter_map(|source| source.table.geometry.as_ref()).flat_map(points);
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
fn metadata(sources: &[Source<'_>], options: &TileOptions) -> Value {
    json!({
        "name": options.name,
        "description": options.description,
        "attribution": ATTRIBUTION,
        "type": "overlay",
        "generator": concat!("quietway ", env!("CARGO_PKG_VERSION")),
        "vector_layers": sources.iter().map(|source| vector_layer(source, options)).collect::<Vec<_>>(),
    })
}

fn vector_layer(source: &Source<'_>, options: &TileOptions) -> Value {
    let mut fields = Map::new();
    let mut descriptions = Map::new();
    for column in source.layer.columns.iter().filter(|column| column.from_zoom <= options.max_zoom) {
        if let Some(values) = column_of(source, column.name) {
            fields.insert(column.name.to_owned(), type_word(values).into());
            descriptions.insert(column.name.to_owned(), column.description.into());
        }
    }
    json!({
        "id": source.layer.id,
        "description": source.layer.description,
        "minzoom": options.min_zoom,
        "maxzoom": options.max_zoom,
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
