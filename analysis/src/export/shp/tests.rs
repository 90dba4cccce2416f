use super::*;
use crate::layers::testing::small_layers;
use crate::layers::{Exports, Geometry};
use crate::model::{Column, Values};
use shapefile::dbase::{self, FieldValue};
use shapefile::{Reader, Shape};
use std::io::Cursor;
use std::sync::Arc;

fn bytes_of(layer: &Layer) -> [Vec<u8>; 3] {
    let [mut shp, mut shx, mut dbf] = [const { Vec::new() }; 3];
    if let Some(shapes) = Shapes::of(layer).unwrap() {
        shapes.write(&mut shp).unwrap();
        shapes.write_index(&mut shx).unwrap();
    }
    Dbf::of(layer).unwrap().write(&mut dbf).unwrap();
    [shp, shx, dbf]
}

/// Shapes and rows as the shapefile crate reads them; a row as texts, `-` for nothing.
fn read_back(name: &str) -> Vec<(Shape, Vec<String>)> {
    let layers = small_layers();
    let layer = layers.get(name).unwrap();
    let [shp, shx, dbf] = bytes_of(layer);
    let shapes = shapefile::ShapeReader::with_shx(Cursor::new(shp), Cursor::new(shx)).unwrap();
    let fields: Vec<String> = Dbf::of(layer).unwrap().names().map(|(field, _)| field.to_owned()).collect();
    let table = dbase::Reader::new(Cursor::new(dbf)).unwrap();
    let mut reader = Reader::new(shapes, table);
    let rows = reader.iter_shapes_and_records().map(Result::unwrap);
    rows.map(|(shape, mut record)| (shape, fields.iter().map(|name| shown(record.remove(name))).collect())).collect()
}

fn shown(value: Option<FieldValue>) -> String {
    match value {
        Some(FieldValue::Character(Some(text))) => text,
        Some(FieldValue::Numeric(Some(number))) => number.to_string(),
        Some(FieldValue::Logical(Some(flag))) => flag.to_string(),
        _ => "-".to_owned(),
    }
}

#[test]
fn areas_come_back_with_holes_parts_and_nulls() {
    let rows = read_back("neighborhood_census_blocks");
    let attributes: Vec<&[String]> = rows.iter().map(|row| &row.1[..]).collect();
    assert_eq!(attributes[0], ["01", "Käse, \"frisch\"\n", "205", "{3,12}", "0.00001", "true"]);
    assert_eq!(attributes[1], ["02", "-", "0.25", "{}", "-", "false"]);
    assert_eq!(attributes[2], ["03", "-", "-", "{5}", "-", "-"]);
    let rings = |row: usize| match &rows[row].0 {
        Shape::Polygon(area) => {
            area.rings().iter().map(|ring| (matches!(ring, shapefile::PolygonRing::Outer(_)), ring.len())).collect()
        }
        _ => vec![],
    };
    assert_eq!(rings(0), [(true, 5), (false, 5)]);
    assert_eq!(rings(1), [(true, 5), (true, 5)]);
    assert!(matches!(rows[2].0, Shape::NullShape));
}

#[test]
fn lines_come_back() {
    let rows = read_back("neighborhood_ways");
    assert_eq!(rows[0].1, ["1", "109197302", "Straße der 東京", "-", "-", "5", "3", "fast: 40 mph"]);
    assert_eq!(rows[1].1, ["2", "9876543210", "-", "-", "-", "-", "-", "one-way"]);
    let Shape::Polyline(line) = &rows[1].0 else { panic!("not a line") };
    let points: Vec<(f64, f64)> = line.parts()[0].iter().map(|point| (point.x, point.y)).collect();
    assert_eq!(points, [(0.0, 0.0), (10.0, 20.0), (-5.0, 7.0)]);
    assert_eq!((line.bbox().min.x, line.bbox().max.y), (-5.0, 20.0));
}

#[test]
fn points_and_empty_tables_come_back() {
    let rows = read_back("neighborhood_doctors");
    assert!(matches!(&rows[0].0, Shape::Point(at) if (at.x, at.y) == (380_000.25, 5_760_000.0)));
    assert!(matches!(rows[1].0, Shape::NullShape));
    assert_eq!(rows[0].1[1], "{01,\"a,\\\"b\"}");
    assert!(read_back("neighborhood_parks").is_empty());
}

#[test]
fn a_row_is_written_as_pgsql2shp_writes_it() {
    let layers = small_layers();
    let [_, _, dbf] = bytes_of(layers.get("neighborhood_ways").unwrap());
    let row = &dbf[32 + 32 * 8 + 1..];
    let expected = [
        format!(" {:<19}{:<19}Straße der 東京", 1, 109_197_302),
        format!("{:34}{:<32}{:<11}fast: 40 mph", "", 5, 3),
        format!(" {:<19}{:<19}{:18}", 2, 9_876_543_210_i64, ""),
        format!("{:34}{:<32}***********one-way     ", "", "****************"),
    ]
    .concat();
    assert_eq!(String::from_utf8_lossy(row), expected);
    assert_eq!(dbf[..12], [3, 95, 7, 26, 2, 0, 0, 0, 33, 1, 146, 0]);
}

fn only(name: &str, columns: Vec<Column>) -> Layer {
    Layer { name: name.into(), comment: "".into(), columns, geometry: None, exports: Exports::default() }
}

#[test]
fn texts_are_cut_at_254_bytes_between_characters() {
    let long: Arc<str> = format!("{}ü", "x".repeat(253)).into();
    let table = only("neighborhood_ways", vec![Column::new("name", Values::Text(vec![Some(long)]))]);
    let dbf = bytes_of(&table)[2].clone();
    assert_eq!(dbf[32 + 16], 254);
    let text = &dbf[32 + 32 + 1 + 1..];
    assert_eq!(text, format!("{} ", "x".repeat(253)).as_bytes());
    let ids =
        only("neighborhood_ways", vec![Column::new("road_ids", Values::IntList(vec![(100_000..100_100).collect()]))]);
    assert_eq!(bytes_of(&ids)[2].len(), 32 + 32 + 1 + 1 + 254);
}

#[test]
fn whole_numbers_that_need_more_room_get_it() {
    let width = |value| {
        let table = only("neighborhood_ways", vec![Column::new("x", Values::Int(vec![Some(value)]))]);
        bytes_of(&table)[2][32 + 16]
    };
    assert_eq!(
        [width(-2_147_483_648), width(99_999_999_999), width(100_000_000_000), width(i64::MIN)],
        [11, 11, 19, 20]
    );
}

#[test]
fn more_than_a_row_can_hold_is_refused() {
    let wide = |nth| Column::new(format!("c{nth}"), Values::Text(vec![Some("x".repeat(254).into())]));
    let table = only("wide", (0..300).map(wide).collect());
    let error = Dbf::of(&table).err().unwrap();
    assert!(error.to_string().contains("leave shp out of --formats"), "{error}");
}

#[test]
fn an_empty_line_and_an_empty_area_are_null_shapes() {
    let columns = || vec![Column::new("x", Values::Int(vec![None]))];
    let line = Geometry::Lines { first: vec![0, 0], wgs84: vec![], metric: vec![] };
    let nothing = geo_types::MultiPolygon(vec![]);
    let area = Geometry::Polygons { wgs84: vec![Some(nothing.clone())], metric: vec![Some(nothing)] };
    for geometry in [line, area] {
        let layer = Layer { geometry: Some(geometry), ..only("x", columns()) };
        let [shp, shx, _] = bytes_of(&layer);
        assert_eq!((shp.len(), shx.len()), (100 + 8 + 4, 100 + 8));
        assert_eq!(shp[108..], [0; 4]);
    }
}

#[test]
fn the_projection_is_named_as_postgis_names_it() {
    let north = projection_text(32611).unwrap();
    assert!(north.starts_with("PROJCS[\"WGS 84 / UTM zone 11N\",GEOGCS[\"WGS 84\",DATUM[\"WGS_1984\","));
    assert!(
        north.contains("PARAMETER[\"central_meridian\",-117],") && north.contains("PARAMETER[\"false_northing\",0],")
    );
    assert!(north.ends_with("AXIS[\"Easting\",EAST],AXIS[\"Northing\",NORTH],AUTHORITY[\"EPSG\",\"32611\"]]"));
    let south = projection_text(32756).unwrap();
    assert!(
        south.contains("zone 56S")
            && south.contains("[\"central_meridian\",153]")
            && south.contains("[\"false_northing\",10000000]")
    );
    assert_eq!(projection_text(3857), None);
}

/// Field names, types and widths of every field of a DBF.
fn fields_of(dbf: &[u8]) -> Vec<(String, char, u8, u8)> {
    let fields = dbf[32..].chunks(32).take_while(|field| field[0] != b'\r');
    let name = |field: &[u8]| String::from_utf8_lossy(&field[..11]).trim_end_matches('\0').to_owned();
    fields.map(|field| (name(field), field[11] as char, field[16], field[17])).collect()
}

/// The reference's header in its own export: our columns under the same names, in its order, types and declared widths.
#[test]
fn fields_of_ways_are_those_of_the_reference() {
    let zip = std::path::Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../shared/golden/helsinki-kamppi/output/upstream_export.zip");
    let Ok(file) = std::fs::File::open(zip) else {
        println!("skipped: ../shared is not here");
        return;
    };
    let mut zip = zip::ZipArchive::new(file).unwrap();
    let network = crate::layers::tests::two_streets();
    let layers = crate::layers::tests::layers_of(&network, crate::model::Edition::Reference);
    for name in ["neighborhood_ways", "neighborhood_census_blocks"] {
        let mut golden = Vec::new();
        std::io::copy(&mut zip.by_name(&format!("{name}.dbf")).unwrap(), &mut golden).unwrap();
        let ours = fields_of(&bytes_of(layers.get(name).unwrap())[2]);
        let golden = fields_of(&golden);
        let declared = |field: &(String, char, u8, u8)| {
            (field.0.clone(), field.1, if field.1 == 'N' { field.2 } else { 0 }, field.3)
        };
        let ours: Vec<_> = ours.iter().take(golden.len()).map(declared).collect();
        assert_eq!(ours, golden.iter().map(declared).collect::<Vec<_>>(), "{name}");
    }
}
