//! # Acquire — everything that a run needs, as files on this machine
//! In:   StudyArea, command line, Fetcher  Out:  [`Inputs`]
//! Touches: the cache, through the fetcher Does not know: how any file is read, but the small tables of speeds
//!
//! Own data always win. What is missing follows from the geometry: streets from the regions that hold the place, census blocks and jobs in the
//! United States, rasters of population elsewhere.

mod credits;
mod error;
mod needs;
mod wanted;

pub use credits::{BESIDE_INPUTS, credit};
pub use error::AcquireError;
pub use wanted::Wanted;

use crate::boundary::StudyArea;
use crate::error::RunError;
use crate::fetch::{FetchError, Fetched, Fetcher, Request};
use crate::import::blocks::BlockSource;
use crate::import::{ImportPlan, SpeedLimits, speeds};
use crate::model::{Edition, Unit};
use crate::sources::countries::Whereabouts;
use crate::sources::states::State;
use crate::sources::{DataSet, geofabrik, lodes, speed_limits};
use crate::suite::Suite;
use needs::{Need, Needs, People, Streets};
use std::path::PathBuf;

/// Files of a run and how to read them.
#[derive(Clone, Debug)]
pub struct Inputs {
    /// How to read them.
    pub import: ImportPlan,
    /// The fetched ones; those of the user are known to the plan.
    pub fetched: Vec<InputFile>,
    /// Where the place is.
    pub place: Whereabouts,
    /// What the user should know.
    pub notes: Vec<String>,
}

/// A fetched file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InputFile {
    /// As in the manifest.
    pub role: &'static str,
    /// Where it is now.
    pub path: PathBuf,
    /// Where it is from.
    pub url: String,
    /// Size.
    pub bytes: u64,
    /// SHA-256, hexadecimal.
    pub sha256: String,
    /// Nothing had to be downloaded.
    pub from_cache: bool,
    /// When its publisher changed it last, seconds since 1970.
    pub modified: Option<i64>,
    /// Whose it is.
    pub data: &'static DataSet,
}

/// Finds and fetches what the run lacks. The cache is opened only when something is lacking.
///
/// # Errors
/// [`AcquireError`], naming the source and the flag that spares it; or the cache cannot be opened.
pub fn gather(
    area: &StudyArea,
    wanted: &Wanted,
    suite: &Suite,
    edition: Edition,
    open: impl FnOnce() -> Result<Fetcher, RunError>,
) -> Result<Inputs, RunError> {
    let mut needs = needs::of(area, wanted, edition)?;
    let fetched = match needs.is_nothing(wanted) {
        true => Vec::new(),
        false => bring(area, wanted, edition, &mut needs, &open()?)?,
    };
    let speeds = limits(wanted, &needs, &fetched, suite, edition)?;
    let paths = |role: &str| -> Vec<PathBuf> {
        fetched.iter().filter(|file| file.role == role).map(|file| file.path.clone()).collect()
    };
    let own_or = |own: &[PathBuf], role| if own.is_empty() { paths(role) } else { own.to_vec() };
    let import = ImportPlan {
        osm: own_or(&wanted.osm, "osm"),
        blocks: match needs.people {
            People::Given(own) => own,
            People::Census(_) => BlockSource::Files { paths: paths("blocks") },
            People::Rasters(_) => BlockSource::Raster { paths: paths("population") },
        },
        jobs: own_or(&wanted.jobs, "jobs"),
        speeds,
        unit: Unit::of(needs.place.country.as_deref()),
        is_us: needs.place.is_us(),
        keeps_extract: wanted.keeps_extract,
        keeps_features: wanted.keeps_features,
    };
    Ok(Inputs { import, fetched, place: needs.place, notes: needs.notes })
}

/// What would be fetched, a line each: for `--dry-run`.
///
/// # Errors
/// As [`gather`], as far as no connection is needed.
pub fn describe(area: &StudyArea, wanted: &Wanted, edition: Edition) -> Result<String, AcquireError> {
    let needs = needs::of(area, wanted, edition)?;
    let place = &needs.place;
    let codes: Vec<&str> = match place.is_us() {
        true => place.states.iter().map(|state| state.code).collect(),
        false => place.countries.iter().map(String::as_str).collect(),
    };
    let country = place.country.as_deref().unwrap_or("unknown");
    let mut text = format!("place    {}: country {country}, data of {}\n", area.name, codes.join(", "));
    for (role, url) in needs.indices(wanted) {
        text += &format!("{role:<8} as listed by {url}\n");
    }
    for need in needs.known(wanted) {
        text += &format!("{:<8} {}\n", need.role, need.request.url);
    }
    Ok(text)
}

/// First the lists that say what there is, then all files at once.
fn bring(
    area: &StudyArea,
    wanted: &Wanted,
    edition: Edition,
    needs: &mut Needs,
    fetcher: &Fetcher,
) -> Result<Vec<InputFile>, AcquireError> {
    let mut files = regions(area, wanted, edition, needs, fetcher)?;
    files.extend(needs.known(wanted));
    files.extend(jobs(wanted, needs, fetcher)?);
    fetch(&files, fetcher)
}

fn fetch(needs: &[Need], fetcher: &Fetcher) -> Result<Vec<InputFile>, AcquireError> {
    let requests: Vec<Request> = needs.iter().map(|need| need.request.clone()).collect();
    let fetched = fetcher.get_all(&requests).map_err(|cause| {
        let words = cause.to_string();
        let need = needs.iter().find(|need| words.contains(&need.request.url));
        AcquireError::Fetch { instead: need.map_or("--osm, --blocks and --jobs", |need| need.instead), cause }
    })?;
    let file = |(need, file): (&Need, Fetched)| InputFile {
        role: need.role,
        path: file.path,
        url: file.url,
        bytes: file.bytes,
        sha256: file.sha256,
        from_cache: file.from_cache,
        modified: file.last_modified,
        data: need.data,
    };
    Ok(needs.iter().zip(fetched).map(file).collect())
}

/// Files of the regions that hold the place.
fn regions(
    area: &StudyArea,
    wanted: &Wanted,
    edition: Edition,
    needs: &mut Needs,
    fetcher: &Fetcher,
) -> Result<Vec<Need>, AcquireError> {
    if needs.streets != Streets::Regions {
        return Ok(Vec::new());
    }
    let base = &wanted.sources.geofabrik_url;
    let url = geofabrik::index_url(base);
    let text = fetcher.get_text(&Request::new(&url).at_most(geofabrik::INDEX_MAX_BYTES));
    let text = text.map_err(|cause| AcquireError::Fetch { instead: "--osm", cause })?;
    let regions = geofabrik::parse(&text, base)?;
    let around = needs::surroundings(area, edition);
    let chosen = geofabrik::choose(&regions, (&area.name, &url), &area.boundary, around)?;
    if chosen.outside > 0.0 {
        let share = 100.0 * chosen.outside;
        needs.notes.push(format!("{share:.1} % of the surroundings lies in no region of {url}: taken as water"));
    }
    Ok(needs::regions(&chosen))
}

/// Files of the jobs: the newest year that is listed, or the year asked for.
fn jobs(wanted: &Wanted, needs: &mut Needs, fetcher: &Fetcher) -> Result<Vec<Need>, AcquireError> {
    let mut files = Vec::new();
    for &state in &needs.jobs {
        let url = lodes::listing_url(&wanted.sources.lodes_url, state);
        let page = match fetcher.get_text(&Request::new(&url).at_most(lodes::LISTING_MAX_BYTES)) {
            Ok(page) => page,
            Err(FetchError::NotFound { .. }) => {
                needs.notes.push(needs::no_jobs(state));
                continue;
            }
            Err(cause) => return Err(AcquireError::Fetch { instead: "--jobs", cause }),
        };
        files.extend(needs::job_files(wanted, state, year(&page, state, wanted.sources.jobs_year, url)?));
    }
    Ok(files)
}

fn year(page: &str, state: State, asked: Option<u16>, url: String) -> Result<u16, AcquireError> {
    let years = lodes::years(page, state);
    let found = match asked {
        Some(year) => years.contains(&year).then_some(year),
        None => years.last().copied(),
    };
    found.ok_or(AcquireError::NoYear { url, asked, years })
}

/// Default speeds: the command line's, else those of the tables, else (edition `current`) the country's.
fn limits(
    wanted: &Wanted,
    needs: &Needs,
    fetched: &[InputFile],
    suite: &Suite,
    edition: Edition,
) -> Result<SpeedLimits, AcquireError> {
    let table = |table: speed_limits::Table, code: &Option<String>| -> Result<Option<i32>, AcquireError> {
        let url = table.url(&wanted.sources.speeds_url);
        let (Some(file), Some(code)) = (fetched.iter().find(|file| file.url == url), code) else { return Ok(None) };
        let text = std::fs::read_to_string(&file.path);
        let text = text.map_err(|cause| AcquireError::Unreadable { url: url.clone(), cause })?;
        Ok(table.speed_mph(&text, code, &url)?)
    };
    let own = &wanted.speeds;
    let city_mph = match wanted.residential_mph.or(own.city_mph) {
        Some(mph) => Some(mph),
        None => table(speed_limits::CITIES, &needs.city_fips)?,
    };
    let state_mph = match own.state_mph {
        Some(mph) => Some(mph),
        None => table(speed_limits::STATES, &needs.state_fips)?,
    };
    let country_kmh = needs.place.codes().find_map(|code| suite.urban_speed.get(code));
    let country_mph =
        country_kmh.filter(|_| edition == Edition::Current).map(|kmh| speeds::mph_of_kmh(f64::from(*kmh)));
    Ok(SpeedLimits {
        city_mph,
        state_mph,
        country_mph,
        state_fips: needs.state_fips.clone(),
        city_fips: needs.city_fips.clone(),
    })
}
