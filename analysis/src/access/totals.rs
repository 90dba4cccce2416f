//! Overall scores (bna-method §8.7): one row a category, a group of several, and the whole.

use super::overall::Members;
use super::round::{E4, decimal, divide_half_away, to_e4};
use super::{CategoryScores, OverallScore, ScoreInput};
use crate::import::Blocks;
use crate::suite::Category;

/// Miles of riding directions inside the boundary; `None` when no such segment meets it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Miles {
    /// Calm.
    pub low: Option<f64>,
    /// Not calm.
    pub high: Option<f64>,
}

/// What a row of the totals is made from.
pub(super) struct Sources<'a> {
    /// Groups in suite order.
    pub groups: &'a [Members<'a>],
    /// By category of the suite.
    pub categories: &'a [CategoryScores],
    /// §8.6.
    pub inputs: &'a [ScoreInput],
    /// Population, and which blocks are scored.
    pub blocks: &'a Blocks,
    /// §8.4.
    pub overall: &'a [Option<f64>],
    /// §6.4.
    pub reachable_blocks: &'a [Option<i64>],
}

/// All rows.
pub(super) fn totals(sources: &Sources, miles: Miles) -> Vec<OverallScore> {
    let mut rows = Vec::new();
    for group in sources.groups {
        let leaves: Vec<_> = group.members.iter().map(|(_, category)| leaf(category, sources.inputs)).collect();
        let values: Vec<i64> = leaves.iter().map(|row| row.original_e4.unwrap_or(0)).collect();
        rows.extend(leaves);
        if group.is_several() {
            rows.push(percent(group.group.id.clone(), group_mean(group, &values, sources.categories), None));
        }
    }
    rows.push(percent("overall_score".into(), city_mean(sources).and_then(to_e4), None));
    let blocks = sources.blocks;
    let inside = blocks.population.iter().zip(&blocks.in_boundary).filter(|(_, inside)| **inside);
    let population: f64 = inside.map(|(people, _)| people).sum();
    rows.push(OverallScore {
        id: "population_total".into(),
        original_e4: to_e4(population),
        normalized_e4: None,
        explanation: Some("Total population of boundary".into()),
    });
    rows.push(miles_row("total_miles_low_stress", miles.low, "Total low-stress miles"));
    rows.push(miles_row("total_miles_high_stress", miles.high, "Total high-stress miles"));
    rows
}

/// A row whose normalized value is 100 times the original.
fn percent(id: String, original_e4: Option<i64>, explanation: Option<String>) -> OverallScore {
    let normalized_e4 = original_e4.map(|value| value.saturating_mul(100));
    OverallScore { id, original_e4, normalized_e4, explanation }
}

/// The input that is the category's score; 0 when it has none.
fn leaf(category: &Category, inputs: &[ScoreInput]) -> OverallScore {
    let input = inputs.iter().find(|row| row.flag.as_deref() == Some(category.flag.as_str()));
    let value = input.and_then(|row| row.score_e4).unwrap_or(0);
    percent(category.score_id.clone(), Some(value), input.map(|row| row.explanation.clone()))
}

/// Mean of the rounded leaves over the categories that some block can reach, in exact decimals.
fn group_mean(group: &Members, leaves: &[i64], categories: &[CategoryScores]) -> Option<i64> {
    let (mut sum, mut weights) = (0_i128, 0_i128);
    for (&(index, category), &leaf) in group.members.iter().zip(leaves) {
        let weight = i128::from(decimal(category.weight));
        sum += weight * i128::from(leaf);
        if categories[index].high.iter().flatten().any(|&high| high > 0) {
            weights += weight;
        }
    }
    (weights > 0).then(|| divide_half_away(sum, weights)).and_then(|mean| i64::try_from(mean).ok())
}

/// Mean of the blocks' overall scores (0–1) by population, over blocks that reach any block; `None` when nobody does.
fn city_mean(sources: &Sources) -> Option<f64> {
    let counted = |block: &usize| sources.reachable_blocks[*block].is_some_and(|pairs| pairs > 0);
    let population = &sources.blocks.population;
    let basis: f64 = (0..population.len()).filter(counted).map(|block| population[block]).sum();
    let sum: f64 = (0..population.len())
        .filter(counted)
        .filter_map(|block| Some(sources.overall[block]? / 100.0 * population[block] / basis))
        .sum();
    (basis > 0.0).then_some(sum)
}

/// The normalized value rounds the stored one once more, to one decimal.
fn miles_row(id: &str, miles: Option<f64>, explanation: &str) -> OverallScore {
    let original_e4 = miles.and_then(to_e4);
    let tenths = |value: i64| i64::try_from(divide_half_away(i128::from(value), i128::from(E4 / 10)) * 1000).ok();
    OverallScore {
        id: id.into(),
        original_e4,
        normalized_e4: original_e4.and_then(tenths),
        explanation: Some(explanation.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn miles_round_twice() {
        let row = |miles| miles_row("m", miles, "");
        assert_eq!(row(Some(118.6879)).normalized_e4, Some(1_187_000));
        assert_eq!(row(Some(0.049_96)).original_e4, Some(500));
        assert_eq!(row(Some(0.049_96)).normalized_e4, Some(1000), "0.0500 is a tie, 0.04996 would not be");
        assert_eq!(row(None), OverallScore { original_e4: None, normalized_e4: None, ..row(None) });
        assert_eq!(row(Some(0.0)).original_e4, Some(0));
    }
}
