//! Analyses in PostgreSQL, through a login that may little.

use super::{FEW, HEAD, folder, manifest, sql};
use quietway_job::manifest::AnalysisState;
use quietway_tests::postgres::{TestDatabase, server};
use quietway_tests::{assert_success, monaco, root, stderr};
use std::path::Path;
use std::process::{Command, Output};

/// A login for analyses, made by the script that users are told to run.
pub(super) fn login(database: &TestDatabase<'_>) -> String {
    let name = format!("analyst_{}", database.name);
    let script = root().join("scripts/create-analyst-login");
    let made = Command::new("bash").arg(script).args(["--sql", &name]).output().unwrap();
    assert_success(&made);
    database.run(&String::from_utf8(made.stdout).unwrap());
    database.server.url_as(&name, &database.name)
}

/// A run of Monaco into a schema, with analyses.
pub(super) fn run(database: &TestDatabase<'_>, analyses: &Path, schema: &str, out: &Path, more: &[&str]) -> Output {
    let mut run = monaco(out, &FEW);
    run.arg("--analyses").arg(analyses).args(["--database-url", &database.url(), "--schema", schema]);
    run.args(more).output().unwrap()
}

/// Why an analysis failed in PostgreSQL; all else must be there.
fn says(database: &TestDatabase<'_>, login: &str, body: &str) -> String {
    let out = tempfile::tempdir().unwrap();
    let results = out.path().join("results");
    let bad = sql("bad", "time_limit_s = 1", body);
    let good = sql("good", "", "CREATE TABLE good AS SELECT 1 AS n");
    let analyses = folder(&[("10-bad.postgis.sql", &bad), ("20-good.sql", &good)]);
    let more = ["--analyses-database-url", login, "--overwrite"];
    let output = run(database, analyses.path(), "monaco", &results, &more);
    assert_eq!(output.status.code(), Some(6), "{body}: {}", stderr(&output));
    assert_eq!(database.schemas(), ["monaco", "other"], "{body}: nothing half-done is left");
    assert_eq!(database.texts("SELECT count(*)::text FROM monaco.good"), ["1"], "{body}");
    assert_ne!(database.texts("SELECT count(*)::text FROM monaco.neighborhood_ways"), ["0"], "{body}");
    let runs = manifest(&results).analyses;
    assert_eq!((runs[0].state, runs[1].state), (AnalysisState::Failed, AnalysisState::Done), "{body}");
    runs[0].error.clone().unwrap()
}

#[test]
fn tables_become_layers_and_tables_of_the_run() {
    let Some(server) = server() else { return };
    let database = server.database();
    let login = login(&database);
    let text = "-- /// quietway\n-- title = \"All kinds\"\n-- [[output]]\n-- name = \"kinds\"\n-- title = \"All kinds of columns\"\n\
                -- geometry = \"polygon\"\n-- export = [\"geojson\"]\n-- columns = { n = \"A number\" }\n-- ///\n\
                CREATE TYPE mood AS ENUM ('calm');\n\
                CREATE TABLE kinds AS SELECT 1::smallint AS n, 0.5::numeric AS share, 'calm'::mood AS mood, true AS yes, \
                ARRAY[1, 2] AS ids, ARRAY['a', 'é'] AS words, '{\"a\": 1}'::jsonb AS json, date '2026-01-02' AS day, NULL::int AS nothing, \
                ST_Transform(ST_Buffer(ST_Transform(geom, 3857), 10), 3857) AS geom FROM neighborhood_boundary;";
    let out = tempfile::tempdir().unwrap();
    let results = out.path().join("results");
    let more = ["--analyses-database-url", login.as_str()];
    assert_success(&run(&database, folder(&[("1-kinds.sql", text)]).path(), "monaco", &results, &more));
    let kinds: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(results.join("kinds.geojson")).unwrap()).unwrap();
    let properties = &kinds["features"][0]["properties"];
    assert_eq!(
        (properties["n"].as_i64(), properties["share"].as_f64(), properties["yes"].as_bool()),
        (Some(1), Some(0.5), Some(true))
    );
    assert_eq!((properties["mood"].as_str(), properties["day"].as_str()), (Some("calm"), Some("2026-01-02")));
    assert!(properties["nothing"].is_null());
    let longitude = kinds["features"][0]["geometry"]["coordinates"][0][0][0][0].as_f64().unwrap();
    assert!((7.3..7.5).contains(&longitude), "reprojected: {longitude}");
    assert_eq!(database.texts("SELECT obj_description('monaco.kinds'::regclass)"), ["All kinds of columns"]);
    assert_eq!(database.texts("SELECT words[2] FROM monaco.kinds"), ["é"]);
    assert_eq!(database.schemas(), ["monaco"]);
    let rights = "SELECT has_schema_privilege(rolname, 'monaco', 'USAGE')::text FROM pg_roles WHERE rolname LIKE 'analyst_' || current_database()";
    assert_eq!(database.texts(rights), ["false"], "its rights end with the run");
}

#[test]
fn a_login_that_may_little_can_do_no_harm() {
    let Some(server) = server() else { return };
    let database = server.database();
    database.run("CREATE SCHEMA other; CREATE TABLE other.secret AS SELECT 1 AS n");
    let login = login(&database);
    let line = HEAD + 2;
    for (body, words) in [
        (
            "CREATE TABLE bad AS SELECT 1 AS n;\nSELECT nothing\n  FROM neighborhood_ways",
            format!("line {}: column \"nothing\" does not exist", line + 1),
        ),
        ("SELECT 1,\n\n  nothing", format!("line {}: column", line + 2)),
        ("DROP TABLE neighborhood_ways", "must be owner of table neighborhood_ways".into()),
        ("DELETE FROM neighborhood_ways", "permission denied for table neighborhood_ways".into()),
        ("SELECT * FROM other.secret", "permission denied for schema other".into()),
        ("CREATE TABLE public.bad AS SELECT 1 AS n", "permission denied for schema public".into()),
        ("CREATE SCHEMA mine", "permission denied for database".into()),
        ("SET ROLE postgres", "permission denied to set role".into()),
        ("COPY (SELECT 1) TO PROGRAM 'true'", "must be superuser".into()),
        ("DO $$ BEGIN COMMIT; END $$", "invalid transaction termination".into()),
        ("CREATE TABLE bad AS SELECT '\\x00'::bytea AS bytes", "column bytes of table bad has the type bytea".into()),
        (
            "CREATE TABLE bad AS SELECT ARRAY[1, 2] AS ids UNION ALL SELECT ARRAY[1, NULL]",
            "row 2 of table bad: column ids holds a list with a NULL in it, which no export can hold; take it out: array_remove(ids, NULL)".into(),
        ),
        (
            "CREATE TABLE bad AS SELECT ARRAY[ARRAY['a'], ARRAY['b']] AS words",
            "row 1 of table bad: column words holds a list of several dimensions".into(),
        ),
        ("SELECT pg_sleep(600)", format!("line {line}: stopped after 1 s, its time limit")),
        (
            "SET statement_timeout = 0; CREATE TABLE bad AS SELECT 1 AS n; SELECT set_config('statement_timeout', '0', false), pg_sleep(600)",
            "its time limit".into(),
        ),
        (
            "DO $$ BEGIN PERFORM set_config('statement_timeout', '0', false); LOOP BEGIN PERFORM pg_sleep(0.01); EXCEPTION WHEN query_canceled THEN NULL; END; END LOOP; END $$",
            "its time limit".into(),
        ),
    ] {
        let said = says(&database, &login, body);
        assert!(said.starts_with("10-bad.postgis.sql") && said.contains(&words), "{body}: {said}");
    }
}

#[test]
fn without_a_login_of_their_own_they_must_be_trusted() {
    let Some(server) = server() else { return };
    let database = server.database();
    let analyses =
        folder(&[("1-n.sql", &sql("n", "", "CREATE TABLE n AS SELECT count(*) AS n FROM neighborhood_ways"))]);
    let out = tempfile::tempdir().unwrap();
    let refused = run(&database, analyses.path(), "monaco", &out.path().join("refused"), &[]);
    assert_eq!(refused.status.code(), Some(2), "{}", stderr(&refused));
    assert!(stderr(&refused).contains("--trust-analyses"), "{}", stderr(&refused));
    let powerful = ["--analyses-database-url", &database.url()];
    let refused = run(&database, analyses.path(), "monaco", &out.path().join("refused"), &powerful);
    assert_eq!(refused.status.code(), Some(2), "{}", stderr(&refused));
    assert!(stderr(&refused).contains("postgres, which is a superuser"), "{}", stderr(&refused));
    assert!(!out.path().join("refused").exists() && database.schemas().is_empty());
    let trusted = out.path().join("trusted");
    assert_success(&run(&database, analyses.path(), "monaco", &trusted, &["--trust-analyses"]));
    assert!(trusted.join("n.csv").exists());
    assert_eq!(database.schemas(), ["monaco"]);
}

#[test]
fn only_the_analyses_of_a_schema_and_checks_leave_it_as_it_was() {
    let Some(server) = server() else { return };
    let database = server.database();
    let login = login(&database);
    let text = sql("n", "", "CREATE TABLE n AS SELECT count(*) AS n FROM neighborhood_ways");
    let analyses = folder(&[("1-n.sql", &text)]);
    let out = tempfile::tempdir().unwrap();
    let (first, second) = (out.path().join("first"), out.path().join("second"));
    assert_success(
        &monaco(&first, &FEW).args(["--database-url", &database.url(), "--schema", "monaco"]).output().unwrap(),
    );
    let mut again = quietway_tests::quietway();
    again.args(["run", "--analyses-only", "--progress", "none", "--from"]).arg(&first).arg("--out").arg(&second);
    again.arg("--analyses").arg(analyses.path()).args([
        "--database-url",
        &database.url(),
        "--analyses-database-url",
        &login,
    ]);
    assert_success(&again.output().unwrap());
    assert!(std::fs::read_to_string(second.join("n.csv")).unwrap().trim().len() > 3);
    let mut check = quietway_tests::quietway();
    check.args(["run", "--check-analyses", "--database-url", &database.url(), "--analyses-database-url", &login]);
    assert_success(&check.arg("--analyses").arg(analyses.path()).output().unwrap());
    assert_eq!(database.schemas(), ["monaco"]);
    assert!(database.texts("SELECT relname::text FROM pg_class WHERE relname = 'n'").is_empty());
}
