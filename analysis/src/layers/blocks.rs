//! The boundary and the census blocks (bna-method §9.3).

use super::{Exports, Geometry, Layer, bools, floats, ints, or_null, table_info};
use crate::access::{CategoryScores, Scores};
use crate::boundary::StudyArea;
use crate::connectivity::Reach;
use crate::import::Blocks;
use crate::model::{Column, Edition, Utm, Values};
use crate::suite::Suite;
use geo::MapCoords;
use geo_types::MultiPolygon;
use std::collections::HashSet;

/// `neighborhood_boundary`.
pub(super) fn boundary(area: &StudyArea, edition: Edition) -> Layer {
    let mut columns = vec![ints("gid", [Some(1)].into_iter())];
    let sources = area.attributes.iter().filter(|column| column.values.len() == 1).cloned().collect();
    columns.extend(renamed(sources, &columns));
    Layer {
        name: "neighborhood_boundary".into(),
        comment: table_info("neighborhood_boundary").comment.into(),
        columns,
        geometry: Some(Geometry::Polygons {
            wgs84: vec![Some(match edition {
                Edition::Current => area.boundary.clone(),
                Edition::Reference => degrees(&area.boundary_m, area.projection),
            })],
            metric: vec![Some(area.boundary_m.clone())],
        }),
        exports: Exports::MAP,
    }
}

/// The reference keeps metres only, and writes them transformed back: the last bits differ from those of the input.
fn degrees(metric: &MultiPolygon<f64>, projection: Utm) -> MultiPolygon<f64> {
    metric.map_coords(|metres| projection.inverse(metres))
}

/// `neighborhood_census_blocks`, sorted by block id.
pub(super) fn blocks(
    blocks: &Blocks,
    reach: &Reach,
    scores: &Scores,
    suite: &Suite,
    edition: Edition,
    projection: Utm,
) -> Layer {
    let mut order: Vec<usize> = (0..blocks.len()).collect();
    order.sort_by(|&a, &b| blocks.id[a].cmp(&blocks.id[b]).then(a.cmp(&b)));
    let gid = ints("gid", blocks.gid.iter().map(|&gid| Some(gid)));
    let mut own = vec![road_ids(blocks.len(), reach)];
    own.extend(score_columns(blocks.len(), scores, suite));
    if edition == Edition::Current {
        own.push(bools("in_boundary", blocks.in_boundary.iter().map(|&inside| Some(inside))));
    }
    own.insert(0, gid);
    let sources = renamed(blocks.attributes.clone(), &own);
    own.splice(1..1, sources);
    let columns = own.into_iter().map(|column| Column { values: column.values.select(&order), ..column }).collect();
    let pick = |of: &[MultiPolygon<f64>]| order.iter().map(|&row| Some(of[row].clone())).collect();
    let wgs84 = match edition {
        Edition::Current => pick(&blocks.geometry),
        Edition::Reference => order.iter().map(|&row| Some(degrees(&blocks.geometry_m[row], projection))).collect(),
    };
    Layer {
        name: "neighborhood_census_blocks".into(),
        comment: table_info("neighborhood_census_blocks").comment.into(),
        columns,
        geometry: Some(Geometry::Polygons { wgs84, metric: pick(&blocks.geometry_m) }),
        exports: Exports::MAP_AND_SHAPE,
    }
}

/// `neighborhood_census_block_jobs`, sorted by block id; none where no job data were given.
pub(super) fn jobs(blocks: &Blocks) -> Option<Layer> {
    let jobs = blocks.jobs.as_ref()?;
    let mut order: Vec<usize> = (0..blocks.len()).collect();
    order.sort_by(|&a, &b| blocks.id[a].cmp(&blocks.id[b]).then(a.cmp(&b)));
    let ids = order.iter().map(|&row| Some(blocks.id[row].clone())).collect();
    let columns =
        vec![Column::new("blockid20", Values::Text(ids)), floats("jobs", order.iter().map(|&row| Some(jobs[row])))];
    let name = "neighborhood_census_block_jobs";
    let comment = table_info(name).comment.into();
    Some(Layer { name: name.into(), comment, columns, geometry: None, exports: Exports::DATABASE })
}

/// Columns of the user's file keep their names, unless one of ours has it (someone analyses an earlier result) or it stands twice.
fn renamed(sources: Vec<Column>, own: &[Column]) -> Vec<Column> {
    let mut taken: HashSet<String> = own.iter().map(|column| column.name.to_string()).collect();
    taken.extend(["geom".to_owned(), "in_boundary".to_owned()]);
    let free = |column: Column| {
        let mut name = column.name.to_string();
        while !taken.insert(name.clone()) {
            name.insert_str(0, "source_");
        }
        Column::new(name, column.values)
    };
    sources.into_iter().map(free).collect()
}

fn road_ids(rows: usize, reach: &Reach) -> Column {
    let of_block = |row: usize| match reach.block_segments.get(row) {
        Some(ids) => ids.iter().map(|id| id.published()).collect(),
        None => Vec::new(),
    };
    Column::new("road_ids", Values::IntList((0..rows).map(of_block).collect()))
}

/// Categories in the suite's `block_columns`, then the others; then overall score, reachable blocks, groups.
fn score_columns(rows: usize, scores: &Scores, suite: &Suite) -> Vec<Column> {
    let named = suite.block_columns.iter();
    let others = suite.categories.iter().map(|category| &category.id).filter(|id| !suite.block_columns.contains(id));
    let mut columns = Vec::new();
    for id in named.chain(others) {
        if let Some(category) = scores.categories.iter().find(|scored| scored.category == *id) {
            columns.extend(category_columns(rows, category));
        }
    }
    columns.push(Column::new("overall_score", Values::Float(or_null(&scores.overall, rows))));
    columns.push(Column::new("reachable_blocks", Values::Int(or_null(&scores.reachable_blocks, rows))));
    for group in &scores.groups {
        columns.push(Column::new(format!("{}_score", group.group), Values::Float(or_null(&group.score, rows))));
    }
    columns
}

fn category_columns(rows: usize, category: &CategoryScores) -> [Column; 3] {
    let id = &category.category;
    [
        Column::new(format!("{id}_low_stress"), Values::Int(or_null(&category.low, rows))),
        Column::new(format!("{id}_high_stress"), Values::Int(or_null(&category.high, rows))),
        Column::new(format!("{id}_score"), Values::Float(or_null(&category.score, rows))),
    ]
}
