//! Lengths, midpoints and azimuths in the plane, in the reference's order of operations (bna-method §5, §6.5).

use geo_types::Coord;

fn distance(a: Coord<f64>, b: Coord<f64>) -> f64 {
    let (dx, dy) = (b.x - a.x, b.y - a.y);
    (dx * dx + dy * dy).sqrt()
}

/// Planar length.
pub(super) fn length(line: &[Coord<f64>]) -> f64 {
    line.windows(2).map(|pair| distance(pair[0], pair[1])).sum()
}

/// The point half-way along a line of at least one point; the last point of a line without length.
pub(super) fn midpoint(line: &[Coord<f64>]) -> Coord<f64> {
    let total = length(line);
    let mut seen = 0.0;
    for pair in line.windows(2) {
        let share = distance(pair[0], pair[1]) / total;
        if 0.5 < seen + share {
            let fraction = (0.5 - seen) / share;
            return pair[0] + (pair[1] - pair[0]) * fraction;
        }
        seen += share;
    }
    line[line.len() - 1]
}

/// Degrees clockwise from north, whole (half to even, so 360 occurs); none between equal points.
pub(super) fn azimuth(from: Coord<f64>, to: Coord<f64>) -> Option<u16> {
    use std::f64::consts::{FRAC_PI_2, TAU};
    if from == to {
        return None;
    }
    let radians = (TAU + FRAC_PI_2 - (to.y - from.y).atan2(to.x - from.x)) % TAU;
    Some(radians.to_degrees().round_ties_even() as u16)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(x: f64, y: f64) -> Coord<f64> {
        Coord { x, y }
    }

    #[test]
    fn midpoint_lies_half_way_along() {
        assert_eq!(midpoint(&[at(0.0, 0.0), at(10.0, 0.0)]), at(5.0, 0.0));
        assert_eq!(midpoint(&[at(0.0, 0.0), at(2.0, 0.0), at(2.0, 6.0)]), at(2.0, 2.0));
        assert_eq!(midpoint(&[at(0.0, 0.0), at(3.0, 0.0), at(3.0, 0.0), at(3.0, 3.0)]), at(3.0, 0.0));
        assert_eq!(midpoint(&[at(7.0, 1.0), at(7.0, 1.0)]), at(7.0, 1.0));
    }

    #[test]
    fn azimuths_are_whole_degrees_and_360_occurs() {
        let rows =
            [(0.0, 1.0, 0), (1.0, 0.0, 90), (0.0, -1.0, 180), (-1.0, 0.0, 270), (1.0, 1.0, 45), (-0.001, 1.0, 360)];
        for (x, y, degrees) in rows {
            assert_eq!(azimuth(at(0.0, 0.0), at(x, y)), Some(degrees), "{x} {y}");
        }
        assert_eq!(azimuth(at(1.0, 1.0), at(1.0, 1.0)), None);
    }
}
