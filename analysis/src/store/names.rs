//! Names of tables and columns in SQL.

/// Longest name PostgreSQL keeps apart, bytes.
const NAME_MAX: usize = 63;

/// Columns every table of PostgreSQL has, unseen.
const RESERVED: [&str; 6] = ["tableoid", "xmin", "cmin", "xmax", "cmax", "ctid"];

/// An identifier in quotes.
pub(super) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// A text in quotes.
pub(super) fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\0', "").replace('\'', "''"))
}

/// `name`, or `name_1`, `name_2`, … when it is among `taken`; SQLite's names ignore ASCII case.
/// A user's block file may well have a column `fid`, `geom`, or both `Name` and `NAME`, and names longer than a database keeps.
pub(super) fn free(name: &str, taken: &[String]) -> String {
    let name = name.replace('\0', "");
    let name = if name.is_empty() { "column" } else { name.as_str() };
    let is_free = |candidate: &str| {
        let is_like = |other: &str| other.eq_ignore_ascii_case(candidate);
        !taken.iter().any(|other| is_like(other)) && !RESERVED.iter().any(|other| is_like(other))
    };
    let numbered = |number: u32| {
        let ending = format!("_{number}");
        cut(name, NAME_MAX - ending.len()).to_owned() + &ending
    };
    std::iter::once(cut(name, NAME_MAX).to_owned())
        .chain((1..).map(numbered))
        .find(|candidate| is_free(candidate))
        .expect("among endlessly many names one is free")
}

/// The longest beginning of at most that many bytes.
fn cut(text: &str, bytes: usize) -> &str {
    &text[..text.floor_char_boundary(bytes)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_names_are_cut_between_characters_and_stay_apart() {
        let long = "東".repeat(30);
        let first = free(&long, &[]);
        assert_eq!(first, "東".repeat(21));
        let second = free(&long, std::slice::from_ref(&first));
        assert_eq!(second, "東".repeat(20) + "_1");
    }

    #[test]
    fn names_a_database_cannot_take_are_changed() {
        assert_eq!(free("XMIN", &[]), "XMIN_1");
        assert_eq!(free("", &[]), "column");
        assert_eq!(free("a\0b", &["AB".to_owned()]), "ab_1");
    }

    #[test]
    fn quotes_are_doubled() {
        assert_eq!(quoted("a\"b"), "\"a\"\"b\"");
        assert_eq!(literal("it's \\ \0"), "'it''s \\ '");
    }
}
