//! What an analysis says of itself: TOML, in the comments at the top of an SQL file or as a file of its own.

use serde::Deserialize;
use std::collections::BTreeMap;

/// Opens and closes the header among the comments of an SQL file.
const OPEN: &str = "-- /// quietway";
const CLOSE: &str = "-- ///";

/// Seconds an analysis may take when it does not say.
const TIME_LIMIT_S: f64 = 300.0;

/// The header.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Header {
    /// For people, a few words.
    pub title: String,
    /// For people, what it finds and how to read it.
    #[serde(default)]
    pub description: String,
    /// Seconds it may take.
    #[serde(default = "time_limit_s")]
    pub time_limit_s: f64,
    /// What must be there.
    #[serde(default)]
    pub needs: Vec<Need>,
    /// Program and arguments, of a command.
    #[serde(default)]
    pub command: Option<Vec<String>>,
    /// Address space that a command may take.
    #[serde(default)]
    pub memory_limit_mb: Option<u64>,
    /// Tables it makes.
    #[serde(rename = "output", default)]
    pub outputs: Vec<Output>,
}

fn time_limit_s() -> f64 {
    TIME_LIMIT_S
}

/// What an analysis may need beyond the tables that are always there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Need {
    /// PostgreSQL with PostGIS, not a GeoPackage.
    Postgis,
    /// Spatial functions in a GeoPackage.
    Spatialite,
    /// pgRouting in PostgreSQL.
    Pgrouting,
    /// The table of pairs of blocks.
    Pairs,
    /// The tables of OSM features.
    Osm,
}

/// A table that an analysis makes.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Output {
    /// Its name: of the table, of the files, of the layer in the tiles.
    pub name: String,
    /// What a row is, for people.
    pub title: String,
    /// Kind of its geometry, in the column `geom`.
    #[serde(default)]
    pub geometry: Option<GeometryKind>,
    /// Formats of its files, among those of the run.
    #[serde(default)]
    pub export: Vec<ExportFormat>,
    /// Zooms at which the map tiles show it.
    #[serde(default)]
    pub tiles: Option<Zooms>,
    /// What its columns mean.
    #[serde(default)]
    pub columns: BTreeMap<String, String>,
}

/// Kind of geometry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs)]
pub enum GeometryKind {
    Point,
    Line,
    Polygon,
}

/// Format of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs)]
pub enum ExportFormat {
    Geojson,
    Csv,
    Shp,
    Parquet,
}

/// Lowest and highest zoom.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Zooms {
    /// Lowest.
    pub min_zoom: u8,
    /// Highest.
    pub max_zoom: u8,
}

/// Highest zoom of the tiles.
const ZOOM_MAX: u8 = 15;

/// A line (from 1) and what is wrong there.
pub type Fault = (usize, String);

/// The header of an SQL file. `taken` says which names of tables are somebody else's, besides those of the databases themselves.
///
/// # Errors
/// The first fault.
pub fn of_sql(text: &str, taken: &dyn Fn(&str) -> bool) -> Result<Header, Fault> {
    let mut lines = text.lines().enumerate();
    let is = |line: &str, mark: &str| line.trim_end() == mark;
    let missing = || (1, format!("has no header; begin the file with the lines `{OPEN}` … `{CLOSE}`"));
    let (open, _) = lines.find(|(_, line)| is(line, OPEN)).ok_or_else(missing)?;
    // Lines stay where they are, so that TOML counts them as the file does.
    let mut toml = "\n".repeat(open + 1);
    for (number, line) in lines {
        if is(line, CLOSE) {
            let header = parse(&toml, taken)?;
            let of_command =
                header.command.as_ref().map(|_| "command").or(header.memory_limit_mb.map(|_| "memory_limit_mb"));
            return match of_command {
                Some(key) => Err((line_of(&toml, key), format!("`{key}` belongs into a .toml file"))),
                None => Ok(header),
            };
        }
        let Some(content) = line.strip_prefix("--") else {
            return Err((
                number + 1,
                format!("the header that begins on line {} does not end; close it with `{CLOSE}`", open + 1),
            ));
        };
        toml += content;
        toml.push('\n');
    }
    Err((open + 1, format!("the header does not end; close it with `{CLOSE}`")))
}

/// The header of a command: the whole file. `taken` as for [`of_sql`].
///
/// # Errors
/// The first fault.
pub fn of_command(text: &str, taken: &dyn Fn(&str) -> bool) -> Result<Header, Fault> {
    let header = parse(text, taken)?;
    match header.command.as_deref() {
        None => Err((1, "`command` is missing: program and arguments, as a list".into())),
        Some([program, ..]) if !program.trim().is_empty() => Ok(header),
        Some(_) => Err((line_of(text, "command"), "`command` names no program".into())),
    }
}

fn parse(toml: &str, taken: &dyn Fn(&str) -> bool) -> Result<Header, Fault> {
    let header: Header = toml::from_str(toml).map_err(|error| {
        let line = error.span().map_or(1, |span| 1 + toml[..span.start.min(toml.len())].matches('\n').count());
        (line, error.message().trim().replace('\n', "; "))
    })?;
    let limit = header.time_limit_s;
    if !(limit > 0.0 && limit <= 86_400.0) {
        return Err((
            line_of(toml, "time_limit_s"),
            format!("`time_limit_s` is {limit}; it must lie between 0 and 86400"),
        ));
    }
    if header.outputs.is_empty() {
        return Err((1, "declares no [[output]]: name the tables that it makes".into()));
    }
    for (nth, output) in header.outputs.iter().enumerate() {
        if let Some((key, what)) = fault_of(output, &header.outputs[..nth], taken) {
            return Err((line_in_output(toml, nth, key), what));
        }
    }
    Ok(header)
}

/// The first thing in an output that cannot be: key and sentence.
fn fault_of(output: &Output, before: &[Output], taken: &dyn Fn(&str) -> bool) -> Option<(&'static str, String)> {
    let name = &output.name;
    if !is_name(name) {
        return Some((
            "name",
            format!("`name` is \"{name}\"; use lower-case letters, digits and _, at most 48, a letter first"),
        ));
    }
    if is_reserved(name) || taken(name) {
        return Some(("name", format!("`name` is \"{name}\", which belongs to the run's own tables; choose another")));
    }
    if before.iter().any(|other| &other.name == name) {
        return Some(("name", format!("two outputs are named \"{name}\"; each needs a name of its own")));
    }
    if output.geometry.is_none() && output.export.iter().any(|format| *format != ExportFormat::Csv) {
        return Some(("export", format!("\"{name}\" has no `geometry`, so only \"csv\" can hold it")));
    }
    let zooms = output.tiles?;
    if output.geometry.is_none() {
        return Some(("tiles", format!("\"{name}\" has no `geometry`, so the map tiles cannot show it")));
    }
    let is_range = zooms.min_zoom <= zooms.max_zoom && zooms.max_zoom <= ZOOM_MAX;
    (!is_range).then(|| ("tiles", format!("`min_zoom` must not exceed `max_zoom`, nor that {ZOOM_MAX}")))
}

fn is_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_lowercase())
        && text.len() <= 48
        && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
}

/// Whether the databases themselves, or the files of the results, have tables of that name.
fn is_reserved(name: &str) -> bool {
    let prefixes = ["gpkg_", "rtree_", "sqlite_", "pg_", "idx_"];
    let systems = ["spatial_ref_sys", "geometry_columns", "quietway", "manifest"];
    prefixes.iter().any(|prefix| name.starts_with(prefix)) || systems.contains(&name)
}

/// The line on which a key stands, or 1.
fn line_of(toml: &str, key: &str) -> usize {
    let stands =
        |line: &str| line.trim_start().strip_prefix(key).is_some_and(|rest| rest.trim_start().starts_with('='));
    toml.lines().position(stands).map_or(1, |at| at + 1)
}

/// The line of a key of the nth output, or of its heading.
fn line_in_output(toml: &str, nth: usize, key: &str) -> usize {
    let is_heading = |line: &str| line.trim() == "[[output]]";
    let heading = toml.lines().enumerate().filter(|(_, line)| is_heading(line)).nth(nth).map_or(0, |(at, _)| at);
    let inside = toml.lines().skip(heading + 1).take_while(|line| !is_heading(line)).collect::<Vec<_>>().join("\n");
    let stands =
        |line: &str| line.trim_start().strip_prefix(key).is_some_and(|rest| rest.trim_start().starts_with('='));
    heading + 1 + inside.lines().position(stands).map_or(0, |at| at + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "-- /// quietway\n-- title = \"A\"\n-- needs = [\"pairs\"]\n-- [[output]]\n-- name = \"a\"\n\
                        -- title = \"An a\"\n-- geometry = \"line\"\n-- export = [\"geojson\"]\n\
                        -- tiles = { min_zoom = 9, max_zoom = 15 }\n-- columns = { x = \"An x\" }\n-- ///\nSELECT 1;\n";

    fn taken(name: &str) -> bool {
        name == "neighborhood_ways"
    }

    fn fault(from: &str, to: &str) -> Fault {
        assert!(GOOD.contains(from), "{from}");
        of_sql(&GOOD.replacen(from, to, 1), &taken).unwrap_err()
    }

    #[test]
    fn a_header_is_read() {
        let header = of_sql(GOOD, &taken).unwrap();
        assert_eq!((header.title.as_str(), header.time_limit_s), ("A", 300.0));
        assert_eq!(header.needs, [Need::Pairs]);
        assert_eq!(header.outputs[0].tiles, Some(Zooms { min_zoom: 9, max_zoom: 15 }));
        assert_eq!(header.outputs[0].columns["x"], "An x");
    }

    #[test]
    fn faults_name_their_line() {
        assert_eq!(of_sql("SELECT 1", &taken).unwrap_err().0, 1);
        let (line, what) = fault("-- title = \"A\"\n", "-- title = \"A\"\n-- colour = 1\n");
        assert_eq!(line, 3, "{what}");
        assert!(what.contains("unknown field `colour`"), "{what}");
        assert_eq!(fault("-- ///\n", "").0, 11);
        assert_eq!(fault("\"pairs\"", "\"perl\"").0, 3);
        assert_eq!(fault("name = \"a\"", "name = \"A b\"").0, 5);
        assert_eq!(fault("name = \"a\"", "name = \"neighborhood_ways\"").0, 5);
        assert_eq!(fault("name = \"a\"", "name = \"gpkg_contents\"").0, 5);
        assert_eq!(fault("-- geometry = \"line\"\n", "").0, 7);
        assert_eq!(fault("max_zoom = 15", "max_zoom = 8").0, 9);
        assert_eq!(fault("-- title = \"A\"", "-- title = \"A\"\n-- time_limit_s = -1").0, 3);
        assert_eq!(fault("-- title = \"A\"", "-- title = \"A\"\n-- command = [\"rm\"]").0, 3);
    }

    #[test]
    fn two_outputs_of_one_name_are_refused() {
        let twice = GOOD.replace("-- ///\nSELECT", "-- [[output]]\n-- title = \"B\"\n-- name = \"a\"\n-- ///\nSELECT");
        let (line, what) = of_sql(&twice, &taken).unwrap_err();
        assert_eq!(line, 13, "{what}");
        assert!(what.contains("two outputs are named \"a\""), "{what}");
    }

    #[test]
    fn a_command_needs_a_program() {
        let text = "title = \"A\"\ncommand = []\n[[output]]\nname = \"a\"\ntitle = \"b\"\n";
        assert_eq!(of_command(text, &taken).unwrap_err().0, 2);
        assert_eq!(of_command(&text.replace("[]", "[\"x\", \"y\"]"), &taken).unwrap().command.unwrap(), ["x", "y"]);
        assert!(
            of_command("title = \"A\"\n[[output]]\nname = \"a\"\ntitle = \"b\"\n", &taken)
                .unwrap_err()
                .1
                .contains("`command`")
        );
    }
}
