//! The binary `quietway`.
fn main() {}
