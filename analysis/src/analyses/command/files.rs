//! Files of a command, read as tables: GeoJSON, CSV or Parquet.

use super::super::header::Output;
use super::super::rows::{self, Cell, GEOM, Kind, ROWS_MAX, Raw, RawColumn};
use crate::layers::Layer;
use crate::model::Utm;
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::record::Field;
use serde_json::Value;
use std::path::Path;

/// A file's ending and how it is read.
type Reader = (&'static str, fn(&Path) -> Result<Raw, String>);

const READERS: [Reader; 3] = [("geojson", geojson), ("csv", csv), ("parquet", parquet)];

/// All declared outputs.
pub(super) fn read(outputs: &[Output], folder: &Path, projection: Utm) -> Result<Vec<Layer>, String> {
    let layer = |output: &Output| {
        let name = &output.name;
        let there = READERS.iter().map(|(ending, read)| (folder.join(format!("{name}.{ending}")), read));
        // Not `exists`, which follows links: a dangling one is said too.
        let there: Vec<_> = there.filter(|(path, _)| path.symlink_metadata().is_ok()).collect();
        match there.as_slice() {
            [(path, read)] => {
                let file = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
                // A link may lead anywhere, a pipe has no end.
                if !path.symlink_metadata().is_ok_and(|about| about.is_file()) {
                    return Err(format!("{file} is a link, a folder or a device; leave a file"));
                }
                rows::layer(output, read(path).map_err(|what| format!("{file}: {what}"))?, projection)
            }
            [] => Err(format!("it left no {name}.geojson, {name}.csv or {name}.parquet in the folder QUIETWAY_OUTPUT")),
            _ => Err(format!("it left several files for {name}; leave one")),
        }
    };
    outputs.iter().map(layer).collect()
}

/// A table that grows by rows whose columns may come in any order.
#[derive(Default)]
struct Growing {
    raw: Raw,
    rows: usize,
}

impl Growing {
    fn put(&mut self, name: &str, cell: Cell) {
        let at = self.raw.columns.iter().position(|column| column.name == name);
        let column = match at {
            Some(at) => &mut self.raw.columns[at],
            None => {
                self.raw.columns.push(RawColumn { name: name.to_owned(), kind: Kind::default(), cells: Vec::new() });
                self.raw.columns.last_mut().expect("just pushed")
            }
        };
        column.cells.resize(self.rows, Cell::Null);
        column.cells.push(cell);
    }

    fn end_row(&mut self) -> Result<(), String> {
        self.rows += 1;
        if self.rows > ROWS_MAX {
            Err(format!("has more than {ROWS_MAX} rows, the most a layer may have"))
        } else {
            Ok(())
        }
    }

    fn finish(mut self) -> Raw {
        self.raw.columns.iter_mut().for_each(|column| column.cells.resize(self.rows, Cell::Null));
        self.raw
    }
}

fn cell(value: &Value) -> Cell {
    match value {
        Value::Null => Cell::Null,
        Value::Bool(value) => Cell::Bool(*value),
        Value::Number(number) => match (number.as_i64(), number.as_f64()) {
            (Some(whole), _) => Cell::Int(whole),
            (None, Some(value)) => Cell::Float(value),
            (None, None) => Cell::Null,
        },
        Value::String(text) => Cell::Text(text.as_str().into()),
        Value::Array(_) | Value::Object(_) => Cell::Text(value.to_string().into()),
    }
}

fn geojson(path: &Path) -> Result<Raw, String> {
    let bytes = std::fs::read(path).map_err(|cause| cause.to_string())?;
    let json: Value = serde_json::from_slice(&bytes).map_err(|cause| format!("is no JSON: {cause}"))?;
    let features = json["features"].as_array().ok_or("is no FeatureCollection of GeoJSON")?;
    let mut table = Growing::default();
    let mut shapes = Vec::with_capacity(features.len());
    for (row, feature) in features.iter().enumerate() {
        let wkb = shape(&feature["geometry"]).map_err(|what| format!("feature {}: {what}", row + 1))?;
        shapes.push(wkb);
        for (name, value) in feature["properties"].as_object().into_iter().flatten() {
            table.put(name, cell(value));
        }
        table.end_row()?;
    }
    let mut raw = table.finish();
    raw.shapes = (shapes.iter().any(Option::is_some) || shapes.is_empty()).then_some(shapes);
    Ok(raw)
}

/// A GeoJSON geometry as well-known binary.
fn shape(geometry: &Value) -> Result<Option<Vec<u8>>, String> {
    if geometry.is_null() {
        return Ok(None);
    }
    let coordinates = &geometry["coordinates"];
    let mut out = Vec::new();
    match geometry["type"].as_str() {
        Some("Point") => head(&mut out, 1, None).and_then(|()| position(&mut out, coordinates)),
        Some("LineString") => head(&mut out, 2, None).and_then(|()| positions(&mut out, coordinates)),
        Some("Polygon") => polygon(&mut out, coordinates),
        Some("MultiLineString") => head(&mut out, 5, Some(coordinates)).and_then(|()| {
            items(coordinates)?.iter().try_for_each(|line| {
                head(&mut out, 2, None)?;
                positions(&mut out, line)
            })
        }),
        Some("MultiPolygon") => head(&mut out, 6, Some(coordinates))
            .and_then(|()| items(coordinates)?.iter().try_for_each(|part| polygon(&mut out, part))),
        other => Err(format!("a geometry of type {} cannot be a row's shape", other.unwrap_or("none"))),
    }?;
    Ok(Some(out))
}

fn items(value: &Value) -> Result<&Vec<Value>, String> {
    value.as_array().ok_or_else(|| "its coordinates are no list".into())
}

fn count(out: &mut Vec<u8>, value: &Value) -> Result<(), String> {
    let count = u32::try_from(items(value)?.len()).map_err(|_| "too many coordinates")?;
    out.extend_from_slice(&count.to_le_bytes());
    Ok(())
}

fn head(out: &mut Vec<u8>, kind: u32, parts: Option<&Value>) -> Result<(), String> {
    out.push(1);
    out.extend_from_slice(&kind.to_le_bytes());
    parts.map_or(Ok(()), |parts| count(out, parts))
}

fn position(out: &mut Vec<u8>, value: &Value) -> Result<(), String> {
    for at in [0, 1] {
        let number = value[at].as_f64().ok_or("a position has no two numbers")?;
        out.extend_from_slice(&number.to_le_bytes());
    }
    Ok(())
}

fn positions(out: &mut Vec<u8>, value: &Value) -> Result<(), String> {
    count(out, value)?;
    items(value)?.iter().try_for_each(|at| position(out, at))
}

fn polygon(out: &mut Vec<u8>, value: &Value) -> Result<(), String> {
    head(out, 3, Some(value))?;
    items(value)?.iter().try_for_each(|ring| positions(out, ring))
}

/// All values of a column decide together what it is: whole numbers, numbers, truth, else text. Empty is none.
fn csv(path: &Path) -> Result<Raw, String> {
    let mut reader = csv::Reader::from_path(path).map_err(|cause| cause.to_string())?;
    let names: Vec<String> = reader.headers().map_err(|cause| cause.to_string())?.iter().map(str::to_owned).collect();
    let mut texts: Vec<Vec<String>> = vec![Vec::new(); names.len()];
    for (row, record) in reader.records().enumerate() {
        let record = record.map_err(|cause| cause.to_string())?;
        if row >= ROWS_MAX {
            return Err(format!("has more than {ROWS_MAX} rows, the most a layer may have"));
        }
        texts.iter_mut().zip(&record).for_each(|(column, text)| column.push(text.to_owned()));
    }
    let columns = names.into_iter().zip(texts).map(|(name, texts)| {
        let kind = kind_of(&texts);
        let cells = texts.iter().map(|text| typed(text, kind)).collect();
        RawColumn { name, kind, cells }
    });
    Ok(Raw { columns: columns.collect(), shapes: None })
}

fn kind_of(texts: &[String]) -> Kind {
    let all = |test: fn(&str) -> bool| {
        let mut given = texts.iter().filter(|text| !text.is_empty()).peekable();
        given.peek().is_some() && given.all(|text| test(text))
    };
    // Numbers with leading zeros are codes.
    let is_code =
        |text: &str| text.len() > 1 && text.starts_with('0') && text.bytes().all(|byte| byte.is_ascii_digit());
    match () {
        () if texts.iter().any(|text| is_code(text)) => Kind::Text,
        () if all(|text| text.parse::<i64>().is_ok()) => Kind::Int,
        () if all(|text| text.parse::<f64>().is_ok_and(f64::is_finite)) => Kind::Float,
        () if all(|text| text == "true" || text == "false") => Kind::Bool,
        () => Kind::Text,
    }
}

fn typed(text: &str, kind: Kind) -> Cell {
    let parsed = match kind {
        _ if text.is_empty() => None,
        Kind::Int => text.parse().ok().map(Cell::Int),
        Kind::Float => text.parse().ok().map(Cell::Float),
        Kind::Bool => Some(Cell::Bool(text == "true")),
        _ => Some(Cell::Text(text.into())),
    };
    parsed.unwrap_or(Cell::Null)
}

/// Columns of plain types; `geometry` or `geom` as well-known binary in degrees (GeoParquet).
fn parquet(path: &Path) -> Result<Raw, String> {
    let file = std::fs::File::open(path).map_err(|cause| cause.to_string())?;
    let reader = SerializedFileReader::new(file).map_err(|cause| cause.to_string())?;
    let mut table = Growing::default();
    let mut shapes: Option<Vec<Option<Vec<u8>>>> = None;
    for row in reader.get_row_iter(None).map_err(|cause| cause.to_string())? {
        let row = row.map_err(|cause| cause.to_string())?;
        for (name, field) in row.get_column_iter() {
            if [GEOM, "geometry"].contains(&name.as_str()) {
                let shape = match field {
                    Field::Bytes(bytes) => Some(bytes.data().to_vec()),
                    Field::Null => None,
                    _ => return Err(format!("{name} is no well-known binary")),
                };
                shapes.get_or_insert_default().push(shape);
            } else {
                table.put(name, field_cell(field));
            }
        }
        table.end_row()?;
    }
    Ok(Raw { shapes, ..table.finish() })
}

fn field_cell(field: &Field) -> Cell {
    match field {
        Field::Null => Cell::Null,
        Field::Bool(value) => Cell::Bool(*value),
        Field::Byte(value) => Cell::Int(i64::from(*value)),
        Field::Short(value) => Cell::Int(i64::from(*value)),
        Field::Int(value) => Cell::Int(i64::from(*value)),
        Field::Long(value) => Cell::Int(*value),
        Field::UByte(value) => Cell::Int(i64::from(*value)),
        Field::UShort(value) => Cell::Int(i64::from(*value)),
        Field::UInt(value) => Cell::Int(i64::from(*value)),
        Field::ULong(value) => {
            i64::try_from(*value).map_or(Cell::Strange("unsigned number above 2^63".into()), Cell::Int)
        }
        Field::Float(value) => Cell::Float(f64::from(*value)),
        Field::Double(value) => Cell::Float(*value),
        Field::Str(text) => Cell::Text(text.as_str().into()),
        other @ (Field::Date(_) | Field::TimestampMillis(_) | Field::TimestampMicros(_) | Field::Decimal(_)) => {
            Cell::Text(other.to_string().into())
        }
        Field::Bytes(_) => Cell::Strange("bytes".into()),
        _ => Cell::Strange("a nested type".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::header::GeometryKind;
    use super::super::super::rows::tests::output;
    use super::*;
    use crate::layers::Geometry;
    use crate::model::Values;
    use geo_types::Coord;

    fn read_file(name: &str, text: &str, geometry: Option<GeometryKind>) -> Result<Layer, String> {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(name), text).unwrap();
        read(&[output(geometry)], folder.path(), Utm::of(Coord { x: 7.4, y: 43.7 })).map(|mut layers| layers.remove(0))
    }

    #[test]
    fn csv_columns_find_their_type() {
        let found = read_file("found.csv", "n,code,share,ok,text\n1,007,0.5,true,a\n,100,1,false,\n", None).unwrap();
        let [n, code, share, ok, text] = [0, 1, 2, 3, 4].map(|at| found.columns[at].values.clone());
        assert_eq!(n, Values::Int(vec![Some(1), None]));
        assert_eq!(code, Values::Text(vec![Some("007".into()), Some("100".into())]));
        assert_eq!(share, Values::Float(vec![Some(0.5), Some(1.0)]));
        assert_eq!(ok, Values::Bool(vec![Some(true), Some(false)]));
        assert_eq!(text, Values::Text(vec![Some("a".into()), None]));
    }

    #[test]
    fn geojson_lines_with_columns_that_come_and_go() {
        let text = r#"{"type":"FeatureCollection","features":[
            {"type":"Feature","properties":{"n":1},"geometry":{"type":"LineString","coordinates":[[7,43],[7.1,43.1]]}},
            {"type":"Feature","properties":{"n":2,"why":"x"},"geometry":null}]}"#;
        let found = read_file("found.geojson", text, Some(GeometryKind::Line)).unwrap();
        let Some(Geometry::Lines { first, .. }) = &found.geometry else { panic!("lines") };
        assert_eq!(first, &[0, 2, 2]);
        assert_eq!(found.columns[1].values, Values::Text(vec![None, Some("x".into())]));
    }

    #[test]
    fn what_is_missing_or_broken_is_said() {
        assert!(read_file("other.csv", "n\n1\n", None).unwrap_err().contains("it left no found.geojson"));
        assert!(read_file("found.geojson", "{", None).unwrap_err().starts_with("found.geojson: is no JSON"));
        assert!(read_file("found.parquet", "PAR", None).unwrap_err().starts_with("found.parquet: "));
    }
}
