//! Up to 32 sources searched at once: a label of a segment is 32 costs, one a source, in one cache line (bna-method §6.3).
//!
//! Neighbouring blocks walk nearly the same streets, so a link is looked at for all of them in a few vector instructions. Labels are
//! corrected until none can be shortened, hence equal to those of [`super::dial`]. Segments wait in coarse buckets by a lower bound of
//! the costs that were improved, so that most are looked at only a few times.
//!
//! Plain Rust that the compiler makes vector instructions of: signed 16-bit minima are part of every x86-64 and of ARM. Choosing AVX2 or
//! AVX-512 at run time was tried; it made the whole step 2 to 5 % faster, not worth `unsafe`.

use super::turn_graph::{Link, TurnGraph};

/// Sources of one search.
pub(super) const LANES: usize = 32;
/// Buckets are that many bits of metres wide: 32 m. From 16 m to 128 m all are equally fast.
const BUCKET_BITS: u32 = 5;

/// A cost for each source, in a cache line.
#[derive(Clone, Copy, Debug, PartialEq)]
#[repr(align(64))]
pub(super) struct Lanes(pub [i16; LANES]);

impl Lanes {
    pub(super) fn all(cost: i16) -> Self {
        Self([cost; LANES])
    }

    #[inline]
    pub(super) fn min(&mut self, other: &Self) {
        for (mine, other) in self.0.iter_mut().zip(&other.0) {
            *mine = (*mine).min(*other);
        }
    }

    /// Takes over the costs that are less when coming from `from` over a link. Returns whether any is.
    #[inline]
    fn improve(&mut self, from: &Self, link: i16) -> bool {
        let mut better = *self;
        let mut changed = 0u16;
        for lane in 0..LANES {
            let cost = from.0[lane] + link;
            changed |= if cost < self.0[lane] { u16::MAX } else { 0 };
            better.0[lane] = cost.min(self.0[lane]);
        }
        *self = better;
        changed != 0
    }
}

/// Scratch of a search of 32 sources. Between searches every label is "not reached".
#[derive(Debug)]
pub(super) struct LaneSearch {
    labels: Vec<Lanes>,
    /// Segments with a label, in the order in which they were first reached.
    touched: Vec<u32>,
    /// [`UNTOUCHED`], [`IDLE`], or the bucket in which the segment waits + [`WAITING`].
    state: Vec<u8>,
    /// Lower bound of the costs improved since the segment was last looked at.
    least: Vec<i16>,
    buckets: Vec<Vec<u32>>,
    /// `limit + 1`.
    unreached: i16,
}

const UNTOUCHED: u8 = 0;
const IDLE: u8 = 1;
const WAITING: u8 = 2;

impl LaneSearch {
    pub(super) fn new(segments: usize, limit: u16) -> Self {
        // At most 4,095 (checked by the suite): a cost and a link add up to less than 2^15, a bucket fits the state.
        let unreached = limit as i16 + 1;
        Self {
            labels: vec![Lanes::all(unreached); segments],
            touched: Vec::new(),
            state: vec![UNTOUCHED; segments],
            least: vec![i16::MAX; segments],
            buckets: vec![Vec::new(); (limit as usize >> BUCKET_BITS) + 1],
            unreached,
        }
    }

    /// Segments reached by any source.
    pub(super) fn touched(&self) -> &[u32] {
        &self.touched
    }

    /// Costs of a segment; [`Self::unreached`] where not reached.
    #[inline]
    pub(super) fn label(&self, segment: u32) -> &Lanes {
        &self.labels[segment as usize]
    }

    /// The cost that means "not reached".
    pub(super) fn unreached(&self) -> i16 {
        self.unreached
    }

    /// Forgets the last search.
    pub(super) fn reset(&mut self) {
        for segment in self.touched.drain(..) {
            self.labels[segment as usize] = Lanes::all(self.unreached);
            self.state[segment as usize] = UNTOUCHED;
        }
    }

    /// A place where the trips of a source start.
    pub(super) fn seed(&mut self, lane: usize, segment: u32) {
        self.labels[segment as usize].0[lane] = 0;
        self.wait(segment, 0, 0);
    }

    /// Labels every segment within the limit of the seeds. Returns the number of links looked at, each once for all sources.
    pub(super) fn search<L: Link>(&mut self, graph: &TurnGraph<L>) -> u64 {
        let mut relaxed = 0;
        for bucket in 0..self.buckets.len() {
            let mut next = 0;
            // Segments are added to the bucket while it is worked off.
            while let Some(&segment) = self.buckets[bucket].get(next) {
                next += 1;
                if usize::from(self.state[segment as usize]) == bucket + usize::from(WAITING) {
                    self.state[segment as usize] = IDLE;
                    relaxed += self.relax(graph, segment, bucket);
                }
            }
            self.buckets[bucket].clear();
        }
        relaxed
    }

    /// Follows the links of a segment for all sources.
    #[inline]
    fn relax<L: Link>(&mut self, graph: &TurnGraph<L>, segment: u32, bucket: usize) -> u64 {
        let from = self.labels[segment as usize];
        let least = std::mem::replace(&mut self.least[segment as usize], i16::MAX);
        let links = graph.links(segment as usize);
        for &link in links {
            let metres = link.cost() as i16;
            if self.labels[link.target()].improve(&from, metres) {
                self.wait(link.target() as u32, least + metres, bucket);
            }
        }
        links.len() as u64
    }

    /// Puts a segment into the bucket of a cost, unless it waits in an earlier one.
    #[inline]
    fn wait(&mut self, segment: u32, cost: i16, earliest: usize) {
        let bucket = (cost as usize >> BUCKET_BITS).max(earliest);
        let waits = bucket as u8 + WAITING;
        let (state, least) = (&mut self.state[segment as usize], &mut self.least[segment as usize]);
        *least = cost.min(*least);
        if *state == UNTOUCHED {
            self.touched.push(segment);
        }
        if *state < WAITING || waits < *state {
            *state = waits;
            self.buckets[bucket].push(segment);
        }
    }
}
