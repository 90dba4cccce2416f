use super::{StoreError, golden, publish, schema};
use crate::layers::{Exports, Geometry, Layer, Layers};
use crate::model::{Column, Edition, Values};
use geo_types::{Coord, MultiPolygon, Point, polygon};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{AssertSqlSafe, ConnectOptions, Row};
use std::path::Path;

const GPKG: Exports = Exports { geojson: false, csv: false, shp: false, gpkg: true, tiles: None };

fn layer(name: &str, columns: Vec<Column>, geometry: Option<Geometry>) -> Layer {
    Layer { name: name.to_owned(), comment: "a test", columns, geometry, exports: GPKG }
}

fn points(wgs84: Vec<Option<Point<f64>>>) -> Option<Geometry> {
    Some(Geometry::Points { metric: wgs84.clone(), wgs84 })
}

fn text(name: &str, values: &[Option<&str>]) -> Column {
    Column::new(name, Values::Text(values.iter().map(|value| value.map(Into::into)).collect()))
}

async fn published(tables: Vec<Layer>) -> (tempfile::TempDir, SqliteConnection) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.gpkg");
    publish(&path, &Layers { srid: 32611, edition: Edition::Current, tables }).await.unwrap();
    let database = SqliteConnectOptions::new().filename(&path).connect().await.unwrap();
    (folder, database)
}

/// Every row of a query as `a|b|c`.
async fn rows(database: &mut SqliteConnection, sql: &str) -> Vec<String> {
    let rows = sqlx::query(AssertSqlSafe(sql.to_owned())).fetch_all(database).await.unwrap();
    let cell = |row: &sqlx::sqlite::SqliteRow, at: usize| {
        row.try_get_unchecked::<Option<String>, _>(at).unwrap().unwrap_or_else(|| "NULL".to_owned())
    };
    rows.iter().map(|row| (0..row.len()).map(|at| cell(row, at)).collect::<Vec<_>>().join("|")).collect()
}

#[tokio::test]
async fn names_in_any_language_quotes_newlines_and_null_survive() {
    let names =
        [Some("Rua de São \"João\""), Some("O'Brien's\nLane; DROP TABLE x;--"), Some("東京 🚲"), None, Some("")];
    let (_folder, mut database) = published(vec![layer("ways", vec![text("name", &names)], None)]).await;
    let read = rows(&mut database, "SELECT name FROM ways ORDER BY fid").await;
    let expected: Vec<String> = names.iter().map(|name| name.unwrap_or("NULL").to_owned()).collect();
    assert_eq!(read, expected);
}

#[tokio::test]
async fn every_kind_of_value_has_its_type_and_lists_are_json() {
    let columns = vec![
        Column::new("i", Values::Int(vec![Some(i64::MIN), None])),
        Column::new("f", Values::Float(vec![Some(0.1), Some(f64::NAN)])),
        Column::new("b", Values::Bool(vec![Some(true), None])),
        Column::new("ids", Values::IntList(vec![vec![1, 2], vec![]])),
        Column::new("texts", Values::TextList(vec![vec!["a\"b".into()], vec![]])),
    ];
    let (_folder, mut database) = published(vec![layer("t", columns, None)]).await;
    let types = rows(&mut database, "SELECT type FROM pragma_table_info('t')").await;
    assert_eq!(types, ["INTEGER", "INTEGER", "DOUBLE", "BOOLEAN", "TEXT", "TEXT"]);
    let read = rows(&mut database, "SELECT * FROM t").await;
    assert_eq!(read, ["1|-9223372036854775808|0.1|1|[1,2]|[\"a\\\"b\"]", "2|NULL|NULL|NULL|[]|[]"]);
}

#[tokio::test]
async fn tables_without_geometry_are_attributes_and_unwanted_ones_are_left_out() {
    let mut unwanted = layer("pairs", vec![], None);
    unwanted.exports.gpkg = false;
    let map = layer("dentists", vec![], points(vec![Some(Point::new(-116.0, 36.5)), None]));
    let (_folder, mut database) = published(vec![unwanted, layer("scores", vec![], None), map]).await;
    let contents = "SELECT table_name, data_type, description, min_x, max_y, srs_id FROM gpkg_contents ORDER BY rowid";
    assert_eq!(
        rows(&mut database, contents).await,
        ["scores|attributes|a test|NULL|NULL|NULL", "dentists|features|a test|-116.0|36.5|4326"]
    );
    let srs = "SELECT srs_id FROM gpkg_spatial_ref_sys ORDER BY srs_id";
    assert_eq!(rows(&mut database, srs).await, ["-1", "0", "4326", "32611"]);
    assert_eq!(rows(&mut database, "PRAGMA application_id").await, ["1196444487"]);
}

#[tokio::test]
async fn a_column_named_like_the_key_the_geometry_or_another_column_keeps_its_values() {
    let columns =
        vec![text("FID", &[Some("a")]), text("geom", &[Some("b")]), text("x", &[Some("c")]), text("X", &[None])];
    let (_folder, mut database) = published(vec![layer("t", columns, points(vec![None]))]).await;
    let names = rows(&mut database, "SELECT name FROM pragma_table_info('t')").await;
    assert_eq!(names, ["fid_1", "geom_1", "FID", "geom", "x", "X_1"]);
    assert_eq!(rows(&mut database, "SELECT FID, geom, x FROM t").await, ["a|b|c"]);
    let registered = rows(&mut database, "SELECT column_name FROM gpkg_geometry_columns").await;
    assert_eq!(registered, ["geom_1"]);
}

#[tokio::test]
async fn geometry_is_geopackage_binary_in_degrees() {
    let line = Geometry::Lines {
        first: vec![0, 2, 2, 3],
        wgs84: vec![Coord { x: 1.0, y: 4.0 }, Coord { x: 3.0, y: 2.0 }, Coord { x: 9.0, y: 9.0 }],
        metric: vec![Coord { x: 0.0, y: 0.0 }; 3],
    };
    let (_folder, mut database) = published(vec![layer("ways", vec![], Some(line))]).await;
    let blobs = rows(&mut database, "SELECT hex(geom) FROM ways").await;
    let number = |value: f64| value.to_le_bytes().iter().map(|byte| format!("{byte:02X}")).collect::<String>();
    let numbers = |values: &[f64]| values.iter().map(|&value| number(value)).collect::<String>();
    let expected = format!(
        "47500003E6100000{}010200000002000000{}",
        numbers(&[1.0, 3.0, 2.0, 4.0]),
        numbers(&[1.0, 4.0, 3.0, 2.0])
    );
    // No point and one point are no line.
    assert_eq!(blobs, [expected.as_str(), "", ""]);
}

#[tokio::test]
async fn a_polygon_with_a_hole_and_one_that_is_empty() {
    let hole = polygon!(
        exterior: [(x: 0.0, y: 0.0), (x: 9.0, y: 0.0), (x: 9.0, y: 9.0)],
        interiors: [[(x: 5.0, y: 1.0), (x: 6.0, y: 1.0), (x: 6.0, y: 2.0)]]
    );
    let wgs84 = vec![Some(MultiPolygon(vec![hole])), Some(MultiPolygon(vec![])), None];
    let shapes = Geometry::Polygons { metric: wgs84.clone(), wgs84 };
    let (_folder, mut database) = published(vec![layer("blocks", vec![], Some(shapes))]).await;
    let sizes = rows(&mut database, "SELECT coalesce(length(geom), 0) FROM blocks").await;
    // Header 8, envelope 32, multipolygon 9, polygon 9, two rings of four points.
    assert_eq!(sizes, [(8 + 32 + 9 + 9 + 2 * (4 + 4 * 16)).to_string().as_str(), "0", "0"]);
}

#[tokio::test]
async fn the_index_is_what_sqlite_would_find() {
    // Sizes around the borders of one and two levels of nodes.
    for count in [0, 1, 51, 52, 53, 2601, 2602, 3000] {
        let wgs84: Vec<_> = (0..count)
            .map(|at| (at != 7).then(|| Point::new(f64::from(at * 37 % 101) * 0.1, f64::from(at * 11 % 89) * 0.1)))
            .collect();
        let (_folder, mut database) = published(vec![layer("p", vec![], points(wgs84.clone()))]).await;
        assert_eq!(rows(&mut database, "SELECT rtreecheck('rtree_p_geom')").await, ["ok"], "{count}");
        let found =
            rows(&mut database, "SELECT id FROM rtree_p_geom WHERE maxx >= 2.05 AND minx <= 4.05 ORDER BY id").await;
        let inside = |point: &Option<Point<f64>>| point.is_some_and(|point| (2.05..=4.05).contains(&point.x()));
        let expected: Vec<String> =
            wgs84.iter().zip(1..).filter(|(point, _)| inside(point)).map(|(_, id): (_, i32)| id.to_string()).collect();
        assert_eq!(found, expected, "{count}");
    }
}

#[tokio::test]
async fn the_index_may_be_edited_afterwards() {
    let wgs84: Vec<_> = (0..200).map(|at| Some(Point::new(f64::from(at), 0.0))).collect();
    let (_folder, mut database) = published(vec![layer("p", vec![], points(wgs84))]).await;
    rows(&mut database, "DELETE FROM rtree_p_geom WHERE id % 3 = 0").await;
    rows(
        &mut database,
        "WITH RECURSIVE s(v) AS (SELECT 1 UNION ALL SELECT v + 1 FROM s WHERE v < 300)
         INSERT INTO rtree_p_geom SELECT v + 1000, v, v, 1, 1 FROM s",
    )
    .await;
    assert_eq!(rows(&mut database, "SELECT rtreecheck('rtree_p_geom')").await, ["ok"]);
    assert_eq!(rows(&mut database, "SELECT count(*) FROM rtree_p_geom").await, ["434"]);
}

#[tokio::test]
async fn equal_layers_give_equal_bytes() {
    let tables = || {
        let wgs84 = (0..500).map(|at| Some(Point::new(f64::from(at), 1.0))).collect();
        vec![layer("p", vec![Column::new("n", Values::Int((0..500).map(Some).collect()))], points(wgs84))]
    };
    let folder = tempfile::tempdir().unwrap();
    let mut files = Vec::new();
    for name in ["a.gpkg", "b.gpkg"] {
        let path = folder.path().join(name);
        publish(&path, &Layers { srid: 32611, edition: Edition::Current, tables: tables() }).await.unwrap();
        files.push(std::fs::read(path).unwrap());
    }
    assert_eq!(files[0], files[1]);
}

#[tokio::test]
async fn what_stood_under_the_name_is_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("old.gpkg");
    std::fs::write(&path, "no database at all").unwrap();
    publish(&path, &Layers { srid: 32611, edition: Edition::Current, tables: vec![layer("t", vec![], None)] })
        .await
        .unwrap();
    assert_eq!(&std::fs::read(&path).unwrap()[..15], b"SQLite format 3");
}

#[tokio::test]
async fn a_folder_that_is_not_there_is_named() {
    let layers = Layers { srid: 32611, edition: Edition::Current, tables: vec![] };
    let error = publish(Path::new("/nowhere/at/all.gpkg"), &layers).await.unwrap_err();
    assert!(matches!(error, StoreError::Create { .. }));
    assert!(error.to_string().starts_with("cannot create /nowhere/at/all.gpkg: "), "{error}");
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_full_disk_is_said() {
    let full = Path::new("/dev/full");
    if !full.exists() {
        println!("skipped: no /dev/full here");
        return;
    }
    let layers = Layers { srid: 32611, edition: Edition::Current, tables: vec![layer("t", vec![], None)] };
    let error = publish(full, &layers).await.unwrap_err();
    assert!(matches!(error, StoreError::Write { .. }), "{error}");
}

#[test]
fn zones_have_their_meridian_and_hemisphere() {
    let (name, wkt) = schema::utm(32760).unwrap();
    assert_eq!(name, "WGS 84 / UTM zone 60S");
    assert!(wkt.contains("\"central_meridian\",177]") && wkt.contains("\"false_northing\",10000000]"), "{wkt}");
    assert_eq!(schema::utm(32600), None);
    assert_eq!(schema::utm(4326), None);
}

#[tokio::test]
async fn a_golden_place_has_all_its_rows_and_index_entries() {
    let Some(export) = golden::export_of("beatty") else {
        println!("skipped: ../shared is not here");
        return;
    };
    let layers = golden::layers(&export);
    let counts: Vec<(String, usize)> = layers.tables.iter().map(|table| (table.name.clone(), table.rows())).collect();
    let (_folder, mut database) = published(layers.tables).await;
    for (name, count) in counts {
        let stored = rows(&mut database, &format!("SELECT count(*) FROM {name}")).await;
        let indexed = rows(&mut database, &format!("SELECT count(*) FROM rtree_{name}_geom")).await;
        assert_eq!((&stored[0], &indexed[0]), (&count.to_string(), &count.to_string()), "{name}");
    }
}
