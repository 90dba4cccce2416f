//! Places measured from their boundary alone, in a miniature world behind a real HTTP server: streets, blocks, jobs, population and speeds
//! are found, fetched, read and named in the results.
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic as tests may")]

use quietway_job::manifest::Manifest;
use quietway_tests::world::town::Town;
use quietway_tests::world::{STATE_LINE, World};
use quietway_tests::{assert_success, stderr};
use serde_json::Value;
use std::io::Read;
use std::path::Path;
use std::process::{Command, Output};

const MARYLAND: Town = Town { lon: -76.60, lat: 39.45 };
const ON_THE_LINE: Town = Town { lon: -76.60, lat: STATE_LINE };
const PUERTO_RICO: Town = Town { lon: -66.06, lat: 18.36 };
const FINLAND: Town = Town { lon: 25.7, lat: 62.25 };
const ICELAND: Town = Town { lon: -20.0, lat: 64.0 };

const EVERYWHERE: fn(f64) -> bool = |_| true;

/// Maryland with all that belongs to it.
fn maryland() -> World {
    let world = World::new();
    world.put_region("north-america/us/maryland", &MARYLAND);
    world.put_blocks("24", &MARYLAND, EVERYWHERE);
    world.put_jobs(("md", "24"), &MARYLAND, EVERYWHERE, &[(2021, 4), (2022, 10)]);
    world
}

fn finland() -> World {
    let world = World::new();
    world.put_region("europe/finland", &FINLAND);
    world.put_raster("FIN", &FINLAND, |_| 50.0);
    world
}

fn manifest(folder: &Path) -> Manifest {
    serde_json::from_slice(&std::fs::read(folder.join("manifest.json")).unwrap()).unwrap()
}

fn run(world: &World, town: &Town, properties: &str, more: &[&str]) -> (Output, std::path::PathBuf) {
    let boundary = world.boundary(town, properties);
    let output = world.run(&boundary, "results").args(more).output().unwrap();
    (output, world.folder.path().join("results"))
}

/// A run that must succeed: its manifest and its folder.
fn measured(world: &World, town: &Town, properties: &str, more: &[&str]) -> (Manifest, std::path::PathBuf) {
    let (output, folder) = run(world, town, properties, more);
    assert_success(&output);
    (manifest(&folder), folder)
}

fn refused(output: &Output, folder: &Path, code: i32, words: &[&str]) {
    let said = stderr(output);
    assert_eq!(output.status.code(), Some(code), "{said}");
    for word in words {
        assert!(said.contains(word), "no \"{word}\" in: {said}");
    }
    assert!(!folder.exists(), "a failed acquisition leaves nothing behind");
}

/// A column of a table; values as JSON writes them, words bare, nothing for nothing.
fn column(folder: &Path, table: &str, name: &str) -> Vec<String> {
    let text = |value: &Value| match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    };
    if let Ok(bytes) = std::fs::read(folder.join(format!("{table}.geojson"))) {
        let table: Value = serde_json::from_slice(&bytes).unwrap();
        let rows = table["features"].as_array().unwrap().iter().map(|row| &row["properties"]);
        return rows.map(|row| text(row.get(name).unwrap_or_else(|| panic!("no {name} in {row}")))).collect();
    }
    let csv = std::fs::read_to_string(folder.join(format!("{table}.csv"))).unwrap();
    let rows: Vec<Vec<&str>> = csv.lines().map(|line| line.split(',').collect()).collect();
    let at = rows[0].iter().position(|found| *found == name).unwrap_or_else(|| panic!("{name} in {:?}", rows[0]));
    rows[1..].iter().map(|row| row[at].to_owned()).collect()
}

fn roles(manifest: &Manifest) -> Vec<&str> {
    manifest.inputs.iter().map(|input| input.role.as_str()).collect()
}

/// The jobs of the study area, as they were read and saved.
fn jobs(folder: &Path) -> f64 {
    let file = std::fs::File::open(folder.join("inputs/jobs.csv.gz")).unwrap();
    let mut text = String::new();
    flate2::read::GzDecoder::new(file).read_to_string(&mut text).unwrap();
    let count = |line: &str| line.split(',').nth(1).unwrap().parse::<f64>().unwrap();
    text.lines().skip(1).map(count).sum()
}

#[test]
fn a_us_town() {
    let world = maryland();
    let (manifest, folder) = measured(&world, &MARYLAND, r#"{"NAME":"Town","GEOID":"2404000"}"#, &[]);
    assert_eq!(roles(&manifest), ["boundary", "osm", "blocks", "speeds", "speeds", "jobs", "jobs"]);
    assert_eq!(manifest.place, "Town");
    assert_eq!(manifest.parameters["country"], "US");
    assert!(manifest.summary.scores[0].value.is_some());
    // Speeds of the tables, the city's code from the boundary.
    assert_eq!(column(&folder, "residential_speed_limit", "city_speed"), ["20"]);
    assert_eq!(column(&folder, "residential_speed_limit", "state_speed"), ["30"]);
    assert_eq!(column(&folder, "residential_speed_limit", "city_fips_code"), ["2404000"]);
    // The newest year, main and aux together.
    assert!(jobs(&folder) > 0.0 && jobs(&folder) % 10.0 == 0.0, "{}", jobs(&folder));
    assert!(world.asked().iter().any(|path| path.ends_with("md_od_aux_JT00_2022.csv.gz")));
    assert!(!world.asked().iter().any(|path| path.ends_with("2021.csv.gz")));
    // Whose data they are, in manifest and results.
    for input in &manifest.inputs[1..] {
        assert!(input.url.as_ref().unwrap().starts_with(&world.server.base), "{input:?}");
        assert!(input.licence.is_some() && input.attribution.is_some());
        assert_eq!(input.date.as_deref(), Some("2026-11-20"));
    }
    assert!(manifest.artifacts.iter().any(|artifact| artifact.path == "ATTRIBUTION.txt"));
    let credits = std::fs::read_to_string(folder.join("ATTRIBUTION.txt")).unwrap();
    for words in
        ["© OpenStreetMap contributors", "ODbL-1.0", "U.S. Census Bureau", "LODES 8", "maryland-latest.osm.pbf"]
    {
        assert!(credits.contains(words), "{credits}");
    }
}

#[test]
fn years_of_jobs() {
    let world = maryland();
    let boundary = world.boundary(&MARYLAND, "{}");
    assert_success(&world.run(&boundary, "newest").output().unwrap());
    assert_success(&world.run(&boundary, "old").args(["--jobs-year", "2021"]).output().unwrap());
    let [newest, old] = ["newest", "old"].map(|out| jobs(&world.folder.path().join(out)));
    assert_eq!(newest * 4.0, old * 10.0);
    let (output, folder) = run(&world, &MARYLAND, "{}", &["--jobs-year", "2015"]);
    refused(&output, &folder, 4, &["no jobs of 2015", "[2021, 2022]", "--jobs-year"]);
}

#[test]
fn across_a_state_line() {
    let world = World::new();
    // Both regions hold the whole town, as real ones overlap: everything stands twice.
    world.put_region("north-america/us/maryland", &ON_THE_LINE);
    world.put_region("north-america/us/pennsylvania", &ON_THE_LINE);
    let (south, north) = (|lat: f64| lat < STATE_LINE, |lat: f64| lat > STATE_LINE);
    world.put_blocks("24", &ON_THE_LINE, south);
    world.put_blocks("42", &ON_THE_LINE, north);
    world.put_jobs(("md", "24"), &ON_THE_LINE, south, &[(2022, 10)]);
    world.put_jobs(("pa", "42"), &ON_THE_LINE, north, &[(2022, 6)]);
    let (manifest, folder) = measured(&world, &ON_THE_LINE, "{}", &[]);
    let osm = manifest.inputs.iter().filter(|input| input.role == "osm").count();
    assert_eq!(osm, 2, "{:?}", roles(&manifest));
    let ids = column(&folder, "neighborhood_census_blocks", "geoid20");
    let of = |fips: &str| ids.iter().filter(|id| id.starts_with(fips)).count();
    assert!(of("24") > 0 && of("24") == of("42"), "{ids:?}");
    assert_eq!(jobs(&folder), 10.0 * of("24") as f64 + 6.0 * of("42") as f64);

    // The streets are those of one file.
    let boundary = world.boundary(&ON_THE_LINE, "{}");
    let pbf = world.folder.path().join("one.osm.pbf");
    std::fs::write(&pbf, ON_THE_LINE.pbf(world.folder.path())).unwrap();
    assert_success(
        &world.run(&boundary, "one").args(["--population", "census"]).arg("--osm").arg(&pbf).output().unwrap(),
    );
    let same = |name: &str| std::fs::read(world.folder.path().join(name).join("neighborhood_ways.geojson")).ok();
    assert_eq!(same("one"), same("results"));
}

#[test]
fn puerto_rico_has_no_jobs() {
    let world = World::new();
    world.put_region("north-america/us/puerto-rico", &PUERTO_RICO);
    world.put_blocks("72", &PUERTO_RICO, EVERYWHERE);
    let (manifest, _) = measured(&world, &PUERTO_RICO, "{}", &[]);
    assert!(!roles(&manifest).contains(&"jobs"));
    assert!(manifest.notes.iter().any(|note| note.contains("no job data of PR")), "{:?}", manifest.notes);
    assert_eq!(manifest.parameters["country"], "US");
    assert!(manifest.summary.scores[0].value.is_some());
}

#[test]
fn a_state_without_a_listing_has_no_jobs() {
    let world = maryland();
    world.remove("lodes/data/lodes/LODES8/md/od/");
    let (manifest, _) = measured(&world, &MARYLAND, "{}", &[]);
    assert!(!roles(&manifest).contains(&"jobs"));
    assert!(manifest.notes.iter().any(|note| note.contains("no job data of MD")), "{:?}", manifest.notes);
}

#[test]
fn a_finnish_town() {
    let world = finland();
    let (manifest, folder) = measured(&world, &FINLAND, r#"{"name":"Kylä"}"#, &[]);
    assert_eq!(roles(&manifest), ["boundary", "osm", "population"]);
    assert_eq!(manifest.parameters["country"], "FI");
    // The law of the country: 50 km/h is too fast.
    let reasons = column(&folder, "neighborhood_ways", "ft_seg_stress_reason");
    assert!(!reasons.is_empty(), "no street");
    let text = std::fs::read_to_string(folder.join("neighborhood_ways.geojson")).unwrap();
    assert!(text.contains("50 km/h (legal default in towns of the country): too fast"), "{}", &text[..2000]);
    let population = column(&folder, "neighborhood_census_blocks", "pop20");
    assert!(population.iter().all(|people| people.parse::<f64>() == Ok(50.0)), "{population:?}");

    let boundary = world.boundary(&FINLAND, "{}");
    assert_success(&world.run(&boundary, "slow").args(["--residential-speed", "30km/h"]).output().unwrap());
    let text = std::fs::read_to_string(world.folder.path().join("slow/neighborhood_ways.geojson")).unwrap();
    assert!(text.contains("30 km/h (default of the city): calm"));
    // The reference knows no such law.
    assert_success(&world.run(&boundary, "reference").args(["--edition", "reference"]).output().unwrap());
    let speeds = column(&world.folder.path().join("reference"), "residential_speed_limit", "city_speed");
    assert_eq!(speeds, [""]);
}

#[test]
fn a_town_between_two_countries_reads_both_rasters() {
    // Tornio and Haparanda; the mirror has one region with both.
    let town = Town { lon: 24.14, lat: 65.845 };
    let world = World::new();
    world.put_region("europe/finland", &town);
    world.put_raster("FIN", &town, |lon| if lon > town.lon { 40.0 } else { -99999.0 });
    world.put_raster("SWE", &town, |lon| if lon < town.lon { 60.0 } else { -99999.0 });
    let (_, folder) = measured(&world, &town, "{}", &[]);
    let people = column(&folder, "neighborhood_census_blocks", "pop20");
    assert!(people.contains(&"40.0".to_owned()) && people.contains(&"60.0".to_owned()), "{people:?}");
}

#[test]
fn no_region_covers_the_place() {
    let world = World::new();
    let (output, folder) = run(&world, &ICELAND, r#"{"name":"Bær"}"#, &[]);
    let words = ["none of the 5 regions of", "index-v1.json covers Bær", "--osm", "overpass"];
    refused(&output, &folder, 4, &words);
    // The high seas.
    let (output, folder) = run(&world, &Town { lon: -40.0, lat: 40.0 }, r#"{"name":"Atlantis"}"#, &[]);
    refused(&output, &folder, 3, &["Atlantis lies in no country", "--country"]);
}

#[test]
fn overpass() {
    let world = finland();
    world.put("overpass/api/interpreter", FINLAND.xml().into_bytes());
    let (manifest, folder) = measured(&world, &FINLAND, "{}", &["--osm-source", "overpass"]);
    let osm = manifest.inputs.iter().find(|input| input.role == "osm").unwrap();
    assert!(osm.url.as_ref().unwrap().contains("/interpreter?data=%5Bout%3Axml%5D"), "{osm:?}");
    assert!(!world.asked().iter().any(|path| path.contains("geofabrik")));
    let boundary = world.boundary(&FINLAND, "{}");
    assert_success(&world.run(&boundary, "region").output().unwrap());
    let ways = |folder: &Path| std::fs::read(folder.join("neighborhood_ways.geojson")).unwrap();
    assert_eq!(ways(&folder), ways(&world.folder.path().join("region")));
}

#[test]
fn overpass_is_not_asked_for_much() {
    let world = finland();
    let path = world.folder.path().join("large.geojson");
    let square = r#"{"type":"Polygon","coordinates":[[[25,62],[26,62],[26,62.6],[25,62.6],[25,62]]]}"#;
    std::fs::write(&path, format!(r#"{{"type":"Feature","properties":{{}},"geometry":{square}}}"#)).unwrap();
    let output = world.run(&path, "results").args(["--osm-source", "overpass"]).output().unwrap();
    refused(&output, &world.folder.path().join("results"), 3, &["Overpass", "km²", "--osm-source"]);
    assert!(world.asked().is_empty());
}

#[test]
fn what_is_not_there_is_named_with_the_flag_that_spares_it() {
    let world = maryland();
    world.remove("census/geo/tiger/TIGER2020/TABBLOCK20/tl_2020_24_tabblock20.zip");
    let (output, folder) = run(&world, &MARYLAND, "{}", &[]);
    refused(&output, &folder, 4, &["tl_2020_24_tabblock20.zip", "404", "--blocks"]);
    let world = finland();
    world.put("geofabrik/index-v1.json", b"<html>busy</html>".to_vec());
    let (output, folder) = run(&world, &FINLAND, "{}", &[]);
    refused(&output, &folder, 4, &["index-v1.json is no index of regions", "--osm"]);
    let world = maryland();
    world.put("speeds/state_fips_speed.csv", b"state,fips_code_state,speed\nMD,24,fast\n".to_vec());
    let (output, folder) = run(&world, &MARYLAND, "{}", &[]);
    refused(&output, &folder, 4, &["state_fips_speed.csv, line 2", "--state-speed"]);
}

#[test]
fn a_failed_acquisition_keeps_the_results_of_before() {
    let world = finland();
    let (_, folder) = measured(&world, &FINLAND, "{}", &[]);
    let before = std::fs::read(folder.join("manifest.json")).unwrap();
    world.remove("geofabrik/europe/finland-latest.osm.pbf.md5");
    let (output, _) = run(&world, &FINLAND, "{}", &["--overwrite"]);
    assert_eq!(output.status.code(), Some(4), "{}", stderr(&output));
    assert_eq!(std::fs::read(folder.join("manifest.json")).unwrap(), before);
    // And an occupied folder is refused before anything is asked for.
    let asked = world.asked().len();
    let (output, _) = run(&world, &FINLAND, "{}", &[]);
    assert_eq!(output.status.code(), Some(5), "{}", stderr(&output));
    assert_eq!(world.asked().len(), asked);
}

#[test]
fn own_data_win_and_then_nothing_is_asked_for() {
    let world = maryland();
    let pbf = world.folder.path().join("own.osm.pbf");
    std::fs::write(&pbf, MARYLAND.pbf(world.folder.path())).unwrap();
    let own = ["--osm", pbf.to_str().unwrap()];
    let (manifest, folder) = measured(&world, &MARYLAND, r#"{"GEOID":"2404000"}"#, &own);
    assert_eq!(roles(&manifest), ["boundary", "osm"]);
    assert_eq!(column(&folder, "residential_speed_limit", "city_fips_code"), [""]);
    assert!(world.asked().is_empty(), "{:?}", world.asked());
    assert!(!world.folder.path().join("cache").exists(), "no cache is opened when nothing is fetched");

    // Unless the user asks for the blocks of the census.
    let own = [own.as_slice(), &["--population", "census", "--overwrite"]].concat();
    let (manifest, _) = measured(&world, &MARYLAND, "{}", &own);
    assert!(roles(&manifest).contains(&"blocks"), "{:?}", roles(&manifest));
}

#[test]
fn the_brokenspoke_layout_knows_where_it_is() {
    let world = maryland();
    let (output, folder) = run(&world, &MARYLAND, r#"{"name":"Town"}"#, &["--layout", "brokenspoke"]);
    assert_success(&output);
    assert!(folder.join("united states/maryland/town").is_dir());
}

#[test]
fn a_dry_run_says_what_it_would_fetch_and_asks_for_nothing() {
    let world = maryland();
    let boundary = world.boundary(&MARYLAND, "{}");
    let output = world.run(&boundary, "results").arg("--dry-run").output().unwrap();
    assert_success(&output);
    let said = String::from_utf8(output.stdout).unwrap();
    for words in ["country US, data of MD", "geofabrik/index-v1.json", "tl_2020_24_tabblock20.zip", "LODES8/md/od/"] {
        assert!(said.contains(words), "no {words} in {said}");
    }
    assert!(world.asked().is_empty() && !world.folder.path().join("results").exists());
}

/// Every file of a result but the manifest, which tells times.
fn contents(folder: &Path) -> std::collections::BTreeMap<String, Vec<u8>> {
    let manifest = manifest(folder);
    let read = |path: &str| std::fs::read(folder.join(path)).unwrap();
    manifest.artifacts.iter().map(|artifact| (artifact.path.clone(), read(&artifact.path))).collect()
}

#[test]
fn offline_after_fetch_opens_no_socket() {
    for (world, town) in [(maryland(), MARYLAND), (finland(), FINLAND)] {
        let boundary = world.boundary(&town, "{}");
        let fetched = world.command("fetch", &boundary).output().unwrap();
        assert_success(&fetched);
        let said = String::from_utf8(fetched.stdout).unwrap();
        assert!(said.contains("fetched") && said.contains("-latest.osm.pbf"), "{said}");
        let connections = world.server.connections();
        let offline = world.run(&boundary, "offline").arg("--offline").output().unwrap();
        assert_success(&offline);
        assert_eq!(world.server.connections(), connections, "--offline connects to nobody");
        assert_success(&world.run(&boundary, "online").output().unwrap());
        let results = ["offline", "online"].map(|out| contents(&world.folder.path().join(out)));
        assert_eq!(results[0], results[1]);
        without_a_network(&world, &boundary, &results[0]);
    }
    let world = maryland();
    let (output, folder) = run(&world, &MARYLAND, "{}", &["--offline"]);
    refused(&output, &folder, 4, &["index-v1.json is not in the cache", "quietway fetch"]);
}

/// The same in a network namespace of its own, where not even loopback is up.
fn without_a_network(world: &World, boundary: &Path, expected: &std::collections::BTreeMap<String, Vec<u8>>) {
    if !Command::new("unshare").args(["-rn", "true"]).output().is_ok_and(|output| output.status.success()) {
        println!("skipped: this machine lets nobody make a namespace without a network (unshare -rn)");
        return;
    }
    let run = world.run(boundary, "alone");
    let mut alone = Command::new("unshare");
    alone.arg("-rn").arg(run.get_program()).args(run.get_args()).arg("--offline");
    world.addresses(&mut alone);
    assert_success(&alone.output().unwrap());
    assert_eq!(contents(&world.folder.path().join("alone")), *expected);
}

#[test]
fn a_run_repeats_from_its_results() {
    let world = maryland();
    let (_, first) = measured(&world, &MARYLAND, r#"{"name":"Town","GEOID":"2404000"}"#, &[]);
    let asked = world.asked().len();
    let mut again = quietway_tests::quietway();
    again.arg("run").arg("--from").arg(&first).arg("--out").arg(world.folder.path().join("again"));
    again.args(["--progress", "none"]);
    world.addresses(&mut again);
    assert_success(&again.output().unwrap());
    assert_eq!(world.asked().len(), asked, "everything was saved");
    let [first, again] = [first, world.folder.path().join("again")].map(|folder| contents(&folder));
    assert!(first.contains_key("ATTRIBUTION.txt") && first.contains_key("inputs/ATTRIBUTION.txt"));
    for (path, bytes) in &first {
        assert!(again.get(path) == Some(bytes), "{path} differs");
    }
    assert_eq!(first.len(), again.len());
}
