//! `docs/schema.md`: written from the same tables of meanings as the databases' comments; a test keeps it current.

use super::postgis::sql_type;
use super::table::{Table, type_name};
use crate::layers::tests::everything;
use crate::layers::{CATEGORY, ColumnInfo, GEOM, Group, KEY, Layers, TABLES, TableInfo, VIEWS, table_info};
use std::fmt::Write;

const HEAD: &str = "\
# The database

One schema a run in PostgreSQL, or one GeoPackage file: the same tables and columns. This page is written from the table of meanings in
`analysis/src/layers/tables.rs`, which also makes the comments in PostgreSQL and `gpkg_data_columns` in the GeoPackage.

Types are PostgreSQL's. In the GeoPackage lists (`[]`) and `jsonb` are JSON text, `bigint` is INTEGER, `double precision` DOUBLE. Columns of the
user's own boundary and block files travel unchanged beside those listed; one whose name a database cannot take, or that stands twice, gets a
number behind it (`name_1`). A number that is not a number is NULL. Indexed columns are marked with •.

`*` stands for the rest of a generated name: categories and groups of the suite.
";

fn page(layers: &Layers) -> String {
    let mut page = HEAD.to_owned();
    for table in TABLES {
        section(&mut page, layers, table);
        if table.name == "neighborhood_ways_net_link" {
            section(&mut page, layers, &CATEGORY);
        }
    }
    for view in VIEWS {
        let _ = write!(
            page,
            "\n## {} (view)\n\n{}\n\n| column | type | meaning |\n|---|---|---|\n",
            view.name, view.comment
        );
        for (info, from) in view.columns {
            let kind =
                if *from == KEY.name { Some("bigint") } else { kind_of(layers, view.table, |name| name == *from) };
            row(&mut page, info, kind.unwrap_or_default());
        }
    }
    page
}

fn section(page: &mut String, layers: &Layers, table: &TableInfo) {
    let group = |group: &Group| format!("{group:?}").to_lowercase();
    let groups: Vec<_> = table.groups.iter().map(group).collect();
    let groups = if groups.is_empty() { "always".to_owned() } else { groups.join(" or ") };
    let _ = write!(page, "\n## {}\n\n{} `--publish`: {groups}.\n\n", table.name, table.comment);
    page.push_str("| column | type | meaning |\n|---|---|---|\n");
    row(page, &KEY, "bigint, primary key");
    let layer = layers.tables.iter().find(|layer| table_info(&layer.name).name == table.name);
    let layer = layer.unwrap_or_else(|| panic!("the sample lacks {}", table.name));
    if let Some(geometry) = &layer.geometry {
        row(page, &GEOM, &format!("geometry({}, 4326)", type_name(geometry)));
    }
    for info in table.columns {
        let kind = kind_of(layers, &layer.name, |name| info.is_about(name));
        row(page, info, kind.unwrap_or_else(|| panic!("the sample lacks {}.{}", table.name, info.name)));
    }
}

/// The type of the first column that a test finds.
fn kind_of(layers: &Layers, layer: &str, wanted: impl Fn(&str) -> bool) -> Option<&'static str> {
    let table = Table::of(layers.get(layer)?);
    let at = table.layer.columns.iter().position(|column| wanted(&column.name))?;
    Some(sql_type(&table.layer.columns[at].values, table.info(at).map(|info| info.declared)))
}

fn row(page: &mut String, info: &ColumnInfo, kind: &str) {
    let mark = if info.indexed { " •" } else { "" };
    let _ = writeln!(page, "| `{}`{mark} | {kind} | {} |", info.name, info.sentence().replace('|', "\\|"));
}

/// `QUIETWAY_UPDATE_DOCS=1 cargo test -p quietway document` rewrites it.
#[test]
fn the_page_is_current() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/schema.md");
    let page = page(&everything());
    if std::env::var_os("QUIETWAY_UPDATE_DOCS").is_some() {
        std::fs::write(&path, &page).unwrap();
    }
    let there = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(there == page, "docs/schema.md is out of date: scripts/update-fixtures writes it anew");
}
