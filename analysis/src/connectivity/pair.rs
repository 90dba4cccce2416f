//! A row of the table of connected blocks.

use crate::model::BlockId;

/// A connected pair of blocks (§6.4), 8 bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pair {
    /// Target block in the low 31 bits; the low-stress bit on top.
    packed: u32,
    low_m: u16,
    high_m: u16,
}

impl Pair {
    pub(super) const NONE: u16 = u16::MAX;

    /// A pair.
    pub fn new(target: BlockId, low_m: Option<u16>, high_m: Option<u16>, low_stress: bool) -> Self {
        Self::packed(target, [low_m.unwrap_or(Self::NONE), high_m.unwrap_or(Self::NONE)], low_stress)
    }

    pub(super) fn packed(target: BlockId, [low_m, high_m]: [u16; 2], low_stress: bool) -> Self {
        Self { packed: target.0 | (u32::from(low_stress) << 31), low_m, high_m }
    }

    /// The block reached.
    pub fn target(self) -> BlockId {
        BlockId(self.packed & 0x7fff_ffff)
    }

    /// Whether it is connected calmly: shared segment, or a detour of at most 25 %.
    pub fn low_stress(self) -> bool {
        self.packed >> 31 == 1
    }

    /// Least cost over low-stress turns, metres.
    pub fn low_m(self) -> Option<u16> {
        (self.low_m != Self::NONE).then_some(self.low_m)
    }

    /// Least cost over all turns, metres.
    pub fn high_m(self) -> Option<u16> {
        (self.high_m != Self::NONE).then_some(self.high_m)
    }
}
