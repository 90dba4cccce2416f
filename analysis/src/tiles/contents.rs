//! What the tiles show: which table becomes which layer, from which zoom, with which columns. Meanings come from `layers/`.

use super::legible::Legibility;
use crate::layers::{Geometry, Layer, Layers, column_comment};
use crate::model::{Column, Values};
use std::borrow::Cow;
use std::ops::RangeInclusive;
use std::sync::Arc;

/// The table of streets.
pub const WAYS: &str = "neighborhood_ways";
/// The table of blocks.
pub const BLOCKS: &str = "neighborhood_census_blocks";
const BOUNDARY: &str = "neighborhood_boundary";
const JUNCTIONS: &str = "neighborhood_ways_intersections";
const SCORES: &str = "neighborhood_overall_scores";

/// Where single streets can be told apart and clicked. Below, only what colours the map is written: identities and reasons
/// are different in every feature and would be most of such a tile.
const CLICK: u8 = 12;

/// A layer of the tiles.
#[derive(Debug)]
pub(super) struct TileLayer<'a> {
    /// Name in the tiles.
    pub id: String,
    /// The rows.
    pub table: Cow<'a, Layer>,
    /// What a feature is, for people.
    pub description: String,
    /// Whole-number column that also becomes the feature's id, so that a map can mark what is clicked; none: the row's number.
    pub key: Option<&'static str>,
    /// Zooms at which it is shown.
    pub zooms: RangeInclusive<u8>,
    /// Columns, those of the colouring first; a NULL is a missing attribute.
    pub columns: Vec<TileColumn>,
    /// How a row comes to be legible.
    pub legibility: Legibility,
}

/// A column of a layer.
#[derive(Clone, Debug)]
pub(super) struct TileColumn {
    /// Position in the table.
    pub index: usize,
    /// What it means, for people.
    pub description: String,
    /// Lowest zoom at which it is written.
    pub from_zoom: u8,
}

/// How a table of ours is shown. Columns: published name (`*…`: all with that end) and the lowest zoom at which it is written.
struct Rule {
    id: &'static str,
    key: Option<&'static str>,
    from_zoom: u8,
    legibility: Legibility,
    columns: &'static [(&'static str, u8)],
}

const BOUNDARY_RULE: Rule = Rule {
    id: "boundary",
    key: Some("gid"),
    from_zoom: 0,
    legibility: Legibility::Always,
    columns: &[("overall_score", 0), ("gid", 0)],
};

/// Blocks are legible from where most of a city's are wider than half a pixel.
const BLOCKS_RULE: Rule = Rule {
    id: "blocks",
    key: Some("gid"),
    from_zoom: 9,
    legibility: Legibility::Areas,
    columns: &[
        ("overall_score", 0),
        ("*_score", 0),
        ("in_boundary", 0),
        ("gid", CLICK),
        ("geoid20", CLICK),
        ("pop20", CLICK),
        ("reachable_blocks", CLICK),
    ],
};

/// The reference's map styles streets by stress, infrastructure and class (bna-method §12.1).
const WAYS_RULE: Rule = Rule {
    id: "ways",
    key: Some("road_id"),
    from_zoom: 0,
    legibility: Legibility::Streets,
    columns: &[
        ("functional_class", 0),
        ("ft_seg_stress", 0),
        ("tf_seg_stress", 0),
        ("ft_bike_infra", 0),
        ("tf_bike_infra", 0),
        ("one_way", 0),
        ("island_id", 9),
        ("xwalk", 11),
        ("ft_int_stress", CLICK),
        ("tf_int_stress", CLICK),
        ("road_id", CLICK),
        ("osm_id", CLICK),
        ("name", CLICK),
        ("ft_seg_stress_reason", CLICK),
        ("tf_seg_stress_reason", CLICK),
        ("ft_int_stress_reason", CLICK),
        ("tf_int_stress_reason", CLICK),
        ("speed_limit", CLICK),
        ("one_way_car", CLICK),
        ("width_ft", CLICK),
        ("ft_lanes", CLICK),
        ("tf_lanes", CLICK),
        ("ft_bike_infra_width", CLICK),
        ("tf_bike_infra_width", CLICK),
    ],
};

const JUNCTIONS_RULE: Rule = Rule {
    id: "junctions",
    key: Some("int_id"),
    from_zoom: CLICK,
    legibility: Legibility::Always,
    columns: &[("int_stress", 0), ("int_id", 0), ("osm_id", 0), ("legs", 0), ("signalized", 0), ("stops", 0)],
};

const DESTINATIONS_RULE: Rule = Rule {
    id: "destinations",
    key: None,
    from_zoom: 10,
    legibility: Legibility::Always,
    columns: &[
        ("category", 0),
        ("id", CLICK),
        ("osm_id", CLICK),
        ("name", CLICK),
        ("pop_low_stress", CLICK),
        ("pop_high_stress", CLICK),
        ("pop_score", CLICK),
    ],
};

/// All layers, in drawing order, lowest first: areas, the client's, streets, points.
pub(super) fn of<'a>(layers: &'a Layers, zooms: &RangeInclusive<u8>) -> Vec<TileLayer<'a>> {
    let ours = |name: &str, rule: &Rule| Some(shown(rule, Cow::Borrowed(layers.get(name)?), zooms));
    let mut shown_layers: Vec<TileLayer> = Vec::new();
    shown_layers.extend(boundary(layers).map(|table| shown(&BOUNDARY_RULE, Cow::Owned(table), zooms)));
    shown_layers.extend(ours(BLOCKS, &BLOCKS_RULE));
    shown_layers.extend(layers.tables.iter().filter_map(|table| of_client(table, zooms)));
    shown_layers.extend(ours(WAYS, &WAYS_RULE));
    shown_layers.extend(junctions(layers).map(|table| shown(&JUNCTIONS_RULE, Cow::Owned(table), zooms)));
    shown_layers.extend(destinations(layers).map(|table| shown(&DESTINATIONS_RULE, Cow::Owned(table), zooms)));
    shown_layers.retain(|layer| layer.table.geometry.is_some());
    shown_layers
}

fn shown<'a>(rule: &Rule, table: Cow<'a, Layer>, zooms: &RangeInclusive<u8>) -> TileLayer<'a> {
    let is_about = |pattern: &str, name: &str| match pattern.strip_prefix('*') {
        Some(end) => name.ends_with(end),
        None => name == pattern,
    };
    let mut columns: Vec<TileColumn> = Vec::new();
    for &(pattern, from_zoom) in rule.columns {
        for (index, column) in table.columns.iter().enumerate().filter(|(_, column)| is_about(pattern, &column.name)) {
            if columns.iter().all(|known| known.index != index) {
                columns.push(TileColumn { index, description: meaning(&table.name, &column.name), from_zoom });
            }
        }
    }
    TileLayer {
        id: rule.id.to_owned(),
        description: table.comment.to_string(),
        key: rule.key,
        // The highest zoom has every layer.
        zooms: rule.from_zoom.clamp(*zooms.start(), *zooms.end())..=*zooms.end(),
        columns,
        legibility: rule.legibility,
        table,
    }
}

/// A layer of a client's analysis: all its columns, at the zooms it asks for.
fn of_client<'a>(table: &'a Layer, zooms: &RangeInclusive<u8>) -> Option<TileLayer<'a>> {
    let (min, max) = table.exports.tiles?;
    let column = |(index, column): (usize, &Column)| TileColumn {
        index,
        description: meaning(&table.name, &column.name),
        from_zoom: 0,
    };
    Some(TileLayer {
        id: table.name.clone(),
        description: table.comment.to_string(),
        key: None,
        zooms: min.max(*zooms.start())..=max.min(*zooms.end()),
        columns: table.columns.iter().enumerate().map(column).collect(),
        legibility: Legibility::Always,
        table: Cow::Borrowed(table),
    })
}

fn meaning(table: &str, column: &str) -> String {
    column_comment(table, column).unwrap_or_default().to_owned()
}

/// The boundary with the place's score: at zooms where no block is legible yet, that is what a map can show.
fn boundary(layers: &Layers) -> Option<Layer> {
    let mut table = layers.get(BOUNDARY)?.clone();
    table.columns.retain(|column| &*column.name == "gid");
    if let Some(score) = layers.get(SCORES).and_then(overall_score) {
        table.columns.push(Column::new("overall_score", Values::Float(vec![Some(score); table.rows()])));
    }
    Some(table)
}

fn overall_score(scores: &Layer) -> Option<f64> {
    let (Some(Values::Text(ids)), Some(Values::Float(values))) =
        (values(scores, "score_id"), values(scores, "score_normalized"))
    else {
        return None;
    };
    let row = ids.iter().position(|id| id.as_deref() == Some("overall_score"))?;
    values[row]
}

/// Junctions with a stressful crossing.
fn junctions(layers: &Layers) -> Option<Layer> {
    let table = layers.get(JUNCTIONS)?;
    let Some(Values::Int(stress)) = values(table, "int_stress") else { return None };
    let rows: Vec<usize> = (0..table.rows()).filter(|&row| stress[row] == Some(3)).collect();
    let Some(Geometry::Points { wgs84, .. }) = &table.geometry else { return None };
    let columns = table.columns.iter().map(|column| Column::new(column.name.clone(), column.values.select(&rows)));
    Some(Layer {
        name: table.name.clone(),
        comment: "Junctions with a stressful crossing.".into(),
        columns: columns.collect(),
        geometry: Some(Geometry::Points { wgs84: rows.iter().map(|&row| wgs84[row]).collect(), metric: Vec::new() }),
        exports: table.exports,
    })
}

/// The places of all categories in one table.
fn destinations(layers: &Layers) -> Option<Layer> {
    let is_category = |table: &&Layer| {
        matches!(table.geometry, Some(Geometry::Points { .. })) && values(table, "blockid20").is_some()
    };
    let tables: Vec<&Layer> = layers.tables.iter().filter(is_category).collect();
    let first = tables.first()?;
    let rows = tables.iter().map(|table| table.rows()).sum();
    let category = |table: &&Layer| -> Vec<Option<Arc<str>>> {
        let name: Arc<str> = table.name.strip_prefix("neighborhood_").unwrap_or(&table.name).into();
        vec![Some(name); table.rows()]
    };
    let mut columns = vec![Column::new("category", Values::Text(tables.iter().flat_map(category).collect()))];
    columns.extend(["id", "osm_id", "pop_low_stress", "pop_high_stress"].map(|name| {
        let of = |table: &&Layer| match values(table, name) {
            Some(Values::Int(values)) => values.clone(),
            _ => vec![None; table.rows()],
        };
        Column::new(name, Values::Int(tables.iter().flat_map(of).collect()))
    }));
    let score = |table: &&Layer| match values(table, "pop_score") {
        Some(Values::Float(values)) => values.clone(),
        _ => vec![None; table.rows()],
    };
    columns.push(Column::new("pop_score", Values::Float(tables.iter().flat_map(score).collect())));
    columns.push(Column::new("name", Values::Text(tables.iter().flat_map(|table| names(table)).collect())));
    let mut wgs84 = Vec::with_capacity(rows);
    for table in &tables {
        if let Some(Geometry::Points { wgs84: of_table, .. }) = &table.geometry {
            wgs84.extend_from_slice(of_table);
        }
    }
    Some(Layer {
        name: "destinations".into(),
        comment: "Places people go to, of all categories, with the people who reach them.".into(),
        columns,
        geometry: Some(Geometry::Points { wgs84, metric: Vec::new() }),
        exports: first.exports,
    })
}

fn names(table: &Layer) -> Vec<Option<Arc<str>>> {
    let column = table.columns.iter().find(|column| column.name.ends_with("_name"));
    match column.map(|column| &column.values) {
        Some(Values::Text(names)) => names.clone(),
        _ => vec![None; table.rows()],
    }
}

fn values<'a>(table: &'a Layer, name: &str) -> Option<&'a Values> {
    table.columns.iter().find(|column| &*column.name == name).map(|column| &column.values)
}
