//! What the command line says about inputs.

use crate::cli::{InputArgs, PlaceArgs, PopulationArg, SourceArgs};
use crate::error::RunError;
use crate::import::blocks::BlockSource;
use crate::import::{SpeedLimits, speeds};
use crate::sources::states;
use std::path::PathBuf;

/// Own data, and where the rest may come from.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// Own OSM data.
    pub osm: Vec<PathBuf>,
    /// Own blocks or rasters, or the grid when its cells are described.
    pub people: Option<BlockSource>,
    /// The grid, should it be asked for.
    pub grid: BlockSource,
    /// Own jobs.
    pub jobs: Vec<PathBuf>,
    /// Speeds and codes of the command line.
    pub speeds: SpeedLimits,
    /// Of every residential street without a limit of its own, miles an hour.
    pub residential_mph: Option<i32>,
    /// ISO 3166-1 alpha-2.
    pub country: Option<String>,
    /// ISO 3166-2.
    pub region: Option<String>,
    /// Where the rest may come from.
    pub sources: SourceArgs,
    /// Whether the OSM data of the study area are kept, to be saved with the results.
    pub keeps_extract: bool,
    /// Whether every OSM feature is kept, to be published as it is.
    pub keeps_features: bool,
}

impl Wanted {
    /// Checks what is said.
    ///
    /// # Errors
    /// A speed that is none.
    pub fn new(args: &InputArgs) -> Result<Self, RunError> {
        let place = &args.place;
        let grid = BlockSource::Grid { cell: place.grid_size, population: place.grid_population };
        let speed = |flag: &'static str, text: &Option<String>| {
            let parsed = text.as_deref().map(speeds::parse_speed).transpose();
            parsed.map_err(|what| RunError::Speed { flag, what: what.to_string() })
        };
        Ok(Self {
            osm: args.osm.clone(),
            people: people(args).or_else(|| wants_grid(args).then(|| grid.clone())),
            grid,
            jobs: args.jobs.clone(),
            speeds: SpeedLimits {
                city_mph: speed("--city-speed", &place.city_speed)?,
                state_mph: speed("--state-speed", &place.state_speed)?,
                country_mph: None,
                state_fips: state_fips(place),
                city_fips: place.place_fips.clone(),
            },
            residential_mph: speed("--residential-speed", &place.residential_speed)?,
            country: place.country.clone(),
            region: place.region.clone(),
            sources: args.sources.clone(),
            keeps_extract: false,
            keeps_features: false,
        })
    }
}

/// Own streets without own blocks mean the grid unless --population says otherwise: who brings files expects no network.
fn wants_grid(args: &InputArgs) -> bool {
    let described = args.place.grid_size.is_some() || args.place.grid_population.is_some();
    described || (!args.osm.is_empty() && args.sources.population == PopulationArg::Auto)
}

fn people(args: &InputArgs) -> Option<BlockSource> {
    if !args.population_raster.is_empty() {
        return Some(BlockSource::Raster { paths: args.population_raster.clone() });
    }
    args.blocks.as_ref().map(|path| BlockSource::File {
        path: path.clone(),
        id_column: args.place.block_id.clone(),
        population_column: args.place.block_population.clone(),
    })
}

/// Of the place code, else of the region, where that is a US state.
fn state_fips(place: &PlaceArgs) -> Option<String> {
    let of_place = place.place_fips.as_ref().map(|code| code[..2].to_owned());
    let of_region = || {
        let region = place.region.as_deref().filter(|_| place.country.as_deref() == Some("US"))?;
        let code = region.to_ascii_uppercase();
        Some(states::of_code(code.strip_prefix("US-").unwrap_or(&code))?.fips.to_owned())
    };
    of_place.or_else(of_region)
}
