//! # Grid — synthetic blocks where there is no census
//! In:   StudyArea, cell size              Out:  cells in WGS 84
//! Touches: memory only                    Does not know: streets, reach
//! Source: bna-method §1.4.2
//!
//! Squares of web-mercator units (EPSG:3857; on the ground they shrink with the cosine of the latitude), counted from
//! the south-west corner of the boundary's box. Ids say the place, so they are the same in every run and edition:
//! `e0012n0007` is column 12, row 7; west and south of the corner `w` and `s` count from 1.

use super::blocks::share::Region;
use crate::boundary::StudyArea;
use geo::{BoundingRect, MapCoords};
use geo_types::{Coord, LineString, MultiPolygon, Polygon, Rect};
use rayon::prelude::*;
use std::f64::consts::PI;
use std::sync::Arc;

/// Radius of EPSG:3857's sphere.
const RADIUS_M: f64 = 6_378_137.0;
/// PROJ's radians in a degree.
const DEGREE: f64 = 0.017_453_292_519_943_296;

/// A cell of the grid.
#[derive(Clone, Debug, PartialEq)]
pub struct Cell {
    /// See above.
    pub id: Arc<str>,
    /// WGS 84 degrees.
    pub geometry: MultiPolygon<f64>,
}

/// Number of cells the box of a place takes.
pub(super) fn count(area: &StudyArea, cell: f64, buffered: bool) -> Option<f64> {
    let bounds = mercator(&area.boundary)?;
    let (columns, rows) = extent(bounds, mercator(if buffered { &area.buffered } else { &area.boundary })?, cell);
    Some((columns.1 - columns.0) as f64 * (rows.1 - rows.0) as f64)
}

/// The cells that meet the boundary (or the buffered boundary), columns first, rows inside.
pub(super) fn cells(area: &StudyArea, cell: f64, buffered: bool) -> Vec<Cell> {
    let place = if buffered { &area.buffered } else { &area.boundary }.map_coords(to_mercator);
    let (Some(bounds), Some(wanted)) = (mercator(&area.boundary), place.bounding_rect()) else { return Vec::new() };
    let (columns, rows) = extent(bounds, wanted, cell);
    let region = Region::new(&place);
    // numpy's arange adds multiples of the step as it comes out of the floating-point addition.
    let corner = |start: f64, n: i64| start + n as f64 * ((start + cell) - start);
    let make = |c: i64, r: i64| {
        let (x, y) = (corner(bounds.min().x, c), corner(bounds.min().y, r));
        let ring: LineString<f64> =
            [(x, y), (x + cell, y), (x + cell, y + cell), (x, y + cell), (x, y)].into_iter().collect();
        let square = MultiPolygon(vec![Polygon::new(ring, vec![])]);
        let meets = region.share(&square).is_some_and(|share| share > 0.0);
        meets.then(|| Cell { id: id(c, r), geometry: square.map_coords(to_degrees) })
    };
    let column = |c: i64| (rows.0..rows.1).filter_map(|r| make(c, r)).collect::<Vec<_>>();
    (columns.0..columns.1).into_par_iter().flat_map_iter(column).collect()
}

/// Columns and rows, counted from the corner of `bounds`, that cover `wanted`.
fn extent(bounds: Rect<f64>, wanted: Rect<f64>, cell: f64) -> ((i64, i64), (i64, i64)) {
    let range =
        |start: f64, from: f64, to: f64| (((from - start) / cell).floor() as i64, ((to - start) / cell).ceil() as i64);
    (range(bounds.min().x, wanted.min().x, wanted.max().x), range(bounds.min().y, wanted.min().y, wanted.max().y))
}

fn id(column: i64, row: i64) -> Arc<str> {
    let part = |n: i64, ahead: char, behind: char| if n < 0 { (behind, -n) } else { (ahead, n) };
    let ((x, c), (y, r)) = (part(column, 'e', 'w'), part(row, 'n', 's'));
    format!("{x}{c:04}{y}{r:04}").into()
}

fn mercator(place: &MultiPolygon<f64>) -> Option<Rect<f64>> {
    place.map_coords(to_mercator).bounding_rect()
}

fn to_mercator(at: Coord<f64>) -> Coord<f64> {
    let lat = (at.y * DEGREE).clamp(-PI / 2.0 + 1e-10, PI / 2.0 - 1e-10);
    Coord { x: RADIUS_M * (at.x * DEGREE), y: RADIUS_M * lat.tan().asinh() }
}

fn to_degrees(at: Coord<f64>) -> Coord<f64> {
    const INVERSE: f64 = 1.0 / RADIUS_M;
    Coord { x: at.x * INVERSE * (1.0 / DEGREE), y: (at.y * INVERSE).sinh().atan() * (1.0 / DEGREE) }
}
