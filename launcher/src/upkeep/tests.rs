//! Row 21 of the fault table, and what is kept: in a folder, in memory, and in a bucket where an emulator is.

use super::*;
use crate::api::Scope;
use crate::faults::service::Service;
use crate::objects::{Folder, S3};
use crate::run::{Run, State};
use crate::state::Cause;
use crate::store::RunStore;
use std::sync::atomic::{AtomicI64, Ordering};

#[path = "../../../tests/src/s3.rs"]
#[allow(dead_code, missing_docs, reason = "the emulator of the end-to-end tests; its other helpers are for them")]
mod s3;

const ALL: &[Scope] = &[Scope::Submit, Scope::Read, Scope::Cancel];

/// A launcher whose upkeep lives at another time.
struct World {
    service: Service,
    upkeep: Upkeep,
    now_ms: Arc<AtomicI64>,
    key: String,
}

impl World {
    async fn new(objects: Arc<dyn Objects>, keep: Keep) -> Self {
        let service = Service::new().await;
        let key = service.org("springfield", ALL).await;
        let now_ms = Arc::new(AtomicI64::new(Clock::System.now_ms()));
        let (store, driver) = (service.app.store.clone(), service.app.driver.clone());
        let clock = Clock::Manual(now_ms.clone());
        let upkeep = Upkeep { store, objects, results: None, driver, clock, keep };
        Self { service, upkeep, now_ms, key }
    }

    /// A run whose task has written half of its results.
    async fn half(&self) -> Run {
        let id = self.service.submitted("springfield", &self.key).await;
        let run = self.service.until(&id, |run| run.task.is_some()).await;
        self.upkeep.objects.put(&self.file(&run), b"half".to_vec()).await.unwrap();
        run
    }

    fn file(&self, run: &Run) -> String {
        format!("{}/scores.csv", run.result_prefix())
    }

    async fn published(&self) -> Run {
        let run = self.half().await;
        self.service.succeed(&run.id).await
    }

    async fn failed(&self) -> Run {
        let run = self.half().await;
        self.service.fake.end(run.task.as_ref().unwrap(), Cause::Exited, Some(3));
        self.service.until(&run.id, |run| run.state == State::Failed).await
    }

    async fn superseded(&self) -> Run {
        let run = self.half().await;
        self.service.submitted("springfield", &self.key).await;
        self.service.fake.end(run.task.as_ref().unwrap(), Cause::Exited, Some(143));
        let old = self.service.until(&run.id, |run| run.state == State::Superseded).await;
        let new = self.service.app.store.org("springfield").await.unwrap().unwrap().current_run.unwrap();
        self.service.app.change_for_tests(&new, crate::state::Input::Cancel).await;
        let new = self.service.run(&new).await;
        if let Some(task) = &new.task {
            self.service.fake.end(task, Cause::Exited, Some(143));
        }
        self.service.until(&new.id, |run| run.state.is_final()).await;
        old
    }

    /// Whether the results of each are still there.
    async fn left<const N: usize>(&self, runs: [&Run; N]) -> [bool; N] {
        let mut left = [false; N];
        for (left, run) in left.iter_mut().zip(runs) {
            *left = self.upkeep.objects.size(&self.file(run)).await.unwrap().is_some();
        }
        left
    }

    fn days_go_by(&self, days: i64) {
        self.now_ms.fetch_add(days * DAY_MS, Ordering::SeqCst);
    }
}

/// Row 21: half an upload of a run that failed or was superseded goes after some days; history beyond what is kept goes; what is visible
/// stays, however old.
async fn what_is_kept(objects: Arc<dyn Objects>) {
    let world = World::new(objects, Keep { published: 1, days: 7 }).await;
    let (first, failed, superseded) = (world.published().await, world.failed().await, world.superseded().await);
    let (second, third) = (world.published().await, world.published().await);
    let running = world.half().await;
    let all = [&first, &failed, &superseded, &second, &third, &running];
    world.upkeep.round().await.unwrap();
    assert_eq!(world.left(all).await, [true; 6], "too early");
    world.days_go_by(8);
    world.upkeep.round().await.unwrap();
    assert_eq!(world.left(all).await, [false, false, false, true, true, true]);
    assert!(world.upkeep.objects.get(&first.request.boundary).await.is_ok());
    world.days_go_by(10_000);
    world.upkeep.round().await.unwrap();
    assert_eq!(world.left(all).await, [false, false, false, true, true, true], "what is visible, and one before it");

    // An organisation that is deleted takes all of it along, once its task has stopped.
    world.service.app.store.delete_org("springfield", 1).await.unwrap();
    world.upkeep.round().await.unwrap();
    assert_eq!(world.left([&third, &running]).await, [true; 2], "a task still runs");
    if !world.service.run(&running.id).await.is_unwanted() {
        world.service.app.change_for_tests(&running.id, crate::state::Input::Cancel).await;
    }
    world.service.fake.end(running.task.as_ref().unwrap(), Cause::Exited, Some(143));
    world.service.until(&running.id, |run| run.state.is_final()).await;
    world.upkeep.round().await.unwrap();
    assert_eq!(world.left(all).await, [false; 6]);
    assert!(world.service.app.store.org("springfield").await.unwrap().is_none());
}

#[tokio::test]
async fn f21_leftovers_go_from_a_folder() {
    let folder = tempfile::tempdir().unwrap();
    what_is_kept(Arc::new(Folder::new(folder.path()).unwrap())).await;
    let left = std::fs::read_dir(folder.path().join("runs")).unwrap().count();
    assert_eq!(left, 0, "not even the folder of the organisation");
}

#[tokio::test(flavor = "multi_thread")]
async fn f21_leftovers_go_from_a_bucket() {
    let own = concat!(env!("CARGO_MANIFEST_DIR"), "/../target/python/bin/python");
    let python = std::env::var_os("QUIETWAY_PYTHON").map_or_else(|| own.into(), std::path::PathBuf::from);
    if !python.exists() {
        println!("skipped: no Python with moto; run scripts/test");
        return;
    }
    let Some((endpoint, _emulator)) = s3::start_emulator(&python) else { return };
    let credentials = aws_sdk_s3::config::Credentials::new("test", "test", None, None, "test");
    let config = crate::aws::config().await.into_builder().endpoint_url(endpoint);
    let config = config.region(aws_sdk_s3::config::Region::new("us-east-1"));
    let config = config.credentials_provider(aws_sdk_s3::config::SharedCredentialsProvider::new(credentials)).build();
    what_is_kept(Arc::new(S3::new(&config, "s3://results/launcher", None).unwrap())).await;
}
