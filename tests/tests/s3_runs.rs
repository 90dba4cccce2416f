//! `--out s3://…`: the same result as in a folder, by the same rules, and nothing visible of a run that fails half-way.
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic as tests may")]

use quietway_tests::s3::{Request, serve, start_emulator, xml_error};
use quietway_tests::{assert_success, python, run_monaco, stderr};
use std::path::Path;
use std::process::{Command, Output};
use std::sync::{Arc, Mutex};

/// Settings of the child: where the store is, and who asks.
fn run_to(endpoint: &str, address: &str, more: &[&str]) -> Output {
    let mut command = quietway_tests::monaco(Path::new(address), more);
    command.env("AWS_ENDPOINT_URL_S3", endpoint).env("AWS_ACCESS_KEY_ID", "test").env("AWS_SECRET_ACCESS_KEY", "test");
    command.env("AWS_REGION", "us-east-1").env("AWS_EC2_METADATA_DISABLED", "true");
    command.output().unwrap()
}

const LISTING: &str = "
import sys, hashlib, boto3
s3 = boto3.client('s3', endpoint_url=sys.argv[1], region_name='us-east-1', aws_access_key_id='test', aws_secret_access_key='test')
for item in s3.list_objects_v2(Bucket='results', Prefix=sys.argv[2]).get('Contents', []):
    body = s3.get_object(Bucket='results', Key=item['Key'])['Body'].read()
    print(item['Key'][len(sys.argv[2]):], hashlib.sha256(body).hexdigest())
";

/// Keys and checksums as an independent client sees them.
fn listing(python: &Path, endpoint: &str, prefix: &str) -> Vec<(String, String)> {
    let output = Command::new(python).args(["-c", LISTING, endpoint, prefix]).output().unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().map(|line| line.split_once(' ').unwrap()).map(|(key, sum)| (key.to_owned(), sum.to_owned())).collect()
}

#[test]
fn a_bucket_holds_what_a_folder_would() {
    let Some(python) = python() else { return };
    let Some((endpoint, _emulator)) = start_emulator(&python) else { return };
    let more = ["--formats", "csv,gpkg,parquet", "--bundle"];
    assert_success(&run_to(&endpoint, "s3://results/monaco", &more));
    let folder = tempfile::tempdir().unwrap();
    assert_success(&run_monaco(&folder.path().join("out"), &more));
    let manifest: quietway_job::manifest::Manifest =
        serde_json::from_slice(&std::fs::read(folder.path().join("out/manifest.json")).unwrap()).unwrap();
    let expected: Vec<_> = manifest.artifacts.into_iter().map(|made| (made.path, made.sha256)).collect();
    let mut seen = listing(&python, &endpoint, "monaco/");
    seen.retain(|(key, _)| key != "manifest.json");
    assert_eq!(seen, expected);

    let again = run_to(&endpoint, "s3://results/monaco", &more);
    assert_eq!(again.status.code(), Some(5), "{}", stderr(&again));
    assert!(stderr(&again).contains("--overwrite"), "{}", stderr(&again));
    assert_success(&run_to(&endpoint, "s3://results/monaco", &["--formats", "csv", "--tiles", "none", "--overwrite"]));
    let names: Vec<_> = listing(&python, &endpoint, "monaco/").into_iter().map(|(key, _)| key).collect();
    // Blocks among the saved inputs are always Parquet.
    let results: Vec<_> = names.iter().filter(|name| !name.starts_with("inputs/")).collect();
    assert!(results.iter().all(|name| !name.ends_with(".parquet")), "{names:?}");
    assert!(results.contains(&&"manifest.json".to_owned()), "{names:?}");
}

#[test]
fn versions_of_the_reference_layout_follow_each_other() {
    let Some(python) = python() else { return };
    let Some((endpoint, _emulator)) = start_emulator(&python) else { return };
    let more = ["--formats", "csv", "--tiles", "none", "--layout", "brokenspoke", "--name", "Monaco"];
    assert_success(&run_to(&endpoint, "s3://results", &more));
    assert_success(&run_to(&endpoint, "s3://results", &more));
    let keys = listing(&python, &endpoint, "mc/mc/monaco/");
    let manifests: Vec<_> = keys.iter().map(|(key, _)| key).filter(|key| key.ends_with("manifest.json")).collect();
    assert!(manifests.len() == 2 && manifests.iter().any(|key| key.contains(".1/")), "{manifests:?}");
}

#[test]
fn a_bucket_that_cannot_be_reached_or_written() {
    let few = ["--formats", "csv", "--tiles", "none"];
    let nobody = run_to("http://127.0.0.1:9", "s3://results/x", &few);
    assert_eq!(nobody.status.code(), Some(5), "{}", stderr(&nobody));
    assert!(stderr(&nobody).contains("s3://results"), "{}", stderr(&nobody));
    let denies = serve(|_| Some(("403 Forbidden", xml_error("AccessDenied"))));
    let denied = run_to(&denies, "s3://results/x", &few);
    assert_eq!(denied.status.code(), Some(5), "{}", stderr(&denied));
    assert_eq!(stderr(&denied).trim().lines().count(), 1, "{}", stderr(&denied));
}

#[test]
fn a_bucket_that_fails_half_way_shows_no_manifest() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&seen);
    let answer = move |request: &Request| {
        log.lock().unwrap().push(request.line.clone());
        let nothing = "<ListBucketResult><KeyCount>0</KeyCount><IsTruncated>false</IsTruncated></ListBucketResult>";
        match request.line.split(' ').next() {
            Some("GET") => Some(("200 OK", nothing.to_owned())),
            Some("PUT") if request.line.contains("neighborhood_") => {
                Some(("507 Insufficient Storage", xml_error("Full")))
            }
            Some("PUT") => Some(("200 OK\r\netag: \"1\"", String::new())),
            _ => Some(("204 No Content", String::new())),
        }
    };
    let endpoint = serve(answer);
    let output = run_to(&endpoint, "s3://results/x", &["--formats", "csv", "--tiles", "none"]);
    assert_eq!(output.status.code(), Some(5), "{}", stderr(&output));
    assert!(stderr(&output).contains("s3://results/x/"), "{}", stderr(&output));
    let seen = seen.lock().unwrap();
    assert!(seen.iter().any(|line| line.contains("neighborhood_")), "{seen:?}");
    assert!(!seen.iter().any(|line| line.starts_with("PUT") && line.contains("manifest.json")), "{seen:?}");
}
