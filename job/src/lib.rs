//! # The contract between launcher and analysis
//! What a run is asked to do, checks of boundaries and of the client's SQL, progress events, exit codes, the manifest.
//! Touches: memory only, archives of strangers aside ([`safe_zip`]).

pub mod analyses;
pub mod boundary;
pub mod date;
pub mod exit;
pub mod manifest;
pub mod progress;
pub mod safe_zip;
pub mod schema;
mod version;

pub use version::VERSION;
