//! The contract of [`RunStore`], on every implementation.

use super::*;
use crate::run::State;
use crate::state::{At, Input, apply};
use std::sync::Arc;

const AT: At<'static> = At { now_ms: 1_000, actor: "test" };

fn submission(id: &str, org: &str, now_ms: i64) -> Submission {
    let run = Run { actor: "key".into(), ..Run::new(id.into(), org.into(), 0, now_ms) };
    Submission { run, reject_if_active: false, expected_current: None, idempotency: None, hourly_limit: None }
}

async fn submit(store: &dyn RunStore, submission: &Submission) -> Submitted {
    store.submit(submission, &Rules::default()).await.unwrap()
}

async fn new_run(store: &dyn RunStore, id: &str, org: &str) -> Run {
    match submit(store, &submission(id, org, 1_000)).await {
        Submitted::New(run) => *run,
        other => panic!("{other:?}"),
    }
}

fn step(run: &Run, input: Input) -> Step {
    apply(run, input, AT, &Rules::default()).unwrap()
}

async fn walk(store: &dyn RunStore, run: &Run, inputs: &[Input]) -> Run {
    let mut run = run.clone();
    for input in inputs {
        let step = step(&run, input.clone());
        assert!(store.save(&step, 5_000).await.unwrap());
        run = step.run;
    }
    run
}

fn to_task() -> [Input; 2] {
    [Input::Sending { warning: None }, Input::Started { task: "t".into() }]
}

fn publication() -> Input {
    Input::Publish { prefix: "p".into(), warning: None, stopped: crate::state::Stopped::default() }
}

/// All of the contract on one store.
pub async fn contract(store: Arc<dyn RunStore>) {
    for org in ["a", "b", "c", "d", "e", "f"] {
        store.add_org(org, 1).await.unwrap();
    }
    let again = store.add_org("a", 1).await;
    assert!(matches!(again, Err(StoreError::OrgExists(_))), "{again:?}");
    supersede(&*store).await;
    conditions(&*store).await;
    same_key(&*store).await;
    publish(&*store).await;
    claims(&*store).await;
    together(store).await;
}

async fn supersede(store: &dyn RunStore) {
    let first = new_run(store, "a1", "a").await;
    assert_eq!((first.generation, first.state, first.supersedes.clone()), (1, State::Waiting, None));
    let running = walk(store, &first, &to_task()).await;
    let second = new_run(store, "a2", "a").await;
    assert_eq!((second.generation, second.supersedes.as_deref()), (2, Some("a1")));
    let old = store.run("a1").await.unwrap().unwrap();
    assert_eq!((old.state, old.superseded_by.as_deref()), (State::Stopping, Some("a2")));
    assert!(!store.save(&step(&running, Input::TimeLimit), 0).await.unwrap(), "what was read is out of date");
    assert_eq!(store.older_active("a", 2).await.unwrap(), [old]);
    let causes: Vec<_> = store.events("a1", 1).await.unwrap().into_iter().map(|event| event.cause).collect();
    assert_eq!(causes, ["attempt 1 is sent", "the platform has task t", "superseded by a2"]);
    let org = store.org("a").await.unwrap().unwrap();
    assert_eq!((org.generation, org.current_run.as_deref(), org.published_run), (2, Some("a2"), None));
    assert_eq!(store.tasks().await.unwrap(), 1);
    // Never sent, so it ends at once.
    new_run(store, "a3", "a").await;
    assert_eq!(store.run("a2").await.unwrap().unwrap().state, State::Superseded);
    assert!(matches!(store.submit(&submission("x", "nobody", 1), &Rules::default()).await, Err(StoreError::NoOrg(_))));
}

async fn conditions(store: &dyn RunStore) {
    let reject = Submission { reject_if_active: true, ..submission("b2", "b", 1_000) };
    let first = new_run(store, "b1", "b").await;
    assert_eq!(submit(store, &reject).await, Submitted::Active(Box::new(first.clone())));
    let expect =
        |run: Option<&str>| Submission { expected_current: Some(run.map(Into::into)), ..submission("b3", "b", 1_000) };
    assert_eq!(submit(store, &expect(None)).await, Submitted::Active(Box::new(first)));
    assert!(matches!(submit(store, &expect(Some("b1"))).await, Submitted::New(_)));
    let limited = Submission { hourly_limit: Some(2), ..submission("b4", "b", 1_000) };
    assert_eq!(submit(store, &limited).await, Submitted::TooMany);
    let later = Submission { hourly_limit: Some(2), ..submission("b4", "b", 3_700_000) };
    assert!(matches!(submit(store, &later).await, Submitted::New(_)));
    let generation = store.org("b").await.unwrap().unwrap().generation;
    assert_eq!(generation, 3, "a refused submission leaves no trace");
}

async fn same_key(store: &dyn RunStore) {
    let keyed = |id: &str, org: &str, fingerprint: &str, now_ms| Submission {
        idempotency: Some(Idempotency {
            key: "k".into(),
            fingerprint: fingerprint.into(),
            expires_ms: now_ms + 10_000,
        }),
        ..submission(id, org, now_ms)
    };
    let Submitted::New(first) = submit(store, &keyed("c1", "c", "f", 1_000)).await else { panic!() };
    assert_eq!(submit(store, &keyed("c2", "c", "f", 2_000)).await, Submitted::Same(first));
    assert_eq!(submit(store, &keyed("c2", "c", "g", 2_000)).await, Submitted::OtherRequest);
    assert!(matches!(submit(store, &keyed("c3", "c", "g", 20_000)).await, Submitted::New(_)), "keys are forgotten");
    assert!(
        matches!(submit(store, &keyed("d0", "d", "g", 2_000)).await, Submitted::New(_)),
        "keys are per organisation"
    );
}

async fn publish(store: &dyn RunStore) {
    let first = new_run(store, "e1", "e").await;
    let first = walk(store, &first, &to_task()).await;
    let late = step(&first, publication());
    new_run(store, "e2", "e").await;
    assert!(!store.publish(&late).await.unwrap(), "a superseded run is never published");
    assert_eq!(store.org("e").await.unwrap().unwrap().published_run, None);
    assert_eq!(store.run("e1").await.unwrap().unwrap().state, State::Stopping);
    // Not even by one who does not know that it was superseded, and has its newest version.
    let old = store.run("e1").await.unwrap().unwrap();
    let unknowing = Run { ending: None, superseded_by: None, state: State::Running, ..old };
    assert!(!store.publish(&step(&unknowing, publication())).await.unwrap(), "only the current run");
    let second = store.run("e2").await.unwrap().unwrap();
    let second = walk(store, &second, &to_task()).await;
    let done = step(&second, publication());
    assert!(store.publish(&done).await.unwrap());
    assert!(!store.publish(&done).await.unwrap(), "once");
    let org = store.org("e").await.unwrap().unwrap();
    assert_eq!((org.published_run.as_deref(), org.current_run.as_deref()), (Some("e2"), Some("e2")));
    // A published run stays so when the next one is submitted.
    new_run(store, "e3", "e").await;
    assert_eq!(store.org("e").await.unwrap().unwrap().published_run.as_deref(), Some("e2"));
    assert_eq!(store.run("e2").await.unwrap().unwrap().state, State::Succeeded);
}

async fn claims(store: &dyn RunStore) {
    let run = new_run(store, "f1", "f").await;
    let ids = |runs: Vec<Run>| runs.into_iter().map(|run| run.id).filter(|id| id == "f1").count();
    let now_ms = 50_000;
    assert_eq!(ids(store.claim(now_ms, 30_000, 100).await.unwrap()), 1);
    assert_eq!(ids(store.claim(now_ms, 30_000, 100).await.unwrap()), 0, "somebody has it");
    assert_eq!(ids(store.claim(now_ms + 30_000, 30_000, 100).await.unwrap()), 1, "that somebody is gone");
    store.postpone("f1", now_ms + 31_000).await.unwrap();
    assert_eq!(ids(store.claim(now_ms + 31_000, 30_000, 100).await.unwrap()), 1);
    // A wish comes in while somebody has it; the postponement does not hide it.
    assert!(store.save(&step(&run, Input::Wait(crate::run::WaitingFor::OldRun)), 0).await.unwrap());
    store.postpone("f1", i64::MAX).await.unwrap();
    assert_eq!(ids(store.claim(now_ms + 31_000, 30_000, 100).await.unwrap()), 1);
}

/// 40 at once: one current run, all others superseded, generations without gap.
async fn together(store: Arc<dyn RunStore>) {
    store.add_org("many", 1).await.unwrap();
    let tasks: Vec<_> = (0..40)
        .map(|nth| {
            let store = store.clone();
            tokio::spawn(async move { new_run(&*store, &format!("m{nth}"), "many").await.generation })
        })
        .collect();
    let mut generations = Vec::new();
    for task in tasks {
        generations.push(task.await.unwrap());
    }
    generations.sort_unstable();
    assert_eq!(generations, (1..=40).collect::<Vec<i64>>());
    let org = store.org("many").await.unwrap().unwrap();
    let mut active = 0;
    for nth in 0..40 {
        let run = store.run(&format!("m{nth}")).await.unwrap().unwrap();
        active += usize::from(!run.state.is_final());
        assert_eq!(run.generation == 40, org.current_run.as_ref() == Some(&run.id));
    }
    assert_eq!(active, 1);
}

#[tokio::test]
async fn memory_keeps_the_contract() {
    contract(Arc::new(Memory::default())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sqlite_keeps_the_contract() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", folder.path().join("launcher.sqlite").display());
    contract(Arc::new(Sql::open(&url, 1).await.unwrap())).await;
    let again = Sql::open(&url, 1).await.unwrap();
    again.ready().await.unwrap();
    assert_eq!(again.run("a1").await.unwrap().unwrap().state, State::Stopping, "it is in the file");
}

/// One server, three tests in a row: it takes seconds to start.
#[tokio::test(flavor = "multi_thread")]
async fn postgres_keeps_the_contract() {
    let Some(server) = postgres::server() else { return };
    let (one, two) = tokio::join!(Sql::open(&server.url, 10), Sql::open(&server.url, 10));
    let (one, two) = (one.unwrap(), two.unwrap());
    assert!(one.is_shared());
    two.ready().await.unwrap();
    contract(Arc::new(one.clone())).await;
    flood(one, two).await;
}

/// Row 1: 200 submissions at once through two launchers that drive at the same time.
async fn flood(one: Sql, two: Sql) {
    one.add_org("flood", 1).await.unwrap();
    let world = crate::driver::world::World::new();
    let drivers = [&one, &two].map(|store| Arc::new(world.driver_on(Arc::new(store.clone()))));
    let submitting: Vec<_> = (0..200)
        .map(|nth| {
            let store = if nth % 2 == 0 { one.clone() } else { two.clone() };
            tokio::spawn(async move { new_run(&store, &format!("flood{nth}"), "flood").await.id })
        })
        .collect();
    let driving = drivers.map(|driver| {
        tokio::spawn(async move {
            for _ in 0..100 {
                driver.tick().await.unwrap();
                tokio::time::sleep(std::time::Duration::from_millis(5)).await;
            }
        })
    });
    let mut ids = Vec::new();
    for task in submitting {
        ids.push(task.await.unwrap());
    }
    for task in driving {
        task.await.unwrap();
    }
    let org = one.org("flood").await.unwrap().unwrap();
    assert_eq!(org.generation, 200);
    let platform = world.fake.platform().tasks.clone();
    let mut wanted = Vec::new();
    for id in ids {
        let run = one.run(&id).await.unwrap().unwrap();
        let tasks = platform.values().filter(|task| task.started_by.contains(&format!("/{id}/"))).count();
        assert!(tasks <= 1, "{id} has {tasks} tasks");
        if !run.state.is_final() && !run.is_unwanted() {
            wanted.push(id);
        }
    }
    assert_eq!(wanted, [org.current_run.unwrap()]);
}
