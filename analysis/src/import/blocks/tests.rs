use super::*;
use crate::boundary::{BoundaryOptions, BoundarySource, resolve};
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
        assert_eq!(grid.gid, golden.gid, "{name}");
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
