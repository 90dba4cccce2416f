//! The contract of [`Runner`], on every implementation that runs here.

use super::fake::Fake;
use super::process::Processes;
use super::*;
use crate::state::Cause;
use std::time::Duration;

pub fn sample(token: &str, args: &[&str]) -> Launch {
    Launch {
        token: token.into(),
        started_by: format!("quietway/{}", token.replace('.', "/")),
        args: args.iter().map(ToString::to_string).collect(),
        env: BTreeMap::from([(env::RUN_ID.to_owned(), "r".to_owned())]),
        on_demand: false,
        platform: BTreeMap::new(),
    }
}

pub async fn until(runner: &dyn Runner, task: &str, reached: fn(&News) -> bool) -> News {
    for _ in 0..400 {
        let news = runner.observe(&[task.to_owned()]).await.unwrap().remove(0);
        if reached(&news) {
            return news;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("it never came to that");
}

/// `lasting` runs until it is stopped.
pub async fn contract(runner: &dyn Runner, lasting: &[&str]) {
    let launch = sample("r1.1", lasting);
    let task = runner.start(&launch).await.unwrap();
    assert_eq!(runner.start(&launch).await.unwrap(), task, "the same token is the same task");
    assert_eq!(runner.find("quietway/r1/1").await.unwrap(), std::slice::from_ref(&task));
    assert!(runner.find("quietway/r1/2").await.unwrap().is_empty());
    assert_eq!(runner.list().await.unwrap().len(), 1);
    until(runner, &task, |news| matches!(news, News::Running { .. } | News::Pending { .. })).await;
    runner.stop(&task, "test").await.unwrap();
    runner.stop(&task, "test").await.unwrap();
    runner.stop("nobody", "test").await.unwrap();
    assert_eq!(runner.observe(&["nobody".into()]).await.unwrap(), [News::Missing]);
}

/// The task of the contract, once it has ended.
pub async fn ended_is_not_forgotten(runner: &dyn Runner, task: &str) {
    assert!(runner.list().await.unwrap().is_empty());
    assert!(runner.find("quietway/r1/1").await.unwrap().is_empty());
    assert_eq!(runner.find_ended("quietway/r1/1").await.unwrap(), [task]);
    assert!(runner.find_ended("quietway/r1/2").await.unwrap().is_empty());
}

#[tokio::test]
async fn the_fake_keeps_the_contract() {
    contract(&Fake::default(), &[]).await;
}

fn processes(folder: &std::path::Path, program: &str, grace_ms: u64) -> Processes {
    Processes::new(folder.join("tasks"), program.into(), Duration::from_millis(grace_ms)).unwrap()
}

pub fn ended(news: &News) -> bool {
    matches!(news, News::Stopped(_))
}

#[tokio::test]
async fn processes_keep_the_contract() {
    let folder = tempfile::tempdir().unwrap();
    let runner = processes(folder.path(), "sleep", 5_000);
    contract(&runner, &["60"]).await;
    let News::Stopped(stopped) = until(&runner, "r1.1", ended).await else { panic!() };
    // 137 when the signal came before the shell was ready for it.
    assert!(matches!(stopped.exit_code, Some(143 | 137)) && stopped.cause == Cause::Exited, "{stopped:?}");
    ended_is_not_forgotten(&runner, "r1.1").await;
}

#[tokio::test]
async fn what_a_process_prints_and_how_it_ends_outlive_the_launcher() {
    let folder = tempfile::tempdir().unwrap();
    let script = ["-c", "echo one; echo two >&2; echo $QUIETWAY_RUN_ID; exit 6"];
    let task = processes(folder.path(), "sh", 100).start(&sample("r2.1", &script)).await.unwrap();
    let later = processes(folder.path(), "sh", 100);
    let News::Stopped(stopped) = until(&later, &task, ended).await else { panic!() };
    assert_eq!(stopped.exit_code, Some(6));
    assert_eq!(later.logs(&task, 2).await.unwrap(), ["two", "r"]);
}

/// Row 11: a task that does not listen is killed after the grace.
#[tokio::test]
async fn a_process_that_ignores_the_signal_is_killed() {
    let folder = tempfile::tempdir().unwrap();
    let runner = processes(folder.path(), "sh", 300);
    let task = runner.start(&sample("r3.1", &["-c", "trap '' TERM; while :; do sleep 1; done"])).await.unwrap();
    until(&runner, &task, |news| matches!(news, News::Running { .. })).await;
    tokio::time::sleep(Duration::from_millis(200)).await;
    runner.stop(&task, "test").await.unwrap();
    let News::Stopped(stopped) = until(&runner, &task, ended).await else { panic!() };
    assert_eq!(stopped.exit_code, Some(137));
}

#[tokio::test]
async fn a_program_that_is_not_there_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let runner = processes(folder.path(), "/nowhere/quietway", 100);
    let task = runner.start(&sample("r4.1", &["run"])).await.unwrap();
    let News::Stopped(stopped) = until(&runner, &task, ended).await else { panic!() };
    assert_eq!(stopped.exit_code, Some(127));
}
