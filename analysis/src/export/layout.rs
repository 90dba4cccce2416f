//! `--layout brokenspoke`: `<country>/<region or country>/<city>/<YY.MM[.N]>` (bna-method §9.5), so that results stand where the reference
//! would have put them. Lower case is all the slugging the reference does: `usa/new mexico/santa rosa/25.09.1`.

/// Why a place has no folder in that layout.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum LayoutError {
    /// The layout needs it.
    #[error("--layout brokenspoke needs the {what} of the place: pass {flag}")]
    Missing {
        /// `country` or `name`.
        what: &'static str,
        /// The option that gives it.
        flag: &'static str,
    },
}

/// Year and month in UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Month {
    /// For example 2025.
    pub year: i64,
    /// 1–12.
    pub month: u32,
}

impl Month {
    /// The month in which that second since 1970 lies.
    pub fn at(unix_seconds: u64) -> Self {
        // Days are counted from 1 March of a year 0, so that leap days come last; an era is 400 years (H. Hinnant, civil_from_days).
        let days = (unix_seconds / 86_400) as i64 + 719_468;
        let (era, day_of_era) = (days / 146_097, days % 146_097);
        let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let from_march = (5 * day_of_year + 2) / 153;
        let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
        Self { year: era * 400 + year_of_era + i64::from(month <= 2), month: month as u32 }
    }
}

/// The folder of a place, under which its versions stand; without a slash at the end.
///
/// # Errors
/// [`LayoutError::Missing`]: country or city is empty.
pub fn place_folder(country: &str, region: Option<&str>, city: &str) -> Result<String, LayoutError> {
    let country = part(country).ok_or(LayoutError::Missing { what: "country", flag: "--country" })?;
    let region = region.and_then(part).unwrap_or_else(|| country.clone());
    let city = part(city).ok_or(LayoutError::Missing { what: "name", flag: "--name" })?;
    Ok(format!("{country}/{region}/{city}"))
}

/// A name as one level of a path: lower case, without what would make it several levels or lead upwards; `None` when nothing is left.
fn part(name: &str) -> Option<String> {
    let safe = |c: char| if matches!(c, '/' | '\\') || c.is_control() { '-' } else { c };
    let part: String = name.trim().to_lowercase().chars().map(safe).collect();
    (!part.chars().all(|c| c == '.')).then_some(part)
}

/// The version to write: `YY.MM`, or `YY.MM.N` with N one above the highest of that month (1 when there is none). `existing` are the names
/// of the folders (a slash at the end does not matter) that stand beside it.
pub fn version(existing: impl IntoIterator<Item = impl AsRef<str>>, month: Month) -> String {
    let this_month = format!("{:02}.{:02}", month.year.rem_euclid(100), month.month);
    let micros = existing.into_iter().filter_map(|name| micro(name.as_ref().trim_end_matches('/'), &this_month));
    match micros.max() {
        None => this_month,
        Some(highest) => format!("{this_month}.{}", highest + 1),
    }
}

/// N of `YY.MM.N`; 0 for whatever else begins with the month; `None` for other months.
fn micro(name: &str, month: &str) -> Option<u64> {
    let rest = name.strip_prefix(month)?;
    let number = rest.strip_prefix('.').and_then(|digits| digits.parse::<u32>().ok());
    Some(number.map_or(0, u64::from))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SEPTEMBER: Month = Month { year: 2025, month: 9 };

    #[test]
    fn a_place_stands_where_the_reference_puts_it() {
        assert_eq!(place_folder("USA", Some("New Mexico"), "Santa Rosa").unwrap(), "usa/new mexico/santa rosa");
        assert_eq!(place_folder("Spain", None, "València").unwrap(), "spain/spain/valència");
        assert_eq!(place_folder("ES", Some(" "), "Ávila").unwrap(), "es/es/ávila");
    }

    #[test]
    fn no_name_leads_out_of_the_folder() {
        assert_eq!(place_folder("../x", Some(".."), "a/b\\c\n").unwrap(), "..-x/..-x/a-b-c");
        assert_eq!(place_folder("us", None, "..").unwrap_err().to_string(), NO_NAME);
        assert_eq!(place_folder("", None, "x"), Err(LayoutError::Missing { what: "country", flag: "--country" }));
    }

    const NO_NAME: &str = "--layout brokenspoke needs the name of the place: pass --name";

    #[test]
    fn the_first_of_a_month_has_no_number_and_the_next_one_above_the_highest() {
        let next = |existing: &[&str]| version(existing, SEPTEMBER);
        assert_eq!(next(&[]), "25.09");
        assert_eq!(next(&["25.08", "25.08.3", "24.09.1", "125.09"]), "25.09");
        assert_eq!(next(&["25.09/"]), "25.09.1");
        assert_eq!(next(&["25.09", "25.09.2", "25.09.10/", "25.09.1"]), "25.09.11");
        assert_eq!(next(&["25.09.draft", "25.09.4.5"]), "25.09.1");
        assert_eq!(version(&[] as &[&str], Month { year: 2100, month: 12 }), "00.12");
    }

    #[test]
    fn months_are_those_of_utc() {
        let month = |seconds| Month::at(seconds);
        assert_eq!(month(0), Month { year: 1970, month: 1 });
        assert_eq!(month(951_868_799), Month { year: 2000, month: 2 }); // 2000-02-29T23:59:59Z
        assert_eq!(month(951_868_800), Month { year: 2000, month: 3 }); // 2000-03-01
        assert_eq!(month(1_735_689_599), Month { year: 2024, month: 12 }); // 2024-12-31T23:59:59Z
        assert_eq!(month(1_735_689_600), Month { year: 2025, month: 1 });
        assert_eq!(month(1_758_000_000), SEPTEMBER);
    }
}
