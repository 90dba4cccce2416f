//! Tasks as containers of a Docker host, by the Engine's API. What is known of a task is in its container, so it outlives the launcher: the
//! name is made of the token, so a token has one container; labels say who started it, and whose launcher that was, so that several
//! launchers may share a host.
//!
//! A container stays when it has ended: it holds exit code and log. [`Runner::list`], which the upkeep calls every minute, removes those that
//! ended more days ago than leftovers are kept (`--keep-days`); by then its news are long recorded.
//!
//! A start that fails leaves a container that was made and never ran. Its news say why; [`Runner::stop`] removes it, and so does the sweep.

mod args;
mod container;
mod read;
#[cfg(test)]
mod tests;

pub use args::{DockerArgs, Host};

use super::{Launch, Listed, News, Runner, StartError, Unavailable};
use crate::run::Prices;
use async_trait::async_trait;
use bollard::API_DEFAULT_VERSION;
use bollard::errors::Error;
use bollard::models::{ContainerInspectResponse, ContainerSummary};
use bollard::query_parameters::{
    CreateContainerOptions, InspectContainerOptions, ListContainersOptions, LogsOptions, RemoveContainerOptions,
    StartContainerOptions, StopContainerOptions,
};
use futures_util::{StreamExt, TryStreamExt};
use std::collections::{BTreeMap, HashMap};
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The pinned image, by the hash of its content: the name may mean another one tomorrow.
const IMAGE: &str = "image";

/// Label: which launcher.
const LAUNCHER: &str = "quietway.launcher";

/// Label: which attempt of which run.
const STARTED_BY: &str = "quietway.started_by";

/// Label: which run, for people.
const RUN: &str = "quietway.run";

/// States of containers that have not ended.
const LIVE: [&str; 4] = ["created", "running", "paused", "restarting"];

/// States of those that have.
const ENDED: [&str; 2] = ["exited", "dead"];

/// An answer of the Engine is waited for so long, seconds.
const TIME_LIMIT_S: u64 = 60;

/// A stop is waited for so long, for errors to be seen; it goes on by itself.
const STOP_ANSWER: Duration = Duration::from_secs(1);

/// Containers asked about at the same time.
const AT_ONCE: usize = 8;

const DAY_MS: i64 = 24 * 3_600_000;

/// What the runner is told of the launcher.
#[derive(Clone, Debug)]
pub struct Site {
    /// Tells its containers from those of other launchers.
    pub launcher: String,
    /// Where results are, if in a folder: an absolute path.
    pub results: Option<PathBuf>,
    /// From signal to force.
    pub grace: Duration,
    /// Days that containers are kept when they have ended.
    pub keep_days: i64,
    /// For the cost of a run; only what `--docker-cpus` and `--docker-memory` limit is counted.
    pub prices: Prices,
}

/// A Docker host.
pub struct Docker {
    host: Host,
    args: DockerArgs,
    site: Site,
    env: Vec<(String, String)>,
}

impl Docker {
    /// Nothing is asked of the host yet.
    ///
    /// # Errors
    /// `DOCKER_HOST` is no address, or a variable of `--docker-env` is not set.
    pub fn new(
        args: DockerArgs,
        site: Site,
        variable: impl Fn(&str) -> Result<String, std::env::VarError>,
    ) -> Result<Self, String> {
        let own = variable("DOCKER_HOST").ok().filter(|text| !text.is_empty());
        let host = match (&args.host, own) {
            (Some(host), _) => host.clone(),
            (None, Some(text)) => args::host(&text).map_err(|error| format!("DOCKER_HOST: {error}"))?,
            (None, None) => Host::default(),
        };
        let value = |name: &String| match variable(name) {
            Ok(value) => Ok((name.clone(), value)),
            Err(error) => Err(format!("--docker-env {name}: {error}; set it for the launcher")),
        };
        let env = args.env.iter().map(value).collect::<Result<_, _>>()?;
        Ok(Self { host, args, site, env })
    }

    /// One connection a call, so a daemon that was restarted is found again. The library names no version in its requests: the Engine answers
    /// in its newest, and what is used here has been the same since 1.41 (Docker 20.10).
    fn client(&self) -> Result<bollard::Docker, Error> {
        match &self.host {
            Host::Unix(path) => bollard::Docker::connect_with_unix(path, TIME_LIMIT_S, API_DEFAULT_VERSION),
            Host::Tcp(address) => bollard::Docker::connect_with_http(address, TIME_LIMIT_S, API_DEFAULT_VERSION),
        }
    }

    fn words(&self, error: Error) -> String {
        match error {
            Error::DockerResponseServerError { status_code, message } => {
                format!("the Docker host says {status_code}: {}", message.trim())
            }
            other => {
                let cause = anyhow::Error::from(other);
                format!("the Docker host {} does not answer: {cause:#}; is it running? see --docker-host", self.host)
            }
        }
    }

    fn unavailable(&self, error: Error) -> Unavailable {
        Unavailable(self.words(error))
    }

    /// Only what the Engine itself refuses is for good.
    fn refused(&self, error: Error) -> StartError {
        let status = status(&error);
        let words = self.words(error);
        match status {
            Some(400..=499) => StartError::Refused(words),
            _ => StartError::Unknown(words),
        }
    }

    fn no_image(&self, image: &str) -> StartError {
        StartError::Refused(format!(
            "the Docker host {} has no image {image}: build or pull {} there, or name another one by --docker-image",
            self.host, self.args.image
        ))
    }

    async fn inspect(&self, task: &str) -> Result<Option<ContainerInspectResponse>, Error> {
        found(self.client()?.inspect_container(task, None::<InspectContainerOptions>).await)
    }

    async fn containers(&self, states: &[&str], started_by: Option<&str>) -> Result<Vec<ContainerSummary>, Error> {
        let launcher = format!("{LAUNCHER}={}", self.site.launcher);
        let labels = [Some(launcher), started_by.map(|by| format!("{STARTED_BY}={by}"))];
        let filters = HashMap::from([
            ("label".to_owned(), labels.into_iter().flatten().collect()),
            ("status".to_owned(), states.iter().map(ToString::to_string).collect()),
        ]);
        let options = ListContainersOptions { all: true, filters: Some(filters), ..Default::default() };
        self.client()?.list_containers(Some(options)).await
    }

    /// Makes the container; none is made when it is there.
    async fn create(&self, launch: &Launch) -> Result<(), StartError> {
        let shares = container::shares(&launch.args, self.site.results.as_deref());
        let mut user = None;
        for share in shares.iter().filter(|share| share.is_out) {
            let path = share.path.display();
            let made = tokio::fs::create_dir_all(&share.path).await;
            let meta = match made {
                Ok(()) => tokio::fs::metadata(&share.path).await,
                Err(error) => Err(error),
            };
            let meta = meta.map_err(|error| StartError::Refused(format!("cannot make the folder {path}: {error}")))?;
            user = Some(format!("{}:{}", meta.uid(), meta.gid()));
        }
        let body = container::body(launch, &self.args, &shares, (&self.site.launcher, user), &self.env);
        let image = body.image.clone().unwrap_or_default();
        let body = bollard::models::ContainerCreateBody {
            stop_timeout: Some(self.site.grace.as_secs() as i64), // for those who stop it by hand
            ..body
        };
        let options = CreateContainerOptions { name: Some(name(&launch.token)), ..Default::default() };
        let made = match self.client() {
            Ok(client) => client.create_container(Some(options), body).await,
            Err(error) => Err(error),
        };
        match made {
            Ok(_) => Ok(()),
            Err(error) if status(&error) == Some(409) => Ok(()),
            Err(error) if status(&error) == Some(404) => Err(self.no_image(&image)),
            Err(error) => Err(self.refused(error)),
        }
    }

    /// Begins it, if it never was: one that has ended must not run again.
    async fn begin(&self, task: &str) -> Result<(), StartError> {
        let unknown = |error| StartError::Unknown(self.words(error));
        if self.is_decided(task).await.map_err(unknown)? {
            return Ok(());
        }
        let begun = self.client().map_err(unknown)?.start_container(task, None::<StartContainerOptions>).await;
        match begun {
            // Its news say why it does not run.
            Err(error) if status(&error).is_some() && self.is_decided(task).await.map_err(unknown)? => {
                tracing::warn!(task, "{}", self.words(error));
                Ok(())
            }
            other => other.map_err(unknown),
        }
    }

    /// It runs, or ran, or was tried in vain; not when it was only made, or its name was only taken for it yet.
    async fn is_decided(&self, task: &str) -> Result<bool, Error> {
        let state = self.inspect(task).await?.and_then(|container| container.state);
        Ok(state.is_some_and(|state| !read::never_ran(&state) || state.error.is_some_and(|error| !error.is_empty())))
    }

    async fn remove(&self, task: &str) -> Result<(), Error> {
        let options = RemoveContainerOptions { force: true, v: true, link: false };
        found(self.client()?.remove_container(task, Some(options)).await).map(|_| ())
    }

    /// Removes containers that ended long ago. A container that cannot be removed now is tried again the next time.
    async fn tidy(&self) -> Result<(), Error> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let before_ms = now.as_millis() as i64 - self.site.keep_days * DAY_MS;
        for summary in self.containers(&ENDED, None).await? {
            // It ended after it was made: most are not asked about.
            let old = summary.created.is_some_and(|created_s| created_s * 1_000 <= before_ms);
            let Some(id) = summary.id.filter(|_| old) else { continue };
            let state = self.inspect(&id).await?.and_then(|container| container.state);
            let ended_ms = state.and_then(|state| read::ms(state.finished_at.as_ref()));
            if ended_ms.is_some_and(|ended_ms| ended_ms <= before_ms) {
                self.remove(&id).await?;
                tracing::info!(container = id, "ended long ago and was removed");
            }
        }
        Ok(())
    }
}

/// Task and name of the container of a token.
fn name(token: &str) -> String {
    format!("quietway-{token}")
}

/// Status of an answer; none when there was none.
fn status(error: &Error) -> Option<u16> {
    match error {
        Error::DockerResponseServerError { status_code, .. } => Some(*status_code),
        _ => None,
    }
}

/// None for what is not there.
fn found<T>(answer: Result<T, Error>) -> Result<Option<T>, Error> {
    match answer {
        Ok(value) => Ok(Some(value)),
        Err(error) if status(&error) == Some(404) => Ok(None),
        Err(error) => Err(error),
    }
}

fn listed(summary: ContainerSummary) -> Option<Listed> {
    let started_by = summary.labels?.remove(STARTED_BY)?;
    let task = summary.names?.into_iter().next()?.trim_start_matches('/').to_owned();
    Some(Listed { task, started_by, created_ms: summary.created? * 1_000 })
}

#[async_trait]
impl Runner for Docker {
    fn name(&self) -> &'static str {
        "docker"
    }

    async fn freeze(&self, _launch: &Launch) -> Result<BTreeMap<String, String>, StartError> {
        let image = match self.client() {
            Ok(client) => client.inspect_image(&self.args.image).await,
            Err(error) => Err(error),
        };
        let image = found(image).map_err(|error| self.refused(error))?;
        let id = image.and_then(|image| image.id).ok_or_else(|| self.no_image(&self.args.image))?;
        Ok(BTreeMap::from([(IMAGE.to_owned(), id)]))
    }

    async fn start(&self, launch: &Launch) -> Result<String, StartError> {
        let task = name(&launch.token);
        self.create(launch).await?;
        self.begin(&task).await?;
        Ok(task)
    }

    async fn find(&self, started_by: &str) -> Result<Vec<String>, Unavailable> {
        let found = self.containers(&LIVE, Some(started_by)).await.map_err(|error| self.unavailable(error))?;
        Ok(found.into_iter().filter_map(listed).map(|row| row.task).collect())
    }

    async fn find_ended(&self, started_by: &str) -> Result<Vec<String>, Unavailable> {
        let found = self.containers(&ENDED, Some(started_by)).await.map_err(|error| self.unavailable(error))?;
        Ok(found.into_iter().filter_map(listed).map(|row| row.task).collect())
    }

    async fn observe(&self, tasks: &[String]) -> Result<Vec<News>, Unavailable> {
        let asked = tasks.iter().map(|task| async move {
            let container = self.inspect(task).await.map_err(|error| self.unavailable(error))?;
            Ok(container.map_or(News::Missing, |container| read::news(&container, self.site.prices)))
        });
        let asked: Vec<_> = asked.collect();
        futures_util::stream::iter(asked).buffered(AT_ONCE).try_collect().await
    }

    /// The grace is the Engine's to keep: it goes on when this launcher ends.
    async fn stop(&self, task: &str, _reason: &str) -> Result<(), Unavailable> {
        let unavailable = |error| self.unavailable(error);
        let container = self.inspect(task).await.map_err(unavailable)?;
        let Some(state) = container.and_then(|container| container.state) else { return Ok(()) };
        if read::never_ran(&state) {
            return self.remove(task).await.map_err(unavailable);
        }
        if state.running != Some(true) {
            return Ok(());
        }
        let (grace, task) = (self.site.grace, task.to_owned());
        let client = self.client().map_err(unavailable)?.with_timeout(grace + Duration::from_secs(TIME_LIMIT_S));
        let stopping = tokio::spawn(async move {
            let options = StopContainerOptions { t: Some(grace.as_secs() as i32), signal: None };
            found(client.stop_container(&task, Some(options)).await)
        });
        match tokio::time::timeout(STOP_ANSWER, stopping).await {
            Err(_) | Ok(Ok(Ok(_))) => Ok(()),
            Ok(Ok(Err(error))) => Err(self.unavailable(error)),
            Ok(Err(error)) => Err(Unavailable(error.to_string())),
        }
    }

    async fn list(&self) -> Result<Vec<Listed>, Unavailable> {
        let live = self.containers(&LIVE, None).await.map_err(|error| self.unavailable(error))?;
        if let Err(error) = self.tidy().await {
            tracing::warn!("{}; old containers stay until the next time", self.words(error));
        }
        Ok(live.into_iter().filter_map(listed).collect())
    }

    async fn logs(&self, task: &str, lines: usize) -> Result<Vec<String>, Unavailable> {
        let client = self.client().map_err(|error| self.unavailable(error))?;
        let options = LogsOptions { stdout: true, stderr: true, tail: lines.to_string(), ..Default::default() };
        let chunks: Result<Vec<_>, _> =
            client.logs(task, Some(options)).map_ok(|chunk| chunk.into_bytes()).try_collect().await;
        let chunks = found(chunks).map_err(|error| self.unavailable(error))?.unwrap_or_default();
        let bytes = chunks.concat();
        let text = String::from_utf8_lossy(&bytes);
        let all: Vec<_> = text.lines().collect();
        Ok(all[all.len().saturating_sub(lines)..].iter().map(ToString::to_string).collect())
    }

    async fn ready(&self) -> Result<(), Unavailable> {
        let image = match self.client() {
            Ok(client) => client.inspect_image(&self.args.image).await,
            Err(error) => Err(error),
        };
        match found(image).map_err(|error| self.unavailable(error))? {
            Some(_) => Ok(()),
            None => Err(Unavailable(self.no_image(&self.args.image).to_string())),
        }
    }
}
