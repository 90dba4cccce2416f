//! An EventBridge event "ECS Task State Change", in our words. What it says of the task is read as an answer of the API is.
//!
//! `detail` resembles the API's task, but times are ISO texts; new fields may come, others may be left out: only what is needed must be there.

use super::EcsArgs;
use super::read;
use crate::runner::News;
use aws_sdk_ecs::primitives::{DateTime, DateTimeFormat};
use aws_sdk_ecs::types::{Container, Task, TaskOverride, TaskStopCode};
use serde_json::Value;

/// What a message tells.
#[derive(Clone, Debug, PartialEq)]
pub struct Told {
    /// Its task.
    pub task: String,
    /// Who started it; empty if nobody says.
    pub started_by: String,
    /// Of the task.
    pub news: News,
}

/// A message that tells nothing of our tasks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Odd {
    /// It cannot be read; why.
    Unreadable(String),
    /// Another kind of event.
    OtherKind,
    /// Of another cluster.
    ForeignCluster,
}

/// Reads a message.
///
/// # Errors
/// [`Odd`], when it is nothing for us.
pub fn read(body: &str, args: &EcsArgs) -> Result<Told, Odd> {
    let event: Value = serde_json::from_str(body).map_err(|error| Odd::Unreadable(error.to_string()))?;
    let text = |field: &str| event[field].as_str().unwrap_or_default();
    let detail = &event["detail"];
    if text("source").is_empty() || !detail.is_object() {
        return Err(Odd::Unreadable("it is no event of EventBridge".into()));
    }
    if (text("source"), text("detail-type")) != ("aws.ecs", "ECS Task State Change") {
        return Err(Odd::OtherKind);
    }
    let (Some(task), Some(cluster)) = (detail["taskArn"].as_str(), detail["clusterArn"].as_str()) else {
        return Err(Odd::Unreadable("it names no task or no cluster".into()));
    };
    if !args.is_cluster(cluster) {
        return Err(Odd::ForeignCluster);
    }
    let started_by = detail["startedBy"].as_str().unwrap_or_default().to_owned();
    Ok(Told { task: task.to_owned(), started_by, news: read::news(&as_task(detail), args) })
}

/// As the API would have described it.
fn as_task(detail: &Value) -> Task {
    let text = |field: &str| detail[field].as_str().map(str::to_owned);
    let time = |field: &str| {
        detail[field].as_str().and_then(|text| DateTime::from_str(text, DateTimeFormat::DateTimeWithOffset).ok())
    };
    let size = |field: &str| detail["overrides"][field].as_str().map(str::to_owned);
    let containers = detail["containers"].as_array().into_iter().flatten().map(|container| {
        let text = |field: &str| container[field].as_str().map(str::to_owned);
        let exit_code = container["exitCode"].as_i64().and_then(|code| i32::try_from(code).ok());
        Container::builder().set_name(text("name")).set_reason(text("reason")).set_exit_code(exit_code).build()
    });
    Task::builder()
        .version(detail["version"].as_i64().unwrap_or_default())
        .set_last_status(text("lastStatus"))
        .set_desired_status(text("desiredStatus"))
        .set_stop_code(text("stopCode").map(|code| TaskStopCode::from(code.as_str())))
        .set_stopped_reason(text("stoppedReason"))
        .set_pull_started_at(time("pullStartedAt"))
        .set_started_at(time("startedAt"))
        .set_stopped_at(time("stoppedAt"))
        .set_cpu(text("cpu"))
        .set_memory(text("memory"))
        .set_containers(Some(containers.collect()))
        .overrides(TaskOverride::builder().set_cpu(size("cpu")).set_memory(size("memory")).build())
        .build()
}

#[cfg(test)]
mod tests;
