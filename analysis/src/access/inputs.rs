//! The score inputs (bna-method §8.6): what the scores are made of, aggregated over blocks and over destinations.

use super::round::to_e4;
use super::statistics::{Ratios, people, weighted};
use super::{CategoryScores, DestinationSheds, ScoreInput};
use crate::import::Blocks;
use crate::suite::{Category, CategoryKind, Labels, Suite};

/// Share of the rows below, and its words in names and sentences: above it, below it.
const PERCENTILES: [(f64, &str, &str, &str, &str); 3] = [
    (0.5, "Median", "median", "Half", "half"),
    (0.7, "70th percentile", "70th percentile", "30%", "70%"),
    (0.3, "30th percentile", "30th percentile", "70%", "30%"),
];

/// All rows, in suite order.
pub(super) fn inputs(
    suite: &Suite,
    blocks: &Blocks,
    categories: &[CategoryScores],
    sheds: &[DestinationSheds],
) -> Vec<ScoreInput> {
    let everybody = people(&blocks.population, |block| blocks.in_boundary[block]);
    let mut rows = Vec::new();
    for (category, scores) in suite.categories.iter().zip(categories) {
        let title =
            suite.groups.iter().find(|group| group.id == category.group).map_or("", |group| group.title.as_str());
        let of_blocks = matches!(category.kind, CategoryKind::Population | CategoryKind::Jobs);
        let basis = if of_blocks {
            everybody
        } else {
            people(&blocks.population, |block| scores.high[block].is_some_and(|high| high > 0))
        };
        let average = weighted(&blocks.population, &scores.score, basis);
        let reached = Ratios { low: &scores.low, high: &scores.high };
        let texts = if of_blocks {
            attribute_rows(&category.labels, reached, average)
        } else {
            let mut texts = place_rows(&category.labels, reached, average);
            if let Some(shed) = sheds.iter().find(|shed| shed.category == category.id) {
                texts.extend(shed_rows(&category.labels, Ratios { low: &shed.pop_low, high: &shed.pop_high }));
            }
            texts
        };
        rows.extend(texts.into_iter().map(|text| text.row(title, category)));
    }
    rows
}

/// A row without what all rows of its category share.
struct Text {
    name: String,
    value: Option<f64>,
    notes: String,
    explanation: String,
    is_score: bool,
}

impl Text {
    fn row(self, title: &str, category: &Category) -> ScoreInput {
        ScoreInput {
            category: title.to_owned(),
            name: self.name,
            score_e4: self.value.and_then(to_e4),
            notes: self.notes,
            explanation: self.explanation,
            flag: self.is_score.then(|| category.flag.as_str().into()),
        }
    }
}

/// The row that is the category's score.
fn score_row(average: &str, subject: &str, value: Option<f64>) -> Text {
    Text {
        name: format!("Average score of access to {average}"),
        value,
        notes: format!("Average {subject} score for census blocks weighted by population."),
        explanation: format!("On average, census blocks in the neighborhood received this {subject} score."),
        is_score: true,
    }
}

/// Population and jobs: five rows.
fn attribute_rows(labels: &Labels, reached: Ratios, average: Option<f64>) -> Vec<Text> {
    let what = &labels.access;
    let notes = |how: &str| {
        format!(
            "Score of {what} accessible by low stress to {what} accessible overall, \
             expressed as the {how} of all census blocks in the neighborhood"
        )
    };
    let mut rows: Vec<Text> = PERCENTILES
        .iter()
        .map(|&(share, title, name, above, below)| Text {
            name: format!("{title} score of access to {what}"),
            value: reached.percentile(share),
            notes: notes(name),
            explanation: format!(
                "{above} of all census blocks in the neighborhood have a ratio of low stress to high stress access \
                 above this number, {below} have a lower ratio."
            ),
            is_score: false,
        })
        .collect();
    rows.push(Text {
        name: format!("Average score of access to {what}"),
        value: reached.ratio(),
        notes: notes("average"),
        explanation:
            "On average, census blocks in the neighborhood have this ratio of low stress to high stress access.".into(),
        is_score: false,
    });
    rows.push(score_row(&labels.average, what, average));
    rows
}

/// Destinations and trails: five rows about blocks.
fn place_rows(labels: &Labels, reached: Ratios, average: Option<f64>) -> Vec<Text> {
    let (many, access) = (&labels.low_stress, &labels.access);
    let mut rows = vec![Text {
        name: format!("Average score of low stress access to {many}"),
        value: reached.whole_ratio(),
        notes: format!(
            "Number of {many} accessible by low stress expressed as an average of all census blocks in the neighborhood"
        ),
        explanation: format!(
            "On average, census blocks in the neighborhood have low stress access to this many {many} for each one \
             within biking distance (whole numbers only)."
        ),
        is_score: false,
    }];
    rows.extend(PERCENTILES.iter().map(|&(share, title, name, above, below)| Text {
        name: format!("{title} score of {access} access"),
        value: reached.percentile(share),
        notes: format!(
            "Score of {many} accessible by low stress compared to {many} accessible by high stress \
             expressed as the {name} of all census blocks in the neighborhood"
        ),
        explanation: format!(
            "{above} of census blocks in this neighborhood have low stress access to a higher ratio of {many} \
             within biking distance, {below} have access to a lower ratio."
        ),
        is_score: false,
    }));
    rows.push(score_row(&labels.average, &labels.average, average));
    rows
}

/// Destinations: four rows about the people around them.
fn shed_rows(labels: &Labels, people: Ratios) -> Vec<Text> {
    let many = &labels.low_stress;
    let bike_shed = labels.bike_shed.as_ref().unwrap_or(&labels.access);
    let shed = labels.shed.as_ref().unwrap_or(&labels.access);
    let mut rows = vec![Text {
        name: format!("Average {bike_shed} bike shed access score"),
        value: people.ratio(),
        notes: format!(
            "Score of population with low stress access compared to total population within the bike shed distance \
             of {many} in the neighborhood expressed as an average of all {many} in the neighborhood"
        ),
        explanation: format!(
            "On average, {many} in the neighborhood are connected by low stress access to this share of the people \
             within biking distance."
        ),
        is_score: false,
    }];
    rows.extend(PERCENTILES.iter().map(|&(share, title, name, above, below)| Text {
        name: format!("{title} {shed} population shed score"),
        value: people.percentile(share),
        notes: format!(
            "Score of population with low stress access to {many} in the neighborhood to total population within \
             the bike shed of each of them expressed as the {name} of all {many} in the neighborhood"
        ),
        explanation: format!(
            "{above} of {many} in the neighborhood have low stress connections to a higher percentage of people \
             within biking distance, {below} are connected to a lower percentage. (If there is only one, this is its score.)"
        ),
        is_score: false,
    }));
    rows
}
