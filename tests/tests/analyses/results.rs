//! What analyses make in a GeoPackage, and how they are asked for.

use super::{FEW, HEAD, ended, folder, manifest, run, sql};
use quietway_job::manifest::AnalysisState;
use quietway_tests::{assert_success, quietway, stderr};

#[test]
fn tables_become_layers_in_every_place() {
    let calm = "-- /// quietway\n-- title = \"Calm\"\n-- [[output]]\n-- name = \"calm\"\n-- title = \"Calm streets\"\n\
                -- geometry = \"line\"\n-- export = [\"geojson\", \"csv\"]\n-- columns = { road_id = \"The segment\" }\n-- ///\n\
                CREATE TABLE calm AS SELECT road_id, name, xwalk IS NOT NULL AS crosses, geom FROM neighborhood_ways WHERE ft_seg_stress = 1;\n";
    let place = sql("place", "", "CREATE TABLE place AS SELECT value FROM run_parameters WHERE key = 'place';");
    let more = sql("again", "", "CREATE TABLE again AS SELECT count(*) AS n FROM calm;");
    let files = [("10-calm.sql", calm), ("20-place.sql", place.as_str()), ("30-again.sql", more.as_str())];
    let (_out, results, runs) = ended(&files, &["--formats", "gpkg,csv,geojson"], 0);
    assert_eq!(runs.iter().map(|run| run.outputs.join("")).collect::<Vec<_>>(), ["calm", "place", "again"]);
    let read = |name: &str| std::fs::read_to_string(results.join(name)).unwrap();
    let calm: serde_json::Value = serde_json::from_str(&read("calm.geojson")).unwrap();
    let ways: serde_json::Value = serde_json::from_str(&read("neighborhood_ways.geojson")).unwrap();
    let theirs: Vec<_> =
        ways["features"].as_array().unwrap().iter().filter(|way| way["properties"]["ft_seg_stress"] == 1).collect();
    let ours = calm["features"].as_array().unwrap();
    assert!(ours.len() > 100 && ours.len() == theirs.len());
    for (our, their) in ours.iter().zip(theirs) {
        assert_eq!(our["geometry"], their["geometry"]);
        assert_eq!(our["properties"]["road_id"], their["properties"]["road_id"]);
    }
    assert_eq!(
        read("again.csv").lines().nth(1).unwrap(),
        ours.len().to_string(),
        "a later analysis sees an earlier one's table"
    );
    assert_eq!(read("place.csv").lines().nth(1).unwrap(), manifest(&results).place);
    assert!(read("csv-metadata.json").contains("The segment"));
    let geopackage = std::fs::read(results.join("quietway.gpkg")).unwrap();
    assert!(geopackage.windows(12).any(|window| window == b"Calm streets"), "the table is in the GeoPackage too");
    let listed: Vec<_> = manifest(&results).artifacts.into_iter().map(|artifact| artifact.path).collect();
    assert!(listed.contains(&"calm.geojson".to_owned()) && !listed.contains(&"place.geojson".to_owned()));
}

#[test]
fn analyses_read_a_geopackage_that_nobody_wants() {
    let text = sql("n", "", "CREATE TABLE n AS SELECT count(*) AS n FROM neighborhood_ways;");
    let (_out, results, _) = ended(&[("1-n.sql", &text)], &[], 0);
    assert!(!results.join("quietway.gpkg").exists());
    assert!(
        std::fs::read_to_string(results.join("n.csv"))
            .unwrap()
            .trim_start_matches("n\n")
            .trim()
            .parse::<u64>()
            .unwrap()
            > 1000
    );
}

#[test]
fn what_an_analysis_needs_is_published_for_it() {
    let text = sql(
        "n",
        "needs = [\"pairs\", \"osm\"]",
        "CREATE TABLE n AS SELECT (SELECT count(*) FROM neighborhood_connected_census_blocks) AS pairs, (SELECT count(*) FROM osm_lines) AS lines;",
    );
    let (_out, results, _) = ended(&[("1-n.sql", &text)], &[], 0);
    let csv = std::fs::read_to_string(results.join("n.csv")).unwrap();
    assert!(csv.lines().nth(1).unwrap().split(',').all(|count| count.parse::<u64>().unwrap() > 100), "{csv}");
}

#[test]
fn files_for_the_other_database_are_skipped() {
    let text = sql("n", "", "CREATE TABLE n AS SELECT 1 AS n;");
    let (_out, _, runs) = ended(&[("1-n.postgis.sql", &text), ("2-n.sqlite.sql", &text)], &[], 0);
    assert_eq!(runs.iter().map(|run| run.state).collect::<Vec<_>>(), [AnalysisState::Skipped, AnalysisState::Done]);
}

#[test]
fn a_million_rows_are_a_layer() {
    let text = sql(
        "many",
        "",
        "CREATE TABLE many AS WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 1000000) SELECT n FROM n;",
    );
    let (_out, results, _) = ended(&[("1-many.sql", &text)], &[], 0);
    assert_eq!(std::fs::read_to_string(results.join("many.csv")).unwrap().lines().count(), 1_000_001);
}

#[test]
fn only_the_analyses_of_a_finished_run() {
    let out = tempfile::tempdir().unwrap();
    let (first, second) = (out.path().join("first"), out.path().join("second"));
    let text =
        |n: u32| sql("n", "", &format!("CREATE TABLE n AS SELECT {n} AS n, count(*) AS ways FROM neighborhood_ways;"));
    assert_success(&run(folder(&[("1-n.sql", &text(1))]).path(), &first, &["--formats", "gpkg,csv"]));
    let before = std::fs::read(first.join("manifest.json")).unwrap();
    let again = |analyses: &str| {
        let mut command = quietway();
        command.args(["run", "--analyses-only", "--progress", "none", "--overwrite", "--from"]).arg(&first);
        command
            .arg("--out")
            .arg(&second)
            .arg("--analyses")
            .arg(folder(&[("1-n.sql", analyses)]).keep())
            .args(FEW)
            .output()
            .unwrap()
    };
    assert_success(&again(&text(2)));
    assert_eq!(std::fs::read(first.join("manifest.json")).unwrap(), before, "the earlier results stay as they are");
    let csv = |folder: &std::path::Path| std::fs::read_to_string(folder.join("n.csv")).unwrap();
    assert_eq!(csv(&second), csv(&first).replace("\n1,", "\n2,"));
    assert_eq!(manifest(&second).place, manifest(&first).place);
    let failed = again(&text(2).replace("neighborhood_ways", "no_such_table"));
    assert_eq!(failed.status.code(), Some(6), "{}", stderr(&failed));
    assert!(second.join("manifest.json").exists());
    let nothing = quietway()
        .args(["run", "--analyses-only", "--from", "no such folder", "--out"])
        .arg(out.path().join("x"))
        .arg("--analyses")
        .arg(folder(&[("1-n.sql", &text(1))]).path())
        .output()
        .unwrap();
    assert_eq!(nothing.status.code(), Some(3), "{}", stderr(&nothing));
    assert!(stderr(&nothing).contains("give the folder that a run has left"), "{}", stderr(&nothing));
}

fn check(files: &[(&str, &str)]) -> std::process::Output {
    quietway().args(["run", "--check-analyses", "--analyses"]).arg(folder(files).path()).output().unwrap()
}

#[test]
fn checking_needs_no_place() {
    let good = sql("n", "", "CREATE TABLE n AS SELECT count(*) AS n, max(road_id) AS last FROM neighborhood_ways;");
    let output = check(&[("1-n.sql", &good), ("2-x.postgis.sql", &sql("x", "", "SELECT 1"))]);
    assert_success(&output);
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(said.contains("1-n  good") && said.contains("2-x  for the other database"), "{said}");
    let bad = check(&[("1-n.sql", &good.replace("road_id", "rode_id"))]);
    assert_eq!(bad.status.code(), Some(6));
    assert!(stderr(&bad).contains(&format!("1-n.sql, line {}: no such column: rode_id", HEAD + 1)), "{}", stderr(&bad));
}

#[test]
fn faults_of_headers_are_said_before_the_long_work() {
    for (name, text, said) in [
        ("1-a.sql", "SELECT 1".to_owned(), "1-a.sql, line 1: has no header"),
        ("1-a.sql", sql("a", "colour = 1", "SELECT 1"), "1-a.sql, line 3: unknown field `colour`"),
        ("1-a.sql", sql("a", "", "SELECT 1;\nCOMMIT;"), "1-a.sql, line 9: COMMIT is not for an analysis"),
        ("1-a.sql", sql("a", "", "BEGIN; SELECT 1"), "1-a.sql, line 8: BEGIN is not for an analysis"),
        ("1-a.sql", sql("neighborhood_ways", "", "SELECT 1"), "belongs to the run's own tables"),
        ("notes.txt", String::new(), "holds no analysis"),
    ] {
        let out = tempfile::tempdir().unwrap();
        let results = out.path().join("results");
        let output = run(folder(&[(name, &text)]).path(), &results, &[]);
        assert_eq!(output.status.code(), Some(3), "{}", stderr(&output));
        assert!(stderr(&output).contains(said), "{}", stderr(&output));
        assert!(!results.exists(), "nothing was begun");
    }
    let same = sql("a", "", "SELECT 1");
    let output = check(&[("1-a.sql", &same), ("2-b.sql", &same)]);
    assert_eq!(output.status.code(), Some(3));
    assert!(stderr(&output).contains("1-a.sql and 2-b.sql both make \"a\""), "{}", stderr(&output));
    let broken = tempfile::tempdir().unwrap();
    std::fs::write(broken.path().join("1-a.sql"), b"-- /// quietway\n-- title = \"caf\xe9\"\n-- ///\n").unwrap();
    let output = quietway().args(["run", "--check-analyses", "--analyses"]).arg(broken.path()).output().unwrap();
    assert_eq!(output.status.code(), Some(3));
    assert!(stderr(&output).contains("1-a.sql, line 2: is not UTF-8"), "{}", stderr(&output));
}
