//! What is sent again and what is not: the server's validators decide.

use super::*;
use quietway_tests::http::{Document, Reply, Server};
use std::fs;

#[test]
fn a_file_is_sent_once_and_again_when_it_changed() {
    let document = Arc::new(Mutex::new(Document::tagged("first", "1")));
    let served = document.clone();
    let server = Server::start(move |request| served.lock().unwrap().answer(request));
    let (larder, url) = (Larder::new(), server.url("/europe/town.csv"));
    let first = larder.get(&url).unwrap();
    assert_eq!((read(&first), first.from_cache, first.bytes, first.stale), (b"first".to_vec(), false, 5, false));
    assert!(first.path.starts_with(&larder.folder) && first.path.ends_with("town.csv"), "{first:?}");
    assert_eq!(first.sha256, "a7937b64b8caa58f03721bb6bacf5c78cb235febe0e70b1b84cd99541461a08e");
    let again = larder.get(&url).unwrap();
    assert_eq!((read(&again), again.from_cache), (b"first".to_vec(), true));
    *document.lock().unwrap() = Document::tagged("second", "2");
    let changed = larder.get(&url).unwrap();
    assert_eq!((read(&changed), changed.from_cache), (b"second".to_vec(), false));
    let seen = server.seen();
    assert_eq!(seen.iter().map(|seen| &seen.status[..3]).collect::<Vec<_>>(), ["200", "304", "200"]);
    assert_eq!(seen[1].headers["if-none-match"], "\"1\"");
    assert!(seen[0].headers["user-agent"].starts_with("quietway/"), "{seen:?}");
    assert!(larder.has_note("started") && larder.has_note("finished"));
}

/// The server lives in 1999 and its file in 2038; no clock of ours is asked.
#[test]
fn a_servers_wrong_clock_does_not_matter() {
    let date = "Tue, 19 Jan 2038 03:14:00 GMT";
    let document =
        Arc::new(Mutex::new(Document { body: b"first".to_vec(), etag: None, last_modified: Some(date.into()) }));
    let served = document.clone();
    let server = Server::start(move |request| {
        let reply = served.lock().unwrap().answer(request);
        reply
            .with("date", "Fri, 01 Jan 1999 00:00:00 GMT")
            .with("expires", "Fri, 01 Jan 2038 00:00:00 GMT")
            .with("cache-control", "max-age=99999999")
    });
    let (larder, url) = (Larder::new(), server.url("/a"));
    assert_eq!(larder.get(&url).unwrap().last_modified, Some(2_147_483_640));
    assert!(larder.get(&url).unwrap().from_cache);
    let older = Some("Thu, 01 Jan 1998 00:00:00 GMT".to_owned());
    *document.lock().unwrap() = Document { body: b"second".to_vec(), etag: None, last_modified: older };
    let changed = larder.get(&url).unwrap();
    assert_eq!((read(&changed), changed.from_cache), (b"second".to_vec(), false), "an older date is another file");
    assert_eq!(server.seen()[1].headers["if-modified-since"], date);
}

#[test]
fn without_validators_it_is_sent_each_time() {
    let server = Server::start(|request| Document { body: b"x".to_vec(), ..Document::default() }.answer(request));
    let (larder, url) = (Larder::new(), server.url("/a"));
    for _ in 0..2 {
        assert!(!larder.get(&url).unwrap().from_cache);
    }
}

#[test]
fn a_file_damaged_by_hand_is_noticed_and_fetched_again() {
    let server = Server::start(|request| Document::tagged("content", "1").answer(request));
    let (larder, url) = (Larder::new(), server.url("/a.csv"));
    let path = larder.get(&url).unwrap().path;
    for damage in ["cont", "contenT", ""] {
        fs::write(&path, damage).unwrap();
        let again = larder.get(&url).unwrap();
        assert_eq!((read(&again), again.from_cache), (b"content".to_vec(), false), "{damage:?}");
    }
    fs::remove_file(&path).unwrap();
    assert!(!larder.get(&url).unwrap().from_cache);
    assert!(larder.has_note("damaged"));
    fs::write(&path, "content").unwrap();
    assert!(larder.get(&url).unwrap().from_cache, "the same content, written by hand");
}

#[test]
fn a_file_larger_than_allowed_is_refused() {
    let server = Server::start(|request| Document::tagged(vec![b'x'; 1000], "1").answer(request));
    let (larder, url) = (Larder::new(), server.url("/a"));
    let error = larder.fetcher.get(&Request::new(&url).at_most(999)).unwrap_err();
    assert_error(&error, 4, &[&url, "999"]);
    larder.fetcher.get(&Request::new(&url).at_most(1000)).unwrap();
    let error = larder.fetcher.get(&Request::new(&url).at_most(999)).unwrap_err();
    assert_error(&error, 4, &[&url, "999"]);
}

#[test]
fn text_and_several_files_at_once() {
    let server = Server::start(|request| match request.line.as_str() {
        "GET /bytes" => Document::tagged(vec![0xff, 0xfe], "b").answer(request),
        "GET /missing" => Reply::status("404 Not Found"),
        line => Document::tagged(line.replace("GET /", "text "), line).answer(request),
    });
    let larder = Larder::new();
    assert_eq!(larder.fetcher.get_text(&Request::new(server.url("/one"))).unwrap(), "text one");
    let error = larder.fetcher.get_text(&Request::new(server.url("/bytes"))).unwrap_err();
    assert_error(&error, 4, &["/bytes", "no text"]);
    let requests: Vec<_> = (0..9).map(|number| Request::new(server.url(&format!("/{number}")))).collect();
    let all = larder.fetcher.get_all(&requests).unwrap();
    let texts: Vec<_> = all.iter().map(|fetched| String::from_utf8(read(fetched)).unwrap()).collect();
    assert_eq!(texts, (0..9).map(|number| format!("text {number}")).collect::<Vec<_>>());
    let some = [Request::new(server.url("/one")), Request::new(server.url("/missing"))];
    assert_error(&larder.fetcher.get_all(&some).unwrap_err(), 4, &["/missing"]);
    assert_eq!(larder.fetcher.get_all(&[]).unwrap(), []);
}
