//! # Manifest — what was asked, read and made
//! In:   plan, results, stages, artifacts  Out:  `manifest.json`, written last
//! Touches: the sink

use crate::access::Scores;
use crate::boundary::StudyArea;
use crate::error::RunError;
use crate::export::sink::Sink;
use crate::import::City;
use crate::launcher;
use crate::network::StreetNetwork;
use crate::plan::Plan;
use crate::progress::peak_memory_bytes;
use crate::stress::StressRatings;
use quietway_job::manifest::{Input, Manifest, SCHEMA_VERSION, Stage, Summary, SummaryScore, Tool};

/// Values of the run that the manifest tells of.
pub struct Facts<'a> {
    /// What was asked.
    pub plan: &'a Plan,
    /// The place.
    pub area: &'a StudyArea,
    /// What was imported.
    pub city: &'a City,
    /// Streets.
    pub network: &'a StreetNetwork,
    /// Their ratings.
    pub ratings: &'a StressRatings,
    /// Scores.
    pub scores: &'a Scores,
}

/// Puts the manifest together and closes the sink with it.
///
/// # Errors
/// The sink cannot be written.
pub fn write(facts: &Facts<'_>, mut inputs: Vec<Input>, stages: &[Stage], sink: Sink) -> Result<Manifest, RunError> {
    for input in inputs.iter_mut().filter(|input| input.role == "osm") {
        input.timestamp = facts.city.osm_report.timestamp;
    }
    let manifest = Manifest {
        schema_version: SCHEMA_VERSION,
        run: launcher::run(),
        tool: Tool { name: "quietway".into(), version: env!("CARGO_PKG_VERSION").into() },
        edition: facts.plan.edition.as_str().into(),
        place: facts.area.name.clone(),
        suite: facts.plan.suite_used.clone(),
        parameters: facts.plan.parameters.clone(),
        inputs,
        stages: stages.to_vec(),
        peak_memory_bytes: peak_memory_bytes(),
        notes: notes(facts.area, facts.city, facts.network, facts.ratings),
        summary: summary(facts),
        artifacts: sink.artifacts(),
    };
    let text = serde_json::to_vec_pretty(&manifest).expect("a manifest holds only what JSON can");
    sink.finish(&text)?;
    Ok(manifest)
}

/// Repairs and oddities, in sentences.
pub fn notes(area: &StudyArea, city: &City, network: &StreetNetwork, ratings: &StressRatings) -> Vec<String> {
    let report = &city.osm_report;
    let odd = [
        (report.duplicate_ids, "OSM elements stand twice; the last one counts"),
        (report.negative_ids, "OSM elements have a negative id"),
        (report.missing_nodes, "node references of OSM ways lead nowhere and were left out"),
        (report.broken_relations, "multipolygons of OSM do not close and were left out"),
    ];
    let mut notes = [area.notes.as_slice(), &city.blocks.notes].concat();
    notes.extend(odd.iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{count} {what}")));
    let empty = city.destinations.iter().filter(|table| table.places.is_empty());
    let empty: Vec<_> = empty.map(|table| table.category.as_str()).collect();
    if !empty.is_empty() {
        notes.push(format!("nothing in the OSM data matches: {}", empty.join(", ")));
    }
    let share = assumed_share(network, ratings);
    if share > 0.0 {
        notes.push(format!(
            "{:.0} % of the length of residential streets has no speed limit, nor have city and state: assumed",
            100.0 * share
        ));
    }
    notes
}

/// None is assumed before anything is rated.
fn assumed_share(network: &StreetNetwork, ratings: &StressRatings) -> f64 {
    if ratings.segment.is_empty() { 0.0 } else { ratings.assumed_share(network) }
}

fn summary(facts: &Facts<'_>) -> Summary {
    let assumed_speed_share = assumed_share(facts.network, facts.ratings);
    if facts.scores.totals.is_empty() {
        return Summary { assumed_speed_share, ..Summary::default() };
    }
    let suite = &facts.plan.suite;
    let find = |id: &str| facts.scores.totals.iter().find(|total| total.id == id);
    let normalized = |id: &str| find(id).and_then(|total| total.normalized_e4).map(|value| value as f64 / 10_000.0);
    let original = |id: &str| find(id).and_then(|total| total.original_e4).map(|value| value as f64 / 10_000.0);
    let row = |id: &str, title: &str| SummaryScore { id: id.into(), title: title.into(), value: normalized(id) };
    let groups = suite.groups.iter().map(|group| {
        let members: Vec<_> = suite.categories.iter().filter(|category| category.group == group.id).collect();
        // A group with one category has only that category's row (bna-method §8.7).
        match members.as_slice() {
            [only] => SummaryScore { id: group.id.clone(), ..row(&only.score_id, &group.title) },
            _ => row(&group.id, &group.title),
        }
    });
    Summary {
        scores: std::iter::once(row("overall_score", "Overall score")).chain(groups).collect(),
        population: original("population_total"),
        low_stress_miles: original("total_miles_low_stress"),
        high_stress_miles: original("total_miles_high_stress"),
        assumed_speed_share,
    }
}
