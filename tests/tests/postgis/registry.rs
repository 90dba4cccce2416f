//! `quietway db`, and who may touch which schema.

use super::{db, run_into};
use quietway_tests::postgres::server;
use quietway_tests::{assert_success, monaco, root, stderr};

#[test]
fn an_existing_schema_is_refused_replaced_when_told_and_that_of_others_never_touched() {
    let Some(server) = server() else { return };
    let database = server.database();
    let out = tempfile::tempdir().unwrap();
    let folder = |name: &str| out.path().join(name);
    assert_success(&run_into(&database.url(), "mine", &folder("a"), &[]));
    database.run("CREATE TABLE mine.extra (); CREATE SCHEMA theirs; CREATE TABLE theirs.thesis ()");

    let refused = run_into(&database.url(), "mine", &folder("b"), &[]);
    assert_eq!(refused.status.code(), Some(5));
    assert!(stderr(&refused).contains("--overwrite") && !folder("b").exists(), "{}", stderr(&refused));
    assert_eq!(database.texts("SELECT to_regclass('mine.extra')::text"), ["mine.extra"]);

    assert_success(&run_into(&database.url(), "mine", &folder("b"), &["--overwrite"]));
    assert_eq!(database.texts("SELECT to_regclass('mine.extra')::text"), ["NULL"]);

    let refused = run_into(&database.url(), "theirs", &folder("c"), &["--overwrite"]);
    assert_eq!(refused.status.code(), Some(5));
    assert!(stderr(&refused).contains("not made by Quietway"), "{}", stderr(&refused));
    let (code, _, said) = db(&database, &["drop", "theirs"]);
    assert!(code == Some(5) && said.contains("not made by Quietway"), "{said}");
    let (code, _, said) = db(&database, &["drop", "nothing"]);
    assert!(code == Some(5) && said.contains("no schema nothing"), "{said}");
    assert_eq!(db(&database, &["prune", "--keep", "0"]), (Some(0), "dropped mine\n".into(), String::new()));
    assert_eq!(database.schemas(), ["theirs"]);
}

#[test]
fn runs_are_listed_newest_first_dropped_and_pruned() {
    let Some(server) = server() else { return };
    let database = server.database();
    let out = tempfile::tempdir().unwrap();
    for (n, id) in ["One", "two-2", "three.3"].into_iter().enumerate() {
        let mut command = monaco(&out.path().join(id), &["--until", "network", "--tiles", "none", "--formats", "csv"]);
        command.args(["--database-url", &database.url(), "--name", "Ville d'\"eau\""]).env("QUIETWAY_RUN_ID", id);
        assert_success(&command.output().unwrap());
        // The clock in the comment counts seconds: the order must not depend on the speed of this test.
        let schema = ["quietway_one", "quietway_two_2", "quietway_three_3"][n];
        database.run(&format!(
            "DO $$ BEGIN EXECUTE format('COMMENT ON SCHEMA {schema} IS %L', regexp_replace(
               obj_description('{schema}'::regnamespace, 'pg_namespace'), '\"created\":\"....', '\"created\":\"200{n}')); END $$"
        ));
    }
    let (code, listed, _) = db(&database, &["list"]);
    let lines: Vec<&str> = listed.lines().collect();
    assert_eq!((code, lines.len()), (Some(0), 3), "{listed}");
    assert!(
        lines[0].starts_with("quietway_three_3  2002-") && lines[0].ends_with("  current  Ville d'\"eau\""),
        "{listed}"
    );
    assert_eq!(db(&database, &["prune", "--keep", "2"]).1, "dropped quietway_one\n");
    assert_eq!(db(&database, &["drop", "quietway_three_3"]).1, "dropped quietway_three_3\n");
    assert_eq!(database.schemas(), ["quietway_two_2"]);
}

#[test]
fn with_a_database_there_is_no_geopackage_unless_asked_and_nobody_learns_the_password() {
    let Some(server) = server() else { return };
    let database = server.database();
    database.run(&format!(
        "CREATE ROLE with_password LOGIN PASSWORD 'hunter2'; GRANT CREATE ON DATABASE {} TO with_password",
        database.name
    ));
    let out = tempfile::tempdir().unwrap();
    let folder = out.path().join("results");
    let url = server.url_as("with_password:hunter2", &database.name);
    let mut command = monaco(&folder, &["--tiles", "none", "--progress", "json"]);
    let output = command.args(["--schema", "monaco"]).env("DATABASE_URL", &url).output().unwrap();
    assert_success(&output);
    assert!(!folder.join("quietway.gpkg").exists() && folder.join("neighborhood_ways.shp").exists());
    let manifest = std::fs::read_to_string(folder.join("manifest.json")).unwrap();
    let said = manifest.clone() + &String::from_utf8_lossy(&output.stdout) + &stderr(&output);
    assert!(
        !said.contains("hunter2")
            && !database.texts("SELECT value FROM monaco.run_parameters").join(" ").contains("hunter2")
    );
    if let Some(python) = quietway_tests::python() {
        let (script, schema) = (root().join("tests/readers/check_schema.py"), root().join("docs/manifest.schema.json"));
        let check = std::process::Command::new(python).args([&script, &schema, &folder.join("manifest.json")]).output();
        assert_success(&check.unwrap());
    }
    let manifest: serde_json::Value = serde_json::from_str(&manifest).unwrap();
    assert_eq!(manifest["database"]["schema"], "monaco");
    let rows = database.texts("SELECT count(*)::text FROM monaco.neighborhood_ways");
    assert_eq!(manifest["database"]["tables"]["neighborhood_ways"].to_string(), rows[0]);
    let tables = database
        .texts("SELECT count(*)::text FROM pg_tables WHERE schemaname = 'monaco' AND tablename ~ 'osm_|connected'");
    assert_eq!(tables, ["0"], "pairs and OSM features only when asked");
    // The role is the server's, not the database's.
    database.run("DROP OWNED BY with_password; DROP ROLE with_password");
}

#[test]
fn publish_chooses_and_every_table_is_indexed_and_analysed() {
    let Some(server) = server() else { return };
    let database = server.database();
    let out = tempfile::tempdir().unwrap();
    assert_success(&run_into(&database.url(), "monaco", &out.path().join("results"), &["--publish", "scores,pairs"]));
    let tables =
        database.texts("SELECT tablename::text COLLATE \"C\" FROM pg_tables WHERE schemaname = 'monaco' ORDER BY 1");
    assert!(tables.contains(&"neighborhood_census_blocks".into()) && tables.contains(&"neighborhood_parks".into()));
    assert!(tables.contains(&"neighborhood_connected_census_blocks".into()) && tables.contains(&"provenance".into()));
    assert!(!tables.iter().any(|table| table.contains("ways") || table.contains("boundary")), "{tables:?}");
    let without = database.texts(
        "SELECT c.relname::text FROM pg_class c WHERE relnamespace = 'monaco'::regnamespace AND relkind = 'r' AND
           (NOT EXISTS (SELECT FROM pg_index i WHERE i.indrelid = c.oid AND i.indisprimary) OR c.reltuples < 0
            OR obj_description(c.oid, 'pg_class') IS NULL)",
    );
    assert!(without.is_empty(), "no key, statistics or comment: {without:?}");
    let gist =
        "SELECT count(*)::text FROM pg_indexes WHERE schemaname = 'monaco' AND indexdef LIKE '%USING gist (geom)%'";
    let maps = "SELECT count(*)::text FROM geometry_columns WHERE f_table_schema = 'monaco' AND srid = 4326";
    assert_eq!(database.texts(gist), database.texts(maps));
}
