//! `ATTRIBUTION.txt`: whose data the results are made from, and what their licences ask for.

use super::InputFile;
use crate::export::{Sink, SinkError};
use crate::sources::geofabrik;
use std::fmt::Write;

/// Name of the file.
const FILE_NAME: &str = "ATTRIBUTION.txt";

/// The copy beside saved inputs; a run that repeats this one takes its text.
pub const BESIDE_INPUTS: &str = "inputs/ATTRIBUTION.txt";

/// Writes it, and where the inputs are saved once more beside them; a text that is given goes before ours.
///
/// # Errors
/// The sink cannot be written.
pub fn credit(
    place: &str,
    fetched: &[InputFile],
    given: Option<&str>,
    saves_inputs: bool,
    sink: &Sink,
) -> Result<(), SinkError> {
    let text = given.map_or_else(|| credits(place, fetched), str::to_owned);
    for name in [Some(FILE_NAME), saves_inputs.then_some(BESIDE_INPUTS)].into_iter().flatten() {
        sink.create(name, |out| out.write_all(text.as_bytes()))?;
    }
    Ok(())
}

/// The text. Streets are always OpenStreetMap's; other files of the user are the user's to attribute.
fn credits(place: &str, fetched: &[InputFile]) -> String {
    let mut text = format!("Where the data behind the results of {place} come from. Keep this file with them.\n");
    let mut sets = vec![&geofabrik::DATA];
    for file in fetched {
        if !sets.contains(&file.data) {
            sets.push(file.data);
        }
    }
    for data in sets {
        // Writing to a String cannot fail.
        let _ = write!(text, "\n{}\n  Source: {}\n  Licence: {}\n", data.attribution, data.name, data.licence);
        for file in fetched.iter().filter(|file| file.data == data) {
            let date =
                file.modified.map(|seconds| format!(" ({})", quietway_job::date::day(seconds))).unwrap_or_default();
            let _ = writeln!(text, "  {}{date}", file.url);
        }
    }
    text += "\nCountry and state of the place: borders © OpenStreetMap contributors (ODbL-1.0).\n";
    text += "Files given on the command line are listed in manifest.json; their licences are for whoever gave them to say.\n";
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sources::lodes;

    #[test]
    fn every_source_once_with_its_licence() {
        let file = |url: &str| InputFile {
            role: "jobs",
            path: "x".into(),
            url: url.into(),
            bytes: 1,
            sha256: String::new(),
            from_cache: true,
            modified: Some(951_868_800),
            data: &lodes::DATA,
        };
        let text = credits("Town", &[file("https://a/main"), file("https://a/aux")]);
        assert_eq!(text.matches("LODES8 jobs").count(), 1);
        assert!(text.contains("  https://a/aux (2000-03-01)\n"), "{text}");
        assert!(text.contains("© OpenStreetMap contributors, https") && text.contains("ODbL-1.0"));
    }
}
