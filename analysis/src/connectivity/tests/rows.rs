//! Rows: the low-stress rule by example, and what must not change them.

use super::Town;
use crate::connectivity::plan::Graphs;
use crate::connectivity::{Engine, Pair, Reach, Reached, turn_graphs};
use crate::model::BlockId;
use proptest::prelude::*;

fn rows(reach: &Reach) -> Vec<Vec<Pair>> {
    reach.map_rows(|_, row| row.to_vec())
}

fn pair(target: u32, low: Option<u16>, high: Option<u16>, low_stress: bool) -> Pair {
    Pair::new(BlockId(target), low, high, low_stress)
}

/// Three blocks, far enough apart that each has one street.
fn three_blocks(turns: Vec<super::Turn>) -> Town {
    Town {
        streets: (0..4).map(|k| [f64::from(k) * 500.0, 0.0, f64::from(k) * 500.0 + 100.0, 0.0]).collect(),
        turns,
        blocks: (0..3).map(|k| [f64::from(k) * 500.0, 0.0, f64::from(k) * 500.0 + 100.0, 50.0]).collect(),
        boundary: [-50.0, -50.0, 3000.0, 100.0],
        ..Town::default()
    }
}

#[test]
fn a_calm_way_may_be_a_quarter_longer() {
    let by_detour = |detour| {
        let town = three_blocks(vec![(0, 1, 400, false), (0, 3, 0, true), (3, 1, detour, true)]);
        rows(&town.reach())[0].clone()
    };
    assert_eq!(by_detour(500), [pair(0, Some(0), Some(0), true), pair(1, Some(500), Some(400), true)]);
    assert_eq!(by_detour(501), [pair(0, Some(0), Some(0), true), pair(1, Some(501), Some(400), false)]);
}

#[test]
fn without_a_calm_way_blocks_are_connected_but_not_calmly() {
    let town = three_blocks(vec![(0, 1, 400, false), (1, 2, 400, true)]);
    let reach = town.reach();
    assert_eq!(
        rows(&reach),
        [
            vec![pair(0, Some(0), Some(0), true), pair(1, None, Some(400), false), pair(2, None, Some(800), false)],
            vec![pair(1, Some(0), Some(0), true), pair(2, Some(400), Some(400), true)],
            vec![pair(2, Some(0), Some(0), true)],
        ]
    );
    let [low, high] = reach.reached[0];
    assert_eq!((low.segments, low.cost_sum_m, high.segments, high.cost_sum_m), (1, 0, 3, 1200));
    assert_eq!(reach.pairs, 6);
}

/// Blocks on both sides of a stressful street are neighbours all the same (Q36).
#[test]
fn blocks_that_share_a_street_are_calmly_connected() {
    let mut town = three_blocks(vec![(0, 1, 400, false)]);
    town.blocks = vec![[0.0, 0.0, 100.0, 50.0], [0.0, -50.0, 100.0, 0.0], [500.0, 0.0, 600.0, 50.0]];
    let expected =
        vec![pair(0, Some(0), Some(0), true), pair(1, Some(0), Some(0), true), pair(2, None, Some(400), false)];
    assert_eq!(rows(&town.reach())[..2], [expected.clone(), expected]);
}

/// Trips start in streets that meet the boundary; a shared street counts wherever it is.
#[test]
fn trips_start_inside_the_boundary_only() {
    let mut town = three_blocks(vec![(0, 1, 400, true), (1, 0, 400, true)]);
    town.boundary = [-50.0, -50.0, 300.0, 100.0];
    let reach = town.reach();
    assert_eq!(reach.block_segments.iter().map(Vec::len).collect::<Vec<_>>(), [1, 1, 1]);
    assert_eq!(rows(&reach)[0], [pair(0, Some(0), Some(0), true), pair(1, Some(400), Some(400), true)]);
    assert_eq!(rows(&reach)[1..], [vec![], vec![]]);
}

/// Edition `current`: blocks of the buffer are reached but send nobody.
#[test]
fn blocks_outside_the_boundary_are_targets_only() {
    let mut town = three_blocks(vec![(0, 1, 400, true), (1, 0, 400, true)]);
    town.outside = vec![1];
    let reach = town.reach();
    assert_eq!(rows(&reach)[0].len(), 2);
    assert_eq!(rows(&reach)[1], []);
    assert_eq!(reach.reached[1], [Reached::default(); 2]);
}

#[test]
fn trails_count_once_however_many_of_their_segments_are_reached() {
    let mut town = three_blocks(vec![(0, 1, 400, false), (1, 2, 400, true), (1, 3, 100, true)]);
    town.trails = vec![vec![2, 3], vec![0], vec![]];
    assert_eq!(town.reach().trails, [[1, 2], [1, 1], [1, 1]]);
}

#[test]
fn nothing_gives_nothing() {
    let reach = Town::default().reach();
    assert_eq!((reach.pairs, reach.block_segments.len(), rows(&reach).len()), (0, 0, 0));
    let no_streets = Town { blocks: vec![[0.0, 0.0, 9.0, 9.0]], boundary: [0.0, 0.0, 9.0, 9.0], ..Town::default() };
    assert_eq!(rows(&no_streets.reach()), [vec![]]);
}

#[test]
fn rows_given_come_back() {
    let given = vec![vec![pair(1, None, Some(3), false)], vec![], vec![pair(0, Some(1), Some(1), true)]];
    let reach = Reach::from_rows(&given);
    assert_eq!(rows(&reach), given);
    let mut seen = Vec::new();
    reach.for_each_row(|source, row| seen.push((source.0, row.len())));
    assert_eq!(seen, [(0, 1), (1, 0), (2, 1)]);
    assert_eq!(reach.pairs, 2);
}

/// Streets and blocks anywhere in a square of 4 km, some blocks sharing streets, some outside, more than one batch of sources.
fn towns() -> impl Strategy<Value = Town> {
    let street =
        (0.0..4000.0, 0.0..4000.0, -120.0..120.0, -120.0..120.0).prop_map(|(x, y, dx, dy)| [x, y, x + dx, y + dy]);
    (proptest::collection::vec(street, 1..60), 33usize..80).prop_flat_map(|(streets, blocks)| {
        let n = streets.len();
        let turn = (0..n, 0..n, 0u32..900, any::<bool>());
        let block = (0..n, -60.0..60.0, 1.0..200.0).prop_map({
            let streets = streets.clone();
            move |(k, off, size)| {
                let [x, y, ..] = streets[k];
                [x + off, y + off, x + off + size, y + off + size]
            }
        });
        let turns = proptest::collection::vec(turn, 0..240);
        let trails = proptest::collection::vec(proptest::collection::vec(0..n, 0..4), 0..3);
        let outside = proptest::collection::vec(0..blocks, 0..4);
        (Just(streets), turns, proptest::collection::vec(block, blocks), outside, trails).prop_map(
            |(streets, turns, blocks, outside, trails)| {
                let boundary = [500.0, 0.0, 4000.0, 4000.0];
                Town { streets, turns, blocks, outside, trails, boundary }
            },
        )
    })
}

/// Everything that must not depend on how it was computed.
fn results(reach: &Reach) -> impl PartialEq + std::fmt::Debug + use<> {
    let mut seen = Vec::new();
    reach.for_each_row(|source, row| seen.push((source, row.to_vec())));
    (rows(reach), seen, reach.trails.clone(), reach.reached.clone(), reach.pairs, reach.work.settled_segments)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn engine_and_memory_limit_change_nothing(town in towns()) {
        let kept = town.reach();
        prop_assert_eq!(results(&kept), results(&town.searches().reach(u64::MAX, Engine::Single)));
        for engine in [Engine::Single, Engine::Lanes] {
            let computed = town.searches().reach(kept.pairs.saturating_sub(1), engine);
            prop_assert_eq!(results(&kept), results(&computed));
        }
    }

    /// What cities of more than 1,048,576 segments run on.
    #[test]
    fn wide_links_give_the_same_rows(town in towns()) {
        let (network, ratings) = town.network();
        for engine in [Engine::Single, Engine::Lanes] {
            let mut wide = town.searches();
            wide.plan.graphs = Graphs::Wide(turn_graphs(&network, &ratings, wide.plan.limit_m));
            prop_assert_eq!(results(&town.reach()), results(&wide.reach(u64::MAX, engine)));
        }
    }

    #[test]
    fn any_number_of_threads_gives_the_same(town in towns()) {
        let with = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| { let reach = town.reach(); (results(&reach), reach.work, reach.block_segments) })
        };
        prop_assert_eq!(with(1), with(3));
    }

    #[test]
    fn a_calmer_link_never_lowers_what_is_reached_calmly(town in towns(), which in any::<prop::sample::Index>()) {
        prop_assume!(!town.turns.is_empty());
        let mut calmer = town.clone();
        calmer.turns[which.index(town.turns.len())].3 = true;
        let (before, after) = (town.reach(), calmer.reach());
        let calm = |reach: &Reach| reach.map_rows(|_, row| row.iter().filter(|p| p.low_stress()).count());
        prop_assert!(calm(&before).iter().zip(calm(&after)).all(|(before, after)| *before <= after));
        for (before, after) in before.reached.iter().zip(&after.reached) {
            prop_assert!(before[0].segments <= after[0].segments);
            prop_assert_eq!(before[1], after[1]);
        }
        prop_assert!(before.trails.iter().zip(&after.trails).all(|(before, after)| before[0] <= after[0]));
    }
}

/// 20 × 20 junctions 100 m apart; streets to the east (even numbers) and to the north (odd), every third north street stressful.
fn checkerboard() -> Town {
    const N: usize = 20;
    let at = |k: usize| ((k % N) as f64 * 100.0, (k / N) as f64 * 100.0);
    let ends: Vec<_> =
        (0..N * N).flat_map(|k| [[k, if k % N + 1 < N { k + 1 } else { k }], [k, (k + N).min(N * N - 1)]]).collect();
    let touches = |a: &[usize; 2], b: &[usize; 2]| a.iter().any(|end| b.contains(end));
    let mut turns = Vec::new();
    for (i, a) in ends.iter().enumerate() {
        let meeting = ends.iter().enumerate().filter(|&(j, b)| i != j && touches(a, b));
        turns.extend(meeting.map(|(j, _)| (i, j, 100, i % 6 != 1 && j % 6 != 1)));
    }
    let street = |&[a, b]: &[usize; 2]| [at(a).0, at(a).1, at(b).0, at(b).1];
    let block = |k: usize| [at(k).0, at(k).1, at(k).0 + 100.0, at(k).1 + 100.0];
    Town {
        streets: ends.iter().map(street).collect(),
        turns,
        blocks: (0..N * N).filter(|k| k % N + 1 < N && k / N + 1 < N).map(block).collect(),
        boundary: [-50.0, -50.0, 2100.0, 2100.0],
        ..Town::default()
    }
}

/// A clock says nothing on a busy machine; these counts do. Lower them when the searches do less, never raise them.
#[test]
fn searches_do_not_do_more_than_they_did() {
    let town = checkerboard();
    let (single, lanes) = (town.searches().reach(0, Engine::Single).work, town.reach().work);
    assert_eq!((single.settled_segments, lanes.settled_segments), (519_558, 519_558));
    assert!(single.relaxed_links <= 2_952_559, "{single:?}");
    assert!(lanes.relaxed_links <= 496_041, "{lanes:?}");
}
