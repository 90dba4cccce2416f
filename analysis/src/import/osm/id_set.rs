//! Sets and positions of OSM ids, 64 ids to a word: neighbours in space have neighbouring ids, so a study area needs few words.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

/// Spreads word numbers over a hash table; only ever fed one `i64`.
#[derive(Default)]
pub(super) struct WordHasher(u64);

impl Hasher for WordHasher {
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_i64(i64::from(*byte));
        }
    }

    fn write_i64(&mut self, number: i64) {
        let mixed = (self.0 ^ number.cast_unsigned()).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        self.0 = mixed ^ (mixed >> 32);
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

type Words<V> = HashMap<i64, V, BuildHasherDefault<WordHasher>>;

fn word_and_bit(id: i64) -> (i64, u64) {
    (id >> 6, 1 << (id & 63))
}

/// A set of ids.
#[derive(Default)]
pub(super) struct IdSet(Words<u64>);

impl IdSet {
    /// Whether the id was new.
    pub(super) fn insert(&mut self, id: i64) -> bool {
        let (word, bit) = word_and_bit(id);
        let bits = self.0.entry(word).or_default();
        let new = *bits & bit == 0;
        *bits |= bit;
        new
    }

    #[inline]
    pub(super) fn contains(&self, id: i64) -> bool {
        let (word, bit) = word_and_bit(id);
        self.0.get(&word).is_some_and(|bits| bits & bit != 0)
    }
}

impl FromIterator<i64> for IdSet {
    fn from_iter<I: IntoIterator<Item = i64>>(ids: I) -> Self {
        let mut set = Self::default();
        for id in ids {
            set.insert(id);
        }
        set
    }
}

/// Position of each id in an ascending list.
#[derive(Default)]
pub(super) struct IdRanks(Words<(u32, u64)>);

impl IdRanks {
    /// `ids` must ascend strictly.
    pub(super) fn of(ids: impl IntoIterator<Item = i64>) -> Self {
        let mut words = Words::<(u32, u64)>::default();
        for (position, id) in (0..).zip(ids) {
            let (word, bit) = word_and_bit(id);
            words.entry(word).or_insert((position, 0)).1 |= bit;
        }
        Self(words)
    }

    #[inline]
    pub(super) fn position(&self, id: i64) -> Option<u32> {
        let (word, bit) = word_and_bit(id);
        let (first, bits) = self.0.get(&word)?;
        (bits & bit != 0).then(|| first + (bits & (bit - 1)).count_ones())
    }

    #[inline]
    pub(super) fn contains(&self, id: i64) -> bool {
        self.position(id).is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const IDS: [i64; 7] = [i64::MIN, -65, -1, 0, 63, 64, i64::MAX];

    #[test]
    fn set_holds_negative_and_extreme_ids() {
        let mut set: IdSet = IDS.into_iter().collect();
        assert!(IDS.iter().all(|id| set.contains(*id)));
        assert!(!set.contains(1) && !set.contains(-64));
        assert!(set.insert(1) && !set.insert(1));
    }

    #[test]
    fn ranks_are_positions_in_the_list() {
        let ranks = IdRanks::of(IDS);
        let found: Vec<_> = IDS.iter().map(|id| ranks.position(*id)).collect();
        assert_eq!(found, (0..7).map(Some).collect::<Vec<_>>());
        assert_eq!(ranks.position(62), None);
    }
}
