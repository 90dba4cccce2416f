//! Pieces as Mapbox vector tiles, compressed, none larger than allowed.

use super::grid::{EXTENT, Kind, Unit};
use super::slice::Piece;
use super::{Source, TilesError};
use crate::model::Values;
use flate2::Compression;
use flate2::write::GzEncoder;
use mvt::{Feature, GeomData, GeomEncoder, GeomType, Tile};
use pmtiles::{TileCoord, TileId};
use rayon::prelude::*;
use std::io::Write;

/// Effort of gzip, of 9: beyond it tiles get hardly smaller, only slower.
const EFFORT: u32 = 6;

/// A tile that is too large is tried again with this part of what would fit: few tries, little lost.
const CAUTION: f64 = 0.95;

/// A tile as stored.
pub(super) struct Encoded {
    pub id: TileId,
    pub bytes: Vec<u8>,
    /// Features left out because the tile would have been too large.
    pub dropped: usize,
}

/// Encodes all tiles, in the order of their pieces.
pub(super) fn all(sources: &[Source<'_>], pieces: &[Piece], max_bytes: usize) -> Result<Vec<Encoded>, TilesError> {
    // One by one: a tile of the lowest zoom has as many features as hundreds of the highest.
    let groups: Vec<&[Piece]> = pieces.chunk_by(|a, b| a.tile == b.tile).collect();
    groups.into_par_iter().with_max_len(1).map(|group| within(sources, group, max_bytes)).collect()
}

/// A tile of at most so many bytes: if need be without its least important features, of each layer the same part.
fn within(sources: &[Source<'_>], pieces: &[Piece], max_bytes: usize) -> Result<Encoded, TilesError> {
    let id = pieces[0].tile; // a group has a piece
    let all: Vec<&Piece> = pieces.iter().collect();
    let mut bytes = tile(sources, &all)?;
    let mut share = 1.0;
    let mut dropped = 0;
    while bytes.len() > max_bytes && dropped < pieces.len() {
        share *= CAUTION * max_bytes as f64 / bytes.len() as f64;
        let kept = most_important(sources, pieces, share);
        dropped = pieces.len() - kept.len();
        bytes = tile(sources, &kept)?;
    }
    Ok(Encoded { id, bytes, dropped })
}

fn most_important<'a>(sources: &[Source<'_>], pieces: &'a [Piece], share: f64) -> Vec<&'a Piece> {
    let of_layer = |group: &'a [Piece]| {
        let legible = &sources[group[0].source].legible;
        let mut ranked: Vec<&Piece> = group.iter().collect();
        ranked.sort_by(|a, b| legible.compare(a.row, b.row));
        ranked.truncate((group.len() as f64 * share) as usize);
        ranked.sort_by_key(|piece| piece.row);
        ranked
    };
    pieces.chunk_by(|a, b| a.source == b.source).flat_map(of_layer).collect()
}

fn tile(sources: &[Source<'_>], pieces: &[&Piece]) -> Result<Vec<u8>, TilesError> {
    let Some(first) = pieces.first() else { return Ok(gzip(&[])) };
    let coordinates = TileCoord::from(first.tile);
    let zoom = coordinates.z();
    let origin = [coordinates.x(), coordinates.y()].map(|index| index as i32 * EXTENT);
    let failed = |source| TilesError::Encode { zoom, source };
    let mut tile = Tile::new(EXTENT as u32);
    for group in pieces.chunk_by(|a, b| a.source == b.source) {
        let source = &sources[group[0].source];
        let table = &source.layer.table;
        let keys = match source.layer.key.and_then(|key| table.columns.iter().find(|column| &*column.name == key)) {
            Some(column) => match &column.values {
                Values::Int(keys) => keys.as_slice(),
                _ => &[],
            },
            None => &[],
        };
        let id = |row: usize| match source.layer.key {
            Some(_) => keys.get(row).copied().flatten().and_then(|key| u64::try_from(key).ok()),
            None => Some(row as u64 + 1),
        };
        let visible = source.layer.columns.iter().filter(|column| column.from_zoom <= zoom);
        let visible: Vec<_> = visible.map(|column| &table.columns[column.index]).collect();
        let mut layer = tile.create_layer(&source.layer.id);
        for piece in group {
            let shape = geometry(&piece.parts, source.shapes.kind, origin).map_err(failed)?;
            let mut feature = layer.into_feature(shape);
            if let Some(id) = id(piece.row) {
                feature.set_id(id);
            }
            visible.iter().for_each(|column| add(&mut feature, &column.name, &column.values, piece.row));
            layer = feature.into_layer();
        }
        tile.add_layer(layer).map_err(failed)?;
    }
    Ok(gzip(&tile.to_bytes().map_err(failed)?))
}

/// Adds an attribute; NULL is none. Numbers take the shortest type that keeps them exact.
fn add(feature: &mut Feature, name: &str, values: &Values, row: usize) {
    match values {
        Values::Int(v) => match v[row] {
            Some(value) if value < 0 => feature.add_tag_sint(name, value),
            Some(value) => feature.add_tag_uint(name, value.unsigned_abs()),
            None => {}
        },
        Values::Float(v) => match v[row] {
            Some(value) if f64::from(value as f32) == value => feature.add_tag_float(name, value as f32),
            Some(value) => feature.add_tag_double(name, value),
            None => {}
        },
        Values::Text(v) => {
            if let Some(value) = &v[row] {
                feature.add_tag_string(name, value);
            }
        }
        Values::Bool(v) => {
            if let Some(value) = v[row] {
                feature.add_tag_bool(name, value);
            }
        }
        Values::IntList(v) => feature.add_tag_string(name, &list(&v[row])),
        Values::TextList(v) => {
            feature.add_tag_string(name, &list(&v[row].iter().map(AsRef::as_ref).collect::<Vec<&str>>()))
        }
    }
}

/// Tiles have no lists: JSON text.
fn list(items: &impl serde::Serialize) -> String {
    serde_json::to_string(items).expect("lists of numbers and texts are always JSON")
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    const MEMORY: &str = "writing to memory cannot fail";
    let mut encoder = GzEncoder::new(Vec::with_capacity(bytes.len() / 2), Compression::new(EFFORT));
    encoder.write_all(bytes).expect(MEMORY);
    encoder.finish().expect(MEMORY)
}

/// Parts in the units of the tile that begins at `origin`.
fn geometry(parts: &[Vec<Unit>], kind: Kind, origin: Unit) -> Result<GeomData, mvt::Error> {
    let kind_of_parts = match kind {
        Kind::Point => GeomType::Point,
        Kind::Line => GeomType::Linestring,
        Kind::Polygon => GeomType::Polygon,
    };
    let mut encoder = GeomEncoder::<i32>::new(kind_of_parts);
    let mut before: Option<&Unit> = None;
    for part in parts {
        // The encoder forgets the MoveTo of a part that starts where the one before ended: lines are then one line, and a
        // ring starts one corner on.
        let touches = before.is_some() && before == part.first();
        if before.is_some() && !(kind == Kind::Point || kind == Kind::Line && touches) {
            encoder.complete_geom()?;
        }
        let start = usize::from(kind == Kind::Polygon && touches);
        for &[x, y] in part[start..].iter().chain(&part[..start]) {
            encoder.add_point(x - origin[0], y - origin[1])?;
        }
        before = if start == 0 { part.last() } else { part.first() };
    }
    encoder.encode()
}
