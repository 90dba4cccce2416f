//! Directions of a segment and levels of traffic stress.

use serde::{Deserialize, Serialize};

/// Direction of travel along a segment: `Ft` is the order in which its nodes are listed (from → to).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// From → to.
    Ft,
    /// To → from.
    Tf,
}

impl Direction {
    /// Both, in publishing order.
    pub const BOTH: [Self; 2] = [Self::Ft, Self::Tf];

    /// The other one.
    pub fn reverse(self) -> Self {
        match self {
            Self::Ft => Self::Tf,
            Self::Tf => Self::Ft,
        }
    }

    /// `ft` or `tf`, as published.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ft => "ft",
            Self::Tf => "tf",
        }
    }
}

/// A value for each direction of travel.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct PerDirection<T> {
    /// From → to.
    pub ft: T,
    /// To → from.
    pub tf: T,
}

impl<T> PerDirection<T> {
    /// The value of one direction.
    #[inline]
    pub fn get(&self, direction: Direction) -> &T {
        match direction {
            Direction::Ft => &self.ft,
            Direction::Tf => &self.tf,
        }
    }

    /// The value of one direction, to change.
    #[inline]
    pub fn get_mut(&mut self, direction: Direction) -> &mut T {
        match direction {
            Direction::Ft => &mut self.ft,
            Direction::Tf => &mut self.tf,
        }
    }

    /// Makes both from a function of the direction.
    pub fn from_fn(mut make: impl FnMut(Direction) -> T) -> Self {
        Self { ft: make(Direction::Ft), tf: make(Direction::Tf) }
    }
}

impl<T: Clone> PerDirection<T> {
    /// The same value both ways.
    pub fn both(value: T) -> Self {
        Self { ft: value.clone(), tf: value }
    }
}

/// Level of traffic stress: calm enough for most people, or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum StressLevel {
    /// Published as 1.
    Low,
    /// Published as 3.
    High,
}

impl StressLevel {
    /// The published number.
    pub fn value(self) -> i64 {
        match self {
            Self::Low => 1,
            Self::High => 3,
        }
    }
}
