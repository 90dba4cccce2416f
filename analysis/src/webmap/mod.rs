//! # Webmap — what the page reads beside the tiles, and the page
//! In:   area, City, network, ratings, [`Reach`], Scores, Suite   Out:  `index.html` and `map/`
//! Touches: memory, the sink                 Does not know: where results go, what the page does with them
//! Source: docs/reach-format.md
//!
//! All of it is served by any static server: the page asks for ranges of `map/reach.bin` and for the small files when it needs them.

mod facts;
mod names;
mod page;
mod places;
mod reach_file;
#[cfg(test)]
mod tests;

pub use page::{Asset, content_type, embedded};

use crate::access::Scores;
use crate::boundary::StudyArea;
use crate::connectivity::Reach;
use crate::export::{Sink, SinkError};
use crate::import::City;
use crate::model::{BlockId, Edition};
use crate::network::StreetNetwork;
use crate::stress::StressRatings;
use crate::suite::Suite;
use std::io::{self, BufWriter, Write};

/// The page's table of contents.
pub const FACTS: &str = "map/map.json";
const NAMES: &str = "map/names.json";
const PLACES: &str = "map/places.json";
const REACH: &str = "map/reach.bin";

/// What the map shows.
pub struct Source<'a> {
    /// The place.
    pub area: &'a StudyArea,
    /// ISO 3166-1 alpha-2, for units and the side of the road.
    pub country: Option<&'a str>,
    /// Blocks and destinations.
    pub city: &'a City,
    /// Streets.
    pub network: &'a StreetNetwork,
    /// Calm islands.
    pub ratings: &'a StressRatings,
    /// None when the run stopped before it.
    pub reach: Option<&'a Reach>,
    /// Empty when the run stopped before them.
    pub scores: &'a Scores,
    /// Groups and categories.
    pub suite: &'a Suite,
    /// Edition of the method.
    pub edition: Edition,
}

/// Writes the page, if the binary has it, and what it reads.
///
/// # Errors
/// [`SinkError`].
pub fn write(source: &Source<'_>, sink: &Sink) -> Result<(), SinkError> {
    let order = order(source.city);
    sink.create(FACTS, |out| json(out, &facts::of(source)))?;
    sink.create(NAMES, |out| json(out, &names::of(source.network)))?;
    sink.create(PLACES, |out| json(out, &places::of(source.city, source.scores, &order)))?;
    if let Some(reach) = source.reach {
        let rows = reach_file::Rows { reach, blocks: &source.city.blocks, scores: source.scores, order: &order };
        sink.create_at(REACH, |path| {
            let written = std::fs::File::create(path).map(BufWriter::new).and_then(|out| rows.write(out));
            written.map_err(|cause| SinkError::System { action: "write", path: path.to_owned(), cause })
        })?;
    }
    for asset in embedded() {
        sink.create(asset.path, |out| out.write_all(asset.bytes))?;
    }
    Ok(())
}

fn json(out: &mut dyn Write, value: &serde_json::Value) -> io::Result<()> {
    serde_json::to_writer(&mut *out, value)?;
    out.write_all(b"\n")
}

/// Blocks in the order of their ids, as they are published: a block's position in it is what the files name.
fn order(city: &City) -> Vec<BlockId> {
    let ids = &city.blocks.id;
    let mut order: Vec<BlockId> = (0..ids.len()).map(BlockId::from).collect();
    order.sort_by(|a, b| ids[a.index()].cmp(&ids[b.index()]).then(a.cmp(b)));
    order
}

/// Position of every block in that order.
fn positions(order: &[BlockId]) -> Vec<u32> {
    let mut positions = vec![0; order.len()];
    for (position, block) in (0..).zip(order) {
        positions[block.index()] = position;
    }
    positions
}
