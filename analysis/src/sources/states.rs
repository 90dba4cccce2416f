//! States, the District of Columbia and the territories of the United States: postal code and FIPS code.

/// A state or territory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct State {
    /// Postal code, two letters.
    pub code: &'static str,
    /// FIPS code, two digits.
    pub fips: &'static str,
}

const CODES: &str = "
AL01 AK02 AZ04 AR05 CA06 CO08 CT09 DE10 DC11 FL12 GA13 HI15 ID16 IL17 IN18 IA19 KS20 KY21 LA22 ME23 MD24 MA25 MI26 MN27
MS28 MO29 MT30 NE31 NV32 NH33 NJ34 NM35 NY36 NC37 ND38 OH39 OK40 OR41 PA42 RI44 SC45 SD46 TN47 TX48 UT49 VT50 VA51 WA53
WV54 WI55 WY56 AS60 GU66 MP69 PR72 VI78
";

fn all() -> impl Iterator<Item = State> {
    CODES.split_whitespace().map(|row| State { code: &row[..2], fips: &row[2..] })
}

/// The state with that postal code, in capitals.
pub fn of_code(code: &str) -> Option<State> {
    all().find(|state| state.code == code)
}

/// The state with that FIPS code, two digits.
pub fn of_fips(fips: &str) -> Option<State> {
    all().find(|state| state.fips == fips)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_and_fips() {
        assert_eq!(all().count(), 56);
        for (code, fips) in [("MD", "24"), ("DC", "11"), ("PR", "72"), ("WY", "56")] {
            assert_eq!(of_code(code).unwrap().fips, fips);
            assert_eq!(of_fips(fips).unwrap().code, code);
        }
        assert_eq!(of_code("ZZ"), None);
        assert!(all().zip(all().skip(1)).all(|(a, b)| a.fips < b.fips));
    }
}
