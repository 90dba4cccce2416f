//! What is different between two results: streets by their stable names, blocks by their ids.

use super::findings::population_column;
use super::tables::{BLOCKS, Calm, Table, WAYS, length_m};
use crate::layers::Layers;
use quietway_job::manifest::Manifest;
use std::collections::{BTreeMap, HashMap, HashSet};

/// What happened to a street.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    Calmer,
    MoreStressful,
    CrossingCalmer,
    CrossingMoreStressful,
    Infrastructure,
    New,
    Gone,
}

impl Kind {
    pub const ALL: [Self; 7] = [
        Self::Calmer,
        Self::MoreStressful,
        Self::CrossingCalmer,
        Self::CrossingMoreStressful,
        Self::Infrastructure,
        Self::New,
        Self::Gone,
    ];

    pub fn title(self) -> &'static str {
        match self {
            Self::Calmer => "became calm",
            Self::MoreStressful => "became stressful",
            Self::CrossingCalmer => "crossing became calm",
            Self::CrossingMoreStressful => "crossing became stressful",
            Self::Infrastructure => "other bicycle infrastructure",
            Self::New => "new in the data",
            Self::Gone => "gone from the data",
        }
    }
}

/// A segment that changed: its row in the later result, of a gone one in the earlier.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Street {
    pub kind: Kind,
    pub row: usize,
    pub length_m: f64,
}

/// A block whose score changed; rows in the later result.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Block {
    pub row: usize,
    pub id: String,
    pub people: f64,
    pub before: Option<f64>,
    pub after: Option<f64>,
}

impl Block {
    /// Points gained; a score that came from nothing or went counts from or to 0.
    pub fn gain(&self) -> f64 {
        self.after.unwrap_or(0.0) - self.before.unwrap_or(0.0)
    }
}

/// Segments that changed, in the order of the later result, then the gone ones.
pub(super) fn streets(before: &Layers, after: &Layers) -> Vec<Street> {
    let (old, new) = (Table::of(before, WAYS), Table::of(after, WAYS));
    let names: HashMap<Name<'_>, usize> = (0..old.rows()).map(|row| (name(old, row), row)).collect();
    let mut kept = HashSet::new();
    let mut changes = Vec::new();
    for row in 0..new.rows() {
        let kind = match names.get(&name(new, row)) {
            Some(&was) => {
                kept.insert(was);
                kind(old, was, new, row)
            }
            None => Some(Kind::New),
        };
        changes.extend(kind.map(|kind| Street { kind, row, length_m: length_m(new.line(row)) }));
    }
    let gone = (0..old.rows()).filter(|row| !kept.contains(row));
    changes.extend(gone.map(|row| Street { kind: Kind::Gone, row, length_m: length_m(old.line(row)) }));
    changes
}

/// OSM way and stable name of the segment (made from its end nodes).
type Name<'a> = (Option<i64>, Option<&'a str>);

fn name(ways: Table<'_>, row: usize) -> Name<'_> {
    (ways.int("osm_id", row), ways.text("tdg_id", row))
}

/// What happened, the gravest first.
fn kind(old: Table<'_>, was: usize, new: Table<'_>, row: usize) -> Option<Kind> {
    let crossing = |ways: Table<'_>, row| ways.int("ft_int_stress", row).max(ways.int("tf_int_stress", row));
    let infra =
        |ways: Table<'_>, row| [ways.text("ft_bike_infra", row), ways.text("tf_bike_infra", row)].map(str_or_none);
    match (Calm::of(old, was), Calm::of(new, row)) {
        (Calm::High, Calm::Low) => return Some(Kind::Calmer),
        (Calm::Low, Calm::High) => return Some(Kind::MoreStressful),
        (Calm::None, Calm::Low | Calm::High) => return Some(Kind::New),
        (Calm::Low | Calm::High, Calm::None) => return Some(Kind::Gone),
        _ => {}
    }
    match crossing(new, row).cmp(&crossing(old, was)) {
        std::cmp::Ordering::Less => Some(Kind::CrossingCalmer),
        std::cmp::Ordering::Greater => Some(Kind::CrossingMoreStressful),
        std::cmp::Ordering::Equal => (infra(old, was) != infra(new, row)).then_some(Kind::Infrastructure),
    }
}

fn str_or_none(text: Option<&str>) -> Option<String> {
    text.map(str::to_owned)
}

/// Smallest difference of scores that is one: the tables hold more digits than anyone means.
const LEAST_GAIN: f64 = 0.005;

/// Blocks whose score changed, by id; those that only one result has are left out.
pub(super) fn blocks(before: (&Layers, &Manifest), after: (&Layers, &Manifest)) -> Vec<Block> {
    let (old, new) = (Table::of(before.0, BLOCKS), Table::of(after.0, BLOCKS));
    let key = [before.1, after.1].map(id_column);
    let score = |blocks: Table<'_>, row| match blocks.bool("in_boundary", row) {
        Some(false) => None,
        _ => blocks.number("overall_score", row),
    };
    let rows: HashMap<&str, usize> = (0..old.rows()).filter_map(|row| Some((old.text(&key[0], row)?, row))).collect();
    let people = population_column(after.1);
    let changed = |row: usize| {
        let id = new.text(&key[1], row)?;
        let was = *rows.get(id)?;
        let block = Block {
            row,
            id: id.to_owned(),
            people: new.number(&people, row).unwrap_or(0.0),
            before: score(old, was),
            after: score(new, row),
        };
        (block.gain().abs() >= LEAST_GAIN).then_some(block)
    };
    (0..new.rows()).filter_map(changed).collect()
}

fn id_column(manifest: &Manifest) -> String {
    let named = manifest.parameters.get("block-id").and_then(|name| name.as_str());
    named.unwrap_or("geoid20").to_lowercase()
}

/// Changed segments by street name and kind.
#[derive(Debug, PartialEq)]
pub(super) struct NamedStreet {
    pub name: Option<String>,
    pub kind: Kind,
    pub segments: usize,
    pub length_m: f64,
    /// The rule behind the rating in the later result.
    pub reason: Option<String>,
}

/// The longest first.
pub(super) fn by_name(changes: &[Street], before: &Layers, after: &Layers) -> Vec<NamedStreet> {
    let (old, new) = (Table::of(before, WAYS), Table::of(after, WAYS));
    let mut streets: BTreeMap<(Option<&str>, Kind), NamedStreet> = BTreeMap::new();
    for change in changes {
        let ways = if change.kind == Kind::Gone && change.row < old.rows() { old } else { new };
        let name = ways.text("name", change.row);
        let street = streets.entry((name, change.kind)).or_insert_with(|| NamedStreet {
            name: name.map(str::to_owned),
            kind: change.kind,
            segments: 0,
            length_m: 0.0,
            reason: reason(ways, change).map(str::to_owned),
        });
        street.segments += 1;
        street.length_m += change.length_m;
    }
    let mut streets: Vec<NamedStreet> = streets.into_values().collect();
    streets.sort_by(|a, b| b.length_m.total_cmp(&a.length_m).then_with(|| (a.kind, &a.name).cmp(&(b.kind, &b.name))));
    streets
}

fn reason<'a>(ways: Table<'a>, change: &Street) -> Option<&'a str> {
    let (stress, reasons) = match change.kind {
        Kind::Calmer | Kind::MoreStressful | Kind::New => {
            (["ft_seg_stress", "tf_seg_stress"], ["ft_seg_stress_reason", "tf_seg_stress_reason"])
        }
        Kind::CrossingCalmer | Kind::CrossingMoreStressful => {
            (["ft_int_stress", "tf_int_stress"], ["ft_int_stress_reason", "tf_int_stress_reason"])
        }
        Kind::Infrastructure | Kind::Gone => return None,
    };
    let [ft, tf] = stress.map(|column| ways.int(column, change.row));
    ways.text(reasons[usize::from(tf > ft)], change.row)
}
