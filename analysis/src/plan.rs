//! # Plan — the command line, read and checked before the long work
//! In:   RunArgs                           Out:  [`Plan`]
//! Touches: the suite file, names and sizes of the inputs

use crate::boundary::{BoundaryOptions, BoundarySource};
use crate::cli::{FormatArg, MapArg, OutputArgs, PairsArg, PlaceArgs, PublishArg, RunArgs, TilesArg, Until};
use crate::error::RunError;
use crate::export::{Format, PairsForm};
use crate::import::blocks::BlockSource;
use crate::import::{ImportPlan, SpeedLimits, speeds};
use crate::model::Edition;
use crate::sources::states;
use crate::suite::{BNA, Suite};
use quietway_job::manifest::SuiteUsed;
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
    /// Files and how to read them.
    pub import: ImportPlan,
    /// Edition of the method.
    pub edition: Edition,
    /// Parameters of the method.
    pub suite: Suite,
    /// Name and hash of the suite.
    pub suite_used: SuiteUsed,
    /// Last stage.
    pub until: Until,
    /// What is written.
    pub output: OutputArgs,
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
        let (suite, suite_used) = suite(args.suite.as_deref())?;
        let files = files(args)?;
        Ok(Self {
            boundary: BoundarySource::from(args.boundary.as_path()),
            boundary_options: boundary_options(args),
            import: import(args)?,
            edition: args.edition.into(),
            suite,
            suite_used,
            until: args.output.until.unwrap_or(Until::Scores),
            output: args.output.clone(),
            parameters: parameters(args),
            files,
        })
    }
}

fn suite(path: Option<&Path>) -> Result<(Suite, SuiteUsed), RunError> {
    let (suite, text) = match path {
        None => (Suite::bna(), BNA.to_owned()),
        Some(path) => (Suite::load(path)?, std::fs::read_to_string(path).unwrap_or_default()),
    };
    let used = SuiteUsed { name: suite.name.clone(), sha256: hex::encode(Sha256::digest(text.as_bytes())) };
    Ok((suite, used))
}

fn boundary_options(args: &RunArgs) -> BoundaryOptions {
    let place = &args.place;
    BoundaryOptions {
        name: place.name.clone(),
        limits: quietway_job::boundary::Limits {
            bytes: place.max_boundary_bytes,
            vertices: place.max_boundary_vertices,
            parts: place.max_boundary_parts,
            area_km2: place.max_boundary_area,
        },
    }
}

fn import(args: &RunArgs) -> Result<ImportPlan, RunError> {
    let place = &args.place;
    let speed = |flag: &'static str, text: &Option<String>| {
        text.as_deref()
            .map(speeds::parse_speed)
            .transpose()
            .map_err(|what| RunError::Speed { flag, what: what.to_string() })
    };
    let blocks = match &args.blocks {
        Some(path) => BlockSource::File {
            path: path.clone(),
            id_column: place.block_id.clone(),
            population_column: place.block_population.clone(),
        },
        None => BlockSource::Grid { cell: place.grid_size, population: place.grid_population },
    };
    Ok(ImportPlan {
        osm: args.osm.clone(),
        blocks,
        jobs: args.jobs.clone(),
        speeds: SpeedLimits {
            city_mph: speed("--city-speed", &place.city_speed)?,
            state_mph: speed("--state-speed", &place.state_speed)?,
            state_fips: state_fips(place),
            city_fips: place.place_fips.clone(),
        },
        is_us: place.country.as_deref() == Some("US"),
    })
}

/// Of the place code, else of the region, where that is a US state.
fn state_fips(place: &PlaceArgs) -> Option<String> {
    let of_place = place.place_fips.as_ref().map(|code| code[..2].to_owned());
    let of_region = || {
        let region = place.region.as_deref().filter(|_| place.country.as_deref() == Some("US"))?;
        let code = region.to_ascii_uppercase();
        Some(states::of_code(code.strip_prefix("US-").unwrap_or(&code))?.fips.to_owned())
    };
    of_place.or_else(of_region)
}

/// Input files by role; the companions of a shapefile are inputs too.
fn files(args: &RunArgs) -> Result<Vec<(&'static str, PathBuf)>, RunError> {
    let mut files = Vec::new();
    let stdin = Path::new("-");
    if args.boundary != stdin {
        files.push(("boundary", args.boundary.clone()));
    }
    files.extend(args.osm.iter().map(|path| ("osm", path.clone())));
    files.extend(args.blocks.iter().map(|path| ("blocks", path.clone())));
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
    let place = &args.place;
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
        ("until", json!(args.output.until.map(|until| format!("{until:?}").to_lowercase()))),
        ("formats", json!(args.output.formats.iter().map(|format| format.name()).collect::<Vec<_>>())),
        ("tiles", json!(format!("{:?}", args.output.tiles).to_lowercase())),
        ("map", json!(format!("{:?}", args.output.map).to_lowercase())),
        ("pairs", json!(args.output.pairs.iter().map(|form| format!("{form:?}").to_lowercase()).collect::<Vec<_>>())),
        (
            "publish",
            json!(args.output.publish.iter().map(|what| format!("{what:?}").to_lowercase()).collect::<Vec<_>>()),
        ),
        ("bundle", json!(args.output.bundle)),
    ];
    entries.into_iter().map(|(key, value)| (key.to_owned(), value)).filter(|(_, value)| !value.is_null()).collect()
}

impl Plan {
    /// Whether the run goes as far as that.
    pub fn reaches(&self, stage: Until) -> bool {
        self.until >= stage
    }

    /// Whether a GeoPackage is written.
    pub fn wants_database(&self) -> bool {
        self.output.formats.contains(&FormatArg::Gpkg)
    }

    /// Whether tiles are made.
    pub fn wants_tiles(&self) -> bool {
        self.output.tiles != TilesArg::None
    }

    /// Whether the web map is made: it shows the tiles.
    pub fn wants_map(&self) -> bool {
        self.wants_tiles() && self.output.map == MapArg::Web
    }

    /// Country, ISO 3166-1 alpha-2, if it is known.
    pub fn country(&self) -> Option<&str> {
        self.parameters.get("country")?.as_str()
    }

    /// Formats that are plain files.
    pub fn exports(&self) -> Vec<Format> {
        self.output.formats.iter().filter_map(|format| format.file()).collect()
    }

    /// Whether pairs go into the database.
    pub fn publishes_pairs(&self) -> bool {
        self.output.publish.contains(&PublishArg::Pairs)
    }

    /// Files of pairs, when there are so many.
    pub fn pairs_forms(&self, pairs: u64) -> Vec<PairsForm> {
        let has = |format| self.output.formats.contains(&format);
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
            ("import", true),
            ("network", true),
            ("stress", self.reaches(Until::Stress)),
            ("reach", self.reaches(Until::Reach)),
            ("scores", self.reaches(Until::Stress)),
            ("layers", true),
            ("database", self.wants_database()),
            ("files", true),
            ("tiles", self.wants_tiles()),
            ("bundle", self.output.bundle),
            ("map", self.wants_map()),
        ];
        rows.into_iter().filter(|(_, wanted)| *wanted).map(|(name, _)| name).collect()
    }

    /// The plan in words, for `--dry-run`.
    pub fn describe(&self) -> String {
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
        text + "nothing was written (--dry-run)\n"
    }
}
