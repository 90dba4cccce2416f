//! Rings by themselves: duplicate points, spikes, too few points.

use super::BoundaryError;
use geo_types::{Coord, LineString, MultiPolygon, Polygon};

/// Where a ring stands, for people.
pub(super) fn place(feature: usize, part: usize, hole: Option<usize>) -> String {
    match hole {
        None => format!("feature {}, part {}", feature + 1, part + 1),
        Some(hole) => format!("feature {}, part {}, hole {}", feature + 1, part + 1, hole + 1),
    }
}

/// What was taken away.
#[derive(Default)]
struct Removed {
    duplicates: usize,
    spikes: usize,
    flat_holes: usize,
}

/// Removes points that add nothing; rings that need nothing keep their memory.
pub(super) fn tidy(
    features: Vec<MultiPolygon<f64>>,
    notes: &mut Vec<String>,
) -> Result<Vec<MultiPolygon<f64>>, BoundaryError> {
    let mut removed = Removed::default();
    let features = features
        .into_iter()
        .enumerate()
        .map(|(nth, feature)| {
            let parts = feature.0.into_iter().enumerate();
            parts.map(|(part, polygon)| tidy_polygon(polygon, nth, part, &mut removed)).collect()
        })
        .collect::<Result<Vec<MultiPolygon<f64>>, _>>()?;
    let rows = [
        (removed.duplicates, "removed duplicate points"),
        (removed.spikes, "removed spikes of no width"),
        (removed.flat_holes, "removed holes without area"),
    ];
    notes.extend(rows.iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{what}: {count}")));
    Ok(features)
}

fn tidy_polygon(
    polygon: Polygon<f64>,
    feature: usize,
    part: usize,
    removed: &mut Removed,
) -> Result<Polygon<f64>, BoundaryError> {
    let (shell, holes) = polygon.into_inner();
    let shell = tidy_ring(shell, removed);
    if is_flat(&shell) {
        let at = shell.0.first().map_or_else(String::new, |at| format!(" near ({}, {})", at.x, at.y));
        return Err(BoundaryError::Shape {
            place: place(feature, part, None),
            what: format!(
                "the outline{at} encloses no area; a ring has at least four positions, the last equal to the first"
            ),
        });
    }
    let holes = holes.into_iter().map(|hole| tidy_ring(hole, removed)).collect::<Vec<_>>();
    let before = holes.len();
    let holes: Vec<_> = holes.into_iter().filter(|hole| !is_flat(hole)).collect();
    removed.flat_holes += before - holes.len();
    Ok(Polygon::new(shell, holes))
}

/// Fewer than three corners, or all on one line. (A bow tie has no area either, and is not flat.)
fn is_flat(ring: &LineString<f64>) -> bool {
    let [first, second, others @ ..] = ring.0.as_slice() else { return true };
    let (x, y) = (second.x - first.x, second.y - first.y);
    others.len() < 2 || others.iter().all(|at| x * (at.y - first.y) == y * (at.x - first.x))
}

fn tidy_ring(ring: LineString<f64>, removed: &mut Removed) -> LineString<f64> {
    let points = &ring.0;
    let needs = points.windows(2).any(|pair| pair[0] == pair[1])
        || points.windows(3).any(|three| three[0] == three[2])
        || (points.len() > 3 && points[1] == points[points.len() - 2]);
    if !needs {
        return ring;
    }
    let mut kept: Vec<Coord<f64>> = Vec::with_capacity(points.len());
    // Without the closing point: the ring goes round.
    for &point in &points[..points.len() - 1] {
        push(&mut kept, point, removed);
    }
    let kept = tidy_seam(&kept, removed);
    let mut kept = kept.to_vec();
    kept.extend(kept.first().copied());
    LineString(kept)
}

/// The same where the end meets the start.
fn tidy_seam<'a>(mut kept: &'a [Coord<f64>], removed: &mut Removed) -> &'a [Coord<f64>] {
    while let [first, second, .., before, last] = kept {
        if first == last {
            removed.duplicates += 1;
            kept = &kept[..kept.len() - 1];
        } else if before == first {
            removed.spikes += 1;
            kept = &kept[..kept.len() - 2];
        } else if second == last {
            removed.spikes += 1;
            kept = &kept[1..kept.len() - 1];
        } else {
            break;
        }
    }
    kept
}

fn push(kept: &mut Vec<Coord<f64>>, point: Coord<f64>, removed: &mut Removed) {
    if kept.last() == Some(&point) {
        removed.duplicates += 1;
    } else if kept.len() >= 2 && kept[kept.len() - 2] == point {
        removed.spikes += 1;
        kept.pop();
    } else {
        kept.push(point);
    }
}
