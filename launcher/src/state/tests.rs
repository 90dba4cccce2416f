use super::*;
use crate::run::Usage;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

const RULES: fn() -> Rules = || Rules { retry_start: 1, retry_interrupted: 2, retry_lost: 1, ..Rules::default() };

fn at(now_ms: i64) -> At<'static> {
    At { now_ms, actor: "test" }
}

fn fresh() -> Run {
    Run::new("r".into(), "springfield".into(), 1, 0)
}

fn stopped(cause: Cause, exit_code: Option<i32>) -> Stopped {
    Stopped { version: 9, cause, exit_code, detail: String::new(), usage: Usage::default() }
}

/// Everything that can happen, in every variant that takes another way.
fn alphabet() -> Vec<Input> {
    use Cause::*;
    let ends = [
        (Exited, Some(0)),
        (Exited, Some(3)),
        (Exited, Some(6)),
        (Exited, None),
        (OutOfMemory, Some(137)),
        (NotStarted, None),
        (CannotStart, None),
        (Interrupted, Some(143)),
        (Missing, None),
    ];
    let done = || stopped(Exited, Some(0));
    let mut all = vec![
        Input::Supersede { by: "s".into() },
        Input::Cancel,
        Input::Wait(WaitingFor::OldRun),
        Input::Wait(WaitingFor::Capacity),
        Input::Sending { warning: None },
        Input::Started { task: "t".into() },
        Input::NoCapacity { detail: "full".into() },
        Input::Refused { detail: "no such cluster".into() },
        Input::Seen { version: 1, running: false, since_ms: None },
        Input::Seen { version: 2, running: true, since_ms: Some(5) },
        Input::Leaving { version: 3, since_ms: Some(5), detail: "Spot".into() },
        Input::Vanished(stopped(Missing, None)),
        Input::StopSent,
        Input::StartTimeout,
        Input::TimeLimit,
        Input::Progress { stage: Some("import".into()), fraction: 0.5 },
        Input::Progress { stage: None, fraction: f64::NAN },
        Input::Publish { prefix: "p".into(), warning: None, stopped: done() },
        Input::Incomplete { detail: "no manifest".into(), stopped: done() },
    ];
    all.extend(ends.map(|(cause, code)| Input::Ended(stopped(cause, code))));
    all
}

/// What two runs must share to have the same future, but for counters.
fn key(run: &Run) -> String {
    let waits = run.waiting_for;
    let retries = (run.retries.start, run.retries.interrupted, run.retries.lost, run.retries.capacity.min(3));
    format!(
        "{:?} {:?} {} {} {} {} {waits:?} {retries:?} {}",
        run.state,
        run.ending,
        run.may_exist,
        run.task.is_some(),
        run.task_version,
        run.running_ms.is_some(),
        run.on_demand,
    )
}

/// Every run that can come to be, with the step that led there.
fn explore() -> (Vec<Run>, BTreeSet<(State, State)>) {
    let (mut seen, mut moves) = (BTreeMap::new(), BTreeSet::new());
    let mut queue = VecDeque::from([fresh()]);
    while let Some(run) = queue.pop_front() {
        if seen.insert(key(&run), run.clone()).is_some() {
            continue;
        }
        for input in alphabet() {
            if let Some(step) = apply(&run, input, at(run.version), &RULES()) {
                moves.insert((run.state, step.run.state));
                queue.push_back(step.run);
            }
        }
    }
    (seen.into_values().collect(), moves)
}

#[test]
fn these_and_no_other_changes_of_state_exist() {
    use State::*;
    let expected = [
        (Waiting, vec![Waiting, Starting, Stopping, Failed, Superseded, Cancelled]),
        (Starting, vec![Waiting, Starting, Running, Stopping, Succeeded, Failed]),
        (Running, vec![Waiting, Running, Stopping, Succeeded, Failed]),
        (Stopping, vec![Waiting, Stopping, Failed, Superseded, Cancelled]),
    ];
    let expected: BTreeSet<_> =
        expected.into_iter().flat_map(|(from, to)| to.into_iter().map(move |to| (from, to))).collect();
    let (_, moves) = explore();
    let odd: Vec<_> = moves.symmetric_difference(&expected).collect();
    assert!(odd.is_empty(), "{odd:?}");
}

#[test]
fn final_states_absorb() {
    let (runs, _) = explore();
    let finals: Vec<_> = runs.iter().filter(|run| run.state.is_final()).collect();
    assert!(finals.len() > 10);
    for run in finals {
        for input in alphabet() {
            assert_eq!(apply(run, input.clone(), at(99), &RULES()), None, "{:?} after {input:?}", run.state);
        }
        assert!(run.finished_ms.is_some());
        assert!(!run.may_exist, "{run:?}: a task may run on although the run has ended");
    }
}

#[test]
fn every_change_is_one_version_and_one_event() {
    let (runs, _) = explore();
    for run in &runs {
        for input in alphabet() {
            let Some(step) = apply(run, input, at(7), &RULES()) else { continue };
            assert_eq!(step.run.version, run.version + 1);
            assert_eq!((step.event.version, step.event.state), (step.run.version, step.run.state));
            assert!(!step.event.cause.is_empty());
        }
    }
}

#[test]
fn invariants_of_every_reachable_run() {
    let (runs, _) = explore();
    println!("{} different runs", runs.len());
    for run in &runs {
        let context = format!("{run:?}");
        assert_eq!(run.state == State::Failed, run.reason.is_some(), "{context}");
        assert_eq!(run.state == State::Succeeded, run.published_ms.is_some(), "{context}");
        assert!(run.state != State::Stopping || (run.ending.is_some() && run.may_exist), "{context}");
        assert!(run.state != State::Running || run.task.is_some() || run.heard_ms.is_some(), "{context}");
        assert!(run.state != State::Succeeded || run.ending.is_none(), "{context}");
        assert!(run.attempt > 0 || !run.may_exist, "{context}");
    }
}

/// From every run that has not ended, some news leads on to an end: nothing gets stuck.
#[test]
fn every_run_can_end() {
    let (runs, _) = explore();
    for run in runs.iter().filter(|run| !run.state.is_final()) {
        let mut queue = VecDeque::from([run.clone()]);
        let mut seen = BTreeSet::new();
        let ends = loop {
            let Some(run) = queue.pop_front() else { break false };
            if run.state.is_final() {
                break true;
            }
            if seen.insert(key(&run)) {
                let wishes = |input: &Input| matches!(input, Input::Supersede { .. } | Input::Cancel);
                let steps = alphabet().into_iter().filter(|input| !wishes(input));
                queue.extend(steps.filter_map(|input| apply(&run, input, at(1), &RULES())).map(|step| step.run));
            }
        };
        assert!(ends, "{run:?}");
    }
}

fn after(inputs: &[Input]) -> Run {
    inputs
        .iter()
        .fold(fresh(), |run, input| apply(&run, input.clone(), at(run.version), &RULES()).map_or(run, |s| s.run))
}

fn sent() -> Vec<Input> {
    vec![Input::Sending { warning: None }, Input::Started { task: "t".into() }]
}

#[test]
fn a_run_never_sent_ends_at_once() {
    assert_eq!(after(&[Input::Supersede { by: "s".into() }]).state, State::Superseded);
    assert_eq!(after(&[Input::Cancel]).state, State::Cancelled);
}

#[test]
fn cancelled_stays_cancelled_but_learns_who_came_after() {
    let run = after(&[sent(), vec![Input::Cancel]].concat());
    let run = apply(&run, Input::Supersede { by: "s".into() }, at(5), &RULES()).unwrap().run;
    assert_eq!((run.state, run.superseded_by.as_deref()), (State::Stopping, Some("s")));
}

#[test]
fn old_news_changes_nothing() {
    let run = after(&[sent(), vec![Input::Seen { version: 5, running: true, since_ms: Some(3) }]].concat());
    assert_eq!((run.state, run.running_ms), (State::Running, Some(3)));
    for version in 0..=5 {
        assert_eq!(apply(&run, Input::Seen { version, running: false, since_ms: None }, at(9), &RULES()), None);
    }
}

/// Any order, any repetition of the platform's news: the same end.
#[test]
fn news_in_any_order_end_the_same() {
    let news = [
        Input::Seen { version: 1, running: false, since_ms: Some(1) },
        Input::Seen { version: 2, running: true, since_ms: Some(2) },
        Input::Ended(stopped(Cause::Exited, Some(3))),
    ];
    let orders = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]];
    for order in orders {
        let doubled: Vec<_> = order.iter().flat_map(|&i| [news[i].clone(), news[i].clone()]).collect();
        let run = after(&[sent(), doubled].concat());
        assert_eq!((run.state, run.reason), (State::Failed, Some(Reason::Input)), "{order:?}");
    }
}

#[test]
fn interruptions_lead_to_machines_that_stay() {
    let mut inputs = Vec::new();
    for _ in 0..2 {
        inputs.extend(sent());
        inputs.push(Input::Ended(stopped(Cause::Interrupted, Some(143))));
    }
    let run = after(&inputs);
    assert_eq!((run.state, run.on_demand, run.attempt), (State::Waiting, true, 2));
    inputs.extend(sent());
    inputs.push(Input::Ended(stopped(Cause::Interrupted, Some(143))));
    assert_eq!(after(&inputs).state, State::Failed);
}

#[test]
fn progress_never_goes_back() {
    let tell = |fraction| Input::Progress { stage: None, fraction };
    let run = after(&[sent(), vec![tell(0.6), tell(0.2)]].concat());
    assert_eq!((run.state, run.fraction), (State::Running, 0.6));
    assert_eq!(after(&[sent(), vec![tell(7.0)]].concat()).fraction, 1.0);
}

#[test]
fn pauses_grow_and_stay_below_the_longest() {
    let rules = RULES();
    let pauses: Vec<_> = (1..40).map(|failures| backoff(&fresh(), failures, &rules)).collect();
    assert!(pauses.windows(2).take(5).all(|pair| pair[0] < pair[1]), "{pauses:?}");
    assert!(pauses.iter().all(|&pause| pause > 3_000 && pause <= rules.backoff_max_ms));
}
