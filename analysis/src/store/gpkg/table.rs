//! One layer as one table: its rows, its place in the registers of the GeoPackage, its index.

use super::rtree::{self, Packed};
use super::shapes::{self, Shape};
use super::{describe, run};
use crate::layers::Layer;
use crate::model::Values;
use crate::store::names::quoted;
use crate::store::table::Table;
use crate::store::wkb::Bounds;
use sqlx::sqlite::{SqliteArguments, SqliteConnection};
use sqlx::{Arguments, AssertSqlSafe};
use std::fmt::Write;
use std::sync::Arc;

/// Values one statement may carry (SQLite's default limit).
const MAX_VALUES: usize = 32_766;
/// Rows of one INSERT: beyond this preparing costs more than it saves.
const MAX_ROWS: usize = 256;
/// When the content last changed: constant, so that equal runs give equal files.
const LAST_CHANGE: &str = "1970-01-01T00:00:00.000Z";

/// Writes a layer.
pub(super) async fn write(database: &mut SqliteConnection, layer: &Layer) -> Result<(), sqlx::Error> {
    let table = Table::of(layer);
    run(database, create(&table)).await?;
    let shapes = layer.geometry.as_ref().map(|shapes| shapes::encode(shapes, layer.rows())).unwrap_or_default();
    let bounds = shapes.iter().flatten().map(|shape| shape.bounds).reduce(Bounds::union);
    let packed = table.geometry.is_some().then(|| rtree::pack(&shapes));
    insert(database, &table, shapes).await?;
    register(database, &table, bounds).await?;
    describe::columns(database, &table).await?;
    if let (Some((geometry, _)), Some(packed)) = (&table.geometry, packed) {
        index(database, &table, geometry, packed).await?;
    }
    Ok(())
}

fn create(table: &Table<'_>) -> String {
    let mut sql = format!(
        "CREATE TABLE {} ({} INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL",
        quoted(&table.layer.name),
        quoted(&table.key)
    );
    if let Some((name, kind)) = &table.geometry {
        let _ = write!(sql, ", {} {kind}", quoted(name)); // writing to a String cannot fail
    }
    for (name, column) in table.columns.iter().zip(&table.layer.columns) {
        let _ = write!(sql, ", {} {}", quoted(name), sql_type(&column.values));
    }
    sql + ")"
}

/// Columns of a row: key, geometry, attributes.
fn width(table: &Table<'_>) -> usize {
    1 + usize::from(table.geometry.is_some()) + table.columns.len()
}

/// The GeoPackage type of a column; lists travel as JSON text.
fn sql_type(values: &Values) -> &'static str {
    match values {
        Values::Int(_) => "INTEGER",
        Values::Float(_) => "DOUBLE",
        Values::Bool(_) => "BOOLEAN",
        Values::Text(_) | Values::IntList(_) | Values::TextList(_) => "TEXT",
    }
}

/// `INSERT INTO name VALUES (?,…),…` for that many rows.
fn insert_sql(name: &str, width: usize, rows: usize) -> String {
    let row = format!("({})", vec!["?"; width].join(","));
    format!("INSERT INTO {name} VALUES {}", vec![row; rows].join(","))
}

/// Puts rows into a table, many to a statement; `bind` adds the values of one row.
async fn insert_rows(
    database: &mut SqliteConnection,
    name: &str,
    width: usize,
    rows: usize,
    mut bind: impl FnMut(usize, &mut SqliteArguments) -> Result<(), sqlx::error::BoxDynError>,
) -> Result<(), sqlx::Error> {
    let step = (MAX_VALUES / width).clamp(1, MAX_ROWS);
    let full: Arc<str> = insert_sql(name, width, step).into();
    for start in (0..rows).step_by(step) {
        let end = (start + step).min(rows);
        let mut values = SqliteArguments::default();
        values.reserve(width * (end - start), 0);
        for row in start..end {
            bind(row, &mut values).map_err(sqlx::Error::Encode)?;
        }
        let whole = end - start == step;
        let sql = if whole { full.clone() } else { insert_sql(name, width, end - start).into() };
        sqlx::query_with(AssertSqlSafe(sql), values).persistent(whole).execute(&mut *database).await?;
    }
    Ok(())
}

async fn insert(
    database: &mut SqliteConnection,
    table: &Table<'_>,
    mut shapes: Vec<Option<Shape>>,
) -> Result<(), sqlx::Error> {
    let layer = table.layer;
    insert_rows(database, &quoted(&layer.name), width(table), layer.rows(), |row, values| {
        values.add(row as i64 + 1)?;
        if table.geometry.is_some() {
            values.add(shapes.get_mut(row).and_then(Option::take).map(|shape| shape.blob))?;
        }
        layer.columns.iter().try_for_each(|column| bind(&column.values, row, values))
    })
    .await
}

/// Adds one attribute.
fn bind(column: &Values, row: usize, values: &mut SqliteArguments) -> Result<(), sqlx::error::BoxDynError> {
    match column {
        Values::Int(v) => values.add(v[row]),
        Values::Float(v) => values.add(v[row]),
        Values::Bool(v) => values.add(v[row]),
        Values::Text(v) => values.add(v[row].clone()),
        Values::IntList(v) => values.add(serde_json::to_string(&v[row])?),
        Values::TextList(v) => {
            let texts: Vec<&str> = v[row].iter().map(AsRef::as_ref).collect();
            values.add(serde_json::to_string(&texts)?)
        }
    }
}

/// Enters the table into the contents and, with geometry, into the geometry columns.
async fn register(
    database: &mut SqliteConnection,
    table: &Table<'_>,
    bounds: Option<Bounds>,
) -> Result<(), sqlx::Error> {
    let name = table.layer.name.as_str();
    let is_map = table.geometry.is_some();
    sqlx::query("INSERT INTO gpkg_contents VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")
        .bind(name)
        .bind(if is_map { "features" } else { "attributes" })
        .bind(name)
        .bind(&*table.layer.comment)
        .bind(LAST_CHANGE)
        .bind(bounds.map(|b| b.min.x))
        .bind(bounds.map(|b| b.min.y))
        .bind(bounds.map(|b| b.max.x))
        .bind(bounds.map(|b| b.max.y))
        .bind(is_map.then_some(4326))
        .execute(&mut *database)
        .await?;
    if let Some((geometry, kind)) = &table.geometry {
        sqlx::query("INSERT INTO gpkg_geometry_columns VALUES (?, ?, ?, 4326, 0, 0)")
            .bind(name)
            .bind(geometry)
            .bind(*kind)
            .execute(&mut *database)
            .await?;
    }
    Ok(())
}

/// Makes the spatial index and the triggers that keep it true when the table is edited.
async fn index(
    database: &mut SqliteConnection,
    table: &Table<'_>,
    geometry: &str,
    packed: Packed,
) -> Result<(), sqlx::Error> {
    let tree = format!("rtree_{}_{geometry}", table.layer.name);
    let part = |suffix: &str| quoted(&format!("{tree}{suffix}"));
    run(database, format!("CREATE VIRTUAL TABLE {} USING rtree(id, minx, maxx, miny, maxy)", part(""))).await?;
    // The new, empty root gives way to the packed one.
    run(database, format!("DELETE FROM {}", part("_node"))).await?;
    let Packed { mut nodes, rows, parents } = packed;
    insert_rows(database, &part("_node"), 2, nodes.len(), |at, values| {
        values.add(nodes[at].0)?;
        values.add(std::mem::take(&mut nodes[at].1))
    })
    .await?;
    for (suffix, pairs) in [("_rowid", rows), ("_parent", parents)] {
        insert_rows(database, &part(suffix), 2, pairs.len(), |at, values| {
            values.add(pairs[at][0])?;
            values.add(pairs[at][1])
        })
        .await?;
    }
    run(database, triggers(&table.layer.name, geometry, &table.key, &tree)).await?;
    sqlx::query(
        "INSERT INTO gpkg_extensions VALUES (?, ?, 'gpkg_rtree_index', 'http://www.geopackage.org/spec130/#extension_rtree', 'write-only')",
    )
    .bind(&table.layer.name)
    .bind(geometry)
    .execute(database)
    .await
    .map(|_| ())
}

/// When a trigger acts (suffix, event, condition) and what it does (forget ids, enter the new shape).
type Trigger = (&'static str, &'static str, &'static str, &'static [&'static str], bool);

/// The six triggers of the extension (GeoPackage 1.3, annex F.3).
const TRIGGERS: [Trigger; 6] = [
    ("insert", "INSERT", "NEW.{c} NOT NULL AND NOT ST_IsEmpty(NEW.{c})", &[], true),
    ("update1", "UPDATE OF {c}", "OLD.{i} = NEW.{i} AND (NEW.{c} NOTNULL AND NOT ST_IsEmpty(NEW.{c}))", &[], true),
    ("update2", "UPDATE OF {c}", "OLD.{i} = NEW.{i} AND (NEW.{c} ISNULL OR ST_IsEmpty(NEW.{c}))", &["OLD"], false),
    ("update3", "UPDATE", "OLD.{i} != NEW.{i} AND (NEW.{c} NOTNULL AND NOT ST_IsEmpty(NEW.{c}))", &["OLD"], true),
    ("update4", "UPDATE", "OLD.{i} != NEW.{i} AND (NEW.{c} ISNULL OR ST_IsEmpty(NEW.{c}))", &["OLD", "NEW"], false),
    ("delete", "DELETE", "OLD.{c} NOT NULL", &["OLD"], false),
];

fn triggers(table: &str, geometry: &str, key: &str, tree: &str) -> String {
    let mut sql = String::new();
    for (suffix, event, condition, forget, enter) in TRIGGERS {
        let forgets =
            forget.iter().map(|row| format!("DELETE FROM {{r}} WHERE id = {row}.{{i}}; ")).collect::<String>();
        let enters = if enter {
            "INSERT OR REPLACE INTO {r} VALUES (NEW.{i}, ST_MinX(NEW.{c}), ST_MaxX(NEW.{c}), ST_MinY(NEW.{c}), ST_MaxY(NEW.{c})); "
        } else {
            ""
        };
        let statement =
            format!("CREATE TRIGGER {{n}} AFTER {event} ON {{t}} WHEN {condition} BEGIN {forgets}{enters}END;\n");
        sql += &statement
            .replace("{n}", &quoted(&format!("{tree}_{suffix}")))
            .replace("{t}", &quoted(table))
            .replace("{r}", &quoted(tree))
            .replace("{c}", &quoted(geometry))
            .replace("{i}", &quoted(key));
    }
    sql
}
