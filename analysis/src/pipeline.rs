//! # The tour — one line a stage
//! In:   command line                      Out:  a folder of results

use crate::access::Scores;
use crate::acquire::Inputs;
use crate::boundary::{BoundarySource, StudyArea};
use crate::cli::{CompareArgs, RunArgs, Until};
use crate::connectivity::Reach;
use crate::destination;
use crate::error::RunError;
use crate::export::{Pairs, Sink};
use crate::import::City;
use crate::inputs::Hashes;
use crate::network::StreetNetwork;
use crate::plan::Plan;
use crate::progress::Progress;
use crate::stress::StressRatings;
use crate::{
    access, acquire, boundary, connectivity, counts, database, export, import, inputs, larder, layers, manifest,
    network, report, rerun, staging, stress, summary, tiles, webmap,
};
use quietway_job::manifest::{Manifest, Provenance};
use tokio::runtime::Handle;

/// Checks everything that can be checked early, announces the stages, runs them.
///
/// # Errors
/// The first stage that fails; its sentence says which input and what to do.
pub fn start(args: &RunArgs, runtime: &Handle) -> Result<(), RunError> {
    let staged = staging::fetch(args, runtime)?;
    let args = &staged.args;
    if args.analyses.check_analyses {
        return rerun::check(args, runtime);
    }
    if args.analyses.analyses_only {
        return rerun::analyses_only(args, runtime);
    }
    let plan = Plan::new(args)?;
    if args.dry_run {
        let area = boundary::resolve(&plan.boundary, &plan.boundary_options, &plan.suite)?;
        print!("{}", plan.describe(&acquire::describe(&area, &plan.wanted, plan.edition)?));
        return Ok(());
    }
    destination::check(args)?;
    let pool = rayon::ThreadPoolBuilder::new().num_threads(args.threads).build();
    let pool = pool.map_err(|cause| RunError::Threads { threads: args.threads, cause: cause.to_string() })?;
    database::check(&plan, runtime)?;
    let mut progress = Progress::new(args.progress, &plan.stages());
    let result = pool.install(|| run(&plan, args, &mut progress, runtime));
    progress.close();
    let manifest = result?;
    if progress.wants_table() {
        print!("{}", summary::table(&manifest));
    }
    rerun::failures(&manifest.analyses)
}

/// What the stages upstream of the bridge have made.
struct Measured {
    boundary: BoundarySource,
    area: StudyArea,
    found: Inputs,
    city: City,
    of_data: Vec<String>,
    network: StreetNetwork,
    ratings: StressRatings,
    reach: Reach,
    scores: Scores,
}

/// The tour, downstream: results become layers, and from there on only layers are read.
fn run(plan: &Plan, args: &RunArgs, on: &mut Progress, runtime: &Handle) -> Result<Manifest, RunError> {
    let (measured, hashes, sink) = measure(plan, args, on, runtime)?;
    let Measured { boundary, area, found, city, of_data, network, ratings, reach, scores } = &measured;
    let (suite, edition, reached) = (&plan.suite, plan.edition, plan.reaches(Until::Reach));

    // ---- the bridge ----
    let mut layers = on.step(
        true,
        "layers",
        || layers::of(area, city, network, ratings, reach, scores, suite, edition),
        counts::of_layers,
    );
    let inputs = manifest::inputs(hashes.wait()?, city);
    let own = || Provenance { inputs: inputs.clone(), notes: of_data.clone() };
    let sources = &plan.provenance.clone().unwrap_or_else(own);
    database::complete(&mut layers, plan, area, found, city, reach, &sources.inputs);
    let mut more_notes = manifest::of_cleaning(layers::strip_nul(&mut layers));
    let loaded = database::load(plan, area, &mut layers, &sink, on, runtime)?;
    let forms = plan.pairs_forms(reach.pairs);
    let pairs = reached.then_some(Pairs { reach, block_ids: &city.blocks.id, forms: &forms });
    on.optional(true, "files", || export::write(&layers, pairs.as_ref(), &plan.exports(), &sink))?;
    acquire::credit(&area.name, &found.fetched, plan.attribution.as_deref(), plan.saves_inputs(), &sink)?;
    if plan.wants_tiles() {
        let make = || tiles::write(&layers, &area.name, &plan.tile_forms(), &sink, runtime);
        more_notes.extend(manifest::of_tiles(on.stage("tiles", make, counts::of_tiles)?));
    }
    more_notes.iter().for_each(|note| on.note(note));
    let (layers, more_notes, analyses) = (&layers, &more_notes, &loaded.outcomes);
    let facts =
        manifest::Facts { plan, area, found, city, network, ratings, scores, layers, of_data, more_notes, analyses };
    on.optional(plan.wants_report(), "report", || {
        report::write(layers, &manifest::of(&facts, sources.inputs.clone(), &[], Vec::new()), suite, &sink)
    })?;
    on.optional(plan.saves_inputs(), "inputs", || inputs::save(plan, boundary, city, sources, layers.srid, &sink))?;
    // Data for people to take along; the page below works from its folder only.
    on.optional(plan.output.bundle, "bundle", || export::bundle(&sink))?;
    on.optional(plan.wants_map(), "map", || {
        let (country, reach) = (found.place.country.as_deref(), reached.then_some(reach));
        webmap::write(&webmap::Source { area, country, city, network, ratings, reach, scores, suite, edition }, &sink)
    })?;
    database::publish_with(loaded.staged, || manifest::write(&facts, inputs.clone(), on.stages(), sink))
}

/// The tour, upstream: from the boundary to the scores. A stage that is not wanted (`--until`) leaves its empty value.
fn measure(
    plan: &Plan,
    args: &RunArgs,
    on: &mut Progress,
    runtime: &Handle,
) -> Result<(Measured, Hashes, Sink), RunError> {
    let (suite, edition) = (&plan.suite, plan.edition);
    let (rated, reached, scored) =
        (plan.reaches(Until::Stress), plan.reaches(Until::Reach), plan.reaches(Until::Scores));

    let (boundary, area) = on.stage(
        "boundary",
        || {
            let held = plan.boundary.held(&plan.boundary_options.limits)?;
            boundary::resolve(&held, &plan.boundary_options, suite).map(|area| (held, area))
        },
        |(_, area)| vec![("parts", area.boundary.0.len() as u64)],
    )?;
    let (cache, downloads) = (&args.inputs.cache, on.downloads());
    let open = || larder::open(cache, runtime, Some(downloads));
    let found =
        on.stage("acquire", || acquire::gather(&area, &plan.wanted, suite, edition, open), counts::of_inputs)?;
    let sink = destination::open(args, &area, &found.place, runtime)?;
    let hashes = inputs::hash_in_background(&plan.files, &found.fetched);

    let city = on.stage("import", || import::read(&area, &found.import, suite, edition), counts::of_city)?;
    let network = on.step(true, "network", || network::build(&city.streets, &area, suite, edition), counts::of_network);
    let ratings = on.step(rated, "stress", || stress::rate(&network, &city.speeds, suite, edition), counts::of_ratings);
    let reach = on.step(
        reached,
        "reach",
        || connectivity::measure(&network, &ratings, &city.blocks, &area, suite),
        counts::of_reach,
    );
    let scores = on.step(
        rated,
        "scores",
        || match scored {
            true => access::score(&city, &network, &ratings, &reach, &area, suite, edition),
            false => access::inventory(&network, &area, edition),
        },
        |scores| vec![("scores", scores.totals.len() as u64)],
    );
    let of_data = manifest::of_data(plan, &area, &found, &city);
    manifest::notes(&of_data, &city, &network, &ratings).iter().for_each(|note| on.note(note));
    Ok((Measured { boundary, area, found, city, of_data, network, ratings, reach, scores }, hashes, sink))
}

/// Writes the page of two results.
///
/// # Errors
/// A folder that is no result; a page that exists or cannot be written.
pub fn compare(args: &CompareArgs, runtime: &Handle) -> Result<(), RunError> {
    report::compare(&args.before, &args.after, &args.out, args.overwrite, runtime)?;
    println!("{}", args.out.display());
    Ok(())
}
