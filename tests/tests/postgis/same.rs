//! The same rows and values in PostGIS, GeoPackage and files, for every table.

use quietway_tests::postgres::{TestDatabase, server};
use quietway_tests::{assert_success, monaco};
use serde_json::Value;
use sqlx::postgres::PgConnection;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteRow};
use sqlx::{AssertSqlSafe, Column, ConnectOptions, Row, TypeInfo, ValueRef};
use std::path::Path;

const ALL: &str = "inputs,network,scores,pairs,osm";

fn results(database: &TestDatabase<'_>, out: &Path, edition: &str) {
    let more = ["--edition", edition, "--tiles", "none", "--formats", "gpkg,geojson,csv", "--publish", ALL];
    let mut command = monaco(out, &more);
    assert_success(&command.args(["--database-url", &database.url(), "--schema", edition]).output().unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn geopackage_and_postgis_hold_the_same() {
    let Some(server) = server() else { return };
    let database = tokio::task::spawn_blocking(|| server.database()).await.unwrap();
    let out = tempfile::tempdir().unwrap();
    for edition in ["current", "reference"] {
        let folder = out.path().join(edition);
        tokio::task::block_in_place(|| results(&database, &folder, edition));
        let mut postgis = database.connect().await;
        let file = SqliteConnectOptions::new().filename(folder.join("quietway.gpkg")).read_only(true);
        let mut geopackage = file.connect().await.unwrap();
        let tables: Vec<String> =
            sqlx::query_scalar("SELECT table_name FROM gpkg_contents WHERE table_name <> 'layer_styles' ORDER BY 1")
                .fetch_all(&mut geopackage)
                .await
                .unwrap();
        let theirs: Vec<String> =
            sqlx::query_scalar("SELECT tablename::text COLLATE \"C\" FROM pg_tables WHERE schemaname = $1 ORDER BY 1")
                .bind(edition)
                .fetch_all(&mut postgis)
                .await
                .unwrap();
        assert_eq!(tables, theirs);
        assert!(tables.len() > 20, "{tables:?}");
        for table in tables.iter().map(String::as_str).chain(["routing_links"]) {
            let rows = compare(&mut postgis, &mut geopackage, edition, table).await;
            let wanted = ["osm_points", "osm_lines", "osm_polygons", "routing_links", "run_parameters", "provenance"];
            assert!(rows > 0 || !wanted.contains(&table), "{table} has no rows");
            comments(&mut postgis, &mut geopackage, edition, table).await;
        }
    }
}

/// Every row and value; how many rows.
async fn compare(postgis: &mut PgConnection, geopackage: &mut SqliteConnection, schema: &str, table: &str) -> usize {
    let key = if table == "routing_links" { "id" } else { "fid" };
    let sql = format!("SELECT (to_jsonb(t) - 'geom')::text FROM {schema}.{table} t ORDER BY {key}");
    let ours: Vec<String> = sqlx::query_scalar(AssertSqlSafe(sql)).fetch_all(&mut *postgis).await.unwrap();
    let sql = format!("SELECT * FROM {table} ORDER BY {key}");
    let theirs = sqlx::query(AssertSqlSafe(sql)).fetch_all(geopackage).await.unwrap();
    assert_eq!(ours.len(), theirs.len(), "{table}");
    let mut shapes = Vec::new();
    for (ours, theirs) in ours.iter().zip(&theirs) {
        let ours: Value = serde_json::from_str(ours).unwrap();
        assert_eq!(ours.as_object().unwrap().len() + usize::from(is_map(theirs)), theirs.len(), "{table}: columns");
        for column in theirs.columns().iter().filter(|column| column.name() != "geom") {
            let (ours, theirs) = (&ours[column.name()], cell(theirs, column.ordinal()));
            assert!(same(ours, &theirs), "{table}.{}: {ours} is {theirs:?}", column.name());
        }
        if is_map(theirs) {
            shapes.push(theirs.get::<Option<Vec<u8>>, _>("geom").map(|blob| wkb(&blob).to_vec()));
        }
    }
    if !shapes.is_empty() {
        let sql = format!("SELECT ST_AsBinary(geom, 'NDR') FROM {schema}.{table} ORDER BY fid");
        let ours: Vec<Option<Vec<u8>>> = sqlx::query_scalar(AssertSqlSafe(sql)).fetch_all(postgis).await.unwrap();
        assert!(ours == shapes, "{table}: geometry differs");
    }
    theirs.len()
}

fn is_map(row: &SqliteRow) -> bool {
    row.columns().iter().any(|column| column.name() == "geom")
}

/// What follows the header of a GeoPackage geometry.
fn wkb(blob: &[u8]) -> &[u8] {
    let envelope = if blob[3] & 0b1110 == 0b0010 { 32 } else { 0 };
    &blob[8 + envelope..]
}

#[derive(Debug)]
enum Cell {
    Null,
    Int(i64),
    Float(f64),
    Text(String),
}

fn cell(row: &SqliteRow, at: usize) -> Cell {
    let raw = row.try_get_raw(at).unwrap();
    if raw.is_null() {
        return Cell::Null;
    }
    match raw.type_info().name() {
        "INTEGER" | "BOOLEAN" => Cell::Int(row.get_unchecked(at)),
        "REAL" => Cell::Float(row.get_unchecked(at)),
        "TEXT" => Cell::Text(row.get_unchecked(at)),
        other => panic!("a cell of type {other}"),
    }
}

/// Lists and objects are JSON text in GeoPackages.
fn same(postgis: &Value, geopackage: &Cell) -> bool {
    match (postgis, geopackage) {
        (Value::Null, Cell::Null) => true,
        (Value::Bool(a), Cell::Int(b)) => i64::from(*a) == *b,
        (Value::Number(a), Cell::Int(b)) => a.as_i64() == Some(*b) || a.as_f64() == Some(*b as f64),
        (Value::Number(a), Cell::Float(b)) => a.as_f64() == Some(*b),
        (Value::String(a), Cell::Text(b)) => a == b,
        (Value::Array(_) | Value::Object(_), Cell::Text(b)) => serde_json::from_str::<Value>(b).unwrap() == *postgis,
        _ => false,
    }
}

/// The same meaning of every column in both.
async fn comments(postgis: &mut PgConnection, geopackage: &mut SqliteConnection, schema: &str, table: &str) {
    let sql = "SELECT attname::text, col_description(attrelid, attnum) FROM pg_attribute
               WHERE attrelid = ($1 || '.' || $2)::regclass AND attnum > 0 ORDER BY attname COLLATE \"C\"";
    let ours: Vec<(String, Option<String>)> =
        sqlx::query_as(sql).bind(schema).bind(table).fetch_all(postgis).await.unwrap();
    let sql = "SELECT column_name, description FROM gpkg_data_columns WHERE table_name = ? ORDER BY 1";
    let theirs: Vec<(String, Option<String>)> = sqlx::query_as(sql).bind(table).fetch_all(geopackage).await.unwrap();
    if table != "routing_links" {
        let described: Vec<_> = ours.iter().filter(|(_, comment)| comment.is_some()).cloned().collect();
        assert_eq!(described, theirs, "{table}");
    }
    let silent: Vec<_> = ours.iter().filter(|(_, comment)| comment.is_none()).map(|(name, _)| name).collect();
    let is_source = ["neighborhood_boundary", "neighborhood_census_blocks"].contains(&table);
    assert!(silent.is_empty() || is_source, "{table}: nothing is said of {silent:?}");
}

#[test]
fn files_and_postgis_hold_the_same() {
    let Some(server) = server() else { return };
    let database = server.database();
    let out = tempfile::tempdir().unwrap();
    let folder = out.path().join("results");
    results(&database, &folder, "reference");
    let mut compared = 0;
    for entry in std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()) {
        let table = entry.file_stem().unwrap().to_str().unwrap();
        let text = || std::fs::read_to_string(&entry).unwrap();
        match entry.extension().and_then(|ending| ending.to_str()) {
            Some("csv") => csv_is_what_copy_writes(&database, table, &text()),
            Some("geojson") => properties_are_those_of(&database, table, &text()),
            _ => continue,
        }
        compared += 1;
    }
    assert!(compared > 15, "{compared} files compared");
}

/// Our CSV files are byte for byte what PostgreSQL itself makes of the tables.
fn csv_is_what_copy_writes(database: &TestDatabase<'_>, table: &str, file: &str) {
    let decimals = ["source_metres", "target_metres", "score", "score_original", "score_normalized"];
    let header = file.lines().next().unwrap();
    let columns: Vec<String> = header
        .split(',')
        .map(|name| if decimals.contains(&name) { format!("{name}::numeric(20,4)") } else { name.to_owned() })
        .collect();
    let path = database.server.folder().join(format!("{}.csv", database.name));
    let sql = format!(
        "COPY (SELECT {} FROM reference.{table} ORDER BY fid) TO '{}' (FORMAT csv)",
        columns.join(","),
        path.display()
    );
    database.run(&sql);
    let theirs = std::fs::read_to_string(&path).unwrap();
    let ours = file.split_once('\n').unwrap().1;
    let different = ours.lines().zip(theirs.lines()).find(|(a, b)| a != b);
    assert!(ours == theirs, "{table}: {different:?}");
}

fn properties_are_those_of(database: &TestDatabase<'_>, table: &str, file: &str) {
    let collection: Value = serde_json::from_str(file).unwrap();
    let features = collection["features"].as_array().unwrap();
    let rows = database.texts(&format!("SELECT (to_jsonb(t) - 'geom')::text FROM reference.{table} t ORDER BY fid"));
    assert_eq!(features.len(), rows.len(), "{table}");
    for (feature, row) in features.iter().zip(&rows) {
        let row: Value = serde_json::from_str(row).unwrap();
        for (name, value) in feature["properties"].as_object().unwrap() {
            let equal = *value == row[name] || value.is_number() && value.as_f64() == row[name].as_f64();
            assert!(equal, "{table}.{name}: {value} is {}", row[name]);
        }
    }
}
