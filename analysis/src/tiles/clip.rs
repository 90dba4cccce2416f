//! Cutting lines and rings along tile borders, in whole units.

use super::grid::{Kind, Unit, twice_area};

/// All between two parallels of an axis (0: x, 1: y), both included.
#[derive(Clone, Copy, Debug)]
pub(super) struct Slab {
    pub axis: usize,
    pub low: i32,
    pub high: i32,
}

impl Slab {
    fn contains(&self, unit: Unit) -> bool {
        (self.low..=self.high).contains(&unit[self.axis])
    }
}

/// What of the parts lies in the slab.
pub(super) fn clip(parts: &[Vec<Unit>], kind: Kind, slab: Slab) -> Vec<Vec<Unit>> {
    let mut inside = Vec::with_capacity(parts.len());
    for part in parts {
        if part.iter().all(|&unit| slab.contains(unit)) {
            inside.push(part.clone());
            continue;
        }
        match kind {
            Kind::Point => {}
            Kind::Line => clip_line(part, slab, &mut inside),
            Kind::Ring => inside.extend(clip_ring(part, slab)),
        }
    }
    inside
}

/// Where the stretch from a to b meets a parallel, rounded; the same from b to a.
fn meet(a: Unit, b: Unit, axis: usize, at: i32) -> Unit {
    let (a, b) = if a <= b { (a, b) } else { (b, a) };
    let other = 1 - axis;
    let run = i64::from(b[axis]) - i64::from(a[axis]);
    let rise = i64::from(b[other]) - i64::from(a[other]);
    let twice = 2 * rise * (i64::from(at) - i64::from(a[axis]));
    let mut point = [at; 2];
    // The stretch crosses the parallel, so run is not 0; the result lies between a and b, so it fits.
    point[other] = (i64::from(a[other]) + (twice * run.signum() + run.abs()).div_euclid(2 * run.abs())) as i32;
    point
}

/// The stretches of a line inside; one that only touches the border is none.
fn clip_line(line: &[Unit], slab: Slab, inside: &mut Vec<Vec<Unit>>) {
    let mut current: Vec<Unit> = Vec::new();
    let mut finish = |current: &mut Vec<Unit>| {
        current.dedup();
        if current.len() > 1 {
            inside.push(std::mem::take(current));
        } else {
            current.clear();
        }
    };
    for pair in line.windows(2) {
        let Some([start, end]) = clip_stretch(pair[0], pair[1], slab) else {
            finish(&mut current);
            continue;
        };
        if current.last() != Some(&start) {
            finish(&mut current);
            current.push(start);
        }
        current.push(end);
    }
    finish(&mut current);
}

fn clip_stretch(a: Unit, b: Unit, slab: Slab) -> Option<[Unit; 2]> {
    let Slab { axis, low, high } = slab;
    let outside = |border: i32, beyond: fn(&i32, &i32) -> bool| beyond(&a[axis], &border) && beyond(&b[axis], &border);
    if outside(low, i32::lt) || outside(high, i32::gt) {
        return None;
    }
    let pull = |unit: Unit| {
        let border = unit[axis].clamp(low, high);
        if border == unit[axis] { unit } else { meet(a, b, axis, border) }
    };
    Some([pull(a), pull(b)])
}

/// Sutherland and Hodgman on both borders; `None` when nothing with an area is left.
fn clip_ring(ring: &[Unit], slab: Slab) -> Option<Vec<Unit>> {
    let below = half(ring, slab.axis, slab.high, |at, border| at <= border);
    let mut between = half(&below, slab.axis, slab.low, |at, border| at >= border);
    between.dedup();
    if between.len() > 1 && between.first() == between.last() {
        between.pop();
    }
    (twice_area(&between) != 0).then_some(between)
}

fn half(ring: &[Unit], axis: usize, border: i32, is_inside: fn(i32, i32) -> bool) -> Vec<Unit> {
    let mut kept = Vec::with_capacity(ring.len() + 4);
    let Some(&last) = ring.last() else { return kept };
    let mut before = last;
    for &unit in ring {
        let (was, is) = (is_inside(before[axis], border), is_inside(unit[axis], border));
        if was != is {
            kept.push(meet(before, unit, axis, border));
        }
        if is {
            kept.push(unit);
        }
        before = unit;
    }
    kept
}
