//! The launcher of a story: the real driver and store, a platform that does what the story says.

use super::oracle::Books;
use super::{End, Expect, Interrupt, ORGS, Plan, Step, Submit};
use crate::driver::world::{Kill, World};
use crate::driver::{Driver, Settings};
use crate::run::Run;
use crate::runner::fake::{Answer, Fake};
use crate::runner::{Launch, Listed, News, Runner, StartError, Unavailable};
use crate::state::{At, Cause, Input, apply};
use crate::store::accounts::Filter;
use crate::store::{Idempotency, Memory, RunStore, Sql, Submission};
use async_trait::async_trait;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use tokio::runtime::{Builder, Runtime};

/// Where the runs are.
#[derive(Clone)]
pub enum Store {
    Memory(Arc<Memory>),
    Sql(Sql, #[expect(dead_code, reason = "the folder goes when the last one does")] Arc<tempfile::TempDir>),
}

impl Store {
    pub fn runs(&self) -> Arc<dyn RunStore> {
        match self {
            Self::Memory(memory) => memory.clone(),
            Self::Sql(sql, _) => Arc::new(sql.clone()),
        }
    }

    /// All runs of an organisation.
    pub async fn of_org(&self, org: &str) -> Vec<Run> {
        match self {
            Self::Memory(memory) => memory.runs().into_iter().filter(|run| run.org == org).collect(),
            Self::Sql(sql, _) => sql.list(org, &Filter { limit: 1_000, ..Filter::default() }).await.unwrap(),
        }
    }

    async fn delete_org(&self, org: &str, now_ms: i64) {
        match self {
            Self::Memory(memory) => drop(memory.delete_org(org, now_ms)),
            Self::Sql(sql, _) => drop(sql.delete_org(org, now_ms).await.unwrap()),
        }
    }

    async fn forget_org(&self, org: &str) -> bool {
        match self {
            Self::Memory(memory) => memory.forget_org(org),
            Self::Sql(sql, _) => sql.forget_org(org).await.unwrap(),
        }
    }
}

/// The platform, and what was asked of it.
#[derive(Default)]
pub struct Watched {
    pub fake: Fake,
    /// What each token was used for.
    pub launches: Mutex<BTreeMap<String, Launch>>,
    /// The next news are old.
    pub old_news: AtomicBool,
}

#[async_trait]
impl Runner for Watched {
    fn name(&self) -> &'static str {
        "watched"
    }
    async fn start(&self, launch: &Launch) -> Result<String, StartError> {
        let first = self.launches.lock().unwrap().entry(launch.token.clone()).or_insert_with(|| launch.clone()).clone();
        assert_eq!(first, *launch, "a token was used for two requests");
        self.fake.start(launch).await
    }
    async fn find(&self, started_by: &str) -> Result<Vec<String>, Unavailable> {
        self.fake.find(started_by).await
    }
    async fn find_ended(&self, started_by: &str) -> Result<Vec<String>, Unavailable> {
        self.fake.find_ended(started_by).await
    }
    async fn observe(&self, tasks: &[String]) -> Result<Vec<News>, Unavailable> {
        let news = self.fake.observe(tasks).await?;
        let old = self.old_news.swap(false, SeqCst);
        let told = |news| if old && news != News::Missing { News::Pending { version: 1 } } else { news };
        Ok(news.into_iter().map(told).collect())
    }
    async fn stop(&self, task: &str, reason: &str) -> Result<(), Unavailable> {
        self.fake.stop(task, reason).await
    }
    async fn list(&self) -> Result<Vec<Listed>, Unavailable> {
        self.fake.list().await
    }
    async fn logs(&self, task: &str, lines: usize) -> Result<Vec<String>, Unavailable> {
        self.fake.logs(task, lines).await
    }
}

/// What outlives a launcher, with the books that the tests keep of it.
pub struct Outside {
    pub world: World,
    pub store: Store,
    pub platform: Arc<Watched>,
    pub books: Mutex<Books>,
    submitted: AtomicUsize,
}

pub struct System {
    pub runtime: Runtime,
    pub outside: Arc<Outside>,
    driver: Driver,
    kill: Arc<Kill>,
}

impl System {
    pub fn new(plan: &Plan, open: fn(&Runtime) -> Store) -> Self {
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        let store = open(&runtime);
        let mut settings = Settings { poll_ms: 1_000, verify_hashes: true, ..Settings::default() };
        settings.tasks_max = plan.one_task.then_some(1);
        (settings.rules.start_limit_ms, settings.rules.run_limit_ms) = (120_000, 900_000);
        if plan.waits_for_ever {
            settings.rules.stop_wait_ms = None;
        }
        let world = World::with(settings);
        world.fake.platform().lag_ms = plan.lag_ms;
        let platform = Arc::new(Watched { fake: world.fake.clone(), ..Watched::default() });
        for org in ORGS {
            runtime.block_on(store.runs().add_org(org, 1)).unwrap();
        }
        let (books, submitted) = Default::default();
        let outside = Arc::new(Outside { world, store, platform, books, submitted });
        let (driver, kill) = outside.launcher();
        Self { runtime, outside, driver, kill }
    }

    pub fn take(&mut self, step: Step) {
        let outside = self.outside.clone();
        match step {
            Step::Tick(interrupt) => self.tick(interrupt),
            Step::Seconds(seconds) => outside.world.turn(seconds * 1_000),
            Step::OldNews => outside.platform.old_news.store(true, SeqCst),
            Step::Answer(answer) => {
                let lost = matches!(answer, Answer::LostReply | Answer::LostRequest);
                outside.books.lock().unwrap().repeats += usize::from(lost);
                outside.world.fake.platform().script.push_back(answer);
            }
            Step::Begins(nth) => outside.nth_task(nth).iter().for_each(|id| outside.world.fake.run(id)),
            Step::Ends(nth, end) => {
                if let Some(id) = outside.nth_task(nth) {
                    self.runtime.block_on(outside.end(&id, end));
                }
            }
            Step::Finish(nth, point, interrupt) => {
                if let Some(id) = outside.nth_task(nth) {
                    outside.world.fake.run(&id);
                    self.tick(None);
                    self.runtime.block_on(outside.end(&id, End::Code { code: 0, results: true }));
                }
                self.tick(Some((point, interrupt)));
            }
            Step::Sweep => self.runtime.block_on(self.upkeep()),
            Step::Submit(submit) => self.runtime.block_on(outside.submit(submit)),
            Step::Cancel(org) => self.runtime.block_on(outside.wish(org, Input::Cancel)),
            Step::Progress(org) => self.runtime.block_on(outside.progress(org)),
            // The launcher that was asked dies before it has cancelled anything: upkeep of another does it.
            Step::Delete(org) => self.runtime.block_on(outside.store.delete_org(ORGS[org], outside.world.now())),
        }
    }

    fn tick(&mut self, interrupt: Option<(usize, Interrupt)>) {
        let outside = self.outside.clone();
        self.kill.passed.store(0, SeqCst);
        if let Some((point, interrupt)) = interrupt {
            let then = outside.clone();
            let meanwhile: crate::driver::world::Meanwhile = match interrupt {
                Interrupt::Death => Box::pin(async {}),
                Interrupt::Submit(submit) => Box::pin(async move { then.submit(submit).await }),
                Interrupt::Cancel(org) => Box::pin(async move { then.wish(org, Input::Cancel).await }),
                Interrupt::Progress(org) => Box::pin(async move { then.progress(org).await }),
            };
            let dies = matches!(interrupt, Interrupt::Death);
            self.kill.at.store(if dies { point } else { 0 }, SeqCst);
            *self.kill.meanwhile.lock().unwrap() = Some((point, meanwhile));
        }
        drop(self.runtime.block_on(self.driver.tick()));
        if self.kill.dead.load(SeqCst) {
            outside.books.lock().unwrap().repeats += 1;
        }
        // A new launcher each time: nothing may depend on what one remembers.
        (self.driver, self.kill) = outside.launcher();
        outside.world.turn(1_000);
    }

    async fn upkeep(&self) {
        drop(self.driver.sweep().await);
        for org in ORGS {
            let row = self.outside.store.runs().org(org).await.unwrap();
            if row.is_some_and(|row| row.deleted_ms.is_some()) && self.driver.end_all(org, "upkeep").await.unwrap() {
                self.outside.store.forget_org(org).await;
            }
        }
    }

    /// Nobody asks for anything any more, and the platform does what it should; tasks that nobody wants run until they are stopped.
    pub fn settle(&mut self) {
        let outside = self.outside.clone();
        outside.world.fake.platform().script.clear();
        for second in 0..3_000 {
            self.tick(None);
            self.runtime.block_on(async {
                outside.platform_does_its_work().await;
                if second % 60 == 0 {
                    self.upkeep().await;
                }
            });
            if second % 60 == 0 && self.runtime.block_on(outside.is_at_rest()) {
                return;
            }
        }
        let stuck = self.runtime.block_on(outside.active());
        panic!("it does not come to rest: {stuck:#?}");
    }
}

impl Outside {
    fn launcher(&self) -> (Driver, Arc<Kill>) {
        let kill = Arc::new(Kill::default());
        (self.world.launcher_of(self.store.runs(), self.platform.clone(), &self.world.now_ms, &kill), kill)
    }

    pub async fn runs(&self) -> Vec<Run> {
        let mut all = Vec::new();
        for org in ORGS {
            all.extend(self.store.of_org(org).await);
        }
        all
    }

    pub async fn active(&self) -> Vec<Run> {
        self.runs().await.into_iter().filter(|run| !run.state.is_final()).collect()
    }

    async fn is_at_rest(&self) -> bool {
        let alive = self.world.fake.platform().tasks.values().any(|task| task.is_alive());
        let mut deleted = 0;
        for org in ORGS {
            let row = self.store.runs().org(org).await.unwrap();
            deleted += usize::from(row.is_some_and(|row| row.deleted_ms.is_some()));
        }
        !alive && deleted == 0 && self.active().await.is_empty()
    }

    fn nth_task(&self, nth: usize) -> Option<String> {
        let platform = self.world.fake.platform();
        let mut alive: Vec<_> = platform.tasks.iter().filter(|(_, task)| task.is_alive()).collect();
        alive.sort_by_key(|(_, task)| std::cmp::Reverse(task.created_ms));
        let count = alive.len().max(1);
        alive.get(nth % count).map(|(id, _)| (*id).clone())
    }

    async fn submit(&self, submit: Submit) {
        let org = ORGS[submit.org];
        let nth = self.submitted.fetch_add(1, SeqCst);
        let row = self.store.runs().org(org).await.unwrap();
        let mut current = None;
        if let Some(id) = row.as_ref().and_then(|row| row.current_run.as_ref()) {
            current = self.store.runs().run(id).await.unwrap();
        }
        let active = current.as_ref().filter(|run| !run.state.is_final()).map(|run| run.id.clone());
        let now_ms = self.world.now();
        let submission = Submission {
            run: Run { actor: "key".into(), ..Run::new(format!("r{nth}"), org.into(), 0, now_ms) },
            reject_if_active: submit.reject,
            expected_current: match submit.expect {
                Expect::Any => None,
                Expect::Current => Some(active),
                Expect::None => Some(None),
                Expect::Another => Some(Some("another".into())),
            },
            idempotency: submit.key.map(|(key, body)| Idempotency {
                key: format!("k{key}"),
                fingerprint: body.to_string(),
                expires_ms: i64::MAX,
            }),
            hourly_limit: None,
        };
        let answer = self.store.runs().submit(&submission, &self.world.settings.rules).await;
        let after = self.store.runs().org(org).await.unwrap();
        self.books.lock().unwrap().submitted(&submission, current.as_ref(), row, answer, after);
    }

    /// Of the newest run that has not ended, whoever else changes it.
    async fn wish(&self, org: usize, input: Input) {
        loop {
            let active = self.store.of_org(ORGS[org]).await.into_iter().filter(|run| !run.state.is_final());
            let Some(run) = active.max_by_key(|run| run.generation) else { return };
            let at = At { now_ms: self.world.now(), actor: "key" };
            let Some(step) = apply(&run, input.clone(), at, &self.world.settings.rules) else { return };
            if self.store.runs().save(&step, 0).await.unwrap() {
                return;
            }
        }
    }

    async fn progress(&self, org: usize) {
        self.wish(org, Input::Progress { stage: Some("import".into()), fraction: 0.5 }).await;
    }

    /// Complete results of the attempt that a task belongs to.
    async fn results(&self, task: &str) {
        let started_by = self.world.fake.platform().tasks[task].started_by.clone();
        let (run, attempt) = crate::run::parse_started_by(&started_by).unwrap();
        if self.store.runs().run(run).await.unwrap().is_some_and(|run| run.attempt == attempt) {
            self.world.results_of(&self.store.runs().run(run).await.unwrap().unwrap()).await;
        }
    }

    async fn end(&self, task: &str, end: End) {
        let fake = &self.world.fake;
        if matches!(end, End::Code { results: true, .. } | End::Gone { results: true }) {
            self.results(task).await;
        }
        match end {
            End::Code { code, .. } => fake.end(task, Cause::Exited, Some(code)),
            End::OutOfMemory => fake.end(task, Cause::OutOfMemory, Some(137)),
            End::NotStarted => fake.end(task, Cause::NotStarted, None),
            End::Interrupted => fake.end(task, Cause::Interrupted, Some(143)),
            End::Gone { .. } => drop(fake.platform().tasks.remove(task)),
        }
    }

    async fn platform_does_its_work(&self) {
        let tasks = self.world.fake.platform().tasks.clone();
        for (id, task) in tasks.iter().filter(|(_, task)| task.is_alive()) {
            let (run, attempt) = crate::run::parse_started_by(&task.started_by).unwrap();
            let run = self.store.runs().run(run).await.unwrap();
            let wanted = run.is_some_and(|run| run.attempt == attempt && run.may_exist && run.ending.is_none());
            match (task.stop_asked, wanted, &task.news) {
                (true, ..) => self.world.fake.end(id, Cause::Exited, Some(143)),
                (_, _, News::Pending { .. }) => self.world.fake.run(id),
                (_, true, _) => self.end(id, End::Code { code: 0, results: true }).await,
                _ => {}
            }
        }
    }
}
