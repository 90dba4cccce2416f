//! Layers into the tables of a schema, over several connections at once.

use super::connect::Database;
use super::error::DatabaseError;
use super::{copy, statements};
use crate::layers::{Declared, Layer, Layers, views};
use crate::store::table::Table;
use sqlx::postgres::PgConnection;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Bytes gathered before they are sent.
const CHUNK: usize = 1 << 18;
/// Rows encoded between two looks at the size.
const ROWS: usize = 64;

/// Where tables are made.
struct Place<'a> {
    database: &'a Database,
    schema: &'a str,
    /// The schema that PostGIS lives in.
    postgis: String,
}

/// Makes and fills the tables of all layers for the database. Each table is one transaction with its indexes and comments; the largest
/// come first, so that the connections end together.
pub(super) async fn load(database: &Database, schema: &str, layers: &Layers) -> Result<(), DatabaseError> {
    let mut connection = database.connect().await?;
    let postgis = postgis_schema(database, &mut connection).await?;
    let place = Place { database, schema, postgis };
    let mut wanted: Vec<&Layer> = layers.tables.iter().filter(|layer| layer.exports.database).collect();
    wanted.sort_by_key(|layer| std::cmp::Reverse(layer.rows() * (2 + layer.columns.len())));
    let next = AtomicUsize::new(0);
    tokio::try_join!(
        work(&place, &wanted, &next, Some(connection)),
        work(&place, &wanted, &next, None),
        work(&place, &wanted, &next, None),
    )?;
    let mut connection = database.connect().await?;
    for view in views(layers) {
        let what = format!("making {}", view.name);
        database.run(&mut connection, &what, statements::view(schema, view)).await?;
    }
    Ok(())
}

/// Where PostGIS lives; not always on the search path.
pub(super) async fn postgis_schema(database: &Database, on: &mut PgConnection) -> Result<String, DatabaseError> {
    let sql = "SELECT n.nspname::text FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace
               WHERE e.extname = 'postgis'";
    let found = sqlx::query_scalar(sql).fetch_optional(on).await;
    found
        .map_err(|error| database.fault("looking for PostGIS", &error))?
        .ok_or_else(|| DatabaseError::NoPostgis { server: database.server().to_owned() })
}

/// One connection takes tables until none is left.
async fn work(
    place: &Place<'_>,
    layers: &[&Layer],
    next: &AtomicUsize,
    connection: Option<PgConnection>,
) -> Result<(), DatabaseError> {
    let mut connection = match connection {
        Some(connection) => connection,
        None => place.database.connect().await?,
    };
    while let Some(layer) = layers.get(next.fetch_add(1, Ordering::Relaxed)) {
        table(place, &mut connection, layer).await?;
    }
    Ok(())
}

async fn table(place: &Place<'_>, on: &mut PgConnection, layer: &Layer) -> Result<(), DatabaseError> {
    let table = Table::of(layer);
    let (database, schema) = (place.database, place.schema);
    let what = format!("loading {}", layer.name);
    let create = format!("BEGIN;{}", statements::create(schema, &place.postgis, &table));
    database.run(on, &what, create).await?;
    fill(on, schema, &table).await.map_err(|error| database.fault(&what, &error))?;
    let finish = format!("{}{}COMMIT;", statements::indexes(schema, &table), statements::comments(schema, &table));
    database.run(on, &format!("indexing {}", layer.name), finish).await?;
    database.run(on, &what, format!("ANALYZE {}", statements::qualified(schema, &layer.name))).await
}

async fn fill(on: &mut PgConnection, schema: &str, table: &Table<'_>) -> Result<(), sqlx::Error> {
    let is_json = |at| table.info(at).is_some_and(|info| info.declared == Declared::Json);
    let json: Vec<bool> = (0..table.columns.len()).map(is_json).collect();
    let mut copying = on.copy_in_raw(&statements::copy(schema, table)).await?;
    let mut chunk = Vec::with_capacity(CHUNK + CHUNK / 4);
    chunk.extend_from_slice(copy::HEADER);
    let rows = table.layer.rows();
    for start in (0..rows).step_by(ROWS) {
        copy::rows(&mut chunk, table, &json, start..rows.min(start + ROWS));
        if chunk.len() >= CHUNK {
            copying.send(chunk.as_slice()).await?;
            chunk.clear();
        }
    }
    chunk.extend_from_slice(copy::TRAILER);
    copying.send(chunk.as_slice()).await?;
    copying.finish().await.map(|_| ())
}
