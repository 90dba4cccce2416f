//! What is known of the published columns: meaning, unit, declared type. The one table of column names for people and writers.

/// A published column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ColumnInfo {
    /// Name; `*` in front or behind stands for the rest of a generated name.
    pub name: &'static str,
    /// What a value says.
    pub comment: &'static str,
    /// Unit, if it has one.
    pub unit: Option<&'static str>,
    /// What the reference declares beyond the kind of value.
    pub declared: Declared,
}

/// Declared type beyond the kind of value; decides widths in shapefiles and decimals in CSV (bna-method §9.2, §9.4).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Declared {
    /// INT, double precision, text, boolean or an array.
    #[default]
    Plain,
    /// BIGINT: OSM ids and serial ids.
    BigInt,
    /// CHAR or VARCHAR of that many characters.
    Chars(u8),
    /// NUMERIC with that many decimals.
    Decimals(u8),
}

const fn c(name: &'static str, comment: &'static str) -> ColumnInfo {
    ColumnInfo { name, comment, unit: None, declared: Declared::Plain }
}

impl ColumnInfo {
    const fn unit(self, unit: &'static str) -> Self {
        Self { unit: Some(unit), ..self }
    }

    const fn declared(self, declared: Declared) -> Self {
        Self { declared, ..self }
    }

    const fn big(self) -> Self {
        self.declared(Declared::BigInt)
    }

    const fn four_decimals(self) -> Self {
        self.declared(Declared::Decimals(4))
    }

    fn is_about(&self, name: &str) -> bool {
        match (self.name.strip_prefix('*'), self.name.strip_suffix('*')) {
            (Some(end), _) => name.len() > end.len() && name.ends_with(end),
            (_, Some(start)) => name.len() > start.len() && name.starts_with(start),
            _ => self.name == name,
        }
    }
}

/// What is known of a column; `None` for columns of the user's own files, which travel unchanged.
pub fn column_info(layer: &str, column: &str) -> Option<&'static ColumnInfo> {
    let columns = TABLES.iter().find(|(name, _)| *name == layer).map_or(DESTINATIONS, |(_, columns)| columns);
    columns.iter().find(|info| info.is_about(column))
}

/// What a value of the column says, for people.
pub fn column_comment(layer: &str, column: &str) -> Option<&'static str> {
    column_info(layer, column).map(|info| info.comment)
}

/// Width that the reference gives texts of the user's files: its tools declare them as VARCHAR(80).
pub(crate) const SOURCE_TEXT_WIDTH: usize = 80;

const TABLES: &[(&str, &[ColumnInfo])] = &[
    ("neighborhood_boundary", BOUNDARY),
    ("neighborhood_census_blocks", BLOCKS),
    ("neighborhood_ways", WAYS),
    ("neighborhood_ways_intersections", INTERSECTIONS),
    ("neighborhood_islands", ISLANDS),
    ("neighborhood_paths", PATHS),
    ("neighborhood_ways_net_link", LINKS),
    ("neighborhood_destination_areas", AREAS),
    ("neighborhood_score_inputs", SCORE_INPUTS),
    ("neighborhood_overall_scores", OVERALL_SCORES),
    ("residential_speed_limit", SPEED_LIMITS),
    ("mileage", MILEAGE),
    (super::PAIRS, PAIRS),
];

const BOUNDARY: &[ColumnInfo] = &[c("gid", "Row number: 1, the boundary is one multipolygon")];

const BLOCKS: &[ColumnInfo] = &[
    c("gid", "Row number in the file of blocks, from 1"),
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

const WAYS: &[ColumnInfo] = &[
    c("road_id", "Number of the segment: a piece of an OSM way between two junctions").big(),
    c("osm_id", "OSM way").big(),
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
    c("int_id", "Number of the junction: an end of any segment").big(),
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
    c("source_road_id", "Segment left, as in neighborhood_ways"),
    c("target_road_id", "Segment entered, as in neighborhood_ways"),
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
    c("source_blockid20", "Block where the trip starts"),
    c("target_blockid20", "Block where it ends"),
    c("low_stress", "Connected calmly: a shared street, or a detour of at most 25 %"),
    c("low_stress_cost", "Shortest trip on calm streets").unit("m"),
    c("high_stress", "Connected at all: always t"),
    c("high_stress_cost", "Shortest trip on any street").unit("m"),
];
