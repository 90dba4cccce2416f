//! `report.html` and `quietway compare` on the Monaco fixture: their numbers are those of the CSV files, they are valid and stand alone.
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic as tests may")]

use quietway_tests::world::town::Town;
use quietway_tests::{assert_success, quietway, run_monaco, stderr};
use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Output};

/// `<data id="…" value="…">` of a page.
fn values(page: &str) -> BTreeMap<String, f64> {
    let element = |text: &str| {
        let (id, rest) = text.split_once('"')?;
        let value = rest.strip_prefix(" value=\"")?.split_once('"')?.0;
        Some((id.to_owned(), value.parse().ok()?))
    };
    page.split("<data id=\"").skip(1).filter_map(element).collect()
}

/// Rows of a CSV file without quoted commas in the columns asked for.
fn csv(path: &Path, key: usize, value: usize) -> Vec<(String, Option<f64>)> {
    let text = std::fs::read_to_string(path).unwrap();
    let row = |line: &str| {
        let cells: Vec<&str> = line.split(',').collect();
        (cells[key].to_owned(), cells[value].parse().ok())
    };
    text.lines().skip(1).map(row).collect()
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap()
}

fn assert_stands_alone(page: &str) {
    assert!(page.starts_with("<!DOCTYPE html>"));
    for reference in ["src=", "href=", "url("] {
        for target in page.split(reference).skip(1) {
            let target = target.trim_start_matches(['"', '\'']);
            assert!(target.starts_with("data:image/png;base64,"), "{reference}{}", &target[..target.len().min(60)]);
        }
    }
    assert!(!page.contains("<script") && !page.contains("@import"));
}

/// With `html-validate` from npm, where `scripts/test` has put it; says aloud when it skips.
fn assert_valid(page: &Path) {
    let Some(validator) = std::env::var_os("QUIETWAY_HTML_VALIDATE") else {
        return println!("skipped: no html-validate here; run scripts/test");
    };
    let config = quietway_tests::root().join("tests/readers/htmlvalidate.json");
    let run = Command::new(validator).arg("--config").arg(config).arg(page).output().unwrap();
    assert!(run.status.success(), "{}{}", String::from_utf8_lossy(&run.stdout), stderr(&run));
}

#[test]
fn numbers_of_the_report_are_those_of_the_csv_files() {
    let out = tempfile::tempdir().unwrap();
    let folder = out.path().join("results");
    assert_success(&run_monaco(&folder, &["--formats", "csv", "--tiles", "none"]));
    let page = read(&folder.join("report.html"));
    let shown = values(&page);
    let scores = folder.join("neighborhood_overall_scores.csv");
    let mut compared = 0;
    for ((id, original), (_, normalized)) in csv(&scores, 1, 2).into_iter().zip(csv(&scores, 1, 3)) {
        let is_total = id.starts_with("total_") || id.starts_with("population_");
        let expected = if is_total { original } else { normalized };
        let said = shown.get(&format!("score-{id}")).copied();
        // Where nothing can be reached over any street, the CSV's 0 does not count: the page has a dash.
        let is_dash = said.is_none() && expected == Some(0.0);
        assert!(said == expected || is_dash, "{id}: {said:?}, {expected:?}");
        compared += usize::from(said.is_some());
    }
    assert!(compared > 15, "{compared} scores");
    for (kind, miles) in csv(&folder.join("mileage.csv"), 0, 1) {
        assert_eq!(shown[&format!("mileage-{kind}")], miles.unwrap());
        compared += 1;
    }
    for (island, length_m) in csv(&folder.join("neighborhood_islands.csv"), 0, 1).into_iter().take(8) {
        assert_eq!(shown[&format!("island-{island}")], length_m.unwrap());
        compared += 1;
    }
    assert_eq!(shown.len(), compared, "every number that claims to be exact was compared: {shown:?}");
    assert_stands_alone(&page);
    assert_valid(&folder.join("report.html"));
}

#[test]
fn a_report_can_be_left_out_and_is_made_of_what_is_known() {
    let out = tempfile::tempdir().unwrap();
    let few = ["--formats", "csv", "--tiles", "none"];
    let folder = out.path().join("without");
    assert_success(&run_monaco(&folder, &[&few[..], &["--no-report"]].concat()));
    assert!(!folder.join("report.html").exists());
    let folder = out.path().join("stress");
    assert_success(&run_monaco(&folder, &[&few[..], &["--until", "stress"]].concat()));
    let page = read(&folder.join("report.html"));
    assert!(page.contains("no overall score") && page.contains("id=\"stress\"") && !page.contains("id=\"blocks\""));
    assert_valid(&folder.join("report.html"));
    let folder = out.path().join("network");
    assert_success(&run_monaco(&folder, &[&few[..], &["--until", "network"]].concat()));
    assert!(!folder.join("report.html").exists());
}

fn compare(before: &Path, after: &Path, page: &Path, more: &[&str]) -> Output {
    quietway().arg("compare").arg(before).arg(after).arg("--out").arg(page).args(more).output().unwrap()
}

#[test]
fn two_results_are_compared() {
    let out = tempfile::tempdir().unwrap();
    let [a, b] = ["a", "b"].map(|name| out.path().join(name));
    let few = ["--formats", "gpkg", "--tiles", "none", "--no-report"];
    assert_success(&run_monaco(&a, &few));
    assert_success(&run_monaco(&b, &[&few[..], &["--city-speed", "40mph"]].concat()));
    let page = out.path().join("same.html");
    assert_success(&compare(&a, &a, &page, &[]));
    let text = read(&page);
    assert!(text.contains("No street changed.") && text.contains("No block’s score changed."), "{text}");
    assert!(values(&text).values().all(|&change| change == 0.0), "{:?}", values(&text));
    assert_valid(&page);

    let occupied = compare(&a, &b, &page, &[]);
    assert_eq!(occupied.status.code(), Some(5), "{}", stderr(&occupied));
    assert!(stderr(&occupied).contains("--overwrite"));
    assert_eq!(read(&page), text, "the page stays");
    assert_success(&compare(&a, &b, &page, &["--overwrite"]));
    let text = read(&page);
    assert!(text.contains("Became stressful") && text.contains("65 km/h (default of the city)"), "{text}");
    assert!(values(&text)["change-overall_score"] < -0.5, "{:?}", values(&text));
    assert!(text.contains("city-speed") && text.contains("40mph") && !text.contains("{&quot;"), "no JSON for people");
    assert_stands_alone(&text);
    assert_valid(&page);
}

#[test]
fn results_of_different_places_are_not_compared() {
    let out = tempfile::tempdir().unwrap();
    let [a, b] = ["a", "b"].map(|name| out.path().join(name));
    let few = ["--formats", "gpkg", "--tiles", "none", "--no-report"];
    assert_success(&run_monaco(&a, &few));
    let (town, boundary, osm) =
        (Town { lon: 24.9, lat: 60.2 }, out.path().join("b.geojson"), out.path().join("b.osm.pbf"));
    std::fs::write(&boundary, town.boundary(r#"{"name":"Northtown"}"#)).unwrap();
    std::fs::write(&osm, town.pbf(out.path())).unwrap();
    let mut there = quietway();
    there.args(["run", "--country", "FI", "--progress", "none", "--population", "grid", "--boundary"]).arg(&boundary);
    assert_success(&there.arg("--osm").arg(&osm).arg("--out").arg(&b).args(few).output().unwrap());
    let page = out.path().join("page.html");
    let failed = compare(&a, &b, &page, &[]);
    assert_eq!(failed.status.code(), Some(3), "{}", stderr(&failed));
    let said = stderr(&failed);
    assert!(said.contains("different places (Monaco in ") && said.contains("Northtown in "), "{said}");
    assert!(!page.exists());
}

#[test]
fn what_is_no_result_is_not_compared() {
    let out = tempfile::tempdir().unwrap();
    let (a, page) = (out.path().join("a"), out.path().join("page.html"));
    assert_success(&run_monaco(&a, &["--formats", "csv", "--tiles", "none"]));
    let (unfinished, nowhere) = (out.path().join("unfinished"), out.path().join("nowhere"));
    std::fs::create_dir(&unfinished).unwrap();
    for (before, after, says) in [
        (&unfinished, &a, "holds no finished result"),
        (&nowhere, &a, "holds no finished result"),
        (&a, &a, "run it again with gpkg among --formats"),
    ] {
        let failed = compare(before, after, &page, &[]);
        assert_eq!(failed.status.code(), Some(3), "{}", stderr(&failed));
        assert!(stderr(&failed).contains(says), "{}", stderr(&failed));
        assert!(!page.exists());
    }
}
