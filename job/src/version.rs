//! Which version this is.

/// Version of both programs: `git describe` where the build was told (`QUIETWAY_VERSION`, as releases and images are), else that of the workspace.
pub const VERSION: &str = match option_env!("QUIETWAY_VERSION") {
    Some(version) => version,
    None => env!("CARGO_PKG_VERSION"),
};
