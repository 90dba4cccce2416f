//! The elements of a region, as `osmium extract` with strategy complete_ways picks them (bna-method §1.7):
//! nodes inside; ways with one of them, whole; relations with one of these as a member, and their parents.
//!
//! A file is passed over several times, its blocks decoded in parallel and dropped at once, so that memory follows the region.
//! Order does not matter: each pass is about one kind of element. Where ids do not ascend, the last version of an element counts.

use super::block::{Block, RawNode, RawWay};
use super::id_set::IdSet;
use super::region::Region;
use super::source::{Chunk, Source};
use super::{MemberKind, OsmError, OsmRelation, ReadReport};
use crate::import::guard::guarded;
use rayon::prelude::*;

const NODE: usize = 0;
const WAY: usize = 1;
const RELATION: usize = 2;

/// Picked elements, ascending by id.
pub(super) struct Extract {
    pub nodes: Vec<RawNode>,
    pub ways: Vec<RawWay>,
    pub relations: Vec<OsmRelation>,
    pub report: ReadReport,
}

/// What a block holds, by kind of element.
#[derive(Clone, Copy, Default)]
struct Summary {
    count: [u64; 3],
    first: [i64; 3],
    last: [i64; 3],
    /// Ids do not ascend strictly.
    disorder: [bool; 3],
    min_node: i64,
    max_node: i64,
    negative: u64,
}

impl Summary {
    fn see(&mut self, kind: usize, id: i64) {
        if self.count[kind] == 0 {
            self.first[kind] = id;
        } else if id <= self.last[kind] {
            self.disorder[kind] = true;
        }
        if kind == NODE {
            let first = self.count[NODE] == 0;
            self.min_node = if first { id } else { self.min_node.min(id) };
            self.max_node = if first { id } else { self.max_node.max(id) };
        }
        self.last[kind] = id;
        self.count[kind] += 1;
        self.negative += u64::from(id < 0);
    }
}

/// The sources and what the blocks of each hold.
struct Files<'a> {
    sources: &'a [Source],
    blocks: Vec<Vec<Summary>>,
}

impl Files<'_> {
    /// One pass over the blocks that are `wanted`; what `pick` takes from each, in the order of the files.
    fn pass<T: Send>(
        &self,
        wanted: impl Fn(&Summary) -> bool,
        pick: impl Fn(&Block) -> Vec<T> + Sync,
    ) -> Result<Vec<T>, OsmError> {
        let mut picked = Vec::new();
        for (source, blocks) in self.sources.iter().zip(&self.blocks) {
            each_batch(
                source,
                |n| blocks.get(n).is_some_and(&wanted),
                |batch| {
                    picked.extend(from_each(source, batch, &pick)?.into_iter().flatten());
                    Ok(())
                },
            )?;
        }
        Ok(picked)
    }

    fn holding(kind: usize) -> impl Fn(&Summary) -> bool {
        move |block| block.count[kind] > 0
    }

    /// Whether the ids of a kind ascend strictly through all files: then no element comes twice.
    fn ascends(&self, kind: usize) -> bool {
        let blocks: Vec<_> = self.blocks.iter().flatten().filter(|b| b.count[kind] > 0).collect();
        blocks.iter().all(|b| !b.disorder[kind]) && blocks.windows(2).all(|w| w[0].last[kind] < w[1].first[kind])
    }

    fn report(&self) -> ReadReport {
        let timestamp = self.sources.iter().filter_map(|s| s.timestamp).max();
        let mut report = ReadReport { timestamp, ..ReadReport::default() };
        for block in self.blocks.iter().flatten() {
            report.negative_ids += block.negative;
            for kind in [NODE, WAY, RELATION] {
                report.read[kind] += block.count[kind];
            }
        }
        report
    }

    /// Whether no element comes twice and nodes stand before ways before relations, give or take a block: the first pass found all.
    fn in_order(&self) -> bool {
        let blocks = || self.blocks.iter().flatten().enumerate();
        let first = |kind| blocks().find(|(_, b)| b.count[kind] > 0).map_or(usize::MAX, |(n, _)| n);
        let last = |kind| blocks().filter(|(_, b)| b.count[kind] > 0).last().map_or(0, |(n, _)| n);
        [NODE, WAY, RELATION].into_iter().all(|kind| self.ascends(kind))
            && last(NODE) <= first(WAY).min(first(RELATION))
            && last(WAY) <= first(RELATION)
    }
}

/// Reads the wanted chunks of a source in batches, decodes each batch in parallel and hands it over.
fn each_batch(
    source: &Source,
    wanted: impl Fn(usize) -> bool,
    mut take: impl FnMut(&[Block]) -> Result<(), OsmError>,
) -> Result<(), OsmError> {
    let decode = |chunk: Chunk| guarded(|| chunk.decode(&source.name)).unwrap_or_else(|| Err(damaged(source)));
    let mut chunks = source.chunks(wanted)?;
    let size = 4 * rayon::current_num_threads();
    loop {
        let chunks: Vec<Chunk> = chunks.by_ref().take(size).collect::<Result<_, _>>()?;
        if chunks.is_empty() {
            return Ok(());
        }
        take(&chunks.into_par_iter().with_max_len(1).map(decode).collect::<Result<Vec<_>, _>>()?)?;
    }
}

/// What `work` makes of each block, in their order.
fn from_each<T: Send>(
    source: &Source,
    blocks: &[Block],
    work: impl Fn(&Block) -> T + Sync,
) -> Result<Vec<T>, OsmError> {
    let work = |block| guarded(|| work(block)).ok_or_else(|| damaged(source));
    blocks.par_iter().with_max_len(1).map(work).collect()
}

fn damaged(source: &Source) -> OsmError {
    OsmError::Corrupt { file: source.name.clone(), what: "a block makes no sense".to_owned() }
}

/// Sorts by id, keeps the last of each; how many went.
fn keep_last<T>(items: &mut Vec<T>, id: impl Fn(&T) -> i64) -> u64 {
    let before = items.len();
    items.sort_by_key(&id);
    items.reverse();
    items.dedup_by_key(|item| id(item));
    items.reverse();
    (before - items.len()) as u64
}

/// Picks the elements of the region.
pub(super) fn complete_ways(sources: &[Source], region: &Region) -> Result<Extract, OsmError> {
    let (files, mut found) = survey(sources, region)?;
    let mut report = files.report();
    if !files.in_order() {
        found = exact(&files, region, found, &mut report)?;
    }
    let relations = with_parents(&files, &mut found, &mut report)?;
    let outside = nodes_outside(&files, &mut found, &mut report)?;
    let Found { mut nodes, ways, .. } = found;
    nodes.extend(outside);
    nodes.sort_by_key(|node| node.id);
    Ok(Extract { nodes, ways, relations, report })
}

/// Elements of the region so far.
#[derive(Default)]
struct Found {
    /// Inside.
    nodes: Vec<RawNode>,
    node_ids: IdSet,
    /// Once inside, but their last version is not.
    moved_out: Vec<RawNode>,
    /// With one of the nodes.
    ways: Vec<RawWay>,
    way_ids: IdSet,
    /// With one of these as a member.
    relations: Vec<OsmRelation>,
    /// Of all relations with relations among their members.
    families: Vec<Family>,
}

/// A relation and the relations among its members.
type Family = (i64, Vec<i64>);

impl Found {
    fn add_nodes(&mut self, nodes: Vec<RawNode>) {
        nodes.iter().for_each(|node| {
            self.node_ids.insert(node.id);
        });
        self.nodes.extend(nodes);
    }

    fn add_ways(&mut self, ways: Vec<RawWay>) {
        ways.iter().for_each(|way| {
            self.way_ids.insert(way.id);
        });
        self.ways.extend(ways);
    }

    fn touches_way(&self, refs: &[i64]) -> bool {
        refs.iter().any(|node| self.node_ids.contains(*node))
    }

    fn touches_member(&self, (kind, id): (MemberKind, i64)) -> bool {
        match kind {
            MemberKind::Node => self.node_ids.contains(id),
            MemberKind::Way => self.way_ids.contains(id),
            MemberKind::Relation => false,
        }
    }
}

/// First pass: what the blocks hold, and what of it touches what was found before: all of the region when the files are in order.
fn survey<'a>(sources: &'a [Source], region: &Region) -> Result<(Files<'a>, Found), OsmError> {
    let mut found = Found::default();
    let mut files = Files { sources, blocks: Vec::new() };
    for source in sources {
        let mut summaries: Vec<Summary> = Vec::new();
        each_batch(
            source,
            |_| true,
            |batch| {
                for (summary, nodes) in from_each(source, batch, |block| survey_block(block, region))? {
                    summaries.push(summary);
                    found.add_nodes(nodes);
                }
                for ways in from_each(source, batch, |block| block.ways(|_, refs| found.touches_way(refs)))? {
                    found.add_ways(ways);
                }
                for (families, relations) in from_each(source, batch, |block| relations_of_block(block, &found))? {
                    found.families.extend(families);
                    found.relations.extend(relations);
                }
                Ok(())
            },
        )?;
        files.blocks.push(summaries);
    }
    Ok((files, found))
}

fn survey_block(block: &Block, region: &Region) -> (Summary, Vec<RawNode>) {
    let mut summary = Summary::default();
    let nodes = block.nodes(|id, lon, lat| {
        summary.see(NODE, id);
        region.contains(lon, lat)
    });
    block.ways(|id, _| {
        summary.see(WAY, id);
        false
    });
    block.relations(|id, _| {
        summary.see(RELATION, id);
        false
    });
    (summary, nodes)
}

fn relations_of_block(block: &Block, found: &Found) -> (Vec<Family>, Vec<OsmRelation>) {
    let mut families = Vec::new();
    let relations = block.relations(|id, members| {
        let (mut hit, mut children) = (false, Vec::new());
        for member in members {
            hit |= found.touches_member(member);
            if member.0 == MemberKind::Relation {
                children.push(member.1);
            }
        }
        if !children.is_empty() {
            families.push((id, children));
        }
        hit
    });
    (families, relations)
}

/// The same for files in any order: one kind of element after the other; where ids come twice, the last version counts.
fn exact(files: &Files, region: &Region, first: Found, report: &mut ReadReport) -> Result<Found, OsmError> {
    let mut found = Found::default();
    let mut nodes = first.nodes; // every version inside
    if !files.ascends(NODE) {
        nodes = files.pass(Files::holding(NODE), |block| block.nodes(|id, _, _| first.node_ids.contains(id)))?;
        report.duplicate_ids += keep_last(&mut nodes, |n| n.id);
        (nodes, found.moved_out) = nodes.into_iter().partition(|n| region.contains(n.lon, n.lat));
    }
    found.add_nodes(nodes);
    let mut ways = files.pass(Files::holding(WAY), |block| block.ways(|_, refs| found.touches_way(refs)))?;
    if !files.ascends(WAY) {
        let ids: IdSet = ways.iter().map(|w| w.id).collect();
        ways = files.pass(Files::holding(WAY), |block| block.ways(|id, _| ids.contains(id)))?;
        report.duplicate_ids += keep_last(&mut ways, |w| w.id);
        ways.retain(|way| found.touches_way(&way.refs));
    }
    found.add_ways(ways);
    for (families, relations) in
        files.pass(Files::holding(RELATION), |block| vec![relations_of_block(block, &found)])?
    {
        found.families.extend(families);
        found.relations.extend(relations);
    }
    Ok(found)
}

/// The relations found, their parents, and so on.
fn with_parents(files: &Files, found: &mut Found, report: &mut ReadReport) -> Result<Vec<OsmRelation>, OsmError> {
    keep_last(&mut found.families, |family| family.0);
    let mut kept: IdSet = found.relations.iter().map(|r| r.id).collect();
    if !add_parents(&found.families, &mut kept) && files.ascends(RELATION) {
        return Ok(std::mem::take(&mut found.relations));
    }
    let mut relations = files.pass(Files::holding(RELATION), |block| block.relations(|id, _| kept.contains(id)))?;
    report.duplicate_ids += keep_last(&mut relations, |r| r.id);
    relations.retain(|relation| {
        let mut members = relation.members.iter().map(|m| (m.kind, m.id));
        members.any(|m| found.touches_member(m) || m.0 == MemberKind::Relation && kept.contains(m.1))
    });
    Ok(relations)
}

/// Adds parents of kept relations until there are no more; whether there were any.
fn add_parents(families: &[Family], kept: &mut IdSet) -> bool {
    let mut any = false;
    loop {
        let mut more = false;
        for (parent, children) in families {
            if !kept.contains(*parent) && children.iter().any(|child| kept.contains(*child)) {
                more |= kept.insert(*parent);
            }
        }
        if !more {
            return any;
        }
        any = true;
    }
}

/// Nodes of the ways that lie outside.
fn nodes_outside(files: &Files, found: &mut Found, report: &mut ReadReport) -> Result<Vec<RawNode>, OsmError> {
    let refs = found.ways.iter().flat_map(|way| &way.refs).copied();
    let mut wanted: Vec<i64> = refs.filter(|id| !found.node_ids.contains(*id)).collect();
    wanted.sort_unstable();
    wanted.dedup();
    let mut outside = std::mem::take(&mut found.moved_out);
    outside.retain(|node| wanted.binary_search(&node.id).is_ok());
    let known: IdSet = outside.iter().map(|node| node.id).collect();
    wanted.retain(|id| !known.contains(*id));
    let ids: IdSet = wanted.iter().copied().collect();
    let may_hold = |block: &Summary| {
        let first = wanted.partition_point(|id| *id < block.min_node);
        block.count[NODE] > 0 && wanted.get(first).is_some_and(|id| *id <= block.max_node)
    };
    let mut nodes = files.pass(may_hold, |block| block.nodes(|id, _, _| ids.contains(id)))?;
    report.duplicate_ids += keep_last(&mut nodes, |n| n.id);
    nodes.extend(outside);
    Ok(nodes)
}
