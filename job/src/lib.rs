//! # The contract between launcher and analysis
//! What a run is asked to do, boundary checks, progress events, exit codes, the manifest.
//! Touches: memory only.

pub mod boundary;
pub mod date;
pub mod exit;
pub mod manifest;
pub mod progress;
mod version;

pub use version::VERSION;
