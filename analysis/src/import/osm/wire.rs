//! Protocol buffers, as far as OSM PBF needs them: numbers, bytes, packed lists.

use flate2::Compression;
use flate2::write::ZlibEncoder;
use std::io::Write;

/// A message that grows field by field.
#[derive(Default)]
pub(super) struct Message(pub Vec<u8>);

impl Message {
    pub(super) fn varint(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.0.push(value as u8 | 0x80);
            value >>= 7;
        }
        self.0.push(value as u8);
    }

    /// `int64`, `int32`, `uint32`, enums.
    pub(super) fn number(&mut self, field: u64, value: i64) {
        self.varint(field << 3);
        self.varint(value.cast_unsigned());
    }

    /// `sint64`.
    pub(super) fn signed(&mut self, field: u64, value: i64) {
        self.varint(field << 3);
        self.varint(zigzag(value));
    }

    /// `bytes`, `string`, messages.
    pub(super) fn bytes(&mut self, field: u64, value: &[u8]) {
        self.varint(field << 3 | 2);
        self.varint(value.len() as u64);
        self.0.extend_from_slice(value);
    }

    /// A packed list of `int32`, `uint32` or enums; nothing when it is empty.
    pub(super) fn packed(&mut self, field: u64, values: impl IntoIterator<Item = u32>) {
        self.list(field, values.into_iter().map(u64::from));
    }

    /// A packed list of `sint64`, each the difference from the one before.
    pub(super) fn deltas(&mut self, field: u64, values: impl IntoIterator<Item = i64>) {
        let mut last = 0_i64;
        self.list(
            field,
            values.into_iter().map(|value| zigzag(value.wrapping_sub(std::mem::replace(&mut last, value)))),
        );
    }

    fn list(&mut self, field: u64, values: impl Iterator<Item = u64>) {
        let mut list = Self::default();
        values.for_each(|value| list.varint(value));
        if !list.0.is_empty() {
            self.bytes(field, &list.0);
        }
    }
}

fn zigzag(value: i64) -> u64 {
    ((value << 1) ^ (value >> 63)).cast_unsigned()
}

/// A blob of the file, packed by zlib, with its header.
pub(super) fn blob(kind: &str, content: &[u8]) -> Vec<u8> {
    let mut packed = ZlibEncoder::new(Vec::with_capacity(content.len() / 2), Compression::default());
    let packed = packed.write_all(content).and_then(|()| packed.finish()).expect("memory takes every byte");
    let (mut body, mut head) = (Message::default(), Message::default());
    body.number(2, content.len() as i64);
    body.bytes(3, &packed);
    head.bytes(1, kind.as_bytes());
    head.number(3, body.0.len() as i64);
    let mut out = (head.0.len() as u32).to_be_bytes().to_vec();
    out.append(&mut head.0);
    out.append(&mut body.0);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_as_the_specification_writes_them() {
        let mut message = Message::default();
        message.number(1, 150);
        message.number(1, -1);
        message.signed(2, -2);
        message.deltas(3, [5, 3, i64::MIN]);
        let minus_one = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1];
        let expected = [&[0x08, 0x96, 1, 0x08][..], &minus_one, &[0x10, 3, 0x1a, 12, 10, 3]].concat();
        assert_eq!(message.0[..expected.len()], expected);
        assert_eq!(message.0.len(), expected.len() + 10);
        let before = message.0.len();
        message.packed(4, []);
        assert_eq!(message.0.len(), before, "an empty list is no field");
    }
}
