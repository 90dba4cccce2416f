//! Speed limits of residential streets without one: tables of states and cities of the United States (bna-method §1.6). Miles an hour.

use super::{BaseUrl, DataSet};

/// Said where it is used.
pub const DATA: DataSet = DataSet {
    name: "PeopleForBikes default speed limits",
    licence: "not stated by the publisher",
    attribution: "Default speed limits of US states and cities: PeopleForBikes",
};

/// Where they are published.
pub const BASE: &str = "https://s3.amazonaws.com/pfb-public-documents";

/// Some kilobytes each.
pub const MAX_BYTES: u64 = 16 << 20;

/// A table: its file, the column of its codes and their length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Table {
    file: &'static str,
    code: &'static str,
    digits: usize,
}

/// By state: two digits of FIPS.
pub const STATES: Table = Table { file: "state_fips_speed.csv", code: "fips_code_state", digits: 2 };

/// By city: seven digits of FIPS.
pub const CITIES: Table = Table { file: "city_fips_speed.csv", code: "fips_code_city", digits: 7 };

/// Why a table cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{url}, line {line}: {what}; give --state-speed and --city-speed instead")]
pub struct TableError {
    /// Where it is from.
    pub url: String,
    /// From 1.
    pub line: u64,
    /// What is wrong.
    pub what: String,
}

impl Table {
    /// Where it lies.
    pub fn url(&self, base: &BaseUrl) -> String {
        base.join(self.file)
    }

    /// The speed of a code, miles an hour. Codes that lost their leading zeros are understood.
    ///
    /// # Errors
    /// A table without its columns, or with a speed that is none.
    pub fn speed_mph(&self, text: &str, code: &str, url: &str) -> Result<Option<i32>, TableError> {
        let fault = |line, what: String| TableError { url: url.to_owned(), line, what };
        let mut csv = csv::ReaderBuilder::new().flexible(true).trim(csv::Trim::All).from_reader(text.as_bytes());
        let header = csv.headers().map_err(|cause| fault(1, cause.to_string()))?.clone();
        let column = |name: &str| {
            let at = header.iter().position(|found| found.trim_start_matches('\u{feff}').eq_ignore_ascii_case(name));
            at.ok_or_else(|| fault(1, format!("the table has no column {name}")))
        };
        let (codes, speeds) = (column(self.code)?, column("speed")?);
        for row in csv.records() {
            let row = row.map_err(|cause| fault(cause.position().map_or(0, csv::Position::line), cause.to_string()))?;
            if row.get(codes).is_none_or(|found| format!("{found:0>digits$}", digits = self.digits) != code) {
                continue;
            }
            let line = row.position().map_or(0, csv::Position::line);
            let text = row.get(speeds).unwrap_or_default();
            let speed = text.parse().ok().filter(|mph| (1..=200).contains(mph));
            return speed.map(Some).ok_or_else(|| fault(line, format!("\"{text}\" is no speed in mph")));
        }
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses() {
        let base = BASE.parse().unwrap();
        assert_eq!(STATES.url(&base), "https://s3.amazonaws.com/pfb-public-documents/state_fips_speed.csv");
        assert_eq!(CITIES.url(&base), "https://s3.amazonaws.com/pfb-public-documents/city_fips_speed.csv");
    }

    #[test]
    fn speeds_by_code() {
        let states = "state,fips_code_state,speed\r\nAL,1,30\r\nMD,24, 25 \r\n";
        assert_eq!(STATES.speed_mph(states, "01", "u"), Ok(Some(30)));
        assert_eq!(STATES.speed_mph(states, "24", "u"), Ok(Some(25)));
        assert_eq!(STATES.speed_mph(states, "72", "u"), Ok(None));
        let cities = "city,state,fips_code_city,speed\n\"Baltimore, city\",MD,2404000,25\n";
        assert_eq!(CITIES.speed_mph(cities, "2404000", "u"), Ok(Some(25)));
    }

    #[test]
    fn tables_that_are_none() {
        let said = |text| STATES.speed_mph(text, "24", "https://x/state.csv").unwrap_err().to_string();
        assert!(said("<html>not found</html>").contains("no column fips_code_state"));
        let fast = said("state,fips_code_state,speed\nMD,24,fast\n");
        assert!(fast.contains("line 2: \"fast\" is no speed") && fast.contains("--state-speed"), "{fast}");
        assert!(said("state,fips_code_state,speed\nMD,24\n").contains("line 2"));
    }
}
