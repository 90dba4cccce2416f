//! Everything that stands in a suite. The words above fields are those of docs/suites.md.

use super::documented::documented;
use super::tag_rule::TagRule;
use crate::network::BikeInfra;
use serde::Deserialize;
use std::collections::BTreeMap;

documented! {
    /// Top level: what the suite is.
    pub struct Suite {
        /// Short name; it stands in the manifest.
        pub name: String,
        /// For people.
        pub title: String,
        /// Categories whose columns come first among blocks; the others follow in the order of their rows.
        #[serde(default)]
        pub block_columns: Vec<String>,
        /// Area and blocks.
        pub area: Area,
        /// Import and network.
        pub network: Network,
        /// Legal speed limits in towns by country or part of one (ISO 3166), km/h: of residential streets outside the United States without
        /// a limit of their own, in edition `current`.
        #[serde(default)]
        pub urban_speed: BTreeMap<String, u16>,
        /// Stress of streets and crossings.
        pub stress: Stress,
        /// How far people ride.
        pub reach: ReachLimits,
        /// Groups of categories, one `[[group]]` each; their weights total 100.
        #[serde(rename = "group")]
        pub groups: Vec<Group>,
        /// What people want to reach, one `[[category]]` each.
        #[serde(rename = "category")]
        pub categories: Vec<Category>,
    }

    /// `[area]`: the surroundings of the boundary, and blocks where there are none.
    pub struct Area {
        /// Width of the buffer around the boundary, whose streets and blocks can be ridden through and reached.
        pub buffer_m: f64,
        /// A block belongs to the boundary when at least this share of its area lies inside.
        pub block_share_min: f64,
        /// Side of a synthetic block, in web-mercator units.
        pub grid_cell_m: f64,
        /// People in a synthetic block.
        pub grid_population: f64,
    }

    /// `[network]`: from OSM ways to street segments (bna-method §2, §3).
    pub struct Network {
        /// Edition `reference`: features farther from the boundary are dropped (§2.7).
        pub service_distance_m: f64,
        /// Duplicate segments are dropped between chunks of that many ways (§2.1).
        pub chunk_ways: u32,
        /// A footway that allows bicycles is a path from this width on (§3.3).
        pub footway_width_min_ft: i32,
        /// Values of `bicycle` that allow it (§3.3).
        pub bicycle_allowed: Vec<String>,
        /// Residential and unclassified streets count as tertiary from this speed limit on (§3.9).
        pub adjust_speed_min_mph: i32,
        /// Likewise with this many lanes in a direction (§3.9).
        pub adjust_lanes_min: i32,
        /// How near a traffic signal must be to a junction (§3.11).
        pub signal_distance_m: f64,
        /// How near a stop sign must be (§3.12).
        pub stop_distance_m: f64,
        /// How near a flashing beacon must be (§3.13).
        pub rrfb_distance_m: f64,
        /// How near a crossing island must be (§3.13).
        pub island_distance_m: f64,
        /// Values of `highway` that are streets, each with its `tag_id` (§2.1).
        pub highways: BTreeMap<String, u16>,
        /// Which trails are destinations.
        pub trail: TrailLimits,
    }

    /// `[network.trail]`: trails as destinations (§8.2).
    pub struct TrailLimits {
        /// A trail is one when it is longer than this …
        pub length_min_m: f64,
        /// … and the diagonal of its bounding box longer than this.
        pub diagonal_min_m: f64,
    }

    /// `[stress]`: what is assumed of streets without tags, and which are calm (§4).
    pub struct Stress {
        /// Primary streets and their links.
        pub primary: ArterialDefaults,
        /// Secondary streets and their links.
        pub secondary: ArterialDefaults,
        /// Tertiary streets and their links.
        pub tertiary: ArterialDefaults,
        /// Residential streets (§4.3).
        pub residential: LocalDefaults,
        /// Unclassified streets (§4.4).
        pub unclassified: LocalDefaults,
        /// Streets shared with cars are calm when one row holds, one `[[stress.along]]` each (§4.2).
        pub along: Vec<AlongRule>,
        /// Crossings are stressful when one row holds, one `[[stress.crossing]]` each (§4.8).
        pub crossing: Vec<CrossingRule>,
    }

    /// `[stress.primary]`, `[stress.secondary]`, `[stress.tertiary]`: what is assumed where tags are silent.
    pub struct ArterialDefaults {
        /// Speed limit.
        pub speed_mph: i32,
        /// Lanes in a direction.
        pub lanes: i32,
        /// Width of bicycle infrastructure.
        pub infra_width_ft: f64,
        /// Whether crossing it from a tertiary street can be stressful.
        pub crosses_tertiary: bool,
    }

    /// `[stress.residential]`, `[stress.unclassified]`: local streets.
    pub struct LocalDefaults {
        /// Calm up to this speed limit.
        pub speed_low_max_mph: i32,
        /// Assumed when neither street nor city nor state says one; edition `reference` assumes none.
        pub speed_mph: i32,
    }

    /// `[[stress.along]]`: a calm street; all given limits must hold.
    pub struct AlongRule {
        /// Infrastructure in the direction of travel: `track`, `buffered_lane`, `lane`, `sharrow` or `none`.
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

    /// `[[stress.crossing]]`: a stressful crossing without signal or all-way stop; all given limits must hold.
    pub struct CrossingRule {
        /// Of streets one-way for bicycles, or of the others.
        pub one_way: bool,
        /// Lanes of both directions together at least.
        pub lanes_min: Option<i32>,
        /// Lanes of both directions together at most.
        pub lanes_max: Option<i32>,
        /// With, or without, a rapid flashing beacon.
        pub rrfb: Option<bool>,
        /// With, or without, a crossing island.
        pub island: Option<bool>,
        /// Speed limit above this.
        pub speed_over_mph: Option<i32>,
        /// Speed limit from this on.
        pub speed_from_mph: Option<i32>,
    }

    /// `[reach]`: trips (§6).
    pub struct ReachLimits {
        /// The longest trip, and the greatest distance between two blocks of a pair; at most 4095.
        pub trip_max_m: u16,
        /// Calm trips may be this many times as long as the shortest.
        pub detour_max: f64,
        /// A street belongs to a block that it runs along: within this distance …
        pub block_buffer_m: f64,
        /// … over more than this length.
        pub block_overlap_min_m: f64,
    }

    /// `[[group]]`: a share of the overall score.
    pub struct Group {
        /// Name of its column and score.
        pub id: String,
        /// For people.
        pub title: String,
        /// Share of the overall score; all groups total 100.
        pub weight: f64,
        /// In the denominator of a block's score even when nothing can be reached (§8.4).
        #[serde(default)]
        pub always_counts: bool,
    }

    /// `[[category]]`: something people want to reach.
    pub struct Category {
        /// Stem of its table and columns.
        pub id: String,
        /// `id` of its group.
        pub group: String,
        /// Weight inside the group, relative to the others there.
        pub weight: f64,
        /// Where its places come from: `population` and `jobs` of blocks, `trails` of the network; by tags: `merge` (polygons within
        /// `tolerance_m` are one place), `merge_with_points` (nodes as circles merged with them), `each` (every polygon, and nodes
        /// outside them), `stations` (as `each`, nodes within `tolerance_m` merged).
        pub kind: CategoryKind,
        /// In the group's denominator even when nothing can be reached (§8.4, Q4).
        #[serde(default)]
        pub always_counts: bool,
        /// Whether reaching it makes the group count for a block (§8.4).
        #[serde(default = "yes")]
        pub activates: bool,
        /// Published column of the places' names; without it they have neither `osm_id` nor a name.
        pub name_column: Option<String>,
        /// Distance within which places are one.
        #[serde(default)]
        pub tolerance_m: f64,
        /// Radius of the circle drawn around nodes (`merge_with_points`).
        #[serde(default)]
        pub point_radius_m: f64,
        /// Which polygons are places: rows, any of which may hold; all keys of a row must. `amenity = ["school"]`: one of these values;
        /// `{ present_except = […] }`: there, but none of these; `{ absent_or_except = […] }`: not there, or none of these.
        #[serde(default)]
        pub polygons: Vec<TagRule>,
        /// Which nodes are places, likewise; `inside_polygons = true`: even inside a polygon of the category. Left out: as `polygons`.
        #[serde(default)]
        pub points: Option<Vec<TagRule>>,
        /// From what is reached to a score, see below.
        pub curve: Curve,
        /// Its row in the overall scores.
        pub score_id: String,
        /// Its `use_…` column in the score inputs.
        pub flag: String,
        /// Its words in the score inputs.
        pub labels: Labels,
    }

    /// `curve = { first = …, second = …, third = … }`: what places are worth; the rest is shared by all others.
    pub struct Steps {
        /// The first place reached, 0 to 1.
        pub first: f64,
        /// The second.
        pub second: f64,
        /// The third; all three total at most 1.
        pub third: f64,
    }

    /// `curve = { breaks = [[ratio, score], …] }`: of `population` and `jobs`, what is reached calmly ÷ at all; lines between the points.
    pub struct Breaks {
        /// Ratio and score of each point, rising, between (0, 0) and (1, 1).
        pub breaks: Vec<[f64; 2]>,
    }

    /// `labels = { … }`: words in the score inputs.
    pub struct Labels {
        /// "Average score of low stress access to …".
        pub low_stress: String,
        /// "Median score of … access".
        pub access: String,
        /// "Average score of access to …".
        pub average: String,
        /// "Average … bike shed access score".
        pub bike_shed: Option<String>,
        /// "Median … population shed score".
        pub shed: Option<String>,
    }
}

impl Copy for Steps {}

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
