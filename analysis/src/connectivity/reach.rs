//! The result: per-block sums, and the rows, kept or computed again.

use super::Pair;
use super::lanes::LANES;
use super::plan::{Batch, Engine, Plan, Scratch};
use crate::model::{BlockId, SegmentId};
use rayon::prelude::*;
use std::sync::{Mutex, PoisonError};

/// What every block reaches. Rows are kept up to a limit and computed again above it, so that a metropolis never needs the whole table.
#[derive(Debug, Default)]
pub struct Reach {
    /// Segments of each block (§6.1), ascending; all of them, also outside the boundary.
    pub block_segments: Vec<Vec<SegmentId>>,
    /// Per block: trails (destinations only) of which it reaches a segment: low-stress, high-stress (§8.2).
    pub trails: Vec<[u32; 2]>,
    /// Per block: segments reached and the sum of their costs, [low, high]: finds the block where a difference starts.
    pub reached: Vec<[Reached; 2]>,
    /// Number of pairs.
    pub pairs: u64,
    /// How much the searches did: the same on every machine.
    pub work: Work,
    rows: Rows,
}

/// Count and cost sum of a search.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reached {
    /// Segments reached.
    pub segments: u64,
    /// Sum of their costs.
    pub cost_sum_m: u64,
}

/// Deterministic counts of the searches of both levels: a guard against growth that no clock can give.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Work {
    /// Segments reached, summed over sources.
    pub settled_segments: u64,
    /// Links looked at.
    pub relaxed_links: u64,
}

#[derive(Debug)]
enum Rows {
    /// Pairs of source b are `pairs[first[b]..first[b + 1]]`.
    Kept { first: Vec<usize>, pairs: Vec<Pair> },
    /// Too many to keep.
    Computed { plan: Box<Plan>, engine: Engine },
}

impl Default for Rows {
    fn default() -> Self {
        Self::Kept { first: vec![0], pairs: Vec::new() }
    }
}

impl Reach {
    /// A reach of those rows by source block, targets ascending: for tests of what uses it.
    pub fn from_rows(rows: &[Vec<Pair>]) -> Self {
        let mut first = vec![0];
        first.extend(rows.iter().scan(0, |end, row| {
            *end += row.len();
            Some(*end)
        }));
        let pairs = rows.concat();
        Self {
            block_segments: vec![Vec::new(); rows.len()],
            trails: vec![[0; 2]; rows.len()],
            reached: vec![[Reached::default(); 2]; rows.len()],
            pairs: pairs.len() as u64,
            work: Work::default(),
            rows: Rows::Kept { first, pairs },
        }
    }

    pub(super) fn compute(
        plan: Plan,
        block_segments: Vec<Vec<SegmentId>>,
        kept_pairs_max: u64,
        engine: Engine,
    ) -> Self {
        let mut reach = Self { block_segments, ..Self::default() };
        let (mut first, mut kept) = (vec![0], Vec::new());
        for_each_batch(&plan, engine, |_, batch| {
            reach.pairs += batch.pairs.len() as u64;
            reach.trails.extend(&batch.trails);
            reach.reached.extend(&batch.reached);
            reach.work.settled_segments += batch.work.settled_segments;
            reach.work.relaxed_links += batch.work.relaxed_links;
            if reach.pairs <= kept_pairs_max {
                first.extend(batch.ends.iter().map(|end| kept.len() + end));
                kept.extend_from_slice(&batch.pairs);
            } else {
                kept = Vec::new();
            }
        });
        reach.rows = if reach.pairs <= kept_pairs_max {
            Rows::Kept { first, pairs: kept }
        } else {
            Rows::Computed { plan: Box::new(plan), engine }
        };
        reach
    }

    /// Rows in order of the source block, targets ascending. Blocks outside the boundary have empty rows.
    pub fn for_each_row(&self, mut visit: impl FnMut(BlockId, &[Pair])) {
        match &self.rows {
            Rows::Kept { first, pairs } => {
                for (source, ends) in first.windows(2).enumerate() {
                    visit(BlockId::from(source), &pairs[ends[0]..ends[1]]);
                }
            }
            Rows::Computed { plan, engine } => {
                for_each_batch(plan, *engine, |sources, batch| batch.visit(sources, &mut visit))
            }
        }
    }

    /// For rows in another order than that of the blocks.
    pub fn reader(&self) -> RowReader<'_> {
        let pool = match &self.rows {
            Rows::Kept { .. } => None,
            Rows::Computed { plan, engine } => Some(Pool::new(plan, *engine)),
        };
        RowReader { reach: self, pool }
    }

    /// A value of each row, computed in parallel, in order of the source block.
    pub fn map_rows<T: Send>(&self, map: impl Fn(BlockId, &[Pair]) -> T + Sync) -> Vec<T> {
        match &self.rows {
            Rows::Kept { first, pairs } => first
                .par_windows(2)
                .enumerate()
                .map(|(source, ends)| map(BlockId::from(source), &pairs[ends[0]..ends[1]]))
                .collect(),
            Rows::Computed { plan, engine } => {
                let pool = Pool::new(plan, *engine);
                let of_batch = |k| {
                    let (sources, mut values) = (batch(plan, k), Vec::new());
                    let rows = pool.lend(|scratch| plan.rows(&sources, scratch));
                    rows.visit(&sources, |source, row| values.push(map(source, row)));
                    values
                };
                let batches: Vec<Vec<T>> = (0..batches(plan)).into_par_iter().map(of_batch).collect();
                batches.into_iter().flatten().collect()
            }
        }
    }
}

/// Rows in any order, for writers that sort by id. Usable from several threads.
pub struct RowReader<'a> {
    reach: &'a Reach,
    /// Only where rows are computed again.
    pool: Option<Pool<'a>>,
}

impl RowReader<'_> {
    /// Rows of those blocks, in that order, targets ascending. Neighbours in space come fastest.
    pub fn rows_of(&self, sources: &[BlockId], mut visit: impl FnMut(BlockId, &[Pair])) {
        match (&self.reach.rows, &self.pool) {
            (Rows::Kept { first, pairs }, _) => {
                for &source in sources.iter().filter(|source| source.index() + 1 < first.len()) {
                    visit(source, &pairs[first[source.index()]..first[source.index() + 1]]);
                }
            }
            (Rows::Computed { plan, .. }, Some(pool)) => {
                for some in sources.chunks(LANES) {
                    let some: Vec<u32> = some.iter().map(|source| source.0).collect();
                    pool.lend(|scratch| plan.rows(&some, scratch)).visit(&some, &mut visit);
                }
            }
            (Rows::Computed { .. }, None) => {}
        }
    }
}

impl Batch {
    fn visit(&self, sources: &[u32], mut visit: impl FnMut(BlockId, &[Pair])) {
        let mut start = 0;
        for (&source, &end) in sources.iter().zip(&self.ends) {
            visit(BlockId(source), &self.pairs[start..end]);
            start = end;
        }
    }
}

fn batches(plan: &Plan) -> usize {
    plan.blocks().div_ceil(LANES)
}

/// Sources of a batch.
fn batch(plan: &Plan, k: usize) -> Vec<u32> {
    (k * LANES..((k + 1) * LANES).min(plan.blocks())).map(|block| block as u32).collect()
}

/// All batches in order; several are computed ahead in parallel, few are in memory.
fn for_each_batch(plan: &Plan, engine: Engine, mut visit: impl FnMut(&[u32], &Batch)) {
    let pool = Pool::new(plan, engine);
    let ahead = 8 * rayon::current_num_threads();
    for start in (0..batches(plan)).step_by(ahead) {
        let some = start..(start + ahead).min(batches(plan));
        let rows = |k| pool.lend(|scratch| plan.rows(&batch(plan, k), scratch));
        let ready: Vec<Batch> = some.clone().into_par_iter().map(rows).collect();
        for (k, rows) in some.zip(&ready) {
            visit(&batch(plan, k), rows);
        }
    }
}

/// Scratch for as many threads as ask at the same time.
struct Pool<'a> {
    plan: &'a Plan,
    engine: Engine,
    idle: Mutex<Vec<Scratch>>,
}

impl<'a> Pool<'a> {
    fn new(plan: &'a Plan, engine: Engine) -> Self {
        Self { plan, engine, idle: Mutex::default() }
    }

    fn lend<T>(&self, work: impl FnOnce(&mut Scratch) -> T) -> T {
        let idle = || self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let taken = idle().pop();
        let mut scratch = taken.unwrap_or_else(|| self.plan.scratch(self.engine));
        let result = work(&mut scratch);
        idle().push(scratch);
        result
    }
}
