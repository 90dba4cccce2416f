use super::*;
use crate::access::{CategoryScores, DestinationSheds, GroupScores, OverallScore, ScoreInput};
use crate::import::{Blocks, DestinationTable, Place, SpeedLimits, Streets};
use crate::model::{BlockId, Direction, JunctionId, PerDirection, SegmentId, StressLevel, TrailId, Unit, Utm};
use crate::network::{Attributes, BikeInfra, FunctionalClass, Junctions, Links, Segments, Trail};
use crate::stress::{LinkStress, Rating, Reason};
use geo_types::{Coord, polygon};

/// Results of every stage for two streets that meet, two blocks and a doctor.
pub(crate) struct Results {
    area: StudyArea,
    city: City,
    network: StreetNetwork,
    ratings: StressRatings,
    reach: Reach,
    scores: Scores,
    suite: Suite,
}

pub(crate) fn layers_of(of: &Results, edition: Edition) -> Layers {
    super::of(&of.area, &of.city, &of.network, &of.ratings, &of.reach, &of.scores, &of.suite, edition)
}

/// Every table there is, for what describes them.
pub(crate) fn everything() -> Layers {
    let mut results = two_streets();
    results.city.blocks.jobs = Some(vec![1.0, 2.0]);
    let mut layers = layers_of(&results, Edition::Current);
    layers.tables.push(pairs::table(&results.reach, &results.city.blocks.id));
    layers.tables.extend(osm::tables(&crate::import::features::Features::default(), results.area.projection));
    layers.tables.extend([run::parameters(&[]), run::provenance(&[])]);
    layers
}

pub(crate) fn two_streets() -> Results {
    let suite = Suite::bna();
    Results {
        area: area(),
        city: city(),
        network: network(),
        ratings: ratings(),
        reach: reach(),
        scores: scores(&suite),
        suite,
    }
}

fn square(at: f64) -> MultiPolygon<f64> {
    MultiPolygon(vec![polygon![(x: at, y: 0.0), (x: at + 1.0, y: 0.0), (x: at + 1.0, y: 1.0), (x: at, y: 0.0)]])
}

fn area() -> StudyArea {
    StudyArea {
        name: "here".into(),
        boundary: square(0.0),
        boundary_m: square(0.0),
        first_feature: square(0.0),
        buffered: square(0.0),
        buffered_m: square(0.0),
        projection: Utm::of(Coord { x: 25.0, y: 60.0 }),
        attributes: vec![Column::new("name", Values::Text(vec![Some("here".into())]))],
        notes: vec![],
    }
}

fn city() -> City {
    let place = |osm_id, name: &str, polygon_m| Place {
        osm_id,
        name: (!name.is_empty()).then(|| name.into()),
        point_m: Point::new(1.0, 2.0),
        point: Point::new(24.0, 60.0),
        polygon_m,
    };
    let table = |category: &str, places| DestinationTable { category: category.into(), places };
    City {
        streets: Streets::default(),
        blocks: Blocks {
            id: vec!["b".into(), "a".into()],
            population: vec![60.0, 40.0],
            geometry_m: vec![square(1.0), square(0.0)],
            geometry: vec![square(1.0), square(0.0)],
            in_boundary: vec![false, true],
            gid: vec![5, 9],
            attributes: vec![
                Column::new("pop20", Values::Float(vec![Some(60.0), Some(40.0)])),
                Column::new("geoid20", Values::Text(vec![Some("b".into()), Some("a".into())])),
            ],
            jobs: None,
            notes: vec![],
        },
        destinations: vec![
            table("doctors", vec![place(Some(-7), "Dr. Who", Some(square(3.0))), place(None, "", None)]),
            table("retail", vec![place(None, "", Some(square(4.0)))]),
        ],
        speeds: SpeedLimits { state_mph: Some(30), state_fips: Some("06".into()), ..SpeedLimits::default() },
        unit: Unit::Miles,
        osm_report: crate::import::osm::ReadReport::default(),
        extract: None,
        features: None,
    }
}

fn attributes() -> Attributes {
    Attributes {
        class: FunctionalClass::Tertiary,
        tagged_class: FunctionalClass::Residential,
        xwalk: false,
        bicycle_no: false,
        speed_limit_mph: Some(30),
        one_way_car: Some(Direction::Ft),
        one_way: None,
        width_ft: None,
        bike_infra: PerDirection { ft: Some(BikeInfra::BufferedLane), tf: None },
        bike_infra_width_ft: PerDirection { ft: Some(6.5), tf: None },
        lanes: PerDirection { ft: Some(2), tf: None },
        cross_lanes: PerDirection::default(),
        turn_lane: true,
        parking: PerDirection { ft: Some(true), tf: Some(false) },
    }
}

/// Way 20 from node 300 to 100, way 10 from node 100 to 200.
fn network() -> StreetNetwork {
    let at = |x: f64| Coord { x, y: 0.0 };
    StreetNetwork {
        segments: Segments {
            way_id: vec![20, 10],
            tag_id: vec![110, 108],
            name: vec![Some("Käsweg".into()), None],
            oneway: vec!["UNKNOWN", "YES"],
            from: vec![JunctionId(2), JunctionId(0)],
            to: vec![JunctionId(0), JunctionId(1)],
            first_point: vec![0, 2, 4],
            lonlat: vec![at(24.0), at(24.1), at(24.1), at(24.2)],
            xy: vec![at(0.0), at(10.5), at(10.5), at(12.0)],
            length_m: vec![10.5, 1.5],
            attributes: vec![attributes(), Attributes { xwalk: true, ..attributes() }],
            trail: vec![None, Some(TrailId(0))],
        },
        junctions: Junctions {
            osm_id: vec![100, 200, 300],
            lonlat: vec![at(24.1), at(24.2), at(24.0)],
            xy: vec![at(10.5), at(12.0), at(0.0)],
            legs: vec![2, 1, 1],
            signalized: vec![true, false, false],
            stops: vec![false; 3],
            rrfb: vec![false; 3],
            island: vec![false; 3],
        },
        links: Links {
            first: vec![0, 1, 2],
            target: vec![SegmentId(1), SegmentId(0)],
            junction: vec![JunctionId(0), JunctionId(0)],
            source_dir: vec![Direction::Ft, Direction::Tf],
            target_dir: vec![Direction::Tf, Direction::Ft],
            cost_m: vec![6, 6],
            source_azimuth: vec![Some(90), Some(270)],
            target_azimuth: vec![Some(90), None],
            turn_angle: vec![Some(0), None],
            crosses: vec![false, true],
        },
        trails: vec![Trail { segments: vec![SegmentId(1)], length_m: 2, diagonal_m: 2, is_destination: false }],
    }
}

fn ratings() -> StressRatings {
    let (low, high) = (Some(StressLevel::Low), Some(StressLevel::High));
    let rating = |level| Rating { level, reason: Reason::Expressway };
    let link = LinkStress { source: high, crossing: low, target: None, total: high };
    StressRatings {
        segment: vec![PerDirection { ft: rating(high), tf: rating(None) }, PerDirection::both(rating(low))],
        crossing: vec![PerDirection { ft: rating(low), tf: rating(high) }, PerDirection::both(rating(low))],
        links: vec![link; 2],
        island: vec![None, Some(1)],
    }
}

fn reach() -> Reach {
    let mut reach = Reach::from_rows(&[vec![], vec![]]);
    reach.block_segments[0] = vec![SegmentId(0), SegmentId(1)];
    reach
}

fn scores(suite: &Suite) -> Scores {
    let category = |id: &String| CategoryScores {
        category: id.clone(),
        low: vec![None, Some(3)],
        high: vec![None, Some(4)],
        score: vec![None, Some(0.75)],
    };
    let group = |id: &str| GroupScores { group: id.into(), score: vec![None, Some(0.5)] };
    Scores {
        categories: suite.categories.iter().map(|row| category(&row.id)).collect(),
        groups: ["opportunity", "core_services", "recreation"].map(group).into(),
        overall: vec![None, Some(62.5)],
        reachable_blocks: vec![None, Some(2)],
        destinations: vec![DestinationSheds {
            category: "doctors".into(),
            blocks: vec![vec![BlockId(0), BlockId(1)], vec![]],
            pop_low: vec![Some(40), None],
            pop_high: vec![Some(100), None],
            pop_score: vec![Some(0.4), None],
        }],
        inputs: vec![ScoreInput {
            category: "People".into(),
            name: "Average score of access to population".into(),
            score_e4: Some(7839),
            notes: "n".into(),
            explanation: "e".into(),
            flag: Some("use_pop".into()),
        }],
        totals: vec![OverallScore {
            id: "people".into(),
            original_e4: Some(9339),
            normalized_e4: None,
            explanation: None,
        }],
        mileage: vec![("lane", 1.5)],
    }
}

fn names(layer: &Layer) -> String {
    layer.columns.iter().map(|column| &*column.name).collect::<Vec<_>>().join(" ")
}

fn column<'a>(layers: &'a Layers, table: &str, name: &str) -> &'a Values {
    let layer = layers.get(table).unwrap();
    &layer.columns.iter().find(|column| &*column.name == name).unwrap().values
}

fn texts(of: &[Option<&str>]) -> Values {
    Values::Text(of.iter().map(|text| text.map(Arc::from)).collect())
}

#[test]
fn tables_and_columns_are_those_of_the_reference_ours_behind_them() {
    let layers = layers_of(&two_streets(), Edition::Current);
    let tables: Vec<&str> = layers.tables.iter().map(|layer| &*layer.name).collect();
    let expected = "neighborhood_boundary neighborhood_census_blocks neighborhood_ways neighborhood_ways_intersections neighborhood_islands \
                    neighborhood_paths neighborhood_ways_net_link neighborhood_doctors neighborhood_retail neighborhood_destination_areas \
                    neighborhood_score_inputs neighborhood_overall_scores residential_speed_limit mileage";
    assert_eq!(tables.join(" "), expected);
    let of = |table: &str| names(layers.get(table).unwrap());
    assert_eq!(of("neighborhood_boundary"), "gid name");
    assert_eq!(
        of("neighborhood_ways"),
        "road_id osm_id tag_id name intersection_from intersection_to oneway tdg_id functional_class path_id speed_limit one_way_car one_way \
         width_ft ft_bike_infra ft_bike_infra_width tf_bike_infra tf_bike_infra_width ft_lanes tf_lanes ft_cross_lanes tf_cross_lanes \
         twltl_cross_lanes ft_park tf_park ft_seg_stress ft_int_stress tf_seg_stress tf_int_stress xwalk tagged_class ft_seg_stress_reason \
         tf_seg_stress_reason ft_int_stress_reason tf_int_stress_reason island_id"
    );
    assert_eq!(of("neighborhood_ways_intersections"), "int_id osm_id legs signalized stops rrfb island int_stress");
    assert_eq!(of("neighborhood_doctors"), "id blockid20 osm_id doctors_name pop_low_stress pop_high_stress pop_score");
    assert_eq!(of("neighborhood_retail"), "id blockid20 pop_low_stress pop_high_stress pop_score");
    assert_eq!(of("neighborhood_overall_scores"), "id score_id score_original score_normalized human_explanation");
    assert_eq!(of("residential_speed_limit"), "state_fips_code city_fips_code state_speed city_speed");
    assert_eq!(of("mileage"), "feature_type total_mileage");
    assert_eq!(
        of("neighborhood_score_inputs"),
        "id category score_name score notes human_explanation use_pop use_emp use_k12 use_tech use_univ use_doctor use_dentist use_hospital \
         use_pharmacy use_retail use_grocery use_social_svcs use_parks use_trails use_comm_ctrs use_transit"
    );
    assert_eq!(
        of("neighborhood_ways_net_link"),
        "int_osm_id source_osm_id source_from source_to source_metres source_road_dir target_osm_id target_from target_to target_metres \
         target_road_dir turn_angle int_crossing int_stress source_road_azi source_road_length source_stress target_road_azi \
         target_road_length target_stress link_cost link_stress source_road_id target_road_id"
    );
}

#[test]
fn blocks_have_the_columns_of_the_file_then_of_each_category() {
    let layers = layers_of(&two_streets(), Edition::Current);
    let of_blocks = names(layers.get("neighborhood_census_blocks").unwrap());
    let order = "pop emp schools universities colleges doctors dentists hospitals pharmacies retail supermarkets social_services parks trails \
                 community_centers transit";
    let categories: Vec<String> =
        order.split(' ').map(|id| format!("{id}_low_stress {id}_high_stress {id}_score")).collect();
    let expected = format!(
        "gid pop20 geoid20 road_ids {} overall_score reachable_blocks opportunity_score core_services_score recreation_score in_boundary",
        categories.join(" ")
    );
    assert_eq!(of_blocks, expected);
    let reference = layers_of(&two_streets(), Edition::Reference);
    assert_eq!(format!("{} in_boundary", names(reference.get("neighborhood_census_blocks").unwrap())), expected);
}

#[test]
fn blocks_are_sorted_by_id_in_all_columns_and_the_geometry() {
    let layers = layers_of(&two_streets(), Edition::Current);
    let of = |name| column(&layers, "neighborhood_census_blocks", name);
    assert_eq!(*of("geoid20"), texts(&[Some("a"), Some("b")]));
    assert_eq!(*of("gid"), Values::Int(vec![Some(9), Some(5)]));
    assert_eq!(*of("road_ids"), Values::IntList(vec![vec![], vec![1, 2]]));
    assert_eq!(*of("overall_score"), Values::Float(vec![Some(62.5), None]));
    assert_eq!(*of("in_boundary"), Values::Bool(vec![Some(true), Some(false)]));
    let Some(Geometry::Polygons { wgs84, metric }) = &layers.get("neighborhood_census_blocks").unwrap().geometry else {
        panic!("no polygons")
    };
    assert_eq!(
        (wgs84, metric),
        (&vec![Some(square(0.0)), Some(square(1.0))], &vec![Some(square(0.0)), Some(square(1.0))])
    );
}

#[test]
fn columns_of_the_file_that_are_named_like_ours_are_kept_under_another_name() {
    let mut results = two_streets();
    let twice = Column::new("gid", Values::Int(vec![Some(70), Some(90)]));
    results.city.blocks.attributes.extend([
        twice.clone(),
        twice,
        Column::new("overall_score", Values::Int(vec![None, None])),
    ]);
    let layers = layers_of(&results, Edition::Current);
    let of_blocks = names(layers.get("neighborhood_census_blocks").unwrap());
    assert!(
        of_blocks.starts_with("gid pop20 geoid20 source_gid source_source_gid source_overall_score road_ids "),
        "{of_blocks}"
    );
}

#[test]
fn ways_carry_values_as_published() {
    let layers = layers_of(&two_streets(), Edition::Current);
    let of = |name| column(&layers, "neighborhood_ways", name).clone();
    let ints = |of: [Option<i64>; 2]| Values::Int(of.to_vec());
    assert_eq!(of("road_id"), ints([Some(1), Some(2)]));
    assert_eq!(of("intersection_from"), ints([Some(3), Some(1)]));
    assert_eq!(of("functional_class"), texts(&[Some("tertiary"), Some("tertiary")]));
    assert_eq!(of("tagged_class"), texts(&[Some("residential"), Some("residential")]));
    assert_eq!(of("ft_bike_infra"), texts(&[Some("buffered_lane"), Some("buffered_lane")]));
    assert_eq!(of("one_way_car"), texts(&[Some("ft"), Some("ft")]));
    assert_eq!(of("twltl_cross_lanes"), ints([Some(1), Some(1)]));
    assert_eq!((of("ft_park"), of("tf_park")), (ints([Some(1), Some(1)]), ints([Some(0), Some(0)])));
    assert_eq!(of("xwalk"), ints([None, Some(1)]));
    assert_eq!(of("path_id"), ints([None, Some(1)]));
    assert_eq!((of("ft_seg_stress"), of("tf_seg_stress")), (ints([Some(3), Some(1)]), ints([None, Some(1)])));
    assert_eq!((of("ft_int_stress"), of("tf_int_stress")), (ints([Some(1), Some(1)]), ints([Some(3), Some(1)])));
    assert_eq!(of("island_id"), ints([None, Some(1)]));
    assert!(matches!(of("tf_seg_stress_reason"), Values::Text(reasons) if reasons.iter().all(Option::is_some)));
}

#[test]
fn the_name_of_a_segment_is_a_uuid_that_depends_on_its_osm_ids_only() {
    let names = |results: &Results| match column(&layers_of(results, Edition::Current), "neighborhood_ways", "tdg_id") {
        Values::Text(names) => names.iter().flatten().map(|name| name.to_string()).collect::<Vec<_>>(),
        _ => panic!("no texts"),
    };
    let mut results = two_streets();
    let before = names(&results);
    let shape: Vec<usize> = before[0].split('-').map(str::len).collect();
    assert_eq!((shape, &before[0][14..15]), (vec![8, 4, 4, 4, 12], "8"));
    results.network.segments.length_m[0] += 1.0;
    results.network.segments.lonlat[0].x += 1.0;
    assert_eq!(names(&results), before);
    results.network.segments.way_id[0] = 10;
    results.network.segments.from[0] = JunctionId(0);
    results.network.segments.to[0] = JunctionId(1);
    let twins = names(&results);
    assert_eq!(twins[0], before[1], "the first of a way between two nodes");
    assert_ne!(twins[0], twins[1], "the second one");
}

#[test]
fn links_are_sorted_by_what_they_mean() {
    let layers = layers_of(&two_streets(), Edition::Current);
    let mut out = Vec::new();
    crate::export::testing::csv(layers.get("neighborhood_ways_net_link").unwrap(), &mut out);
    let rows = "100,10,100,200,1.5000,tf,20,300,100,10.5000,ft,,t,1,270,2,3,,10,,6,3,2,1\n\
                100,20,300,100,10.5000,ft,10,100,200,1.5000,tf,0,f,1,90,10,3,90,2,,6,3,1,2\n";
    assert_eq!(String::from_utf8(out).unwrap().split_once('\n').unwrap().1, rows);
}

#[test]
fn destinations_name_their_blocks_and_areas_their_destination() {
    let layers = layers_of(&two_streets(), Edition::Current);
    let lists = Values::TextList(vec![vec!["a".into(), "b".into()], vec![]]);
    assert_eq!(*column(&layers, "neighborhood_doctors", "blockid20"), lists);
    assert_eq!(*column(&layers, "neighborhood_doctors", "osm_id"), Values::Int(vec![Some(-7), None]));
    assert_eq!(*column(&layers, "neighborhood_doctors", "pop_score"), Values::Float(vec![Some(0.4), None]));
    assert_eq!(*column(&layers, "neighborhood_retail", "pop_score"), Values::Float(vec![None]));
    assert_eq!(
        *column(&layers, "neighborhood_destination_areas", "category"),
        texts(&[Some("doctors"), Some("retail")])
    );
    assert_eq!(*column(&layers, "neighborhood_destination_areas", "name"), texts(&[Some("Dr. Who"), None]));
}

#[test]
fn a_junction_has_its_worst_crossing_and_a_block_its_jobs() {
    let layers = everything();
    let crossings = column(&layers, "neighborhood_ways_intersections", "int_stress");
    assert_eq!(*crossings, Values::Int(vec![Some(1), None, None]));
    assert_eq!(*column(&layers, "neighborhood_census_block_jobs", "blockid20"), texts(&[Some("a"), Some("b")]));
    assert_eq!(*column(&layers, "neighborhood_census_block_jobs", "jobs"), Values::Float(vec![Some(2.0), Some(1.0)]));
}

#[test]
fn only_the_chosen_groups_go_into_the_database() {
    let mut layers = everything();
    layers.keep_in_database(&[Group::Pairs, Group::Osm]);
    let chosen = layers.tables.iter().filter(|layer| layer.exports.database).map(|layer| layer.name.as_str());
    let expected = [PAIRS, "osm_points", "osm_lines", "osm_polygons", "run_parameters", "provenance"];
    assert_eq!(chosen.collect::<Vec<_>>(), expected);
    assert_eq!(views(&layers).count(), 0, "no view without its table");
}

#[test]
fn speed_limits_keep_leading_zeros() {
    let results = two_streets();
    let codes = |edition| {
        let layers = layers_of(&results, edition);
        let of = |name| column(&layers, "residential_speed_limit", name).clone();
        (of("state_fips_code"), of("city_fips_code"))
    };
    assert_eq!(codes(Edition::Current), (texts(&[Some("06")]), texts(&[None])));
    assert_eq!(codes(Edition::Reference), (texts(&[Some("06")]), texts(&[Some("0      ")])));
}

#[test]
fn islands_and_paths_are_summed_up() {
    let layers = layers_of(&two_streets(), Edition::Current);
    assert_eq!(*column(&layers, "neighborhood_islands", "length_m"), Values::Float(vec![Some(1.5)]));
    assert_eq!(*column(&layers, "neighborhood_islands", "segments"), Values::Int(vec![Some(1)]));
    assert_eq!(*column(&layers, "neighborhood_paths", "road_ids"), Values::IntList(vec![vec![2]]));
}

#[test]
fn stages_that_have_not_run_leave_nulls_and_no_tables() {
    let mut results = two_streets();
    (results.ratings, results.reach, results.scores) = Default::default();
    let layers = layers_of(&results, Edition::Current);
    assert_eq!(*column(&layers, "neighborhood_ways", "ft_seg_stress"), Values::Int(vec![None, None]));
    assert_eq!(*column(&layers, "neighborhood_census_blocks", "overall_score"), Values::Float(vec![None, None]));
    assert!(layers.get("neighborhood_score_inputs").is_none() && layers.get("neighborhood_overall_scores").is_none());
}

#[test]
fn every_column_of_ours_has_a_comment() {
    let layers = layers_of(&two_streets(), Edition::Current);
    for layer in &layers.tables {
        assert!(!layer.comment.is_empty());
        for column in layer.columns.iter().filter(|column| !["name", "pop20", "geoid20"].contains(&&*column.name)) {
            assert!(column_comment(&layer.name, &column.name).is_some(), "{}.{}", layer.name, column.name);
        }
    }
    assert!(PAIR_COLUMNS.iter().all(|name| column_comment(PAIRS, name).is_some()));
    assert_eq!(column_comment("neighborhood_census_blocks", "statefp20"), None, "the user's own");
}

#[test]
fn an_empty_city_makes_empty_tables() {
    let mut results = two_streets();
    results.network = StreetNetwork::default();
    results.city.blocks = Blocks::default();
    results.city.destinations.clear();
    (results.ratings, results.reach, results.scores) = Default::default();
    let layers = layers_of(&results, Edition::Current);
    assert!(
        layers
            .tables
            .iter()
            .filter(|layer| layer.rows() > 0)
            .map(|layer| &*layer.name)
            .eq(["neighborhood_boundary", "residential_speed_limit"])
    );
}
