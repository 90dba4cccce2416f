//! Blocks of several files with the same columns as if they were one: a town across a state line.

use crate::model::{Column, Values};
use crate::vector::{self, Features, VectorError};
use geo_types::Rect;
use std::path::PathBuf;

/// Features of all files near the place. Columns that not every file has are left out; rows are counted through.
pub(super) fn read(paths: &[PathBuf], near: Option<Rect<f64>>) -> Result<Features, VectorError> {
    let files: Vec<Features> = paths.iter().map(|path| vector::read(path, near)).collect::<Result<_, _>>()?;
    Ok(files.into_iter().reduce(joined).unwrap_or_default())
}

fn joined(mut first: Features, second: Features) -> Features {
    // GeoJSON without rows has no columns either.
    if first.geometry.is_empty() || second.geometry.is_empty() {
        return if first.geometry.is_empty() { second } else { first };
    }
    let last = first.row.last().copied().unwrap_or(0);
    let columns = first.columns.into_iter().filter_map(|column| {
        let same = second.columns.iter().find(|other| other.name == column.name)?;
        Some(Column::new(column.name, chained(column.values, &same.values)?))
    });
    first.columns = columns.collect();
    first.geometry.extend(second.geometry);
    first.row.extend(second.row.into_iter().map(|row| last + row));
    first.notes.extend(second.notes);
    first
}

/// The values of two columns, when they are of one kind.
fn chained(first: Values, second: &Values) -> Option<Values> {
    fn chain<T: Clone>(mut first: Vec<T>, second: &[T]) -> Vec<T> {
        first.extend_from_slice(second);
        first
    }
    Some(match (first, second) {
        (Values::Int(a), Values::Int(b)) => Values::Int(chain(a, b)),
        (Values::Float(a), Values::Float(b)) => Values::Float(chain(a, b)),
        (Values::Text(a), Values::Text(b)) => Values::Text(chain(a, b)),
        (Values::Bool(a), Values::Bool(b)) => Values::Bool(chain(a, b)),
        (Values::IntList(a), Values::IntList(b)) => Values::IntList(chain(a, b)),
        (Values::TextList(a), Values::TextList(b)) => Values::TextList(chain(a, b)),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(folder: &tempfile::TempDir, name: &str, rows: &[(&str, f64)], more: &str) -> PathBuf {
        let feature = |(id, west): &(&str, f64)| {
            let east = west + 1.0;
            format!(
                r#"{{"type":"Feature","properties":{{"GEOID20":"{id}","POP20":7{more}}},"geometry":{{"type":"Polygon",
                "coordinates":[[[{west},0],[{east},0],[{east},1],[{west},1],[{west},0]]]}}}}"#
            )
        };
        let features: Vec<_> = rows.iter().map(feature).collect();
        let path = folder.path().join(name);
        std::fs::write(&path, format!(r#"{{"type":"FeatureCollection","features":[{}]}}"#, features.join(",")))
            .unwrap();
        path
    }

    #[test]
    fn rows_of_both_columns_of_both() {
        let folder = tempfile::tempdir().unwrap();
        let west = file(&folder, "a.geojson", &[("a", 0.0), ("b", 1.0)], r#","own":1"#);
        let east = file(&folder, "b.geojson", &[("c", 2.0)], "");
        let both = read(&[west, east], None).unwrap();
        assert_eq!((both.geometry.len(), both.row.as_slice()), (3, [1, 2, 3].as_slice()));
        let names: Vec<_> = both.columns.iter().map(|column| &*column.name).collect();
        assert_eq!(names, ["geoid20", "pop20"]);
        assert_eq!(both.columns[1].values, Values::Int(vec![Some(7); 3]));
        assert!(read(&[], None).unwrap().geometry.is_empty());
    }
}
