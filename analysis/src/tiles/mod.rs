//! # Tiles — layers as vector tiles for a web map
//! In:   [`Layers`]                         Out:  Mapbox vector tiles as PMTiles, MBTiles or a folder
//! Touches: memory, the sink                Does not know: SQL, how results came about
//! Source: PMTiles 3, Mapbox vector tile 2.1, TileJSON 3; bna-method §12.1 (what the reference's map shows)
//!
//! Every zoom is made from the original geometry: what is legible there, simplified below the highest zoom (edges that areas share
//! once for both), rounded to the zoom's grid, sliced into tiles, encoded. Slices and tiles are computed in parallel and put in order
//! by their ids, so the bytes do not depend on the number of threads.

mod archive;
mod clip;
mod contents;
mod encode;
mod grid;
mod legible;
mod metadata;
mod output;
mod slice;
#[cfg(test)]
mod tests;
mod topology;

pub use contents::{BLOCKS, WAYS};
pub use output::{TileForm, write};

use crate::export::SinkError;
use crate::layers::Layers;
use crate::store::mbtiles::MbTilesError;
use contents::TileLayer;
use encode::Encoded;
use geo_types::Coord;
use rayon::prelude::*;

/// Which tiles to make.
#[derive(Clone, Debug)]
pub struct TileOptions {
    /// Name of the map, e.g. the study area's.
    pub name: String,
    /// What the map shows, one sentence.
    pub description: String,
    /// Lowest zoom.
    pub min_zoom: u8,
    /// Highest zoom, where every feature of every layer appears unsimplified; at most [`MAX_ZOOM`].
    pub max_zoom: u8,
    /// Compressed bytes that no tile may exceed; its least important features are left out.
    pub max_bytes: usize,
}

impl Default for TileOptions {
    /// Zooms 5 (a town is a few pixels) to 15, tiles of at most 500 kB as map libraries ask for.
    fn default() -> Self {
        Self {
            name: "Quietway".to_owned(),
            description: "Traffic stress of streets and access by low-stress cycling".to_owned(),
            min_zoom: 5,
            max_zoom: 15,
            max_bytes: 500_000,
        }
    }
}

/// The grid of the highest zoom has 2^(zoom + 12) units across the world, which must fit 32 bits with room for margins.
pub const MAX_ZOOM: u8 = 18;

/// Tiles a table may touch at the highest zoom, counted by bounding boxes. A metropolis at zoom 15 needs a hundredth of it.
const MAX_TOUCHED: u64 = 8_000_000;

/// What was made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TileCounts {
    /// Tiles in the archive.
    pub tiles: usize,
    /// Compressed bytes of the largest one.
    pub largest_bytes: usize,
    /// Features left out of tiles that would have been too large; one in two such tiles counts twice.
    pub dropped: usize,
}

/// Why there are no tiles.
#[derive(Debug, thiserror::Error)]
pub enum TilesError {
    /// The options contradict each other.
    #[error(
        "tiles of zooms {min} to {max} cannot be made: the lowest must not exceed the highest, and that must not exceed {MAX_ZOOM}"
    )]
    Zooms {
        /// Lowest zoom asked for.
        min: u8,
        /// Highest zoom asked for.
        max: u8,
    },
    /// A table spans continents: its coordinates are wrong, and its tiles would fill the memory.
    #[error(
        "{table} touches {touched} map tiles at zoom {zoom}, more than a study area can: check that its coordinates are longitude and latitude, or make no tiles"
    )]
    TooLarge {
        /// The table.
        table: String,
        /// Tiles touched by bounding boxes.
        touched: u64,
        /// At this zoom.
        zoom: u8,
    },
    /// A tile cannot be encoded.
    #[error("a vector tile of zoom {zoom} cannot be encoded: {source}")]
    Encode {
        /// Of this zoom.
        zoom: u8,
        /// Reason of the encoder.
        source: mvt::Error,
    },
    /// The archive cannot be written: no space, no permission.
    #[error("the tile archive cannot be written: {0}; check the free space of the output's disk")]
    Write(#[from] pmtiles::PmtError),
    /// The place of the results.
    #[error(transparent)]
    Sink(#[from] SinkError),
    /// The MBTiles file.
    #[error(transparent)]
    MbTiles(#[from] MbTilesError),
}

/// A layer with its geometry in world units.
struct Source<'a> {
    layer: TileLayer<'a>,
    shapes: grid::Shapes,
    legible: legible::Legible,
}

/// All tiles, and what readers are told of them.
struct Made {
    tiles: Vec<Encoded>,
    metadata: serde_json::Value,
    /// South-western and north-eastern corner of all points, in degrees.
    bounds: Option<(Coord<f64>, Coord<f64>)>,
}

impl Made {
    fn counts(&self) -> TileCounts {
        TileCounts {
            tiles: self.tiles.len(),
            largest_bytes: self.tiles.iter().map(|tile| tile.bytes.len()).max().unwrap_or_default(),
            dropped: self.tiles.iter().map(|tile| tile.dropped).sum(),
        }
    }
}

/// Makes the tiles of all layers.
fn make(layers: &Layers, options: &TileOptions) -> Result<Made, TilesError> {
    let (min, max) = (options.min_zoom, options.max_zoom);
    if min > max || max > MAX_ZOOM {
        return Err(TilesError::Zooms { min, max });
    }
    let shown = contents::of(layers, &(min..=max));
    let sources: Vec<Source> = shown.into_par_iter().filter_map(source).collect();
    for source in &sources {
        let touched = source.shapes.touched(max);
        if touched > MAX_TOUCHED {
            return Err(TilesError::TooLarge { table: source.layer.table.name.clone(), touched, zoom: max });
        }
    }
    let pieces = slice::all(&sources, min..=max)?;
    let tiles = encode::all(&sources, &pieces, options.max_bytes)?;
    Ok(Made { tiles, metadata: metadata::of(&sources, options), bounds: metadata::bounds(&sources) })
}

fn source(layer: TileLayer<'_>) -> Option<Source<'_>> {
    let shapes = grid::Shapes::of(layer.table.geometry.as_ref()?);
    let legible = legible::of(layer.legibility, &layer.table, &shapes);
    Some(Source { layer, shapes, legible })
}
