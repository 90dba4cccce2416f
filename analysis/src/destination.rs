//! # Destination — where the results go: a folder or a bucket, and in which layout
//! In:   `--out`, `--layout`               Out:  a [`Sink`]
//! Touches: names that stand at the destination

use crate::cli::{LayoutArg, RunArgs};
use crate::error::RunError;
use crate::export::layout::{self, Month};
use crate::export::s3::{self, Bucket, Location};
use crate::export::{Sink, SinkError};
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};
use tokio::runtime::Handle;

/// Opens the place of the results.
///
/// # Errors
/// It cannot be written, is occupied, or the layout lacks a name.
pub fn open(args: &RunArgs, runtime: &Handle) -> Result<Sink, RunError> {
    let out = match args.output.layout {
        LayoutArg::Flat => args.out.clone(),
        LayoutArg::Brokenspoke => versioned(args, runtime)?,
    };
    Ok(match s3::is_s3(&out) {
        true => Sink::open_bucket(&out, args.overwrite, runtime)?,
        false => Sink::open(Path::new(&out), args.overwrite)?,
    })
}

/// `<out>/<country>/<region>/<city>/<YY.MM[.N]>`, the next version of the place.
fn versioned(args: &RunArgs, runtime: &Handle) -> Result<String, RunError> {
    let place = &args.place;
    // The reference spells the United States out.
    let country = place.country.as_deref().map(|code| if code == "US" { "united states" } else { code });
    let name = place.name.as_deref().unwrap_or_default();
    let folder = layout::place_folder(country.unwrap_or_default(), place.region.as_deref(), name)?;
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
