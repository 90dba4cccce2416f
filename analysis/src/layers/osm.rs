//! The OSM features of the study area as they are, for those who ask for them (`--publish osm`).

use super::{Exports, Geometry, Layer, ints, table_info};
use crate::import::features::{Feature, Features};
use crate::import::osm::Tags;
use crate::model::{Column, Utm, Values};
use geo::MapCoords;
use geo_types::{Coord, Point};

/// `osm_points`, `osm_lines`, `osm_polygons`.
pub fn tables(features: &Features, projection: Utm) -> [Layer; 3] {
    [
        table("osm_points", &features.points, points(&features.points, projection)),
        table("osm_lines", &features.lines, lines(&features.lines, projection)),
        table("osm_polygons", &features.areas, areas(features, projection)),
    ]
}

fn table<G>(name: &str, features: &[Feature<G>], geometry: Geometry) -> Layer {
    let tags = features.iter().map(|feature| Some(json(&feature.tags).into())).collect();
    Layer {
        name: name.into(),
        comment: table_info(name).comment.into(),
        columns: vec![
            ints("osm_id", features.iter().map(|feature| Some(feature.osm_id))),
            Column::new("tags", Values::Text(tags)),
        ],
        geometry: Some(geometry),
        exports: Exports::DATABASE,
    }
}

fn points(features: &[Feature<Coord<f64>>], projection: Utm) -> Geometry {
    Geometry::Points {
        wgs84: features.iter().map(|feature| Some(Point(feature.shape))).collect(),
        metric: features.iter().map(|feature| Some(Point(projection.forward(feature.shape)))).collect(),
    }
}

fn lines(features: &[Feature<Vec<Coord<f64>>>], projection: Utm) -> Geometry {
    let mut first = vec![0];
    let mut wgs84 = Vec::new();
    for feature in features {
        wgs84.extend_from_slice(&feature.shape);
        first.push(u32::try_from(wgs84.len()).unwrap_or(u32::MAX));
    }
    let metric = wgs84.iter().map(|&at| projection.forward(at)).collect();
    Geometry::Lines { first, wgs84, metric }
}

fn areas(features: &Features, projection: Utm) -> Geometry {
    let shapes = || features.areas.iter().map(|feature| &feature.shape);
    Geometry::Polygons {
        wgs84: shapes().map(|shape| Some(shape.clone())).collect(),
        metric: shapes().map(|shape| Some(shape.map_coords(|at| projection.forward(at)))).collect(),
    }
}

/// Tags as a JSON object. NUL, which no database keeps, is left out.
fn json(tags: &Tags) -> String {
    let text = |text: &str| serde_json::Value::from(text.replace('\0', "")).to_string();
    let pairs: Vec<_> = tags.0.iter().map(|(key, value)| format!("{}:{}", text(key), text(value))).collect();
    format!("{{{}}}", pairs.join(","))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_survive_as_json() {
        let tags: Tags = [("name", "O'Brien \"\\\n東京\0"), ("highway", "path")].into_iter().collect();
        let read: serde_json::Value = serde_json::from_str(&json(&tags)).unwrap();
        assert_eq!(read, serde_json::json!({"name": "O'Brien \"\\\n東京", "highway": "path"}));
    }
}
