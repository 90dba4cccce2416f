//! The mark by which Quietway knows its own schemas: the comment of the schema. What lacks it is never touched.

pub(super) use quietway_job::schema::{RUN_MARK as RUN, STAGING_FOR, STAGING_MARK as STAGING};
use serde::{Deserialize, Serialize};

/// What the comment of a run's schema says, as JSON.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mark {
    /// Id of the run.
    pub run: String,
    /// Name of the place.
    pub place: String,
    /// Edition of the method.
    pub edition: String,
    /// Version of Quietway.
    pub version: String,
    /// When it was published, by the server's clock, UTC.
    #[serde(default)]
    pub created: String,
}

impl Mark {
    /// The comment.
    pub(super) fn comment(&self) -> String {
        let json = serde_json::to_string(self).expect("a struct of texts is JSON");
        format!("{RUN}{json}")
    }

    /// The mark in a comment, if it is one.
    pub(super) fn of_comment(comment: &str) -> Option<Self> {
        serde_json::from_str(comment.strip_prefix(RUN)?).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_reads_back_whatever_the_place_is_called() {
        let mark = Mark { place: "L'Aquila \"\\\n東京".into(), run: "7".into(), ..Mark::default() };
        assert_eq!(Mark::of_comment(&mark.comment()), Some(mark));
        assert_eq!(Mark::of_comment("standard public schema"), None);
        assert_eq!(Mark::of_comment("quietway run by hand"), None);
    }
}
