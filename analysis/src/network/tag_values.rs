//! Numbers inside free text, as the reference's patterns find them, and its ways of rounding (bna-method §3).
//!
//! Numbers that its columns cannot hold abort the reference; here they are as if they were not there.

/// Feet in a metre, as the reference writes it.
pub(super) const FEET_PER_METRE: f64 = 3.28084;

fn leading_digits(text: &str) -> &str {
    &text[..text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len())]
}

fn from_first_digit(text: &str) -> Option<&str> {
    Some(&text[text.find(|c: char| c.is_ascii_digit())?..])
}

fn float(text: &str) -> Option<f64> {
    text.parse().ok().filter(|value: &f64| value.is_finite())
}

/// "digits" of §3, the first `[0-9]+`, as INT.
pub(super) fn digits(text: &str) -> Option<i32> {
    leading_digits(from_first_digit(text)?).parse().ok()
}

/// "num" of §3: digits, optionally a dot and up to two more digits.
pub(super) fn num(text: &str) -> Option<f64> {
    let text = from_first_digit(text)?;
    let whole = leading_digits(text).len();
    let point = usize::from(text[whole..].starts_with('.'));
    let decimals = leading_digits(&text[whole + point..]).len().min(2);
    float(&text[..whole + point + decimals])
}

/// The first digits that stand directly before a mark.
fn digits_before(text: &str, mark: char) -> Option<f64> {
    let mut rest = text;
    while let Some(found) = from_first_digit(rest) {
        let run = leading_digits(found);
        rest = &found[run.len()..];
        if rest.starts_with(mark) {
            return float(run);
        }
    }
    None
}

/// `⌊x⌉e` into an INT column: half to even.
pub(super) fn round_half_even_int(value: f64) -> Option<i32> {
    let rounded = value.round_ties_even();
    (rounded >= f64::from(i32::MIN) && rounded <= f64::from(i32::MAX)).then_some(rounded as i32)
}

/// `⌊x⌉a` of a fraction of natural numbers: half away from zero.
fn round_half_away(numerator: i64, denominator: i64) -> i64 {
    (2 * numerator + denominator) / (2 * denominator)
}

/// Whole feet of a `width` (§3.2): four statements, later ones overwrite.
pub(super) fn width_ft(text: &str) -> Option<i32> {
    let mut width = None;
    if text.ends_with(" ft") {
        width = num(text);
    }
    if text.ends_with('\'') || (text.ends_with('"') && text.contains('\'')) {
        width = digits_before(text, '\'').map(|feet| feet + digits_before(text, '"').unwrap_or(0.0) / 12.0);
    }
    if text.ends_with(" m") {
        width = num(text).map(|metres| FEET_PER_METRE * metres);
    }
    if width.is_none() {
        width = num(text).filter(|&metres| metres < 20.0).map(|metres| FEET_PER_METRE * metres);
    }
    width.and_then(round_half_even_int)
}

/// Miles an hour of a `maxspeed` (§3.5).
pub(super) fn speed_mph(text: &str) -> Option<i32> {
    if text.ends_with(" mph") {
        return digits(text);
    }
    if !text.ends_with(" kmph") && !is_plain_number(text) {
        return None;
    }
    // kilometres an hour ÷ 1.609, to the nearest 5
    let fives = round_half_away(i64::from(digits(text)?) * 1000, 8045);
    i32::try_from(fives * 5).ok()
}

/// `^[0-9]+(\.[0-9]+)?$`
fn is_plain_number(text: &str) -> bool {
    let number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    match text.split_once('.') {
        None => number(text),
        Some((whole, decimals)) => number(whole) && number(decimals),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_digits_and_numbers() {
        let rows = [
            ("10.555", Some(10), Some(10.55)),
            ("3,5", Some(3), Some(3.0)),
            (".5", Some(5), Some(5.0)),
            ("about 7. m", Some(7), Some(7.0)),
            ("2;3", Some(2), Some(2.0)),
            ("wide", None, None),
            ("", None, None),
            ("é12", Some(12), Some(12.0)),
            ("99999999999", None, Some(99_999_999_999.0)),
            ("2147483648", None, Some(2_147_483_648.0)),
        ];
        for (text, first, number) in rows {
            assert_eq!((digits(text), num(text)), (first, number), "{text}");
        }
        assert_eq!(num(&"9".repeat(400)), None);
    }

    #[test]
    fn widths() {
        let rows = [
            ("12 ft", Some(12)),
            ("7.5 ft", Some(8)),
            ("6.5 ft", Some(6)), // half to even
            ("12ft", Some(39)),  // read as metres (Q15)
            ("25ft", None),
            ("8'", Some(8)),
            ("8'6\"", Some(8)), // 8.5, half to even
            ("9' 6\"", Some(10)),
            ("5.5'", Some(5)),
            ("6'x\"", Some(6)),
            ("x'", None),
            ("3.5 x'", Some(11)), // no digits before the mark: read as metres
            ("2 m", Some(7)),
            ("21 m", Some(69)),
            ("2.4", Some(8)),
            ("20", None),
            ("no m", None),
            ("9999999999 m", None),
        ];
        for (text, feet) in rows {
            assert_eq!(width_ft(text), feet, "{text}");
        }
    }

    #[test]
    fn speeds() {
        for (kmh, mph) in [
            (20, 10),
            (30, 20),
            (40, 25),
            (50, 30),
            (60, 35),
            (70, 45),
            (80, 50),
            (90, 55),
            (100, 60),
            (110, 70),
            (120, 75),
            (130, 80),
        ] {
            assert_eq!(speed_mph(&kmh.to_string()), Some(mph), "{kmh}");
            assert_eq!(speed_mph(&format!("{kmh} kmph")), Some(mph), "{kmh} kmph");
            assert_eq!(speed_mph(&format!("{kmh}.9")), Some(mph), "decimals are cut");
        }
        for (text, mph) in [
            ("25 mph", Some(25)),
            ("23 mph", Some(23)),
            ("mph mph", None),
            ("55mph", None),
            ("50 km/h", None),
            ("RO:urban", None),
            ("signals", None),
            ("30;50", None),
            ("5.", None),
            (".5", None),
            ("", None),
            ("99999999999 mph", None),
            ("99999999999", None),
            ("0", Some(0)),
        ] {
            assert_eq!(speed_mph(text), mph, "{text}");
        }
    }
}
