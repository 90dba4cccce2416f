//! GeoJSON feature collections, feature by feature.

use super::table::{Cell, Table};
use super::{Features, Origin, VectorError, bounds_of, corners, in_degrees, meet};
use geo::CoordsIter;
use geo_types::{MultiPolygon, Rect};
use geojson::{Geometry, GeometryValue};
use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use std::fmt;
use std::fs::File;
use std::io::BufReader;
use std::path::Path;

/// Reads the features near a box.
pub(super) fn read(path: &Path, near: Option<Rect<f64>>) -> Result<Features, VectorError> {
    let origin = Origin(path.display().to_string());
    let file = File::open(path).map_err(|cause| origin.unreadable(cause))?;
    let mut sink = Sink { near: near.map(corners), ..Sink::default() };
    let mut json = serde_json::Deserializer::from_reader(BufReader::with_capacity(1 << 20, file));
    let outcome = Document(&mut sink).deserialize(&mut json).and_then(|()| json.end());
    if let Some(fault) = sink.fault.take() {
        return Err(match fault {
            Fault::NotDegrees(at) => origin.crs(format!("position {at} is no longitude and latitude")),
            Fault::NotPolygon(nth, kind) => origin.not_polygons(format!("feature {nth} is a {kind}")),
        });
    }
    outcome.map_err(|error| origin.broken(error.to_string()))?;
    if !sink.seen {
        return Err(origin.not_polygons("it is no FeatureCollection"));
    }
    Ok(Features { geometry: sink.geometry, row: sink.row, columns: sink.table.finish(), notes: vec![] })
}

#[derive(Default)]
struct Sink {
    near: Option<[f64; 4]>,
    geometry: Vec<MultiPolygon<f64>>,
    row: Vec<i64>,
    table: Table,
    count: i64,
    seen: bool,
    fault: Option<Fault>,
}

enum Fault {
    NotDegrees(String),
    NotPolygon(i64, &'static str),
}

impl Sink {
    /// Keeps a feature when it is near; false ends the reading.
    fn add(&mut self, feature: RawFeature) -> bool {
        self.count += 1;
        let Some(geometry) = feature.geometry else { return true };
        let kind = geometry.value.type_name();
        if !matches!(geometry.value, GeometryValue::Polygon { .. } | GeometryValue::MultiPolygon { .. }) {
            self.fault = Some(Fault::NotPolygon(self.count, kind));
            return false;
        }
        let Ok(polygons) = to_polygons(geometry.value) else {
            self.fault = Some(Fault::NotPolygon(self.count, "polygon without rings or positions"));
            return false;
        };
        let coords: Vec<_> = polygons.coords_iter().collect();
        let bounds = bounds_of(coords.iter());
        if !coords.is_empty() && !in_degrees(bounds) {
            self.fault = Some(Fault::NotDegrees(format!("({}, {})", bounds[0], bounds[1])));
            return false;
        }
        if self.near.is_none_or(|near| meet(near, bounds)) {
            self.table.push_named(self.geometry.len(), feature.properties.unwrap_or_default().0);
            self.geometry.push(polygons);
            self.row.push(self.count);
        }
        true
    }
}

fn to_polygons(value: GeometryValue) -> Result<MultiPolygon<f64>, ()> {
    let lists = match value {
        GeometryValue::Polygon { coordinates } => vec![coordinates],
        GeometryValue::MultiPolygon { coordinates } => coordinates,
        _ => return Err(()),
    };
    let ring = |ring: Vec<geojson::Position>| -> Result<geo_types::LineString<f64>, ()> {
        ring.iter()
            .map(|at| match at.as_slice() {
                &[x, y, ..] => Ok(geo_types::Coord { x, y }),
                _ => Err(()),
            })
            .collect()
    };
    let polygon = |rings: Vec<Vec<geojson::Position>>| -> Result<geo_types::Polygon<f64>, ()> {
        let mut rings = rings.into_iter().map(ring);
        let shell = rings.next().ok_or(())??;
        Ok(geo_types::Polygon::new(shell, rings.collect::<Result<_, _>>()?))
    };
    lists.into_iter().map(polygon).collect::<Result<Vec<_>, _>>().map(MultiPolygon)
}

#[derive(Deserialize)]
struct RawFeature {
    geometry: Option<Geometry>,
    properties: Option<Properties>,
}

/// Cells in the order of the file.
#[derive(Default)]
struct Properties(Vec<(String, Cell)>);

impl<'de> Deserialize<'de> for Properties {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Cells;
        impl<'de> Visitor<'de> for Cells {
            type Value = Properties;
            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("properties")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Properties, A::Error> {
                let mut cells = Vec::new();
                while let Some((name, value)) = map.next_entry::<String, serde_json::Value>()? {
                    cells.push((name, cell(&value)));
                }
                Ok(Properties(cells))
            }
        }
        deserializer.deserialize_map(Cells)
    }
}

/// Lists and objects stay text.
pub(super) fn cell(value: &serde_json::Value) -> Cell {
    use serde_json::Value;
    match value {
        Value::Null => Cell::Null,
        Value::Bool(v) => Cell::Bool(*v),
        Value::Number(n) => n.as_i64().map(Cell::Int).or_else(|| n.as_f64().map(Cell::Float)).unwrap_or(Cell::Null),
        Value::String(text) => Cell::Text(text.as_str().into()),
        other => Cell::Text(other.to_string().into()),
    }
}

/// The outermost object.
struct Document<'a>(&'a mut Sink);

impl<'de> DeserializeSeed<'de> for Document<'_> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Document<'_> {
    type Value = ();
    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("a GeoJSON FeatureCollection")
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key::<String>()? {
            if key == "features" {
                self.0.seen = true;
                map.next_value_seed(List(self.0))?;
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(())
    }
}

/// Its `features`.
struct List<'a>(&'a mut Sink);

impl<'de> DeserializeSeed<'de> for List<'_> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for List<'_> {
    type Value = ();
    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("a list of features")
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        while let Some(feature) = list.next_element::<RawFeature>()? {
            if !self.0.add(feature) {
                return Err(serde::de::Error::custom("stopped at a fault"));
            }
        }
        Ok(())
    }
}
