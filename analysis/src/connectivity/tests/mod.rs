//! Tests of the room: geometry against GEOS, searches against certificates, rows against each other.

mod buffers;
mod distances;
mod rows;
mod searches;

use super::{Engine, Reach, Searches, prepare};
use crate::boundary::StudyArea;
use crate::import::Blocks;
use crate::model::{SegmentId, StressLevel, Utm};
use crate::network::{Links, StreetNetwork, Trail};
use crate::stress::{LinkStress, StressRatings};
use crate::suite::Suite;
use geo_types::{Coord, MultiPolygon, Rect};

/// A link between segments: source, target, metres, whether calm.
type Turn = (usize, usize, u32, bool);

/// A city in numbers: metres from the south-western corner.
#[derive(Clone, Debug, Default)]
struct Town {
    /// Two ends each: x, y, x, y.
    streets: Vec<[f64; 4]>,
    turns: Vec<Turn>,
    /// West, south, east, north.
    blocks: Vec<[f64; 4]>,
    /// Blocks that are only reached.
    outside: Vec<usize>,
    /// Destinations among trails.
    trails: Vec<Vec<usize>>,
    boundary: [f64; 4],
}

impl Town {
    fn network(&self) -> (StreetNetwork, StressRatings) {
        let mut network = StreetNetwork::default();
        network.segments.first_point.push(0);
        for [x0, y0, x1, y1] in &self.streets {
            network.segments.way_id.push(0);
            network.segments.xy.extend([Coord { x: *x0, y: *y0 }, Coord { x: *x1, y: *y1 }]);
            network.segments.first_point.push(network.segments.xy.len() as u32);
        }
        network.links = links(self.streets.len(), &self.turns);
        network.trails = self.trails.iter().map(|ids| trail(ids)).collect();
        let ratings = StressRatings { links: stress(self.streets.len(), &self.turns), ..StressRatings::default() };
        (network, ratings)
    }

    fn searches(&self) -> Searches {
        let (network, ratings) = self.network();
        let blocks = Blocks {
            id: self.blocks.iter().map(|_| "".into()).collect(),
            geometry_m: self.blocks.iter().map(|&b| rectangle(b)).collect(),
            in_boundary: (0..self.blocks.len()).map(|b| !self.outside.contains(&b)).collect(),
            ..Blocks::default()
        };
        prepare(&network, &ratings, &blocks, &area(self.boundary), &Suite::bna())
    }

    fn reach(&self) -> Reach {
        self.searches().reach(u64::MAX, Engine::Lanes)
    }
}

fn rectangle([west, south, east, north]: [f64; 4]) -> MultiPolygon<f64> {
    MultiPolygon(vec![Rect::new((west, south), (east, north)).to_polygon()])
}

fn area(boundary: [f64; 4]) -> StudyArea {
    let none = MultiPolygon(Vec::new());
    StudyArea {
        name: String::new(),
        boundary: none.clone(),
        boundary_m: rectangle(boundary),
        first_feature: none.clone(),
        buffered: none.clone(),
        buffered_m: none,
        projection: Utm::of(Coord { x: -117.0, y: 37.0 }),
        attributes: Vec::new(),
        notes: Vec::new(),
    }
}

fn trail(ids: &[usize]) -> Trail {
    Trail {
        segments: ids.iter().map(|&id| SegmentId::from(id)).collect(),
        length_m: 5000,
        diagonal_m: 4000,
        is_destination: true,
    }
}

/// Turns in rows by source.
fn sorted(segments: usize, turns: &[Turn]) -> Vec<Vec<Turn>> {
    let mut rows = vec![Vec::new(); segments];
    turns.iter().for_each(|turn| rows[turn.0].push(*turn));
    rows
}

fn links(segments: usize, turns: &[Turn]) -> Links {
    let mut links = Links { first: vec![0], ..Links::default() };
    for row in sorted(segments, turns) {
        links.target.extend(row.iter().map(|turn| SegmentId::from(turn.1)));
        links.cost_m.extend(row.iter().map(|turn| turn.2));
        links.first.push(links.target.len() as u32);
    }
    links
}

fn stress(segments: usize, turns: &[Turn]) -> Vec<LinkStress> {
    let level = |calm| Some(if calm { StressLevel::Low } else { StressLevel::High });
    let turns = sorted(segments, turns).concat();
    turns.iter().map(|turn| LinkStress { source: None, crossing: None, target: None, total: level(turn.3) }).collect()
}
