//! Two launchers in random order over many seeds, with clocks that differ and jump, pauses longer than their lease, and cut lines. A failure
//! prints its seed; `QUIETWAY_SEED=n` repeats it.

use super::Driver;
use super::world::{Kill, Part, World};
use crate::run::{Run, State};
use crate::runner::fake::Answer;
use crate::state::{Cause, Input};
use crate::store::RunStore;
use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering::SeqCst};
use std::task::{Context, Waker};

/// Random numbers that are the same every time (SplitMix64).
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (bits ^ (bits >> 31)) % sides
    }
}

type Tick = Pin<Box<dyn Future<Output = ()>>>;

/// A launcher: its clock, what it is doing, and since when.
struct Node {
    driver: Arc<Driver>,
    kill: Arc<Kill>,
    clock_ms: Arc<AtomicI64>,
    offset_ms: i64,
    tick: Option<Tick>,
    since_ms: i64,
    /// It stands still until then, and does not know.
    sleeps_until_ms: i64,
    /// Its lines are whole again from then on.
    cut_until_ms: i64,
}

impl Node {
    fn new(world: &World, offset_ms: i64) -> Self {
        let kill = Arc::new(Kill::default());
        kill.yields.store(true, SeqCst);
        let clock_ms = Arc::new(AtomicI64::new(world.now() + offset_ms));
        let driver = world.launcher_of(world.store.clone(), Arc::new(world.fake.clone()), &clock_ms, &kill);
        let (driver, tick) = (Arc::new(driver), None);
        Self { driver, kill, clock_ms, offset_ms, tick, since_ms: 0, sleeps_until_ms: 0, cut_until_ms: 0 }
    }

    /// Time has gone by.
    fn wind(&mut self, now_ms: i64) {
        self.clock_ms.store(now_ms + self.offset_ms, SeqCst);
        if now_ms >= self.cut_until_ms {
            self.kill.cut.iter().for_each(|cut| cut.store(false, SeqCst));
        }
    }

    /// On to its next point.
    fn poll(&mut self, sweeps: bool, now_ms: i64) {
        if now_ms < self.sleeps_until_ms {
            return;
        }
        let driver = self.driver.clone();
        let tick = self.tick.get_or_insert_with(|| {
            self.since_ms = now_ms;
            Box::pin(async move {
                drop(driver.tick().await);
                if sweeps {
                    drop(driver.sweep().await);
                }
            })
        });
        if tick.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_ready() {
            self.tick = None;
        }
    }
}

/// What the simulations came across; a simulation in which nothing happens proves nothing.
#[derive(Debug, Default)]
struct Seen {
    ended: BTreeMap<State, usize>,
    tasks: usize,
    overlaps: usize,
    jumps: usize,
    pauses: usize,
    cuts: usize,
    /// Launchers that went on after their lease had run out.
    late: usize,
}

struct Simulation {
    seed: u64,
    dice: Dice,
    world: World,
    nodes: Vec<Node>,
    submitted: usize,
    stop_asked_ms: BTreeMap<String, i64>,
    published: BTreeMap<String, i64>,
    strict: bool,
    /// Clocks are off by as much.
    skew_ms: i64,
    /// Launchers stand still for longer than anybody waits for them, and go on.
    pauses: bool,
    seen: Seen,
}

/// A run in the hands of a launcher is nobody else's for so long.
const LEASE_MS: i64 = 20_000;

/// Clocks that nobody would call wrong, and some that are.
const SKEWS_MS: [i64; 3] = [0, 10_000, 3_600_000];

const ORGS: [&str; 2] = ["north", "south"];

impl Simulation {
    fn new(seed: u64) -> Self {
        let mut dice = Dice(seed);
        let strict = dice.roll(2) == 0;
        // What one launcher may be behind another, a pause and what the platform lags stay below the settling time; else two tasks may run for
        // a while, and the sweep finds the older one.
        let (skew_ms, pauses) = match strict {
            true => (SKEWS_MS[dice.roll(2) as usize], false),
            false => (SKEWS_MS[dice.roll(3) as usize], dice.roll(2) == 0),
        };
        let mut settings = super::Settings { poll_ms: 1_000, lease_ms: LEASE_MS, ..super::Settings::default() };
        settings.tasks_max = (dice.roll(3) == 0).then_some(1);
        settings.rules.start_limit_ms = 120_000;
        settings.rules.run_limit_ms = 900_000;
        if strict {
            settings.rules.stop_wait_ms = None;
        }
        let world = World::with(settings);
        world.fake.platform().lag_ms = dice.roll(4) as i64 * 1_000; // shorter than the shortest pause between attempts
        let (stop_asked_ms, published, seen, nodes) = Default::default();
        let submitted = 0;
        let mut new =
            Self { seed, dice, world, nodes, submitted, stop_asked_ms, published, strict, skew_ms, pauses, seen };
        new.nodes = (0..2).map(|_| new.node()).collect();
        new
    }

    fn node(&mut self) -> Node {
        let offset_ms = self.offset_ms();
        Node::new(&self.world, offset_ms)
    }

    fn offset_ms(&mut self) -> i64 {
        self.dice.roll(2 * self.skew_ms as u64 + 1) as i64 - self.skew_ms
    }

    fn turn(&mut self, ms: i64) {
        self.world.turn(ms);
        let now_ms = self.world.now();
        self.nodes.iter_mut().for_each(|node| node.wind(now_ms));
    }

    fn any_node(&mut self) -> usize {
        self.dice.roll(self.nodes.len() as u64) as usize
    }

    /// Somebody sets a clock.
    fn jump(&mut self) {
        let (nth, offset_ms, now_ms) = (self.any_node(), self.offset_ms(), self.world.now());
        self.seen.jumps += usize::from(offset_ms != self.nodes[nth].offset_ms);
        self.nodes[nth].offset_ms = offset_ms;
        self.nodes[nth].wind(now_ms);
    }

    /// A launcher stands still in the midst of what it does, for seconds to half an hour.
    fn pause(&mut self) {
        let (nth, ms) = (self.any_node(), 1_000 << self.dice.roll(11));
        if self.pauses {
            let now_ms = self.world.now();
            let node = &mut self.nodes[nth];
            self.seen.pauses += usize::from(node.tick.is_some());
            self.seen.late += usize::from(node.tick.is_some() && ms > LEASE_MS);
            node.sleeps_until_ms = now_ms + ms;
        }
    }

    /// A launcher is cut off from one part of the outside.
    fn cut(&mut self) {
        let (nth, ms) = (self.any_node(), self.dice.roll(180_000) as i64);
        let part = [Part::Store, Part::Platform, Part::Objects][self.dice.roll(3) as usize];
        self.nodes[nth].kill.cut[part as usize].store(true, SeqCst);
        self.nodes[nth].cut_until_ms = self.world.now() + ms;
        self.seen.cuts += 1;
    }

    async fn step(&mut self, busy: bool) {
        match self.dice.roll(if busy { 390 } else { 330 }) {
            0..250 => self.poll_node(),
            250..300 => self.platform_step(busy).await,
            300..330 => {
                let ms = 1 + self.dice.roll(10_000) as i64;
                self.turn(ms);
                self.kill_sleepers();
            }
            330..340 if self.submitted < 12 => {
                let org = ORGS[self.dice.roll(2) as usize];
                self.world.submit(org, &format!("r{}", self.submitted)).await;
                self.submitted += 1;
            }
            340..343 => self.wish(Input::Cancel).await,
            343..355 => self.wish(Input::Progress { stage: Some("import".into()), fraction: 0.5 }).await,
            355..362 => {
                let answers = [
                    Answer::LostReply,
                    Answer::LostRequest,
                    Answer::NoCapacity,
                    Answer::NoCapacityLied,
                    Answer::Refused,
                ];
                let answer = answers[self.dice.roll(5) as usize].clone();
                self.world.fake.platform().script.push_back(answer);
            }
            362..370 => self.kill_one(),
            370..374 => self.jump(),
            374..378 => self.pause(),
            378..382 => self.cut(),
            _ => {}
        }
        self.check().await;
    }

    fn poll_node(&mut self) {
        let node = self.dice.roll(2) as usize;
        let sweeps = self.dice.roll(10) == 0;
        self.nodes[node].poll(sweeps, self.world.now());
    }

    fn kill_one(&mut self) {
        let nth = self.any_node();
        self.nodes[nth] = self.node();
    }

    /// A launcher that stands still for longer than the platform may take to show a task is taken for dead, unless the simulation is about
    /// those that were not (row 33 of the fault table).
    fn kill_sleepers(&mut self) {
        for nth in 0..self.nodes.len() {
            let node = &self.nodes[nth];
            if !self.pauses && node.tick.is_some() && self.world.now() - node.since_ms > 60_000 {
                self.nodes[nth] = self.node();
            }
        }
    }

    async fn wish(&mut self, input: Input) {
        let active: Vec<Run> = self.world.store.runs().into_iter().filter(|run| !run.state.is_final()).collect();
        if !active.is_empty() {
            let run = active[self.dice.roll(active.len() as u64) as usize].id.clone();
            self.world.wish(&run, input).await;
        }
    }

    /// A task begins to run, or ends in some way; one that was asked to stop is killed after two minutes.
    async fn platform_step(&mut self, busy: bool) {
        let tasks: Vec<_> = {
            let platform = self.world.fake.platform();
            let alive = platform.tasks.iter().filter(|(_, task)| task.is_alive());
            alive.map(|(id, task)| (id.clone(), task.clone())).collect()
        };
        if tasks.is_empty() {
            return;
        }
        let (id, task) = tasks[self.dice.roll(tasks.len() as u64) as usize].clone();
        if task.stop_asked {
            let since_ms = *self.stop_asked_ms.entry(id.clone()).or_insert(self.world.now());
            if self.dice.roll(3) == 0 || self.world.now() - since_ms > 120_000 {
                self.world.fake.end(&id, Cause::Exited, Some(if self.dice.roll(2) == 0 { 143 } else { 137 }));
            }
            return;
        }
        self.world.fake.run(&id);
        let run = task.started_by.split('/').nth(1).unwrap_or_default().to_owned();
        match self.dice.roll(if busy { 12 } else { 3 }) {
            0..2 => {
                let attempt: u32 = task.started_by.rsplit('/').next().unwrap_or_default().parse().unwrap();
                if self.world.run(&run).await.attempt == attempt {
                    self.world.results(&run).await;
                }
                self.world.fake.end(&id, Cause::Exited, Some(0));
            }
            2 => self.world.fake.end(&id, Cause::Exited, Some([0, 3, 4, 6, 7, 70][self.dice.roll(6) as usize])),
            3 => self.world.fake.end(&id, Cause::OutOfMemory, Some(137)),
            4 => self.world.fake.end(&id, Cause::Interrupted, Some(143)),
            5 => self.world.fake.end(&id, Cause::NotStarted, None),
            6 => {
                self.world.fake.platform().tasks.remove(&id); // gone without a word
            }
            _ => {}
        }
    }

    async fn check(&mut self) {
        let seed = self.seed;
        let runs = self.world.store.runs();
        for org in ORGS {
            let wanted =
                runs.iter().filter(|run| run.org == org && !run.state.is_final() && !run.is_unwanted()).count();
            assert!(wanted <= 1, "seed {seed}: {wanted} wanted runs of {org}");
            let Some(row) = self.world.store.org(org).await.unwrap() else { continue };
            if let Some(published) = &row.published_run {
                let run = runs.iter().find(|run| run.id == *published).unwrap();
                assert_eq!(run.state, State::Succeeded, "seed {seed}");
                let key = format!("{}/manifest.json", run.prefix.as_ref().unwrap());
                assert!(self.world.objects.all().contains_key(&key), "seed {seed}: published without results");
                let before = self.published.insert(org.into(), run.generation).unwrap_or(0);
                assert!(before <= run.generation, "seed {seed}: published an older run");
            }
            if self.strict {
                self.at_most_one_task(&runs, org);
            }
        }
    }

    fn at_most_one_task(&self, runs: &[Run], org: &str) {
        let platform = self.world.fake.platform();
        let of_org = |id: &&String| {
            let run = platform.tasks[*id].started_by.split('/').nth(1).unwrap_or_default();
            runs.iter().any(|row| row.id == run && row.org == org)
        };
        let alive: Vec<_> =
            platform.tasks.iter().filter(|(_, task)| task.is_alive()).map(|(id, _)| id).filter(of_org).collect();
        assert!(alive.len() <= 1, "seed {}: {alive:?} run at once", self.seed);
    }

    /// Nothing happens any more; everything must come to rest.
    async fn settle(&mut self) {
        self.world.fake.platform().script.clear();
        for node in &mut self.nodes {
            (node.sleeps_until_ms, node.cut_until_ms) = (0, 0);
        }
        for _ in 0..30_000 {
            self.step(false).await;
            let at_rest = self.world.store.runs().iter().all(|run| run.state.is_final());
            if at_rest && !self.world.fake.platform().tasks.values().any(|task| task.is_alive()) {
                return;
            }
        }
        let stuck: Vec<_> = self.world.store.runs().into_iter().filter(|run| !run.state.is_final()).collect();
        let tasks: Vec<_> =
            self.world.fake.platform().tasks.clone().into_iter().filter(|(_, task)| task.is_alive()).collect();
        panic!("seed {}: it does not come to rest: {stuck:?} {tasks:?}", self.seed);
    }
}

async fn simulate(seed: u64, seen: &mut Seen) {
    let mut simulation = Simulation::new(seed);
    for _ in 0..2_000 {
        simulation.step(true).await;
    }
    simulation.settle().await;
    let runs = simulation.world.store.runs();
    let own = &simulation.seen;
    for (sum, more) in [
        (&mut seen.jumps, own.jumps),
        (&mut seen.pauses, own.pauses),
        (&mut seen.cuts, own.cuts),
        (&mut seen.late, own.late),
    ] {
        *sum += more;
    }
    for run in &runs {
        *seen.ended.entry(run.state).or_default() += 1;
        let causes = simulation.world.causes(&run.id).await;
        seen.overlaps += causes.iter().filter(|cause| cause.contains("warning")).count();
    }
    seen.tasks += simulation.world.fake.platform().tasks.len();
}

#[tokio::test]
async fn two_launchers_over_many_seeds() {
    let one = std::env::var("QUIETWAY_SEED").ok().and_then(|seed| seed.parse().ok());
    let count = std::env::var("QUIETWAY_SEEDS").ok().and_then(|count| count.parse().ok()).unwrap_or(1_000);
    let seeds = one.map_or(0..count, |seed| seed..seed + 1);
    let mut seen = Seen::default();
    for seed in seeds {
        // Printed only when something fails; also for panics within the driver.
        println!("seed {seed}");
        simulate(seed, &mut seen).await;
    }
    println!("{seen:?}");
    if one.is_none() {
        assert_eq!(seen.ended.len(), 4, "every end was seen: {seen:?}");
        assert!(seen.tasks > seen.ended.values().sum::<usize>() / 6, "{seen:?}");
        assert!([seen.jumps, seen.pauses, seen.late, seen.cuts].iter().all(|count| *count > 50), "{seen:?}");
    }
}
