//! Position along a Hilbert curve: an order in which neighbours of the plane are neighbours in memory.

/// Position of the cell (x, y) of a 2^32 × 2^32 grid along the Hilbert curve.
pub fn hilbert_d(mut x: u32, mut y: u32) -> u64 {
    let mut d = 0u64;
    for bit in (0..32).rev() {
        let right = (x >> bit) & 1;
        let upper = (y >> bit) & 1;
        d = (d << 2) | u64::from((3 * right) ^ upper);
        // Turn the quadrant so that the curve inside it starts in its lower left cell.
        if upper == 0 {
            if right == 1 {
                (x, y) = (!x, !y);
            }
            std::mem::swap(&mut x, &mut y);
        }
    }
    d
}

#[cfg(test)]
mod tests {
    use super::hilbert_d;

    #[test]
    fn neighbours_on_the_curve_are_neighbours_in_the_plane() {
        let side = 32u32;
        let mut cells: Vec<(u32, u32)> = (0..side).flat_map(|x| (0..side).map(move |y| (x, y))).collect();
        cells.sort_by_key(|&(x, y)| hilbert_d(x, y));
        assert!(cells.windows(2).all(|pair| pair[0].0.abs_diff(pair[1].0) + pair[0].1.abs_diff(pair[1].1) == 1));
        assert_eq!(hilbert_d(0, 0), 0);
        assert!(cells.iter().all(|&(x, y)| hilbert_d(x, y) < 1024));
    }

    #[test]
    fn corners_of_the_whole_grid() {
        let last = u32::MAX;
        let mut ends = [hilbert_d(0, 0), hilbert_d(last, 0), hilbert_d(0, last), hilbert_d(last, last)];
        ends.sort_unstable();
        assert_eq!((ends[0], ends[3]), (0, u64::MAX));
    }
}
