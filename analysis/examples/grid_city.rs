//! A city of perturbed grid streets, to see how the cost of the reach grows with its people.
//!
//! usage: cargo run --release -p quietway --example grid_city -- [PEOPLE] …
//!
//! 90 m between junctions moved by up to 20 m, 76 % of the streets kept, every eighth line an arterial, 12 % one-way; blocks of three
//! cells with 41 people each, the mean of the US. 500,000 people: 59 k segments, 12.2 k blocks.

use geo_types::{Coord, LineString, MultiPolygon, Polygon};
use quietway::boundary::StudyArea;
use quietway::connectivity::{Engine, Reach, prepare};
use quietway::import::Blocks;
use quietway::model::{Direction, JunctionId, SegmentId, StressLevel, Utm};
use quietway::network::StreetNetwork;
use quietway::stress::{LinkStress, StressRatings};
use quietway::suite::Suite;
use std::time::Instant;

const SPACING_M: f64 = 90.0;
const MOVED_M: f64 = 20.0;
const KEPT: f64 = 0.76;
const ONE_WAY: f64 = 0.12;
const SIGNALS: f64 = 0.4;
const ARTERIAL_EVERY: usize = 8;
const PEOPLE_A_BLOCK: usize = 41;
const CELLS_A_BLOCK: usize = 3;

fn main() {
    let people: Vec<usize> = std::env::args().skip(1).filter_map(|arg| arg.replace('_', "").parse().ok()).collect();
    let people = if people.is_empty() { vec![50_000, 100_000, 500_000, 2_000_000] } else { people };
    println!("Seconds are wall clock (processor time of all threads). Rows are computed, not kept.");
    println!(
        "people  segments  links  blocks  pairs  settled  prepare  reach  again  one by one  M settled/s  one by one  peak MB"
    );
    for people in people {
        report(people);
    }
}

fn report(people: usize) {
    let city = City::of(people);
    let suite = Suite::bna();
    let prepared = || prepare(&city.network, &city.ratings, &city.blocks, &city.area, &suite);
    let (searches, prepare_took) = timed(prepared);
    let (reach, took) = timed(|| searches.reach(0, Engine::Lanes));
    let peak = peak_mb();
    let (pairs, again_took) = timed(|| reach.map_rows(|_, row| row.len()).iter().sum::<usize>());
    let searches = prepared();
    let (single, single_took) = timed(|| searches.reach(0, Engine::Single));
    let rate = |reach: &Reach, took: Took| reach.work.settled_segments as f64 / took.cpu_s / 1e6;
    println!(
        "{people}  {}  {}  {}  {pairs}  {}  {prepare_took}  {took}  {again_took}  {single_took}  {:.0}  {:.0}  {peak}",
        city.network.segments.len(),
        city.network.links.len(),
        city.blocks.len(),
        reach.work.settled_segments,
        rate(&reach, took),
        rate(&single, single_took),
    );
}

/// Wall clock and processor time of all threads.
#[derive(Clone, Copy)]
struct Took {
    wall_s: f64,
    cpu_s: f64,
}

impl std::fmt::Display for Took {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:.3} ({:.2})", self.wall_s, self.cpu_s)
    }
}

fn timed<T>(work: impl FnOnce() -> T) -> (T, Took) {
    let (clock, cpu) = (Instant::now(), cpu_s());
    let result = work();
    (result, Took { wall_s: clock.elapsed().as_secs_f64(), cpu_s: cpu_s() - cpu })
}

/// Nanoseconds that the threads of this process ran, where the system tells.
fn cpu_s() -> f64 {
    let threads = std::fs::read_dir("/proc/self/task").into_iter().flatten().flatten();
    let ran = threads.filter_map(|thread| {
        let text = std::fs::read_to_string(thread.path().join("schedstat")).ok()?;
        text.split(' ').next()?.parse::<f64>().ok()
    });
    ran.sum::<f64>() / 1e9
}

/// Peak memory of this process so far, where the system tells.
fn peak_mb() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak =
        status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB")?.parse::<u64>().ok());
    peak.map_or_else(|| "?".to_owned(), |kb| (kb / 1024).to_string())
}

/// The same numbers on every machine (splitmix64).
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 11) as f64 / (1u64 << 53) as f64
    }
}

struct City {
    network: StreetNetwork,
    ratings: StressRatings,
    blocks: Blocks,
    area: StudyArea,
}

/// A street before it has its place in Hilbert order.
struct Street {
    ends: [usize; 2],
    arterial: bool,
    one_way: bool,
}

/// Junctions of the grid, row by row.
struct Grid {
    columns: usize,
    rows: usize,
    points: Vec<Coord<f64>>,
}

impl Grid {
    fn of(people: usize, dice: &mut Dice) -> Self {
        let cells = (people / PEOPLE_A_BLOCK).max(1) as f64 * CELLS_A_BLOCK as f64;
        let blocks_across = ((cells * 7.0 / 6.0).sqrt() / CELLS_A_BLOCK as f64).ceil() as usize;
        let (columns, rows) =
            (blocks_across * CELLS_A_BLOCK + 1, (cells / (blocks_across * CELLS_A_BLOCK) as f64).ceil() as usize + 1);
        let mut at = |k: usize| k as f64 * SPACING_M + (dice.roll() - 0.5) * 2.0 * MOVED_M;
        let points = (0..rows * columns)
            .map(|k| Coord { x: 500_000.0 + at(k % columns), y: 4_000_000.0 + at(k / columns) })
            .collect();
        Self { columns, rows, points }
    }

    fn streets(&self, dice: &mut Dice) -> Vec<Street> {
        let mut streets = Vec::new();
        for k in 0..self.points.len() {
            let (column, row) = (k % self.columns, k / self.columns);
            let east = (column + 1 < self.columns).then_some((k + 1, row));
            let north = (row + 1 < self.rows).then_some((k + self.columns, column));
            for (end, line) in [east, north].into_iter().flatten() {
                let (keep, one_way) = (dice.roll() < KEPT, dice.roll() < ONE_WAY);
                let arterial = line % ARTERIAL_EVERY == 0;
                if keep || arterial {
                    streets.push(Street { ends: [k, end], arterial, one_way });
                }
            }
        }
        streets.sort_by_cached_key(|street| hilbert(self.points[street.ends[0]] + self.points[street.ends[1]]));
        streets
    }

    fn blocks(&self) -> Vec<MultiPolygon<f64>> {
        let mut blocks = Vec::new();
        for row in 0..self.rows - 1 {
            for column in (0..self.columns - 1).step_by(CELLS_A_BLOCK) {
                let south = (0..=CELLS_A_BLOCK).map(|c| row * self.columns + column + c);
                let north = (0..=CELLS_A_BLOCK).rev().map(|c| (row + 1) * self.columns + column + c);
                let ring: LineString<f64> = south.chain(north).map(|k| self.points[k]).collect();
                blocks.push(MultiPolygon(vec![Polygon::new(ring, Vec::new())]));
            }
        }
        blocks.sort_by_cached_key(|block| hilbert(block.0[0].exterior().0[0] * 2.0));
        blocks
    }
}

impl City {
    fn of(people: usize) -> Self {
        let mut dice = Dice(1);
        let grid = Grid::of(people, &mut dice);
        let streets = grid.streets(&mut dice);
        let mut network = StreetNetwork::default();
        network.segments.first_point.push(0);
        for street in &streets {
            network.segments.way_id.push(0);
            network.segments.xy.extend(street.ends.map(|k| grid.points[k]));
            network.segments.first_point.push(network.segments.xy.len() as u32);
        }
        let ratings = link(&grid, &streets, &mut network, &mut dice);
        let geometry_m = grid.blocks();
        let blocks = Blocks {
            id: (0..geometry_m.len()).map(|k| k.to_string().into()).collect(),
            in_boundary: vec![true; geometry_m.len()],
            geometry_m,
            ..Blocks::default()
        };
        Self { network, ratings, blocks, area: everywhere(&grid) }
    }
}

fn link(grid: &Grid, streets: &[Street], network: &mut StreetNetwork, dice: &mut Dice) -> StressRatings {
    let mut leaving = vec![Vec::new(); grid.points.len()];
    for (id, street) in streets.iter().enumerate() {
        leaving[street.ends[0]].push(id);
        if !street.one_way {
            leaving[street.ends[1]].push(id);
        }
    }
    let signals: Vec<bool> = grid.points.iter().map(|_| dice.roll() < SIGNALS).collect();
    let meets_arterial: Vec<bool> = leaving.iter().map(|ids| ids.iter().any(|&id| streets[id].arterial)).collect();
    let length = |street: &Street| {
        let d = grid.points[street.ends[0]] - grid.points[street.ends[1]];
        d.x.hypot(d.y).round() as u32
    };
    let mut ratings = StressRatings::default();
    network.links.first.push(0);
    for (source, street) in streets.iter().enumerate() {
        for at in street.ends.into_iter().skip(usize::from(street.one_way)) {
            for &target in leaving[at].iter().filter(|&&target| target != source) {
                let calm = !street.arterial && !streets[target].arterial && (!meets_arterial[at] || signals[at]);
                let total = Some(if calm { StressLevel::Low } else { StressLevel::High });
                network.links.target.push(SegmentId::from(target));
                network.links.junction.push(JunctionId::from(at));
                network.links.source_dir.push(if at == street.ends[1] { Direction::Ft } else { Direction::Tf });
                network.links.cost_m.push((length(street) + length(&streets[target])) / 2);
                ratings.links.push(LinkStress { source: total, crossing: total, target: total, total });
            }
        }
        network.links.first.push(network.links.target.len() as u32);
    }
    ratings
}

/// A boundary around everything.
fn everywhere(grid: &Grid) -> StudyArea {
    let far = |k: usize, sign: f64| grid.points[k] + Coord { x: sign * 1000.0, y: sign * 1000.0 };
    let (low, high) = (far(0, -1.0), far(grid.points.len() - 1, 1.0));
    let ring = vec![low, Coord { x: high.x, y: low.y }, high, Coord { x: low.x, y: high.y }];
    let none = MultiPolygon(Vec::new());
    StudyArea {
        name: "grid".to_owned(),
        boundary: none.clone(),
        boundary_m: MultiPolygon(vec![Polygon::new(ring.into(), Vec::new())]),
        first_feature: none.clone(),
        buffered: none.clone(),
        buffered_m: none,
        projection: Utm::of(Coord { x: -75.0, y: 40.0 }),
        attributes: Vec::new(),
        notes: Vec::new(),
    }
}

/// Place of a point along a Hilbert curve over a square of 2^17 m (doubled coordinates).
fn hilbert(doubled: Coord<f64>) -> u64 {
    let (mut x, mut y) = ((doubled.x - 1_000_000.0).max(0.0) as u64, (doubled.y - 8_000_000.0).max(0.0) as u64);
    let (side, mut d, mut s) = (1 << 18, 0, 1 << 17);
    while s > 0 {
        let (right, up) = (u64::from(x & s > 0), u64::from(y & s > 0));
        d += s * s * ((3 * right) ^ up);
        if up == 0 {
            if right == 1 {
                (x, y) = (side - 1 - x, side - 1 - y);
            }
            (x, y) = (y, x);
        }
        s >>= 1;
    }
    d
}
