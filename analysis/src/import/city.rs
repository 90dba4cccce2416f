//! Files become a city: blocks first, since the reference clips OSM to their extent (bna-method §1.7).

use super::blocks::{self, BlockSource, BlocksError};
use super::jobs::{self, JobsError};
use super::osm::{self, ClipBox, OsmError};
use super::{City, SpeedLimits, destinations, features, streets};
use crate::boundary::StudyArea;
use crate::model::{Edition, Unit};
use crate::suite::Suite;
use std::path::PathBuf;

/// Files of a run and how to read them.
#[derive(Clone, Debug)]
pub struct ImportPlan {
    /// OpenStreetMap extracts.
    pub osm: Vec<PathBuf>,
    /// Census blocks.
    pub blocks: BlockSource,
    /// LODES files; none = no job data.
    pub jobs: Vec<PathBuf>,
    /// Default speeds.
    pub speeds: SpeedLimits,
    /// What signs beside the roads are in.
    pub unit: Unit,
    /// Whether the rules for the United States apply (§1.8).
    pub is_us: bool,
    /// Whether to keep the OSM data of the study area, packed, to be saved with the results.
    pub keeps_extract: bool,
    /// Whether all OSM features are kept, to be published as they are.
    pub keeps_features: bool,
}

/// Why there is no city.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// Blocks.
    #[error("blocks: {0}")]
    Blocks(#[from] BlocksError),
    /// Jobs.
    #[error("jobs: {0}")]
    Jobs(#[from] JobsError),
    /// OpenStreetMap data.
    #[error(transparent)]
    Osm(#[from] OsmError),
    /// The data are of another place.
    #[error("{files} has no street inside the boundary of {place}; is it an extract of the same place?")]
    NoStreets {
        /// The OSM files.
        files: String,
        /// Name of the place.
        place: String,
    },
}

/// Reads everything that the plan names.
///
/// # Errors
/// [`ImportError`], naming the file.
pub fn read(area: &StudyArea, plan: &ImportPlan, suite: &Suite, edition: Edition) -> Result<City, ImportError> {
    let mut blocks = blocks::read(area, &plan.blocks, suite, edition, plan.is_us)?;
    if !plan.jobs.is_empty() {
        blocks.jobs = Some(jobs::read(&plan.jobs, &blocks.id)?);
    }
    let polygon = match edition {
        Edition::Current => &area.buffered,
        Edition::Reference => &area.first_feature,
    };
    let data = osm::read(&plan.osm, polygon, None)?;
    // Before the second clip: that leaves ways without their ends, which the first would not find again.
    let extract = plan.keeps_extract.then(|| osm::write::pbf(&data));
    let data = match edition {
        Edition::Current => data,
        Edition::Reference => {
            let (min_lon_e7, min_lat_e7, max_lon_e7, max_lat_e7) = blocks::clip_box(&blocks, area);
            osm::clip(data, ClipBox { min_lon_e7, min_lat_e7, max_lon_e7, max_lat_e7 }, &plan.osm)?
        }
    };
    let streets = streets::read(&data, area, suite, edition);
    if streets.ways.is_empty() {
        let files: Vec<_> = plan.osm.iter().map(|path| path.display().to_string()).collect();
        return Err(ImportError::NoStreets { files: files.join(", "), place: area.name.clone() });
    }
    let destinations = destinations::find(&data, area, suite, edition);
    let features = plan.keeps_features.then(|| features::of(&data));
    let (speeds, unit) = (plan.speeds.clone(), plan.unit);
    Ok(City { streets, blocks, destinations, speeds, unit, osm_report: data.report, extract, features })
}
