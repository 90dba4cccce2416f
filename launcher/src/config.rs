//! # Configuration — flags, environment, a file; in this order
//! Touches: the file                       Does not know: what the parts do with it

use crate::api::Limits;
use crate::database::DatabaseArgs;
use crate::driver::Settings;
use crate::runner::docker::DockerArgs;
use crate::runner::ecs::EcsArgs;
use crate::state::Rules;
use crate::upkeep::Keep;
use clap::{Args, ValueEnum};
use quietway_job::boundary;
use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::PathBuf;

/// Where the launcher keeps what it knows.
#[derive(Clone, Debug, Args)]
pub struct DataArgs {
    /// Folder for everything that is not elsewhere: database, results, tasks, secret
    #[arg(long, env = "QUIETWAY_LAUNCHER_DATA", value_name = "FOLDER", default_value = "quietway-launcher-data")]
    pub data: PathBuf,

    /// Database: `sqlite:FILE` or `postgres://…` [default: a file in --data]
    #[arg(long, env = "QUIETWAY_LAUNCHER_DATABASE", value_name = "URL", hide_env_values = true)]
    pub database: Option<String>,
}

impl DataArgs {
    /// Address of the database.
    pub fn url(&self) -> String {
        self.database.clone().unwrap_or_else(|| format!("sqlite:{}", self.data.join("launcher.sqlite").display()))
    }
}

/// Where tasks run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum RunnerKind {
    /// Processes of this machine.
    #[default]
    Process,
    /// Containers of a Docker host.
    Docker,
    /// AWS ECS.
    Ecs,
    /// Nowhere: tasks stay where a test puts them.
    Fake,
}

impl RunnerKind {
    /// Tasks at once share its processors.
    fn is_one_machine(self) -> bool {
        matches!(self, Self::Process | Self::Docker)
    }
}

/// How logs are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// For programs.
    Json,
}

/// A time to wait, or for ever.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patience(pub Option<i64>);

fn patience(text: &str) -> Result<Patience, String> {
    match text {
        "never" => Ok(Patience(None)),
        _ => text.parse().map(|seconds| Patience(Some(seconds))).map_err(|_| "seconds, or never".into()),
    }
}

/// Arguments of `serve`.
#[derive(Clone, Debug, Args)]
#[command(args_override_self = true)]
pub struct ServeArgs {
    /// File with any of these, one `name = value` a line (TOML, names without dashes in front)
    #[arg(long, env = "QUIETWAY_LAUNCHER_CONFIG", value_name = "FILE")]
    pub config: Option<PathBuf>,

    #[command(flatten)]
    #[allow(missing_docs)]
    pub data: DataArgs,

    /// Where to listen; port 0 takes any free one
    #[arg(long, env = "QUIETWAY_LAUNCHER_LISTEN", value_name = "ADDRESS", default_value = "127.0.0.1:8080")]
    pub listen: SocketAddr,

    /// Address of this launcher as tasks see it [default: where it listens]
    #[arg(long, env = "QUIETWAY_LAUNCHER_PUBLIC_URL", value_name = "URL")]
    pub public_url: Option<String>,

    /// The launcher's secret, 32 characters or more; all replicas share it [default: a file in --data]
    #[arg(long, env = "QUIETWAY_LAUNCHER_SECRET", value_name = "TEXT", hide_env_values = true)]
    pub secret: Option<String>,

    /// Connections to PostgreSQL
    #[arg(long, env = "QUIETWAY_LAUNCHER_CONNECTIONS", value_name = "N", default_value_t = 20)]
    pub connections: u32,

    /// Where tasks run
    #[arg(long, env = "QUIETWAY_LAUNCHER_RUNNER", value_enum, default_value_t)]
    pub runner: RunnerKind,

    /// Where boundaries and results are: a folder, or `s3://bucket/prefix` [default: a folder in --data]
    #[arg(long, env = "QUIETWAY_LAUNCHER_RESULTS", value_name = "PLACE")]
    pub results: Option<String>,

    /// Address of the bucket's store for clients, where it differs from that for the launcher; links to results lead there
    #[arg(long, env = "QUIETWAY_LAUNCHER_RESULTS_ENDPOINT", value_name = "URL")]
    pub results_endpoint: Option<url::Url>,

    /// The analysis program [default: `quietway` beside this program, else on the PATH]
    #[arg(long, env = "QUIETWAY_LAUNCHER_PROGRAM", value_name = "FILE")]
    pub program: Option<PathBuf>,

    /// Argument of every task, such as `--task-arg=--osm=FILE`; may be given several times
    #[arg(long = "task-arg", value_name = "ARG", allow_hyphen_values = true)]
    pub task_args: Vec<String>,

    #[command(flatten)]
    #[allow(missing_docs)]
    pub driver: DriverArgs,

    #[command(flatten)]
    #[allow(missing_docs)]
    pub limits: LimitArgs,

    #[command(flatten)]
    #[allow(missing_docs)]
    pub docker: DockerArgs,

    #[command(flatten)]
    #[allow(missing_docs)]
    pub databases: DatabaseArgs,

    #[command(flatten)]
    #[allow(missing_docs)]
    pub ecs: EcsArgs,

    /// Published runs of an organisation that are kept before the visible one
    #[arg(long, env = "QUIETWAY_LAUNCHER_KEEP", value_name = "N", default_value_t = 5)]
    pub keep: i64,

    /// Days that leftovers of other runs are kept
    #[arg(long, env = "QUIETWAY_LAUNCHER_KEEP_DAYS", value_name = "DAYS", default_value_t = 7)]
    pub keep_days: i64,

    /// Webhooks may point into private networks, and by http
    #[arg(long, env = "QUIETWAY_LAUNCHER_PRIVATE_WEBHOOKS")]
    pub private_webhooks: bool,

    /// How logs are written
    #[arg(long, env = "QUIETWAY_LAUNCHER_LOG", value_enum, default_value_t)]
    pub log: LogFormat,
}

/// Patience and pace.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Driver")]
pub struct DriverArgs {
    /// Tasks at once, over all organisations [default: 1 for processes and containers, else no limit]
    #[arg(long, env = "QUIETWAY_LAUNCHER_MAX_TASKS", value_name = "N")]
    pub max_tasks: Option<i64>,

    /// Start calls in a second
    #[arg(long, env = "QUIETWAY_LAUNCHER_STARTS_PER_SECOND", value_name = "N", default_value_t = 20.0)]
    pub starts_per_second: f64,

    /// How often a task is looked at, milliseconds
    #[arg(long, env = "QUIETWAY_LAUNCHER_POLL_MS", value_name = "MS", default_value_t = 2_000)]
    pub poll_ms: i64,

    /// How long a new run waits for the old one to stop, seconds, or `never` to start before it has
    #[arg(long, env = "QUIETWAY_LAUNCHER_STOP_WAIT", value_name = "SECONDS", default_value = "300", value_parser = patience)]
    pub stop_wait: Patience,

    /// A task may take so long to run, seconds
    #[arg(long, env = "QUIETWAY_LAUNCHER_START_LIMIT", value_name = "SECONDS", default_value_t = 600)]
    pub start_limit: i64,

    /// A task may run so long, seconds
    #[arg(long, env = "QUIETWAY_LAUNCHER_RUN_LIMIT", value_name = "SECONDS", default_value_t = 43_200)]
    pub run_limit: i64,

    /// From signal to force when a process or container is stopped, seconds
    #[arg(long, env = "QUIETWAY_LAUNCHER_GRACE", value_name = "SECONDS", default_value_t = 30)]
    pub grace: u64,

    /// Compare contents before results are published, not only sizes
    #[arg(long, env = "QUIETWAY_LAUNCHER_VERIFY_HASHES")]
    pub verify_hashes: bool,
}

/// What clients may ask for at most.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Limits")]
pub struct LimitArgs {
    /// Bytes of a boundary
    #[arg(long, env = "QUIETWAY_LAUNCHER_MAX_BOUNDARY_BYTES", value_name = "BYTES", default_value_t = Limits::default().boundary.bytes)]
    pub max_boundary_bytes: u64,

    /// Vertices of a boundary
    #[arg(long, env = "QUIETWAY_LAUNCHER_MAX_BOUNDARY_VERTICES", value_name = "N", default_value_t = Limits::default().boundary.vertices)]
    pub max_boundary_vertices: usize,

    /// Area of a boundary, square kilometres
    #[arg(long, env = "QUIETWAY_LAUNCHER_MAX_BOUNDARY_AREA", value_name = "KM2", default_value_t = Limits::default().boundary.area_km2)]
    pub max_boundary_area: f64,

    /// Requests of a key in a second; bursts of ten times that
    #[arg(long, env = "QUIETWAY_LAUNCHER_REQUESTS_PER_SECOND", value_name = "N", default_value_t = 50.0)]
    pub requests_per_second: f64,

    /// Submissions of an organisation in an hour
    #[arg(long, env = "QUIETWAY_LAUNCHER_SUBMISSIONS_PER_HOUR", value_name = "N", default_value_t = 120)]
    pub submissions_per_hour: i64,
}

impl ServeArgs {
    /// For the driver.
    pub fn settings(&self) -> Settings {
        let driver = &self.driver;
        let rules = Rules {
            stop_wait_ms: driver.stop_wait.0.map(|seconds| seconds * 1_000),
            start_limit_ms: driver.start_limit * 1_000,
            run_limit_ms: driver.run_limit * 1_000,
            ..Rules::default()
        };
        Settings {
            rules,
            poll_ms: driver.poll_ms.max(10),
            tasks_max: driver.max_tasks.or(self.runner.is_one_machine().then_some(1)),
            starts_per_second: driver.starts_per_second,
            verify_hashes: driver.verify_hashes,
            task_database: self.databases.task_database.clone(),
            ..Settings::default()
        }
    }

    /// For clients.
    pub fn client_limits(&self) -> Limits {
        let limits = &self.limits;
        Limits {
            boundary: boundary::Limits {
                bytes: limits.max_boundary_bytes,
                vertices: limits.max_boundary_vertices,
                area_km2: limits.max_boundary_area,
                ..boundary::Limits::default()
            },
            // A form is a little larger than the file in it; other bodies have limits of their own.
            body_bytes: limits.max_boundary_bytes as usize + 64 * 1024,
            requests_per_second: limits.requests_per_second,
            submissions_per_hour: Some(limits.submissions_per_hour),
        }
    }

    /// For the upkeep.
    pub fn kept(&self) -> Keep {
        Keep { published: self.keep, days: self.keep_days }
    }

    /// What is printed at start: all of it but secrets.
    pub fn describe(&self) -> String {
        let database = without_secrets(&self.data.url());
        let results = self.databases.results_database.as_ref();
        let results = results.map_or(String::new(), |url| format!("results also in {}, ", without_secrets(&url.0)));
        let patience = self.driver.stop_wait.0.map_or("never".into(), |seconds| format!("{seconds} s"));
        let runner = match self.runner {
            RunnerKind::Docker => format!("Docker (image {}, network {})", self.docker.image, self.docker.network),
            other => format!("{other:?}"),
        };
        format!(
            "database {database}, {results}runner {runner}, {} tasks at once, old runs are waited for: {patience}, task arguments: {}",
            self.settings().tasks_max.map_or("any number of".into(), |tasks| tasks.to_string()),
            self.task_args.len(),
        )
    }
}

/// An address as it may be shown.
fn without_secrets(address: &str) -> String {
    match url::Url::parse(address) {
        Ok(mut url) if url.has_host() => {
            let _ = url.set_password(None);
            url.set_query(None);
            url.to_string()
        }
        _ if address.starts_with("sqlite:") => address.to_owned(),
        _ => "(an address that is not shown)".into(),
    }
}

/// The command line with what the configuration file adds: a flag wins, then the environment, then the file.
///
/// # Errors
/// The file cannot be read, or holds something other than names and plain values.
pub fn with_file(args: Vec<OsString>, env: impl Fn(&str) -> Option<OsString>) -> Result<Vec<OsString>, String> {
    let serves = args.get(1).is_some_and(|command| command == "serve");
    let flag = args.iter().position(|arg| arg == "--config").and_then(|at| args.get(at + 1)).cloned();
    let equals = args.iter().filter_map(|arg| arg.to_str()?.strip_prefix("--config=").map(OsString::from)).next();
    let Some(path) = flag.or(equals).or_else(|| env("QUIETWAY_LAUNCHER_CONFIG")).filter(|_| serves) else {
        return Ok(args);
    };
    let path = PathBuf::from(path);
    let failed = |cause: &dyn std::fmt::Display| format!("the configuration {}: {cause}", path.display());
    let text = std::fs::read_to_string(&path).map_err(|cause| failed(&cause))?;
    let table: toml::Table = toml::from_str(&text).map_err(|cause| failed(&cause))?;
    let mut added = Vec::new();
    for (name, value) in table {
        let variable = format!("QUIETWAY_LAUNCHER_{}", name.replace('-', "_").to_uppercase());
        if env(&variable).is_some() {
            continue;
        }
        match value {
            toml::Value::Boolean(true) => added.push(format!("--{name}")),
            toml::Value::Boolean(false) => {}
            toml::Value::Array(values) => {
                let texts = values.iter().map(|value| value.as_str().map(|text| format!("--{name}={text}")));
                added.extend(
                    texts.collect::<Option<Vec<_>>>().ok_or_else(|| failed(&format!("{name} is no list of texts")))?,
                );
            }
            toml::Value::String(text) => added.push(format!("--{name}={text}")),
            toml::Value::Integer(_) | toml::Value::Float(_) => added.push(format!("--{name}={value}")),
            _ => return Err(failed(&format!("{name} is neither text, number nor list"))),
        }
    }
    let (command, rest) = args.split_at(2);
    Ok([command.to_vec(), added.into_iter().map(OsString::from).collect(), rest.to_vec()].concat())
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Parser)]
    struct Line {
        #[command(subcommand)]
        command: Command,
    }

    #[derive(clap::Subcommand)]
    enum Command {
        Serve(Box<ServeArgs>),
    }

    fn args(line: &[&str], variables: &[&str]) -> Result<ServeArgs, String> {
        let line = line.iter().map(OsString::from).collect();
        let line = with_file(line, |name| variables.contains(&name).then(OsString::new))?;
        let Command::Serve(args) = Line::try_parse_from(line).map_err(|error| error.to_string())?.command;
        Ok(*args)
    }

    #[test]
    fn flag_wins_over_file() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(
            &file,
            "listen = \"127.0.0.1:1\"\nkeep = 3\nverify-hashes = true\ntask-arg = [\"--osm=a b\", \"--bundle\"]\n",
        )
        .unwrap();
        let config = format!("--config={}", file.path().display());
        let found = args(&["launcher", "serve", &config, "--keep", "4"], &[]).unwrap();
        assert_eq!((found.listen.port(), found.keep, found.driver.verify_hashes), (1, 4, true));
        assert_eq!(found.task_args, ["--osm=a b", "--bundle"]);
        assert_eq!(args(&["launcher", "serve", &config], &["QUIETWAY_LAUNCHER_LISTEN"]).unwrap().listen.port(), 8080);
        std::fs::write(&file, "liste = 1").unwrap();
        assert!(args(&["launcher", "serve", &config], &[]).unwrap_err().contains("--liste"));
        assert!(args(&["launcher", "serve", "--config", "/nowhere"], &[]).unwrap_err().contains("/nowhere"));
    }

    /// Fields of two parts with one name would be one flag, silently.
    #[test]
    fn every_flag_is_its_own() {
        let command = <ServeArgs as Args>::augment_args(clap::Command::new("serve"));
        let mut seen = std::collections::BTreeSet::new();
        for flag in command.get_arguments() {
            assert!(seen.insert(flag.get_id().as_str()), "{} is there twice", flag.get_id());
        }
        let line = ["launcher", "serve", "--ecs-cpu", "8192", "--ecs-memory", "17000", "--docker-memory", "8g"];
        let found = args(&line, &[]).unwrap();
        assert_eq!((found.ecs.cpu, found.ecs.memory), (Some(8192), Some(17_000)));
        assert!(found.docker.memory.is_some());
    }

    #[test]
    fn secrets_are_not_printed() {
        let line = [
            "launcher",
            "serve",
            "--database",
            "postgres://u:hidden@h/d?password=hidden",
            "--results-database=postgres://u:hidden@h/r",
            "--task-database=postgres://u:hidden@h/r",
            "--secret",
            "hidden",
            "--task-arg=--key=hidden",
        ];
        let parsed = args(&line, &[]).unwrap();
        assert!(!format!("{:?}{:?}", parsed.databases, parsed.settings()).contains("hidden@"));
        let text = parsed.describe();
        assert!(
            !text.contains("hidden") && text.contains("postgres://u@h/d") && text.contains("postgres://u@h/r"),
            "{text}"
        );
    }
}
