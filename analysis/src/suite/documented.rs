//! Types that describe themselves: what stands above a field for the reader of the code is what docs/suites.md says of its key.

/// A key of a suite file.
#[cfg(test)]
#[derive(Clone, Copy, Debug)]
pub(super) struct Field {
    /// Of the field.
    pub name: &'static str,
    /// Its type, as written.
    pub kind: &'static str,
    /// What it means.
    pub about: &'static str,
    /// What serde is told of it: another name, a default.
    pub serde: &'static str,
}

#[cfg(test)]
impl Field {
    /// As it is written in a file.
    pub fn key(&self) -> &'static str {
        self.serde.split_once("rename = \"").and_then(|(_, rest)| rest.split('"').next()).unwrap_or(self.name)
    }

    /// Whether it may be left out.
    pub fn is_optional(&self) -> bool {
        self.kind.starts_with("Option<") || self.serde.contains("default")
    }
}

/// A table of a suite file.
#[cfg(test)]
#[derive(Clone, Copy, Debug)]
pub(super) struct Section {
    /// Its heading in backticks, and what it is.
    pub about: &'static str,
    /// Its keys, in order.
    pub fields: &'static [Field],
}

/// Structs that are read from TOML, refuse unknown keys, and know their own words.
macro_rules! documented {
    ($(
        #[doc = $about:literal]
        pub struct $name:ident { $(
            $(#[doc = $doc:literal])+
            $(#[serde($($serde:tt)*)])?
            pub $field:ident: $kind:ty,
        )+ }
    )+) => { $(
        #[doc = $about]
        #[derive(Clone, Debug, serde::Deserialize)]
        #[serde(deny_unknown_fields)]
        pub struct $name { $(
            $(#[doc = $doc])+
            $(#[serde($($serde)*)])?
            pub $field: $kind,
        )+ }

        #[cfg(test)]
        impl $name {
            /// What docs/suites.md says of it.
            pub(super) const SECTION: super::documented::Section = super::documented::Section {
                about: $about,
                fields: &[$(super::documented::Field {
                    name: stringify!($field),
                    kind: stringify!($kind),
                    about: concat!($($doc),+),
                    serde: concat!($(stringify!($($serde)*))?),
                }),+],
            };
        }
    )+ };
}

pub(super) use documented;
