//! dBase tables: rows of fixed width, of which only the wanted are decoded. (The `dbase` crate decodes every row into a
//! map and hides the number of decimals.)

use super::table::{Cell, Table};
use super::{Origin, VectorError};
use crate::model::Column;
use std::io::{self, Read};

/// How texts are encoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Encoding {
    /// UTF-8, and where a text is not, Latin-1.
    Utf8,
    /// ISO 8859-1.
    Latin1,
}

impl Encoding {
    /// What a `.cpg` file says.
    pub fn of_cpg(text: Option<&str>) -> Self {
        let name = text.unwrap_or_default().trim().to_ascii_lowercase();
        let latin = ["8859-1", "88591", "8859_1", "1252", "latin1", "latin-1"];
        if latin.iter().any(|label| name.ends_with(label)) { Self::Latin1 } else { Self::Utf8 }
    }

    fn decode(self, bytes: &[u8]) -> String {
        match std::str::from_utf8(bytes) {
            Ok(text) if self == Self::Utf8 => text.to_owned(),
            _ => bytes.iter().copied().map(char::from).collect(),
        }
    }
}

struct Field {
    name: String,
    kind: u8,
    width: usize,
    decimals: u8,
}

/// Columns of the rows at those positions (ascending, from 0); positions of deleted rows come back as well.
pub(super) fn read(
    mut source: impl Read,
    wanted: &[usize],
    encoding: Encoding,
    origin: &Origin,
) -> Result<(Vec<Column>, Vec<usize>), VectorError> {
    let eof = |cause: io::Error| origin.unreadable(cause);
    let mut head = [0u8; 32];
    source.read_exact(&mut head).map_err(eof)?;
    let rows = u32::from_le_bytes([head[4], head[5], head[6], head[7]]) as usize;
    let header = usize::from(u16::from_le_bytes([head[8], head[9]]));
    let width = usize::from(u16::from_le_bytes([head[10], head[11]]));
    let mut rest = vec![0u8; header.saturating_sub(32)];
    source.read_exact(&mut rest).map_err(eof)?;
    let fields = fields(&rest, encoding);
    if fields.is_empty() || 1 + fields.iter().map(|field| field.width).sum::<usize>() > width {
        return Err(origin.broken("the header of its attribute table (.dbf) contradicts itself"));
    }
    let mut table = Table::new(fields.iter().map(|field| field.name.as_str()));
    let mut deleted = Vec::new();
    let mut row = vec![0u8; width];
    let mut next = 0;
    for &position in wanted {
        if position >= rows {
            return Err(
                origin.broken(format!("its attribute table (.dbf) has {rows} rows, fewer than there are shapes"))
            );
        }
        let skip = (position - next) as u64 * width as u64;
        if io::copy(&mut source.by_ref().take(skip), &mut io::sink()).map_err(eof)? < skip {
            return Err(origin.broken(format!("its attribute table (.dbf) ends before row {}", position + 1)));
        }
        source.read_exact(&mut row).map_err(eof)?;
        next = position + 1;
        if row[0] == b'*' {
            deleted.push(position);
        }
        let mut at = 1;
        let mut cells = Vec::with_capacity(fields.len());
        for field in &fields {
            let cell = cell(field, &row[at..at + field.width], encoding);
            cells.push(cell.map_err(|what| origin.broken(format!("row {}: {what}", position + 1)))?);
            at += field.width;
        }
        table.push(cells);
    }
    Ok((table.finish(), deleted))
}

fn fields(descriptors: &[u8], encoding: Encoding) -> Vec<Field> {
    let rows = descriptors.chunks_exact(32).take_while(|row| row[0] != 0x0d);
    rows.map(|row| Field {
        name: encoding.decode(row[..11].split(|&byte| byte == 0).next().unwrap_or_default()).trim().to_owned(),
        kind: row[11],
        width: usize::from(row[16]),
        decimals: row[17],
    })
    .collect()
}

fn cell(field: &Field, bytes: &[u8], encoding: Encoding) -> Result<Cell, String> {
    // Binary kinds of later dBase versions.
    match (field.kind, bytes) {
        (b'I', &[a, b, c, d]) => return Ok(Cell::Int(i32::from_le_bytes([a, b, c, d]).into())),
        (b'O', &[a, b, c, d, e, f, g, h]) => return Ok(Cell::Float(f64::from_le_bytes([a, b, c, d, e, f, g, h]))),
        _ => (),
    }
    let text = encoding.decode(bytes);
    let text = text.trim_matches(|c: char| c == '\0' || c.is_whitespace());
    if text.is_empty() {
        return Ok(Cell::Null);
    }
    match field.kind {
        // Stars: the value did not fit.
        b'N' | b'F' if text.starts_with('*') => Ok(Cell::Null),
        b'N' | b'F' => number(text, field).ok_or_else(|| format!("\"{text}\" in {} is no number", field.name)),
        b'L' => Ok(match text.as_bytes()[0] {
            b'T' | b't' | b'Y' | b'y' => Cell::Bool(true),
            b'F' | b'f' | b'N' | b'n' => Cell::Bool(false),
            _ => Cell::Null,
        }),
        b'D' if text.len() == 8 && text.bytes().all(|byte| byte.is_ascii_digit()) => {
            Ok(Cell::Text(format!("{}-{}-{}", &text[..4], &text[4..6], &text[6..]).into()))
        }
        b'M' | b'G' | b'B' | b'P' => Ok(Cell::Null), // memos stand in another file
        _ => Ok(Cell::Text(text.into())),
    }
}

/// Wide whole numbers are fractional ones to the reference's loader (shapelib: more than ten digits), unless that would lose digits.
fn number(text: &str, field: &Field) -> Option<Cell> {
    const EXACT_MAX: u64 = 1 << 53;
    let cell = |whole: i64| match field.width > 10 && whole.unsigned_abs() <= EXACT_MAX {
        true => Cell::Float(whole as f64),
        false => Cell::Int(whole),
    };
    let whole = || text.parse().ok().filter(|_| field.decimals == 0).map(cell);
    whole().or_else(|| text.parse().ok().map(Cell::Float))
}
