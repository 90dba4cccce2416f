//! States, the District of Columbia and the territories of the United States: postal code, FIPS code, name.

/// A state or territory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct State {
    /// Postal code, two letters.
    pub code: &'static str,
    /// FIPS code, two digits.
    pub fips: &'static str,
    /// Name.
    pub name: &'static str,
}

/// Postal code, FIPS code, name.
const ROWS: &str = "\
AL 01 Alabama
AK 02 Alaska
AZ 04 Arizona
AR 05 Arkansas
CA 06 California
CO 08 Colorado
CT 09 Connecticut
DE 10 Delaware
DC 11 District of Columbia
FL 12 Florida
GA 13 Georgia
HI 15 Hawaii
ID 16 Idaho
IL 17 Illinois
IN 18 Indiana
IA 19 Iowa
KS 20 Kansas
KY 21 Kentucky
LA 22 Louisiana
ME 23 Maine
MD 24 Maryland
MA 25 Massachusetts
MI 26 Michigan
MN 27 Minnesota
MS 28 Mississippi
MO 29 Missouri
MT 30 Montana
NE 31 Nebraska
NV 32 Nevada
NH 33 New Hampshire
NJ 34 New Jersey
NM 35 New Mexico
NY 36 New York
NC 37 North Carolina
ND 38 North Dakota
OH 39 Ohio
OK 40 Oklahoma
OR 41 Oregon
PA 42 Pennsylvania
RI 44 Rhode Island
SC 45 South Carolina
SD 46 South Dakota
TN 47 Tennessee
TX 48 Texas
UT 49 Utah
VT 50 Vermont
VA 51 Virginia
WA 53 Washington
WV 54 West Virginia
WI 55 Wisconsin
WY 56 Wyoming
AS 60 American Samoa
GU 66 Guam
MP 69 Northern Mariana Islands
PR 72 Puerto Rico
VI 78 Virgin Islands";

fn all() -> impl Iterator<Item = State> {
    ROWS.lines().map(|row| State { code: &row[..2], fips: &row[3..5], name: &row[6..] })
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
        assert_eq!(of_code("DC").unwrap().name, "District of Columbia");
        assert_eq!(of_code("ZZ"), None);
        assert!(all().zip(all().skip(1)).all(|(a, b)| a.fips < b.fips));
    }
}
