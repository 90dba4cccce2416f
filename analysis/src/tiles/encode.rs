//! Pieces as Mapbox vector tiles, compressed.

use super::contents::TileColumn;
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

/// A tile as stored.
pub(super) struct Encoded {
    pub id: TileId,
    pub bytes: Vec<u8>,
}

/// Encodes all tiles, in the order of their pieces.
pub(super) fn all(sources: &[Source<'_>], mut pieces: Vec<Piece>) -> Result<Vec<Encoded>, TilesError> {
    let columns: Vec<Vec<Attribute>> = sources.iter().map(attributes).collect();
    // One by one: a tile of the lowest zoom has as many features as hundreds of the highest.
    let groups: Vec<&mut [Piece]> = pieces.chunk_by_mut(|a, b| a.tile == b.tile).collect();
    groups.into_par_iter().with_max_len(1).map(|group| tile(sources, &columns, group)).collect()
}

/// A column that is in the table.
struct Attribute<'a> {
    column: &'a TileColumn,
    values: &'a Values,
}

fn attributes<'a>(source: &Source<'a>) -> Vec<Attribute<'a>> {
    let columns = source.layer.columns.iter();
    columns.filter_map(|column| Some(Attribute { column, values: column_of(source, column.name)? })).collect()
}

/// A column of a source's table.
pub(super) fn column_of<'a>(source: &Source<'a>, name: &str) -> Option<&'a Values> {
    source.table.columns.iter().find(|column| &*column.name == name).map(|column| &column.values)
}

fn tile(sources: &[Source<'_>], columns: &[Vec<Attribute<'_>>], pieces: &mut [Piece]) -> Result<Encoded, TilesError> {
    let id = pieces[0].tile; // a group has a piece
    let zoom = TileCoord::from(id).z();
    let failed = |source| TilesError::Encode { zoom, source };
    let mut tile = Tile::new(EXTENT as u32);
    for group in pieces.chunk_by_mut(|a, b| a.source == b.source) {
        let at = group[0].source;
        let keys = match column_of(&sources[at], sources[at].layer.key) {
            Some(Values::Int(keys)) => keys.as_slice(),
            _ => &[],
        };
        let visible: Vec<&Attribute> = columns[at].iter().filter(|a| a.column.from_zoom <= zoom).collect();
        let mut layer = tile.create_layer(sources[at].layer.id);
        for piece in group {
            let Some(geometry) = piece.geometry.take() else { continue };
            let mut feature = layer.into_feature(geometry);
            if let Some(Some(key)) = keys.get(piece.row)
                && let Ok(key) = u64::try_from(*key)
            {
                feature.set_id(key);
            }
            for attribute in &visible {
                add(&mut feature, attribute.column.name, attribute.values, piece.row);
            }
            layer = feature.into_layer();
        }
        tile.add_layer(layer).map_err(failed)?;
    }
    let bytes = tile.to_bytes().map_err(failed)?;
    Ok(Encoded { id, bytes: gzip(&bytes) })
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
pub(super) fn geometry(parts: &[Vec<Unit>], kind: Kind, origin: Unit) -> Result<GeomData, mvt::Error> {
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
