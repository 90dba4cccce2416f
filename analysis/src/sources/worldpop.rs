//! People by square of a grid, everywhere: WorldPop's constrained rasters, one GeoTIFF a country (bna-method §1.4).
//!
//! The paths are those of the release R2025A: the 1 km series is the one that brokenspoke-analyzer reads (§1.4.1), its directory
//! listing is `…/R2025A/<year>/<ISO3>/v1/`, where the 100 m series lies beside it as `100m/constrained/<iso3>_pop_<year>_CN_100m_R2025A_v1.tif`
//! (release statement R2025A v1, section "Directory structure"; the same address is named by WorldPop's entries in the Humanitarian Data Exchange).

use super::{BaseUrl, DataSet};
use std::ops::RangeInclusive;

/// Said where it is used.
pub const DATA: DataSet = DataSet {
    name: "WorldPop R2025A constrained population",
    licence: "CC-BY-4.0",
    attribution: "Population: WorldPop, University of Southampton, Global 2015-2030 release R2025A (CC BY 4.0)",
};

/// Where it is published.
pub const BASE: &str = "https://data.worldpop.org";

/// The 100 m raster of the largest country has some 3 GB.
pub const MAX_BYTES: u64 = 8 << 30;

/// Years of the release.
pub const YEARS: RangeInclusive<i64> = 2015..=2030;

/// The year taken unless another is asked for: always the same, so that a run can be repeated next year.
pub const YEAR: u16 = 2025;

/// Side of a square.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Resolution {
    /// 30 seconds of arc.
    #[default]
    Km1,
    /// 3 seconds of arc.
    M100,
}

/// The raster of a country (three letters).
pub fn url(base: &BaseUrl, iso3: &str, year: u16, resolution: Resolution) -> String {
    let lower = iso3.to_ascii_lowercase();
    let folder = format!("GIS/Population/Global_2015_2030/R2025A/{year}/{iso3}/v1");
    base.join(&match resolution {
        Resolution::Km1 => format!("{folder}/1km_ua/constrained/{lower}_pop_{year}_CN_1km_R2025A_UA_v1.tif"),
        Resolution::M100 => format!("{folder}/100m/constrained/{lower}_pop_{year}_CN_100m_R2025A_v1.tif"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses() {
        let at = |resolution| url(&BASE.parse().unwrap(), "FIN", 2025, resolution);
        let folder = "https://data.worldpop.org/GIS/Population/Global_2015_2030/R2025A/2025/FIN/v1";
        assert_eq!(at(Resolution::Km1), format!("{folder}/1km_ua/constrained/fin_pop_2025_CN_1km_R2025A_UA_v1.tif"));
        assert_eq!(at(Resolution::M100), format!("{folder}/100m/constrained/fin_pop_2025_CN_100m_R2025A_v1.tif"));
        assert!(YEARS.contains(&i64::from(YEAR)));
    }
}
