//! # Driver — brings what is into line with what shall be
//! In:   runs that are due                 Out:  calls to the runner, saved steps
//! Touches: the store, the runner, the objects     Does not know: HTTP, which of each it has
//!
//! Level-triggered: it looks at a run as it is, does the next thing, and writes down what came of it. Every act may be repeated, so a crash
//! at any point is harmless: the run falls due again. What the next thing is, is decided in [`plan`], in memory only.

mod hear;
#[cfg(test)]
mod kill_points;
mod limiter;
#[cfg(test)]
mod model;
pub mod plan;
#[cfg(test)]
mod simulation;
mod sweep;
#[cfg(test)]
pub(crate) mod world;

pub use hear::Heard;

use crate::clock::Clock;
use crate::database::DatabaseError;
use crate::metrics::Metrics;
use crate::objects::verify::verify;
use crate::objects::{ObjectError, Objects};
use crate::run::{Run, WaitingFor};
use crate::runner::{Launch, News, Runner, StartError, Unavailable, env, launch};
use crate::secret::{Hidden, Secret};
use crate::state::{At, Input, Rules, Step, Stopped, Verdict, apply, judge};
use crate::store::{RunStore, StoreError};
use futures_util::StreamExt;
use limiter::Limiter;
use plan::Action;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Notify, watch};

/// Runs looked at in one go.
const BATCH: i64 = 100;

/// Of them at once: a slow call holds up nobody.
const AT_ONCE: usize = 16;

/// Steps of one run in one go; more is a defect, and the run is left for the next time.
const STEPS_MAX: usize = 20;

/// How often a fact is tried to be written down when others write at the same time.
const SAVES_MAX: usize = 50;

/// Numbers of the driver, from the configuration.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Limits and patience.
    pub rules: Rules,
    /// How often a run with a task is looked at.
    pub poll_ms: i64,
    /// A run in somebody's hands is nobody else's for so long.
    pub lease_ms: i64,
    /// Tasks at once, over all organisations.
    pub tasks_max: Option<i64>,
    /// Start calls in a second.
    pub starts_per_second: f64,
    /// Whether contents are compared before they are published, not only sizes.
    pub verify_hashes: bool,
    /// Database that tasks publish to, told in their environment; none where the platform tells them.
    pub task_database: Option<Hidden>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            rules: Rules::default(),
            poll_ms: 5_000,
            lease_ms: 60_000,
            tasks_max: None,
            starts_per_second: 20.0,
            verify_hashes: false,
            task_database: None,
        }
    }
}

/// Why a step was not finished. It will be tried again.
#[derive(Debug, thiserror::Error)]
pub enum StepError {
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The result store.
    #[error(transparent)]
    Objects(#[from] ObjectError),
    /// The results' database.
    #[error(transparent)]
    Results(#[from] DatabaseError),
    /// The platform.
    #[error("the platform: {0}")]
    Runner(#[from] Unavailable),
}

/// What it works with.
#[derive(Clone)]
pub struct Parts {
    /// Runs.
    pub store: Arc<dyn RunStore>,
    /// Tasks.
    pub runner: Arc<dyn Runner>,
    /// Results.
    pub objects: Arc<dyn Objects>,
    /// Time.
    pub clock: Clock,
    /// Makes the tokens of tasks.
    pub secret: Secret,
    /// Counts.
    pub metrics: Arc<Metrics>,
}

/// The driver of one launcher.
pub struct Driver {
    parts: Parts,
    settings: Settings,
    starts: Limiter,
    nudged: Notify,
}

impl Driver {
    /// One that has not looked at anything yet.
    pub fn new(parts: Parts, settings: Settings) -> Self {
        let starts = Limiter::new(settings.starts_per_second);
        Self { parts, settings, starts, nudged: Notify::new() }
    }

    /// Something may be due now.
    pub fn nudge(&self) {
        self.nudged.notify_one();
    }

    /// Looks again and again, until told to end.
    pub async fn drive(&self, mut end: watch::Receiver<bool>) {
        let pause = Duration::from_millis(self.settings.poll_ms.clamp(50, 1_000) as u64);
        while !*end.borrow() {
            match self.tick().await {
                Ok(looked_at) if looked_at == BATCH as usize => continue,
                Ok(_) => {}
                Err(error) => self.trouble("tick", "", &error),
            }
            tokio::select! {
                () = self.nudged.notified() => {}
                () = tokio::time::sleep(pause) => {}
                _ = end.changed() => {}
            }
        }
    }

    /// Looks at what is due. All questions to the platform are one.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn tick(&self) -> Result<usize, StepError> {
        let runs = self.parts.store.claim(self.now_ms(), self.settings.lease_ms, BATCH).await?;
        let tasks: Vec<String> = runs.iter().filter(|run| run.may_exist).filter_map(|run| run.task.clone()).collect();
        let news = match tasks.is_empty() {
            true => Ok(Vec::new()),
            false => self.parts.runner.observe(&tasks).await,
        };
        if let Err(error) = &news {
            self.trouble("observe", "", error);
        }
        let news: std::collections::BTreeMap<String, News> = tasks.into_iter().zip(news.unwrap_or_default()).collect();
        let count = runs.len();
        let steps = runs.into_iter().map(|run| {
            let news = run.task.as_ref().and_then(|task| news.get(task)).cloned();
            self.look_at(run, news)
        });
        futures_util::stream::iter(steps).for_each_concurrent(AT_ONCE, |step| step).await;
        Ok(count)
    }

    async fn look_at(&self, run: Run, news: Option<News>) {
        let id = run.id.clone();
        if let Err(error) = self.walk(run, news).await {
            self.trouble("step", &id, &error);
            let again = self.now_ms() + self.settings.poll_ms;
            drop(self.parts.store.postpone(&id, again).await); // else the lease runs out
        }
    }

    fn trouble(&self, what: &'static str, run: &str, error: &dyn std::fmt::Display) {
        self.parts.metrics.count("quietway_driver_errors_total", what);
        tracing::warn!(what, run, "{error}; it will be tried again");
    }

    fn now_ms(&self) -> i64 {
        self.parts.clock.now_ms()
    }

    /// Does the next thing until there is nothing to do but wait.
    async fn walk(&self, mut run: Run, news: Option<News>) -> Result<(), StepError> {
        let asked_about = run.attempt;
        for _ in 0..STEPS_MAX {
            // The news are of the task of that attempt, not of the next one.
            let news = news.as_ref().filter(|_| run.attempt == asked_about);
            let action = plan::next(&run, news, self.now_ms(), &self.settings);
            let after = match action {
                Action::Nothing => return Ok(()),
                Action::Later(due_ms) => return Ok(self.parts.store.postpone(&run.id, due_ms).await?),
                Action::Take(input) => self.decide(&run, input).await?,
                Action::Admit => self.admit(&run).await?,
                Action::Call => self.call(&run).await?,
                Action::Find { otherwise } => self.find(&run, otherwise).await?,
                Action::Stop => self.stop(&run).await?,
                Action::Judge(stopped) => self.judge(&run, stopped).await?,
            };
            match after {
                Some(next) => run = next,
                None => return Ok(()),
            }
        }
        Ok(())
    }

    /// Writes a decision down, if the run is still the one it was made on.
    async fn decide(&self, run: &Run, input: Input) -> Result<Option<Run>, StepError> {
        let at = At { now_ms: self.now_ms(), actor: "driver" };
        let Some(step) = apply(run, input, at, &self.settings.rules) else {
            self.parts.store.postpone(&run.id, at.now_ms + self.settings.poll_ms).await?;
            return Ok(None);
        };
        let saved = self.parts.store.save(&step, self.due_ms(&step)).await?;
        Ok(saved.then(|| self.told(run, step)))
    }

    /// Writes down what the platform said of an attempt, whoever else changes the run meanwhile.
    async fn record(&self, run: &Run, fact: Input) -> Result<Option<Run>, StepError> {
        let mut run = run.clone();
        let attempt = run.attempt;
        for _ in 0..SAVES_MAX {
            let at = At { now_ms: self.now_ms(), actor: "driver" };
            let Some(step) = apply(&run, fact.clone(), at, &self.settings.rules) else { return Ok(None) };
            if self.parts.store.save(&step, self.due_ms(&step)).await? {
                return Ok(Some(self.told(&run, step)));
            }
            match self.parts.store.run(&run.id).await? {
                Some(now) if now.attempt == attempt => run = now,
                _ => return Ok(None),
            }
        }
        Ok(None)
    }

    fn due_ms(&self, step: &Step) -> i64 {
        if step.run.state.is_final() { i64::MAX } else { self.now_ms() + self.settings.poll_ms }
    }

    fn told(&self, before: &Run, step: Step) -> Run {
        let (run, event) = (step.run, step.event);
        tracing::info!(
            run = run.id,
            org = run.org,
            state = run.state.as_str(),
            version = run.version,
            "{}",
            event.cause
        );
        self.parts.metrics.moved(before, &run);
        if run.state.is_final() {
            self.nudge(); // the one that waits for it
        }
        run
    }

    /// Lets a waiting run start, if it may: the old one has stopped, there is room, and not too many start at once.
    async fn admit(&self, run: &Run) -> Result<Option<Run>, StepError> {
        let (now_ms, rules) = (self.now_ms(), &self.settings.rules);
        let older = self.parts.store.older_active(&run.org, run.generation).await?;
        let patience_ends = |old: &Run| match (rules.stop_wait_ms, old.stop_wanted_ms) {
            (Some(wait_ms), Some(since_ms)) => since_ms + wait_ms,
            _ => i64::MAX,
        };
        if let Some(until_ms) = older.iter().map(patience_ends).max().filter(|until_ms| *until_ms > now_ms) {
            return self.wait(run, WaitingFor::OldRun, until_ms).await;
        }
        let tasks = match self.settings.tasks_max {
            // Its own earlier attempt, that may exist after all, is not one more.
            Some(_) => self.parts.store.tasks().await? - i64::from(run.may_exist),
            None => 0,
        };
        if self.settings.tasks_max.is_some_and(|most| tasks >= most) || !self.starts.take(now_ms) {
            return self.wait(run, WaitingFor::Capacity, now_ms + 1_000).await;
        }
        let names: Vec<_> = older.iter().map(|old| old.id.as_str()).collect();
        let warning = (!names.is_empty()).then(|| format!("warning: {} has not stopped in time", names.join(", ")));
        self.decide(run, Input::Sending { warning }).await
    }

    async fn wait(&self, run: &Run, what: WaitingFor, until_ms: i64) -> Result<Option<Run>, StepError> {
        if run.waiting_for != Some(what) {
            return self.decide(run, Input::Wait(what)).await; // and comes here again
        }
        let soon_ms = self.now_ms() + self.settings.poll_ms;
        self.parts.store.postpone(&run.id, soon_ms.min(until_ms)).await?;
        Ok(None)
    }

    /// The request of the current attempt: the same each time.
    fn launch(&self, run: &Run) -> Launch {
        let mut launch = launch(run, &self.parts.secret.task_token(&run.id), &|key| self.parts.objects.place(key));
        let database = self.settings.task_database.iter().filter(|_| run.request.database);
        launch.env.extend(database.map(|url| (env::DATABASE_URL.to_owned(), url.0.clone())));
        launch
    }

    async fn call(&self, run: &Run) -> Result<Option<Run>, StepError> {
        let answer = self.parts.runner.start(&self.launch(run)).await;
        let outcome = match &answer {
            Ok(_) => "started",
            Err(StartError::NoCapacity(_)) => "no_capacity",
            Err(StartError::Refused(_)) => "refused",
            Err(StartError::Unknown(_)) => "unknown",
        };
        self.parts.metrics.count("quietway_starts_total", outcome);
        match answer {
            Ok(task) => self.record(run, Input::Started { task }).await,
            Err(StartError::NoCapacity(detail)) => self.record(run, Input::NoCapacity { detail }).await,
            Err(StartError::Refused(detail)) => self.record(run, Input::Refused { detail }).await,
            Err(StartError::Unknown(detail)) => {
                tracing::warn!(run = run.id, "start: {detail}; the same call will be made again");
                self.parts.store.postpone(&run.id, self.now_ms() + self.settings.poll_ms).await?;
                Ok(None)
            }
        }
    }

    /// A task of the current attempt that nobody told us of, or what to do when there is none.
    async fn find(&self, run: &Run, otherwise: plan::Otherwise) -> Result<Option<Run>, StepError> {
        let mut found = self.parts.runner.find(&run.started_by()).await?;
        if found.is_empty() && !matches!(otherwise, plan::Otherwise::Later(_)) {
            found = self.parts.runner.find_ended(&run.started_by()).await?;
        }
        match (found.into_iter().next(), otherwise) {
            (Some(task), _) => self.record(run, Input::Started { task }).await,
            (None, plan::Otherwise::Admit) => self.admit(run).await,
            (None, plan::Otherwise::Take(input)) => self.decide(run, input).await,
            (None, plan::Otherwise::Judge(stopped)) => self.judge(run, stopped).await,
            (None, plan::Otherwise::Later(due_ms)) => {
                self.parts.store.postpone(&run.id, due_ms).await?;
                Ok(None)
            }
        }
    }

    async fn stop(&self, run: &Run) -> Result<Option<Run>, StepError> {
        let Some(task) = &run.task else { return Ok(None) };
        let why = run.ending.map_or("", |ending| match ending {
            crate::run::Ending::Superseded => "superseded",
            crate::run::Ending::Cancelled => "cancelled",
            crate::run::Ending::StartTimeout => "start time limit",
            crate::run::Ending::TimeLimit => "time limit",
        });
        let answer = self.parts.runner.stop(task, &format!("quietway run {}: {why}", run.id)).await;
        self.parts.metrics.count("quietway_stops_total", if answer.is_ok() { "asked" } else { "no_answer" });
        answer?;
        self.record(run, Input::StopSent).await
    }

    /// A task has ended and its run is still wanted: the results decide, or the way it ended.
    async fn judge(&self, run: &Run, stopped: Stopped) -> Result<Option<Run>, StepError> {
        let Verdict::Verify { warning, vanished } = judge(&stopped) else {
            return self.decide(run, Input::Ended(stopped)).await;
        };
        match verify(&*self.parts.objects, run, self.settings.verify_hashes).await? {
            Ok(_) => self.publish(run, warning, stopped).await,
            Err(_) if vanished => self.decide(run, Input::Vanished(stopped)).await,
            Err(detail) => self.decide(run, Input::Incomplete { detail, stopped }).await,
        }
    }

    async fn publish(&self, run: &Run, warning: Option<String>, stopped: Stopped) -> Result<Option<Run>, StepError> {
        let at = At { now_ms: self.now_ms(), actor: "driver" };
        let input = Input::Publish { prefix: run.result_prefix(), warning, stopped };
        let Some(step) = apply(run, input, at, &self.settings.rules) else { return Ok(None) };
        if self.parts.store.publish(&step).await? {
            return Ok(Some(self.told(run, step)));
        }
        // Somebody changed it: superseded, or told of progress. It is looked at again.
        self.parts.store.postpone(&run.id, at.now_ms).await?;
        self.nudge();
        Ok(None)
    }
}
