//! # Access — what people reach becomes scores
//! In:   city, network, ratings, reach, area, Suite   Out:  [`Scores`]
//! Touches: memory only                    Does not know: OSM tags, files, SQL
//! Source: bna-method §7 (block assignment), §8

use crate::model::BlockId;
use std::sync::Arc;

/// All scores.
#[derive(Debug, Default)]
pub struct Scores {
    /// One a category row of the suite (population and jobs first among them), in suite order.
    pub categories: Vec<CategoryScores>,
    /// §8.5: one a group that has several members, in suite order.
    pub groups: Vec<GroupScores>,
    /// §8.4, per block; NULL for blocks outside the boundary.
    pub overall: Vec<Option<f64>>,
    /// §6.4, per block: number of pairs; NULL when there is none.
    pub reachable_blocks: Vec<Option<i64>>,
    /// Per destination table, in the city's order.
    pub destinations: Vec<DestinationSheds>,
    /// §8.6.
    pub inputs: Vec<ScoreInput>,
    /// §8.7.
    pub totals: Vec<OverallScore>,
    /// §8.8: feature type, miles; types without segments are absent.
    pub mileage: Vec<(&'static str, f64)>,
}

/// Scores of the blocks in one category.
#[derive(Debug, Default)]
pub struct CategoryScores {
    /// Category id.
    pub category: String,
    /// Reached calmly.
    pub low: Vec<Option<i64>>,
    /// Reached at all.
    pub high: Vec<Option<i64>>,
    /// 0–1.
    pub score: Vec<Option<f64>>,
}

/// Scores of the blocks in one group.
#[derive(Debug, Default)]
pub struct GroupScores {
    /// Group id.
    pub group: String,
    /// 0–1.
    pub score: Vec<Option<f64>>,
}

/// People around the destinations of one category (§8.3).
#[derive(Debug, Default)]
pub struct DestinationSheds {
    /// Category id.
    pub category: String,
    /// Blocks that each destination touches, ascending.
    pub blocks: Vec<Vec<BlockId>>,
    /// People who reach it calmly.
    pub pop_low: Vec<Option<i64>>,
    /// People who reach it at all.
    pub pop_high: Vec<Option<i64>>,
    /// Their ratio.
    pub pop_score: Vec<Option<f64>>,
}

/// A row of `neighborhood_score_inputs`.
#[derive(Clone, Debug, PartialEq)]
pub struct ScoreInput {
    /// Title of the group.
    pub category: String,
    /// Text.
    pub name: String,
    /// Rounded to four decimals, half away from zero: ten-thousandths.
    pub score_e4: Option<i64>,
    /// Text.
    pub notes: String,
    /// Text.
    pub explanation: String,
    /// `use_…` column that this row sets, if any.
    pub flag: Option<Arc<str>>,
}

/// A row of `neighborhood_overall_scores`.
#[derive(Clone, Debug, PartialEq)]
pub struct OverallScore {
    /// `people`, `opportunity_employment`, …
    pub id: String,
    /// Ten-thousandths.
    pub original_e4: Option<i64>,
    /// Ten-thousandths.
    pub normalized_e4: Option<i64>,
    /// Text.
    pub explanation: Option<String>,
}
