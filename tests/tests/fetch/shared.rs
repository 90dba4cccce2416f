//! The cache that machines share, in a bucket of a real emulator (moto).

use super::*;
use quietway::export::s3::{Bucket, Location, SharedCache};
use quietway::fetch::SharedStore;
use quietway_tests::http::{Document, Server};
use quietway_tests::python;
use quietway_tests::s3::start_emulator;

/// Runs the test in a child that has the emulator's address in its environment, and the text.
fn with_bucket(test: &str, endpoint: &str, text: &str) {
    let mut child = child(test, text);
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("AWS_")) {
        child.env_remove(name);
    }
    child.envs([("AWS_ENDPOINT_URL_S3", endpoint), ("AWS_ACCESS_KEY_ID", "test"), ("AWS_SECRET_ACCESS_KEY", "test")]);
    child.envs([("AWS_REGION", "us-east-1"), ("AWS_CONFIG_FILE", "/nonexistent")]);
    assert_passed(&child.env("AWS_EC2_METADATA_DISABLED", "true").output().unwrap());
}

fn sharing(folder: &Path, address: &str) -> Larder {
    Larder::with(folder, |options, runtime| {
        let store = SharedCache::open(address, runtime.handle()).unwrap();
        options.shared = Some(Arc::new(store) as Arc<dyn SharedStore>);
    })
}

#[test]
fn a_second_machine_downloads_nothing() {
    if let Some(url) = inside() {
        let folder = tempfile::tempdir().unwrap();
        let (one, two) = (folder.path().join("one"), folder.path().join("two"));
        assert!(!sharing(&one, "s3://results/cache").get(&url).unwrap().from_cache);
        let fetched = sharing(&two, "s3://results/cache").get(&url).unwrap();
        assert!(fetched.from_cache && read(&fetched) == vec![b'x'; 20_000_000]);
        // A copy that is not what its record says counts for nothing.
        let runtime = Runtime::new().unwrap();
        let bucket = Bucket::open(Location::parse("s3://results/cache").unwrap(), runtime.handle()).unwrap();
        let key = bucket.list("").unwrap().into_iter().find(|key| key.ends_with("/a.zip")).unwrap();
        bucket.put_bytes(&key, b"evil".to_vec()).unwrap();
        let fetched = sharing(&folder.path().join("three"), "s3://results/cache").get(&url).unwrap();
        assert!(!fetched.from_cache && fetched.bytes == 20_000_000);
        return;
    }
    let Some((endpoint, _held)) = python().and_then(|python| start_emulator(&python)) else { return };
    let server = Server::start(|request| Document::tagged(vec![b'x'; 20_000_000], "1").answer(request));
    with_bucket("shared::a_second_machine_downloads_nothing", &endpoint, &server.url("/a.zip"));
    let statuses: Vec<_> = server.seen().iter().map(|seen| seen.status[..3].to_owned()).collect();
    assert_eq!(statuses, ["200", "304", "200"]);
}

#[test]
fn a_shared_cache_in_trouble_costs_nothing_but_a_note() {
    if let Some(url) = inside() {
        let folder = tempfile::tempdir().unwrap();
        let larder = sharing(folder.path(), "s3://nowhere/cache");
        assert_eq!(read(&larder.get(&url).unwrap()), b"x");
        assert!(larder.has_note("could not be read from the shared cache"));
        assert!(larder.has_note("could not be put into the shared cache"));
        return;
    }
    let server = Server::start(|request| Document::tagged("x", "1").answer(request));
    let test = "shared::a_shared_cache_in_trouble_costs_nothing_but_a_note";
    with_bucket(test, "http://127.0.0.1:9", &server.url("/a"));
}
