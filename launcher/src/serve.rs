//! # Serve — puts the parts together and keeps them going until told to end
//! In:   configuration, a listener         Out:  the service

use crate::api::{self, App};
use crate::aws;
use crate::clock::Clock;
use crate::config::{RunnerKind, ServeArgs};
use crate::driver::{Driver, Parts};
use crate::metrics::Metrics;
use crate::objects::{Folder, Objects, S3};
use crate::queue::Queue;
use crate::runner::Runner;
use crate::runner::ecs::Ecs;
use crate::runner::fake::Fake;
use crate::runner::process::Processes;
use crate::secret::Secret;
use crate::store::Sql;
use crate::upkeep::Upkeep;
use crate::webhook::Caller;
use anyhow::{Context, Result, anyhow, ensure};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::watch;

/// How often orphans and leftovers are looked for.
const UPKEEP_EVERY: Duration = Duration::from_secs(60);

/// How often calls to clients are looked for.
const CALLS_EVERY: Duration = Duration::from_secs(1);

/// A launcher, ready to serve.
pub struct Launcher {
    /// What handlers work with.
    pub app: App,
    caller: Caller,
    upkeep: Upkeep,
    queue: Option<Queue>,
    end: watch::Sender<bool>,
}

impl Launcher {
    /// Opens the database, the folder and the runner.
    ///
    /// # Errors
    /// One of them cannot be opened; the sentence says which.
    pub async fn open(args: &ServeArgs, public_url: String) -> Result<Self> {
        let folder = &args.data.data;
        std::fs::create_dir_all(folder).with_context(|| format!("cannot make the folder {}", folder.display()))?;
        let store =
            Sql::open(&args.data.url(), args.connections).await.context("cannot open the database; see --database")?;
        let secret = secret(args, store.is_shared())?;
        let objects = objects(args).await?;
        let (runner, metrics) = (runner(args).await?, Arc::new(Metrics::default()));
        let (clock, settings) = (Clock::System, args.settings());
        let rules = settings.rules.clone();
        let parts = Parts {
            store: Arc::new(store.clone()),
            runner: runner.clone(),
            objects: objects.clone(),
            clock: clock.clone(),
            secret: secret.clone(),
            metrics: metrics.clone(),
        };
        let driver = Arc::new(Driver::new(parts, settings));
        let (end, ended) = watch::channel(false);
        let upkeep = Upkeep {
            store: store.clone(),
            objects: objects.clone(),
            driver: driver.clone(),
            clock: clock.clone(),
            keep: args.kept(),
        };
        let queue = match args.runner {
            RunnerKind::Ecs => Queue::new(&aws::config().await, &args.ecs, driver.clone(), metrics.clone()),
            _ => None,
        };
        let caller = Caller {
            store: store.clone(),
            secret: secret.clone(),
            clock: clock.clone(),
            private: args.private_webhooks,
        };
        let app = App {
            store,
            objects,
            runner,
            driver,
            secret,
            clock,
            metrics,
            limits: args.client_limits(),
            rules,
            public_url: Some(public_url),
            task_args: args.task_args.clone(),
            private_webhooks: args.private_webhooks,
            rates: Arc::default(),
            end: ended,
        };
        Ok(Self { app, caller, upkeep, queue, end })
    }

    /// Serves until `stop` comes; then ends what is under way. Tasks go on without it.
    ///
    /// # Errors
    /// The listener fails.
    pub async fn serve(self, listener: TcpListener, stop: impl Future<Output = ()> + Send + 'static) -> Result<()> {
        let Self { app, caller, upkeep, queue, end } = self;
        let ended = app.end.clone();
        let driving = {
            let (driver, ended) = (app.driver.clone(), ended.clone());
            tokio::spawn(async move { driver.drive(ended).await })
        };
        let calling = tokio::spawn(again(ended.clone(), CALLS_EVERY, move || {
            let caller = caller.clone();
            async move { caller.call_all().await.map(|_| ()).map_err(|error| error.to_string()) }
        }));
        let upkeep = Arc::new(upkeep);
        let listening = {
            let ended = ended.clone();
            tokio::spawn(async move {
                if let Some(queue) = queue {
                    queue.listen(ended).await;
                }
            })
        };
        let tidying = tokio::spawn(again(ended, UPKEEP_EVERY, move || {
            let upkeep = upkeep.clone();
            async move { upkeep.round().await.map_err(|error| error.to_string()) }
        }));
        let stop = async move {
            stop.await;
            tracing::info!("ending: no new requests, what is under way is finished");
            end.send_replace(true);
        };
        let served = axum::serve(listener, api::router(app)).with_graceful_shutdown(stop).await;
        for task in [driving, calling, listening, tidying] {
            drop(task.await); // a panic in one of them has been printed
        }
        served.context("the listener failed")
    }
}

/// Does something now and then, until the end.
async fn again<F: Future<Output = Result<(), String>>>(
    mut end: watch::Receiver<bool>,
    every: Duration,
    work: impl Fn() -> F,
) {
    while !*end.borrow() {
        if let Err(error) = work().await {
            tracing::warn!("{error}; it will be tried again");
        }
        tokio::select! {
            () = tokio::time::sleep(every) => {}
            _ = end.changed() => {}
        }
    }
}

fn secret(args: &ServeArgs, shared: bool) -> Result<Secret> {
    let secret = match &args.secret {
        Some(text) => Secret::new(text),
        None if shared => {
            Err("several launchers may share this database: give all the same --secret (QUIETWAY_LAUNCHER_SECRET)"
                .into())
        }
        None => Secret::of_file(&args.data.data.join("secret")),
    };
    secret.map_err(|error| anyhow!(error))
}

/// A bucket, or a folder.
async fn objects(args: &ServeArgs) -> Result<Arc<dyn Objects>> {
    let bucket = args.results.as_ref().is_some_and(|place| place.starts_with("s3://"));
    ensure!(
        bucket || args.results_endpoint.is_none(),
        "--results-endpoint is for results in a bucket: --results s3://…"
    );
    if let Some(address) = args.results.as_ref().filter(|place| place.starts_with("s3://")) {
        let endpoint = args.results_endpoint.as_ref();
        return Ok(Arc::new(S3::new(&aws::config().await, address, endpoint).map_err(|error| anyhow!(error))?));
    }
    let folder = args.results.as_ref().map_or_else(|| args.data.data.join("results"), PathBuf::from);
    Ok(Arc::new(Folder::new(&folder).with_context(|| format!("cannot make the folder {}", folder.display()))?))
}

async fn runner(args: &ServeArgs) -> Result<Arc<dyn Runner>> {
    Ok(match args.runner {
        RunnerKind::Fake => Arc::new(Fake::default()),
        RunnerKind::Ecs => {
            let in_bucket = args.results.as_ref().is_some_and(|place| place.starts_with("s3://"));
            ensure!(in_bucket, "tasks on ECS need results in a bucket: --results s3://bucket/prefix");
            args.ecs.check().map_err(|error| anyhow!(error))?;
            let config = aws::config().await;
            let ecs = Ecs::new(aws_sdk_ecs::Client::new(&config), args.ecs.clone());
            Arc::new(ecs.with_logs(aws_sdk_cloudwatchlogs::Client::new(&config)))
        }
        RunnerKind::Process => {
            let folder = args.data.data.join("tasks");
            let grace = Duration::from_secs(args.driver.grace);
            let program = args.program.clone().unwrap_or_else(program);
            Arc::new(Processes::new(folder, program, grace).context("cannot make the folder of tasks")?)
        }
    })
}

/// The analysis beside this program, else on the path.
fn program() -> PathBuf {
    let beside = std::env::current_exe().ok().map(|own| own.with_file_name("quietway"));
    beside.filter(|path| path.is_file()).unwrap_or_else(|| "quietway".into())
}
