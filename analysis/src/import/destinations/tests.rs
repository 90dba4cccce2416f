use super::*;
use crate::import::osm::{self, ClipBox};
use crate::import::testing::{Map, area, area_of, metres};
use geo::{Area, BoundingRect};
use geo_types::Geometry;
use std::io::Read;
use std::path::Path;

fn found_in(map: &Map, suite: &Suite, category: &str, edition: Edition) -> Vec<Place> {
    let tables = find(&map.read(), &area(), suite, edition);
    tables.into_iter().find(|table| table.category == category).unwrap().places
}

fn found(map: &Map, category: &str) -> Vec<Place> {
    found_in(map, &Suite::bna(), category, Edition::Reference)
}

fn ids(map: &Map, category: &str) -> Vec<Option<i64>> {
    found(map, category).iter().map(|place| place.osm_id).collect()
}

fn is_at(place: &Place, x: f64, y: f64) -> bool {
    let (at, metric) = (metres(x, y), place.point_m);
    let degrees = area().projection.inverse(metric.0);
    let published = (place.point.x() - degrees.x).abs().max((place.point.y() - degrees.y).abs());
    (metric.x() - at.x).abs() < 0.05 && (metric.y() - at.y).abs() < 0.05 && published < 1e-9
}

#[test]
fn tables_stand_in_the_order_of_the_suite() {
    let map = Map::default().node(1, 0., 0., &[("shop", "supermarket")]);
    let names: Vec<String> =
        find(&map.read(), &area(), &Suite::bna(), Edition::Current).into_iter().map(|t| t.category).collect();
    let wanted: Vec<String> =
        Suite::bna().categories.iter().filter(|c| c.has_destinations()).map(|c| c.id.clone()).collect();
    assert_eq!(names, wanted);
}

#[test]
fn near_polygons_merge_and_nodes_outside_them_stand_alone() {
    let park = &[("leisure", "park"), ("name", "Green")];
    let map = Map::default()
        .square(1, 0., 0., 100., park)
        .square(2, 149., 0., 100., park)
        .square(3, 400., 0., 100., park)
        .node(100, 50., 50., park)
        .node(101, 100., 300., park);
    let places = found(&map, "parks");
    assert_eq!(ids(&map, "parks"), [None, None, Some(101)]);
    assert!(is_at(&places[0], 124.5, 50.) && is_at(&places[1], 450., 50.) && is_at(&places[2], 100., 300.));
    assert_eq!(places[0].polygon_m.as_ref().unwrap().0.len(), 2);
    assert_eq!(places.iter().map(|p| p.name.as_deref()).collect::<Vec<_>>(), [None, None, Some("Green")]);
}

#[test]
fn amenity_nodes_count_inside_a_clinic_too() {
    let map = Map::default()
        .square(1, 0., 0., 100., &[("amenity", "hospital")])
        .node(100, 50., 50., &[("amenity", "hospital")])
        .node(101, 60., 50., &[("healthcare", "hospital")])
        .node(102, 500., 50., &[("healthcare", "hospital")]);
    assert_eq!(ids(&map, "hospitals"), [None, Some(100), Some(102)], "Q5");
}

#[test]
fn shops_are_circles_that_merge_with_polygons() {
    let map = Map::default()
        .square(1, 0., 0., 20., &[("building", "retail"), ("name", "Mall")])
        .node(100, 75., 10., &[("shop", "bakery")])
        .node(101, 300., 10., &[("shop", "yes")])
        .node(102, 600., 10., &[("shop", "supermarket")])
        .node(103, 700., 10., &[("landuse", "retail")]);
    let places = found(&map, "retail");
    assert!(places.iter().all(|place| place.osm_id.is_none() && place.name.is_none()));
    assert_eq!(places.len(), 2, "the bakery is 75 − 20 − 10 m from the building");
    assert!(is_at(&places[1], 300., 10.));
    let circle_area = 16. * 100. * (std::f64::consts::TAU / 32.).sin();
    assert!((places[1].polygon_m.as_ref().unwrap().unsigned_area() - circle_area).abs() < 1e-6);
    let far =
        Map::default().square(1, 0., 0., 20., &[("building", "retail")]).node(100, 80.1, 10., &[("shop", "bakery")]);
    assert_eq!(found(&far, "retail").len(), 2);
}

#[test]
fn of_nested_schools_the_outer_one_counts_and_equal_ones_vanish() {
    let school = &[("amenity", "school"), ("name", "A")];
    let map = Map::default()
        .square(1, 0., 0., 100., school)
        .square(2, 10., 10., 20., &[("amenity", "kindergarten")])
        .square(3, 500., 0., 100., school)
        .way(4, &[30, 31, 32, 33, 30], school)
        .node(100, 50., 50., school)
        .node(101, 550., 50., school);
    assert_eq!(
        ids(&map, "schools"),
        [Some(1), Some(101)],
        "Q8: 3 and 4 delete each other, and no longer hide node 101"
    );
}

#[test]
fn each_outer_ring_of_a_relation_is_a_school_and_holes_are_not() {
    let school = &[("type", "multipolygon"), ("amenity", "school"), ("name", "Campus")];
    let map = Map::default()
        .square(1, 0., 0., 100., &[])
        .square(2, 40., 40., 20., &[])
        .square(3, 500., 0., 100., &[])
        .node(100, 50., 50., &[("amenity", "school")])
        .relation(7, &[1, 2, 3], school);
    let places = found(&map, "schools");
    assert_eq!(ids(&map, "schools"), [Some(-7), Some(-7), Some(100)], "Q9");
    assert!((places[0].polygon_m.as_ref().unwrap().unsigned_area() - 9_600.).abs() < 5.);
    let boundary = Map::default().square(1, 0., 0., 100., &[]).relation(
        8,
        &[1],
        &[("type", "boundary"), ("leisure", "nature_reserve")],
    );
    assert_eq!(found(&boundary, "parks").len(), 1);
    let site =
        Map::default().square(1, 0., 0., 100., &[]).relation(9, &[1], &[("type", "site"), ("amenity", "school")]);
    assert_eq!(found(&site, "schools").len(), 0);
}

#[test]
fn what_is_no_area_is_no_place() {
    let school = |more: (&'static str, &'static str)| [("amenity", "school"), more];
    assert_eq!(ids(&Map::default().square(1, 0., 0., 100., &school(("area", "no"))), "schools"), []);
    let open = Map::default().nodes(1, &[(0., 0.), (9., 0.), (9., 9.)]).way(10, &[1, 2, 3], &school(("area", "yes")));
    assert_eq!(ids(&open, "schools"), []);
    let crossing = Map::default().nodes(1, &[(0., 0.), (9., 9.), (9., 0.), (0., 9.)]).way(
        10,
        &[1, 2, 3, 4, 1],
        &school(("x", "y")),
    );
    assert_eq!(ids(&crossing, "schools"), [], "invalid rings give no row");
}

#[test]
fn of_a_way_that_touches_itself_the_first_ring_counts() {
    let places = [(0., 0.), (50., 0.), (100., 50.), (150., 50.), (150., 100.), (100., 100.)];
    let eight = [1, 2, 3, 4, 5, 6, 3, 1]; // touches itself in node 3
    let map = Map::default().nodes(1, &places).way(10, &eight, &[("amenity", "school")]);
    let found = found(&map, "schools");
    assert_eq!(found.len(), 1);
    assert!(is_at(&found[0], 50., 50. / 3.));
}

#[test]
fn stations_far_from_station_areas_merge() {
    let halt = &[("railway", "station"), ("name", "Halt")];
    let map = Map::default()
        .square(1, 0., 0., 100., &[("amenity", "bus_station"), ("name", "Hub")])
        .node(100, 174., 50., halt)
        .node(101, 176., 50., halt)
        .node(102, 240., 50., halt)
        .node(103, 240., 500., halt)
        .node(104, 900., 900., &[("railway", "station"), ("station", "miniature")])
        .node(105, 900., 500., &[("public_transport", "station")])
        .node(106, 900., 100., &[("public_transport", "station"), ("railway", "halt")]);
    let places = found(&map, "transit");
    assert_eq!(ids(&map, "transit"), [Some(1), None, None, None]);
    assert!(is_at(&places[1], 208., 50.) && is_at(&places[2], 240., 500.) && is_at(&places[3], 900., 100.));
    assert!(places[1].polygon_m.is_none() && places[2].name.is_none());
}

#[test]
fn the_service_clip_keeps_or_drops_whole_places() {
    let school = &[("amenity", "school")];
    let map = Map::default()
        .square(1, -2780., 0., 101., school)
        .square(2, -2790., 500., 101., school)
        .node(100, -2679., 900., school)
        .node(101, -2681., 900., school);
    assert_eq!(ids(&map, "schools"), [Some(1), Some(100)]);
    let current = found_in(&map, &Suite::bna(), "schools", Edition::Current);
    assert_eq!(current.len(), 4);
}

#[test]
fn a_new_category_may_use_any_tag() {
    let text = crate::suite::BNA.replace("{ amenity = [\"social_facility\"] }", "{ tourism = [\"museum\"] }");
    let map = Map::default().square(1, 0., 0., 100., &[("tourism", "museum")]);
    let suite = Suite::parse(&text, "test").unwrap();
    assert_eq!(found_in(&map, &suite, "social_services", Edition::Current).len(), 1);
}

/// A row of the reference: id, name, longitude, latitude.
type Row = (Option<i64>, Option<String>, [f64; 2]);

fn golden_rows(export: &Path, category: &str) -> Vec<Row> {
    let mut archive = zip::ZipArchive::new(std::fs::File::open(export).unwrap()).unwrap();
    let mut text = String::new();
    archive.by_name(&format!("neighborhood_{category}.geojson")).unwrap().read_to_string(&mut text).unwrap();
    let json: serde_json::Value = serde_json::from_str(&text).unwrap();
    let row = |feature: &serde_json::Value| {
        let properties = feature["properties"].as_object().unwrap();
        let name = properties.iter().find(|(key, _)| key.ends_with("_name")).and_then(|(_, name)| name.as_str());
        let at = [0, 1].map(|axis| feature["geometry"]["coordinates"][axis].as_f64().unwrap());
        (feature["properties"]["osm_id"].as_i64(), name.map(str::to_owned), at)
    };
    json["features"].as_array().unwrap().iter().map(row).collect()
}

fn golden_area(input: &Path) -> StudyArea {
    let files = std::fs::read_dir(input).unwrap().map(|file| file.unwrap().path());
    let file = files.into_iter().find(|path| path.extension().is_some_and(|e| e == "geojson")).unwrap();
    let json: geojson::GeoJson = std::fs::read_to_string(file).unwrap().parse().unwrap();
    let geojson::GeoJson::FeatureCollection(collection) = json else { panic!("a collection") };
    let boundary = match Geometry::<f64>::try_from(collection.features[0].geometry.clone().unwrap()).unwrap() {
        Geometry::Polygon(polygon) => polygon.into(),
        Geometry::MultiPolygon(parts) => parts,
        other => panic!("{other:?}"),
    };
    let projection = Utm::of(boundary.bounding_rect().unwrap().center());
    area_of(&boundary, projection)
}

#[test]
fn destinations_of_the_golden_places_are_the_references() {
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/golden");
    if !golden.exists() {
        println!("skipped: ../shared is not here");
        return;
    }
    let mut compared = 0;
    for place in ["beatty", "baltimore-se", "helsinki-kamppi", "liechtenstein-south"].map(|place| golden.join(place)) {
        let timings: serde_json::Value =
            serde_json::from_slice(&std::fs::read(place.join("timings.json")).unwrap()).unwrap();
        let edge = |number: usize| i32::try_from(timings["clip_bbox"][number].as_i64().unwrap()).unwrap();
        let clip = ClipBox { min_lon_e7: edge(0), min_lat_e7: edge(1), max_lon_e7: edge(2), max_lat_e7: edge(3) };
        let area = golden_area(&place.join("input"));
        let data = osm::read(&[place.join("input/region.osm.pbf")], &area.first_feature, Some(clip)).unwrap();
        for table in find(&data, &area, &Suite::bna(), Edition::Reference) {
            let mut theirs = golden_rows(&place.join("output/upstream_export.zip"), &table.category);
            assert_eq!(table.places.len(), theirs.len(), "{} {}", place.display(), table.category);
            for ours in table.places {
                let same = |row: &Row| {
                    let near = (row.2[0] - ours.point.x()).abs().max((row.2[1] - ours.point.y()).abs()) < 1e-7;
                    near && row.0 == ours.osm_id && row.1.as_deref() == ours.name.as_deref()
                };
                let at = theirs.iter().position(same);
                theirs.remove(at.unwrap_or_else(|| panic!("{} {} {ours:?}", place.display(), table.category)));
                compared += 1;
            }
        }
    }
    assert_eq!(compared, 279);
}
