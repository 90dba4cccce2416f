//! A launcher in memory, for tests: its clock stands still until it is turned, its platform does what it is told.

use super::{Driver, Parts, Settings};
use crate::clock::Clock;
use crate::metrics::Metrics;
use crate::objects::verify::sample;
use crate::objects::{Access, MemoryObjects, ObjectError, Objects};
use crate::run::{Event, Run};
use crate::runner::fake::Fake;
use crate::runner::{Launch, Listed, News, Runner, StartError, Unavailable};
use crate::secret::Secret;
use crate::state::{Cause, Rules, Step};
use crate::store::{Memory, Org, RunStore, StoreError, Submission, Submitted};
use async_trait::async_trait;
use std::collections::BTreeSet;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};

/// What others do while a launcher is between two calls.
pub type Meanwhile = Pin<Box<dyn Future<Output = ()> + Send>>;

/// The three parts of the outside; a launcher may be cut off from each.
#[derive(Clone, Copy, Debug)]
pub enum Part {
    Store,
    Platform,
    Objects,
}

/// Where a launcher dies: every call to the outside has a point before it and one after it, and nothing else is awaited.
#[derive(Default)]
pub struct Kill {
    /// Points passed.
    pub passed: AtomicUsize,
    /// The next point to die at; 0 = none.
    pub at: AtomicUsize,
    /// It is dead: no call has an effect any more.
    pub dead: AtomicBool,
    /// Whether others may run at every point.
    pub yields: AtomicBool,
    /// Calls made so far, by name.
    pub calls: Mutex<BTreeSet<&'static str>>,
    /// Parts that do not answer, by [`Part`]: before the call it is not made, after it the answer is lost.
    pub cut: [AtomicBool; 3],
    /// Held by whoever calls the outside, and by what happens meanwhile: its checks compare before and after.
    pub one_call: futures_util::lock::Mutex<()>,
    /// What happens at a point, once.
    pub meanwhile: Mutex<Option<(usize, Meanwhile)>>,
}

impl Kill {
    async fn point(&self, part: Part) -> bool {
        if self.yields.load(SeqCst) {
            let mut first = true;
            std::future::poll_fn(|context| match std::mem::take(&mut first) {
                true => {
                    context.waker().wake_by_ref(); // several steps are under way in one future
                    std::task::Poll::Pending
                }
                false => std::task::Poll::Ready(()),
            })
            .await;
        }
        let passed = self.passed.fetch_add(1, SeqCst) + 1;
        let due = self.meanwhile.lock().unwrap().take_if(|(at, _)| *at == passed);
        if let Some((_, meanwhile)) = due {
            let _alone = self.one_call.lock().await;
            meanwhile.await;
        }
        if passed == self.at.load(SeqCst) {
            self.dead.store(true, SeqCst);
        }
        !self.dead.load(SeqCst) && !self.cut[part as usize].load(SeqCst)
    }
}

/// A part of the outside as a launcher sees it that may die at any moment.
struct Mortal<T: ?Sized> {
    part: Arc<T>,
    which: Part,
    kill: Arc<Kill>,
}

macro_rules! mortal {
    ($self:ident, $dead:expr, $same:ident.part.$name:ident($($argument:expr),*)) => {{
        $self.kill.calls.lock().unwrap().insert(stringify!($name));
        if !$self.kill.point($self.which).await {
            return Err($dead);
        }
        let alone = $self.kill.one_call.lock().await;
        let answer = $self.part.$name($($argument),*).await;
        drop(alone);
        if !$self.kill.point($self.which).await {
            return Err($dead);
        }
        answer
    }};
}

fn dead_store() -> StoreError {
    StoreError::Unavailable("killed".into())
}

fn dead() -> Unavailable {
    Unavailable("killed".into())
}

fn dead_objects() -> ObjectError {
    ObjectError("killed".into())
}

#[async_trait]
impl RunStore for Mortal<dyn RunStore> {
    async fn add_org(&self, id: &str, now_ms: i64) -> Result<(), StoreError> {
        mortal!(self, dead_store(), self.part.add_org(id, now_ms))
    }
    async fn org(&self, id: &str) -> Result<Option<Org>, StoreError> {
        mortal!(self, dead_store(), self.part.org(id))
    }
    async fn submit(&self, submission: &Submission, rules: &Rules) -> Result<Submitted, StoreError> {
        mortal!(self, dead_store(), self.part.submit(submission, rules))
    }
    async fn run(&self, id: &str) -> Result<Option<Run>, StoreError> {
        mortal!(self, dead_store(), self.part.run(id))
    }
    async fn save(&self, step: &Step, due_ms: i64) -> Result<bool, StoreError> {
        mortal!(self, dead_store(), self.part.save(step, due_ms))
    }
    async fn publish(&self, step: &Step) -> Result<bool, StoreError> {
        mortal!(self, dead_store(), self.part.publish(step))
    }
    async fn claim(&self, now_ms: i64, lease_ms: i64, limit: i64) -> Result<Vec<Run>, StoreError> {
        mortal!(self, dead_store(), self.part.claim(now_ms, lease_ms, limit))
    }
    async fn postpone(&self, id: &str, due_ms: i64) -> Result<(), StoreError> {
        mortal!(self, dead_store(), self.part.postpone(id, due_ms))
    }
    async fn older_active(&self, org: &str, generation: i64) -> Result<Vec<Run>, StoreError> {
        mortal!(self, dead_store(), self.part.older_active(org, generation))
    }
    async fn tasks(&self) -> Result<i64, StoreError> {
        mortal!(self, dead_store(), self.part.tasks())
    }
    async fn events(&self, run: &str, after: i64) -> Result<Vec<Event>, StoreError> {
        mortal!(self, dead_store(), self.part.events(run, after))
    }
}

#[async_trait]
impl Runner for Mortal<dyn Runner> {
    fn name(&self) -> &'static str {
        "mortal"
    }
    async fn start(&self, launch: &Launch) -> Result<String, StartError> {
        mortal!(self, StartError::Unknown("killed".into()), self.part.start(launch))
    }
    async fn find(&self, started_by: &str) -> Result<Vec<String>, Unavailable> {
        mortal!(self, dead(), self.part.find(started_by))
    }
    async fn find_ended(&self, started_by: &str) -> Result<Vec<String>, Unavailable> {
        mortal!(self, dead(), self.part.find_ended(started_by))
    }
    async fn observe(&self, tasks: &[String]) -> Result<Vec<News>, Unavailable> {
        mortal!(self, dead(), self.part.observe(tasks))
    }
    async fn stop(&self, task: &str, reason: &str) -> Result<(), Unavailable> {
        mortal!(self, dead(), self.part.stop(task, reason))
    }
    async fn list(&self) -> Result<Vec<Listed>, Unavailable> {
        mortal!(self, dead(), self.part.list())
    }
    async fn logs(&self, task: &str, lines: usize) -> Result<Vec<String>, Unavailable> {
        mortal!(self, dead(), self.part.logs(task, lines))
    }
}

#[async_trait]
impl Objects for Mortal<dyn Objects> {
    async fn put(&self, key: &str, bytes: Vec<u8>) -> Result<(), ObjectError> {
        mortal!(self, dead_objects(), self.part.put(key, bytes))
    }
    async fn get(&self, key: &str) -> Result<Option<Vec<u8>>, ObjectError> {
        mortal!(self, dead_objects(), self.part.get(key))
    }
    async fn size(&self, key: &str) -> Result<Option<u64>, ObjectError> {
        mortal!(self, dead_objects(), self.part.size(key))
    }
    async fn sha256(&self, key: &str) -> Result<Option<String>, ObjectError> {
        mortal!(self, dead_objects(), self.part.sha256(key))
    }
    async fn delete_all(&self, prefix: &str) -> Result<(), ObjectError> {
        mortal!(self, dead_objects(), self.part.delete_all(prefix))
    }
    fn place(&self, key: &str) -> String {
        self.part.place(key)
    }
    async fn access(&self, key: &str, media_type: &str) -> Result<Option<Access>, ObjectError> {
        mortal!(self, dead_objects(), self.part.access(key, media_type))
    }
}

/// Everything that outlives a launcher.
#[derive(Clone)]
pub struct World {
    pub now_ms: Arc<AtomicI64>,
    pub store: Arc<Memory>,
    pub fake: Fake,
    pub objects: MemoryObjects,
    pub settings: Settings,
}

impl World {
    pub fn new() -> Self {
        Self::with(Settings { poll_ms: 1_000, ..Settings::default() })
    }

    pub fn with(settings: Settings) -> Self {
        let world = Self {
            now_ms: Arc::new(AtomicI64::new(0)),
            store: Arc::default(),
            fake: Fake::default(),
            objects: MemoryObjects::default(),
            settings,
        };
        world.turn(1_000_000);
        world
    }

    pub fn now(&self) -> i64 {
        self.now_ms.load(SeqCst)
    }

    /// Time goes by, for the launcher and for the platform.
    pub fn turn(&self, ms: i64) {
        let now_ms = self.now_ms.fetch_add(ms, SeqCst) + ms;
        self.fake.platform().now_ms = now_ms;
    }

    /// A launcher that may die, with all its parts.
    pub fn launcher_of(
        &self,
        store: Arc<dyn RunStore>,
        runner: Arc<dyn Runner>,
        now_ms: &Arc<AtomicI64>,
        kill: &Arc<Kill>,
    ) -> Driver {
        let (kill, objects): (_, Arc<dyn Objects>) = (|| kill.clone(), Arc::new(self.objects.clone()));
        let parts = Parts {
            store: Arc::new(Mortal { part: store, which: Part::Store, kill: kill() }),
            runner: Arc::new(Mortal { part: runner, which: Part::Platform, kill: kill() }),
            objects: Arc::new(Mortal { part: objects, which: Part::Objects, kill: kill() }),
            clock: Clock::Manual(now_ms.clone()),
            secret: Secret::new(&"s".repeat(32)).unwrap(),
            metrics: Arc::new(Metrics::default()),
        };
        Driver::new(parts, self.settings.clone())
    }

    /// A launcher that lives, on another store.
    pub fn driver_on(&self, store: Arc<dyn RunStore>) -> Driver {
        self.launcher_of(store, Arc::new(self.fake.clone()), &self.now_ms, &Arc::default())
    }

    /// A launcher that lives, on another platform.
    pub fn driver_with(&self, runner: Arc<dyn Runner>) -> Driver {
        self.launcher_of(self.store.clone(), runner, &self.now_ms, &Arc::default())
    }

    /// A launcher that may die.
    pub fn launcher(&self, kill: &Arc<Kill>) -> Driver {
        self.launcher_of(self.store.clone(), Arc::new(self.fake.clone()), &self.now_ms, kill)
    }

    /// A launcher that lives.
    pub fn driver(&self) -> Driver {
        self.launcher(&Arc::default())
    }

    pub async fn submit(&self, org: &str, id: &str) -> Run {
        drop(self.store.add_org(org, self.now()).await);
        let run = Run { actor: "key".into(), ..Run::new(id.into(), org.into(), 0, self.now()) };
        let submission =
            Submission { run, reject_if_active: false, expected_current: None, idempotency: None, hourly_limit: None };
        match self.store.submit(&submission, &self.settings.rules).await.unwrap() {
            Submitted::New(run) => *run,
            other => panic!("{other:?}"),
        }
    }

    pub async fn wish(&self, run: &str, input: crate::state::Input) -> Option<Run> {
        let run = self.run(run).await;
        let at = crate::state::At { now_ms: self.now(), actor: "key" };
        let step = crate::state::apply(&run, input, at, &self.settings.rules)?;
        assert!(self.store.save(&step, 0).await.unwrap());
        Some(step.run)
    }

    pub async fn run(&self, id: &str) -> Run {
        self.store.run(id).await.unwrap().unwrap()
    }

    pub async fn causes(&self, id: &str) -> Vec<String> {
        self.store.events(id, 0).await.unwrap().into_iter().map(|event| event.cause).collect()
    }

    /// The task of a run's current attempt.
    pub async fn task(&self, id: &str) -> String {
        format!("task/{}", self.run(id).await.client_token())
    }

    /// Complete results for the current attempt.
    pub async fn results(&self, id: &str) {
        self.results_of(&self.run(id).await).await;
    }

    /// As `results`, of a run that was read elsewhere.
    pub async fn results_of(&self, run: &Run) {
        let prefix = run.result_prefix();
        self.objects.put(&format!("{prefix}/scores.csv"), b"12".to_vec()).await.unwrap();
        let manifest = sample(run, &[("scores.csv", b"12")]);
        self.objects.put(&format!("{prefix}/manifest.json"), manifest).await.unwrap();
    }

    /// The task ends.
    pub async fn end(&self, id: &str, cause: Cause, code: Option<i32>) {
        self.fake.end(&self.task(id).await, cause, code);
    }

    /// The platform does what it does: tasks begin to run, tasks that were asked to stop do.
    pub fn platform_moves(&self) {
        let tasks: Vec<_> = self.fake.platform().tasks.iter().map(|(id, task)| (id.clone(), task.stop_asked)).collect();
        for (id, stop_asked) in tasks {
            match stop_asked {
                true => self.fake.end(&id, Cause::Exited, Some(143)),
                false => self.fake.run(&id),
            }
        }
    }

    /// Lets a launcher work, a second at a time.
    pub async fn seconds(&self, driver: &Driver, count: usize) {
        for _ in 0..count {
            driver.tick().await.unwrap();
            self.turn(1_000);
        }
    }

    pub async fn published(&self, org: &str) -> Option<String> {
        self.store.org(org).await.unwrap().unwrap().published_run
    }
}
