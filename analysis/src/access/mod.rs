//! # Access — what people reach becomes scores
//! In:   city, network, ratings, reach, area, Suite   Out:  [`Scores`]
//! Touches: memory only                    Does not know: OSM tags, files, SQL
//! Source: bna-method §7 (block assignment), §8; quirks Q4, Q12, Q34, Q35, Q37 reproduced
//!
//! Blocks outside the boundary (edition `current`) are destinations only: they are counted when reached, but have no scores and no
//! part in any sum over blocks.

mod assign;
mod counts;
mod curve;
mod inputs;
mod marks;
mod mileage;
mod overall;
mod region;
mod round;
mod sheds;
mod statistics;
#[cfg(test)]
mod tests;
mod totals;

use self::assign::Places;
use self::counts::Counts;
use self::marks::Marks;
use self::region::Region;
use crate::boundary::StudyArea;
use crate::connectivity::Reach;
use crate::import::{Blocks, City};
use crate::model::{BlockId, Edition};
use crate::network::StreetNetwork;
use crate::stress::StressRatings;
use crate::suite::{Category, CategoryKind, Suite};
use rayon::prelude::*;
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
    /// §6.4, per block: number of pairs, 0 when there is none; NULL for blocks outside the boundary.
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

/// Scores everything. Categories, groups, weights, curves and words come from the suite.
pub fn score(
    city: &City,
    network: &StreetNetwork,
    ratings: &StressRatings,
    reach: &Reach,
    area: &StudyArea,
    suite: &Suite,
    edition: Edition,
) -> Scores {
    let boundary = Region::new(&area.boundary_m);
    let places = assign::places(city, suite, &boundary);
    let inside = mileage::lengths_inside(&network.segments, &boundary);
    let miles = mileage::by_stress(&inside, ratings);
    let mileage = mileage::by_feature(&network.segments, &inside, edition);
    Scores { mileage, ..score_places(&city.blocks, reach, places, suite, miles) }
}

/// Only the inventory of bicycle infrastructure, which needs no ratings and no reach (`--until`).
pub fn inventory(network: &StreetNetwork, area: &StudyArea, edition: Edition) -> Scores {
    let inside = mileage::lengths_inside(&network.segments, &Region::new(&area.boundary_m));
    Scores { mileage: mileage::by_feature(&network.segments, &inside, edition), ..Scores::default() }
}

/// All but mileage, once it is known which blocks the destinations touch.
fn score_places(blocks: &Blocks, reach: &Reach, places: Vec<Places>, suite: &Suite, miles: totals::Miles) -> Scores {
    let marks = Marks::new(&places, blocks.len());
    let people = sheds::Units::new(&blocks.population);
    let (counts, tally) = counts::count(reach, blocks, &places, &marks, &people);
    let of_category = |category| category_scores(category, &counts, reach, &places);
    let categories: Vec<_> = suite.categories.iter().map(of_category).collect();
    let destinations = sheds::sheds(places, &marks, &tally, &people);
    let groups = overall::groups(suite);
    let overall_of = |(block, counts): (usize, &Option<Counts>)| {
        counts.as_ref().map(|_| overall::overall(block, &groups, &categories))
    };
    let overall: Vec<_> = counts.par_iter().enumerate().map(overall_of).collect();
    let reachable = |counts: &Option<Counts>| counts.as_ref().map(|counts| i64::from(counts.pairs[1]));
    let reachable_blocks: Vec<_> = counts.iter().map(reachable).collect();
    let inputs = inputs::inputs(suite, blocks, &categories, &destinations);
    let sources = totals::Sources {
        groups: &groups,
        categories: &categories,
        inputs: &inputs,
        blocks,
        overall: &overall,
        reachable_blocks: &reachable_blocks,
    };
    let totals = totals::totals(&sources, miles);
    let groups = overall::group_scores(blocks.len(), &groups, &categories);
    Scores { categories, groups, overall, reachable_blocks, destinations, inputs, totals, mileage: Vec::new() }
}

/// Counts and scores of the blocks in one category.
fn category_scores(category: &Category, counts: &[Option<Counts>], reach: &Reach, places: &[Places]) -> CategoryScores {
    let table = places.iter().position(|table| table.category == category.id);
    let values = |(block, counts): (usize, &Option<Counts>)| -> [Option<i64>; 2] {
        let Some(counts) = counts else { return [None; 2] };
        match category.kind {
            CategoryKind::Population => counts.people,
            CategoryKind::Jobs => counts.jobs,
            CategoryKind::Trails => reach.trails.get(block).copied().unwrap_or_default().map(|n| Some(i64::from(n))),
            _ => table.map_or([0; 2], |table| counts.places[table]).map(|n| Some(i64::from(n))),
        }
    };
    let (low, high): (Vec<_>, Vec<_>) = counts.iter().enumerate().map(|block| values(block).into()).unzip();
    let score = low.iter().zip(&high).map(|(&low, &high)| curve::score(low, high, &category.curve)).collect();
    CategoryScores { category: category.id.clone(), low, high, score }
}
