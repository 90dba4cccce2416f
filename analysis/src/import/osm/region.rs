//! Which nodes lie in a polygon, decided as `osmium extract -p` does: whole 1e-7 degrees, corners count, even-odd.

use geo_types::{LineString, MultiPolygon};

/// An edge: longitude and latitude of both ends, 1e-7 degrees.
type Edge = [i32; 4];

/// A polygon prepared for many questions: its edges in bands of latitude.
pub(in crate::import) struct Region {
    min: [i32; 2],
    max: [i32; 2],
    bands: Vec<Vec<Edge>>,
    band_height: i64,
}

const EDGES_PER_BAND: usize = 4;
const BANDS_MAX: usize = 20_000;

/// Degrees to the nearest 1e-7 degree.
pub(super) fn to_e7(degrees: f64) -> i32 {
    (degrees * 1e7).round() as i32 // saturates: coordinates are within ±180 anyway
}

impl Region {
    pub(in crate::import) fn new(polygon: &MultiPolygon<f64>) -> Self {
        let rings = polygon.iter().flat_map(|part| std::iter::once(part.exterior()).chain(part.interiors()));
        let edges: Vec<Edge> = rings.flat_map(edges_of).collect();
        let mut region = Self { min: [i32::MAX; 2], max: [i32::MIN; 2], bands: Vec::new(), band_height: 1 };
        for [ax, ay, bx, by] in &edges {
            region.min = [region.min[0].min(*ax).min(*bx), region.min[1].min(*ay).min(*by)];
            region.max = [region.max[0].max(*ax).max(*bx), region.max[1].max(*ay).max(*by)];
        }
        let bands = (edges.len() / EDGES_PER_BAND).clamp(1, BANDS_MAX);
        let height = i64::from(region.max[1]) - i64::from(region.min[1]);
        region.band_height = (height / bands as i64 + 1).max(1);
        region.bands.resize(bands, Vec::new());
        for edge in edges {
            let (low, high) = (edge[1].min(edge[3]), edge[1].max(edge[3]));
            for band in region.band(low)..=region.band(high) {
                region.bands[band].push(edge);
            }
        }
        region
    }

    fn band(&self, lat: i32) -> usize {
        ((i64::from(lat) - i64::from(self.min[1])) / self.band_height) as usize
    }

    /// Likewise, in degrees.
    pub(in crate::import) fn contains_degrees(&self, lon: f64, lat: f64) -> bool {
        self.contains(to_e7(lon), to_e7(lat))
    }

    /// Whether the point is a corner of the polygon or inside it.
    #[inline]
    pub(super) fn contains(&self, lon: i32, lat: i32) -> bool {
        if lon < self.min[0] || lon > self.max[0] || lat < self.min[1] || lat > self.max[1] {
            return false;
        }
        let mut inside = false;
        for &[ax, ay, bx, by] in &self.bands[self.band(lat)] {
            if (ax, ay) == (lon, lat) || (bx, by) == (lon, lat) {
                return true;
            }
            if (ay > lat) != (by > lat) && is_right_of(lon, lat, [ax, ay, bx, by]) {
                inside = !inside;
            }
        }
        inside
    }
}

/// Whether an edge that crosses the latitude does so east of the point.
fn is_right_of(lon: i32, lat: i32, [ax, ay, bx, by]: Edge) -> bool {
    let wide = |value: i32| i128::from(value); // products of two 33-bit differences leave i64
    let (dx, dy) = (wide(ax) - wide(bx), wide(ay) - wide(by));
    let (tx, ty) = (wide(lon) - wide(bx), wide(lat) - wide(by));
    (dy > 0) == (tx * dy < dx * ty)
}

fn edges_of(ring: &LineString<f64>) -> impl Iterator<Item = Edge> + '_ {
    ring.lines().map(|line| [to_e7(line.start.x), to_e7(line.start.y), to_e7(line.end.x), to_e7(line.end.y)])
}

#[cfg(test)]
mod tests {
    use super::*;
    use geo_types::polygon;

    fn region() -> Region {
        Region::new(&MultiPolygon(vec![
            polygon!(exterior: [(x: 0., y: 0.), (x: 4., y: 0.), (x: 4., y: 4.), (x: 0., y: 4.)], interiors: [[(x: 1., y: 1.), (x: 3., y: 1.), (x: 3., y: 3.), (x: 1., y: 3.)]]),
            polygon!((x: 10., y: 0.), (x: 11., y: 0.), (x: 10., y: 5.)),
        ]))
    }

    #[test]
    fn holes_parts_and_corners() {
        let region = region();
        let inside = |x: f64, y: f64| region.contains(to_e7(x), to_e7(y));
        assert!(inside(0.5, 2.) && inside(10.1, 1.));
        assert!(!inside(2., 2.) && !inside(5., 2.) && !inside(10.9, 4.) && !inside(-1., 0.));
        assert!(inside(4., 4.) && inside(1., 1.) && inside(10., 5.), "corners count, also those of holes");
    }

    #[test]
    fn nothing_is_inside_an_empty_polygon() {
        assert!(!Region::new(&MultiPolygon(vec![])).contains(0, 0));
    }

    #[test]
    fn the_whole_world_does_not_overflow() {
        let world = Region::new(
            &polygon!((x: -180., y: -90.), (x: 180., y: -90.), (x: 180., y: 90.), (x: -180., y: 89.)).into(),
        );
        assert!(world.contains(0, 0) && world.contains(to_e7(-179.9), to_e7(88.)));
    }
}
