//! Cells of a row → typed columns.

use crate::model::{Column, Values};
use std::collections::HashSet;
use std::sync::Arc;

/// A value as the file has it.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Cell {
    Null,
    Int(i64),
    Float(f64),
    Bool(bool),
    Text(Arc<str>),
}

/// Columns that grow row by row.
#[derive(Debug, Default)]
pub(super) struct Table {
    columns: Vec<(Arc<str>, Vec<Cell>)>,
}

impl Table {
    /// With those columns. Names are lower-cased; one that stood before gets a number.
    pub fn new<'a>(names: impl IntoIterator<Item = &'a str>) -> Self {
        let mut seen = HashSet::new();
        let columns = names.into_iter().map(|name| {
            let name = name.to_lowercase();
            let unique = (1..).map(|n| if n == 1 { name.clone() } else { format!("{name}_{n}") });
            let name = unique.into_iter().find(|name| seen.insert(name.clone())).unwrap_or(name);
            (name.into(), Vec::new())
        });
        Self { columns: columns.collect() }
    }

    /// Adds a row with a cell for every column.
    pub fn push(&mut self, cells: impl IntoIterator<Item = Cell>) {
        for ((_, column), cell) in self.columns.iter_mut().zip(cells) {
            column.push(cell);
        }
    }

    /// Adds a row of named cells; new names become columns, missing ones are null. `row` counts the rows before.
    pub fn push_named(&mut self, row: usize, cells: impl IntoIterator<Item = (String, Cell)>) {
        for (name, cell) in cells {
            let name = name.to_lowercase();
            let at = self.columns.iter().position(|(known, _)| **known == *name).unwrap_or_else(|| {
                self.columns.push((name.into(), vec![Cell::Null; row]));
                self.columns.len() - 1
            });
            let column = &mut self.columns[at].1;
            column.truncate(row);
            column.push(cell);
        }
        for (_, column) in &mut self.columns {
            column.resize(row + 1, Cell::Null);
        }
    }

    /// The narrowest type that holds every cell of a column.
    pub fn finish(self) -> Vec<Column> {
        self.columns.into_iter().map(|(name, cells)| Column::new(name, values(&cells))).collect()
    }
}

fn values(cells: &[Cell]) -> Values {
    let all = |fits: fn(&Cell) -> bool| cells.iter().all(|cell| *cell == Cell::Null || fits(cell));
    if all(|_| false) {
        Values::Text(vec![None; cells.len()])
    } else if all(|cell| matches!(cell, Cell::Int(_))) {
        Values::Int(cells.iter().map(|cell| if let Cell::Int(v) = cell { Some(*v) } else { None }).collect())
    } else if all(|cell| matches!(cell, Cell::Int(_) | Cell::Float(_))) {
        Values::Float(cells.iter().map(number).collect())
    } else if all(|cell| matches!(cell, Cell::Bool(_))) {
        Values::Bool(cells.iter().map(|cell| if let Cell::Bool(v) = cell { Some(*v) } else { None }).collect())
    } else {
        Values::Text(cells.iter().map(text).collect())
    }
}

fn number(cell: &Cell) -> Option<f64> {
    match cell {
        Cell::Int(v) => Some(*v as f64),
        Cell::Float(v) => Some(*v),
        _ => None,
    }
}

fn text(cell: &Cell) -> Option<Arc<str>> {
    match cell {
        Cell::Null => None,
        Cell::Int(v) => Some(v.to_string().into()),
        Cell::Float(v) => Some(v.to_string().into()),
        Cell::Bool(v) => Some(v.to_string().into()),
        Cell::Text(v) => Some(v.clone()),
    }
}
