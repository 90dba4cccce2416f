//! GeoPackage: an SQLite file, read page by page through `sqlx` (which the store links anyway) on a thread of its own,
//! so that callers need not be asynchronous.

use super::crs::{Crs, Reading};
use super::table::{Cell, Table};
use super::{Features, Origin, VectorError, bounds_of, in_degrees, meet, wkb};
use geo::CoordsIter;
use geo_types::{MultiPolygon, Rect};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteRow};
use sqlx::{AssertSqlSafe, ConnectOptions, Row, TypeInfo, ValueRef};
use std::path::Path;

/// Rows fetched at a time.
const PAGE: i64 = 2000;

/// Reads the features near a box.
pub(super) fn read(path: &Path, near: Option<Rect<f64>>) -> Result<Features, VectorError> {
    let origin = Origin(path.display().to_string());
    let work = || {
        let runtime =
            tokio::runtime::Builder::new_current_thread().build().map_err(|cause| origin.unreadable(cause))?;
        runtime.block_on(load(path, near, &origin))
    };
    // A runtime must not be started inside another one: the caller may have its own.
    std::thread::scope(|scope| scope.spawn(work).join()).unwrap_or_else(|_| Err(origin.broken("reading it failed")))
}

/// A table with polygons.
struct Layer {
    table: String,
    geometry: String,
    srs: i64,
}

/// What the reading needs to know of the layer's columns.
struct Attributes {
    names: Vec<String>,
    is_bool: Vec<bool>,
}

async fn load(path: &Path, near: Option<Rect<f64>>, origin: &Origin) -> Result<Features, VectorError> {
    let broken = |error: sqlx::Error| origin.broken(error.to_string());
    let options = SqliteConnectOptions::new().filename(path).read_only(true).immutable(true);
    let mut db = options.connect().await.map_err(broken)?;
    let mut notes = Vec::new();
    let layer = layer(&mut db, origin, &mut notes).await?;
    let Reading { crs, note } = crs(&mut db, &layer, origin).await?;
    let assumed = note.is_some() && layer.srs <= 0;
    notes.extend(note);
    let attributes = attributes(&mut db, &layer).await.map_err(broken)?;
    let near = near.and_then(|near| crs.around(near));
    let index = index(&mut db, &layer, near.is_some()).await.map_err(broken)?;

    let mut features = Features { notes, ..Features::default() };
    let mut table = Table::new(attributes.names.iter().map(String::as_str));
    let sql = page_sql(&layer, &attributes, index.as_deref());
    let mut last = i64::MIN;
    loop {
        let mut query = sqlx::query(AssertSqlSafe(sql.as_str())).bind(last);
        if let (Some(near), true) = (near, index.is_some()) {
            query = query.bind(near[2]).bind(near[0]).bind(near[3]).bind(near[1]);
        }
        let page = query.fetch_all(&mut db).await.map_err(broken)?;
        for row in &page {
            last = row.try_get(0).map_err(broken)?;
            let Some(blob) = row.try_get::<Option<&[u8]>, _>(1).map_err(broken)? else { continue };
            let shape = shape(blob, near).map_err(|what| origin.broken(format!("row {last}: {what}")))?;
            let Some(mut shape) = shape else { continue };
            if assumed && !in_degrees(bounds_of(shape.coords_iter().collect::<Vec<_>>().iter())) {
                return Err(origin.crs("its coordinate system is undefined and its coordinates are no degrees"));
            }
            crs.to_lonlat(&mut shape).map_err(|what| origin.crs(what))?;
            table.push((0..attributes.names.len()).map(|at| cell(row, at + 2, attributes.is_bool[at])));
            features.geometry.push(shape);
            features.row.push(last);
        }
        if (page.len() as i64) < PAGE {
            break;
        }
    }
    features.columns = table.finish();
    Ok(features)
}

async fn layer(db: &mut SqliteConnection, origin: &Origin, notes: &mut Vec<String>) -> Result<Layer, VectorError> {
    const SQL: &str = "SELECT g.table_name, g.column_name, g.srs_id, upper(g.geometry_type_name) \
                       FROM gpkg_geometry_columns g JOIN gpkg_contents c ON c.table_name = g.table_name \
                       WHERE c.data_type = 'features' ORDER BY c.rowid";
    let rows: Vec<(String, String, i64, String)> = sqlx::query_as(SQL)
        .fetch_all(db)
        .await
        .map_err(|error| origin.broken(format!("it is no GeoPackage with features ({error})")))?;
    let holds_areas = |kind: &str| {
        matches!(kind, "POLYGON" | "MULTIPOLYGON" | "SURFACE" | "CURVEPOLYGON" | "MULTISURFACE" | "GEOMETRY")
    };
    let kinds: Vec<_> = rows.iter().map(|row| format!("{} ({})", row.0, row.3)).collect();
    let mut layers = rows.into_iter().filter(|row| holds_areas(&row.3));
    let (table, geometry, srs, _) =
        layers.next().ok_or_else(|| origin.not_polygons(format!("its layers are [{}]", kinds.join(", "))))?;
    if layers.next().is_some() {
        notes.push(format!("{} has several layers with polygons; the first, {table}, was read", origin.0));
    }
    Ok(Layer { table, geometry, srs })
}

async fn crs(db: &mut SqliteConnection, layer: &Layer, origin: &Origin) -> Result<Reading, VectorError> {
    if layer.srs == 4326 {
        return Ok(Reading { crs: Crs::degrees(), note: None });
    }
    if layer.srs <= 0 {
        let note = format!("{} does not define its coordinates: they are taken as WGS 84 degrees", origin.0);
        return Ok(Reading { crs: Crs::degrees(), note: Some(note) });
    }
    let wkt: Option<String> = sqlx::query_scalar("SELECT definition FROM gpkg_spatial_ref_sys WHERE srs_id = ?")
        .bind(layer.srs)
        .fetch_optional(db)
        .await
        .map_err(|error| origin.broken(error.to_string()))?;
    let wkt = wkt.ok_or_else(|| origin.crs(format!("its coordinate system {} is not described", layer.srs)))?;
    Crs::from_wkt(&wkt).map_err(|what| origin.crs(what))
}

/// Columns without the key and the geometry.
async fn attributes(db: &mut SqliteConnection, layer: &Layer) -> sqlx::Result<Attributes> {
    let rows: Vec<(String, String, i64)> = sqlx::query_as("SELECT name, upper(type), pk FROM pragma_table_info(?)")
        .bind(&layer.table)
        .fetch_all(db)
        .await?;
    let kept =
        rows.into_iter().filter(|(name, kind, pk)| *name != layer.geometry && !(*pk > 0 && kind.starts_with("INT")));
    let (names, is_bool) = kept.map(|(name, kind, _)| (name, kind == "BOOLEAN")).unzip();
    Ok(Attributes { names, is_bool })
}

/// Name of the spatial index, when it exists and helps.
async fn index(db: &mut SqliteConnection, layer: &Layer, wanted: bool) -> sqlx::Result<Option<String>> {
    let name = format!("rtree_{}_{}", layer.table, layer.geometry);
    let found: Option<i64> =
        sqlx::query_scalar("SELECT 1 FROM sqlite_master WHERE name = ?").bind(&name).fetch_optional(db).await?;
    Ok(found.filter(|_| wanted).map(|_| name))
}

fn page_sql(layer: &Layer, attributes: &Attributes, index: Option<&str>) -> String {
    let quote = |name: &str| format!("\"{}\"", name.replace('"', "\"\""));
    let columns: String = attributes.names.iter().map(|name| format!(", {}", quote(name))).collect();
    let near = index.map_or_else(String::new, |index| {
        let index = quote(index);
        format!(" AND rowid IN (SELECT id FROM {index} WHERE minx <= ? AND maxx >= ? AND miny <= ? AND maxy >= ?)")
    });
    let (table, geometry) = (quote(&layer.table), quote(&layer.geometry));
    format!("SELECT rowid, {geometry}{columns} FROM {table} WHERE rowid > ?{near} ORDER BY rowid LIMIT {PAGE}")
}

fn cell(row: &SqliteRow, at: usize, is_bool: bool) -> Cell {
    let kind = match row.try_get_raw(at) {
        Ok(value) if !value.is_null() => value.type_info().name().to_owned(),
        _ => return Cell::Null,
    };
    let cell = match kind.as_str() {
        "INTEGER" | "BOOLEAN" | "INT4" | "BIGINT" => {
            row.try_get_unchecked::<i64, _>(at).map(|v| if is_bool { Cell::Bool(v != 0) } else { Cell::Int(v) })
        }
        "REAL" => row.try_get_unchecked::<f64, _>(at).map(Cell::Float),
        "BLOB" => Ok(Cell::Null),
        _ => row.try_get_unchecked::<String, _>(at).map(|text| Cell::Text(text.into())),
    };
    cell.unwrap_or(Cell::Null)
}

/// Decodes a geometry when it is near the box. Empty ones are passed over.
fn shape(blob: &[u8], near: Option<[f64; 4]>) -> Result<Option<MultiPolygon<f64>>, String> {
    let header = Header::of(blob)?;
    let (flags, envelope) = (header.flags, header.envelope_numbers);
    let number = |at: usize| -> Option<f64> {
        let bytes: [u8; 8] = blob.get(8 + 8 * at..16 + 8 * at)?.try_into().ok()?;
        Some(if flags & 1 != 0 { f64::from_le_bytes(bytes) } else { f64::from_be_bytes(bytes) })
    };
    if let (Some(near), Some(minx), Some(maxx), Some(miny), Some(maxy), true) =
        (near, number(0), number(1), number(2), number(3), envelope > 0)
        && !meet(near, [minx, miny, maxx, maxy])
    {
        return Ok(None);
    }
    if header.is_empty() {
        return Ok(None);
    }
    let shape = wkb::polygons(header.wkb(blob)?)?;
    let coords: Vec<_> = shape.coords_iter().collect();
    let is_near = near.is_none_or(|near| meet(near, bounds_of(coords.iter())));
    Ok((is_near && !coords.is_empty()).then_some(shape))
}

/// What stands before the geometry proper (GeoPackage 1.3, §2.1.3).
pub(crate) struct Header {
    flags: u8,
    envelope_numbers: usize,
}

impl Header {
    /// Reads it.
    pub(crate) fn of(blob: &[u8]) -> Result<Self, String> {
        let [b'G', b'P', _, flags, ..] = *blob else {
            return Err("its geometry does not start as in a GeoPackage".into());
        };
        let envelope_numbers = match (flags >> 1) & 7 {
            0 => 0,
            1 => 4,
            2 | 3 => 6,
            4 => 8,
            _ => return Err("its geometry has an unknown envelope".into()),
        };
        Ok(Self { flags, envelope_numbers })
    }

    /// Whether nothing follows.
    pub(crate) fn is_empty(&self) -> bool {
        self.flags & 0x10 != 0
    }

    /// What follows.
    pub(crate) fn wkb<'a>(&self, blob: &'a [u8]) -> Result<&'a [u8], String> {
        Ok(blob.get(8 + 8 * self.envelope_numbers..).ok_or("a geometry ends early")?)
    }
}
