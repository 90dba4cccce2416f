//! GeoJSON as `ogr2ogr` writes the reference's tables (bna-method §9.1): `"name": "sql_statement"`, CRS84, a feature a line, arrays as arrays,
//! numbers that read back as the same doubles. The edition stands in a member of its own.
//! Written here: the geojson crate builds a tree of values for every feature, and spaces it otherwise.

use super::rows::{self, Out};
use super::text;
use crate::layers::{Geometry, Layer};
use crate::model::{Edition, Values};
use geo_types::{Coord, LineString, MultiPolygon};
use std::io;

/// Writes a table with its geometry in degrees.
pub(super) fn write(layer: &Layer, edition: Edition, out: &mut Out<'_>) -> io::Result<()> {
    let mut head = Vec::new();
    head.extend_from_slice(b"{\n\"type\": \"FeatureCollection\",\n\"name\": \"sql_statement\",\n");
    head.extend_from_slice(
        b"\"crs\": { \"type\": \"name\", \"properties\": { \"name\": \"urn:ogc:def:crs:OGC:1.3:CRS84\" } },\n",
    );
    head.extend_from_slice(b"\"quietway\": { \"edition\": ");
    string(&mut head, edition.as_str());
    head.extend_from_slice(b" },\n\"features\": [");
    out.write_all(&head)?;
    let keys: Vec<Vec<u8>> = layer.columns.iter().enumerate().map(|(nth, column)| key(nth, &column.name)).collect();
    rows::write(out, layer.rows(), |range, text| range.for_each(|row| feature(layer, &keys, row, text)))?;
    out.write_all(b"\n]\n}\n")
}

/// `, "name": `, or without the comma for the first.
fn key(nth: usize, name: &str) -> Vec<u8> {
    let mut key = if nth == 0 { b" ".to_vec() } else { b", ".to_vec() };
    string(&mut key, name);
    key.extend_from_slice(b": ");
    key
}

fn feature(layer: &Layer, keys: &[Vec<u8>], row: usize, out: &mut Vec<u8>) {
    out.extend_from_slice(if row == 0 { b"\n" } else { b",\n" });
    out.extend_from_slice(b"{ \"type\": \"Feature\", \"properties\": {");
    for (key, column) in keys.iter().zip(&layer.columns) {
        out.extend_from_slice(key);
        value(out, &column.values, row);
    }
    out.extend_from_slice(b" }, \"geometry\": ");
    geometry(out, layer.geometry.as_ref(), row);
    out.extend_from_slice(b" }");
}

fn value(out: &mut Vec<u8>, values: &Values, row: usize) {
    match values {
        Values::Int(v) => or_null(out, v[row], text::int),
        Values::Float(v) => or_null(out, v[row].filter(|value| value.is_finite()), text::json_float),
        Values::Text(v) => or_null(out, v[row].as_deref(), string),
        Values::Bool(v) => {
            or_null(out, v[row], |out, value| out.extend_from_slice(if value { b"true" } else { b"false" }))
        }
        Values::IntList(v) => list(out, &v[row], |out, &item| text::int(out, item)),
        Values::TextList(v) => list(out, &v[row], |out, item| string(out, item)),
    }
}

fn or_null<T>(out: &mut Vec<u8>, value: Option<T>, write: impl FnOnce(&mut Vec<u8>, T)) {
    match value {
        Some(value) => write(out, value),
        None => out.extend_from_slice(b"null"),
    }
}

/// `[ a, b ]`, `[ ]`.
fn list<'a, T: 'a>(
    out: &mut Vec<u8>,
    items: impl IntoIterator<Item = &'a T>,
    mut write: impl FnMut(&mut Vec<u8>, &'a T),
) {
    out.push(b'[');
    for (nth, item) in items.into_iter().enumerate() {
        out.extend_from_slice(if nth == 0 { b" " } else { b", " });
        write(out, item);
    }
    out.extend_from_slice(b" ]");
}

fn string(out: &mut Vec<u8>, value: &str) {
    out.push(b'"');
    if value.bytes().any(|byte| matches!(byte, b'"' | b'\\' | 0..0x20)) {
        escaped(out, value);
    } else {
        out.extend_from_slice(value.as_bytes());
    }
    out.push(b'"');
}

fn escaped(out: &mut Vec<u8>, value: &str) {
    for byte in value.bytes() {
        match byte {
            b'"' => out.extend_from_slice(b"\\\""),
            b'\\' => out.extend_from_slice(b"\\\\"),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            b'\t' => out.extend_from_slice(b"\\t"),
            0..0x20 => out.extend_from_slice(format!("\\u{byte:04x}").as_bytes()),
            _ => out.push(byte),
        }
    }
}

fn geometry(out: &mut Vec<u8>, geometry: Option<&Geometry>, row: usize) {
    match geometry {
        None => out.extend_from_slice(b"null"),
        Some(Geometry::Points { wgs84, .. }) => {
            or_null(out, wgs84[row], |out, point| shape(out, "Point", |out| position(out, point.0)));
        }
        Some(Geometry::Lines { first, wgs84, .. }) => {
            let points = &wgs84[first[row] as usize..first[row + 1] as usize];
            shape(out, "LineString", |out| list(out, points, |out, &at| position(out, at)));
        }
        Some(Geometry::Polygons { wgs84, .. }) => {
            or_null(out, wgs84[row].as_ref(), |out, area| shape(out, "MultiPolygon", |out| polygons(out, area)));
        }
    }
}

fn shape(out: &mut Vec<u8>, kind: &str, coordinates: impl FnOnce(&mut Vec<u8>)) {
    out.extend_from_slice(b"{ \"type\": \"");
    out.extend_from_slice(kind.as_bytes());
    out.extend_from_slice(b"\", \"coordinates\": ");
    coordinates(out);
    out.extend_from_slice(b" }");
}

fn polygons(out: &mut Vec<u8>, area: &MultiPolygon<f64>) {
    list(out, &area.0, |out, polygon| {
        let rings = std::iter::once(polygon.exterior()).chain(polygon.interiors());
        list(out, rings, |out, ring: &LineString<f64>| list(out, &ring.0, |out, &at| position(out, at)));
    });
}

/// A position that is no number cannot come from a checked boundary or an OSM file; should it, the file stays valid JSON.
fn position(out: &mut Vec<u8>, at: Coord<f64>) {
    out.extend_from_slice(b"[ ");
    or_null(out, Some(at.x).filter(|x| x.is_finite()), text::json_float);
    out.extend_from_slice(b", ");
    or_null(out, Some(at.y).filter(|y| y.is_finite()), text::json_float);
    out.extend_from_slice(b" ]");
}
