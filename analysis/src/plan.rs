//! # Plan — the command line, read and checked before the long work
//! In:   RunArgs                           Out:  [`Plan`]
//! Touches: the suite file, names and sizes of the inputs

use crate::analyses::{self, AnalysesError, Analysis, Login, Need};
use crate::boundary::{BoundaryOptions, BoundarySource};
use crate::cli::{
    DatabaseArgs, FormatArg, OutputArgs, PairsArg, PlaceArgs, PublishArg, RunArgs, Secret, TilesArg, Until,
};
use crate::error::RunError;
use crate::export::{Format, PairsForm};
use crate::import::blocks::BlockSource;
use crate::import::{ImportPlan, SpeedLimits, speeds};
use crate::layers::Group;
use crate::model::Edition;
use crate::sources::states;
use crate::store::postgis::{self, Database, Mark, SchemaName, Target};
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
        let (suite, suite_text) = suite(args.suite.as_deref())?;
        let sha256 = hex::encode(Sha256::digest(suite_text.as_bytes()));
        let suite_used = SuiteUsed { name: suite.name.clone(), sha256 };
        let analyses = analyses(args)?;
        let needs_osm = analyses.iter().any(|analysis| analysis.header.needs.contains(&Need::Osm));
        let no_boundary = || RunError::NoFile { role: "boundary", path: "(none given)".to_owned() };
        let files = files(args)?;
        Ok(Self {
            boundary: BoundarySource::from(args.boundary.as_deref().ok_or_else(no_boundary)?),
            boundary_options: boundary_options(args),
            import: import(args, needs_osm)?,
            edition: args.edition.into(),
            suite,
            suite_used,
            suite_values: suite_values(&suite_text),
            formats: formats(args),
            target: target(args)?,
            analyses,
            login: login(args)?,
            until: args.output.until.unwrap_or(Until::Scores),
            output: args.output.clone(),
            parameters: parameters(args),
            files,
        })
    }
}

/// The suite and its text.
fn suite(path: Option<&Path>) -> Result<(Suite, String), RunError> {
    Ok(match path {
        None => (Suite::bna(), BNA.to_owned()),
        Some(path) => Suite::load(path)?,
    })
}

/// Values of a suite file under dotted keys; rows of lists under their `id`, other lists as JSON.
fn suite_values(text: &str) -> Vec<(String, String)> {
    fn collect(key: &str, value: &toml::Value, found: &mut Vec<(String, String)>) {
        let id = |row: &toml::Value| row.get("id").and_then(toml::Value::as_str).map(str::to_owned);
        match value {
            toml::Value::Table(table) => table.iter().for_each(|(name, value)| {
                collect(&if key.is_empty() { name.clone() } else { format!("{key}.{name}") }, value, found);
            }),
            toml::Value::Array(rows) if rows.iter().all(|row| id(row).is_some()) && !rows.is_empty() => {
                rows.iter().for_each(|row| collect(&format!("{key}.{}", id(row).unwrap_or_default()), row, found));
            }
            toml::Value::String(text) => found.push((key.to_owned(), text.clone())),
            toml::Value::Array(_) => found.push((key.to_owned(), json!(value).to_string())),
            other => found.push((key.to_owned(), other.to_string())),
        }
    }
    let mut found = Vec::new();
    // The suite was read from this very text: it is TOML.
    collect("suite", &toml::Value::Table(text.parse().unwrap_or_default()), &mut found);
    found
}

/// As given; else all that most people use, with one database.
pub fn formats(args: &RunArgs) -> Vec<FormatArg> {
    let files = [FormatArg::Geojson, FormatArg::Csv, FormatArg::Shp];
    match (args.output.formats.as_slice(), &args.database.database_url) {
        ([], None) => [&[FormatArg::Gpkg], files.as_slice()].concat(),
        ([], Some(_)) => files.to_vec(),
        (given, _) => given.to_vec(),
    }
}

/// The client's analyses, read and checked.
///
/// # Errors
/// [`AnalysesError`](crate::analyses::AnalysesError).
pub fn analyses(args: &RunArgs) -> Result<Vec<Analysis>, RunError> {
    Ok(args.analyses.analyses.as_deref().map(analyses::load).transpose()?.unwrap_or_default())
}

/// As whom they come to the database; none without analyses or database.
///
/// # Errors
/// Neither a login of their own nor trust.
pub fn login(args: &RunArgs) -> Result<Option<Login>, RunError> {
    let (Some(_), Some(Secret(own))) = (&args.analyses.analyses, &args.database.database_url) else { return Ok(None) };
    match (&args.analyses.analyses_database_url, args.analyses.trust_analyses) {
        (_, true) => Ok(Some(Login::Trusted(own.clone()))),
        (Some(Secret(url)), false) => {
            let database = Database::parse(url).map_err(AnalysesError::Login)?;
            Ok(Some(Login::Own(Box::new(database), url.clone())))
        }
        (None, false) => Err(AnalysesError::NoLogin.into()),
    }
}

/// The schema that the command line names; none without a database.
///
/// # Errors
/// A schema without a database, a name that is none.
pub fn target(args: &RunArgs) -> Result<Option<Target>, RunError> {
    let DatabaseArgs { database_url, schema, run_id } = &args.database;
    let Some(Secret(url)) = database_url else {
        return if schema.is_some() { Err(RunError::SchemaWithoutDatabase) } else { Ok(None) };
    };
    let run = run_id.clone().unwrap_or_else(postgis::random_id);
    let schema = match schema {
        Some(schema) => schema.clone(),
        None => SchemaName::of_run(&run).map_err(|what| RunError::RunId { what })?,
    };
    let mark = Mark {
        run,
        place: String::new(), // known when the boundary is read
        edition: Edition::from(args.edition).as_str().into(),
        version: env!("CARGO_PKG_VERSION").into(),
        created: String::new(), // the server's clock says
    };
    Ok(Some(Target { database: Database::parse(url)?, schema, overwrite: args.overwrite, mark }))
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

fn import(args: &RunArgs, needs_osm: bool) -> Result<ImportPlan, RunError> {
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
        keep_features: needs_osm || args.output.publish.contains(&PublishArg::Osm),
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
    files.extend(args.boundary.iter().filter(|path| *path != stdin).map(|path| ("boundary", path.clone())));
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
        ("formats", json!(formats(args).iter().map(|format| format.name()).collect::<Vec<_>>())),
        ("tiles", json!(format!("{:?}", args.output.tiles).to_lowercase())),
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

    /// Whether tiles are made.
    pub fn wants_tiles(&self) -> bool {
        self.output.tiles != TilesArg::None
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
            ("bundle", self.output.bundle),
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
        if let Some(target) = &self.target {
            text += &format!("database {:?}, schema {}\n", target.database, target.schema);
        }
        text + "nothing was written (--dry-run)\n"
    }
}
