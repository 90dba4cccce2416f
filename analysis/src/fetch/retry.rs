//! What may pass when it is tried again, and how long to wait until then.

use super::{FetchError, FetchLimits};
use hyper::header::{DATE, HeaderMap, RETRY_AFTER};
use std::hash::{BuildHasher, RandomState};
use std::time::{Duration, SystemTime};

/// Why an attempt brought nothing.
#[derive(Debug)]
pub(super) enum Fault {
    /// May pass.
    Passing {
        /// For the user, should it not pass.
        cause: String,
        /// What the server asks to wait.
        wait: Option<Duration>,
    },
    /// Stays.
    Final(FetchError),
}

impl Fault {
    pub(super) fn passing(cause: impl Into<String>) -> Self {
        Self::Passing { cause: cause.into(), wait: None }
    }
}

impl From<FetchError> for Fault {
    fn from(error: FetchError) -> Self {
        Self::Final(error)
    }
}

/// Statuses of a server in trouble.
pub(super) fn may_pass(status: u16) -> bool {
    matches!(status, 408 | 425 | 429 | 500 | 502..=504)
}

/// The pause after the `attempt`th attempt (from 1): doubling, half of it by chance, so that many runs do not come back at once; or what the
/// server asks for, within reason.
pub(super) fn pause(limits: &FetchLimits, attempt: u32, asked: Option<Duration>) -> Duration {
    // A new hasher is seeded by the system: all the chance that is needed here.
    let chance = RandomState::new().hash_one(attempt) as f64 / u64::MAX as f64;
    let own = limits.pause.saturating_mul(1 << (attempt - 1).min(6)).mul_f64(0.5 + chance / 2.0);
    own.max(asked.unwrap_or_default()).min(limits.longest_pause)
}

/// `Retry-After`: seconds, or a date by the server's own clock.
pub(super) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let now = headers.get(DATE).and_then(|date| httpdate::parse_http_date(date.to_str().ok()?).ok());
    let until = httpdate::parse_http_date(text).ok()?;
    Some(until.duration_since(now.unwrap_or_else(SystemTime::now)).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use hyper::header::HeaderValue;

    #[test]
    fn pauses_double_within_limits() {
        let limits = FetchLimits::default();
        for attempt in 1..100 {
            let most = limits.pause.saturating_mul(1 << (attempt - 1).min(6)).min(limits.longest_pause);
            let found = pause(&limits, attempt, None);
            assert!(most / 2 <= found && found <= most, "{attempt}: {found:?}");
        }
        assert_eq!(pause(&limits, 1, Some(Duration::from_secs(7))), Duration::from_secs(7));
        assert_eq!(pause(&limits, 1, Some(Duration::from_secs(86_400))), limits.longest_pause);
    }

    #[test]
    fn a_server_may_ask_for_seconds_or_a_date_of_its_clock() {
        let headers = |pairs: &[(&'static str, &'static str)]| -> HeaderMap {
            let pair = |&(name, value): &(&'static str, &'static str)| {
                (hyper::header::HeaderName::from_static(name), HeaderValue::from_static(value))
            };
            pairs.iter().map(pair).collect()
        };
        let date = "Fri, 01 Jan 1999 00:00:30 GMT";
        assert_eq!(retry_after(&headers(&[("retry-after", " 12 ")])), Some(Duration::from_secs(12)));
        assert_eq!(
            retry_after(&headers(&[("retry-after", date), ("date", "Fri, 01 Jan 1999 00:00:00 GMT")])),
            Some(Duration::from_secs(30))
        );
        assert_eq!(retry_after(&headers(&[("retry-after", date)])), Some(Duration::ZERO));
        assert_eq!(retry_after(&headers(&[("retry-after", "soon")])), None);
        assert_eq!(retry_after(&headers(&[])), None);
    }
}
