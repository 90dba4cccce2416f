//! NUL, the one character that PostgreSQL, shapefiles and many programs cannot hold, is taken out of every text: the same text everywhere.

use super::Layers;
use crate::model::Values;
use rayon::prelude::*;
use std::sync::Arc;

/// Takes NUL out of all texts; how many there were.
pub fn strip_nul(layers: &mut Layers) -> u64 {
    let columns = layers.tables.par_iter_mut().flat_map(|layer| &mut layer.columns);
    let of_column = |values: &mut Values| match values {
        Values::Text(texts) => texts.iter_mut().flatten().map(strip).sum::<u64>(),
        Values::TextList(lists) => lists.iter_mut().flatten().map(strip).sum(),
        Values::Int(_) | Values::Float(_) | Values::Bool(_) | Values::IntList(_) => 0,
    };
    columns.map(|column| of_column(&mut column.values)).sum()
}

fn strip(text: &mut Arc<str>) -> u64 {
    let count = text.bytes().filter(|&byte| byte == 0).count();
    if count > 0 {
        *text = text.replace('\0', "").into();
    }
    count as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layers::testing::small_layers;
    use crate::model::Column;

    #[test]
    fn nul_is_taken_out_and_counted() {
        let mut layers = small_layers();
        assert_eq!(strip_nul(&mut layers), 0);
        layers.tables[0].columns = vec![
            Column::new("a", Values::Text(vec![Some("a\0b\0".into()), None, Some("c".into())])),
            Column::new("b", Values::TextList(vec![vec!["\0".into(), "d".into()], vec![], vec![]])),
        ];
        assert_eq!(strip_nul(&mut layers), 3);
        assert_eq!(layers.tables[0].columns[0].values, Values::Text(vec![Some("ab".into()), None, Some("c".into())]));
        assert_eq!(
            layers.tables[0].columns[1].values,
            Values::TextList(vec![vec!["".into(), "d".into()], vec![], vec![]])
        );
    }
}
