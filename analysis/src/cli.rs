//! # Command line — what a run is asked to do
//! Touches: nothing                        Does not know: how any stage works

use crate::export::Format;
use crate::model::Edition;
use crate::progress::Mode;
use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use quietway_job::boundary::Limits;
use std::path::PathBuf;

/// How well does a bicycle network connect people with the places they go?
#[derive(Debug, Parser)]
#[command(name = "quietway", version, about, after_help = exit_codes(), propagate_version = true)]
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
    /// Show results in the browser: serves folder or bucket on this machine only
    View(ViewArgs),
    /// Print a completion script for a shell
    Completions {
        /// The shell
        shell: Shell,
    },
}

fn exit_codes() -> String {
    let rows = quietway_job::exit::ALL.iter().map(|exit| format!("  {:>3}  {}", exit.code, exit.meaning));
    format!("Exit codes:\n{}", rows.collect::<Vec<_>>().join("\n"))
}

/// Arguments of `quietway run`.
#[derive(Clone, Debug, Args)]
#[command(args_override_self = true)]
pub struct RunArgs {
    /// The place: GeoJSON, Shapefile (.shp or zipped) or GeoPackage; `-` reads GeoJSON from standard input
    #[arg(long, value_name = "FILE")]
    pub boundary: PathBuf,

    /// OpenStreetMap data: .osm.pbf, .osm, .osm.gz or .osm.bz2; may be given several times
    #[arg(long, value_name = "FILE", required = true)]
    pub osm: Vec<PathBuf>,

    /// Census blocks: Shapefile (.shp or zipped), GeoPackage or GeoJSON; without it a synthetic grid
    #[arg(long, value_name = "FILE")]
    pub blocks: Option<PathBuf>,

    /// Jobs by block: LODES files, .csv or .csv.gz; may be given several times
    #[arg(long, value_name = "FILE")]
    pub jobs: Vec<PathBuf>,

    /// Where results go: a folder or s3://bucket/prefix
    #[arg(long, value_name = "FOLDER")]
    pub out: String,

    /// Replace the results of an earlier run in the folder (deletes only what its manifest lists)
    #[arg(long)]
    pub overwrite: bool,

    /// Which extent and fixes: `current`, or `reference` (brokenspoke-analyzer 3.2.4 to the letter)
    #[arg(long, value_enum, default_value_t)]
    pub edition: EditionArg,

    /// Parameters of the method instead of the built-in ones (TOML; see analysis/suites/bna.toml)
    #[arg(long, value_name = "FILE")]
    pub suite: Option<PathBuf>,

    #[command(flatten)]
    #[allow(missing_docs)]
    pub place: PlaceArgs,

    #[command(flatten)]
    #[allow(missing_docs)]
    pub output: OutputArgs,

    /// Threads to use; 0 = all cores. The results do not depend on it
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub threads: usize,

    /// How progress is shown
    #[arg(long, value_enum, default_value_t)]
    pub progress: Mode,

    /// Print stages, inputs and sizes, then stop
    #[arg(long)]
    pub dry_run: bool,
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

/// About the place.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Place")]
pub struct PlaceArgs {
    /// Name of the place; else from the boundary's properties or its file name
    #[arg(long)]
    pub name: Option<String>,

    /// Country, ISO 3166-1 alpha-2; the US rules (water blocks, jobs) apply for `US`
    #[arg(long, value_name = "CODE", value_parser = country)]
    pub country: Option<String>,

    /// State or province, ISO 3166-2 (`US-MD` or `MD`)
    #[arg(long, value_name = "CODE")]
    pub region: Option<String>,

    /// FIPS code of a US place, seven digits, for `residential_speed_limit` (2404000); else --region gives the state's
    #[arg(long, value_name = "CODE", value_parser = place_fips)]
    pub place_fips: Option<String>,

    /// Default speed of residential streets in the state: `25mph`, `30km/h`; a bare number is mph
    #[arg(long, value_name = "SPEED")]
    pub state_speed: Option<String>,

    /// Default speed of residential streets in the city: `25mph`, `30km/h`; a bare number is mph
    #[arg(long, value_name = "SPEED")]
    pub city_speed: Option<String>,

    /// Column of the blocks that identifies them [default: GEOID20]
    #[arg(long, value_name = "COLUMN")]
    pub block_id: Option<String>,

    /// Column of the blocks that holds their population [default: POP20]
    #[arg(long, value_name = "COLUMN")]
    pub block_population: Option<String>,

    /// Side of a synthetic block in web-mercator units [default: the suite's, 500]
    #[arg(long, value_name = "UNITS")]
    pub grid_size: Option<f64>,

    /// People in a synthetic block [default: the suite's, 100]
    #[arg(long, value_name = "PEOPLE")]
    pub grid_population: Option<f64>,

    /// Largest boundary file, bytes
    #[arg(long, value_name = "BYTES", default_value_t = Limits::default().bytes)]
    pub max_boundary_bytes: u64,

    /// Most vertices of a boundary
    #[arg(long, value_name = "N", default_value_t = Limits::default().vertices)]
    pub max_boundary_vertices: usize,

    /// Most parts of a boundary
    #[arg(long, value_name = "N", default_value_t = Limits::default().parts)]
    pub max_boundary_parts: usize,

    /// Largest area of a boundary, square kilometres
    #[arg(long, value_name = "KM2", default_value_t = Limits::default().area_km2)]
    pub max_boundary_area: f64,
}

/// About the results.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Results")]
pub struct OutputArgs {
    /// Formats of the data, separated by commas
    #[arg(long, value_enum, value_delimiter = ',', default_value = "gpkg,geojson,csv,shp")]
    pub formats: Vec<FormatArg>,

    /// Files of block pairs: `auto` is CSV up to 5 million pairs and Parquet above, where those formats are chosen
    #[arg(long, value_enum, value_delimiter = ',', default_value = "auto")]
    pub pairs: Vec<PairsArg>,

    /// What else goes into the database
    #[arg(long, value_enum, value_delimiter = ',')]
    pub publish: Vec<PublishArg>,

    /// Add one zip of all other files (bundle.zip)
    #[arg(long)]
    pub bundle: bool,

    /// Folders below --out: none, or `<country>/<region>/<city>/<YY.MM[.N]>` as the reference makes them
    #[arg(long, value_enum, default_value_t)]
    pub layout: LayoutArg,

    /// Map tiles
    #[arg(long, value_enum, default_value_t)]
    pub tiles: TilesArg,

    /// The web map beside the tiles: a page, and what it reads (`quietway view` shows it)
    #[arg(long, value_enum, default_value_t)]
    pub map: MapArg,

    /// Stop after a stage: only what is known by then is written
    #[arg(long, value_enum)]
    pub until: Option<Until>,
}

/// Edition on the command line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
#[allow(missing_docs)]
pub enum EditionArg {
    #[default]
    Current,
    Reference,
}

impl From<EditionArg> for Edition {
    fn from(edition: EditionArg) -> Self {
        match edition {
            EditionArg::Current => Self::Current,
            EditionArg::Reference => Self::Reference,
        }
    }
}

/// Formats on the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
#[allow(missing_docs)]
pub enum FormatArg {
    Gpkg,
    Geojson,
    Csv,
    Shp,
    Parquet,
}

impl FormatArg {
    /// As on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Gpkg => "gpkg",
            Self::Geojson => "geojson",
            Self::Csv => "csv",
            Self::Shp => "shp",
            Self::Parquet => "parquet",
        }
    }

    /// The exporter of plain files; none for the database.
    pub fn file(self) -> Option<Format> {
        match self {
            Self::Gpkg => None,
            Self::Geojson => Some(Format::GeoJson),
            Self::Csv => Some(Format::Csv),
            Self::Shp => Some(Format::Shp),
            Self::Parquet => Some(Format::Parquet),
        }
    }
}

/// Files of pairs on the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[allow(missing_docs)]
pub enum PairsArg {
    Auto,
    Csv,
    CsvGz,
    Parquet,
    None,
}

/// What else goes into the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[allow(missing_docs)]
pub enum PublishArg {
    Pairs,
}

/// Folders of the results.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
#[allow(missing_docs)]
pub enum LayoutArg {
    #[default]
    Flat,
    Brokenspoke,
}

/// Tiles on the command line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
#[allow(missing_docs)]
pub enum TilesArg {
    #[default]
    Pmtiles,
    None,
}

/// The web map on the command line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
#[allow(missing_docs)]
pub enum MapArg {
    #[default]
    Web,
    None,
}

/// Last stage of a partial run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
#[allow(missing_docs)]
pub enum Until {
    Network,
    Stress,
    Reach,
    Scores,
}

fn place_fips(text: &str) -> Result<String, String> {
    match text.len() == 7 && text.bytes().all(|digit| digit.is_ascii_digit()) {
        true => Ok(text.to_owned()),
        false => Err("expected seven digits: two of the state, five of the place (2404000)".into()),
    }
}

fn country(text: &str) -> Result<String, String> {
    let code = text.to_ascii_uppercase();
    if code.len() == 2 && code.bytes().all(|letter| letter.is_ascii_uppercase()) {
        Ok(code)
    } else {
        Err("expected two letters (ISO 3166-1 alpha-2), for example US or FI".into())
    }
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
    fn country_is_a_code() {
        assert_eq!(country("us"), Ok("US".into()));
        assert!(country("Finland").is_err());
    }
}
