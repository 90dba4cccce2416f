//! Distances of blocks, and streets that meet the boundary.

use super::{Town, rectangle};
use crate::connectivity::nearness::Outlines;
use crate::connectivity::seeds::meets_boundary;
use crate::network::Segments;
use geo_types::{Coord, MultiPolygon, polygon};

fn are_within(a: MultiPolygon<f64>, b: MultiPolygon<f64>, limit: f64) -> bool {
    let outlines = Outlines::new(&[a, b]);
    let answer = outlines.are_within(0, 1, limit);
    assert_eq!(answer, outlines.are_within(1, 0, limit), "the distance has no direction");
    answer
}

#[test]
fn blocks_at_the_limit_are_within() {
    let block = || rectangle([0.0, 0.0, 100.0, 100.0]);
    assert!(are_within(block(), rectangle([2780.0, 0.0, 2900.0, 100.0]), 2680.0));
    assert!(!are_within(block(), rectangle([2780.01, 0.0, 2900.0, 100.0]), 2680.0));
    assert!(are_within(block(), rectangle([1700.0, 2300.0, 1800.0, 2400.0]), 2720.3));
    assert!(!are_within(block(), rectangle([1700.0, 2300.0, 1800.0, 2400.0]), 2720.2));
}

/// An edge may be nearer than any corner, and a block may lie inside another.
#[test]
fn edges_and_insides_count() {
    let long = || rectangle([-9000.0, 0.0, 9000.0, 10.0]);
    assert!(are_within(long(), rectangle([0.0, 2680.0, 10.0, 2700.0]), 2670.0));
    assert!(!are_within(long(), rectangle([0.0, 2680.0, 10.0, 2700.0]), 2669.9));
    let inside = || rectangle([0.0, 0.0, 10.0, 10.0]);
    assert!(are_within(rectangle([-9000.0, -9000.0, 9000.0, 9000.0]), inside(), 2680.0));
    let ring = polygon![
        exterior: [(x: -9000.0, y: -9000.0), (x: 9000.0, y: -9000.0), (x: 9000.0, y: 9000.0), (x: -9000.0, y: 9000.0)],
        interiors: [[(x: -8000.0, y: -8000.0), (x: 8000.0, y: -8000.0), (x: 8000.0, y: 8000.0), (x: -8000.0, y: 8000.0)]],
    ];
    assert!(!are_within(MultiPolygon(vec![ring]), inside(), 2680.0));
    assert!(!are_within(MultiPolygon(Vec::new()), inside(), 2680.0));
}

#[test]
fn streets_meet_the_boundary_inside_across_and_at_a_point() {
    let holed = MultiPolygon(vec![polygon![
        exterior: [(x: 0.0, y: 0.0), (x: 100.0, y: 0.0), (x: 100.0, y: 100.0), (x: 0.0, y: 100.0)],
        interiors: [[(x: 40.0, y: 40.0), (x: 60.0, y: 40.0), (x: 60.0, y: 60.0), (x: 40.0, y: 60.0)]],
    ]]);
    let lines: [&[[f64; 2]]; 8] = [
        &[[10.0, 10.0], [20.0, 10.0]],
        &[[-50.0, 50.0], [150.0, 50.0]],
        &[[-50.0, -1.0], [150.0, -1.0]],
        &[[45.0, 45.0], [55.0, 55.0]],
        &[[45.0, 45.0], [60.0, 45.0]],
        &[[-10.0, 110.0], [0.0, 100.0]],
        &[[-10.0, 50.0], [-5.0, 500.0], [150.0, 50.0]],
        &[],
    ];
    let mut segments = Segments { first_point: vec![0], way_id: vec![0; lines.len()], ..Segments::default() };
    for line in lines {
        segments.xy.extend(line.iter().map(|&[x, y]| Coord { x, y }));
        segments.first_point.push(segments.xy.len() as u32);
    }
    assert_eq!(meets_boundary(&segments, &holed), [true, true, false, false, true, true, false, false]);
    assert_eq!(meets_boundary(&segments, &MultiPolygon(Vec::new())), [false; 8]);
}

/// Reached within the trip distance, but farther away than that as the crow flies: possible, since a street counts by its middle.
#[test]
fn blocks_reached_but_too_far_away_are_no_pairs() {
    let town = Town {
        streets: vec![[0.0, 0.0, 100.0, 0.0], [100.0, 0.0, 4900.0, 0.0]],
        turns: vec![(0, 1, 2450, true)],
        blocks: vec![[0.0, 0.0, 100.0, 10.0], [2780.0, 0.0, 2900.0, 10.0], [2781.0, 0.0, 2900.0, 10.0]],
        boundary: [-10.0, -10.0, 5000.0, 10.0],
        ..Town::default()
    };
    let reach = town.reach();
    assert_eq!(reach.map_rows(|_, row| row.iter().map(|p| p.target().0).collect::<Vec<_>>())[0], [0, 1]);
}
