//! `map/reach.bin`: what every block reaches, in rows that a browser fetches one at a time. docs/reach-format.md describes the bytes.

use super::positions;
use crate::access::Scores;
use crate::connectivity::{Pair, Reach, RowReader};
use crate::import::Blocks;
use crate::model::BlockId;
use rayon::prelude::*;
use std::io::{self, Seek, SeekFrom, Write};

/// First bytes of the file; the digit is the version.
const MAGIC: &[u8; 8] = b"QWREACH1";

/// Sources a piece of work: neighbours are computed together.
const SOURCES: usize = 64;

/// Pieces of work a thread between two writes: few rows are in memory at once.
const PIECES_PER_THREAD: usize = 4;

/// What goes into the file.
pub(super) struct Rows<'a> {
    pub reach: &'a Reach,
    pub blocks: &'a Blocks,
    pub scores: &'a Scores,
    /// Blocks by position.
    pub order: &'a [BlockId],
}

impl Rows<'_> {
    /// Header, rows, index: the index is last because the lengths of the rows are known only then.
    pub(super) fn write(&self, mut out: impl Write + Seek) -> io::Result<()> {
        out.write_all(&[0; 32])?;
        let (mut lengths, mut end) = (Vec::with_capacity(self.order.len()), 32_u64);
        let (reader, positions) = (self.reach.reader(), positions(self.order));
        for some in self.order.chunks(SOURCES * PIECES_PER_THREAD * rayon::current_num_threads()) {
            let pieces = some.par_chunks(SOURCES).map(|sources| self.render(&reader, &positions, sources));
            for (bytes, rows) in pieces.collect::<Vec<_>>() {
                out.write_all(&bytes)?;
                end += bytes.len() as u64;
                lengths.extend(rows);
            }
        }
        let names: Vec<&str> = self.scores.categories.iter().map(|category| category.category.as_str()).collect();
        let columns = serde_json::to_vec(&names)?;
        let index = self.index(&lengths, &columns);
        out.write_all(&index)?;
        out.seek(SeekFrom::Start(0))?;
        out.write_all(MAGIC)?;
        out.write_all(&(self.order.len() as u32).to_le_bytes())?;
        out.write_all(&(columns.len() as u32).to_le_bytes())?;
        out.write_all(&end.to_le_bytes())?;
        out.write_all(&(index.len() as u64).to_le_bytes())?;
        out.flush()
    }

    /// Rows of those blocks, and the length of each.
    fn render(&self, reader: &RowReader<'_>, positions: &[u32], sources: &[BlockId]) -> (Vec<u8>, Vec<usize>) {
        let (mut bytes, mut lengths, mut sorted) = (Vec::new(), Vec::with_capacity(sources.len()), Vec::new());
        reader.rows_of(sources, |source, pairs| {
            let start = bytes.len();
            if self.blocks.in_boundary[source.index()] {
                self.counts(source, &mut bytes);
                sorted.clear();
                sorted.extend(pairs.iter().map(|&pair| (positions[pair.target().index()], pair)));
                sorted.sort_unstable_by_key(|&(position, _)| position);
                row(&sorted, &mut bytes);
            }
            lengths.push(bytes.len() - start);
        });
        lengths.resize(sources.len(), 0);
        (bytes, lengths)
    }

    fn counts(&self, source: BlockId, out: &mut Vec<u8>) {
        for category in &self.scores.categories {
            for counts in [&category.low, &category.high] {
                let count = counts.get(source.index()).copied().flatten();
                optional(count.and_then(|count| u64::try_from(count).ok()), out);
            }
        }
    }

    fn index(&self, lengths: &[usize], columns: &[u8]) -> Vec<u8> {
        let mut out = columns.to_vec();
        let (mut last_id, mut last_gid): (&[u8], i64) = (b"", 0);
        for (block, &length) in self.order.iter().zip(lengths) {
            let (id, gid) = (self.blocks.id[block.index()].as_bytes(), self.blocks.gid[block.index()]);
            let shared = id.iter().zip(last_id).take_while(|(a, b)| a == b).count();
            varint(shared as u64, &mut out);
            varint((id.len() - shared) as u64, &mut out);
            out.extend_from_slice(&id[shared..]);
            signed(gid - last_gid, &mut out);
            varint(length as u64, &mut out);
            (last_id, last_gid) = (id, gid);
        }
        out
    }
}

fn row(pairs: &[(u32, Pair)], out: &mut Vec<u8>) {
    varint(pairs.len() as u64, out);
    let mut last = 0;
    for &(position, pair) in pairs {
        let flags = u64::from(pair.low_stress()) << 1 | u64::from(pair.low_m().is_some());
        varint(u64::from(position - last) << 2 | flags, out);
        optional(pair.high_m().map(u64::from), out);
        if let Some(low_m) = pair.low_m() {
            signed(i64::from(low_m) - i64::from(pair.high_m().unwrap_or(0)), out);
        }
        last = position;
    }
}

/// LEB128: seven bits a byte, the lowest first.
fn varint(mut value: u64, out: &mut Vec<u8>) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// 0, -1, 1, -2 … as 0, 1, 2, 3 …
fn signed(value: i64, out: &mut Vec<u8>) {
    varint((value << 1 ^ value >> 63).cast_unsigned(), out);
}

/// One more than the value; 0 for none.
fn optional(value: Option<u64>, out: &mut Vec<u8>) {
    varint(value.map_or(0, |value| value + 1), out);
}
