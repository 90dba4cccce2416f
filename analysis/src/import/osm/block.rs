//! A few thousand decoded elements, from a PBF blob or from XML, and how to pick some of them.

use super::{MemberKind, OsmMember, OsmRelation, Tags};
use osmpbf::{PrimitiveBlock, RelMemberType};

/// A node as written.
#[derive(Clone, Debug)]
pub(super) struct RawNode {
    pub id: i64,
    pub lon: i32,
    pub lat: i32,
    /// Most nodes have none: 8 bytes instead of 24.
    pub tags: Option<Box<Tags>>,
}

/// A way as written: node ids.
#[derive(Clone, Debug)]
pub(super) struct RawWay {
    pub id: i64,
    pub refs: Vec<i64>,
    pub tags: Tags,
}

/// Elements parsed from XML.
#[derive(Debug, Default)]
pub(super) struct XmlBlock {
    pub nodes: Vec<RawNode>,
    pub ways: Vec<RawWay>,
    pub relations: Vec<OsmRelation>,
}

/// Decoded elements.
pub(super) enum Block {
    Pbf(PrimitiveBlock),
    Xml(XmlBlock),
}

impl Block {
    /// Nodes with a place on earth that `keep(id, lon, lat)` wants, in the order of the file.
    pub(super) fn nodes(&self, mut keep: impl FnMut(i64, i32, i32) -> bool) -> Vec<RawNode> {
        let mut kept = Vec::new();
        match self {
            Self::Xml(block) => kept.extend(block.nodes.iter().filter(|n| keep(n.id, n.lon, n.lat)).cloned()),
            Self::Pbf(block) => {
                let text = Strings(block.raw_stringtable());
                for group in block.groups() {
                    for node in group.dense_nodes() {
                        if let Some((lon, lat)) = place(node.nano_lon(), node.nano_lat())
                            && keep(node.id, lon, lat)
                        {
                            let tags = text.tags(node.raw_tags().map(|(k, v)| (k as usize, v as usize)));
                            kept.push(RawNode { id: node.id, lon, lat, tags: boxed(tags) });
                        }
                    }
                    for node in group.nodes() {
                        if let Some((lon, lat)) = place(node.nano_lon(), node.nano_lat())
                            && keep(node.id(), lon, lat)
                        {
                            let tags = text.tags(node.raw_tags().map(|(k, v)| (k as usize, v as usize)));
                            kept.push(RawNode { id: node.id(), lon, lat, tags: boxed(tags) });
                        }
                    }
                }
            }
        }
        kept
    }

    /// Ways that `keep(id, node ids)` wants, in the order of the file.
    pub(super) fn ways(&self, mut keep: impl FnMut(i64, &[i64]) -> bool) -> Vec<RawWay> {
        let mut kept = Vec::new();
        match self {
            Self::Xml(block) => kept.extend(block.ways.iter().filter(|w| keep(w.id, &w.refs)).cloned()),
            Self::Pbf(block) => {
                let text = Strings(block.raw_stringtable());
                let mut refs = Vec::new();
                for way in block.groups().flat_map(|group| group.ways()) {
                    let mut node = 0i64;
                    refs.clear();
                    refs.extend(way.raw_refs().iter().map(|delta| {
                        node = node.wrapping_add(*delta);
                        node
                    }));
                    if keep(way.id(), &refs) {
                        let tags = text.tags(way.raw_tags().map(|(k, v)| (k as usize, v as usize)));
                        kept.push(RawWay { id: way.id(), refs: refs.clone(), tags });
                    }
                }
            }
        }
        kept
    }

    /// Relations that `keep(id, members)` wants, in the order of the file.
    pub(super) fn relations(
        &self,
        mut keep: impl FnMut(i64, &mut dyn Iterator<Item = (MemberKind, i64)>) -> bool,
    ) -> Vec<OsmRelation> {
        let mut kept = Vec::new();
        match self {
            Self::Xml(block) => kept.extend(
                block.relations.iter().filter(|r| keep(r.id, &mut r.members.iter().map(|m| (m.kind, m.id)))).cloned(),
            ),
            Self::Pbf(block) => {
                let text = Strings(block.raw_stringtable());
                for relation in block.groups().flat_map(|group| group.relations()) {
                    if keep(relation.id(), &mut relation.members().map(|m| (kind(&m.member_type), m.member_id))) {
                        let members = relation.members().map(|m| OsmMember {
                            kind: kind(&m.member_type),
                            id: m.member_id,
                            role: text.get(m.role_sid as usize),
                        });
                        let tags = text.tags(relation.raw_tags().map(|(k, v)| (k as usize, v as usize)));
                        kept.push(OsmRelation { id: relation.id(), members: members.collect(), tags });
                    }
                }
            }
        }
        kept
    }
}

fn boxed(tags: Tags) -> Option<Box<Tags>> {
    (!tags.0.is_empty()).then(|| Box::new(tags))
}

fn kind(kind: &RelMemberType) -> MemberKind {
    match kind {
        RelMemberType::Node => MemberKind::Node,
        RelMemberType::Way => MemberKind::Way,
        RelMemberType::Relation => MemberKind::Relation,
    }
}

/// Nanodegrees to 1e-7 degrees as osmium does it (toward zero); none for places that are not on earth.
fn place(nano_lon: i64, nano_lat: i64) -> Option<(i32, i32)> {
    on_earth(nano_lon / 100, nano_lat / 100)
}

/// The place in 1e-7 degrees when there is such a place.
pub(super) fn on_earth(lon: i64, lat: i64) -> Option<(i32, i32)> {
    let fits = (-1_800_000_000..=1_800_000_000).contains(&lon) && (-900_000_000..=900_000_000).contains(&lat);
    fits.then_some((lon as i32, lat as i32))
}

/// The string table of a block. What is not UTF-8 is replaced, an index beyond the table is an empty text: odd tags are no reason to stop.
struct Strings<'a>(&'a [Vec<u8>]);

impl Strings<'_> {
    fn get(&self, index: usize) -> Box<str> {
        self.0.get(index).map(|bytes| String::from_utf8_lossy(bytes)).unwrap_or_default().into()
    }

    fn tags(&self, pairs: impl Iterator<Item = (usize, usize)>) -> Tags {
        Tags(pairs.map(|(key, value)| (self.get(key), self.get(value))).collect())
    }
}
