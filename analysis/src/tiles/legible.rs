//! Which rows a zoom shows, and which of them go first when a tile grows too large: by length and importance, never by chance.

use super::grid::Shapes;
use crate::layers::Layer;
use crate::model::Values;
use std::collections::HashMap;

/// How a row comes to be legible.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Legibility {
    /// At every zoom of its layer.
    Always,
    /// Streets: by their class, and by the length of the whole street, so that its pieces come and go together.
    Streets,
    /// Areas: by their size.
    Areas,
}

/// Classes of streets that are shown before the others (functional_class), and from which zoom.
const IMPORTANT: &[(&[&str], u8)] = &[
    (&["motorway", "trunk", "primary"], 0),
    (&["motorway_link", "trunk_link", "primary_link", "secondary"], 7),
    (&["secondary_link", "tertiary", "tertiary_link", "path"], 9),
];

/// From which zoom all other streets are shown. They are the calm ones, mostly: a map of a city that left them out would tell that
/// nothing is calm there.
const OTHERS: u8 = 9;

/// From which zoom streets are shown however short they are.
const SHORT: u8 = 13;

/// Below that, a street must be this long, in units (an eighth of a pixel): a pixel and a half.
const STREET: f64 = 12.0;

/// An area must have this many square units: a square of half a pixel.
const AREA: f64 = 16.0;

/// Of each row of a table.
#[derive(Debug)]
pub(super) struct Legible {
    /// Lowest zoom at which it is shown.
    pub from_zoom: Vec<u8>,
    /// Class first, then size, descending: who stays when a tile is too large.
    weight: Vec<(u8, f64)>,
}

impl Legible {
    /// Whether a zoom shows the row; the highest shows all.
    pub fn shows(&self, row: usize, zoom: u8, is_highest: bool) -> bool {
        is_highest || self.from_zoom[row] <= zoom
    }

    /// Sorts rows so that those come first that stay longest.
    pub fn compare(&self, a: usize, b: usize) -> std::cmp::Ordering {
        let (class_a, size_a) = self.weight[a];
        let (class_b, size_b) = self.weight[b];
        class_a.cmp(&class_b).then(size_b.total_cmp(&size_a)).then(a.cmp(&b))
    }
}

/// Of a table's rows.
pub(super) fn of(legibility: Legibility, table: &Layer, shapes: &Shapes) -> Legible {
    let rows = shapes.len();
    match legibility {
        Legibility::Always => Legible { from_zoom: vec![0; rows], weight: vec![(0, 0.0); rows] },
        Legibility::Areas => {
            let sizes: Vec<f64> = (0..rows).map(|row| shapes.world_area(row)).collect();
            let first = |&area: &f64| first_zoom(area.sqrt(), AREA.sqrt());
            Legible { from_zoom: sizes.iter().map(first).collect(), weight: sizes.iter().map(|&s| (0, s)).collect() }
        }
        Legibility::Streets => streets(table, shapes),
    }
}

/// The lowest zoom at which a length (of the world's width) is that many units.
fn first_zoom(length: f64, units: f64) -> u8 {
    (0..=super::MAX_ZOOM).find(|&zoom| Shapes::units(length, zoom) >= units).unwrap_or(super::MAX_ZOOM)
}

fn streets(table: &Layer, shapes: &Shapes) -> Legible {
    let column = |name: &str| table.columns.iter().find(|column| &*column.name == name).map(|column| &column.values);
    let rows = shapes.len();
    let own: Vec<f64> = (0..rows).map(|row| shapes.world_length(row)).collect();
    // A street is an OSM way; without its number each row is its own.
    let street = |row: usize| match column("osm_id") {
        Some(Values::Int(ids)) => ids[row].unwrap_or(-1 - row as i64),
        _ => -1 - row as i64,
    };
    let mut lengths: HashMap<i64, f64> = HashMap::with_capacity(rows);
    for (row, length) in own.iter().enumerate() {
        *lengths.entry(street(row)).or_default() += length;
    }
    let class = |row: usize| match column("functional_class") {
        Some(Values::Text(classes)) => {
            let name = classes[row].as_deref().unwrap_or_default();
            IMPORTANT.iter().find(|(names, _)| names.contains(&name)).map_or(OTHERS, |(_, zoom)| *zoom)
        }
        _ => OTHERS,
    };
    let weight: Vec<(u8, f64)> = (0..rows).map(|row| (class(row), lengths[&street(row)])).collect();
    let from = |&(class, length): &(u8, f64)| class.max(first_zoom(length, STREET).min(SHORT));
    Legible { from_zoom: weight.iter().map(from).collect(), weight }
}
