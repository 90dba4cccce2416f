//! # Staging — inputs that a launcher names by their place in a bucket
//! In:   `--boundary`, `--suite`, `--analyses` as `s3://bucket/key`     Out:  the same as files
//! Touches: a temporary folder, the bucket

use crate::cli::RunArgs;
use crate::error::RunError;
use crate::export::SinkError;
use crate::export::s3::{Bucket, Location, is_s3};
use std::path::{Path, PathBuf};
use tempfile::TempDir;
use tokio::runtime::Handle;

/// Arguments that name files only, and the folder that must outlive them.
pub struct Staged {
    /// As given, but for what was fetched.
    pub args: RunArgs,
    _folder: Option<TempDir>,
}

/// Fetches what lies in a bucket.
///
/// # Errors
/// It is not there, or cannot be read.
pub fn fetch(args: &RunArgs, runtime: &Handle) -> Result<Staged, RunError> {
    let mut staged = Staged { args: args.clone(), _folder: None };
    let places: [(&'static str, &mut Option<PathBuf>); 3] = [
        ("boundary", &mut staged.args.boundary),
        ("suite", &mut staged.args.inputs.suite),
        ("analyses", &mut staged.args.analyses.analyses),
    ];
    let mut folder = None;
    for (role, place) in places {
        let Some(address) = place.clone().filter(|path| is_s3(&path.to_string_lossy())) else { continue };
        let unreadable = |cause| RunError::Unreadable { role: "staged", path: "(temporary)".into(), cause };
        let folder = match &folder {
            Some(folder) => folder,
            None => folder.insert(tempfile::Builder::new().prefix("quietway-").tempdir().map_err(unreadable)?),
        };
        // Each in a folder of its own: two may have the same name.
        let own = TempDir::path(folder).join(role);
        std::fs::create_dir(&own).map_err(unreadable)?;
        *place = Some(object(role, &address, &own, runtime)?);
    }
    staged._folder = folder;
    Ok(staged)
}

fn object(role: &'static str, place: &Path, folder: &Path, runtime: &Handle) -> Result<PathBuf, RunError> {
    let address = place.to_string_lossy().into_owned();
    let missing = || RunError::NoFile { role, path: address.clone() };
    let (parent, name) = address.rsplit_once('/').filter(|(_, name)| !name.is_empty()).ok_or_else(missing)?;
    let location = Location::parse(parent).map_err(SinkError::from)?;
    let bucket = Bucket::open(location, runtime).map_err(SinkError::from)?;
    let bytes = bucket.get_small(name).map_err(SinkError::from)?.ok_or_else(missing)?;
    let file = folder.join(name);
    let unreadable = |cause| RunError::Unreadable { role, path: address.clone(), cause };
    std::fs::write(&file, bytes).map_err(unreadable)?;
    Ok(file)
}
