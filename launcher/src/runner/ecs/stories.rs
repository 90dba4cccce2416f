//! The driver on the fake ECS: what the platform does to runs, told by polls and by events.

use super::events;
use super::tests::fake_ecs::{CLUSTER, FakeEcs, Fault};
use super::tests::{args, start};
use crate::driver::world::World;
use crate::driver::{Driver, Heard, Settings};
use crate::run::{Reason, State};
use crate::state::{Input, Rules};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::sync::Arc;

const HOUR_MS: i64 = 3_600_000;

struct Story {
    world: World,
    fake: FakeEcs,
    driver: Driver,
}

impl Story {
    async fn new() -> Self {
        Self::with(World::new()).await
    }

    async fn with(world: World) -> Self {
        let fake = FakeEcs::default();
        fake.turn_to(world.now());
        let driver = world.driver_with(Arc::new(start(&fake).await));
        Self { world, fake, driver }
    }

    /// Both clocks go on, the launcher works.
    async fn seconds(&self, count: usize) {
        for _ in 0..count {
            self.driver.tick().await.unwrap();
            self.turn(1_000);
        }
    }

    /// Time goes by without a launcher.
    fn turn(&self, ms: i64) {
        self.world.turn(ms);
        self.fake.turn_to(self.world.now());
    }

    async fn state(&self, run: &str) -> State {
        self.world.run(run).await.state
    }

    /// A run whose task the platform has.
    async fn started(&self, run: &str) -> String {
        self.world.submit("springfield", run).await;
        self.seconds(2).await;
        self.world.run(run).await.task.unwrap()
    }

    async fn hear(&self, event: &Value) -> Heard {
        let told = events::read(&event.to_string(), &args()).unwrap();
        self.driver.hear(&told.task, &told.started_by, &told.news).await.unwrap()
    }

    /// The events of the platform so far.
    fn events(&self) -> Vec<Value> {
        self.fake.tables().events.clone()
    }

    /// The launcher hears all of them.
    async fn hear_all(&self) -> Vec<Heard> {
        let mut heard = Vec::new();
        for event in self.events() {
            heard.push(self.hear(&event).await);
        }
        heard
    }
}

/// Superseded half-way: the old one stops first, in its own time, however often it must be told; a retried start is the same.
#[tokio::test]
async fn a_run_on_ecs_from_start_to_supersession() {
    let story = Story::new().await;
    {
        let mut tables = story.fake.tables();
        (tables.lag_ms, tables.start_ms, tables.stop_ms) = (3_000, Some(5_000), Some(20_000));
        tables.faults.extend([Fault::ServerError; 3]);
    }
    story.world.submit("springfield", "a").await;
    story.seconds(12).await;
    assert_eq!(story.state("a").await, State::Running);
    story.fake.tables().stops_throttled = 3;
    story.world.submit("springfield", "b").await;
    story.seconds(15).await;
    assert_eq!((story.state("a").await, story.state("b").await), (State::Stopping, State::Waiting));
    assert_eq!(story.fake.tasks().len(), 1, "the new one waits");
    story.seconds(12).await;
    assert_eq!((story.state("a").await, story.world.run("a").await.exit_code), (State::Superseded, Some(143)));
    story.seconds(8).await;
    assert_eq!(story.state("b").await, State::Running);
    assert_eq!((story.fake.tasks().len(), story.fake.tables().expired_tokens), (2, 0));
}

/// Row 5: the answer is lost, and nobody is there until the token has expired. The task is found, or its results are; never a blind second task.
#[tokio::test]
async fn f05_a_token_that_may_have_expired_is_not_used_again() {
    for (away_ms, with_results, expected) in [
        (HOUR_MS - 120_000, false, (State::Failed, 1)), // it exited with 3, and ECS still knows
        (3 * HOUR_MS, true, (State::Succeeded, 1)),
        (3 * HOUR_MS, false, (State::Starting, 2)),
        (25 * HOUR_MS, false, (State::Starting, 2)),
    ] {
        let story = Story::new().await;
        // More than the SDK asks within one call.
        story.fake.tables().faults.extend([
            Fault::LostAnswer,
            Fault::ServerError,
            Fault::ServerError,
            Fault::ServerError,
        ]);
        story.world.submit("springfield", "a").await;
        story.driver.tick().await.unwrap();
        assert_eq!((story.world.run("a").await.task, story.fake.tasks().len()), (None, 1));
        story.fake.tables().faults.clear();
        let task = story.fake.tasks().remove(0);
        story.fake.end(&task, "EssentialContainerExited", "Essential container in task exited", json!({"exitCode": 3}));
        if with_results {
            story.world.results("a").await;
        }
        story.turn(away_ms);
        story.seconds(12).await;
        let run = story.world.run("a").await;
        assert_eq!((run.state, run.attempt), expected, "after {away_ms}: {:?}", story.world.causes("a").await);
        assert_eq!(story.fake.tables().expired_tokens, 0);
    }
}

/// Row 29: ECS describes stopped tasks for an hour.
#[tokio::test]
async fn f29_stopped_and_forgotten_while_nobody_looked() {
    for (with_results, expected) in [(true, State::Succeeded), (false, State::Waiting)] {
        let story = Story::new().await;
        let task = story.started("a").await;
        story.fake.run(&task);
        story.seconds(2).await;
        story.fake.end(&task, "EssentialContainerExited", "Essential container in task exited", json!({"exitCode": 0}));
        if with_results {
            story.world.results("a").await;
        }
        story.turn(2 * HOUR_MS);
        story.seconds(2).await;
        assert_eq!(story.state("a").await, expected);
    }
}

/// A later version of a task that runs is no news, and must not hide that it shall stop or has run too long.
#[tokio::test]
async fn versions_that_say_nothing_new_hide_nothing() {
    let story = Story::new().await;
    let task = story.started("a").await;
    story.fake.change(&task, json!({"lastStatus": "PENDING"}));
    story.fake.change(&task, json!({"lastStatus": "ACTIVATING"}));
    story.seconds(2).await;
    story.world.submit("springfield", "b").await;
    story.seconds(2).await;
    assert_eq!(story.fake.tables().tasks[&task].fields["desiredStatus"], "STOPPED");
    let story = Story::new().await;
    let task = story.started("a").await;
    story.fake.run(&task);
    story.seconds(2).await;
    story.fake.change(&task, json!({"connectivity": "DISCONNECTED"}));
    story.turn(story.world.settings.rules.run_limit_ms + 1);
    story.seconds(3).await;
    assert_eq!(story.state("a").await, State::Stopping);
}

/// Rows 24 and 25: doubled, out of order, after the end.
#[tokio::test]
async fn f24_f25_events_doubled_and_out_of_order() {
    let story = Story::new().await;
    let task = story.started("a").await;
    story.fake.run(&task);
    let events = story.events();
    assert_eq!(story.hear(&events[2]).await, Heard::Taken, "it runs");
    assert_eq!(story.state("a").await, State::Running);
    for old in [2, 1, 0, 2] {
        assert_eq!(story.hear(&events[old]).await, Heard::Old);
    }
    story.world.results("a").await;
    story.fake.end(&task, "EssentialContainerExited", "Essential container in task exited", json!({"exitCode": 0}));
    assert_eq!(story.hear(story.events().last().unwrap()).await, Heard::Taken);
    assert_eq!(story.state("a").await, State::Succeeded, "published by the event");
    assert_eq!(story.hear_all().await, [Heard::Old; 4]);
    // STOPPED first.
    let task = story.started("b").await;
    story.fake.end(&task, "EssentialContainerExited", "", json!({"exitCode": 3}));
    let mut events = story.events();
    assert_eq!(story.hear(&events.pop().unwrap()).await, Heard::Taken);
    assert_eq!(story.world.run("b").await.reason, Some(Reason::Input));
}

/// Row 26: nothing is adopted but the task of a run's own attempt, and that is, before anybody else has told of it.
#[tokio::test]
async fn f26_events_of_unknown_tasks() {
    let story = Story::new().await;
    let task = story.started("a").await;
    story.fake.run(&task);
    let event = |task: &str, started_by: Option<&str>| {
        json!({"source": "aws.ecs", "detail-type": "ECS Task State Change",
            "detail": {"clusterArn": CLUSTER, "taskArn": task, "startedBy": started_by, "lastStatus": "STOPPED", "version": 99}})
    };
    let before = story.world.run("a").await;
    assert_eq!(story.hear(&event(&task, None)).await, Heard::Foreign);
    assert_eq!(story.hear(&event(&task, Some("ecs-svc/123"))).await, Heard::Foreign);
    assert_eq!(story.hear(&event(&task, Some("quietway/nobody/1"))).await, Heard::UnknownRun);
    assert_eq!(story.hear(&event("another", Some("quietway/a/1"))).await, Heard::Old, "a run has one task");
    assert_eq!(story.hear(&event(&task, Some("quietway/a/2"))).await, Heard::Old, "of an attempt that never was");
    assert_eq!(story.world.run("a").await, before);

    let story = Story::new().await;
    story.fake.tables().faults.push_back(Fault::NoCapacityLied);
    story.world.submit("springfield", "a").await;
    story.driver.tick().await.unwrap();
    assert_eq!(story.state("a").await, State::Waiting);
    story.hear_all().await;
    let run = story.world.run("a").await;
    assert_eq!((run.state, run.task.as_ref()), (State::Starting, story.fake.tasks().first()));
    story.seconds(20).await;
    assert_eq!((story.fake.tasks().len(), run.attempt), (1, 1));
}

/// An event may come before the API shows the task; that the API does not know it then means nothing.
#[tokio::test]
async fn an_event_before_the_task_is_visible() {
    let story = Story::new().await;
    story.fake.tables().lag_ms = 60_000;
    let task = story.started("a").await;
    story.fake.run(&task);
    story.hear_all().await;
    story.seconds(70).await;
    let run = story.world.run("a").await;
    assert_eq!((run.state, run.attempt), (State::Running, 1));
}

/// Row 16: a warning is told at once; the next attempt follows when the task has ended.
#[tokio::test]
async fn f16_a_spot_warning_and_what_follows() {
    let story = Story::new().await;
    let task = story.started("a").await;
    story.fake.run(&task);
    story.fake.change(&task, json!({"desiredStatus": "STOPPED", "stopCode": "TerminationNotice", "stoppedReason": "Your Spot Task was interrupted."}));
    let events = story.events();
    assert_eq!(story.hear(events.last().unwrap()).await, Heard::Taken);
    assert_eq!(story.hear(events.last().unwrap()).await, Heard::Old);
    story.seconds(3).await;
    assert_eq!(
        (story.state("a").await, story.fake.tasks().len()),
        (State::Running, 1),
        "nothing starts before it has ended"
    );
    let causes = story.world.causes("a").await;
    let told = causes.iter().filter(|cause| cause.contains("takes the machine away: Your Spot Task")).count();
    assert_eq!(told, 1, "{causes:?}");
    story.fake.end(&task, "SpotInterruption", "Your Spot Task was interrupted.", json!({"exitCode": 143}));
    story.hear_all().await;
    let run = story.world.run("a").await;
    assert_eq!((run.state, run.retries.interrupted, run.reason), (State::Waiting, 1, None));
    story.seconds(8).await;
    assert_eq!((story.state("a").await, story.fake.tasks().len()), (State::Starting, 2));
}

/// Row 15: the class and the advice.
#[tokio::test]
async fn f15_out_of_memory_names_the_memory() {
    let story = Story::new().await;
    let task = story.started("a").await;
    story.fake.run(&task);
    story.fake.end(
        &task,
        "EssentialContainerExited",
        "",
        json!({"exitCode": 137, "reason": "OutOfMemoryError: Container killed due to memory usage"}),
    );
    story.seconds(2).await;
    let run = story.world.run("a").await;
    assert_eq!((run.state, run.reason), (State::Failed, Some(Reason::OutOfMemory)));
    let detail = run.detail.unwrap();
    assert!(detail.contains("the 2 GiB of memory it had") && detail.contains("--ecs-memory"), "{detail}");
}

/// What happens next in the story of one task.
#[derive(Clone, Debug)]
enum Tell {
    /// An event comes, perhaps not for the first time.
    Event(usize),
    /// A poll sees this version, perhaps an old one.
    Poll(usize),
    /// A poll sees no task yet.
    Missing,
}

fn tell() -> impl Strategy<Value = Tell> {
    prop_oneof![
        5 => (0..8usize).prop_map(Tell::Event),
        4 => (0..8usize).prop_map(Tell::Poll),
        1 => Just(Tell::Missing),
    ]
}

/// How a task ends: the stop code, its container, and whether results are there.
fn ends() -> Vec<(&'static str, Value, bool)> {
    vec![
        ("EssentialContainerExited", json!({"exitCode": 0}), true),
        ("EssentialContainerExited", json!({"exitCode": 0}), false),
        ("EssentialContainerExited", json!({"exitCode": 3}), false),
        ("EssentialContainerExited", json!({"exitCode": 137, "reason": "OutOfMemoryError: killed"}), false),
        ("SpotInterruption", json!({"exitCode": 143}), false),
        ("TaskFailedToStart", json!({}), false),
    ]
}

/// The life of a task as told by `tells`, and at last by polls that see its end. What became of its run, times aside.
async fn life(end: &(&str, Value, bool), cancelled: bool, tells: &[Tell]) -> Value {
    // No next attempt within the story.
    let rules = Rules { backoff_ms: HOUR_MS, backoff_max_ms: HOUR_MS, ..Rules::default() };
    let story = Story::with(World::with(Settings { poll_ms: 1_000, rules, ..Settings::default() })).await;
    let task = story.started("a").await;
    if end.2 {
        story.world.results("a").await;
    }
    if cancelled {
        story.world.wish("a", Input::Cancel).await.unwrap();
    }
    let mut versions = vec![story.fake.tables().tasks[&task].fields.clone()];
    let mut keep = |story: &Story| versions.push(story.fake.tables().tasks[&task].fields.clone());
    for status in ["PENDING", "ACTIVATING"] {
        story.fake.change(&task, json!({"lastStatus": status}));
        keep(&story);
    }
    if end.0 != "TaskFailedToStart" {
        story.fake.change(&task, json!({"lastStatus": "RUNNING", "pullStartedAt": 1_000.0, "startedAt": 1_010.0}));
        keep(&story);
    }
    if end.0 == "SpotInterruption" {
        story.fake.change(&task, json!({"desiredStatus": "STOPPED", "stopCode": "TerminationNotice"}));
        keep(&story);
    }
    story.fake.end(&task, end.0, "reason", end.1.clone());
    keep(&story);
    let events = story.events();
    assert_eq!(events.len(), versions.len());
    let show = |nth: usize| {
        let mut tables = story.fake.tables();
        tables.lag_ms = 0;
        tables.tasks.get_mut(&task).unwrap().fields = versions[nth].clone();
    };
    for tell in tells {
        match tell {
            Tell::Event(nth) => drop(story.hear(&events[nth % events.len()]).await),
            Tell::Poll(nth) => {
                show(nth % versions.len());
                story.seconds(1).await;
            }
            Tell::Missing => {
                story.fake.tables().lag_ms = HOUR_MS;
                story.seconds(1).await;
            }
        }
    }
    for _ in 0..3 {
        show(versions.len() - 1);
        story.seconds(1).await;
    }
    let run = story.world.run("a").await;
    json!({"state": run.state, "reason": run.reason, "detail": run.detail, "ending": format!("{:?}", run.ending), "exit": run.exit_code,
        "attempt": run.attempt, "usage": run.usage, "retries": format!("{:?}", run.retries), "on_demand": run.on_demand, "may_exist": run.may_exist,
        "version": run.task_version, "tasks": story.fake.tasks().len(), "published": story.world.published("springfield").await})
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    /// Rows 24, 25, 28: polls alone, or events and polls in any order and number, end the same.
    #[test]
    fn any_order_of_events_and_polls_ends_the_same(
        end in 0..6usize,
        cancelled in any::<bool>(),
        tells in prop::collection::vec(tell(), 0..30),
    ) {
        let end = &ends()[end];
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let (told, polled) = runtime.block_on(async { (life(end, cancelled, &tells).await, life(end, cancelled, &[]).await) });
        prop_assert_eq!(told, polled);
    }
}
