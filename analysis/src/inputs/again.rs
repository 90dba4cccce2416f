//! `--from`: the results of an earlier run become the command line that makes them again.

use super::hash;
use super::save::{BLOCKS, BOUNDARY, FOLDER, JOBS, OSM, PROVENANCE, SUITE};
use crate::acquire::BESIDE_INPUTS;
use crate::cli::{Cli, Command, EditionArg, LayoutArg, RunArgs};
use crate::error::RunError;
use crate::export::s3::{self, Bucket, Location, S3Error};
use crate::suite::Suite;
use clap::Parser;
use quietway_job::exit::{self, Exit};
use quietway_job::manifest::{self, Artifact, Manifest, SCHEMA_VERSION};
use serde_json::Value;
use std::ffi::{OsStr, OsString};
use std::path::{Component, Path, PathBuf};
use tokio::runtime::Handle;

/// Why a run cannot be repeated.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs)] // the messages say it
pub enum AgainError {
    /// Not a result.
    #[error("{from} holds no manifest.json, so it is no finished result; give --from the folder that a run has left")]
    NoManifest { from: String },
    /// A manifest that says nothing.
    #[error("{from}: its manifest.json cannot be used ({what}); was it made by this version of Quietway?")]
    Manifest { from: String, what: String },
    /// Nothing to start from.
    #[error(
        "{from} has no saved inputs ({what}), so the run cannot be repeated from there; run it from its original files"
    )]
    NoInputs { from: String, what: String },
    /// An input that has gone.
    #[error(
        "{path} is listed in the manifest but cannot be read ({cause}); restore it, or run from the original files"
    )]
    Missing { path: String, cause: String },
    /// An input that is another one.
    #[error(
        "{path} is not the file that the manifest lists: its SHA-256 differs; restore it, or run from the original files"
    )]
    Changed { path: String },
    /// Less than is needed.
    #[error("the inputs saved in {from} do not reach far enough for {flag}: {what}; run from the original files")]
    Narrow { from: String, flag: &'static str, what: String },
    /// Two places.
    #[error("--from repeats a run for its own boundary; leave out --boundary, or run from original files")]
    OtherPlace,
    /// The results would overwrite what they are made from.
    #[error("--out and --from are the same folder, {from}; choose another --out")]
    SameFolder { from: String },
    /// A bucket that cannot be read.
    #[error("--from: {0}")]
    Bucket(#[from] S3Error),
    /// No room for what a bucket holds.
    #[error("cannot make a temporary folder for the inputs of {from}: {cause}; make room there, or set TMPDIR")]
    Scratch { from: String, cause: std::io::Error },
}

impl AgainError {
    /// The exit code.
    pub fn exit(&self) -> Exit {
        match self {
            Self::OtherPlace | Self::SameFolder { .. } => exit::USAGE,
            Self::Bucket(_) => exit::UNREACHABLE,
            Self::Scratch { .. } => exit::CANNOT_WRITE,
            _ => exit::BAD_INPUT,
        }
    }
}

/// The results of an earlier run, and its inputs on this machine.
pub struct Again {
    from: String,
    folder: PathBuf,
    manifest: Manifest,
    /// Holds what was downloaded from a bucket; removed with this.
    _scratch: Option<tempfile::TempDir>,
}

impl Again {
    /// Reads the manifest, fetches the inputs when they lie in a bucket, and checks that they are those of the run.
    ///
    /// # Errors
    /// [`AgainError`].
    pub fn open(from: &str, runtime: &Handle) -> Result<Self, AgainError> {
        let again = if s3::is_s3(from) { Self::of_bucket(from, runtime)? } else { Self::of_folder(from)? };
        let listed = inputs(&again.manifest);
        for needed in [OSM, BLOCKS, SUITE, BOUNDARY] {
            if !listed.iter().any(|input| input.path.starts_with(needed)) {
                let what =
                    if listed.is_empty() { "it was made with --no-inputs".to_owned() } else { format!("no {needed}") };
                return Err(AgainError::NoInputs { from: from.to_owned(), what });
            }
        }
        for input in listed {
            let path = again.folder.join(&input.path);
            let shown = path.display().to_string();
            let found = hash("input", &path).map_err(|error| {
                let cause = match error {
                    RunError::Unreadable { cause, .. } => cause.to_string(),
                    other => other.to_string(),
                };
                AgainError::Missing { path: shown.clone(), cause }
            })?;
            if found.sha256 != input.sha256 {
                return Err(AgainError::Changed { path: shown });
            }
        }
        Ok(again)
    }

    fn of_folder(from: &str) -> Result<Self, AgainError> {
        let folder = PathBuf::from(from);
        let bytes = match std::fs::read(folder.join(manifest::FILE_NAME)) {
            Ok(bytes) => bytes,
            Err(cause) if cause.kind() == std::io::ErrorKind::NotFound => {
                return Err(AgainError::NoManifest { from: from.to_owned() });
            }
            Err(cause) => return Err(AgainError::Manifest { from: from.to_owned(), what: cause.to_string() }),
        };
        Ok(Self { manifest: parse(from, &bytes)?, from: from.to_owned(), folder, _scratch: None })
    }

    fn of_bucket(from: &str, runtime: &Handle) -> Result<Self, AgainError> {
        let bucket = Bucket::open(Location::parse(from)?, runtime)?;
        let bytes = bucket.get_small(manifest::FILE_NAME)?;
        let bytes = bytes.ok_or_else(|| AgainError::NoManifest { from: from.to_owned() })?;
        let manifest = parse(from, &bytes)?;
        let no_room = |cause| AgainError::Scratch { from: from.to_owned(), cause };
        let scratch = tempfile::Builder::new().prefix("quietway-from-").tempdir().map_err(no_room)?;
        std::fs::create_dir_all(scratch.path().join(FOLDER)).map_err(no_room)?;
        for input in inputs(&manifest) {
            // An object that is not there is missed below, with its name.
            bucket.get_file(&input.path, &scratch.path().join(&input.path))?;
        }
        Ok(Self { from: from.to_owned(), folder: scratch.path().to_owned(), manifest, _scratch: Some(scratch) })
    }

    /// The arguments of the run to come: those of the earlier run, as far as `is_given` does not know them, then `own`, the words of this
    /// command line.
    ///
    /// # Errors
    /// [`AgainError`]: a manifest with flags that are unknown here, or a wish that the saved inputs cannot fulfil.
    pub fn arguments(
        &self,
        asked: &RunArgs,
        is_given: &dyn Fn(&str) -> bool,
        own: impl Iterator<Item = OsString>,
    ) -> Result<RunArgs, AgainError> {
        if is_given("boundary") {
            return Err(AgainError::OtherPlace);
        }
        self.check(asked, is_given)?;
        let words = ["quietway", "run"].into_iter().map(OsString::from);
        let words = words.chain(self.files(is_given)).chain(self.parameters(is_given)).chain(own);
        let unusable = |what: String| AgainError::Manifest { from: self.from.clone(), what };
        let cli = Cli::try_parse_from(words).map_err(|error| unusable(first_line(&error.to_string())))?;
        match cli.command {
            Command::Run(args) => Ok(*args),
            _ => Err(unusable("it is none of a run".to_owned())),
        }
    }

    /// What was saved is what the earlier run needed, not more.
    fn check(&self, asked: &RunArgs, is_given: &dyn Fn(&str) -> bool) -> Result<(), AgainError> {
        let narrow = |flag, what: &str| AgainError::Narrow { from: self.from.clone(), flag, what: what.to_owned() };
        let same = || Some(Path::new(&asked.out).canonicalize().ok()? == self.folder.canonicalize().ok()?);
        if asked.output.layout == LayoutArg::Flat && !s3::is_s3(&asked.out) && same() == Some(true) {
            return Err(AgainError::SameFolder { from: self.from.clone() });
        }
        if is_given("edition") && asked.inputs.edition == EditionArg::Current && self.manifest.edition == "reference" {
            return Err(narrow("--edition current", "edition reference keeps nothing beyond the boundary"));
        }
        let buffer_m = |path: &Path| Suite::load(path).ok().map(|(suite, _)| suite.area.buffer_m);
        if let Some(suite) = asked.inputs.suite.as_deref()
            && buffer_m(suite) > buffer_m(&self.folder.join(SUITE))
        {
            return Err(narrow("--suite", "its buffer is wider than that of the earlier run"));
        }
        Ok(())
    }

    /// Flags of the saved files.
    fn files(&self, is_given: &dyn Fn(&str) -> bool) -> Vec<OsString> {
        let listed = inputs(&self.manifest);
        let has_blocks =
            ["blocks", "population_raster", "population", "grid_size", "grid_population"].into_iter().any(is_given);
        let boundary = listed.iter().map(|input| input.path.as_str()).find(|path| is_boundary(path));
        let there = |path| listed.iter().any(|input| input.path == path).then_some(path);
        let rows = [
            ("boundary", boundary, false),
            ("osm", Some(OSM), is_given("osm")),
            ("blocks", Some(BLOCKS), has_blocks),
            ("jobs", there(JOBS), is_given("jobs")),
            ("attribution", there(BESIDE_INPUTS), is_given("attribution")),
            ("provenance", there(PROVENANCE), is_given("provenance")),
            ("suite", Some(SUITE), is_given("suite")),
        ];
        let wanted = rows.into_iter().filter(|(.., given)| !given);
        wanted.filter_map(|(name, path, _)| Some(flag(name, self.folder.join(path?).as_os_str()))).collect()
    }

    /// Flags of the parameters.
    fn parameters(&self, is_given: &dyn Fn(&str) -> bool) -> Vec<OsString> {
        let edition = Value::String(self.manifest.edition.clone());
        // The name came from the boundary's file, maybe, which has another name now.
        let place = Value::String(self.manifest.place.clone());
        let own = [("edition", &edition), ("name", &place)];
        let others = self.manifest.parameters.iter().map(|(name, value)| (name.as_str(), value));
        let all = own.into_iter().chain(others.filter(|(name, _)| *name != "name"));
        let kept = all.filter(|(name, _)| !is_given(&name.replace('-', "_")));
        kept.filter_map(|(name, value)| {
            let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            match value {
                Value::Null | Value::Bool(false) => None,
                Value::Bool(true) => Some(format!("--{name}").into()),
                Value::Array(list) if list.is_empty() => None,
                Value::Array(list) => Some(flag(name, list.iter().map(text).collect::<Vec<_>>().join(",").as_ref())),
                value => Some(flag(name, text(value).as_ref())),
            }
        })
        .collect()
    }
}

fn flag(name: &str, value: &OsStr) -> OsString {
    let mut word = OsString::from(format!("--{name}="));
    word.push(value);
    word
}

fn first_line(text: &str) -> String {
    text.lines().next().unwrap_or_default().trim_start_matches("error: ").to_owned()
}

fn parse(from: &str, bytes: &[u8]) -> Result<Manifest, AgainError> {
    let wrong = |what: String| AgainError::Manifest { from: from.to_owned(), what };
    let manifest: Manifest = serde_json::from_slice(bytes).map_err(|error| wrong(error.to_string()))?;
    if manifest.schema_version != SCHEMA_VERSION {
        return Err(wrong(format!("its schema version is {}, not {SCHEMA_VERSION}", manifest.schema_version)));
    }
    Ok(manifest)
}

/// The saved inputs. A path that leaves the folder is none.
fn inputs(manifest: &Manifest) -> Vec<&Artifact> {
    let stays = |path: &str| Path::new(path).components().all(|part| matches!(part, Component::Normal(_)));
    let flat = |path: &str| path.strip_prefix(FOLDER).is_some_and(|name| !name.contains('/'));
    manifest.artifacts.iter().filter(|artifact| flat(&artifact.path) && stays(&artifact.path)).collect()
}

/// Of the files of a shapefile only one is the boundary.
fn is_boundary(path: &str) -> bool {
    let ending = path.strip_prefix(BOUNDARY).and_then(|rest| rest.strip_prefix('.'));
    ending.is_some_and(|ending| ["geojson", "shp", "zip", "gpkg"].contains(&ending))
}
