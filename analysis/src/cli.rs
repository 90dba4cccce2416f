//! # Command line — what a run is asked to do
//! Touches: nothing                        Does not know: how any stage works

mod databases;
mod inputs;
mod larder;
mod outputs;

pub use databases::{AnalysesArgs, DatabaseArgs, DbArgs, DbCommand, PublishArg, Secret};
pub use inputs::{EditionArg, InputArgs, OsmSource, PlaceArgs, PopulationArg, ResolutionArg, SourceArgs};
pub use larder::{CacheCommand, CacheFolder, FetchArgs, PruneArgs};
pub use outputs::{FormatArg, LayoutArg, MapArg, OutputArgs, PairsArg, TilesArg, Until};

use crate::progress::Mode;
use clap::{Args, Parser, Subcommand};
use clap_complete::Shell;
use std::path::PathBuf;

/// How well does a bicycle network connect people with the places they go?
#[derive(Debug, Parser)]
#[command(name = "quietway", version = quietway_job::VERSION, about, after_help = exit_codes(), propagate_version = true)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// Commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Measure a place: a boundary and files go in, scores, data and map tiles come out
    Run(Box<RunArgs>),
    /// Fetch what a run of the place would need into the cache; `run --offline` then needs no network
    Fetch(Box<WarmArgs>),
    /// Look at the files that were fetched, or delete some
    #[command(subcommand)]
    Cache(CacheCommand),
    /// List or remove runs in a PostgreSQL database
    #[command(subcommand)]
    Db(DbCommand),
    /// Check a suite file, or show the whole suite
    #[command(subcommand)]
    Suite(SuiteCommand),
    /// Compare two results: one page with the differences of scores, streets and blocks
    Compare(CompareArgs),
    /// Show results in the browser: serves folder or bucket on this machine only
    View(ViewArgs),
    /// Print a completion script for a shell
    Completions {
        /// The shell
        shell: Shell,
    },
}

/// What to do with a suite (docs/suites.md).
#[derive(Debug, Subcommand)]
pub enum SuiteCommand {
    /// Say what is wrong with a suite file: line and key
    Check {
        /// The file
        file: PathBuf,
    },
    /// Print the whole suite as TOML: the built-in one, or a file with all that it extends
    Show {
        /// The file
        file: Option<PathBuf>,
    },
}

/// A few times what any machine has: more would only wait for memory.
const THREADS_MAX: usize = 512;

fn threads(text: &str) -> Result<usize, String> {
    let number = text.parse().ok().filter(|number| *number <= THREADS_MAX);
    number.ok_or_else(|| format!("expected a number up to {THREADS_MAX}; 0 takes all cores"))
}

fn exit_codes() -> String {
    let rows = quietway_job::exit::ALL.iter().map(|exit| format!("  {:>3}  {}", exit.code, exit.meaning));
    format!("Exit codes:\n{}", rows.collect::<Vec<_>>().join("\n"))
}

/// Arguments of `quietway fetch`.
#[derive(Clone, Debug, Args)]
#[command(args_override_self = true)]
pub struct WarmArgs {
    /// The place: GeoJSON, Shapefile (.shp or zipped) or GeoPackage; `-` reads GeoJSON from standard input
    #[arg(long, value_name = "FILE")]
    pub boundary: PathBuf,

    #[command(flatten)]
    #[allow(missing_docs)]
    pub inputs: InputArgs,

    /// How progress is shown
    #[arg(long, value_enum, default_value_t)]
    pub progress: Mode,
}

/// Arguments of `quietway run`.
#[derive(Clone, Debug, Args)]
#[command(args_override_self = true)]
pub struct RunArgs {
    /// The place: GeoJSON, Shapefile (.shp or zipped) or GeoPackage; `-` reads GeoJSON from standard input
    #[arg(long, value_name = "FILE", required_unless_present_any = ["from", "check_analyses"])]
    pub boundary: Option<PathBuf>,

    /// Repeat the run that made these results (a folder or s3://bucket/prefix), from the inputs saved there; other flags override its own.
    /// With --analyses-only: the folder whose tables the analyses read
    #[arg(long, value_name = "RESULTS")]
    pub from: Option<String>,

    #[command(flatten)]
    #[allow(missing_docs)]
    pub inputs: InputArgs,

    /// Where results go: a folder or s3://bucket/prefix
    #[arg(
        long,
        value_name = "FOLDER",
        required = false,
        required_unless_present = "check_analyses",
        default_value_if("check_analyses", clap::builder::ArgPredicate::IsPresent, "")
    )]
    pub out: String,

    /// Replace the results of an earlier run in the folder (deletes only what its manifest lists) and in the database (--schema)
    #[arg(long)]
    pub overwrite: bool,

    /// Text of ATTRIBUTION.txt, instead of that which names the fetched data: for own data, and for a run that is repeated
    #[arg(long, value_name = "FILE")]
    pub attribution: Option<PathBuf>,

    /// What the database says of where the inputs came from, as inputs/provenance.json of an earlier run has it (--from gives it)
    #[arg(long, value_name = "FILE")]
    pub provenance: Option<PathBuf>,

    #[command(flatten)]
    #[allow(missing_docs)]
    pub output: OutputArgs,

    #[command(flatten)]
    #[allow(missing_docs)]
    pub database: DatabaseArgs,

    #[command(flatten)]
    #[allow(missing_docs)]
    pub analyses: AnalysesArgs,

    /// Threads to use; 0 = all cores. The results do not depend on it
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = threads)]
    pub threads: usize,

    /// How progress is shown
    #[arg(long, value_enum, default_value_t)]
    pub progress: Mode,

    /// Print stages, inputs and sizes, then stop
    #[arg(long)]
    pub dry_run: bool,
}

/// Arguments of `quietway compare`.
#[derive(Clone, Debug, Args)]
pub struct CompareArgs {
    /// Folder of the earlier result
    #[arg(value_name = "A")]
    pub before: PathBuf,

    /// Folder of the later result
    #[arg(value_name = "B")]
    pub after: PathBuf,

    /// The page to write (HTML, one file)
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,

    /// Replace the page if it exists
    #[arg(long)]
    pub overwrite: bool,
}

/// Arguments of `quietway view`.
#[derive(Clone, Debug, Args)]
pub struct ViewArgs {
    /// Results of a run: a folder or s3://bucket/prefix
    #[arg(value_name = "RESULTS")]
    pub results: String,

    /// Port on this machine; 0 takes a free one
    #[arg(long, value_name = "PORT", default_value_t = 0)]
    pub port: u16,

    /// Only print the address, open no browser
    #[arg(long)]
    pub no_open: bool,
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn help_lists_the_exit_codes() {
        let help = Cli::command().render_help().to_string();
        assert!(help.contains("143  terminated (SIGTERM)"), "{help}");
    }

    #[test]
    fn a_password_is_never_shown() {
        let line = "quietway db list --database-url postgres://a:hunter2@b/c";
        let cli = Cli::try_parse_from(line.split(' ')).unwrap();
        assert!(!format!("{cli:?}").contains("hunter2"));
    }
}
