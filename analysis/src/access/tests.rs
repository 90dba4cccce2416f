//! Access as a whole, on blocks that fit in a line.

mod geometry;
mod golden;

use super::totals::Miles;
use super::*;
use crate::connectivity::Pair;
use crate::import::{DestinationTable, Place, SpeedLimits, Streets};
use crate::model::{PerDirection, StressLevel, Unit, Utm};
use crate::network::{Attributes, BikeInfra, Segments};
use crate::stress::{Rating, Reason};
use crate::suite::BNA;
use geo_types::{Coord, MultiPolygon, Point, Rect};
use proptest::prelude::*;

/// Blocks with people, and who reaches whom; more by the fields.
#[derive(Clone, Debug, Default)]
struct World {
    people: Vec<f64>,
    jobs: Option<Vec<f64>>,
    outside: Vec<usize>,
    /// Source, target, calmly.
    pairs: Vec<(usize, usize, bool)>,
    /// Category, blocks touched.
    places: Vec<(&'static str, Vec<usize>)>,
    trails: Vec<[u32; 2]>,
}

impl World {
    fn of(people: &[f64], pairs: &[(usize, usize, bool)]) -> Self {
        Self { people: people.to_vec(), pairs: pairs.to_vec(), ..Self::default() }
    }

    fn place(mut self, category: &'static str, blocks: &[usize]) -> Self {
        self.places.push((category, blocks.to_vec()));
        self
    }

    fn blocks(&self) -> Blocks {
        Blocks {
            population: self.people.clone(),
            id: self.people.iter().map(|_| "".into()).collect(),
            in_boundary: (0..self.people.len()).map(|block| !self.outside.contains(&block)).collect(),
            jobs: self.jobs.clone(),
            ..Blocks::default()
        }
    }

    fn reach(&self) -> Reach {
        let mut rows = vec![Vec::new(); self.people.len()];
        for &(source, target, low) in &self.pairs {
            rows[source].push(Pair::new(BlockId::from(target), low.then_some(0), Some(0), low));
        }
        let mut reach = Reach::from_rows(&rows);
        reach.trails.clone_from(&self.trails);
        reach
    }

    fn score(&self, suite: &Suite) -> Scores {
        let tables = suite.categories.iter().filter(|category| category.has_destinations());
        let places = tables.map(|category| {
            let of_category = self.places.iter().filter(|place| place.0 == category.id);
            let blocks: Vec<Vec<BlockId>> =
                of_category.map(|place| place.1.iter().map(|&block| BlockId::from(block)).collect()).collect();
            Places { category: category.id.clone(), in_boundary: vec![true; blocks.len()], blocks }
        });
        score_places(&self.blocks(), &self.reach(), places.collect(), suite, Miles::default())
    }
}

fn category<'a>(scores: &'a Scores, id: &str) -> &'a CategoryScores {
    scores.categories.iter().find(|category| category.category == id).unwrap()
}

fn sheds<'a>(scores: &'a Scores, id: &str) -> &'a DestinationSheds {
    scores.destinations.iter().find(|table| table.category == id).unwrap()
}

fn total(scores: &Scores, id: &str) -> Option<i64> {
    scores.totals.iter().find(|row| row.id == id).unwrap().original_e4
}

fn group<'a>(scores: &'a Scores, id: &str) -> &'a GroupScores {
    scores.groups.iter().find(|group| group.group == id).unwrap()
}

#[test]
fn a_block_without_reach_has_zeros_for_places_and_null_for_people() {
    let scores = World::of(&[5.0], &[]).place("parks", &[0]).score(&Suite::bna());
    let pop = category(&scores, "pop");
    assert_eq!((pop.low[0], pop.high[0], pop.score[0]), (None, None, None));
    let parks = category(&scores, "parks");
    assert_eq!((parks.low[0], parks.high[0], parks.score[0]), (Some(0), Some(0), None));
    assert_eq!((scores.overall[0], scores.reachable_blocks[0]), (Some(0.0), Some(0)));
    assert_eq!(group(&scores, "recreation").score[0], None);
    assert_eq!((sheds(&scores, "parks").pop_low[0], sheds(&scores, "parks").pop_high[0]), (None, None));
    assert_eq!(total(&scores, "overall_score"), None);
    assert_eq!(total(&scores, "population_total"), Some(50_000));
    assert_eq!(total(&scores, "people"), Some(0), "a leaf without a value is 0");
    assert_eq!(total(&scores, "recreation"), None, "a group that nobody reaches is NULL");
    assert_eq!(total(&scores, "total_miles_low_stress"), None);
}

#[test]
fn nothing_calm_is_null_for_people_and_zero_for_places() {
    let scores = World::of(&[5.0, 7.0], &[(0, 1, false)]).place("parks", &[1]).score(&Suite::bna());
    let pop = category(&scores, "pop");
    assert_eq!((pop.low[0], pop.high[0], pop.score[0]), (None, Some(7), None));
    let parks = category(&scores, "parks");
    assert_eq!((parks.low[0], parks.high[0], parks.score[0]), (Some(0), Some(1), Some(0.0)));
    assert_eq!((sheds(&scores, "parks").pop_low[0], sheds(&scores, "parks").pop_high[0]), (None, Some(5)));
    assert_eq!(sheds(&scores, "parks").pop_score[0], None);
}

#[test]
fn an_empty_city_has_all_its_rows() {
    let scores = World::of(&[], &[]).score(&Suite::bna());
    assert_eq!((scores.inputs.len(), scores.totals.len()), (132, 23));
}

#[test]
fn a_place_in_two_blocks_counts_once_and_so_does_who_reaches_it() {
    let pairs = [(0, 0, true), (0, 1, false), (1, 0, false), (1, 1, true)];
    let scores = World::of(&[5.0, 7.0], &pairs).place("parks", &[0, 1]).score(&Suite::bna());
    let parks = category(&scores, "parks");
    assert_eq!((&parks.low[..], &parks.high[..]), (&[Some(1); 2][..], &[Some(1); 2][..]));
    assert_eq!((sheds(&scores, "parks").pop_low[0], sheds(&scores, "parks").pop_high[0]), (Some(12), Some(12)));
}

#[test]
fn sums_of_people_are_stored_half_to_even() {
    let scores = World::of(&[0.5, 2.0], &[(0, 0, true), (0, 1, true), (1, 0, true)]).score(&Suite::bna());
    assert_eq!(category(&scores, "pop").high, [Some(2), Some(0)]);
}

/// Edition `current`: a shop beyond the city line counts, the block it stands in does not.
#[test]
fn blocks_outside_are_destinations_only() {
    let mut world = World::of(&[10.0, 90.0], &[(0, 0, true), (0, 1, true)]).place("retail", &[1]);
    world.outside = vec![1];
    world.trails = vec![[1, 1]; 2];
    let scores = world.score(&Suite::bna());
    assert_eq!(category(&scores, "retail").high, [Some(1), None]);
    assert_eq!(category(&scores, "trails").high, [Some(1), None]);
    assert_eq!(category(&scores, "pop").high, [Some(100), None]);
    assert_eq!((scores.overall[1], scores.reachable_blocks[1]), (None, None));
    assert_eq!(total(&scores, "population_total"), Some(100_000));
    assert_eq!(total(&scores, "retail"), Some(10_000), "weighted by the people inside");
    assert_eq!(total(&scores, "people"), Some(10_000));
    assert_eq!(sheds(&scores, "retail").pop_high, [Some(10)]);
}

/// Q4: employment is always in the denominator of opportunity, and never activates it alone.
#[test]
fn employment_always_divides_and_never_activates() {
    let pairs = [(0, 0, true)];
    let with_school = World::of(&[1.0], &pairs).place("schools", &[0]).score(&Suite::bna());
    let expected = 100.0 * (15.0 + 20.0 * 0.35 / 0.7) / 35.0;
    assert!((with_school.overall[0].unwrap() - expected).abs() < 1e-12);
    assert_eq!(group(&with_school, "opportunity").score[0], Some(1.0), "the published column leaves employment out");
    assert_eq!(total(&with_school, "opportunity"), Some(10_000));

    let with_jobs = World { jobs: Some(vec![3.0]), ..World::of(&[1.0], &pairs) }.score(&Suite::bna());
    assert_eq!(with_jobs.overall[0], Some(100.0), "people only");
    assert_eq!(group(&with_jobs, "opportunity").score[0], Some(1.0));
    assert_eq!(total(&with_jobs, "opportunity_employment"), Some(10_000));
}

/// Q34: whoever reaches nothing counts in the people score, not in the overall score.
#[test]
fn stranded_people_lower_the_people_score_only() {
    let scores = World::of(&[1.0, 3.0], &[(0, 0, true)]).score(&Suite::bna());
    assert_eq!(total(&scores, "people"), Some(2_500));
    assert_eq!(total(&scores, "overall_score"), Some(10_000));
}

#[test]
fn group_totals_divide_by_what_some_block_reaches() {
    let pairs = [(0, 0, true), (0, 1, false)];
    let world = World::of(&[1.0, 0.0], &pairs).place("parks", &[0]).place("parks", &[1]);
    let scores = World { trails: vec![[0, 1], [0, 0]], ..world }.score(&Suite::bna());
    assert_eq!(total(&scores, "recreation_parks"), Some(3_000));
    assert_eq!(total(&scores, "recreation_trails"), Some(0));
    assert_eq!(total(&scores, "recreation"), Some(1_600), "0.4 · 0.3 / 0.75");
}

const LIBRARIES: &str = r#"
[[category]]
id = "libraries"
group = "recreation"
weight = 0.5
kind = "each"
name_column = "library_name"
polygons = [{ amenity = ["library"] }]
curve = { first = 0.5, second = 0, third = 0 }
score_id = "recreation_libraries"
flag = "use_libraries"
labels = { low_stress = "libraries", access = "library", average = "libraries" }
"#;

#[test]
fn one_more_row_in_the_suite_shows_up_everywhere() {
    let suite = Suite::parse(&format!("{BNA}{LIBRARIES}"), "test").unwrap();
    let pairs = [(0, 0, true), (0, 1, false)];
    let world = World::of(&[2.0, 0.0], &pairs).place("parks", &[0]).place("libraries", &[0]).place("libraries", &[1]);
    let scores = world.score(&suite);
    let libraries = category(&scores, "libraries");
    assert_eq!((libraries.low[0], libraries.high[0], libraries.score[0]), (Some(1), Some(2), Some(0.5)));
    assert_eq!(group(&scores, "recreation").score[0], Some((0.4 + 0.25) / 0.9));
    let expected = 100.0 * (15.0 + 15.0 * (0.4 + 0.25) / 0.9) / 30.0;
    assert!((scores.overall[0].unwrap() - expected).abs() < 1e-12);
    assert_eq!(scores.destinations.last().map(|table| &table.pop_high[..]), Some(&[Some(2), Some(2)][..]));
    assert_eq!(total(&scores, "recreation_libraries"), Some(5_000));
    assert_eq!(total(&scores, "recreation"), Some(7_222));
    let position = |id: &str| scores.totals.iter().position(|row| row.id == id);
    assert_eq!(position("recreation_libraries").map(|row| row + 1), position("recreation"));
    assert_eq!((scores.inputs.len(), scores.totals.len()), (141, 24));
    let names: Vec<_> = scores.inputs[132..].iter().map(|row| row.name.as_str()).collect();
    assert_eq!(
        names,
        [
            "Average score of low stress access to libraries",
            "Median score of library access",
            "70th percentile score of library access",
            "30th percentile score of library access",
            "Average score of access to libraries",
            "Average library bike shed access score",
            "Median library population shed score",
            "70th percentile library population shed score",
            "30th percentile library population shed score",
        ]
    );
    assert_eq!(scores.inputs[136].flag.as_deref(), Some("use_libraries"));
    assert_eq!(scores.inputs[136].category, "Recreation");
}

#[test]
fn a_changed_weight_changes_what_it_weighs() {
    let text = BNA.replace("group = \"retail\"\nweight = 1", "group = \"recreation\"\nweight = 0.6");
    let text = text.replace("id = \"retail\"\ntitle = \"Retail\"\nweight = 15", "").replace("[[group]]\n\n", "");
    let text = text.replace("title = \"Recreation\"\nweight = 15", "title = \"Recreation\"\nweight = 30");
    let suite = Suite::parse(&text, "test").unwrap();
    let pairs = [(0, 0, true), (0, 1, false)];
    let scores = World::of(&[2.0, 0.0], &pairs).place("parks", &[0]).place("retail", &[1]).score(&suite);
    assert_eq!(group(&scores, "recreation").score[0], Some(0.4));
    let expected = 100.0 * (15.0 + 30.0 * 0.4) / 45.0;
    assert!((scores.overall[0].unwrap() - expected).abs() < 1e-12);
}

/// A suite in which nothing always counts must not divide by zero.
#[test]
fn a_block_in_which_nothing_counts_has_zero() {
    let suite = Suite::parse(&BNA.replacen("always_counts = true ", "always_counts = false ", 1), "test").unwrap();
    assert_eq!(World::of(&[1.0], &[]).score(&suite).overall, [Some(0.0)]);
}

/// From geometry to scores, both editions: one block and one shop inside, one block outside; a street that leaves, with a lane one way.
#[test]
fn the_whole_room_on_two_blocks() {
    let square = |x: f64| MultiPolygon::new(vec![Rect::new((x, 0.0), (x + 1000.0, 1000.0)).to_polygon()]);
    let mut world = World::of(&[10.0, 20.0], &[(0, 0, true), (0, 1, true)]);
    world.outside = vec![1];
    let shop = |x: f64| {
        let point = Point::new(x, 500.0);
        Place { osm_id: None, name: None, point_m: point, point, polygon_m: None }
    };
    let schools =
        DestinationTable { category: "schools".into(), places: vec![shop(500.0), shop(1500.0), shop(1000.0)] };
    let blocks = Blocks { geometry_m: vec![square(0.0), square(1000.0)], ..world.blocks() };
    let city = City {
        streets: Streets::default(),
        blocks,
        destinations: vec![schools],
        speeds: SpeedLimits::default(),
        unit: Unit::default(),
        osm_report: crate::import::osm::ReadReport::default(),
        extract: None,
        features: None,
    };
    let bike_infra = PerDirection { ft: Some(BikeInfra::Lane), tf: None };
    let segments = Segments {
        way_id: vec![1],
        first_point: vec![0, 2],
        xy: vec![Coord { x: 500.0, y: 500.0 }, Coord { x: 1500.0, y: 500.0 }],
        length_m: vec![1000.0],
        attributes: vec![Attributes { bike_infra, ..golden::plain_attributes() }],
        ..Segments::default()
    };
    let network = StreetNetwork { segments, ..StreetNetwork::default() };
    let rating = |level| Rating { level, reason: Reason::Expressway };
    let segment = vec![PerDirection { ft: rating(Some(StressLevel::Low)), tf: rating(None) }];
    let ratings = StressRatings { segment, ..StressRatings::default() };
    let area = StudyArea {
        name: String::new(),
        boundary: square(0.0),
        boundary_m: square(0.0),
        first_feature: square(0.0),
        buffered: square(0.0),
        buffered_m: square(0.0),
        projection: Utm::of(Coord { x: 9.0, y: 47.0 }),
        attributes: vec![],
        notes: vec![],
    };
    let of = |edition| score(&city, &network, &ratings, &world.reach(), &area, &Suite::bna(), edition);
    let scores = of(Edition::Current);
    assert_eq!(sheds(&scores, "schools").blocks, [vec![BlockId(0)], vec![BlockId(1)], vec![BlockId(0), BlockId(1)]]);
    assert_eq!(sheds(&scores, "schools").pop_high, [Some(10), None, Some(10)], "the second school is not of this city");
    assert_eq!(category(&scores, "schools").low, [Some(3), None]);
    assert_eq!(total(&scores, "total_miles_low_stress"), Some(3_107));
    assert_eq!(total(&scores, "total_miles_high_stress"), None);
    assert_eq!(scores.mileage, [("lane", 500.0 / 1609.34)]);
    assert_eq!(of(Edition::Reference).mileage, [("lane", 1000.0 / 1609.34)]);
}

#[test]
fn every_row_has_its_words() {
    let scores = World::of(&[1.0], &[]).score(&Suite::bna());
    for row in &scores.inputs {
        for text in [&row.category, &row.name, &row.notes, &row.explanation] {
            assert!(!text.is_empty() && !text.contains("  ") && !text.contains('{'), "{text}");
        }
    }
    let explained = |id: &str| scores.totals.iter().find(|row| row.id == id).unwrap().explanation.clone();
    let expected = "On average, census blocks in the neighborhood received this K12 schools score.";
    assert_eq!(explained("opportunity_k12_education").as_deref(), Some(expected));
    assert_eq!(explained("total_miles_low_stress").as_deref(), Some("Total low-stress miles"));
    assert_eq!(explained("core_services"), None);
}

fn worlds() -> impl Strategy<Value = World> {
    let people = prop::collection::vec(0_u32..500, 1..12);
    people.prop_flat_map(|people| {
        let n = people.len();
        let pairs = prop::collection::btree_map((0..n, 0..n), any::<bool>(), 0..60);
        let category = prop::sample::select(vec!["parks", "schools", "retail", "doctors", "transit"]);
        let places = prop::collection::vec((category, prop::collection::btree_set(0..n, 0..4)), 0..90);
        (Just(people), pairs, places).prop_map(|(people, pairs, places)| World {
            people: people.into_iter().map(f64::from).collect(),
            pairs: pairs.into_iter().map(|((source, target), low)| (source, target, low)).collect(),
            places: places.into_iter().map(|(category, blocks)| (category, blocks.into_iter().collect())).collect(),
            ..World::default()
        })
    })
}

/// Populations whose float sum depends on the order: any number of threads must give the same scores.
#[test]
fn threads_do_not_show() {
    let blocks = 300;
    let people: Vec<f64> = (0..blocks).map(|block| 0.1 + 1.0 / (f64::from(block) + 3.0)).collect();
    let pairs: Vec<_> =
        (0..300).flat_map(|source| (0..30).map(move |k| (source, source * k % 300, k % 3 == 0))).collect();
    let world = (0..90).fold(World::of(&people, &pairs), |world, k| world.place("retail", &[k, 299 - k]));
    let with = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        format!("{:?}", pool.install(|| world.score(&Suite::bna())))
    };
    assert_eq!(with(1), with(7));
}

proptest! {
    #[test]
    fn scaling_all_populations_leaves_scores_unchanged(world in worlds(), factor in 1_u32..1000) {
        let mut scaled = world.clone();
        scaled.people.iter_mut().for_each(|people| *people *= f64::from(factor));
        let suite = Suite::bna();
        let (one, other) = (world.score(&suite), scaled.score(&suite));
        prop_assert_eq!(&one.overall, &other.overall);
        for (one, other) in one.categories.iter().zip(&other.categories) {
            prop_assert_eq!(&one.score, &other.score);
        }
        for (one, other) in one.destinations.iter().zip(&other.destinations) {
            prop_assert_eq!(&one.pop_score, &other.pop_score);
        }
        prop_assert_eq!(&one.inputs, &other.inputs);
        for (one, other) in one.totals.iter().zip(&other.totals).filter(|(row, _)| row.id != "population_total") {
            prop_assert_eq!(one, other);
        }
    }

    /// The calm counts never exceed the others, scores lie between 0 and 1, and counting agrees with the plain definition.
    #[test]
    fn counts_are_those_of_the_definition(world in worlds()) {
        let scores = world.score(&Suite::bna());
        for table in &scores.categories {
            for source in 0..world.people.len() {
                let reaches = |calm: bool, block: &usize| {
                    world.pairs.iter().any(|&(s, t, low)| s == source && t == *block && (low || !calm))
                };
                let count = |calm| {
                    let of_table = world.places.iter().filter(|place| place.0 == table.category);
                    of_table.filter(|place| place.1.iter().any(|block| reaches(calm, block))).count() as i64
                };
                if ["parks", "schools", "retail", "doctors", "transit"].contains(&table.category.as_str()) {
                    prop_assert_eq!((table.low[source], table.high[source]), (Some(count(true)), Some(count(false))));
                }
                prop_assert!(table.score[source].is_none_or(|score| (0.0..=1.0).contains(&score)));
            }
        }
        prop_assert!(scores.overall.iter().flatten().all(|score| (0.0..=100.0 + 1e-9).contains(score)));
    }
}
