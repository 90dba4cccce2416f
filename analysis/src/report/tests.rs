//! Pages of a small hand-made place.

use super::comparison::{self, Run};
use super::{crossings, of};
use crate::layers::{Exports, Geometry, Layer, Layers};
use crate::model::{Column, Edition, Values};
use crate::suite::Suite;
use geo_types::{Coord, MultiPolygon, Point, polygon};
use quietway_job::manifest::{AnalysisRun, AnalysisState, Input, Manifest, SuiteUsed, Summary, Tool};

fn texts(name: &str, values: &[Option<&str>]) -> Column {
    Column::new(name, Values::Text(values.iter().map(|value| value.map(Into::into)).collect()))
}

fn ints(name: &str, values: &[Option<i64>]) -> Column {
    Column::new(name, Values::Int(values.to_vec()))
}

fn floats(name: &str, values: &[Option<f64>]) -> Column {
    Column::new(name, Values::Float(values.to_vec()))
}

fn layer(name: &str, columns: Vec<Column>, geometry: Option<Geometry>) -> Layer {
    Layer { name: name.into(), comment: "a test".into(), columns, geometry, exports: Exports::default() }
}

/// Two calm streets on either side of a stressful one, which crosses at junction 2; a block on each side.
pub(super) fn layers() -> Layers {
    let at = |x: f64, y: f64| Coord { x: 7.0 + x / 100.0, y: 43.0 + y / 100.0 };
    let lines = [[at(0.0, 1.0), at(1.0, 1.0)], [at(1.0, 1.0), at(2.0, 1.0)], [at(1.0, 0.0), at(1.0, 1.0)]];
    let wgs84 = lines.concat();
    let ways = vec![
        ints("road_id", &[Some(1), Some(2), Some(3)]),
        ints("osm_id", &[Some(10), Some(20), Some(30)]),
        texts("tdg_id", &[Some("a"), Some("b"), Some("c")]),
        texts("name", &[Some("A & <b>B</b>"), Some("Calm Street"), Some("Main \"Street\"")]),
        texts("functional_class", &[Some("residential"), Some("residential"), Some("primary")]),
        ints("intersection_from", &[Some(1), Some(2), Some(3)]),
        ints("intersection_to", &[Some(2), Some(4), Some(2)]),
        ints("ft_seg_stress", &[Some(1), Some(1), Some(3)]),
        ints("tf_seg_stress", &[Some(1), Some(1), None]),
        ints("ft_int_stress", &[Some(3), Some(1), Some(1)]),
        ints("tf_int_stress", &[Some(1), Some(3), Some(1)]),
        texts("ft_int_stress_reason", &[Some("crosses 4 lanes < 40 mph"), None, None]),
        texts("tf_int_stress_reason", &[None, None, None]),
        ints("island_id", &[Some(1), Some(2), None]),
    ];
    let square = |x: f64| polygon![at(x, 0.0), at(x + 1.0, 0.0), at(x + 1.0, 1.0), at(x, 1.0), at(x, 0.0)];
    let blocks = vec![
        texts("geoid20", &[Some("west"), Some("east")]),
        floats("pop20", &[Some(30.0), Some(10.0)]),
        floats("overall_score", &[Some(80.0), None]),
        ints("schools_low_stress", &[Some(2), Some(0)]),
        ints("schools_high_stress", &[Some(2), Some(1)]),
    ];
    let areas = |list: Vec<MultiPolygon<f64>>| {
        Some(Geometry::Polygons { wgs84: list.into_iter().map(Some).collect(), metric: vec![] })
    };
    let boundary = polygon![at(-0.1, -0.1), at(2.1, -0.1), at(2.1, 1.1), at(-0.1, 1.1), at(-0.1, -0.1)];
    let junctions = vec![ints("int_id", &[Some(1), Some(2)]), ints("osm_id", &[Some(100), Some(200)])];
    let points = Geometry::Points { wgs84: vec![Some(Point(at(0.0, 1.0))), Some(Point(at(1.0, 1.0)))], metric: vec![] };
    let scores = vec![
        texts(
            "score_id",
            &[
                Some("overall_score"),
                Some("opportunity_k12_education"),
                Some("total_miles_low_stress"),
                Some("total_miles_high_stress"),
                Some("population_total"),
            ],
        ),
        floats("score_original", &[Some(0.4321), Some(0.5), Some(2.0), Some(1.0), Some(40.0)]),
        floats("score_normalized", &[Some(43.21), Some(50.0), Some(2.0), Some(1.0), None]),
    ];
    let islands = vec![ints("island_id", &[Some(1), Some(2)]), floats("length_m", &[Some(800.0), Some(810.0)])];
    Layers {
        srid: 32632,
        edition: Edition::Current,
        tables: vec![
            layer("neighborhood_boundary", vec![ints("gid", &[Some(1)])], areas(vec![boundary.into()])),
            layer("neighborhood_census_blocks", blocks, areas(vec![square(0.0).into(), square(1.0).into()])),
            layer("neighborhood_ways", ways, Some(Geometry::Lines { first: vec![0, 2, 4, 6], wgs84, metric: vec![] })),
            layer("neighborhood_ways_intersections", junctions, Some(points)),
            layer("neighborhood_islands", islands, None),
            layer("neighborhood_overall_scores", scores, None),
            layer(
                "mileage",
                vec![texts("feature_type", &[Some("lane")]), floats("total_mileage", &[Some(0.25)])],
                None,
            ),
        ],
    }
}

fn manifest(country: &str) -> Manifest {
    let input = Input {
        role: "osm".into(),
        name: "a<b>.osm.pbf".into(),
        bytes: 1_234_567,
        sha256: "ab".repeat(32),
        timestamp: Some(951_782_400),
        url: None,
        licence: None,
        attribution: None,
        date: None,
    };
    Manifest {
        schema_version: 1,
        tool: Tool { name: "quietway".into(), version: "0".into() },
        edition: "current".into(),
        place: "St. <script>alert(1)</script> & Sons".into(),
        suite: SuiteUsed { name: "bna".into(), sha256: "cd".repeat(32) },
        parameters: [("country".to_owned(), country.into())].into(),
        inputs: vec![input],
        stages: vec![],
        peak_memory_bytes: 0,
        notes: vec!["1 OSM element has <odd> tags".into()],
        summary: Summary::default(),
        database: None,
        run: None,
        analyses: vec![
            analysis("Missing <links>", None, &["neighborhood_ways"]),
            analysis("Bad", Some("10-bad.sql:3: no such table"), &[]),
        ],
        artifacts: vec![],
    }
}

fn analysis(title: &str, error: Option<&str>, outputs: &[&str]) -> AnalysisRun {
    AnalysisRun {
        name: "10".into(),
        title: title.into(),
        state: if error.is_some() { AnalysisState::Failed } else { AnalysisState::Done },
        error: error.map(Into::into),
        outputs: outputs.iter().map(|name| (*name).into()).collect(),
        seconds: 0.0,
    }
}

#[test]
fn analyses_are_listed_with_their_rows_or_their_fault() {
    let text = page("IT");
    assert!(
        text.contains("Missing &lt;links&gt;</th><td><code>neighborhood_ways</code></td><td class=\"n\">3</td>"),
        "{text}"
    );
    assert!(text.contains("failed: 10-bad.sql:3: no such table"), "{text}");
}

fn page(country: &str) -> String {
    of(&layers(), &manifest(country), &Suite::bna())
}

#[test]
fn names_of_others_are_text_never_markup() {
    let compared =
        comparison::of(&run(&[]), &run(&[("name", texts("name", &[None, Some("<i>X</i>"), None])), street_changed()]));
    for text in [page("IT"), compared.clone()] {
        assert!(
            !text.contains("<script") && text.contains("St. &lt;script&gt;alert(1)&lt;/script&gt; &amp; Sons"),
            "{text}"
        );
    }
    let text = page("IT");
    assert!(text.contains("A &amp; &lt;b&gt;B&lt;/b&gt;") && !text.contains("<b>B</b>"));
    assert!(text.contains("a&lt;b&gt;.osm.pbf") && text.contains("&lt;odd&gt;"));
    assert!(compared.contains("&lt;i&gt;X&lt;/i&gt;") && !compared.contains("<i>X</i>"));
}

#[test]
fn a_page_asks_nothing_of_anybody() {
    for text in [page("IT"), comparison::of(&run(&[]), &run(&[street_changed()]))] {
        for reference in ["src=", "href=", "url(", "@import", "<script", "<link", "<iframe", "http:", "https:"] {
            assert!(!text.contains(reference), "{reference}");
        }
    }
}

#[test]
fn miles_or_kilometres_by_country() {
    let (metric, imperial) = (page("IT"), page("US"));
    assert!(metric.contains("0.40 km") && !metric.contains(" miles"), "{metric}");
    assert!(imperial.contains("0.25 miles") && !imperial.contains(" km"), "{imperial}");
}

#[test]
fn the_same_results_give_the_same_bytes() {
    assert_eq!(page("IT"), page("IT"));
}

#[test]
fn people_who_reach_a_school_are_counted_by_their_blocks() {
    let text = page("IT");
    assert!(
        text.contains("75\u{a0}% on calm streets, 100\u{a0}% on any street</title>")
            && text.contains("75\u{a0}% (any street: 100\u{a0}%)"),
        "{text}"
    );
    assert!(text.contains(r#"<data id="score-opportunity_k12_education" value="50">50.0</data>"#), "{text}");
}

#[test]
fn the_worst_crossing_is_the_one_that_keeps_most_apart() {
    let found = crossings::worst(&layers(), super::findings::boundary(&layers()));
    assert_eq!(found.len(), 1);
    assert_eq!((found[0].osm_node, found[0].islands_m), (200, [810.0, 800.0]));
    assert_eq!(found[0].streets, ["A & <b>B</b>", "Calm Street", "Main \"Street\""]);
    assert_eq!(found[0].reason, "crosses 4 lanes < 40 mph");
}

/// The small place with some columns of its streets replaced.
fn run(changed: &[(&str, Column)]) -> Run {
    let mut layers = layers();
    for (name, column) in changed {
        for table in &mut layers.tables {
            table.columns.iter_mut().filter(|old| &*old.name == *name).for_each(|old| *old = column.clone());
        }
    }
    Run { manifest: manifest("IT"), layers }
}

fn street_changed() -> (&'static str, Column) {
    ("ft_seg_stress", ints("ft_seg_stress", &[Some(1), Some(3), Some(1)]))
}

#[test]
fn a_result_compared_with_itself_has_no_change() {
    let text = comparison::of(&run(&[]), &run(&[]));
    for sentence in ["No street changed.", "No block’s score changed.", "None: the same inputs, the same parameters."]
    {
        assert!(text.contains(sentence), "{text}");
    }
    assert!(!text.contains("class=\"better\"") && !text.contains("class=\"worse\""), "{text}");
}

#[test]
fn streets_and_blocks_that_changed_are_named_and_drawn() {
    let after = run(&[
        street_changed(),
        ("overall_score", floats("overall_score", &[Some(70.0), Some(15.0)])),
        ("score_normalized", floats("score_normalized", &[Some(40.0), Some(50.0), Some(2.0), Some(1.0), None])),
        ("osm_id", ints("osm_id", &[Some(11), Some(20), Some(30)])),
    ]);
    let text = comparison::of(&run(&[]), &after);
    assert!(text.contains("4 street segments and 2 blocks changed"), "{text}");
    for row in ["became stressful", "became calm", "new in the data", "gone from the data", "Calm Street"] {
        assert!(text.contains(row), "{row}");
    }
    assert!(text.contains("−10.00") && text.contains("+15.00") && text.contains("−3.21"), "{text}");
    assert!(
        text.contains("30 people live in blocks that lose") || text.contains("10 people live in blocks that gain, 30"),
        "{text}"
    );
    assert!(
        text.contains(r#"class="s low" stroke-width="26""#) && text.contains(r#"class="s high" stroke-width="26""#)
    );
}
