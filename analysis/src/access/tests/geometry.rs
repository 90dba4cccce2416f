//! The prepared region against the geometry library, on coordinates where touching and overlapping edges are frequent.

use crate::access::Region;
use geo::{Area, BooleanOps, Euclidean, Intersects, Length, Validation};
use geo_types::{Coord, LineString, MultiLineString, MultiPolygon, Polygon, Rect};
use proptest::prelude::*;

/// A star around the origin with a square hole now and then; radii are whole, so edges meet and overlap.
fn stars() -> impl Strategy<Value = MultiPolygon<f64>> {
    (prop::collection::vec(3_u8..9, 4..12), any::<bool>()).prop_map(|(radii, hole)| {
        let n = radii.len() as f64;
        let corner = |(i, radius): (usize, &u8)| {
            let angle = std::f64::consts::TAU * i as f64 / n;
            Coord { x: (angle.cos() * f64::from(*radius)).round(), y: (angle.sin() * f64::from(*radius)).round() }
        };
        let outline = radii.iter().enumerate().map(corner).collect();
        let hole = hole.then(|| Rect::new((-1.0, -1.0), (1.0, 1.0)).to_polygon().exterior().clone());
        MultiPolygon(vec![Polygon::new(LineString(outline), hole.into_iter().collect())])
    })
}

fn lines() -> impl Strategy<Value = Vec<Coord<f64>>> {
    prop::collection::vec((-9_i8..9, -9_i8..9), 2..6)
        .prop_map(|points| points.into_iter().map(|(x, y)| Coord { x: x.into(), y: y.into() }).collect())
}

fn moved(shape: &MultiPolygon<f64>, x: i8, y: i8) -> MultiPolygon<f64> {
    use geo::Translate;
    shape.translate(x.into(), y.into())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn points_and_polygons_meet_as_in_geo(a in stars(), b in stars(), x in -14_i8..14, y in -14_i8..14) {
        prop_assume!(a.is_valid() && b.is_valid());
        let b = moved(&b, x, y);
        let region = Region::new(&a);
        prop_assert_eq!(region.meets(&b), a.intersects(&b));
        let point = Coord { x: f64::from(x) / 2.0, y: f64::from(y) / 2.0 };
        prop_assert_eq!(region.holds(point), a.intersects(&geo_types::Point(point)));
    }

    #[test]
    fn lengths_are_those_of_geo(a in stars(), line in lines()) {
        prop_assume!(a.is_valid() && a.unsigned_area() > 0.0);
        let ours = Region::new(&a).length_inside(&line);
        let line = LineString(line);
        prop_assert_eq!(ours.is_some(), a.intersects(&line));
        // Strictly inside, so that the library need not say whose a shared edge is.
        for pair in line.0.windows(2) {
            let piece = [pair[0], pair[1]];
            let along = a.0.iter().flat_map(|p| p.exterior().lines().chain(p.interiors().iter().flat_map(LineString::lines)));
            let collinear = along.into_iter().any(|edge| {
                let cross = |c: Coord<f64>| (piece[1].x - piece[0].x) * (c.y - piece[0].y) - (piece[1].y - piece[0].y) * (c.x - piece[0].x);
                cross(edge.start) == 0.0 && cross(edge.end) == 0.0
            });
            if !collinear && piece[0] != piece[1] {
                let clipped = Euclidean.length(&a.clip(&MultiLineString(vec![LineString(piece.to_vec())]), false));
                let ours = Region::new(&a).length_inside(&piece).unwrap_or(0.0);
                prop_assert!((ours - clipped).abs() < 1e-6, "ours {}, geo {}", ours, clipped);
            }
        }
    }
}
