//! Hand-made maps for tests: places in metres from the south-west corner of a study area of 10 km by 10 km.

use super::osm::{self, ClipBox, OsmData};
use crate::boundary::StudyArea;
use crate::model::Utm;
use geo::MapCoords;
use geo_types::{Coord, MultiPolygon, polygon};
use std::fmt::Write;

/// Size of the study area.
pub(super) const SIZE_M: f64 = 10_000.;

fn projection() -> Utm {
    Utm::of(Coord { x: 3.06, y: 36.18 })
}

/// A place in the metric projection.
pub(super) fn metres(x: f64, y: f64) -> Coord<f64> {
    Coord { x: 500_000. + x, y: 4_000_000. + y }
}

/// The study area around any boundary, in WGS 84.
pub(super) fn area_of(boundary: &MultiPolygon<f64>, projection: Utm) -> StudyArea {
    let boundary_m = boundary.map_coords(|at| projection.forward(at));
    StudyArea {
        name: "Test".to_owned(),
        boundary: boundary.clone(),
        boundary_m: boundary_m.clone(),
        first_feature: boundary.clone(),
        buffered: boundary.clone(),
        buffered_m: boundary_m,
        projection,
        attributes: Vec::new(),
        notes: Vec::new(),
    }
}

/// The square.
pub(super) fn area() -> StudyArea {
    let at = |x, y| projection().inverse(metres(x, y));
    area_of(&polygon![at(0., 0.), at(SIZE_M, 0.), at(SIZE_M, SIZE_M), at(0., SIZE_M)].into(), projection())
}

/// OSM XML in the making.
#[derive(Default)]
pub(super) struct Map(String);

impl Map {
    fn tags(&mut self, tags: &[(&str, &str)]) {
        for (key, value) in tags {
            write!(self.0, "<tag k='{key}' v='{value}'/>").unwrap();
        }
    }

    pub(super) fn node(mut self, id: i64, x: f64, y: f64, tags: &[(&str, &str)]) -> Self {
        let at = projection().inverse(metres(x, y));
        write!(self.0, "<node id='{id}' lon='{:.7}' lat='{:.7}'>", at.x, at.y).unwrap();
        self.tags(tags);
        self.0.push_str("</node>");
        self
    }

    /// Nodes without tags, numbered from `first` on.
    pub(super) fn nodes(mut self, first: i64, places: &[(f64, f64)]) -> Self {
        for (id, (x, y)) in (first..).zip(places) {
            self = self.node(id, *x, *y, &[]);
        }
        self
    }

    pub(super) fn way(mut self, id: i64, nodes: &[i64], tags: &[(&str, &str)]) -> Self {
        write!(self.0, "<way id='{id}'>").unwrap();
        nodes.iter().for_each(|node| write!(self.0, "<nd ref='{node}'/>").unwrap());
        self.tags(tags);
        self.0.push_str("</way>");
        self
    }

    /// A square way with nodes of its own: `id` × 10, …
    pub(super) fn square(self, id: i64, west: f64, south: f64, size: f64, tags: &[(&str, &str)]) -> Self {
        let (first, east, north) = (id * 10, west + size, south + size);
        self.nodes(first, &[(west, south), (east, south), (east, north), (west, north)]).way(
            id,
            &[first, first + 1, first + 2, first + 3, first],
            tags,
        )
    }

    pub(super) fn relation(mut self, id: i64, ways: &[i64], tags: &[(&str, &str)]) -> Self {
        write!(self.0, "<relation id='{id}'>").unwrap();
        ways.iter().for_each(|way| write!(self.0, "<member type='way' ref='{way}' role=''/>").unwrap());
        self.tags(tags);
        self.0.push_str("</relation>");
        self
    }

    /// Reads it, wherever it lies.
    pub(super) fn read(&self) -> OsmData {
        self.read_clipped(None)
    }

    pub(super) fn read_clipped(&self, clip: Option<ClipBox>) -> OsmData {
        let far = polygon![(x: -20., y: 0.), (x: 20., y: 0.), (x: 20., y: 80.), (x: -20., y: 80.)].into();
        osm::from_xml(format!("<osm>{}</osm>", self.0).as_bytes(), &far, clip).unwrap()
    }
}
