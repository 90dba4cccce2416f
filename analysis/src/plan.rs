//! # Plan — the command line, read and checked before the long work
//! In:   RunArgs                           Out:  [`Plan`]
//! Touches: the suite file, names and sizes of the inputs

pub mod databases;

use crate::acquire::Wanted;
use crate::analyses::{self, Analysis, Login, Need};
use crate::boundary::{BoundaryOptions, BoundarySource};
use crate::cli::{FormatArg, InputArgs, MapArg, OutputArgs, PairsArg, PlaceArgs, PublishArg, RunArgs, TilesArg, Until};
use crate::error::RunError;
use crate::export::{Format, PairsForm};
use crate::layers::Group;
use crate::model::Edition;
use crate::store::postgis::Target;
use crate::suite::{BNA, Suite};
use crate::tiles::TileForm;
use clap::ValueEnum;
use quietway_job::boundary::Limits;
use quietway_job::manifest::{Provenance, SuiteUsed};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// More pairs than this go to Parquet, and to CSV only when asked: nobody opens 300 MB of text by accident.
const CSV_PAIRS_MAX: u64 = 5_000_000;

/// What to do, with everything that can be refused early already refused.
pub struct Plan {
    /// The boundary.
    pub boundary: BoundarySource,
    /// Its name and limits.
    pub boundary_options: BoundaryOptions,
    /// Own data, and where the rest may come from.
    pub wanted: Wanted,
    /// Edition of the method.
    pub edition: Edition,
    /// Parameters of the method.
    pub suite: Suite,
    /// Its text.
    pub suite_text: String,
    /// Name and hash of the suite.
    pub suite_used: SuiteUsed,
    /// Text of `ATTRIBUTION.txt`, if it is given.
    pub attribution: Option<String>,
    /// Where the inputs came from, when an earlier run knew it.
    pub provenance: Option<Provenance>,
    /// Last stage.
    pub until: Until,
    /// What is written.
    pub output: OutputArgs,
    /// In which formats.
    pub formats: Vec<FormatArg>,
    /// The schema of a database, when one is wanted.
    pub target: Option<Target>,
    /// The client's analyses.
    pub analyses: Vec<Analysis>,
    /// As whom they come to the database.
    pub login: Option<Login>,
    /// Every number and text of the suite, by its key.
    pub suite_values: Vec<(String, String)>,
    /// Every parameter, for the manifest.
    pub parameters: BTreeMap<String, Value>,
    /// Files with their roles, for the manifest and the dry run.
    pub files: Vec<(&'static str, PathBuf)>,
}

impl Plan {
    /// Reads and checks what the command line names.
    ///
    /// # Errors
    /// A suite, a speed or a file that cannot be used.
    pub fn new(args: &RunArgs) -> Result<Self, RunError> {
        let (suite, suite_text, suite_used) = suite(args.inputs.suite.as_deref())?;
        let analyses = analyses(args)?;
        let needs_osm = analyses.iter().any(|analysis| analysis.header.needs.contains(&Need::Osm));
        let no_boundary = || RunError::NoFile { role: "boundary", path: "(none given)".to_owned() };
        let mut files = files(args.boundary.as_deref(), &args.inputs)?;
        // A bundle is an input like others: the manifest names it with its hash. A folder may hold anything.
        files.extend(
            args.analyses.analyses.iter().filter(|place| place.is_file()).map(|path| ("analyses", path.clone())),
        );
        if args.output.tiles_gzip && !args.output.tiles.contains(&TilesArg::Dir) {
            return Err(RunError::TilesGzip);
        }
        Ok(Self {
            boundary: BoundarySource::from(args.boundary.as_deref().ok_or_else(no_boundary)?),
            boundary_options: boundary_options(&args.inputs.place),
            wanted: Wanted {
                keeps_extract: !args.output.no_inputs,
                keeps_features: needs_osm || args.output.publish.contains(&PublishArg::Osm),
                ..Wanted::new(&args.inputs)?
            },
            edition: args.inputs.edition.into(),
            suite,
            provenance: args.provenance.as_deref().map(provenance).transpose()?,
            suite_values: databases::suite_values(&suite_text),
            suite_text,
            suite_used,
            attribution: args.attribution.as_deref().map(attribution).transpose()?,
            formats: databases::formats(args),
            target: databases::target(args)?,
            analyses,
            login: databases::login(args)?,
            until: args.output.until.unwrap_or(Until::Scores),
            output: args.output.clone(),
            parameters: parameters(args),
            files,
        })
    }
}

/// The client's analyses, read and checked.
///
/// # Errors
/// [`AnalysesError`](crate::analyses::AnalysesError).
pub fn analyses(args: &RunArgs) -> Result<Vec<Analysis>, RunError> {
    Ok(args.analyses.analyses.as_deref().map(analyses::load).transpose()?.unwrap_or_default())
}

/// The suite, its text, and what the manifest says of it.
///
/// # Errors
/// A suite that cannot be used.
pub fn suite(path: Option<&Path>) -> Result<(Suite, String, SuiteUsed), RunError> {
    let (suite, text) = match path {
        None => (Suite::bna(), BNA.to_owned()),
        Some(path) => Suite::load(path)?,
    };
    let used = SuiteUsed { name: suite.name.clone(), sha256: hex::encode(Sha256::digest(text.as_bytes())) };
    Ok((suite, text, used))
}

fn attribution(path: &Path) -> Result<String, RunError> {
    let fault = |cause| RunError::Unreadable { role: "attribution", path: path.display().to_string(), cause };
    std::fs::read_to_string(path).map_err(fault)
}

fn provenance(path: &Path) -> Result<Provenance, RunError> {
    let fault = |cause| RunError::Unreadable { role: "provenance", path: path.display().to_string(), cause };
    serde_json::from_slice(&std::fs::read(path).map_err(fault)?).map_err(|error| fault(error.into()))
}

/// Name and limits of the boundary.
pub fn boundary_options(place: &PlaceArgs) -> BoundaryOptions {
    BoundaryOptions {
        name: place.name.clone(),
        limits: Limits {
            bytes: place.max_boundary_bytes,
            vertices: place.max_boundary_vertices,
            parts: place.max_boundary_parts,
            area_km2: place.max_boundary_area,
        },
    }
}

/// Input files by role; the companions of a shapefile are inputs too.
///
/// # Errors
/// One that is not there.
pub fn files(boundary: Option<&Path>, args: &InputArgs) -> Result<Vec<(&'static str, PathBuf)>, RunError> {
    let mut files = Vec::new();
    let stdin = Path::new("-");
    files.extend(boundary.filter(|path| *path != stdin).map(|path| ("boundary", path.to_owned())));
    files.extend(args.osm.iter().map(|path| ("osm", path.clone())));
    files.extend(args.blocks.iter().map(|path| ("blocks", path.clone())));
    files.extend(args.population_raster.iter().map(|path| ("population", path.clone())));
    files.extend(args.jobs.iter().map(|path| ("jobs", path.clone())));
    files.extend(args.suite.iter().map(|path| ("suite", path.clone())));
    if let Some((role, path)) = files.iter().find(|(_, path)| !path.is_file()) {
        return Err(RunError::NoFile { role, path: path.display().to_string() });
    }
    let companions = files.iter().filter(|(_, path)| path.extension().is_some_and(|e| e.eq_ignore_ascii_case("shp")));
    let companions: Vec<_> = companions
        .flat_map(|(role, path)| ["dbf", "prj", "shx", "cpg"].map(|extension| (*role, path.with_extension(extension))))
        .filter(|(_, path)| path.is_file())
        .collect();
    files.extend(companions);
    Ok(files)
}

/// Everything that shapes the results, by flag. Folders and threads do not, so they are not here.
fn parameters(args: &RunArgs) -> BTreeMap<String, Value> {
    let (place, output, limits) = (&args.inputs.place, &args.output, Limits::default());
    // Limits do not shape results, but a run beyond the usual ones cannot be repeated without.
    let above = |own: f64, usual: f64| (own != usual).then_some(own);
    let asked_formats = (!output.formats.is_empty()).then(|| output.formats.iter().map(flag_value).collect::<Vec<_>>());
    let entries = [
        ("name", json!(place.name)),
        ("country", json!(place.country)),
        ("region", json!(place.region)),
        ("place-fips", json!(place.place_fips)),
        ("state-speed", json!(place.state_speed)),
        ("city-speed", json!(place.city_speed)),
        ("block-id", json!(place.block_id)),
        ("block-population", json!(place.block_population)),
        ("grid-size", json!(place.grid_size)),
        ("grid-population", json!(place.grid_population)),
        ("max-boundary-bytes", json!((place.max_boundary_bytes != limits.bytes).then_some(place.max_boundary_bytes))),
        (
            "max-boundary-vertices",
            json!((place.max_boundary_vertices != limits.vertices).then_some(place.max_boundary_vertices)),
        ),
        ("max-boundary-parts", json!((place.max_boundary_parts != limits.parts).then_some(place.max_boundary_parts))),
        ("max-boundary-area", json!(above(place.max_boundary_area, limits.area_km2))),
        ("until", json!(output.until.as_ref().map(flag_value))),
        // The default depends on the database that is given, so only what was asked for is told.
        ("formats", json!(asked_formats)),
        ("tiles", json!(output.tiles.iter().map(flag_value).collect::<Vec<_>>())),
        ("map", json!(flag_value(&output.map))),
        ("tiles-gzip", json!(output.tiles_gzip.then_some(true))),
        ("no-report", json!(output.no_report.then_some(true))),
        ("pairs", json!(output.pairs.iter().map(flag_value).collect::<Vec<_>>())),
        ("publish", json!(output.publish.iter().map(flag_value).collect::<Vec<_>>())),
        ("bundle", json!(output.bundle)),
    ];
    entries.into_iter().map(|(key, value)| (key.to_owned(), value)).filter(|(_, value)| !value.is_null()).collect()
}

/// As it is written on the command line.
fn flag_value(value: &impl ValueEnum) -> String {
    value.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
}

/// Forms of the tiles, each once; none = no tiles.
pub fn tile_forms(output: &OutputArgs) -> Vec<TileForm> {
    let mut forms: Vec<_> = output.tiles.iter().filter_map(|form| form.form(output.tiles_gzip)).collect();
    forms.sort_unstable();
    forms.dedup();
    forms
}

impl Plan {
    /// Whether the run goes as far as that.
    pub fn reaches(&self, stage: Until) -> bool {
        self.until >= stage
    }

    /// Whether the inputs are saved with the results.
    pub fn saves_inputs(&self) -> bool {
        !self.output.no_inputs
    }

    /// Whether a GeoPackage is written.
    pub fn wants_geopackage(&self) -> bool {
        self.formats.contains(&FormatArg::Gpkg)
    }

    /// Whether any database is filled: for the user, or for the analyses.
    pub fn wants_database(&self) -> bool {
        self.wants_geopackage() || self.target.is_some() || !self.analyses.is_empty()
    }

    /// What goes into it.
    pub fn groups(&self) -> Vec<Group> {
        let needed = self.analyses.iter().flat_map(|analysis| &analysis.header.needs).filter_map(|need| match need {
            Need::Pairs => Some(Group::Pairs),
            Need::Osm => Some(Group::Osm),
            Need::Postgis | Need::Spatialite | Need::Pgrouting => None,
        });
        self.output.publish.iter().map(|&arg| arg.into()).chain(needed).collect()
    }

    /// Forms of the tiles; none: no tiles.
    pub fn tile_forms(&self) -> Vec<TileForm> {
        tile_forms(&self.output)
    }

    /// Whether tiles are made.
    pub fn wants_tiles(&self) -> bool {
        !self.tile_forms().is_empty()
    }

    /// Whether the page is made: there is nothing to say before streets are rated.
    pub fn wants_report(&self) -> bool {
        !self.output.no_report && self.reaches(Until::Stress)
    }

    /// Whether the web map is made: it reads the tiles from their archive.
    pub fn wants_map(&self) -> bool {
        self.output.map == MapArg::Web && self.tile_forms().contains(&TileForm::PmTiles)
    }

    /// Formats that are plain files.
    pub fn exports(&self) -> Vec<Format> {
        self.formats.iter().filter_map(|format| format.file()).collect()
    }

    /// Whether pairs go into the database.
    pub fn publishes_pairs(&self) -> bool {
        self.groups().contains(&Group::Pairs)
    }

    /// Files of pairs, when there are so many.
    pub fn pairs_forms(&self, pairs: u64) -> Vec<PairsForm> {
        let has = |format| self.formats.contains(&format);
        let form = |arg: &PairsArg| match arg {
            PairsArg::Csv => vec![PairsForm::Csv],
            PairsArg::CsvGz => vec![PairsForm::CsvGz],
            PairsArg::Parquet => vec![PairsForm::Parquet],
            PairsArg::None => vec![],
            PairsArg::Auto => {
                let csv = has(FormatArg::Csv) && pairs <= CSV_PAIRS_MAX;
                let parquet = has(FormatArg::Parquet) || (has(FormatArg::Csv) && !csv);
                [csv.then_some(PairsForm::Csv), parquet.then_some(PairsForm::Parquet)].into_iter().flatten().collect()
            }
        };
        let mut forms: Vec<_> = self.output.pairs.iter().flat_map(form).collect();
        forms.sort_unstable();
        forms.dedup();
        forms
    }

    /// Ids of the stages to come, in order.
    pub fn stages(&self) -> Vec<&'static str> {
        let rows = [
            ("boundary", true),
            ("acquire", true),
            ("import", true),
            ("network", true),
            ("stress", self.reaches(Until::Stress)),
            ("reach", self.reaches(Until::Reach)),
            ("scores", self.reaches(Until::Stress)),
            ("layers", true),
            ("database", self.wants_database()),
            ("analyses", !self.analyses.is_empty()),
            ("files", true),
            ("tiles", self.wants_tiles()),
            ("report", self.wants_report()),
            ("inputs", self.saves_inputs()),
            ("bundle", self.output.bundle),
            ("map", self.wants_map()),
        ];
        rows.into_iter().filter(|(_, wanted)| *wanted).map(|(name, _)| name).collect()
    }

    /// The plan in words, for `--dry-run`.
    pub fn describe(&self, lacking: &str) -> String {
        let mut text = format!(
            "edition  {}\nsuite    {}\nstages   {}\n",
            self.edition.as_str(),
            self.suite.title,
            self.stages().join(" → ")
        );
        for (role, path) in &self.files {
            let bytes = std::fs::metadata(path).map_or(0, |meta| meta.len());
            text += &format!("{role:<8} {} ({:.2} MB)\n", path.display(), bytes as f64 / 1e6);
        }
        text + lacking + "nothing was written (--dry-run)\n"
    }
}
