//! People around destinations: who can reach each of them, calmly and at all (bna-method §8.3).

use super::DestinationSheds;
use super::assign::Places;
use super::marks::{Marks, positions};

/// People as whole multiples of a power of two, so that sums do not depend on the order (threads!). Exact for whole people,
/// and for every raster of 32-bit floats down to a hundredth of a person.
pub(super) struct Units {
    /// Units of each block's population.
    of_block: Vec<i64>,
    /// A person has 2^shift units.
    shift: i32,
}

impl Units {
    /// Picks the finest unit in which everybody together fits.
    pub(super) fn new(population: &[f64]) -> Self {
        let total: f64 = population.iter().map(|people| people.abs()).filter(|people| people.is_finite()).sum();
        let shift = (61 - total.max(1.0).log2().ceil() as i32).clamp(-1000, 40);
        let scale = 2_f64.powi(shift);
        Self { of_block: population.iter().map(|people| (people * scale).round_ties_even() as i64).collect(), shift }
    }

    /// People, rounded half to even as an INT column does.
    fn people(&self, units: i64) -> i64 {
        if self.shift <= 0 {
            return super::round::to_int(units as f64 * 2_f64.powi(-self.shift));
        }
        let (whole, rest) = (units >> self.shift, units & ((1 << self.shift) - 1));
        let half = 1 << (self.shift - 1);
        whole + i64::from(rest > half || (rest == half && whole & 1 == 1))
    }
}

/// Sums under way; those of several threads are added up.
#[derive(Clone)]
pub(super) struct Tally {
    /// Per bit of [`Marks`], [low, high]: units of people; whether any block reaches it.
    units: [Vec<i64>; 2],
    reached: [Vec<u64>; 2],
}

impl Tally {
    /// Nobody yet.
    pub(super) fn new(words: usize) -> Self {
        let units = || vec![0; words * u64::BITS as usize];
        Self { units: [units(), units()], reached: [vec![0; words], vec![0; words]] }
    }

    /// Adds the people of a block to all destinations that it reaches ([low, high]).
    pub(super) fn add(&mut self, block: usize, bits: [&[u64]; 2], people: &Units) {
        let units = people.of_block[block];
        for (level, bits) in bits.into_iter().enumerate() {
            for (seen, word) in self.reached[level].iter_mut().zip(bits) {
                *seen |= word;
            }
            for place in positions(bits) {
                let sum = &mut self.units[level][place];
                *sum = sum.wrapping_add(units);
            }
        }
    }

    /// Adds another tally.
    pub(super) fn merge(&mut self, other: &Self) {
        for level in 0..2 {
            for (seen, word) in self.reached[level].iter_mut().zip(&other.reached[level]) {
                *seen |= word;
            }
            for (sum, units) in self.units[level].iter_mut().zip(&other.units[level]) {
                *sum = sum.wrapping_add(*units);
            }
        }
    }

    /// People; `None` when nobody lives where it can be reached from, not even zero people.
    fn people(&self, level: usize, bit: usize, people: &Units) -> Option<i64> {
        let seen = self.reached[level][bit / 64] >> (bit % 64) & 1 == 1;
        seen.then(|| people.people(self.units[level][bit]))
    }
}

/// Sheds of all tables, in their order. Destinations outside the boundary have none.
pub(super) fn sheds(places: Vec<Places>, marks: &Marks, tally: &Tally, people: &Units) -> Vec<DestinationSheds> {
    let of_table = |(table, places): (usize, Places)| {
        let start = marks.table(table).start * 64;
        let of_level = |level| -> Vec<Option<i64>> {
            let counted = places.in_boundary.iter().enumerate();
            counted.map(|(place, &inside)| tally.people(level, start + place, people).filter(|_| inside)).collect()
        };
        let (pop_low, pop_high) = (of_level(0), of_level(1));
        let pop_score = pop_low.iter().zip(&pop_high).map(|(&low, &high)| ratio(low, high)).collect();
        DestinationSheds { category: places.category, blocks: places.blocks, pop_low, pop_high, pop_score }
    };
    places.into_iter().enumerate().map(of_table).collect()
}

/// 0 when there are no people at all, else the share of those who reach it calmly.
fn ratio(low: Option<i64>, high: Option<i64>) -> Option<f64> {
    match high? {
        0 => Some(0.0),
        high => low.map(|low| low as f64 / high as f64),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shed_scores_know_null_from_zero() {
        assert_eq!(ratio(None, None), None);
        assert_eq!(ratio(None, Some(0)), Some(0.0));
        assert_eq!(ratio(Some(0), Some(0)), Some(0.0));
        assert_eq!(ratio(None, Some(3)), None);
        assert_eq!(ratio(Some(1), Some(4)), Some(0.25));
    }

    fn rounded(population: &[f64]) -> i64 {
        let people = Units::new(population);
        people.people(people.of_block.iter().sum())
    }

    #[test]
    fn people_are_exact_and_round_half_to_even() {
        assert_eq!(rounded(&[1.0, 2.0, 3.0]), 6);
        assert_eq!(rounded(&[0.5, 1.0, 1.0]), 2);
        assert_eq!(rounded(&[0.5, 1.0]), 2);
        assert_eq!(rounded(&[0.25; 10]), 2);
        assert_eq!(rounded(&[0.25; 14]), 4);
        assert_eq!(rounded(&[]), 0);
    }

    #[test]
    fn giant_populations_neither_overflow_nor_panic() {
        assert_eq!(rounded(&[4e15, 4e15]), 8_000_000_000_000_000);
        assert_eq!(rounded(&[1e300, 1e300]), i64::MAX);
        assert_eq!(rounded(&[f64::NAN, 7.0]), 7);
    }

    #[test]
    fn destinations_outside_and_unreached_have_no_shed() {
        let places = Places {
            category: "parks".into(),
            blocks: vec![vec![crate::model::BlockId(0)]; 3],
            in_boundary: vec![true, false, true],
        };
        let marks = Marks::new(std::slice::from_ref(&places), 2);
        let people = Units::new(&[0.0, 5.0]);
        let mut tally = Tally::new(marks.words());
        tally.add(0, [&[0], &[0b011]], &people);
        tally.add(1, [&[0b001], &[0b011]], &people);
        let mut merged = Tally::new(marks.words());
        merged.merge(&tally);
        let sheds = sheds(vec![places], &marks, &merged, &people).remove(0);
        assert_eq!(sheds.pop_low, [Some(5), None, None]);
        assert_eq!(sheds.pop_high, [Some(5), None, None]);
        assert_eq!(sheds.pop_score, [Some(1.0), None, None]);
    }
}
