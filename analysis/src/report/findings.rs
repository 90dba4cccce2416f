//! The numbers of a page: read from the published tables, so they are those of the CSV files.

use super::tables::{BLOCKS, BOUNDARY, ISLANDS, MILEAGE, SCORES, Table, WAYS};
use crate::import::blocks::ASSUMED_PEOPLE;
use crate::layers::Layers;
use crate::suite::{Category, CategoryKind, Suite};
use quietway_job::manifest::Manifest;
use std::collections::BTreeMap;

/// All of them.
pub(super) struct Findings {
    /// By `score_id`: original and normalized value.
    pub scores: BTreeMap<String, (Option<f64>, Option<f64>)>,
    pub groups: Vec<Group>,
    /// People in the blocks of the boundary that the tables hold.
    pub people: f64,
    /// Whether nobody counted them.
    pub people_assumed: bool,
    /// Kind of infrastructure and miles.
    pub mileage: Vec<(String, f64)>,
    /// The longest islands.
    pub islands: Vec<Island>,
    /// Number of all islands and length of all, metres.
    pub all_islands: (usize, f64),
}

/// A group of categories.
pub(super) struct Group {
    pub id: String,
    pub title: String,
    pub weight: f64,
    pub score: Option<f64>,
    pub categories: Vec<Measure>,
}

/// A category.
pub(super) struct Measure {
    pub score_id: String,
    pub title: String,
    /// Of its group, 0 to 1.
    pub weight: f64,
    pub score: Option<f64>,
    /// People who reach at least one place on calm streets, and on any street; none for people and jobs themselves.
    pub reach: Option<[f64; 2]>,
    /// People or jobs within reach of the average person: on calm streets, on any street.
    pub average: Option<[f64; 2]>,
}

impl Measure {
    /// The score where it counts: what nobody can reach over any street is no failure of calm ones.
    pub fn counted(&self) -> Option<f64> {
        let any = self.reach.or(self.average).map_or(0.0, |[_, any]| any);
        self.score.filter(|_| any > 0.0)
    }
}

/// A low-stress island.
pub(super) struct Island {
    pub id: i64,
    pub length_m: f64,
    /// Its longest streets by name.
    pub streets: Vec<String>,
}

/// How many islands are listed: as many as there are colours.
const LISTED: usize = 8;
/// Names that describe an island.
const NAMES: usize = 4;

/// Reads them.
pub(super) fn of(layers: &Layers, manifest: &Manifest, suite: &Suite) -> Findings {
    let scores = scores(layers);
    let people = People::of(layers, manifest);
    let normalized = |id: &str| scores.get(id).and_then(|score| score.1);
    let group = |group: &crate::suite::Group| {
        let members: Vec<&Category> = suite.categories.iter().filter(|c| c.group == group.id).collect();
        let weights: f64 = members.iter().map(|category| category.weight).sum();
        let measure = |category: &&Category| {
            measure(category, category.weight / weights, normalized(&category.score_id), &people)
        };
        let id = match members.as_slice() {
            [only] => &only.score_id, // its score is the group's
            _ => &group.id,
        };
        Group {
            id: id.clone(),
            title: group.title.clone(),
            weight: group.weight,
            score: normalized(id),
            categories: members.iter().map(measure).collect(),
        }
    };
    let mileage = Table::of(layers, MILEAGE);
    let of_kind = |row| Some((mileage.text("feature_type", row)?.to_owned(), mileage.number("total_mileage", row)?));
    let groups = suite.groups.iter().map(group).collect();
    let (islands, all_islands) = islands(layers);
    Findings {
        groups,
        people: people.total(),
        people_assumed: manifest.notes.iter().any(|note| note.starts_with(ASSUMED_PEOPLE)),
        mileage: (0..mileage.rows()).filter_map(of_kind).collect(),
        islands,
        all_islands,
        scores,
    }
}

/// By `score_id`.
pub(super) fn scores(layers: &Layers) -> BTreeMap<String, (Option<f64>, Option<f64>)> {
    let table = Table::of(layers, SCORES);
    let row = |row| {
        let id = table.text("score_id", row)?.to_owned();
        Some((id, (table.number("score_original", row), table.number("score_normalized", row))))
    };
    (0..table.rows()).filter_map(row).collect()
}

/// The people of the boundary's blocks.
struct People<'a> {
    blocks: Table<'a>,
    /// Row and people.
    rows: Vec<(usize, f64)>,
}

impl<'a> People<'a> {
    fn of(layers: &'a Layers, manifest: &Manifest) -> Self {
        let blocks = Table::of(layers, BLOCKS);
        let column = population_column(manifest);
        let is_scored = |&row: &usize| blocks.bool("in_boundary", row) != Some(false);
        let with_people = |row| (row, blocks.number(&column, row).unwrap_or(0.0).max(0.0));
        Self { blocks, rows: (0..blocks.rows()).filter(is_scored).map(with_people).collect() }
    }

    fn total(&self) -> f64 {
        self.rows.iter().map(|(_, people)| people).sum()
    }

    /// People in blocks with at least one of that column.
    fn with_one(&self, column: &str) -> f64 {
        self.rows
            .iter()
            .filter(|(row, _)| self.blocks.number(column, *row) >= Some(1.0))
            .map(|(_, people)| people)
            .sum()
    }

    /// Value of a column for the average person.
    fn average(&self, column: &str) -> f64 {
        let sum: f64 =
            self.rows.iter().map(|(row, people)| people * self.blocks.number(column, *row).unwrap_or(0.0)).sum();
        sum / self.total().max(1.0)
    }
}

/// Name of the blocks' population, as published: lower case.
pub(super) fn population_column(manifest: &Manifest) -> String {
    let named = manifest.parameters.get("block-population").and_then(|name| name.as_str());
    named.unwrap_or("pop20").to_lowercase()
}

fn measure(category: &Category, weight: f64, score: Option<f64>, people: &People<'_>) -> Measure {
    let id = &category.id;
    let columns = [format!("{id}_low_stress"), format!("{id}_high_stress")];
    let is_known = columns.iter().all(|column| people.blocks.has(column));
    let is_sum = matches!(category.kind, CategoryKind::Population | CategoryKind::Jobs);
    Measure {
        score_id: category.score_id.clone(),
        title: capital(&category.labels.average),
        weight,
        score,
        reach: (is_known && !is_sum).then(|| columns.each_ref().map(|column| people.with_one(column))),
        average: (is_known && is_sum).then(|| columns.each_ref().map(|column| people.average(column))),
    }
}

pub(super) fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

fn islands(layers: &Layers) -> (Vec<Island>, (usize, f64)) {
    let table = Table::of(layers, ISLANDS);
    let island = |row| {
        Some(Island { id: table.int("island_id", row)?, length_m: table.number("length_m", row)?, streets: Vec::new() })
    };
    let mut all: Vec<Island> = (0..table.rows()).filter_map(island).collect();
    all.sort_by(|a, b| b.length_m.total_cmp(&a.length_m).then(a.id.cmp(&b.id)));
    let sums = (all.len(), all.iter().map(|island| island.length_m).sum());
    all.truncate(LISTED);
    let mut streets: BTreeMap<i64, BTreeMap<&str, f64>> =
        all.iter().map(|island| (island.id, BTreeMap::new())).collect();
    let ways = Table::of(layers, WAYS);
    for row in 0..ways.rows() {
        let of_island = ways.int("island_id", row).and_then(|id| streets.get_mut(&id));
        if let (Some(names), Some(name)) = (of_island, ways.text("name", row)) {
            *names.entry(name).or_default() += super::tables::length_m(ways.line(row));
        }
    }
    for island in &mut all {
        let mut names: Vec<(&str, f64)> = streets.remove(&island.id).unwrap_or_default().into_iter().collect();
        names.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(b.0)));
        island.streets = names.into_iter().take(NAMES).map(|(name, _)| name.to_owned()).collect();
    }
    (all, sums)
}

/// The boundary's areas.
pub(super) fn boundary(layers: &Layers) -> Option<&geo_types::MultiPolygon<f64>> {
    Table::of(layers, BOUNDARY).areas(0)
}
