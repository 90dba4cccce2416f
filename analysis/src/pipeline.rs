//! # The tour — one line a stage
//! In:   command line                      Out:  a folder of results

use crate::cli::{RunArgs, Until};
use crate::destination;
use crate::error::RunError;
use crate::export::Pairs;
use crate::plan::Plan;
use crate::progress::Progress;
use crate::{
    access, acquire, boundary, connectivity, counts, database, export, import, inputs, larder, layers, manifest,
    network, rerun, stress, summary, tiles,
};
use quietway_job::manifest::Manifest;
use tokio::runtime::Handle;

/// Checks everything that can be checked early, announces the stages, runs them.
///
/// # Errors
/// The first stage that fails; its sentence says which input and what to do.
pub fn start(args: &RunArgs, runtime: &Handle) -> Result<(), RunError> {
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

/// The tour. A stage that is not wanted (`--until`) leaves its empty value.
fn run(plan: &Plan, args: &RunArgs, on: &mut Progress, runtime: &Handle) -> Result<Manifest, RunError> {
    let (suite, edition) = (&plan.suite, plan.edition);
    let (rated, reached, scored) =
        (plan.reaches(Until::Stress), plan.reaches(Until::Reach), plan.reaches(Until::Scores));

    let (source, area) = on.stage(
        "boundary",
        || {
            let source = plan.boundary.held(&plan.boundary_options.limits)?;
            boundary::resolve(&source, &plan.boundary_options, suite).map(|area| (source, area))
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
    manifest::notes(&area, &found, &city, &network, &ratings).iter().for_each(|note| on.note(note));

    // ---- the bridge: from here on, only layers ----
    let mut layers = on.step(
        true,
        "layers",
        || layers::of(&area, &city, &network, &ratings, &reach, &scores, suite, edition),
        counts::of_layers,
    );
    let inputs = manifest::inputs(hashes.wait()?, &city);
    let sources = plan.provenance.as_deref().unwrap_or(&inputs);
    database::complete(&mut layers, plan, &area, &found, &city, &reach, sources);
    let more_notes = manifest::of_cleaning(layers::strip_nul(&mut layers));
    let forms = plan.pairs_forms(reach.pairs);
    let pairs = reached.then_some(Pairs { reach: &reach, block_ids: &city.blocks.id, forms: &forms });
    more_notes.iter().for_each(|note| on.note(note));
    let loaded = database::load(plan, &area, &mut layers, &sink, on, runtime)?;
    on.optional(true, "files", || export::write(&layers, pairs.as_ref(), &plan.exports(), &sink))?;
    acquire::credit(&area.name, &found.fetched, plan.attribution.as_deref(), plan.saves_inputs(), &sink)?;
    on.optional(plan.wants_tiles(), "tiles", || tiles::write(&layers, &area.name, &sink))?;
    on.optional(plan.saves_inputs(), "inputs", || inputs::save(plan, &source, &city, sources, layers.srid, &sink))?;
    on.optional(plan.output.bundle, "bundle", || export::bundle(&sink))?;
    let facts = manifest::Facts {
        plan,
        area: &area,
        found: &found,
        city: &city,
        network: &network,
        ratings: &ratings,
        scores: &scores,
        layers: &layers,
        more_notes: &more_notes,
        analyses: &loaded.outcomes,
    };
    database::publish_with(loaded.staged, || manifest::write(&facts, inputs, on.stages(), sink))
}
