//! What the Docker Engine says, in our words. Decisions on values only.

use crate::run::{Prices, Usage};
use crate::runner::News;
use crate::state::{Cause, Stopped};
use aws_sdk_ecs::primitives::{DateTime, DateTimeFormat};
use bollard::models::{ContainerInspectResponse, ContainerState, ContainerStateStatusEnum as Status, HostConfig};

/// Exit codes of a start that failed because the program is not there or cannot be run.
const NO_PROGRAM: [i64; 2] = [126, 127];

/// Of a container that the Engine finds dead after a crash of the machine.
const FOUND_DEAD: i64 = 255;

/// Of a signal that nobody here sent: the Engine is being shut down.
const TERMINATED: i64 = 143;

/// What to do about it.
const OUT_OF_MEMORY: &str = "the analysis needed more memory than it may use: give containers more by --docker-memory, or submit a smaller area";

/// By force.
const KILLED: i64 = 137;

/// A time of the Engine, epoch milliseconds; none for "never", which it writes as the year 1.
pub fn ms(time: Option<&String>) -> Option<i64> {
    let time = DateTime::from_str(time?, DateTimeFormat::DateTimeWithOffset).ok()?;
    time.to_millis().ok().filter(|ms| *ms > 0)
}

/// Made, and never begun to run.
pub fn never_ran(state: &ContainerState) -> bool {
    state.running != Some(true) && matches!(state.status, Some(Status::CREATED))
}

/// News of an inspected container.
pub fn news(container: &ContainerInspectResponse, prices: Prices) -> News {
    let empty = ContainerState::default();
    let state = container.state.as_ref().unwrap_or(&empty);
    let error = state.error.clone().unwrap_or_default();
    let since_ms = ms(state.started_at.as_ref());
    match state.status {
        _ if state.running == Some(true) => News::Running { version: 2, since_ms },
        Some(Status::CREATED) if error.is_empty() => News::Pending { version: 1 },
        Some(Status::CREATED) => {
            let for_good = state.exit_code.is_some_and(|code| NO_PROGRAM.contains(&code));
            let cause = if for_good { Cause::CannotStart } else { Cause::NotStarted };
            News::Stopped(Stopped { version: 3, cause, detail: error, ..Stopped::default() })
        }
        // Between two runs of a container; ours are never started again, but its news are not of an end.
        Some(Status::RESTARTING) => News::Running { version: 2, since_ms },
        _ => News::Stopped(stopped(state, container.host_config.as_ref(), prices)),
    }
}

fn stopped(state: &ContainerState, limits: Option<&HostConfig>, prices: Prices) -> Stopped {
    let code = state.exit_code;
    let (cause, detail) = match code {
        // The flag alone says that something in the container was killed, maybe not the analysis.
        Some(KILLED) if state.oom_killed == Some(true) => (Cause::OutOfMemory, OUT_OF_MEMORY),
        Some(KILLED) => (Cause::Exited, "killed"),
        Some(FOUND_DEAD) => (Cause::Interrupted, "the Docker host went down"),
        Some(TERMINATED) => {
            (Cause::Interrupted, "the container was stopped by somebody else, or the Docker host shut down")
        }
        _ => (Cause::Exited, ""),
    };
    let words = [detail, state.error.as_deref().unwrap_or_default()];
    let detail = words.into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>().join("; ");
    let exit_code = code.and_then(|code| i32::try_from(code).ok());
    Stopped { version: 3, exit_code, cause, detail, usage: usage(state, limits, prices) }
}

/// By the limits that the container had; what has no limit is not counted.
fn usage(state: &ContainerState, limits: Option<&HostConfig>, prices: Prices) -> Usage {
    let seconds = match (ms(state.started_at.as_ref()), ms(state.finished_at.as_ref())) {
        (Some(began), Some(ended)) => (ended - began).max(0) as f64 / 1000.0,
        _ => 0.0,
    };
    let limit = |number: fn(&HostConfig) -> Option<i64>| limits.and_then(number).unwrap_or_default().max(0) as f64;
    let cpus = limit(|limits| limits.nano_cpus) / 1e9;
    let gigabytes = limit(|limits| limits.memory) / f64::from(1 << 30);
    Usage::of(seconds, cpus, gigabytes, prices)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn container(status: Status, code: i64, error: &str, oom: bool) -> ContainerInspectResponse {
        let state = ContainerState {
            status: Some(status),
            running: Some(status == Status::RUNNING || status == Status::PAUSED),
            exit_code: Some(code),
            error: Some(error.into()),
            oom_killed: Some(oom),
            started_at: Some("2026-11-24T20:45:01.5Z".into()),
            finished_at: Some("2026-11-24T21:45:02.123456789Z".into()),
            ..ContainerState::default()
        };
        let limits = HostConfig { nano_cpus: Some(2_500_000_000), memory: Some(8 << 30), ..HostConfig::default() };
        ContainerInspectResponse { state: Some(state), host_config: Some(limits), ..Default::default() }
    }

    fn of(status: Status, code: i64, error: &str, oom: bool) -> (Option<Cause>, Option<i32>) {
        match news(&container(status, code, error, oom), Prices::default()) {
            News::Stopped(stopped) => (Some(stopped.cause), stopped.exit_code),
            _ => (None, None),
        }
    }

    #[test]
    fn every_state_has_its_news() {
        let prices = Prices::default();
        assert_eq!(news(&container(Status::CREATED, 0, "", false), prices), News::Pending { version: 1 });
        for runs in [Status::RUNNING, Status::PAUSED, Status::RESTARTING] {
            assert!(matches!(
                news(&container(runs, 0, "", false), prices),
                News::Running { version: 2, since_ms: Some(_) }
            ));
        }
        assert_eq!(of(Status::EXITED, 0, "", false), (Some(Cause::Exited), Some(0)));
        assert_eq!(of(Status::DEAD, 3, "", false), (Some(Cause::Exited), Some(3)));
        assert_eq!(of(Status::EXITED, 137, "", true), (Some(Cause::OutOfMemory), Some(137)));
        assert_eq!(of(Status::EXITED, 137, "", false), (Some(Cause::Exited), Some(137)));
        // A command of the client's was killed, the analysis went on.
        assert_eq!(of(Status::EXITED, 6, "", true), (Some(Cause::Exited), Some(6)));
        assert_eq!(of(Status::EXITED, 255, "", false), (Some(Cause::Interrupted), Some(255)));
        assert_eq!(of(Status::EXITED, 143, "", false), (Some(Cause::Interrupted), Some(143)));
        assert_eq!(of(Status::CREATED, 127, "no such file", false), (Some(Cause::CannotStart), None));
        assert_eq!(of(Status::CREATED, 128, "cannot join the network", false), (Some(Cause::NotStarted), None));
    }

    #[test]
    fn usage_is_time_times_limits() {
        let prices = Prices { vcpu: 0.04, gb: 0.004 };
        let News::Stopped(stopped) = news(&container(Status::EXITED, 0, "", false), prices) else { panic!() };
        let Usage { seconds, vcpu_seconds, gb_seconds, price } = stopped.usage;
        assert_eq!((seconds, vcpu_seconds, gb_seconds), (3600.623, 2.5 * 3600.623, 8.0 * 3600.623));
        assert!((price - 3600.623 * (2.5 * 0.04 + 8.0 * 0.004) / 3600.0).abs() < 1e-9);
        assert_eq!(ms(Some(&"0001-01-01T00:00:00Z".into())), None);
        assert_eq!(ms(Some(&"2026-11-24T21:45:02+01:00".into())), ms(Some(&"2026-11-24T20:45:02Z".into())));
    }
}
