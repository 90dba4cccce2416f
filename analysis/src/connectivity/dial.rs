//! Bounded one-to-all search with one bucket a metre (bna-method §6.3): costs are whole metres, so nothing is ever compared or sorted.

use super::turn_graph::{Link, TurnGraph};

const NONE: u32 = u32::MAX;

/// Scratch of a search. Between searches every label is "not reached"; only what was touched is reset.
#[derive(Debug, Default)]
pub(super) struct Dial {
    /// Metres from the seeds; `limit + 1` where not reached.
    cost_m: Vec<u16>,
    /// Segments in the order in which they were settled.
    settled: Vec<u32>,
    /// First queue entry of each metre.
    bucket: Vec<u32>,
    /// Queue entries: segment, next entry of the same metre.
    entries: Vec<(u32, u32)>,
    unreached: u16,
}

impl Dial {
    pub(super) fn new(segments: usize, limit: u16) -> Self {
        Self {
            cost_m: vec![limit + 1; segments],
            settled: Vec::new(),
            bucket: vec![NONE; usize::from(limit) + 1],
            entries: Vec::new(),
            unreached: limit + 1,
        }
    }

    /// Labels every segment within the limit (inclusive) of any seed. Returns the number of links looked at.
    pub(super) fn search<L: Link>(&mut self, graph: &TurnGraph<L>, seeds: &[u32]) -> u64 {
        self.reset();
        for &seed in seeds {
            self.improve(seed as usize, 0);
        }
        let (mut relaxed, mut done) = (0, 0);
        for cost in 0..self.bucket.len() {
            if done == self.entries.len() {
                break;
            }
            // Links of no length put entries into the bucket that is being emptied.
            while self.bucket[cost] != NONE {
                let mut entry = std::mem::replace(&mut self.bucket[cost], NONE);
                while entry != NONE {
                    let (segment, next) = self.entries[entry as usize];
                    entry = next;
                    done += 1;
                    if usize::from(self.cost_m[segment as usize]) == cost {
                        relaxed += self.settle(graph, segment, cost as u16);
                    }
                }
            }
        }
        relaxed
    }

    #[inline]
    fn settle<L: Link>(&mut self, graph: &TurnGraph<L>, segment: u32, cost: u16) -> u64 {
        self.settled.push(segment);
        let links = graph.links(segment as usize);
        for &link in links {
            self.improve(link.target(), cost + link.cost());
        }
        links.len() as u64
    }

    #[inline]
    fn improve(&mut self, segment: usize, cost: u16) {
        let label = &mut self.cost_m[segment];
        if cost < *label {
            *label = cost;
            let head = &mut self.bucket[usize::from(cost)];
            let entry = self.entries.len() as u32;
            self.entries.push((segment as u32, std::mem::replace(head, entry)));
        }
    }

    fn reset(&mut self) {
        for segment in self.settled.drain(..) {
            self.cost_m[segment as usize] = self.unreached;
        }
        self.entries.clear();
    }

    /// Segments reached and their costs.
    pub(super) fn reached(&self) -> impl ExactSizeIterator<Item = (usize, u16)> {
        self.settled.iter().map(|&segment| (segment as usize, self.cost_m[segment as usize]))
    }
}
