//! Coordinate systems of files: WKT → longitude/latitude. No datum shift unless the WKT itself carries one: NAD 83,
//! ETRS 89 and the like are taken as WGS 84, as the reference does (Q33).

use geo::MapCoordsInPlace;
use geo_types::{Coord, MultiPolygon, Rect};
use proj4rs::Proj;
use proj4rs::transform::transform;
use proj4wkt::builder::{Builder, Node};

/// From coordinates of a file to longitude/latitude in degrees.
pub(super) struct Crs {
    /// None: they are degrees already.
    projected: Option<Projected>,
}

struct Projected {
    source: Proj,
    lonlat: Proj,
}

/// A system and what had to be assumed.
pub(super) struct Reading {
    pub crs: Crs,
    pub note: Option<String>,
}

impl Crs {
    /// Longitude and latitude on WGS 84, or what is taken for it.
    pub fn degrees() -> Self {
        Self { projected: None }
    }

    /// Reads WKT (OGC, ESRI, WKT 2).
    pub fn from_wkt(wkt: &str) -> Result<Reading, String> {
        let wkt = wkt.trim().trim_start_matches('\u{feff}');
        // The parser recurses; no honest definition is nested deeper or longer.
        let depth = wkt.bytes().scan(0i32, |depth, byte| {
            *depth += i32::from(byte == b'[') - i32::from(byte == b']');
            Some(*depth)
        });
        if wkt.len() > 100_000 || depth.max().unwrap_or(0) > 50 {
            return Err("its coordinate system is described in too many words".into());
        }
        let name = wkt.split('"').nth(1).unwrap_or("unnamed").to_owned();
        let cannot = |why: String| format!("its coordinate system \"{name}\" is not understood ({why})");
        let node = Builder::new().parse(wkt).map_err(|error| cannot(error.to_string()))?;
        if let Node::GEOGCRS(geographic) = &node
            && let Some(unit) = &geographic.unit
            && (unit.factor - 1f64.to_radians()).abs() > 1e-9
        {
            return Err(cannot(format!("its unit is {}, not degrees", unit.name)));
        }
        let text = proj4wkt::wkt_to_projstring(wkt).map_err(|error| cannot(error.to_string()))?;
        let shift = Shift::of(&text);
        let text = without_shift(&text, shift);
        let note = (shift == Shift::Unknown).then(|| {
            format!("the datum of \"{name}\" is taken as WGS 84, which can be some 100 m off; reproject it to be exact")
        });
        let plain = text.starts_with("+proj=longlat") && !text.contains("+pm=") && shift != Shift::Given;
        if plain {
            return Ok(Reading { crs: Self::degrees(), note });
        }
        let target = if shift == Shift::Given { "+proj=longlat +datum=WGS84" } else { "+proj=longlat +ellps=WGS84" };
        let proj = |text: &str| Proj::from_proj_string(text).map_err(|error| cannot(error.to_string()));
        let projected = Projected { source: proj(&text)?, lonlat: proj(target)? };
        Ok(Reading { crs: Self { projected: Some(projected) }, note })
    }

    /// Turns coordinates into degrees; degrees stay untouched to the bit.
    pub fn to_lonlat(&self, geometry: &mut MultiPolygon<f64>) -> Result<(), String> {
        let Some(projected) = &self.projected else { return Ok(()) };
        geometry.try_map_coords_in_place(|at| {
            projected.lonlat(at).map_err(|error| format!("position ({}, {}) has no longitude ({error})", at.x, at.y))
        })
    }

    /// A box in the file's coordinates around a box in degrees, or none if that cannot be said.
    pub fn around(&self, near: Rect<f64>) -> Option<[f64; 4]> {
        let Some(projected) = &self.projected else { return Some(super::corners(near)) };
        const STEPS: i32 = 16;
        let (w, h) = (near.width() / f64::from(STEPS), near.height() / f64::from(STEPS));
        let step = |i: i32, j: i32| Coord { x: near.min().x + w * f64::from(i), y: near.min().y + h * f64::from(j) };
        let grid = (0..=STEPS).flat_map(|i| (0..=STEPS).map(move |j| step(i, j)));
        let points = grid.map(|at| projected.native(at).ok()).collect::<Option<Vec<_>>>()?;
        let b = super::bounds_of(points.iter());
        // Between the points the outline bulges a little.
        let margin = 0.02 * (b[2] - b[0]).max(b[3] - b[1]);
        b.iter().all(|v| v.is_finite()).then(|| [b[0] - margin, b[1] - margin, b[2] + margin, b[3] + margin])
    }
}

impl Projected {
    fn lonlat(&self, at: Coord<f64>) -> Result<Coord<f64>, proj4rs::errors::Error> {
        let radians = self.source.is_latlong();
        let mut point = if radians { (at.x.to_radians(), at.y.to_radians(), 0.0) } else { (at.x, at.y, 0.0) };
        transform(&self.source, &self.lonlat, &mut point)?;
        Ok(Coord { x: point.0.to_degrees(), y: point.1.to_degrees() })
    }

    fn native(&self, at: Coord<f64>) -> Result<Coord<f64>, proj4rs::errors::Error> {
        let mut point = (at.x.to_radians(), at.y.to_radians(), 0.0);
        transform(&self.lonlat, &self.source, &mut point)?;
        let degrees = self.source.is_latlong();
        Ok(if degrees {
            Coord { x: point.0.to_degrees(), y: point.1.to_degrees() }
        } else {
            Coord { x: point.0, y: point.1 }
        })
    }
}

/// How a system's datum relates to WGS 84.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Shift {
    /// Near enough to be the same.
    None,
    /// By parameters in the WKT.
    Given,
    /// By parameters that the WKT lacks.
    Unknown,
}

impl Shift {
    fn of(text: &str) -> Self {
        match text.split_whitespace().find_map(|word| word.strip_prefix("+towgs84=")) {
            Some(numbers) if numbers.split(',').all(|n| n.parse() == Ok(0.0)) => Self::None,
            Some(_) => Self::Given,
            // A sphere stands for web Mercator, which is WGS 84.
            None if text.contains("+R=") || text.contains("+a=6378137 +b=6378137") => Self::None,
            None => Self::Unknown,
        }
    }
}

fn without_shift(text: &str, shift: Shift) -> String {
    let words = text.split_whitespace().filter(|word| shift == Shift::Given || !word.starts_with("+towgs84="));
    words.collect::<Vec<_>>().join(" ")
}
