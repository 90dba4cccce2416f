//! Runs of the real binary on the Monaco fixture: what is left in the folder, and what is not.
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic as tests may")]

use quietway_job::manifest::Manifest;
use quietway_tests::{assert_success, fixture, quietway, root, run_monaco, stderr};
use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;
use std::process::Stdio;

fn manifest(folder: &Path) -> Manifest {
    serde_json::from_slice(&std::fs::read(folder.join("manifest.json")).unwrap()).unwrap()
}

/// Path → content of every file below, manifest aside (it holds times).
fn contents(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(next) = folders.pop() {
        for entry in std::fs::read_dir(next).unwrap().map(Result::unwrap) {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(folder).unwrap().to_string_lossy().into_owned();
                found.insert(name, std::fs::read(&path).unwrap());
            }
        }
    }
    found.remove("manifest.json");
    found
}

#[test]
fn a_run_leaves_what_its_manifest_lists() {
    let out = tempfile::tempdir().unwrap();
    let folder = out.path().join("results");
    assert_success(&run_monaco(&folder, &[]));
    let (manifest, files) = (manifest(&folder), contents(&folder));
    for name in [
        "quietway.gpkg",
        "tiles/quietway.pmtiles",
        "neighborhood_ways.geojson",
        "neighborhood_ways.shp",
        "neighborhood_overall_scores.csv",
    ] {
        assert!(files.contains_key(name), "{name} is missing");
    }
    let listed: BTreeMap<_, _> = manifest.artifacts.iter().map(|a| (a.path.clone(), a)).collect();
    assert_eq!(listed.keys().collect::<Vec<_>>(), files.keys().collect::<Vec<_>>());
    for (name, content) in &files {
        assert_eq!(listed[name].bytes, content.len() as u64, "{name}");
    }
    assert_eq!(manifest.edition, "current");
    assert_eq!(manifest.inputs.iter().map(|input| input.role.as_str()).collect::<Vec<_>>(), ["boundary", "osm"]);
    assert!(manifest.inputs[1].timestamp.is_some(), "the OSM data's date");
    let overall = manifest.summary.scores[0].value.unwrap();
    assert!((1.0..99.0).contains(&overall), "overall score {overall}");
}

#[test]
fn same_input_same_bytes_whatever_the_threads() {
    let out = tempfile::tempdir().unwrap();
    let (one, four) = (out.path().join("one"), out.path().join("four"));
    assert_success(&run_monaco(&one, &["--threads", "1"]));
    assert_success(&run_monaco(&four, &["--threads", "4"]));
    let (one, four) = (contents(&one), contents(&four));
    assert_eq!(one.keys().collect::<Vec<_>>(), four.keys().collect::<Vec<_>>());
    for (name, content) in &one {
        assert!(content == &four[name], "{name} differs between 1 and 4 threads");
    }
}

#[test]
fn an_existing_result_is_kept_unless_told() {
    let out = tempfile::tempdir().unwrap();
    let folder = out.path().join("results");
    let few = ["--formats", "csv", "--tiles", "none"];
    assert_success(&run_monaco(&folder, &few));
    std::fs::write(folder.join("notes.txt"), "mine").unwrap();
    let again = run_monaco(&folder, &few);
    assert_eq!(again.status.code(), Some(5), "{}", stderr(&again));
    assert!(stderr(&again).contains("--overwrite"), "{}", stderr(&again));
    assert_success(&run_monaco(&folder, &["--formats", "geojson", "--tiles", "none", "--overwrite"]));
    assert!(!folder.join("neighborhood_overall_scores.csv").exists(), "files of the earlier run go");
    assert!(folder.join("neighborhood_ways.geojson").exists());
    assert_eq!(std::fs::read_to_string(folder.join("notes.txt")).unwrap(), "mine", "files of others stay");
}

#[test]
fn a_folder_of_others_is_never_emptied() {
    let out = tempfile::tempdir().unwrap();
    std::fs::write(out.path().join("thesis.doc"), "years of work").unwrap();
    let refused = run_monaco(out.path(), &["--formats", "csv", "--tiles", "none"]);
    assert_eq!(refused.status.code(), Some(5), "{}", stderr(&refused));
    assert_success(&run_monaco(out.path(), &["--formats", "csv", "--tiles", "none", "--overwrite"]));
    assert!(out.path().join("thesis.doc").exists());
}

#[test]
fn boundary_from_standard_input() {
    let out = tempfile::tempdir().unwrap();
    let mut child = quietway()
        .args([
            "run",
            "--boundary",
            "-",
            "--progress",
            "none",
            "--formats",
            "csv",
            "--tiles",
            "none",
            "--name",
            "Monte-Carlo",
            "--out",
        ])
        .arg(out.path().join("results"))
        .arg("--osm")
        .arg(fixture("monaco/monaco.osm.pbf"))
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    let boundary = std::fs::read(fixture("monaco/boundary.geojson")).unwrap();
    child.stdin.take().unwrap().write_all(&boundary).unwrap();
    assert!(child.wait().unwrap().success());
    assert_eq!(manifest(&out.path().join("results")).place, "Monte-Carlo");
}

#[test]
fn dry_run_writes_nothing() {
    let out = tempfile::tempdir().unwrap();
    let folder = out.path().join("results");
    let output = run_monaco(&folder, &["--dry-run"]);
    assert_success(&output);
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(said.contains("monaco.osm.pbf") && said.contains("import") && said.contains("MB"), "{said}");
    assert!(!folder.exists());
}

#[test]
fn progress_as_json_lines() {
    let out = tempfile::tempdir().unwrap();
    let output =
        run_monaco(&out.path().join("results"), &["--formats", "csv", "--tiles", "none", "--progress", "json"]);
    // clap takes the last of two --progress
    assert_success(&output);
    let events: Vec<serde_json::Value> =
        String::from_utf8(output.stdout).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(events[0]["event"], "plan");
    let last = events.iter().rfind(|event| event["event"] == "finished").unwrap();
    assert_eq!(last["fraction"], 1.0);
}

#[test]
fn partial_runs_stop_where_told() {
    let out = tempfile::tempdir().unwrap();
    for (until, there, absent) in [
        ("network", "neighborhood_ways_intersections.geojson", "neighborhood_overall_scores.csv"),
        ("stress", "mileage.csv", "neighborhood_connected_census_blocks.csv"),
        ("reach", "neighborhood_connected_census_blocks.csv", "neighborhood_overall_scores.csv"),
        ("scores", "neighborhood_overall_scores.csv", "nothing"),
    ] {
        let folder = out.path().join(until);
        assert_success(&run_monaco(&folder, &["--until", until, "--formats", "csv,geojson", "--tiles", "none"]));
        assert!(folder.join(there).exists(), "--until {until} lacks {there}");
        assert!(!folder.join(absent).exists(), "--until {until} has {absent}");
    }
}

#[test]
fn termination_is_at_once_and_leaves_no_manifest() {
    for (signal, code) in [("TERM", 143), ("INT", 130)] {
        let out = tempfile::tempdir().unwrap();
        let folder = out.path().join("results");
        // The boundary never ends, so the run is certainly under way.
        let mut child = quietway()
            .args(["run", "--boundary", "-", "--progress", "json", "--out"])
            .arg(&folder)
            .arg("--osm")
            .arg(fixture("monaco/monaco.osm.pbf"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let _held_open = child.stdin.take(); // waiting would close it, and the boundary would end
        let mut first = [0; 1];
        std::io::Read::read_exact(child.stdout.as_mut().unwrap(), &mut first).unwrap();
        let kill = std::process::Command::new("kill").args(["-s", signal, &child.id().to_string()]).status().unwrap();
        assert!(kill.success());
        let status = child.wait().unwrap();
        assert_eq!(status.code(), Some(code), "SIG{signal}");
        assert!(!folder.join("manifest.json").exists());
        // The next run may take the folder over.
        assert_success(&run_monaco(&folder, &["--formats", "csv", "--tiles", "none", "--overwrite"]));
    }
}

#[test]
fn a_new_category_is_one_row() {
    let out = tempfile::tempdir().unwrap();
    let text = std::fs::read_to_string(root().join("analysis/suites/bna.toml")).unwrap();
    let row = std::fs::read_to_string(root().join("tests/fixtures/libraries.toml")).unwrap();
    let suite = out.path().join("mine.toml");
    std::fs::write(&suite, format!("{text}\n{row}")).unwrap();
    let folder = out.path().join("results");
    assert_success(&run_monaco(&folder, &["--suite", suite.to_str().unwrap()]));
    let read = |name: &str| std::fs::read_to_string(folder.join(name)).unwrap();
    let json = |name: &str| serde_json::from_str::<serde_json::Value>(&read(name)).unwrap();
    let blocks = json("neighborhood_census_blocks.geojson");
    assert!(
        blocks["features"]
            .as_array()
            .unwrap()
            .iter()
            .any(|f| f["properties"]["libraries_high_stress"].as_i64() > Some(0))
    );
    assert!(!json("neighborhood_libraries.geojson")["features"].as_array().unwrap().is_empty());
    assert!(read("neighborhood_overall_scores.csv").contains("core_services_libraries"));
    assert!(read("neighborhood_score_inputs.csv").contains("Average score of access to libraries"));
    let tiles = std::fs::read(folder.join("tiles/quietway.pmtiles")).unwrap();
    assert!(tiles.starts_with(b"PMTiles\x03"));
}

#[test]
fn a_category_that_matches_nothing_is_named_and_harmless() {
    let out = tempfile::tempdir().unwrap();
    let text = std::fs::read_to_string(root().join("analysis/suites/bna.toml")).unwrap();
    let row = std::fs::read_to_string(fixture("libraries.toml")).unwrap();
    let (plain, suite) = (out.path().join("plain"), out.path().join("mine.toml"));
    std::fs::write(&suite, format!("{text}\n{}", row.replace("[\"library\"]", "[\"unicorn_stable\"]"))).unwrap();
    let few = ["--formats", "csv", "--tiles", "none"];
    assert_success(&run_monaco(&plain, &few));
    let folder = out.path().join("mine");
    assert_success(&run_monaco(&folder, &[&few[..], &["--suite", suite.to_str().unwrap()]].concat()));
    let (plain, mine) = (manifest(&plain), manifest(&folder));
    assert!(mine.notes.iter().any(|note| note.contains("matches") && note.contains("libraries")), "{:?}", mine.notes);
    assert_eq!(mine.summary.scores, plain.summary.scores);
}

/// Needs root and mount namespaces for a small disk; says aloud when it skips.
#[test]
fn a_full_disk_is_said_and_leaves_no_result() {
    let disk = tempfile::tempdir().unwrap();
    let small = |command: &str| {
        let script = format!("mount -t tmpfs -o size=256k none {0} && {command}", disk.path().display());
        std::process::Command::new("unshare").args(["-m", "sh", "-c", &script]).output()
    };
    if !small("true").is_ok_and(|output| output.status.success()) {
        return println!("skipped: no right to mount a small disk");
    }
    let run = quietway_tests::monaco(&disk.path().join("results"), &[]);
    let words = std::iter::once(run.get_program()).chain(run.get_args());
    let words: Vec<_> = words.map(|word| format!("'{}'", word.to_string_lossy())).collect();
    let ended =
        small(&format!("{}; code=$?; ls {}/results >&2; exit $code", words.join(" "), disk.path().display())).unwrap();
    assert_eq!(ended.status.code(), Some(5), "{}", stderr(&ended));
    assert!(stderr(&ended).contains("make room") || stderr(&ended).contains("free space"), "{}", stderr(&ended));
    assert!(!stderr(&ended).contains("manifest.json"), "{}", stderr(&ended));
}

#[test]
fn completions_for_every_shell() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let output = quietway().args(["completions", shell]).output().unwrap();
        assert!(output.status.success() && String::from_utf8_lossy(&output.stdout).contains("quietway"), "{shell}");
    }
}
