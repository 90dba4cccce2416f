//! # Export — layers become files
//! In:   &Layers, pairs, formats           Out:  files in a [`Sink`]
//! Touches: the sink                       Does not know: how results came about, SQL
//! Source: bna-method §9 (files, dialects, field names)
//!
//! Every output records the edition: GeoJSON inside, CSV and shapefiles, whose dialects have no room for it, in their metadata files.
//!
//! One file a format: each writes bytes to a `Write`; [`sink`] decides where they go. A new format is one file, one variant, one line in
//! `Format::holds` and one in `write_layer`, which does not compile without.

pub mod bundle;
mod csv;
mod geojson;
pub mod layout;
mod pairs;
pub mod parquet;
mod rows;
pub mod s3;
mod shp;
mod sidecar;
pub mod sink;
#[cfg(test)]
mod tests;
mod text;

pub use pairs::{Pairs, PairsForm};
pub use shp::ShpError;
pub use sink::{Artifact, Sink, SinkError};

use crate::layers::{Layer, Layers};
use rayon::prelude::*;

/// A kind of file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Format {
    /// `<table>.geojson`, degrees.
    GeoJson,
    /// `<table>.csv`; also the pairs.
    Csv,
    /// `<table>.shp` and its companions, metres.
    Shp,
    /// `<table>.parquet`: GeoParquet of the tables with geometry, degrees; also the pairs.
    Parquet,
}

impl Format {
    /// All, in the order in which they are offered.
    pub const ALL: [Self; 4] = [Self::GeoJson, Self::Csv, Self::Shp, Self::Parquet];

    /// Whether a table is written in this format.
    fn holds(self, layer: &Layer) -> bool {
        match self {
            Self::GeoJson => layer.exports.geojson,
            Self::Csv => layer.exports.csv,
            Self::Shp => layer.exports.shp,
            Self::Parquet => layer.exports.parquet,
        }
    }
}

/// Why an export failed.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The place of the results.
    #[error(transparent)]
    Sink(#[from] SinkError),
    /// A format that cannot hold a table.
    #[error(transparent)]
    Shp(#[from] ShpError),
}

/// Adds `bundle.zip`: all files written so far, flat (bna-method §9.1).
///
/// # Errors
/// [`SinkError`].
pub fn bundle(sink: &Sink) -> Result<(), SinkError> {
    let files = sink.local_files();
    sink.create("bundle.zip", |out| bundle::write_zip(&files, out).map_err(std::io::Error::other))
}

/// Writes every table in every format that holds it, and the pairs as CSV; files in parallel. What was written is in [`Sink::artifacts`],
/// by path. When several files fail, the error is that of the first in publishing order.
///
/// # Errors
/// [`ExportError`].
pub fn write(layers: &Layers, pairs: Option<&Pairs<'_>>, formats: &[Format], sink: &Sink) -> Result<(), ExportError> {
    let tables = |format: Format| layers.tables.iter().filter(move |layer| format.holds(layer));
    let chosen = Format::ALL.into_iter().filter(|format| formats.contains(format));
    let files: Vec<(Format, &Layer)> =
        chosen.flat_map(|format| tables(format).map(move |layer| (format, layer))).collect();
    // The pairs are by far the largest file: they start first.
    let (of_pairs, of_layers) = rayon::join(
        || pairs.map_or(Ok(()), |pairs| write_pairs(layers, pairs, sink)),
        || files.par_iter().map(|(format, layer)| write_layer(layers, *format, layer, sink)).collect::<Vec<_>>(),
    );
    of_pairs?;
    of_layers.into_iter().collect::<Result<(), _>>()?;
    if formats.contains(&Format::Csv) {
        let tables: Vec<&Layer> = tables(Format::Csv).collect();
        let text = sidecar::csv_metadata(layers, &tables, pairs.and_then(Pairs::csv_name).as_deref());
        sink.create(sidecar::CSV_METADATA, |out| out.write_all(text.as_bytes()))?;
    }
    Ok(())
}

fn write_pairs(layers: &Layers, pairs: &Pairs<'_>, sink: &Sink) -> Result<(), ExportError> {
    for form in pairs.forms {
        sink.create(&form.file_name(), |out| match form {
            PairsForm::Csv => pairs.write_csv(out),
            PairsForm::CsvGz => pairs.write_gzip(out),
            PairsForm::Parquet => Ok(parquet::write_pairs(
                pairs.block_ids,
                |visit| pairs.for_each_row(visit),
                layers.edition.as_str(),
                out,
            )?),
        })?;
    }
    Ok(())
}

fn write_layer(layers: &Layers, format: Format, layer: &Layer, sink: &Sink) -> Result<(), ExportError> {
    let name = &layer.name;
    match format {
        Format::GeoJson => {
            sink.create(&format!("{name}.geojson"), |out| geojson::write(layer, layers.edition, out))?;
        }
        Format::Csv => sink.create(&format!("{name}.csv"), |out| csv::write(layer, out))?,
        Format::Shp => write_shapefile(layers, layer, sink)?,
        Format::Parquet => sink.create(&format!("{name}.parquet"), |out| {
            Ok(parquet::write_layer(layer, layers.srid, layers.edition.as_str(), out)?)
        })?,
    }
    Ok(())
}

fn write_shapefile(layers: &Layers, layer: &Layer, sink: &Sink) -> Result<(), ExportError> {
    let file = |ending: &str| format!("{}.{ending}", layer.name);
    let table = shp::Dbf::of(layer)?;
    if let Some(shapes) = shp::Shapes::of(layer)? {
        sink.create(&file("shp"), |out| shapes.write(out))?;
        sink.create(&file("shx"), |out| shapes.write_index(out))?;
        if let Some(projection) = shp::projection_text(layers.srid) {
            sink.create(&file("prj"), |out| out.write_all(projection.as_bytes()))?;
        }
        let metadata = sidecar::shapefile_metadata(layers, layer, &table);
        sink.create(&file("shp.xml"), |out| out.write_all(metadata.as_bytes()))?;
    }
    sink.create(&file("dbf"), |out| table.write(out))?;
    sink.create(&file("cpg"), |out| out.write_all(shp::CPG.as_bytes()))?;
    Ok(())
}

/// For tests of other rooms: a table as readable text.
#[cfg(test)]
pub(crate) mod testing {
    pub(crate) fn csv(layer: &crate::layers::Layer, out: &mut Vec<u8>) {
        super::csv::write(layer, out).unwrap();
    }
}
