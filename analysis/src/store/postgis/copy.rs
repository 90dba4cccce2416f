//! Rows in the binary format of COPY: per row the number of fields, per field its length (−1 = NULL) and its bytes, all big endian.

use crate::layers::{Declared, Geometry};
use crate::model::Values;
use crate::store::table::Table;
use crate::store::wkb;
use std::ops::Range;

/// Signature, no flags, no extension.
pub(super) const HEADER: &[u8] = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";
/// The end.
pub(super) const TRAILER: &[u8] = &(-1_i16).to_be_bytes();

/// Types of array elements, as `pg_type` numbers them.
const INT8_OID: u32 = 20;
const TEXT_OID: u32 = 25;
/// Version of `jsonb` on the wire.
const JSONB_VERSION: u8 = 1;

/// The PostgreSQL type of a column.
pub(in crate::store) fn sql_type(values: &Values, declared: Option<Declared>) -> &'static str {
    match values {
        Values::Text(_) if declared == Some(Declared::Json) => "jsonb",
        Values::Int(_) => "bigint",
        Values::Float(_) => "double precision",
        Values::Bool(_) => "boolean",
        Values::Text(_) => "text",
        Values::IntList(_) => "bigint[]",
        Values::TextList(_) => "text[]",
    }
}

/// Appends rows: key, geometry, attributes.
pub(super) fn rows(out: &mut Vec<u8>, table: &Table<'_>, json: &[bool], range: Range<usize>) {
    let columns = &table.layer.columns;
    let fields = (1 + usize::from(table.geometry.is_some()) + columns.len()) as i16;
    for row in range {
        out.extend_from_slice(&fields.to_be_bytes());
        fixed(out, Some((row as i64 + 1).to_be_bytes()));
        if let Some(geometry) = &table.layer.geometry {
            shape(out, geometry, row);
        }
        for (column, &is_json) in columns.iter().zip(json) {
            cell(out, &column.values, row, is_json);
        }
    }
}

fn cell(out: &mut Vec<u8>, values: &Values, row: usize, is_json: bool) {
    match values {
        Values::Int(v) => fixed(out, v[row].map(i64::to_be_bytes)),
        // As in SQLite, what is no number is NULL.
        Values::Float(v) => fixed(out, v[row].filter(|value| !value.is_nan()).map(f64::to_be_bytes)),
        Values::Bool(v) => fixed(out, v[row].map(|value| [u8::from(value)])),
        Values::Text(v) => match v[row].as_deref() {
            None => fixed::<0>(out, None),
            Some(value) => sized(out, |out| {
                if is_json {
                    out.push(JSONB_VERSION);
                }
                text(out, value);
            }),
        },
        Values::IntList(v) => array(out, INT8_OID, &v[row], |out, item| fixed(out, Some(item.to_be_bytes()))),
        Values::TextList(v) => array(out, TEXT_OID, &v[row], |out, item| sized(out, |out| text(out, item))),
    }
}

fn fixed<const N: usize>(out: &mut Vec<u8>, bytes: Option<[u8; N]>) {
    match bytes {
        None => out.extend_from_slice(&(-1_i32).to_be_bytes()),
        Some(bytes) => {
            out.extend_from_slice(&(N as i32).to_be_bytes());
            out.extend_from_slice(&bytes);
        }
    }
}

/// A field whose length is known once it is written.
fn sized(out: &mut Vec<u8>, write: impl FnOnce(&mut Vec<u8>)) {
    let start = out.len();
    out.extend_from_slice(&[0; 4]);
    write(out);
    let length = (out.len() - start - 4) as i32;
    out[start..start + 4].copy_from_slice(&length.to_be_bytes());
}

/// NUL cannot be in a text of PostgreSQL; layers are cleaned of it beforehand, this only keeps a COPY from failing.
fn text(out: &mut Vec<u8>, value: &str) {
    match value.as_bytes().contains(&0) {
        false => out.extend_from_slice(value.as_bytes()),
        true => out.extend(value.bytes().filter(|&byte| byte != 0)),
    }
}

fn shape(out: &mut Vec<u8>, geometry: &Geometry, row: usize) {
    match wkb::shape(geometry, row) {
        None => fixed::<0>(out, None),
        Some((shape, _)) => sized(out, |out| wkb::put(out, shape, Some(4326))),
    }
}

/// Dimensions, no NULLs, type; then length and lower bound of the one dimension; then the items. An empty array has no dimension.
fn array<T>(out: &mut Vec<u8>, oid: u32, items: &[T], mut put: impl FnMut(&mut Vec<u8>, &T)) {
    sized(out, |out| {
        let dimensions = i32::from(!items.is_empty());
        out.extend_from_slice(&dimensions.to_be_bytes());
        out.extend_from_slice(&0_i32.to_be_bytes());
        out.extend_from_slice(&oid.to_be_bytes());
        if dimensions > 0 {
            out.extend_from_slice(&(items.len() as i32).to_be_bytes());
            out.extend_from_slice(&1_i32.to_be_bytes());
        }
        items.iter().for_each(|item| put(out, item));
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layers::{Exports, Layer};
    use crate::model::Column;
    use geo_types::Point;

    #[test]
    fn a_row_is_what_the_manual_says() {
        let columns = vec![
            Column::new("b", Values::Bool(vec![Some(true)])),
            Column::new("t", Values::Text(vec![Some("é\0".into())])),
            Column::new("f", Values::Float(vec![Some(f64::NAN)])),
            Column::new("l", Values::TextList(vec![vec!["a".into()]])),
            Column::new("e", Values::IntList(vec![vec![]])),
        ];
        let wgs84 = vec![Some(Point::new(1.0, 2.0))];
        let geometry = Some(Geometry::Points { metric: wgs84.clone(), wgs84 });
        let layer = Layer { name: "x".into(), comment: "".into(), columns, geometry, exports: Exports::default() };
        let mut out = Vec::new();
        rows(&mut out, &Table::of(&layer), &[false; 5], 0..1);
        let expected = [
            "0007",                                                              // fields
            "00000008 0000000000000001",                                         // key
            "00000019 01 01000020 E6100000 000000000000F03F 0000000000000040",   // point in EPSG:4326
            "00000001 01",                                                       // true
            "00000002 C3A9",                                                     // é, without NUL
            "FFFFFFFF",                                                          // not a number
            "00000019 00000001 00000000 00000019 00000001 00000001 00000001 61", // {a}
            "0000000C 00000000 00000000 00000014",                               // {}
        ];
        assert_eq!(hex::encode_upper(&out), expected.concat().replace(' ', ""));
    }
}
