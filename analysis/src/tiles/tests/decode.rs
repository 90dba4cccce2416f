//! Just enough of a reader of PMTiles and vector tiles to look at what was written.

use flate2::read::GzDecoder;
use pmtiles::{TileCoord, TileId};
use std::io::Read;

pub(super) struct Archive {
    pub tiles: Vec<Tile>,
    pub metadata: serde_json::Value,
    pub zooms: (u8, u8),
    pub bounds_e7: [i32; 4],
    pub largest_bytes: usize,
}

pub(super) struct Tile {
    pub zxy: (u8, u32, u32),
    layers: Vec<(String, Vec<Feature>)>,
}

pub(super) struct Feature {
    pub id: Option<u64>,
    /// Points, lines or rings (without their first point again).
    pub parts: Vec<Vec<[i32; 2]>>,
    pub tags: Vec<(String, String)>,
}

impl Tile {
    /// Features of a layer; none if the tile lacks it.
    pub fn layer(&self, name: &str) -> Vec<&Feature> {
        self.layers.iter().filter(|(id, _)| id == name).flat_map(|(_, features)| features).collect()
    }
}

impl Archive {
    /// Reads header, metadata, the root directory (small archives have no leaves) and all tiles.
    pub fn read(bytes: &[u8]) -> Self {
        assert_eq!(&bytes[..8], b"PMTiles\x03");
        let number = |at: usize| u64::from_le_bytes(bytes[at..at + 8].try_into().unwrap()) as usize;
        let signed = |at: usize| i32::from_le_bytes(bytes[at..at + 4].try_into().unwrap());
        let section = |at: usize| &bytes[number(at)..number(at) + number(at + 8)];
        assert_eq!(bytes[96], 1, "clustered");
        let directory = gunzip(section(8));
        let mut reader = Reader(&directory);
        let count = reader.varint() as usize;
        let mut column = || (0..count).map(|_| reader.varint()).collect::<Vec<_>>();
        let (steps, runs, lengths, offsets) = (column(), column(), column(), column());
        let (mut id, mut offset, mut largest_bytes) = (0, 0, 0);
        let data = section(56);
        let mut tiles = Vec::new();
        for at in 0..count {
            id += steps[at];
            offset = if offsets[at] == 0 { offset } else { offsets[at] as usize - 1 };
            let end = offset + lengths[at] as usize;
            // Tiles that lie wholly in one block are equal and stored as a run.
            for id in id..id + runs[at] {
                let coord = TileCoord::from(TileId::new(id).unwrap());
                tiles.push(tile((coord.z(), coord.x(), coord.y()), &gunzip(&data[offset..end])));
            }
            largest_bytes = largest_bytes.max(end - offset);
            offset = end;
        }
        Self {
            tiles,
            metadata: serde_json::from_slice(&gunzip(section(24))).unwrap(),
            zooms: (bytes[100], bytes[101]),
            bounds_e7: [102, 106, 110, 114].map(signed),
            largest_bytes,
        }
    }

    pub fn tile(&self, z: u8, x: u32, y: u32) -> &Tile {
        self.tiles.iter().find(|tile| tile.zxy == (z, x, y)).unwrap()
    }
}

fn gunzip(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    GzDecoder::new(bytes).read_to_end(&mut out).unwrap();
    out
}

struct Reader<'a>(&'a [u8]);

enum Field<'a> {
    Number(u64),
    Bytes(&'a [u8]),
}

impl<'a> Reader<'a> {
    fn varint(&mut self) -> u64 {
        let mut value = 0;
        for shift in (0..).step_by(7) {
            let byte = self.take(1)[0];
            value |= u64::from(byte & 127) << shift;
            if byte < 128 {
                break;
            }
        }
        value
    }

    fn take(&mut self, count: usize) -> &'a [u8] {
        let (head, tail) = self.0.split_at(count);
        self.0 = tail;
        head
    }

    /// The fields of a protobuf message.
    fn fields(mut self) -> Vec<(u64, Field<'a>)> {
        let mut fields = Vec::new();
        while !self.0.is_empty() {
            let key = self.varint();
            let field = match key & 7 {
                0 => Field::Number(self.varint()),
                1 => Field::Bytes(self.take(8)),
                2 => {
                    let count = self.varint() as usize;
                    Field::Bytes(self.take(count))
                }
                5 => Field::Bytes(self.take(4)),
                other => panic!("wire type {other}"),
            };
            fields.push((key >> 3, field));
        }
        fields
    }

    fn varints(mut self) -> Vec<u64> {
        let mut values = Vec::new();
        while !self.0.is_empty() {
            values.push(self.varint());
        }
        values
    }
}

fn messages(bytes: &[u8], number: u64) -> Vec<&[u8]> {
    let fields = Reader(bytes).fields().into_iter();
    fields
        .filter_map(|field| match field {
            (n, Field::Bytes(bytes)) if n == number => Some(bytes),
            _ => None,
        })
        .collect()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

fn tile(zxy: (u8, u32, u32), bytes: &[u8]) -> Tile {
    let layers = messages(bytes, 3).into_iter().map(|layer| {
        let keys: Vec<String> = messages(layer, 3).into_iter().map(text).collect();
        let values: Vec<String> = messages(layer, 4).into_iter().map(value).collect();
        let features = messages(layer, 2).into_iter().map(|bytes| feature(bytes, &keys, &values));
        (text(messages(layer, 1)[0]), features.collect())
    });
    Tile { zxy, layers: layers.collect() }
}

fn zigzag(value: u64) -> i64 {
    (value >> 1) as i64 ^ -((value & 1) as i64)
}

fn value(bytes: &[u8]) -> String {
    match Reader(bytes).fields().remove(0) {
        (1, Field::Bytes(value)) => text(value),
        (2, Field::Bytes(value)) => f32::from_le_bytes(value.try_into().unwrap()).to_string(),
        (3, Field::Bytes(value)) => f64::from_le_bytes(value.try_into().unwrap()).to_string(),
        (4 | 5, Field::Number(value)) => value.to_string(),
        (6, Field::Number(value)) => zigzag(value).to_string(),
        (7, Field::Number(value)) => (value != 0).to_string(),
        (number, _) => panic!("value of type {number}"),
    }
}

fn feature(bytes: &[u8], keys: &[String], values: &[String]) -> Feature {
    let id = Reader(bytes).fields().into_iter().find_map(|field| match field {
        (1, Field::Number(id)) => Some(id),
        _ => None,
    });
    let tags = messages(bytes, 2).into_iter().flat_map(|tags| Reader(tags).varints()).collect::<Vec<_>>();
    let tags = tags.chunks(2).map(|tag| (keys[tag[0] as usize].clone(), values[tag[1] as usize].clone())).collect();
    Feature { id, parts: parts(&Reader(messages(bytes, 4)[0]).varints()), tags }
}

/// Follows the drawing commands; panics where they are against the specification.
fn parts(commands: &[u64]) -> Vec<Vec<[i32; 2]>> {
    let mut parts: Vec<Vec<[i32; 2]>> = Vec::new();
    let mut at = [0_i32; 2];
    let mut rest = commands.iter();
    let mut before = 7;
    while let Some(&command) = rest.next() {
        let (id, count) = (command & 7, command >> 3);
        match id {
            1 => assert!(count == 1 && before != 1, "MoveTo {count} after {before}"),
            2 => assert!(count > 0 && before == 1, "LineTo {count} after {before}"),
            7 => assert!(count == 1 && before == 2, "ClosePath {count} after {before}"),
            other => panic!("command {other}"),
        }
        before = id;
        if id == 1 {
            parts.push(Vec::new());
        }
        for _ in 0..if id == 7 { 0 } else { count } {
            let step = [0; 2].map(|_: i32| zigzag(*rest.next().unwrap()) as i32);
            at = [at[0] + step[0], at[1] + step[1]];
            parts.last_mut().unwrap().push(at);
        }
    }
    parts
}
