use super::*;
use std::collections::BTreeMap;
use std::fs;

fn everything(folder: &Path) -> BTreeMap<String, String> {
    let mut files = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let name = entry.file_name().to_string_lossy().into_owned();
        if entry.path().is_dir() {
            files.extend(everything(&entry.path()).into_iter().map(|(inner, text)| (format!("{name}/{inner}"), text)));
        } else {
            files.insert(name, String::from_utf8(fs::read(entry.path()).unwrap()).unwrap());
        }
    }
    files
}

fn names(folder: &Path) -> Vec<String> {
    everything(folder).into_keys().collect()
}

fn say(text: &'static str) -> impl FnOnce(&mut (dyn Write + Send)) -> io::Result<()> {
    move |out| out.write_all(text.as_bytes())
}

fn manifest_of(sink: &Sink) -> Vec<u8> {
    let items: Vec<_> = sink.artifacts().iter().map(|made| serde_json::json!({ "path": made.path })).collect();
    serde_json::json!({ "artifacts": items }).to_string().into_bytes()
}

/// A finished run that has made those files.
fn run(folder: &Path, overwrite: bool, files: &[&str]) {
    let sink = Sink::open(folder, overwrite).unwrap();
    for name in files {
        sink.create(name, say("x")).unwrap();
    }
    let manifest = manifest_of(&sink);
    sink.finish(&manifest).unwrap();
}

#[test]
fn files_have_size_and_checksum_and_the_manifest_comes_last() {
    let out = tempfile::tempdir().unwrap();
    let folder = out.path().join("new/results");
    let sink = Sink::open(&folder, false).unwrap();
    sink.create("b.csv", say("abc")).unwrap();
    sink.create_at("tiles/a.bin", |path| fs::write(path, "abc").map_err(SinkError::system("write", path))).unwrap();
    let sha256 = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad".to_owned();
    let made = |path: &str| Artifact { path: path.into(), bytes: 3, sha256: sha256.clone() };
    assert_eq!(sink.artifacts(), [made("b.csv"), made("tiles/a.bin")]);
    assert_eq!(names(&folder), [MARKER, "b.csv", "tiles/a.bin"]);
    sink.finish(b"{}").unwrap();
    assert_eq!(names(&folder), ["b.csv", MANIFEST, "tiles/a.bin"]);
}

#[test]
fn a_result_is_refused_and_overwriting_deletes_only_what_it_lists() {
    let out = tempfile::tempdir().unwrap();
    run(out.path(), false, &["a.csv", "tiles/b.bin", "c.csv"]);
    fs::write(out.path().join("notes.txt"), "mine").unwrap();
    let error = Sink::open(out.path(), false).unwrap_err();
    assert!(matches!(error, SinkError::Occupied { .. }));
    assert!(error.to_string().contains("--overwrite"), "{error}");
    assert_eq!(names(out.path()), ["a.csv", "c.csv", MANIFEST, "notes.txt", "tiles/b.bin"]);
    run(out.path(), true, &["a.csv"]);
    assert_eq!(names(out.path()), ["a.csv", MANIFEST, "notes.txt"]);
    assert!(!out.path().join("tiles").exists());
}

#[test]
fn a_broken_run_leaves_no_half_written_file_and_can_be_cleared() {
    let out = tempfile::tempdir().unwrap();
    let sink = Sink::open(out.path(), false).unwrap();
    sink.create("a.csv", say("x")).unwrap();
    let error =
        sink.create("b.csv", |out| out.write_all(b"half").and(Err(io::ErrorKind::StorageFull.into()))).unwrap_err();
    assert!(error.to_string().contains("b.csv") && error.to_string().contains("make room"), "{error}");
    // What a killed process leaves:
    fs::write(out.path().join(".b.csv.part"), "half").unwrap();
    std::mem::forget(sink);
    assert_eq!(names(out.path()), [".b.csv.part", MARKER, "a.csv"]);
    assert!(matches!(Sink::open(out.path(), false), Err(SinkError::Unfinished { .. })));
    run(out.path(), true, &["c.csv"]);
    assert_eq!(names(out.path()), ["c.csv", MANIFEST]);
}

#[test]
fn a_run_that_fails_in_order_leaves_nothing() {
    let out = tempfile::tempdir().unwrap();
    let (made, there) = (out.path().join("made"), out.path().join("there"));
    fs::create_dir(&there).unwrap();
    for folder in [&made, &there] {
        let sink = Sink::open(folder, false).unwrap();
        sink.create("tiles/a.bin", say("x")).unwrap();
        drop(sink);
    }
    assert!(!made.exists(), "a folder that was made for the run goes with it");
    assert!(names(&there).is_empty(), "{:?}", names(&there));
}

#[test]
fn a_panic_of_a_writer_leaves_no_file() {
    let out = tempfile::tempdir().unwrap();
    let sink = Sink::open(out.path(), false).unwrap();
    let write = std::panic::AssertUnwindSafe(|| sink.create("a.csv", |_| panic!("a writer breaks")));
    assert!(std::panic::catch_unwind(write).is_err());
    assert_eq!(names(out.path()), [MARKER]);
}

#[test]
fn foreign_files_are_neither_replaced_nor_deleted() {
    let out = tempfile::tempdir().unwrap();
    fs::write(out.path().join("a.csv"), "mine").unwrap();
    let error = Sink::open(out.path(), false).unwrap_err();
    assert!(error.to_string().contains("a.csv"), "{error}");
    let sink = Sink::open(out.path(), true).unwrap();
    assert!(matches!(sink.create("a.csv", say("x")), Err(SinkError::InTheWay { .. })));
    assert_eq!(everything(out.path())["a.csv"], "mine");
}

#[test]
fn a_list_that_leads_out_of_the_folder_deletes_nothing_there() {
    let out = tempfile::tempdir().unwrap();
    let (folder, outside) = (out.path().join("results"), out.path().join("outside"));
    fs::create_dir_all(&folder).unwrap();
    fs::create_dir_all(&outside).unwrap();
    fs::write(outside.join("file"), "mine").unwrap();
    let absolute = outside.join("file").display().to_string();
    let list = serde_json::json!({ "artifacts": [{ "path": "../outside/file" }, { "path": absolute }, { "path": "link/file" }] });
    fs::write(folder.join(MANIFEST), list.to_string()).unwrap();
    #[cfg(unix)]
    std::os::unix::fs::symlink(&outside, folder.join("link")).unwrap();
    Sink::open(&folder, true).unwrap();
    assert_eq!(names(&outside), ["file"]);
}

#[test]
fn a_manifest_that_is_none_is_refused() {
    let out = tempfile::tempdir().unwrap();
    for text in ["not json", "{}", r#"{"artifacts": [1]}"#] {
        fs::write(out.path().join(MANIFEST), text).unwrap();
        let error = Sink::open(out.path(), true).unwrap_err();
        assert!(matches!(error, SinkError::BadList { .. }), "{error}");
    }
}

#[test]
fn a_place_that_cannot_be_written_is_named() {
    let out = tempfile::tempdir().unwrap();
    let file = out.path().join("file");
    fs::write(&file, "").unwrap();
    for path in [file.clone(), file.join("results")] {
        let error = Sink::open(&path, false).unwrap_err().to_string();
        assert!(error.contains("file") && error.contains("another --out"), "{error}");
    }
}

#[test]
#[cfg(target_os = "linux")]
fn a_full_disk_is_reported_with_what_to_do() {
    let full = File::options().write(true).open("/dev/full").unwrap();
    let cause = fill(full, say("x")).unwrap_err();
    assert_eq!(cause.kind(), io::ErrorKind::StorageFull);
    let message = SinkError::system("write", Path::new("results/a.csv"))(cause).to_string();
    assert!(
        message.starts_with("cannot write results/a.csv: ")
            && message.ends_with("make room there, or choose another --out"),
        "{message}"
    );
}

#[test]
fn several_threads_write_at_once() {
    let out = tempfile::tempdir().unwrap();
    let sink = Sink::open(out.path(), false).unwrap();
    std::thread::scope(|scope| {
        for thread in 0..8 {
            let sink = &sink;
            scope.spawn(move || sink.create(&format!("{thread}.csv"), say("x")).unwrap());
        }
    });
    let paths: Vec<String> = sink.artifacts().into_iter().map(|made| made.path).collect();
    assert_eq!(paths, (0..8).map(|thread| format!("{thread}.csv")).collect::<Vec<_>>());
}
