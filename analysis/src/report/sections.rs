//! The sections of a run's page.

use super::crossings::Crossing;
use super::findings::{Findings, Group, Island, Measure};
use super::page::{bar, head, value};
use super::units::{METRES_PER_MILE, number, percent, whole};
use crate::layers::Layers;
use crate::model::Unit;
use maud::{Markup, html};
use quietway_job::date::day;
use quietway_job::manifest::{AnalysisState, Input, Manifest};
use serde_json::Value;

/// Place, score and the figures one remembers.
pub(super) fn header(manifest: &Manifest, findings: &Findings, unit: Unit) -> Markup {
    let overall = findings.scores.get("overall_score").and_then(|score| score.1);
    let original = |id: &str| findings.scores.get(id).and_then(|score| score.0);
    let miles = [original("total_miles_low_stress"), original("total_miles_high_stress")];
    html! {
        h1 { (manifest.place) }
        p.lead { "Can people get where they need to go on a bicycle, calmly?" }
        ul.tiles {
            li.big {
                @match overall {
                    Some(score) => {
                        b { (value("score-overall_score", score, &format!("{score:.1}"))) }
                        (bar("", &[(score / 100.0, "fill")], &format!("{score:.1} of 100")))
                        span { "overall score, of 100" }
                    }
                    None => { b { "–" } span { "no overall score" } }
                }
            }
            @if let Some(people) = original("population_total") {
                li { b { (value("score-population_total", people, &whole(people))) } span { (if findings.people_assumed { "people assumed in the boundary" } else { "people in the boundary" }) } }
            }
            @if let [Some(low), Some(high)] = miles {
                @let shown = |miles: f64| number(miles * METRES_PER_MILE / unit.metres());
                li {
                    b { (value("score-total_miles_low_stress", low, &shown(low))) }
                    span { (unit.name()) " of calm streets" }
                }
                li {
                    b { (value("score-total_miles_high_stress", high, &shown(high))) }
                    span { (unit.name()) " of stressful streets" }
                }
            }
        }
    }
}

/// How the score came about.
pub(super) fn scores(findings: &Findings) -> Markup {
    html! {
        h2 id="scores" { "How the score came about" }
        p {
            "Each census block scores what its people reach on calm streets within a bicycle trip, against what they would "
            "reach on any street. A group’s score counts with its weight where anything of the group can be reached at all."
        }
        div.table {
            table {
                (head(&[("", "What people reach"), ("n wide", "Weight"), ("n", "Score"), ("wide", "of 100"), ("", "People who reach it")]))
                tbody { @for group in &findings.groups { (group_rows(group, findings.people)) } }
            }
        }
        p.small.soft {
            "Last column, dark: people of the place who reach at least one on calm streets; with the light part: on any street. "
            "For people and jobs: how many are within reach of the average person."
        }
    }
}

fn group_rows(group: &Group, people: f64) -> Markup {
    let is_single = group.categories.len() == 1;
    html! {
        tr.group {
            th scope="row" { (group.title) }
            td.n.wide { (format!("{:.0}", group.weight)) }
            td.n { (score(&group.id, group.score)) }
            td.graph.wide { (score_bar(&group.title, group.score)) }
            td.graph { @if let [only] = group.categories.as_slice() { (reach(only, people)) } }
        }
        @if !is_single {
            @for category in &group.categories {
                tr.member {
                    th scope="row" { (category.title) }
                    td.n.wide { (percent(category.weight)) }
                    td.n { (score(&category.score_id, category.counted())) }
                    td.graph.wide { (score_bar(&category.title, category.counted())) }
                    td.graph { (reach(category, people)) }
                }
            }
        }
    }
}

fn score(id: &str, score: Option<f64>) -> Markup {
    match score {
        Some(score) => value(&format!("score-{id}"), score, &format!("{score:.1}")),
        None => html! { span.soft { "–" } },
    }
}

fn score_bar(title: &str, score: Option<f64>) -> Markup {
    let Some(score) = score else { return html! {} };
    bar("", &[(score / 100.0, "fill")], &format!("{title}: {score:.1} of 100"))
}

/// People who reach a place of the category; of people and jobs themselves, how many are within reach of the average person.
fn reach(category: &Measure, people: f64) -> Markup {
    match (category.reach, category.average) {
        (Some([low, any]), _) if people > 0.0 => {
            let (low, any) = (low / people, any.max(low) / people);
            if any <= 0.0 {
                return html! { span.small.soft { "none within reach" } };
            }
            let alt = format!("{} on calm streets, {} on any street", percent(low), percent(any));
            html! {
                (bar("", &[(low, "low"), (any - low, "any")], &alt))
                span.small.soft { (percent(low)) " (any street: " (percent(any)) ")" }
            }
        }
        (_, Some([low, any])) if any > 0.0 => {
            let alt = format!("{} within calm reach of the average person, {} on any street", whole(low), whole(any));
            html! {
                (bar("", &[(low / any, "low"), (1.0 - low / any, "any")], &alt))
                span.small.soft { (whole(low)) " (any street: " (whole(any)) ")" }
            }
        }
        _ => html! { span.small.soft { "no data" } },
    }
}

/// Miles by stress and by infrastructure.
pub(super) fn lengths(findings: &Findings, unit: Unit) -> Markup {
    let original = |id: &str| findings.scores.get(id).and_then(|score| score.0).unwrap_or(0.0);
    let (low, high) = (original("total_miles_low_stress"), original("total_miles_high_stress"));
    let share = if low + high > 0.0 { low / (low + high) } else { 0.0 };
    let longest = findings.mileage.iter().map(|row| row.1).fold(0.0, f64::max);
    html! {
        h2 id="lengths" { (unit.title()) " by stress and by infrastructure" }
        @if low + high > 0.0 {
            @let [calm, stressful] = [share, 1.0 - share].map(percent);
            p {
                "Of the streets in the boundary, both directions counted, " b { (calm) } " are calm: "
                (unit.of_miles(low)) " against " (unit.of_miles(high)) "."
            }
            (bar("stack", &[(share, "low"), (1.0 - share, "high")], &format!("{calm} calm, {stressful} stressful")))
        }
        @if findings.mileage.is_empty() {
            p.soft { "OpenStreetMap knows of no bicycle infrastructure here." }
        } @else {
            div.table { table {
                caption { "Bicycle infrastructure; a street with lanes on both sides counts twice" }
                tbody { @for (kind, miles) in &findings.mileage {
                    tr {
                        th scope="row" { (infrastructure(kind)) }
                        td.n { (value(&format!("mileage-{kind}"), *miles, &unit.of_miles(*miles))) }
                        td.graph { (bar("", &[(miles / longest, "fill")], &unit.of_miles(*miles))) }
                    }
                } }
            } }
        }
    }
}

/// Kinds of infrastructure for people; others keep their name.
fn infrastructure(kind: &str) -> String {
    let titles = [
        ("path", "Paths away from traffic"),
        ("track", "Protected lanes"),
        ("buffered_lane", "Buffered lanes"),
        ("lane", "Bicycle lanes"),
        ("sharrow", "Shared lane markings"),
    ];
    titles.iter().find(|(id, _)| *id == kind).map_or_else(|| kind.replace('_', " "), |(_, title)| (*title).to_owned())
}

/// The longest islands.
pub(super) fn islands(findings: &Findings, unit: Unit) -> Markup {
    let (count, total) = findings.all_islands;
    html! {
        p {
            "A calm island is a set of streets that one can ride without meeting a stressful street or crossing. There are "
            (whole(count as f64)) " of them; these are the longest."
        }
        div.table { table {
            (head(&[("", "Island"), ("n", "Length"), ("n", "of all calm"), ("", "Its longest streets")]))
            tbody { @for island in &findings.islands { (island_row(island, total, unit)) } }
        } }
    }
}

fn island_row(island: &Island, total: f64, unit: Unit) -> Markup {
    html! { tr {
        th scope="row" { (island.id) }
        td.n { (value(&format!("island-{}", island.id), island.length_m, &unit.length(island.length_m))) }
        td.n { (percent(island.length_m / total.max(1.0))) }
        td { @if island.streets.is_empty() { span.soft { "without names" } } @else { (island.streets.join(", ")) } }
    } }
}

/// The worst crossings.
pub(super) fn crossings(crossings: &[Crossing], unit: Unit) -> Markup {
    html! {
        h2 id="crossings" { "Worst crossings" }
        @if crossings.is_empty() {
            p { "No stressful crossing keeps two calm islands apart." }
        } @else {
            p {
                "Stressful crossings that keep calm islands apart, ordered by what calming them would join: the shorter island "
                "becomes part of the longer one."
            }
            div.table { table {
                (head(&[("", "Where"), ("n", "Would join"), ("n", "to"), ("wide", "Why it is stressful")]))
                tbody { @for crossing in crossings { tr {
                    th scope="row" {
                        @if crossing.streets.is_empty() { "streets without names" } @else { (crossing.streets.join(" × ")) }
                        br;
                        span.small.soft {
                            "OSM node " (crossing.osm_node)
                            @if crossing.others > 0 { ", or one of " (crossing.others) " more between these islands" }
                        }
                    }
                    td.n { (unit.length(crossing.islands_m[1])) }
                    td.n { (unit.length(crossing.islands_m[0])) }
                    td.small.wide { (crossing.reason) }
                } } }
            } }
        }
    }
}

/// Where the data come from.
pub(super) fn sources(manifest: &Manifest) -> Markup {
    html! {
        h2 id="sources" { "Data" }
        div.table { table {
            (head(&[("", "What"), ("", "File"), ("", "Date"), ("", "Licence"), ("wide", "SHA-256")]))
            tbody { @for input in &manifest.inputs { (source_row(input)) } }
        } }
        p.small.soft { "Street and destination data © OpenStreetMap contributors, under the Open Database Licence 1.0." }
    }
}

fn source_row(input: &Input) -> Markup {
    let of_user = if input.role == "osm" { "ODbL 1.0, © OpenStreetMap contributors" } else { "as its owner says" };
    let date = input.timestamp.map(day).or_else(|| input.date.clone());
    html! { tr {
        th scope="row" { (input.role) }
        td {
            code { (input.name) }
            br;
            span.small.soft { (whole(input.bytes as f64)) " bytes" }
            @if let Some(address) = &input.url { br; span.small.soft { "from " (address) } }
        }
        td { (date.as_deref().unwrap_or("–")) }
        td.small {
            (input.licence.as_deref().unwrap_or(of_user))
            @if let Some(attribution) = &input.attribution { br; (attribution) }
        }
        td.wide { code { (input.sha256.get(..16).unwrap_or_default()) "…" } }
    } }
}

/// What the client's own analyses made, or why they did not.
pub(super) fn analyses(manifest: &Manifest, layers: &Layers) -> Markup {
    let ran: Vec<_> = manifest.analyses.iter().filter(|run| run.state != AnalysisState::Skipped).collect();
    let rows = |table: &str| layers.get(table).map_or(0, |layer| layer.rows());
    html! { @if !ran.is_empty() {
        h2 id="analyses" { "Analyses of this place" }
        div.table { table {
            (head(&[("", "Analysis"), ("", "Tables"), ("n", "Rows")]))
            tbody { @for run in ran { @match &run.error {
                Some(error) => tr { th scope="row" { (run.title) } td { "failed: " (error) } td.n { "–" } },
                None => @for table in &run.outputs {
                    tr { th scope="row" { (run.title) } td { code { (table) } } td.n { (whole(rows(table) as f64)) } }
                },
            } } }
        } }
    } }
}

/// Everything that shaped the result.
pub(super) fn parameters(manifest: &Manifest) -> Markup {
    let plain = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let shown = |value: &Value| match value {
        Value::Array(items) => items.iter().map(plain).collect::<Vec<_>>().join(", "),
        other => plain(other),
    };
    // The name is the page's title, wherever it came from.
    let said = manifest.parameters.iter().filter(|(name, _)| *name != "name");
    let rows = said.map(|(name, value)| (name, shown(value)));
    html! {
        h2 id="parameters" { "Method and parameters" }
        dl {
            dt { "Suite" } dd { (manifest.suite.name) " " code { (manifest.suite.sha256.get(..16).unwrap_or_default()) "…" } }
            dt { "Edition" } dd { (manifest.edition) }
            @for (name, value) in rows.filter(|(_, value)| !value.is_empty()) { dt { (name) } dd { (value) } }
        }
        @if !manifest.notes.is_empty() {
            h3 { "Noted on the way" }
            ul.notes { @for note in &manifest.notes { li { (note) } } }
        }
    }
}

/// Who made the page.
pub(super) fn footer(manifest: &Manifest) -> Markup {
    html! {
        p {
            "Made by Quietway " (manifest.tool.version) ", edition " (manifest.edition) ", after the Bicycle Network Analysis. "
            "Numbers are those of the CSV files beside this page; manifest.json has the checksums."
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_of_infrastructure_have_titles() {
        assert_eq!(infrastructure("track"), "Protected lanes");
        assert_eq!(infrastructure("cargo_lift"), "cargo lift");
    }
}
