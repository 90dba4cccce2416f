//! The forms in which tiles are written.

use super::{Made, TileCounts, TileOptions, TilesError, archive, make};
use crate::export::{Sink, SinkError};
use crate::layers::Layers;
use crate::store::mbtiles::{self, Tile};
use flate2::read::GzDecoder;
use pmtiles::TileCoord;
use rayon::prelude::*;
use serde_json::{Value, json};
use std::io::Read;
use tokio::runtime::Handle;

/// A form of the tiles.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum TileForm {
    /// `tiles/quietway.pmtiles`: one file read by ranges.
    PmTiles,
    /// `tiles/quietway.mbtiles`: one SQLite file.
    MbTiles,
    /// `tiles/{z}/{x}/{y}.mvt` and `tiles/tiles.json`.
    Folder {
        /// Whether the files stay compressed; a server must then say `Content-Encoding: gzip`.
        gzip: bool,
    },
}

/// Makes the tiles once and writes them in every form.
///
/// # Errors
/// See [`TilesError`].
pub fn write(
    layers: &Layers,
    name: &str,
    forms: &[TileForm],
    sink: &Sink,
    runtime: &Handle,
) -> Result<TileCounts, TilesError> {
    let options = TileOptions { name: name.to_owned(), ..TileOptions::default() };
    let made = make(layers, &options)?;
    for form in forms {
        match form {
            TileForm::PmTiles => sink.create_at("tiles/quietway.pmtiles", |path| {
                let file = std::fs::File::create(path).map_err(pmtiles::PmtError::from)?;
                archive::write(&made, &options, std::io::BufWriter::new(file)).map_err(TilesError::from)
            })?,
            TileForm::MbTiles => sink.create_at("tiles/quietway.mbtiles", |path| {
                let metadata = mbtiles_metadata(&made, &options);
                runtime.block_on(mbtiles::write(path, &metadata, &rows(&made))).map_err(TilesError::from)
            })?,
            TileForm::Folder { gzip } => folder(&made, &options, *gzip, sink)?,
        }
    }
    Ok(made.counts())
}

fn folder(made: &Made, options: &TileOptions, gzip: bool, sink: &Sink) -> Result<(), SinkError> {
    let name = |at: TileCoord| format!("tiles/{}/{}/{}.mvt", at.z(), at.x(), at.y());
    let names: Vec<String> = made.tiles.iter().map(|tile| name(tile.id.into())).collect();
    sink.announce(&names)?;
    names.par_iter().zip(&made.tiles).try_for_each(|(name, tile)| {
        sink.create(name, |out| match gzip {
            true => out.write_all(&tile.bytes),
            false => {
                let mut plain = Vec::with_capacity(3 * tile.bytes.len());
                GzDecoder::new(tile.bytes.as_slice()).read_to_end(&mut plain)?;
                out.write_all(&plain)
            }
        })
    })?;
    let text = serde_json::to_vec_pretty(&tile_json(made, options)).map_err(std::io::Error::from);
    sink.create("tiles/tiles.json", |out| out.write_all(&text?))
}

/// TileJSON 3. The address is relative to the file, since nobody knows yet where it will be served.
fn tile_json(made: &Made, options: &TileOptions) -> Value {
    let mut json = made.metadata.clone();
    json["tilejson"] = "3.0.0".into();
    json["scheme"] = "xyz".into();
    json["tiles"] = json!(["{z}/{x}/{y}.mvt"]);
    json["minzoom"] = options.min_zoom.into();
    json["maxzoom"] = options.max_zoom.into();
    if let Some((min, max)) = made.bounds {
        json["bounds"] = json!([min.x, min.y, max.x, max.y]);
        json["center"] = json!([(min.x + max.x) / 2.0, (min.y + max.y) / 2.0, archive::OPENING_ZOOM]);
    }
    json
}

/// Names and values as MBTiles 1.3 wants them.
fn mbtiles_metadata(made: &Made, options: &TileOptions) -> Vec<(&'static str, String)> {
    let text = |key: &str| made.metadata[key].as_str().unwrap_or_default().to_owned();
    let mut rows = vec![
        ("name", text("name")),
        ("format", "pbf".to_owned()),
        ("description", text("description")),
        ("attribution", text("attribution")),
        ("type", text("type")),
        ("version", quietway_job::VERSION.to_owned()),
        ("minzoom", options.min_zoom.to_string()),
        ("maxzoom", options.max_zoom.to_string()),
        ("json", json!({ "vector_layers": made.metadata["vector_layers"] }).to_string()),
    ];
    if let Some((min, max)) = made.bounds {
        rows.push(("bounds", format!("{},{},{},{}", min.x, min.y, max.x, max.y)));
        let (x, y) = ((min.x + max.x) / 2.0, (min.y + max.y) / 2.0);
        rows.push(("center", format!("{x},{y},{}", archive::OPENING_ZOOM)));
    }
    rows
}

fn rows(made: &Made) -> Vec<Tile<'_>> {
    let row = |tile: &'_ super::Encoded| {
        let at = TileCoord::from(tile.id);
        (at.z(), at.x(), at.y())
    };
    made.tiles.iter().map(|tile| Tile { zxy: row(tile), bytes: &tile.bytes }).collect()
}

/// For tests: an archive in memory.
#[cfg(test)]
pub(super) fn build(
    layers: &Layers,
    options: &TileOptions,
    out: impl std::io::Write + std::io::Seek,
) -> Result<TileCounts, TilesError> {
    let made = make(layers, options)?;
    archive::write(&made, options, out)?;
    Ok(made.counts())
}
