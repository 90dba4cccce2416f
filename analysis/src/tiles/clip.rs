//! Cutting lines and rings along tile borders.

use super::grid::{Figure, Kind, Place};

/// All between two parallels of an axis (0: x, 1: y), both included.
#[derive(Clone, Copy, Debug)]
pub(super) struct Slab {
    pub axis: usize,
    pub low: f64,
    pub high: f64,
}

impl Slab {
    fn contains(&self, place: Place) -> bool {
        (self.low..=self.high).contains(&place[self.axis])
    }
}

/// What of the figures lies in the slab. A line cut into several stretches becomes several; so does a polygon.
pub(super) fn clip(figures: &[Figure], kind: Kind, slab: Slab) -> Vec<Figure> {
    let mut inside = Vec::with_capacity(figures.len());
    for figure in figures {
        // Holes lie within the outer ring.
        if figure.first().is_some_and(|part| part.iter().all(|&place| slab.contains(place))) {
            inside.push(figure.clone());
            continue;
        }
        match kind {
            Kind::Point => {}
            Kind::Line => figure.iter().for_each(|line| clip_line(line, slab, &mut inside)),
            Kind::Polygon => inside.extend(clip_polygon(figure, slab)),
        }
    }
    inside
}

/// Where the stretch from a to b meets a parallel; to the last bit the same from b to a.
fn meet(a: Place, b: Place, axis: usize, at: f64) -> Place {
    let (a, b) = if a <= b { (a, b) } else { (b, a) };
    let other = 1 - axis;
    let mut place = [at; 2];
    place[other] = a[other] + (b[other] - a[other]) * ((at - a[axis]) / (b[axis] - a[axis]));
    place
}

fn clip_line(line: &[Place], slab: Slab, inside: &mut Vec<Figure>) {
    let mut current: Vec<Place> = Vec::new();
    for pair in line.windows(2) {
        let stretch = clip_stretch(pair[0], pair[1], slab);
        if stretch.is_none_or(|[start, _]| current.last() != Some(&start)) && !current.is_empty() {
            inside.push(vec![std::mem::take(&mut current)]);
        }
        let Some([start, end]) = stretch else { continue };
        if current.is_empty() {
            current.push(start);
        }
        current.push(end);
    }
    if !current.is_empty() {
        inside.push(vec![current]);
    }
}

fn clip_stretch(a: Place, b: Place, slab: Slab) -> Option<[Place; 2]> {
    let Slab { axis, low, high } = slab;
    if a[axis].max(b[axis]) < low || a[axis].min(b[axis]) > high {
        return None;
    }
    let pull = |place: Place| {
        let border = place[axis].clamp(low, high);
        if border == place[axis] { place } else { meet(a, b, axis, border) }
    };
    Some([pull(a), pull(b)])
}

fn clip_polygon(polygon: &Figure, slab: Slab) -> Vec<Figure> {
    let below = half(polygon, Border { axis: slab.axis, at: slab.high, keeps_above: false });
    below
        .iter()
        .flat_map(|polygon| half(polygon, Border { axis: slab.axis, at: slab.low, keeps_above: true }))
        .collect()
}

/// A parallel; points on it count as inside.
#[derive(Clone, Copy, Debug)]
struct Border {
    axis: usize,
    at: f64,
    keeps_above: bool,
}

impl Border {
    fn keeps(self, place: Place) -> bool {
        let along = place[self.axis];
        if self.keeps_above { along >= self.at } else { along <= self.at }
    }
}

/// What of a polygon lies on one side of a border.
///
/// Rings that cross it fall into chains from border to border. Sorted along the border, the ends of all chains alternate
/// between going in and coming out of the polygon, so each end belongs with its neighbour, and following them closes the
/// rings of each piece. (Cutting ring by ring would leave pieces tied together by bridges along the border.)
fn half(polygon: &Figure, border: Border) -> Vec<Figure> {
    let mut chains = Vec::new();
    let mut whole = Vec::new();
    for ring in polygon {
        if ring.iter().all(|&place| border.keeps(place)) {
            whole.push(ring.clone());
        } else {
            cut(ring, border, &mut chains);
        }
    }
    if chains.is_empty() {
        // Nothing crosses: the outer ring, which comes first, is on this side with its holes, or all is beyond.
        return if border.keeps(polygon[0][0]) { vec![whole] } else { Vec::new() };
    }
    let mut pieces: Vec<Figure> = join(chains, border).into_iter().map(|outer| vec![outer]).collect();
    for hole in whole {
        // A hole may touch the outer ring with some of its corners: those do not tell.
        let tells = |outer: &[Place]| hole.iter().any(|place| !outer.contains(place) && contains(outer, *place));
        if let Some(piece) = pieces.iter_mut().find(|piece| tells(&piece[0])) {
            piece.push(hole);
        }
    }
    pieces
}

/// The chains of a ring inside the border, each from the border to the border.
fn cut(ring: &[Place], border: Border, chains: &mut Vec<Vec<Place>>) {
    let Some(outside) = ring.iter().position(|&place| !border.keeps(place)) else { return };
    let mut current: Vec<Place> = Vec::new();
    let mut before = ring[outside];
    for &place in ring[outside + 1..].iter().chain(&ring[..=outside]) {
        match (current.is_empty(), border.keeps(place)) {
            (true, false) => {}
            (true, true) => current.extend([meet(before, place, border.axis, border.at), place]),
            (false, true) => current.push(place),
            (false, false) => {
                current.push(meet(before, place, border.axis, border.at));
                chains.push(std::mem::take(&mut current));
            }
        }
        before = place;
    }
}

/// Closes chains to rings along the border.
fn join(chains: Vec<Vec<Place>>, border: Border) -> Vec<Vec<Place>> {
    let along = |place: Place| place[1 - border.axis];
    let mut ends: Vec<(f64, usize, bool)> = Vec::with_capacity(2 * chains.len());
    for (chain, places) in chains.iter().enumerate() {
        ends.push((along(places[0]), chain, false));
        ends.push((along(places[places.len() - 1]), chain, true));
    }
    ends.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then((a.1, a.2).cmp(&(b.1, b.2))));
    let mut next: Vec<usize> = (0..chains.len()).collect();
    for pair in ends.chunks_exact(2) {
        match *pair {
            [(_, from, true), (_, to, false)] | [(_, to, false), (_, from, true)] => next[from] = to,
            // Only where the polygon crosses itself: there each chain closes on its own.
            _ => {}
        }
    }
    let mut chains: Vec<Option<Vec<Place>>> = chains.into_iter().map(Some).collect();
    let mut rings = Vec::new();
    for start in 0..chains.len() {
        let mut ring = Vec::new();
        let mut at = start;
        while let Some(chain) = chains[at].take() {
            ring.extend(chain);
            at = next[at];
        }
        if !ring.is_empty() {
            rings.push(ring);
        }
    }
    rings
}

/// Whether a ring surrounds a place.
fn contains(ring: &[Place], [x, y]: Place) -> bool {
    let ends = ring.iter().zip(ring.iter().cycle().skip(1));
    let crossings = ends.filter(|&(a, b)| (a[1] > y) != (b[1] > y) && x < meet(*a, *b, 1, y)[0]);
    crossings.count() % 2 == 1
}
