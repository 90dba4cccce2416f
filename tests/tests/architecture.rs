//! The rules of ARCHITECTURE.md that a compiler cannot check: which room may name what, and which way it may look.
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic as tests may")]

use quietway_tests::root;
use std::path::{Path, PathBuf};

/// The river: a room may use those before it, never those after it.
const RIVER: &[&str] = &[
    "boundary",
    "import",
    "network",
    "stress",
    "connectivity",
    "access",
    "layers",
    "store",
    "analyses",
    "export",
    "tiles",
    "report",
    "webmap",
];

/// What has no place in the river: usable from everywhere, uses no stage.
const BANKS: &[&str] = &["launcher", "model", "suite", "progress", "sources", "vector", "fetch"];

/// The suite names bicycle infrastructure and tags by the types of the rooms that make them; the tour and its helpers see all.
const EXEMPT: &[&str] = &[
    "suite",
    "pipeline",
    "plan",
    "error",
    "manifest",
    "summary",
    "inputs",
    "cli",
    "counts",
    "database",
    "destination",
    "larder",
    "acquire",
    "warm",
    "rerun",
    "view",
    "staging",
    "lib",
    "main",
];

fn rust_files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            rust_files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// (room, path in the crate, text without comments and tests)
fn sources() -> Vec<(String, String, String)> {
    let src = root().join("analysis/src");
    let mut files = Vec::new();
    rust_files(&src, &mut files);
    files.sort();
    assert!(files.len() > 30, "the sources were not found");
    let read = |path: &PathBuf| {
        let name = path.strip_prefix(&src).unwrap().to_string_lossy().into_owned();
        let room = name.split(['/', '.']).next().unwrap().to_owned();
        let text = std::fs::read_to_string(path).unwrap();
        let code = text.split("#[cfg(test)]").next().unwrap();
        let code = code.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n");
        (room, name, code)
    };
    let is_test = |name: &str| name.ends_with("tests.rs") || name.contains("/tests/");
    files.iter().map(read).filter(|(_, name, _)| !is_test(name)).collect()
}

#[test]
fn rooms_look_upstream_only() {
    for (room, name, code) in sources().iter().filter(|(room, ..)| !EXEMPT.contains(&room.as_str())) {
        let place = RIVER.iter().position(|stage| stage == room);
        for used in code.split("crate::").skip(1) {
            let used = used.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap();
            let Some(target) = RIVER.iter().position(|stage| *stage == used) else { continue };
            let allowed = place.is_some_and(|own| target <= own);
            assert!(allowed, "{name} uses crate::{used}, which is downstream of {room}");
        }
        assert!(place.is_some() || BANKS.contains(&room.as_str()), "{name}: a room that ARCHITECTURE.md does not know");
    }
}

#[test]
fn stages_touch_only_what_they_say() {
    let rules: &[(&[&str], &[&str])] = &[
        (&["sqlx::"], &["store", "analyses", "vector"]), // vector opens GeoPackages, which are SQLite, to read
        (&["aws_sdk", "aws_config"], &["export"]),
        (&["hyper::", "tokio::net", "tokio_rustls", "TcpStream"], &["fetch", "launcher", "view"]), // view serves on the loopback interface
        (&["zip::ZipArchive"], &["store"]), // only its golden test; all else goes through job's safe_zip
        (
            &["std::fs", "File::open", "File::create"],
            &[
                "boundary",
                "import",
                "vector",
                "export",
                "store",
                "analyses",
                "rerun",
                "suite",
                "inputs",
                "acquire",
                "plan",
                "progress",
                "tiles",
                "report", // `compare` reads two results and writes one page
                "webmap",
                "view",
                "destination",
                "fetch",
                "staging",
            ],
        ),
    ];
    for (words, rooms) in rules {
        for (room, name, code) in sources() {
            let word = words.iter().find(|word| code.contains(**word));
            assert!(word.is_none() || rooms.contains(&room.as_str()), "{name} names {word:?}; only {rooms:?} may");
        }
    }
}

#[test]
fn pure_stages_do_no_io() {
    for (room, name, code) in sources() {
        if ["network", "stress", "connectivity", "access", "layers", "model"].contains(&room.as_str()) {
            for word in ["std::fs", "std::net", "println!", "eprintln!", "std::process", "std::env"] {
                assert!(!code.contains(word), "{name} names {word}, but {room} works in memory only");
            }
        }
    }
}

#[test]
fn every_room_opens_with_its_card() {
    for room in RIVER {
        let path = root().join("analysis/src").join(room).join("mod.rs");
        let text = std::fs::read_to_string(&path).unwrap();
        for word in ["//! # ", "//! In:", "Out:", "//! Touches:", "Does not know:"] {
            assert!(text.contains(word), "{} lacks {word}", path.display());
        }
    }
}

#[test]
fn street_tags_are_named_in_their_rooms_only() {
    for (room, name, code) in sources() {
        if ["network", "import"].contains(&room.as_str()) || name.starts_with("suite/") {
            continue;
        }
        for tag in ["\"cycleway", "\"maxspeed\"", "\"oneway:", "\"lanes:"] {
            assert!(!code.contains(tag), "{name} names the OSM tag {tag}; only import/ and network/ read tags");
        }
    }
}

/// The web map and our own pages show the same thing in the same colour.
#[test]
fn the_palettes_of_pages_and_web_map_are_one() {
    let path = root().join("web/src/palette.ts");
    let Ok(text) = std::fs::read_to_string(&path) else { return println!("skipped: there is no web map here") };
    for ink in quietway::model::palette::all() {
        for colour in [ink.light, ink.dark] {
            assert!(text.contains(colour), "{} lacks {colour} of {}", path.display(), ink.name);
        }
    }
}
