//! The table of faults: one named test a row that the driver, the store or the platform answers for. What a row asks for and where the other
//! rows are covered stands in `tests/FAULTS.md`.

mod calls;
mod http;
pub mod service;

use crate::driver::Settings;
use crate::driver::world::World;
use crate::run::{Reason, State, WaitingFor};
use crate::runner::fake::Answer;
use crate::state::{Cause, Input};
use std::sync::Arc;

fn supersede(by: &str) -> Input {
    Input::Supersede { by: by.into() }
}

async fn running(world: &World, id: &str) {
    let driver = world.driver();
    world.submit("springfield", id).await;
    world.seconds(&driver, 2).await;
    world.platform_moves();
    world.seconds(&driver, 3).await;
    assert_eq!(world.run(id).await.state, State::Running);
}

#[tokio::test]
async fn f01_many_submissions_at_once_leave_one_task() {
    let world = World::new();
    for nth in 0..200 {
        world.submit("springfield", &format!("r{nth:03}")).await;
    }
    world.seconds(&world.driver(), 3).await;
    let runs = world.store.runs();
    assert_eq!(runs.iter().filter(|run| run.state == State::Superseded).count(), 199);
    assert_eq!(world.run("r199").await.state, State::Starting);
    assert_eq!(world.fake.platform().calls, (1, 0), "the superseded ones never reach the platform");
}

#[tokio::test]
async fn f03_crash_before_any_call() {
    let world = World::new();
    world.submit("springfield", "a").await; // and the launcher that took it is gone
    world.seconds(&world.driver(), 3).await;
    assert_eq!(world.run("a").await.state, State::Starting);
}

#[tokio::test]
async fn f05_lost_answer_is_the_same_task() {
    let world = World::new();
    world.fake.platform().script.push_back(Answer::LostReply);
    world.submit("springfield", "a").await;
    world.seconds(&world.driver(), 5).await;
    assert_eq!(world.fake.platform().calls.0, 2);
    assert_eq!(world.fake.platform().tasks.len(), 1);
    assert_eq!(world.run("a").await.task.as_deref(), Some("task/a.1"));
}

#[tokio::test]
async fn f05_an_old_token_is_never_used_again() {
    let world = World::new();
    world.fake.platform().script.push_back(Answer::LostRequest);
    world.submit("springfield", "a").await;
    world.driver().tick().await.unwrap();
    world.turn(world.settings.rules.token_life_ms + 1);
    world.driver().tick().await.unwrap();
    assert_eq!(world.run("a").await.attempt, 1, "the task of the last call may still show up");
    world.turn(world.settings.rules.settle_ms);
    world.seconds(&world.driver(), 20).await;
    assert_eq!((world.run("a").await.attempt, world.fake.platform().tasks.len()), (2, 1));
    assert!(world.fake.platform().tasks.contains_key("task/a.2"));
}

#[tokio::test]
async fn f06_no_capacity_waits_and_uses_a_new_token() {
    let world = World::new();
    world.fake.platform().script.extend([Answer::NoCapacity, Answer::NoCapacity]);
    world.submit("springfield", "a").await;
    world.seconds(&world.driver(), 2).await;
    let run = world.run("a").await;
    assert_eq!((run.state, run.waiting_for), (State::Waiting, Some(WaitingFor::Capacity)));
    world.seconds(&world.driver(), 30).await;
    let run = world.run("a").await;
    assert_eq!((run.state, run.attempt, run.on_demand), (State::Starting, 3, true));
}

/// The call was made again for longer than the platform needs to show a task; the one that came through counts.
#[tokio::test]
async fn f05_a_task_started_by_a_late_call_is_not_taken_for_gone() {
    let world = World::new();
    world.fake.platform().script.push_back(Answer::LostRequest);
    world.fake.platform().lag_ms = 10_000;
    world.submit("springfield", "a").await;
    world.driver().tick().await.unwrap();
    world.turn(world.settings.rules.settle_ms + 1_000);
    world.seconds(&world.driver(), 1).await;
    world.submit("springfield", "b").await;
    world.seconds(&world.driver(), 20).await;
    assert_eq!((world.run("a").await.state, world.run("b").await.state), (State::Stopping, State::Waiting));
    assert!(world.fake.platform().tasks["task/a.1"].stop_asked);
}

/// A task that was thought gone reports while the next attempt is told that there is no room.
#[tokio::test]
async fn f06_no_capacity_while_an_old_task_reports() {
    let world = World::new();
    world.fake.platform().script.extend([Answer::LostRequest, Answer::NoCapacity]);
    world.submit("springfield", "a").await;
    world.seconds(&world.driver(), 1).await;
    world.wish("a", Input::Progress { stage: None, fraction: 0.1 }).await.unwrap();
    assert_eq!(world.run("a").await.state, State::Running);
    world.seconds(&world.driver(), 1).await;
    assert_eq!(world.run("a").await.waiting_for, Some(WaitingFor::Capacity));
    world.seconds(&world.driver(), 10).await;
    assert_eq!((world.run("a").await.state, world.run("a").await.attempt), (State::Starting, 2));
}

#[tokio::test]
async fn f06_a_refusal_ends_a_run_that_is_not_wanted_any_more() {
    let world = World::new();
    world.fake.platform().script.push_back(Answer::LostRequest);
    world.submit("springfield", "a").await;
    world.driver().tick().await.unwrap();
    world.wish("a", Input::Cancel).await.unwrap();
    let refused = world.wish("a", Input::Refused { detail: "no such image".into() }).await.unwrap();
    assert_eq!((refused.state, refused.reason), (State::Cancelled, None));
}

#[tokio::test]
async fn f06_a_refusal_fails_at_once() {
    let world = World::new();
    world.fake.platform().script.push_back(Answer::Refused);
    world.submit("springfield", "a").await;
    world.seconds(&world.driver(), 2).await;
    let run = world.run("a").await;
    assert_eq!((run.state, run.reason, run.detail.as_deref()), (State::Failed, Some(Reason::Start), Some("scripted")));
}

#[tokio::test]
async fn f07_no_capacity_and_a_task_anyway() {
    let world = World::new();
    world.fake.platform().script.push_back(Answer::NoCapacityLied);
    world.submit("springfield", "a").await;
    world.seconds(&world.driver(), 20).await;
    let run = world.run("a").await;
    assert_eq!((run.attempt, run.task.as_deref(), world.fake.platform().tasks.len()), (1, Some("task/a.1"), 1));
}

#[tokio::test]
async fn f09_stops_are_asked_for_again() {
    let world = World::new();
    running(&world, "a").await;
    world.submit("springfield", "b").await;
    world.seconds(&world.driver(), 100).await;
    assert_eq!(world.run("a").await.state, State::Stopping);
    assert_eq!(world.run("b").await.waiting_for, Some(WaitingFor::OldRun));
    assert!((3..6).contains(&world.fake.platform().calls.1), "not at every look, not only once");
    assert_eq!(world.fake.platform().tasks.len(), 1);
}

#[tokio::test]
async fn f10_stopping_what_is_gone() {
    let world = World::new();
    running(&world, "a").await;
    world.fake.platform().tasks.clear();
    world.submit("springfield", "b").await;
    world.seconds(&world.driver(), 5).await;
    assert_eq!(world.run("a").await.state, State::Stopping, "so soon after the start it may not be shown yet");
    world.turn(world.settings.rules.settle_ms);
    world.seconds(&world.driver(), 5).await;
    assert_eq!((world.run("a").await.state, world.run("b").await.state), (State::Superseded, State::Starting));
}

#[tokio::test]
async fn f11_an_old_task_that_never_stops_is_waited_for_no_longer_than_allowed() {
    for (patience_ms, starts) in [(Some(300_000), true), (None, false)] {
        let mut settings = Settings { poll_ms: 1_000, ..Settings::default() };
        settings.rules.stop_wait_ms = patience_ms;
        let world = World::with(settings);
        running(&world, "a").await;
        world.submit("springfield", "b").await;
        world.seconds(&world.driver(), 290).await;
        assert_eq!(world.run("b").await.state, State::Waiting);
        world.seconds(&world.driver(), 20).await;
        assert_eq!(world.run("b").await.state == State::Starting, starts);
        let warned = world.causes("b").await.iter().any(|cause| cause.contains("warning: a has not stopped in time"));
        assert_eq!(warned, starts);
    }
}

#[tokio::test]
async fn f12_superseded_before_its_task_is_known() {
    let world = World::new();
    world.fake.platform().script.push_back(Answer::LostReply);
    world.submit("springfield", "a").await;
    world.driver().tick().await.unwrap();
    assert_eq!((world.run("a").await.state, world.run("a").await.task), (State::Starting, None));
    world.submit("springfield", "b").await;
    world.seconds(&world.driver(), 3).await;
    assert_eq!(world.fake.platform().calls, (1, 1), "found and stopped, not called again");
    world.platform_moves();
    world.seconds(&world.driver(), 3).await;
    assert_eq!((world.run("a").await.state, world.run("b").await.state), (State::Superseded, State::Starting));
}

#[tokio::test]
async fn f12_superseded_and_never_sent() {
    let world = World::new();
    world.fake.platform().script.push_back(Answer::LostRequest);
    world.submit("springfield", "a").await;
    world.driver().tick().await.unwrap();
    world.submit("springfield", "b").await;
    world.seconds(&world.driver(), 119).await;
    assert_eq!(world.run("b").await.state, State::Waiting, "a task may still show up");
    world.seconds(&world.driver(), 10).await;
    assert_eq!((world.run("a").await.state, world.run("b").await.state), (State::Superseded, State::Starting));
    assert_eq!(world.fake.platform().tasks.len(), 1, "only that of b");
}

/// The task told of itself before the platform said that it runs: it is stopped and limited all the same.
#[tokio::test]
async fn f12_superseded_after_a_report_that_came_before_the_platforms_news() {
    let world = World::new();
    world.submit("springfield", "a").await;
    world.seconds(&world.driver(), 3).await;
    assert_eq!(world.run("a").await.task_version, 1, "seen, not yet running");
    world.wish("a", Input::Progress { stage: None, fraction: 0.1 }).await.unwrap();
    world.platform_moves();
    world.submit("springfield", "b").await;
    world.seconds(&world.driver(), 5).await;
    assert!(world.fake.platform().tasks["task/a.1"].stop_asked);
    world.platform_moves();
    world.seconds(&world.driver(), 3).await;
    assert_eq!((world.run("a").await.state, world.run("b").await.state), (State::Superseded, State::Starting));
}

#[tokio::test]
async fn f13_superseded_while_it_writes_its_results() {
    let world = World::new();
    running(&world, "a").await;
    world.submit("springfield", "b").await;
    world.results("a").await; // even its manifest
    world.end("a", Cause::Exited, Some(0)).await;
    world.seconds(&world.driver(), 5).await;
    assert_eq!((world.run("a").await.state, world.published("springfield").await), (State::Superseded, None));
}

#[tokio::test]
async fn f14_published_then_replaced_or_never_published() {
    for supersede_first in [false, true] {
        let world = World::new();
        running(&world, "a").await;
        world.results("a").await;
        world.end("a", Cause::Exited, Some(0)).await;
        if supersede_first {
            world.submit("springfield", "b").await;
            world.seconds(&world.driver(), 3).await;
            assert_eq!((world.published("springfield").await, world.run("a").await.state), (None, State::Superseded));
        } else {
            world.seconds(&world.driver(), 3).await;
            world.submit("springfield", "b").await;
            assert_eq!(world.published("springfield").await.as_deref(), Some("a"), "until b is there");
            assert_eq!(world.run("a").await.state, State::Succeeded);
        }
    }
}

async fn ended(cause: Cause, code: Option<i32>, with_results: bool) -> (World, crate::run::Run) {
    let world = World::new();
    running(&world, "a").await;
    if with_results {
        world.results("a").await;
    }
    world.end("a", cause, code).await;
    world.seconds(&world.driver(), 2).await;
    let run = world.run("a").await;
    (world, run)
}

#[tokio::test]
async fn f15_out_of_memory_is_not_tried_again() {
    let (_, run) = ended(Cause::OutOfMemory, Some(137), false).await;
    assert_eq!((run.state, run.reason, run.attempt), (State::Failed, Some(Reason::OutOfMemory), 1));
}

#[tokio::test]
async fn f16_an_interrupted_task_is_tried_again_with_a_folder_of_its_own() {
    let (world, run) = ended(Cause::Interrupted, Some(143), false).await;
    assert_eq!(run.state, State::Waiting);
    let before = run.result_prefix();
    world.seconds(&world.driver(), 10).await;
    let run = world.run("a").await;
    assert_eq!((run.state, run.attempt), (State::Starting, 2));
    assert_ne!(run.result_prefix(), before);
}

#[tokio::test]
async fn f17_failed_to_start() {
    let (_, run) = ended(Cause::CannotStart, None, false).await;
    assert_eq!((run.state, run.reason), (State::Failed, Some(Reason::Start)));
    let (_, run) = ended(Cause::NotStarted, None, false).await;
    assert_eq!(run.state, State::Waiting, "another attempt");
}

#[tokio::test]
async fn f18_stuck_before_it_runs() {
    let world = World::new();
    world.submit("springfield", "a").await;
    world.seconds(&world.driver(), 590).await;
    assert_eq!(world.run("a").await.state, State::Starting);
    world.seconds(&world.driver(), 20).await;
    assert_eq!((world.run("a").await.state, world.fake.platform().calls.1), (State::Stopping, 1));
    world.platform_moves();
    world.seconds(&world.driver(), 10).await;
    assert_eq!((world.run("a").await.state, world.run("a").await.attempt), (State::Starting, 2));
}

#[tokio::test]
async fn f19_runs_too_long() {
    let world = World::new();
    running(&world, "a").await;
    world.turn(world.settings.rules.run_limit_ms - 10_000);
    world.seconds(&world.driver(), 2).await;
    assert_eq!(world.run("a").await.state, State::Running, "silence alone is no death");
    world.seconds(&world.driver(), 20).await;
    assert_eq!(world.run("a").await.state, State::Stopping);
    world.platform_moves();
    world.seconds(&world.driver(), 3).await;
    assert_eq!(world.run("a").await.reason, Some(Reason::TimeLimit));
}

#[tokio::test]
async fn f20_exit_0_without_results() {
    let (world, run) = ended(Cause::Exited, Some(0), false).await;
    assert_eq!(
        (run.state, run.reason, run.detail.as_deref()),
        (State::Failed, Some(Reason::Incomplete), Some("it has no manifest"))
    );
    assert_eq!(world.published("springfield").await, None);
}

#[tokio::test]
async fn f22_a_file_is_missing() {
    let world = World::new();
    running(&world, "a").await;
    world.results("a").await;
    world.objects.all().retain(|key, _| !key.ends_with("scores.csv"));
    world.end("a", Cause::Exited, Some(0)).await;
    world.seconds(&world.driver(), 2).await;
    assert_eq!(world.run("a").await.detail.as_deref(), Some("scores.csv is missing"));
}

#[tokio::test]
async fn f23_results_but_another_exit_code() {
    for (code, state) in [(5, State::Failed), (70, State::Failed), (6, State::Succeeded)] {
        let (_, run) = ended(Cause::Exited, Some(code), true).await;
        assert_eq!((run.state, run.warning.is_some()), (state, code == 6), "{code}");
    }
}

#[tokio::test]
async fn f29_vanished_with_and_without_results() {
    for with_results in [true, false] {
        let world = World::new();
        running(&world, "a").await;
        if with_results {
            world.results("a").await;
        }
        world.fake.platform().tasks.clear();
        world.turn(world.settings.rules.settle_ms);
        world.seconds(&world.driver(), 3).await;
        let run = world.run("a").await;
        let expected = if with_results { State::Succeeded } else { State::Waiting };
        assert_eq!((run.state, run.warning.is_some()), (expected, with_results));
    }
}

#[tokio::test]
async fn f32_tasks_of_runs_that_nobody_knows() {
    let world = World::new();
    running(&world, "a").await;
    let restored = World { store: Arc::default(), ..world.clone() };
    let driver = restored.driver();
    assert_eq!(driver.sweep().await.unwrap(), 0, "after a grace only");
    world.turn(world.settings.rules.settle_ms);
    assert_eq!(driver.sweep().await.unwrap(), 1);
    assert_eq!(world.driver().sweep().await.unwrap(), 0, "it is known here");
    assert!(world.fake.platform().tasks["task/a.1"].stop_asked);
}

#[tokio::test]
async fn f32_tasks_of_others_are_left_alone() {
    let world = World::new();
    running(&world, "a").await;
    world.fake.platform().tasks.get_mut("task/a.1").unwrap().started_by = "somebody".into();
    world.turn(world.settings.rules.settle_ms);
    let restored = World { store: Arc::default(), ..world.clone() };
    assert_eq!(restored.driver().sweep().await.unwrap(), 0);
}

#[tokio::test]
async fn f36_a_flood_costs_one_stop_and_one_start() {
    let world = World::new();
    running(&world, "a").await;
    for nth in 0..100 {
        world.submit("springfield", &format!("flood{nth:03}")).await;
        world.driver().tick().await.unwrap();
    }
    world.platform_moves();
    world.seconds(&world.driver(), 3).await;
    assert_eq!(world.fake.platform().calls, (2, 1));
    assert_eq!(world.run("flood099").await.state, State::Starting);
}

#[tokio::test]
async fn f37_not_too_many_starts_and_first_come_first_served() {
    let world = World::with(Settings { poll_ms: 1_000, tasks_max: Some(3), ..Settings::default() });
    for nth in 0..6 {
        world.submit(&format!("org{nth}"), &format!("r{nth}")).await;
        world.turn(10);
    }
    let driver = world.driver();
    world.seconds(&driver, 3).await;
    let mut started = Vec::new();
    for nth in 0..6 {
        started.push(world.run(&format!("r{nth}")).await.state == State::Starting);
    }
    assert_eq!(started, [true, true, true, false, false, false]);
    assert_eq!(world.run("r3").await.waiting_for, Some(WaitingFor::Capacity));
    // A run that had its turn and found no room does not wait for itself.
    let world = World::with(Settings { poll_ms: 1_000, tasks_max: Some(1), ..Settings::default() });
    world.fake.platform().script.push_back(Answer::NoCapacity);
    world.submit("org0", "r0").await;
    world.seconds(&world.driver(), 20).await;
    assert_eq!((world.run("r0").await.state, world.run("r0").await.attempt), (State::Starting, 2));
    let world = World::with(Settings { poll_ms: 1_000, starts_per_second: 2.0, ..Settings::default() });
    for nth in 0..10 {
        world.submit(&format!("org{nth}"), &format!("r{nth}")).await;
    }
    let driver = world.driver();
    driver.tick().await.unwrap();
    assert_eq!(world.fake.platform().calls.0, 2);
    world.turn(1_000);
    world.seconds(&driver, 4).await;
    assert!((8..=10).contains(&world.fake.platform().calls.0));
}

#[tokio::test]
async fn f38_cancelled_twice_and_after_the_end() {
    let world = World::new();
    running(&world, "a").await;
    assert!(world.wish("a", Input::Cancel).await.is_some());
    assert!(world.wish("a", Input::Cancel).await.is_none());
    world.seconds(&world.driver(), 2).await;
    world.platform_moves();
    world.seconds(&world.driver(), 2).await;
    assert_eq!(world.run("a").await.state, State::Cancelled);
    assert!(world.wish("a", Input::Cancel).await.is_none());
    assert!(world.wish("a", supersede("b")).await.is_none());
}
