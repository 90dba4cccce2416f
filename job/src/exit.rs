//! Exit codes of the analysis. Launcher and scripts branch on them; README and `--help` list them.

/// A code and what it means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exit {
    /// Process exit code.
    pub code: u8,
    /// For people.
    pub meaning: &'static str,
}

macro_rules! exits {
    ($($name:ident = $code:literal, $meaning:literal;)*) => {
        $(#[doc = $meaning]
        pub const $name: Exit = Exit { code: $code, meaning: $meaning };)*
        /// All of them, ascending.
        pub const ALL: &[Exit] = &[$($name),*];
    };
}

exits! {
    DONE = 0, "done";
    USAGE = 2, "wrong usage of the command line";
    BAD_INPUT = 3, "bad input: boundary, OSM, blocks, jobs, suite or analyses";
    UNREACHABLE = 4, "a source is unreachable";
    CANNOT_WRITE = 5, "cannot write: folder, bucket or database";
    ANALYSIS_FAILED = 6, "an analysis of the client failed; all else is there";
    SUPERSEDED = 7, "superseded by a newer run";
    INTERNAL = 70, "internal error: please report it";
    INTERRUPTED = 130, "interrupted (SIGINT)";
    TERMINATED = 143, "terminated (SIGTERM)";
}
