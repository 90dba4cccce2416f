//! Helpers of the end-to-end tests: where things are, how the binary is run.
