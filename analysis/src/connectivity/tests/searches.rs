//! Labels of a search: proved by a certificate, and equal to those of other searches.

use super::{Turn, links};
use crate::connectivity::dial::Dial;
use crate::connectivity::lanes::{LANES, LaneSearch};
use crate::connectivity::turn_graph::{Link, TurnGraph};
use petgraph::graph::{DiGraph, NodeIndex};
use proptest::prelude::*;

/// Isolated segments, one-ways, parallel links, links of no length and links beyond the limit all occur.
fn graphs() -> impl Strategy<Value = (usize, Vec<Turn>, Vec<Vec<u32>>, u16)> {
    (1usize..40, prop_oneof![Just(2680u16), 0u16..=4095]).prop_flat_map(|(segments, limit)| {
        let cost = prop_oneof![3 => 0u32..300, 1 => Just(0u32), 1 => 0u32..6000];
        let turn = (0..segments, 0..segments, cost, any::<bool>());
        let seeds = proptest::collection::vec(0..segments as u32, 0..5);
        let sources = proptest::collection::vec(seeds, 1..=LANES);
        (Just(segments), proptest::collection::vec(turn, 0..160), sources, Just(limit))
    })
}

fn dial_labels<L: Link>(segments: usize, turns: &[Turn], sources: &[Vec<u32>], limit: u16) -> Vec<Vec<Option<u16>>> {
    let graph = TurnGraph::<L>::new(&links(segments, turns), segments, limit, |_| true);
    let mut dial = Dial::new(segments, limit);
    let labels = |seeds: &Vec<u32>| {
        dial.search(&graph, seeds);
        let mut labels = vec![None; segments];
        for (segment, cost) in dial.reached() {
            assert_eq!(labels[segment].replace(cost), None, "settled twice");
        }
        labels
    };
    sources.iter().map(labels).collect()
}

fn lane_labels(segments: usize, turns: &[Turn], sources: &[Vec<u32>], limit: u16) -> Vec<Vec<Option<u16>>> {
    let graph = TurnGraph::<u32>::new(&links(segments, turns), segments, limit, |_| true);
    let mut search = LaneSearch::new(segments, limit);
    // Searched twice: what the first search left behind must not matter.
    for _ in 0..2 {
        search.reset();
        for (lane, seeds) in sources.iter().enumerate() {
            seeds.iter().for_each(|&seed| search.seed(lane, seed));
        }
        search.search(&graph);
    }
    let label = |lane: usize, segment: usize| {
        let cost = search.label(segment as u32).0[lane];
        (cost < search.unreached()).then_some(cost as u16)
    };
    (0..sources.len()).map(|lane| (0..segments).map(|segment| label(lane, segment)).collect()).collect()
}

/// A node joined to the seeds by edges of no length, as the reference has it.
fn petgraph_labels(segments: usize, turns: &[Turn], seeds: &[u32], limit: u16) -> Vec<Option<u16>> {
    let mut graph = DiGraph::<(), u32>::new();
    let nodes: Vec<_> = (0..=segments).map(|_| graph.add_node(())).collect();
    turns.iter().for_each(|turn| _ = graph.add_edge(nodes[turn.0], nodes[turn.1], turn.2));
    seeds.iter().for_each(|&seed| _ = graph.add_edge(nodes[segments], nodes[seed as usize], 0));
    let costs = petgraph::algo::dijkstra(&graph, nodes[segments], None, |edge| *edge.weight());
    let within = |segment| costs.get(&NodeIndex::new(segment)).filter(|&&cost| cost <= u32::from(limit));
    (0..segments).map(|segment| within(segment).map(|&cost| cost as u16)).collect()
}

proptest! {
    /// No link shortens a label, and every label has a seed or a link that explains it.
    #[test]
    fn labels_have_a_certificate((segments, turns, sources, limit) in graphs()) {
        for (seeds, labels) in sources.iter().zip(dial_labels::<u32>(segments, &turns, &sources, limit)) {
            for &seed in seeds {
                prop_assert_eq!(labels[seed as usize], Some(0));
            }
            for &(source, target, cost, _) in &turns {
                let Some(at) = labels[source] else { continue };
                let there = u32::from(at) + cost;
                if there <= u32::from(limit) {
                    prop_assert!(labels[target].is_some_and(|label| u32::from(label) <= there));
                }
            }
            for (segment, label) in labels.iter().enumerate() {
                let Some(label) = *label else { continue };
                let is_seed = label == 0 && seeds.contains(&(segment as u32));
                let by_turn = |&(source, target, cost, _): &Turn| {
                    target == segment && labels[source].is_some_and(|at| u32::from(at) + cost == u32::from(label))
                };
                prop_assert!(is_seed || turns.iter().any(by_turn));
            }
        }
    }

    #[test]
    fn labels_are_those_of_petgraph((segments, turns, sources, limit) in graphs()) {
        let labels = dial_labels::<u32>(segments, &turns, &sources, limit);
        for (seeds, labels) in sources.iter().zip(&labels) {
            prop_assert_eq!(labels, &petgraph_labels(segments, &turns, seeds, limit));
        }
    }

    #[test]
    fn many_sources_at_once_give_the_labels_of_one((segments, turns, sources, limit) in graphs()) {
        let labels = dial_labels::<u32>(segments, &turns, &sources, limit);
        prop_assert_eq!(&labels, &lane_labels(segments, &turns, &sources, limit));
        prop_assert_eq!(&labels, &dial_labels::<u64>(segments, &turns, &sources, limit));
    }
}

#[test]
fn the_limit_is_inclusive() {
    let turns = [(0, 1, 2680, true), (0, 2, 2681, true), (1, 3, 0, true), (1, 4, 1, true)];
    let labels = dial_labels::<u32>(5, &turns, &[vec![0]], 2680);
    assert_eq!(labels, [[Some(0), Some(2680), None, Some(2680), None]]);
}

#[test]
fn a_link_holds_the_greatest_cost_and_segment() {
    let narrow = <u32 as Link>::pack(4095, (1 << 20) - 1);
    assert_eq!((narrow.cost(), narrow.target()), (4095, 1_048_575));
    let wide = <u64 as Link>::pack(4095, u32::MAX);
    assert_eq!((wide.cost(), wide.target()), (4095, u32::MAX as usize));
}
