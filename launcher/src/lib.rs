//! # The launcher — one call starts an organisation's analysis, the newest wins, only complete results become visible
//!
//! A submission is written down in one transaction ([`store`]); the [`driver`] brings the platform ([`runner`]) into line with it, one
//! small step after another, each of them safe to repeat; what a step may do to a run stands in [`state`], in memory only; the HTTP service is
//! how clients and tasks talk to it.

pub mod api;
pub mod aws;
pub mod client;
pub mod clock;
pub mod config;
pub mod driver;
#[cfg(test)]
mod faults;
pub mod http;
pub mod metrics;
pub mod objects;
pub mod queue;
pub mod run;
pub mod runner;
pub mod secret;
pub mod serve;
pub mod state;
pub mod store;
pub mod upkeep;
pub mod webhook;
