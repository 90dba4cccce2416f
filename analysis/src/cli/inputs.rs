//! What is measured, with which data.

use super::FetchArgs;
use crate::model::Edition;
use crate::sources::{BaseUrl, geofabrik, lodes, overpass, speed_limits, tiger_blocks, worldpop};
use clap::{Args, ValueEnum};
use quietway_job::boundary::Limits;
use std::path::PathBuf;

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
    #[arg(long, value_enum, default_value_t, conflicts_with_all = ["blocks", "population_raster"])]
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

fn place_fips(text: &str) -> Result<String, String> {
    match text.len() == 7 && text.bytes().all(|digit| digit.is_ascii_digit()) {
        true => Ok(text.to_owned()),
        false => Err("expected seven digits: two of the state, five of the place (2404000)".into()),
    }
}

fn country(text: &str) -> Result<String, String> {
    let code = text.to_ascii_uppercase();
    match COUNTRIES.split_whitespace().any(|known| known == code) {
        true => Ok(code),
        false => Err("expected the two letters of a country (ISO 3166-1 alpha-2), for example US, FI or GB".into()),
    }
}

/// ISO 3166-1 alpha-2, and XK (Kosovo), which OpenStreetMap uses.
const COUNTRIES: &str = "AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ CA CC CD \
    CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR GA GB GD GE GF \
    GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN \
    KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA \
    NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI \
    SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI \
    VN VU WF WS XK YE YT ZA ZM ZW";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn country_is_a_code() {
        assert_eq!(country("us"), Ok("US".into()));
        assert_eq!(country("GB"), Ok("GB".into()));
        for wrong in ["Finland", "UK", "XX", ""] {
            assert!(country(wrong).is_err(), "{wrong}");
        }
    }
}
