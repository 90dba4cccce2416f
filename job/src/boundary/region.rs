//! Outlines that cross themselves and holes that leave their polygon, found by counting how often the rings go round.
//!
//! Shells turned left and holes turned right go round every point of a sound polygon once, round all others never.
//! Regions with any other count show where it is unsound: a crossing loop counts −1 or 2, a hole outside −1. Thin ones
//! are cut away; a thick one cannot be repaired without moving the outline.

use super::BoundaryError;
use super::crossing::crossings;
use super::rings::place;
use geo::algorithm::bool_ops::{BooleanOps, FillRule, OpType};
use geo::orient::{Direction, Orient};
use geo::{Area, Buffer, MapCoords, coord};
use geo_types::{Coord, MultiPolygon, Polygon};

/// The outline must not move by more than this.
const MOVE_MAX_M: f64 = 1.0;
/// Regions smaller than this are the noise of the arithmetic.
const NOISE_M2: f64 = 0.01;

/// Degrees ↔ metres around a point, good enough to measure a metre.
struct LocalMetres {
    origin: Coord<f64>,
    scale: Coord<f64>,
}

impl LocalMetres {
    fn around(origin: Coord<f64>) -> Self {
        const DEGREE_M: f64 = 111_195.0;
        let narrowing = origin.y.to_radians().cos().max(1e-3);
        Self { origin, scale: coord! { x: DEGREE_M * narrowing, y: DEGREE_M } }
    }

    fn metres(&self, at: Coord<f64>) -> Coord<f64> {
        coord! { x: (at.x - self.origin.x) * self.scale.x, y: (at.y - self.origin.y) * self.scale.y }
    }

    fn degrees(&self, at: Coord<f64>) -> Coord<f64> {
        coord! { x: at.x / self.scale.x + self.origin.x, y: at.y / self.scale.y + self.origin.y }
    }
}

/// Sound polygons stay as they are to the bit, slightly unsound ones are repaired.
pub(super) fn repair(
    features: Vec<MultiPolygon<f64>>,
    centre: Coord<f64>,
    notes: &mut Vec<String>,
) -> Result<Vec<MultiPolygon<f64>>, BoundaryError> {
    let local = LocalMetres::around(centre);
    let mut repaired = 0;
    let features = features
        .into_iter()
        .enumerate()
        .map(|(nth, feature)| {
            let mut parts = Vec::with_capacity(feature.0.len());
            for (part, polygon) in feature.0.into_iter().enumerate() {
                match repair_polygon(&polygon, &local, &|hole| place(nth, part, hole))? {
                    None => parts.push(polygon),
                    Some(pieces) => {
                        repaired += 1;
                        parts.extend(pieces);
                    }
                }
            }
            Ok(MultiPolygon(parts))
        })
        .collect::<Result<_, _>>()?;
    if repaired > 0 {
        notes.push(format!("{repaired} polygon(s) crossed themselves slightly; the outline moved by less than 1 m"));
    }
    Ok(features)
}

fn repair_polygon(
    polygon: &Polygon<f64>,
    local: &LocalMetres,
    place: &dyn Fn(Option<usize>) -> String,
) -> Result<Option<MultiPolygon<f64>>, BoundaryError> {
    refuse_tangle(polygon, place)?;
    let turned = MultiPolygon::new(vec![polygon.map_coords(|at| local.metres(at)).orient(Direction::Default)]);
    let inside = fill(&turned, FillRule::Positive);
    let outside = fill(&turned, FillRule::Negative);
    let twice_m2 = area_of_turns(&turned.0[0]) - inside.unsigned_area() + outside.unsigned_area();
    let mut faults = outside.0;
    if twice_m2.abs() > NOISE_M2 {
        faults.extend(inside.boolean_op(&fill(&turned, FillRule::EvenOdd), OpType::Difference));
    }
    faults.retain(|fault| fault.unsigned_area() > NOISE_M2);
    if faults.is_empty() {
        return Ok(None);
    }
    if let Some(thick) = faults.iter().find(|fault| is_thick(fault)) {
        return Err(fault_error(polygon, thick, local, place));
    }
    let kept = inside.0.into_iter().filter(|piece| piece.unsigned_area() > NOISE_M2);
    Ok(Some(kept.map(|piece| piece.map_coords(|at| local.degrees(at))).collect()))
}

/// An outline that crosses itself this often is a tangle; taking it apart could take hours.
fn refuse_tangle(polygon: &Polygon<f64>, place: &dyn Fn(Option<usize>) -> String) -> Result<(), BoundaryError> {
    const CROSSINGS_MAX: usize = 1000;
    let crossings = crossings(polygon, CROSSINGS_MAX + 1);
    match crossings.first() {
        Some(at) if crossings.len() > CROSSINGS_MAX => Err(BoundaryError::Shape {
            place: place(None),
            what: format!("the outline crosses itself again and again, first near ({:.6}, {:.6})", at.x, at.y),
        }),
        _ => Ok(()),
    }
}

/// What the rings go round at least once (positive), or the wrong way (negative), or an odd number of times.
fn fill(polygon: &MultiPolygon<f64>, rule: FillRule) -> MultiPolygon<f64> {
    polygon.boolean_op_with_fill_rule(&MultiPolygon::<f64>::new(vec![]), OpType::Union, rule)
}

fn is_thick(fault: &Polygon<f64>) -> bool {
    fault.buffer(-MOVE_MAX_M / 2.0).unsigned_area() > 0.0
}

/// Area the rings go round, counted as often as they do.
fn area_of_turns(polygon: &Polygon<f64>) -> f64 {
    let rings = std::iter::once(polygon.exterior()).chain(polygon.interiors());
    rings.map(|ring| Polygon::new(ring.clone(), vec![]).signed_area()).sum()
}

/// Names the place: the hole that has a corner there, else the outline; and there the crossing.
fn fault_error(
    polygon: &Polygon<f64>,
    fault: &Polygon<f64>,
    local: &LocalMetres,
    place: &dyn Fn(Option<usize>) -> String,
) -> BoundaryError {
    const CORNERS: usize = 200;
    let corners: Vec<_> = fault.exterior().0.iter().take(CORNERS).map(|&at| local.degrees(at)).collect();
    let near = |a: &Coord<f64>, b: &Coord<f64>| (a.x - b.x).abs() < 1e-7 && (a.y - b.y).abs() < 1e-7;
    let is_corner = |at: &Coord<f64>| corners.iter().any(|corner| near(corner, at));
    let hole = polygon.interiors().iter().position(|hole| hole.0.iter().any(is_corner));
    let drawn: Vec<_> = polygon.exterior().0.iter().chain(polygon.interiors().iter().flatten()).collect();
    // A corner that nobody drew is a crossing.
    let crossing = corners.iter().find(|corner| !drawn.iter().any(|at| near(corner, at)));
    let at = crossing.or(corners.first()).copied().unwrap_or(local.origin);
    let near = format!("near ({:.6}, {:.6})", at.x, at.y);
    let what = match hole {
        Some(_) => format!("the hole leaves its polygon or overlaps another hole {near}; move it inside or remove it"),
        None => format!("the outline crosses itself {near}; redraw it there"),
    };
    BoundaryError::Shape { place: place(hole), what }
}
