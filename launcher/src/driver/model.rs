//! Stories that nobody thought of: random submissions, wishes, ends of tasks, old news, deaths and deletions, on the real store and the real
//! driver, held against a simple model after every step. A failing story is made shorter until nothing can be left out.
//!
//! Here is what a story is made of; what must hold stands in [`oracle`].

mod oracle;
mod system;

use crate::runner::fake::Answer;
use crate::store::{Memory, Sql};
use proptest::prelude::*;
use proptest::test_runner::{Config, FileFailurePersistence};
use proptest_state_machine::{ReferenceStateMachine, StateMachineTest, prop_state_machine};
use std::collections::BTreeMap;
use std::marker::PhantomData;
use std::sync::Arc;
use system::{Store, System};

/// Which run a client believes to be the current one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Expect {
    Any,
    Current,
    None,
    Another,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Submit {
    org: usize,
    reject: bool,
    expect: Expect,
    /// Idempotency key and what was sent with it.
    key: Option<(u8, u8)>,
}

/// What is done between two calls of a launcher.
#[derive(Clone, Copy, Debug)]
enum Interrupt {
    Death,
    Submit(Submit),
    Cancel(usize),
    Progress(usize),
}

/// How a task ends.
#[derive(Clone, Copy, Debug)]
enum End {
    Code { code: i32, results: bool },
    OutOfMemory,
    NotStarted,
    Interrupted,
    Gone { results: bool },
}

#[derive(Clone, Debug)]
enum Step {
    Submit(Submit),
    Cancel(usize),
    Progress(usize),
    /// A launcher looks at what is due; something happens at a point of it. A second goes by.
    Tick(Option<(usize, Interrupt)>),
    Seconds(i64),
    /// Of the tasks that are alive, the nth from the newest.
    Begins(usize),
    Ends(usize, End),
    /// One runs to its end with all its results; something happens while the launcher looks at them.
    Finish(usize, usize, Interrupt),
    /// The platform tells next what it told long ago.
    OldNews,
    Answer(Answer),
    Sweep,
    Delete(usize),
}

const ORGS: [&str; 2] = ["north", "south"];

/// What the tests know before anything is done: which organisations there are, what was sent with which key, and how the launcher is set up.
#[derive(Clone, Debug)]
struct Plan {
    deleted: [bool; 2],
    submissions: usize,
    keys: BTreeMap<(usize, u8), u8>,
    /// New tasks are shown so much later.
    lag_ms: i64,
    /// One task at once, over all.
    one_task: bool,
    /// For ever, or for five minutes.
    waits_for_ever: bool,
}

struct Stories;

fn submit() -> BoxedStrategy<Submit> {
    let expect = prop_oneof![6 => Just(Expect::Any), 1 => Just(Expect::Current), 1 => Just(Expect::None), 1 => Just(Expect::Another)];
    let key = prop::option::weighted(0.25, (0u8..2, 0u8..2));
    (0..2usize, prop::bool::weighted(0.15), expect, key)
        .prop_map(|(org, reject, expect, key)| Submit { org, reject, expect, key })
        .boxed()
}

fn interrupt() -> BoxedStrategy<Interrupt> {
    prop_oneof![
        2 => Just(Interrupt::Death),
        3 => submit().prop_map(Interrupt::Submit),
        1 => (0..2usize).prop_map(Interrupt::Cancel),
        1 => (0..2usize).prop_map(Interrupt::Progress),
    ]
    .boxed()
}

fn end() -> BoxedStrategy<End> {
    let code = prop_oneof![4 => Just(0), 1 => Just(3), 1 => Just(6), 1 => Just(7), 1 => Just(70), 1 => Just(143)];
    prop_oneof![
        5 => (code, prop::bool::weighted(0.8)).prop_map(|(code, results)| End::Code { code, results }),
        1 => Just(End::OutOfMemory),
        1 => Just(End::NotStarted),
        2 => Just(End::Interrupted),
        1 => any::<bool>().prop_map(|results| End::Gone { results }),
    ]
    .boxed()
}

fn answer() -> BoxedStrategy<Answer> {
    let answers = [Answer::LostReply, Answer::LostRequest, Answer::NoCapacity, Answer::NoCapacityLied, Answer::Refused];
    prop::sample::select(answers.to_vec()).boxed()
}

impl ReferenceStateMachine for Stories {
    type State = Plan;
    type Transition = Step;

    fn init_state() -> BoxedStrategy<Plan> {
        (prop::sample::select(vec![0, 3_000]), prop::bool::weighted(0.25), any::<bool>())
            .prop_map(|(lag_ms, one_task, waits_for_ever)| Plan {
                deleted: [false; 2],
                submissions: 0,
                keys: BTreeMap::new(),
                lag_ms,
                one_task,
                waits_for_ever,
            })
            .boxed()
    }

    fn transitions(_: &Plan) -> BoxedStrategy<Step> {
        prop_oneof![
            6 => submit().prop_map(Step::Submit),
            1 => (0..2usize).prop_map(Step::Cancel),
            1 => (0..2usize).prop_map(Step::Progress),
            12 => Just(Step::Tick(None)),
            8 => (1..16usize, interrupt()).prop_map(|(point, what)| Step::Tick(Some((point, what)))),
            3 => prop::sample::select(vec![5, 40, 130, 400, 2_000]).prop_map(Step::Seconds),
            5 => (0..3usize).prop_map(Step::Begins),
            5 => (0..3usize, end()).prop_map(|(nth, end)| Step::Ends(nth, end)),
            4 => (0..2usize, 3..16usize, interrupt()).prop_map(|(nth, point, what)| Step::Finish(nth, point, what)),
            2 => Just(Step::OldNews),
            3 => answer().prop_map(Step::Answer),
            1 => Just(Step::Sweep),
            1 => (0..2usize).prop_map(Step::Delete),
        ]
        .boxed()
    }

    /// A story is about something: nothing before the first submission, nobody is deleted twice.
    fn preconditions(plan: &Plan, step: &Step) -> bool {
        match step {
            Step::Submit(_) | Step::Answer(_) => true,
            Step::Delete(org) => plan.submissions > 0 && !plan.deleted[*org],
            _ => plan.submissions > 0,
        }
    }

    fn apply(mut plan: Plan, step: &Step) -> Plan {
        match step {
            Step::Submit(submit)
            | Step::Tick(Some((_, Interrupt::Submit(submit))))
            | Step::Finish(_, _, Interrupt::Submit(submit)) => {
                plan.submissions += 1;
                if let Some((key, body)) = submit.key {
                    plan.keys.entry((submit.org, key)).or_insert(body);
                }
            }
            Step::Delete(org) => plan.deleted[*org] = true,
            _ => {}
        }
        plan
    }
}

/// Where the stories are told.
struct On<S>(PhantomData<S>);

/// In memory: thousands of stories.
struct InMemory;

/// In a file: the same SQL as in service.
struct InSqlite;

trait Place {
    fn open(runtime: &tokio::runtime::Runtime) -> Store;
}

impl Place for InMemory {
    fn open(_: &tokio::runtime::Runtime) -> Store {
        Store::Memory(Arc::<Memory>::default())
    }
}

impl Place for InSqlite {
    fn open(runtime: &tokio::runtime::Runtime) -> Store {
        // In memory where there is such a folder: every transaction waits for the disk.
        let shared = std::path::Path::new("/dev/shm");
        let folder = if shared.is_dir() { tempfile::tempdir_in(shared) } else { tempfile::tempdir() }.unwrap();
        let url = format!("sqlite:{}", folder.path().join("db").display());
        Store::Sql(runtime.block_on(Sql::open(&url, 1)).unwrap(), Arc::new(folder))
    }
}

impl<S: Place + 'static> StateMachineTest for On<S> {
    type SystemUnderTest = System;
    type Reference = Stories;

    fn init_test(plan: &Plan) -> System {
        System::new(plan, S::open)
    }

    fn apply(mut system: System, _: &Plan, step: Step) -> System {
        system.take(step);
        system
    }

    fn check_invariants(system: &System, plan: &Plan) {
        system.check(plan);
    }

    /// Left alone, everything comes to rest.
    fn teardown(mut system: System, plan: Plan) {
        system.settle();
        system.check(&plan);
        system.check_at_rest(&plan);
    }
}

/// `PROPTEST_CASES=n` for more. A failing story's seed is printed, and kept beside this file.
fn config(cases: u32) -> Config {
    let asked = std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok());
    Config {
        cases: asked.unwrap_or(cases),
        max_shrink_iters: 4_000,
        failure_persistence: Some(Box::new(FileFailurePersistence::SourceParallel("proptest-regressions"))),
        ..Config::default()
    }
}

prop_state_machine! {
    #![proptest_config(config(1_500))]
    #[test]
    fn stories_in_memory(sequential 1..80 => On<InMemory>);
}

prop_state_machine! {
    #![proptest_config(config(60))]
    #[test]
    fn stories_in_sqlite(sequential 1..80 => On<InSqlite>);
}
