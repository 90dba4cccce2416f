//! The metric projection of a run: UTM on WGS 84, sixth-order Krüger series as PROJ computes it (bna-method §6.5).

use geo_types::Coord;

/// WGS 84 / UTM of one zone. Input and output of both functions as PROJ's `EPSG:4326 → EPSG:326zz/327zz`, x = easting or longitude.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Utm {
    /// EPSG code, 32601–32660 or 32701–32760.
    pub srid: u32,
}

impl Utm {
    /// The zone of a point in degrees (bna-method §1.8).
    pub fn of(_centre: Coord<f64>) -> Self {
        Self { srid: 32611 } // contract only: helper fills in
    }

    /// Longitude/latitude in degrees → easting/northing in metres.
    pub fn forward(&self, lonlat: Coord<f64>) -> Coord<f64> {
        lonlat
    }

    /// Easting/northing in metres → longitude/latitude in degrees.
    pub fn inverse(&self, metres: Coord<f64>) -> Coord<f64> {
        metres
    }
}
