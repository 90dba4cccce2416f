//! Where am I? Countries and states from the geometry, never from names.
//!
//! The borders are OpenStreetMap's, thinned (crate `country-boundaries`, data ODbL 1.0 © OpenStreetMap contributors): good to some hundred metres.
//! That decides which data sets are looked at, never what lies in them.

use super::states::{self, State};
use country_boundaries::{BOUNDARIES_ODBL_360X180, CountryBoundaries, LatLon};
use geo::{BoundingRect, Contains, CoordsIter};
use geo_types::{Coord, MultiPolygon};
use std::collections::BTreeMap;

/// Countries and states of a place.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Whereabouts {
    /// The country whose rules apply, ISO 3166-1 alpha-2; `US` also for its territories.
    pub country: Option<String>,
    /// Its part that most of the place lies in, ISO 3166-2, where the borders tell.
    pub region: Option<String>,
    /// All countries and dependent territories that the surroundings touch; that of the place first.
    pub countries: Vec<String>,
    /// States and territories of the United States that the surroundings touch; that of the place first.
    pub states: Vec<State>,
}

/// The rows and columns of points that are looked at.
const GRID: u32 = 80;
/// Corners of an outline that are looked at.
const CORNERS: usize = 4000;

/// Codes with the number of points that lie there.
type Tally = BTreeMap<String, usize>;

/// Looks where a place lies, and what its surroundings touch.
pub fn locate(place: &MultiPolygon<f64>, surroundings: &MultiPolygon<f64>) -> Whereabouts {
    let borders =
        CountryBoundaries::from_reader(BOUNDARIES_ODBL_360X180).expect("the borders are part of this program");
    let [mut inside, mut around] = [[(); 3].map(|()| Tally::new()), [(); 3].map(|()| Tally::new())];
    count(&borders, place, &mut inside);
    count(&borders, surroundings, &mut around);
    let [country, region, _] = &inside;
    let region = main(region);
    Whereabouts {
        country: main(country).map(|code| if region_of_us(&region) { "US".to_owned() } else { code }),
        countries: ordered(&inside[0], &around[0]),
        states: ordered(&inside[2], &around[2]).iter().filter_map(|code| states::of_code(code)).collect(),
        region,
    }
}

impl Whereabouts {
    /// The same with what the user knows better. Data of all places found stay wanted: more cannot harm.
    #[must_use]
    pub fn corrected(mut self, country: Option<&str>, region: Option<&str>) -> Self {
        if let Some(code) = country {
            move_first(&mut self.countries, code.to_owned(), |a, b| a == b);
            if self.country.as_deref() != Some(code) {
                self.region = None;
            }
            self.country = Some(code.to_owned());
        }
        if let Some(code) = region {
            let code = code.to_ascii_uppercase();
            let bare = code.strip_prefix("US-").unwrap_or(&code);
            if self.is_us()
                && let Some(state) = states::of_code(bare)
            {
                move_first(&mut self.states, state, |a, b| a == b);
                self.region = Some(format!("US-{}", state.code));
            } else {
                self.region = Some(code);
            }
        }
        self
    }

    /// Codes of the place, the smallest area first: GB-WLS, GB.
    pub fn codes(&self) -> impl Iterator<Item = &str> {
        self.region.iter().chain(&self.country).map(String::as_str)
    }

    /// Whether the rules for the United States apply.
    pub fn is_us(&self) -> bool {
        self.country.as_deref() == Some("US")
    }
}

fn region_of_us(region: &Option<String>) -> bool {
    region.as_ref().is_some_and(|region| region.starts_with("US-"))
}

fn move_first<T>(list: &mut Vec<T>, item: T, same: impl Fn(&T, &T) -> bool) {
    list.retain(|other| !same(other, &item));
    list.insert(0, item);
}

/// Countries, regions and US states at the points of a polygon.
fn count(borders: &CountryBoundaries, place: &MultiPolygon<f64>, [countries, regions, states]: &mut [Tally; 3]) {
    let add = |tally: &mut Tally, code: &str| *tally.entry(code.to_owned()).or_default() += 1;
    for at in points(place) {
        let Ok(at) = LatLon::new(at.y, at.x) else { continue };
        // From the smallest area to the largest: US-MD, US; RE, FR.
        let ids = borders.ids(at);
        let is_us = ids.contains(&"US");
        let Some(country) = ids.iter().find(|id| id.len() == 2 && super::iso3::of(id).is_some()) else { continue };
        add(countries, country);
        let state = ids.iter().find_map(|id| states::of_code(id.strip_prefix("US-").unwrap_or(id)));
        if let Some(state) = state.filter(|_| is_us) {
            add(states, state.code);
            add(regions, &format!("US-{}", state.code));
        } else if let Some(region) = ids.iter().find(|id| id.contains('-')) {
            add(regions, region);
        }
    }
}

/// Points that together see every area of some size: the corners of the outline and a grid inside.
fn points(place: &MultiPolygon<f64>) -> Vec<Coord<f64>> {
    let Some(bounds) = place.bounding_rect() else { return Vec::new() };
    let stride = place.coords_count() / CORNERS + 1;
    let step = |extent: f64, n: u32| extent * (f64::from(n) + 0.5) / f64::from(GRID);
    let cells = (0..GRID).flat_map(|row| (0..GRID).map(move |column| (column, row)));
    let grid =
        cells.map(|(column, row)| bounds.min() + (step(bounds.width(), column), step(bounds.height(), row)).into());
    let inside = grid.filter(|at| place.contains(at));
    place.coords_iter().step_by(stride).chain(inside).collect()
}

/// The code of most points.
fn main(tally: &Tally) -> Option<String> {
    ranked(tally).into_iter().next()
}

fn ranked(tally: &Tally) -> Vec<String> {
    let mut rows: Vec<_> = tally.iter().collect();
    rows.sort_by(|a, b| b.1.cmp(a.1).then_with(|| a.0.cmp(b.0)));
    rows.into_iter().map(|(code, _)| code.clone()).collect()
}

/// Codes of the place, then those of the surroundings only.
fn ordered(inside: &Tally, around: &Tally) -> Vec<String> {
    let mut codes = ranked(inside);
    codes.extend(ranked(around).into_iter().filter(|code| !inside.contains_key(code)));
    codes
}

#[cfg(test)]
mod tests {
    use super::*;
    use geo_types::Rect;

    fn square(lon: f64, lat: f64, half: f64) -> MultiPolygon<f64> {
        MultiPolygon(vec![Rect::new((lon - half, lat - half), (lon + half, lat + half)).to_polygon()])
    }

    fn at(lon: f64, lat: f64) -> Whereabouts {
        locate(&square(lon, lat, 0.02), &square(lon, lat, 0.05))
    }

    fn codes(place: &Whereabouts) -> Vec<&str> {
        place.states.iter().map(|state| state.code).collect()
    }

    #[test]
    fn countries_and_regions() {
        let rows = [
            (24.93, 60.18, Some("FI"), None, vec!["FI"]),
            (-76.6, 39.45, Some("US"), Some("US-MD"), vec!["US"]),
            (-66.06, 18.4, Some("US"), Some("US-PR"), vec!["PR"]),
            (144.78, 13.45, Some("US"), Some("US-GU"), vec!["GU"]),
            (55.5, -21.1, Some("RE"), None, vec!["RE"]),
            (21.16, 42.66, Some("XK"), None, vec!["XK"]),
            (-79.4, 43.75, Some("CA"), Some("CA-ON"), vec!["CA"]),
            (-16.5, 28.3, Some("ES"), None, vec!["ES"]),
            (-40.0, 40.0, None, None, vec![]),
        ];
        for (lon, lat, country, region, countries) in rows {
            let place = at(lon, lat);
            assert_eq!(place.country.as_deref(), country, "{lon} {lat}");
            assert_eq!(place.region.as_deref(), region, "{lon} {lat}");
            assert_eq!(place.countries, countries, "{lon} {lat}");
        }
        assert_eq!(codes(&at(-66.06, 18.4)), ["PR"]);
    }

    #[test]
    fn surroundings_touch_more() {
        // Washington: most of the place in the District, both neighbours within the surroundings.
        let capital = at(-77.03, 38.9);
        assert_eq!(capital.region.as_deref(), Some("US-DC"));
        assert_eq!(codes(&capital)[0], "DC");
        assert!(codes(&capital).contains(&"VA") && codes(&capital).contains(&"MD"), "{capital:?}");
        // Basel: Switzerland, France and Germany.
        let basel = at(7.6, 47.555);
        assert_eq!(basel.country.as_deref(), Some("CH"));
        assert_eq!(basel.countries.len(), 3, "{basel:?}");
        // An enclave smaller than most blocks of a grid.
        assert!(at(12.46, 41.9).countries.contains(&"VA".to_owned()));
    }

    #[test]
    fn the_user_knows_better() {
        let place = at(-77.03, 38.9).corrected(None, Some("md"));
        assert_eq!((place.region.as_deref(), codes(&place)[0]), (Some("US-MD"), "MD"));
        assert!(codes(&place).contains(&"DC"));
        let place = at(24.93, 60.18).corrected(Some("SE"), Some("SE-AB"));
        assert_eq!((place.country.as_deref(), place.region.as_deref()), (Some("SE"), Some("SE-AB")));
        assert_eq!(place.countries, ["SE", "FI"]);
        assert_eq!(at(-76.6, 39.45).corrected(Some("CA"), None).region, None);
    }
}
