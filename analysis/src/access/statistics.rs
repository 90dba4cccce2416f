//! The aggregates of the score inputs (bna-method §8.6), with SQL's NULLs.

use super::round::to_int;

/// Two columns of counts, calmly and at all.
#[derive(Clone, Copy)]
pub(super) struct Ratios<'a> {
    /// Reached calmly.
    pub low: &'a [Option<i64>],
    /// Reached at all.
    pub high: &'a [Option<i64>],
}

impl Ratios<'_> {
    /// PostgreSQL's percentile_cont of low ÷ high, rows without one left out.
    pub(super) fn percentile(self, share: f64) -> Option<f64> {
        let rows = self.low.iter().zip(self.high);
        let mut ratios: Vec<f64> =
            rows.filter_map(|(&low, &high)| Some(low? as f64 / high.filter(|&high| high != 0)? as f64)).collect();
        ratios.sort_unstable_by(f64::total_cmp);
        let place = share * ratios.len().checked_sub(1)? as f64;
        let (below, above) = (ratios[place.floor() as usize], ratios[place.ceil() as usize]);
        Some(below + (place - place.floor()) * (above - below))
    }

    /// Σ low ÷ Σ high.
    pub(super) fn ratio(self) -> Option<f64> {
        match sum(self.high)? {
            0 => Some(0.0),
            high => Some(sum(self.low)? as f64 / high as f64),
        }
    }

    /// The same in whole numbers: almost always 0 (Q12).
    pub(super) fn whole_ratio(self) -> Option<f64> {
        match sum(self.high)? {
            0 => Some(0.0),
            high => Some((sum(self.low)? / high) as f64),
        }
    }
}

/// SQL's SUM: `None` of nothing but NULLs.
fn sum(values: &[Option<i64>]) -> Option<i128> {
    values.iter().flatten().fold(None, |sum, &value| Some(sum.unwrap_or(0) + i128::from(value)))
}

/// Population of the blocks that match, as the INT that the reference stores.
pub(super) fn people(population: &[f64], matches: impl Fn(usize) -> bool) -> i64 {
    let counted = population.iter().enumerate().filter(|(block, _)| matches(*block));
    to_int(counted.map(|(_, people)| people).sum())
}

/// Mean score, weighted by population: Σ population · score ÷ basis.
pub(super) fn weighted(population: &[f64], score: &[Option<f64>], basis: i64) -> Option<f64> {
    if basis == 0 {
        return Some(0.0);
    }
    let rows = population.iter().zip(score).filter_map(|(people, score)| Some(people * (*score)?));
    rows.fold(None, |sum, value| Some(sum.unwrap_or(0.0) + value)).map(|sum| sum / basis as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NONE: [Option<i64>; 2] = [None, None];

    fn ratios<'a>(low: &'a [Option<i64>], high: &'a [Option<i64>]) -> Ratios<'a> {
        Ratios { low, high }
    }

    #[test]
    fn percentiles_interpolate() {
        let (low, high) = ([Some(4), Some(1), Some(2), Some(0)], [Some(4); 4]);
        let of = |share| ratios(&low, &high).percentile(share);
        assert_eq!([0.0, 0.5, 1.0].map(of), [Some(0.0), Some(0.375), Some(1.0)]);
        assert_eq!(of(0.7).map(|value| (value * 1e12).round()), Some(0.55e12));
    }

    #[test]
    fn percentiles_leave_out_what_has_no_ratio() {
        let (low, high) = ([Some(1), None, Some(0), Some(5)], [Some(2), Some(2), Some(0), None]);
        assert_eq!(ratios(&low, &high).percentile(0.5), Some(0.5));
        assert_eq!(ratios(&NONE, &NONE).percentile(0.5), None);
        assert_eq!(ratios(&[], &[]).percentile(0.5), None);
        assert_eq!(ratios(&[Some(0)], &[Some(0)]).percentile(0.5), None);
    }

    #[test]
    fn ratios_know_null_from_zero() {
        assert_eq!(ratios(&NONE, &NONE).ratio(), None);
        assert_eq!(ratios(&NONE, &[Some(0), None]).ratio(), Some(0.0));
        assert_eq!(ratios(&NONE, &[Some(1), None]).ratio(), None);
        assert_eq!(ratios(&[Some(1), None], &[Some(1), Some(3)]).ratio(), Some(0.25));
    }

    #[test]
    fn whole_ratios_drop_the_rest() {
        assert_eq!(ratios(&[Some(3)], &[Some(4)]).whole_ratio(), Some(0.0));
        assert_eq!(ratios(&[Some(4)], &[Some(4)]).whole_ratio(), Some(1.0));
        assert_eq!(ratios(&[Some(0)], &[Some(0)]).whole_ratio(), Some(0.0));
        assert_eq!(ratios(&NONE, &NONE).whole_ratio(), None);
    }

    #[test]
    fn weighted_means_know_null_from_zero() {
        assert_eq!(weighted(&[2.0, 6.0], &[Some(0.5), Some(1.0)], 8), Some(0.875));
        assert_eq!(weighted(&[2.0, 6.0], &[None, Some(1.0)], 8), Some(0.75));
        assert_eq!(weighted(&[2.0, 6.0], &[None, None], 8), None);
        assert_eq!(weighted(&[2.0, 6.0], &[None, None], 0), Some(0.0));
        assert_eq!(people(&[0.5, 2.0, 7.0], |block| block < 2), 2);
    }
}
