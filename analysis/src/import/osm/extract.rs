//! The elements of a region, as `osmium extract` with strategy complete_ways picks them (bna-method §1.7):
//! nodes inside; ways with one of them, whole; relations with one of these as a member, and their parents.
//!
//! A file is passed over several times, its blocks decoded in parallel and dropped at once, so that memory follows the region.
//! Order does not matter: each pass is about one kind of element. Where ids do not ascend, the last version of an element counts.

use super::block::{Block, RawNode, RawWay};
use super::guard::guarded;
use super::id_set::IdSet;
use super::region::Region;
use super::source::{Chunk, Source};
use super::{MemberKind, OsmError, OsmRelation, ReadReport};
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
            each_block(source, |n| blocks.get(n).is_some_and(&wanted), &pick, |part| picked.extend(part))?;
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
}

/// Reads the wanted chunks of a source in batches, works on each batch in parallel and hands over the results in order.
fn each_block<T: Send>(
    source: &Source,
    wanted: impl Fn(usize) -> bool,
    work: impl Fn(&Block) -> T + Sync,
    mut take: impl FnMut(T),
) -> Result<(), OsmError> {
    let damaged = || OsmError::Corrupt { file: source.name.clone(), what: "a block makes no sense".to_owned() };
    let work = |chunk: Chunk| {
        guarded(|| chunk.decode(&source.name).map(|block| work(&block))).unwrap_or_else(|| Err(damaged()))
    };
    let mut chunks = source.chunks(wanted)?;
    let batch = 4 * rayon::current_num_threads();
    loop {
        let part: Vec<Chunk> = chunks.by_ref().take(batch).collect::<Result<_, _>>()?;
        if part.is_empty() {
            return Ok(());
        }
        let done: Vec<Result<T, OsmError>> = part.into_par_iter().with_max_len(1).map(work).collect();
        for result in done {
            take(result?);
        }
    }
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
    let mut report = ReadReport { timestamp: sources.iter().filter_map(|s| s.timestamp).max(), ..ReadReport::default() };
    let (files, inside) = survey(sources, region, &mut report)?;
    let mut nodes = nodes_inside(&files, region, inside, &mut report)?;
    let node_ids: IdSet = nodes.iter().map(|n| n.id).collect();
    let ways = ways_with(&files, &node_ids, &mut report)?;
    let way_ids: IdSet = ways.iter().map(|w| w.id).collect();
    let relations = relations_with(&files, &node_ids, &way_ids, &mut report)?;
    nodes.extend(nodes_missing(&files, &ways, &node_ids, &mut report)?);
    nodes.sort_by_key(|node| node.id);
    Ok(Extract { nodes, ways, relations, report })
}

/// First pass: what the blocks hold, and the nodes inside.
fn survey<'a>(
    sources: &'a [Source],
    region: &Region,
    report: &mut ReadReport,
) -> Result<(Files<'a>, Vec<RawNode>), OsmError> {
    let look = |block: &Block| {
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
    };
    let (mut all, mut inside) = (Vec::new(), Vec::new());
    for source in sources {
        let mut blocks: Vec<Summary> = Vec::new();
        each_block(source, |_| true, look, |(summary, nodes)| {
            blocks.push(summary);
            inside.extend(nodes);
        })?;
        all.push(blocks);
    }
    for block in all.iter().flatten() {
        report.negative_ids += block.negative;
        for kind in [NODE, WAY, RELATION] {
            report.read[kind] += block.count[kind];
        }
    }
    Ok((Files { sources, blocks: all }, inside))
}

/// The nodes whose last version is inside.
fn nodes_inside(
    files: &Files,
    region: &Region,
    found: Vec<RawNode>,
    report: &mut ReadReport,
) -> Result<Vec<RawNode>, OsmError> {
    if files.ascends(NODE) {
        return Ok(found);
    }
    let ids: IdSet = found.iter().map(|n| n.id).collect();
    let mut nodes = files.pass(Files::holding(NODE), |block| block.nodes(|id, _, _| ids.contains(id)))?;
    report.duplicate_ids += keep_last(&mut nodes, |n| n.id);
    nodes.retain(|n| region.contains(n.lon, n.lat));
    Ok(nodes)
}

/// The ways whose last version has one of the nodes.
fn ways_with(files: &Files, nodes: &IdSet, report: &mut ReadReport) -> Result<Vec<RawWay>, OsmError> {
    let touches = |refs: &[i64]| refs.iter().any(|node| nodes.contains(*node));
    let mut ways = files.pass(Files::holding(WAY), |block| block.ways(|_, refs| touches(refs)))?;
    if !files.ascends(WAY) {
        let ids: IdSet = ways.iter().map(|w| w.id).collect();
        ways = files.pass(Files::holding(WAY), |block| block.ways(|id, _| ids.contains(id)))?;
        report.duplicate_ids += keep_last(&mut ways, |w| w.id);
        ways.retain(|way| touches(&way.refs));
    }
    Ok(ways)
}

/// A relation and the relations among its members.
type Family = (i64, Vec<i64>);

/// The relations whose last version has one of the nodes or ways as a member; their parents, and so on.
fn relations_with(
    files: &Files,
    nodes: &IdSet,
    ways: &IdSet,
    report: &mut ReadReport,
) -> Result<Vec<OsmRelation>, OsmError> {
    let touches = |(kind, id): (MemberKind, i64)| match kind {
        MemberKind::Node => nodes.contains(id),
        MemberKind::Way => ways.contains(id),
        MemberKind::Relation => false,
    };
    let found = files.pass(Files::holding(RELATION), |block| vec![families_and_touching(block, touches)])?;
    let mut kept = IdSet::default();
    let (mut families, mut relations): (Vec<Family>, Vec<OsmRelation>) = (Vec::new(), Vec::new());
    for (more_families, more) in found {
        families.extend(more_families);
        relations.extend(more);
    }
    relations.iter().for_each(|r| {
        kept.insert(r.id);
    });
    keep_last(&mut families, |family| family.0);
    if !add_parents(&families, &mut kept) && files.ascends(RELATION) {
        return Ok(relations);
    }
    let mut relations = files.pass(Files::holding(RELATION), |block| block.relations(|id, _| kept.contains(id)))?;
    report.duplicate_ids += keep_last(&mut relations, |r| r.id);
    relations.retain(|relation| {
        let mut members = relation.members.iter().map(|m| (m.kind, m.id));
        members.any(|(kind, id)| touches((kind, id)) || kind == MemberKind::Relation && kept.contains(id))
    });
    Ok(relations)
}

fn families_and_touching(
    block: &Block,
    touches: impl Fn((MemberKind, i64)) -> bool,
) -> (Vec<Family>, Vec<OsmRelation>) {
    let mut families = Vec::new();
    let relations = block.relations(|id, members| {
        let (mut hit, mut children) = (false, Vec::new());
        for (kind, member) in members {
            hit |= touches((kind, member));
            if kind == MemberKind::Relation {
                children.push(member);
            }
        }
        if !children.is_empty() {
            families.push((id, children));
        }
        hit
    });
    (families, relations)
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
fn nodes_missing(
    files: &Files,
    ways: &[RawWay],
    inside: &IdSet,
    report: &mut ReadReport,
) -> Result<Vec<RawNode>, OsmError> {
    let mut wanted: Vec<i64> = ways.iter().flat_map(|w| &w.refs).copied().filter(|id| !inside.contains(*id)).collect();
    wanted.sort_unstable();
    wanted.dedup();
    let ids: IdSet = wanted.iter().copied().collect();
    let may_hold = |block: &Summary| {
        let first = wanted.partition_point(|id| *id < block.min_node);
        block.count[NODE] > 0 && wanted.get(first).is_some_and(|id| *id <= block.max_node)
    };
    let mut nodes = files.pass(may_hold, |block| block.nodes(|id, _, _| ids.contains(id)))?;
    report.duplicate_ids += keep_last(&mut nodes, |n| n.id);
    Ok(nodes)
}
