//! The attribute table (.dbf).

use super::super::rows::{self, Out};
use super::super::text;
use super::{ShpError, too_large};
use crate::layers::{Declared, Layer, SOURCE_TEXT_WIDTH, column_info};
use crate::model::{Column, Values};
use std::collections::HashSet;
use std::io;

/// Longest text that a field holds, bytes.
const TEXT_MAX: usize = 254;
/// Width of a text field that is empty in every row.
const TEXT_EMPTY: usize = 32;
/// NULL of a number: as many asterisks as fit, up to this.
const NULL_NUMBER: &[u8] = b"****************";

/// A table laid out: fields with names, types and widths.
pub(in super::super) struct Dbf<'a> {
    layer: &'a Layer,
    fields: Vec<Field<'a>>,
    row_width: usize,
}

struct Field<'a> {
    name: String,
    kind: u8,
    width: usize,
    decimals: u8,
    column: &'a Column,
}

impl<'a> Dbf<'a> {
    /// Lays a table out. `gid` is the row number, which shapefiles have anyway: the reference leaves it out.
    pub(in super::super) fn of(layer: &'a Layer) -> Result<Self, ShpError> {
        let mut taken = HashSet::new();
        let columns = layer.columns.iter().filter(|column| &*column.name != "gid");
        let fields: Vec<Field<'a>> = columns.map(|column| field(layer, column, &mut taken)).collect();
        let row_width = 1 + fields.iter().map(|field| field.width).sum::<usize>();
        if u16::try_from(header_size(fields.len())).is_err() || u16::try_from(row_width).is_err() {
            return Err(too_large(layer, "dbf", "65,535 bytes a row"));
        }
        if u32::try_from(layer.rows().saturating_mul(row_width)).is_err() {
            return Err(too_large(layer, "dbf", "4 GB"));
        }
        Ok(Self { layer, fields, row_width })
    }

    /// Names of the fields and of the columns that they hold.
    pub(in super::super) fn names(&self) -> impl Iterator<Item = (&str, &str)> {
        self.fields.iter().map(|field| (field.name.as_str(), &*field.column.name))
    }

    /// Writes it.
    pub(in super::super) fn write(&self, out: &mut Out<'_>) -> io::Result<()> {
        out.write_all(&self.header())?;
        rows::write(out, self.layer.rows(), |range, text| {
            text.reserve(range.len() * self.row_width);
            for row in range {
                text.push(b' ');
                for field in &self.fields {
                    let start = text.len();
                    field.cell(row, text);
                    text.resize(start + field.width, b' ');
                }
            }
        })
    }

    fn header(&self) -> Vec<u8> {
        let mut header = vec![3, 95, 7, 26]; // dBase III; the date is the one that shapelib always writes: same input, same bytes
        // `of` has checked that these fit.
        header.extend((self.layer.rows() as u32).to_le_bytes());
        header.extend((header_size(self.fields.len()) as u16).to_le_bytes());
        header.extend((self.row_width as u16).to_le_bytes());
        header.resize(32, 0);
        for field in &self.fields {
            let start = header.len();
            header.extend(field.name.as_bytes());
            header.resize(start + 11, 0);
            header.extend([field.kind, 0, 0, 0, 0, field.width as u8, field.decimals]);
            header.resize(start + 32, 0);
        }
        header.push(b'\r');
        header
    }
}

fn header_size(fields: usize) -> usize {
    32 + 32 * fields + 1
}

fn field<'a>(layer: &Layer, column: &'a Column, taken: &mut HashSet<String>) -> Field<'a> {
    let known = column_info(&layer.name, &column.name).map(|info| info.declared);
    let (kind, width, decimals) = match &column.values {
        Values::Int(v) => (b'N', int_width(v, known), 0),
        Values::Float(_) => (b'N', 32, 10),
        Values::Bool(_) => (b'L', 1, 0),
        Values::Text(v) => {
            let declared = match known {
                Some(Declared::Chars(count)) => usize::from(count),
                Some(_) => 0,
                None => SOURCE_TEXT_WIDTH,
            };
            (b'C', text_width(declared, v.iter().flatten().map(|text| text.len())), 0)
        }
        Values::IntList(v) => (b'C', text_width(0, v.iter().map(|items| length(|out| text::int_array(out, items)))), 0),
        Values::TextList(v) => {
            (b'C', text_width(0, v.iter().map(|items| length(|out| text::text_array(out, items)))), 0)
        }
    };
    Field { name: free_name(&column.name, taken), kind, width, decimals, column }
}

/// INT 11, BIGINT 19, and one more where a value needs it.
fn int_width(values: &[Option<i64>], known: Option<Declared>) -> usize {
    let digits = |value: i64| itoa::Buffer::new().format(value).len();
    let longest = values.iter().flatten().map(|&value| digits(value)).max().unwrap_or(0);
    let declared = if known == Some(Declared::BigInt) || longest > 11 { 19 } else { 11 };
    declared.max(longest)
}

fn text_width(declared: usize, lengths: impl Iterator<Item = usize>) -> usize {
    match lengths.max().unwrap_or(0).max(declared) {
        0 => TEXT_EMPTY,
        width => width.min(TEXT_MAX),
    }
}

fn length(write: impl FnOnce(&mut Vec<u8>)) -> usize {
    let mut text = Vec::new();
    write(&mut text);
    text.len()
}

/// Upper case, ten bytes; when taken, seven bytes and `_01`, `_02` …
fn free_name(column: &str, taken: &mut HashSet<String>) -> String {
    let upper = column.to_ascii_uppercase();
    let mut name = cut(&upper, 10).to_owned();
    let mut nth = 0;
    while !taken.insert(name.clone()) {
        nth += 1;
        let suffix = format!("_{nth:02}");
        name = format!("{}{suffix}", cut(&upper, 10_usize.saturating_sub(suffix.len())));
    }
    name
}

/// At most that many bytes of a text, cut between characters.
fn cut(text: &str, bytes: usize) -> &str {
    &text[..text.floor_char_boundary(bytes)]
}

impl Field<'_> {
    /// Appends at most `width` bytes.
    fn cell(&self, row: usize, out: &mut Vec<u8>) {
        match &self.column.values {
            Values::Int(v) => self.number(v[row], text::int, out),
            Values::Float(v) => self.number(v[row].filter(|value| value.is_finite()), text::float, out),
            Values::Bool(v) => out.push(match v[row] {
                Some(true) => b'T',
                Some(false) => b'F',
                None => b'?',
            }),
            Values::Text(v) => out.extend_from_slice(cut(v[row].as_deref().unwrap_or(""), self.width).as_bytes()),
            Values::IntList(v) => self.array(|out| text::int_array(out, &v[row]), out),
            Values::TextList(v) => self.array(|out| text::text_array(out, &v[row]), out),
        }
    }

    fn number<T>(&self, value: Option<T>, write: impl FnOnce(&mut Vec<u8>, T), out: &mut Vec<u8>) {
        match value {
            Some(value) => write(out, value),
            None => out.extend_from_slice(&NULL_NUMBER[..self.width.min(NULL_NUMBER.len())]),
        }
    }

    fn array(&self, write: impl FnOnce(&mut Vec<u8>), out: &mut Vec<u8>) {
        let start = out.len();
        write(out);
        if out.len() - start > self.width {
            let kept = String::from_utf8_lossy(&out[start..]);
            let kept = cut(&kept, self.width).len();
            out.truncate(start + kept);
        }
    }
}
