//! Rounding as PostgreSQL does it: INT columns half to even, NUMERIC(16,4) half away from zero.

/// Decimals of a published score as a whole number: 1.0 is 10,000.
pub(super) const E4: i64 = 10_000;

/// What an INT column stores of a float: half to even. Beyond the range of i64 the nearest end of it.
pub(super) fn to_int(value: f64) -> i64 {
    value.round_ties_even() as i64
}

/// What NUMERIC(16,4) stores of a float, in ten-thousandths: 15 significant digits first, then half away from zero.
/// `None` for what no score can be: not a number, or beyond ±9e14.
pub(super) fn to_e4(value: f64) -> Option<i64> {
    if !value.is_finite() {
        return None;
    }
    let text = format!("{:.14e}", value.abs());
    let (mantissa, exponent) = text.split_once('e')?;
    let digits: i128 = mantissa.replace('.', "").parse().ok()?;
    let exponent: i32 = exponent.parse().ok()?;
    // value = digits · 10^(exponent − 14), so ten-thousandths are digits · 10^(exponent − 10)
    let shift = exponent - 10;
    let rounded = if shift >= 0 {
        digits.checked_mul(10_i128.checked_pow(shift.unsigned_abs())?)?
    } else {
        match 10_i128.checked_pow(shift.unsigned_abs()) {
            Some(unit) => divide_half_away(digits, unit),
            None => 0,
        }
    };
    i64::try_from(if value < 0.0 { -rounded } else { rounded }).ok()
}

/// `numerator ÷ denominator` (positive), rounded half away from zero.
pub(super) fn divide_half_away(numerator: i128, denominator: i128) -> i128 {
    let (quotient, rest) = (numerator / denominator, numerator % denominator);
    quotient + if 2 * rest.abs() >= denominator { numerator.signum() } else { 0 }
}

/// A weight or a step of a curve as exact decimal, in units of 1e-12.
pub(super) fn decimal(value: f64) -> i64 {
    (value * 1e12).round() as i64
}

/// The float nearest to a decimal of at most twelve places: sums and differences of a suite's numbers are folded in decimal,
/// as PostgreSQL folds constants (bna-method §8): 1 − 0.8 is 0.2, not 0.19999999999999996.
pub(super) fn fold(value: f64) -> f64 {
    decimal(value) as f64 / 1e12
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn int_columns_round_half_to_even() {
        assert_eq!([0.5, 1.5, 2.5, -0.5, 2.4999, 2.5001].map(to_int), [0, 2, 2, 0, 2, 3]);
        assert_eq!(to_int(1e300), i64::MAX);
    }

    #[test]
    fn numeric_rounds_half_away_from_zero() {
        assert_eq!([0.00005, 0.00015, 0.00025, -0.00005].map(to_e4), [Some(1), Some(2), Some(3), Some(-1)]);
        assert_eq!([0.12344999, 0.0, 1.0, 41430.0].map(to_e4), [Some(1234), Some(0), Some(10_000), Some(414_300_000)]);
    }

    /// 0.12345 as a float is a little below the tie, but its 15 digits are the tie itself.
    #[test]
    fn fifteen_digits_come_first() {
        assert_eq!(to_e4(0.12345), Some(1235));
        assert_eq!(to_e4(0.123_449_999_999_999_99), Some(1235));
        assert_eq!(to_e4(0.123_449_999_999_99), Some(1234));
    }

    #[test]
    fn extremes_do_not_panic() {
        assert_eq!([f64::NAN, f64::INFINITY, 1e300, -1e18].map(to_e4), [None; 4]);
        assert_eq!([1e-300, -1e-40, f64::MIN_POSITIVE].map(to_e4), [Some(0); 3]);
        assert_eq!(to_e4(9.0e14), Some(9_000_000_000_000_000_000));
    }

    #[test]
    fn decimals_fold_exactly() {
        assert_eq!(
            [1.0 - 0.8, 0.2 - 0.03, 0.35 + 0.35 + 0.1 + 0.2, 1.0 - 0.3 - 0.2 - 0.2].map(fold),
            [0.2, 0.17, 1.0, 0.3]
        );
        assert_eq!(divide_half_away(5, 10), 1);
        assert_eq!(divide_half_away(-5, 10), -1);
        assert_eq!(divide_half_away(4, 10), 0);
    }
}
