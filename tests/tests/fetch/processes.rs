//! Several processes, no network, no room.

use super::*;
use quietway_tests::http::{Document, Fault, Server};
use quietway_tests::{assert_success, quietway};

fn slow_server() -> Server {
    let drip = Fault::Drip(50_000, Duration::from_millis(100));
    Server::start(move |request| Document::tagged(vec![b'x'; 400_000], "1").answer(request).broken(drip.clone()))
}

fn bodies(server: &Server) -> usize {
    server.seen().iter().filter(|seen| seen.status.starts_with("200")).count()
}

#[test]
fn two_at_once_download_once() {
    let (server, folder) = (slow_server(), tempfile::tempdir().unwrap());
    let url = server.url("/a");
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| assert_eq!(Larder::at(folder.path(), |_| ()).get(&url).unwrap().bytes, 400_000));
        }
    });
    assert_eq!(bodies(&server), 1);
}

#[test]
fn two_processes_at_once_download_once() {
    if let Some(text) = inside() {
        let (url, folder) = text.split_once(' ').unwrap();
        assert_eq!(Larder::at(Path::new(folder), |_| ()).get(url).unwrap().bytes, 400_000);
        return;
    }
    let (server, folder) = (slow_server(), tempfile::tempdir().unwrap());
    let text = format!("{} {}", server.url("/a"), folder.path().display());
    let start =
        || child("processes::two_processes_at_once_download_once", &text).stdout(std::process::Stdio::piped()).spawn();
    let children = [start().unwrap(), start().unwrap()];
    for child in children {
        assert_passed(&child.wait_with_output().unwrap());
    }
    assert_eq!(bodies(&server), 1);
}

/// The network is taken away in a namespace of its own; where that may not be done the log of the server alone has to do.
#[test]
fn offline_opens_no_connection() {
    let test = "processes::offline_opens_no_connection";
    if let Some(text) = inside() {
        let (url, folder) = text.split_once(' ').unwrap();
        let larder = Larder::at(Path::new(folder), |options| options.offline = true);
        let fetched = larder.get(&format!("{url}/a")).unwrap();
        assert_eq!((read(&fetched), fetched.from_cache), (b"x".to_vec(), true));
        let missing = format!("{url}/b");
        assert_error(&larder.get(&missing).unwrap_err(), 4, &[&missing, "--offline", "quietway fetch"]);
        std::fs::write(&fetched.path, "").unwrap();
        assert_error(&larder.get(&format!("{url}/a")).unwrap_err(), 4, &["--offline"]);
        assert!(larder.has_note("damaged"));
        return;
    }
    let server = Server::start(|request| Document::tagged("x", "1").answer(request));
    let folder = tempfile::tempdir().unwrap();
    let text = format!("{} {}", server.base, folder.path().display());
    for takes_network_away in [true, false] {
        Larder::at(folder.path(), |_| ()).get(&server.url("/a")).unwrap();
        let connections = server.connections();
        let mut command = child(test, &text);
        if takes_network_away {
            let mut alone = Command::new("unshare");
            alone.arg("-n").arg(command.get_program()).args(command.get_args()).env(INSIDE, &text);
            if !Command::new("unshare").args(["-n", "true"]).status().is_ok_and(|status| status.success()) {
                println!("skipped: no right to take the network away");
                continue;
            }
            command = alone;
        }
        assert_passed(&command.output().unwrap());
        assert_eq!(server.connections(), connections);
    }
    let nowhere = folder.path().join("never made");
    let larder = Larder::at(&nowhere, |options| options.offline = true);
    assert_error(&larder.get("https://example.org/a").unwrap_err(), 4, &["https://example.org/a", "never made"]);
    assert!(!nowhere.exists());
}

/// Needs root and mount namespaces for a small disk; says aloud when it skips.
#[test]
fn a_full_disk_is_said_and_left_empty() {
    let test = "processes::a_full_disk_is_said_and_left_empty";
    if let Some(text) = inside() {
        let (url, folder) = text.split_once(' ').unwrap();
        let larder = Larder::at(Path::new(folder), |_| ());
        assert_error(&larder.get(url).unwrap_err(), 5, &["cannot write", folder, "make room"]);
        let left = std::fs::read_dir(folder).unwrap().flatten().map(|entry| entry.path());
        let left: Vec<_> = left.flat_map(|folder| std::fs::read_dir(folder).unwrap()).flatten().collect();
        assert_eq!(left.iter().map(|file| file.metadata().unwrap().len()).sum::<u64>(), 0, "{left:?}");
        return;
    }
    let (server, disk) = (slow_server(), tempfile::tempdir().unwrap());
    let small = |command: &str| {
        let script = format!("mount -t tmpfs -o size=256k none {} && {command}", disk.path().display());
        let text = format!("{} {}", server.url("/a"), disk.path().display());
        Command::new("unshare").args(["-m", "sh", "-c", &script]).env(INSIDE, text).output()
    };
    if !small("true").is_ok_and(|output| output.status.success()) {
        return println!("skipped: no right to mount a small disk");
    }
    let this = std::env::current_exe().unwrap();
    assert_passed(&small(&format!("'{}' {test} --exact --nocapture", this.display())).unwrap());
}

#[test]
fn a_cache_that_cannot_be_written_is_said() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("file"), "").unwrap();
    let runtime = Runtime::new().unwrap();
    let (cache_dir, limits) = (folder.path().join("file/cache"), hasty());
    let options = FetchOptions { cache_dir, shared: None, offline: false, limits, listener: None };
    let error = Fetcher::new(options, runtime.handle().clone()).err().unwrap();
    assert_error(&error, 5, &["file/cache", "--cache-dir"]);
}

#[test]
fn the_cache_is_listed_and_pruned() {
    let server = Server::start(|request| Document::tagged(vec![b'x'; 5000], "1").answer(request));
    let folder = tempfile::tempdir().unwrap();
    let larder = Larder::at(folder.path(), |_| ());
    let path = larder.get(&server.url("/a.zip")).unwrap().path;
    let run = |arguments: &[&str]| {
        let output = quietway().arg("cache").args(arguments).env("QUIETWAY_CACHE_DIR", folder.path()).output().unwrap();
        assert_success(&output);
        String::from_utf8(output.stdout).unwrap()
    };
    let said = run(&["list"]);
    assert!(said.contains(&server.url("/a.zip")) && said.contains("1 files, 5,"), "{said}");
    assert!(run(&["prune", "--older-than", "1"]).contains("deleted 0 files") && path.exists());
    assert!(run(&["prune", "--keep-bytes", "1MB"]).contains("deleted 0 files") && path.exists());
    assert!(run(&["prune", "--keep-bytes", "1kB"]).contains("deleted 1 files") && !path.exists());
    assert!(run(&["list", "--cache-dir", folder.path().join("no").to_str().unwrap()]).contains("0 files"));
    let nothing = quietway().args(["cache", "prune"]).output().unwrap();
    assert_eq!(nothing.status.code(), Some(2), "what to delete must be said");
}
