//! Miles by stress inside the boundary (bna-method §8.7) and by bicycle infrastructure (§8.8).

use super::region::Region;
use super::totals::Miles;
use crate::model::{Edition, SegmentId, StressLevel};
use crate::network::{Attributes, BikeInfra, FunctionalClass, Segments};
use crate::stress::StressRatings;
use rayon::prelude::*;

/// The reference's mile.
const METRES_A_MILE: f64 = 1609.34;

/// Length of each segment inside the boundary; `None` when it does not meet it.
pub(super) fn lengths_inside(segments: &Segments, boundary: &Region) -> Vec<Option<f64>> {
    (0..segments.len())
        .into_par_iter()
        .map(|index| boundary.length_inside(segments.line_m(SegmentId::from(index))))
        .collect()
}

/// Miles inside the boundary by stress; each direction of a segment counts.
pub(super) fn by_stress(lengths: &[Option<f64>], ratings: &StressRatings) -> Miles {
    let of = |level: StressLevel| {
        let mut metres: Option<f64> = None;
        for (length, rating) in lengths.iter().zip(&ratings.segment) {
            let ways = [rating.ft.level, rating.tf.level].iter().filter(|found| **found == Some(level)).count();
            if let (Some(length), true) = (length, ways > 0) {
                metres = Some(metres.unwrap_or(0.0) + length * ways as f64);
            }
        }
        metres.map(|metres| metres / METRES_A_MILE)
    };
    Miles { low: of(StressLevel::Low), high: of(StressLevel::High) }
}

/// Published names, sorted.
const FEATURES: [&str; 5] = ["buffered_lane", "lane", "path", "sharrow", "track"];

fn feature(infra: BikeInfra) -> &'static str {
    match infra {
        BikeInfra::BufferedLane => "buffered_lane",
        BikeInfra::Lane => "lane",
        BikeInfra::Sharrow => "sharrow",
        BikeInfra::Track => "track",
    }
}

/// Up to three a segment: infrastructure each way (a street with lanes on both sides counts twice), and being a path.
fn features(attributes: &Attributes) -> impl Iterator<Item = &'static str> {
    let infra = attributes.bike_infra;
    let path = attributes.class == FunctionalClass::Path && !attributes.xwalk;
    [infra.ft.map(feature), infra.tf.map(feature), path.then_some("path")].into_iter().flatten()
}

/// Miles by infrastructure, sorted by name; types without segments are absent. The reference counts all segments, which in its edition
/// end at the boundary anyway; edition `current` also holds the streets of the buffer, and counts what lies inside the boundary.
pub(super) fn by_feature(segments: &Segments, inside: &[Option<f64>], edition: Edition) -> Vec<(&'static str, f64)> {
    let mut metres: [Option<f64>; FEATURES.len()] = [None; FEATURES.len()];
    for (index, attributes) in segments.attributes.iter().enumerate() {
        let length = match edition {
            Edition::Reference => Some(segments.length_m[index]),
            Edition::Current => inside[index],
        };
        let Some(length) = length else { continue };
        for name in features(attributes) {
            let place = FEATURES.partition_point(|feature| *feature < name);
            metres[place] = Some(metres[place].unwrap_or(0.0) + length);
        }
    }
    let rows = FEATURES.into_iter().zip(metres);
    rows.filter_map(|(name, metres)| Some((name, metres? / METRES_A_MILE))).collect()
}
