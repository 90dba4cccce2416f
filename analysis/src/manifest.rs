//! # Manifest — what was asked, read and made
//! In:   plan, results, stages, artifacts  Out:  `manifest.json`, written last
//! Touches: the sink

use crate::access::Scores;
use crate::acquire::Inputs;
use crate::analyses::Outcome;
use crate::boundary::StudyArea;
use crate::database;
use crate::error::RunError;
use crate::export::sink::Sink;
use crate::import::City;
use crate::launcher;
use crate::layers::Layers;
use crate::network::StreetNetwork;
use crate::plan::Plan;
use crate::progress::peak_memory_bytes;
use crate::sources::states;
use crate::stress::StressRatings;
use crate::tiles::TileCounts;
use quietway_job::manifest::{Artifact, Input, Manifest, SCHEMA_VERSION, Stage, Summary, SummaryScore, Tool};
use serde_json::Value;
use std::collections::BTreeMap;

/// Values of the run that the manifest tells of.
pub struct Facts<'a> {
    /// What was asked.
    pub plan: &'a Plan,
    /// The place.
    pub area: &'a StudyArea,
    /// Where it is, and what was fetched for it.
    pub found: &'a Inputs,
    /// What was imported.
    pub city: &'a City,
    /// Streets.
    pub network: &'a StreetNetwork,
    /// Their ratings.
    pub ratings: &'a StressRatings,
    /// Scores.
    pub scores: &'a Scores,
    /// What was published.
    pub layers: &'a Layers,
    /// What was odd about the data ([`of_data`]).
    pub of_data: &'a [String],
    /// What was said of the data besides.
    pub more_notes: &'a [String],
    /// What became of the client's analyses.
    pub analyses: &'a [Outcome],
}

/// The files read, OSM data with their date.
pub fn inputs(mut inputs: Vec<Input>, city: &City) -> Vec<Input> {
    for input in inputs.iter_mut().filter(|input| input.role == "osm") {
        input.timestamp = city.osm_report.timestamp;
    }
    inputs
}

/// Puts the manifest together.
pub fn of(facts: &Facts<'_>, inputs: Vec<Input>, stages: &[Stage], artifacts: Vec<Artifact>) -> Manifest {
    Manifest {
        schema_version: SCHEMA_VERSION,
        run: launcher::run(),
        tool: Tool { name: "quietway".into(), version: quietway_job::VERSION.into() },
        edition: facts.plan.edition.as_str().into(),
        place: facts.area.name.clone(),
        suite: facts.plan.suite_used.clone(),
        parameters: parameters(facts.plan, facts.found, facts.city),
        inputs,
        stages: stages.to_vec(),
        peak_memory_bytes: peak_memory_bytes(),
        notes: [&notes(facts.of_data, facts.city, facts.network, facts.ratings), facts.more_notes].concat(),
        summary: summary(facts),
        database: database::used(facts.plan, facts.layers),
        analyses: facts.analyses.iter().map(Outcome::record).collect(),
        artifacts,
    }
}

/// Closes the sink with the manifest.
///
/// # Errors
/// The sink cannot be written.
pub fn write(facts: &Facts<'_>, inputs: Vec<Input>, stages: &[Stage], sink: Sink) -> Result<Manifest, RunError> {
    let manifest = of(facts, inputs, stages, sink.artifacts());
    let text = serde_json::to_vec_pretty(&manifest).expect("a manifest holds only what JSON can");
    sink.finish(&text)?;
    Ok(manifest)
}

/// What was left out of the tiles, if anything.
pub fn of_tiles(counts: TileCounts) -> Option<String> {
    let note =
        || format!("{} features were left out of map tiles that would have been larger than 500 kB", counts.dropped);
    (counts.dropped > 0).then(note)
}

/// Those of the plan; speeds and codes as the run used them, wherever it had them from.
pub fn parameters(plan: &Plan, found: &Inputs, city: &City) -> BTreeMap<String, Value> {
    let speeds = &city.speeds;
    let mph = |speed: Option<i32>| speed.map(|mph| format!("{mph}mph"));
    let region = speeds.state_fips.as_deref().and_then(states::of_fips);
    let used = [
        ("city-speed", mph(speeds.city_mph)),
        ("state-speed", mph(speeds.state_mph)),
        ("place-fips", speeds.city_fips.clone()),
        ("country", found.place.country.clone()),
        ("region", region.map(|state| format!("US-{}", state.code))),
    ];
    let used = used.into_iter().filter_map(|(key, value)| Some((key.to_owned(), Value::String(value?))));
    plan.parameters.clone().into_iter().chain(used).collect()
}

/// Repairs and oddities, in sentences.
pub fn notes(of_data: &[String], city: &City, network: &StreetNetwork, ratings: &StressRatings) -> Vec<String> {
    let mut notes = of_data.to_vec();
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

/// What was odd about the data, in sentences; of a repeated run, what the first one found.
pub fn of_data(plan: &Plan, area: &StudyArea, found: &Inputs, city: &City) -> Vec<String> {
    if let Some(first) = &plan.provenance {
        return first.notes.clone();
    }
    let report = &city.osm_report;
    let odd = [
        (report.duplicate_ids, "OSM elements stand twice; the last one counts"),
        (report.negative_ids, "OSM elements have a negative id"),
        (report.missing_nodes, "node references of OSM ways lead nowhere and were left out"),
        (report.broken_relations, "multipolygons of OSM do not close and were left out"),
    ];
    let mut notes = [area.notes.as_slice(), &found.notes, &city.blocks.notes].concat();
    notes.extend(odd.iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{count} {what}")));
    notes
}

/// What was taken out of the texts, if anything.
pub fn of_cleaning(nul_count: u64) -> Vec<String> {
    let note = || format!("{nul_count} NUL characters were taken out of names and other texts");
    (nul_count > 0).then(note).into_iter().collect()
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
