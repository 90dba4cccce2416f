//! The contract between launcher and analysis.

pub mod boundary;
