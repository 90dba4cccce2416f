//! Texts in any language, with quotes, backslashes, line ends and control characters, come through every database and format.

use dbase::FieldValue;
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::record::RowAccessor;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use quietway::export::{self, Format, Sink};
use quietway::layers::{Exports, Geometry, Layer, Layers, strip_nul};
use quietway::model::{Column, Edition, Values};
use quietway::store::gpkg;
use quietway::store::postgis::{self, Database, Mark, Target};
use quietway_tests::postgres::{TestDatabase, server};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection};
use std::path::Path;
use tokio::runtime::Runtime;

const TABLE: &str = "neighborhood_names";

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        vec(
            prop_oneof![
                Just('"'),
                Just('\''),
                Just('\\'),
                Just('\n'),
                Just('\r'),
                Just('\t'),
                Just(','),
                Just('\0'),
                Just('{'),
                any::<char>()
            ],
            0..20
        )
        .prop_map(|chars| chars.into_iter().collect()),
        Just("Zażółć gęślą jaźń 東京都 شارع 🚲 \u{202e}".to_owned()),
        Just("\\N".to_owned()),
        Just("NULL".to_owned()),
        Just("ä".repeat(200)),
    ]
}

fn layers(names: &[String]) -> Layers {
    let one = |name: &String| Some(name.as_str().into());
    let lists = names.chunks(1).map(|chunk| chunk.iter().map(|name| name.as_str().into()).collect()).collect();
    let columns = vec![
        Column::new("name", Values::Text(names.iter().map(one).collect())),
        Column::new("list", Values::TextList(lists)),
    ];
    let wgs84: Vec<_> = names.iter().map(|_| Some(geo_types::Point::new(1.0, 2.0))).collect();
    let exports = Exports { geojson: true, csv: true, shp: true, database: true, parquet: true, tiles: None };
    let geometry = Some(Geometry::Points { metric: wgs84.clone(), wgs84 });
    let layer = Layer { name: TABLE.into(), comment: "names".into(), columns, geometry, exports };
    Layers { srid: 32632, edition: Edition::Current, tables: vec![layer] }
}

#[test]
fn names_survive_to_every_database_and_format() {
    let Some(server) = server() else { return };
    let (database, runtime) = (server.database(), Runtime::new().unwrap());
    let config = Config { cases: 12, failure_persistence: None, ..Config::default() };
    TestRunner::new(config)
        .run(&vec(text(), 1..120), |names| {
            let mut layers = layers(&names);
            let nuls: usize = names.iter().map(|name| name.matches('\0').count()).sum();
            prop_assert_eq!(strip_nul(&mut layers), 2 * nuls as u64, "NUL is counted, in both columns");
            let expected: Vec<String> = names.iter().map(|name| name.replace('\0', "")).collect();
            let folder = tempfile::tempdir().unwrap();
            prop_assert_eq!(&from_postgis(&database, &runtime, &layers), &expected, "PostGIS");
            prop_assert_eq!(
                &from_geopackage(&runtime, &layers, &folder.path().join("a.gpkg")),
                &expected,
                "GeoPackage"
            );
            let out = folder.path().join("out");
            let sink = Sink::open(&out, false).unwrap();
            export::write(&layers, None, &Format::ALL, &sink).unwrap();
            let file = |ending: &str| out.join(format!("{TABLE}.{ending}"));
            prop_assert_eq!(&from_csv(&file("csv")), &expected, "CSV");
            prop_assert_eq!(&from_geojson(&file("geojson")), &expected, "GeoJSON");
            prop_assert_eq!(&from_parquet(&file("parquet")), &expected, "Parquet");
            let kept: Vec<String> = expected.iter().map(|name| in_dbf(name)).collect();
            prop_assert_eq!(&from_dbf(&file("dbf")), &kept, "DBF");
            Ok(())
        })
        .unwrap();
}

fn from_postgis(database: &TestDatabase<'_>, runtime: &Runtime, layers: &Layers) -> Vec<String> {
    let target = Target {
        database: Database::parse(&database.url()).unwrap(),
        schema: "names".parse().unwrap(),
        overwrite: true,
        mark: Mark::default(),
    };
    postgis::stage(&target, layers, runtime.handle()).unwrap().publish().unwrap().keep().unwrap();
    let lists = database.texts("SELECT list[1] FROM names.neighborhood_names ORDER BY fid");
    let names = database.texts("SELECT name FROM names.neighborhood_names ORDER BY fid");
    assert_eq!(lists, names);
    names
}

fn from_geopackage(runtime: &Runtime, layers: &Layers, path: &Path) -> Vec<String> {
    runtime.block_on(async {
        gpkg::publish(path, layers).await.unwrap();
        let mut file = SqliteConnectOptions::new().filename(path).connect().await.unwrap();
        let sql = "SELECT name FROM neighborhood_names ORDER BY fid";
        let names: Vec<String> = sqlx::query_scalar(sql).fetch_all(&mut file).await.unwrap();
        let sql = "SELECT json_extract(list, '$[0]') FROM neighborhood_names ORDER BY fid";
        let lists: Vec<String> = sqlx::query_scalar(sql).fetch_all(&mut file).await.unwrap();
        file.close().await.unwrap();
        assert_eq!(lists, names);
        names
    })
}

fn from_csv(path: &Path) -> Vec<String> {
    let mut reader = csv::Reader::from_path(path).unwrap();
    reader.records().map(|record| record.unwrap()[0].to_owned()).collect()
}

fn from_geojson(path: &Path) -> Vec<String> {
    let collection: serde_json::Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let features = collection["features"].as_array().unwrap();
    features.iter().map(|feature| feature["properties"]["name"].as_str().unwrap().to_owned()).collect()
}

fn from_parquet(path: &Path) -> Vec<String> {
    let reader = SerializedFileReader::new(std::fs::File::open(path).unwrap()).unwrap();
    let rows = reader.get_row_iter(None).unwrap().map(Result::unwrap);
    rows.map(|row| row.get_string(0).unwrap().clone()).collect()
}

/// What a DBF field can hold: 254 bytes of whole characters, padded with blanks, so that those at the end are lost.
fn in_dbf(name: &str) -> String {
    name[..name.floor_char_boundary(254)].trim_end_matches(' ').to_owned()
}

fn from_dbf(path: &Path) -> Vec<String> {
    // Fields are padded at their end; a blank at the beginning belongs to the name.
    let options = dbase::ReadingOptions::default().character_trim(dbase::TrimOption::End);
    let mut reader = dbase::ReaderBuilder::new()
        .with_options(options)
        .with_encoding(dbase::encoding::UnicodeLossy)
        .open(path)
        .unwrap();
    let name = |record: dbase::Record| match record.get("NAME").unwrap() {
        FieldValue::Character(text) => text.clone().unwrap_or_default(),
        other => panic!("{other:?}"),
    };
    reader.read().unwrap().into_iter().map(name).collect()
}
