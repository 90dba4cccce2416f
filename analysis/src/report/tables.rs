//! Columns of layers by name, for reading.

use crate::layers::{Geometry, Layer, Layers};
use crate::model::Values;
use geo_types::{Coord, MultiPolygon, Point};

pub(super) const BOUNDARY: &str = "neighborhood_boundary";
pub(super) const BLOCKS: &str = "neighborhood_census_blocks";
pub(super) const WAYS: &str = "neighborhood_ways";
pub(super) const JUNCTIONS: &str = "neighborhood_ways_intersections";
pub(super) const ISLANDS: &str = "neighborhood_islands";
pub(super) const SCORES: &str = "neighborhood_overall_scores";
pub(super) const MILEAGE: &str = "mileage";

/// All that a page reads.
pub(super) const ALL: [&str; 7] = [BOUNDARY, BLOCKS, WAYS, JUNCTIONS, ISLANDS, SCORES, MILEAGE];

/// A table; a missing one has no rows and no columns.
#[derive(Clone, Copy)]
pub(super) struct Table<'a>(Option<&'a Layer>);

impl<'a> Table<'a> {
    pub fn of(layers: &'a Layers, name: &str) -> Self {
        Self(layers.get(name))
    }

    pub fn rows(&self) -> usize {
        self.0.map_or(0, Layer::rows)
    }

    pub fn has(&self, column: &str) -> bool {
        self.column(column).is_some()
    }

    fn column(&self, name: &str) -> Option<&'a Values> {
        self.0?.columns.iter().find(|column| &*column.name == name).map(|column| &column.values)
    }

    pub fn int(&self, name: &str, row: usize) -> Option<i64> {
        match self.column(name)? {
            Values::Int(values) => values.get(row).copied().flatten(),
            _ => None,
        }
    }

    /// A number, whole or not.
    pub fn number(&self, name: &str, row: usize) -> Option<f64> {
        match self.column(name)? {
            Values::Float(values) => values.get(row).copied().flatten(),
            Values::Int(values) => values.get(row).copied().flatten().map(|value| value as f64),
            _ => None,
        }
    }

    pub fn text(&self, name: &str, row: usize) -> Option<&'a str> {
        match self.column(name)? {
            Values::Text(values) => values.get(row)?.as_deref(),
            _ => None,
        }
    }

    pub fn bool(&self, name: &str, row: usize) -> Option<bool> {
        match self.column(name)? {
            Values::Bool(values) => values.get(row).copied().flatten(),
            _ => None,
        }
    }

    /// Points of a row's line, in degrees.
    pub fn line(&self, row: usize) -> &'a [Coord<f64>] {
        match self.0.and_then(|layer| layer.geometry.as_ref()) {
            Some(Geometry::Lines { first, wgs84, .. }) => {
                let end = |at: usize| first.get(at).map_or(0, |&at| at as usize);
                wgs84.get(end(row)..end(row + 1)).unwrap_or_default()
            }
            _ => &[],
        }
    }

    /// A row's areas, in degrees.
    pub fn areas(&self, row: usize) -> Option<&'a MultiPolygon<f64>> {
        match self.0?.geometry.as_ref()? {
            Geometry::Polygons { wgs84, .. } => wgs84.get(row)?.as_ref(),
            _ => None,
        }
    }

    /// A row's point, in degrees.
    pub fn point(&self, row: usize) -> Option<Point<f64>> {
        match self.0?.geometry.as_ref()? {
            Geometry::Points { wgs84, .. } => wgs84.get(row).copied()?,
            _ => None,
        }
    }
}

/// How calm a segment is, both directions together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Calm {
    /// Calm wherever one may ride.
    Low,
    /// Stressful in a direction at least.
    High,
    /// Not rated.
    None,
}

impl Calm {
    /// Of a row of streets.
    pub fn of(ways: Table<'_>, row: usize) -> Self {
        match ways.int("ft_seg_stress", row).max(ways.int("tf_seg_stress", row)) {
            Some(1) => Self::Low,
            Some(_) => Self::High,
            None => Self::None,
        }
    }
}

/// Length of a line given in degrees, metres; on the scale of a street the earth is flat.
pub(super) fn length_m(line: &[Coord<f64>]) -> f64 {
    const METRES_PER_DEGREE: f64 = 111_195.0;
    let step = |ends: &[Coord<f64>]| {
        let shrink = ends[0].y.to_radians().cos();
        ((ends[1].x - ends[0].x) * shrink).hypot(ends[1].y - ends[0].y) * METRES_PER_DEGREE
    };
    line.windows(2).map(step).sum()
}
