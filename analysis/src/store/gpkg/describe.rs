//! What columns mean, in the table that GeoPackage has for it (GeoPackage 1.3, annex F.9, extension `gpkg_schema`), and the views.

use super::run;
use crate::layers::{self, Declared, Layers, View};
use crate::store::names::quoted;
use crate::store::table::Table;
use sqlx::sqlite::SqliteConnection;

/// Enters every column whose meaning is known.
pub(super) async fn columns(database: &mut SqliteConnection, table: &Table<'_>) -> Result<(), sqlx::Error> {
    let is_json = |name: &str| {
        let at = table.columns.iter().position(|column| column == name);
        at.and_then(|at| table.info(at)).is_some_and(|info| info.declared == Declared::Json)
    };
    for (column, meaning) in table.meanings() {
        sqlx::query("INSERT INTO gpkg_data_columns VALUES (?, ?, NULL, NULL, ?, ?, NULL)")
            .bind(&table.layer.name)
            .bind(column)
            .bind(meaning)
            .bind(is_json(column).then_some("application/json"))
            .execute(&mut *database)
            .await?;
    }
    Ok(())
}

/// Makes the views of the tables that are there. They are not among the contents: a GeoPackage's contents have primary keys.
pub(super) async fn views(database: &mut SqliteConnection, layers: &Layers) -> Result<(), sqlx::Error> {
    for View { name, table, columns, .. } in layers::views(layers) {
        let columns: Vec<_> =
            columns.iter().map(|(info, from)| format!("{} AS {}", quoted(from), quoted(info.name))).collect();
        run(database, format!("CREATE VIEW {} AS SELECT {} FROM {}", quoted(name), columns.join(", "), quoted(table)))
            .await?;
    }
    Ok(())
}
