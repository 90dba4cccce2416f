//! `extends = "bna"`: a suite that says only what differs.

use super::{BNA, SuiteError};
use toml::{Table, Value};

/// Key that names the suite underneath.
const EXTENDS: &str = "extends";

/// Key of a row that takes one away.
const REMOVE: &str = "remove";

/// Tables whose forms exclude each other: written anew, not key by key.
const WHOLE: [&str; 1] = ["curve"];

/// The whole suite as text; `None` when the file extends none.
pub(super) fn onto_base(text: &str, origin: &str) -> Result<Option<String>, SuiteError> {
    let at = |line, what| SuiteError::Invalid { origin: origin.to_owned(), line, what };
    let mut changes: Table = text.parse().map_err(|error: toml::de::Error| {
        let line = error.span().map_or(1, |span| 1 + text[..span.start.min(text.len())].matches('\n').count());
        at(line, error.message().trim().replace('\n', "; "))
    })?;
    let Some(base) = changes.remove(EXTENDS) else { return Ok(None) };
    let line = Place { header: String::new(), id: None, key: EXTENDS.into() }.line_in(text);
    if base.as_str() != Some("bna") {
        return Err(at(line, format!("`{EXTENDS}` is {base}; the suite that can be extended is \"bna\"")));
    }
    let mut whole: Table = BNA.parse().expect("the built-in suite is TOML");
    if let Err((place, what)) = merge(&mut whole, changes, "") {
        return Err(at(place.line_in(text), what));
    }
    Ok(Some(toml::to_string(&whole).expect("a table of TOML is TOML")))
}

/// Tables are merged key by key, rows by `id`; everything else is replaced.
fn merge(base: &mut Table, changes: Table, header: &str) -> Result<(), (Place, String)> {
    for (key, change) in changes {
        let below = if header.is_empty() { key.clone() } else { format!("{header}.{key}") };
        match (base.get_mut(&key), change) {
            (Some(Value::Table(inner)), Value::Table(change)) if !WHOLE.contains(&key.as_str()) => {
                merge(inner, change, &below)?;
            }
            (Some(Value::Array(rows)), Value::Array(changes)) if has_ids(rows) => merge_rows(rows, changes, &below)?,
            (_, change) => {
                base.insert(key, change);
            }
        }
    }
    Ok(())
}

fn id_of(row: &Value) -> Option<&str> {
    row.get("id").and_then(Value::as_str)
}

fn has_ids(rows: &[Value]) -> bool {
    !rows.is_empty() && rows.iter().all(|row| id_of(row).is_some())
}

fn merge_rows(rows: &mut Vec<Value>, changes: Vec<Value>, header: &str) -> Result<(), (Place, String)> {
    for change in changes {
        let Some(id) = id_of(&change).map(str::to_owned) else {
            let place = Place { header: header.to_owned(), id: None, key: String::new() };
            return Err((place, format!("a [[{header}]] has no `id`, so nobody knows which row it changes; add one")));
        };
        let at = rows.iter().position(|row| id_of(row) == Some(&id));
        let place = |key: &str| Place { header: header.to_owned(), id: Some(id.clone()), key: key.to_owned() };
        let remove = change.get(REMOVE).cloned();
        match (at, remove, change) {
            (Some(at), Some(Value::Boolean(true)), _) => {
                rows.remove(at);
            }
            (None, Some(Value::Boolean(true)), _) => {
                return Err((place(REMOVE), format!("there is no [[{header}]] \"{id}\" to `{REMOVE}`")));
            }
            (_, Some(other), _) => return Err((place(REMOVE), format!("`{REMOVE}` is {other}; it can only be true"))),
            (Some(at), None, Value::Table(change)) => {
                if let Value::Table(row) = &mut rows[at] {
                    merge(row, change, header)?;
                }
            }
            (_, None, row) => rows.push(row),
        }
    }
    Ok(())
}

/// Where something stands: table, row of it, key.
#[derive(Debug, Default, PartialEq)]
struct Place {
    header: String,
    id: Option<String>,
    key: String,
}

/// A heading's name, `[name]` or `[[name]]`.
fn heading(line: &str) -> Option<&str> {
    let inner = line.trim().strip_prefix('[')?;
    Some(inner.strip_prefix('[').unwrap_or(inner).split(']').next()?.trim())
}

fn key(line: &str) -> Option<(&str, &str)> {
    line.trim_start().split_once('=').map(|(key, value)| (key.trim(), value.trim()))
}

impl Place {
    /// What stands on a line (from 1), and in which row: its `id` may come later.
    fn at(text: &str, line: usize) -> Self {
        let mut place = Self::default();
        for (number, content) in text.lines().enumerate() {
            let is_past = number >= line;
            if let Some(name) = heading(content) {
                if is_past {
                    break;
                }
                let outer = name.split_once('.').map(|(outer, _)| outer);
                if outer.is_none() || outer != place.header.split('.').next() {
                    place.id = None;
                }
                place.header = name.to_owned();
                place.key = String::new();
            } else if let Some((key, value)) = key(content) {
                if key == "id" {
                    place.id = Some(value.trim_matches('"').to_owned());
                }
                if !is_past {
                    place.key = key.to_owned();
                }
            }
        }
        place
    }

    /// The line (from 1) in a file where it is written: the key, else its table, else the row, else the first line.
    fn line_in(&self, text: &str) -> usize {
        let mut best = (0, 1);
        for line in 1..=text.lines().count() {
            let here = Self::at(text, line);
            // Of `[category.curve]` a file may well write `curve = {…}` in its row.
            let (outer, inner) = self.header.rsplit_once('.').unwrap_or(("", &self.header));
            let in_row = self.id.is_none() || here.id == self.id;
            let rank = match () {
                () if here.header == self.header && in_row && here.key == self.key && !self.key.is_empty() => 4,
                () if here.header == outer && in_row && here.key == inner => 3,
                () if here.header == self.header && in_row => 2,
                () if here.header == self.header && self.id.is_some() => 1,
                () => 0,
            };
            if rank > best.0 {
                best = (rank, line);
            }
        }
        best.1
    }
}

/// The same fault, with its line in the file instead of the whole suite.
pub(super) fn in_the_file(error: SuiteError, whole: &str, file: &str) -> SuiteError {
    match error {
        SuiteError::Invalid { origin, line, what } => {
            let mut place = Place::at(whole, line);
            // A table that stands below its row in the whole suite is named in the sentence only.
            if let Some(key) = what.strip_prefix('`').and_then(|rest| rest.split('`').next()) {
                place.key = key.to_owned();
            }
            SuiteError::Invalid { origin, line: place.line_in(file), what }
        }
        other @ SuiteError::Unreadable { .. } => other,
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Curve, Suite, SuiteError};

    fn load(text: &str) -> Result<(Suite, String), SuiteError> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("mine.toml");
        std::fs::write(&path, text).unwrap();
        Suite::load(&path)
    }

    fn fault(text: &str) -> (usize, String) {
        match load(text).unwrap_err() {
            SuiteError::Invalid { line, what, .. } => (line, what),
            other => panic!("{other}"),
        }
    }

    #[test]
    fn only_what_differs_is_said() {
        let (suite, whole) = load(
            "extends = \"bna\"\nname = \"mine\"\n[reach]\ntrip_max_m = 2000\n[[group]]\nid = \"people\"\nweight = 20\n\
             [[group]]\nid = \"retail\"\nweight = 10\n[stress.residential]\nspeed_mph = 19\n\
             [[category]]\nid = \"schools\"\ncurve = { first = 1, second = 0, third = 0 }\nlabels = { average = \"schools\" }\n",
        )
        .unwrap();
        assert_eq!((suite.name.as_str(), suite.reach.trip_max_m), ("mine", 2000));
        assert_eq!(suite.reach.detour_max, 1.25, "the rest stays");
        assert_eq!(suite.stress.residential.speed_mph, 19);
        assert_eq!(suite.groups[0].weight, 20.0);
        assert_eq!(suite.categories.len(), Suite::bna().categories.len());
        let schools = suite.categories.iter().find(|category| category.id == "schools").unwrap();
        assert_eq!((schools.labels.average.as_str(), schools.labels.access.as_str()), ("schools", "school"));
        assert!(matches!(&schools.curve, Curve::Steps(steps) if steps.first == 1.0));
        let again = Suite::parse(&whole, "whole").unwrap();
        assert_eq!(format!("{again:?}"), format!("{suite:?}"), "the whole suite says the same");
    }

    #[test]
    fn extending_by_nothing_is_the_base() {
        assert_eq!(format!("{:?}", load("extends = \"bna\"\n").unwrap().0), format!("{:?}", Suite::bna()));
    }

    #[test]
    fn rows_come_and_go() {
        let row = "[[category]]\nid = \"libraries\"\ngroup = \"core_services\"\nweight = 0.1\nkind = \"each\"\n\
                   polygons = [{ amenity = [\"library\"] }]\ncurve = { first = 1, second = 0, third = 0 }\n\
                   score_id = \"libraries\"\nflag = \"use_libraries\"\n\
                   labels = { low_stress = \"l\", access = \"l\", average = \"l\" }\n";
        let gone = "[[category]]\nid = \"trails\"\nremove = true\n";
        let suite = load(&format!("extends = \"bna\"\n{row}{gone}")).unwrap().0;
        let ids: Vec<_> = suite.categories.iter().map(|category| category.id.as_str()).collect();
        assert!(ids.contains(&"libraries") && !ids.contains(&"trails"), "{ids:?}");
    }

    #[test]
    fn faults_are_on_their_line_of_the_file() {
        assert_eq!(fault("# mine\nextends = \"ltn\"\n").0, 2);
        let (line, what) = fault("extends = \"bna\"\n[reach]\ndetour_max = 1.5\ntrip_max_m = 9000\n");
        assert_eq!(line, 4, "{what}");
        assert!(what.starts_with("`trip_max_m` is 9000"), "{what}");
        let (line, what) = fault("extends = \"bna\"\n\n[area]\nbufer_m = 1\n");
        assert_eq!(line, 4, "{what}");
        assert!(what.contains("unknown field `bufer_m`"), "{what}");
        let (line, what) =
            fault("extends = \"bna\"\n[[category]]\nid = \"parks\"\n\n[[category]]\nid = \"schools\"\nweight = -1\n");
        assert_eq!(line, 7, "{what}");
        let (line, what) =
            fault("extends = \"bna\"\n[[category]]\nid = \"parks\"\ncurve = { first = 3, second = 0, third = 0 }\n");
        assert_eq!(line, 4, "{what}");
        assert_eq!(fault("extends = \"bna\"\n[[group]]\nweight = 1\n").0, 2);
        assert_eq!(fault("extends = \"bna\"\n[[category]]\nid = \"no_such\"\nremove = true\n").0, 4);
        assert_eq!(fault("extends = \"bna\"\n[reach\n").0, 2);
        let (_, what) = fault("extends = \"bna\"\n[[group]]\nid = \"people\"\nweight = 20\n");
        assert!(what.contains("totals 105; make it 100"), "{what}");
    }
}
