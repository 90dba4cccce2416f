//! What SQL may not do in a GeoPackage, and that its failures name file, line and the database's words.

use super::{HEAD, failure_of, sql};

fn says(body: &str, words: &str) {
    let said = failure_of(&sql("bad", "time_limit_s = 1", body), &[]);
    assert!(said.contains(words), "{body}: {said}");
}

#[test]
fn a_failing_statement_names_file_and_line() {
    let said =
        failure_of(&sql("bad", "", "CREATE TABLE bad AS SELECT 1 AS n;\n\nINSERT INTO nowhere\nVALUES (1);"), &[]);
    assert_eq!(said, format!("10-bad.sql, line {}: no such table: nowhere", HEAD + 3));
}

#[test]
fn the_run_cannot_be_harmed() {
    for body in [
        "DROP TABLE neighborhood_ways",
        "DELETE FROM neighborhood_census_blocks",
        "UPDATE run.neighborhood_ways SET name = 'x'",
        "INSERT INTO run_parameters (key, value) VALUES ('x', 'y')",
        "ALTER TABLE neighborhood_ways ADD COLUMN x",
        "CREATE TABLE run.bad AS SELECT 1 AS n",
        "CREATE TRIGGER run.t AFTER INSERT ON mileage BEGIN SELECT 1; END",
    ] {
        says(body, "may not change the run's");
    }
}

#[test]
fn nothing_leads_out_of_the_database() {
    for body in [
        "ATTACH DATABASE '/tmp/elsewhere.db' AS elsewhere",
        "DETACH DATABASE run",
        "PRAGMA writable_schema = on",
        "SELECT load_extension('mod_spatialite')",
        "CREATE VIRTUAL TABLE t USING fts5(a)",
    ] {
        says(body, "(an analysis reads the run's tables");
    }
}

#[test]
fn one_that_never_ends_is_ended() {
    let body =
        "CREATE TABLE bad AS WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n) SELECT max(n) AS n FROM n";
    says(body, &format!("10-bad.sql, line {}: stopped after 1 s, its time limit", HEAD + 2));
}

#[test]
fn slow_functions_end_too() {
    let late = format!("10-bad.sql, line {}: stopped after 1 s, its time limit", HEAD + 2);
    // Few steps, each of which takes long.
    says(
        "CREATE TEMP TABLE t AS WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 200) \
         SELECT length(hex(randomblob(30000000))) AS n FROM n; CREATE TABLE bad AS SELECT 1 AS n",
        &late,
    );
    says("CREATE TABLE bad AS SELECT length(randomblob(100000000)) AS n", "a text or blob may have 64 MiB");
}

#[test]
fn what_cannot_be_exported_is_named() {
    says("CREATE TABLE bad AS SELECT x'00ff' AS bytes", "column bytes of table bad has the type BLOB");
    says(
        "CREATE TABLE bad AS SELECT 1 AS n UNION ALL SELECT 'one'",
        "column n of table bad holds values of several types",
    );
    says("CREATE TABLE other AS SELECT 1 AS n", "no table bad was made");
    says("CREATE TABLE bad AS SELECT road_id, geom FROM neighborhood_ways LIMIT 1", "declare its `geometry`");
}

/// With SpatiaLite where it is, and without.
#[test]
fn what_is_no_shape_is_not_silently_empty() {
    let whole = "(SELECT geom FROM neighborhood_ways WHERE road_id = (SELECT min(road_id) FROM neighborhood_ways))";
    for (geom, words) in [
        ("'LINESTRING(7.4 43.7, 7.5 43.8)'", "row 2 of table bad: column geom is text, not a shape"),
        ("7", "row 2 of table bad: column geom is integer, not a shape"),
        ("x'00ff'", "row 2 of table bad: column geom is no"),
        (&format!("substr({whole}, 1, length({whole}) - 3)"), "row 2 of table bad: column geom is no"),
    ] {
        let body = format!("CREATE TABLE bad AS SELECT 1 AS n, {whole} AS geom UNION ALL SELECT 2, {geom}");
        let text = sql("bad", "", &body).replace("-- export", "-- geometry = \"line\"\n-- export");
        let said = failure_of(&text, &[]);
        assert!(said.contains(words), "{geom}: {said}");
    }
}

#[test]
fn what_is_not_there_is_said() {
    let said = failure_of(&sql("bad", "needs = [\"pgrouting\"]", "SELECT 1"), &[]);
    assert!(said.contains("10-bad.sql needs PostgreSQL; give the run a --database-url"), "{said}");
}
