//! # Sources — facts of countries and their data sets
//! Touches: memory only                    Does not know: any stage

pub mod states;
