//! Messages as EventBridge sends them: written after the sample events of the ECS developer guide.

use super::*;
use crate::runner::ecs::tests::args;
use crate::state::{Cause, Stopped};

fn ours() -> EcsArgs {
    EcsArgs { cluster: "quietway".into(), ..args() }
}

macro_rules! message {
    ($name:literal) => {
        include_str!(concat!($name, ".json"))
    };
}

fn news(body: &str) -> News {
    let told = read(body, &ours()).unwrap();
    assert_eq!(told.task, "arn:aws:ecs:us-west-2:111122223333:task/quietway/5f0c1b3a8d2e4f6790ab12cd34ef5678");
    assert_eq!(told.started_by, "quietway/01980000-0000-7000-8000-000000000001/1");
    told.news
}

fn stopped(body: &str) -> Stopped {
    match news(body) {
        News::Stopped(stopped) => stopped,
        other => panic!("{other:?}"),
    }
}

/// 2026-03-01T10:00:45.250Z.
const STARTED: Option<i64> = Some(1_772_359_245_250);

#[test]
fn a_task_on_its_way() {
    assert_eq!(news(message!("pending")), News::Pending { version: 2 });
    assert_eq!(news(message!("running")), News::Running { version: 4, since_ms: STARTED });
    let detail = "Your Spot Task was interrupted.".to_owned();
    assert_eq!(news(message!("spot-warning")), News::Leaving { version: 5, since_ms: STARTED, detail });
}

#[test]
fn how_a_task_ended_and_what_it_cost() {
    let done = stopped(message!("succeeded"));
    assert_eq!(
        (done.cause, done.exit_code, done.version),
        (Cause::Exited, Some(0), 7),
        "of our container, not of its neighbour"
    );
    assert_eq!((done.usage.seconds, done.usage.vcpu_seconds, done.usage.gb_seconds), (1_800.0, 3_600.0, 14_400.0));
    assert_eq!(stopped(message!("interrupted")).cause, Cause::Interrupted);
    assert_eq!(stopped(message!("not-started")).cause, Cause::CannotStart);
    let memory = stopped(message!("out-of-memory"));
    assert_eq!((memory.cause, memory.usage.gb_seconds), (Cause::OutOfMemory, 28_800.0), "of the overridden size");
    assert!(
        memory.detail.contains("the 16 GiB of memory it had") && memory.detail.contains("--ecs-memory"),
        "{}",
        memory.detail
    );
}

/// Row 26.
#[test]
fn f26_messages_that_are_nothing_for_us() {
    let elsewhere = EcsArgs { cluster: "another".into(), ..args() };
    assert_eq!(read(message!("running"), &elsewhere), Err(Odd::ForeignCluster));
    assert_eq!(read(message!("container-instance"), &ours()), Err(Odd::OtherKind));
    let other_source = message!("running").replace("aws.ecs", "aws.ec2");
    assert_eq!(read(&other_source, &ours()), Err(Odd::OtherKind));
    for odd in ["", "{", "[]", "7", "{}", r#"{"Type": "Notification"}"#, r#"{"source": "aws.ecs", "detail": []}"#] {
        assert!(matches!(read(odd, &ours()), Err(Odd::Unreadable(_))), "{odd}");
    }
    let nameless = message!("running").replace("taskArn", "task");
    assert!(matches!(read(&nameless, &ours()), Err(Odd::Unreadable(_))));
}

/// New fields and values may come, others be left out.
#[test]
fn events_are_read_leniently() {
    let bare = |detail: &str| {
        let body = format!(
            r#"{{"source": "aws.ecs", "detail-type": "ECS Task State Change", "new": 1, "detail":
            {{"clusterArn": "quietway", "taskArn": "t", {detail}}}}}"#
        );
        read(&body, &ours()).unwrap()
    };
    assert_eq!(bare(r#""lastStatus": "RUNNING""#).news, News::Running { version: 0, since_ms: None });
    assert_eq!(bare(r#""lastStatus": "SOMETHING_NEW", "version": 3"#).news, News::Pending { version: 3 });
    let odd = bare(
        r#""lastStatus": "STOPPED", "stopCode": "SomethingNew", "startedAt": "yesterday", "version": 9, "containers": "none", "cpu": 7"#,
    );
    let News::Stopped(stopped) = odd.news else { panic!() };
    assert_eq!((stopped.cause, stopped.exit_code, stopped.version), (Cause::Exited, None, 9));
    assert_eq!(odd.started_by, "");
}
