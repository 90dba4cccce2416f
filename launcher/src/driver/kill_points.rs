//! A launcher that dies before and after every call to the outside: at every single point of three stories, and at every pair of points.

use super::world::{Kill, World};
use crate::run::State;
use crate::runner::fake::{Answer, Fake};
use crate::runner::{Launch, Listed, News, Runner, StartError, Unavailable};
use crate::state::{Cause, Input};
use async_trait::async_trait;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::Ordering::SeqCst;

/// What goes wrong besides the deaths.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Story {
    /// A runs, B takes its place, A stops, B succeeds.
    Smooth,
    /// The same with lost answers, no room, no room but a task in spite of it, reports while calls are under way, hashes compared, orphans looked for.
    Rough,
    /// The same, told by events of the platform before it is asked.
    Told,
}

/// A platform on which the run changes while it is asked to start it.
struct Busy {
    fake: Fake,
    world: World,
}

#[async_trait]
impl Runner for Busy {
    fn name(&self) -> &'static str {
        "busy"
    }
    async fn start(&self, launch: &Launch) -> Result<String, StartError> {
        let answer = self.fake.start(launch).await;
        if answer.is_ok() {
            let run = crate::run::parse_started_by(&launch.started_by).unwrap().0;
            self.world.wish(run, Input::Progress { stage: None, fraction: 0.1 }).await;
        }
        answer
    }
    async fn find(&self, started_by: &str) -> Result<Vec<String>, Unavailable> {
        self.fake.find(started_by).await
    }
    async fn find_ended(&self, started_by: &str) -> Result<Vec<String>, Unavailable> {
        self.fake.find_ended(started_by).await
    }
    async fn observe(&self, tasks: &[String]) -> Result<Vec<News>, Unavailable> {
        self.fake.observe(tasks).await
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

fn world(story: Story) -> (World, Arc<dyn Runner>) {
    let mut settings = super::Settings { poll_ms: 1_000, ..super::Settings::default() };
    if story != Story::Smooth {
        (settings.tasks_max, settings.verify_hashes) = (Some(2), true);
    }
    let world = World::with(settings);
    let fake = world.fake.clone();
    if story == Story::Smooth {
        return (world, Arc::new(fake));
    }
    let answers = [Answer::NoCapacityLied, Answer::NoCapacity, Answer::LostReply];
    fake.platform().script.extend(answers);
    let busy = Busy { fake, world: world.clone() };
    (world, Arc::new(busy))
}

/// Tells a story in which the launcher dies at the given points; what it called, and how many points there were.
async fn tell(story: Story, deaths: &[usize]) -> (BTreeSet<&'static str>, usize) {
    let (world, runner) = world(story);
    let kill = Arc::new(Kill::default());
    let mut deaths = deaths.iter();
    kill.at.store(*deaths.next().unwrap_or(&0), SeqCst);
    let launcher = || world.launcher_of(world.store.clone(), runner.clone(), &world.now_ms, &kill);
    let mut driver = launcher();
    world.submit("springfield", "a").await;
    let mut has_b = false;
    for _ in 0..1_000 {
        if story == Story::Told {
            let tasks = world.fake.platform().tasks.clone();
            for (id, task) in &tasks {
                drop(driver.hear(id, &task.started_by, &task.news).await); // the queue sends it again
            }
        }
        drop(driver.tick().await);
        if story != Story::Smooth && !kill.dead.load(SeqCst) {
            drop(driver.sweep().await);
        }
        if kill.dead.swap(false, SeqCst) {
            kill.at.store(*deaths.next().unwrap_or(&0), SeqCst);
            driver = launcher();
        }
        world.turn(1_000);
        world.platform_moves();
        // In the rough story B comes before A's task is known.
        let a = world.run("a").await;
        if !has_b && (a.state == State::Running || (story != Story::Smooth && a.attempt > 0)) {
            world.submit("springfield", "b").await;
            has_b = true;
        } else if has_b && world.run("b").await.running_ms.is_some() {
            world.results("b").await;
            world.end("b", Cause::Exited, Some(0)).await;
        }
        if has_b && world.run("b").await.state.is_final() && world.run("a").await.state.is_final() {
            break;
        }
    }
    let (a, b) = (world.run("a").await, world.run("b").await);
    assert_eq!((a.state, b.state), (State::Superseded, State::Succeeded), "{:?}", world.causes("b").await);
    assert_eq!(world.published("springfield").await.as_deref(), Some("b"));
    let platform = world.fake.platform();
    // One task a run, wherever it dies; none for A when B comes before A's call was made.
    let tasks: Vec<_> = platform.tasks.values().map(|task| task.started_by.as_str()).collect();
    let sent = if tasks.contains(&a.started_by().as_str()) { 2 } else { 1 };
    assert!(tasks.len() == sent && (sent == 2 || story != Story::Smooth), "{tasks:?}");
    assert!(platform.tasks.values().all(|task| !task.is_alive()));
    drop(platform);
    let calls = kill.calls.lock().unwrap().clone();
    (calls, kill.passed.load(SeqCst))
}

const STORIES: [Story; 3] = [Story::Smooth, Story::Rough, Story::Told];

#[tokio::test]
async fn dies_at_every_point() {
    for story in STORIES {
        let (_, points) = tell(story, &[]).await;
        println!("{story:?}: {points} points");
        assert!(points > 40);
        for point in 1..=points {
            tell(story, &[point]).await;
        }
    }
}

#[tokio::test]
async fn dies_at_every_pair_of_points() {
    for story in STORIES {
        let (_, points) = tell(story, &[]).await;
        for first in 1..=points {
            for second in first + 1..=points + 10 {
                tell(story, &[first, second]).await;
            }
        }
    }
}

/// All that the driver awaits is calls to the outside, each of which has its points, or parts of itself; and the stories make all of them.
#[tokio::test]
async fn the_stories_make_every_call_that_the_driver_can_make() {
    let sources = [
        include_str!("../driver.rs"),
        include_str!("sweep.rs"),
        include_str!("hear.rs"),
        include_str!("../objects/verify.rs").split("#[cfg(test)]").next().unwrap(),
    ];
    let mut named = BTreeSet::new();
    for line in sources.iter().flat_map(|source| source.lines()).filter(|line| line.contains(".await")) {
        let before = line.split(".await").next().unwrap();
        let outside = ["parts.store.", "parts.runner.", "objects."].iter().find_map(|part| before.split_once(part));
        match outside {
            Some((_, call)) => drop(named.insert(call.split('(').next().unwrap())),
            None => {
                let own =
                    ["self.", "verify(", "for_each_concurrent", "self.nudged", "tokio::time::sleep", "end.changed"];
                assert!(own.iter().any(|word| before.contains(word)), "no kill point there: {line}");
            }
        }
    }
    let mut made = BTreeSet::new();
    for story in STORIES {
        made.extend(tell(story, &[]).await.0);
    }
    assert!(named.len() > 12, "{named:?}");
    let missed: Vec<_> = named.iter().filter(|call| !made.contains(*call)).collect();
    assert!(missed.is_empty(), "no story makes {missed:?}");
}
