//! The contract between launcher and analysis.
