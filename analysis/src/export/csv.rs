//! CSV as PostgreSQL's `COPY … CSV HEADER` writes it (bna-method §9.1): comma, LF, NULL empty, an empty text `""`, t/f, quotes only where needed.
//! Written here: the csv crate cannot tell NULL from an empty text, and takes a copy of every field.

use super::rows::{self, Out};
use super::text;
use crate::layers::{Declared, Layer, column_info};
use crate::model::Values;
use std::io;

/// Writes a table.
pub(super) fn write(layer: &Layer, out: &mut Out<'_>) -> io::Result<()> {
    let mut header = Vec::new();
    for (nth, column) in layer.columns.iter().enumerate() {
        separate(&mut header, nth);
        field(&mut header, &column.name);
    }
    header.push(b'\n');
    out.write_all(&header)?;
    let decimals: Vec<Option<u8>> = layer.columns.iter().map(|column| decimals_of(&layer.name, &column.name)).collect();
    rows::write(out, layer.rows(), |range, text| {
        for row in range {
            for (nth, column) in layer.columns.iter().enumerate() {
                separate(text, nth);
                cell(text, &column.values, row, decimals[nth]);
            }
            text.push(b'\n');
        }
    })
}

fn decimals_of(layer: &str, column: &str) -> Option<u8> {
    match column_info(layer, column)?.declared {
        Declared::Decimals(count) => Some(count),
        _ => None,
    }
}

fn separate(out: &mut Vec<u8>, nth: usize) {
    if nth > 0 {
        out.push(b',');
    }
}

fn cell(out: &mut Vec<u8>, values: &Values, row: usize, decimals: Option<u8>) {
    match values {
        Values::Int(v) => v[row].into_iter().for_each(|value| text::int(out, value)),
        Values::Float(v) => v[row].into_iter().for_each(|value| match decimals {
            Some(count) => text::decimals(out, value, count),
            None => text::float(out, value),
        }),
        Values::Text(v) => v[row].iter().for_each(|value| field(out, value)),
        Values::Bool(v) => v[row].into_iter().for_each(|value| out.push(if value { b't' } else { b'f' })),
        Values::IntList(v) => quoted(out, |out| text::int_array(out, &v[row])),
        Values::TextList(v) => quoted(out, |out| text::text_array(out, &v[row])),
    }
}

/// An array: its text is known only once written.
fn quoted(out: &mut Vec<u8>, write: impl FnOnce(&mut Vec<u8>)) {
    let mut array = Vec::new();
    write(&mut array);
    bytes(out, &array);
}

/// A text.
pub(super) fn field(out: &mut Vec<u8>, value: &str) {
    bytes(out, value.as_bytes());
}

fn bytes(out: &mut Vec<u8>, value: &[u8]) {
    if !value.is_empty() && !value.iter().any(|byte| matches!(byte, b',' | b'"' | b'\n' | b'\r')) {
        out.extend_from_slice(value);
        return;
    }
    out.push(b'"');
    for &byte in value {
        if byte == b'"' {
            out.push(b'"');
        }
        out.push(byte);
    }
    out.push(b'"');
}
