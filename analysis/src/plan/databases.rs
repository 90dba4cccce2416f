//! What the command line says about databases.

use crate::analyses::{AnalysesError, Login};
use crate::cli::{DatabaseArgs, FormatArg, RunArgs, Secret};
use crate::error::RunError;
use crate::model::Edition;
use crate::store::postgis::{self, Database, Mark, SchemaName, Target};
use serde_json::json;

/// Values of a suite file under dotted keys; rows of lists under their `id`, other lists as JSON.
pub(super) fn suite_values(text: &str) -> Vec<(String, String)> {
    fn collect(key: &str, value: &toml::Value, found: &mut Vec<(String, String)>) {
        let id = |row: &toml::Value| row.get("id").and_then(toml::Value::as_str).map(str::to_owned);
        match value {
            toml::Value::Table(table) => table.iter().for_each(|(name, value)| {
                collect(&if key.is_empty() { name.clone() } else { format!("{key}.{name}") }, value, found);
            }),
            toml::Value::Array(rows) if rows.iter().all(|row| id(row).is_some()) && !rows.is_empty() => {
                rows.iter().for_each(|row| collect(&format!("{key}.{}", id(row).unwrap_or_default()), row, found));
            }
            toml::Value::String(text) => found.push((key.to_owned(), text.clone())),
            toml::Value::Array(_) => found.push((key.to_owned(), json!(value).to_string())),
            other => found.push((key.to_owned(), other.to_string())),
        }
    }
    let mut found = Vec::new();
    // The suite was read from this very text: it is TOML.
    collect("suite", &toml::Value::Table(text.parse().unwrap_or_default()), &mut found);
    found
}

/// As given; else all that most people use, with one database.
pub fn formats(args: &RunArgs) -> Vec<FormatArg> {
    let files = [FormatArg::Geojson, FormatArg::Csv, FormatArg::Shp];
    match (args.output.formats.as_slice(), &args.database.database_url) {
        ([], None) => [&[FormatArg::Gpkg], files.as_slice()].concat(),
        ([], Some(_)) => files.to_vec(),
        (given, _) => given.to_vec(),
    }
}

/// The schema to make, if a database is named.
///
/// # Errors
/// Flags that do not go together, an address that is none.
pub fn target(args: &RunArgs) -> Result<Option<Target>, RunError> {
    let DatabaseArgs { database_url, schema, run_id } = &args.database;
    let Some(Secret(url)) = database_url else {
        return if schema.is_some() { Err(RunError::SchemaWithoutDatabase) } else { Ok(None) };
    };
    let run = run_id.clone().unwrap_or_else(postgis::random_id);
    let schema = match schema {
        Some(schema) => schema.clone(),
        None => SchemaName::of_run(&run).map_err(|what| RunError::RunId { what })?,
    };
    let mark = Mark {
        run,
        place: String::new(), // known when the boundary is read
        edition: Edition::from(args.inputs.edition).as_str().into(),
        version: quietway_job::VERSION.into(),
        created: String::new(), // the server's clock says
    };
    Ok(Some(Target { database: Database::parse(url)?, schema, overwrite: args.overwrite, mark }))
}

/// As whom analyses come to the database; none without analyses or database.
///
/// # Errors
/// Neither a login of their own nor trust.
pub fn login(args: &RunArgs) -> Result<Option<Login>, RunError> {
    let (Some(_), Some(Secret(own))) = (&args.analyses.analyses, &args.database.database_url) else { return Ok(None) };
    match (&args.analyses.analyses_database_url, args.analyses.trust_analyses) {
        (_, true) => Ok(Some(Login::Trusted(own.clone()))),
        (Some(Secret(url)), false) => {
            let database = Database::parse(url).map_err(AnalysesError::Login)?;
            Ok(Some(Login::Own(Box::new(database), url.clone())))
        }
        (None, false) => Err(AnalysesError::NoLogin.into()),
    }
}
