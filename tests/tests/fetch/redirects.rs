//! Redirects: followed, but never inwards and never to plain http elsewhere. Addresses beyond this machine are tested beside the code.

use super::*;
use quietway_tests::http::{Document, Reply, Server};

#[test]
fn redirects_are_followed_and_validators_with_them() {
    let mirror = Server::start(|request| Document::tagged("x", "1").answer(request));
    let to = mirror.url("/real/a.zip");
    let server = Server::start(move |request| match request.line.as_str() {
        "GET /a.zip" => Reply::redirect("/moved/a.zip"),
        _ => Reply::redirect(&to),
    });
    let (larder, url) = (Larder::new(), server.url("/a.zip"));
    let fetched = larder.get(&url).unwrap();
    assert_eq!((read(&fetched), fetched.url.as_str()), (b"x".to_vec(), url.as_str()));
    assert!(larder.get(&url).unwrap().from_cache);
    assert_eq!(mirror.seen()[1].status, "304 Not Modified");
}

#[test]
fn a_circle_ends() {
    let server = Server::start(|_| Reply::redirect("/again"));
    let url = server.url("/a");
    assert_error(&Larder::new().get(&url).unwrap_err(), 4, &[&url, "more than five"]);
    assert_eq!(server.seen().len(), 6);
}

#[test]
fn redirects_into_private_networks_are_refused() {
    for (to, words) in [
        ("https://10.0.0.1/a", "private network"),
        ("https://192.168.1.1/a", "private network"),
        ("https://169.254.169.254/latest/meta-data", "private network"),
        ("https://[fd00:ec2::254]/a", "private network"),
        ("http://10.0.0.1/a", "only https"),
        ("http://192.0.2.1/a", "only https"),
        ("ftp://localhost/a", "only https"),
        ("https://", "no address"),
    ] {
        let server = Server::start(move |_| Reply::redirect(to));
        let url = server.url("/a");
        assert_error(&Larder::new().get(&url).unwrap_err(), 4, &[&url, to, words]);
        assert_eq!(server.seen().len(), 1, "not tried again");
    }
}

#[test]
fn plain_http_is_for_this_machine() {
    let larder = Larder::new();
    for url in ["http://example.org/a", "http://192.168.0.1/a"] {
        assert_error(&larder.get(url).unwrap_err(), 2, &[url, "https"]);
    }
    assert_error(&larder.get("town.geojson").unwrap_err(), 2, &["town.geojson"]);
}
