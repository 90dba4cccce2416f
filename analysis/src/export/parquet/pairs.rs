//! `neighborhood_connected_census_blocks.parquet` (columns of bna-method §9.2), streamed: never more than one row group is in memory.

use super::layer::leaf;
use super::pages::{self, Chunk, Dictionary, chunk};
use super::{ParquetError, properties};
use crate::connectivity::Pair;
use crate::model::BlockId;
use ::parquet::basic::{LogicalType, Repetition, Type as Physical};
use ::parquet::data_type::ByteArray;
use ::parquet::errors::Result;
use ::parquet::file::statistics::Statistics;
use ::parquet::file::writer::SerializedFileWriter;
use ::parquet::schema::types::{ColumnDescPtr, SchemaDescriptor, Type};
use rayon::prelude::*;
use serde_json::json;
use std::io::Write;
use std::sync::Arc;

/// Published name of the table.
const TABLE: &str = "neighborhood_connected_census_blocks";

/// Pairs a row group, give or take one block: what readers fetch at once, and all that is held here (10 MB).
const PAIRS_PER_GROUP: usize = 1 << 20;

/// Writes the pairs. `rows` calls what it is given once a source block, with its pairs, as [`crate::connectivity::Reach::for_each_row`] does:
/// `|visit| reach.for_each_row(visit)`. Rows stand in that order, targets sorted by id within each. `block_ids` are the published ids by
/// [`BlockId`]; a file names each at most twice a row group, a pair takes four to five bytes.
///
/// # Errors
/// [`ParquetError`].
pub fn write_pairs(
    block_ids: &[Arc<str>],
    rows: impl FnOnce(&mut dyn FnMut(BlockId, &[Pair])),
    edition: &str,
    out: &mut (impl Write + Send + ?Sized),
) -> std::result::Result<(), ParquetError> {
    write(block_ids, rows, edition, out).map_err(ParquetError::of(TABLE))
}

fn write(
    block_ids: &[Arc<str>],
    rows: impl FnOnce(&mut dyn FnMut(BlockId, &[Pair])),
    edition: &str,
    out: &mut (impl Write + Send + ?Sized),
) -> Result<()> {
    let properties = properties(&json!({ "table": TABLE, "edition": edition }), None).build();
    let schema = Arc::new(schema()?);
    let mut file = SerializedFileWriter::new(out, schema.clone(), Arc::new(properties))?;
    let blocks = Blocks::new(block_ids)?;
    let columns = SchemaDescriptor::new(schema);
    let mut group = Group::default();
    let mut result = Ok(());
    rows(&mut |source, row| {
        if result.is_ok() {
            group.add(&blocks, source, row);
            if group.targets.len() >= PAIRS_PER_GROUP {
                result = group.write(&columns, &blocks, &mut file);
            }
        }
    });
    result?;
    if !group.targets.is_empty() {
        group.write(&columns, &blocks, &mut file)?;
    }
    file.close().map(drop)
}

fn schema() -> Result<Type> {
    let id = |name| leaf(name, Physical::BYTE_ARRAY, Some(LogicalType::String), Repetition::REQUIRED);
    let yes_no = |name| leaf(name, Physical::BOOLEAN, None, Repetition::REQUIRED);
    let metres = |name| leaf(name, Physical::INT32, None, Repetition::OPTIONAL);
    let fields = [
        id("source_blockid20")?,
        id("target_blockid20")?,
        yes_no("low_stress")?,
        metres("low_stress_cost")?,
        yes_no("high_stress")?,
        metres("high_stress_cost")?,
    ];
    Type::group_type_builder("schema").with_fields(fields.map(Arc::new).into()).build()
}

/// The ids: their dictionary, in order of the ids, and the code of each block in it.
struct Blocks {
    codes: Vec<u32>,
    sorted: Vec<Arc<str>>,
    dictionary: Dictionary,
}

impl Blocks {
    fn new(ids: &[Arc<str>]) -> Result<Self> {
        let mut order: Vec<u32> = (0..).take(ids.len()).collect();
        order.sort_by(|&a, &b| ids[a as usize].cmp(&ids[b as usize]).then(a.cmp(&b)));
        let mut codes = vec![0; ids.len()];
        for (code, &block) in (0..).zip(&order) {
            codes[block as usize] = code;
        }
        let sorted: Vec<Arc<str>> = order.iter().map(|&block| ids[block as usize].clone()).collect();
        let dictionary = Dictionary::of_texts(&sorted)?;
        Ok(Self { codes, sorted, dictionary })
    }

    fn statistics(&self, codes: impl Iterator<Item = u32> + Clone) -> Statistics {
        let id = |code: Option<u32>| code.map(|code| ByteArray::from(&*self.sorted[code as usize]));
        Statistics::byte_array(id(codes.clone().min()), id(codes.max()), None, Some(0), false)
    }
}

/// Pairs of a row group, a vector a column.
#[derive(Default)]
struct Group {
    /// Code of the source, and its number of pairs.
    sources: Vec<(u32, usize)>,
    targets: Vec<u32>,
    is_calm: Vec<bool>,
    low_m: Vec<Option<u16>>,
    high_m: Vec<Option<u16>>,
    /// Of the source at hand, by code of the target: kept to be filled again.
    row: Vec<(u32, Pair)>,
}

impl Group {
    fn add(&mut self, blocks: &Blocks, source: BlockId, row: &[Pair]) {
        self.row.clear();
        self.row.extend(row.iter().map(|&pair| (blocks.codes[pair.target().index()], pair)));
        self.row.sort_unstable_by_key(|&(code, _)| code);
        self.sources.push((blocks.codes[source.index()], row.len()));
        self.targets.extend(self.row.iter().map(|&(code, _)| code));
        self.is_calm.extend(self.row.iter().map(|(_, pair)| pair.low_stress()));
        self.low_m.extend(self.row.iter().map(|(_, pair)| pair.low_m()));
        self.high_m.extend(self.row.iter().map(|(_, pair)| pair.high_m()));
    }

    /// Encodes the columns in parallel, writes them in order, and is empty again.
    fn write<W: Write + Send>(
        &mut self,
        columns: &SchemaDescriptor,
        blocks: &Blocks,
        file: &mut SerializedFileWriter<W>,
    ) -> Result<()> {
        let encode = |column: usize| self.encode(column, columns, blocks);
        let chunks: Vec<Result<Chunk>> = (0..columns.num_columns()).into_par_iter().map(encode).collect();
        let mut group = file.next_row_group()?;
        for chunk in chunks {
            let chunk = chunk?;
            group.append_column(&chunk.bytes, chunk.close)?;
        }
        group.close()?;
        self.sources.clear();
        self.targets.clear();
        self.is_calm.clear();
        self.low_m.clear();
        self.high_m.clear();
        Ok(())
    }

    fn encode(&self, column: usize, columns: &SchemaDescriptor, blocks: &Blocks) -> Result<Chunk> {
        let rows = self.targets.len();
        let column = columns.column(column);
        match column.name() {
            "source_blockid20" => {
                let statistics = blocks.statistics(self.sources.iter().map(|&(code, _)| code));
                let data = pages::runs(&self.sources, blocks.dictionary.width());
                chunk(column, rows, Some(&blocks.dictionary), &data, statistics)
            }
            "target_blockid20" => {
                let statistics = blocks.statistics(self.targets.iter().copied());
                let mut data = Vec::new();
                pages::codes(&self.targets, blocks.dictionary.width(), &mut data);
                chunk(column, rows, Some(&blocks.dictionary), &data, statistics)
            }
            "low_stress" => self.flags(column, |row| self.is_calm[row]),
            "low_stress_cost" => costs(column, &self.low_m),
            "high_stress_cost" => costs(column, &self.high_m),
            // A pair exists only where the target can be reached at all (§6.4).
            _ => self.flags(column, |_| true),
        }
    }

    fn flags(&self, column: ColumnDescPtr, is_set: impl Fn(usize) -> bool) -> Result<Chunk> {
        let rows = self.targets.len();
        let data = pages::bits((0..rows).map(&is_set));
        let some = |value: bool| (0..rows).any(|row| is_set(row) == value);
        let statistics = Statistics::boolean(Some(!some(false)), Some(some(true)), None, Some(0), false);
        chunk(column, rows, None, &data, statistics)
    }
}

/// Metres: a dictionary of those that occur.
fn costs(column: ColumnDescPtr, metres: &[Option<u16>]) -> Result<Chunk> {
    let mut occurs = vec![false; usize::from(u16::MAX) + 1];
    metres.iter().flatten().for_each(|&metres| occurs[usize::from(metres)] = true);
    let values: Vec<i32> = (0..).zip(&occurs).filter_map(|(metres, &occurs)| occurs.then_some(metres)).collect();
    let mut code_of = vec![0; occurs.len()];
    for (code, &metres) in (0..).zip(&values) {
        code_of[metres as usize] = code;
    }
    let codes: Vec<u32> = metres.iter().flatten().map(|&metres| code_of[usize::from(metres)]).collect();
    let dictionary = Dictionary::of_numbers(&values)?;
    let mut data = pages::levels(metres.iter().map(Option::is_some));
    pages::codes(&codes, dictionary.width(), &mut data);
    let nulls = (metres.len() - codes.len()) as u64;
    let statistics = Statistics::int32(values.first().copied(), values.last().copied(), None, Some(nulls), false);
    chunk(column, metres.len(), Some(&dictionary), &data, statistics)
}
