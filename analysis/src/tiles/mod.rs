//! # Tiles — layers as vector tiles for a web map
//! In:   [`Layers`]                         Out:  a PMTiles archive of Mapbox vector tiles
//! Touches: memory, the writer it is given  Does not know: files, SQL, what a column means beyond [`contents`]
//! Source: PMTiles 3, Mapbox vector tile 2.1; bna-method §12.1 (what the reference's map shows)
//!
//! Every zoom is made from the original geometry: rounded to the zoom's grid (where neighbours share a corner they share the
//! rounded one), lines simplified below the highest zoom, sliced into tiles, encoded. Grid, slices and tiles are computed in
//! parallel and put in order by their ids, so the archive does not depend on the number of threads.

mod archive;
mod clip;
pub mod contents;
mod encode;
mod grid;
mod slice;
#[cfg(test)]
mod tests;

use crate::layers::{Layer, Layers};
use contents::TileLayer;
use rayon::prelude::*;
use std::io::{Seek, Write};

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
    /// Layers in drawing order, lowest first. One whose table is missing, or has no geometry, is left out.
    pub layers: Vec<TileLayer>,
}

impl Default for TileOptions {
    /// Blocks and ways at zooms 9 to 15.
    fn default() -> Self {
        Self {
            name: "Quietway".to_owned(),
            description: "Traffic stress of streets and access by low-stress cycling".to_owned(),
            min_zoom: 9,
            max_zoom: 15,
            layers: vec![contents::BLOCKS, contents::WAYS],
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
}

/// A layer with its table and its geometry in world units.
struct Source<'a> {
    layer: &'a TileLayer,
    table: &'a Layer,
    shapes: grid::Shapes,
}

/// Makes a PMTiles archive of the layers and writes it to `out`, from its start.
///
/// # Errors
/// See [`TilesError`].
pub fn build(layers: &Layers, options: &TileOptions, out: impl Write + Seek) -> Result<TileCounts, TilesError> {
    let (min, max) = (options.min_zoom, options.max_zoom);
    if min > max || max > MAX_ZOOM {
        return Err(TilesError::Zooms { min, max });
    }
    let sources: Vec<Source> = options.layers.iter().filter_map(|layer| source(layers, layer)).collect();
    for source in &sources {
        let touched = source.shapes.touched(max);
        if touched > MAX_TOUCHED {
            return Err(TilesError::TooLarge { table: source.table.name.clone(), touched, zoom: max });
        }
    }
    let pieces = slice::all(&sources, min..=max)?;
    let tiles = encode::all(&sources, pieces)?;
    archive::write(&sources, options, &tiles, out)?;
    let largest_bytes = tiles.par_iter().map(|tile| tile.bytes.len()).max().unwrap_or_default();
    Ok(TileCounts { tiles: tiles.len(), largest_bytes })
}

fn source<'a>(layers: &'a Layers, layer: &'a TileLayer) -> Option<Source<'a>> {
    let table = layers.get(layer.table)?;
    let shapes = grid::Shapes::of(table.geometry.as_ref()?);
    Some(Source { layer, table, shapes })
}
