//! # Warm — `quietway fetch`: the inputs of a run, brought into the cache before it
//! In:   command line                      Out:  files in the cache; a line each on standard output
//! Touches: the cache, standard output     Does not know: any later stage

use crate::acquire::{self, InputFile, Wanted};
use crate::boundary::{self, BoundarySource};
use crate::cli::WarmArgs;
use crate::error::RunError;
use crate::progress::{Progress, grouped};
use crate::{counts, larder, plan};
use std::io::Write;
use tokio::runtime::Handle;

/// Fetches what a run with the same flags would fetch, and says what it got.
///
/// # Errors
/// As the first stages of a run.
pub fn start(args: &WarmArgs, runtime: &Handle) -> Result<(), RunError> {
    let inputs = &args.inputs;
    let (suite, ..) = plan::suite(inputs.suite.as_deref())?;
    plan::files(Some(&args.boundary), inputs)?;
    let wanted = Wanted::new(inputs)?;
    let source = BoundarySource::from(args.boundary.as_path());
    let mut on = Progress::new(args.progress, &["boundary", "acquire"]);
    let area = on.stage(
        "boundary",
        || boundary::resolve(&source, &plan::boundary_options(&inputs.place), &suite),
        |area| vec![("parts", area.boundary.0.len() as u64)],
    )?;
    let downloads = on.downloads();
    let open = || larder::open(&inputs.cache, runtime, Some(downloads));
    let gathered =
        on.stage("acquire", || acquire::gather(&area, &wanted, &suite, inputs.edition.into(), open), counts::of_inputs);
    on.close();
    let found = gathered?;
    found.notes.iter().for_each(|note| on.note(note));
    if on.wants_table() {
        let text = match found.fetched.as_slice() {
            [] => "nothing needs to be fetched: all data are given\n".to_owned(),
            files => files.iter().map(line).collect(),
        };
        // A reader that has seen enough closes the pipe; that is no failure.
        let _ = std::io::stdout().write_all(text.as_bytes());
    }
    Ok(())
}

fn line(file: &InputFile) -> String {
    let how = if file.from_cache { "cached" } else { "fetched" };
    format!("{:<10} {how:<7} {:>15} bytes  {}\n", file.role, grouped(file.bytes), file.url)
}
