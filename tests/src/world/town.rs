//! A town of equal streets around a point: small enough to draw by hand, whole enough to be scored.

use geo_types::{MultiPolygon, Rect};
use std::fmt::Write;
use std::path::Path;

/// Streets in each direction.
const STREETS: i64 = 24;
/// Blocks in each direction.
const BLOCKS: i64 = 8;
/// Half the side of the town, degrees of latitude: some 2 km to each side.
const HALF: f64 = 0.02;
/// Half the side of the boundary.
const INNER: f64 = 0.009;

/// A town.
#[derive(Clone, Copy, Debug)]
pub struct Town {
    /// Longitude of its middle.
    pub lon: f64,
    /// Latitude of its middle.
    pub lat: f64,
}

/// A census block.
#[derive(Clone, Debug, PartialEq)]
pub struct Block {
    /// Fifteen digits.
    pub id: String,
    /// West, south, east, north.
    pub bounds: [f64; 4],
    /// People.
    pub population: i32,
}

impl Town {
    /// Half the side from west to east.
    fn half_lon(&self) -> f64 {
        HALF / self.lat.to_radians().cos()
    }

    /// The boundary as GeoJSON.
    pub fn boundary(&self, properties: &str) -> String {
        let (x, y) = (self.half_lon() * INNER / HALF, INNER);
        let (w, s, e, n) = (self.lon - x, self.lat - y, self.lon + x, self.lat + y);
        format!(
            r#"{{"type":"Feature","properties":{properties},"geometry":{{"type":"Polygon","coordinates":[[[{w},{s}],[{e},{s}],[{e},{n}],[{w},{n}],[{w},{s}]]]}}}}"#
        )
    }

    fn at(&self, column: i64, row: i64) -> (f64, f64) {
        let share = |n: i64| 2.0 * n as f64 / (STREETS - 1) as f64 - 1.0;
        (self.lon + self.half_lon() * share(column), self.lat + HALF * share(row))
    }

    /// Its streets and a few destinations as OSM XML: residential streets without a speed limit.
    pub fn xml(&self) -> String {
        let mut text = String::from("<?xml version='1.0'?><osm version='0.6' generator='Overpass API'>\n");
        let node = |column: i64, row: i64| 1 + row * STREETS + column;
        for row in 0..STREETS {
            for column in 0..STREETS {
                let (lon, lat) = self.at(column, row);
                let tags = match (column % 6, row % 6) {
                    (3, 3) => "<tag k='shop' v='supermarket'/>",
                    (1, 4) => "<tag k='amenity' v='school'/>",
                    (4, 1) => "<tag k='amenity' v='doctors'/>",
                    _ => "",
                };
                let id = node(column, row);
                let _ = writeln!(text, "<node id='{id}' lat='{lat:.7}' lon='{lon:.7}'>{tags}</node>");
            }
        }
        for line in 0..STREETS {
            for (id, is_row) in [(1 + line, true), (1001 + line, false)] {
                let refs = (0..STREETS).map(|n| if is_row { node(n, line) } else { node(line, n) });
                let refs: String = refs.map(|id| format!("<nd ref='{id}'/>")).collect();
                let tags = format!("<tag k='highway' v='residential'/><tag k='name' v='Street {id}'/>");
                let _ = writeln!(text, "<way id='{id}'>{refs}{tags}</way>");
            }
        }
        text + "</osm>\n"
    }

    /// The same as PBF.
    ///
    /// # Panics
    /// When the folder cannot be written.
    pub fn pbf(&self, folder: &Path) -> Vec<u8> {
        let path = folder.join("town.osm");
        std::fs::write(&path, self.xml()).expect("the folder can be written");
        let whole = MultiPolygon(vec![Rect::new((-180.0, -85.0), (180.0, 85.0)).to_polygon()]);
        let data = quietway::import::osm::read(&[path], &whole, None).expect("the town is good OSM data");
        quietway::import::osm::write::pbf(&data)
    }

    /// The town's blocks of a state: those whose middle lies on a latitude that belongs to it.
    pub fn blocks(&self, fips: &str, part: impl Fn(f64) -> bool) -> Vec<Block> {
        let side = |n: i64, half: f64| 2.0 * half * n as f64 / BLOCKS as f64 - half;
        let cells = (0..BLOCKS).flat_map(|row| (0..BLOCKS).map(move |column| (column, row)));
        let block = |(column, row): (i64, i64)| Block {
            id: format!("{fips}001000100{:04}", 1000 + row * BLOCKS + column),
            bounds: [
                self.lon + side(column, self.half_lon()),
                self.lat + side(row, HALF),
                self.lon + side(column + 1, self.half_lon()),
                self.lat + side(row + 1, HALF),
            ],
            population: 100,
        };
        cells.map(block).filter(|block| part((block.bounds[1] + block.bounds[3]) / 2.0)).collect()
    }
}
