//! What the maps of a page show.

use super::drawing::{At, Drawing, Frame, Layer, Manner};
use super::tables::{BLOCKS, Calm, Table, WAYS};
use crate::layers::Layers;
use crate::model::palette::{self, FAINT, HIGH, ISLANDS, Ink, LOW, NONE, OUTLINE, PAPER, SCORES};
use geo_types::MultiPolygon;

/// Streets that carry traffic across a town: drawn wider.
const MAIN: [&str; 6] = ["motorway", "trunk", "primary", "secondary", "tertiary", "path"];
const WIDE: f64 = 1.8;
const NARROW: f64 = 0.9;

/// The frame of a page's maps: the boundary, else all streets.
pub(super) fn frame(layers: &Layers, boundary: Option<&MultiPolygon<f64>>) -> Option<Frame> {
    match boundary {
        Some(areas) => Frame::around(areas.iter().flat_map(|area| area.exterior().0.iter().copied())),
        None => {
            let ways = Table::of(layers, WAYS);
            Frame::around((0..ways.rows()).flat_map(|row| ways.line(row).iter().copied()))
        }
    }
}

/// Streets by stress, the stressful ones below, since they are fewer and wider.
pub(super) fn stress(layers: &Layers, frame: Frame, boundary: Option<&MultiPolygon<f64>>) -> Drawing {
    let ways = Table::of(layers, WAYS);
    let mut drawn = [(); 6].map(|()| Vec::new());
    for row in 0..ways.rows() {
        let calm = Calm::of(ways, row);
        let is_main = ways.text("functional_class", row).is_some_and(|class| MAIN.contains(&class))
            && ways.int("xwalk", row) != Some(1);
        let index = match calm {
            Calm::None => 0,
            Calm::High => 2,
            Calm::Low => 4,
        };
        drawn[index + usize::from(is_main)].extend(frame.line(ways.line(row)));
    }
    let manners = [(NONE, NARROW), (NONE, WIDE), (HIGH, NARROW), (HIGH, WIDE), (LOW, NARROW), (LOW, WIDE)];
    let streets = manners.into_iter().zip(drawn);
    let mut layers: Vec<Layer> =
        streets.map(|((ink, width), shapes)| Layer { ink, manner: Manner::Stroke(width), shapes }).collect();
    layers.extend(edge(&frame, boundary));
    Drawing { frame, layers }
}

/// Blocks by their overall score.
pub(super) fn scores(layers: &Layers, frame: Frame, boundary: Option<&MultiPolygon<f64>>) -> Drawing {
    let blocks = Table::of(layers, BLOCKS);
    let mut drawn: Vec<Vec<Vec<At>>> = vec![Vec::new(); SCORES.len() + 1];
    for row in 0..blocks.rows() {
        let step = match (blocks.bool("in_boundary", row), blocks.number("overall_score", row)) {
            (Some(false), _) => continue,
            (_, Some(score)) => palette::score_step(score),
            (_, None) => SCORES.len(),
        };
        drawn[step].extend(rings(&frame, blocks.areas(row)));
    }
    let inks = SCORES.into_iter().chain([FAINT]);
    let mut layers: Vec<Layer> =
        inks.zip(drawn).map(|(ink, shapes)| Layer { ink, manner: Manner::Fill(1.0), shapes }).collect();
    layers.extend(edge(&frame, boundary));
    Drawing { frame, layers }
}

/// The longest islands in a colour each; other calm streets and the stressful ones faint.
pub(super) fn islands(layers: &Layers, frame: Frame, boundary: Option<&MultiPolygon<f64>>, ids: &[i64]) -> Drawing {
    let ways = Table::of(layers, WAYS);
    let mut drawn: Vec<Vec<Vec<At>>> = vec![Vec::new(); ISLANDS.len() + 1];
    for row in 0..ways.rows() {
        let place = ways.int("island_id", row).and_then(|island| ids.iter().position(|&id| id == island));
        let index = place.filter(|&at| at < ISLANDS.len()).unwrap_or(ISLANDS.len());
        drawn[index].extend(frame.line(ways.line(row)));
    }
    let faint = Layer { ink: FAINT, manner: Manner::Stroke(NARROW), shapes: drawn.pop().unwrap_or_default() };
    let coloured = ISLANDS.into_iter().zip(drawn);
    let mut layers = vec![faint];
    layers.extend(coloured.map(|(ink, shapes)| Layer { ink, manner: Manner::Stroke(WIDE), shapes }));
    layers.extend(edge(&frame, boundary));
    Drawing { frame, layers }
}

/// Rings of areas in pixels.
pub(super) fn rings(frame: &Frame, areas: Option<&MultiPolygon<f64>>) -> Vec<Vec<At>> {
    let areas = areas.into_iter().flatten();
    areas
        .filter(|area| frame.line(&area.exterior().0).is_some())
        .flat_map(|area| std::iter::once(area.exterior()).chain(area.interiors()))
        .filter_map(|ring| frame.line(&ring.0))
        .map(open)
        .collect()
}

/// A ring without its first point repeated.
fn open(mut ring: Vec<At>) -> Vec<At> {
    if ring.len() > 1 && ring.first() == ring.last() {
        ring.pop();
    }
    ring
}

/// A veil over what lies outside the boundary, and its outline.
pub(super) fn edge(frame: &Frame, boundary: Option<&MultiPolygon<f64>>) -> Vec<Layer> {
    let rings = rings(frame, boundary);
    if rings.is_empty() {
        return Vec::new();
    }
    let closed = |ring: &Vec<At>| ring.iter().chain(ring.first()).copied().collect();
    let outline = rings.iter().map(closed).collect();
    let veil = std::iter::once(frame.corners()).chain(rings).collect();
    vec![
        Layer { ink: PAPER, manner: Manner::Fill(0.66), shapes: veil },
        Layer { ink: OUTLINE, manner: Manner::Dashes(1.4), shapes: outline },
    ]
}

/// A colour and what it stands for.
pub(super) type Key = (Ink, String);

/// Of the stress map.
pub(super) fn stress_key() -> Vec<Key> {
    [(LOW, "calm"), (HIGH, "stressful"), (NONE, "not rated")].map(|(ink, text)| (ink, text.to_owned())).to_vec()
}

/// Of the score map.
pub(super) fn score_key() -> Vec<Key> {
    let step = 100.0 / SCORES.len() as f64;
    let bounds = |at: usize| format!("{:.0}–{:.0}", step * at as f64, step * (at + 1) as f64);
    let steps = SCORES.into_iter().enumerate().map(|(at, ink)| (ink, bounds(at)));
    steps.chain([(FAINT, "no score".to_owned())]).collect()
}
