//! Miles or kilometres, by country.

/// Where roads are signed in miles (the United States with their territories, the United Kingdom, Liberia, Myanmar).
const MILES: [&str; 9] = ["US", "PR", "GU", "VI", "AS", "MP", "GB", "LR", "MM"];

/// Kilometres in a mile.
const KM_PER_MILE: f64 = 1.609_344;

/// What lengths, widths and speeds are told in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Unit {
    /// Miles, feet, miles an hour.
    Miles,
    /// Kilometres, metres, kilometres an hour.
    #[default]
    Kilometres,
}

impl Unit {
    /// That of a country; kilometres where it is unknown.
    pub fn of(country: Option<&str>) -> Self {
        if country.is_some_and(|code| MILES.contains(&code)) { Self::Miles } else { Self::Kilometres }
    }

    /// A speed limit. Signs show multiples of 5 in either unit and the method keeps whole miles an hour, so km/h come back rounded.
    pub fn speed(self, mph: i32) -> String {
        match self {
            Self::Miles => format!("{mph} mph"),
            Self::Kilometres => format!("{:.0} km/h", (f64::from(mph) * KM_PER_MILE / 5.0).round() * 5.0),
        }
    }

    /// A width.
    pub fn width(self, feet: f64) -> String {
        match self {
            Self::Miles => format!("{feet:.1} ft"),
            Self::Kilometres => format!("{:.1} m", feet * 0.3048),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_country_its_unit() {
        assert_eq!(
            [Some("US"), Some("GB"), Some("FI"), None].map(Unit::of),
            [Unit::Miles, Unit::Miles, Unit::Kilometres, Unit::Kilometres]
        );
    }

    #[test]
    fn signed_speeds_come_back() {
        for kmh in [5, 10, 20, 30, 40, 50, 60, 70, 80, 90, 100, 110, 120, 130] {
            let mph = (f64::from(kmh) / KM_PER_MILE) as i32; // cut, as the method does
            assert_eq!(Unit::Kilometres.speed(mph), format!("{kmh} km/h"));
        }
        assert_eq!(Unit::Miles.speed(25), "25 mph");
        assert_eq!([Unit::Miles, Unit::Kilometres].map(|unit| unit.width(6.0)), ["6.0 ft", "1.8 m"]);
    }
}
