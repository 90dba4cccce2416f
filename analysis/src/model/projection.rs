//! The metric projection of a run: UTM on WGS 84, sixth-order Krüger series as PROJ computes it (bna-method §6.5).
//!
//! Home-made because the last bit counts: block corners lie on OSM nodes, and §1.7 cuts re-projected corners to
//! 1e-7 degrees. proj4rs holds an older form of the same series whose results differ from PROJ 9's in the last bits.
//! Formulas: Engsager & Poder, "A highly accurate world wide algorithm for the transverse Mercator mapping" (ICC 2007);
//! the order of floating-point operations is that of PROJ 8 and 9.

use geo_types::Coord;
use std::f64::consts::PI;
use std::sync::LazyLock;

/// WGS 84 / UTM of one zone. Input and output of both functions as PROJ's `EPSG:4326 → EPSG:326zz/327zz`, x = easting or longitude.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Utm {
    /// EPSG code, 32601–32660 or 32701–32760.
    pub srid: u32,
    /// Central meridian, radians.
    lon_0: f64,
    /// False northing, metres.
    y_0: f64,
    series: &'static Series,
}

const SEMI_MAJOR_M: f64 = 6_378_137.0;
const INVERSE_FLATTENING: f64 = 298.257_223_563;
const SCALE: f64 = 0.9996;
const FALSE_EASTING_M: f64 = 500_000.0;
/// PROJ's radians in a degree.
const DEGREE: f64 = 0.017_453_292_519_943_296;

impl Utm {
    /// The zone of a point in degrees (bna-method §1.8): strips of six degrees without the Nordic exceptions.
    /// On the line between two strips the western one, on the equator the north, as geopandas takes the first that fits.
    pub fn of(centre: Coord<f64>) -> Self {
        // A saturating cast: longitudes out of range or NaN get some zone too; checks come before.
        let zone = (((centre.x + 180.0) / 6.0).ceil() as u32).clamp(1, 60);
        let south = centre.y < 0.0;
        Self {
            srid: if south { 32_700 } else { 32_600 } + zone,
            lon_0: (f64::from(zone - 1) + 0.5) * PI / 30.0 - PI,
            y_0: if south { 10_000_000.0 } else { 0.0 },
            series: &SERIES,
        }
    }

    /// The zone of an EPSG code, 32601–32660 or 32701–32760.
    pub fn of_srid(srid: u32) -> Option<Self> {
        let (zone, latitude) = match srid {
            32_601..=32_660 => (srid - 32_600, 1.0),
            32_701..=32_760 => (srid - 32_700, -1.0),
            _ => return None,
        };
        Some(Self::of(Coord { x: f64::from(zone) * 6.0 - 183.0, y: latitude }))
    }

    /// Longitude/latitude in degrees → easting/northing in metres.
    pub fn forward(&self, lonlat: Coord<f64>) -> Coord<f64> {
        let s = self.series;
        let lat = lonlat.y * DEGREE;
        let lon = wrap(wrap(lonlat.x * DEGREE) - self.lon_0);

        // Geodetic latitude → conformal sphere.
        let conformal = sine_series(&s.conformal, lat, (2.0 * lat).sin(), (2.0 * lat).cos());
        let (sin_lat, cos_lat) = conformal.sin_cos();
        let (sin_lon, cos_lon) = lon.sin_cos();
        let across = cos_lat * cos_lon;
        // Sphere → transverse sphere: northing angle, and isometric latitude of the easting.
        let north = sin_lat.atan2(across);
        let inverse_norm = 1.0 / sin_lat.hypot(across);
        let tan_east = sin_lon * cos_lat * inverse_norm;
        let east = asinh(tan_east);

        // Double angles from what is known, without another trigonometric call.
        let twice = 2.0 * inverse_norm;
        let twice_square = twice * inverse_norm;
        let factor = across * twice_square;
        let angle = DoubleAngle {
            sin: sin_lat * factor,
            cos: across * factor - 1.0,
            sinh: tan_east * twice,
            cosh: twice_square - 1.0,
        };
        let (d_north, d_east) = complex_sine_series(&s.to_ellipsoid, &angle);
        let y = s.quadrant * (north + d_north);
        let x = s.quadrant * (east + d_east);
        Coord { x: SEMI_MAJOR_M * x + FALSE_EASTING_M, y: SEMI_MAJOR_M * y + self.y_0 }
    }

    /// Easting/northing in metres → longitude/latitude in degrees.
    pub fn inverse(&self, metres: Coord<f64>) -> Coord<f64> {
        const INVERSE_AXIS: f64 = 1.0 / SEMI_MAJOR_M;
        let s = self.series;
        let mut north = (metres.y - self.y_0) * INVERSE_AXIS / s.quadrant;
        let mut east = (metres.x - FALSE_EASTING_M) * INVERSE_AXIS / s.quadrant;

        // Normalised northing and easting → transverse sphere.
        let growth = (2.0 * east).exp();
        let half_decay = 0.5 / growth;
        let (sin, cos) = (2.0 * north).sin_cos();
        let angle = DoubleAngle { sin, cos, sinh: 0.5 * growth - half_decay, cosh: 0.5 * growth + half_decay };
        let (d_north, d_east) = complex_sine_series(&s.to_sphere, &angle);
        north += d_north;
        east += d_east;

        // Transverse sphere → sphere.
        let (sin_north, cos_north) = north.sin_cos();
        let sinh_east = east.sinh();
        let lon = sinh_east.atan2(cos_north);
        let norm = sinh_east.hypot(cos_north);
        let conformal = sin_north.atan2(norm);

        // Conformal → geodetic latitude.
        let factor = 2.0 * norm / (sinh_east * sinh_east + 1.0);
        let lat = sine_series(&s.geodetic, conformal, sin_north * factor, factor * norm - 1.0);
        Coord { x: wrap(lon + self.lon_0) * (1.0 / DEGREE), y: lat * (1.0 / DEGREE) }
    }
}

/// Coefficients of WGS 84, one a multiple of the double angle.
#[derive(Debug, PartialEq)]
struct Series {
    /// Meridian quadrant over π/2, times the scale, for a unit axis.
    quadrant: f64,
    /// Geodetic → conformal latitude.
    conformal: [f64; 6],
    /// Conformal → geodetic latitude.
    geodetic: [f64; 6],
    /// Transverse sphere → ellipsoid.
    to_ellipsoid: [f64; 6],
    /// Ellipsoid → transverse sphere.
    to_sphere: [f64; 6],
}

static SERIES: LazyLock<Series> = LazyLock::new(|| {
    let f = 1.0 / INVERSE_FLATTENING;
    let eccentricity = (2.0 * f - f * f).sqrt();
    // The third flattening the way PROJ takes it, rounding included.
    let half_angle = (eccentricity.asin() / 2.0).tan();
    let n = half_angle * half_angle;
    let n2 = n * n;
    let quadrant = SCALE / (1.0 + n) * (1.0 + n2 * (1.0 / 4.0 + n2 * (1.0 / 64.0 + n2 / 256.0)));
    Series {
        quadrant,
        conformal: powers(n, &CONFORMAL),
        geodetic: powers(n, &GEODETIC),
        to_ellipsoid: powers(n, &TO_ELLIPSOID),
        to_sphere: powers(n, &TO_SPHERE),
    }
});

/// Row k: the polynomial in the third flattening n that n^(k+1) is multiplied with, lowest power first.
type Rows = [&'static [f64]; 6];

const CONFORMAL: Rows = [
    &[-2.0, 2.0 / 3.0, 4.0 / 3.0, -82.0 / 45.0, 32.0 / 45.0, 4642.0 / 4725.0],
    &[5.0 / 3.0, -16.0 / 15.0, -13.0 / 9.0, 904.0 / 315.0, -1522.0 / 945.0],
    &[-26.0 / 15.0, 34.0 / 21.0, 8.0 / 5.0, -12686.0 / 2835.0],
    &[1237.0 / 630.0, -12.0 / 5.0, -24832.0 / 14175.0],
    &[-734.0 / 315.0, 109_598.0 / 31185.0],
    &[444_337.0 / 155_925.0],
];
const GEODETIC: Rows = [
    &[2.0, -2.0 / 3.0, -2.0, 116.0 / 45.0, 26.0 / 45.0, -2854.0 / 675.0],
    &[7.0 / 3.0, -8.0 / 5.0, -227.0 / 45.0, 2704.0 / 315.0, 2323.0 / 945.0],
    &[56.0 / 15.0, -136.0 / 35.0, -1262.0 / 105.0, 73814.0 / 2835.0],
    &[4279.0 / 630.0, -332.0 / 35.0, -399_572.0 / 14175.0],
    &[4174.0 / 315.0, -144_838.0 / 6237.0],
    &[601_676.0 / 22275.0],
];
const TO_ELLIPSOID: Rows = [
    &[0.5, -2.0 / 3.0, 5.0 / 16.0, 41.0 / 180.0, -127.0 / 288.0, 7891.0 / 37800.0],
    &[13.0 / 48.0, -3.0 / 5.0, 557.0 / 1440.0, 281.0 / 630.0, -1_983_433.0 / 1_935_360.0],
    &[61.0 / 240.0, -103.0 / 140.0, 15061.0 / 26880.0, 167_603.0 / 181_440.0],
    &[49561.0 / 161_280.0, -179.0 / 168.0, 6_601_661.0 / 7_257_600.0],
    &[34729.0 / 80640.0, -3_418_889.0 / 1_995_840.0],
    &[212_378_941.0 / 319_334_400.0],
];
const TO_SPHERE: Rows = [
    &[-0.5, 2.0 / 3.0, -37.0 / 96.0, 1.0 / 360.0, 81.0 / 512.0, -96199.0 / 604_800.0],
    &[-1.0 / 48.0, -1.0 / 15.0, 437.0 / 1440.0, -46.0 / 105.0, 1_118_711.0 / 3_870_720.0],
    &[-17.0 / 480.0, 37.0 / 840.0, 209.0 / 4480.0, -5569.0 / 90720.0],
    &[-4397.0 / 161_280.0, 11.0 / 504.0, 830_251.0 / 7_257_600.0],
    &[-4583.0 / 161_280.0, 108_847.0 / 3_991_680.0],
    &[-20_648_693.0 / 638_668_800.0],
];

/// Values of the six polynomials.
fn powers(n: f64, rows: &Rows) -> [f64; 6] {
    let mut power = 1.0;
    rows.map(|row| {
        power *= n;
        power * row.iter().rev().fold(0.0, |sum, factor| factor + n * sum)
    })
}

/// angle + Σ a[k] sin(2(k+1)·angle), by Clenshaw's recurrence.
#[inline]
fn sine_series(a: &[f64; 6], angle: f64, sin_2: f64, cos_2: f64) -> f64 {
    let two_cos = 2.0 * cos_2;
    let (mut h, mut h1, mut h2) = (0.0, a[5], 0.0);
    for &term in a[..5].iter().rev() {
        h = -h2 + two_cos * h1 + term;
        h2 = h1;
        h1 = h;
    }
    angle + h * sin_2
}

/// Sine and cosine of the doubled real part, hyperbolic ones of the doubled imaginary part.
struct DoubleAngle {
    sin: f64,
    cos: f64,
    sinh: f64,
    cosh: f64,
}

/// Σ a[k] sin(2(k+1)·z) of a complex angle, by Clenshaw's recurrence.
#[inline]
fn complex_sine_series(a: &[f64; 6], z: &DoubleAngle) -> (f64, f64) {
    let r = 2.0 * z.cos * z.cosh;
    let i = -2.0 * z.sin * z.sinh;
    let (mut hr, mut hr1, mut hi, mut hi1) = (a[5], 0.0, 0.0, 0.0);
    for &term in a[..5].iter().rev() {
        let (hr2, hi2) = (hr1, hi1);
        (hr1, hi1) = (hr, hi);
        hr = -hr2 + r * hr1 - i * hi1 + term;
        hi = -hi2 + i * hr1 + r * hi1;
    }
    let (r, i) = (z.sin * z.cosh, z.cos * z.sinh);
    (r * hr - i * hi, r * hi + i * hr)
}

/// The C library's form; Rust's own differs in the last bit.
#[inline]
fn asinh(x: f64) -> f64 {
    let size = x.abs();
    let square = size * size;
    if size > 2.0 {
        return (2.0 * size + 1.0 / ((square + 1.0).sqrt() + size)).ln().copysign(x);
    }
    (size + square / (1.0 + (1.0 + square).sqrt())).ln_1p().copysign(x)
}

/// Longitude between −π and π; values inside stay as they are.
#[inline]
fn wrap(lon: f64) -> f64 {
    // PROJ lets the end of the range overshoot a little, so that the date line keeps its sign.
    if lon.abs() <= PI + 1e-12 {
        return lon;
    }
    let turned = lon + PI;
    turned - 2.0 * PI * (turned / (2.0 * PI)).floor() - PI
}

#[cfg(test)]
mod tests {
    use super::*;

    fn c(x: f64, y: f64) -> Coord<f64> {
        Coord { x, y }
    }

    #[test]
    fn zones_as_geopandas_estimates_them() {
        for (x, y, srid) in [
            (-116.76, 36.9, 32611),
            (24.94, 60.17, 32635),
            (7.0, 60.0, 32632),    // no exception for Norway
            (-114.0, 36.0, 32611), // between two strips
            (-180.0, 10.0, 32601),
            (180.0, 10.0, 32660),
            (9.0, 0.0, 32632), // the equator
            (12.0, -1.0, 32732),
        ] {
            assert_eq!(Utm::of(c(x, y)).srid, srid, "{x} {y}");
        }
        for srid in [32_601, 32_660, 32_701, 32_760] {
            assert_eq!(Utm::of_srid(srid).map(|utm| utm.srid), Some(srid));
        }
        assert_eq!(Utm::of_srid(4326), None);
        assert_eq!(Utm::of(c(f64::NAN, f64::NAN)).srid, 32601);
    }

    /// Values of PROJ 9.5.1 (the same bits as 9.1.1), to the last bit.
    #[test]
    fn same_bits_as_proj() {
        let rows = [
            (
                32611,
                c(-116.7591, 36.9087),
                c(521_459.952_750_168_8, 4_084_771.335_705_674_7),
                c(-116.759_100_000_000_02, 36.9087),
            ),
            (
                32719,
                c(-70.6483, -33.4569),
                c(346_812.853_918_605_54, 6_296_844.224_608_017),
                c(-70.6483, -33.456_899_999_999_99),
            ),
        ];
        for (srid, lonlat, metres, back) in rows {
            let utm = Utm::of(lonlat);
            assert_eq!((utm.srid, utm.forward(lonlat), utm.inverse(metres)), (srid, metres, back));
        }
    }
}
