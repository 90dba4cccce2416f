//! # Blocks — where people live, and trips start and end
//! In:   StudyArea, files or a grid, Suite     Out:  [`Blocks`]
//! Touches: those files                        Does not know: streets, OSM, scores
//! Source: bna-method §1.3, §1.4.2, §1.7, §1.8

pub mod saved;
mod several;
pub(super) mod share;

use super::raster::{self, RasterError};
use super::{Blocks, grid};
use crate::boundary::StudyArea;
use crate::model::{Column, Edition, Values, hilbert_d};
use crate::suite::Suite;
use crate::vector;
use geo::{BoundingRect, CoordsIter, MapCoords};
use geo_types::{Coord, MultiPolygon, Rect};
use rayon::prelude::*;
use share::Region;
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;

const ID: &str = "geoid20";
const POPULATION: &str = "pop20";
const LAND: &str = "aland20";

/// Where blocks come from.
#[derive(Clone, Debug, PartialEq)]
pub enum BlockSource {
    /// A vector file.
    File {
        /// Shapefile (or zip), GeoPackage, GeoJSON.
        path: PathBuf,
        /// Column of the id; `GEOID20` by default. Case does not matter.
        id_column: Option<String>,
        /// Column of the population; `POP20` by default.
        population_column: Option<String>,
    },
    /// Vector files of the same columns, such as the census blocks of several states.
    Files {
        /// Shapefiles (or zips), GeoPackages, GeoJSON.
        paths: Vec<PathBuf>,
    },
    /// Rasters of people per pixel: each populated pixel is a block. Several, since a border town reads two countries.
    Raster {
        /// GeoTIFFs in degrees.
        paths: Vec<PathBuf>,
    },
    /// The synthetic grid.
    Grid {
        /// Side of a cell in web-mercator units; the suite's by default.
        cell: Option<f64>,
        /// People a cell; the suite's by default.
        population: Option<f64>,
    },
}

/// Why there are no blocks.
#[derive(Debug, thiserror::Error)]
pub enum BlocksError {
    /// The file gives no features.
    #[error(transparent)]
    Vector(#[from] vector::VectorError),
    /// The raster gives no pixels.
    #[error(transparent)]
    Raster(#[from] RasterError),
    /// Blocks that another program wrote, or that were damaged.
    #[error(
        "{path} is no file of blocks that Quietway saved: {what}; give --blocks a Shapefile, GeoPackage or GeoJSON"
    )]
    NotSaved {
        /// File.
        path: String,
        /// What is wrong.
        what: String,
    },
    /// A column is not there.
    #[error("{path} has no column \"{column}\"; name the right one with {flag}. Its columns: {found}")]
    Column {
        /// File.
        path: String,
        /// Missing.
        column: String,
        /// Flag that names another.
        flag: &'static str,
        /// What there is.
        found: String,
    },
    /// A value that cannot be.
    #[error("{path}, row {row}: {what}")]
    Value {
        /// File.
        path: String,
        /// Row, from 1.
        row: i64,
        /// What and what to do.
        what: String,
    },
    /// No block is at least half inside.
    #[error("{path} has no block with at least {share} of its area inside the boundary; are both of the same place?")]
    NoBlocks {
        /// File, or "the grid".
        path: String,
        /// Share demanded.
        share: f64,
    },
    /// Nobody lives there.
    #[error("the {blocks} blocks of {path} inside the boundary have no population (column \"{column}\")")]
    NoPopulation {
        /// File, or "the grid".
        path: String,
        /// Blocks found.
        blocks: usize,
        /// Column read.
        column: String,
    },
    /// A grid too fine.
    #[error("a grid of {cell} units needs {cells:.0} cells, more than 2,000,000; give a larger --grid-size")]
    Grid {
        /// Side.
        cell: f64,
        /// Cells of the box.
        cells: f64,
    },
}

/// Blocks of the study area by the rules of §1.8: at least half inside the boundary, and in the US with land (where
/// the file has the column `ALAND20`). Edition `current` also keeps those that are at least half inside the buffered
/// boundary, as destinations.
///
/// # Errors
/// [`BlocksError`], naming file, column or row.
pub fn read(
    area: &StudyArea,
    source: &BlockSource,
    suite: &Suite,
    edition: Edition,
    is_us: bool,
) -> Result<Blocks, BlocksError> {
    let buffered = edition == Edition::Current;
    let extent = if buffered { &area.buffered } else { &area.boundary };
    let candidates = match source {
        BlockSource::File { path, .. } if saved::is_saved(path) => saved::read(path)?,
        BlockSource::File { path, id_column, population_column } => {
            let features = vector::read(path, extent.bounding_rect())?;
            let names = (id_column.as_deref().unwrap_or(ID), population_column.as_deref().unwrap_or(POPULATION));
            from_features(features, names, path.display().to_string(), is_us)?
        }
        BlockSource::Files { paths } => {
            let origin: Vec<_> = paths.iter().map(|path| path.display().to_string()).collect();
            from_features(several::read(paths, extent.bounding_rect())?, (ID, POPULATION), origin.join(", "), is_us)?
        }
        BlockSource::Raster { paths } => from_raster(paths, extent.bounding_rect())?,
        BlockSource::Grid { cell, population } => {
            let cell = cell.unwrap_or(suite.area.grid_cell_m);
            from_grid(area, cell, population.unwrap_or(suite.area.grid_population), buffered)?
        }
    };
    let share_min = suite.area.block_share_min;
    let metres: Vec<MultiPolygon<f64>> =
        candidates.geometry.par_iter().map(|block| block.map_coords(|at| area.projection.forward(at))).collect();
    let shares = shares(&area.boundary_m, &metres);
    let wide = if buffered { self::shares(&area.buffered_m, &metres) } else { shares.clone() };
    // Halves are halves whatever the last bits of the areas say.
    const ROUNDING: f64 = 1e-9;
    let enough = |share: &f64| *share >= share_min - ROUNDING;
    let (inner, outer): (Vec<bool>, Vec<bool>) =
        (shares.iter().map(enough).collect(), wide.iter().map(enough).collect());
    let wet = |at: usize| is_us && candidates.land.as_ref().is_some_and(|land| land[at] == Some(0.0));
    let notes = candidates.notes.clone();
    let kept: Vec<usize> = (0..metres.len()).filter(|&at| (inner[at] || outer[at]) && !wet(at)).collect();
    check(&candidates, &kept, &inner, share_min)?;
    Ok(Blocks { notes, ..assemble(candidates, metres, &inner, kept) })
}

/// Blocks that may be kept, in the order of their source.
struct Candidates {
    origin: String,
    population_name: String,
    id: Vec<Option<Arc<str>>>,
    population: Vec<Option<f64>>,
    land: Option<Vec<Option<f64>>>,
    geometry: Vec<MultiPolygon<f64>>,
    row: Vec<i64>,
    columns: Vec<Column>,
    notes: Vec<String>,
}

impl Candidates {
    fn none(origin: String) -> Self {
        Self {
            origin,
            population_name: POPULATION.into(),
            id: vec![],
            population: vec![],
            land: None,
            geometry: vec![],
            row: vec![],
            columns: vec![],
            notes: vec![],
        }
    }
}

fn from_features(
    features: vector::Features,
    (id, population): (&str, &str),
    path: String,
    is_us: bool,
) -> Result<Candidates, BlocksError> {
    let find = |name: &str| features.columns.iter().find(|column| column.name.eq_ignore_ascii_case(name));
    let need = |name: &str, flag| {
        find(name).ok_or_else(|| BlocksError::Column {
            path: path.clone(),
            column: name.to_owned(),
            flag,
            found: features.columns.iter().map(|column| &*column.name).collect::<Vec<_>>().join(", "),
        })
    };
    if features.geometry.is_empty() && features.columns.is_empty() {
        // GeoJSON has no columns without rows: nothing can be said but that nothing is near.
        return Ok(Candidates::none(path));
    }
    let ids = texts(&need(id, "--block-id")?.values);
    let column = need(population, "--block-population")?;
    let people = numbers(&column.values).ok_or_else(|| BlocksError::Value {
        path: path.clone(),
        row: 1,
        what: format!("column \"{population}\" holds text, no population; name another with --block-population"),
    })?;
    let land = find(LAND).and_then(|column| numbers(&column.values));
    let mut columns = features.columns.clone();
    // The published names, under whatever name the source has them.
    for (name, values) in [(ID, Values::Text(ids.clone())), (POPULATION, column.values.clone())] {
        if find(name).is_none() {
            columns.push(Column::new(name, values));
        }
    }
    let mut notes = features.notes;
    if is_us && land.is_none() {
        notes.push(format!("{path} has no column ALAND20: blocks of water could not be left out"));
    }
    Ok(Candidates {
        origin: path,
        population_name: population.to_owned(),
        id: ids,
        population: people,
        land,
        geometry: features.geometry,
        row: features.row,
        columns,
        notes,
    })
}

fn from_raster(paths: &[PathBuf], near: Option<Rect<f64>>) -> Result<Candidates, BlocksError> {
    let names: Vec<_> = paths.iter().map(|path| path.display().to_string()).collect();
    let Some(near) = near else { return Ok(Candidates::none(names.join(", "))) };
    let (pixels, twice) = raster::read(paths, near)?;
    let cells = pixels.into_iter().map(|pixel| (pixel.id, pixel.population, pixel.geometry));
    let mut candidates = of_cells(names.join(", "), "people per pixel", cells);
    if twice > 0 {
        candidates.notes.push(format!("{twice} pixels are populated in several rasters; the first raster counts"));
    }
    Ok(candidates)
}

fn from_grid(area: &StudyArea, cell: f64, population: f64, buffered: bool) -> Result<Candidates, BlocksError> {
    const CELLS_MAX: f64 = 2e6;
    let cells = grid::count(area, cell, buffered).unwrap_or(0.0);
    if !(cell > 0.0 && cells <= CELLS_MAX) {
        return Err(BlocksError::Grid { cell, cells });
    }
    let cells = grid::cells(area, cell, buffered).into_iter().map(|cell| (cell.id, population, cell.geometry));
    let made = of_cells("the grid".into(), "--grid-population", cells);
    let notes = vec![format!(
        "{ASSUMED_PEOPLE}: blocks are equal squares of {cell} web-mercator units with {population} people each"
    )];
    Ok(Candidates { notes, ..made })
}

/// How the note begins that says so.
pub const ASSUMED_PEOPLE: &str = "the population is assumed";

/// Cells without other attributes: id, people, outline.
fn of_cells(
    origin: String,
    population_name: &str,
    cells: impl Iterator<Item = (Arc<str>, f64, MultiPolygon<f64>)>,
) -> Candidates {
    let mut made = Candidates { population_name: population_name.into(), ..Candidates::none(origin) };
    for (id, people, geometry) in cells {
        made.id.push(Some(id));
        made.population.push(Some(people));
        made.geometry.push(geometry);
    }
    made.row = (1..=made.id.len() as i64).collect();
    made.columns = vec![
        Column::new(POPULATION, Values::Float(made.population.clone())),
        Column::new(ID, Values::Text(made.id.clone())),
    ];
    made
}

fn texts(values: &Values) -> Vec<Option<Arc<str>>> {
    match values {
        Values::Text(v) => v.clone(),
        Values::Int(v) => v.iter().map(|n| n.map(|n| n.to_string().into())).collect(),
        Values::Float(v) => v.iter().map(|n| n.map(|n| n.to_string().into())).collect(),
        other => vec![None; other.len()],
    }
}

/// Numbers of a column, also when they are written as text.
fn numbers(values: &Values) -> Option<Vec<Option<f64>>> {
    match values {
        Values::Int(v) => Some(v.iter().map(|n| n.map(|n| n as f64)).collect()),
        Values::Float(v) => Some(v.clone()),
        Values::Text(v) => v
            .iter()
            .map(|text| text.as_ref().map(|text| text.trim().parse().ok()).map_or(Some(None), |n| n.map(Some)))
            .collect(),
        _ => None,
    }
}

/// Share of each block inside a place; 0 for blocks without area.
fn shares(place: &MultiPolygon<f64>, blocks: &[MultiPolygon<f64>]) -> Vec<f64> {
    let region = Region::new(place);
    blocks.par_iter().map(|block| region.share(block).unwrap_or(0.0)).collect()
}

fn check(candidates: &Candidates, kept: &[usize], inner: &[bool], share: f64) -> Result<(), BlocksError> {
    let path = || candidates.origin.clone();
    let scored: Vec<usize> = kept.iter().copied().filter(|&at| inner[at]).collect();
    if scored.is_empty() {
        return Err(BlocksError::NoBlocks { path: path(), share });
    }
    let mut seen = HashMap::new();
    for &at in kept {
        let fault = |what| Err(BlocksError::Value { path: path(), row: candidates.row[at], what });
        let Some(id) = candidates.id[at].as_ref().filter(|id| !id.is_empty()) else {
            return fault("the block has no id; name the column with --block-id".into());
        };
        if let Some(first) = seen.insert(id.clone(), candidates.row[at]) {
            return fault(format!("block id {id} stands in row {first} already; ids must be unique (--block-id)"));
        }
        match candidates.population[at] {
            Some(people) if people >= 0.0 && people.is_finite() => (),
            Some(people) => return fault(format!("the population of block {id} is {people}; it must be 0 or more")),
            None => return fault(format!("block {id} has no population; write 0 if nobody lives there")),
        }
    }
    let people: f64 = scored.iter().filter_map(|&at| candidates.population[at]).sum();
    if people > 0.0 {
        return Ok(());
    }
    Err(BlocksError::NoPopulation { path: path(), blocks: scored.len(), column: candidates.population_name.clone() })
}

fn assemble(
    candidates: Candidates,
    mut metres: Vec<MultiPolygon<f64>>,
    inner: &[bool],
    mut kept: Vec<usize>,
) -> Blocks {
    let centre = |at: usize| metres[at].bounding_rect().map_or(Coord { x: 0.0, y: 0.0 }, |rect| rect.center());
    let centres: Vec<Coord<f64>> = kept.iter().map(|&at| centre(at)).collect();
    let curve = hilbert_positions(&centres);
    let place: HashMap<usize, u64> = kept.iter().copied().zip(curve).collect();
    kept.sort_by(|a, b| place[a].cmp(&place[b]).then_with(|| candidates.id[*a].cmp(&candidates.id[*b])));

    let mut geometry = candidates.geometry;
    let take = |list: &mut Vec<MultiPolygon<f64>>| -> Vec<MultiPolygon<f64>> {
        kept.iter().map(|&at| std::mem::replace(&mut list[at], MultiPolygon(vec![]))).collect()
    };
    let (geometry_m, geometry) = (take(&mut metres), take(&mut geometry));
    let columns = candidates.columns.into_iter();
    Blocks {
        id: kept.iter().filter_map(|&at| candidates.id[at].clone()).collect(),
        population: kept.iter().map(|&at| candidates.population[at].unwrap_or(0.0)).collect(),
        geometry_m,
        geometry,
        in_boundary: kept.iter().map(|&at| inner[at]).collect(),
        gid: kept.iter().map(|&at| candidates.row[at]).collect(),
        attributes: columns.map(|column| Column::new(column.name, column.values.select(&kept))).collect(),
        jobs: None,
        notes: vec![],
    }
}

/// Places along a Hilbert curve over the box of the points.
fn hilbert_positions(points: &[Coord<f64>]) -> Vec<u64> {
    let bounds: Option<Rect<f64>> = geo_types::MultiPoint::from(points.to_vec()).bounding_rect();
    let Some(bounds) = bounds else { return vec![0; points.len()] };
    let scale = f64::from(u32::MAX) / bounds.width().max(bounds.height()).max(1e-9);
    let step = |value: f64, start: f64| ((value - start) * scale) as u32;
    points.iter().map(|at| hilbert_d(step(at.x, bounds.min().x), step(at.y, bounds.min().y))).collect()
}

/// Box of the second clip (§1.7): around the blocks of the boundary, projected back to degrees corner by corner, in units
/// of 1e-7 degrees: west, south, east, north.
pub fn clip_box(blocks: &Blocks, area: &StudyArea) -> (i32, i32, i32, i32) {
    let start = [f64::INFINITY, f64::INFINITY, f64::NEG_INFINITY, f64::NEG_INFINITY];
    let grow = |b: [f64; 4], at: Coord<f64>| [b[0].min(at.x), b[1].min(at.y), b[2].max(at.x), b[3].max(at.y)];
    let scored = blocks.geometry_m.iter().zip(&blocks.in_boundary).filter(|(_, inside)| **inside);
    let corners = scored.flat_map(|(block, _)| block.coords_iter());
    let [west, south, east, north] = corners.map(|at| area.projection.inverse(at)).fold(start, grow).map(cut_e7);
    (west, south, east, north)
}

/// The shortest decimal text of a number, cut after seven decimals as osmconvert cuts it (§1.7).
fn cut_e7(degrees: f64) -> i32 {
    let text = format!("{degrees}");
    let (sign, text) = text.strip_prefix('-').map_or((1, text.as_str()), |rest| (-1, rest));
    let (whole, decimals) = text.split_once('.').unwrap_or((text, ""));
    let seven: String = decimals.chars().chain(std::iter::repeat('0')).take(7).collect();
    // Degrees have at most three digits before the point; no blocks, no box.
    sign * format!("{whole}{seven}").parse::<i32>().unwrap_or(0)
}

#[cfg(test)]
mod tests;
