use super::*;
use crate::connectivity::{Pair, Reach};
use crate::layers::testing::small_layers;
use crate::model::{BlockId, Edition};
use std::collections::BTreeMap;
use std::sync::Arc;

fn csv_of(name: &str) -> String {
    let mut out = Vec::new();
    csv::write(small_layers().get(name).unwrap(), &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

fn geojson_of(name: &str) -> String {
    let mut out = Vec::new();
    geojson::write(small_layers().get(name).unwrap(), Edition::Current, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

fn features(lines: &[&str]) -> String {
    format!(
        "{{\n\"type\": \"FeatureCollection\",\n\"name\": \"sql_statement\",\n\
         \"crs\": {{ \"type\": \"name\", \"properties\": {{ \"name\": \"urn:ogc:def:crs:OGC:1.3:CRS84\" }} }},\n\
         \"quietway\": {{ \"edition\": \"current\" }},\n\"features\": [\n{}\n]\n}}\n",
        lines.join(",\n")
    )
}

#[test]
fn csv_has_empty_nulls_quotes_where_needed_and_arrays() {
    let blocks = "gid,geoid20,remark,pop20,road_ids,parks_score,in_boundary\n\
                  1,01,\"Käse, \"\"frisch\"\"\n\",205,\"{3,12}\",1e-05,t\n\
                  7,02,\"\",0.25,{},NaN,f\n\
                  ,03,,,{5},,\n";
    assert_eq!(csv_of("neighborhood_census_blocks"), blocks);
    let doctors = "id,blockid20,osm_id,doctors_name\n\
                   1,\"{01,\"\"a,\\\"\"b\"\"}\",-5,tab\tand \\ back\u{1}\n\
                   2,{},,\n";
    assert_eq!(csv_of("neighborhood_doctors"), doctors);
}

#[test]
fn csv_writes_scores_with_four_decimals() {
    let scores =
        "id,score_id,score_original,score_normalized\n1,people,0.9339,93.3900\n2,population_total,5814.0000,\n";
    assert_eq!(csv_of("neighborhood_overall_scores"), scores);
}

#[test]
fn csv_of_an_empty_table_is_its_header() {
    assert_eq!(csv_of("neighborhood_parks"), "park_name,osm_id\n");
}

#[test]
fn geojson_writes_polygons_with_holes_and_parts_and_null_geometry() {
    let expected = features(&[
        "{ \"type\": \"Feature\", \"properties\": { \"gid\": 1, \"geoid20\": \"01\", \"remark\": \"Käse, \\\"frisch\\\"\\n\", \"pop20\": 205.0, \
         \"road_ids\": [ 3, 12 ], \"parks_score\": 0.00001, \"in_boundary\": true }, \"geometry\": { \"type\": \"MultiPolygon\", \"coordinates\": \
         [ [ [ [ 13.5, 0.0 ], [ 14.0, 0.0 ], [ 14.0, 0.5 ], [ 13.5, 0.5 ], [ 13.5, 0.0 ] ], \
         [ [ 13.625, 0.125 ], [ 13.875, 0.125 ], [ 13.875, 0.375 ], [ 13.625, 0.375 ], [ 13.625, 0.125 ] ] ] ] } }",
        "{ \"type\": \"Feature\", \"properties\": { \"gid\": 7, \"geoid20\": \"02\", \"remark\": \"\", \"pop20\": 0.25, \"road_ids\": [ ], \
         \"parks_score\": null, \"in_boundary\": false }, \"geometry\": { \"type\": \"MultiPolygon\", \"coordinates\": \
         [ [ [ [ 14.0, 0.0 ], [ 14.25, 0.0 ], [ 14.25, 0.25 ], [ 14.0, 0.25 ], [ 14.0, 0.0 ] ] ], \
         [ [ [ 14.5, 0.0 ], [ 14.75, 0.0 ], [ 14.75, 0.25 ], [ 14.5, 0.25 ], [ 14.5, 0.0 ] ] ] ] } }",
        "{ \"type\": \"Feature\", \"properties\": { \"gid\": null, \"geoid20\": \"03\", \"remark\": null, \"pop20\": null, \"road_ids\": [ 5 ], \
         \"parks_score\": null, \"in_boundary\": null }, \"geometry\": null }",
    ]);
    assert_eq!(geojson_of("neighborhood_census_blocks"), expected);
}

#[test]
fn geojson_writes_lines_and_points_as_exact_as_they_are() {
    let ways = geojson_of("neighborhood_ways");
    assert!(ways.contains("\"name\": \"Straße der 東京\""));
    assert!(ways.contains(
        "{ \"type\": \"LineString\", \"coordinates\": [ [ -116.7568619, 36.9068085 ], [ -116.75, 37.0 ] ] } },\n"
    ));
    let doctors = features(&[
        "{ \"type\": \"Feature\", \"properties\": { \"id\": 1, \"blockid20\": [ \"01\", \"a,\\\"b\" ], \"osm_id\": -5, \
         \"doctors_name\": \"tab\\tand \\\\ back\\u0001\" }, \"geometry\": { \"type\": \"Point\", \"coordinates\": [ 13.25, 52.0 ] } }",
        "{ \"type\": \"Feature\", \"properties\": { \"id\": 2, \"blockid20\": [ ], \"osm_id\": null, \"doctors_name\": null }, \
         \"geometry\": null }",
    ]);
    assert_eq!(geojson_of("neighborhood_doctors"), doctors);
}

#[test]
fn every_geojson_is_one_that_the_geojson_crate_reads() {
    for layer in &small_layers().tables {
        let text = geojson_of(&layer.name);
        let collection: ::geojson::FeatureCollection =
            text.parse().unwrap_or_else(|error| panic!("{}: {error}", layer.name));
        assert_eq!(collection.features.len(), layer.rows());
    }
}

fn exported(formats: &[Format], gzip: bool, threads: usize) -> (Vec<String>, BTreeMap<String, Vec<u8>>) {
    let out = tempfile::tempdir().unwrap();
    let sink = Sink::open(out.path(), false).unwrap();
    let rows = vec![vec![Pair::new(BlockId(1), Some(5), Some(5), true)], vec![]];
    let reach = Reach::from_rows(&rows);
    let block_ids: Vec<Arc<str>> = vec!["01".into(), "02".into()];
    let forms: &[PairsForm] = match (formats.contains(&Format::Csv), gzip) {
        (false, _) => &[],
        (true, true) => &[PairsForm::CsvGz],
        (true, false) => &[PairsForm::Csv],
    };
    let pairs = Pairs { reach: &reach, block_ids: &block_ids, forms };
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
    pool.install(|| write(&small_layers(), Some(&pairs), formats, &sink)).unwrap();
    let made = sink.artifacts();
    let files =
        made.iter().map(|made| (made.path.clone(), std::fs::read(out.path().join(&made.path)).unwrap())).collect();
    (made.into_iter().map(|made| made.path).collect(), files)
}

#[test]
fn only_the_chosen_formats_are_written() {
    let pairs = "neighborhood_connected_census_blocks.csv.gz";
    let csv = ["census_blocks.csv", "doctors.csv", "overall_scores.csv", "parks.csv", "ways.csv"]
        .map(|name| format!("neighborhood_{name}"));
    let (names, _) = exported(&[Format::Csv], true, 1);
    assert_eq!(names, [&["csv-metadata.json".to_owned()], &csv[..1], &[pairs.to_owned()], &csv[1..]].concat());
    let (names, _) = exported(&[Format::Shp], false, 1);
    let table_only = |name: &&String| name.starts_with("neighborhood_overall_scores");
    assert_eq!(
        names.iter().filter(table_only).collect::<Vec<_>>(),
        ["neighborhood_overall_scores.cpg", "neighborhood_overall_scores.dbf"]
    );
    assert_eq!(names.len(), 4 * 6 + 2);
    assert!(exported(&[], false, 1).0.is_empty());
}

#[test]
fn any_number_of_threads_gives_the_same_bytes() {
    assert_eq!(exported(&Format::ALL, true, 1), exported(&Format::ALL, true, 4));
}

#[test]
fn a_file_in_the_way_is_an_error_that_names_it() {
    let out = tempfile::tempdir().unwrap();
    std::fs::write(out.path().join("neighborhood_ways.dbf"), "mine").unwrap();
    let sink = Sink::open(out.path(), true).unwrap();
    let error = write(&small_layers(), None, &[Format::Shp], &sink).unwrap_err();
    assert!(error.to_string().contains("neighborhood_ways.dbf"), "{error}");
}
