//! Rows of one source after the other.

use super::dial::Dial;
use super::plan::{Batch, HIGH, LOW, Plan, drain_bits, set_bit};
use super::turn_graph::{Link, TurnGraph};
use super::{Pair, Reached};

/// What a thread needs for one source.
#[derive(Debug)]
pub(super) struct SingleScratch {
    dial: Dial,
    /// Least cost of each target, `[low, high]`; [`Pair::NONE`] where not reached.
    cost_m: Vec<[u16; 2]>,
    /// Bit a target: reached.
    touched: Vec<u64>,
    /// A block: shares a segment with the source.
    shares: Vec<bool>,
}

impl SingleScratch {
    pub(super) fn new(plan: &Plan) -> Self {
        Self {
            dial: Dial::new(plan.segments(), plan.limit_m),
            cost_m: vec![[Pair::NONE; 2]; plan.targets()],
            touched: vec![0; plan.targets().div_ceil(64)],
            shares: vec![false; plan.targets()],
        }
    }

    pub(super) fn rows<L: Link>(&mut self, plan: &Plan, graphs: &[TurnGraph<L>; 2], sources: &[u32]) -> Batch {
        let mut batch = Batch::default();
        for source in sources.iter().map(|&source| source as usize) {
            let mut reached = [Reached::default(); 2];
            if plan.is_source[source] {
                for level in [LOW, HIGH] {
                    batch.work.relaxed_links += self.dial.search(&graphs[level], plan.seeds.row(source));
                    reached[level] = self.collect(plan, level);
                    batch.work.settled_segments += reached[level].segments;
                }
            }
            batch.trails.push(self.append_row(plan, source, &mut batch.pairs));
            batch.ends.push(batch.pairs.len());
            batch.reached.push(reached);
        }
        batch
    }

    /// Takes the labels of a search to the targets.
    fn collect(&mut self, plan: &Plan, level: usize) -> Reached {
        let labels = self.dial.reached();
        let mut reached = Reached { segments: labels.len() as u64, cost_sum_m: 0 };
        for (segment, cost) in labels {
            reached.cost_sum_m += u64::from(cost);
            for &target in plan.targets_of.row(segment) {
                let least = &mut self.cost_m[target as usize][level];
                *least = cost.min(*least);
                set_bit(&mut self.touched, target);
            }
        }
        reached
    }

    /// Writes the pairs of a source and clears the scratch. Returns the trails reached.
    fn append_row(&mut self, plan: &Plan, source: usize, pairs: &mut Vec<Pair>) -> [u32; 2] {
        plan.neighbours(source).for_each(|block| self.shares[block as usize] = true);
        let mut trails = [0; 2];
        drain_bits(&mut self.touched, |target| {
            let costs = std::mem::replace(&mut self.cost_m[target], [Pair::NONE; 2]);
            if target >= plan.blocks() {
                trails = [LOW, HIGH].map(|level| trails[level] + u32::from(costs[level] != Pair::NONE));
            } else if plan.outlines.are_within(source, target, f64::from(plan.limit_m)) {
                pairs.push(plan.pair(target, costs, self.shares[target]));
            }
        });
        plan.neighbours(source).for_each(|block| self.shares[block as usize] = false);
        trails
    }
}
