//! Small layers for the tests of everything that reads layers: empty tables, NULLs, non-ASCII texts, quotes and line ends, a hole, two parts.

use super::{Exports, Geometry, Layer, Layers, bools, floats, ints};
use crate::model::{Column, Edition, Values};
use geo_types::{Coord, LineString, MultiPolygon, Point, Polygon};
use std::sync::Arc;

/// In every format.
const EVERYWHERE: Exports = Exports { geojson: true, csv: true, shp: true, gpkg: true, tiles: None };

/// Five tables: areas, lines, points, no geometry, no rows.
pub(crate) fn small_layers() -> Layers {
    let tables = vec![areas(), lines(), points(), table(), empty()];
    Layers { srid: 32633, edition: Edition::Current, tables }
}

fn texts(name: &str, values: &[Option<&str>]) -> Column {
    Column::new(name, Values::Text(values.iter().map(|text| text.map(Arc::from)).collect()))
}

fn layer(name: &str, columns: Vec<Column>, geometry: Option<Geometry>) -> Layer {
    Layer { name: name.into(), comment: "A table of the tests", columns, geometry, exports: EVERYWHERE }
}

fn ring(points: &[(f64, f64)]) -> LineString<f64> {
    points.iter().copied().collect()
}

/// A counter-clockwise square from a corner.
fn square(x: f64, y: f64, side: f64) -> LineString<f64> {
    ring(&[(x, y), (x + side, y), (x + side, y + side), (x, y + side), (x, y)])
}

fn areas() -> Layer {
    let with_hole = |x: f64, side: f64| {
        MultiPolygon(vec![Polygon::new(square(x, 0.0, side), vec![square(x + side / 4.0, side / 4.0, side / 2.0)])])
    };
    let two_parts = |x: f64, side: f64| {
        MultiPolygon(vec![
            Polygon::new(square(x, 0.0, side), vec![]),
            Polygon::new(square(x + 2.0 * side, 0.0, side), vec![]),
        ])
    };
    let columns = vec![
        ints("gid", [Some(1), Some(7), None].into_iter()),
        texts("geoid20", &[Some("01"), Some("02"), Some("03")]),
        texts("remark", &[Some("Käse, \"frisch\"\n"), Some(""), None]),
        floats("pop20", [Some(205.0), Some(0.25), None].into_iter()),
        Column::new("road_ids", Values::IntList(vec![vec![3, 12], vec![], vec![5]])),
        floats("parks_score", [Some(1e-5), Some(f64::NAN), None].into_iter()),
        bools("in_boundary", [Some(true), Some(false), None].into_iter()),
    ];
    let wgs84 = vec![Some(with_hole(13.5, 0.5)), Some(two_parts(14.0, 0.25)), None];
    let metric = vec![Some(with_hole(400_000.0, 1000.0)), Some(two_parts(410_000.0, 250.0)), None];
    layer("neighborhood_census_blocks", columns, Some(Geometry::Polygons { wgs84, metric }))
}

fn lines() -> Layer {
    let columns = vec![
        ints("road_id", [Some(1), Some(2)].into_iter()),
        ints("osm_id", [Some(109_197_302), Some(9_876_543_210)].into_iter()),
        texts("name", &[Some("Straße der 東京"), None]),
        texts("one_way", &[None, None]),
        texts("ft_bike_infra", &[None, None]),
        floats("ft_bike_infra_width", [Some(5.0), None].into_iter()),
        ints("ft_seg_stress", [Some(3), None].into_iter()),
        texts("ft_seg_stress_reason", &[Some("fast: 40 mph"), Some("one-way")]),
    ];
    let at = |points: &[(f64, f64)]| points.iter().map(|&(x, y)| Coord { x, y }).collect::<Vec<_>>();
    let wgs84 = at(&[(-116.7568619, 36.9068085), (-116.75, 37.0), (13.0, 52.0), (13.1, 52.1), (13.2, 52.0)]);
    let metric = at(&[(400_000.5, 1.0), (400_100.25, 2.0), (0.0, 0.0), (10.0, 20.0), (-5.0, 7.0)]);
    layer("neighborhood_ways", columns, Some(Geometry::Lines { first: vec![0, 2, 5], wgs84, metric }))
}

fn points() -> Layer {
    let lists: Vec<Vec<Arc<str>>> = vec![vec!["01".into(), "a,\"b".into()], vec![]];
    let columns = vec![
        ints("id", [Some(1), Some(2)].into_iter()),
        Column::new("blockid20", Values::TextList(lists)),
        ints("osm_id", [Some(-5), None].into_iter()),
        texts("doctors_name", &[Some("tab\tand \\ back\u{1}"), None]),
    ];
    let wgs84 = vec![Some(Point::new(13.25, 52.0)), None];
    let metric = vec![Some(Point::new(380_000.25, 5_760_000.0)), None];
    layer("neighborhood_doctors", columns, Some(Geometry::Points { wgs84, metric }))
}

fn table() -> Layer {
    let columns = vec![
        ints("id", [Some(1), Some(2)].into_iter()),
        texts("score_id", &[Some("people"), Some("population_total")]),
        floats("score_original", [Some(0.9339), Some(5814.0)].into_iter()),
        floats("score_normalized", [Some(93.39), None].into_iter()),
    ];
    layer("neighborhood_overall_scores", columns, None)
}

fn empty() -> Layer {
    let geometry = Geometry::Polygons { wgs84: vec![], metric: vec![] };
    layer("neighborhood_parks", vec![texts("park_name", &[]), ints("osm_id", [].into_iter())], Some(geometry))
}
