//! # Speeds — a speed limit as the user writes it
//! In:   `25`, `25mph`, `30km/h`           Out:  miles an hour
//! Touches: memory only                    Does not know: streets
//! Source: bna-method §1.6 (the reference keeps whole miles an hour)

const KM_PER_MILE: f64 = 1.609_344;

/// What is no speed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("\"{text}\" is no speed limit: write a number from 1 to 200 with mph or km/h behind it (25, 25mph, 30km/h)")]
pub struct SpeedError {
    /// As written.
    pub text: String,
}

/// Miles an hour. A bare number is mph; km/h are divided by 1.609344 and rounded to the nearest whole mile, halves up
/// (30 km/h → 19, 50 km/h → 31).
///
/// # Errors
/// No number, an unknown unit, less than 1 or more than 200 mph.
pub fn parse_speed(text: &str) -> Result<i32, SpeedError> {
    let wrong = || SpeedError { text: text.to_owned() };
    let trimmed = text.trim();
    let split = trimmed.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(trimmed.len());
    let number: f64 = trimmed[..split].parse().map_err(|_| wrong())?;
    let mph = match trimmed[split..].trim().to_ascii_lowercase().as_str() {
        "" | "mph" => number,
        "km/h" | "kmh" | "kph" | "kmph" => number / KM_PER_MILE,
        _ => return Err(wrong()),
    };
    let rounded = mph.round();
    if (1.0..=200.0).contains(&rounded) { Ok(rounded as i32) } else { Err(wrong()) }
}

/// Kilometres an hour as whole miles an hour, halves up.
pub fn mph_of_kmh(kmh: f64) -> i32 {
    (kmh / KM_PER_MILE).round() as i32
}

#[cfg(test)]
mod tests {
    use super::{mph_of_kmh, parse_speed};

    #[test]
    fn units() {
        for (text, mph) in
            [("25", 25), (" 25 mph ", 25), ("30km/h", 19), ("50 KM/H", 31), ("40kph", 25), ("100kmh", 62), ("20.5", 21)]
        {
            assert_eq!(parse_speed(text).unwrap(), mph, "{text}");
        }
        assert_eq!((mph_of_kmh(30.0), mph_of_kmh(50.0)), (19, 31));
    }

    #[test]
    fn nonsense() {
        for text in
            ["", "mph", "fast", "-5", "0", "0.4", "201", "1e3", "25 knots", "25mph!", "∞", "1.2.3", "30 km/h mph"]
        {
            let message = parse_speed(text).unwrap_err().to_string();
            assert!(message.contains(text) && message.contains("km/h"), "{message}");
        }
    }
}
