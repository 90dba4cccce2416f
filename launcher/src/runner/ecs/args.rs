//! Where tasks run, how large they are and at what price.

/// Fargate's sizes: CPU units, and MiB of memory from, to, by. A pair that is not here is refused by RunTask, hours after the start.
const SIZES: [(u32, u32, u32, u32); 8] = [
    (256, 512, 1_024, 512),
    (256, 2_048, 2_048, 1_024),
    (512, 1_024, 4_096, 1_024),
    (1_024, 2_048, 8_192, 1_024),
    (2_048, 4_096, 16_384, 1_024),
    (4_096, 8_192, 30_720, 1_024),
    (8_192, 16_384, 61_440, 4_096),
    (16_384, 32_768, 122_880, 8_192),
];

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

    /// CPU units of a task, 1024 a processor, instead of the task definition's
    #[arg(
        id = "ecs_cpu",
        long = "ecs-cpu",
        env = "QUIETWAY_LAUNCHER_ECS_CPU",
        value_name = "UNITS",
        requires = "ecs_memory"
    )]
    pub cpu: Option<u32>,

    /// Memory of a task, MiB, instead of the task definition's
    #[arg(
        id = "ecs_memory",
        long = "ecs-memory",
        env = "QUIETWAY_LAUNCHER_ECS_MEMORY",
        value_name = "MIB",
        requires = "ecs_cpu"
    )]
    pub memory: Option<u32>,

    /// Disk of a task, GiB, 21 to 200, instead of the task definition's
    #[arg(
        long = "ecs-storage-gib",
        env = "QUIETWAY_LAUNCHER_ECS_STORAGE_GIB",
        value_name = "GIB",
        value_parser = clap::value_parser!(i32).range(21..=200)
    )]
    pub storage_gib: Option<i32>,

    /// SQS queue with the cluster's "ECS Task State Change" events: news come at once, not at the next poll
    #[arg(long = "ecs-events-queue", env = "QUIETWAY_LAUNCHER_ECS_EVENTS_QUEUE", value_name = "URL")]
    pub events_queue: Option<String>,

    /// Log group of CloudWatch Logs that the task definition writes to
    #[arg(long = "ecs-log-group", env = "QUIETWAY_LAUNCHER_ECS_LOG_GROUP", value_name = "NAME")]
    pub log_group: Option<String>,

    /// Its `awslogs-stream-prefix`: streams are `prefix/container/task-id`
    #[arg(
        long = "ecs-log-prefix",
        env = "QUIETWAY_LAUNCHER_ECS_LOG_PREFIX",
        value_name = "NAME",
        default_value = "quietway"
    )]
    pub log_prefix: String,

    /// Price of a virtual processor for an hour
    #[arg(long = "vcpu-price", env = "QUIETWAY_LAUNCHER_VCPU_PRICE", value_name = "PRICE", default_value_t = 0.0)]
    pub vcpu_price: f64,

    /// Price of a gigabyte of memory for an hour
    #[arg(long = "gb-price", env = "QUIETWAY_LAUNCHER_GB_PRICE", value_name = "PRICE", default_value_t = 0.0)]
    pub gb_price: f64,
}

impl EcsArgs {
    /// Whether Fargate has a task of this size; a sentence if not.
    pub fn check(&self) -> Result<(), String> {
        let (Some(cpu), Some(memory)) = (self.cpu, self.memory) else { return Ok(()) };
        let rows = || SIZES.iter().filter(|row| row.0 == cpu);
        let fits = |&(_, from, to, by): &(u32, u32, u32, u32)| {
            (from..=to).contains(&memory) && (memory - from).is_multiple_of(by)
        };
        if rows().any(fits) {
            return Ok(());
        }
        let Some(from) = rows().map(|row| row.1).min() else {
            let mut known: Vec<_> = SIZES.iter().map(|row| row.0.to_string()).collect();
            known.dedup();
            return Err(format!("--ecs-cpu {cpu}: Fargate has {}", known.join(", ")));
        };
        let (to, by) = rows().fold((0, 0), |(to, by), row| (row.2.max(to), row.3.max(by)));
        Err(format!("--ecs-memory {memory}: with --ecs-cpu {cpu} Fargate has {from} to {to} MiB in steps of {by}"))
    }

    /// Family of the task definition, however it is given.
    pub fn family(&self) -> &str {
        let name = self.task_definition.rsplit('/').next().unwrap_or_default();
        name.split(':').next().unwrap_or_default()
    }

    /// Whether this is our cluster, which may be configured by name or by ARN.
    pub fn is_cluster(&self, arn: &str) -> bool {
        arn == self.cluster || arn.rsplit_once('/').is_some_and(|(_, name)| name == self.cluster)
    }

    /// Stream of a task in the log group.
    pub fn stream(&self, task: &str) -> String {
        let id = task.rsplit('/').next().unwrap_or(task);
        format!("{}/{}/{id}", self.log_prefix, self.container)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_that_fargate_has() {
        let check = |cpu, memory| EcsArgs { cpu: Some(cpu), memory: Some(memory), ..EcsArgs::default() }.check();
        for (cpu, memory) in
            [(256, 512), (256, 1_024), (256, 2_048), (4_096, 30_720), (8_192, 20_480), (16_384, 122_880)]
        {
            assert_eq!(check(cpu, memory), Ok(()));
        }
        for (cpu, memory) in [(256, 1_536), (256, 4_096), (1_024, 1_024), (8_192, 17_408), (16_384, 36_864)] {
            assert!(check(cpu, memory).unwrap_err().contains(&format!("--ecs-memory {memory}")));
        }
        let told = check(8_192, 1_000).unwrap_err();
        assert_eq!(told, "--ecs-memory 1000: with --ecs-cpu 8192 Fargate has 16384 to 61440 MiB in steps of 4096");
        assert!(check(3_000, 8_192).unwrap_err().contains("256, 512, 1024, 2048, 4096, 8192, 16384"));
        assert_eq!(EcsArgs::default().check(), Ok(()));
    }

    #[test]
    fn names_and_arns() {
        let args = EcsArgs {
            cluster: "c".into(),
            task_definition: "arn:aws:ecs:us-east-1:1:task-definition/quietway:7".into(),
            container: "app".into(),
            log_prefix: "p".into(),
            ..EcsArgs::default()
        };
        assert_eq!(args.family(), "quietway");
        assert!(args.is_cluster("arn:aws:ecs:us-east-1:1:cluster/c") && args.is_cluster("c"));
        assert!(!args.is_cluster("arn:aws:ecs:us-east-1:1:cluster/cc"));
        assert_eq!(args.stream("arn:aws:ecs:us-east-1:1:task/c/0a1b"), "p/app/0a1b");
    }
}
