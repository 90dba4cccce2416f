//! Names of tables and columns in SQL.

/// An identifier in quotes.
pub(super) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// `name`, or `name_1`, `name_2`, … when it is among `taken`; SQLite's names ignore ASCII case.
/// A user's block file may well have a column `fid`, `geom`, or both `Name` and `NAME`.
pub(super) fn free(name: &str, taken: &[String]) -> String {
    let is_free = |candidate: &str| !taken.iter().any(|other| other.eq_ignore_ascii_case(candidate));
    std::iter::once(name.to_owned())
        .chain((1..).map(|number| format!("{name}_{number}")))
        .find(|candidate| is_free(candidate))
        .expect("among endlessly many names one is free")
}
