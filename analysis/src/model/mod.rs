//! # Model — what has no single maker
//! Ids, directions, stress levels, columns of a table, the metric projection. Knows no stage.

mod direction;
mod edition;
mod hilbert;
mod ids;
pub mod palette;
mod projection;
mod table;
mod unit;

pub use direction::{Direction, PerDirection, StressLevel};
pub use edition::Edition;
pub use hilbert::hilbert_d;
pub use ids::{BlockId, JunctionId, SegmentId, TrailId};
pub use projection::Utm;
pub use table::{Column, Values};
pub use unit::Unit;
