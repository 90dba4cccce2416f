//! Jobs by census block: LEHD Origin-Destination Employment Statistics, version 8 (bna-method §1.5).
//!
//! `main`: people who work and live in the state; `aux`: who work there and live elsewhere. Both together are the jobs of a block.

use super::states::State;
use super::{BaseUrl, DataSet, US_PUBLIC_DOMAIN};
use std::collections::BTreeSet;

/// Said where it is used.
pub const DATA: DataSet = DataSet {
    name: "LODES8 jobs",
    licence: US_PUBLIC_DOMAIN,
    attribution: "Jobs: U.S. Census Bureau, LEHD Origin-Destination Employment Statistics (LODES 8)",
};

/// Where it is published.
pub const BASE: &str = "https://lehd.ces.census.gov";

/// California's `main` has some 150 MB.
pub const MAX_BYTES: u64 = 2 << 30;

/// A listing is a page of some hundred lines.
pub const LISTING_MAX_BYTES: u64 = 4 << 20;

/// Territories that do not take part (Q26 of bna-method §11).
const WITHOUT: [&str; 5] = ["AS", "GU", "MP", "PR", "VI"];

/// Whether there are jobs of that state.
pub fn covers(state: State) -> bool {
    !WITHOUT.contains(&state.code)
}

fn folder(state: State) -> String {
    format!("data/lodes/LODES8/{}/od/", state.code.to_ascii_lowercase())
}

/// The page that lists a state's files.
pub fn listing_url(base: &BaseUrl, state: State) -> String {
    base.join(&folder(state))
}

/// Jobs of a state in a year: `main` and `aux`.
pub fn urls(base: &BaseUrl, state: State, year: u16) -> [String; 2] {
    ["main", "aux"].map(|part| base.join(&(folder(state) + &file(state, part, year))))
}

fn file(state: State, part: &str, year: u16) -> String {
    format!("{}_od_{part}_JT00_{year}.csv.gz", state.code.to_ascii_lowercase())
}

/// Years for which a listing has both files, ascending.
pub fn years(listing: &str, state: State) -> Vec<u16> {
    let of = |part: &str| -> BTreeSet<u16> {
        let start = format!("{}_od_{part}_JT00_", state.code.to_ascii_lowercase());
        let year = |rest: &str| rest.get(..4)?.parse().ok().filter(|_| rest[4..].starts_with(".csv.gz"));
        listing.split(start.as_str()).skip(1).filter_map(year).collect()
    };
    of("main").intersection(&of("aux")).copied().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sources::states;

    #[test]
    fn addresses() {
        let (base, state) = (BASE.parse().unwrap(), states::of_code("WI").unwrap());
        assert_eq!(listing_url(&base, state), "https://lehd.ces.census.gov/data/lodes/LODES8/wi/od/");
        let [main, aux] = urls(&base, state, 2022);
        assert_eq!(main, "https://lehd.ces.census.gov/data/lodes/LODES8/wi/od/wi_od_main_JT00_2022.csv.gz");
        assert_eq!(aux, "https://lehd.ces.census.gov/data/lodes/LODES8/wi/od/wi_od_aux_JT00_2022.csv.gz");
    }

    #[test]
    fn years_with_both_files() {
        let page = r#"<a href="wi_od_aux_JT00_2021.csv.gz">wi_od_aux_JT00_2021.csv.gz</a> 2024-10-03
            <a href="wi_od_main_JT00_2021.csv.gz">..</a> <a href="wi_od_main_JT00_2022.csv.gz">..</a>
            <a href="wi_od_aux_JT00_2022.csv.gz">..</a> <a href="wi_od_main_JT00_2023.csv.gz">..</a>
            <a href="wi_od_main_JT01_2024.csv.gz"> <a href="ia_od_aux_JT00_2023.csv.gz"> wi_od_aux_JT00_é wi_od_aux_JT00_"#;
        assert_eq!(years(page, states::of_code("WI").unwrap()), [2021, 2022]);
        assert!(years("", states::of_code("WI").unwrap()).is_empty());
    }

    #[test]
    fn territories_take_no_part() {
        let has = |code| covers(states::of_code(code).unwrap());
        assert!(has("WI") && has("DC") && !has("PR") && !has("VI"));
    }
}
