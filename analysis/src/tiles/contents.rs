//! What the tiles show: which table becomes which layer, with which columns from which zoom.

/// A layer of the tiles.
#[derive(Clone, Copy, Debug)]
pub struct TileLayer {
    /// Name in the tiles.
    pub id: &'static str,
    /// Published table it shows.
    pub table: &'static str,
    /// What a feature is, for people.
    pub description: &'static str,
    /// Whole-number column that also becomes the feature's id, so that a map can mark what is clicked.
    pub key: &'static str,
    /// Columns; one the table lacks is left out, a NULL is a missing attribute.
    pub columns: &'static [TileColumn],
}

/// A column of a layer.
#[derive(Clone, Copy, Debug)]
pub struct TileColumn {
    /// Published name.
    pub name: &'static str,
    /// What it means, for people.
    pub description: &'static str,
    /// Lowest zoom at which it is written.
    pub from_zoom: u8,
}

/// Where single streets can be told apart and clicked. Below, only what colours the map is written: identities and reasons
/// are different in every feature and would be most of such a tile.
const CLICK: u8 = 12;

const fn always(name: &'static str, description: &'static str) -> TileColumn {
    TileColumn { name, description, from_zoom: 0 }
}

const fn on_click(name: &'static str, description: &'static str) -> TileColumn {
    TileColumn { name, description, from_zoom: CLICK }
}

/// Street segments (bna-method §2.6; the reference's map styles them by stress, infrastructure and class, §12.1).
pub const WAYS: TileLayer = TileLayer {
    id: "ways",
    table: "neighborhood_ways",
    description: "Street segments with their traffic stress in each direction (ft: as drawn, tf: against)",
    key: "road_id",
    columns: &[
        always("functional_class", "Class of the street"),
        always("ft_seg_stress", "Stress along the segment as drawn: 1 low, 3 high"),
        always("tf_seg_stress", "Stress along the segment against its drawing: 1 low, 3 high"),
        always("ft_int_stress", "Stress of crossing at its end: 1 low, 3 high"),
        always("tf_int_stress", "Stress of crossing at its start: 1 low, 3 high"),
        always("ft_bike_infra", "Bicycle infrastructure as drawn: sharrow, lane, buffered_lane, track"),
        always("tf_bike_infra", "Bicycle infrastructure against the drawing: sharrow, lane, buffered_lane, track"),
        always("one_way", "Only direction in which one may cycle: ft or tf"),
        always("xwalk", "1 on a path that is a crosswalk"),
        always("island_id", "Low-stress island it belongs to, 1 the longest"),
        on_click("road_id", "Number of the segment"),
        on_click("osm_id", "OpenStreetMap way"),
        on_click("name", "Name of the street"),
        on_click("ft_seg_stress_reason", "Rule that set ft_seg_stress"),
        on_click("tf_seg_stress_reason", "Rule that set tf_seg_stress"),
        on_click("ft_int_stress_reason", "Rule that set ft_int_stress"),
        on_click("tf_int_stress_reason", "Rule that set tf_int_stress"),
        on_click("speed_limit", "Speed limit in miles per hour"),
        on_click("one_way_car", "Only direction in which one may drive: ft or tf"),
        on_click("width_ft", "Width of the street in feet"),
        on_click("ft_lanes", "Car lanes as drawn"),
        on_click("tf_lanes", "Car lanes against the drawing"),
        on_click("ft_bike_infra_width", "Width of the bicycle lane as drawn, in feet"),
        on_click("tf_bike_infra_width", "Width of the bicycle lane against the drawing, in feet"),
    ],
};

/// Census blocks (bna-method §9.3).
pub const BLOCKS: TileLayer = TileLayer {
    id: "blocks",
    table: "neighborhood_census_blocks",
    description: "Census blocks with the scores of what their people reach on low-stress streets",
    key: "gid",
    columns: &[
        always("overall_score", "Overall score, 0 to 100"),
        always("opportunity_score", "Jobs and education"),
        always("core_services_score", "Doctors, dentists, hospitals, pharmacies, supermarkets, social services"),
        always("recreation_score", "Parks, trails, community centers"),
        always("pop_score", "Population reached on low-stress streets, scored"),
        always("emp_score", "Jobs reached, scored"),
        always("schools_score", "Schools reached, scored"),
        always("universities_score", "Universities reached, scored"),
        always("colleges_score", "Colleges reached, scored"),
        always("doctors_score", "Doctors reached, scored"),
        always("dentists_score", "Dentists reached, scored"),
        always("hospitals_score", "Hospitals reached, scored"),
        always("pharmacies_score", "Pharmacies reached, scored"),
        always("retail_score", "Retail areas reached, scored"),
        always("supermarkets_score", "Supermarkets reached, scored"),
        always("social_services_score", "Social services reached, scored"),
        always("parks_score", "Parks reached, scored"),
        always("trails_score", "Trails reached, scored"),
        always("community_centers_score", "Community centers reached, scored"),
        always("transit_score", "Transit stations reached, scored"),
        always("in_boundary", "Whether it lies in the boundary and is scored"),
        on_click("gid", "Number of the block"),
        on_click("geoid20", "Census identifier"),
        on_click("pop20", "Population"),
        on_click("reachable_blocks", "Blocks reached on low-stress streets"),
    ],
};
