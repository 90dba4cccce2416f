//! OSM PBF, written: what a study area holds, sorted and packed as the tools of OpenStreetMap expect it. Same data, same bytes.
//!
//! Versions, dates and users of the elements are not written: nothing here reads them.

use super::wire::{Message, blob};
use super::{MemberKind, OsmData, OsmRelation, Tags};
use rayon::prelude::*;
use std::collections::HashMap;

/// Elements a block, as osmium and osmosis write them.
pub const ELEMENTS_PER_BLOCK: usize = 8_000;

/// A block above that is cut in two: readers refuse those above 32 MiB.
const BLOCK_MAX_BYTES: usize = 16 << 20;

/// What stands at the head of a file.
#[derive(Clone, Copy, Debug, Default)]
pub struct Header {
    /// West, south, east, north, 1e-7 degrees.
    pub bounds_e7: Option<[i32; 4]>,
    /// Replication time stamp, seconds since 1970.
    pub timestamp: Option<i64>,
    /// Whether nodes stand before ways before relations, each by id.
    pub sorted: bool,
}

/// A node.
#[derive(Clone, Copy, Debug)]
pub struct Node<'a> {
    /// OSM id.
    pub id: i64,
    /// Longitude, 1e-7 degrees.
    pub lon_e7: i32,
    /// Latitude, 1e-7 degrees.
    pub lat_e7: i32,
    /// Tags, if it has any.
    pub tags: Option<&'a Tags>,
}

/// A way.
#[derive(Clone, Debug)]
pub struct Way<'a> {
    /// OSM id.
    pub id: i64,
    /// Ids of its nodes.
    pub refs: Vec<i64>,
    /// Tags.
    pub tags: &'a Tags,
}

/// A whole file.
pub fn pbf(data: &OsmData) -> Vec<u8> {
    let ids = [data.node_id.first(), data.ways.first().map(|way| &way.id), data.relations.first().map(|r| &r.id)];
    // Tools count negative ids by their size, so that only others are in order for everybody.
    let sorted = ids.into_iter().flatten().all(|first| *first >= 0);
    let mut file = header(&Header { bounds_e7: bounds(data), timestamp: data.report.timestamp, sorted });
    let starts: Vec<usize> = (0..data.node_id.len()).step_by(ELEMENTS_PER_BLOCK).collect();
    let node_blocks = starts.into_par_iter().map(|start| nodes(&nodes_from(data, start)));
    let way_blocks = data.ways.par_chunks(ELEMENTS_PER_BLOCK).map(|chunk| {
        let refs = |way: &super::OsmWay| way.nodes.iter().map(|node| data.node_id[*node as usize]).collect();
        ways(&chunk.iter().map(|way| Way { id: way.id, refs: refs(way), tags: &way.tags }).collect::<Vec<_>>())
    });
    let relation_blocks = data.relations.par_chunks(ELEMENTS_PER_BLOCK).map(relations);
    let blocks: Vec<Vec<u8>> = node_blocks.chain(way_blocks).chain(relation_blocks).collect();
    blocks.iter().for_each(|block| file.extend_from_slice(block));
    file
}

fn bounds(data: &OsmData) -> Option<[i32; 4]> {
    let range = |values: &[i32]| Some((*values.iter().min()?, *values.iter().max()?));
    let ((west, east), (south, north)) = (range(&data.node_lon_e7)?, range(&data.node_lat_e7)?);
    Some([west, south, east, north])
}

/// The nodes of one block.
fn nodes_from(data: &OsmData, start: usize) -> Vec<Node<'_>> {
    let end = data.node_id.len().min(start + ELEMENTS_PER_BLOCK);
    let first = data.node_tags.partition_point(|(node, _)| (*node as usize) < start);
    let mut tagged = data.node_tags[first..].iter().peekable();
    let node = |at: usize| Node {
        id: data.node_id[at],
        lon_e7: data.node_lon_e7[at],
        lat_e7: data.node_lat_e7[at],
        tags: tagged.next_if(|(node, _)| *node as usize == at).map(|(_, tags)| tags),
    };
    (start..end).map(node).collect()
}

/// The first blob of a file.
pub fn header(header: &Header) -> Vec<u8> {
    let mut block = Message::default();
    if let Some([west, south, east, north]) = header.bounds_e7 {
        let mut bounds = Message::default();
        for (field, value) in [(1, west), (2, east), (3, north), (4, south)] {
            bounds.signed(field, i64::from(value) * 100);
        }
        block.bytes(1, &bounds.0);
    }
    ["OsmSchema-V0.6", "DenseNodes"].iter().for_each(|feature| block.bytes(4, feature.as_bytes()));
    if header.sorted {
        block.bytes(5, b"Sort.Type_then_ID");
    }
    // Without a version: an update alone must not change the bytes.
    block.bytes(16, b"quietway");
    if let Some(timestamp) = header.timestamp {
        block.number(32, timestamp);
    }
    blob("OSMHeader", &block.0)
}

/// Blobs (mostly one) of dense nodes.
pub fn nodes(nodes: &[Node<'_>]) -> Vec<u8> {
    blobs(nodes, &|nodes| {
        let (mut strings, mut dense, mut group) = (Strings::default(), Message::default(), Message::default());
        dense.deltas(1, nodes.iter().map(|node| node.id));
        dense.deltas(8, nodes.iter().map(|node| i64::from(node.lat_e7)));
        dense.deltas(9, nodes.iter().map(|node| i64::from(node.lon_e7)));
        if nodes.iter().any(|node| node.tags.is_some()) {
            let mut pairs = Vec::new();
            for node in nodes {
                let tags = node.tags.iter().flat_map(|tags| &tags.0);
                tags.for_each(|(key, value)| pairs.extend([strings.index(key), strings.index(value)]));
                pairs.push(0);
            }
            dense.packed(10, pairs);
        }
        group.bytes(2, &dense.0);
        strings.block(&group)
    })
}

/// Blobs (mostly one) of ways.
pub fn ways(ways: &[Way<'_>]) -> Vec<u8> {
    blobs(ways, &|ways| {
        let (mut strings, mut group) = (Strings::default(), Message::default());
        for way in ways {
            let mut message = Message::default();
            message.number(1, way.id);
            strings.tags(way.tags, &mut message);
            message.deltas(8, way.refs.iter().copied());
            group.bytes(3, &message.0);
        }
        strings.block(&group)
    })
}

/// Blobs (mostly one) of relations.
pub fn relations(relations: &[OsmRelation]) -> Vec<u8> {
    let kind = |kind| match kind {
        MemberKind::Node => 0,
        MemberKind::Way => 1,
        MemberKind::Relation => 2,
    };
    blobs(relations, &|relations| {
        let (mut strings, mut group) = (Strings::default(), Message::default());
        for relation in relations {
            let (mut message, members) = (Message::default(), relation.members.as_slice());
            message.number(1, relation.id);
            strings.tags(&relation.tags, &mut message);
            message.packed(8, members.iter().map(|member| strings.index(&member.role)));
            message.deltas(9, members.iter().map(|member| member.id));
            message.packed(10, members.iter().map(|member| kind(member.kind)));
            group.bytes(4, &message.0);
        }
        strings.block(&group)
    })
}

fn blobs<T>(elements: &[T], block: &dyn Fn(&[T]) -> Vec<u8>) -> Vec<u8> {
    let content = block(elements);
    if content.len() <= BLOCK_MAX_BYTES || elements.len() < 2 {
        return blob("OSMData", &content);
    }
    let (one, other) = elements.split_at(elements.len() / 2);
    [blobs(one, block), blobs(other, block)].concat()
}

/// The texts of a block. The first is none: among the tags of dense nodes 0 ends a node.
#[derive(Default)]
struct Strings<'a> {
    position: HashMap<&'a str, u32>,
    list: Vec<&'a str>,
}

impl<'a> Strings<'a> {
    fn index(&mut self, text: &'a str) -> u32 {
        *self.position.entry(text).or_insert_with(|| {
            self.list.push(text);
            self.list.len() as u32
        })
    }

    fn tags(&mut self, tags: &'a Tags, message: &mut Message) {
        let keys: Vec<u32> = tags.0.iter().map(|(key, _)| self.index(key)).collect();
        message.packed(2, keys);
        let values: Vec<u32> = tags.0.iter().map(|(_, value)| self.index(value)).collect();
        message.packed(3, values);
    }

    fn block(&self, group: &Message) -> Vec<u8> {
        let (mut table, mut block) = (Message::default(), Message::default());
        table.bytes(1, b"");
        self.list.iter().for_each(|text| table.bytes(1, text.as_bytes()));
        block.bytes(1, &table.0);
        block.bytes(2, &group.0);
        block.0
    }
}
