//! Destinations as bits: each counts once, however many of its blocks are reached.

use super::assign::Places;
use crate::model::BlockId;

/// Every destination of every table has a bit; a table starts at a word of its own, so that counting is a matter of whole words.
pub(super) struct Marks {
    /// First word of each table; one more at the end.
    first_word: Vec<usize>,
    /// Where each block's masks start; one more at the end.
    first_mask: Vec<usize>,
    /// Word and bits of the destinations that touch a block.
    masks: Vec<(usize, u64)>,
}

const WORD: usize = u64::BITS as usize;

impl Marks {
    /// Lays out the bits.
    pub(super) fn new(places: &[Places], blocks: usize) -> Self {
        let mut first_word = vec![0];
        let mut of_block: Vec<Vec<(usize, u64)>> = vec![Vec::new(); blocks];
        for table in places {
            let start = first_word[first_word.len() - 1];
            for (place, touched) in table.blocks.iter().enumerate() {
                let (word, bit) = (start + place / WORD, 1 << (place % WORD));
                for &BlockId(block) in touched {
                    let masks = &mut of_block[block as usize];
                    match masks.last_mut() {
                        Some((last, mask)) if *last == word => *mask |= bit,
                        _ => masks.push((word, bit)),
                    }
                }
            }
            first_word.push(start + table.blocks.len().div_ceil(WORD));
        }
        let mut first_mask = vec![0];
        first_mask.extend(of_block.iter().scan(0, |sum, masks| {
            *sum += masks.len();
            Some(*sum)
        }));
        Self { first_word, first_mask, masks: of_block.into_iter().flatten().collect() }
    }

    /// Words of all tables.
    pub(super) fn words(&self) -> usize {
        self.first_word[self.first_word.len() - 1]
    }

    /// Words of one table.
    pub(super) fn table(&self, table: usize) -> std::ops::Range<usize> {
        self.first_word[table]..self.first_word[table + 1]
    }

    /// Number of tables.
    pub(super) fn tables(&self) -> usize {
        self.first_word.len() - 1
    }

    /// Sets the bits of a block's destinations.
    #[inline]
    pub(super) fn mark(&self, block: BlockId, bits: &mut [u64]) {
        for &(word, mask) in &self.masks[self.first_mask[block.index()]..self.first_mask[block.index() + 1]] {
            bits[word] |= mask;
        }
    }

    /// Number of bits set in one table.
    pub(super) fn count(&self, table: usize, bits: &[u64]) -> u32 {
        bits[self.table(table)].iter().map(|word| word.count_ones()).sum()
    }
}

/// Positions of the bits set, ascending.
pub(super) fn positions(bits: &[u64]) -> impl Iterator<Item = usize> + '_ {
    bits.iter().enumerate().flat_map(|(word, &mask)| {
        std::iter::successors((mask != 0).then_some(mask), |mask| Some(mask & (mask - 1)).filter(|&rest| rest != 0))
            .map(move |mask| word * WORD + mask.trailing_zeros() as usize)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(blocks: &[&[u32]]) -> Places {
        Places {
            category: String::new(),
            blocks: blocks.iter().map(|touched| touched.iter().map(|&block| BlockId(block)).collect()).collect(),
            in_boundary: vec![true; blocks.len()],
        }
    }

    #[test]
    fn a_destination_in_two_blocks_counts_once() {
        let marks = Marks::new(&[places(&[&[0, 1], &[], &[1]]), places(&[]), places(&[&[1]])], 2);
        let mut bits = vec![0; marks.words()];
        marks.mark(BlockId(0), &mut bits);
        assert_eq!([0, 1, 2].map(|table| marks.count(table, &bits)), [1, 0, 0]);
        marks.mark(BlockId(1), &mut bits);
        assert_eq!([0, 1, 2].map(|table| marks.count(table, &bits)), [2, 0, 1]);
        assert_eq!(positions(&bits).collect::<Vec<_>>(), [0, 2, 64]);
    }

    #[test]
    fn tables_of_more_than_a_word() {
        let touched: Vec<&[u32]> = vec![&[0]; 130];
        let marks = Marks::new(&[places(&touched), places(&touched[..64])], 1);
        let mut bits = vec![0; marks.words()];
        marks.mark(BlockId(0), &mut bits);
        assert_eq!((marks.words(), marks.count(0, &bits), marks.count(1, &bits)), (4, 130, 64));
        assert_eq!(positions(&bits[..3]).last(), Some(129));
    }
}
