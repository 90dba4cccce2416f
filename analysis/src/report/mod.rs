//! # Report — one page for a meeting
//! In:   [`Layers`], the manifest          Out:  `report.html`; for two results a page of their differences
//! Touches: the sink                       Does not know: how results came about, SQL, tiles
//!
//! A page is one file without script that asks nothing of anybody. Its numbers are read from the same tables as the CSV files. The same
//! results give the same bytes.

mod changes;
mod comparison;
mod crossings;
mod drawing;
mod findings;
mod maps;
mod page;
mod sections;
mod tables;
#[cfg(test)]
mod tests;
mod units;

pub use comparison::compare;

use crate::export::{Sink, SinkError};
use crate::layers::Layers;
use crate::model::Unit;
use crate::suite::Suite;
use drawing::{Drawn, Frame};
use geo_types::MultiPolygon;
use maud::html;
use quietway_job::manifest::Manifest;
use std::path::PathBuf;

/// Name of the page among the results.
pub const FILE_NAME: &str = "report.html";

/// Why there is no page.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// The place of the results.
    #[error(transparent)]
    Sink(#[from] SinkError),
    /// A folder that is no result.
    #[error("{} holds no finished result (there is no readable manifest.json: {reason}); name the folder given as --out to `quietway run`", folder.display())]
    NoResult {
        /// The folder.
        folder: PathBuf,
        /// Why the manifest cannot be read.
        reason: String,
    },
    /// A result without the tables that are compared.
    #[error("the tables of {} cannot be read ({reason}); run it again with gpkg among --formats", file.display())]
    NoTables {
        /// The GeoPackage.
        file: PathBuf,
        /// Why.
        reason: String,
    },
    /// A result that stopped early.
    #[error("{} stopped at --until {stage}, so there is nothing to compare; run it again to the end", folder.display())]
    Partial {
        /// The folder.
        folder: PathBuf,
        /// Its last stage.
        stage: String,
    },
    /// Two results that have no ground in common.
    #[error("the results are of different places ({before}; {after}); compare two runs of one place")]
    OtherPlace {
        /// Place and folder of the first.
        before: String,
        /// Place and folder of the second.
        after: String,
    },
    /// The page stands there already.
    #[error("{} exists: pass --overwrite to replace it, or choose another --out", page.display())]
    Occupied {
        /// The page.
        page: PathBuf,
    },
    /// The page cannot be written.
    #[error("cannot write {}: {cause}; check the folder and its free space, or choose another --out", page.display())]
    Write {
        /// The page.
        page: PathBuf,
        /// Why.
        cause: std::io::Error,
    },
}

impl ReportError {
    /// Whether what was read is at fault, rather than what was to be written.
    pub fn is_about_input(&self) -> bool {
        matches!(self, Self::NoResult { .. } | Self::NoTables { .. } | Self::Partial { .. } | Self::OtherPlace { .. })
    }
}

/// Writes `report.html`.
///
/// # Errors
/// The sink cannot be written.
pub fn write(layers: &Layers, manifest: &Manifest, suite: &Suite, sink: &Sink) -> Result<(), ReportError> {
    let text = of(layers, manifest, suite);
    Ok(sink.create(FILE_NAME, |out| out.write_all(text.as_bytes()))?)
}

/// The unit of a place.
fn unit(manifest: &Manifest) -> Unit {
    Unit::of(manifest.parameters.get("country").and_then(|code| code.as_str()))
}

/// The maps of stress, scores and islands, drawn at once.
fn maps(layers: &Layers, frame: Frame, boundary: Option<&MultiPolygon<f64>>, islands: &[i64]) -> [Drawn; 3] {
    let (stress, (scores, islands)) = rayon::join(
        || maps::stress(layers, frame, boundary).image(),
        || {
            let scores = maps::scores(layers, frame, boundary).image();
            (scores, maps::islands(layers, frame, boundary, islands).image())
        },
    );
    [stress, scores, islands]
}

/// The page of one result.
fn of(layers: &Layers, manifest: &Manifest, suite: &Suite) -> String {
    let unit = unit(manifest);
    let findings = findings::of(layers, manifest, suite);
    let boundary = findings::boundary(layers);
    let frame = maps::frame(layers, boundary);
    let ids: Vec<i64> = findings.islands.iter().map(|island| island.id).collect();
    let key: Vec<maps::Key> =
        crate::model::palette::ISLANDS.into_iter().zip(&ids).map(|(ink, id)| (ink, format!("island {id}"))).collect();
    let crossings = crossings::worst(layers, boundary);
    let place = &manifest.place;
    let drawn = frame.map(|frame| maps(layers, frame, boundary, &ids));
    let main = html! {
        @if let Some([stress, ..]) = &drawn {
            h2 id="stress" { "Where riding is calm" }
            (page::map(stress, &maps::stress_key(),
                &format!("Map of the streets of {place}: calm ones blue, stressful ones orange."),
                "Streets by traffic stress; a street counts as stressful when one of its directions is. Outside the dashed boundary the map is veiled.", unit))
        }
        (sections::scores(&findings))
        @if let Some([_, scores, _]) = &drawn {
            @if findings.scores.contains_key("overall_score") {
                h2 id="blocks" { "What each block reaches" }
                (page::map(scores, &maps::score_key(),
                    &format!("Map of the census blocks of {place} by overall score: the darker, the better on paper; the lighter, the better on a dark screen."),
                    "Census blocks by overall score.", unit))
            }
        }
        (sections::lengths(&findings, unit))
        @if !findings.islands.is_empty() {
            h2 id="islands" { "The largest calm islands" }
            @if let Some([.., islands]) = &drawn {
                (page::map(islands, &key,
                    &format!("Map of the {} longest calm islands of {place}, each in its colour.", ids.len()),
                    "One can ride within a colour, not from one to another, without stress.", unit))
            }
            (sections::islands(&findings, unit))
        }
        (sections::crossings(&crossings, unit))
        (sections::analyses(manifest, layers))
        (sections::sources(manifest))
        (sections::parameters(manifest))
    };
    let title = format!("{place} – bicycle network report");
    page::page(&title, &sections::header(manifest, &findings, unit), &main, &sections::footer(manifest))
}
