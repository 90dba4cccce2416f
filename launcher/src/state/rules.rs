//! Numbers that decide how often and how long something is tried.

/// Limits and patience, from the configuration.
#[derive(Clone, Debug, PartialEq)]
pub struct Rules {
    /// Attempts more when a task does not start.
    pub retry_start: u32,
    /// Attempts more when the platform takes the machine away.
    pub retry_interrupted: u32,
    /// From that many interruptions on, on machines that stay.
    pub on_demand_after: u32,
    /// Attempts more when a task vanishes.
    pub retry_lost: u32,
    /// First pause after a failed attempt; doubles.
    pub backoff_ms: i64,
    /// Longest pause.
    pub backoff_max_ms: i64,
    /// A task may take so long to run.
    pub start_limit_ms: i64,
    /// A task may run so long.
    pub run_limit_ms: i64,
    /// How long a new run waits for the old one to stop; none = for ever.
    pub stop_wait_ms: Option<i64>,
    /// How long after a call the platform may not yet know of the task.
    pub settle_ms: i64,
    /// A call with the same token is the same call for so long.
    pub token_life_ms: i64,
}

impl Default for Rules {
    fn default() -> Self {
        let (second, minute, hour) = (1_000, 60_000, 3_600_000);
        Self {
            retry_start: 2,
            retry_interrupted: 5,
            on_demand_after: 2,
            retry_lost: 1,
            backoff_ms: 5 * second,
            backoff_max_ms: 5 * minute,
            start_limit_ms: 10 * minute,
            run_limit_ms: 12 * hour,
            stop_wait_ms: Some(5 * minute),
            settle_ms: 2 * minute,
            // ECS forgets a token an hour after its task has ended, which may be at once.
            token_life_ms: 50 * minute,
        }
    }
}
