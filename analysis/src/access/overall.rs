//! Scores of blocks over several categories: overall (bna-method §8.4) and by group (§8.5).

use super::round::fold;
use super::{CategoryScores, GroupScores};
use crate::suite::{Category, Group, Suite};

/// A group with its categories: positions in the suite.
pub(super) struct Members<'a> {
    /// The group.
    pub group: &'a Group,
    /// Its categories, in suite order.
    pub members: Vec<(usize, &'a Category)>,
}

impl Members<'_> {
    /// Groups of one category are that category: they have neither a column nor a row of their own.
    pub(super) fn is_several(&self) -> bool {
        self.members.len() > 1
    }
}

/// All groups in suite order.
pub(super) fn groups(suite: &Suite) -> Vec<Members<'_>> {
    let of = |group: &Group| suite.categories.iter().enumerate().filter(|(_, c)| c.group == group.id).collect();
    suite.groups.iter().map(|group| Members { group, members: of(group) }).collect()
}

/// 100 × the mean of the groups that count for the block, by weight. A group counts when anything in it can be reached, or always.
pub(super) fn overall(block: usize, groups: &[Members], categories: &[CategoryScores]) -> f64 {
    let (mut sum, mut weights) = (0.0, 0.0);
    for group in groups {
        let value = group_value(block, group, categories);
        sum += group.group.weight * value.unwrap_or(0.0);
        weights += if value.is_some() || group.group.always_counts { group.group.weight } else { 0.0 };
    }
    let weights = fold(weights);
    if weights == 0.0 { 0.0 } else { 100.0 * sum / weights }
}

/// §8.4: mean over what can be reached; `None` when nothing that activates the group can be.
fn group_value(block: usize, group: &Members, categories: &[CategoryScores]) -> Option<f64> {
    let reached = |&(index, _): &(usize, _)| categories[index].high[block].is_some_and(|high| high > 0);
    if !group.members.iter().any(|member| member.1.activates && reached(member)) {
        return None;
    }
    let score = |index: usize| categories[index].score[block].unwrap_or(0.0);
    if let [(index, _)] = group.members[..] {
        return Some(score(index));
    }
    let counted = group.members.iter().filter(|member| member.1.always_counts || reached(member));
    let weights = fold(counted.map(|(_, category)| category.weight).sum());
    Some(group.members.iter().map(|&(index, category)| category.weight * score(index)).sum::<f64>() / weights)
}

/// §8.5: mean over the categories that have a score. Only groups of several categories.
pub(super) fn group_scores(blocks: usize, groups: &[Members], categories: &[CategoryScores]) -> Vec<GroupScores> {
    let mean = |block: usize, group: &Members| {
        let scored = group.members.iter().filter_map(|&(index, c)| Some((c.weight, categories[index].score[block]?)));
        let (sum, weights) =
            scored.fold((0.0, 0.0), |(sum, total), (weight, score)| (sum + weight * score, total + weight));
        (weights > 0.0).then(|| sum / fold(weights))
    };
    let several = groups.iter().filter(|group| group.is_several());
    several
        .map(|group| GroupScores {
            group: group.group.id.clone(),
            score: (0..blocks).map(|block| mean(block, group)).collect(),
        })
        .collect()
}
