use super::*;
use crate::boundary::{BoundaryOptions, BoundarySource, resolve};
use std::collections::BTreeMap;
use std::io::Read;
use std::path::Path;

/// The folder of shared data, when it is there.
fn shared() -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared");
    if !path.join("golden").exists() {
        println!("skipped: ../shared is not here");
        return None;
    }
    Some(path)
}

const PLACES: [(&str, &str, bool); 4] = [
    ("beatty", "beatty-nevada-united-states", true),
    ("baltimore-se", "baltimore-maryland-united-states", true),
    ("helsinki-kamppi", "kamppi-finland", false),
    ("liechtenstein-south", "balzers-liechtenstein", false),
];

fn file(path: PathBuf) -> BlockSource {
    BlockSource::File { path, id_column: None, population_column: None }
}

fn area(path: &Path) -> StudyArea {
    resolve(&BoundarySource::from(path), &BoundaryOptions::default(), &Suite::bna()).unwrap()
}

fn golden_json(place: &Path, name: &str) -> serde_json::Value {
    let zip = std::fs::File::open(place.join("output/upstream_export.zip")).unwrap();
    let mut text = String::new();
    zip::ZipArchive::new(zip).unwrap().by_name(name).unwrap().read_to_string(&mut text).unwrap();
    serde_json::from_str(&text).unwrap()
}

#[test]
fn golden_places_keep_the_same_blocks_and_the_same_clip_box() {
    let Some(shared) = shared() else { return };
    for (name, slug, is_us) in PLACES {
        let place = shared.join("golden").join(name);
        let timings: serde_json::Value =
            serde_json::from_slice(&std::fs::read(place.join("timings.json")).unwrap()).unwrap();
        let golden = golden_json(&place, "neighborhood_census_blocks.geojson");
        let mut expected: Vec<(String, f64, i64)> = golden["features"]
            .as_array()
            .unwrap()
            .iter()
            .map(|feature| &feature["properties"])
            .map(|p| (p["geoid20"].as_str().unwrap().into(), p["pop20"].as_f64().unwrap(), p["gid"].as_i64().unwrap()))
            .collect();
        expected.sort_by(|a, b| a.0.cmp(&b.0));
        let wanted: Vec<i64> = timings["clip_bbox"].as_array().unwrap().iter().map(|n| n.as_i64().unwrap()).collect();
        for extension in ["shp", "geojson"] {
            let area = area(&place.join(format!("input/{slug}.{extension}")));
            assert_eq!(i64::from(area.projection.srid), timings["srid"].as_i64().unwrap());
            let source = file(place.join("input/population.zip"));
            let blocks = read(&area, &source, &Suite::bna(), Edition::Reference, is_us).unwrap();
            let mut found: Vec<(String, f64, i64)> = (0..blocks.len())
                .map(|at| (blocks.id[at].to_string(), blocks.population[at], blocks.gid[at]))
                .collect();
            found.sort_by(|a, b| a.0.cmp(&b.0));
            assert!(found == expected, "{name}: {} blocks, expected {}", found.len(), expected.len());
            let (west, south, east, north) = clip_box(&blocks, &area);
            assert_eq!([west, south, east, north].map(i64::from).to_vec(), wanted, "{name}");
        }
    }
}

#[test]
fn the_grid_is_the_references_grid() {
    let Some(shared) = shared() else { return };
    for (name, slug, cell, people) in [
        ("helsinki-kamppi", "kamppi-finland", 60.0, 60.0),
        ("liechtenstein-south", "balzers-liechtenstein", 250.0, 80.0),
    ] {
        let input = shared.join("golden").join(name).join("input");
        let area = area(&input.join(format!("{slug}.geojson")));
        let source = BlockSource::Grid { cell: Some(cell), population: Some(people) };
        let grid = read(&area, &source, &Suite::bna(), Edition::Reference, false).unwrap();
        let golden =
            read(&area, &file(input.join("population.zip")), &Suite::bna(), Edition::Reference, false).unwrap();
        assert_eq!(grid.population, golden.population);
        assert!(grid.gid == golden.gid, "{name}: cells are numbered otherwise");
        assert_eq!(clip_box(&grid, &area), clip_box(&golden, &area));
        let furthest = grid.geometry.iter().zip(&golden.geometry).flat_map(|(a, b)| {
            let mut corners = [a, b].map(|block| block.coords_iter().take(4).collect::<Vec<_>>());
            corners.iter_mut().for_each(|list| list.sort_by(|p, q| p.x.total_cmp(&q.x).then(p.y.total_cmp(&q.y))));
            let [p, q] = corners;
            p.into_iter().zip(q).map(|(p, q)| (p.x - q.x).abs().max((p.y - q.y).abs())).collect::<Vec<_>>()
        });
        let furthest = furthest.fold(0.0, f64::max);
        assert!(furthest == 0.0, "{name}: {furthest} degrees apart");
    }
}

#[test]
fn cuts_decimals_as_osmconvert_does() {
    for (degrees, e7) in [
        (36.914_907_999_999_99, 369_149_079),
        (-116.770_492_299, -1_167_704_922),
        (9.5, 95_000_000),
        (0.0, 0),
        (-0.000_000_19, -1),
        (1e-9, 0),
        (180.0, 1_800_000_000),
    ] {
        assert_eq!(cut_e7(degrees), e7, "{degrees}");
    }
}

/// A square of 0.1° near Vaduz.
fn square_area(folder: &Path) -> StudyArea {
    let path = folder.join("square.json");
    std::fs::write(&path, r#"{"type":"Polygon","coordinates":[[[9.4,47],[9.5,47],[9.5,47.1],[9.4,47.1],[9.4,47]]]}"#)
        .unwrap();
    area(&path)
}

/// Blocks as GeoJSON: west edge in degrees and properties; all 0.01° wide.
fn write_blocks(folder: &Path, blocks: &[(f64, &str)]) -> PathBuf {
    let feature = |(x, properties): &(f64, &str)| {
        let (w, e) = (*x, x + 0.01);
        format!(
            r#"{{"type":"Feature","properties":{{{properties}}},"geometry":{{"type":"Polygon","coordinates":[[[{w},47.05],[{e},47.05],[{e},47.06],[{w},47.06],[{w},47.05]]]}}}}"#
        )
    };
    let features = blocks.iter().map(feature).collect::<Vec<_>>().join(",");
    let path = folder.join("blocks.json");
    std::fs::write(&path, format!(r#"{{"type":"FeatureCollection","features":[{features}]}}"#)).unwrap();
    path
}

fn ids(blocks: &Blocks) -> Vec<(&str, bool)> {
    let mut list: Vec<_> = blocks.id.iter().map(|id| &**id).zip(blocks.in_boundary.iter().copied()).collect();
    list.sort_unstable();
    list
}

#[test]
fn half_a_block_is_enough_and_water_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let area = square_area(folder.path());
    let path = write_blocks(
        folder.path(),
        &[
            (9.45, r#""geoid20":"whole","pop20":1,"aland20":5"#),
            (9.494_99, r#""geoid20":"half","pop20":1,"aland20":5"#),
            (9.4951, r#""geoid20":"less","pop20":1,"aland20":5"#),
            (9.47, r#""geoid20":"water","pop20":0,"aland20":0"#),
            (9.52, r#""geoid20":"near","pop20":1,"aland20":5"#),
            (9.6, r#""geoid20":"far","pop20":1,"aland20":5"#),
        ],
    );
    let run = |edition, is_us| read(&area, &file(path.clone()), &Suite::bna(), edition, is_us).unwrap();
    assert_eq!(ids(&run(Edition::Reference, true)), [("half", true), ("whole", true)]);
    assert_eq!(ids(&run(Edition::Reference, false)), [("half", true), ("water", true), ("whole", true)]);
    let current = run(Edition::Current, true);
    assert_eq!(ids(&current), [("half", true), ("less", false), ("near", false), ("whole", true)]);
    assert!(current.attributes.iter().all(|column| column.values.len() == 4));
    let row = |id: &str| current.id.iter().position(|found| **found == *id).unwrap();
    assert_eq!(current.gid[row("near")], 5);
    assert_eq!(current.notes, Vec::<String>::new());
    // The clip box is around scored blocks only.
    assert!(clip_box(&current, &area).2 < 95_100_000);
}

#[test]
fn shares_of_holes_parts_and_degenerate_blocks() {
    use geo_types::polygon;
    let place = MultiPolygon(vec![
        polygon! { exterior: [(x: 0., y: 0.), (x: 10., y: 0.), (x: 10., y: 10.), (x: 0., y: 10.)],
        interiors: [[(x: 4., y: 4.), (x: 4., y: 6.), (x: 6., y: 6.), (x: 6., y: 4.)]] },
        polygon![(x: 20., y: 0.), (x: 30., y: 0.), (x: 30., y: 10.), (x: 20., y: 10.)],
    ]);
    let region = Region::new(&place);
    let share = |x: f64, y: f64, w: f64, h: f64| {
        let block = polygon![(x: x, y: y), (x: x + w, y: y), (x: x + w, y: y + h), (x: x, y: y + h)];
        region.share(&MultiPolygon(vec![block]))
    };
    for (block, expected) in [
        ((1., 1., 1., 1.), 1.0),
        ((4.5, 4.5, 1., 1.), 0.0), // in the hole
        ((4., 4., 2., 2.), 0.0),   // is the hole
        ((3., 3., 4., 4.), 0.75),
        ((0., 0., 10., 10.), 0.96),
        ((12., 2., 5., 5.), 0.0), // between the parts
        ((5., 8., 20., 1.), 0.5), // over both
        ((-5., -5., 40., 20.), 196.0 / 800.0),
        ((10., 0., 10., 10.), 0.0), // touches both
    ] {
        let (x, y, w, h) = block;
        let found = share(x, y, w, h).unwrap();
        assert!((found - expected).abs() < 1e-7, "{block:?}: {found}, not {expected}");
    }
    assert_eq!(share(1., 1., 0., 1.), None);
    assert_eq!(region.share(&MultiPolygon(vec![])), None);
    assert_eq!(Region::new(&MultiPolygon(vec![])).share(&place), None);
}

#[test]
fn faults_name_file_column_and_row() {
    let folder = tempfile::tempdir().unwrap();
    let area = square_area(folder.path());
    let run = |blocks: &[(f64, &str)]| {
        let source = file(write_blocks(folder.path(), blocks));
        read(&area, &source, &Suite::bna(), Edition::Reference, true).unwrap_err().to_string()
    };
    let column = run(&[(9.45, r#""ID":"a","pop20":1"#)]);
    assert!(
        column.contains("no column \"geoid20\"; name the right one with --block-id. Its columns: id, pop20"),
        "{column}"
    );
    assert!(run(&[(9.45, r#""geoid20":"a""#)]).contains("--block-population"));
    let twice = run(&[(9.45, r#""geoid20":"a","pop20":1"#), (9.46, r#""geoid20":"a","pop20":1"#)]);
    assert!(twice.contains("row 2: block id a stands in row 1 already"), "{twice}");
    assert!(run(&[(9.45, r#""geoid20":"a","pop20":-1"#)]).contains("the population of block a is -1"));
    assert!(
        run(&[(9.45, r#""geoid20":"a","pop20":null"#), (9.46, r#""geoid20":"b","pop20":1"#)])
            .contains("write 0 if nobody")
    );
    assert!(run(&[(9.45, r#""geoid20":"a","pop20":"many""#)]).contains("holds text"));
    assert!(run(&[(9.45, r#""geoid20":null,"pop20":1"#)]).contains("has no id"));
    assert!(run(&[(9.45, r#""geoid20":"a","pop20":0"#)]).contains("the 1 blocks of"));
    assert!(run(&[(12.0, r#""geoid20":"a","pop20":1"#)]).contains("has no block with at least 0.5"));
    assert!(run(&[]).contains("has no block with"));
    let fine = BlockSource::Grid { cell: Some(0.01), population: None };
    let text = read(&area, &fine, &Suite::bna(), Edition::Current, false).unwrap_err().to_string();
    assert!(text.contains("--grid-size"), "{text}");
}

#[test]
fn grid_cells_keep_their_ids_in_both_editions() {
    let folder = tempfile::tempdir().unwrap();
    let area = square_area(folder.path());
    let grid = |edition| {
        read(&area, &BlockSource::Grid { cell: None, population: None }, &Suite::bna(), edition, false).unwrap()
    };
    let (reference, current) = (grid(Edition::Reference), grid(Edition::Current));
    let scored: Vec<_> = ids(&current).into_iter().filter(|(_, inside)| *inside).collect();
    assert_eq!(ids(&reference), scored);
    assert!(current.len() > reference.len());
    assert!(reference.id.iter().any(|id| **id == *"e0000n0000"));
    assert!(current.id.iter().any(|id| id.starts_with('w')) && current.id.iter().any(|id| id.contains('s')));
    assert!(reference.population.iter().all(|people| *people == 100.0));
}

#[test]
fn denver_in_survey_feet() {
    let Some(shared) = shared() else { return };
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("rectangle.json");
    let ring = "[-105,39.7],[-104.95,39.7],[-104.95,39.75],[-105,39.75],[-105,39.7]";
    std::fs::write(&path, format!(r#"{{"type":"Polygon","coordinates":[[{ring}]]}}"#)).unwrap();
    let area = area(&path);
    let source = BlockSource::File {
        path: shared.join("data/census/DenverCo_blocks.zip"),
        id_column: None,
        population_column: Some("TOTPOP20".into()),
    };
    let blocks = read(&area, &source, &Suite::bna(), Edition::Reference, true).unwrap();
    let people: f64 = blocks.population.iter().sum();
    // GDAL and Shapely find the same.
    assert_eq!((blocks.len(), people), (1159, 99_400.0));
    let names: Vec<_> = blocks.attributes.iter().map(|column| &*column.name).collect();
    assert_eq!((names.first(), names.last(), names.len()), (Some(&"statefp20"), Some(&"pop20"), 67));
}

#[test]
fn water_that_cannot_be_told_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let area = square_area(folder.path());
    let dry = file(write_blocks(folder.path(), &[(9.45, r#""geoid20":"a","pop20":1"#)]));
    let notes = read(&area, &dry, &Suite::bna(), Edition::Reference, true).unwrap().notes;
    assert!(notes[0].contains("has no column ALAND20"), "{notes:?}");
}

#[test]
fn saved_blocks_come_back_to_the_last_bit() {
    let folder = tempfile::tempdir().unwrap();
    let square = |west: f64| format!("[[[{west},47],[{0},47],[{0},47.01],[{west},47.01],[{west},47]]]", west + 0.01);
    let feature = |west: f64, more: &str| {
        let ring = square(west);
        format!(r#"{{"type":"Feature","properties":{{{more}}},"geometry":{{"type":"Polygon","coordinates":{ring}}}}}"#)
    };
    let text = [
        // Far away, so that a column of numbers has none left.
        feature(9.9, r#""GEOID20":"far","POP20":1,"lone":5,"share":0.5,"name":"x","is":true"#),
        feature(9.4, r#""GEOID20":"b","POP20":3,"lone":null,"share":0.1,"name":"Zürich, \"x\"","is":false"#),
        feature(9.41, r#""GEOID20":"a","POP20":0.30000000000000004,"lone":null,"share":1,"name":null,"is":null"#),
    ];
    let path = folder.path().join("blocks.geojson");
    std::fs::write(&path, format!(r#"{{"type":"FeatureCollection","features":[{}]}}"#, text.join(","))).unwrap();
    let place = folder.path().join("place.geojson");
    let ring = "[[[9.39,46.99],[9.43,46.99],[9.43,47.02],[9.39,47.02],[9.39,46.99]]]";
    std::fs::write(&place, format!(r#"{{"type":"Polygon","coordinates":{ring}}}"#)).unwrap();
    // A type that only a far block shows is gone before it is saved, as in a run.
    let blocks = read(&area(&place), &file(path), &Suite::bna(), Edition::Current, true).unwrap();
    let layer = crate::layers::Layer {
        name: "blocks".into(),
        comment: "".into(),
        columns: saved::columns(&blocks),
        geometry: Some(crate::layers::Geometry::Polygons {
            wgs84: blocks.geometry.iter().cloned().map(Some).collect(),
            metric: vec![],
        }),
        exports: crate::layers::Exports::default(),
    };
    let kept = folder.path().join("blocks.parquet");
    crate::export::parquet::write_layer(&layer, 32632, "current", &mut std::fs::File::create(&kept).unwrap()).unwrap();
    let again = read(&area(&place), &file(kept.clone()), &Suite::bna(), Edition::Current, true).unwrap();
    assert_eq!((&blocks.id, &blocks.gid, &blocks.geometry), (&again.id, &again.gid, &again.geometry));
    assert_eq!((&blocks.attributes, &blocks.population), (&again.attributes, &again.population));
    assert_eq!((&blocks.geometry_m, &blocks.in_boundary), (&again.geometry_m, &again.in_boundary));

    let mut bytes = std::fs::read(&kept).unwrap();
    bytes.truncate(bytes.len() / 2);
    std::fs::write(&kept, bytes).unwrap();
    let cut = read(&area(&place), &file(kept), &Suite::bna(), Edition::Current, true).unwrap_err().to_string();
    assert!(cut.contains("blocks.parquet is no file of blocks that Quietway saved"), "{cut}");
}

#[test]
fn a_populated_pixel_is_a_block_of_its_own() {
    let Some(shared) = shared() else { return };
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("oranjestad.geojson");
    let ring = "[[[-70.04,12.51],[-70.02,12.51],[-70.02,12.53],[-70.04,12.53],[-70.04,12.51]]]";
    std::fs::write(&place, format!(r#"{{"type":"Polygon","coordinates":{ring}}}"#)).unwrap();
    let source = BlockSource::Raster { paths: vec![shared.join("data/census/worldpop-aruba-2020-100m.tif")] };
    let blocks = |edition| read(&area(&place), &source, &Suite::bna(), edition, false).unwrap();
    let (current, reference) = (blocks(Edition::Current), blocks(Edition::Reference));
    let inside = |blocks: &Blocks| -> BTreeMap<Arc<str>, u64> {
        let rows = (0..blocks.len()).filter(|at| blocks.in_boundary[*at]);
        rows.map(|at| (blocks.id[at].clone(), blocks.population[at].to_bits())).collect()
    };
    assert!(inside(&current) == inside(&reference) && reference.in_boundary.iter().all(|inside| *inside));
    assert!(current.len() > 2 * reference.len() && reference.len() > 300, "{} {}", current.len(), reference.len());
    let different: std::collections::BTreeSet<u64> = inside(&reference).into_values().collect();
    assert!(different.len() * 10 > reference.len() * 9, "pixels keep their own people");
}
