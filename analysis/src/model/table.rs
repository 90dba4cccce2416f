//! Columns of named values: attributes that travel from a source file to the published layers.

use std::sync::Arc;

/// A named column.
#[derive(Clone, Debug, PartialEq)]
pub struct Column {
    /// Published name.
    pub name: Arc<str>,
    /// One value a row.
    pub values: Values,
    /// What a value says, where only the maker of the column knows (a client's analysis); ours are described in `layers/`.
    pub meaning: Option<Arc<str>>,
}

impl Column {
    /// A column of that name.
    pub fn new(name: impl Into<Arc<str>>, values: Values) -> Self {
        Self { name: name.into(), values, meaning: None }
    }
}

/// Values of a column. `None` is SQL's NULL.
#[derive(Clone, Debug, PartialEq)]
pub enum Values {
    /// Whole numbers.
    Int(Vec<Option<i64>>),
    /// Floating-point numbers.
    Float(Vec<Option<f64>>),
    /// Text.
    Text(Vec<Option<Arc<str>>>),
    /// Booleans.
    Bool(Vec<Option<bool>>),
    /// Lists of whole numbers (ids).
    IntList(Vec<Vec<i64>>),
    /// Lists of texts (block ids).
    TextList(Vec<Vec<Arc<str>>>),
}

impl Values {
    /// Number of rows.
    pub fn len(&self) -> usize {
        match self {
            Self::Int(v) => v.len(),
            Self::Float(v) => v.len(),
            Self::Text(v) => v.len(),
            Self::Bool(v) => v.len(),
            Self::IntList(v) => v.len(),
            Self::TextList(v) => v.len(),
        }
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The rows at those positions, in that order.
    #[must_use]
    pub fn select(&self, rows: &[usize]) -> Self {
        fn pick<T: Clone>(values: &[T], rows: &[usize]) -> Vec<T> {
            rows.iter().map(|&row| values[row].clone()).collect()
        }
        match self {
            Self::Int(v) => Self::Int(pick(v, rows)),
            Self::Float(v) => Self::Float(pick(v, rows)),
            Self::Text(v) => Self::Text(pick(v, rows)),
            Self::Bool(v) => Self::Bool(pick(v, rows)),
            Self::IntList(v) => Self::IntList(pick(v, rows)),
            Self::TextList(v) => Self::TextList(pick(v, rows)),
        }
    }
}
