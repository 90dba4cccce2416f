//! Which extent and which fixes a run uses.

use serde::{Deserialize, Serialize};

/// Edition of the method.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Edition {
    /// Streets and blocks of the buffer count; documented fixes.
    #[default]
    Current,
    /// brokenspoke-analyzer 3.2.4 to the letter: published scores were made that way.
    Reference,
}

impl Edition {
    /// `current` or `reference`, as published.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Current => "current",
            Self::Reference => "reference",
        }
    }
}
