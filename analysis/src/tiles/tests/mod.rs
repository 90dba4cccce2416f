mod decode;

use super::output::build;
use super::{BLOCKS, TileCounts, TileOptions, TilesError, WAYS};
use crate::layers::{Exports, Geometry, Layer, Layers};
use crate::model::{Column, Values};
use crate::store::golden;
use decode::{Archive, Feature};
use geo_types::{Coord, LineString, MultiPolygon, Polygon};
use std::io::Cursor;

type LonLat = (f64, f64);

fn coords(points: &[LonLat]) -> Vec<Coord<f64>> {
    points.iter().map(|&(x, y)| Coord { x, y }).collect()
}

fn layer(name: &str, columns: Vec<Column>, geometry: Geometry) -> Layer {
    Layer {
        name: name.to_owned(),
        comment: "a test".into(),
        columns,
        geometry: Some(geometry),
        exports: Exports::default(),
    }
}

fn ways(lines: &[&[LonLat]], mut columns: Vec<Column>) -> Layer {
    let ends = lines.iter().scan(0, |end, line| {
        *end += u32::try_from(line.len()).unwrap();
        Some(*end)
    });
    let first = std::iter::once(0).chain(ends).collect();
    let wgs84: Vec<_> = lines.iter().flat_map(|line| coords(line)).collect();
    columns.push(Column::new("road_id", Values::Int((1..).take(lines.len()).map(Some).collect())));
    layer(WAYS, columns, Geometry::Lines { first, metric: wgs84.clone(), wgs84 })
}

/// Blocks, each a list of polygons, each an outer ring and its holes.
fn blocks(shapes: &[&[&[&[LonLat]]]]) -> Layer {
    let ring = |points: &&[LonLat]| LineString(coords(points));
    let polygon = |rings: &&[&[LonLat]]| Polygon::new(ring(&rings[0]), rings[1..].iter().map(ring).collect());
    let wgs84: Vec<_> = shapes.iter().map(|shape| Some(MultiPolygon(shape.iter().map(polygon).collect()))).collect();
    let gid = Column::new("gid", Values::Int((1..).take(shapes.len()).map(Some).collect()));
    layer(BLOCKS, vec![gid], Geometry::Polygons { metric: wgs84.clone(), wgs84 })
}

fn zooms(min_zoom: u8, max_zoom: u8) -> TileOptions {
    TileOptions { min_zoom, max_zoom, ..TileOptions::default() }
}

fn bytes(tables: Vec<Layer>, options: &TileOptions) -> Vec<u8> {
    let mut out = Cursor::new(Vec::new());
    build(&Layers { srid: 32611, edition: crate::model::Edition::Current, tables }, options, &mut out).unwrap();
    out.into_inner()
}

fn built(tables: Vec<Layer>, options: &TileOptions) -> Archive {
    Archive::read(&bytes(tables, options))
}

fn box_of(west: f64, south: f64, east: f64, north: f64) -> [LonLat; 5] {
    [(west, south), (east, south), (east, north), (west, north), (west, south)]
}

/// Ring areas in units: positive for outer rings, negative for holes.
fn areas(feature: &Feature) -> Vec<f64> {
    let area = |ring: &Vec<[i32; 2]>| {
        let ends = ring.iter().zip(ring.iter().cycle().skip(1));
        ends.map(|(a, b)| f64::from(a[0]) * f64::from(b[1]) - f64::from(b[0]) * f64::from(a[1])).sum::<f64>() / 2.0
    };
    feature.parts.iter().map(area).collect()
}

#[test]
fn a_line_over_the_corner_of_four_tiles_is_in_all_of_them() {
    // At zoom 1 four tiles meet at 0/0. The line runs from the south-west to the north-east, a little off the corner.
    let archive = built(vec![ways(&[&[(-90.0, -60.0), (1.0, 1.0), (90.0, 60.0)]], vec![])], &zooms(1, 1));
    let parts: Vec<_> = archive.tiles.iter().map(|tile| (tile.zxy, tile.layer("ways")[0].parts.clone())).collect();
    let numbers: Vec<_> = parts.iter().map(|(zxy, _)| *zxy).collect();
    assert_eq!(numbers, [(1, 0, 0), (1, 0, 1), (1, 1, 1), (1, 1, 0)], "along the Hilbert curve");
    for ((_, column, row), lines) in parts {
        assert_eq!(lines.len(), 1);
        let margin = -64..=4096 + 64;
        assert!(lines[0].iter().flatten().all(|at| margin.contains(at)), "{column}/{row}: {lines:?}");
    }
}

#[test]
fn a_line_that_leaves_a_tile_and_returns_has_two_parts() {
    let line: &[LonLat] = &[(-20.0, 40.0), (-100.0, 40.0), (60.0, 41.0), (60.0, 50.0), (-20.0, 50.0)];
    let archive = built(vec![ways(&[line], vec![])], &zooms(1, 1));
    let parts: Vec<usize> = archive.tiles.iter().map(|tile| tile.layer("ways")[0].parts.len()).collect();
    assert_eq!(parts, [2, 1]);
}

#[test]
fn a_hole_over_a_tile_border_opens_the_ring_and_one_beside_it_stays() {
    let block: &[&[LonLat]] =
        &[&box_of(-40.0, 10.0, 40.0, 50.0), &box_of(-10.0, 20.0, 10.0, 40.0), &box_of(20.0, 20.0, 30.0, 40.0)];
    let archive = built(vec![blocks(&[&[block]])], &zooms(1, 1));
    let west = areas(archive.tile(1, 0, 0).layer("blocks")[0]);
    let east = areas(archive.tile(1, 1, 0).layer("blocks")[0]);
    assert!(west.len() == 1 && west[0] > 0.0, "{west:?}");
    assert!(east.len() == 2 && east[0] > 0.0 && east[1] < 0.0, "{east:?}");
    // Both have the margin of 64 units; the strip of it is counted twice, the hole in the east once.
    let unit = 8192.0 / 360.0;
    let y = |lat: f64| 8192.0 * (0.5 - lat.to_radians().tan().asinh() / (2.0 * std::f64::consts::PI));
    let (tall, low) = ((y(10.0) - y(50.0)), (y(20.0) - y(40.0)));
    let expected = 80.0 * unit * tall - 30.0 * unit * low + 2.0 * 64.0 * (tall - low);
    let total = west[0] + east[0] + east[1];
    assert!((total - expected).abs() / expected < 0.01, "{total} {expected}");
}

#[test]
fn a_hole_that_touches_the_outer_ring_of_a_cut_area_stays() {
    // The hole begins at a corner that is also one of the outer ring; the area is cut at lon 0.
    let hole = [(40.0, 30.0), (20.0, 20.0), (10.0, 30.0), (20.0, 40.0), (40.0, 30.0)];
    let outer = [(-40.0, 10.0), (40.0, 10.0), (40.0, 30.0), (40.0, 50.0), (-40.0, 50.0), (-40.0, 10.0)];
    let archive = built(vec![blocks(&[&[&[&outer, &hole]]])], &zooms(1, 1));
    let east = areas(archive.tile(1, 1, 0).layer("blocks")[0]);
    assert!(east.len() == 2 && east[1] < 0.0, "{east:?}");
}

#[test]
fn a_polygon_cut_in_two_is_two_without_a_bridge() {
    // A horseshoe open to the west: in the western tile only its two ends are.
    let shoe: &[LonLat] = &[
        (-30.0, 10.0),
        (40.0, 10.0),
        (40.0, 50.0),
        (-30.0, 50.0),
        (-30.0, 40.0),
        (20.0, 40.0),
        (20.0, 20.0),
        (-30.0, 20.0),
        (-30.0, 10.0),
    ];
    let archive = built(vec![blocks(&[&[&[shoe]]])], &zooms(1, 1));
    let west = areas(archive.tile(1, 0, 0).layer("blocks")[0]);
    assert!(west.len() == 2 && west.iter().all(|&area| area > 0.0), "{west:?}");
    assert_eq!(areas(archive.tile(1, 1, 0).layer("blocks")[0]).len(), 1);
}

#[test]
fn rings_that_touch_stay_two_rings() {
    // Each polygon begins where the one before ends.
    let (south, north) = (box_of(10.0, 10.0, 20.0, 20.0), box_of(10.0, 20.0, 20.0, 30.0));
    let archive = built(vec![blocks(&[&[&[&south], &[&north]]])], &zooms(1, 1));
    let areas = areas(archive.tile(1, 1, 0).layer("blocks")[0]);
    assert!(areas.len() == 2 && areas.iter().all(|&area| area > 10_000.0), "{areas:?}");
}

#[test]
fn neighbours_share_their_edge_at_every_zoom_and_over_tile_borders() {
    // The edge between them is crooked and crosses the border between two tiles of every zoom at lon 0.
    let edge = [(-0.031, 0.502), (-0.0123, 0.4987), (0.0017, 0.5031), (0.0231, 0.4999)];
    let mut north = edge.to_vec();
    north.extend([(0.0231, 0.52), (-0.031, 0.52), edge[0]]);
    let mut south: Vec<LonLat> = edge.iter().rev().copied().collect();
    south.extend([(-0.031, 0.48), (0.0231, 0.48), edge[3]]);
    let archive = built(vec![blocks(&[&[&[&north]], &[&[&south]]])], &zooms(9, 15));
    let mut shared = 0;
    for tile in &archive.tiles {
        let [north, south] = tile.layer("blocks")[..] else { continue };
        let inner = |feature: &Feature| {
            let mut corners: Vec<_> = feature.parts.iter().flatten().copied().collect();
            corners.sort_unstable();
            corners
        };
        let (north, south) = (inner(north), inner(south));
        let common = north.iter().filter(|corner| south.contains(corner)).count();
        assert!(common >= 2, "{:?}: {north:?} {south:?}", tile.zxy);
        shared += 1;
    }
    assert!(shared >= 14, "{shared} tiles hold both");
}

#[test]
fn the_smallest_features_are_there_at_the_highest_zoom_only() {
    let dot = [(10.0, 10.0), (10.000_000_1, 10.0)];
    let block = box_of(10.0, 10.0, 10.000_000_1, 10.000_000_1);
    let archive = built(vec![blocks(&[&[&[&block]]]), ways(&[&dot], vec![])], &zooms(14, 15));
    assert_eq!(archive.tiles.len(), 1);
    let tile = &archive.tiles[0];
    assert_eq!(tile.zxy.0, 15);
    let line = &tile.layer("ways")[0].parts;
    assert_eq!((line.len(), line[0][1][0] - line[0][0][0]), (1, 1));
    assert_eq!(areas(tile.layer("blocks")[0]), [1.0]);
}

#[test]
fn lines_are_simplified_below_the_highest_zoom() {
    let wave: Vec<LonLat> = (0..100).map(|at| (10.0 + f64::from(at) * 1e-5, 10.0 + f64::from(at % 2) * 2e-6)).collect();
    let archive = built(vec![ways(&[&wave], vec![])], &zooms(9, 15));
    let corners: Vec<usize> = archive.tiles.iter().map(|tile| tile.layer("ways")[0].parts[0].len()).collect();
    assert_eq!(corners[0], 2);
    assert!(corners.last() > Some(&90), "{corners:?}");
}

#[test]
fn a_name_keeps_quotes_and_emoji_and_null_is_no_attribute() {
    let name = "Rua \"São João\" 'n\n🚲 東京";
    let columns = vec![
        Column::new("name", Values::Text(vec![Some(name.into()), None])),
        Column::new("speed_limit", Values::Int(vec![None, Some(-25)])),
        Column::new("ft_bike_infra_width", Values::Float(vec![Some(0.1), Some(5.5)])),
        Column::new("xwalk", Values::Bool(vec![Some(true), None])),
        Column::new("unpublished", Values::Int(vec![Some(1), Some(1)])),
    ];
    let line: &[LonLat] = &[(10.0, 10.0), (10.01, 10.0)];
    let archive = built(vec![ways(&[line, line], columns)], &zooms(12, 12));
    let ways = archive.tiles[0].layer("ways");
    let tags = |feature: &Feature| feature.tags.iter().map(|(k, v)| format!("{k}={v}")).collect::<Vec<_>>();
    assert_eq!(ways[0].id, Some(1));
    assert_eq!(tags(ways[0]), ["xwalk=true", "road_id=1", &format!("name={name}"), "ft_bike_infra_width=0.1"]);
    assert_eq!(tags(ways[1]), ["road_id=2", "speed_limit=-25", "ft_bike_infra_width=5.5"]);
}

#[test]
fn what_tells_features_apart_is_written_only_where_they_can_be_clicked() {
    let columns = vec![Column::new("name", Values::Text(vec![Some("A".into())]))];
    let archive = built(vec![ways(&[&[(10.0, 10.0), (10.1, 10.0)]], columns)], &zooms(11, 12));
    let named = |tile: &decode::Tile| tile.layer("ways")[0].tags.iter().any(|(key, _)| key == "name");
    for tile in &archive.tiles {
        assert_eq!(named(tile), tile.zxy.0 == 12, "{:?}", tile.zxy);
    }
}

#[test]
fn layers_without_rows_geometry_or_table_give_an_empty_archive() {
    let mut without = ways(&[], vec![]);
    without.geometry = None;
    let null = Geometry::Polygons { wgs84: vec![None, Some(MultiPolygon(vec![]))], metric: vec![None, None] };
    for tables in [vec![], vec![without], vec![ways(&[], vec![]), layer(BLOCKS, vec![], null)]] {
        let archive = built(tables, &TileOptions::default());
        assert_eq!((archive.tiles.len(), archive.zooms), (0, (5, 15)));
    }
}

#[test]
fn the_metadata_names_layers_fields_and_the_owner_of_the_data() {
    let columns = vec![Column::new("name", Values::Text(vec![None]))];
    let archive = built(vec![ways(&[&[(10.0, 10.0), (10.1, 10.2)]], columns)], &TileOptions::default());
    assert_eq!(archive.metadata["attribution"], "© OpenStreetMap contributors");
    let layers = archive.metadata["vector_layers"].as_array().unwrap();
    assert_eq!((layers.len(), &layers[0]["id"]), (1, &"ways".into()));
    assert_eq!(layers[0]["fields"], serde_json::json!({"road_id": "Number", "name": "String"}));
    assert_eq!(layers[0]["field_descriptions"]["name"], "Name of the street");
    assert_eq!(archive.bounds_e7, [100_000_000, 100_000_000, 101_000_000, 102_000_000]);
}

#[test]
fn one_point_far_away_costs_tiles_but_not_the_run() {
    let archive = built(
        vec![ways(&[&[(-8.6, 41.1), (178.0, -80.0)], &[(f64::NAN, 1.0), (2.0, f64::INFINITY)]], vec![])],
        &zooms(9, 9),
    );
    assert!(archive.tiles.len() > 200 && archive.tiles.len() < 1500, "{}", archive.tiles.len());
    assert!(archive.tiles.iter().all(|tile| tile.layer("ways").len() == 1));
}

#[test]
fn a_block_as_large_as_a_continent_is_refused() {
    let tables = vec![blocks(&[&[&[&box_of(-170.0, -80.0, 170.0, 80.0)]]])];
    let error = build(
        &Layers { srid: 32611, edition: crate::model::Edition::Current, tables },
        &TileOptions::default(),
        Cursor::new(Vec::new()),
    )
    .unwrap_err();
    assert!(matches!(error, TilesError::TooLarge { .. }));
    assert!(error.to_string().starts_with("neighborhood_census_blocks touches "), "{error}");
}

#[test]
fn zooms_out_of_order_are_refused() {
    for (min, max) in [(10, 9), (9, 19)] {
        let layers = Layers { srid: 32611, edition: crate::model::Edition::Current, tables: vec![] };
        let error = build(&layers, &zooms(min, max), Cursor::new(Vec::new())).unwrap_err();
        assert!(matches!(error, TilesError::Zooms { .. }), "{error}");
    }
}

#[test]
fn a_disk_without_space_is_said() {
    let mut space = [0_u8; 100];
    let tables = vec![ways(&[&[(10.0, 10.0), (10.1, 10.0)]], vec![])];
    let error = build(
        &Layers { srid: 32611, edition: crate::model::Edition::Current, tables },
        &zooms(9, 9),
        Cursor::new(&mut space[..]),
    )
    .unwrap_err();
    assert!(matches!(error, TilesError::Write(_)), "{error}");
}

#[test]
fn the_number_of_threads_does_not_matter() {
    let lines: Vec<[LonLat; 2]> = (0..700)
        .map(|at| (f64::from(at) * 0.001, f64::from(at % 37) * 0.003))
        .map(|(x, y)| [(x, y), (x + 0.02, y + 0.01)])
        .collect();
    let lines: Vec<&[LonLat]> = lines.iter().map(<[LonLat; 2]>::as_slice).collect();
    let with = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| bytes(vec![ways(&lines, vec![])], &zooms(9, 13)))
    };
    assert!(with(1) == with(3));
}

#[test]
fn every_segment_and_block_of_a_golden_place_is_at_the_highest_zoom() {
    let Some(export) = golden::export_of("beatty") else {
        println!("skipped: ../shared is not here");
        return;
    };
    let layers = golden::layers(&export);
    let mut out = Cursor::new(Vec::new());
    let counts = build(&layers, &TileOptions::default(), &mut out).unwrap();
    let archive = Archive::read(out.get_ref());
    assert_eq!(counts, TileCounts { tiles: archive.tiles.len(), largest_bytes: archive.largest_bytes, dropped: 0 });
    for (name, table) in [("ways", WAYS), ("blocks", BLOCKS)] {
        let highest = archive.tiles.iter().filter(|tile| tile.zxy.0 == 15);
        let mut ids: Vec<u64> = highest.flat_map(|tile| tile.layer(name)).filter_map(|feature| feature.id).collect();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), layers.get(table).unwrap().rows(), "{name}");
    }
}

fn texts(name: &str, values: &[Option<&str>]) -> Column {
    Column::new(name, Values::Text(values.iter().map(|value| value.map(Into::into)).collect()))
}

fn ints(name: &str, values: &[Option<i64>]) -> Column {
    Column::new(name, Values::Int(values.to_vec()))
}

fn points(name: &str, columns: Vec<Column>, places: &[LonLat]) -> Layer {
    let wgs84: Vec<_> = places.iter().map(|&(x, y)| Some(geo_types::Point::new(x, y))).collect();
    layer(name, columns, Geometry::Points { metric: wgs84.clone(), wgs84 })
}

#[test]
fn a_street_comes_by_class_and_whole_length_with_all_its_pieces() {
    // Two pieces of a long residential street, one of a short, a main street's short piece; 0.001° are 1.5 pixels at zoom 10.
    let lines: [&[LonLat]; 4] = [
        &[(10.0, 10.0), (10.001, 10.0)],
        &[(10.001, 10.0), (10.1, 10.0)],
        &[(10.0, 10.01), (10.0003, 10.01)],
        &[(10.0, 10.02), (10.001, 10.02)],
    ];
    let columns = vec![
        ints("osm_id", &[Some(1), Some(1), Some(2), Some(3)]),
        texts("functional_class", &[Some("residential"), Some("residential"), Some("residential"), Some("primary")]),
    ];
    let archive = built(vec![ways(&lines, columns)], &zooms(9, 15));
    let at = |zoom: u8| {
        let tiles = archive.tiles.iter().filter(|tile| tile.zxy.0 == zoom);
        let mut ids: Vec<u64> = tiles.flat_map(|tile| tile.layer("ways")).filter_map(|feature| feature.id).collect();
        ids.sort_unstable();
        ids.dedup();
        ids
    };
    assert_eq!(
        [at(9), at(10), at(11), at(12), at(15)],
        [vec![1, 2], vec![1, 2], vec![1, 2, 4], vec![1, 2, 3, 4], vec![1, 2, 3, 4]]
    );
}

#[test]
fn no_tile_is_too_large_and_what_was_left_out_is_counted() {
    // 3,000 streets in one tile; the first hundred, of a higher class, must stay.
    let lines: Vec<[LonLat; 2]> = (0..3000)
        .map(|at| (10.0 + f64::from(at % 60) * 1e-4, 10.0 + f64::from(at / 60) * 1e-4))
        .map(|(x, y)| [(x, y), (x + 0.7e-4, y + 0.7e-4)])
        .collect();
    let lines: Vec<&[LonLat]> = lines.iter().map(<[LonLat; 2]>::as_slice).collect();
    let class = |at: i64| if at < 100 { "primary" } else { "residential" };
    let columns = || {
        vec![
            Column::new("functional_class", Values::Text((0..3000).map(|at| Some(class(at).into())).collect())),
            Column::new(
                "name",
                Values::Text((0..3000).map(|at| Some(format!("Street {}", at * 7919 % 3001).into())).collect()),
            ),
        ]
    };
    let with = |max_bytes: usize| {
        let layers =
            Layers { srid: 32611, edition: crate::model::Edition::Current, tables: vec![ways(&lines, columns())] };
        let mut out = Cursor::new(Vec::new());
        let counts = build(&layers, &TileOptions { max_bytes, ..zooms(14, 14) }, &mut out).unwrap();
        (counts, Archive::read(&out.into_inner()))
    };
    let (all, whole) = with(500_000);
    assert_eq!((all.dropped, whole.tiles.iter().map(|tile| tile.layer("ways").len()).sum::<usize>()), (0, 3000));
    let limit = all.largest_bytes / 3;
    let (some, cut) = with(limit);
    assert!(some.largest_bytes <= limit && some.largest_bytes > limit / 2, "{some:?}, at most {limit}");
    let left: Vec<u64> =
        cut.tiles.iter().flat_map(|tile| tile.layer("ways")).filter_map(|feature| feature.id).collect();
    assert_eq!(left.len() + some.dropped, 3000);
    assert!((1..=100).all(|id| left.contains(&id)), "the important streets stay");
}

#[test]
fn areas_that_touch_are_simplified_alike_at_every_zoom() {
    // A crooked border of 400 corners, seen from both sides; the sums of areas show gaps and overlaps.
    let border: Vec<LonLat> =
        (0..400).map(|at| (10.0 + f64::from(at) * 1e-4, 10.02 + f64::from((at * 7919) % 11) * 4e-5)).collect();
    let mut north = border.clone();
    north.extend([(10.0399, 10.04), (10.0, 10.04), border[0]]);
    let mut south: Vec<LonLat> = border.iter().rev().copied().collect();
    south.extend([(10.0, 10.0), (10.0399, 10.0), border[399]]);
    let whole = box_of(10.0, 10.0, 10.0399, 10.04);
    let sums = |shapes: &[&[&[&[LonLat]]]]| {
        let archive = built(vec![blocks(shapes)], &zooms(9, 15));
        let of = |tile: &decode::Tile| tile.layer("blocks").iter().flat_map(|feature| areas(feature)).sum::<f64>();
        let corners =
            |tile: &decode::Tile| tile.layer("blocks").iter().flat_map(|f| &f.parts).map(Vec::len).sum::<usize>();
        archive.tiles.iter().map(|tile| (tile.zxy, of(tile), corners(tile))).collect::<Vec<_>>()
    };
    let (both, one) = (sums(&[&[&[&north]], &[&[&south]]]), sums(&[&[&[&whole]]]));
    assert_eq!(both.len(), one.len());
    for (two, one) in both.iter().zip(&one) {
        assert_eq!((two.0, two.1), (one.0, one.1), "a gap or an overlap");
    }
    let corners = |zoom: u8| both.iter().filter(|tile| tile.0.0 == zoom).map(|tile| tile.2).sum::<usize>();
    assert!(corners(11) * 4 < corners(15), "{} {}", corners(11), corners(15));
}

#[test]
fn destinations_of_all_categories_are_one_layer() {
    let list = |values: usize| Column::new("blockid20", Values::TextList(vec![vec![]; values]));
    let schools = vec![ints("id", &[Some(1), Some(2)]), list(2), texts("school_name", &[Some("A"), None])];
    let parks = vec![ints("id", &[Some(1)]), list(1), ints("pop_low_stress", &[Some(40)])];
    let tables = vec![
        points("neighborhood_schools", schools, &[(10.0, 10.0), (10.001, 10.0)]),
        points("neighborhood_parks", parks, &[(10.002, 10.0)]),
        points("trees", vec![ints("id", &[Some(1)])], &[(10.0, 10.0)]),
    ];
    let archive = built(tables, &zooms(15, 15));
    let tags: Vec<String> = archive
        .tiles
        .iter()
        .flat_map(|tile| tile.layer("destinations"))
        .map(|f| format!("{:?} {:?}", f.id, f.tags))
        .collect();
    assert_eq!(tags.len(), 3);
    assert_eq!(tags[0], r#"Some(1) [("category", "schools"), ("id", "1"), ("name", "A")]"#);
    assert_eq!(tags[2], r#"Some(3) [("category", "parks"), ("id", "1"), ("pop_low_stress", "40")]"#);
}

#[test]
fn only_junctions_with_a_stressful_crossing_are_shown() {
    let columns = vec![ints("int_id", &[Some(1), Some(2), Some(3)]), ints("int_stress", &[Some(1), Some(3), None])];
    let places = [(10.0, 10.0), (10.001, 10.0), (10.002, 10.0)];
    let archive = built(vec![points("neighborhood_ways_intersections", columns, &places)], &zooms(15, 15));
    let ids: Vec<_> = archive.tiles.iter().flat_map(|tile| tile.layer("junctions")).map(|feature| feature.id).collect();
    assert_eq!(ids, [Some(2)]);
}

#[test]
fn a_layer_of_the_client_is_tiled_at_the_zooms_it_asks_for() {
    let mut table = points("my_counts", vec![texts("who", &[Some("me")])], &[(10.0, 10.0)]);
    table.exports.tiles = Some((12, 13));
    let archive = built(vec![table], &zooms(9, 15));
    let zooms: Vec<u8> = archive.tiles.iter().map(|tile| tile.zxy.0).collect();
    assert_eq!(zooms, [12, 13]);
    assert_eq!(archive.tiles[0].layer("my_counts")[0].tags, [("who".to_owned(), "me".to_owned())]);
    assert_eq!(archive.metadata["vector_layers"][0]["maxzoom"], 13);
}

#[test]
fn the_boundary_says_the_score_where_blocks_are_not_legible_yet() {
    let ring = box_of(10.0, 10.0, 10.1, 10.1);
    let mut boundary = blocks(&[&[&[&ring]]]);
    boundary.name = "neighborhood_boundary".to_owned();
    let scores = Layer {
        name: "neighborhood_overall_scores".into(),
        comment: "a test".into(),
        columns: vec![
            texts("score_id", &[Some("people"), Some("overall_score")]),
            Column::new("score_normalized", Values::Float(vec![Some(1.0), Some(24.5)])),
        ],
        geometry: None,
        exports: Exports::default(),
    };
    let archive = built(vec![boundary, blocks(&[&[&[&ring]]]), scores], &zooms(5, 9));
    for tile in &archive.tiles {
        assert_eq!(
            tile.layer("boundary")[0].tags[0],
            ("overall_score".to_owned(), "24.5".to_owned()),
            "{:?}",
            tile.zxy
        );
        assert_eq!(tile.layer("blocks").len(), usize::from(tile.zxy.0 >= 9), "{:?}", tile.zxy);
    }
    assert!(archive.tiles.len() >= 5);
}
