//! What every block reaches: people, jobs, destinations, calmly and at all (bna-method §8.1, §8.2), and the sheds along the way.

use super::assign::Places;
use super::marks::Marks;
use super::round::to_int;
use super::sheds::{Tally, Units};
use crate::connectivity::{Pair, Reach};
use crate::import::Blocks;
use std::sync::{Mutex, PoisonError};

/// What a block reaches; pairs of values are [low, high].
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Counts {
    /// Blocks.
    pub pairs: [u32; 2],
    /// People; none when there is no such block.
    pub people: [Option<i64>; 2],
    /// Jobs; none when there is no such block or the country has no job data.
    pub jobs: [Option<i64>; 2],
    /// Destinations of each table.
    pub places: Vec<[u32; 2]>,
}

/// Memory of one thread, used row after row.
struct Scratch {
    bits: [Vec<u64>; 2],
    tally: Tally,
}

/// Counts of every block (`None` outside the boundary), and the sheds' sums.
pub(super) fn count(
    reach: &Reach,
    blocks: &Blocks,
    places: &[Places],
    marks: &Marks,
    people: &Units,
) -> (Vec<Option<Counts>>, Tally) {
    debug_assert_eq!(marks.tables(), places.len());
    let words = marks.words();
    let pool: Mutex<Vec<Scratch>> = Mutex::new(Vec::new());
    let empty = || Scratch { bits: [vec![0; words], vec![0; words]], tally: Tally::new(words) };
    let take = || pool.lock().unwrap_or_else(PoisonError::into_inner).pop();
    let rows = reach.map_rows(|source, row| {
        if !blocks.in_boundary[source.index()] {
            return None;
        }
        let mut scratch = take().unwrap_or_else(empty);
        let counts = count_row(row, blocks, marks, &mut scratch.bits);
        let [low, high] = &scratch.bits;
        scratch.tally.add(source.index(), [low, high], people);
        pool.lock().unwrap_or_else(PoisonError::into_inner).push(scratch);
        Some(counts)
    });
    let mut tally = Tally::new(words);
    for scratch in pool.into_inner().unwrap_or_else(PoisonError::into_inner) {
        tally.merge(&scratch.tally);
    }
    (rows, tally)
}

/// Counts of one block; leaves in `bits` which destinations it reaches.
fn count_row(row: &[Pair], blocks: &Blocks, marks: &Marks, bits: &mut [Vec<u64>; 2]) -> Counts {
    let mut pairs = [0_u32; 2];
    let mut people = [0.0; 2];
    let mut jobs = [0.0; 2];
    for bits in bits.iter_mut() {
        bits.fill(0);
    }
    for pair in row {
        let target = pair.target();
        for level in usize::from(!pair.low_stress())..2 {
            pairs[level] += 1;
            people[level] += blocks.population[target.index()];
            jobs[level] += blocks.jobs.as_ref().map_or(0.0, |jobs| jobs[target.index()]);
            marks.mark(target, &mut bits[level]);
        }
    }
    let known = |level: usize, sum: f64| (pairs[level] > 0).then(|| to_int(sum));
    Counts {
        pairs,
        people: [known(0, people[0]), known(1, people[1])],
        jobs: [0, 1].map(|level| blocks.jobs.as_ref().and_then(|_| known(level, jobs[level]))),
        places: (0..marks.tables()).map(|table| [0, 1].map(|level| marks.count(table, &bits[level]))).collect(),
    }
}
