//! Tagged points and areas of any kind, as osm2pgsql makes them (bna-method §2.3).

use super::osm::rings::{Place, RawPolygon, polygons};
use super::osm::{MemberKind, OsmData, OsmRelation, OsmWay, Tags};
use crate::model::Utm;
use geo_types::{Coord, LineString, Point, Polygon};
use rayon::prelude::*;

/// Keys that make an area of a closed way (`polygon` in the reference's `pfb.style`).
const AREA_KEYS: [&str; 10] = [
    "amenity",
    "building",
    "healthcare",
    "landuse",
    "leisure",
    "operator",
    "public_transport",
    "railway",
    "shop",
    "station",
];

/// An area: a closed way, or one outer ring of a relation with its holes.
#[derive(Debug)]
pub(super) struct AreaPlace<'a> {
    /// Negative for relations.
    pub osm_id: i64,
    pub tags: &'a Tags,
    pub polygon_m: Polygon<f64>,
}

/// A tagged node.
#[derive(Debug)]
pub(super) struct PointPlace<'a> {
    pub osm_id: i64,
    pub tags: &'a Tags,
    pub lonlat: Point<f64>,
    pub point_m: Point<f64>,
}

/// Longitude and latitude in degrees.
pub(super) fn degrees([lon, lat]: Place) -> Coord<f64> {
    Coord { x: f64::from(lon) / 1e7, y: f64::from(lat) / 1e7 }
}

/// First and last node are the same one.
pub(super) fn is_closed(way: &OsmWay) -> bool {
    way.nodes.len() > 1 && way.nodes.first() == way.nodes.last()
}

/// Whether a closed way with these tags is an area: `area` says so, or one of the keys does.
pub(super) fn is_area(tags: &Tags, more_keys: &[&str]) -> bool {
    let natural = tags.get("natural") == Some("coastline");
    match tags.get("area") {
        Some("yes" | "true" | "1") => true,
        _ if natural => true,
        Some("no" | "false" | "0") => false,
        _ => tags.0.iter().any(|(key, _)| AREA_KEYS.contains(&&**key) || more_keys.contains(&&**key)),
    }
}

/// Areas whose tags are wanted: ways by id, then relations by id. `more_keys` make areas of closed ways too.
pub(super) fn areas<'a>(
    data: &'a OsmData,
    projection: &Utm,
    more_keys: &[&str],
    wanted: impl Fn(&Tags) -> bool + Sync,
) -> Vec<AreaPlace<'a>> {
    let place = |osm_id, tags, raw: RawPolygon| AreaPlace { osm_id, tags, polygon_m: project(&raw, projection) };
    let of_way = |way: &'a OsmWay| {
        if way.nodes.len() < 4 || !is_closed(way) || !is_area(&way.tags, more_keys) || !wanted(&way.tags) {
            return None;
        }
        // Of a way that touches itself the reference keeps the first outer ring only.
        let raw = polygons(&[line(data, way)]).into_iter().next()?;
        Some(place(way.id, &way.tags, RawPolygon { holes: Vec::new(), ..raw }))
    };
    let of_relation = |relation: &'a OsmRelation| {
        let kind = relation.tags.get("type");
        let is_wanted = matches!(kind, Some("multipolygon" | "boundary")) && wanted(&relation.tags);
        let lines = if is_wanted { member_lines(data, relation) } else { Vec::new() };
        let parts = polygons(&lines).into_iter();
        parts.map(|raw| place(-relation.id, &relation.tags, raw)).collect::<Vec<_>>()
    };
    let mut areas: Vec<_> = data.ways.par_iter().filter_map(of_way).collect();
    areas.par_extend(data.relations.par_iter().flat_map_iter(of_relation));
    areas
}

pub(super) fn line(data: &OsmData, way: &OsmWay) -> Vec<Place> {
    let place = |node: &u32| [data.node_lon_e7[*node as usize], data.node_lat_e7[*node as usize]];
    way.nodes.iter().map(place).collect()
}

pub(super) fn member_lines(data: &OsmData, relation: &OsmRelation) -> Vec<Vec<Place>> {
    let ways = relation.members.iter().filter(|member| member.kind == MemberKind::Way);
    let found = ways.filter_map(|member| data.ways.binary_search_by_key(&member.id, |way| way.id).ok());
    found.map(|at| line(data, &data.ways[at])).collect()
}

fn project(raw: &RawPolygon, projection: &Utm) -> Polygon<f64> {
    let ring = |places: &Vec<Place>| -> LineString<f64> {
        places.iter().map(|place| projection.forward(degrees(*place))).collect()
    };
    Polygon::new(ring(&raw.outer), raw.holes.iter().map(ring).collect())
}

/// Nodes whose tags are wanted, by id.
pub(super) fn points<'a>(
    data: &'a OsmData,
    projection: &Utm,
    wanted: impl Fn(&Tags) -> bool + Sync,
) -> Vec<PointPlace<'a>> {
    let tagged = data.node_tags.par_iter().filter(|(_, tags)| wanted(tags));
    tagged
        .map(|(node, tags)| {
            let node = *node as usize;
            let lonlat = degrees([data.node_lon_e7[node], data.node_lat_e7[node]]);
            PointPlace {
                osm_id: data.node_id[node],
                tags,
                lonlat: lonlat.into(),
                point_m: projection.forward(lonlat).into(),
            }
        })
        .collect()
}
