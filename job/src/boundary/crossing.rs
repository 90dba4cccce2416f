//! Where edges cross: a sweep along the axis on which they overlap least.

use geo::{CoordsIter, LinesIter};
use geo_types::{Coord, Line, Polygon};

/// Pairs looked at before the search gives up: a second or two.
const PAIRS_MAX: u64 = 1_000_000_000;

/// Points in which two edges properly cross, at most that many.
pub(super) fn crossings(polygon: &Polygon<f64>, limit: usize) -> Vec<Coord<f64>> {
    let upright = polygon.lines_iter().map(|line| line.dx().abs() - line.dy().abs()).sum::<f64>() < 0.0;
    let turn = |at: Coord<f64>| if upright { at } else { Coord { x: at.y, y: at.x } };
    let mut edges: Vec<Line<f64>> = Vec::with_capacity(polygon.coords_count());
    edges.extend(polygon.lines_iter().map(|line| {
        let (a, b) = (turn(line.start), turn(line.end));
        if a.x <= b.x { Line::new(a, b) } else { Line::new(b, a) }
    }));
    edges.sort_unstable_by(|a, b| a.start.x.total_cmp(&b.start.x));

    let mut found = Vec::new();
    let mut pairs = 0;
    for (nth, edge) in edges.iter().enumerate() {
        for other in edges[nth + 1..].iter().take_while(|other| other.start.x <= edge.end.x) {
            pairs += 1;
            found.extend(crossing(edge, other).map(turn));
        }
        if found.len() >= limit || pairs > PAIRS_MAX {
            break;
        }
    }
    found
}

/// Inner point of both edges, if they have exactly one.
fn crossing(a: &Line<f64>, b: &Line<f64>) -> Option<Coord<f64>> {
    let (low, high) = (a.start.y.min(a.end.y), a.start.y.max(a.end.y));
    if high < b.start.y.min(b.end.y) || low > b.start.y.max(b.end.y) {
        return None;
    }
    let side = |line: &Line<f64>, at: Coord<f64>| line.dx() * (at.y - line.start.y) - line.dy() * (at.x - line.start.x);
    let (a_start, a_end) = (side(b, a.start), side(b, a.end));
    let crosses = a_start * a_end < 0.0 && side(a, b.start) * side(a, b.end) < 0.0;
    crosses.then(|| {
        let share = a_start / (a_start - a_end);
        Coord { x: a.start.x + share * a.dx(), y: a.start.y + share * a.dy() }
    })
}
