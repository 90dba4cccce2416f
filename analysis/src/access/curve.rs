//! From what is reached calmly and at all to a score between 0 and 1 (bna-method §8.1, §8.2).

use super::round::fold;
use crate::suite::{Breaks, Curve, Steps};

/// Score of a block. `None` when nothing can be reached, or when nobody knows how much is reached calmly.
pub(super) fn score(low: Option<i64>, high: Option<i64>, curve: &Curve) -> Option<f64> {
    let high = high.filter(|&high| high != 0)?;
    match low? {
        0 => Some(0.0),
        low if low == high => Some(1.0),
        low => Some(match curve {
            Curve::Steps(steps) => by_steps(low as f64, high as f64, *steps),
            Curve::Breaks(breaks) => by_ratio(low as f64 / high as f64, breaks),
        }),
    }
}

/// First, second and third place by their steps, all others by an even share of the rest. A step of 0 ends the steps.
fn by_steps(low: f64, high: f64, steps: Steps) -> f64 {
    let mut worth = 0.0;
    let mut taken = 0.0;
    for step in [steps.first, steps.second, steps.third] {
        if step == 0.0 {
            break;
        }
        if low <= taken {
            return worth;
        }
        worth = fold(worth + step);
        taken += 1.0;
    }
    worth + fold(1.0 - worth) * (low - taken) / (high - taken)
}

/// Linear between the breaks, through (0, 0) and (1, 1).
fn by_ratio(ratio: f64, curve: &Breaks) -> f64 {
    let mut above = [1.0, 1.0];
    for &[from, base] in curve.breaks.iter().rev() {
        if ratio == from {
            return base;
        }
        if ratio > from {
            return base + fold(above[1] - base) * (ratio - from) / fold(above[0] - from);
        }
        above = [from, base];
    }
    above[1] * ratio / above[0]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn steps(first: f64, second: f64, third: f64) -> Curve {
        Curve::Steps(Steps { first, second, third })
    }

    fn population() -> Curve {
        Curve::Breaks(Breaks { breaks: vec![[0.03, 0.1], [0.2, 0.4], [0.5, 0.8]] })
    }

    fn scores(curve: &Curve, pairs: &[(i64, i64)]) -> Vec<f64> {
        pairs.iter().map(|&(low, high)| score(Some(low), Some(high), curve).unwrap()).collect()
    }

    fn close(found: &[f64], expected: &[f64]) {
        assert_eq!(found.len(), expected.len());
        for (a, b) in found.iter().zip(expected) {
            assert!((a - b).abs() < 1e-15, "{found:?} is not {expected:?}");
        }
    }

    #[test]
    fn nothing_to_reach_is_no_score() {
        for curve in [population(), steps(0.3, 0.2, 0.2)] {
            assert_eq!(score(None, None, &curve), None);
            assert_eq!(score(None, Some(0), &curve), None);
            assert_eq!(score(Some(0), Some(0), &curve), None);
            assert_eq!(score(None, Some(3), &curve), None);
            assert_eq!(score(Some(0), Some(3), &curve), Some(0.0));
            assert_eq!(score(Some(3), Some(3), &curve), Some(1.0));
        }
    }

    #[test]
    fn population_meets_its_breaks_exactly() {
        let found = scores(&population(), &[(3, 100), (20, 100), (50, 100)]);
        assert_eq!(found, [0.1, 0.4, 0.8]);
    }

    #[test]
    fn population_is_linear_between_breaks() {
        let found = scores(&population(), &[(15, 1000), (115, 1000), (35, 100), (75, 100)]);
        close(&found, &[0.05, 0.1 + 0.3 * 0.085 / 0.17, 0.6, 0.9]);
    }

    #[test]
    fn one_step_then_an_even_share() {
        close(&scores(&steps(0.7, 0.0, 0.0), &[(1, 5), (2, 5), (4, 5)]), &[0.7, 0.775, 0.925]);
    }

    #[test]
    fn two_steps_then_an_even_share() {
        close(&scores(&steps(0.6, 0.2, 0.0), &[(1, 6), (2, 6), (3, 6), (5, 6)]), &[0.6, 0.8, 0.85, 0.95]);
    }

    #[test]
    fn three_steps_then_an_even_share() {
        let found = scores(&steps(0.3, 0.2, 0.2), &[(1, 6), (2, 6), (3, 6), (4, 6), (5, 6)]);
        close(&found, &[0.3, 0.5, 0.7, 0.8, 0.9]);
    }

    #[test]
    fn no_step_is_the_ratio() {
        assert_eq!(scores(&steps(0.0, 0.0, 0.0), &[(1, 4), (3, 4)]), [0.25, 0.75]);
    }

    #[test]
    fn a_single_break_will_do() {
        let curve = Curve::Breaks(Breaks { breaks: vec![[0.5, 0.25]] });
        close(&scores(&curve, &[(1, 4), (1, 2), (3, 4)]), &[0.125, 0.25, 0.625]);
    }
}
