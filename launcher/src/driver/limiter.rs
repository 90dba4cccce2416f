//! Not too many start calls in a second: the account's limit is everybody's.

use std::sync::{Mutex, PoisonError};

/// A bucket of calls that fills by the second.
#[derive(Debug)]
pub struct Limiter {
    per_second: f64,
    state: Mutex<(f64, i64)>,
}

impl Limiter {
    /// Full.
    pub fn new(per_second: f64) -> Self {
        Self { per_second, state: Mutex::new((per_second.max(1.0), 0)) }
    }

    /// Whether another call may be made now.
    pub fn take(&self, now_ms: i64) -> bool {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let (level, since_ms) = *state;
        let filled = level + self.per_second * (now_ms - since_ms).max(0) as f64 / 1000.0;
        let level = filled.min(self.per_second.max(1.0));
        *state = (if level >= 1.0 { level - 1.0 } else { level }, now_ms);
        level >= 1.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_has_so_many() {
        let limiter = Limiter::new(5.0);
        let taken = |now_ms| (0..100).filter(|_| limiter.take(now_ms)).count();
        assert_eq!([taken(1_000), taken(1_000), taken(1_400), taken(60_000)], [5, 0, 2, 5]);
    }
}
