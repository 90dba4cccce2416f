//! Tag rules of destination categories (§7), as data.

use crate::import::osm::Tags;
use serde::{Deserialize, Deserializer};
use std::collections::BTreeMap;

/// One alternative: every key must hold.
#[derive(Clone, Debug, PartialEq)]
pub struct TagRule {
    /// Key → what its value must be.
    pub keys: BTreeMap<String, ValueRule>,
    /// Nodes that match count even inside a polygon of the category (Q5).
    pub inside_polygons: bool,
}

/// What the value of a key must be.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(untagged)]
pub enum ValueRule {
    /// One of these.
    OneOf(Vec<String>),
    /// There, but none of these.
    PresentExcept(PresentExcept),
    /// Not there, or none of these.
    AbsentOrExcept(AbsentOrExcept),
}

/// `{ present_except = [...] }`
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PresentExcept {
    /// Values that do not count.
    pub present_except: Vec<String>,
}

/// `{ absent_or_except = [...] }`
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AbsentOrExcept {
    /// Values that do not count.
    pub absent_or_except: Vec<String>,
}

impl ValueRule {
    fn holds(&self, value: Option<&str>) -> bool {
        let among = |list: &[String], v: &str| list.iter().any(|item| item == v);
        match self {
            Self::OneOf(list) => value.is_some_and(|v| among(list, v)),
            Self::PresentExcept(rule) => value.is_some_and(|v| !among(&rule.present_except, v)),
            Self::AbsentOrExcept(rule) => value.is_none_or(|v| !among(&rule.absent_or_except, v)),
        }
    }
}

impl TagRule {
    /// Whether an element with these tags matches.
    pub fn matches(&self, tags: &Tags) -> bool {
        self.keys.iter().all(|(key, rule)| rule.holds(tags.get(key)))
    }
}

impl<'de> Deserialize<'de> for TagRule {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Entry {
            Flag(bool),
            Rule(ValueRule),
        }
        let mut rule = Self { keys: BTreeMap::new(), inside_polygons: false };
        for (key, entry) in BTreeMap::<String, Entry>::deserialize(deserializer)? {
            match entry {
                Entry::Flag(value) if key == "inside_polygons" => rule.inside_polygons = value,
                Entry::Flag(_) => return Err(serde::de::Error::custom(format!("`{key}`: expected a list of values"))),
                Entry::Rule(value) => {
                    rule.keys.insert(key, value);
                }
            }
        }
        if rule.keys.is_empty() {
            return Err(serde::de::Error::custom("a tag rule needs at least one key"));
        }
        Ok(rule)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(text: &str) -> TagRule {
        toml::from_str(text).unwrap()
    }

    fn tags(pairs: &[(&str, &str)]) -> Tags {
        pairs.iter().copied().collect()
    }

    #[test]
    fn three_valued_logic_of_stations() {
        let present = rule("public_transport = ['station']\nrailway = { present_except = ['station'] }");
        assert!(!present.matches(&tags(&[("public_transport", "station")])));
        assert!(present.matches(&tags(&[("public_transport", "station"), ("railway", "halt")])));
        let absent = rule("railway = ['station']\nstation = { absent_or_except = ['miniature'] }");
        assert!(absent.matches(&tags(&[("railway", "station")])));
        assert!(!absent.matches(&tags(&[("railway", "station"), ("station", "miniature")])));
    }

    #[test]
    fn flag_is_not_a_tag() {
        assert!(rule("amenity = ['clinic']\ninside_polygons = true").inside_polygons);
        assert!(toml::from_str::<TagRule>("inside_polygons = true").is_err());
    }
}
