//! Tasks on AWS ECS (Fargate). What the API promises and what it does not is in the comments of `read.rs`, with the sources in the design.

mod read;
#[cfg(test)]
mod tests;

use super::{Launch, Listed, News, Runner, StartError, Unavailable};
use crate::run::STARTED_BY;
use async_trait::async_trait;
use aws_sdk_ecs::Client;
use aws_sdk_ecs::error::DisplayErrorContext;
use aws_sdk_ecs::operation::describe_tasks::DescribeTasksOutput;
use aws_sdk_ecs::types::{
    AssignPublicIp, AwsVpcConfiguration, CapacityProviderStrategyItem, ContainerOverride, DesiredStatus, KeyValuePair,
    NetworkConfiguration, Task, TaskOverride,
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

/// Where and at what price.
#[derive(Clone, Debug, Default, clap::Args)]
#[command(next_help_heading = "ECS")]
pub struct EcsArgs {
    /// Cluster
    #[arg(long = "ecs-cluster", env = "QUIETWAY_LAUNCHER_ECS_CLUSTER", value_name = "NAME", default_value = "default")]
    pub cluster: String,

    /// Task definition; without a revision the newest at submission
    #[arg(
        long = "ecs-task-definition",
        env = "QUIETWAY_LAUNCHER_ECS_TASK_DEFINITION",
        value_name = "FAMILY[:REVISION]",
        default_value = "quietway"
    )]
    pub task_definition: String,

    /// Container of the analysis in it
    #[arg(
        long = "ecs-container",
        env = "QUIETWAY_LAUNCHER_ECS_CONTAINER",
        value_name = "NAME",
        default_value = "quietway"
    )]
    pub container: String,

    /// Subnets, separated by commas: in several zones, so that one without room does not stop all
    #[arg(long = "ecs-subnets", env = "QUIETWAY_LAUNCHER_ECS_SUBNETS", value_name = "IDS", value_delimiter = ',')]
    pub subnets: Vec<String>,

    /// Security groups, separated by commas
    #[arg(
        long = "ecs-security-groups",
        env = "QUIETWAY_LAUNCHER_ECS_SECURITY_GROUPS",
        value_name = "IDS",
        value_delimiter = ','
    )]
    pub security_groups: Vec<String>,

    /// Tasks get a public address
    #[arg(long = "ecs-public-ip", env = "QUIETWAY_LAUNCHER_ECS_PUBLIC_IP")]
    pub public_ip: bool,

    /// Start on Spot machines, and on others after two interruptions
    #[arg(long = "ecs-spot", env = "QUIETWAY_LAUNCHER_ECS_SPOT")]
    pub spot: bool,

    /// Price of a virtual processor for an hour
    #[arg(long = "vcpu-price", env = "QUIETWAY_LAUNCHER_VCPU_PRICE", value_name = "PRICE", default_value_t = 0.0)]
    pub vcpu_price: f64,

    /// Price of a gigabyte of memory for an hour
    #[arg(long = "gb-price", env = "QUIETWAY_LAUNCHER_GB_PRICE", value_name = "PRICE", default_value_t = 0.0)]
    pub gb_price: f64,
}

/// An ECS cluster.
pub struct Ecs {
    client: Client,
    args: EcsArgs,
}

fn unavailable(error: impl std::error::Error) -> Unavailable {
    Unavailable(DisplayErrorContext(error).to_string())
}

impl Ecs {
    /// A cluster, by a client.
    pub fn new(client: Client, args: EcsArgs) -> Self {
        Self { client, args }
    }

    fn overrides(&self, launch: &Launch) -> TaskOverride {
        let env =
            launch.env.iter().map(|(name, value)| KeyValuePair::builder().name(name).value(value).build()).collect();
        let container = ContainerOverride::builder().name(&self.args.container);
        let container = container.set_command(Some(launch.args.clone())).set_environment(Some(env));
        TaskOverride::builder().container_overrides(container.build()).build()
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
        let (mut ids, mut next) = (Vec::new(), None);
        loop {
            let request =
                self.client.list_tasks().cluster(&self.args.cluster).set_started_by(started_by.map(Into::into));
            let page = request.set_next_token(next).send().await.map_err(unavailable)?;
            ids.extend(page.task_arns().iter().cloned());
            next = page.next_token().map(Into::into);
            if next.is_none() {
                return Ok(ids);
            }
        }
    }
}

/// Characters of overrides as they are sent.
fn length(launch: &Launch, container: &str) -> usize {
    let env: Vec<_> =
        launch.env.iter().map(|(name, value)| serde_json::json!({"name": name, "value": value})).collect();
    serde_json::json!({"containerOverrides": [{"name": container, "command": launch.args, "environment": env}]})
        .to_string()
        .len()
}

#[async_trait]
impl Runner for Ecs {
    fn name(&self) -> &'static str {
        "ecs"
    }

    async fn freeze(&self, launch: &Launch) -> Result<BTreeMap<String, String>, StartError> {
        let length = length(launch, &self.args.container);
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
        Ok(BTreeMap::from([(DEFINITION.to_owned(), pinned.to_owned())]))
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
    async fn logs(&self, task: &str, _lines: usize) -> Result<Vec<String>, Unavailable> {
        let id = task.rsplit('/').next().unwrap_or(task);
        Ok(vec![format!("the log of task {id} is where its task definition sends it, as a rule in CloudWatch Logs")])
    }

    async fn ready(&self) -> Result<(), Unavailable> {
        let found = self.client.describe_clusters().clusters(&self.args.cluster).send().await.map_err(unavailable)?;
        match found.clusters().iter().any(|cluster| cluster.status() == Some("ACTIVE")) {
            true => Ok(()),
            false => Err(Unavailable(format!("there is no active ECS cluster {}", self.args.cluster))),
        }
    }
}
