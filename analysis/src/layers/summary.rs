//! Tables about the whole place (bna-method §8.6–8.8, §9.2).

use super::{Exports, Layer, bools, floats, ints, table_info, words};
use crate::access::Scores;
use crate::import::SpeedLimits;
use crate::model::{Column, Edition};
use crate::suite::Suite;

/// `neighborhood_score_inputs`; none when nothing was scored.
pub(super) fn score_inputs(scores: &Scores, suite: &Suite) -> Option<Layer> {
    let rows = &scores.inputs;
    if rows.is_empty() {
        return None;
    }
    let mut columns = vec![
        ints("id", (1..).take(rows.len()).map(Some)),
        words("category", rows.iter().map(|row| Some(&row.category))),
        words("score_name", rows.iter().map(|row| Some(&row.name))),
        floats("score", rows.iter().map(|row| decimal(row.score_e4))),
        words("notes", rows.iter().map(|row| Some(&row.notes))),
        words("human_explanation", rows.iter().map(|row| Some(&row.explanation))),
    ];
    let flag = |flag: &String| {
        let sets = rows.iter().map(|row| (row.flag.as_deref() == Some(flag)).then_some(true));
        bools(flag, sets)
    };
    columns.extend(suite.categories.iter().map(|category| flag(&category.flag)));
    Some(table("neighborhood_score_inputs", columns))
}

/// `neighborhood_overall_scores`; none when nothing was scored.
pub(super) fn overall_scores(scores: &Scores) -> Option<Layer> {
    let rows = &scores.totals;
    let columns = vec![
        ints("id", (1..).take(rows.len()).map(Some)),
        words("score_id", rows.iter().map(|row| Some(&row.id))),
        floats("score_original", rows.iter().map(|row| decimal(row.original_e4))),
        floats("score_normalized", rows.iter().map(|row| decimal(row.normalized_e4))),
        words("human_explanation", rows.iter().map(|row| row.explanation.as_ref())),
    ];
    (!rows.is_empty()).then(|| table("neighborhood_overall_scores", columns))
}

/// `residential_speed_limit`. Codes keep their leading zeros (Q21 of bna-method §11 is not copied); where there is none the reference writes 0,
/// padded with blanks as CHAR columns are.
pub(super) fn speed_limits(speeds: &SpeedLimits, edition: Edition) -> Layer {
    let code = |known: &Option<String>, width: usize| match (known, edition) {
        (Some(code), _) => Some(format!("{code:<width$}")),
        (None, Edition::Reference) => Some(format!("{:<width$}", 0)),
        (None, Edition::Current) => None,
    };
    let columns = vec![
        words("state_fips_code", [code(&speeds.state_fips, 2)].into_iter()),
        words("city_fips_code", [code(&speeds.city_fips, 7)].into_iter()),
        ints("state_speed", [speeds.state_mph.map(i64::from)].into_iter()),
        ints("city_speed", [speeds.city_mph.map(i64::from)].into_iter()),
    ];
    table("residential_speed_limit", columns)
}

/// `mileage`.
pub(super) fn mileage(scores: &Scores) -> Layer {
    let rows = &scores.mileage;
    let columns = vec![
        words("feature_type", rows.iter().map(|row| Some(row.0))),
        floats("total_mileage", rows.iter().map(|row| Some(row.1))),
    ];
    table("mileage", columns)
}

fn table(name: &str, columns: Vec<Column>) -> Layer {
    Layer {
        name: name.into(),
        comment: table_info(name).comment.into(),
        columns,
        geometry: None,
        exports: Exports::TABLE,
    }
}

/// Ten-thousandths as a number.
fn decimal(e4: Option<i64>) -> Option<f64> {
    e4.map(|e4| e4 as f64 / 1e4)
}
