//! Census blocks of the United States with their population: TIGER/Line 2020, one zipped Shapefile a state (bna-method §1.3).

use super::states::State;
use super::{BaseUrl, DataSet, US_PUBLIC_DOMAIN};

/// Said where it is used.
pub const DATA: DataSet = DataSet {
    name: "TIGER/Line 2020 census blocks",
    licence: US_PUBLIC_DOMAIN,
    attribution: "Census blocks and population: U.S. Census Bureau, TIGER/Line 2020",
};

/// Where it is published.
pub const BASE: &str = "https://www2.census.gov";

/// The largest state's file has some 700 MB.
pub const MAX_BYTES: u64 = 4 << 30;

/// The blocks of a state.
pub fn url(base: &BaseUrl, state: State) -> String {
    base.join(&format!("geo/tiger/TIGER2020/TABBLOCK20/tl_2020_{}_tabblock20.zip", state.fips))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sources::states;

    #[test]
    fn address() {
        let maryland = states::of_code("MD").unwrap();
        assert_eq!(
            url(&BASE.parse().unwrap(), maryland),
            "https://www2.census.gov/geo/tiger/TIGER2020/TABBLOCK20/tl_2020_24_tabblock20.zip"
        );
    }
}
