//! Every published table and column with its meaning: the one place from which databases, sidecars and docs/schema.md take what they say.

use super::columns::{ColumnInfo, Declared, c};

/// What a user may ask to be put into the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Group {
    /// What was read: boundary, blocks, destinations, speed limits.
    Inputs,
    /// Streets, junctions, turns, islands.
    Network,
    /// Scores of blocks, destinations and the place.
    Scores,
    /// Connected pairs of blocks.
    Pairs,
    /// Every OSM feature of the study area.
    Osm,
}

/// A published table.
#[derive(Clone, Copy, Debug)]
pub struct TableInfo {
    /// Name; `*` at the end stands for the rest of a generated name.
    pub name: &'static str,
    /// What a row is.
    pub comment: &'static str,
    /// It is published when one of these is; always, when there is none.
    pub groups: &'static [Group],
    /// Its columns.
    pub columns: &'static [ColumnInfo],
}

/// How the names of our tables of destinations begin; no analysis of a client may take such a name.
pub const OURS: &str = "neighborhood_";

/// The primary key that databases add.
pub const KEY: ColumnInfo = c("fid", "Number of the row, from 1");

/// The geometry column of databases.
pub const GEOM: ColumnInfo = c("geom", "Geometry in WGS 84 (EPSG:4326), longitude before latitude").unit("degrees");

/// A table's meaning; tables that are not named here are destinations of a category.
pub fn table_info(name: &str) -> &'static TableInfo {
    TABLES.iter().find(|table| table.name == name).unwrap_or(&CATEGORY)
}

/// What is known of a column; `None` for columns of the user's own files, which travel unchanged, and tables of the client's analyses.
pub fn column_info(layer: &str, column: &str) -> Option<&'static ColumnInfo> {
    let table = table_info(layer);
    let is_ours = table.name == layer || layer.starts_with(OURS);
    let table = if is_ours { table } else { return None };
    table.columns.iter().find(|info| info.is_about(column))
}

/// What a value of the column says, for people.
pub fn column_comment(layer: &str, column: &str) -> Option<&'static str> {
    column_info(layer, column).map(|info| info.comment)
}

const fn t(
    name: &'static str,
    groups: &'static [Group],
    columns: &'static [ColumnInfo],
    comment: &'static str,
) -> TableInfo {
    TableInfo { name, comment, groups, columns }
}

/// `neighborhood_<category>`, one a category of places in the suite.
pub const CATEGORY: TableInfo = t(
    "neighborhood_*",
    &[Group::Inputs, Group::Scores],
    DESTINATIONS,
    "Destinations of one category: a point each, and how many people reach it.",
);

/// All tables with a fixed name, in publishing order.
pub const TABLES: &[TableInfo] = &[
    t(
        "neighborhood_boundary",
        &[Group::Inputs],
        BOUNDARY,
        "The boundary that was analysed: one multipolygon, all parts of the user's file together.",
    ),
    t(
        "neighborhood_census_blocks",
        &[Group::Inputs, Group::Scores],
        BLOCKS,
        "Census blocks with what they reach, calmly and at all, and how that scores.",
    ),
    t(
        "neighborhood_census_block_jobs",
        &[Group::Inputs],
        JOBS,
        "Jobs in each census block, where job data were given.",
    ),
    t(
        "neighborhood_ways",
        &[Group::Network],
        WAYS,
        "Street segments: pieces of OSM ways between two junctions, rated in both directions. \
         ft: in the order of their points; tf: against it.",
    ),
    t("neighborhood_ways_intersections", &[Group::Network], INTERSECTIONS, "Junctions: ends of street segments."),
    t(
        "neighborhood_islands",
        &[Group::Network],
        ISLANDS,
        "Low-stress islands: segments that can be reached from one another without a stressful street or crossing.",
    ),
    t("neighborhood_paths", &[Group::Network], PATHS, "Clusters of touching paths; long ones are trails."),
    t(
        "neighborhood_ways_net_link",
        &[Group::Network],
        LINKS,
        "Turns: from a segment over a junction into another segment.",
    ),
    t(
        "neighborhood_destination_areas",
        &[Group::Inputs],
        AREAS,
        "Areas of those destinations that have one: outlines of schools, parks, malls and the like, merged where close.",
    ),
    t(
        "neighborhood_score_inputs",
        &[Group::Scores],
        SCORE_INPUTS,
        "Measures behind the scores, each with an explanation.",
    ),
    t(
        "neighborhood_overall_scores",
        &[Group::Scores],
        OVERALL_SCORES,
        "Scores of the place: categories, groups, overall; population and miles.",
    ),
    t(
        "residential_speed_limit",
        &[Group::Inputs],
        SPEED_LIMITS,
        "Speed limits assumed for residential streets without one.",
    ),
    t("mileage", &[Group::Scores], MILEAGE, "Length of bicycle infrastructure by kind."),
    t(
        super::PAIRS,
        &[Group::Pairs],
        PAIRS,
        "Pairs of blocks within the longest trip, with the least cost in metres calmly and at all.",
    ),
    t("osm_points", &[Group::Osm], OSM, "Tagged OSM nodes of the study area."),
    t("osm_lines", &[Group::Osm], OSM, "OSM ways of the study area that are no areas."),
    t("osm_polygons", &[Group::Osm], OSM, "OSM areas of the study area: closed ways and multipolygon relations."),
    t("run_parameters", &[], PARAMETERS, "What the run was asked: flags, edition, and every number of the suite."),
    t("provenance", &[], PROVENANCE, "Files the run read."),
];

const BOUNDARY: &[ColumnInfo] = &[c("gid", "Row number: 1, the boundary is one multipolygon")];

const BLOCKS: &[ColumnInfo] = &[
    c("gid", "Row number in the file of blocks, from 1"),
    c("geoid20", "Number of the block").declared(Declared::Chars(80)).indexed(),
    c("pop20", "People who live there").unit("people"),
    c("road_ids", "Segments along the block: road_id of neighborhood_ways; streets on which its trips start and end"),
    c(
        "in_boundary",
        "True: the block is scored, its trips start here. False: it lies in the buffer and is a destination only",
    ),
    c("overall_score", "Weighted mean of what can be reached calmly, 0 to 100"),
    c("reachable_blocks", "Blocks within the trip distance that can be reached over any street, itself included"),
    c("pop_low_stress", "People within reach on calm streets").unit("people"),
    c("pop_high_stress", "People within reach on any street").unit("people"),
    c("emp_low_stress", "Jobs within reach on calm streets").unit("jobs"),
    c("emp_high_stress", "Jobs within reach on any street").unit("jobs"),
    c("*_low_stress", "Places of the category within reach on calm streets"),
    c("*_high_stress", "Places of the category within reach on any street"),
    c("*_score", "Score of the category or of its group, 0 to 1; empty where nothing of it can be reached"),
];

const JOBS: &[ColumnInfo] = &[
    c("blockid20", "Block: geoid20 of neighborhood_census_blocks").indexed(),
    c("jobs", "People who work there").unit("jobs"),
];

const WAYS: &[ColumnInfo] = &[
    c("road_id", "Number of the segment: a piece of an OSM way between two junctions").big().indexed(),
    c("osm_id", "OSM way").big().indexed(),
    c("tag_id", "Number of the highway value"),
    c("name", "Name of the street"),
    c("intersection_from", "Junction at the first point: int_id of neighborhood_ways_intersections").big(),
    c("intersection_to", "Junction at the last point").big(),
    c("oneway", "YES, NO, REVERSED, REVERSIBLE or UNKNOWN; not used in ratings"),
    c("tdg_id", "Stable name of the segment, made from OSM way and junction nodes; equal in every run"),
    c("functional_class", "Class of the street, after adjustment of fast or wide residential streets"),
    c("path_id", "Cluster of touching paths: path_id of neighborhood_paths"),
    c("speed_limit", "Speed limit as tagged").unit("mph"),
    c("one_way_car", "Direction in which cars may go, empty for both").declared(Declared::Chars(2)),
    c("one_way", "Direction in which bicycles may go, empty for both").declared(Declared::Chars(2)),
    c("width_ft", "Width as tagged").unit("ft"),
    c("ft_bike_infra", "Bicycle infrastructure along the segment: sharrow, lane, buffered_lane or track"),
    c("ft_bike_infra_width", "Its width").unit("ft"),
    c("tf_bike_infra", "Bicycle infrastructure against the segment"),
    c("tf_bike_infra_width", "Its width").unit("ft"),
    c("ft_lanes", "Lanes along the segment"),
    c("tf_lanes", "Lanes against the segment"),
    c("ft_cross_lanes", "Lanes along the segment that someone crossing it meets"),
    c("tf_cross_lanes", "Lanes against the segment that someone crossing it meets"),
    c("twltl_cross_lanes", "1 if there is a two-way turn lane"),
    c("ft_park", "1 if cars may park on the side along the segment, 0 if not"),
    c("tf_park", "1 if cars may park on the side against the segment, 0 if not"),
    c("ft_seg_stress", "Riding along the segment: 1 calm, 3 stressful, empty where not allowed"),
    c("ft_int_stress", "Crossing at its last junction: 1 calm, 3 stressful"),
    c("tf_seg_stress", "Riding against the segment: 1 calm, 3 stressful, empty where not allowed"),
    c("tf_int_stress", "Crossing at its first junction: 1 calm, 3 stressful"),
    c("xwalk", "1 for crossings on foot"),
    c("tagged_class", "Class before adjustment, as tagged"),
    c("ft_seg_stress_reason", "Why ft_seg_stress is what it is"),
    c("ft_int_stress_reason", "Why ft_int_stress is what it is"),
    c("tf_seg_stress_reason", "Why tf_seg_stress is what it is"),
    c("tf_int_stress_reason", "Why tf_int_stress is what it is"),
    c("island_id", "Low-stress island: island_id of neighborhood_islands; empty if neither direction is calm"),
];

const INTERSECTIONS: &[ColumnInfo] = &[
    c("int_id", "Number of the junction: an end of any segment").big().indexed(),
    c("osm_id", "OSM node").big(),
    c("legs", "Segments that end here"),
    c("signalized", "Traffic signals"),
    c("stops", "All-way stop"),
    c("rrfb", "Rapid flashing beacon"),
    c("island", "Crossing island"),
    c("int_stress", "Worst crossing over it: 1 calm, 3 stressful; empty where no turn crosses"),
];

const ISLANDS: &[ColumnInfo] = &[
    c("island_id", "Number of the island, 1 = the longest: segments joined by calm turns"),
    c("length_m", "Length of its segments").unit("m"),
    c("segments", "Number of its segments"),
];

const PATHS: &[ColumnInfo] = &[
    c("path_id", "Number of the cluster of touching paths"),
    c("path_length", "Length of its segments").unit("m"),
    c("bbox_length", "Diagonal of its bounding box").unit("m"),
    c("roads", "Number of its segments"),
    c("is_destination", "Long enough to be a trail, a destination of its own"),
    c("road_ids", "Its segments: road_id of neighborhood_ways"),
];

const LINKS: &[ColumnInfo] = &[
    c("int_osm_id", "Junction where the turn is made: OSM node").big(),
    c("source_osm_id", "Segment left: OSM way").big(),
    c("source_from", "Segment left: OSM node at its first point").big(),
    c("source_to", "Segment left: OSM node at its last point").big(),
    c("source_metres", "Segment left: length").unit("m").four_decimals(),
    c("source_road_dir", "ft: left at its last point; tf: at its first"),
    c("target_osm_id", "Segment entered: OSM way").big(),
    c("target_from", "Segment entered: OSM node at its first point").big(),
    c("target_to", "Segment entered: OSM node at its last point").big(),
    c("target_metres", "Segment entered: length").unit("m").four_decimals(),
    c("target_road_dir", "End of the segment entered that touches the junction: ft its last point, tf its first"),
    c("turn_angle", "0 straight on, 90 right, 180 back, 270 left").unit("degrees"),
    c("int_crossing", "False for the one turn that does not cross traffic"),
    c("int_stress", "Stress of the crossing: 1 or 3"),
    c("source_road_azi", "Heading when leaving, clockwise from north").unit("degrees"),
    c("source_road_length", "Length of the segment left, rounded").unit("m"),
    c("source_stress", "Stress of the segment left: 1 or 3"),
    c("target_road_azi", "Heading when entering, clockwise from north").unit("degrees"),
    c("target_road_length", "Length of the segment entered, rounded").unit("m"),
    c("target_stress", "Stress of the segment entered: 1 or 3"),
    c("link_cost", "Half the length of both segments").unit("m"),
    c("link_stress", "The worst of the three: 1 or 3"),
    c("source_road_id", "Segment left, as in neighborhood_ways").indexed(),
    c("target_road_id", "Segment entered, as in neighborhood_ways").indexed(),
];

const DESTINATIONS: &[ColumnInfo] = &[
    c("id", "Number of the place in its category"),
    c("blockid20", "Blocks that the place touches: geoid20 of neighborhood_census_blocks"),
    c("osm_id", "OSM node or way, negative for relations; empty for merged places").big(),
    c("*_name", "Name; empty for merged places"),
    c("pop_low_stress", "People who reach it on calm streets").unit("people"),
    c("pop_high_stress", "People who reach it on any street").unit("people"),
    c("pop_score", "Their ratio, 0 to 1"),
];

const AREAS: &[ColumnInfo] = &[
    c("category", "Category: the place is in neighborhood_<category>"),
    c("id", "id of the place there"),
    c("osm_id", "OSM way, negative for relations; empty for merged places").big(),
    c("name", "Name; empty for merged places"),
];

const SCORE_INPUTS: &[ColumnInfo] = &[
    c("id", "Row number"),
    c("category", "Group of the measure"),
    c("score_name", "What is measured"),
    c("score", "Value").four_decimals(),
    c("notes", "How it is computed"),
    c("human_explanation", "What it means"),
    c("use_*", "t: the row is the score of that category"),
];

const OVERALL_SCORES: &[ColumnInfo] = &[
    c("id", "Row number"),
    c("score_id", "Name of the score"),
    c("score_original", "Value as computed: scores 0 to 1, people, miles").four_decimals(),
    c("score_normalized", "Value for people: scores 0 to 100, miles with one decimal").four_decimals(),
    c("human_explanation", "What it means"),
];

const SPEED_LIMITS: &[ColumnInfo] = &[
    c("state_fips_code", "State").declared(Declared::Chars(2)),
    c("city_fips_code", "Place").declared(Declared::Chars(7)),
    c("state_speed", "Default of residential streets in the state").unit("mph"),
    c("city_speed", "Default of residential streets in the city").unit("mph"),
];

const MILEAGE: &[ColumnInfo] = &[
    c("feature_type", "Kind of bicycle infrastructure, or path"),
    c("total_mileage", "Length; a street with lanes on both sides counts twice").unit("miles"),
];

const PAIRS: &[ColumnInfo] = &[
    c("source_blockid20", "Block where the trip starts").indexed(),
    c("target_blockid20", "Block where it ends").indexed(),
    c("low_stress", "Connected calmly: a shared street, or a detour of at most 25 %"),
    c("low_stress_cost", "Shortest trip on calm streets").unit("m"),
    c("high_stress", "Connected at all: always t"),
    c("high_stress_cost", "Shortest trip on any street").unit("m"),
];

const OSM: &[ColumnInfo] = &[
    c("osm_id", "OSM id: of a node, of a way, or, negative, of a relation").big().indexed(),
    c("tags", "All tags, as an object of texts").json(),
];

const PARAMETERS: &[ColumnInfo] = &[
    c("key", "Name: a flag of the command line without its dashes, or suite.<key of the suite file>").indexed(),
    c("value", "Value as text; lists as JSON"),
];

const PROVENANCE: &[ColumnInfo] = &[
    c("role", "What it was read as: boundary, osm, blocks, population, jobs, speeds, suite"),
    c("name", "File name without folders"),
    c("bytes", "Size").unit("bytes").big(),
    c("sha256", "Checksum of the content, hexadecimal"),
    c("timestamp", "OSM data: date of the newest change they hold, UTC, seconds since 1970").unit("s").big(),
    c("url", "Where it was fetched from; none of a file of the user"),
    c("date", "Day on which its publisher changed it last, where the server says it (YYYY-MM-DD)"),
    c("licence", "Licence of the data, where it is known"),
    c("attribution", "What the publisher asks to be written beside the results"),
];
