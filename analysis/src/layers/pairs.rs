//! `neighborhood_connected_census_blocks` as a table, for those who want it in the database (`--publish pairs`).

use super::{Exports, Layer, PAIR_COLUMNS, PAIRS, bools, ints};
use crate::connectivity::Reach;
use crate::model::{BlockId, Column, Values};
use std::sync::Arc;

/// All pairs, sorted by source, then target.
pub fn table(reach: &Reach, block_ids: &[Arc<str>]) -> Layer {
    let mut order: Vec<BlockId> = (0..block_ids.len()).map(BlockId::from).collect();
    order.sort_by(|a, b| block_ids[a.index()].cmp(&block_ids[b.index()]));
    let mut rows = Vec::new();
    reach.reader().rows_of(&order, |source, pairs| {
        let start = rows.len();
        rows.extend(pairs.iter().map(|&pair| (source, pair)));
        rows[start..].sort_by(|(_, a), (_, b)| block_ids[a.target().index()].cmp(&block_ids[b.target().index()]));
    });
    let id = |block: BlockId| Some(Arc::clone(&block_ids[block.index()]));
    let [source, target, low, low_cost, high, high_cost] = PAIR_COLUMNS;
    let columns = vec![
        Column::new(source, Values::Text(rows.iter().map(|(source, _)| id(*source)).collect())),
        Column::new(target, Values::Text(rows.iter().map(|(_, pair)| id(pair.target())).collect())),
        bools(low, rows.iter().map(|(_, pair)| Some(pair.low_stress()))),
        ints(low_cost, rows.iter().map(|(_, pair)| pair.low_m().map(i64::from))),
        bools(high, rows.iter().map(|_| Some(true))),
        ints(high_cost, rows.iter().map(|(_, pair)| pair.high_m().map(i64::from))),
    ];
    let comment = "Pairs of blocks within the longest trip, with the least cost in metres calmly and at all.";
    let exports = Exports { geojson: false, csv: false, shp: false, gpkg: true, tiles: None };
    Layer { name: PAIRS.into(), comment, columns, geometry: None, exports }
}
