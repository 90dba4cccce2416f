//! The views of an organisation, and the role that reads them.

use super::{BTreeMap, DatabaseError, PgConnection, PgPool, Postgres, Transaction, literal, quoted, run};
use crate::run::parse_schema;
use quietway_job::schema::lock_key;

/// What the comment of a schema of views begins with; the schema they look at follows.
const MARK: &str = "quietway views of ";

const PREFIX: &str = "quietway_org_";

/// Schema of an organisation's views.
pub fn views_of(org: &str) -> String {
    format!("{PREFIX}{org}")
}

/// The role that reads them; logins become members of it.
pub fn reader_of(org: &str) -> String {
    format!("quietway_reader_{org}")
}

/// Which schema the views of each organisation look at.
pub async fn shown(pool: &PgPool) -> Result<BTreeMap<String, String>, DatabaseError> {
    let sql =
        "SELECT substr(n.nspname::text, length($1) + 1), substr(d.description, length($2) + 1) FROM pg_namespace n
               JOIN pg_description d ON d.objoid = n.oid AND d.classoid = 'pg_namespace'::regclass AND d.objsubid = 0
               WHERE starts_with(n.nspname::text, $1) AND starts_with(d.description, $2)";
    let rows: Vec<(String, String)> = sqlx::query_as(sql).bind(PREFIX).bind(MARK).fetch_all(pool).await?;
    Ok(rows.into_iter().collect())
}

/// Takes the lock of an organisation's views until the transaction ends.
pub async fn lock(on: &mut Transaction<'static, Postgres>, org: &str) -> Result<(), DatabaseError> {
    // A reader's long query holds up its own organisation only, and not for ever.
    run(on, "SET LOCAL lock_timeout = '5s'; SET LOCAL client_min_messages = warning".into()).await?;
    sqlx::query("SELECT pg_advisory_xact_lock($1)").bind(lock_key(&views_of(org))).execute(&mut **on).await?;
    Ok(())
}

/// Which schema the views of an organisation look at; none when there are none.
///
/// # Errors
/// Somebody else's schema has the name.
pub async fn current(on: &mut PgConnection, org: &str) -> Result<Option<String>, DatabaseError> {
    let sql = "SELECT coalesce(obj_description(oid, 'pg_namespace'), '') FROM pg_namespace WHERE nspname = $1";
    let views = views_of(org);
    let comment: Option<String> = sqlx::query_scalar(sql).bind(&views).fetch_optional(on).await?;
    match comment {
        None => Ok(None),
        Some(comment) => match comment.strip_prefix(MARK) {
            Some(schema) => Ok(Some(schema.to_owned())),
            None => Err(DatabaseError::NotOurs(views)),
        },
    }
}

/// Makes the views of an organisation look at a schema, or takes them away; its readers may read that schema and no other run.
///
/// # Errors
/// Somebody else's schema has the name; the database says no.
pub async fn show(on: &mut PgConnection, org: &str, schema: Option<&str>) -> Result<(), DatabaseError> {
    let (views, role) = (quoted(&views_of(org)), quoted(&reader_of(org)));
    let is_ours = current(on, org).await?.is_some();
    let has_role = sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = $1)");
    let has_role: bool = has_role.bind(reader_of(org)).fetch_one(&mut *on).await?;
    if has_role {
        revoke(on, org).await?;
    }
    if is_ours {
        run(on, format!("DROP SCHEMA {views} CASCADE")).await?;
    }
    let Some(schema) = schema else { return Ok(()) };
    if !has_role {
        run(on, format!("CREATE ROLE {role} NOLOGIN")).await?;
    }
    let (mark, own) = (literal(&format!("{MARK}{schema}")), quoted(schema));
    run(on, format!("CREATE SCHEMA {views}; COMMENT ON SCHEMA {views} IS {mark}")).await?;
    for (table, comment) in tables(on, schema).await? {
        let table = quoted(&table);
        run(on, format!("CREATE VIEW {views}.{table} AS SELECT * FROM {own}.{table}")).await?;
        if let Some(comment) = comment {
            run(on, format!("COMMENT ON VIEW {views}.{table} IS {}", literal(&comment))).await?;
        }
    }
    let grants = [&own, &views].map(|schema| {
        format!("GRANT USAGE ON SCHEMA {schema} TO {role}; GRANT SELECT ON ALL TABLES IN SCHEMA {schema} TO {role}")
    });
    Ok(run(on, grants.join("; ")).await?)
}

/// Takes from an organisation's readers what they may read of runs.
async fn revoke(on: &mut PgConnection, org: &str) -> Result<(), DatabaseError> {
    let sql = "SELECT nspname::text FROM pg_namespace
               WHERE starts_with(nspname::text, 'quietway_') AND has_schema_privilege($1, oid, 'USAGE')";
    let found: Vec<String> = sqlx::query_scalar(sql).bind(reader_of(org)).fetch_all(&mut *on).await?;
    let role = quoted(&reader_of(org));
    for schema in found.iter().filter(|schema| parse_schema(schema).is_some()).map(|schema| quoted(schema)) {
        let sql = format!(
            "REVOKE ALL ON ALL TABLES IN SCHEMA {schema} FROM {role}; REVOKE ALL ON SCHEMA {schema} FROM {role}"
        );
        run(on, sql).await?;
    }
    Ok(())
}

/// Tables and views of a schema, with what is said of them.
async fn tables(on: &mut PgConnection, schema: &str) -> Result<Vec<(String, Option<String>)>, DatabaseError> {
    let sql = "SELECT c.relname::text, obj_description(c.oid, 'pg_class') FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
               WHERE n.nspname = $1 AND c.relkind IN ('r', 'v', 'm', 'p') ORDER BY 1";
    Ok(sqlx::query_as(sql).bind(schema).fetch_all(on).await?)
}
