//! OpenStreetMap data by region: Geofabrik's daily extracts and the index of their outlines.
//!
//! The smallest region whose outline holds the place is taken; along borders several small ones, when together they are smaller than the one
//! that holds all. Outlines decide, never names.

use super::{BaseUrl, DataSet};
use geo::{Area, BooleanOps, BoundingRect, Contains, Intersects};
use geo_types::{Geometry, MultiPolygon, Rect};

/// Said where it is used.
pub const DATA: DataSet = DataSet {
    name: "OpenStreetMap",
    licence: "ODbL-1.0",
    attribution: "Streets and destinations: © OpenStreetMap contributors, https://www.openstreetmap.org/copyright",
};

/// Where it is published.
pub const BASE: &str = "https://download.geofabrik.de";

/// The index has some 3 MB.
pub const INDEX_MAX_BYTES: u64 = 256 << 20;

/// Outlines are thinned and borders are drawn twice: less of the place than this outside is no gap.
const PLACE_GAP_MAX: f64 = 0.01;
/// A region that adds less than this share of the surroundings adds nothing.
const SLIVER: f64 = 1e-6;

/// A region of the index.
#[derive(Clone, Debug)]
pub struct Region {
    /// `europe/finland`'s is `finland`.
    pub id: String,
    /// Its data in PBF.
    pub url: String,
    outline: MultiPolygon<f64>,
    bounds: Rect<f64>,
    size_deg2: f64,
}

/// Regions that hold a place together.
#[derive(Clone, Debug)]
pub struct Choice<'a> {
    /// Smallest first.
    pub regions: Vec<&'a Region>,
    /// Share of the surroundings, 0 to 1, outside of all of them: sea, or a gap of the index.
    pub outside: f64,
}

/// Why no region can be taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RegionError {
    /// Not an index.
    #[error("{url} is no index of regions ({what}); check --geofabrik-url, or give the OSM data with --osm")]
    Index {
        /// Where it is from.
        url: String,
        /// Why.
        what: String,
    },
    /// The place lies elsewhere.
    #[error(
        "none of the {regions} regions of {url} covers {place}; give the OSM data with --osm, or take --osm-source overpass"
    )]
    NotCovered {
        /// The index.
        url: String,
        /// Regions in it.
        regions: usize,
        /// Name of the place.
        place: String,
    },
}

/// The index of all regions.
pub fn index_url(base: &BaseUrl) -> String {
    base.join("index-v1.json")
}

/// The checksum beside a file, as `md5sum` writes it.
pub fn md5_url(url: &str) -> String {
    format!("{url}.md5")
}

/// The regions of an index that have outline and data. Addresses at the publisher become addresses at the mirror.
///
/// # Errors
/// [`RegionError::Index`].
pub fn parse(text: &str, base: &BaseUrl) -> Result<Vec<Region>, RegionError> {
    let wrong = |what: String| RegionError::Index { url: index_url(base), what };
    let index: geojson::FeatureCollection = text.parse().map_err(|cause: geojson::Error| wrong(cause.to_string()))?;
    let regions: Vec<Region> = index.features.into_iter().filter_map(|feature| region(feature, base)).collect();
    if regions.is_empty() { Err(wrong("no feature has an id, an outline and urls.pbf".into())) } else { Ok(regions) }
}

fn region(feature: geojson::Feature, base: &BaseUrl) -> Option<Region> {
    let properties = feature.properties.as_ref()?;
    let url = properties.get("urls")?.get("pbf")?.as_str()?;
    let url = url.strip_prefix(BASE).map_or_else(|| url.to_owned(), |path| base.join(path.trim_start_matches('/')));
    let id = properties.get("id")?.as_str()?.to_owned();
    let outline = match Geometry::<f64>::try_from(feature.geometry?).ok()? {
        Geometry::Polygon(polygon) => MultiPolygon(vec![polygon]),
        Geometry::MultiPolygon(polygons) => polygons,
        _ => return None,
    };
    let bounds = outline.bounding_rect()?;
    Some(Region { id, url, size_deg2: outline.unsigned_area(), outline, bounds })
}

/// The smallest regions that hold a place and, as far as the index reaches, its surroundings.
///
/// # Errors
/// [`RegionError::NotCovered`].
pub fn choose<'a>(
    regions: &'a [Region],
    (name, url): (&str, &str),
    place: &MultiPolygon<f64>,
    surroundings: &MultiPolygon<f64>,
) -> Result<Choice<'a>, RegionError> {
    let none = || RegionError::NotCovered { url: url.to_owned(), regions: regions.len(), place: name.to_owned() };
    let bounds = surroundings.bounding_rect().ok_or_else(none)?;
    let mut near: Vec<&Region> = regions.iter().filter(|region| region.bounds.intersects(&bounds)).collect();
    near.sort_by(|a, b| a.size_deg2.total_cmp(&b.size_deg2).then_with(|| a.id.cmp(&b.id)));

    let (together, left) = cover(&near, surroundings);
    let gap = place.intersection(&left).unsigned_area() / place.unsigned_area();
    if together.is_empty() || gap > PLACE_GAP_MAX {
        return Err(none());
    }
    let size = together.iter().map(|region| region.size_deg2).sum::<f64>();
    let alone = near.iter().find(|region| region.size_deg2 <= size && region.outline.contains(surroundings));
    let outside = left.unsigned_area() / surroundings.unsigned_area();
    Ok(match alone {
        Some(&region) => Choice { regions: vec![region], outside: 0.0 },
        None => Choice { regions: together, outside: if outside > SLIVER { outside } else { 0.0 } },
    })
}

/// From the smallest on, every region that holds something that none before it holds; then those that the others made needless go, the largest
/// first. And what lies outside of all.
fn cover<'a>(near: &[&'a Region], surroundings: &MultiPolygon<f64>) -> (Vec<&'a Region>, MultiPolygon<f64>) {
    let sliver = surroundings.unsigned_area() * SLIVER;
    let mut left = surroundings.clone();
    let mut picked: Vec<&Region> = Vec::new();
    for &region in near {
        let rest = left.difference(&region.outline);
        if rest.unsigned_area() < left.unsigned_area() - sliver {
            picked.push(region);
            left = rest;
        }
    }
    for at in (0..picked.len()).rev() {
        let others = picked.iter().enumerate().filter(|(other, _)| *other != at);
        let without = others.fold(surroundings.clone(), |rest, (_, region)| rest.difference(&region.outline));
        if picked.len() > 1 && without.unsigned_area() <= left.unsigned_area() + sliver {
            picked.remove(at);
        }
    }
    (picked, left)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn feature(id: &str, west: f64, south: f64, east: f64, north: f64) -> String {
        format!(
            r#"{{"type":"Feature","properties":{{"id":"{id}","parent":"x","name":"{id}","urls":{{"pbf":"{BASE}/x/{id}-latest.osm.pbf"}}}},
            "geometry":{{"type":"MultiPolygon","coordinates":[[[[{west},{south}],[{east},{south}],[{east},{north}],[{west},{north}],[{west},{south}]]]]}}}}"#
        )
    }

    /// A continent with two countries, one of which has two states; between the countries a strip of sea.
    fn world() -> Vec<Region> {
        let rows = [
            feature("continent", 0.0, 0.0, 100.0, 50.0),
            feature("left", 0.0, 0.0, 40.0, 40.0),
            feature("right", 40.0, 0.0, 80.0, 40.0),
            feature("left-south", 0.0, 0.0, 40.0, 20.0),
            feature("left-north", 0.0, 20.0, 40.0, 39.0),
        ];
        let other = r#"{"type":"Feature","properties":{"id":"no-data"},"geometry":null}"#;
        let text = format!(r#"{{"type":"FeatureCollection","features":[{},{other}]}}"#, rows.join(","));
        parse(&text, &"http://127.0.0.1:1/mirror".parse().unwrap()).unwrap()
    }

    fn square(lon: f64, lat: f64, half: f64) -> MultiPolygon<f64> {
        MultiPolygon(vec![Rect::new((lon - half, lat - half), (lon + half, lat + half)).to_polygon()])
    }

    fn ids(lon: f64, lat: f64) -> Result<(Vec<String>, f64), RegionError> {
        let regions = world();
        let choice = choose(&regions, ("Town", "the index"), &square(lon, lat, 1.0), &square(lon, lat, 2.0))?;
        Ok((choice.regions.iter().map(|region| region.id.clone()).collect(), choice.outside))
    }

    #[test]
    fn the_smallest_that_covers_it() {
        assert_eq!(ids(10.0, 10.0).unwrap(), (vec!["left-south".into()], 0.0));
        assert_eq!(ids(60.0, 10.0).unwrap(), (vec!["right".into()], 0.0));
        // On the line between two states: their country is as small as both.
        assert_eq!(ids(10.0, 20.0).unwrap().0.len(), 2);
        // On the line between two countries: not the whole continent.
        assert_eq!(ids(40.0, 10.0).unwrap().0, ["left-south", "right"]);
        assert_eq!(ids(40.0, 20.0).unwrap().0, ["left-north", "left-south", "right"]);
        // Only the continent reaches so far north.
        assert_eq!(ids(10.0, 45.0).unwrap().0, ["continent"]);
    }

    #[test]
    fn surroundings_may_lie_outside() {
        let (regions, outside) = ids(1.5, 10.0).unwrap();
        assert_eq!(regions, ["left-south"]);
        assert!((outside - 0.125).abs() < 1e-9, "{outside}");
    }

    #[test]
    fn the_place_may_not() {
        for (lon, lat) in [(0.5, 10.0), (-50.0, 10.0)] {
            let said = ids(lon, lat).unwrap_err().to_string();
            assert!(
                said.contains("none of the 5 regions of the index covers Town") && said.contains("--osm"),
                "{said}"
            );
        }
    }

    #[test]
    fn addresses_follow_the_mirror() {
        let base: BaseUrl = BASE.parse().unwrap();
        assert_eq!(index_url(&base), "https://download.geofabrik.de/index-v1.json");
        let regions = world();
        assert_eq!(regions[1].url, "http://127.0.0.1:1/mirror/x/left-latest.osm.pbf");
        assert_eq!(md5_url(&regions[1].url), "http://127.0.0.1:1/mirror/x/left-latest.osm.pbf.md5");
    }

    #[test]
    fn no_index() {
        for text in ["<html>", "{}", r#"{"type":"FeatureCollection","features":[]}"#] {
            let said = parse(text, &BASE.parse().unwrap()).unwrap_err().to_string();
            assert!(said.contains("index-v1.json is no index of regions"), "{said}");
        }
    }
}
