//! Colours of all maps, told apart by people with any colour vision, on paper and on a dark screen. `web/src/palette.ts` has the same.

/// A colour on paper and on a dark screen, `#rrggbb`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ink {
    /// Its name; also its class in pages.
    pub name: &'static str,
    /// On paper.
    pub light: &'static str,
    /// On a dark screen.
    pub dark: &'static str,
}

const fn ink(name: &'static str, light: &'static str, dark: &'static str) -> Ink {
    Ink { name, light, dark }
}

/// Behind the map.
pub const PAPER: Ink = ink("paper", "#f4f1ea", "#10171b");
/// Text.
pub const TEXT: Ink = ink("ink", "#1b2a30", "#e9efee");
/// What is there but not meant.
pub const FAINT: Ink = ink("faint", "#d9d4c7", "#2c383e");
/// Outlines.
pub const OUTLINE: Ink = ink("outline", "#5b6a70", "#8fa2a9");
/// Calm streets.
pub const LOW: Ink = ink("low", "#0b6e8f", "#57c4e5");
/// Stressful streets.
pub const HIGH: Ink = ink("high", "#d4541a", "#ff8a47");
/// Streets that are not rated, blocks without a score.
pub const NONE: Ink = ink("none", "#a9a494", "#5d6a6f");

/// The largest islands, one after the other.
pub const ISLANDS: [Ink; 8] = [
    ink("island1", "#0b6e8f", "#57c4e5"),
    ink("island2", "#aa4499", "#e28fce"),
    ink("island3", "#117733", "#5fcf80"),
    ink("island4", "#d98e04", "#f2b63c"),
    ink("island5", "#332288", "#a594f9"),
    ink("island6", "#c2455a", "#ff8d9b"),
    ink("island7", "#44aa99", "#7fe0cf"),
    ink("island8", "#7a6a10", "#d6cb7a"),
];

/// Scores from the worst to the best.
pub const SCORES: [Ink; 6] = [
    ink("score1", "#ebd5a3", "#33303f"),
    ink("score2", "#dbb3a6", "#4d4364"),
    ink("score3", "#bd93a8", "#6f5c8f"),
    ink("score4", "#93699a", "#9a80b4"),
    ink("score5", "#66458a", "#c8a9cf"),
    ink("score6", "#3a2568", "#f6dfe4"),
];

/// The step of [`SCORES`] for a score of 0 to 100: each a sixth.
pub fn score_step(score: f64) -> usize {
    ((score.clamp(0.0, 100.0) / 100.0 * SCORES.len() as f64) as usize).min(SCORES.len() - 1)
}

/// All, once each.
pub fn all() -> impl Iterator<Item = Ink> {
    [PAPER, TEXT, FAINT, OUTLINE, LOW, HIGH, NONE].into_iter().chain(ISLANDS).chain(SCORES)
}

/// Red, green and blue of a colour.
pub fn rgb(colour: &str) -> [u8; 3] {
    let part = |at: usize| colour.get(at..at + 2).and_then(|digits| u8::from_str_radix(digits, 16).ok()).unwrap_or(0);
    [part(1), part(3), part(5)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_colour_is_six_digits() {
        for ink in all() {
            for colour in [ink.light, ink.dark] {
                let digits = colour.strip_prefix('#').unwrap();
                assert!(digits.len() == 6 && digits.bytes().all(|digit| digit.is_ascii_hexdigit()), "{colour}");
            }
        }
        assert_eq!(rgb("#0b6e8f"), [0x0b, 0x6e, 0x8f]);
    }

    #[test]
    fn scores_fall_into_sixths() {
        assert_eq!([0.0, 16.0, 17.0, 50.0, 99.0, 100.0, 120.0].map(score_step), [0, 0, 1, 3, 5, 5, 5]);
    }

    /// Lightness falls with the score on paper and rises on a dark screen: the order is seen without seeing hues.
    #[test]
    fn scores_are_ordered_by_lightness() {
        let luminance = |colour: &str| {
            let [r, g, b] = rgb(colour).map(f64::from);
            0.2126 * r + 0.7152 * g + 0.0722 * b
        };
        assert!(SCORES.windows(2).all(|two| luminance(two[0].light) > luminance(two[1].light)));
        assert!(SCORES.windows(2).all(|two| luminance(two[0].dark) < luminance(two[1].dark)));
    }
}
