//! GeoJSON → polygons with properties.

use super::{BoundaryError, Limits};
use geo_types::{Coord, LineString, MultiPolygon, Polygon};
use geojson::{GeoJson, GeometryValue, JsonObject, Position};

/// A feature with an area.
#[derive(Clone, Debug, PartialEq)]
pub struct Feature {
    /// As written, rings closed.
    pub polygons: MultiPolygon<f64>,
    /// As written.
    pub properties: JsonObject,
}

/// All features of a file.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Parsed {
    /// At least one.
    pub features: Vec<Feature>,
    /// What was repaired, in sentences for the user.
    pub notes: Vec<String>,
}

/// Reads a Polygon, MultiPolygon, Feature or FeatureCollection. Features without geometry are passed over.
///
/// # Errors
/// Too many bytes, no GeoJSON (depth of nesting is limited to 128), a geometry that is no polygon, no polygon at all.
pub fn parse(bytes: &[u8], limits: &Limits) -> Result<Parsed, BoundaryError> {
    limits.check_bytes(bytes.len() as u64)?;
    let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let document: GeoJson = serde_json::from_slice(text).map_err(|error| {
        let empty = text.iter().all(u8::is_ascii_whitespace);
        BoundaryError::NotGeoJson { cause: if empty { "it is empty".into() } else { error.to_string() } }
    })?;
    let mut open_rings = 0;
    let mut features = Vec::new();
    let mut add = |geometry: Option<GeometryValue>, properties: Option<JsonObject>, place: &str| {
        let Some(geometry) = geometry else { return Ok(()) };
        let polygons = polygons(geometry, place, &mut open_rings)?;
        features.push(Feature { polygons, properties: properties.unwrap_or_default() });
        Ok(())
    };
    match document {
        GeoJson::Geometry(geometry) => add(Some(geometry.value), None, "")?,
        GeoJson::Feature(feature) => add(feature.geometry.map(|g| g.value), feature.properties, "/geometry")?,
        GeoJson::FeatureCollection(collection) => {
            for (nth, feature) in collection.features.into_iter().enumerate() {
                let place = format!("/features/{nth}/geometry");
                add(feature.geometry.map(|g| g.value), feature.properties, &place)?;
            }
        }
    }
    if features.iter().all(|feature| feature.polygons.0.is_empty()) {
        return Err(BoundaryError::Empty);
    }
    let notes = match open_rings {
        0 => Vec::new(),
        n => vec![format!("closed {n} ring(s) whose last position was not their first")],
    };
    Ok(Parsed { features, notes })
}

fn polygons(geometry: GeometryValue, place: &str, open_rings: &mut usize) -> Result<MultiPolygon<f64>, BoundaryError> {
    let (list, base) = match geometry {
        GeometryValue::Polygon { coordinates } => (vec![coordinates], None),
        GeometryValue::MultiPolygon { coordinates } => (coordinates, Some(())),
        other => {
            let place = if place.is_empty() { "the geometry".to_owned() } else { place.to_owned() };
            return Err(BoundaryError::NotPolygon { place, found: other.type_name().to_owned() });
        }
    };
    let polygons = list.into_iter().enumerate().map(|(nth, rings)| {
        let place = base.map_or_else(|| format!("{place}/coordinates"), |()| format!("{place}/coordinates/{nth}"));
        let mut rings = rings.into_iter().enumerate().map(|(nth, ring)| {
            let ring = line(ring, &format!("{place}/{nth}"))?;
            *open_rings += usize::from(ring.0.first() != ring.0.last());
            Ok(ring)
        });
        let shell = rings.next().transpose()?.ok_or_else(|| BoundaryError::Shape {
            place: place.clone(),
            what: "a polygon without a ring; remove it".into(),
        })?;
        Ok(Polygon::new(shell, rings.collect::<Result<_, _>>()?))
    });
    polygons.collect::<Result<Vec<_>, _>>().map(MultiPolygon)
}

fn line(ring: Vec<Position>, place: &str) -> Result<LineString<f64>, BoundaryError> {
    let positions = ring.into_iter().enumerate().map(|(nth, position)| match position.as_slice() {
        &[x, y, ..] => Ok(Coord { x, y }),
        _ => Err(BoundaryError::Position {
            place: format!("{place}/{nth}"),
            what: "a position needs a longitude and a latitude".into(),
        }),
    });
    positions.collect()
}
