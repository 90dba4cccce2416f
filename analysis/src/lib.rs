//! # Quietway — can people get where they need to go on a bicycle, calmly?
//!
//! One run is one process. The rooms in walking order:
//!
//! | room | takes | gives |
//! |---|---|---|
//! | [`boundary`] | the user's file | [`boundary::StudyArea`] |
//! | [`acquire`] | study area, command line | files: the user's, and what [`fetch`] brought from [`sources`] |
//! | [`import`] | study area, files, suite | [`import::City`] |
//! | [`network`] | streets | [`network::StreetNetwork`]: segments are nodes, turns are arcs |
//! | [`stress`] | network, speed limits | [`stress::StressRatings`] |
//! | [`connectivity`] | network, ratings, blocks | [`connectivity::Reach`] |
//! | [`access`] | city, network, reach | [`access::Scores`] |
//! | [`layers`] | all results | [`layers::Layers`]: the one place that knows published column names |
//! | [`store`], [`export`], [`tiles`], [`report`] | layers | a GeoPackage, files, map tiles, a page |
//!
//! [`pipeline`] is the tour; ARCHITECTURE.md the map.

pub mod access;
pub mod acquire;
pub mod analyses;
pub mod boundary;
pub mod cli;
pub mod connectivity;
pub mod counts;
pub mod database;
pub mod destination;
pub mod error;
pub mod export;
pub mod fetch;
pub mod import;
pub mod inputs;
pub mod larder;
pub mod launcher;
pub mod layers;
pub mod manifest;
pub mod model;
pub mod network;
pub mod pipeline;
pub mod plan;
pub mod progress;
pub mod report;
pub mod rerun;
pub mod sources;
pub mod staging;
pub mod store;
pub mod stress;
pub mod suite;
pub mod summary;
pub mod tiles;
pub mod vector;
pub mod view;
pub mod warm;
pub mod webmap;
