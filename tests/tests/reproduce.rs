//! `--from`: a run is made again from the inputs saved with its results, byte for byte; and what cannot be repeated says why.
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic as tests may")]

use quietway_job::manifest::Manifest;
use quietway_tests::s3::start_emulator;
use quietway_tests::{assert_success, fixture, python, quietway, root, run_monaco, shared, stderr};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

const ALL: [&str; 4] = ["--formats", "gpkg,geojson,csv,shp,parquet", "--publish", "pairs"];

fn manifest(folder: &Path) -> Manifest {
    serde_json::from_slice(&std::fs::read(folder.join("manifest.json")).unwrap()).unwrap()
}

/// Every artifact with its checksum.
fn artifacts(folder: &Path) -> BTreeMap<String, String> {
    manifest(folder).artifacts.into_iter().map(|artifact| (artifact.path, artifact.sha256)).collect()
}

fn again(from: &str, out: &Path, more: &[&str]) -> Output {
    quietway().args(["run", "--progress", "none", "--from", from, "--out"]).arg(out).args(more).output().unwrap()
}

/// A folder of results, made again under another name.
fn assert_repeats(results: &Path) {
    let out = results.with_extension("again");
    assert_success(&again(results.to_str().unwrap(), &out, &[]));
    let (first, second) = (artifacts(results), artifacts(&out));
    assert!(first.contains_key("inputs/extract.osm.pbf") && first.contains_key("inputs/blocks.parquet"));
    assert_eq!(first, second);
    let (first, second) = (manifest(results), manifest(&out));
    let osm = |manifest: &Manifest| manifest.inputs.iter().find(|input| input.role == "osm").unwrap().timestamp;
    assert_eq!((osm(&first), &first.summary), (osm(&second), &second.summary));
    assert_eq!((first.parameters.get("country"), &first.place), (second.parameters.get("country"), &second.place));
}

#[test]
fn a_grid_in_both_editions() {
    let out = tempfile::tempdir().unwrap();
    for edition in ["current", "reference"] {
        let folder = out.path().join(edition);
        let more = ["--edition", edition, "--bundle", "--city-speed", "30km/h", "--grid-population", "7"];
        assert_success(&run_monaco(&folder, &[&ALL[..], &more].concat()));
        assert_repeats(&folder);
    }
}

#[test]
fn a_partial_run_with_another_suite_from_standard_input() {
    let out = tempfile::tempdir().unwrap();
    let suite = out.path().join("mine.toml");
    let text = std::fs::read_to_string(root().join("analysis/suites/bna.toml")).unwrap();
    let row = std::fs::read_to_string(fixture("libraries.toml")).unwrap();
    std::fs::write(&suite, format!("{text}\n{row}")).unwrap();
    let folder = out.path().join("results");
    let boundary = std::fs::File::open(fixture("monaco/boundary.geojson")).unwrap();
    let output = quietway()
        .args(["run", "--boundary", "-", "--progress", "none", "--country", "MC", "--until", "stress", "--suite"])
        .arg(&suite)
        .arg("--osm")
        .arg(fixture("monaco/monaco.osm.pbf"))
        .arg("--out")
        .arg(&folder)
        .stdin(Stdio::from(boundary))
        .output()
        .unwrap();
    assert_success(&output);
    assert_repeats(&folder);
    let saved = std::fs::read(folder.join("inputs/boundary.geojson")).unwrap();
    assert_eq!(saved, std::fs::read(fixture("monaco/boundary.geojson")).unwrap(), "the bytes as they came");
}

/// Blocks of a shapefile, jobs, speeds: a real place of the United States, both editions.
#[test]
fn census_blocks_and_jobs() {
    let Some(place) = shared("golden/baltimore-se/input") else { return };
    let jobs = std::fs::read_dir(&place).unwrap().map(|entry| entry.unwrap().path());
    let jobs: Vec<PathBuf> = jobs.filter(|path| path.to_string_lossy().ends_with(".csv.gz")).collect();
    assert!(!jobs.is_empty());
    let out = tempfile::tempdir().unwrap();
    for edition in ["reference", "current"] {
        let folder = out.path().join(edition);
        let mut run = quietway();
        run.args(["run", "--progress", "none", "--country", "US", "--region", "MD", "--state-speed", "25mph"]);
        run.args(["--edition", edition, "--boundary"]).arg(place.join("baltimore-maryland-united-states.shp"));
        run.arg("--osm").arg(place.join("region.osm.pbf")).arg("--blocks").arg(place.join("population.zip"));
        for path in &jobs {
            run.arg("--jobs").arg(path);
        }
        assert_success(&run.arg("--out").arg(&folder).output().unwrap());
        assert!(folder.join("inputs/jobs.csv.gz").exists() && folder.join("inputs/boundary.dbf").exists());
        assert_repeats(&folder);
    }
}

/// Pixels of a real raster, streets by hand.
#[test]
fn a_population_raster() {
    let Some(raster) = shared("data/census/worldpop-aruba-2020-100m.tif") else { return };
    let out = tempfile::tempdir().unwrap();
    let streets = "<osm version='0.6'><node id='1' lon='-70.035' lat='12.515'/><node id='2' lon='-70.03' lat='12.52'/>
        <node id='3' lon='-70.025' lat='12.525'/><way id='1'><nd ref='1'/><nd ref='2'/><nd ref='3'/><tag k='highway' v='residential'/></way></osm>";
    let ring = "[[[-70.04,12.51],[-70.02,12.51],[-70.02,12.53],[-70.04,12.53],[-70.04,12.51]]]";
    let (osm, place) = (out.path().join("streets.osm"), out.path().join("oranjestad.geojson"));
    std::fs::write(&osm, streets).unwrap();
    std::fs::write(&place, format!(r#"{{"type":"Polygon","coordinates":{ring}}}"#)).unwrap();
    let run = |folder: &Path, raster: &Path| {
        let mut run = quietway();
        run.args(["run", "--progress", "none", "--country", "AW", "--boundary"]).arg(&place).arg("--osm").arg(&osm);
        run.arg("--population-raster").arg(raster).arg("--out").arg(folder).output().unwrap()
    };
    let folder = out.path().join("results");
    assert_success(&run(&folder, &raster));
    let read = manifest(&folder);
    assert!(read.inputs.iter().any(|input| input.role == "population"));
    assert!(read.summary.population.unwrap() > 1000.0, "{:?}", read.summary);
    assert_repeats(&folder);
    let bad = run(&out.path().join("bad"), &osm);
    assert_eq!(bad.status.code(), Some(3), "{}", stderr(&bad));
    assert!(stderr(&bad).contains("streets.osm is no GeoTIFF"), "{}", stderr(&bad));
}

#[test]
fn what_is_given_beside_overrides() {
    let out = tempfile::tempdir().unwrap();
    let folder = out.path().join("results");
    assert_success(&run_monaco(&folder, &["--formats", "csv,geojson", "--tiles", "none"]));
    let other = out.path().join("other");
    let more = ["--formats", "parquet", "--edition", "reference", "--city-speed", "15mph", "--no-inputs"];
    assert_success(&again(folder.to_str().unwrap(), &other, &more));
    let (first, second) = (manifest(&folder), manifest(&other));
    assert_eq!(
        (second.edition.as_str(), &second.parameters["formats"]),
        ("reference", &serde_json::json!(["parquet"]))
    );
    assert_eq!(second.parameters["city-speed"], "15mph");
    assert_eq!((&second.place, &second.parameters["tiles"]), (&first.place, &first.parameters["tiles"]));
    assert!(second.artifacts.iter().all(|artifact| !artifact.path.starts_with("inputs/")));
    // The same as from the original files.
    let direct = out.path().join("direct");
    assert_success(&run_monaco(&direct, &[&more[..], &["--tiles", "none", "--name", &first.place]].concat()));
    let streets = "neighborhood_ways.parquet";
    assert_eq!(artifacts(&direct)[streets], artifacts(&other)[streets]);
}

#[test]
fn what_cannot_be_repeated_says_why() {
    let out = tempfile::tempdir().unwrap();
    let few = ["--formats", "csv", "--tiles", "none", "--edition", "reference", "--until", "network"];
    let make = |name: &str, more: &[&str]| {
        let folder = out.path().join(name);
        assert_success(&run_monaco(&folder, &[&few[..], more].concat()));
        folder
    };
    let good = make("good", &[]);
    let refused = |folder: &Path, more: &[&str], code: i32, words: &str| {
        let ended = again(folder.to_str().unwrap(), &out.path().join("never"), more);
        let said = stderr(&ended);
        assert_eq!(ended.status.code(), Some(code), "{said}");
        assert!(said.contains(words) && said.trim().lines().count() == 1, "{words}: {said}");
    };
    refused(&out.path().join("nowhere"), &[], 3, "holds no manifest.json");
    refused(&make("bare", &["--no-inputs"]), &[], 3, "no saved inputs");
    refused(&good, &["--edition", "current"], 3, "--edition current");
    refused(&good, &["--boundary", "x.geojson"], 2, "leave out --boundary");
    let wide = out.path().join("wide.toml");
    let text = std::fs::read_to_string(root().join("analysis/suites/bna.toml")).unwrap();
    std::fs::write(&wide, text.replacen("buffer_m = 2680", "buffer_m = 3000", 1)).unwrap();
    refused(&good, &["--suite", wide.to_str().unwrap()], 3, "--suite");
    let same = again(good.to_str().unwrap(), &good, &["--overwrite"]);
    assert_eq!(same.status.code(), Some(2), "{}", stderr(&same));

    let damaged = make("damaged", &[]);
    let extract = damaged.join("inputs/extract.osm.pbf");
    let mut bytes = std::fs::read(&extract).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&extract, bytes).unwrap();
    refused(&damaged, &[], 3, "SHA-256 differs");
    std::fs::remove_file(&extract).unwrap();
    refused(&damaged, &[], 3, "extract.osm.pbf is listed in the manifest");
    std::fs::write(damaged.join("manifest.json"), "{}").unwrap();
    refused(&damaged, &[], 3, "manifest.json cannot be used");
    assert!(!out.path().join("never").exists());
}

#[test]
fn from_a_bucket() {
    let Some(python) = python() else { return };
    let Some((endpoint, _emulator)) = start_emulator(&python) else { return };
    let out = tempfile::tempdir().unwrap();
    let in_bucket = |command: &mut Command| {
        command.env("AWS_ENDPOINT_URL_S3", &endpoint).env("AWS_ACCESS_KEY_ID", "test");
        command.env("AWS_SECRET_ACCESS_KEY", "test").env("AWS_REGION", "us-east-1");
        command.env("AWS_EC2_METADATA_DISABLED", "true").output().unwrap()
    };
    let few = ["--formats", "csv", "--tiles", "none"];
    assert_success(&in_bucket(&mut quietway_tests::monaco(Path::new("s3://results/first"), &few)));
    let folder = out.path().join("again");
    let run = |from: &str| {
        let mut run = quietway();
        in_bucket(run.args(["run", "--progress", "none", "--from", from, "--out"]).arg(&folder))
    };
    let nothing = run("s3://results/nothing");
    assert_eq!(nothing.status.code(), Some(3), "{}", stderr(&nothing));
    assert_success(&run("s3://results/first"));
    let direct = out.path().join("direct");
    assert_success(&run_monaco(&direct, &few));
    assert_eq!(artifacts(&direct), artifacts(&folder));
}

const READ_PBF: &str = "
import sys, osmium
class Count(osmium.SimpleHandler):
    def __init__(self):
        super().__init__()
        self.ids, self.last, self.missing, self.seen = [0, 0, 0], (0, 0), 0, set()
    def see(self, kind, element):
        assert (kind, element.id) > self.last, 'out of order'
        self.last = (kind, element.id)
        self.ids[kind] += 1
    def node(self, node): self.see(0, node); self.seen.add(node.id)
    def way(self, way): self.see(1, way); self.missing += sum(n.ref not in self.seen for n in way.nodes)
    def relation(self, relation): self.see(2, relation)
count = Count()
count.apply_file(sys.argv[1])
header = osmium.io.Reader(sys.argv[1]).header()
assert count.missing == 0 and all(count.ids), (count.missing, count.ids)
assert header.box().valid() and header.get('osmosis_replication_timestamp') and header.get('sorting') == 'Type_then_ID', header
print(*count.ids)
";

/// libosmium reads what we write: in order, no reference that leads nowhere, with a box, a date and the sorted flag.
#[test]
fn osmium_reads_the_extract() {
    let Some(python) = python() else { return };
    let out = tempfile::tempdir().unwrap();
    let folder = out.path().join("results");
    assert_success(&run_monaco(&folder, &["--formats", "csv", "--tiles", "none"]));
    let read = Command::new(python).args(["-c", READ_PBF]).arg(folder.join("inputs/extract.osm.pbf")).output().unwrap();
    assert!(read.status.success(), "{}", stderr(&read));
}
