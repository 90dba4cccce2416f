//! About the run itself: what it was asked and what it read.

use super::{Exports, Layer, ints, table_info, words};
use crate::model::Column;
use quietway_job::manifest::Input;

/// Licence of everything that comes from OpenStreetMap.
const OSM_LICENCE: &str = "ODbL-1.0";
/// And what it asks for.
const OSM_CREDIT: &str = "© OpenStreetMap contributors";

/// `run_parameters`: names and values, in their order.
pub fn parameters(rows: &[(String, String)]) -> Layer {
    let columns =
        vec![words("key", rows.iter().map(|row| Some(&row.0))), words("value", rows.iter().map(|row| Some(&row.1)))];
    table("run_parameters", columns)
}

/// `provenance`: one row a file.
pub fn provenance(inputs: &[Input]) -> Layer {
    let of_osm = |input: &Input| (input.role == "osm").then(|| OSM_LICENCE.to_owned());
    let licence = |input: &Input| input.licence.clone().or_else(|| of_osm(input));
    let attribution =
        |input: &Input| input.attribution.clone().or_else(|| of_osm(input).map(|_| OSM_CREDIT.to_owned()));
    let columns = vec![
        words("role", inputs.iter().map(|input| Some(&input.role))),
        words("name", inputs.iter().map(|input| Some(&input.name))),
        ints("bytes", inputs.iter().map(|input| i64::try_from(input.bytes).ok())),
        words("sha256", inputs.iter().map(|input| Some(&input.sha256))),
        ints("timestamp", inputs.iter().map(|input| input.timestamp)),
        words("url", inputs.iter().map(|input| input.url.clone())),
        words("date", inputs.iter().map(|input| input.date.clone())),
        words("licence", inputs.iter().map(licence)),
        words("attribution", inputs.iter().map(attribution)),
    ];
    table("provenance", columns)
}

fn table(name: &str, columns: Vec<Column>) -> Layer {
    Layer {
        name: name.into(),
        comment: table_info(name).comment.into(),
        columns,
        geometry: None,
        exports: Exports::DATABASE,
    }
}
