//! The statements that make a table, from its names and what is said of it.

use super::copy::sql_type;
use crate::layers::View;
use crate::store::names::{literal, quoted};
use crate::store::table::Table;

/// A table in its schema.
pub(super) fn qualified(schema: &str, table: &str) -> String {
    format!("{}.{}", quoted(schema), quoted(table))
}

/// `CREATE TABLE`; `postgis` is the schema of the extension.
pub(super) fn create(schema: &str, postgis: &str, table: &Table<'_>) -> String {
    let mut columns = vec![format!("{} bigint NOT NULL", quoted(&table.key))];
    if let Some((name, kind)) = &table.geometry {
        columns.push(format!("{} {}.geometry({kind}, 4326)", quoted(name), quoted(postgis)));
    }
    for (at, name) in table.columns.iter().enumerate() {
        let declared = table.info(at).map(|info| info.declared);
        columns.push(format!("{} {}", quoted(name), sql_type(&table.layer.columns[at].values, declared)));
    }
    format!("CREATE TABLE {} ({})", qualified(schema, &table.layer.name), columns.join(", "))
}

/// `COPY`: frozen, since nobody can have seen the table before it commits.
pub(super) fn copy(schema: &str, table: &Table<'_>) -> String {
    format!("COPY {} FROM STDIN (FORMAT binary, FREEZE)", qualified(schema, &table.layer.name))
}

/// Key and indexes: the geometry, and the columns by which rows are looked up.
pub(super) fn indexes(schema: &str, table: &Table<'_>) -> String {
    let name = qualified(schema, &table.layer.name);
    let mut sql = format!("ALTER TABLE {name} ADD PRIMARY KEY ({});", quoted(&table.key));
    if let Some((geometry, _)) = &table.geometry {
        sql += &format!("CREATE INDEX ON {name} USING gist ({});", quoted(geometry));
    }
    let looked_up = table.columns.iter().enumerate().filter(|(at, _)| table.info(*at).is_some_and(|info| info.indexed));
    looked_up.for_each(|(_, column)| sql += &format!("CREATE INDEX ON {name} ({});", quoted(column)));
    sql
}

/// What the table and its columns mean.
pub(super) fn comments(schema: &str, table: &Table<'_>) -> String {
    let name = qualified(schema, &table.layer.name);
    let mut sql = format!("COMMENT ON TABLE {name} IS {};", literal(&table.layer.comment));
    for (column, meaning) in table.meanings() {
        sql += &format!("COMMENT ON COLUMN {name}.{} IS {};", quoted(column), literal(&meaning));
    }
    sql
}

/// A view with its comments.
pub(super) fn view(schema: &str, view: &View) -> String {
    let name = qualified(schema, view.name);
    let columns: Vec<_> =
        view.columns.iter().map(|(info, from)| format!("{} AS {}", quoted(from), quoted(info.name))).collect();
    let mut sql = format!(
        "CREATE VIEW {name} AS SELECT {} FROM {};COMMENT ON VIEW {name} IS {};",
        columns.join(", "),
        qualified(schema, view.table),
        literal(view.comment)
    );
    for (info, _) in view.columns {
        sql += &format!("COMMENT ON COLUMN {name}.{} IS {};", quoted(info.name), literal(&info.sentence()));
    }
    sql
}
