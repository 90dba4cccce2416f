use super::*;
use crate::connectivity::Pair;
use crate::layers::{Exports, Geometry, Layer};
use crate::model::{BlockId, Column, Values};
use ::parquet::file::reader::{FileReader, SerializedFileReader};
use ::parquet::record::{Field, Row};
use geo_types::{Coord, LineString, MultiPolygon, Point, Polygon, polygon};
use std::fs::File;
use std::io::Write;
use std::sync::Arc;

fn layer(columns: Vec<Column>, geometry: Option<Geometry>) -> Layer {
    Layer { name: "neighborhood_x".into(), comment: "A row.".into(), columns, geometry, exports: Exports::default() }
}

fn every_kind() -> Vec<Column> {
    let texts = |texts: &[&str]| texts.iter().map(|&text| Arc::from(text)).collect();
    vec![
        Column::new("int", Values::Int(vec![Some(i64::MIN), None, Some(7)])),
        Column::new("float", Values::Float(vec![None, Some(0.1), Some(-0.0)])),
        Column::new("text", Values::Text(vec![Some("Straße \u{1f6b2}".into()), Some("".into()), None])),
        Column::new("bool", Values::Bool(vec![Some(true), None, Some(false)])),
        Column::new("ids", Values::IntList(vec![vec![], vec![3, 1], vec![2]])),
        Column::new("blocks", Values::TextList(vec![texts(&["a", "ü"]), vec![], texts(&[""])])),
    ]
}

fn written(layer: &Layer) -> Vec<u8> {
    let mut out = Vec::new();
    write_layer(layer, 32618, "current", &mut out).unwrap();
    out
}

fn open(bytes: &[u8]) -> SerializedFileReader<File> {
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(bytes).unwrap();
    SerializedFileReader::new(file).unwrap()
}

fn rows(bytes: &[u8]) -> Vec<Row> {
    open(bytes).get_row_iter(None).unwrap().map(Result::unwrap).collect()
}

fn metadata(bytes: &[u8], key: &str) -> Option<serde_json::Value> {
    let reader = open(bytes);
    let entries = reader.metadata().file_metadata().key_value_metadata().unwrap();
    let entry = entries.iter().find(|entry| entry.key == key)?;
    Some(serde_json::from_str(entry.value.as_ref().unwrap()).unwrap())
}

/// The geometry column, as hexadecimal.
fn shapes(bytes: &[u8], column: &str) -> Vec<Option<String>> {
    let shape = |row: Row| match row.get_column_iter().find(|(name, _)| *name == column).unwrap().1 {
        Field::Bytes(bytes) => Some(hex::encode(bytes.data())),
        Field::Null => None,
        other => panic!("{other}"),
    };
    rows(bytes).into_iter().map(shape).collect()
}

#[test]
fn every_kind_of_column_reads_back_with_its_nulls_and_empty_lists() {
    let found: Vec<String> = rows(&written(&layer(every_kind(), None))).iter().map(Row::to_string).collect();
    let expected = [
        r#"{int: -9223372036854775808, float: null, text: "Straße 🚲", bool: true, ids: [], blocks: ["a", "ü"]}"#,
        r#"{int: null, float: 0.1, text: "", bool: null, ids: [3, 1], blocks: []}"#,
        r#"{int: 7, float: -0E0, text: null, bool: false, ids: [2], blocks: [""]}"#,
    ];
    assert_eq!(found, expected);
}

#[test]
fn more_rows_than_a_row_group_keep_their_order() {
    let count = 200_000;
    let lists = (0..count).map(|row| vec![row; (row % 3) as usize]).collect();
    let columns = vec![
        Column::new("int", Values::Int((0..count).map(|row| (row % 5 > 0).then_some(row)).collect())),
        Column::new("ids", Values::IntList(lists)),
    ];
    let bytes = written(&layer(columns, None));
    assert_eq!(open(&bytes).num_row_groups(), 4);
    let found = rows(&bytes);
    assert_eq!(found.len(), count as usize);
    for (number, row) in found.iter().enumerate() {
        let int = if number % 5 > 0 { number.to_string() } else { "null".to_owned() };
        assert_eq!(row.to_string(), format!("{{int: {int}, ids: {:?}}}", vec![number; number % 3]));
    }
}

#[test]
fn empty_tables_have_their_columns() {
    let empty = layer(vec![Column::new("int", Values::Int(vec![]))], None);
    let reader = open(&written(&empty));
    assert_eq!(reader.metadata().file_metadata().num_rows(), 0);
    assert_eq!(reader.metadata().file_metadata().schema_descr().num_columns(), 1);
    assert!(rows(&written(&layer(vec![], None))).is_empty());
}

#[test]
fn tables_without_geometry_are_not_geoparquet_and_name_their_edition() {
    let bytes = written(&layer(every_kind(), None));
    assert_eq!(metadata(&bytes, "geo"), None);
    let ours = metadata(&bytes, "quietway").unwrap();
    assert_eq!((&ours["edition"], &ours["table"]), (&"current".into(), &"neighborhood_x".into()));
}

fn int(rows: usize) -> Vec<Column> {
    vec![Column::new("int", Values::Int(vec![Some(1); rows]))]
}

#[test]
fn points_are_well_known_binary_in_degrees() {
    let wgs84 = vec![Some(Point::new(-76.5, 39.0)), None];
    let bytes = written(&layer(int(2), Some(Geometry::Points { metric: wgs84.clone(), wgs84 })));
    let point = "010100000000000000002053c00000000000804340";
    assert_eq!(shapes(&bytes, "geometry"), [Some(point.to_owned()), None]);
    let geo = metadata(&bytes, "geo").unwrap();
    let column =
        serde_json::json!({ "encoding": "WKB", "geometry_types": ["Point"], "bbox": [-76.5, 39.0, -76.5, 39.0] });
    assert_eq!(
        geo,
        serde_json::json!({ "version": "1.1.0", "primary_column": "geometry", "columns": { "geometry": column } })
    );
}

#[test]
fn lines_are_cut_at_their_offsets_and_a_line_without_points_is_null() {
    let wgs84: Vec<Coord<f64>> = [(0.0, 0.0), (1.0, 2.0), (3.0, 0.5), (4.0, 0.0)].map(Coord::from).to_vec();
    let lines = Geometry::Lines { first: vec![0, 2, 2, 4], metric: wgs84.clone(), wgs84 };
    let bytes = written(&layer(int(3), Some(lines)));
    let first = format!("010200000002000000{}{}{}", "0".repeat(32), "000000000000f03f", "0000000000000040");
    let found = shapes(&bytes, "geometry");
    assert_eq!((found[0].as_deref(), found[1].as_deref()), (Some(first.as_str()), None));
    assert!(found[2].as_deref().unwrap().starts_with("0102000000020000000000000000000840"));
    assert_eq!(
        metadata(&bytes, "geo").unwrap()["columns"]["geometry"]["bbox"],
        serde_json::json!([0.0, 0.0, 4.0, 2.0])
    );
}

#[test]
fn polygons_keep_their_holes_and_parts() {
    let square =
        |from: f64, to: f64| LineString::from(vec![(from, from), (to, from), (to, to), (from, to), (from, from)]);
    let with_hole = Polygon::new(square(0.0, 10.0), vec![square(2.0, 4.0)]);
    let two = MultiPolygon(vec![with_hole, polygon![(x: 20.0, y: 0.0), (x: 21.0, y: 0.0), (x: 21.0, y: 1.0)]]);
    let wgs84 = vec![None, Some(two), Some(MultiPolygon(vec![]))];
    let bytes = written(&layer(int(3), Some(Geometry::Polygons { metric: wgs84.clone(), wgs84 })));
    let found = shapes(&bytes, "geometry");
    let shape = found[1].as_deref().unwrap();
    assert!(shape.starts_with("0106000000020000000103000000020000000500000000"), "{shape}");
    // Two polygons, three rings of five, five and four points.
    assert_eq!(shape.len() / 2, 9 + 2 * 9 + 3 * 4 + 14 * 16);
    assert_eq!((found[0].as_deref(), found[2].as_deref()), (None, Some("010600000000000000")));
    let geo = metadata(&bytes, "geo").unwrap();
    assert_eq!(geo["columns"]["geometry"]["bbox"], serde_json::json!([0.0, 0.0, 21.0, 10.0]));
    assert_eq!(geo["columns"]["geometry"]["geometry_types"], serde_json::json!(["MultiPolygon"]));
}

#[test]
fn a_column_called_geometry_does_not_hide_the_shapes() {
    let columns = vec![Column::new("geometry", Values::Text(vec![Some("mine".into())]))];
    let wgs84 = vec![Some(Point::new(1.0, 2.0))];
    let bytes = written(&layer(columns, Some(Geometry::Points { metric: wgs84.clone(), wgs84 })));
    assert!(shapes(&bytes, "geom")[0].is_some());
    assert_eq!(metadata(&bytes, "geo").unwrap()["primary_column"], "geom");
}

#[test]
fn without_any_point_there_are_no_bounds() {
    for wgs84 in [vec![], vec![None], vec![Some(Point::new(f64::NAN, 1.0))]] {
        let rows = wgs84.len();
        let bytes = written(&layer(int(rows), Some(Geometry::Points { metric: wgs84.clone(), wgs84 })));
        assert!(metadata(&bytes, "geo").unwrap()["columns"]["geometry"].get("bbox").is_none());
    }
}

/// Holds so many bytes.
struct Disk(usize);

impl Write for Disk {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 = self.0.checked_sub(bytes.len()).ok_or(io::ErrorKind::StorageFull)?;
        Ok(bytes.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_full_disk_comes_back_as_that() {
    let table = layer(every_kind(), None);
    let row = [Pair::new(BlockId(0), None, Some(1), false)];
    for room in [0, 50, 500] {
        let error = write_layer(&table, 1, "current", &mut Disk(room)).unwrap_err();
        assert_eq!(io::Error::from(error).kind(), io::ErrorKind::StorageFull);
        let ids = ["a".into()];
        let error = write_pairs(&ids, |visit| visit(BlockId(0), &row), "current", &mut Disk(room)).unwrap_err();
        assert!(
            matches!(&error, ParquetError::Write(cause) if cause.kind() == io::ErrorKind::StorageFull),
            "{error:?}"
        );
    }
}

fn pairs(ids: &[&str], rows: &[(u32, Vec<Pair>)]) -> Vec<u8> {
    let ids: Vec<Arc<str>> = ids.iter().map(|&id| id.into()).collect();
    let mut out = Vec::new();
    let visit_all =
        |visit: &mut dyn FnMut(BlockId, &[Pair])| rows.iter().for_each(|(id, row)| visit(BlockId(*id), row));
    write_pairs(&ids, visit_all, "reference", &mut out).unwrap();
    out
}

#[test]
fn pairs_have_the_reference_s_columns_and_targets_sorted_by_id() {
    let first = vec![Pair::new(BlockId(0), Some(0), Some(0), true), Pair::new(BlockId(2), None, Some(2680), false)];
    let last =
        vec![Pair::new(BlockId(0), Some(659), Some(391), false), Pair::new(BlockId(1), Some(65_534), None, true)];
    let bytes = pairs(&["b", "ç", "a"], &[(0, first), (1, vec![]), (2, last)]);
    let found: Vec<String> = rows(&bytes).iter().map(Row::to_string).collect();
    let row = |source, target, low, low_m, high_m| {
        format!(
            "{{source_blockid20: \"{source}\", target_blockid20: \"{target}\", low_stress: {low}, \
             low_stress_cost: {low_m}, high_stress: true, high_stress_cost: {high_m}}}"
        )
    };
    let expected = [
        row("b", "a", false, "null", "2680"),
        row("b", "b", true, "0", "0"),
        row("a", "b", false, "659", "391"),
        row("a", "ç", true, "65534", "null"),
    ];
    assert_eq!(found, expected);
    assert_eq!(metadata(&bytes, "quietway").unwrap()["edition"], "reference");
}

#[test]
fn without_pairs_the_file_has_its_columns() {
    for ids in [&[] as &[&str], &["a"]] {
        let reader = open(&pairs(ids, &[]));
        assert_eq!(reader.metadata().file_metadata().num_rows(), 0);
        assert_eq!(reader.metadata().file_metadata().schema_descr().num_columns(), 6);
    }
}

#[test]
fn one_block_alone_and_costs_that_never_occur_read_back() {
    let row = vec![Pair::new(BlockId(0), None, Some(1), false)];
    let found = rows(&pairs(&["a"], &[(0, row)]));
    assert_eq!(found.len(), 1);
    assert!(found[0].to_string().contains("low_stress_cost: null"), "{}", found[0]);
}

/// More than a row group, from a generator without a memory of its own.
#[test]
fn a_million_pairs_read_back_in_row_groups_of_whole_sources_whatever_the_number_of_threads() {
    let blocks = 1500_u32;
    let pair = |source: u32, target: u32| {
        let cost = (source * 7 + target * 13) % 2681;
        let metres = |offset: u32| u16::try_from(cost + offset).ok().filter(|cost| cost % 5 != 0);
        Pair::new(BlockId(target), metres(3), metres(0), (source + target).is_multiple_of(3))
    };
    let names: Vec<String> = (0..blocks).map(|block| format!("{:05}", (block * 7919) % 10_007)).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let table: Vec<(u32, Vec<Pair>)> = (0..blocks)
        .map(|source| {
            (
                source,
                (0..blocks).filter(|target| (source ^ target) & 1 == 0).map(|target| pair(source, target)).collect(),
            )
        })
        .collect();
    let total: usize = table.iter().map(|(_, row)| row.len()).sum();
    let with_threads =
        |count| rayon::ThreadPoolBuilder::new().num_threads(count).build().unwrap().install(|| pairs(&names, &table));
    let bytes = with_threads(1);
    assert!(bytes == with_threads(3), "the bytes depend on the number of threads");
    let reader = open(&bytes);
    assert_eq!(reader.metadata().file_metadata().num_rows(), total as i64);
    assert!(reader.num_row_groups() > 1 && bytes.len() < total * 6);
    let mut expected = table.iter().flat_map(|(source, row)| {
        let mut row: Vec<&Pair> = row.iter().collect();
        row.sort_by_key(|pair| names[pair.target().index()]);
        row.into_iter().map(move |pair| (*source, *pair))
    });
    for row in reader.get_row_iter(None).unwrap() {
        let (source, pair) = expected.next().unwrap();
        let text = |id: usize| Field::Str(names[id].to_owned());
        let cost = |metres: Option<u16>| metres.map_or(Field::Null, |metres| Field::Int(metres.into()));
        let fields: Vec<Field> = row.unwrap().into_columns().into_iter().map(|(_, field)| field).collect();
        let ids = [text(source as usize), text(pair.target().index())];
        let values = [Field::Bool(pair.low_stress()), cost(pair.low_m()), Field::Bool(true), cost(pair.high_m())];
        assert_eq!(fields, [&ids[..], &values[..]].concat());
    }
    assert!(expected.next().is_none());
}
