//! What is said of a published column: meaning, unit, declared type.

/// A published column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ColumnInfo {
    /// Name; `*` in front or behind stands for the rest of a generated name.
    pub name: &'static str,
    /// What a value says.
    pub comment: &'static str,
    /// Unit, if it has one.
    pub unit: Option<&'static str>,
    /// What the reference declares beyond the kind of value.
    pub declared: Declared,
    /// Whether rows are looked up by it: databases that can, index it.
    pub indexed: bool,
}

/// Declared type beyond the kind of value; decides widths in shapefiles and decimals in CSV (bna-method §9.2, §9.4).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Declared {
    /// INT, double precision, text, boolean or an array.
    #[default]
    Plain,
    /// BIGINT: OSM ids and serial ids.
    BigInt,
    /// CHAR or VARCHAR of that many characters.
    Chars(u8),
    /// NUMERIC with that many decimals.
    Decimals(u8),
    /// A JSON object as text; `jsonb` in PostgreSQL.
    Json,
}

pub(super) const fn c(name: &'static str, comment: &'static str) -> ColumnInfo {
    ColumnInfo { name, comment, unit: None, declared: Declared::Plain, indexed: false }
}

impl ColumnInfo {
    pub(super) const fn unit(self, unit: &'static str) -> Self {
        Self { unit: Some(unit), ..self }
    }

    pub(super) const fn declared(self, declared: Declared) -> Self {
        Self { declared, ..self }
    }

    pub(super) const fn big(self) -> Self {
        self.declared(Declared::BigInt)
    }

    pub(super) const fn four_decimals(self) -> Self {
        self.declared(Declared::Decimals(4))
    }

    pub(super) const fn json(self) -> Self {
        self.declared(Declared::Json)
    }

    pub(super) const fn indexed(self) -> Self {
        Self { indexed: true, ..self }
    }

    /// Meaning and unit.
    pub fn sentence(&self) -> String {
        match self.unit {
            Some(unit) => format!("{} ({unit})", self.comment),
            None => self.comment.to_owned(),
        }
    }

    pub(crate) fn is_about(&self, name: &str) -> bool {
        match (self.name.strip_prefix('*'), self.name.strip_suffix('*')) {
            (Some(end), _) => name.len() > end.len() && name.ends_with(end),
            (_, Some(start)) => name.len() > start.len() && name.starts_with(start),
            _ => self.name == name,
        }
    }
}

/// Width that the reference gives texts of the user's files: its tools declare them as VARCHAR(80).
pub(crate) const SOURCE_TEXT_WIDTH: usize = 80;
