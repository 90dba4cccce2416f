//! Layers back from a GeoPackage that a run has written.

use crate::layers::{Exports, Geometry, Layer, Layers};
use crate::model::{Column, Edition, Values};
use crate::store::names::quoted;
use crate::vector::gpkg::Header;
use crate::vector::wkb::{self, Shape};
use geo_types::Point;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteRow};
use sqlx::{AssertSqlSafe, ConnectOptions, Row};
use std::path::Path;
use std::sync::Arc;

/// Reads some tables; those that are not there are absent. Lists come as their JSON text, metric geometry not at all (the file has degrees).
///
/// # Errors
/// Why the file cannot be read, in words.
pub async fn layers(path: &Path, names: &[&str], edition: Edition) -> Result<Layers, String> {
    let options =
        SqliteConnectOptions::new().filename(path).read_only(true).immutable(true).disable_statement_logging();
    let mut database = options.connect().await.map_err(|error| words(&error))?;
    let mut tables = Vec::new();
    for name in names {
        let is_there: Option<i64> = sqlx::query_scalar("SELECT 1 FROM gpkg_contents WHERE table_name = ?")
            .bind(*name)
            .fetch_optional(&mut database)
            .await
            .map_err(|error| words(&error))?;
        if is_there.is_some() {
            tables.push(layer(&mut database, name).await.map_err(|what| format!("{name}: {what}"))?);
        }
    }
    Ok(Layers { srid: 4326, edition, tables })
}

/// Name and declared type of a column.
type Field = (String, String);

async fn layer(database: &mut SqliteConnection, name: &str) -> Result<Layer, String> {
    let fault = |error: sqlx::Error| words(&error);
    let geometry: Option<(String, String)> =
        sqlx::query_as("SELECT column_name, upper(geometry_type_name) FROM gpkg_geometry_columns WHERE table_name = ?")
            .bind(name)
            .fetch_optional(&mut *database)
            .await
            .map_err(fault)?;
    let fields: Vec<(String, String, i64)> = sqlx::query_as("SELECT name, upper(type), pk FROM pragma_table_info(?)")
        .bind(name)
        .fetch_all(&mut *database)
        .await
        .map_err(fault)?;
    let is_attribute = |field: &(String, String, i64)| field.2 == 0 && geometry.as_ref().is_none_or(|g| g.0 != field.0);
    let fields: Vec<Field> = fields.into_iter().filter(is_attribute).map(|field| (field.0, field.1)).collect();
    let shape = geometry.as_ref().map_or_else(|| "NULL".to_owned(), |geometry| quoted(&geometry.0));
    let columns: String = fields.iter().map(|field| format!(", {}", quoted(&field.0))).collect();
    let sql = format!("SELECT {shape}{columns} FROM {} ORDER BY rowid", quoted(name));
    let rows = sqlx::query(AssertSqlSafe(sql)).fetch_all(&mut *database).await.map_err(fault)?;
    let columns = fields.iter().enumerate().map(|(at, field)| column(&rows, at + 1, field));
    Ok(Layer {
        name: name.to_owned(),
        comment: "".into(),
        columns: columns.collect::<Result<_, _>>().map_err(fault)?,
        geometry: geometry.map(|(_, kind)| shapes(&rows, &kind)).transpose()?,
        exports: Exports::default(),
    })
}

fn column(rows: &[SqliteRow], at: usize, (name, kind): &Field) -> Result<Column, sqlx::Error> {
    let values = match kind.as_str() {
        "BOOLEAN" => Values::Bool(rows.iter().map(|row| row.try_get(at)).collect::<Result<_, _>>()?),
        "DOUBLE" | "REAL" | "FLOAT" => Values::Float(rows.iter().map(|row| row.try_get(at)).collect::<Result<_, _>>()?),
        kind if kind.contains("INT") => Values::Int(rows.iter().map(|row| row.try_get(at)).collect::<Result<_, _>>()?),
        _ => {
            let text = |row: &SqliteRow| row.try_get::<Option<String>, _>(at).map(|text| text.map(Arc::from));
            Values::Text(rows.iter().map(text).collect::<Result<_, _>>()?)
        }
    };
    Ok(Column::new(name.as_str(), values))
}

fn shapes(rows: &[SqliteRow], kind: &str) -> Result<Geometry, String> {
    let blobs: Result<Vec<Option<&[u8]>>, _> = rows.iter().map(|row| row.try_get(0)).collect();
    let blobs = blobs.map_err(|error| words(&error))?;
    let wkb_of = |blob: Option<&'_ [u8]>| -> Result<Option<Vec<u8>>, String> {
        let Some(blob) = blob else { return Ok(None) };
        let header = Header::of(blob)?;
        if header.is_empty() { Ok(None) } else { header.wkb(blob).map(|wkb| Some(wkb.to_vec())) }
    };
    let shapes: Vec<Option<Vec<u8>>> = blobs.into_iter().map(wkb_of).collect::<Result<_, _>>()?;
    Ok(match kind {
        "POINT" => {
            let point = |shape: &Option<Vec<u8>>| match shape.as_deref().map(wkb::shape).transpose()? {
                None => Ok(None),
                Some(Shape::Point(at)) => Ok(at),
                Some(_) => Err("a row has another shape than a point".to_owned()),
            };
            let wgs84 = shapes.iter().map(|shape| Ok(point(shape)?.map(Point))).collect::<Result<_, String>>()?;
            Geometry::Points { wgs84, metric: Vec::new() }
        }
        "LINESTRING" => {
            let (mut first, mut wgs84) = (vec![0], Vec::new());
            for shape in &shapes {
                match shape.as_deref().map(wkb::shape).transpose()? {
                    None => {}
                    Some(Shape::Lines(lines)) => wgs84.extend(lines.concat()),
                    Some(_) => return Err("a row has another shape than a line".to_owned()),
                }
                first.push(u32::try_from(wgs84.len()).map_err(|_| "it has more points than can be counted")?);
            }
            Geometry::Lines { first, wgs84, metric: Vec::new() }
        }
        _ => {
            let areas = |shape: &Option<Vec<u8>>| shape.as_deref().map(wkb::polygons).transpose();
            Geometry::Polygons { wgs84: shapes.iter().map(areas).collect::<Result<_, _>>()?, metric: Vec::new() }
        }
    })
}

/// SQLite's own words.
fn words(error: &sqlx::Error) -> String {
    match error {
        sqlx::Error::Database(inner) => inner.message().to_owned(),
        other => other.to_string(),
    }
}
