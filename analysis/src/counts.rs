//! # Counts — what each stage made, for progress and manifest
//! In:   a stage's value                   Out:  named numbers
//! Touches: memory only

use crate::acquire::Inputs;
use crate::connectivity::Reach;
use crate::import::City;
use crate::layers::Layers;
use crate::network::StreetNetwork;
use crate::progress::Counts;
use crate::stress::StressRatings;

/// Of the acquisition.
pub fn of_inputs(inputs: &Inputs) -> Counts {
    let bytes =
        |from_cache| inputs.fetched.iter().filter(|file| file.from_cache == from_cache).map(|file| file.bytes).sum();
    vec![("files", inputs.fetched.len() as u64), ("bytes downloaded", bytes(false)), ("bytes cached", bytes(true))]
}

/// Of the import.
pub fn of_city(city: &City) -> Counts {
    let places = city.destinations.iter().map(|table| table.places.len() as u64).sum();
    let [nodes, ways, relations] = city.osm_report.read;
    vec![
        ("street ways", city.streets.ways.len() as u64),
        ("blocks", city.blocks.len() as u64),
        ("destinations", places),
        ("nodes read", nodes),
        ("ways read", ways),
        ("relations read", relations),
    ]
}

/// Of the network.
pub fn of_network(network: &StreetNetwork) -> Counts {
    vec![
        ("segments", network.segments.len() as u64),
        ("junctions", network.junctions.len() as u64),
        ("links", network.links.len() as u64),
        ("trails", network.trails.len() as u64),
    ]
}

/// Of the ratings.
pub fn of_ratings(ratings: &StressRatings) -> Counts {
    let islands = ratings.island.iter().flatten().max().copied().unwrap_or(0);
    vec![("low-stress islands", u64::from(islands))]
}

/// Of the reach; settled segments and relaxed links are the same on every machine.
pub fn of_reach(reach: &Reach) -> Counts {
    vec![
        ("pairs", reach.pairs),
        ("settled segments", reach.work.settled_segments),
        ("relaxed links", reach.work.relaxed_links),
    ]
}

/// Of the layers.
pub fn of_layers(layers: &Layers) -> Counts {
    vec![("tables", layers.tables.len() as u64), ("rows", layers.tables.iter().map(|layer| layer.rows() as u64).sum())]
}
