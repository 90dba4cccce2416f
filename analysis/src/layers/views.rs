//! Views: tables of ours under the names that other programs expect.

use super::columns::{ColumnInfo, c};
use super::{Layers, tables::KEY};

/// A view of one table.
#[derive(Clone, Copy, Debug)]
pub struct View {
    /// Name.
    pub name: &'static str,
    /// What a row is.
    pub comment: &'static str,
    /// The table behind it.
    pub table: &'static str,
    /// Its columns, each with that of the table.
    pub columns: &'static [(ColumnInfo, &'static str)],
}

/// All views.
pub const VIEWS: &[View] = &[View {
    name: "routing_links",
    comment: "The graph as pgRouting takes it: its nodes are street segments, its arcs are turns. \
              Calm trips: SELECT * FROM routing_links WHERE stress = 1.",
    table: "neighborhood_ways_net_link",
    columns: &[
        (c("id", "Number of the turn: fid of neighborhood_ways_net_link"), KEY.name),
        (c("source", "Segment left: road_id of neighborhood_ways"), "source_road_id"),
        (c("target", "Segment entered: road_id of neighborhood_ways"), "target_road_id"),
        (c("cost", "Half the length of both segments").unit("m"), "link_cost"),
        (c("stress", "The worst of both segments and the crossing: 1 calm, 3 stressful"), "link_stress"),
        (c("crossing_stress", "Stress of the crossing alone: 1 or 3"), "int_stress"),
        (c("junction_osm_id", "Junction where the turn is made: OSM node"), "int_osm_id"),
    ],
}];

/// Those whose tables go into the database.
pub fn views(layers: &Layers) -> impl Iterator<Item = &'static View> {
    let is_there = |view: &View| layers.get(view.table).is_some_and(|table| table.exports.database);
    VIEWS.iter().filter(move |view| is_there(view))
}
