//! Crates that read binary formats panic on some damaged files (osmpbf 0.3: a member of unknown type): here a panic becomes an error, silently.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind, set_hook, take_hook};
use std::sync::Once;

thread_local! {
    static QUIET: Cell<bool> = const { Cell::new(false) };
}

/// Runs `work`; none when it panicked. Nothing is printed: the hook of this process is asked only about panics outside.
pub(in crate::import) fn guarded<T>(work: impl FnOnce() -> T) -> Option<T> {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let usual = take_hook();
        set_hook(Box::new(move |info| {
            if !QUIET.get() {
                usual(info);
            }
        }));
    });
    let before = QUIET.replace(true);
    // What `work` had under way is dropped with it, so nobody sees a half-done state.
    let result = catch_unwind(AssertUnwindSafe(work)).ok();
    QUIET.set(before);
    result
}

#[cfg(test)]
mod tests {
    use super::guarded;

    #[test]
    fn a_panic_becomes_none() {
        assert_eq!(guarded(|| 1), Some(1));
        let list: Vec<i32> = Vec::new();
        assert_eq!(guarded(|| list[std::hint::black_box(0)]), None);
    }
}
