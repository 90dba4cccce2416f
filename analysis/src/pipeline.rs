//! # The tour — one line a stage
//! In:   command line                      Out:  a folder of results

use crate::cli::{RunArgs, Until};
use crate::destination;
use crate::error::RunError;
use crate::export::{Pairs, Sink};
use crate::plan::Plan;
use crate::progress::Progress;
use crate::{
    access, boundary, connectivity, counts, export, import, inputs, layers, manifest, network, staging, store, stress,
    summary, tiles,
};
use quietway_job::manifest::Manifest;
use tokio::runtime::Handle;

/// Checks everything that can be checked early, announces the stages, runs them.
///
/// # Errors
/// The first stage that fails; its sentence says which input and what to do.
pub fn start(args: &RunArgs, runtime: &Handle) -> Result<(), RunError> {
    let staged = staging::fetch(args, runtime)?;
    let args = &staged.args;
    let plan = Plan::new(args)?;
    if args.dry_run {
        print!("{}", plan.describe());
        return Ok(());
    }
    let pool = rayon::ThreadPoolBuilder::new().num_threads(args.threads).build();
    let pool = pool.map_err(|cause| RunError::Threads { threads: args.threads, cause: cause.to_string() })?;
    let sink = destination::open(args, runtime)?;
    let mut progress = Progress::new(args.progress, &plan.stages());
    let result = pool.install(|| run(&plan, sink, &mut progress, runtime));
    progress.close();
    let manifest = result?;
    if progress.wants_table() {
        print!("{}", summary::table(&manifest));
    }
    Ok(())
}

/// The tour. A stage that is not wanted (`--until`) leaves its empty value.
fn run(plan: &Plan, sink: Sink, on: &mut Progress, runtime: &Handle) -> Result<Manifest, RunError> {
    let (suite, edition) = (&plan.suite, plan.edition);
    let (rated, reached, scored) =
        (plan.reaches(Until::Stress), plan.reaches(Until::Reach), plan.reaches(Until::Scores));
    let hashes = inputs::hash_in_background(&plan.files);

    let area = on.stage(
        "boundary",
        || boundary::resolve(&plan.boundary, &plan.boundary_options, suite),
        |area| vec![("parts", area.boundary.0.len() as u64)],
    )?;
    let city = on.stage("import", || import::read(&area, &plan.import, suite, edition), counts::of_city)?;
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
    for note in manifest::notes(&area, &city, &network, &ratings) {
        on.note(&note);
    }

    // ---- the bridge: from here on, only layers ----
    let mut layers = on.step(
        true,
        "layers",
        || layers::of(&area, &city, &network, &ratings, &reach, &scores, suite, edition),
        counts::of_layers,
    );
    layers.tables.extend(plan.publishes_pairs().then(|| layers::pairs::table(&reach, &city.blocks.id)));
    let forms = plan.pairs_forms(reach.pairs);
    let pairs = reached.then_some(Pairs { reach: &reach, block_ids: &city.blocks.id, forms: &forms });
    on.optional(plan.wants_database(), "database", || {
        sink.create_at("quietway.gpkg", |path| Ok::<_, RunError>(runtime.block_on(store::publish(path, &layers))?))
    })?;
    on.optional(true, "files", || export::write(&layers, pairs.as_ref(), &plan.exports(), &sink))?;
    on.optional(plan.wants_tiles(), "tiles", || tiles::write(&layers, &area.name, &sink))?;
    on.optional(plan.output.bundle, "bundle", || export::bundle(&sink))?;
    let facts =
        manifest::Facts { plan, area: &area, city: &city, network: &network, ratings: &ratings, scores: &scores };
    manifest::write(&facts, hashes.wait()?, on.stages(), sink)
}
