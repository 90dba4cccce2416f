//! Lists of numbers by row, flat.

/// Compressed sparse rows of `u32`.
#[derive(Debug, Default)]
pub(super) struct Csr {
    first: Vec<u32>,
    items: Vec<u32>,
}

impl Csr {
    /// From rows in order.
    pub(super) fn new<Row: IntoIterator<Item = u32>>(rows: impl IntoIterator<Item = Row>) -> Self {
        let mut csr = Self { first: vec![0], items: Vec::new() };
        for row in rows {
            csr.items.extend(row);
            csr.first.push(csr.items.len() as u32);
        }
        csr
    }

    /// Number of rows.
    pub(super) fn len(&self) -> usize {
        self.first.len() - 1
    }

    /// A row.
    #[inline]
    pub(super) fn row(&self, row: usize) -> &[u32] {
        &self.items[self.first[row] as usize..self.first[row + 1] as usize]
    }

    /// The same pairs by item: for each of `items` numbers the rows that hold it, ascending.
    pub(super) fn inverted(&self, items: usize) -> Self {
        let mut first = vec![0; items + 1];
        for &item in &self.items {
            first[item as usize + 1] += 1;
        }
        for k in 0..items {
            first[k + 1] += first[k];
        }
        let mut next = first.clone();
        let mut rows = vec![0; self.items.len()];
        for row in 0..self.len() {
            for &item in self.row(row) {
                rows[next[item as usize] as usize] = row as u32;
                next[item as usize] += 1;
            }
        }
        Self { first, items: rows }
    }
}
