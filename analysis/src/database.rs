//! # Database — which tables go into which database, and when they become visible
//! In:   plan, layers, facts of the run    Out:  a GeoPackage among the results, a schema that waits for its name
//! Touches: the sink, the server
//!
//! The order: the tables are loaded into a staging schema before the files are written (client analyses read them there); the schema gets
//! its name when all files are there; the manifest comes last. When it cannot be written, the schema goes again and what it replaced comes
//! back. So there is no moment in which a name, in the database or in the folder, stands for something incomplete.

use crate::acquire::Inputs;
use crate::analyses::{self, AnalysesError, Bridge, Outcome};
use crate::boundary::StudyArea;
use crate::cli::DbCommand;
use crate::connectivity::Reach;
use crate::error::RunError;
use crate::export::Sink;
use crate::import::City;
use crate::layers::{self, Layers};
use crate::manifest;
use crate::plan::Plan;
use crate::progress::{Progress, grouped};
use crate::store::gpkg;
use crate::store::postgis::registry::{self, Entry};
use crate::store::postgis::{self, Database, DatabaseError, Published, Staged, Target};
use quietway_job::manifest::{DatabaseUsed, Input, Manifest};
use std::collections::BTreeMap;
use std::path::Path;
use tokio::runtime::Handle;

/// Refuses, before the long work, a database that cannot take the results.
///
/// # Errors
/// Those of the database, and of the analyses' login.
pub fn check(plan: &Plan, runtime: &Handle) -> Result<(), RunError> {
    let Some(target) = &plan.target else { return Ok(()) };
    runtime.block_on(postgis::check(target))?;
    plan.login.as_ref().map_or(Ok(()), |login| Ok(analyses::check_login(&target.database, login, runtime)?))
}

/// Adds the tables that only databases hold, and marks what the user wants in them.
pub fn complete(
    layers: &mut Layers,
    plan: &Plan,
    area: &StudyArea,
    found: &Inputs,
    city: &City,
    reach: &Reach,
    sources: &[Input],
) {
    let groups = plan.groups();
    if plan.wants_database() {
        layers.tables.extend(plan.publishes_pairs().then(|| layers::pairs::table(reach, &city.blocks.id)));
        let features = city.features.iter().flat_map(|features| layers::osm::tables(features, area.projection));
        layers.tables.extend(features);
        layers.tables.push(layers::run::parameters(&parameters(plan, area, found, city, layers.srid)));
        layers.tables.push(layers::run::provenance(sources));
    }
    layers.keep_in_database(&groups);
}

/// What the run was asked, as text: about the run, its flags, the suite.
fn parameters(plan: &Plan, area: &StudyArea, found: &Inputs, city: &City, srid: u32) -> Vec<(String, String)> {
    let row = |key: &str, value: &str| (key.to_owned(), value.to_owned());
    let mut rows = vec![
        row("place", &area.name),
        row("edition", plan.edition.as_str()),
        row("version", quietway_job::VERSION),
        row("metric_srid", &srid.to_string()),
        row("suite_sha256", &plan.suite_used.sha256),
    ];
    let plain = |value: &serde_json::Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let used = manifest::parameters(plan, found, city);
    rows.extend(used.iter().filter(|(key, _)| *key != "name").map(|(key, value)| (key.clone(), plain(value))));
    rows.extend(plan.suite_values.iter().cloned());
    rows
}

/// What is in the databases now.
#[derive(Debug, Default)]
pub struct Loaded {
    /// The schema, which waits for its name.
    pub staged: Option<Staged>,
    /// What became of the analyses; their tables are among the layers.
    pub outcomes: Vec<Outcome>,
}

/// Fills the databases of the plan and runs the analyses on one of them: in PostgreSQL when there is one, else in the GeoPackage.
/// The schema waits under a name of its own.
///
/// # Errors
/// A database that cannot be written.
pub fn load(
    plan: &Plan,
    area: &StudyArea,
    layers: &mut Layers,
    sink: &Sink,
    on: &mut Progress,
    runtime: &Handle,
) -> Result<Loaded, RunError> {
    let mut loaded = Loaded::default();
    if let Some(target) = &plan.target {
        let mark = postgis::Mark { place: area.name.clone(), ..target.mark.clone() };
        let target = Target { mark, ..target.clone() };
        let staged = on.stage("database", || postgis::stage(&target, layers, runtime), |_| Vec::new())?;
        if let Some(login) = &plan.login {
            let bridge = Bridge::Postgres { owner: &target.database, schema: staged.schema(), login };
            let (outcomes, made) = analyse(plan, &bridge, area, layers, on, runtime)?;
            staged.add(&made)?;
            layers.tables.extend(made.tables);
            loaded.outcomes = outcomes;
        }
        loaded.staged = Some(staged);
        if plan.wants_geopackage() {
            geopackage(sink, |path| Ok(runtime.block_on(gpkg::publish(path, layers))?))?;
        }
    } else if plan.wants_geopackage() {
        geopackage(sink, |path| in_geopackage(plan, area, layers, path, &mut loaded, on, runtime))?;
    } else if plan.wants_database() {
        // Nobody wants the file, but the analyses read it.
        let scratch = tempfile::tempdir().map_err(AnalysesError::Scratch)?;
        in_geopackage(plan, area, layers, &scratch.path().join("quietway.gpkg"), &mut loaded, on, runtime)?;
    }
    Ok(loaded)
}

fn geopackage(sink: &Sink, write: impl FnOnce(&Path) -> Result<(), RunError>) -> Result<(), RunError> {
    sink.create_at("quietway.gpkg", write)
}

fn in_geopackage(
    plan: &Plan,
    area: &StudyArea,
    layers: &mut Layers,
    path: &Path,
    loaded: &mut Loaded,
    on: &mut Progress,
    runtime: &Handle,
) -> Result<(), RunError> {
    on.stage("database", || runtime.block_on(gpkg::publish(path, layers)), |()| Vec::new())?;
    if !plan.analyses.is_empty() {
        let (outcomes, made) = analyse(plan, &Bridge::GeoPackage(path), area, layers, on, runtime)?;
        runtime.block_on(gpkg::add(path, &made.tables))?;
        layers.tables.extend(made.tables);
        loaded.outcomes = outcomes;
    }
    Ok(())
}

/// Runs the analyses; what became of them, and their tables. What failed is said at once.
fn analyse(
    plan: &Plan,
    bridge: &Bridge<'_>,
    area: &StudyArea,
    layers: &Layers,
    on: &mut Progress,
    runtime: &Handle,
) -> Result<(Vec<Outcome>, Layers), RunError> {
    let made = on.stage(
        "analyses",
        || analyses::run(&plan.analyses, bridge, area.projection, runtime),
        |made| vec![("analyses", made.outcomes.len() as u64), ("tables", made.layers.len() as u64)],
    )?;
    made.outcomes
        .iter()
        .filter_map(|outcome| outcome.failure.as_ref())
        .for_each(|failure| on.note(&failure.to_string()));
    Ok((made.outcomes, Layers { srid: layers.srid, edition: layers.edition, tables: made.layers }))
}

/// Gives the schema its name, then writes the manifest; when that fails, takes the name back.
///
/// # Errors
/// Those of the database, and of the manifest.
pub fn publish_with(
    staged: Option<Staged>,
    manifest: impl FnOnce() -> Result<Manifest, RunError>,
) -> Result<Manifest, RunError> {
    let published = staged.map(Staged::publish).transpose()?;
    match manifest() {
        Ok(manifest) => published.map_or(Ok(()), Published::keep).map(|()| manifest).map_err(RunError::from),
        Err(error) => match published.map_or(Ok(()), Published::withdraw) {
            Ok(()) => Err(error),
            Err(also) => Err(RunError::NotWithdrawn { error: Box::new(error), also }),
        },
    }
}

/// What the manifest says of the schema.
pub fn used(plan: &Plan, layers: &Layers) -> Option<DatabaseUsed> {
    let target = plan.target.as_ref()?;
    let tables = layers.tables.iter().filter(|layer| layer.exports.database);
    let tables: BTreeMap<_, _> = tables.map(|layer| (layer.name.clone(), layer.rows() as u64)).collect();
    let (server, schema) = (target.database.server().to_owned(), target.schema.to_string());
    Some(DatabaseUsed { server, schema, run: target.mark.run.clone(), tables })
}

/// `quietway db …`: what it says on standard output.
///
/// # Errors
/// [`DatabaseError`].
pub fn command(command: &DbCommand, runtime: &Handle) -> Result<String, DatabaseError> {
    match command {
        DbCommand::List(args) => {
            let entries = runtime.block_on(registry::list(&Database::parse(&args.database_url.0)?))?;
            Ok(entries.iter().map(line).collect())
        }
        DbCommand::Drop { schema, database } => {
            runtime.block_on(registry::remove(&Database::parse(&database.database_url.0)?, schema))?;
            Ok(format!("dropped {schema}\n"))
        }
        DbCommand::Prune { keep, database } => {
            let gone = runtime.block_on(registry::prune(&Database::parse(&database.database_url.0)?, *keep))?;
            Ok(gone.iter().map(|schema| format!("dropped {schema}\n")).collect())
        }
    }
}

fn line(entry: &Entry) -> String {
    let Entry { schema, mark, bytes } = entry;
    let place = mark.place.replace(|c: char| c.is_control(), " ");
    let kilobytes = grouped((*bytes).max(0) as u64 / 1000);
    format!("{schema}  {}  {kilobytes} kB  {}  {place}\n", mark.created, mark.edition)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::postgis::Mark;

    #[test]
    fn a_run_is_one_line_whatever_its_place_is_called() {
        let mark = Mark {
            place: "a\nb".into(),
            edition: "current".into(),
            created: "2026-01-02T03:04:05Z".into(),
            ..Mark::default()
        };
        let entry = Entry { schema: "quietway_7".into(), mark, bytes: 1_234_567 };
        assert_eq!(line(&entry), "quietway_7  2026-01-02T03:04:05Z  1,234 kB  current  a b\n");
    }
}
