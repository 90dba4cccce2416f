//! # The tour — one line a stage
//! In:   command line                      Out:  a folder of results

use crate::cli::{RunArgs, Until};
use crate::error::RunError;
use crate::export::sink::Sink;
use crate::layers::Results;
use crate::plan::Plan;
use crate::progress::{Counts, Progress};
use crate::{access, boundary, connectivity, export, import, inputs, layers, manifest, network, store, stress, summary, tiles};
use quietway_job::manifest::Manifest;
use tokio::runtime::Handle;

/// Checks everything that can be checked early, announces the stages, runs them.
///
/// # Errors
/// The first stage that fails; its sentence says which input and what to do.
pub fn start(args: &RunArgs, runtime: &Handle) -> Result<(), RunError> {
    let plan = Plan::new(args)?;
    if args.dry_run {
        print!("{}", plan.describe());
        return Ok(());
    }
    let pool = rayon::ThreadPoolBuilder::new().num_threads(args.threads).build();
    let pool = pool.map_err(|cause| RunError::Threads { threads: args.threads, cause: cause.to_string() })?;
    let sink = Sink::open(args.out.as_ref(), args.overwrite)?;
    let mut progress = Progress::new(args.progress, &plan.stages());
    let result = pool.install(|| run(&plan, &sink, &mut progress, runtime));
    progress.close();
    let manifest = result?;
    if progress.wants_table() {
        print!("{}", summary::table(&manifest));
    }
    Ok(())
}

/// The tour.
fn run(plan: &Plan, sink: &Sink, on: &mut Progress, runtime: &Handle) -> Result<Manifest, RunError> {
    let (suite, edition) = (&plan.suite, plan.edition);
    let hashes = inputs::hash_in_background(&plan.files);

    let area = on.stage("boundary", || boundary::resolve(&plan.boundary, &plan.boundary_options, suite), no_counts)?;
    let city = on.stage("import", || import::read(&area, &plan.import, suite, edition), import::City::counts)?;
    let network = on.step("network", || network::build(&city.streets, &area, suite, edition), network::StreetNetwork::counts);
    let ratings = plan.reaches(Until::Stress).then(|| on.step("stress", || stress::rate(&network, &city.speeds, suite, edition), no_counts));
    let reach = ratings.as_ref().filter(|_| plan.reaches(Until::Reach)).map(|ratings| {
        on.step("reach", || connectivity::measure(&network, ratings, &city.blocks, &area, suite), connectivity::Reach::counts)
    });
    let scores = ratings.as_ref().zip(reach.as_ref()).filter(|_| plan.reaches(Until::Scores)).map(|(ratings, reach)| {
        on.step("scores", || access::score(&city, &network, ratings, reach, &area, suite, edition), no_counts)
    });

    // ---- the bridge: from here on, only layers ----
    let results = Results { area: &area, city: &city, network: &network, ratings: ratings.as_ref(), reach: reach.as_ref(), scores: scores.as_ref() };
    let layers = on.step("layers", || layers::of(&results, suite, edition), no_counts);
    on.stage("database", || store::publish(&layers, plan, sink, runtime), no_counts)?;
    on.stage("files", || export::write(&layers, reach.as_ref(), &plan.formats, sink), no_counts)?;
    on.stage("tiles", || tiles::write(&layers, plan.tiles, sink), no_counts)?;
    manifest::write(plan, &results, hashes.wait()?, on.stages(), sink)
}

fn no_counts<T>(_: &T) -> Counts {
    Vec::new()
}
