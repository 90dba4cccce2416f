//! All OSM features of the study area as points, lines and areas, uninterpreted but for one question: is a closed way an area?

use super::osm::rings::{RawPolygon, polygons};
use super::osm::{OsmData, OsmRelation, OsmWay, Tags};
use super::places::{degrees, is_closed, line, member_lines};
use geo_types::{Coord, LineString, MultiPolygon, Polygon};
use rayon::prelude::*;

/// Keys that make an area of a closed way, unless `area=no`.
const AREA_KEYS: [&str; 22] = [
    "aeroway",
    "amenity",
    "boundary",
    "building",
    "building:part",
    "craft",
    "golf",
    "healthcare",
    "historic",
    "landuse",
    "leisure",
    "man_made",
    "military",
    "natural",
    "office",
    "place",
    "public_transport",
    "shop",
    "sport",
    "tourism",
    "water",
    "wetland",
];

/// Features by kind, ascending by the id of their element.
#[derive(Debug, Default)]
pub struct Features {
    /// Tagged nodes.
    pub points: Vec<Feature<Coord<f64>>>,
    /// Tagged ways that are no areas.
    pub lines: Vec<Feature<Vec<Coord<f64>>>>,
    /// Closed ways that are areas, then multipolygon and boundary relations.
    pub areas: Vec<Feature<MultiPolygon<f64>>>,
}

/// One feature.
#[derive(Debug)]
pub struct Feature<G> {
    /// OSM id, negative for relations.
    pub osm_id: i64,
    /// All tags.
    pub tags: Tags,
    /// Degrees.
    pub shape: G,
}

/// All features. Relations whose rings do not close, and those of other types, are none.
pub(super) fn of(data: &OsmData) -> Features {
    let point = |(node, tags): &(u32, Tags)| {
        let node = *node as usize;
        let shape = degrees([data.node_lon_e7[node], data.node_lat_e7[node]]);
        Feature { osm_id: data.node_id[node], tags: tags.clone(), shape }
    };
    let tagged = |way: &&OsmWay| !way.tags.0.is_empty() && way.nodes.len() > 1;
    let as_line = |way: &OsmWay| {
        let shape = line(data, way).into_iter().map(degrees).collect();
        (!is_area(way)).then(|| Feature { osm_id: way.id, tags: way.tags.clone(), shape })
    };
    let as_area = |way: &OsmWay| {
        let shape = if is_area(way) { multipolygon(&[line(data, way)]) } else { None }?;
        Some(Feature { osm_id: way.id, tags: way.tags.clone(), shape })
    };
    let of_relation = |relation: &OsmRelation| {
        let is_one = matches!(relation.tags.get("type"), Some("multipolygon" | "boundary"));
        let shape = if is_one { multipolygon(&member_lines(data, relation)) } else { None }?;
        Some(Feature { osm_id: -relation.id, tags: relation.tags.clone(), shape })
    };
    let mut areas: Vec<_> = data.ways.par_iter().filter(tagged).filter_map(as_area).collect();
    areas.par_extend(data.relations.par_iter().filter_map(of_relation));
    Features {
        points: data.node_tags.par_iter().map(point).collect(),
        lines: data.ways.par_iter().filter(tagged).filter_map(as_line).collect(),
        areas,
    }
}

fn is_area(way: &OsmWay) -> bool {
    if way.nodes.len() < 4 || !is_closed(way) {
        return false;
    }
    match way.tags.get("area") {
        Some("yes" | "true" | "1") => true,
        Some("no" | "false" | "0") => false,
        _ => way.tags.0.iter().any(|(key, _)| AREA_KEYS.contains(&&**key)),
    }
}

/// `None` when the lines enclose nothing.
fn multipolygon(lines: &[Vec<super::osm::rings::Place>]) -> Option<MultiPolygon<f64>> {
    let closed = |ring: Vec<_>| -> LineString<f64> {
        let first = ring.first().copied();
        ring.into_iter().chain(first).map(degrees).collect()
    };
    let polygon =
        |raw: RawPolygon| Polygon::new(closed(raw.outer), raw.holes.into_iter().map(closed).collect::<Vec<_>>());
    let parts: Vec<_> = polygons(lines).into_iter().map(polygon).collect();
    (!parts.is_empty()).then_some(MultiPolygon(parts))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import::osm;

    #[test]
    fn nodes_ways_and_relations_become_points_lines_and_areas() {
        let xml = r#"<osm version="0.6">
            <node id="1" lon="1" lat="1"><tag k="shop" v="bäcker"/></node>
            <node id="2" lon="2" lat="1"/><node id="3" lon="2" lat="2"/>
            <node id="4" lon="1.2" lat="1.1"/><node id="5" lon="1.8" lat="1.1"/><node id="6" lon="1.8" lat="1.6"/>
            <way id="10"><nd ref="1"/><nd ref="2"/><nd ref="3"/><nd ref="1"/><tag k="landuse" v="grass"/></way>
            <way id="11"><nd ref="1"/><nd ref="2"/><nd ref="3"/><nd ref="1"/><tag k="highway" v="path"/></way>
            <way id="12"><nd ref="4"/><nd ref="5"/><nd ref="6"/><nd ref="4"/></way>
            <way id="13"><nd ref="4"/><nd ref="5"/><tag k="barrier" v="fence"/></way>
            <relation id="20"><member type="way" ref="10" role="outer"/><member type="way" ref="12" role="inner"/>
              <tag k="type" v="multipolygon"/><tag k="natural" v="wood"/></relation>
            <relation id="21"><member type="way" ref="13" role="outer"/><tag k="type" v="multipolygon"/></relation>
            <relation id="22"><member type="way" ref="10" role=""/><tag k="type" v="route"/></relation>
        </osm>"#;
        let everywhere = MultiPolygon(vec![geo_types::Rect::new((0.0, 0.0), (9.0, 9.0)).to_polygon()]);
        let features = of(&osm::from_xml(xml.as_bytes(), &everywhere, None).unwrap());
        let ids = |ids: Vec<i64>| ids;
        assert_eq!(ids(features.points.iter().map(|f| f.osm_id).collect()), [1]);
        assert_eq!(features.points[0].tags.get("shop"), Some("bäcker"));
        assert_eq!(ids(features.lines.iter().map(|f| f.osm_id).collect()), [11, 13]);
        assert_eq!(features.lines[0].shape.len(), 4);
        assert_eq!(ids(features.areas.iter().map(|f| f.osm_id).collect()), [10, -20]);
        assert_eq!(features.areas[1].shape.0[0].interiors().len(), 1);
    }
}
