//! # Command line — what a run is asked to do
//! Touches: nothing                        Does not know: how any stage works

mod larder;

pub use larder::{CacheCommand, CacheFolder, FetchArgs, PruneArgs};

use crate::export::Format;
use crate::layers::Group;
use crate::model::Edition;
use crate::progress::Mode;
use crate::sources::{BaseUrl, geofabrik, lodes, overpass, speed_limits, tiger_blocks, worldpop};
use crate::store::postgis::SchemaName;
use crate::tiles::TileForm;
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

/// What to do with the runs in a database. Schemas without Quietway's mark are never touched.
#[derive(Debug, Subcommand)]
pub enum DbCommand {
    /// List the runs, newest first: schema, time, size, edition, place
    List(DbArgs),
    /// Remove a run
    Drop {
        /// Its schema
        #[arg(value_name = "NAME")]
        schema: String,
        #[command(flatten)]
        #[allow(missing_docs)]
        database: DbArgs,
    },
    /// Remove all runs but the newest, and what broken runs have left
    Prune {
        /// How many runs are kept
        #[arg(long, value_name = "N")]
        keep: usize,
        #[command(flatten)]
        #[allow(missing_docs)]
        database: DbArgs,
    },
}

/// Which database.
#[derive(Debug, Args)]
pub struct DbArgs {
    /// PostgreSQL database: postgres://user@host:port/database
    #[arg(long, value_name = "URL", env = "DATABASE_URL", hide_env_values = true)]
    pub database_url: Secret,
}

/// A text that may hold a password: never shown.
#[derive(Clone)]
pub struct Secret(pub String);

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("(secret)")
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self(text)
    }
}

fn exit_codes() -> String {
    let rows = quietway_job::exit::ALL.iter().map(|exit| format!("  {:>3}  {}", exit.code, exit.meaning));
    format!("Exit codes:\n{}", rows.collect::<Vec<_>>().join("\n"))
}

/// What is measured, with which data: shared by `run` and `fetch`.
#[derive(Clone, Debug, Args)]
pub struct InputArgs {
    /// OpenStreetMap data: .osm.pbf, .osm, .osm.gz or .osm.bz2; may be given several times; else fetched (--osm-source)
    #[arg(long, value_name = "FILE")]
    pub osm: Vec<PathBuf>,

    /// Census blocks: Shapefile (.shp or zipped), GeoPackage or GeoJSON; else fetched, beside --osm a grid (--population)
    #[arg(long, value_name = "FILE")]
    pub blocks: Option<PathBuf>,

    /// People per pixel instead of blocks: GeoTIFF in degrees, such as WorldPop's; may be given several times
    #[arg(long, value_name = "FILE", conflicts_with = "blocks")]
    pub population_raster: Vec<PathBuf>,

    /// Jobs by block: LODES files, .csv or .csv.gz; may be given several times; else fetched with the blocks of US states
    #[arg(long, value_name = "FILE")]
    pub jobs: Vec<PathBuf>,

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
    pub sources: SourceArgs,

    #[command(flatten)]
    #[allow(missing_docs)]
    pub cache: FetchArgs,
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
    #[arg(long, value_name = "N", default_value_t = 0)]
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

/// About the place.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Place")]
pub struct PlaceArgs {
    /// Name of the place; else from the boundary's properties or its file name
    #[arg(long)]
    pub name: Option<String>,

    /// Country, ISO 3166-1 alpha-2, instead of that in which the boundary lies; the US rules (water blocks, jobs) apply for `US`
    #[arg(long, value_name = "CODE", value_parser = country)]
    pub country: Option<String>,

    /// State or province, ISO 3166-2 (`US-MD` or `MD`), instead of that in which the boundary lies
    #[arg(long, value_name = "CODE")]
    pub region: Option<String>,

    /// FIPS code of a US place, seven digits (2404000), for its default speed; else the boundary's GEOID
    #[arg(long, value_name = "CODE", value_parser = place_fips)]
    pub place_fips: Option<String>,

    /// Default speed of residential streets in the state: `25mph`, `30km/h`; a bare number is mph
    #[arg(long, value_name = "SPEED")]
    pub state_speed: Option<String>,

    /// Default speed of residential streets in the city: `25mph`, `30km/h`; a bare number is mph
    #[arg(long, value_name = "SPEED")]
    pub city_speed: Option<String>,

    /// Speed of residential streets without a limit of their own, instead of what city, state or country prescribe: `30km/h`, `20mph`
    #[arg(long, value_name = "SPEED", conflicts_with = "city_speed")]
    pub residential_speed: Option<String>,

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

/// Where data come from that are not given.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Sources")]
pub struct SourceArgs {
    /// Where OpenStreetMap data come from
    #[arg(long, value_enum, default_value_t)]
    pub osm_source: OsmSource,

    /// Where blocks and their population come from
    #[arg(long, value_enum, default_value_t)]
    pub population: PopulationArg,

    /// Side of a pixel of WorldPop's rasters
    #[arg(long, value_enum, default_value_t)]
    pub population_resolution: ResolutionArg,

    /// Year of WorldPop's rasters, 2015 to 2030
    #[arg(long, value_name = "YEAR", default_value_t = worldpop::YEAR, value_parser = clap::value_parser!(u16).range(worldpop::YEARS))]
    pub population_year: u16,

    /// Year of the jobs [default: the newest]; with own blocks: fetch jobs for them
    #[arg(long, value_name = "YEAR", value_parser = clap::value_parser!(u16).range(2002..=2100))]
    pub jobs_year: Option<u16>,

    /// Where Geofabrik's index and extracts are, or a mirror
    #[arg(long, value_name = "URL", env = "QUIETWAY_GEOFABRIK_URL", default_value = geofabrik::BASE)]
    pub geofabrik_url: BaseUrl,

    /// An Overpass server
    #[arg(long, value_name = "URL", env = "QUIETWAY_OVERPASS_URL", default_value = overpass::BASE)]
    pub overpass_url: BaseUrl,

    /// Where the Census' TIGER/Line files are, or a mirror
    #[arg(long, value_name = "URL", env = "QUIETWAY_CENSUS_URL", default_value = tiger_blocks::BASE)]
    pub census_url: BaseUrl,

    /// Where the Census' LODES files are, or a mirror
    #[arg(long, value_name = "URL", env = "QUIETWAY_LODES_URL", default_value = lodes::BASE)]
    pub lodes_url: BaseUrl,

    /// Where WorldPop's rasters are, or a mirror
    #[arg(long, value_name = "URL", env = "QUIETWAY_WORLDPOP_URL", default_value = worldpop::BASE)]
    pub worldpop_url: BaseUrl,

    /// Where the tables of default speeds of US states and cities are, or a mirror
    #[arg(long, value_name = "URL", env = "QUIETWAY_SPEEDS_URL", default_value = speed_limits::BASE)]
    pub speeds_url: BaseUrl,
}

/// Where OpenStreetMap data come from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum OsmSource {
    /// The smallest regions that hold the place
    #[default]
    Geofabrik,
    /// The live database, for a small place
    Overpass,
}

/// Where blocks come from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum PopulationArg {
    /// Census blocks in the United States, WorldPop elsewhere; beside --osm the grid
    #[default]
    Auto,
    /// Census blocks of US states and territories
    Census,
    /// WorldPop's rasters
    Worldpop,
    /// Equal squares with equal population
    Grid,
}

/// Side of a pixel.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum ResolutionArg {
    /// About one kilometre
    #[default]
    #[value(name = "1km")]
    Km1,
    /// About a hundred metres
    #[value(name = "100m")]
    M100,
}

impl From<ResolutionArg> for worldpop::Resolution {
    fn from(resolution: ResolutionArg) -> Self {
        match resolution {
            ResolutionArg::Km1 => Self::Km1,
            ResolutionArg::M100 => Self::M100,
        }
    }
}

/// About the results.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Results")]
pub struct OutputArgs {
    /// Formats of the data, separated by commas [default: gpkg,geojson,csv,shp; with --database-url no gpkg]
    #[arg(long, value_enum, value_delimiter = ',')]
    pub formats: Vec<FormatArg>,

    /// Files of block pairs: `auto` is CSV up to 5 million pairs and Parquet above, where those formats are chosen
    #[arg(long, value_enum, value_delimiter = ',', default_value = "auto")]
    pub pairs: Vec<PairsArg>,

    /// What goes into the database, GeoPackage or PostgreSQL
    #[arg(long, value_enum, value_delimiter = ',', default_value = "inputs,network,scores")]
    pub publish: Vec<PublishArg>,

    /// Do not save the inputs, reduced to the study area, with the results: such a run cannot be repeated with --from
    #[arg(long)]
    pub no_inputs: bool,

    /// Add one zip of all other files (bundle.zip)
    #[arg(long)]
    pub bundle: bool,

    /// Folders below --out: none, or `<country>/<region>/<city>/<YY.MM[.N]>` as the reference makes them
    #[arg(long, value_enum, default_value_t)]
    pub layout: LayoutArg,

    /// Map tiles, one or more forms separated by commas: one PMTiles file, one MBTiles file, a folder `tiles/{z}/{x}/{y}.mvt` with TileJSON
    #[arg(long, value_enum, value_delimiter = ',', default_value = "pmtiles")]
    pub tiles: Vec<TilesArg>,

    /// Keep the files of `--tiles dir` compressed; their server must say `Content-Encoding: gzip`
    #[arg(long)]
    pub tiles_gzip: bool,

    /// Leave out report.html
    #[arg(long)]
    pub no_report: bool,

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

/// What goes into the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[allow(missing_docs)]
pub enum PublishArg {
    Inputs,
    Network,
    Scores,
    Pairs,
    Osm,
}

impl From<PublishArg> for Group {
    fn from(arg: PublishArg) -> Self {
        match arg {
            PublishArg::Inputs => Self::Inputs,
            PublishArg::Network => Self::Network,
            PublishArg::Scores => Self::Scores,
            PublishArg::Pairs => Self::Pairs,
            PublishArg::Osm => Self::Osm,
        }
    }
}

/// About the database.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Database")]
pub struct DatabaseArgs {
    /// PostgreSQL database with PostGIS that the results go into, instead of a GeoPackage: postgres://user@host:port/database
    #[arg(long, value_name = "URL", env = "DATABASE_URL", hide_env_values = true)]
    pub database_url: Option<Secret>,

    /// Schema of the results in it; by default `quietway_` and the run's id
    #[arg(long, value_name = "NAME")]
    pub schema: Option<SchemaName>,

    /// Id of the run, for the schema's name and comment [default: made from time and chance]
    #[arg(long, value_name = "ID", env = "QUIETWAY_RUN_ID", value_parser = run_id)]
    pub run_id: Option<String>,
}

/// About the client's own analyses.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Analyses")]
pub struct AnalysesArgs {
    /// Run the SQL files and commands of a folder on the results, in the order of their names (docs/analyses.md)
    #[arg(long, value_name = "FOLDER")]
    pub analyses: Option<PathBuf>,

    /// Login of the analyses in the database of --database-url; it may read one run and write to a schema of its own
    #[arg(long, value_name = "URL", env = "ANALYSES_DATABASE_URL", hide_env_values = true)]
    pub analyses_database_url: Option<Secret>,

    /// Let the analyses do in the database whatever the run may
    #[arg(long)]
    pub trust_analyses: bool,

    /// Run only the analyses, on the finished results of --from
    #[arg(long, requires = "analyses", requires = "from", conflicts_with_all = OF_WHOLE_RUNS)]
    pub analyses_only: bool,

    /// Check headers and statements against empty tables, then stop
    #[arg(
        long,
        requires = "analyses",
        conflicts_with = "analyses_only",
        conflicts_with = "boundary",
        conflicts_with = "osm"
    )]
    pub check_analyses: bool,
}

/// What means nothing when only analyses run.
const OF_WHOLE_RUNS: [&str; 15] = [
    "population_raster",
    "boundary",
    "osm",
    "blocks",
    "jobs",
    "edition",
    "suite",
    "pairs",
    "publish",
    "until",
    "layout",
    "no_inputs",
    "attribution",
    "provenance",
    "dry_run",
];

/// Folders of the results.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
#[allow(missing_docs)]
pub enum LayoutArg {
    #[default]
    Flat,
    Brokenspoke,
}

/// Tiles on the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[allow(missing_docs)]
pub enum TilesArg {
    Pmtiles,
    Mbtiles,
    Dir,
    None,
}

impl TilesArg {
    /// The form it asks for, if any.
    pub fn form(self, gzip: bool) -> Option<TileForm> {
        match self {
            Self::Pmtiles => Some(TileForm::PmTiles),
            Self::Mbtiles => Some(TileForm::MbTiles),
            Self::Dir => Some(TileForm::Folder { gzip }),
            Self::None => None,
        }
    }
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

fn run_id(text: &str) -> Result<String, String> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    match (1..=50).contains(&text.len()) && text.bytes().all(plain) {
        true => Ok(text.to_owned()),
        false => Err("expected up to 50 letters, digits and -_.".into()),
    }
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
    fn a_password_is_never_shown() {
        let line = "quietway db list --database-url postgres://a:hunter2@b/c";
        let cli = Cli::try_parse_from(line.split(' ')).unwrap();
        assert!(!format!("{cli:?}").contains("hunter2"));
    }

    #[test]
    fn country_is_a_code() {
        assert_eq!(country("us"), Ok("US".into()));
        assert!(country("Finland").is_err());
    }
}
