//! Destinations (bna-method §7, §8.3, §9.3): points as the reference publishes them, and their areas, which it does not.

use super::{CATEGORY, Exports, Geometry, Layer, ints, or_null, table_info, words};
use crate::access::{DestinationSheds, Scores};
use crate::import::{City, DestinationTable, Place};
use crate::model::{Column, Utm, Values};
use crate::suite::Suite;
use geo::MapCoords;
use std::sync::Arc;

/// `neighborhood_<category>`, one a category of places.
pub(super) fn tables(city: &City, scores: &Scores, suite: &Suite) -> Vec<Layer> {
    city.destinations.iter().map(|places| table(places, city, scores, suite)).collect()
}

fn table(table: &DestinationTable, city: &City, scores: &Scores, suite: &Suite) -> Layer {
    let places = &table.places;
    let name_column = suite.categories.iter().find(|c| c.id == table.category).and_then(|c| c.name_column.as_deref());
    let sheds = scores.destinations.iter().find(|sheds| sheds.category == table.category);
    let mut columns = vec![ints("id", (1..).take(places.len()).map(Some)), block_ids(places.len(), sheds, city)];
    if let Some(name) = name_column {
        columns.push(ints("osm_id", places.iter().map(|place| place.osm_id)));
        columns.push(Column::new(name, Values::Text(places.iter().map(|place| place.name.clone()).collect())));
    }
    columns.extend(people(places.len(), sheds));
    Layer {
        name: format!("neighborhood_{}", table.category),
        comment: CATEGORY.comment.into(),
        columns,
        geometry: Some(Geometry::Points {
            wgs84: places.iter().map(|place| Some(place.point)).collect(),
            metric: places.iter().map(|place| Some(place.point_m)).collect(),
        }),
        exports: Exports::MAP,
    }
}

fn block_ids(rows: usize, sheds: Option<&DestinationSheds>, city: &City) -> Column {
    let of_place = |row: usize| {
        let blocks = sheds.and_then(|sheds| sheds.blocks.get(row)).map_or(&[][..], Vec::as_slice);
        let mut ids: Vec<Arc<str>> = blocks.iter().map(|block| city.blocks.id[block.index()].clone()).collect();
        ids.sort_unstable();
        ids
    };
    Column::new("blockid20", Values::TextList((0..rows).map(of_place).collect()))
}

fn people(rows: usize, sheds: Option<&DestinationSheds>) -> [Column; 3] {
    let (low, high, score) = sheds.map_or((&[][..], &[][..], &[][..]), |s| (&s.pop_low, &s.pop_high, &s.pop_score));
    [
        Column::new("pop_low_stress", Values::Int(or_null(low, rows))),
        Column::new("pop_high_stress", Values::Int(or_null(high, rows))),
        Column::new("pop_score", Values::Float(or_null(score, rows))),
    ]
}

/// `neighborhood_destination_areas`: ours; the polygons of all categories.
pub(super) fn areas(city: &City, projection: Utm) -> Layer {
    let of_table = |table: &'_ DestinationTable| -> Vec<(String, i64, Place)> {
        let with_area = (1..).zip(&table.places).filter(|(_, place)| place.polygon_m.is_some());
        with_area.map(|(id, place)| (table.category.clone(), id, place.clone())).collect()
    };
    let rows: Vec<_> = city.destinations.iter().flat_map(of_table).collect();
    let metric: Vec<_> = rows.iter().map(|(_, _, place)| place.polygon_m.clone()).collect();
    let degrees = |area: &geo_types::MultiPolygon<f64>| area.map_coords(|at| projection.inverse(at));
    Layer {
        name: "neighborhood_destination_areas".into(),
        comment: table_info("neighborhood_destination_areas").comment.into(),
        columns: vec![
            words("category", rows.iter().map(|row| Some(&row.0))),
            ints("id", rows.iter().map(|row| Some(row.1))),
            ints("osm_id", rows.iter().map(|row| row.2.osm_id)),
            Column::new("name", Values::Text(rows.iter().map(|row| row.2.name.clone()).collect())),
        ],
        geometry: Some(Geometry::Polygons {
            wgs84: metric.iter().map(|area| area.as_ref().map(degrees)).collect(),
            metric,
        }),
        exports: Exports::MAP,
    }
}
