//! Places that people go to, by the tag rules of the suite (bna-method §7).

mod clusters;

use super::osm::{OsmData, Tags};
use super::places::{self, AreaPlace, PointPlace};
use super::service_area::around;
use super::streets::service_area;
use super::{DestinationTable, Place};
use crate::boundary::StudyArea;
use crate::model::{Edition, Utm};
use crate::suite::{Category, CategoryKind, Suite, TagRule};
use clusters::{BoxTree, boxes, circle, clusters_of_points, clusters_of_polygons, in_box, union};
use geo::{Centroid, Contains, Intersects};
use geo_types::{MultiPolygon, Point, Polygon};
use rayon::prelude::*;
use std::sync::Arc;

/// One table for each category of the suite that has destinations, in its order.
pub fn find(data: &OsmData, area: &StudyArea, suite: &Suite, edition: Edition) -> Vec<DestinationTable> {
    let categories: Vec<&Category> = suite.categories.iter().filter(|c| c.has_destinations()).collect();
    let keys: Vec<&str> =
        categories.iter().flat_map(|c| &c.polygons).flat_map(|rule| rule.keys.keys()).map(String::as_str).collect();
    let any_area = |tags: &Tags| categories.iter().any(|c| matches_any(&c.polygons, tags));
    let any_point = |tags: &Tags| categories.iter().any(|c| matches_any(c.point_rules(), tags));
    let mut areas = places::areas(data, &area.projection, &keys, any_area);
    let mut points = places::points(data, &area.projection, any_point);
    if let Some(clip) = service_area(area, suite, edition) {
        areas.retain(|place| clip.holds_polygon(&place.polygon_m));
        points.retain(|place| clip.holds_point(place.point_m.0));
    }
    categories.par_iter().map(|category| table(category, &areas, &points, &area.projection)).collect()
}

fn matches_any(rules: &[TagRule], tags: &Tags) -> bool {
    rules.iter().any(|rule| rule.matches(tags))
}

fn table(category: &Category, areas: &[AreaPlace], points: &[PointPlace], projection: &Utm) -> DestinationTable {
    let areas: Vec<&AreaPlace> = areas.iter().filter(|p| matches_any(&category.polygons, p.tags)).collect();
    let points: Vec<&PointPlace> = points.iter().filter(|p| matches_any(category.point_rules(), p.tags)).collect();
    let maker = Maker { named: category.name_column.is_some(), projection };
    let places = match category.kind {
        CategoryKind::Merge => merge(category, &areas, &points, &maker),
        CategoryKind::MergeWithPoints => merge_with_points(category, &areas, &points, &maker),
        CategoryKind::Each => each(&areas, &points, &maker),
        CategoryKind::Stations => stations(category, &areas, &points, &maker),
        CategoryKind::Population | CategoryKind::Jobs | CategoryKind::Trails => Vec::new(),
    };
    DestinationTable { category: category.id.clone(), places }
}

/// What a place needs beside its geometry.
struct Maker<'a> {
    /// Whether the table has ids and names.
    named: bool,
    projection: &'a Utm,
}

impl Maker<'_> {
    fn name(&self, tags: &Tags) -> Option<Arc<str>> {
        tags.get("name").filter(|_| self.named).map(Arc::from)
    }

    fn of_point(&self, place: &PointPlace) -> Place {
        Place {
            osm_id: self.named.then_some(place.osm_id),
            name: self.name(place.tags),
            point_m: place.point_m,
            point: place.lonlat,
            polygon_m: None,
        }
    }

    fn of_area(&self, place: &AreaPlace) -> Option<Place> {
        let anonymous = self.of_polygon(place.polygon_m.clone().into())?;
        Some(Place { osm_id: self.named.then_some(place.osm_id), name: self.name(place.tags), ..anonymous })
    }

    /// Published at the centroid of its area, which may lie outside.
    fn of_polygon(&self, polygon: MultiPolygon<f64>) -> Option<Place> {
        let centre = polygon.centroid()?;
        Some(Place { polygon_m: Some(polygon), ..self.at(centre) })
    }

    fn at(&self, point_m: Point<f64>) -> Place {
        let point = self.projection.inverse(point_m.0).into();
        Place { osm_id: None, name: None, point_m, point, polygon_m: None }
    }
}

/// Polygons near each other are one place. A row is a cluster.
fn merged(polygons: &[&Polygon<f64>], tolerance_m: f64, maker: &Maker) -> Vec<Place> {
    let clusters = clusters_of_polygons(polygons, tolerance_m);
    let members = |cluster: &Vec<usize>| cluster.iter().map(|member| polygons[*member]).collect::<Vec<_>>();
    clusters.iter().filter_map(|cluster| maker.of_polygon(union(&members(cluster)))).collect()
}

/// Kinds A and A* of §7.
fn merge(category: &Category, areas: &[&AreaPlace], points: &[&PointPlace], maker: &Maker) -> Vec<Place> {
    let polygons: Vec<&Polygon<f64>> = areas.iter().map(|place| &place.polygon_m).collect();
    let mut places = merged(&polygons, category.tolerance_m, maker);
    let outside = Outside::of(&places);
    let anywhere = |tags: &Tags| category.point_rules().iter().any(|rule| rule.inside_polygons && rule.matches(tags));
    let counted = points.iter().filter(|place| anywhere(place.tags) || outside.holds(place.point_m));
    let of_points: Vec<Place> = counted.map(|place| maker.of_point(place)).collect();
    places.extend(of_points);
    places
}

/// Kind R of §7.
fn merge_with_points(category: &Category, areas: &[&AreaPlace], points: &[&PointPlace], maker: &Maker) -> Vec<Place> {
    let circles: Vec<_> = points.iter().map(|place| circle(place.point_m, category.point_radius_m)).collect();
    let polygons: Vec<&Polygon<f64>> = areas.iter().map(|place| &place.polygon_m).chain(&circles).collect();
    merged(&polygons, category.tolerance_m, maker)
}

/// Kind S of §7.
fn each(areas: &[&AreaPlace], points: &[&PointPlace], maker: &Maker) -> Vec<Place> {
    let mut places: Vec<Place> = not_contained(areas).iter().filter_map(|place| maker.of_area(place)).collect();
    let outside = Outside::of(&places);
    let counted = points.iter().filter(|place| outside.holds(place.point_m));
    let of_points: Vec<Place> = counted.map(|place| maker.of_point(place)).collect();
    places.extend(of_points);
    places
}

/// Kind T of §7.
fn stations(category: &Category, areas: &[&AreaPlace], points: &[&PointPlace], maker: &Maker) -> Vec<Place> {
    let areas = not_contained(areas);
    let tree = boxes(areas.iter().map(|place| &place.polygon_m));
    let tolerance = category.tolerance_m;
    let is_far = |point: &Point<f64>| {
        let mut near = in_box(&tree, around(point.x(), point.y(), point.x(), point.y(), tolerance));
        !near.any(|area| is_near(&areas[area].polygon_m, point, tolerance))
    };
    let far: Vec<Point<f64>> = points.iter().map(|place| place.point_m).filter(is_far).collect();
    let mut places: Vec<Place> = areas.iter().filter_map(|place| maker.of_area(place)).collect();
    for cluster in clusters_of_points(&far, tolerance) {
        let sum = cluster.iter().fold(Point::new(0., 0.), |sum, member| sum + far[*member]);
        places.push(maker.at(sum / cluster.len() as f64));
    }
    places
}

fn is_near(polygon: &Polygon<f64>, point: &Point<f64>, distance_m: f64) -> bool {
    use geo::{Distance, Euclidean};
    Euclidean.distance(polygon, point) <= distance_m
}

/// Areas that no other one contains. Two equal ones contain each other: both go (Q8).
fn not_contained<'a, 'b>(areas: &[&'b AreaPlace<'a>]) -> Vec<&'b AreaPlace<'a>> {
    let tree = boxes(areas.iter().map(|place| &place.polygon_m));
    let is_contained = |number: usize, place: &AreaPlace| {
        let own = clusters::bounds(&place.polygon_m);
        own.is_some_and(|own| {
            in_box(&tree, own).any(|other| other != number && areas[other].polygon_m.contains(&place.polygon_m))
        })
    };
    let kept = areas.iter().enumerate().filter(|(number, place)| !is_contained(*number, place));
    kept.map(|(_, place)| *place).collect()
}

/// Answers whether a point lies outside all polygons of the places; their edges are inside.
struct Outside<'a> {
    tree: BoxTree,
    polygons: Vec<&'a Polygon<f64>>,
}

impl<'a> Outside<'a> {
    fn of(places: &'a [Place]) -> Self {
        let polygons: Vec<_> = places.iter().filter_map(|place| place.polygon_m.as_ref()).flatten().collect();
        Self { tree: boxes(polygons.iter().copied()), polygons }
    }

    fn holds(&self, point: Point<f64>) -> bool {
        let mut near = in_box(&self.tree, around(point.x(), point.y(), point.x(), point.y(), 0.));
        !near.any(|number| self.polygons[number].intersects(&point))
    }
}

#[cfg(test)]
mod tests;
