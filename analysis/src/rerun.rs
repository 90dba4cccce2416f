//! # Rerun — the client's analyses without the rest: on finished results, or on empty tables to check them
//! In:   command line                      Out:  a folder with what the analyses made, or words
//! Touches: the earlier results, the sink

use crate::access::{self, Scores};
use crate::analyses::{self, AnalysesError, Analysis, Bridge, Made, Outcome};
use crate::boundary::StudyArea;
use crate::cli::{FormatArg, RunArgs, Secret};
use crate::connectivity::Reach;
use crate::destination;
use crate::error::RunError;
use crate::export::Sink;
use crate::import::osm::ReadReport;
use crate::import::{Blocks, City, DestinationTable, SpeedLimits, Streets, features::Features};
use crate::layers::{self, Layers};
use crate::model::{Column, Edition, Unit, Utm, Values};
use crate::network::StreetNetwork;
use crate::plan::{self, databases};
use crate::progress::{Progress, peak_memory_bytes};
use crate::store::gpkg;
use crate::store::postgis::{self, Database, registry};
use crate::stress::StressRatings;
use crate::suite::Suite;
use crate::{connectivity, export, tiles};
use geo_types::{Coord, MultiPolygon, Rect};
use quietway_job::manifest::{AnalysisRun, AnalysisState, FILE_NAME, Manifest};
use std::path::{Path, PathBuf};
use tokio::runtime::Handle;

/// An error when an analysis has failed.
///
/// # Errors
/// [`RunError::AnalysesFailed`].
pub fn failures(analyses: &[AnalysisRun]) -> Result<(), RunError> {
    let failed: Vec<_> = analyses.iter().filter(|run| run.state == AnalysisState::Failed).collect();
    match failed.first() {
        None => Ok(()),
        Some(first) => Err(RunError::AnalysesFailed {
            failed: failed.len(),
            all: analyses.len(),
            first: first.error.clone().unwrap_or_default(),
        }),
    }
}

/// The tables of an earlier run.
enum Tables {
    GeoPackage(PathBuf),
    Postgres { owner: Box<Database>, schema: String },
}

/// `--analyses-only --from results/`: the earlier results stay as they are; what the analyses make goes to `--out`.
///
/// # Errors
/// The results cannot be read, nothing can be written, an analysis fails.
pub fn analyses_only(args: &RunArgs, runtime: &Handle) -> Result<(), RunError> {
    let from = args.from.clone().unwrap_or_default();
    let earlier = manifest(&from)?;
    let analyses = plan::analyses(args)?;
    let login = databases::login(args)?;
    let tables = tables(args, &from, &earlier)?;
    let projection = projection(&tables, &from, runtime)?;
    let bridge = match (&tables, &login) {
        (Tables::Postgres { owner, schema }, Some(login)) => Bridge::Postgres { owner, schema, login },
        (Tables::Postgres { .. }, None) => return Err(AnalysesError::NoLogin.into()),
        (Tables::GeoPackage(path), _) => Bridge::GeoPackage(path),
    };
    let sink = destination::open_flat(&args.out, args.overwrite, runtime)?;
    let mut on = Progress::new(args.progress, &["analyses", "files"]);
    let made = on.stage(
        "analyses",
        || analyses::run(&analyses, &bridge, projection, runtime),
        |made| vec![("analyses", made.outcomes.len() as u64), ("tables", made.layers.len() as u64)],
    )?;
    said(&made).for_each(|failure| on.note(&failure));
    let edition = if earlier.edition == Edition::Reference.as_str() { Edition::Reference } else { Edition::Current };
    let Made { outcomes, layers } = made;
    let layers = Layers { srid: projection.srid, edition, tables: layers };
    on.stage("files", || write(args, &earlier.place, &layers, &sink, runtime), |()| Vec::new())?;
    on.close();
    let manifest = finished(earlier, &from, &outcomes, &on, &sink);
    let text = serde_json::to_vec_pretty(&manifest).expect("a manifest holds only what JSON can");
    sink.finish(&text)?;
    failures(&manifest.analyses)
}

/// The earlier manifest with what is new.
fn finished(earlier: Manifest, from: &str, outcomes: &[Outcome], on: &Progress, sink: &Sink) -> Manifest {
    let name = Path::new(from).file_name().map_or_else(|| from.into(), |name| name.to_string_lossy().into_owned());
    Manifest {
        stages: on.stages().to_vec(),
        peak_memory_bytes: peak_memory_bytes(),
        notes: vec![format!("only analyses, on the results of an earlier run ({name})")],
        analyses: outcomes.iter().map(Outcome::record).collect(),
        artifacts: sink.artifacts(),
        ..earlier
    }
}

fn said(made: &Made) -> impl Iterator<Item = String> + '_ {
    made.outcomes.iter().filter_map(|outcome| outcome.failure.as_ref()).map(ToString::to_string)
}

fn manifest(from: &str) -> Result<Manifest, RunError> {
    let fault = |what: String| RunError::NoResults { from: from.to_owned(), what };
    let path = Path::new(from).join(FILE_NAME);
    let text = std::fs::read(path).map_err(|cause| {
        fault(format!("its {FILE_NAME} cannot be read ({cause}); give the folder that a run has left"))
    })?;
    serde_json::from_slice(&text)
        .map_err(|cause| fault(format!("its {FILE_NAME} cannot be used ({cause}); was it made by this version?")))
}

/// The schema of the database that is given, else the GeoPackage in the folder.
fn tables(args: &RunArgs, from: &str, earlier: &Manifest) -> Result<Tables, RunError> {
    let fault = |what: &str| RunError::NoResults { from: from.to_owned(), what: what.to_owned() };
    if let Some(Secret(url)) = &args.database.database_url {
        let of_manifest = || earlier.database.as_ref().map(|used| used.schema.clone());
        let schema = args.database.schema.as_ref().map(|schema| schema.as_str().to_owned()).or_else(of_manifest);
        let schema = schema.ok_or_else(|| fault("its manifest names no schema of a database; give --schema"))?;
        return Ok(Tables::Postgres { owner: Box::new(Database::parse(url)?), schema });
    }
    let path = Path::new(from).join("quietway.gpkg");
    match path.is_file() {
        true => Ok(Tables::GeoPackage(path)),
        false => Err(fault("it has no quietway.gpkg; give --database-url if the run went into a database")),
    }
}

fn projection(tables: &Tables, from: &str, runtime: &Handle) -> Result<Utm, RunError> {
    let key = "metric_srid";
    let fault = |what: String| RunError::NoResults { from: from.to_owned(), what };
    let found = match tables {
        Tables::GeoPackage(path) => {
            runtime.block_on(gpkg::parameter(path, key)).map_err(|what| fault(format!("quietway.gpkg: {what}")))?
        }
        Tables::Postgres { owner, schema } => runtime.block_on(registry::parameter(owner, schema, key))?,
    };
    let projection = found.and_then(|text| text.parse().ok()).and_then(Utm::of_srid);
    projection.ok_or_else(|| fault("run_parameters has no metric_srid; was it made by this version?".into()))
}

/// Files, tiles and a GeoPackage of what was made.
fn write(args: &RunArgs, place: &str, layers: &Layers, sink: &Sink, runtime: &Handle) -> Result<(), RunError> {
    let formats = databases::formats(args);
    if formats.contains(&FormatArg::Gpkg) {
        sink.create_at("quietway.gpkg", |path| Ok::<_, RunError>(runtime.block_on(gpkg::publish(path, layers))?))?;
    }
    let formats: Vec<_> = formats.iter().filter_map(|format| format.file()).collect();
    export::write(layers, None, &formats, sink)?;
    let shown = layers.tables.iter().any(|layer| layer.exports.tiles.is_some());
    let forms = plan::tile_forms(&args.output);
    if shown && !forms.is_empty() {
        tiles::write(layers, place, &forms, sink, runtime)?;
    }
    if args.output.bundle { Ok(export::bundle(sink)?) } else { Ok(()) }
}

/// `--check-analyses`: every statement runs, on the run's tables without a row. Says what became of each.
///
/// # Errors
/// A header or statement that cannot be.
pub fn check(args: &RunArgs, runtime: &Handle) -> Result<(), RunError> {
    let analyses = plan::analyses(args)?;
    let login = databases::login(args)?;
    let suite = args
        .inputs
        .suite
        .as_deref()
        .map_or_else(|| Ok(Suite::bna()), |path| Suite::load(path).map(|(suite, _)| suite))?;
    let (layers, projection) = empty(&suite);
    let made = match (databases::target(args)?, login) {
        (Some(target), Some(login)) => {
            let staged = postgis::stage(&target, &layers, runtime)?;
            let bridge = Bridge::Postgres { owner: &target.database, schema: staged.schema(), login: &login };
            analyses::run(&analyses, &bridge, projection, runtime)?
        }
        _ => in_geopackage(&analyses, &layers, projection, runtime)?,
    };
    for outcome in &made.outcomes {
        let state = match outcome.state {
            AnalysisState::Done => "good",
            AnalysisState::Failed => "bad",
            AnalysisState::Skipped => "for the other database",
        };
        println!("{}  {state}", outcome.name);
    }
    said(&made).for_each(|failure| eprintln!("{failure}"));
    match said(&made).count() {
        0 => Ok(()),
        bad => Err(RunError::AnalysesBad { bad, all: made.outcomes.len() }),
    }
}

fn in_geopackage(analyses: &[Analysis], layers: &Layers, projection: Utm, runtime: &Handle) -> Result<Made, RunError> {
    let scratch = tempfile::tempdir().map_err(AnalysesError::Scratch)?;
    let path = scratch.path().join("quietway.gpkg");
    runtime.block_on(gpkg::publish(&path, layers))?;
    Ok(analyses::run(analyses, &Bridge::GeoPackage(&path), projection, runtime)?)
}

/// The tables of a run without a single street or block, made as those of any run are.
fn empty(suite: &Suite) -> (Layers, Utm) {
    let edition = Edition::Current;
    let area = nowhere();
    let categories = suite.categories.iter().filter(|category| category.has_destinations());
    let city = City {
        streets: Streets::default(),
        blocks: Blocks {
            attributes: vec![
                Column::new("geoid20", Values::Text(Vec::new())),
                Column::new("pop20", Values::Float(Vec::new())),
            ],
            jobs: Some(Vec::new()),
            ..Blocks::default()
        },
        destinations: categories
            .map(|category| DestinationTable { category: category.id.clone(), ..DestinationTable::default() })
            .collect(),
        speeds: SpeedLimits::default(),
        unit: Unit::default(),
        osm_report: ReadReport::default(),
        extract: None,
        features: Some(Features::default()),
    };
    let network = StreetNetwork::default();
    let ratings = StressRatings::default();
    let reach: Reach = connectivity::measure(&network, &ratings, &city.blocks, &area, suite);
    let scores: Scores = access::score(&city, &network, &ratings, &reach, &area, suite, edition);
    let mut layers = layers::of(&area, &city, &network, &ratings, &reach, &scores, suite, edition);
    layers.tables.push(layers::pairs::table(&reach, &city.blocks.id));
    layers.tables.extend(city.features.iter().flat_map(|features| layers::osm::tables(features, area.projection)));
    layers.tables.push(layers::run::parameters(&[("metric_srid".into(), area.projection.srid.to_string())]));
    layers.tables.push(layers::run::provenance(&[]));
    (layers, area.projection)
}

fn nowhere() -> StudyArea {
    let corner = |x, y| Coord { x, y };
    let boundary = MultiPolygon(vec![Rect::new(corner(7.0, 43.0), corner(7.01, 43.01)).to_polygon()]);
    let projection = Utm::of(corner(7.0, 43.0));
    let boundary_m = geo::MapCoords::map_coords(&boundary, |at| projection.forward(at));
    StudyArea {
        name: "nowhere".into(),
        first_feature: boundary.clone(),
        buffered: boundary.clone(),
        buffered_m: boundary_m.clone(),
        boundary,
        boundary_m,
        projection,
        attributes: Vec::new(),
        notes: Vec::new(),
    }
}
