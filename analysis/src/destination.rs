//! # Destination — where the results go: a folder or a bucket, and in which layout
//! In:   `--out`, `--layout`               Out:  a [`Sink`]
//! Touches: names that stand at the destination

use crate::boundary::StudyArea;
use crate::cli::{LayoutArg, RunArgs};
use crate::error::RunError;
use crate::export::layout::{self, Month};
use crate::export::s3::{self, Bucket, Location};
use crate::export::{Sink, SinkError};
use crate::sources::countries::Whereabouts;
use crate::sources::states;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};
use tokio::runtime::Handle;

/// Refuses, before the long work, a folder that would be refused after it. Nothing is changed there.
///
/// # Errors
/// The folder is occupied.
pub fn check(args: &RunArgs) -> Result<(), RunError> {
    if args.output.layout == LayoutArg::Flat && !s3::is_s3(&args.out) {
        Sink::check(Path::new(&args.out), args.overwrite)?;
    }
    Ok(())
}

/// Opens the place of the results.
///
/// # Errors
/// It cannot be written, is occupied, or the layout lacks a name.
pub fn open(args: &RunArgs, area: &StudyArea, found: &Whereabouts, runtime: &Handle) -> Result<Sink, RunError> {
    let out = match args.output.layout {
        LayoutArg::Flat => args.out.clone(),
        LayoutArg::Brokenspoke => versioned(args, area, found, runtime)?,
    };
    open_at(&out, args.overwrite, runtime)
}

/// Opens a place by its name alone.
///
/// # Errors
/// It cannot be written, or is occupied.
pub fn open_at(out: &str, overwrite: bool, runtime: &Handle) -> Result<Sink, RunError> {
    Ok(match s3::is_s3(out) {
        true => Sink::open_bucket(out, overwrite, runtime)?,
        false => Sink::open(Path::new(out), overwrite)?,
    })
}

/// `<out>/<country>/<region>/<city>/<YY.MM[.N]>`, the next version of the place.
fn versioned(args: &RunArgs, area: &StudyArea, found: &Whereabouts, runtime: &Handle) -> Result<String, RunError> {
    let place = &args.inputs.place;
    // The reference spells the United States and its states out.
    let country = found.country.as_deref().map(|code| if code == "US" { "united states" } else { code });
    let state = found.region.as_deref().and_then(|code| states::of_code(code.strip_prefix("US-")?));
    let region = place.region.as_deref().or(state.map(|state| state.name)).or(found.region.as_deref());
    let folder = layout::place_folder(country.unwrap_or_default(), region, &area.name)?;
    let root = args.out.trim_end_matches('/');
    let existing = if s3::is_s3(root) {
        let location = Location::parse(root).map_err(SinkError::from)?;
        let bucket = Bucket::open(location, runtime).map_err(SinkError::from)?;
        bucket.folders(&format!("{folder}/")).map_err(SinkError::from)?
    } else {
        let entries = std::fs::read_dir(Path::new(root).join(&folder)).into_iter().flatten().flatten();
        entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect()
    };
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    Ok(format!("{root}/{folder}/{}", layout::version(existing, Month::at(now))))
}
