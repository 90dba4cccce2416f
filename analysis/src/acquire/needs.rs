//! What a run lacks, from its geometry and its command line alone; no connection is needed to know it.

use super::{AcquireError, Wanted};
use crate::boundary::StudyArea;
use crate::cli::{OsmSource, PopulationArg};
use crate::fetch::{Checksum, Request};
use crate::import::blocks::BlockSource;
use crate::model::{Edition, Values};
use crate::sources::states::{self, State};
use crate::sources::{
    DataSet, countries, countries::Whereabouts, geofabrik, iso3, lodes, overpass, speed_limits, tiger_blocks, worldpop,
};
use geo::BoundingRect;
use geo_types::{MultiPolygon, Rect};

/// A file to be fetched.
#[derive(Clone, Debug)]
pub(super) struct Need {
    /// As in the manifest.
    pub role: &'static str,
    /// Whose it is.
    pub data: &'static DataSet,
    /// Where it is.
    pub request: Request,
    /// The flag that spares it.
    pub instead: &'static str,
}

impl Need {
    fn new(role: &'static str, data: &'static DataSet, request: Request, instead: &'static str) -> Self {
        Self { role, data, request, instead }
    }
}

/// Where streets come from.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Streets {
    /// The user's files.
    Given,
    /// Regions of Geofabrik's index.
    Regions,
    /// A box of the live database.
    Box(Rect<f64>),
}

/// Where blocks come from.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum People {
    /// The user's files, or the grid.
    Given(BlockSource),
    /// Census blocks of states.
    Census(Vec<State>),
    /// Rasters of countries, three letters.
    Rasters(Vec<&'static str>),
}

/// What a run lacks.
#[derive(Clone, Debug)]
pub(super) struct Needs {
    pub place: Whereabouts,
    pub streets: Streets,
    pub people: People,
    /// States whose jobs are looked for.
    pub jobs: Vec<State>,
    /// Whether the tables of default speeds are looked at.
    pub speed_tables: bool,
    /// Seven digits.
    pub city_fips: Option<String>,
    /// Two digits.
    pub state_fips: Option<String>,
    pub notes: Vec<String>,
}

/// Finds out what is lacking.
///
/// # Errors
/// A place without a country, or wishes that do not fit it.
pub(super) fn of(area: &StudyArea, wanted: &Wanted, edition: Edition) -> Result<Needs, AcquireError> {
    let around = surroundings(area, edition);
    let place = countries::locate(&area.boundary, around);
    let place = place.corrected(wanted.country.as_deref(), wanted.region.as_deref());
    let streets = streets(area, wanted, around)?;
    let people = people(area, wanted, &place)?;
    let mut notes = Vec::new();
    // Who brings streets and people measures with own data: nothing more is looked for, unless it is asked for.
    let own = streets == Streets::Given && matches!(people, People::Given(_));
    let jobs = jobs(wanted, &place, &people, &mut notes);
    let (city_fips, state_fips) = codes(area, wanted, &place, own);
    let all_speeds = wanted.speeds.city_mph.is_some() && wanted.speeds.state_mph.is_some();
    let speed_tables = place.is_us() && !own && !all_speeds && wanted.residential_mph.is_none();
    Ok(Needs { place, streets, people, jobs, speed_tables, city_fips, state_fips, notes })
}

/// Edition `reference` looks no farther than the boundary.
pub(super) fn surroundings(area: &StudyArea, edition: Edition) -> &MultiPolygon<f64> {
    match edition {
        Edition::Current => &area.buffered,
        Edition::Reference => &area.boundary,
    }
}

fn streets(area: &StudyArea, wanted: &Wanted, around: &MultiPolygon<f64>) -> Result<Streets, AcquireError> {
    if !wanted.osm.is_empty() {
        return Ok(Streets::Given);
    }
    match (wanted.sources.osm_source, around.bounding_rect()) {
        (OsmSource::Overpass, Some(bounds)) => {
            let bounds = overpass::round_out(bounds);
            let km2 = overpass::area_km2(bounds);
            match km2 <= overpass::AREA_MAX_KM2 {
                true => Ok(Streets::Box(bounds)),
                false => Err(AcquireError::LargeBox { place: area.name.clone(), km2, most: overpass::AREA_MAX_KM2 }),
            }
        }
        _ => Ok(Streets::Regions),
    }
}

fn people(area: &StudyArea, wanted: &Wanted, place: &Whereabouts) -> Result<People, AcquireError> {
    if let Some(own) = &wanted.people {
        return Ok(People::Given(own.clone()));
    }
    let unknown = |what| AcquireError::NoCountry { place: area.name.clone(), what };
    let census = match wanted.sources.population {
        PopulationArg::Auto => place.is_us(),
        PopulationArg::Census => true,
        PopulationArg::Worldpop => false,
        PopulationArg::Grid => return Ok(People::Given(wanted.grid.clone())),
    };
    if census && place.states.is_empty() {
        return Err(unknown("no state of the United States; give --region, or the blocks with --blocks"));
    }
    if census {
        return Ok(People::Census(place.states.clone()));
    }
    let rasters: Vec<_> = place.countries.iter().filter_map(|code| iso3::of(code)).collect();
    if rasters.is_empty() {
        return Err(unknown("no country; give --country, or take --population grid"));
    }
    Ok(People::Rasters(rasters))
}

/// Jobs go with census blocks; with own blocks only when a year is asked for.
fn jobs(wanted: &Wanted, place: &Whereabouts, people: &People, notes: &mut Vec<String>) -> Vec<State> {
    let fits = matches!(people, People::Census(_)) || (wanted.sources.jobs_year.is_some() && place.is_us());
    if !fits || !wanted.jobs.is_empty() {
        return Vec::new();
    }
    let (with, without): (Vec<State>, Vec<State>) = place.states.iter().partition(|state| lodes::covers(**state));
    notes.extend(without.iter().map(|state| no_jobs(*state)));
    with
}

/// Said when a state has no jobs.
pub(super) fn no_jobs(state: State) -> String {
    format!(
        "there are no job data of {} (LODES): its blocks have none, and nothing is scored by jobs there",
        state.code
    )
}

/// Codes of city and state. Own data bring their own codes: then only what the command line says.
fn codes(area: &StudyArea, wanted: &Wanted, place: &Whereabouts, own: bool) -> (Option<String>, Option<String>) {
    let found = |code: Option<String>| code.filter(|_| place.is_us() && !own);
    let city = wanted.speeds.city_fips.clone().or_else(|| found(geoid(area)));
    let state = wanted.speeds.state_fips.clone();
    let of_place = || found(place.states.first().map(|state| state.fips.to_owned()));
    (city, state.or_else(of_place))
}

/// The place code of a boundary from the Census: seven digits, the first two of a state.
fn geoid(area: &StudyArea) -> Option<String> {
    let column = area.attributes.iter().find(|column| *column.name == *"geoid")?;
    let code = match &column.values {
        Values::Text(values) => values.first().cloned().flatten()?.trim().to_owned(),
        Values::Int(values) => format!("{:07}", values.first().copied().flatten()?),
        _ => return None,
    };
    let digits = code.len() == 7 && code.bytes().all(|digit| digit.is_ascii_digit());
    (digits && states::of_fips(&code[..2]).is_some()).then_some(code)
}

impl Needs {
    /// Files whose addresses are known without an index.
    pub(super) fn known(&self, wanted: &Wanted) -> Vec<Need> {
        let sources = &wanted.sources;
        let mut needs = Vec::new();
        if let Streets::Box(bounds) = self.streets {
            let request = Request::new(overpass::url(&sources.overpass_url, bounds)).at_most(overpass::MAX_BYTES);
            needs.push(Need::new("osm", &overpass::DATA, request, "--osm"));
        }
        match &self.people {
            People::Given(_) => {}
            People::Census(states) => needs.extend(states.iter().map(|state| {
                let request = Request::new(tiger_blocks::url(&sources.census_url, *state));
                Need::new("blocks", &tiger_blocks::DATA, request.at_most(tiger_blocks::MAX_BYTES), "--blocks")
            })),
            People::Rasters(countries) => needs.extend(countries.iter().map(|iso3| {
                let (year, resolution) = (sources.population_year, sources.population_resolution.into());
                let request = Request::new(worldpop::url(&sources.worldpop_url, iso3, year, resolution));
                let instead = "--population-raster or --population grid";
                Need::new("population", &worldpop::DATA, request.at_most(worldpop::MAX_BYTES), instead)
            })),
        }
        needs.extend(self.tables().into_iter().map(|table| {
            let request = Request::new(table.url(&sources.speeds_url)).at_most(speed_limits::MAX_BYTES);
            Need::new("speeds", &speed_limits::DATA, request, "--residential-speed")
        }));
        needs
    }

    /// Whether the run has all it needs.
    pub(super) fn is_nothing(&self, wanted: &Wanted) -> bool {
        self.indices(wanted).is_empty() && self.known(wanted).is_empty()
    }

    /// The tables that have a row for the place, maybe.
    pub(super) fn tables(&self) -> Vec<speed_limits::Table> {
        let rows = [(speed_limits::STATES, &self.state_fips), (speed_limits::CITIES, &self.city_fips)];
        let wanted = rows.into_iter().filter(|(_, code)| self.speed_tables && code.is_some());
        wanted.map(|(table, _)| table).collect()
    }

    /// Pages that must be read first: what for, address.
    pub(super) fn indices(&self, wanted: &Wanted) -> Vec<(&'static str, String)> {
        let region =
            (self.streets == Streets::Regions).then(|| ("osm", geofabrik::index_url(&wanted.sources.geofabrik_url)));
        let listings = self.jobs.iter().map(|state| ("jobs", lodes::listing_url(&wanted.sources.lodes_url, *state)));
        region.into_iter().chain(listings).collect()
    }
}

/// The data of regions.
pub(super) fn regions(chosen: &geofabrik::Choice<'_>) -> Vec<Need> {
    let need = |region: &&geofabrik::Region| {
        let request = Request::new(&region.url).checked(Checksum::Md5At(geofabrik::md5_url(&region.url)));
        Need::new("osm", &geofabrik::DATA, request, "--osm")
    };
    chosen.regions.iter().map(need).collect()
}

/// The jobs of a state.
pub(super) fn job_files(wanted: &Wanted, state: State, year: u16) -> Vec<Need> {
    let urls = lodes::urls(&wanted.sources.lodes_url, state, year).into_iter();
    let request = |url| Request::new(url).at_most(lodes::MAX_BYTES);
    urls.map(|url| Need::new("jobs", &lodes::DATA, request(url), "--jobs")).collect()
}
