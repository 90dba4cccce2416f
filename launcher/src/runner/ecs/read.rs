//! What ECS says, in our words. Decisions on values only.

use super::EcsArgs;
use crate::run::Usage;
use crate::runner::{News, StartError};
use crate::state::{Cause, Stopped};
use aws_sdk_ecs::error::{DisplayErrorContext, ProvideErrorMetadata, SdkError};
use aws_sdk_ecs::operation::run_task::{RunTaskError, RunTaskOutput};
use aws_sdk_ecs::primitives::DateTime;
use aws_sdk_ecs::types::{Task, TaskStopCode};

/// Failures of an answer with status 200 that waiting does not mend. All others may pass: capacity, machines, the number of tasks at once.
const PERMANENT: [&str; 4] = ["above your limit", "INACTIVE", "Invalid", "not supported"];

/// Reasons of a failed start that another attempt would meet again.
const WRONG_FOR_GOOD: [&str; 6] =
    ["not found", "AccessDenied", "access denied", "no basic auth", "invalid reference", "does not exist"];

/// An answer with status 200: a task, or failures without one.
pub fn started(answer: &RunTaskOutput) -> Result<String, StartError> {
    if let Some(task) = answer.tasks().iter().find_map(|task| task.task_arn()) {
        return Ok(task.to_owned());
    }
    let reasons = answer.failures().iter().map(|failure| {
        let detail = failure.detail().map(|detail| format!(" ({detail})")).unwrap_or_default();
        format!("{}{detail}", failure.reason().unwrap_or("no reason given"))
    });
    let reasons = reasons.collect::<Vec<_>>().join("; ");
    match PERMANENT.iter().any(|word| reasons.contains(word)) {
        true => Err(StartError::Refused(reasons)),
        false => Err(StartError::NoCapacity(reasons)),
    }
}

/// No answer, or a refusal. Only what the caller did wrong is for good; a 5xx or throttling may have started the task or will.
pub fn refused(error: &SdkError<RunTaskError>) -> Result<String, StartError> {
    let words = DisplayErrorContext(error).to_string();
    let Some(service) = error.as_service_error() else { return Err(StartError::Unknown(words)) };
    if let RunTaskError::ConflictException(conflict) = service {
        // The same token with other parameters: the task that the first call started is named.
        let task = conflict.resource_ids().first().cloned();
        return task.ok_or_else(|| StartError::Refused("the token was used for another request".into()));
    }
    let passes =
        service.is_server_exception() || error.raw_response().is_some_and(|raw| raw.status().is_server_error());
    let throttled = service.code().is_some_and(|code| code.contains("Throttl") || code.contains("TooManyRequests"));
    match passes || throttled {
        true => Err(StartError::Unknown(words)),
        false => Err(StartError::Refused(service.message().map_or(words, Into::into))),
    }
}

fn ms(time: Option<&DateTime>) -> Option<i64> {
    time.and_then(|time| time.to_millis().ok())
}

/// A task as it is described. Stop codes are an open set, and `EssentialContainerExited` covers success too: the exit code decides.
pub fn news(task: &Task, args: &EcsArgs) -> News {
    let version = task.version();
    let since_ms = ms(task.started_at());
    match task.last_status().unwrap_or_default() {
        "STOPPED" | "DELETED" => News::Stopped(stopped(task, args)),
        "RUNNING" if is_interrupted(task) => {
            News::Leaving { version, since_ms, detail: task.stopped_reason().unwrap_or("no reason given").into() }
        }
        "RUNNING" => News::Running { version, since_ms },
        "DEACTIVATING" | "STOPPING" | "DEPROVISIONING" if since_ms.is_some() => News::Running { version, since_ms },
        _ => News::Pending { version },
    }
}

fn is_interrupted(task: &Task) -> bool {
    match task.stop_code() {
        Some(TaskStopCode::SpotInterruption | TaskStopCode::TerminationNotice) => true,
        code => code.is_some_and(|code| code.as_str() == "InfrastructureHealth"),
    }
}

fn stopped(task: &Task, args: &EcsArgs) -> Stopped {
    let container = task.containers().iter().find(|container| container.name() == Some(&args.container));
    let reason = container.and_then(|container| container.reason()).unwrap_or_default();
    let words = [task.stopped_reason().unwrap_or_default(), reason];
    let mut detail = words.into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>().join("; ");
    let cause = match task.stop_code() {
        _ if reason.contains("OutOfMemory") => Cause::OutOfMemory,
        Some(TaskStopCode::TaskFailedToStart) if WRONG_FOR_GOOD.iter().any(|word| detail.contains(word)) => {
            Cause::CannotStart
        }
        Some(TaskStopCode::TaskFailedToStart) => Cause::NotStarted,
        _ if is_interrupted(task) => Cause::Interrupted,
        _ => Cause::Exited,
    };
    if cause == Cause::OutOfMemory {
        detail = format!("{} ({detail})", advice(size(task).1));
    }
    let exit_code = container.and_then(|container| container.exit_code());
    Stopped { version: task.version(), exit_code, cause, detail, usage: usage(task, args) }
}

/// What to do about a task that needed more.
fn advice(memory_gib: f64) -> String {
    let had =
        if memory_gib > 0.0 { format!("the {memory_gib} GiB of memory it had") } else { "the memory it had".into() };
    format!(
        "the analysis needed more than {had}: give tasks more with --ecs-cpu and --ecs-memory, or submit a smaller area"
    )
}

/// Virtual processors and GiB of memory that a task has: what the request said, else its definition.
fn size(task: &Task) -> (f64, f64) {
    let overrides = task.overrides();
    let cpu = overrides.and_then(|overrides| overrides.cpu()).or(task.cpu());
    let memory = overrides.and_then(|overrides| overrides.memory()).or(task.memory());
    (thousands(cpu, "vcpu"), thousands(memory, "gb"))
}

/// `2048` or `2 vCPU`: both are two.
fn thousands(text: Option<&str>, unit: &str) -> f64 {
    let text = text.unwrap_or_default().to_lowercase();
    let (number, of_one) = match text.strip_suffix(unit) {
        Some(number) => (number, 1.0),
        None => (text.as_str(), 1_024.0),
    };
    number.trim().parse::<f64>().unwrap_or_default() / of_one
}

/// Fargate is paid from the pull of the image to the end of the task.
fn usage(task: &Task, args: &EcsArgs) -> Usage {
    let began = ms(task.pull_started_at()).or_else(|| ms(task.started_at()));
    let seconds = match (began, ms(task.stopped_at())) {
        (Some(began), Some(ended)) => (ended - began).max(0) as f64 / 1000.0,
        _ => 0.0,
    };
    let (cpu, memory) = size(task);
    let (vcpu_seconds, gb_seconds) = (seconds * cpu, seconds * memory);
    let price = (vcpu_seconds * args.vcpu_price + gb_seconds * args.gb_price) / 3600.0;
    Usage { seconds, vcpu_seconds, gb_seconds, price }
}
