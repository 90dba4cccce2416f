//! Numbers in words.

use crate::model::Unit;
use crate::progress::grouped;

/// Exactly.
pub(super) const METRES_PER_MILE: f64 = 1609.344;

impl Unit {
    /// For people.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Miles => "miles",
            Self::Kilometres => "km",
        }
    }

    /// "Miles" or "Kilometres" at the head of a section.
    pub(super) fn title(self) -> &'static str {
        match self {
            Self::Miles => "Miles",
            Self::Kilometres => "Kilometres",
        }
    }

    /// Metres in one.
    pub(super) fn metres(self) -> f64 {
        match self {
            Self::Miles => METRES_PER_MILE,
            Self::Kilometres => 1000.0,
        }
    }

    /// Metres in words.
    pub(super) fn length(self, metres: f64) -> String {
        format!("{} {}", number(metres / self.metres()), self.name())
    }

    /// Miles in words.
    pub(super) fn of_miles(self, miles: f64) -> String {
        self.length(miles * METRES_PER_MILE)
    }
}

/// Three digits of it, or all before the point.
pub(super) fn number(value: f64) -> String {
    let value = value + 0.0; // nothing summed is −0
    match value.abs() {
        size if size >= 99.95 => whole(value),
        size if size >= 9.995 => format!("{value:.1}"),
        _ => format!("{value:.2}"),
    }
}

/// Rounded, with thousands apart.
pub(super) fn whole(value: f64) -> String {
    let digits = grouped(value.abs().round() as u64);
    if value <= -0.5 { format!("−{digits}") } else { digits }
}

/// A share, 0 to 1, as per cent.
pub(super) fn percent(share: f64) -> String {
    format!("{:.0}\u{a0}%", 100.0 * share + 0.0) // nothing summed is −0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_in_either_unit() {
        assert_eq!(Unit::Miles.length(16_093.44), "10.0 miles");
        assert_eq!(Unit::Kilometres.of_miles(1000.0), "1,609 km");
    }

    #[test]
    fn numbers_keep_three_digits() {
        assert_eq!(
            [0.0, 0.051, 9.99, 9.996, 99.94, 99.96, 12_345.6].map(number),
            ["0.00", "0.05", "9.99", "10.0", "99.9", "100", "12,346"]
        );
        assert_eq!([-0.4, -12.0, 0.5].map(whole), ["0", "−12", "1"]);
        assert_eq!([percent(0.246), percent(-0.0), number(-0.0)], ["25\u{a0}%", "0\u{a0}%", "0.00"]);
    }
}
