//! Formats, oddities and errors of OSM input, from literals.
use super::*;
