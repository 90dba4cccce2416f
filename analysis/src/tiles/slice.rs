//! From rows to the pieces of them that lie in each tile.

use super::clip::{Slab, clip};
use super::grid::{self, EXTENT, Figure, Unit};
use super::{Source, TilesError};
use pmtiles::{TileCoord, TileId};
use rayon::prelude::*;
use std::ops::RangeInclusive;

/// How far beyond its border a tile goes on, in units: wide lines drawn along a border are whole (8 of 512 pixels).
const MARGIN: f64 = 64.0;

/// Rows one task slices.
const ROWS: usize = 512;

/// A row's part in one tile.
pub(super) struct Piece {
    /// Position along the archive: by zoom, then along a Hilbert curve.
    pub tile: TileId,
    /// Index of the source.
    pub source: usize,
    pub row: usize,
    /// In units of the whole world.
    pub parts: Vec<Vec<Unit>>,
}

/// Slices every row for every zoom; pieces sorted by tile, source and row.
pub(super) fn all(sources: &[Source<'_>], zooms: RangeInclusive<u8>) -> Result<Vec<Piece>, TilesError> {
    let highest = *zooms.end();
    let tasks: Vec<(u8, usize, usize)> = zooms
        .flat_map(|zoom| {
            let shown = sources.iter().enumerate().filter(move |(_, source)| source.layer.zooms.contains(&zoom));
            shown.map(move |(at, source)| (zoom, at, source.shapes.len()))
        })
        .flat_map(|(zoom, at, rows)| (0..rows).step_by(ROWS).map(move |start| (zoom, at, start)))
        .collect();
    let sliced: Vec<Vec<Piece>> = tasks
        .into_par_iter()
        .with_max_len(1)
        .map(|(zoom, at, start)| {
            let mut pieces = Vec::with_capacity(ROWS);
            let end = (start + ROWS).min(sources[at].shapes.len());
            for row in start..end {
                slice_row(&sources[at], at, row, zoom, zoom == highest, &mut pieces)?;
            }
            Ok(pieces)
        })
        .collect::<Result<_, TilesError>>()?;
    let mut pieces: Vec<Piece> = sliced.into_iter().flatten().collect();
    pieces.par_sort_unstable_by_key(|piece| (piece.tile, piece.source, piece.row));
    Ok(pieces)
}

fn slice_row(
    source: &Source<'_>,
    at: usize,
    row: usize,
    zoom: u8,
    is_highest: bool,
    pieces: &mut Vec<Piece>,
) -> Result<(), TilesError> {
    if !source.legible.shows(row, zoom, is_highest) {
        return Ok(());
    }
    let shape = source.shapes.at_zoom(row, zoom, is_highest);
    let kind = source.shapes.kind;
    for column in touched(&shape, 0, zoom) {
        let strip = clip(&shape, kind, slab(0, column));
        for line in touched(&strip, 1, zoom) {
            let inside = grid::finish(&clip(&strip, kind, slab(1, line)), kind);
            if inside.is_empty() {
                continue;
            }
            let tile = TileCoord::new(zoom, column, line)?.into();
            pieces.push(Piece { tile, source: at, row, parts: inside });
        }
    }
    Ok(())
}

/// Tiles along an axis whose slab holds some of the figures.
fn touched(figures: &[Figure], axis: usize, zoom: u8) -> RangeInclusive<u32> {
    let ends = figures.iter().flatten().flatten().map(|place| (place[axis], place[axis]));
    let Some((low, high)) = ends.reduce(|a, b| (a.0.min(b.0), a.1.max(b.1))) else {
        return RangeInclusive::new(1, 0); // none
    };
    let last = f64::from((1_u32 << zoom) - 1);
    let tile = |at: f64| (at / f64::from(EXTENT)).floor().clamp(0.0, last) as u32;
    tile(low - MARGIN)..=tile(high + MARGIN)
}

fn slab(axis: usize, tile: u32) -> Slab {
    let start = f64::from(tile) * f64::from(EXTENT);
    Slab { axis, low: start - MARGIN, high: start + f64::from(EXTENT) + MARGIN }
}
