use super::*;
use geo_types::{LineString, MultiPolygon, Polygon, polygon};

fn ring(points: &[(f64, f64)]) -> LineString<f64> {
    points.iter().copied().collect()
}

fn one(shell: &[(f64, f64)], holes: &[&[(f64, f64)]]) -> Vec<MultiPolygon<f64>> {
    vec![MultiPolygon::new(vec![Polygon::new(ring(shell), holes.iter().map(|hole| ring(hole)).collect())])]
}

fn run(features: Vec<MultiPolygon<f64>>) -> Result<Checked, BoundaryError> {
    check(features, &Limits::default())
}

const SQUARE: [(f64, f64); 5] = [(9.0, 47.0), (9.1, 47.0), (9.1, 47.1), (9.0, 47.1), (9.0, 47.0)];

#[test]
fn sound_polygons_stay_to_the_bit() {
    let hole = [(9.02, 47.02), (9.08, 47.02), (9.05, 47.08), (9.02, 47.02)];
    for shell in [SQUARE.to_vec(), SQUARE.iter().rev().copied().collect()] {
        let input = one(&shell, &[&hole]);
        let checked = run(input.clone()).unwrap();
        assert_eq!((checked.features, checked.notes), (input, vec![]));
    }
    // A hole that touches the outline, and a ring that touches itself, enclose the same area any way one counts.
    let touching = [(9.0, 47.0), (9.05, 47.02), (9.05, 47.05), (9.0, 47.0)];
    assert_eq!(run(one(&SQUARE, &[&touching])).unwrap().notes, Vec::<String>::new());
}

#[test]
fn a_bow_tie_is_refused_where_it_crosses() {
    let bow_tie = one(&[(9.0, 47.0), (9.1, 47.1), (9.1, 47.0), (9.0, 47.1), (9.0, 47.0)], &[]);
    let text = run(bow_tie).unwrap_err().to_string();
    assert!(text.starts_with("feature 1, part 1: the outline crosses itself"), "{text}");
    assert!(text.contains("near (9.050000, 47.050000)"), "{text}");
    // Crossing in a vertex of both loops, both of the same size: no signed area at all.
    let eight = [(9.0, 47.0), (9.05, 47.05), (9.1, 47.1), (9.1, 47.0), (9.05, 47.05), (9.0, 47.1), (9.0, 47.0)];
    assert!(matches!(run(one(&eight, &[])), Err(BoundaryError::Shape { .. })));
    // Round the same square twice.
    let twice: Vec<_> = SQUARE[..4].iter().chain(&SQUARE).copied().collect();
    assert!(matches!(run(one(&twice, &[])), Err(BoundaryError::Shape { .. })));
}

#[test]
fn tiny_loops_are_cut_and_said() {
    // A loop of half a metre at the upper right corner.
    let shell = [(9.0, 47.0), (9.1, 47.0), (9.1, 47.100_004), (9.100_004, 47.1), (9.0, 47.1), (9.0, 47.0)];
    let checked = run(one(&shell, &[])).unwrap();
    assert_eq!(checked.notes.len(), 1, "{:?}", checked.notes);
    assert!((checked.features[0].0[0].exterior().0.len()) >= 5);
    let area = |features: &[MultiPolygon<f64>]| features[0].chamberlain_duquette_unsigned_area();
    let square = area(&one(&SQUARE, &[]));
    assert!((area(&checked.features) / square - 1.0).abs() < 1e-6);
}

#[test]
fn duplicates_and_spikes_go() {
    let shell = [
        (9.0, 47.0),
        (9.0, 47.0),
        (9.1, 47.0),
        (9.3, 47.0), // a spike
        (9.1, 47.0),
        (9.1, 47.1),
        (9.0, 47.1),
        (9.0, 47.0),
        (8.9, 46.9), // a spike over the seam
        (9.0, 47.0),
    ];
    let checked = run(one(&shell, &[])).unwrap();
    assert_eq!(checked.features, one(&SQUARE, &[]));
    assert_eq!(checked.notes, ["removed duplicate points: 1", "removed spikes of no width: 2"]);
}

#[test]
fn rings_without_area() {
    for flat in
        [&[(9.0, 47.0), (9.1, 47.0), (9.0, 47.0)][..], &[(9.0, 47.0), (9.1, 47.0), (9.2, 47.0)], &[], &[(9.0, 47.0)]]
    {
        let text = run(one(flat, &[])).map(|_| ()).unwrap_err().to_string();
        assert!(text.contains("encloses no area") || text.contains("no polygon"), "{flat:?}: {text}");
    }
    let checked = run(one(&SQUARE, &[&[(9.05, 47.05), (9.06, 47.05)]])).unwrap();
    assert_eq!((checked.features, checked.notes.len()), (one(&SQUARE, &[]), 1));
}

#[test]
fn holes_must_lie_inside() {
    for hole in [
        [(9.2, 47.0), (9.3, 47.0), (9.3, 47.1), (9.2, 47.0)],
        [(9.05, 47.05), (9.3, 47.05), (9.3, 47.06), (9.05, 47.05)],
    ] {
        let text = run(one(&SQUARE, &[&hole])).unwrap_err().to_string();
        assert!(text.starts_with("feature 1, part 1, hole 1: the hole leaves its polygon"), "{text}");
    }
}

#[test]
fn positions_out_of_range() {
    let swap = |features: Vec<MultiPolygon<f64>>, f: fn(f64, f64) -> (f64, f64)| {
        use geo::MapCoords;
        features.iter().map(|feature| feature.map_coords(|at| f(at.x, at.y).into())).collect::<Vec<_>>()
    };
    let text = |f: fn(f64, f64) -> (f64, f64)| run(swap(one(&SQUARE, &[]), f)).unwrap_err().to_string();
    assert!(text(|x, y| (y - 10.0, x - 125.0)).contains("swapped"));
    assert!(text(|x, y| (x + 240.0, y)).contains("from 0 to -180"));
    assert!(text(|x, y| (x * 1e5, y * 1e5)).contains("reproject"));
    assert!(text(|_, y| (f64::NAN, y)).contains("finite"));
    assert!(text(|_, y| (f64::INFINITY, y)).contains("finite"));
}

#[test]
fn both_sides_of_the_date_line() {
    let fiji = MultiPolygon::new(vec![
        polygon![(x: 179.0, y: -17.0), (x: 180.0, y: -17.0), (x: 180.0, y: -16.0)],
        polygon![(x: -180.0, y: -17.0), (x: -179.0, y: -17.0), (x: -180.0, y: -16.0)],
    ]);
    let text = run(vec![fiji]).unwrap_err().to_string();
    assert!(text.contains("both sides of the 180th meridian") && text.contains("(longitudes -180 to 180)"), "{text}");
}

#[test]
fn limits_name_their_flag() {
    let limits = |f: fn(&mut Limits)| {
        let mut limits = Limits::default();
        f(&mut limits);
        check(one(&SQUARE, &[]), &limits).unwrap_err().to_string()
    };
    assert!(limits(|l| l.vertices = 4).contains("5 vertices, more than the limit of 4"));
    assert!(limits(|l| l.parts = 0).contains("--max-boundary-parts"));
    assert!(limits(|l| l.area_km2 = 80.0).contains("square kilometres"));
    let bytes = parse(b"{}   ", &Limits { bytes: 4, ..Limits::default() }).unwrap_err().to_string();
    assert!(bytes.contains("5 bytes"), "{bytes}");
}

#[test]
fn all_kinds_of_geojson() {
    let polygon = r#"{"type":"Polygon","coordinates":[[[9,47],[9.1,47,5],[9.1,47.1],[9,47]]]}"#;
    let multi = r#"{"type":"MultiPolygon","coordinates":[[[[9,47],[9.1,47],[9.1,47.1],[9,47]]]]}"#;
    let feature = format!(r#"{{"type":"Feature","properties":{{"name":"X"}},"geometry":{multi}}}"#);
    let empty = r#"{"type":"Feature","properties":null,"geometry":null}"#;
    let collection = format!(r#"{{"type":"FeatureCollection","features":[{empty},{feature}]}}"#);
    for text in [polygon, multi, &feature, &collection, &format!("\u{feff}{polygon}")] {
        let parsed = parse(text.as_bytes(), &Limits::default()).unwrap();
        assert_eq!(
            (parsed.features.len(), parsed.features[0].polygons.0.len(), parsed.notes.len()),
            (1, 1, 0),
            "{text}"
        );
    }
    let open = polygon.replace(",[9,47]]", "]");
    assert_eq!(parse(open.as_bytes(), &Limits::default()).unwrap().notes.len(), 1);
}

#[test]
fn bad_geojson_says_where() {
    let text = |json: &str| parse(json.as_bytes(), &Limits::default()).unwrap_err().to_string();
    assert!(text("").contains("it is empty"));
    assert!(text("{\"type\":\"Polygon\",").contains("line 1 column"));
    assert!(text(r#"{"type":"FeatureCollection","features":[]}"#).contains("no polygon in it"));
    assert!(text(r#"{"type":"Polygon","coordinates":[]}"#).contains("without a ring"));
    let point = r#"{"type":"FeatureCollection","features":[{"type":"Feature","properties":{},"geometry":{"type":"Point","coordinates":[1,2]}}]}"#;
    assert!(text(point).starts_with("/features/0/geometry is a Point"), "{}", text(point));
    let short = r#"{"type":"Polygon","coordinates":[[[9,47],[9],[9.1,47.1],[9,47]]]}"#;
    assert!(text(short).starts_with("/coordinates/0/1: a position needs"), "{}", text(short));
    // Nesting is cut off, not followed down the stack.
    let deep = r#"{"type":"GeometryCollection","geometries":["#.repeat(100_000);
    assert!(text(&deep).contains("this is not GeoJSON"), "{}", text(&deep));
    assert!(text(&"[".repeat(1_000_000)).contains("this is not GeoJSON"));
    assert!(text(r#"{"type":"Polygon","coordinates":[[[1e999,47]]]}"#).contains("this is not GeoJSON"));
}

#[test]
fn a_tangle_is_refused_before_it_is_untangled() {
    // Every edge crosses nearly every other: taking it apart would make billions of pieces.
    let star: Vec<_> =
        (0..200_001).map(|n| (f64::from(n) * 2.5).sin_cos()).map(|(x, y)| (9.0 + x / 10.0, 47.0 + y / 10.0)).collect();
    let text = run(one(&star, &[])).unwrap_err().to_string();
    assert!(text.contains("again and again"), "{text}");
}
