//! `neighborhood_connected_census_blocks.csv` (bna-method §9.2), sorted by source, then target. A city has millions of rows: the ids and all
//! possible costs are rendered once, a row is a few copies.

use super::csv;
use super::rows::{self, Out};
use crate::connectivity::{Pair, Reach, RowReader};
use crate::layers::PAIR_COLUMNS;
use crate::model::BlockId;
use flate2::Compression;
use flate2::write::GzEncoder;
use std::io;
use std::ops::Range;
use std::sync::Arc;

/// Pairs to publish.
#[derive(Clone, Copy)]
pub struct Pairs<'a> {
    /// What every block reaches.
    pub reach: &'a Reach,
    /// Published id of every block.
    pub block_ids: &'a [Arc<str>],
    /// Files to write.
    pub forms: &'a [PairsForm],
}

/// A file of pairs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum PairsForm {
    /// The reference's CSV.
    Csv,
    /// The same, compressed.
    CsvGz,
    /// Parquet: a tenth of the size.
    Parquet,
}

impl PairsForm {
    /// Name of the file.
    pub(super) fn file_name(self) -> String {
        let ending = match self {
            Self::Csv => "csv",
            Self::CsvGz => "csv.gz",
            Self::Parquet => "parquet",
        };
        format!("{}.{ending}", crate::layers::PAIRS)
    }
}

impl Pairs<'_> {
    /// Name of the CSV file, if one is written.
    pub(super) fn csv_name(&self) -> Option<String> {
        self.forms.iter().find(|form| **form != PairsForm::Parquet).map(|form| form.file_name())
    }

    /// Blocks in the order of their ids: rows are sorted by key.
    fn order(&self) -> Vec<BlockId> {
        let mut order: Vec<BlockId> = (0..self.block_ids.len()).map(BlockId::from).collect();
        order.sort_by(|a, b| self.block_ids[a.index()].cmp(&self.block_ids[b.index()]).then(a.cmp(b)));
        order
    }

    /// Rows by id of the source.
    pub(super) fn for_each_row(&self, visit: &mut dyn FnMut(BlockId, &[Pair])) {
        self.reach.reader().rows_of(&self.order(), visit);
    }

    /// Writes the CSV.
    pub(super) fn write_csv(&self, out: &mut Out<'_>) -> io::Result<()> {
        out.write_all(PAIR_COLUMNS.join(",").as_bytes())?;
        out.write_all(b"\n")?;
        let table = Table::of(self);
        rows::write_chunks(out, table.order.len(), SOURCES, |range, text| table.render(range, text))
    }

    /// Writes it compressed; no date goes in, so same rows, same bytes.
    pub(super) fn write_gzip(&self, out: &mut Out<'_>) -> io::Result<()> {
        let mut packed = GzEncoder::new(out, Compression::fast());
        self.write_csv(&mut packed)?;
        packed.finish().map(drop)
    }
}

/// Source blocks a piece of work: about a megabyte of text in a dense city.
const SOURCES: usize = 16;

/// What is needed to write rows in the order of the ids.
struct Table<'a> {
    rows: RowReader<'a>,
    /// Blocks in the order of their ids.
    order: Vec<BlockId>,
    /// Position of each block in `order`.
    rank: Vec<u32>,
    /// Ids as CSV fields with a comma behind, in the order of the ids.
    fields: Vec<Vec<u8>>,
    /// Costs as text.
    costs: Costs,
}

impl<'a> Table<'a> {
    fn of(source: &Pairs<'a>) -> Self {
        let count = source.block_ids.len();
        let order = source.order();
        let mut rank = vec![0; count];
        for (position, block) in (0..).zip(&order) {
            rank[block.index()] = position;
        }
        let field = |block: &BlockId| {
            let mut field = Vec::new();
            csv::field(&mut field, &source.block_ids[block.index()]);
            field.push(b',');
            field
        };
        let fields = order.iter().map(field).collect();
        Self { rows: source.reach.reader(), order, rank, fields, costs: Costs::new() }
    }

    fn render(&self, sources: Range<usize>, out: &mut Vec<u8>) {
        let mut row = Row::new(self.order.len());
        let mut fields = self.fields[sources.clone()].iter();
        self.rows.rows_of(&self.order[sources], |_, pairs| {
            let Some(field) = fields.next() else { return };
            out.reserve(pairs.len() * (2 * field.len() + 16));
            pairs.iter().for_each(|&pair| row.set(self.rank[pair.target().index()] as usize, pair));
            row.drain(|target, pair| self.line(field, target, pair, out));
        });
    }

    #[inline]
    fn line(&self, source: &[u8], target: usize, pair: Pair, out: &mut Vec<u8>) {
        out.extend_from_slice(source);
        out.extend_from_slice(&self.fields[target]);
        out.extend_from_slice(if pair.low_stress() { b"t," } else { b"f," });
        self.costs.push(pair.low_m(), out);
        out.extend_from_slice(b",t,");
        self.costs.push(pair.high_m(), out);
        out.push(b'\n');
    }
}

/// Pairs of one source by the rank of the target: put in in any order, they come out sorted, faster than by comparing.
struct Row {
    pairs: Vec<Pair>,
    /// A bit for each pair that is there.
    there: Vec<u64>,
}

impl Row {
    fn new(blocks: usize) -> Self {
        Self { pairs: vec![Pair::new(BlockId(0), None, None, false); blocks], there: vec![0; blocks.div_ceil(64)] }
    }

    fn set(&mut self, rank: usize, pair: Pair) {
        self.pairs[rank] = pair;
        self.there[rank / 64] |= 1 << (rank % 64);
    }

    /// Visits all in order and leaves none.
    fn drain(&mut self, mut visit: impl FnMut(usize, Pair)) {
        for (word, bits) in self.there.iter_mut().enumerate() {
            while *bits != 0 {
                let rank = word * 64 + bits.trailing_zeros() as usize;
                visit(rank, self.pairs[rank]);
                *bits &= *bits - 1;
            }
        }
    }
}

/// Every cost of up to four digits as text. NULL is empty.
struct Costs(Vec<([u8; 4], u8)>);

impl Costs {
    fn new() -> Self {
        let cost = |metres: u16| {
            let mut text = [0; 4];
            let mut buffer = itoa::Buffer::new();
            let digits = buffer.format(metres).as_bytes();
            text[..digits.len()].copy_from_slice(digits);
            (text, digits.len() as u8)
        };
        Self((0..10_000).map(cost).collect())
    }

    #[inline]
    fn push(&self, metres: Option<u16>, out: &mut Vec<u8>) {
        let Some(metres) = metres else { return };
        match self.0.get(usize::from(metres)) {
            Some((text, length)) => out.extend_from_slice(&text[..usize::from(*length)]),
            None => out.extend_from_slice(itoa::Buffer::new().format(metres).as_bytes()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(ids: &[&str], rows: Vec<Vec<Pair>>, gzip: bool) -> Vec<u8> {
        let reach = Reach::from_rows(&rows);
        let block_ids: Vec<Arc<str>> = ids.iter().map(|&id| id.into()).collect();
        let mut out = Vec::new();
        let pairs = Pairs { reach: &reach, block_ids: &block_ids, forms: &[] };
        if gzip { pairs.write_gzip(&mut out) } else { pairs.write_csv(&mut out) }.unwrap();
        out
    }

    fn three_blocks() -> Vec<Vec<Pair>> {
        vec![
            vec![Pair::new(BlockId(0), Some(0), Some(0), true), Pair::new(BlockId(2), None, Some(2680), false)],
            vec![],
            vec![Pair::new(BlockId(0), Some(659), Some(391), false), Pair::new(BlockId(1), Some(12_345), None, true)],
        ]
    }

    const HEADER: &str = "source_blockid20,target_blockid20,low_stress,low_stress_cost,high_stress,high_stress_cost\n";

    #[test]
    fn pairs_are_sorted_by_the_ids_not_by_the_positions_of_the_blocks() {
        let text = String::from_utf8(written(&["b", "c,d", "a"], three_blocks(), false)).unwrap();
        let rows = "a,b,f,659,t,391\na,\"c,d\",t,12345,t,\nb,a,f,,t,2680\nb,b,t,0,t,0\n";
        assert_eq!(text, format!("{HEADER}{rows}"));
    }

    #[test]
    fn without_blocks_there_is_a_header() {
        assert_eq!(written(&[], vec![], false), HEADER.as_bytes());
    }

    #[test]
    fn gzip_holds_the_same_bytes_and_no_date() {
        let packed = written(&["b", "c,d", "a"], three_blocks(), true);
        assert_eq!(packed[4..8], [0; 4], "modification time");
        let mut plain = Vec::new();
        io::copy(&mut flate2::read::GzDecoder::new(&packed[..]), &mut plain).unwrap();
        assert_eq!(plain, written(&["b", "c,d", "a"], three_blocks(), false));
    }
}
