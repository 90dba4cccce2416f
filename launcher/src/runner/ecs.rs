//! Tasks on AWS ECS (Fargate). What the API promises and what it does not is in the comments of `read.rs`, with the sources in the design.

mod args;
pub mod events;
mod logs;
mod read;
#[cfg(test)]
mod stories;
#[cfg(test)]
mod tests;

pub use args::EcsArgs;

use super::{Launch, Listed, News, Runner, StartError, Unavailable};
use crate::run::STARTED_BY;
use async_trait::async_trait;
use aws_sdk_ecs::Client;
use aws_sdk_ecs::error::DisplayErrorContext;
use aws_sdk_ecs::operation::describe_tasks::DescribeTasksOutput;
use aws_sdk_ecs::operation::list_tasks::builders::ListTasksFluentBuilder;
use aws_sdk_ecs::types::{
    AssignPublicIp, AwsVpcConfiguration, CapacityProviderStrategyItem, ContainerOverride, DesiredStatus,
    EphemeralStorage, KeyValuePair, NetworkConfiguration, Task, TaskOverride,
};
use std::collections::BTreeMap;

/// Tasks in one `DescribeTasks`.
const DESCRIBED_AT_ONCE: usize = 100;

/// Characters of the overrides, punctuation included.
const OVERRIDES_MAX: usize = 8_192;

/// Characters of a reason.
const REASON_MAX: usize = 255;

/// Pinned: a deployment between two calls must not change the request.
const DEFINITION: &str = "task_definition";

/// Pinned as well: CPU units, MiB of memory, GiB of disk.
const CPU: &str = "cpu";
const MEMORY: &str = "memory";
const STORAGE: &str = "storage_gib";

/// An ECS cluster.
pub struct Ecs {
    client: Client,
    logs: Option<aws_sdk_cloudwatchlogs::Client>,
    args: EcsArgs,
}

fn unavailable(error: impl std::error::Error) -> Unavailable {
    Unavailable(DisplayErrorContext(error).to_string())
}

impl Ecs {
    /// A cluster, by a client.
    pub fn new(client: Client, args: EcsArgs) -> Self {
        Self { client, logs: None, args }
    }

    /// With a client for the log group of the configuration.
    #[must_use]
    pub fn with_logs(self, client: aws_sdk_cloudwatchlogs::Client) -> Self {
        Self { logs: Some(client), ..self }
    }

    fn overrides(&self, launch: &Launch) -> TaskOverride {
        let env =
            launch.env.iter().map(|(name, value)| KeyValuePair::builder().name(name).value(value).build()).collect();
        let container = ContainerOverride::builder().name(&self.args.container);
        let container = container.set_command(Some(launch.args.clone())).set_environment(Some(env));
        let size = |name: &str| launch.platform.get(name);
        let storage = size(STORAGE).and_then(|gib| gib.parse().ok());
        let storage = storage.map(|gib| EphemeralStorage::builder().size_in_gib(gib).build());
        let sized = TaskOverride::builder().set_cpu(size(CPU).cloned()).set_memory(size(MEMORY).cloned());
        sized.set_ephemeral_storage(storage).container_overrides(container.build()).build()
    }

    fn network(&self) -> Result<Option<NetworkConfiguration>, StartError> {
        if self.args.subnets.is_empty() {
            return Ok(None);
        }
        let address = if self.args.public_ip { AssignPublicIp::Enabled } else { AssignPublicIp::Disabled };
        let vpc = AwsVpcConfiguration::builder().set_subnets(Some(self.args.subnets.clone())).assign_public_ip(address);
        let vpc = vpc.set_security_groups(Some(self.args.security_groups.clone())).build();
        let vpc = vpc.map_err(|error| StartError::Refused(error.to_string()))?;
        Ok(Some(NetworkConfiguration::builder().awsvpc_configuration(vpc).build()))
    }

    async fn describe(&self, tasks: &[String]) -> Result<DescribeTasksOutput, Unavailable> {
        let request = self.client.describe_tasks().cluster(&self.args.cluster).set_tasks(Some(tasks.to_vec()));
        request.send().await.map_err(unavailable)
    }

    /// Ids of tasks that shall run; `started_by` must be the only other filter.
    async fn ids(&self, started_by: Option<&str>) -> Result<Vec<String>, Unavailable> {
        self.pages(self.client.list_tasks().set_started_by(started_by.map(Into::into))).await
    }

    async fn pages(&self, request: ListTasksFluentBuilder) -> Result<Vec<String>, Unavailable> {
        let (mut ids, mut next) = (Vec::new(), None);
        loop {
            let page = request.clone().cluster(&self.args.cluster).set_next_token(next).send().await;
            let page = page.map_err(unavailable)?;
            ids.extend(page.task_arns().iter().cloned());
            next = page.next_token().map(Into::into);
            if next.is_none() {
                return Ok(ids);
            }
        }
    }
}

/// Characters of overrides as they are sent.
fn length(launch: &Launch, args: &EcsArgs) -> usize {
    let env: Vec<_> =
        launch.env.iter().map(|(name, value)| serde_json::json!({"name": name, "value": value})).collect();
    let container = serde_json::json!({"name": args.container, "command": launch.args, "environment": env});
    let size = |size: Option<u32>| size.map(|number| number.to_string());
    serde_json::json!({"containerOverrides": [container], "cpu": size(args.cpu), "memory": size(args.memory),
        "ephemeralStorage": {"sizeInGiB": args.storage_gib}})
    .to_string()
    .len()
}

#[async_trait]
impl Runner for Ecs {
    fn name(&self) -> &'static str {
        "ecs"
    }

    async fn freeze(&self, launch: &Launch) -> Result<BTreeMap<String, String>, StartError> {
        let length = length(launch, &self.args);
        if length > OVERRIDES_MAX {
            let what = format!(
                "the task would get {length} characters of arguments and environment, more than ECS takes ({OVERRIDES_MAX})"
            );
            return Err(StartError::Refused(what));
        }
        let request = self.client.describe_task_definition().task_definition(&self.args.task_definition);
        let found =
            request.send().await.map_err(|error| StartError::Unknown(DisplayErrorContext(error).to_string()))?;
        let pinned = found.task_definition().and_then(|definition| definition.task_definition_arn());
        let pinned =
            pinned.ok_or_else(|| StartError::Unknown("ECS does not say which task definition it has".into()))?;
        let args = &self.args;
        let sizes = [(CPU, args.cpu.map(i64::from)), (MEMORY, args.memory.map(i64::from))];
        let sizes = sizes.into_iter().chain([(STORAGE, args.storage_gib.map(i64::from))]);
        let mut frozen: BTreeMap<_, _> =
            sizes.filter_map(|(name, size)| Some((name.to_owned(), size?.to_string()))).collect();
        frozen.insert(DEFINITION.to_owned(), pinned.to_owned());
        Ok(frozen)
    }

    async fn start(&self, launch: &Launch) -> Result<String, StartError> {
        let provider = if self.args.spot && !launch.on_demand { "FARGATE_SPOT" } else { "FARGATE" };
        let strategy = CapacityProviderStrategyItem::builder().capacity_provider(provider).weight(1).build();
        let strategy = strategy.map_err(|error| StartError::Refused(error.to_string()))?;
        let definition = launch.platform.get(DEFINITION).unwrap_or(&self.args.task_definition);
        let request = self.client.run_task().cluster(&self.args.cluster).task_definition(definition).count(1);
        let request =
            request.client_token(&launch.token).started_by(&launch.started_by).capacity_provider_strategy(strategy);
        let request = request.overrides(self.overrides(launch)).set_network_configuration(self.network()?);
        match request.send().await {
            Ok(answer) => read::started(&answer),
            Err(error) => read::refused(&error),
        }
    }

    async fn find(&self, started_by: &str) -> Result<Vec<String>, Unavailable> {
        self.ids(Some(started_by)).await
    }

    /// `ListTasks` finds no stopped task by who started it, so those of the last hour are looked at.
    async fn find_ended(&self, started_by: &str) -> Result<Vec<String>, Unavailable> {
        let ended = self.client.list_tasks().desired_status(DesiredStatus::Stopped).family(self.args.family());
        let mut found = Vec::new();
        for batch in self.pages(ended).await?.chunks(DESCRIBED_AT_ONCE) {
            let described = self.describe(batch).await?;
            let own = described.tasks().iter().filter(|task| task.started_by() == Some(started_by));
            found.extend(own.filter_map(|task| task.task_arn().map(str::to_owned)));
        }
        Ok(found)
    }

    async fn observe(&self, tasks: &[String]) -> Result<Vec<News>, Unavailable> {
        let mut news = Vec::with_capacity(tasks.len());
        for batch in tasks.chunks(DESCRIBED_AT_ONCE) {
            let found = self.describe(batch).await?;
            let known: BTreeMap<&str, &Task> =
                found.tasks().iter().filter_map(|task| Some((task.task_arn()?, task))).collect();
            news.extend(batch.iter().map(|id| match known.get(id.as_str()) {
                Some(task) => read::news(task, &self.args),
                None => News::Missing,
            }));
        }
        Ok(news)
    }

    async fn stop(&self, task: &str, reason: &str) -> Result<(), Unavailable> {
        let reason: String = reason.chars().take(REASON_MAX).collect();
        match self.client.stop_task().cluster(&self.args.cluster).task(task).reason(reason).send().await {
            Ok(_) => Ok(()),
            // "The referenced task was not found": it has stopped so long ago that ECS forgot it.
            Err(error) if error.as_service_error().is_some_and(|error| error.is_invalid_parameter_exception()) => {
                Ok(())
            }
            Err(error) => Err(unavailable(error)),
        }
    }

    async fn list(&self) -> Result<Vec<Listed>, Unavailable> {
        let mut listed = Vec::new();
        for batch in self.ids(None).await?.chunks(DESCRIBED_AT_ONCE) {
            let found = self.describe(batch).await?;
            listed.extend(found.tasks().iter().filter_map(|task| {
                let started_by = task.started_by().filter(|by| by.starts_with(STARTED_BY))?;
                let runs = task.desired_status() != Some(DesiredStatus::Stopped.as_str());
                let created_ms = task.created_at().and_then(|at| at.to_millis().ok()).unwrap_or_default();
                runs.then(|| Listed {
                    task: task.task_arn().unwrap_or_default().into(),
                    started_by: started_by.into(),
                    created_ms,
                })
            }));
        }
        Ok(listed)
    }

    /// ECS keeps no logs; the task definition says where they go.
    async fn logs(&self, task: &str, lines: usize) -> Result<Vec<String>, Unavailable> {
        let stream = self.args.stream(task);
        match (&self.logs, &self.args.log_group) {
            (Some(client), Some(group)) => logs::tail(client, group, &stream, lines).await,
            _ => Ok(vec![format!(
                "this launcher was not told where tasks log to: start it with --ecs-log-group; the stream should be {stream}"
            )]),
        }
    }

    async fn ready(&self) -> Result<(), Unavailable> {
        let found = self.client.describe_clusters().clusters(&self.args.cluster).send().await.map_err(unavailable)?;
        match found.clusters().iter().any(|cluster| cluster.status() == Some("ACTIVE")) {
            true => Ok(()),
            false => Err(Unavailable(format!("there is no active ECS cluster {}", self.args.cluster))),
        }
    }
}
