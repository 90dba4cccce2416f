//! Makes an OSM PBF file of any size: a real extract again and again, side by side on a grid, with ids of its own for each copy.
//!
//! usage: make_big_pbf EXTRACT OUT MEGABYTES
//!
//! The first copy stays where it is, so that a boundary of the real place cuts a town out of a country. Blocks hold 8,000 elements, sorted by
//! type and id, packed by zlib, without versions and users: as extracts for the public are, but for the empty metadata.

use geo_types::{MultiPolygon, polygon};
use quietway::import::osm::write::{self, ELEMENTS_PER_BLOCK, Header, Node, Way};
use quietway::import::osm::{self, MemberKind, OsmData, OsmMember, OsmRelation, Tags};
use rayon::prelude::*;
use std::collections::HashMap;
use std::fs::File;
use std::io::Write;
use std::path::Path;

/// Copies stand in rows of that many, so that the whole is shaped like a country.
const COLUMNS: usize = 20;
/// Distance between copies, 1e-7 degrees.
const STEP_E7: i32 = 6_000_000;

fn main() -> anyhow::Result<()> {
    let words: Vec<String> = std::env::args().collect();
    let [_, extract, out, megabytes] = words.as_slice() else {
        anyhow::bail!("usage: make_big_pbf EXTRACT OUT MEGABYTES");
    };
    let world: MultiPolygon<f64> =
        polygon![(x: -180., y: -90.), (x: 180., y: -90.), (x: 180., y: 90.), (x: -180., y: 90.)].into();
    let data = osm::read(&[extract.into()], &world, None)?;
    let copies = (megabytes.parse::<u64>()? * 1_000_000).div_ceil(write::pbf(&data).len() as u64) as usize;
    let mut file = File::create(Path::new(out))?;
    file.write_all(&write::header(&Header { bounds_e7: None, timestamp: data.report.timestamp, sorted: true }))?;
    for (name, kind) in
        [("nodes", nodes as fn(&OsmData, usize) -> Vec<Vec<u8>>), ("ways", ways), ("relations", relations)]
    {
        for copy in 0..copies {
            kind(&data, copy).iter().try_for_each(|block| file.write_all(block))?;
        }
        println!("{name} of {copies} copies written, {} MB", file.metadata()?.len() / 1_000_000);
    }
    Ok(())
}

/// The id of the `rank`th of `count` elements in a copy. Ids of OSM have gaps; a step of three makes deltas of usual size.
fn id(copy: usize, count: usize, rank: usize) -> i64 {
    (1 + 3 * (copy * count + rank)) as i64
}

fn shift(copy: usize) -> (i32, i32) {
    ((copy % COLUMNS) as i32 * STEP_E7, (copy / COLUMNS) as i32 * STEP_E7)
}

fn nodes(data: &OsmData, copy: usize) -> Vec<Vec<u8>> {
    let tags: HashMap<u32, &Tags> = data.node_tags.iter().map(|(node, tags)| (*node, tags)).collect();
    let (east, north) = shift(copy);
    let node = |rank: usize| Node {
        id: id(copy, data.node_id.len(), rank),
        lon_e7: data.node_lon_e7[rank] + east,
        lat_e7: data.node_lat_e7[rank] + north,
        tags: tags.get(&(rank as u32)).copied(),
    };
    blocks(data.node_id.len(), |range| write::nodes(&range.map(node).collect::<Vec<_>>()))
}

fn ways(data: &OsmData, copy: usize) -> Vec<Vec<u8>> {
    let of_node = |node: &u32| id(copy, data.node_id.len(), *node as usize);
    let way = |rank: usize| Way {
        id: id(copy, data.ways.len(), rank),
        refs: data.ways[rank].nodes.iter().map(of_node).collect(),
        tags: &data.ways[rank].tags,
    };
    blocks(data.ways.len(), |range| write::ways(&range.map(way).collect::<Vec<_>>()))
}

fn relations(data: &OsmData, copy: usize) -> Vec<Vec<u8>> {
    let new_id = |member: &OsmMember| {
        let (count, rank) = match member.kind {
            MemberKind::Node => (data.node_id.len(), data.node_id.binary_search(&member.id)),
            MemberKind::Way => (data.ways.len(), data.ways.binary_search_by_key(&member.id, |way| way.id)),
            MemberKind::Relation => (data.relations.len(), data.relations.binary_search_by_key(&member.id, |r| r.id)),
        };
        id(copy, count, rank.unwrap_or(0))
    };
    let relation = |rank: usize| {
        let old = &data.relations[rank];
        let members = old.members.iter().map(|member| OsmMember { id: new_id(member), ..member.clone() }).collect();
        OsmRelation { id: id(copy, data.relations.len(), rank), members, tags: old.tags.clone() }
    };
    blocks(data.relations.len(), |range| write::relations(&range.map(relation).collect::<Vec<_>>()))
}

fn blocks(count: usize, block: impl Fn(std::ops::Range<usize>) -> Vec<u8> + Sync) -> Vec<Vec<u8>> {
    let starts: Vec<usize> = (0..count).step_by(ELEMENTS_PER_BLOCK).collect();
    starts.into_par_iter().map(|start| block(start..count.min(start + ELEMENTS_PER_BLOCK))).collect()
}
