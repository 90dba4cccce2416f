//! The inputs of a run, reduced to the study area, saved beside its results: the same run can be made from them years later.

use super::hash;
use crate::boundary::BoundarySource;
use crate::error::RunError;
use crate::export::parquet::write_layer;
use crate::export::sink::Sink;
use crate::import::blocks::saved;
use crate::import::{Blocks, City};
use crate::layers::{Exports, Geometry, Layer};
use crate::plan::Plan;
use crate::vector::{self, Format};
use flate2::Compression;
use flate2::write::GzEncoder;
use quietway_job::manifest::Provenance;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Folder of the saved inputs.
pub(super) const FOLDER: &str = "inputs/";
/// Files in it.
pub(super) const OSM: &str = "inputs/extract.osm.pbf";
pub(super) const BLOCKS: &str = "inputs/blocks.parquet";
pub(super) const JOBS: &str = "inputs/jobs.csv.gz";
pub(super) const SUITE: &str = "inputs/suite.toml";
/// Where all of them came from: a repeated run reads copies, and still says so.
pub(super) const PROVENANCE: &str = "inputs/provenance.json";
/// Without the ending, which is that of the user's file.
pub(super) const BOUNDARY: &str = "inputs/boundary";

/// Saves OSM data, blocks and jobs of the study area, the boundary as it was given and the suite. Speeds stand in the manifest.
///
/// # Errors
/// The sink, or a boundary file that has gone.
pub fn save(
    plan: &Plan,
    boundary: &BoundarySource,
    city: &City,
    sources: &Provenance,
    srid: u32,
    sink: &Sink,
) -> Result<(), RunError> {
    if let Some(extract) = &city.extract {
        sink.create(OSM, |out| out.write_all(extract))?;
    }
    let blocks = layer(&city.blocks);
    sink.create(BLOCKS, |out| Ok(write_layer(&blocks, srid, plan.edition.as_str(), out)?))?;
    if let Some(jobs) = &city.blocks.jobs {
        sink.create(JOBS, |out| write_jobs(&city.blocks, jobs, out))?;
    }
    sink.create(SUITE, |out| out.write_all(plan.suite_text.as_bytes()))?;
    sink.create(PROVENANCE, |out| serde_json::to_writer_pretty(out, sources).map_err(io::Error::from))?;
    save_boundary(boundary, sink)
}

fn layer(blocks: &Blocks) -> Layer {
    let wgs84 = blocks.geometry.iter().cloned().map(Some).collect();
    Layer {
        name: "blocks".into(),
        comment: "Blocks of the study area as they were read: quietway run --from uses them.".into(),
        columns: saved::columns(blocks),
        geometry: Some(Geometry::Polygons { wgs84, metric: Vec::new() }),
        exports: Exports::default(),
    }
}

/// As LODES writes them. Blocks without jobs have no row.
fn write_jobs(blocks: &Blocks, jobs: &[f64], out: &mut (dyn Write + Send)) -> io::Result<()> {
    let mut csv = csv::Writer::from_writer(GzEncoder::new(out, Compression::default()));
    csv.write_record(["w_geocode", "S000"])?;
    for (id, jobs) in blocks.id.iter().zip(jobs).filter(|(_, jobs)| **jobs > 0.0) {
        csv.write_record([&**id, &jobs.to_string()])?;
    }
    csv.into_inner().map_err(|error| io::Error::other(error.to_string()))?.finish().map(drop)
}

fn save_boundary(boundary: &BoundarySource, sink: &Sink) -> Result<(), RunError> {
    let path = match boundary {
        BoundarySource::Held(bytes) => {
            return Ok(sink.create(&format!("{BOUNDARY}.geojson"), |out| out.write_all(bytes))?);
        }
        BoundarySource::File(path) => path,
        BoundarySource::Stdin => return Ok(()), // it was held before anything else was done
    };
    let format = vector::format_of(path).map_err(crate::boundary::BoundaryError::from)?;
    for (ending, file) in files(path, format) {
        // Whether it can be read is found out here: what fails below is the sink.
        hash("boundary", &file)?;
        sink.create(&format!("{BOUNDARY}.{ending}"), |out| io::copy(&mut std::fs::File::open(&file)?, out).map(drop))?;
    }
    Ok(())
}

/// The file, under an ending that tells its format, and the companions of a shapefile.
fn files(path: &Path, format: Format) -> Vec<(&'static str, PathBuf)> {
    let ending = match format {
        Format::GeoJson => "geojson",
        Format::Shapefile => "shp",
        Format::ZippedShapefile => "zip",
        Format::GeoPackage => "gpkg",
    };
    let companions: &[&str] = if format == Format::Shapefile { &["dbf", "prj", "shx", "cpg"] } else { &[] };
    let companions = companions.iter().map(|ending| (*ending, path.with_extension(ending)));
    std::iter::once((ending, path.to_owned())).chain(companions.filter(|(_, path)| path.is_file())).collect()
}
