//! `docs/suites.md`: written from the types of a suite; a test keeps it current.

use super::documented::{Field, Section};
use super::*;
use std::fmt::Write;
use toml::{Table, Value};

const HEAD: &str = include_str!("head.md");

/// Sections in the order of a file.
const SECTIONS: [Section; 15] = [
    Suite::SECTION,
    Area::SECTION,
    Network::SECTION,
    TrailLimits::SECTION,
    Stress::SECTION,
    ArterialDefaults::SECTION,
    LocalDefaults::SECTION,
    AlongRule::SECTION,
    CrossingRule::SECTION,
    ReachLimits::SECTION,
    Group::SECTION,
    Category::SECTION,
    Steps::SECTION,
    Breaks::SECTION,
    Labels::SECTION,
];

/// What a type is called in TOML.
fn kind(field: &Field) -> &str {
    let inner = field.kind.strip_prefix("Option<").and_then(|rest| rest.strip_suffix('>')).unwrap_or(field.kind);
    match inner {
        "String" | "InfraName" | "CategoryKind" => "text",
        "f64" => "number",
        "i32" | "u16" | "u32" => "whole number",
        "bool" => "true or false",
        "Vec<String>" => "list of texts",
        "Vec<TagRule>" => "list of tag rules",
        "Vec<[f64; 2]>" => "list of pairs",
        "BTreeMap<String, u16>" => "table of whole numbers",
        "Vec<AlongRule>" | "Vec<CrossingRule>" | "Vec<Group>" | "Vec<Category>" => "rows",
        "Area" | "Network" | "Stress" | "ReachLimits" | "TrailLimits" | "ArterialDefaults" | "LocalDefaults"
        | "Curve" | "Labels" => "table",
        other => panic!("docs/suites.md has no word for the type {other}"),
    }
}

/// What bna says, for a key of a table that stands once.
fn in_bna(bna: &Table, heading: &str, key: &str) -> Option<String> {
    let path = heading.strip_prefix("`[")?.strip_suffix("]`").filter(|path| !path.starts_with('['))?;
    let table = path.split('.').try_fold(bna, |table, name| table.get(name)?.as_table())?;
    match table.get(key)? {
        Value::Table(_) => None,
        Value::Array(rows) if rows.iter().any(Value::is_table) => None,
        value => Some(format!("`{value}`")),
    }
}

fn page() -> String {
    let bna: Table = BNA.parse().unwrap();
    let mut page = HEAD.to_owned();
    for section in SECTIONS {
        let about = section.about.trim();
        let (headings, words) = about.split_once(": ").unwrap();
        let _ = write!(
            page,
            "\n### {headings}\n\n{}{}\n\n| key | type | bna | meaning |\n|---|---|---|---|\n",
            words[..1].to_uppercase(),
            &words[1..]
        );
        for field in section.fields {
            let values = headings.split(", ").filter_map(|heading| in_bna(&bna, heading, field.key()));
            let values = values.collect::<Vec<_>>().join(", ");
            let optional = if field.is_optional() { ", optional" } else { "" };
            let about = field.about.trim().replace("  ", " ").replace('|', "\\|");
            let _ = writeln!(page, "| `{}` | {}{optional} | {values} | {about} |", field.key(), kind(field));
        }
    }
    page
}

/// `QUIETWAY_UPDATE_DOCS=1 cargo test -p quietway document` rewrites it.
#[test]
fn the_page_of_suites_is_current() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/suites.md");
    let page = page();
    if std::env::var_os("QUIETWAY_UPDATE_DOCS").is_some() {
        std::fs::write(&path, &page).unwrap();
    }
    let there = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(there == page, "docs/suites.md is out of date: scripts/update-fixtures writes it anew");
}

/// Every key that bna uses is on the page, whichever types there are.
#[test]
fn the_page_names_every_key_of_bna() {
    fn keys(value: &Value, found: &mut Vec<String>) {
        match value {
            Value::Table(table) => table.iter().for_each(|(key, value)| {
                found.push(key.clone());
                // Below these the keys are OSM's.
                if !["highways", "urban_speed", "polygons", "points"].contains(&key.as_str()) {
                    keys(value, found);
                }
            }),
            Value::Array(rows) => rows.iter().for_each(|row| keys(row, found)),
            _ => {}
        }
    }
    let mut found = Vec::new();
    keys(&Value::Table(BNA.parse().unwrap()), &mut found);
    assert!(found.len() > 150);
    let page = page();
    for key in found {
        assert!(page.contains(&format!("`{key}`")), "{key}");
    }
}

/// The examples that are shipped are suites.
#[test]
fn the_example_files_are_good() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/suites");
    let files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert!(!files.is_empty());
    files.iter().for_each(|path| drop(Suite::load(path).unwrap_or_else(|error| panic!("{error}"))));
}

/// The examples of the page are suites.
#[test]
fn the_examples_of_the_page_are_good() {
    let examples: Vec<_> = HEAD.split("```toml\n").skip(1).map(|rest| rest.split("```").next().unwrap()).collect();
    assert!(examples.len() >= 4);
    for example in examples {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("example.toml");
        std::fs::write(&path, example).unwrap();
        Suite::load(&path).unwrap_or_else(|error| panic!("{error}\n{example}"));
    }
}
