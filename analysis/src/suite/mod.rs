//! # Suite — every parameter of the method, read from a file and checked
//! In:   TOML text                         Out:  [`Suite`]
//! Touches: the suite file                 Does not know: any stage
//! Source: bna-method §1–§8; `suites/bna.toml` is the default

mod check;
mod tag_rule;

pub use tag_rule::{TagRule, ValueRule};

use crate::network::BikeInfra;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::Path;

/// The default suite.
pub const BNA: &str = include_str!("../../suites/bna.toml");

/// A checked suite.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Suite {
    /// Short name.
    pub name: String,
    /// For people.
    pub title: String,
    /// Categories whose columns come first among blocks.
    #[serde(default)]
    pub block_columns: Vec<String>,
    /// Area and blocks.
    pub area: Area,
    /// Import and network.
    pub network: Network,
    /// Legal speed limits in towns by country or part of one (ISO 3166), km/h.
    #[serde(default)]
    pub urban_speed: BTreeMap<String, u16>,
    /// Stress tables.
    pub stress: Stress,
    /// Reach.
    pub reach: ReachLimits,
    /// Groups.
    #[serde(rename = "group")]
    pub groups: Vec<Group>,
    /// Categories.
    #[serde(rename = "category")]
    pub categories: Vec<Category>,
}

/// `[area]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Area {
    /// Width of the buffer around the boundary.
    pub buffer_m: f64,
    /// A block belongs to the boundary from this share of its area on.
    pub block_share_min: f64,
    /// Side of a synthetic block, web-mercator units.
    pub grid_cell_m: f64,
    /// People a synthetic block.
    pub grid_population: f64,
}

/// `[network]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Network {
    /// Distance of the clip of §2.7.
    pub service_distance_m: f64,
    /// Ways a chunk of §2.1.
    pub chunk_ways: u32,
    /// §3.3 row 5.
    pub footway_width_min_ft: i32,
    /// §3.3: values of `bicycle` that allow it.
    pub bicycle_allowed: Vec<String>,
    /// §3.9.
    pub adjust_speed_min_mph: i32,
    /// §3.9.
    pub adjust_lanes_min: i32,
    /// §3.11.
    pub signal_distance_m: f64,
    /// §3.12.
    pub stop_distance_m: f64,
    /// §3.13.
    pub rrfb_distance_m: f64,
    /// §3.13.
    pub island_distance_m: f64,
    /// Imported highway values and their `tag_id` (§2.1).
    pub highways: BTreeMap<String, u16>,
    /// Trails as destinations (§8.2).
    pub trail: TrailLimits,
}

/// `[network.trail]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrailLimits {
    /// Longer than this.
    pub length_min_m: f64,
    /// Diagonal longer than this.
    pub diagonal_min_m: f64,
}

/// `[stress]` (§4)
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stress {
    /// Also of primary links.
    pub primary: ArterialDefaults,
    /// Also of secondary links.
    pub secondary: ArterialDefaults,
    /// Also of tertiary links.
    pub tertiary: ArterialDefaults,
    /// §4.3.
    pub residential: LocalDefaults,
    /// §4.4.
    pub unclassified: LocalDefaults,
    /// §4.2: rows that make riding along low-stress.
    pub along: Vec<AlongRule>,
    /// §4.8: rows that make crossing stressful.
    pub crossing: Vec<CrossingRule>,
}

/// What is assumed of an arterial street without tags.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ArterialDefaults {
    /// Speed limit.
    pub speed_mph: i32,
    /// Lanes a direction.
    pub lanes: i32,
    /// Width of bicycle infrastructure.
    pub infra_width_ft: f64,
    /// Whether crossing it from a tertiary street can be stressful.
    pub crosses_tertiary: bool,
}

/// A local street: low-stress up to a speed.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LocalDefaults {
    /// Low up to this speed.
    pub speed_low_max_mph: i32,
    /// Assumed speed.
    pub speed_mph: i32,
}

/// Infrastructure that a row of `stress.along` is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)]
pub enum InfraName {
    Track,
    BufferedLane,
    Lane,
    Sharrow,
    None,
}

impl InfraName {
    /// Whether the row is about streets with that infrastructure.
    pub fn matches(self, infra: Option<BikeInfra>) -> bool {
        match self {
            Self::Track => infra == Some(BikeInfra::Track),
            Self::BufferedLane => infra == Some(BikeInfra::BufferedLane),
            Self::Lane => infra == Some(BikeInfra::Lane),
            Self::Sharrow => infra == Some(BikeInfra::Sharrow),
            Self::None => infra.is_none(),
        }
    }
}

/// `[[stress.along]]`: all given limits must hold.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AlongRule {
    /// Infrastructure in the direction of travel.
    pub infra: InfraName,
    /// Speed limit at most.
    pub speed_max_mph: Option<i32>,
    /// Lanes at least.
    pub lanes_min: Option<i32>,
    /// Lanes at most.
    pub lanes_max: Option<i32>,
    /// Infrastructure at least this wide.
    pub infra_width_min_ft: Option<f64>,
}

/// `[[stress.crossing]]`: all given limits must hold.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CrossingRule {
    /// Streets one-way for bicycles, or the others.
    pub one_way: bool,
    /// Lanes at least.
    pub lanes_min: Option<i32>,
    /// Lanes at most.
    pub lanes_max: Option<i32>,
    /// With (or without) a rapid flashing beacon.
    pub rrfb: Option<bool>,
    /// With (or without) a crossing island.
    pub island: Option<bool>,
    /// Speed above this.
    pub speed_over_mph: Option<i32>,
    /// Speed from this on.
    pub speed_from_mph: Option<i32>,
}

/// `[reach]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReachLimits {
    /// Longest trip, inclusive; at most 4,095 (12 bits a link).
    pub trip_max_m: u16,
    /// Low ÷ high at most.
    pub detour_max: f64,
    /// §6.1.
    pub block_buffer_m: f64,
    /// §6.1.
    pub block_overlap_min_m: f64,
}

/// `[[group]]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Group {
    /// Column and score id.
    pub id: String,
    /// For people.
    pub title: String,
    /// Of 100.
    pub weight: f64,
    /// In the denominator even when nothing can be reached (§8.4).
    #[serde(default)]
    pub always_counts: bool,
}

/// `[[category]]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Category {
    /// Table and column stem.
    pub id: String,
    /// Id of its group.
    pub group: String,
    /// Relative inside the group.
    pub weight: f64,
    /// Where its places come from.
    pub kind: CategoryKind,
    /// In the group's denominator even when nothing can be reached (§8.4, Q4).
    #[serde(default)]
    pub always_counts: bool,
    /// Whether reaching it makes the group count for a block (§8.4).
    #[serde(default = "yes")]
    pub activates: bool,
    /// Published name column of its destinations; without it they have neither `osm_id` nor a name.
    pub name_column: Option<String>,
    /// Distance within which places are one.
    #[serde(default)]
    pub tolerance_m: f64,
    /// Radius of the circle drawn around nodes (`merge_with_points`).
    #[serde(default)]
    pub point_radius_m: f64,
    /// Which polygons are places: any row.
    #[serde(default)]
    pub polygons: Vec<TagRule>,
    /// Which nodes are places: any row; none given = as polygons.
    #[serde(default)]
    pub points: Option<Vec<TagRule>>,
    /// From counts or ratio to score.
    pub curve: Curve,
    /// Row of the overall scores.
    pub score_id: String,
    /// `use_…` column of the score inputs.
    pub flag: String,
    /// Words in the score inputs.
    pub labels: Labels,
}

fn yes() -> bool {
    true
}

impl Category {
    /// Which nodes are places.
    pub fn point_rules(&self) -> &[TagRule] {
        self.points.as_deref().unwrap_or(&self.polygons)
    }

    /// Whether it has a table of destinations.
    pub fn has_destinations(&self) -> bool {
        !matches!(self.kind, CategoryKind::Population | CategoryKind::Jobs | CategoryKind::Trails)
    }
}

/// Where the places of a category come from (§7).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CategoryKind {
    /// People in blocks.
    Population,
    /// Jobs in blocks.
    Jobs,
    /// Trails of the network.
    Trails,
    /// Kind A of §7.
    Merge,
    /// Kind R.
    MergeWithPoints,
    /// Kind S.
    Each,
    /// Kind T.
    Stations,
}

/// From counts (steps) or a ratio (breaks) to a score between 0 and 1 (§8.1, §8.2).
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub enum Curve {
    /// What the first, second and third place are worth.
    Steps(Steps),
    /// Points of a piecewise linear curve through (0, 0) and (1, 1).
    Breaks(Breaks),
}

/// `curve = { first = …, second = …, third = … }`
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct Steps {
    pub first: f64,
    pub second: f64,
    pub third: f64,
}

/// `curve = { breaks = [[ratio, score], …] }`, ascending.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Breaks {
    /// Ratio, score.
    pub breaks: Vec<[f64; 2]>,
}

/// Words of the score inputs; they vary in the reference.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Labels {
    /// "Average score of low stress access to …"
    pub low_stress: String,
    /// "Median score of … access"
    pub access: String,
    /// "Average score of access to …"
    pub average: String,
    /// "Average … bike shed access score"
    pub bike_shed: Option<String>,
    /// "Median … population shed score"
    pub shed: Option<String>,
}

/// What is wrong with a suite.
#[derive(Debug, thiserror::Error)]
pub enum SuiteError {
    /// Not to be read.
    #[error("cannot read the suite {path}: {cause}")]
    Unreadable {
        /// File.
        path: String,
        /// Why.
        cause: std::io::Error,
    },
    /// Not TOML, an unknown key, a wrong type, a value out of range.
    #[error("suite {origin}, line {line}: {what}")]
    Invalid {
        /// File or "bna (built in)".
        origin: String,
        /// Line, from 1.
        line: usize,
        /// What and what to do, naming the key.
        what: String,
    },
}

impl Suite {
    /// The built-in suite.
    ///
    /// # Panics
    /// Never: a test reads it.
    pub fn bna() -> Self {
        Self::parse(BNA, "bna (built in)").expect("the built-in suite is valid")
    }

    /// Reads and checks a file.
    ///
    /// # Errors
    /// [`SuiteError`] with line and key.
    pub fn load(path: &Path) -> Result<Self, SuiteError> {
        let text = std::fs::read_to_string(path)
            .map_err(|cause| SuiteError::Unreadable { path: path.display().to_string(), cause })?;
        Self::parse(&text, &path.display().to_string())
    }

    /// Parses and checks a text.
    ///
    /// # Errors
    /// [`SuiteError::Invalid`] with line and key.
    pub fn parse(text: &str, origin: &str) -> Result<Self, SuiteError> {
        let at = |line, what| SuiteError::Invalid { origin: origin.to_owned(), line, what };
        let suite: Self = toml::from_str(text).map_err(|error| {
            let line = error.span().map_or(1, |span| 1 + text[..span.start].matches('\n').count());
            at(line, error.message().trim().replace('\n', "; "))
        })?;
        match check::first_fault(&suite) {
            None => Ok(suite),
            Some(fault) => Err(at(check::line_of(text, &fault.place), fault.what)),
        }
    }
}
