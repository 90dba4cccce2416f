//! A table that an analysis has made, read back.

use super::super::header::Output;
use super::super::rows::{self, Cell, GEOM, Kind, ROWS_MAX, Raw, RawColumn};
use super::plain;
use crate::layers::Layer;
use crate::model::Utm;
use futures_util::TryStreamExt;
use sqlx::sqlite::{SqliteConnection, SqliteRow, SqliteValueRef};
use sqlx::{AssertSqlSafe, Decode, Row, Sqlite, TypeInfo, ValueRef};

/// The longitude and latitude of GeoPackages.
const WGS84: i32 = 4326;

/// A table as a layer.
pub(super) async fn table(
    connection: &mut SqliteConnection,
    output: &Output,
    is_spatial: bool,
    projection: Utm,
) -> Result<Layer, String> {
    let name = &output.name;
    let about: Vec<(String, String)> =
        sqlx::query_as(AssertSqlSafe(format!("SELECT name, type FROM pragma_table_info('{name}', 'main')")))
            .fetch_all(&mut *connection)
            .await
            .map_err(|error| plain(&error))?;
    if about.is_empty() {
        return Err(format!(
            "no table {name} was made, though the header declares it; CREATE TABLE {name} AS SELECT …"
        ));
    }
    let is_shape = |column: &str| column.eq_ignore_ascii_case(GEOM);
    let mut select: Vec<String> = about
        .iter()
        .map(|(column, _)| {
            let quoted = format!("\"{}\"", column.replace('"', "\"\""));
            match is_spatial && is_shape(column) {
                true => format!("ST_AsBinary(ST_Transform({quoted}, {WGS84}))"),
                false => quoted,
            }
        })
        .collect();
    if is_spatial && about.iter().any(|(column, _)| is_shape(column)) {
        // Once more as it lies there: SpatiaLite makes NULL of what it cannot read.
        select.push(GEOM.to_owned());
    }
    let columns = about.iter().filter(|(column, _)| !is_shape(column));
    let mut raw = Raw {
        columns: columns
            .map(|(name, kind)| RawColumn { name: name.clone(), kind: declared(kind), cells: vec![] })
            .collect(),
        shapes: about.iter().any(|(column, _)| is_shape(column)).then(Vec::new),
    };
    let shape_at = about.iter().position(|(column, _)| is_shape(column));
    let sql = format!("SELECT {} FROM main.\"{name}\"", select.join(", "));
    let mut rows = sqlx::query(AssertSqlSafe(sql)).persistent(false).fetch(connection);
    let mut count = 0;
    while let Some(row) = rows.try_next().await.map_err(|error| plain(&error))? {
        count += 1;
        if count > ROWS_MAX {
            return Err(format!(
                "table {name} has more than {ROWS_MAX} rows, the most a layer may have; aggregate them"
            ));
        }
        add(&mut raw, &row, shape_at, is_spatial).map_err(|what| format!("row {count} of table {name}: {what}"))?;
    }
    drop(rows);
    rows::layer(output, raw, projection)
}

/// What SQLite makes of a declared type (sqlite.org/datatype3.html, §3.1), and truth values.
fn declared(kind: &str) -> Kind {
    let kind = kind.to_ascii_uppercase();
    let has = |word: &str| kind.contains(word);
    match () {
        () if has("BOOL") => Kind::Bool,
        () if has("INT") => Kind::Int,
        () if has("CHAR") || has("CLOB") || has("TEXT") => Kind::Text,
        () if has("REAL") || has("FLOA") || has("DOUB") || has("NUM") => Kind::Float,
        () => Kind::Text,
    }
}

fn add(raw: &mut Raw, row: &SqliteRow, shape_at: Option<usize>, is_spatial: bool) -> Result<(), String> {
    let mut columns = raw.columns.iter_mut();
    for at in 0..row.len() {
        let value = row.try_get_raw(at).map_err(|error| error.to_string())?;
        if Some(at) == shape_at {
            let stored = if is_spatial { row.len() - 1 } else { at };
            let stored = row.try_get_raw(stored).map_err(|error| error.to_string())?;
            let shape = shape(stored, is_spatial.then_some(value))?;
            raw.shapes.iter_mut().for_each(|shapes| shapes.push(shape.clone()));
        } else if let Some(column) = columns.next() {
            let cell = cell(value, column.kind).map_err(|error| error.to_string())?;
            column.cells.push(cell);
        }
    }
    Ok(())
}

fn cell(value: SqliteValueRef<'_>, kind: Kind) -> Result<Cell, sqlx::error::BoxDynError> {
    if value.is_null() {
        return Ok(Cell::Null);
    }
    let of = value.type_info().name().to_owned();
    Ok(match of.as_str() {
        "INTEGER" | "BOOLEAN" => match <i64 as Decode<Sqlite>>::decode(value)? {
            number @ (0 | 1) if kind == Kind::Bool => Cell::Bool(number == 1),
            number => Cell::Int(number),
        },
        "REAL" => Cell::Float(<f64 as Decode<Sqlite>>::decode(value)?),
        "TEXT" | "DATE" | "TIME" | "DATETIME" => Cell::Text(<String as Decode<Sqlite>>::decode(value)?.into()),
        _ => Cell::Strange(of),
    })
}

/// Well-known binary of a shape: what SpatiaLite has made of it; without that it lies behind a GeoPackage's header.
fn shape(stored: SqliteValueRef<'_>, made: Option<SqliteValueRef<'_>>) -> Result<Option<Vec<u8>>, String> {
    if stored.is_null() {
        return Ok(None);
    }
    let of = stored.type_info().name().to_lowercase();
    if of != "blob" {
        return Err(format!(
            "column {GEOM} is {of}, not a shape; pass on a shape of the run's tables, or make one with SpatiaLite"
        ));
    }
    let bytes = |value| <&[u8] as Decode<Sqlite>>::decode(value).map_err(|error| format!("column {GEOM}: {error}"));
    match made {
        None => behind_header(bytes(stored)?).map(|wkb| wkb.map(<[u8]>::to_vec)),
        Some(made) if !made.is_null() => Ok(Some(bytes(made)?.to_vec())),
        // An empty shape of a GeoPackage is none for SpatiaLite; everything else is damaged.
        Some(_) => match behind_header(bytes(stored)?) {
            Ok(None) => Ok(None),
            _ => Err(format!(
                "column {GEOM} is no whole shape, or in a reference system that SpatiaLite does not know; \
                 let SpatiaLite make it, with its reference system"
            )),
        },
    }
}

/// GeoPackage 1.3, §2.1.3: `GP`, version, flags, reference system, envelope.
fn behind_header(blob: &[u8]) -> Result<Option<&[u8]>, String> {
    let strange = || {
        format!(
            "column {GEOM} is no shape as GeoPackages have them; without SpatiaLite only shapes of the run's tables can be passed on"
        )
    };
    let (head, rest) = blob.split_first_chunk::<8>().filter(|(head, _)| head.starts_with(b"GP")).ok_or_else(strange)?;
    let flags = head[3];
    let srid = [head[4], head[5], head[6], head[7]];
    let srid = if flags & 1 == 1 { i32::from_le_bytes(srid) } else { i32::from_be_bytes(srid) };
    if srid != WGS84 {
        return Err(format!("column {GEOM} is in the reference system {srid}; give it in {WGS84}"));
    }
    let envelope = [0, 32, 48, 48, 64].get(usize::from(flags >> 1 & 7)).copied().ok_or_else(strange)?;
    if flags & 0b1_0000 != 0 {
        return Ok(None); // empty
    }
    rest.get(envelope..).map(Some).ok_or_else(strange)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_header_of_a_geopackage_is_taken_off() {
        let blob = [b"GP\0\x01".as_slice(), &4326_i32.to_le_bytes(), b"wkb"].concat();
        assert_eq!(behind_header(&blob), Ok(Some(b"wkb".as_slice())));
        let other = [b"GP\0\x01".as_slice(), &3857_i32.to_le_bytes(), b"wkb"].concat();
        assert!(behind_header(&other).unwrap_err().contains("3857"));
        assert!(behind_header(b"\x00\x01spatialite").is_err());
        assert!(behind_header(b"GP").is_err());
    }

    #[test]
    fn declared_types() {
        let kinds = ["BOOLEAN", "BIGINT", "VARCHAR(3)", "DOUBLE", ""].map(declared);
        assert_eq!(kinds, [Kind::Bool, Kind::Int, Kind::Text, Kind::Float, Kind::Text]);
    }
}
