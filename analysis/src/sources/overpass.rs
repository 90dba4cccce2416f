//! OpenStreetMap data of a small box, straight from the live database: an Overpass server.

use super::BaseUrl;
use geo_types::Rect;
use url::form_urlencoded::byte_serialize;

pub use super::geofabrik::DATA;

/// The best-known public server; its operators ask for few and small questions.
pub const BASE: &str = "https://overpass-api.de/api/interpreter";

/// A larger box is refused: public servers give up on it, and a region file is faster.
pub const AREA_MAX_KM2: f64 = 2_000.0;

/// Such a box of a dense city has some hundred MB as XML.
pub const MAX_BYTES: u64 = 2 << 30;

/// The box of a place, in whole 1e-5 degrees outwards (about a metre), so that the last bits of a projection do not make another address.
pub fn round_out(bounds: Rect<f64>) -> Rect<f64> {
    const STEPS: f64 = 1e5;
    let (min, max) = (bounds.min(), bounds.max());
    Rect::new(
        ((min.x * STEPS).floor() / STEPS, (min.y * STEPS).floor() / STEPS),
        ((max.x * STEPS).ceil() / STEPS, (max.y * STEPS).ceil() / STEPS),
    )
}

/// Square kilometres of a box of degrees, on a sphere.
pub fn area_km2(bounds: Rect<f64>) -> f64 {
    const RADIUS_KM: f64 = 6_371.0;
    let sines = bounds.max().y.to_radians().sin() - bounds.min().y.to_radians().sin();
    RADIUS_KM * RADIUS_KM * bounds.width().to_radians() * sines
}

/// The question for everything in a box: nodes, ways with all their nodes, and the relations that make areas or streets, with their members.
/// One list, by type and id, each element once. Members of routes and of borders are not asked for: they lead through whole countries.
fn query(bounds: Rect<f64>) -> String {
    let (min, max) = (bounds.min(), bounds.max());
    let bbox = format!("{:.5},{:.5},{:.5},{:.5}", min.y, min.x, max.y, max.x);
    format!("[out:xml][timeout:300][bbox:{bbox}];(node;way;rel[type=multipolygon];rel[highway];);(._;>;);out body;")
}

/// The address that answers it.
pub fn url(base: &BaseUrl, bounds: Rect<f64>) -> String {
    let question: String = byte_serialize(query(bounds).as_bytes()).collect();
    format!("{base}?data={question}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn area_of_a_box() {
        let degree = area_km2(Rect::new((10.0, -0.5), (11.0, 0.5)));
        assert!((degree - 111.19 * 111.19).abs() < 10.0, "{degree}");
    }

    #[test]
    fn a_question_in_an_address() {
        let bounds = round_out(Rect::new((24.930_001_1, 60.1), (24.95, 60.2)));
        let address = url(&BASE.parse().unwrap(), bounds);
        let (base, data) = address.split_once("?data=").unwrap();
        assert_eq!(base, BASE);
        assert!(data.starts_with("%5Bout%3Axml%5D") && !data.contains([' ', ';', '[']), "{data}");
        assert!(data.contains("bbox%3A60.10000%2C24.93000%2C60.20000%2C24.95000"), "{data}");
        assert!(query(bounds).ends_with("(._;>;);out body;"), "elements stand once, with their tags");
    }
}
