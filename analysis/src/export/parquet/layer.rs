//! One table: a Parquet column for each of its columns, and one for the geometry.

use super::{ParquetError, geometry, properties};
use crate::layers::{Geometry, Layer};
use crate::model::Values;
use ::parquet::basic::{LogicalType, Repetition, Type as Physical};
use ::parquet::data_type::{BoolType, ByteArray, ByteArrayType, DataType, DoubleType, Int64Type};
use ::parquet::errors::Result;
use ::parquet::file::metadata::KeyValue;
use ::parquet::file::properties::EnabledStatistics;
use ::parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use ::parquet::schema::types::{ColumnPath, Type};
use serde_json::json;
use std::io::Write;
use std::ops::Range;
use std::sync::Arc;

/// Rows a row group: the size GeoParquet's makers advise, so that a reader can skip groups by their statistics.
const ROWS_PER_GROUP: usize = 1 << 16;

/// Writes a table: GeoParquet 1.1 (well-known binary in degrees, OGC:CRS84) when it has geometry, plain Parquet otherwise. `srid` names the
/// projection of the metric columns and `edition` the method's edition; both stand in the metadata under `quietway`.
///
/// # Errors
/// [`ParquetError`].
pub fn write_layer(
    layer: &Layer,
    srid: u32,
    edition: &str,
    out: &mut (impl Write + Send + ?Sized),
) -> std::result::Result<(), ParquetError> {
    write(layer, srid, edition, out).map_err(ParquetError::of(&layer.name))
}

fn write(layer: &Layer, srid: u32, edition: &str, out: &mut (impl Write + Send + ?Sized)) -> Result<()> {
    let shape = layer.geometry.as_ref().map(|geometry| (geometry_name(layer), geometry));
    let ours = json!({ "table": layer.name, "about": layer.comment, "edition": edition, "metric_srid": srid });
    let geo =
        shape.map(|(name, geometry)| KeyValue::new("geo".to_owned(), geometry::metadata(name, geometry).to_string()));
    let mut properties = properties(&ours, geo);
    if let Some((name, _)) = shape {
        // Every shape is different, and the least of their bytes means nothing.
        let path = ColumnPath::from(name);
        properties = properties
            .set_column_dictionary_enabled(path.clone(), false)
            .set_column_statistics_enabled(path, EnabledStatistics::None);
    }
    let schema = Arc::new(schema(layer, shape.map(|(name, _)| name))?);
    let mut file = SerializedFileWriter::new(out, schema, Arc::new(properties.build()))?;
    for start in (0..layer.rows()).step_by(ROWS_PER_GROUP) {
        let rows = start..layer.rows().min(start + ROWS_PER_GROUP);
        let mut group = file.next_row_group()?;
        for column in &layer.columns {
            write_values(&mut group, &column.values, rows.clone())?;
        }
        if let Some((_, geometry)) = shape {
            write_shapes(&mut group, geometry, rows)?;
        }
        group.close()?;
    }
    file.close().map(drop)
}

/// `geometry`, unless the user's blocks have a column of that name.
fn geometry_name(layer: &Layer) -> &'static str {
    let taken = |name: &str| layer.columns.iter().any(|column| &*column.name == name);
    ["geometry", "geom"].into_iter().find(|name| !taken(name)).unwrap_or("quietway_geometry")
}

fn schema(layer: &Layer, geometry: Option<&str>) -> Result<Type> {
    let mut fields = Vec::with_capacity(layer.columns.len() + 1);
    for column in &layer.columns {
        fields.push(Arc::new(field(&column.name, &column.values)?));
    }
    if let Some(name) = geometry {
        fields.push(Arc::new(leaf(name, Physical::BYTE_ARRAY, None, Repetition::OPTIONAL)?));
    }
    Type::group_type_builder("schema").with_fields(fields).build()
}

fn field(name: &str, values: &Values) -> Result<Type> {
    let optional = Repetition::OPTIONAL;
    match values {
        Values::Int(_) => leaf(name, Physical::INT64, None, optional),
        Values::Float(_) => leaf(name, Physical::DOUBLE, None, optional),
        Values::Text(_) => leaf(name, Physical::BYTE_ARRAY, Some(LogicalType::String), optional),
        Values::Bool(_) => leaf(name, Physical::BOOLEAN, None, optional),
        Values::IntList(_) => list(name, leaf("element", Physical::INT64, None, Repetition::REQUIRED)?),
        Values::TextList(_) => {
            list(name, leaf("element", Physical::BYTE_ARRAY, Some(LogicalType::String), Repetition::REQUIRED)?)
        }
    }
}

pub(super) fn leaf(
    name: &str,
    physical: Physical,
    logical: Option<LogicalType>,
    repetition: Repetition,
) -> Result<Type> {
    Type::primitive_type_builder(name, physical).with_logical_type(logical).with_repetition(repetition).build()
}

/// The three levels of a Parquet list.
fn list(name: &str, element: Type) -> Result<Type> {
    let items = Type::group_type_builder("list")
        .with_repetition(Repetition::REPEATED)
        .with_fields(vec![Arc::new(element)])
        .build()?;
    Type::group_type_builder(name)
        .with_repetition(Repetition::REQUIRED)
        .with_logical_type(Some(LogicalType::List))
        .with_fields(vec![Arc::new(items)])
        .build()
}

type Group<'a, W> = SerializedRowGroupWriter<'a, W>;

fn write_values<W: Write + Send>(group: &mut Group<'_, W>, values: &Values, rows: Range<usize>) -> Result<()> {
    match values {
        Values::Int(v) => write_optional::<Int64Type, _>(group, &v[rows], |value| *value),
        Values::Float(v) => write_optional::<DoubleType, _>(group, &v[rows], |value| *value),
        Values::Bool(v) => write_optional::<BoolType, _>(group, &v[rows], |value| *value),
        Values::Text(v) => {
            let mut texts = Texts::default();
            let lengths: Vec<_> = v[rows].iter().map(|text| text.as_deref().map(|text| texts.add(text))).collect();
            let all = texts.finish();
            write_optional::<ByteArrayType, _>(group, &lengths, |range| all.slice(range.start, range.len()))
        }
        Values::IntList(v) => write_lists::<Int64Type, _>(group, &v[rows], |value| *value),
        Values::TextList(v) => {
            let mut texts = Texts::default();
            let lists: Vec<Vec<_>> =
                v[rows].iter().map(|list| list.iter().map(|text| texts.add(text)).collect()).collect();
            let all = texts.finish();
            write_lists::<ByteArrayType, _>(group, &lists, |range| all.slice(range.start, range.len()))
        }
    }
}

fn write_shapes<W: Write + Send>(group: &mut Group<'_, W>, geometry: &Geometry, rows: Range<usize>) -> Result<()> {
    let mut bytes = Vec::new();
    let mut shape = |row| {
        let start = bytes.len();
        geometry::write(geometry, row, &mut bytes).then_some(start..bytes.len())
    };
    let shapes: Vec<_> = rows.map(&mut shape).collect();
    let all = ByteArray::from(bytes);
    write_optional::<ByteArrayType, _>(group, &shapes, |range| all.slice(range.start, range.len()))
}

/// Texts of a column, one after the other: one allocation, of which the values are slices.
#[derive(Default)]
struct Texts(Vec<u8>);

impl Texts {
    fn add(&mut self, text: &str) -> Range<usize> {
        let start = self.0.len();
        self.0.extend_from_slice(text.as_bytes());
        start..self.0.len()
    }

    fn finish(self) -> ByteArray {
        ByteArray::from(self.0)
    }
}

fn write_optional<D: DataType, T>(
    group: &mut Group<'_, impl Write + Send>,
    rows: &[Option<T>],
    value: impl Fn(&T) -> D::T,
) -> Result<()> {
    let present: Vec<D::T> = rows.iter().flatten().map(value).collect();
    let defined: Vec<i16> = rows.iter().map(|row| i16::from(row.is_some())).collect();
    write_column::<D>(group, &present, &defined, None)
}

fn write_lists<D: DataType, T>(
    group: &mut Group<'_, impl Write + Send>,
    rows: &[Vec<T>],
    value: impl Fn(&T) -> D::T,
) -> Result<()> {
    let items: Vec<D::T> = rows.iter().flatten().map(value).collect();
    let mut defined = Vec::with_capacity(items.len() + rows.len());
    let mut repeated = Vec::with_capacity(items.len() + rows.len());
    for row in rows {
        // An empty list is one level without a value.
        defined.push(i16::from(!row.is_empty()));
        repeated.push(0);
        defined.extend(row.iter().skip(1).map(|_| 1));
        repeated.extend(row.iter().skip(1).map(|_| 1));
    }
    write_column::<D>(group, &items, &defined, Some(&repeated))
}

fn write_column<D: DataType>(
    group: &mut Group<'_, impl Write + Send>,
    values: &[D::T],
    defined: &[i16],
    repeated: Option<&[i16]>,
) -> Result<()> {
    let Some(mut column) = group.next_column()? else {
        return Err(::parquet::errors::ParquetError::General("more columns than the schema has".into()));
    };
    column.typed::<D>().write_batch(values, Some(defined), repeated)?;
    column.close()
}
