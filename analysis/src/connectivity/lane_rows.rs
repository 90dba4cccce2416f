//! Rows of 32 sources at once.

use super::lanes::{LANES, LaneSearch, Lanes};
use super::plan::{Batch, HIGH, LOW, Plan, drain_bits, set_bit};
use super::turn_graph::{Link, TurnGraph};
use super::{Pair, Reached};

/// What a thread needs for 32 sources.
#[derive(Debug)]
pub(super) struct LaneScratch {
    search: LaneSearch,
    /// Bit a target: reached by any source.
    touched: Vec<u64>,
    /// Targets reached by any source, ascending.
    targets: Vec<u32>,
    /// Their least costs, `[low, high]`.
    costs: [Vec<Lanes>; 2],
    /// Bit a source: shares a segment with this target.
    shares: Vec<u32>,
    rows: Vec<Vec<Pair>>,
}

impl LaneScratch {
    pub(super) fn new(plan: &Plan) -> Self {
        Self {
            search: LaneSearch::new(plan.segments(), plan.limit_m),
            touched: vec![0; plan.targets().div_ceil(64)],
            targets: Vec::new(),
            costs: [Vec::new(), Vec::new()],
            shares: vec![0; plan.targets()],
            rows: vec![Vec::new(); LANES],
        }
    }

    pub(super) fn rows<L: Link>(&mut self, plan: &Plan, graphs: &[TurnGraph<L>; 2], sources: &[u32]) -> Batch {
        let mut batch = Batch { reached: vec![[Reached::default(); 2]; sources.len()], ..Batch::default() };
        // All that is reached calmly is reached: the high level, first, finds the targets of both.
        for level in [HIGH, LOW] {
            self.search.reset();
            for (lane, &source) in sources.iter().enumerate() {
                plan.seeds.row(source as usize).iter().for_each(|&segment| self.search.seed(lane, segment));
            }
            batch.work.relaxed_links += self.search.search(&graphs[level]);
            for (reached, count) in batch.reached.iter_mut().zip(self.count()) {
                reached[level] = count;
                batch.work.settled_segments += count.segments;
            }
            if level == HIGH {
                self.find_targets(plan);
            }
            self.collect(plan, level);
        }
        batch.trails = self.fill_rows(plan, sources);
        for row in &mut self.rows[..sources.len()] {
            batch.pairs.append(row);
            batch.ends.push(batch.pairs.len());
        }
        batch
    }

    /// Segments reached and sum of costs of each source.
    fn count(&self) -> [Reached; LANES] {
        let (mut segments, mut costs) = ([0u32; LANES], [0u32; LANES]);
        for &segment in self.search.touched() {
            let label = &self.search.label(segment).0;
            for lane in 0..LANES {
                let is_reached = label[lane] < self.search.unreached();
                segments[lane] += u32::from(is_reached);
                costs[lane] += if is_reached { label[lane] as u32 } else { 0 };
            }
        }
        std::array::from_fn(|lane| Reached { segments: u64::from(segments[lane]), cost_sum_m: u64::from(costs[lane]) })
    }

    fn find_targets(&mut self, plan: &Plan) {
        for &segment in self.search.touched() {
            plan.targets_of.row(segment as usize).iter().for_each(|&target| set_bit(&mut self.touched, target));
        }
        self.targets.clear();
        drain_bits(&mut self.touched, |target| self.targets.push(target as u32));
    }

    /// Takes the labels of a search to the targets.
    fn collect(&mut self, plan: &Plan, level: usize) {
        let least = |&target: &u32| {
            let mut least = Lanes::all(self.search.unreached());
            plan.segments_of.row(target as usize).iter().for_each(|&segment| least.min(self.search.label(segment)));
            least
        };
        self.costs[level].clear();
        self.costs[level].extend(self.targets.iter().map(least));
    }

    /// Hands each target to the rows of the sources that reach it. Returns the trails that each source reaches.
    fn fill_rows(&mut self, plan: &Plan, sources: &[u32]) -> Vec<[u32; 2]> {
        let limit = f64::from(plan.limit_m);
        for (lane, &source) in sources.iter().enumerate() {
            plan.neighbours(source as usize).for_each(|block| self.shares[block as usize] |= 1 << lane);
        }
        let mut trails = vec![[0; 2]; sources.len()];
        let sources_box = plan.outlines.joint_box(sources);
        for (k, &target) in self.targets.iter().enumerate() {
            let target = target as usize;
            let costs = [LOW, HIGH].map(|level| &self.costs[level][k].0);
            if target >= plan.blocks() {
                count_trail(&mut trails, costs, self.search.unreached());
                continue;
            }
            let all_near = plan.outlines.is_all_within(&sources_box, target, limit);
            for (lane, &source) in sources.iter().enumerate() {
                if costs[HIGH][lane] < self.search.unreached()
                    && (all_near || plan.outlines.are_within(source as usize, target, limit))
                {
                    let metres =
                        costs.map(|c| if c[lane] < self.search.unreached() { c[lane] as u16 } else { Pair::NONE });
                    self.rows[lane].push(plan.pair(target, metres, self.shares[target] >> lane & 1 == 1));
                }
            }
        }
        for &source in sources {
            plan.neighbours(source as usize).for_each(|block| self.shares[block as usize] = 0);
        }
        trails
    }
}

fn count_trail(trails: &mut [[u32; 2]], costs: [&[i16; LANES]; 2], unreached: i16) {
    for (lane, trails) in trails.iter_mut().enumerate() {
        for level in [LOW, HIGH] {
            trails[level] += u32::from(costs[level][lane] < unreached);
        }
    }
}
