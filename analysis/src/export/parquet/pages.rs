//! Column chunks whose dictionary is known beforehand. The library would look up every value in a hash table; here a value is its code already,
//! which makes a file of pairs several times as fast. Encodings of the Parquet format: dictionary pages are PLAIN, data pages RLE_DICTIONARY (the
//! hybrid of runs and bit-packed codes), booleans PLAIN, version 1 pages that every reader knows.

use ::parquet::basic::{Compression, Encoding, PageType, ZstdLevel};
use ::parquet::column::page::{CompressedPage, Page, PageWriter};
use ::parquet::column::writer::ColumnCloseResult;
use ::parquet::errors::Result;
use ::parquet::file::metadata::{ColumnChunkMetaData, PageEncodingStats};
use ::parquet::file::statistics::Statistics;
use ::parquet::file::writer::{SerializedPageWriter, TrackedWrite};
use ::parquet::schema::types::ColumnDescPtr;
use bytes::Bytes;
use std::sync::Arc;

/// Level of zstd: the packed codes hardly shrink at any.
const LEVEL: i32 = 1;

/// The distinct values of a column, compressed once however many row groups use it.
pub(super) struct Dictionary {
    packed: Bytes,
    plain_bytes: usize,
    values: u32,
}

impl Dictionary {
    pub(super) fn of_texts(texts: &[Arc<str>]) -> Result<Self> {
        let mut plain = Vec::new();
        for text in texts {
            plain.extend_from_slice(&u32::try_from(text.len())?.to_le_bytes());
            plain.extend_from_slice(text.as_bytes());
        }
        Self::of_plain(&plain, texts.len())
    }

    pub(super) fn of_numbers(numbers: &[i32]) -> Result<Self> {
        let plain: Vec<u8> = numbers.iter().flat_map(|number| number.to_le_bytes()).collect();
        Self::of_plain(&plain, numbers.len())
    }

    fn of_plain(plain: &[u8], values: usize) -> Result<Self> {
        Ok(Self { packed: compress(plain)?, plain_bytes: plain.len(), values: u32::try_from(values)? })
    }

    /// Bits of a code. At least one: readers disagree about codes of no bits.
    pub(super) fn width(&self) -> u32 {
        (u32::BITS - self.values.saturating_sub(1).leading_zeros()).max(1)
    }

    fn page(&self) -> CompressedPage {
        let page = Page::DictionaryPage {
            buf: self.packed.clone(),
            num_values: self.values,
            encoding: Encoding::PLAIN,
            is_sorted: true,
        };
        CompressedPage::new(page, self.plain_bytes)
    }
}

/// An encoded column of a row group: pages, and what the footer says about them.
pub(super) struct Chunk {
    pub(super) bytes: Bytes,
    pub(super) close: ColumnCloseResult,
}

/// Puts a chunk of `rows` rows together from its `data` page, which follows the dictionary if there is one.
pub(super) fn chunk(
    column: ColumnDescPtr,
    rows: usize,
    dictionary: Option<&Dictionary>,
    data: &[u8],
    statistics: Statistics,
) -> Result<Chunk> {
    let encoding = if dictionary.is_some() { Encoding::RLE_DICTIONARY } else { Encoding::PLAIN };
    let page = Page::DataPage {
        buf: compress(data)?,
        num_values: u32::try_from(rows)?,
        encoding,
        def_level_encoding: Encoding::RLE,
        rep_level_encoding: Encoding::RLE,
        statistics: None,
    };
    let mut written = TrackedWrite::new(Vec::new());
    let mut pages = SerializedPageWriter::new(&mut written);
    let dictionary_spec = dictionary.map(|dictionary| pages.write_page(dictionary.page())).transpose()?;
    let data_spec = pages.write_page(CompressedPage::new(page, data.len()))?;
    pages.close()?;
    let specs = || dictionary_spec.iter().chain([&data_spec]);
    let of_page = |page_type, encoding| PageEncodingStats { page_type, encoding, count: 1 };
    let stats = dictionary.map(|_| of_page(PageType::DICTIONARY_PAGE, Encoding::PLAIN));
    let metadata = ColumnChunkMetaData::builder(column)
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(LEVEL)?))
        .set_encodings(vec![Encoding::PLAIN, Encoding::RLE, encoding])
        .set_page_encoding_stats(stats.into_iter().chain([of_page(PageType::DATA_PAGE, encoding)]).collect())
        .set_total_compressed_size(specs().map(|page| page.compressed_size as i64).sum())
        .set_total_uncompressed_size(specs().map(|page| page.uncompressed_size as i64).sum())
        .set_num_values(i64::try_from(rows)?)
        .set_data_page_offset(i64::try_from(data_spec.offset)?)
        .set_dictionary_page_offset(dictionary_spec.map(|page| page.offset as i64))
        .set_statistics(statistics)
        .build()?;
    let bytes = Bytes::from(written.into_inner()?);
    let close = ColumnCloseResult {
        bytes_written: bytes.len() as u64,
        rows_written: rows as u64,
        metadata,
        bloom_filter: None,
        column_index: None,
        offset_index: None,
    };
    Ok(Chunk { bytes, close })
}

fn compress(plain: &[u8]) -> Result<Bytes> {
    Ok(zstd::bulk::compress(plain, LEVEL)?.into())
}

/// The data of a dictionary column in which each code stands so many times in a row.
pub(super) fn runs(runs: &[(u32, usize)], width: u32) -> Vec<u8> {
    let mut data = vec![width as u8];
    for &(code, length) in runs.iter().filter(|(_, length)| *length > 0) {
        number((length as u64) << 1, &mut data);
        data.extend_from_slice(&code.to_le_bytes()[..width.div_ceil(8) as usize]);
    }
    data
}

/// Appends the data of a dictionary column, packed code by code.
pub(super) fn codes(codes: &[u32], width: u32, data: &mut Vec<u8>) {
    data.push(width as u8);
    pack(codes.iter().copied(), width, data);
}

/// Which rows have a value, as a version 1 page begins: length, then packed bits.
pub(super) fn levels(is_present: impl ExactSizeIterator<Item = bool>) -> Vec<u8> {
    let mut data = vec![0; 4];
    pack(is_present.map(u32::from), 1, &mut data);
    let length = (data.len() - 4) as u32;
    data[..4].copy_from_slice(&length.to_le_bytes());
    data
}

/// Booleans, eight a byte, the first in the lowest bit.
pub(super) fn bits(flags: impl ExactSizeIterator<Item = bool>) -> Vec<u8> {
    let mut data = Vec::new();
    pack_bits(flags.map(u32::from), 1, &mut data);
    data
}

/// One bit-packed run: its number of groups of eight codes, then the codes, the last group filled up with zeros.
fn pack(codes: impl ExactSizeIterator<Item = u32>, width: u32, data: &mut Vec<u8>) {
    let groups = codes.len().div_ceil(8);
    number(((groups as u64) << 1) | 1, data);
    let end = data.len() + groups * width as usize;
    pack_bits(codes, width, data);
    data.resize(end, 0);
}

/// Codes of `width` ≤ 32 bits, one after the other, lowest bits first.
fn pack_bits(codes: impl ExactSizeIterator<Item = u32>, width: u32, data: &mut Vec<u8>) {
    data.reserve((codes.len() * width as usize).div_ceil(8) + 8);
    let (mut pending, mut filled) = (0_u64, 0);
    for code in codes {
        pending |= u64::from(code) << filled;
        filled += width;
        if filled >= 32 {
            data.extend_from_slice(&(pending as u32).to_le_bytes());
            pending >>= 32;
            filled -= 32;
        }
    }
    data.extend_from_slice(&pending.to_le_bytes()[..filled.div_ceil(8) as usize]);
}

/// A number in groups of seven bits, the lowest first (ULEB128).
fn number(mut number: u64, data: &mut Vec<u8>) {
    while number >= 0x80 {
        data.push(number as u8 | 0x80);
        number >>= 7;
    }
    data.push(number as u8);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_packed_as_the_format_describes() {
        // The example of the format: 0..=7 in three bits.
        let mut data = Vec::new();
        codes(&[0, 1, 2, 3, 4, 5, 6, 7], 3, &mut data);
        assert_eq!(data, [3, 0b11, 0b1000_1000, 0b1100_0110, 0b1111_1010]);
    }

    #[test]
    fn the_last_group_is_filled_up() {
        let mut data = Vec::new();
        codes(&[u32::MAX >> 1; 9], 31, &mut data);
        assert_eq!((data.len(), data[1]), (2 + 62, (2 << 1) | 1));
        assert_eq!(bits([true, false, false, true, true].into_iter()), [0b1_1001]);
        assert_eq!(levels([true, false, true].into_iter()), [2, 0, 0, 0, 0b11, 0b101]);
    }

    #[test]
    fn runs_have_their_length_in_groups_of_seven_bits() {
        assert_eq!(runs(&[(300, 100), (7, 0), (1, 3)], 9), [9, 0xc8, 0x01, 0x2c, 0x01, 0x06, 1, 0]);
    }

    #[test]
    fn codes_are_as_narrow_as_the_dictionary_allows() {
        let width = |count: u32| Dictionary { packed: Bytes::new(), plain_bytes: 0, values: count }.width();
        assert_eq!([0, 1, 2, 3, 4, 5, 256, 257].map(width), [1, 1, 1, 2, 2, 3, 8, 9]);
    }
}
