//! Commands of the client.

use super::{HEAD, ended, failure_of, folder, run, sql};
use quietway_job::manifest::AnalysisState;
use quietway_tests::{quietway, stderr};

/// A command that runs a line of a shell: ours never does.
fn command(output: &str, more: &str, script: &str) -> String {
    format!(
        "title = \"Command\"\ncommand = [\"sh\", \"-c\", {script:?}]\n{more}\n[[output]]\nname = \"{output}\"\ntitle = \"Rows\"\nexport = [\"csv\"]\n"
    )
}

/// Why a command failed, beside a good analysis.
fn says(more: &str, script: &str) -> String {
    let good = sql("good", "", "CREATE TABLE good AS SELECT 1 AS n");
    let (_out, results, runs) =
        ended(&[("10-bad.toml", &command("bad", more, script)), ("20-good.sql", &good)], &[], 6);
    assert_eq!(runs[1].state, AnalysisState::Done);
    assert!(results.join("good.csv").exists() && results.join("neighborhood_ways.geojson").exists());
    runs[0].error.clone().unwrap()
}

#[test]
fn files_of_a_command_become_layers() {
    let script = "test -s \"$QUIETWAY_DATABASE\" && printf 'n,word\\n1,a\\n2,\\n' > \"$QUIETWAY_OUTPUT/made.csv\"";
    let (_out, results, runs) = ended(&[("1-made.toml", &command("made", "", script))], &[], 0);
    assert_eq!(runs[0].outputs, ["made"]);
    assert_eq!(std::fs::read_to_string(results.join("made.csv")).unwrap(), "n,word\n1,a\n2,\n");
}

#[test]
fn a_command_cannot_change_the_results_and_sees_none_of_our_secrets() {
    let script = "echo broken > \"$QUIETWAY_DATABASE\"; printf 'n\\n%s\\n' \"${SECRET_OF_OURS:-none}\" > \"$QUIETWAY_OUTPUT/made.csv\"";
    let out = tempfile::tempdir().unwrap();
    let results = out.path().join("results");
    let analyses = folder(&[("1-made.toml", &command("made", "", script))]);
    let mut run = quietway_tests::monaco(&results, &["--formats", "gpkg,csv", "--tiles", "none"]);
    let output = run.arg("--analyses").arg(analyses.path()).env("SECRET_OF_OURS", "hunter2").output().unwrap();
    quietway_tests::assert_success(&output);
    assert_eq!(std::fs::read_to_string(results.join("made.csv")).unwrap(), "n\nnone\n");
    assert!(std::fs::read(results.join("quietway.gpkg")).unwrap().starts_with(b"SQLite format 3"));
}

#[test]
fn limits_hold() {
    let said = says("time_limit_s = 1", "sleep 600 & sleep 600");
    assert!(said.contains("10-bad.toml, line 1: stopped after 1 s, its time limit"), "{said}");
    let said = says("memory_limit_mb = 60", "x=$(head -c 200000000 /dev/zero | tr '\\0' x); echo ${#x}");
    assert!(said.contains("memory_limit_mb = 60"), "{said}");
}

#[test]
fn what_a_command_starts_ends_with_it() {
    let out = tempfile::tempdir().unwrap();
    let alive = out.path().join("alive");
    let script = format!("(while true; do date > {0}; sleep 0.1; done) & sleep 600", alive.display());
    says("time_limit_s = 1", &script);
    std::fs::remove_file(&alive).unwrap();
    std::thread::sleep(std::time::Duration::from_millis(500));
    assert!(!alive.exists(), "its children are gone");
}

#[test]
fn failures_repeat_its_last_words() {
    let said = says("", "echo first; echo sorry >&2; exit 3");
    assert!(said.contains("exit status: 3") && said.contains("sorry"), "{said}");
    assert!(!says("memory_limit_mb = 4000", "exit 3").contains("memory_limit_mb"), "it was not the memory");
    let said = says("", "ln -s /etc/hostname \"$QUIETWAY_OUTPUT/bad.csv\"");
    assert!(said.contains("bad.csv is a link, a folder or a device; leave a file"), "{said}");
    let said = says("", "true");
    assert!(said.contains("it left no bad.geojson, bad.csv or bad.parquet"), "{said}");
    let missing = command("bad", "", "x").replace("\"sh\"", "\"no-such-program\"");
    let (_out, _, runs) = ended(&[("10-bad.toml", &missing)], &[], 6);
    let said = runs[0].error.clone().unwrap();
    assert!(said.contains("cannot start no-such-program") && said.contains("install it"), "{said}");
}

#[test]
fn a_header_of_sql_names_no_command() {
    let text = sql("bad", "command = [\"true\"]", "SELECT 1");
    let out = tempfile::tempdir().unwrap();
    let output = run(folder(&[("1-a.sql", &text)]).path(), &out.path().join("results"), &[]);
    assert_eq!(output.status.code(), Some(3), "{}", stderr(&output));
    assert!(stderr(&output).contains(&format!("line {}", HEAD - 4)), "{}", stderr(&output));
    let none = quietway().args(["run", "--check-analyses"]).output().unwrap();
    assert_eq!(none.status.code(), Some(2), "--check-analyses needs --analyses");
    let said = failure_of(&sql("bad", "", "SELECT ST_Area(geom) FROM nothing"), &[]);
    assert!(said.contains("10-bad.sql, line 8"), "{said}");
}
