//! What is written.

use super::PublishArg;
use crate::export::Format;
use crate::tiles::TileForm;
use clap::{Args, ValueEnum};

/// About the results.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Results")]
pub struct OutputArgs {
    /// Formats of the data, separated by commas [default: gpkg,geojson,csv,shp; with --database-url no gpkg]
    #[arg(long, value_enum, value_delimiter = ',')]
    pub formats: Vec<FormatArg>,

    /// Files of block pairs: `auto` is CSV up to 5 million pairs and Parquet above, where those formats are chosen
    #[arg(long, value_enum, value_delimiter = ',', default_value = "auto")]
    pub pairs: Vec<PairsArg>,

    /// What goes into the database, GeoPackage or PostgreSQL
    #[arg(long, value_enum, value_delimiter = ',', default_value = "inputs,network,scores")]
    pub publish: Vec<PublishArg>,

    /// Do not save the inputs, reduced to the study area, with the results: such a run cannot be repeated with --from
    #[arg(long)]
    pub no_inputs: bool,

    /// Add one zip of all other files (bundle.zip)
    #[arg(long)]
    pub bundle: bool,

    /// Folders below --out: none, or `<country>/<region>/<city>/<YY.MM[.N]>` as the reference makes them
    #[arg(long, value_enum, default_value_t)]
    pub layout: LayoutArg,

    /// Map tiles, one or more forms separated by commas: one PMTiles file, one MBTiles file, a folder `tiles/{z}/{x}/{y}.mvt` with TileJSON
    #[arg(long, value_enum, value_delimiter = ',', default_value = "pmtiles")]
    pub tiles: Vec<TilesArg>,

    /// Keep the files of `--tiles dir` compressed; their server must say `Content-Encoding: gzip`
    #[arg(long)]
    pub tiles_gzip: bool,

    /// Leave out report.html
    #[arg(long)]
    pub no_report: bool,

    /// The web map beside the tiles: a page, and what it reads (`quietway view` shows it)
    #[arg(long, value_enum, default_value_t)]
    pub map: MapArg,

    /// Stop after a stage: only what is known by then is written
    #[arg(long, value_enum)]
    pub until: Option<Until>,
}

/// Formats on the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
#[allow(missing_docs)]
pub enum FormatArg {
    Gpkg,
    Geojson,
    Csv,
    Shp,
    Parquet,
}

impl FormatArg {
    /// As on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Gpkg => "gpkg",
            Self::Geojson => "geojson",
            Self::Csv => "csv",
            Self::Shp => "shp",
            Self::Parquet => "parquet",
        }
    }

    /// The exporter of plain files; none for the database.
    pub fn file(self) -> Option<Format> {
        match self {
            Self::Gpkg => None,
            Self::Geojson => Some(Format::GeoJson),
            Self::Csv => Some(Format::Csv),
            Self::Shp => Some(Format::Shp),
            Self::Parquet => Some(Format::Parquet),
        }
    }
}

/// Files of pairs on the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[allow(missing_docs)]
pub enum PairsArg {
    Auto,
    Csv,
    CsvGz,
    Parquet,
    None,
}

/// Folders of the results.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
#[allow(missing_docs)]
pub enum LayoutArg {
    #[default]
    Flat,
    Brokenspoke,
}

/// Tiles on the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[allow(missing_docs)]
pub enum TilesArg {
    Pmtiles,
    Mbtiles,
    Dir,
    None,
}

impl TilesArg {
    /// The form it asks for, if any.
    pub fn form(self, gzip: bool) -> Option<TileForm> {
        match self {
            Self::Pmtiles => Some(TileForm::PmTiles),
            Self::Mbtiles => Some(TileForm::MbTiles),
            Self::Dir => Some(TileForm::Folder { gzip }),
            Self::None => None,
        }
    }
}

/// The web map on the command line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
#[allow(missing_docs)]
pub enum MapArg {
    #[default]
    Web,
    None,
}

/// Last stage of a partial run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
#[allow(missing_docs)]
pub enum Until {
    Network,
    Stress,
    Reach,
    Scores,
}
