//! A run as clients see it.

use crate::run::{Reason, Run, State, Usage, WaitingFor};
use serde::Serialize;
use std::collections::BTreeMap;

/// A run.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct RunView {
    /// UUID, version 7.
    id: String,
    /// Whose.
    org: String,
    /// Grows with every submission.
    generation: i64,
    /// Counts changes; also in the ETag.
    version: i64,
    /// Where it stands.
    state: State,
    /// Name of the place.
    name: Option<String>,
    /// As submitted.
    parameters: BTreeMap<String, serde_json::Value>,
    /// Key that submitted it.
    submitted_by: String,
    /// What it waits for.
    #[serde(skip_serializing_if = "Option::is_none")]
    waiting_for: Option<WaitingFor>,
    /// Stage of the analysis.
    stage: Option<String>,
    /// Share of the work done.
    fraction: f64,
    /// Why it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<Reason>,
    /// The same in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
    /// Published all the same.
    #[serde(skip_serializing_if = "Option::is_none")]
    warning: Option<String>,
    /// The run it took the place of.
    supersedes: Option<String>,
    /// The run that took its place.
    superseded_by: Option<String>,
    /// Attempts to run it.
    attempts: u32,
    /// RFC 3339.
    created: String,
    /// When its task began to run.
    started: Option<String>,
    /// When it ended.
    finished: Option<String>,
    /// What its tasks used.
    usage: Usage,
    /// Where to go from here.
    links: BTreeMap<&'static str, String>,
}

impl From<&Run> for RunView {
    fn from(run: &Run) -> Self {
        let base = path(run);
        let link = |name: &'static str, tail: &str| (name, format!("{base}{tail}"));
        Self {
            id: run.id.clone(),
            org: run.org.clone(),
            generation: run.generation,
            version: run.version,
            state: run.state,
            name: run.name.clone(),
            parameters: run.parameters.clone(),
            submitted_by: run.actor.clone(),
            waiting_for: run.waiting_for,
            stage: run.stage.clone(),
            fraction: run.fraction,
            reason: run.reason,
            detail: run.detail.clone(),
            warning: run.warning.clone(),
            supersedes: run.supersedes.clone(),
            superseded_by: run.superseded_by.clone(),
            attempts: run.attempt,
            created: rfc3339(run.created_ms),
            started: run.running_ms.map(rfc3339),
            finished: run.finished_ms.map(rfc3339),
            usage: run.usage.clone(),
            links: [link("self", ""), link("events", "/events"), link("results", "/results"), link("logs", "/logs")]
                .into(),
        }
    }
}

/// Path of a run.
pub fn path(run: &Run) -> String {
    format!("/v1/orgs/{}/runs/{}", run.org, run.id)
}

/// Epoch milliseconds as people and programs write times.
pub fn rfc3339(ms: i64) -> String {
    let (days, rest) = (ms.div_euclid(86_400_000), ms.rem_euclid(86_400_000));
    // Days since 0000-03-01, in eras of 400 years: the leap day is then the last of its year.
    let shifted = days + 719_468;
    let (era, day) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
    let year_of_era = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day_of_year = day - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    let (seconds, ms) = (rest / 1_000, rest % 1_000);
    let (hour, minute, second) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{ms:03}Z")
}

/// The other way; none when it is no such time.
pub fn epoch_ms(text: &str) -> Option<i64> {
    if let Ok(ms) = text.parse() {
        return Some(ms);
    }
    let (date, time) = text.strip_suffix('Z')?.split_once('T').unwrap_or((text.strip_suffix('Z')?, "00:00:00"));
    let mut date = date.splitn(3, '-').map(|part| part.parse::<i64>().ok());
    let (year, month, day) = (date.next()??, date.next()??, date.next()??);
    let mut clock = time.splitn(3, ':').map(|part| part.parse::<f64>().ok());
    let (hour, minute, second) = (clock.next()??, clock.next()??, clock.next()??);
    let valid = (1970..10_000).contains(&year)
        && (1..=12).contains(&month)
        && (1..=31).contains(&day)
        && (0.0..24.0).contains(&hour)
        && (0.0..60.0).contains(&minute)
        && (0.0..61.0).contains(&second);
    valid.then_some(())?;
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let days = 365 * year + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 + day - 1 - 719_468;
    Some(days * 86_400_000 + ((hour * 3_600.0 + minute * 60.0 + second) * 1_000.0).round() as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_and_read() {
        let known = [
            (0, "1970-01-01T00:00:00.000Z"),
            (951_782_400_000, "2000-02-29T00:00:00.000Z"),
            (1_709_251_199_999, "2024-02-29T23:59:59.999Z"),
            (4_107_542_400_000, "2100-03-01T00:00:00.000Z"),
        ];
        for (ms, text) in known {
            assert_eq!(rfc3339(ms), text);
            assert_eq!(epoch_ms(text), Some(ms));
        }
        for wrong in ["yesterday", "2024-13-01T00:00:00Z", "2024-01-01T25:00:00Z", "Z", "2024Z", "NaN"] {
            assert_eq!(epoch_ms(wrong), None, "{wrong}");
        }
    }
}
