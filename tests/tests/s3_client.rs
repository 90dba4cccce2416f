//! The client of object stores against a real emulator (moto, from `scripts/requirements.txt`) and against servers that misbehave.
//!
//! The client takes its settings from the environment, as the AWS tools do; a test may not change its own environment, so each runs its body in
//! a child process: this very binary, asked for that one test.
#![expect(clippy::unwrap_used, reason = "helpers of tests may panic as tests may")]

use quietway::export::s3::{Bucket, Location, S3Error};
use quietway_tests::python;
use quietway_tests::s3::{Answer, Request, serve, start_emulator, xml_error};
use std::path::Path;
use std::process::{Child, Command};
use std::sync::{Arc, Mutex, OnceLock};
use tokio::runtime::Runtime;

/// Set in the child.
const INSIDE: &str = "QUIETWAY_TEST_INSIDE";

fn is_inside() -> bool {
    std::env::var_os(INSIDE).is_some()
}

/// Runs `body` in a child with those variables and no other AWS settings.
fn with_environment(test: &str, variables: &[(&str, &str)], body: impl FnOnce()) {
    if is_inside() {
        return body();
    }
    let mut child = Command::new(std::env::current_exe().unwrap());
    child.args([test, "--exact", "--nocapture"]).env(INSIDE, "1");
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("AWS_") {
            child.env_remove(name);
        }
    }
    child.env("AWS_EC2_METADATA_DISABLED", "true").env("AWS_CONFIG_FILE", "/nonexistent");
    child.env("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent").envs(variables.iter().copied());
    let output = child.output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && said.contains("1 passed"), "{said}");
}

/// The same, talking to `endpoint` with credentials.
fn talking_to(test: &str, endpoint: &str, body: impl FnOnce()) {
    let variables = [
        ("AWS_ENDPOINT_URL_S3", endpoint),
        ("AWS_ACCESS_KEY_ID", "test"),
        ("AWS_SECRET_ACCESS_KEY", "test"),
        ("AWS_REGION", "us-east-1"),
    ];
    with_environment(test, &variables, body);
}

/// The emulator of this process, started once; it ends with its standard input, which this process holds.
fn emulator() -> Option<&'static str> {
    static EMULATOR: OnceLock<Option<(String, Mutex<Child>)>> = OnceLock::new();
    if is_inside() {
        return Some("known to the environment");
    }
    EMULATOR.get_or_init(|| start_emulator(&python()?)).as_ref().map(|(endpoint, _)| endpoint.as_str())
}

/// A place in the emulator's bucket; the runtime must outlive it.
fn place(address: &str) -> (Runtime, Bucket) {
    let runtime = Runtime::new().unwrap();
    let bucket = Bucket::open(Location::parse(address).unwrap(), runtime.handle()).unwrap();
    (runtime, bucket)
}

/// Not compressible, no period: a part in the wrong place would show.
fn noise(length: usize) -> Vec<u8> {
    let mut state = 88_172_645_463_325_252_u64;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()
    };
    std::iter::repeat_with(&mut next).flatten().take(length).collect()
}

#[test]
fn small_objects_are_written_listed_read_and_deleted() {
    let Some(endpoint) = emulator() else { return };
    talking_to("small_objects_are_written_listed_read_and_deleted", endpoint, || {
        let (_runtime, bucket) = place("s3://results/small/new mexico");
        bucket.put_bytes("b.csv", b"b".to_vec()).unwrap();
        bucket.put_bytes("tiles/a b+ü.json", Vec::new()).unwrap();
        let (_other_runtime, other) = place("s3://results/small/new mexico 2");
        other.put_bytes("foreign", b"x".to_vec()).unwrap();
        assert_eq!(bucket.list("").unwrap(), ["b.csv", "tiles/a b+ü.json"]);
        assert_eq!(bucket.list("tiles/").unwrap(), ["tiles/a b+ü.json"]);
        assert_eq!(bucket.get_small("b.csv").unwrap().as_deref(), Some(&b"b"[..]));
        assert_eq!(bucket.get_small("tiles/a b+ü.json").unwrap().as_deref(), Some(&b""[..]));
        assert_eq!(bucket.get_small("manifest.json").unwrap(), None);
        bucket.delete(&["b.csv".into(), "never there".into(), "tiles/a b+ü.json".into()]).unwrap();
        assert_eq!(bucket.list("").unwrap(), [] as [&str; 0]);
        assert_eq!(other.list("").unwrap(), ["foreign"]);
    });
}

#[test]
fn more_objects_than_a_page_holds_are_all_listed_and_deleted() {
    let Some(endpoint) = emulator() else { return };
    talking_to("more_objects_than_a_page_holds_are_all_listed_and_deleted", endpoint, || {
        let (_runtime, bucket) = place("s3://results/many");
        let keys: Vec<String> = (0..1010).map(|number| format!("{number:04}")).collect();
        std::thread::scope(|scope| {
            for some in keys.chunks(300) {
                let bucket = &bucket;
                scope.spawn(move || some.iter().for_each(|key| bucket.put_bytes(key, Vec::new()).unwrap()));
            }
        });
        assert_eq!(bucket.list("").unwrap(), keys);
        bucket.delete(&keys).unwrap();
        assert!(bucket.list("").unwrap().is_empty());
    });
}

#[test]
fn versions_are_the_folders_beside() {
    let Some(endpoint) = emulator() else { return };
    talking_to("versions_are_the_folders_beside", endpoint, || {
        let (_runtime, bucket) = place("s3://results/versions");
        for key in ["usa/x/25.09/a", "usa/x/25.09.1/", "usa/x/25.09.1/b/c", "usa/x/file", "usa/xx/24.01/a"] {
            bucket.put_bytes(key, Vec::new()).unwrap();
        }
        assert_eq!(bucket.folders("usa/x/").unwrap(), ["25.09", "25.09.1"]);
        assert_eq!(bucket.folders("").unwrap(), ["usa"]);
        assert!(bucket.folders("nowhere/").unwrap().is_empty());
    });
}

#[test]
fn large_files_go_up_in_parts_and_come_out_whole() {
    let Some(endpoint) = emulator() else { return };
    talking_to("large_files_go_up_in_parts_and_come_out_whole", endpoint, || {
        let folder = tempfile::tempdir().unwrap();
        let (_runtime, bucket) = place("s3://results/large");
        for length in [16 << 20, (16 << 20) + 1, 41 << 20] {
            let (path, content) = (folder.path().join("file"), noise(length));
            std::fs::write(&path, &content).unwrap();
            bucket.put_file("neighborhood_connected_census_blocks.parquet", &path).unwrap();
            let found = bucket.get_small("neighborhood_connected_census_blocks.parquet").unwrap();
            assert!(found == Some(content), "{length} bytes");
        }
    });
}

#[test]
fn of_two_manifests_the_first_stays() {
    let Some(endpoint) = emulator() else { return };
    talking_to("of_two_manifests_the_first_stays", endpoint, || {
        let (_runtime, bucket) = place("s3://results/manifest");
        bucket.put_if_absent("manifest.json", b"first").unwrap();
        let error = bucket.put_if_absent("manifest.json", b"second").unwrap_err();
        assert!(matches!(error, S3Error::Published { .. }), "{error}");
        let said = error.to_string();
        assert!(said.contains("s3://results/manifest/manifest.json") && said.contains("--overwrite"), "{said}");
        assert_eq!(bucket.get_small("manifest.json").unwrap().as_deref(), Some(&b"first"[..]));
    });
}

#[test]
fn a_bucket_that_is_not_there_is_named() {
    let Some(endpoint) = emulator() else { return };
    talking_to("a_bucket_that_is_not_there_is_named", endpoint, || {
        let (_runtime, bucket) = place("s3://nowhere/x");
        let (file, content) = (tempfile::NamedTempFile::new().unwrap(), noise((16 << 20) + 1));
        std::fs::write(file.path(), content).unwrap();
        let errors = [
            bucket.put_bytes("a", b"a".to_vec()).unwrap_err(),
            bucket.put_file("a", file.path()).unwrap_err(),
            bucket.put_if_absent("a", b"a").unwrap_err(),
            bucket.list("").unwrap_err(),
            bucket.get_small("a").unwrap_err(),
        ];
        for error in errors {
            assert!(matches!(&error, S3Error::NoBucket { bucket, .. } if bucket == "nowhere"), "{error:?}");
            assert!(error.to_string().contains("create it"), "{error}");
        }
    });
}

#[test]
fn a_file_that_is_gone_is_named() {
    talking_to("a_file_that_is_gone_is_named", "http://127.0.0.1:9", || {
        let (_runtime, bucket) = place("s3://results/x");
        let error = bucket.put_file("a", Path::new("/nonexistent/a.csv")).unwrap_err();
        assert!(error.to_string().starts_with("cannot read /nonexistent/a.csv"), "{error}");
    });
}

#[test]
fn an_endpoint_where_nobody_listens_is_named() {
    talking_to("an_endpoint_where_nobody_listens_is_named", "http://127.0.0.1:9", || {
        let (_runtime, bucket) = place("s3://results/x");
        for error in [bucket.list("").unwrap_err(), bucket.put_if_absent("manifest.json", b"{}").unwrap_err()] {
            assert!(matches!(error, S3Error::Unreachable { .. }), "{error:?}");
            let said = error.to_string();
            assert!(said.contains("http://127.0.0.1:9") && said.contains("s3://results/x/"), "{said}");
            assert!(said.to_lowercase().contains("refused"), "{said}");
        }
    });
}

#[test]
fn missing_credentials_are_noticed_before_the_first_request() {
    let variables = [("AWS_ENDPOINT_URL", "http://127.0.0.1:9"), ("AWS_REGION", "us-east-1")];
    with_environment("missing_credentials_are_noticed_before_the_first_request", &variables, || {
        let runtime = Runtime::new().unwrap();
        let error = Bucket::open(Location::parse("s3://results/x").unwrap(), runtime.handle()).unwrap_err();
        assert!(matches!(error, S3Error::NoCredentials { .. }), "{error:?}");
        let said = error.to_string();
        assert!(said.contains("s3://results/x") && said.contains("AWS_PROFILE"), "{said}");
    });
}

// Servers that misbehave.

/// Starts a server outside, runs the body in the child, and gives what the server saw; `None` inside.
fn against(
    test: &str,
    answer: impl Fn(&Request) -> Answer + Send + Sync + 'static,
    body: impl FnOnce(),
) -> Option<Vec<String>> {
    if is_inside() {
        body();
        return None;
    }
    let seen = Arc::new(Mutex::new(Vec::new()));
    let log = seen.clone();
    let endpoint = serve(move |request| {
        log.lock().unwrap().push(request.line.clone());
        answer(request)
    });
    talking_to(test, &endpoint, || ());
    let seen = seen.lock().unwrap().clone();
    assert!(!seen.is_empty(), "the child asked nothing");
    Some(seen)
}

#[test]
fn denials_say_what_is_needed() {
    let denied = |_: &Request| Some(("403 Forbidden", xml_error("AccessDenied")));
    against("denials_say_what_is_needed", denied, || {
        let (_runtime, bucket) = place("s3://results/x");
        for error in [
            bucket.put_bytes("a", vec![1]).unwrap_err(),
            bucket.put_if_absent("a", b"a").unwrap_err(),
            bucket.get_small("a").unwrap_err(),
            bucket.list("a").unwrap_err(),
            bucket.delete(&["a".into()]).unwrap_err(),
        ] {
            assert!(matches!(error, S3Error::Denied { .. }), "{error:?}");
            let said = error.to_string();
            assert!(said.contains("s3://results/x/a") && said.contains("s3:PutObject"), "{said}");
        }
    });
}

#[test]
fn a_bucket_of_another_region_is_told_with_the_region() {
    let elsewhere =
        |_: &Request| Some(("301 Moved Permanently\r\nx-amz-bucket-region: eu-west-1", xml_error("PermanentRedirect")));
    against("a_bucket_of_another_region_is_told_with_the_region", elsewhere, || {
        let (_runtime, bucket) = place("s3://results/x");
        let error = bucket.list("").unwrap_err();
        assert!(matches!(&error, S3Error::OtherRegion { region, .. } if region == "eu-west-1"), "{error:?}");
        assert!(error.to_string().contains("AWS_REGION"), "{error}");
    });
}

#[test]
fn an_upload_that_breaks_half_way_is_called_off_and_publishes_nothing() {
    let test = "an_upload_that_breaks_half_way_is_called_off_and_publishes_nothing";
    let answer = |request: &Request| {
        let begun = "<InitiateMultipartUploadResult><UploadId>up</UploadId></InitiateMultipartUploadResult>";
        match request.line.split(' ').next() {
            Some("POST") if request.line.contains("?uploads") => Some(("200 OK", begun.to_owned())),
            Some("PUT") if request.line.contains("partNumber=2") => None,
            Some("PUT") => Some(("200 OK\r\netag: \"1\"", String::new())),
            Some("DELETE") => Some(("204 No Content", String::new())),
            _ => Some(("200 OK", String::new())),
        }
    };
    let seen = against(test, answer, || {
        let (file, content) = (tempfile::NamedTempFile::new().unwrap(), noise(33 << 20));
        std::fs::write(file.path(), content).unwrap();
        let (_runtime, bucket) = place("s3://results/x");
        let error = bucket.put_file("pairs.parquet", file.path()).unwrap_err();
        assert!(matches!(error, S3Error::Unreachable { .. }), "{error:?}");
        assert!(error.to_string().contains("s3://results/x/pairs.parquet"), "{error}");
    });
    let Some(seen) = seen else { return };
    assert!(seen.iter().filter(|line| line.contains("partNumber=2")).count() > 1, "tried again: {seen:?}");
    assert!(seen.last().unwrap().starts_with("DELETE /results/x/pairs.parquet"), "called off: {seen:?}");
    let put_together = |line: &String| line.starts_with("POST") && line.contains("uploadId");
    assert!(!seen.iter().any(put_together), "{seen:?}");
}

/// The first answer is lost although the object was written; the second attempt finds an object there: its own, or another run's.
#[test]
fn a_manifest_whose_answer_was_lost_counts_as_written_if_it_is_ours() {
    let test = "a_manifest_whose_answer_was_lost_counts_as_written_if_it_is_ours";
    for is_ours in [true, false] {
        let stored: Mutex<Option<Vec<u8>>> = Mutex::new(None);
        let answer = move |request: &Request| {
            let mut stored = stored.lock().unwrap();
            match (request.line.starts_with("PUT"), stored.clone()) {
                (true, None) => {
                    assert_eq!(request.headers["if-none-match"], "*");
                    *stored = Some(if is_ours { request.body.clone() } else { b"theirs".to_vec() });
                    None
                }
                (true, Some(_)) => Some(("412 Precondition Failed", xml_error("PreconditionFailed"))),
                (false, found) => Some(("200 OK", String::from_utf8(found.unwrap_or_default()).unwrap())),
            }
        };
        let seen = against(test, answer, || {
            let (_runtime, bucket) = place("s3://results/x");
            let result = bucket.put_if_absent("manifest.json", b"ours");
            match bucket.get_small("manifest.json").unwrap().as_deref() {
                Some(b"ours") => result.unwrap(),
                _ => assert!(matches!(result, Err(S3Error::Published { .. })), "{result:?}"),
            }
        });
        // The child talks to one of the two servers only.
        let Some(seen) = seen else { return };
        assert_eq!(seen.iter().filter(|line| line.starts_with("PUT")).count(), 2, "{seen:?}");
    }
}

#[test]
fn a_store_in_trouble_is_asked_again_and_then_given_up() {
    let troubled = |_: &Request| Some(("503 Slow Down", xml_error("SlowDown")));
    let seen = against("a_store_in_trouble_is_asked_again_and_then_given_up", troubled, || {
        let (_runtime, bucket) = place("s3://results/x");
        let error = bucket.put_bytes("a", vec![1]).unwrap_err();
        assert!(matches!(error, S3Error::Failed { .. }), "{error:?}");
        assert!(error.to_string().contains("run again later"), "{error}");
    });
    if let Some(seen) = seen {
        assert_eq!(seen.len(), 4, "{seen:?}");
    }
}

#[test]
fn uploads_carry_a_checksum_and_no_encoding_that_other_stores_reject() {
    let wants = |request: &Request| {
        let header = |name: &str| request.headers.get(name).map(String::as_str);
        // SHA-256 of "abc", base64.
        let fine = header("x-amz-checksum-sha256") == Some("ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=")
            && header("content-type") == Some("text/csv; charset=utf-8")
            && ["x-amz-trailer", "transfer-encoding", "content-encoding"].iter().all(|name| header(name).is_none())
            && request.line.starts_with("PUT /results/x/a.csv")
            && request.body == b"abc";
        let found = format!("{}: {:?}", request.line, request.headers);
        Some(if fine { ("200 OK", String::new()) } else { ("400 Bad Request", xml_error(&found)) })
    };
    against("uploads_carry_a_checksum_and_no_encoding_that_other_stores_reject", wants, || {
        let (_runtime, bucket) = place("s3://results/x");
        bucket.put_bytes("a.csv", b"abc".to_vec()).unwrap();
    });
}

/// Some stores refuse the header of a conditional write; then the client looks first.
#[test]
fn a_store_without_conditional_writes_still_refuses_a_second_manifest() {
    let stored: Mutex<Option<String>> = Mutex::new(None);
    let answer = move |request: &Request| {
        let mut stored = stored.lock().unwrap();
        match (request.line.starts_with("PUT"), request.headers.contains_key("if-none-match")) {
            (true, true) => Some(("501 Not Implemented", xml_error("NotImplemented"))),
            (true, false) => {
                *stored = Some(String::from_utf8(request.body.clone()).unwrap());
                Some(("200 OK", String::new()))
            }
            (false, _) => match &*stored {
                Some(body) => Some(("200 OK", body.clone())),
                None => Some(("404 Not Found", xml_error("NoSuchKey"))),
            },
        }
    };
    against("a_store_without_conditional_writes_still_refuses_a_second_manifest", answer, || {
        let (_runtime, bucket) = place("s3://results/x");
        bucket.put_if_absent("manifest.json", b"first").unwrap();
        let error = bucket.put_if_absent("manifest.json", b"second").unwrap_err();
        assert!(matches!(error, S3Error::Published { .. }), "{error:?}");
        assert_eq!(bucket.get_small("manifest.json").unwrap().as_deref(), Some(&b"first"[..]));
    });
}
