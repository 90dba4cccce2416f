//! A boundary as it comes in: checked as the analysis checks it, before anything is stored.

use super::{App, Problem};
use axum::http::StatusCode;
use geo_types::{Coord, LineString, MultiPolygon, Polygon};
use quietway_job::boundary::{self, BoundaryError, Limits};
use serde_json::{Value, json};
use std::io::{Cursor, Read};

/// Longest name of a place that is kept.
const NAME_MAX: usize = 200;

/// Files in a zipped shapefile at most.
const ENTRIES_MAX: usize = 100;

/// A checked boundary.
pub struct Boundary {
    /// GeoJSON: the repaired polygons, one feature each, with the name of the place.
    pub bytes: Vec<u8>,
    /// Name of the place.
    pub name: Option<String>,
    /// What was repaired.
    pub notes: Vec<String>,
}

impl App {
    /// Checks a boundary off the threads that answer requests.
    pub(super) async fn boundary(
        &self,
        bytes: Vec<u8>,
        zipped: bool,
        name: Option<String>,
    ) -> Result<Boundary, Problem> {
        let limits = self.limits.boundary.clone();
        let checked = tokio::task::spawn_blocking(move || check(&bytes, zipped, name, &limits)).await;
        checked.map_err(|_| Problem::unfit("boundary", "the boundary cannot be checked"))?
    }
}

fn check(bytes: &[u8], zipped: bool, name: Option<String>, limits: &Limits) -> Result<Boundary, Problem> {
    let (features, mut notes, found) = match zipped {
        true => (shapefile(bytes, limits)?, Vec::new(), None),
        false => {
            let parsed = boundary::parse(bytes, limits).map_err(|error| refuse(&error))?;
            let found =
                parsed.features.first().and_then(|feature| feature.properties.get("name")?.as_str().map(Into::into));
            (parsed.features.into_iter().map(|feature| feature.polygons).collect(), parsed.notes, found)
        }
    };
    let checked = boundary::check(features, limits).map_err(|error| refuse(&error))?;
    notes.extend(checked.notes);
    let name = name.or(found).map(|name| plain(&name)).filter(|name| !name.is_empty());
    Ok(Boundary { bytes: geojson(&checked.features, name.as_deref()), name, notes })
}

fn refuse(error: &BoundaryError) -> Problem {
    match error {
        BoundaryError::Limit { unit: "bytes", .. } => {
            Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "too-large", error.to_string())
        }
        _ => Problem::unfit("boundary", error.to_string()),
    }
}

/// A name for people: without control characters and those that turn the direction of writing, and not too long.
pub fn plain(name: &str) -> String {
    let odd = |c: char| {
        c.is_control()
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
    };
    name.chars().filter(|c| !odd(*c)).take(NAME_MAX).collect::<String>().trim().to_owned()
}

fn geojson(features: &[MultiPolygon<f64>], name: Option<&str>) -> Vec<u8> {
    let ring = |ring: &LineString<f64>| -> Vec<Value> { ring.0.iter().map(|at| json!([at.x, at.y])).collect() };
    let polygon = |polygon: &Polygon<f64>| -> Vec<Vec<Value>> {
        std::iter::once(polygon.exterior()).chain(polygon.interiors()).map(ring).collect()
    };
    let feature = |shape: &MultiPolygon<f64>| {
        let coordinates: Vec<_> = shape.0.iter().map(polygon).collect();
        json!({"type": "Feature", "properties": {"name": name}, "geometry": {"type": "MultiPolygon", "coordinates": coordinates}})
    };
    let features: Vec<_> = features.iter().map(feature).collect();
    json!({"type": "FeatureCollection", "features": features}).to_string().into_bytes()
}

/// Polygons of a zipped shapefile in longitude and latitude. Names inside are not used for anything but their endings; nothing is unpacked to disk.
fn shapefile(bytes: &[u8], limits: &Limits) -> Result<Vec<MultiPolygon<f64>>, Problem> {
    let unfit = |what: String| Problem::unfit("boundary", what);
    let broken = |error: &dyn std::fmt::Display| unfit(format!("this is no zipped shapefile: {error}"));
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).map_err(|error| broken(&error))?;
    if archive.len() > ENTRIES_MAX {
        return Err(unfit(format!("the zip file has {} entries, more than {ENTRIES_MAX}", archive.len())));
    }
    let mut part = |ending: &str| -> Result<Option<Vec<u8>>, Problem> {
        let names = archive.file_names().flatten().map(std::borrow::Cow::into_owned);
        let names: Vec<String> = names.filter(|name| name.to_ascii_lowercase().ends_with(ending)).collect();
        let [name] = names.as_slice() else {
            return if names.is_empty() {
                Ok(None)
            } else {
                Err(unfit(format!("the zip file has several {ending} files; send one")))
            };
        };
        let mut content = Vec::new();
        let file = archive.by_name(name).map_err(|error| broken(&error))?;
        // Never more than allowed, whatever the archive says of itself.
        file.take(limits.bytes + 1).read_to_end(&mut content).map_err(|error| broken(&error))?;
        limits.check_bytes(content.len() as u64).map_err(|error| refuse(&error))?;
        Ok(Some(content))
    };
    let shapes = part(".shp")?.ok_or_else(|| unfit("the zip file has no .shp file".into()))?;
    let projection = part(".prj")?.map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    if !projection.as_deref().is_some_and(is_geographic) {
        let what =
            "the shapefile is not in longitude and latitude, or has no .prj file; reproject it to WGS 84 (EPSG:4326)";
        return Err(unfit(what.into()));
    }
    let mut reader = shapefile::ShapeReader::new(Cursor::new(shapes)).map_err(|error| broken(&error))?;
    let polygons = reader.iter_shapes_as::<shapefile::Polygon>();
    polygons.map(|shape| Ok(rings(&shape.map_err(|error| broken(&error))?))).collect()
}

/// Degrees on WGS 84, or on NAD 83, which is the same within two metres.
fn is_geographic(projection: &str) -> bool {
    let text = projection.trim_start().to_ascii_uppercase();
    let datum =
        ["WGS_1984", "WGS 84", "WGS_84", "NORTH_AMERICAN_1983", "NAD83", "ETRS"].iter().any(|name| text.contains(name));
    (text.starts_with("GEOGCS") || text.starts_with("GEOGCRS")) && datum
}

/// Outer rings with the holes that follow them.
fn rings(shape: &shapefile::Polygon) -> MultiPolygon<f64> {
    let line = |ring: &shapefile::PolygonRing<shapefile::Point>| -> LineString<f64> {
        ring.points().iter().map(|at| Coord { x: at.x, y: at.y }).collect()
    };
    let mut polygons: Vec<Polygon<f64>> = Vec::new();
    for ring in shape.rings() {
        match (ring, polygons.last_mut()) {
            (shapefile::PolygonRing::Inner(_), Some(polygon)) => polygon.interiors_push(line(ring)),
            _ => polygons.push(Polygon::new(line(ring), Vec::new())),
        }
    }
    MultiPolygon(polygons)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOWN: &str = r#"{"type":"Polygon","coordinates":[[[10,50],[10.1,50],[10.1,50.1],[10,50.1],[10,50]]]}"#;

    fn of(text: &str) -> Result<Boundary, Problem> {
        check(text.as_bytes(), false, None, &Limits::default())
    }

    #[test]
    fn what_is_stored_is_what_was_checked() {
        let town = of(TOWN).unwrap();
        assert_eq!(of(&String::from_utf8(town.bytes.clone()).unwrap()).unwrap().bytes, town.bytes);
    }

    #[test]
    fn names_are_for_people() {
        assert_eq!(plain("  Spring\u{202e}field\n\0 "), "Springfield");
        assert_eq!(plain(&"x".repeat(10_000)).len(), NAME_MAX);
        assert_eq!(plain("../../etc/passwd"), "../../etc/passwd", "harmless: it never becomes a path");
    }

    #[test]
    fn projections_by_their_text() {
        assert!(is_geographic(r#"GEOGCS["GCS_WGS_1984",DATUM["D_WGS_1984"]]"#));
        assert!(!is_geographic(r#"PROJCS["UTM",GEOGCS["GCS_WGS_1984"]]"#));
        assert!(!is_geographic(r#"GEOGCS["Bessel"]"#));
    }

    fn zipped(files: &[(&str, &[u8])]) -> Vec<u8> {
        let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
        for (name, bytes) in files {
            zip.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
            std::io::Write::write_all(&mut zip, bytes).unwrap();
        }
        zip.finish().unwrap().into_inner()
    }

    fn shp() -> Vec<u8> {
        let mut bytes = Cursor::new(Vec::new());
        let points = [(10.0, 50.0), (10.0, 50.1), (10.1, 50.1), (10.1, 50.0), (10.0, 50.0)];
        let ring = shapefile::PolygonRing::Outer(points.map(|(x, y)| shapefile::Point::new(x, y)).to_vec());
        shapefile::ShapeWriter::new(&mut bytes).write_shapes(&[shapefile::Polygon::new(ring)]).unwrap();
        bytes.into_inner()
    }

    #[test]
    fn a_zipped_shapefile_is_a_boundary_too() {
        let wgs = br#"GEOGCS["GCS_WGS_1984",DATUM["D_WGS_1984"]]"#;
        let good = zipped(&[("../../town.shp", &shp()), ("town.prj", wgs)]);
        assert!(check(&good, true, None, &Limits::default()).is_ok());
        let refused =
            |files: &[(&str, &[u8])], limits: &Limits| check(&zipped(files), true, None, limits).err().unwrap().detail;
        let limits = Limits::default();
        assert!(refused(&[("a.shp", &shp())], &limits).contains("no .prj"));
        assert!(refused(&[("a.prj", wgs)], &limits).contains("no .shp"));
        assert!(refused(&[("a.shp", &shp()), ("b.shp", &shp()), ("a.prj", wgs)], &limits).contains("several"));
        let bomb = vec![0; 5_000_000];
        let small = Limits { bytes: 1_000_000, ..Limits::default() };
        assert!(refused(&[("a.shp", &bomb), ("a.prj", wgs)], &small).contains("1000001 bytes"));
        assert!(check(b"PK", true, None, &limits).is_err());
    }
}
