//! The page of two results.

use super::changes::{self, Block, Kind, NamedStreet, Street};
use super::drawing::{Drawing, Frame, Layer, Manner};
use super::findings::{self, capital};
use super::maps::{self, Key};
use super::page::{self, bar, head, value};
use super::tables::{ALL, BLOCKS, Table, WAYS};
use super::units::{Unit, whole};
use super::{ReportError, unit};
use crate::layers::Layers;
use crate::model::Edition;
use crate::model::palette::{FAINT, HIGH, LOW, NONE, OUTLINE};
use crate::store::gpkg::read;
use maud::{Markup, html};
use quietway_job::manifest::{FILE_NAME as MANIFEST, Manifest};
use std::collections::BTreeSet;
use std::path::Path;
use tokio::runtime::Handle;

/// Rows of the longest tables; what is left out is said.
const LISTED: usize = 25;

/// A result read back.
pub(super) struct Run {
    pub manifest: Manifest,
    pub layers: Layers,
}

/// Reads two folders of results and writes the page of their differences.
///
/// # Errors
/// A folder that is no result or lacks its GeoPackage; a page that exists or cannot be written.
pub fn compare(before: &Path, after: &Path, out: &Path, overwrite: bool, runtime: &Handle) -> Result<(), ReportError> {
    if out.exists() && !overwrite {
        return Err(ReportError::Occupied { page: out.to_owned() });
    }
    let text = of(&open(before, runtime)?, &open(after, runtime)?);
    // Whole or not at all: written beside its place, then renamed.
    let mut part = out.as_os_str().to_owned();
    part.push(".part");
    let written = std::fs::write(&part, text).and_then(|()| std::fs::rename(&part, out));
    written.map_err(|cause| {
        // Perhaps it was never made; the failure itself is told.
        let _ = std::fs::remove_file(&part);
        ReportError::Write { page: out.to_owned(), cause }
    })
}

fn open(folder: &Path, runtime: &Handle) -> Result<Run, ReportError> {
    let no_result = |reason: String| ReportError::NoResult { folder: folder.to_owned(), reason };
    let text = std::fs::read(folder.join(MANIFEST)).map_err(|cause| no_result(cause.to_string()))?;
    let manifest: Manifest = serde_json::from_slice(&text).map_err(|cause| no_result(cause.to_string()))?;
    let edition = if manifest.edition == Edition::Reference.as_str() { Edition::Reference } else { Edition::Current };
    if let Some(stage) =
        manifest.parameters.get("until").and_then(|stage| stage.as_str()).filter(|stage| *stage != "scores")
    {
        return Err(ReportError::Partial { folder: folder.to_owned(), stage: stage.to_owned() });
    }
    let file = folder.join("quietway.gpkg");
    let layers = runtime.block_on(read::layers(&file, &ALL, edition));
    let layers = layers.map_err(|reason| ReportError::NoTables { file: file.clone(), reason })?;
    Ok(Run { manifest, layers })
}

/// The page.
pub(super) fn of(before: &Run, after: &Run) -> String {
    let unit = unit(&after.manifest);
    let streets = changes::streets(&before.layers, &after.layers);
    let blocks = changes::blocks((&before.layers, &before.manifest), (&after.layers, &after.manifest));
    let boundary = findings::boundary(&after.layers);
    let frame = maps::frame(&after.layers, boundary);
    let place = &after.manifest.place;
    let main = html! {
        (runs(before, after, unit))
        (scores(before, after))
        h2 id="streets" { "Streets that changed" }
        @if streets.is_empty() {
            p { "No street changed." }
        } @else {
            @if let Some(frame) = frame {
                (page::map(&street_map(before, after, frame, &streets).image(), &street_key(),
                    &format!("Map of the streets of {place} that changed: those that became calm blue, those that became stressful orange."),
                    "Streets that changed between the two results.", unit))
            }
            (street_table(&streets, before, after, unit))
        }
        h2 id="blocks" { "Blocks that changed" }
        @if blocks.is_empty() {
            p { "No block’s score changed." }
        } @else {
            @if let Some(frame) = frame {
                (page::map(&block_map(after, frame, &blocks).image(), &block_key(),
                    &format!("Map of the census blocks of {place} whose overall score changed: gains blue, losses orange."),
                    "Change of each block’s overall score, in points of 100.", unit))
            }
            (block_table(&blocks))
        }
        (parameters(before, after))
    };
    let title = format!("{place} – two results compared");
    let header = html! {
        h1 { (place) ": two results compared" }
        p.lead { (whole(streets.len() as f64)) " street segments and " (whole(blocks.len() as f64)) " blocks changed." }
    };
    let footer = html! {
        p { "Made by Quietway " (quietway_job::VERSION) ". Street data © OpenStreetMap contributors, ODbL 1.0." }
    };
    page::page(&title, &header, &main, &footer)
}

/// Which two results.
fn runs(before: &Run, after: &Run, unit: Unit) -> Markup {
    let total = |run: &Run, id: &str| findings::scores(&run.layers).get(id).and_then(|score| score.0);
    let shown = |value: Option<f64>, words: &dyn Fn(f64) -> String| value.map_or_else(|| "–".to_owned(), words);
    let osm_date = |run: &Run| {
        let dates = run.manifest.inputs.iter().filter_map(|input| input.timestamp);
        dates.max().map_or_else(|| "unknown".to_owned(), quietway_job::date::day)
    };
    let row = |title: &str, of: &dyn Fn(&Run) -> String| {
        html! { tr { th scope="row" { (title) } td { (of(before)) } td { (of(after)) } } }
    };
    html! {
        div.table { table {
            (head(&[("", ""), ("", "A (earlier)"), ("", "B (later)")]))
            tbody {
                (row("Place", &|run| run.manifest.place.clone()))
                (row("OpenStreetMap data of", &osm_date))
                (row("Edition", &|run| run.manifest.edition.clone()))
                (row("Quietway", &|run| run.manifest.tool.version.clone()))
                (row("People", &|run| shown(total(run, "population_total"), &whole)))
                (row("Calm streets", &|run| shown(total(run, "total_miles_low_stress"), &|miles| unit.of_miles(miles))))
                (row("Stressful streets", &|run| shown(total(run, "total_miles_high_stress"), &|miles| unit.of_miles(miles))))
            }
        } }
    }
}

fn scores(before: &Run, after: &Run) -> Markup {
    let (old, new) = (findings::scores(&before.layers), findings::scores(&after.layers));
    let ids: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    let order = |id: &str| (id != "overall_score", id.to_owned());
    let mut ids: Vec<&String> = ids.into_iter().collect();
    ids.sort_by_key(|id| order(id));
    // Scores of 100 have a normalized value; people and miles are told by their original one.
    let is_score = |id: &&&String| !id.starts_with("total_") && !id.starts_with("population_");
    let shown = |score: Option<f64>| score.map_or_else(|| "–".to_owned(), |score| format!("{score:.2}"));
    html! {
        h2 id="scores" { "Scores" }
        div.table { table {
            (head(&[("", ""), ("n", "A"), ("n", "B"), ("n", "Change"), ("", "B of 100")]))
            tbody { @for id in ids.iter().filter(is_score) {
                @let [a, b] = [&old, &new].map(|scores| scores.get(*id).and_then(|score| score.1));
                tr {
                    th scope="row" { (capital(&id.replace('_', " "))) }
                    td.n { (shown(a)) } td.n { (shown(b)) }
                    @let (gain, is_known) = (b.unwrap_or(0.0) - a.unwrap_or(0.0), a.is_some() || b.is_some());
                    td.n { (change(&format!("change-{id}"), gain, is_known)) }
                    td.graph { (bar("", &[(b.unwrap_or(0.0) / 100.0, "fill")], &format!("{} of 100", shown(b)))) }
                }
            } }
        } }
    }
}

/// A difference with its sign: a gain is better, colour only underlines it.
fn change(id: &str, difference: f64, is_known: bool) -> Markup {
    let text = match difference {
        _ if !is_known => "–".to_owned(),
        more if more >= 0.005 => format!("+{more:.2}"),
        less if less <= -0.005 => format!("−{:.2}", -less),
        _ => "0".to_owned(),
    };
    let class = if text.starts_with('+') {
        "better"
    } else if text.starts_with('−') {
        "worse"
    } else {
        "soft"
    };
    html! { span.(class) { (value(id, (difference * 1e4).round() / 1e4, &text)) } }
}

fn street_key() -> Vec<Key> {
    vec![
        (LOW, "became calm".into()),
        (HIGH, "became stressful".into()),
        (OUTLINE, "new, or infrastructure changed".into()),
        (NONE, "gone".into()),
        (FAINT, "unchanged".into()),
    ]
}

fn street_map(before: &Run, after: &Run, frame: Frame, streets: &[Street]) -> Drawing {
    let (old, new) = (Table::of(&before.layers, WAYS), Table::of(&after.layers, WAYS));
    let all = (0..new.rows()).filter_map(|row| frame.line(new.line(row))).collect();
    let of = |kinds: &[Kind]| {
        let chosen = streets.iter().filter(|street| kinds.contains(&street.kind));
        let line = |street: &Street| frame.line(if street.kind == Kind::Gone { old } else { new }.line(street.row));
        chosen.filter_map(line).collect()
    };
    let changed = [
        (NONE, &[Kind::Gone][..]),
        (OUTLINE, &[Kind::New, Kind::Infrastructure]),
        (HIGH, &[Kind::MoreStressful, Kind::CrossingMoreStressful]),
        (LOW, &[Kind::Calmer, Kind::CrossingCalmer]),
    ];
    let mut layers = vec![Layer { ink: FAINT, manner: Manner::Stroke(0.9), shapes: all }];
    layers.extend(maps::edge(&frame, findings::boundary(&after.layers)));
    layers.extend(changed.map(|(ink, kinds)| Layer { ink, manner: Manner::Stroke(2.6), shapes: of(kinds) }));
    Drawing { frame, layers }
}

fn street_table(streets: &[Street], before: &Run, after: &Run, unit: Unit) -> Markup {
    let named = changes::by_name(streets, &before.layers, &after.layers);
    let sum = |kind: Kind| {
        let of_kind = streets.iter().filter(move |street| street.kind == kind);
        (of_kind.clone().count(), of_kind.map(|street| street.length_m).sum::<f64>())
    };
    html! {
        div.table { table {
            caption { "All changes by kind" }
            (head(&[("", "What"), ("n", "Segments"), ("n", "Length")]))
            tbody { @for kind in Kind::ALL {
                @let (count, length_m) = sum(kind);
                @if count > 0 { tr {
                    th scope="row" { (capital(kind.title())) } td.n { (whole(count as f64)) } td.n { (unit.length(length_m)) }
                } }
            } }
        } }
        div.table { table {
            caption { "The longest changes, street by street" (more(named.len())) }
            (head(&[("", "Street"), ("", "What"), ("n", "Length"), ("wide", "Why (B)")]))
            tbody { @for street in named.iter().take(LISTED) { (street_row(street, unit)) } }
        } }
    }
}

fn street_row(street: &NamedStreet, unit: Unit) -> Markup {
    html! { tr {
        th scope="row" { @match &street.name { Some(name) => (name), None => span.soft { "without a name" } } }
        td { (street.kind.title()) }
        td.n { (unit.length(street.length_m)) }
        td.small.wide { (street.reason.as_deref().unwrap_or_default()) }
    } }
}

fn more(all: usize) -> String {
    if all > LISTED { format!(" ({LISTED} of {})", whole(all as f64)) } else { String::new() }
}

/// From how many points a change of score is drawn full; below, half transparent.
const LARGE_GAIN: f64 = 10.0;

fn block_key() -> Vec<Key> {
    vec![(LOW, "gain (pale: below 10)".into()), (HIGH, "loss (pale: below 10)".into()), (FAINT, "unchanged".into())]
}

fn block_map(after: &Run, frame: Frame, blocks: &[Block]) -> Drawing {
    let table = Table::of(&after.layers, BLOCKS);
    let scored = (0..table.rows()).filter(|&row| table.bool("in_boundary", row) != Some(false));
    let all = scored.flat_map(|row| maps::rings(&frame, table.areas(row))).collect();
    let of = |matches: fn(f64) -> bool| {
        let chosen = blocks.iter().filter(|block| matches(block.gain()));
        chosen.flat_map(|block| maps::rings(&frame, table.areas(block.row))).collect()
    };
    let mut layers = vec![
        Layer { ink: FAINT, manner: Manner::Fill(1.0), shapes: all },
        Layer { ink: LOW, manner: Manner::Fill(0.45), shapes: of(|gain| gain > 0.0 && gain < LARGE_GAIN) },
        Layer { ink: LOW, manner: Manner::Fill(0.95), shapes: of(|gain| gain >= LARGE_GAIN) },
        Layer { ink: HIGH, manner: Manner::Fill(0.45), shapes: of(|gain| gain < 0.0 && gain > -LARGE_GAIN) },
        Layer { ink: HIGH, manner: Manner::Fill(0.95), shapes: of(|gain| gain <= -LARGE_GAIN) },
    ];
    layers.extend(maps::edge(&frame, findings::boundary(&after.layers)));
    Drawing { frame, layers }
}

fn block_table(blocks: &[Block]) -> Markup {
    let mut ordered: Vec<&Block> = blocks.iter().collect();
    ordered.sort_by(|a, b| b.gain().abs().total_cmp(&a.gain().abs()).then_with(|| a.id.cmp(&b.id)));
    let people = |gains: bool| -> f64 {
        blocks.iter().filter(|block| (block.gain() > 0.0) == gains).map(|block| block.people).sum()
    };
    let shown = |score: Option<f64>| score.map_or_else(|| "–".to_owned(), |score| format!("{score:.1}"));
    html! {
        p { (whole(people(true))) " people live in blocks that gain, " (whole(people(false))) " in blocks that lose." }
        div.table { table {
            caption { "The largest changes" (more(blocks.len())) }
            (head(&[("", "Block"), ("n", "People"), ("n", "A"), ("n", "B"), ("n", "Change")]))
            tbody { @for block in ordered.into_iter().take(LISTED) { tr {
                th scope="row" { code { (block.id) } }
                td.n { (whole(block.people)) } td.n { (shown(block.before)) } td.n { (shown(block.after)) }
                td.n { (change(&format!("block-{}", block.row), block.gain(), true)) }
            } } }
        } }
    }
}

/// Inputs and parameters that differ.
fn parameters(before: &Run, after: &Run) -> Markup {
    let (old, new) = (&before.manifest, &after.manifest);
    let mut rows: Vec<[String; 3]> = Vec::new();
    let names: BTreeSet<&String> = old.parameters.keys().chain(new.parameters.keys()).collect();
    for name in names {
        let of = |run: &Manifest| run.parameters.get(name).map_or_else(|| "–".to_owned(), ToString::to_string);
        rows.push([name.clone(), of(old), of(new)]);
    }
    let files = |run: &Manifest, role: &str| {
        let of_role = run.inputs.iter().filter(|input| input.role == role);
        let named = of_role.map(|input| format!("{} {}", input.name, input.sha256.get(..12).unwrap_or_default()));
        named.collect::<Vec<_>>().join(", ")
    };
    let roles: BTreeSet<&String> = old.inputs.iter().chain(&new.inputs).map(|input| &input.role).collect();
    rows.extend(roles.into_iter().map(|role| [role.clone(), files(old, role), files(new, role)]));
    rows.push(["suite".into(), old.suite.sha256.clone(), new.suite.sha256.clone()]);
    rows.retain(|[_, a, b]| a != b);
    html! {
        h2 id="parameters" { "Inputs and parameters that differ" }
        @if rows.is_empty() {
            p { "None: the same inputs, the same parameters." }
        } @else {
            div.table { table {
                (head(&[("", ""), ("", "A"), ("", "B")]))
                tbody { @for [name, a, b] in &rows { tr { th scope="row" { (name) } td { code { (a) } } td { code { (b) } } } } }
            } }
        }
    }
}
