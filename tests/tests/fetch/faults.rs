//! Servers and connections that break.

use super::*;
use quietway::fetch::Checksum;
use quietway_tests::http::{Document, Fault, Reply, Server};
use std::net::TcpListener;
use std::sync::atomic::{AtomicUsize, Ordering};

/// A server whose first answers are these; then comes the document.
fn troubled(first: Vec<Reply>, document: Document) -> Server {
    let asked = AtomicUsize::new(0);
    Server::start(move |request| match first.get(asked.fetch_add(1, Ordering::SeqCst)) {
        Some(reply) => reply.clone(),
        None => document.answer(request),
    })
}

fn noise(length: u32) -> Vec<u8> {
    (0..length).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect()
}

#[test]
fn what_is_not_there_is_named_and_not_asked_for_again() {
    let server = Server::start(|request| match request.line.as_str() {
        "GET /gone" => Reply::status("410 Gone"),
        "GET /secret" => Reply::status("403 Forbidden"),
        _ => Reply::status("404 Not Found"),
    });
    let larder = Larder::new();
    for (path, words) in [("/a.pbf", "404 Not Found"), ("/gone", "410 Gone"), ("/secret", "403 Forbidden")] {
        let url = server.url(path);
        assert_error(&larder.get(&url).unwrap_err(), 4, &[&url, words]);
    }
    assert_eq!(server.seen().len(), 3);
}

#[test]
fn trouble_may_pass() {
    for status in ["500 Internal Server Error", "502 Bad Gateway", "503 Service Unavailable", "429 Too Many Requests"] {
        let server =
            troubled(vec![Reply::status(status), Reply::default().broken(Fault::HangUp)], Document::tagged("x", "1"));
        assert_eq!(read(&Larder::new().get(&server.url("/a")).unwrap()), b"x", "{status}");
        assert_eq!(server.seen().len(), 3);
    }
}

#[test]
fn trouble_that_stays_is_given_up() {
    let server = Server::start(|_| Reply::status("500 Internal Server Error"));
    let url = server.url("/a");
    assert_error(&Larder::new().get(&url).unwrap_err(), 4, &[&url, "500 Internal Server Error", "tried 3 times"]);
    assert_eq!(server.seen().len(), 3);
}

#[test]
fn a_server_is_given_the_time_it_asks_for_within_reason() {
    let busy = |seconds: &str| Reply::status("429 Too Many Requests").with("retry-after", seconds);
    let server = troubled(vec![busy("1"), busy("86400")], Document::tagged("x", "1"));
    let start = std::time::Instant::now();
    Larder::new().get(&server.url("/a")).unwrap();
    // One second, then the longest pause that is allowed here.
    assert!(start.elapsed() >= Duration::from_millis(2500), "{:?}", start.elapsed());
}

#[test]
fn a_connection_cut_half_way_is_resumed() {
    let body = noise(200_000);
    let document = Document::tagged(body.clone(), "1");
    let cut = Reply { status: "200 OK".into(), body: body.clone(), ..Reply::default() };
    let cut = cut.with("etag", "\"1\"").broken(Fault::CutAfter(70_000));
    let server = troubled(vec![cut], document);
    assert!(read(&Larder::new().get(&server.url("/a.osm.pbf")).unwrap()) == body);
    let seen = server.seen();
    let start = seen[1].headers["range"].trim_start_matches("bytes=").trim_end_matches('-').parse::<u64>().unwrap();
    assert!(0 < start && start <= 70_000, "{seen:?}");
    assert_eq!(seen[1].headers["if-range"], "\"1\"");
    assert_eq!(
        (seen[1].status.as_str(), seen[1].sent),
        ("206 Partial Content", 200_000 - start),
        "nothing is sent twice"
    );
}

#[test]
fn a_later_run_resumes_what_an_earlier_one_began() {
    let body = noise(200_000);
    let whole = Document::tagged(body.clone(), "1");
    let is_up = Arc::new(Mutex::new(false));
    let up = is_up.clone();
    let server = Server::start(move |request| match *up.lock().unwrap() {
        true => whole.answer(request),
        false if request.headers.contains_key("range") => Reply::default().broken(Fault::HangUp),
        false => whole.answer(request).broken(Fault::CutAfter(70_000)),
    });
    let (temporary, url) = (tempfile::tempdir().unwrap(), server.url("/a.osm.pbf"));
    assert_error(&Larder::at(temporary.path(), |_| ()).get(&url).unwrap_err(), 4, &[&url]);
    *is_up.lock().unwrap() = true;
    assert!(read(&Larder::at(temporary.path(), |_| ()).get(&url).unwrap()) == body);
    assert!(server.seen().last().unwrap().status.starts_with("206"));
}

#[test]
fn a_file_that_changed_meanwhile_is_not_patched_together() {
    let (old, new) = (noise(200_000), noise(150_000).into_iter().rev().collect::<Vec<_>>());
    let cut = Document::tagged(old, "1");
    let cut = Reply { status: "200 OK".into(), body: cut.body, ..Reply::default() };
    let cut = cut.with("etag", "\"1\"").broken(Fault::CutAfter(70_000));
    let server = troubled(vec![cut], Document::tagged(new.clone(), "2"));
    assert!(read(&Larder::new().get(&server.url("/a")).unwrap()) == new);
    assert_eq!(server.seen()[1].status, "200 OK");
}

#[test]
fn a_server_that_cannot_go_on_is_asked_from_the_start() {
    let body = noise(200_000);
    let cut = Reply { status: "200 OK".into(), body: body.clone(), ..Reply::default() };
    let cut = cut.with("etag", "\"1\"").broken(Fault::CutAfter(70_000));
    for second in ["416 Range Not Satisfiable", "206 Partial Content"] {
        let second = Reply::status(second).with("content-range", "bytes 5-9/200000");
        let server = troubled(vec![cut.clone(), second], Document::tagged(body.clone(), "1"));
        assert!(read(&Larder::new().get(&server.url("/a")).unwrap()) == body);
        assert!(!server.seen()[2].headers.contains_key("range"));
    }
}

#[test]
fn a_slow_drip_is_given_up() {
    let drip = Fault::Drip(1, Duration::from_millis(20));
    let server = Server::start(move |request| Document::tagged(noise(5000), "1").answer(request).broken(drip.clone()));
    let url = server.url("/a");
    assert_error(&Larder::new().get(&url).unwrap_err(), 4, &[&url, "too slow"]);
    let silent = Fault::Drip(2000, Duration::from_secs(3));
    let server =
        Server::start(move |request| Document::tagged(noise(5000), "1").answer(request).broken(silent.clone()));
    let url = server.url("/a");
    let larder = Larder::new();
    assert_eq!(larder.get(&url).unwrap().bytes, 5000, "each attempt brings some, and none is sent twice");
    assert_eq!(server.seen().len(), 3);
}

#[test]
fn a_wrong_checksum_is_fetched_once_more_and_then_an_error() {
    let (right, other) = ("9a0364b9e99bb480dd25e1f0284c8555", "d41d8cd98f00b204e9800998ecf8427e"); // "content", ""
    let served = Arc::new(Mutex::new(vec!["damaged", "content"]));
    let bodies = served.clone();
    let server = Server::start(move |request| match request.line.as_str() {
        "GET /a.md5" => Document::tagged(format!("{right}  a\n"), "m").answer(request),
        "GET /b.md5" => Document::tagged(format!("{other}  a\n"), "n").answer(request),
        "GET /c.md5" => Document::tagged("<html>", "o").answer(request),
        _ => {
            let mut bodies = bodies.lock().unwrap();
            let body = if bodies.len() > 1 { bodies.remove(0) } else { bodies[0] };
            Document::tagged(body, body).answer(request)
        }
    });
    let (larder, url) = (Larder::new(), server.url("/a"));
    let ask = |sum: Checksum| larder.fetcher.get(&Request::new(&url).checked(sum));
    let of = |path: &str| server.seen().into_iter().filter(|seen| seen.path == path).collect::<Vec<_>>();
    assert_eq!(read(&ask(Checksum::Md5At(server.url("/a.md5"))).unwrap()), b"content");
    assert_eq!((of("/a").len(), of("/a")[1].headers["cache-control"].as_str()), (2, "no-cache"));
    assert!(larder.has_note("wrong checksum"));
    let error = ask(Checksum::Md5At(server.url("/b.md5"))).unwrap_err();
    assert_error(&error, 4, &[&url, other, right, "twice"]);
    assert_eq!(of("/a").len(), 4, "asked whether it changed, then once more");
    assert_error(&ask(Checksum::Md5(other.into())).unwrap_err(), 4, &[&url, other]);
    assert!(ask(Checksum::Md5(right.to_uppercase())).unwrap().from_cache, "what was right stays");
    assert_error(&ask(Checksum::Md5At(server.url("/c.md5"))).unwrap_err(), 4, &["/c.md5", "no MD5"]);
}

#[test]
fn without_the_server_the_cache_stands_and_says_so() {
    let is_up = Arc::new(Mutex::new(true));
    let up = is_up.clone();
    let server = Server::start(move |request| match *up.lock().unwrap() {
        true => Document::tagged("x", "1").answer(request),
        false => Reply::status("503 Service Unavailable"),
    });
    let (larder, url) = (Larder::new(), server.url("/a"));
    assert!(!larder.get(&url).unwrap().stale);
    *is_up.lock().unwrap() = false;
    let fetched = larder.get(&url).unwrap();
    assert!(fetched.stale && fetched.from_cache && larder.has_note("503 Service Unavailable"));
    assert_error(&larder.get(&server.url("/b")).unwrap_err(), 4, &["/b", "503"]);
}

#[test]
fn nobody_listens() {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let url = format!("http://127.0.0.1:{port}/a");
    assert_error(&Larder::new().get(&url).unwrap_err(), 4, &[&url, "refused", "tried 3 times"]);
    let url = "https://no-such-host.invalid/a";
    assert_error(&Larder::new().get(url).unwrap_err(), 4, &[url, "no-such-host.invalid is not known"]);
}

#[test]
fn a_server_that_takes_the_question_and_is_silent_is_given_up() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap(); // never accepts: the system does
    let url = format!("http://{}/a", listener.local_addr().unwrap());
    let temporary = tempfile::tempdir().unwrap();
    let larder = Larder::at(temporary.path(), |options| options.limits.answer = Duration::from_millis(100));
    assert_error(&larder.get(&url).unwrap_err(), 4, &[&url, "for an answer"]);
}
