//! Tiles as a PMTiles archive.

use super::encode::Encoded;
use super::{Made, TileOptions};
use pmtiles::{Compression, PmTilesWriter, PmtError, TileType};
use std::io::{Seek, Write};

/// Zoom at which a map opens: a town fills a window.
pub(super) const OPENING_ZOOM: u8 = 12;

/// Writes the archive; tiles are in order of their ids, which makes it clustered.
pub(super) fn write(made: &Made, options: &TileOptions, out: impl Write + Seek) -> Result<(), PmtError> {
    let mut writer = PmTilesWriter::new(TileType::Mvt)
        .precompressed(Compression::Gzip)
        .min_zoom(options.min_zoom)
        .max_zoom(options.max_zoom)
        .metadata(made.metadata.to_string());
    if let Some((min, max)) = made.bounds {
        writer = writer
            .bounds(min.x, min.y, max.x, max.y)
            .center((min.x + max.x) / 2.0, (min.y + max.y) / 2.0)
            .center_zoom(OPENING_ZOOM.clamp(options.min_zoom, options.max_zoom));
    }
    let mut writer = writer.create(out)?;
    for Encoded { id, bytes, .. } in &made.tiles {
        writer.add_tile((*id).into(), bytes)?;
    }
    writer.finalize()
}
