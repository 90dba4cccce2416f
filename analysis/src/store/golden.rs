//! Layers made from the GeoJSON of a golden result, so that this room and the tiles can be tried without the others.

use crate::layers::{Exports, Geometry, Layer, Layers};
use crate::model::{Column, Values};
use geo_types::{Coord, LineString, MultiPolygon, Point, Polygon};
use serde_json::Value;
use std::io::Read;
use std::path::{Path, PathBuf};

/// The export of a golden place, if the shared data is here.
pub(crate) fn export_of(place: &str) -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/golden").join(place);
    let path = path.join("output/upstream_export.zip");
    path.exists().then_some(path)
}

/// The tables of an export that come as GeoJSON. Metric geometry is a copy of the degrees: nobody here reads it.
pub(crate) fn layers(export: &Path) -> Layers {
    let mut zip = zip::ZipArchive::new(std::fs::File::open(export).unwrap()).unwrap();
    let names: Vec<String> =
        zip.file_names().map(|name| name.unwrap().into_owned()).filter(|name| name.ends_with(".geojson")).collect();
    let mut tables: Vec<Layer> = names
        .iter()
        .map(|name| {
            let mut text = String::new();
            zip.by_name(name).unwrap().read_to_string(&mut text).unwrap();
            layer(name.trim_end_matches(".geojson"), &text)
        })
        .collect();
    tables.sort_by(|a, b| a.name.cmp(&b.name));
    Layers { srid: 32618, edition: crate::model::Edition::Reference, tables }
}

/// One table from a FeatureCollection.
pub(crate) fn layer(name: &str, text: &str) -> Layer {
    let collection: Value = serde_json::from_str(text).unwrap();
    let features = collection["features"].as_array().unwrap();
    let keys: Vec<&String> =
        features.first().map(|f| f["properties"].as_object().unwrap().keys().collect()).unwrap_or_default();
    let columns = keys
        .into_iter()
        .map(|key| {
            let cells: Vec<&Value> = features.iter().map(|feature| &feature["properties"][key]).collect();
            Column::new(key.as_str(), values(&cells))
        })
        .collect();
    let shapes: Vec<&Value> = features.iter().map(|feature| &feature["geometry"]).collect();
    let exports = Exports { database: true, geojson: true, ..Exports::default() };
    Layer { name: name.to_owned(), comment: "golden".into(), columns, geometry: Some(geometry(&shapes)), exports }
}

fn values(cells: &[&Value]) -> Values {
    let all = |test: fn(&Value) -> bool| cells.iter().all(|cell| cell.is_null() || test(cell));
    if all(Value::is_i64) && !cells.iter().all(|cell| cell.is_null()) {
        Values::Int(cells.iter().map(|cell| cell.as_i64()).collect())
    } else if all(Value::is_boolean) && !cells.iter().all(|cell| cell.is_null()) {
        Values::Bool(cells.iter().map(|cell| cell.as_bool()).collect())
    } else if all(Value::is_number) && !cells.iter().all(|cell| cell.is_null()) {
        Values::Float(cells.iter().map(|cell| cell.as_f64()).collect())
    } else if all(Value::is_array) && cells.iter().any(|cell| cell.is_array()) {
        let lists = || cells.iter().map(|cell| cell.as_array().cloned().unwrap_or_default());
        if lists().flatten().any(|item| item.is_string()) {
            Values::TextList(
                lists().map(|list| list.iter().filter_map(Value::as_str).map(Into::into).collect()).collect(),
            )
        } else {
            Values::IntList(lists().map(|list| list.iter().filter_map(Value::as_i64).collect()).collect())
        }
    } else {
        Values::Text(cells.iter().map(|cell| cell.as_str().map(Into::into)).collect())
    }
}

fn coord(value: &Value) -> Coord<f64> {
    Coord { x: value[0].as_f64().unwrap(), y: value[1].as_f64().unwrap() }
}

fn coords(value: &Value) -> Vec<Coord<f64>> {
    value.as_array().unwrap().iter().map(coord).collect()
}

fn geometry(shapes: &[&Value]) -> Geometry {
    let kind = shapes.iter().find_map(|shape| shape["type"].as_str()).unwrap_or("Point");
    if kind == "LineString" {
        let mut first = vec![0];
        let mut wgs84 = Vec::new();
        for shape in shapes {
            wgs84.extend(coords(&shape["coordinates"]));
            first.push(u32::try_from(wgs84.len()).unwrap());
        }
        return Geometry::Lines { first, metric: wgs84.clone(), wgs84 };
    }
    if kind == "Point" {
        let wgs84: Vec<_> =
            shapes.iter().map(|shape| (!shape.is_null()).then(|| Point(coord(&shape["coordinates"])))).collect();
        return Geometry::Points { metric: wgs84.clone(), wgs84 };
    }
    let polygon = |rings: &Value| {
        let mut rings = rings.as_array().unwrap().iter().map(|ring| LineString(coords(ring)));
        Polygon::new(rings.next().unwrap(), rings.collect())
    };
    let wgs84: Vec<_> = shapes
        .iter()
        .map(|shape| match shape["type"].as_str() {
            Some("Polygon") => Some(MultiPolygon(vec![polygon(&shape["coordinates"])])),
            Some(_) => Some(MultiPolygon(shape["coordinates"].as_array().unwrap().iter().map(polygon).collect())),
            None => None,
        })
        .collect();
    Geometry::Polygons { metric: wgs84.clone(), wgs84 }
}
