use super::files::Results;
use super::http::{Request, Unsatisfiable, answer, path_of, range_of, read_request};
use super::{ViewError, listen};
use std::path::Path;

fn served(folder: &Path) -> Result<Results, ViewError> {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    Results::open(folder.to_str().unwrap(), runtime.handle())
}

/// A folder with a manifest, a map and a page of those bytes.
fn results(page: &str) -> (tempfile::TempDir, Results) {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("map")).unwrap();
    for (name, text) in [("manifest.json", "{}"), ("map/map.json", "{}"), ("index.html", page), (".secret", "no")] {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    let results = served(folder.path()).unwrap();
    (folder, results)
}

fn request(target: &str) -> Request {
    Request { method: "GET".into(), target: target.into(), host: "127.0.0.1:8080".into(), ..Request::default() }
}

fn said(request: &Request, results: &Results) -> String {
    let mut out = Vec::new();
    answer(request, results, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn paths_stay_inside_the_results() {
    assert_eq!(path_of("/").as_deref(), Some("index.html"));
    assert_eq!(path_of("/map/a%20b.json?x=/../y").as_deref(), Some("map/a b.json"));
    for bad in ["/../etc/passwd", "/%2e%2e/x", "/a/..%2fb", "//x", "/.secret", "/a\\b", "/%00", "/%zz", "x", "/map/"] {
        assert_eq!(path_of(bad), None, "{bad}");
    }
}

#[test]
fn ranges_are_those_of_the_standard() {
    assert_eq!(range_of("bytes=0-3", 10), Some(Ok(0..4)));
    assert_eq!(range_of("bytes=4-", 10), Some(Ok(4..10)));
    assert_eq!(range_of("bytes=-3", 10), Some(Ok(7..10)));
    assert_eq!(range_of("bytes=-30", 10), Some(Ok(0..10)));
    assert_eq!(range_of("bytes=8-30", 10), Some(Ok(8..10)));
    assert_eq!(range_of("bytes=0-18446744073709551615", 10), Some(Ok(0..10)));
    assert_eq!(range_of("bytes=10-", 10), Some(Err(Unsatisfiable)));
    assert_eq!(range_of("bytes=-0", 10), Some(Err(Unsatisfiable)));
    for whole in ["bytes=5-2", "bytes=0-1,4-5", "bytes=-", "lines=1-2", "bytes=a-b"] {
        assert_eq!(range_of(whole, 10), None, "{whole}");
    }
}

#[test]
fn files_are_served_whole_in_part_and_not_again() {
    let (_folder, results) = results("0123456789");
    let whole = said(&request("/"), &results);
    assert!(whole.starts_with("HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n"), "{whole}");
    assert!(whole.ends_with("\r\nContent-Length: 10\r\n\r\n0123456789"), "{whole}");
    let tag = whole.split("ETag: ").nth(1).unwrap().split("\r\n").next().unwrap().to_owned();

    let part = said(&Request { range: Some("bytes=2-4".into()), ..request("/index.html") }, &results);
    assert!(part.starts_with("HTTP/1.1 206 ") && part.contains("Content-Range: bytes 2-4/10\r\n"), "{part}");
    assert!(part.ends_with("\r\n\r\n234"), "{part}");
    let other = Some("\"older\"".to_owned());
    let changed = Request { range: Some("bytes=2-4".into()), if_range: other, ..request("/") };
    assert!(said(&changed, &results).starts_with("HTTP/1.1 200 "));
    let behind = said(&Request { range: Some("bytes=10-".into()), ..request("/") }, &results);
    assert!(behind.starts_with("HTTP/1.1 416 ") && behind.contains("bytes */10"), "{behind}");

    let again = said(&Request { if_none_match: Some(tag), ..request("/") }, &results);
    assert!(again.starts_with("HTTP/1.1 304 ") && again.ends_with("\r\n\r\n"), "{again}");
    let head = said(&Request { method: "HEAD".into(), ..request("/") }, &results);
    assert!(head.ends_with("Content-Length: 10\r\n\r\n"), "{head}");
}

#[test]
fn texts_are_compressed_for_those_who_can_read_it() {
    let (_folder, results) = results(&"quiet ".repeat(1000));
    let mut out = Vec::new();
    answer(&Request { gzip: true, ..request("/") }, &results, &mut out).unwrap();
    let end = out.windows(4).position(|four| four == b"\r\n\r\n").unwrap() + 4;
    assert!(String::from_utf8_lossy(&out[..end]).contains("Content-Encoding: gzip"));
    let text = std::io::read_to_string(flate2::read::GzDecoder::new(&out[end..])).unwrap();
    assert_eq!(text, "quiet ".repeat(1000));
}

#[test]
fn what_is_hidden_foreign_or_not_asked_properly_is_refused() {
    let (folder, results) = results("page");
    assert!(said(&request("/.secret"), &results).starts_with("HTTP/1.1 404 "));
    assert!(said(&request("/nothing"), &results).starts_with("HTTP/1.1 404 "));
    let outside = tempfile::NamedTempFile::new().unwrap();
    std::os::unix::fs::symlink(outside.path(), folder.path().join("link")).unwrap();
    assert!(said(&request("/link"), &results).starts_with("HTTP/1.1 404 "), "a link leads out");
    let post = Request { method: "POST".into(), ..request("/") };
    assert!(said(&post, &results).starts_with("HTTP/1.1 405 "));
    let rebound = Request { host: "evil.example:80".into(), ..request("/") };
    assert!(said(&rebound, &results).starts_with("HTTP/1.1 403 "));
}

#[test]
fn requests_come_one_after_the_other() {
    let text = "GET /a HTTP/1.1\r\nHost: localhost:1\r\nRange: bytes=0-1\r\nAccept-Encoding: br, gzip\r\n\r\n\
                HEAD /b HTTP/1.1\r\nhost: x\r\nConnection: close\r\n\r\n";
    let (mut input, mut buffer) = (text.as_bytes(), Vec::new());
    let first = read_request(&mut input, &mut buffer).unwrap().unwrap();
    assert_eq!((&*first.target, &*first.host, first.range.as_deref()), ("/a", "localhost:1", Some("bytes=0-1")));
    assert!(first.gzip && !first.close);
    let second = read_request(&mut input, &mut buffer).unwrap().unwrap();
    assert!(second.method == "HEAD" && second.close);
    assert_eq!(read_request(&mut input, &mut buffer).unwrap(), None);
    assert!(read_request(&mut &b"\x01\x02 nonsense\r\n\r\n"[..], &mut Vec::new()).is_err());
    assert_eq!(read_request(&mut std::io::repeat(b'a'), &mut Vec::new()).unwrap(), None, "too long");
}

#[test]
fn what_cannot_be_shown_is_said() {
    let folder = tempfile::tempdir().unwrap();
    assert!(matches!(served(folder.path()), Err(ViewError::NoResults { .. })));
    assert!(matches!(served(&folder.path().join("absent")), Err(ViewError::NoResults { .. })));
    std::fs::write(folder.path().join("manifest.json"), "{}").unwrap();
    assert!(matches!(served(folder.path()), Err(ViewError::NoMap { .. })));
    std::fs::create_dir(folder.path().join("map")).unwrap();
    std::fs::write(folder.path().join("map/map.json"), "{}").unwrap();
    // A binary with the page shows even results without it.
    match crate::webmap::embedded().is_empty() {
        true => assert!(matches!(served(folder.path()), Err(ViewError::NoPage { .. }))),
        false => assert!(served(folder.path()).is_ok()),
    }
    let taken = listen(0).unwrap();
    let port = taken.local_addr().unwrap().port();
    assert!(matches!(listen(port), Err(ViewError::Port { .. })));
}
