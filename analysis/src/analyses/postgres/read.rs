//! A table that an analysis has made, read back with the rights of the analysis: what it wrote can then do no more than it could.

use super::super::header::Output;
use super::super::rows::{self, Cell, GEOM, Kind, ROWS_MAX, Raw, RawColumn};
use super::plain;
use crate::layers::Layer;
use crate::model::Utm;
use futures_util::TryStreamExt;
use sqlx::postgres::{PgConnection, PgRow, Postgres};
use sqlx::{AssertSqlSafe, Decode, Row, Type};
use std::sync::Arc;

/// How a column is asked for, so that its values fit one of our kinds.
struct Asked {
    name: String,
    kind: Kind,
    /// Name of a type that no format holds.
    strange: Option<String>,
}

/// PostgreSQL's types by the kind they become and what they are cast to.
const TYPES: &[(&[&str], Kind, &str)] = &[
    (&["int2", "int4", "int8", "oid"], Kind::Int, "bigint"),
    (&["float4", "float8", "numeric"], Kind::Float, "float8"),
    (&["bool"], Kind::Bool, "bool"),
    (&["_int2", "_int4", "_int8"], Kind::Ints, "bigint[]"),
    (&["_text", "_varchar", "_bpchar", "_name", "_uuid"], Kind::Texts, "text[]"),
    (
        &[
            "text",
            "varchar",
            "bpchar",
            "name",
            "uuid",
            "json",
            "jsonb",
            "date",
            "time",
            "timetz",
            "timestamp",
            "timestamptz",
            "interval",
            "inet",
            "money",
        ],
        Kind::Text,
        "text",
    ),
];

/// A table as a layer.
pub(super) async fn table(on: &mut PgConnection, output: &Output, projection: Utm) -> Result<Layer, String> {
    let name = &output.name;
    // Enumerations and domains are told by what they stand on.
    let sql = "SELECT a.attname::text, CASE WHEN t.typtype = 'e' THEN 'text' WHEN t.typtype = 'd' THEN b.typname ELSE t.typname END::text,
                 format_type(a.atttypid, a.atttypmod)
               FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid LEFT JOIN pg_type b ON b.oid = t.typbasetype
               WHERE a.attrelid = to_regclass(format('%I.%I', current_schema(), $1::text)) AND a.attnum > 0 AND NOT a.attisdropped
               ORDER BY a.attnum";
    let about: Vec<(String, String, String)> =
        sqlx::query_as(sql).bind(name).fetch_all(&mut *on).await.map_err(|error| plain(&error))?;
    if about.is_empty() {
        return Err(format!(
            "no table {name} was made, though the header declares it; CREATE TABLE {name} AS SELECT …"
        ));
    }
    let mut select = Vec::new();
    let mut asked = Vec::new();
    let mut has_shape = false;
    for (column, of, full) in &about {
        let quoted = format!("\"{}\"", column.replace('"', "\"\""));
        let known = TYPES.iter().find(|(names, ..)| names.contains(&of.as_str()));
        if column == GEOM && ["geometry", "geography"].contains(&of.as_str()) {
            has_shape = true;
            select.insert(0, format!("ST_AsBinary(ST_Transform({quoted}::geometry, 4326))"));
        } else if let Some((_, kind, cast)) = known {
            select.push(format!("{quoted}::{cast}"));
            asked.push(Asked { name: column.clone(), kind: *kind, strange: None });
        } else {
            select.push("NULL::text".to_owned());
            asked.push(Asked { name: column.clone(), kind: Kind::Text, strange: Some(full.clone()) });
        }
    }
    if let Some(Asked { name: column, strange: Some(of), .. }) = asked.iter().find(|column| column.strange.is_some()) {
        return Err(format!(
            "column {column} of table {name} has the type {of}, which no export can hold; cast it to text or a number, or leave it out"
        ));
    }
    let sql = format!("SELECT {} FROM \"{name}\"", select.join(", "));
    rows::layer(output, fetch(on, &sql, name, asked, has_shape).await?, projection)
}

async fn fetch(
    on: &mut PgConnection,
    sql: &str,
    name: &str,
    asked: Vec<Asked>,
    has_shape: bool,
) -> Result<Raw, String> {
    let column = |asked: Asked| RawColumn { name: asked.name, kind: asked.kind, cells: Vec::new() };
    let mut raw = Raw { columns: asked.into_iter().map(column).collect(), shapes: has_shape.then(Vec::new) };
    let mut rows = sqlx::query(AssertSqlSafe(sql.to_owned())).persistent(false).fetch(on);
    let mut count = 0;
    while let Some(row) = rows.try_next().await.map_err(|error| plain(&error))? {
        count += 1;
        if count > ROWS_MAX {
            return Err(format!(
                "table {name} has more than {ROWS_MAX} rows, the most a layer may have; aggregate them"
            ));
        }
        add(&mut raw, &row).map_err(|what| format!("row {count} of table {name}: {what}"))?;
    }
    Ok(raw)
}

fn add(raw: &mut Raw, row: &PgRow) -> Result<(), String> {
    let mut first = 0;
    if let Some(shapes) = &mut raw.shapes {
        shapes.push(row.try_get(0).map_err(|error| format!("column {GEOM}: {error}"))?);
        first = 1;
    }
    for (at, column) in raw.columns.iter_mut().enumerate() {
        let at = at + first;
        let cell = match column.kind {
            Kind::Int => row.try_get::<Option<i64>, _>(at).map(|value| value.map(Cell::Int)),
            Kind::Float => row.try_get::<Option<f64>, _>(at).map(|value| value.map(Cell::Float)),
            Kind::Bool => row.try_get::<Option<bool>, _>(at).map(|value| value.map(Cell::Bool)),
            Kind::Text => row.try_get::<Option<String>, _>(at).map(|value| value.map(|text| Cell::Text(text.into()))),
            Kind::Ints => Ok(list::<i64>(row, at, &column.name)?.map(Cell::Ints)),
            Kind::Texts => {
                let texts = list::<String>(row, at, &column.name)?;
                Ok(texts.map(|texts| Cell::Texts(texts.into_iter().map(Arc::from).collect())))
            }
        };
        let cell = cell.map_err(|error| format!("column {}: {error}", column.name))?;
        column.cells.push(cell.unwrap_or(Cell::Null));
    }
    Ok(())
}

/// A list of values, none of them NULL: no format but the database's would hold that.
fn list<T>(row: &PgRow, at: usize, column: &str) -> Result<Option<Vec<T>>, String>
where
    Vec<Option<T>>: for<'r> Decode<'r, Postgres> + Type<Postgres>,
{
    // The query has cast it, so that only its dimensions can be wrong.
    let found = row.try_get::<Option<Vec<Option<T>>>, _>(at).map_err(|_| {
        format!("column {column} holds a list of several dimensions, which no export can hold; give one list a row, or cast it to text")
    })?;
    let Some(found) = found else { return Ok(None) };
    let whole: Option<Vec<T>> = found.into_iter().collect();
    whole.map(Some).ok_or_else(|| {
        format!("column {column} holds a list with a NULL in it, which no export can hold; take it out: array_remove({column}, NULL)")
    })
}
