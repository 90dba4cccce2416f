//! What must hold after every step of a story, whatever has happened (`shared/design/launcher.md`, 5.3).

use super::system::{Outside, System};
use super::{ORGS, Plan};
use crate::objects::verify::verify;
use crate::run::{Run, State, parse_started_by};
use crate::store::{Org, StoreError, Submission, Submitted};
use std::collections::BTreeMap;

/// What an organisation should be.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Book {
    generation: i64,
    current: Option<String>,
    /// Idempotency keys: what was sent, which run it became.
    keys: BTreeMap<String, (String, String)>,
}

/// The tests' own account of what was accepted.
#[derive(Debug, Default)]
pub struct Books {
    orgs: BTreeMap<String, Book>,
    /// Start calls that had to be made again: an answer was lost, a launcher died.
    pub repeats: usize,
}

impl Books {
    /// Whether an answer to a submission is the right one, and what the organisation is after it.
    pub fn submitted(
        &mut self,
        sent: &Submission,
        current: Option<&Run>,
        before: Option<Org>,
        answer: Result<Submitted, StoreError>,
        after: Option<Org>,
    ) {
        let book = self.orgs.entry(sent.run.org.clone()).or_default();
        if before.as_ref().is_none_or(|org| org.deleted_ms.is_some()) {
            assert!(matches!(answer, Err(StoreError::NoOrg(_))), "a deleted organisation: {answer:?}");
            return;
        }
        let answer = answer.unwrap();
        let active = current.filter(|run| !run.state.is_final());
        let known = sent.idempotency.as_ref().and_then(|sent| Some((sent, book.keys.get(&sent.key)?)));
        let expected = match (known, &sent.expected_current, active) {
            (Some((key, (body, run))), ..) if key.fingerprint == *body => format!("same {run}"),
            (Some(_), ..) => "other request".into(),
            (_, Some(expected), None) if expected.is_some() => "not current".into(),
            (_, Some(expected), Some(run)) if expected.as_ref() != Some(&run.id) => format!("active {}", run.id),
            (.., Some(run)) if sent.reject_if_active && !run.is_unwanted() => format!("active {}", run.id),
            _ => format!("new {}", sent.run.id),
        };
        let said = match &answer {
            Submitted::New(run) => format!("new {}", run.id),
            Submitted::Same(run) => format!("same {}", run.id),
            Submitted::Active(run) => format!("active {}", run.id),
            Submitted::OtherRequest => "other request".into(),
            Submitted::NotCurrent => "not current".into(),
            Submitted::TooMany => "too many".into(),
        };
        assert_eq!(said, expected, "the answer to {sent:?} while {current:?}");
        let Submitted::New(run) = answer else {
            assert_eq!(before, after, "a refused or repeated submission leaves no trace");
            return;
        };
        assert_eq!(run.generation, book.generation + 1, "generations only grow, by one");
        let replaced = active.filter(|run| !run.is_unwanted()).map(|run| run.id.clone());
        assert_eq!(run.supersedes, replaced, "the run whose place it takes");
        (book.generation, book.current) = (run.generation, Some(run.id.clone()));
        if let Some(key) = &sent.idempotency {
            book.keys.insert(key.key.clone(), (key.fingerprint.clone(), run.id.clone()));
        }
    }
}

impl System {
    pub fn check(&self, plan: &Plan) {
        self.runtime.block_on(async {
            let runs = self.outside.runs().await;
            for (index, name) in ORGS.into_iter().enumerate() {
                let of_org: Vec<&Run> = runs.iter().filter(|run| run.org == name).collect();
                match self.outside.store.runs().org(name).await.unwrap() {
                    Some(org) => self.outside.check_org(&org, &of_org).await,
                    None => assert!(plan.deleted[index] && of_org.is_empty(), "{name} is forgotten"),
                }
                self.outside.at_most_one_task(&of_org, plan).await;
            }
            self.outside.check_calls();
        });
    }

    /// Nothing is left that anybody would have to see to.
    pub fn check_at_rest(&self, plan: &Plan) {
        self.runtime.block_on(async {
            for (index, name) in ORGS.into_iter().enumerate() {
                let org = self.outside.store.runs().org(name).await.unwrap();
                assert_eq!(org.is_none(), plan.deleted[index], "{name}");
                let Some(org) = org else { continue };
                let runs = self.outside.store.of_org(name).await;
                let newest = runs.iter().filter(|run| run.state == State::Succeeded).max_by_key(|run| run.generation);
                assert_eq!(org.published_run, newest.map(|run| run.id.clone()), "the newest success is visible");
            }
        });
    }
}

impl Outside {
    async fn check_org(&self, org: &Org, runs: &[&Run]) {
        let book = self.books.lock().unwrap().orgs.get(&org.id).cloned().unwrap_or_default();
        assert_eq!((org.generation, &org.current_run), (book.generation, &book.current), "what was accepted, no more");
        let wanted: Vec<_> = runs.iter().filter(|run| !run.state.is_final() && !run.is_unwanted()).collect();
        assert!(wanted.len() <= 1, "wanted: {wanted:#?}");
        assert!(wanted.iter().all(|run| Some(&run.id) == book.current.as_ref()), "not the newest: {wanted:#?}");
        for run in runs {
            assert!(
                run.state.is_final() || run.state != State::Stopping || run.may_exist,
                "{run:#?} waits for nothing"
            );
            // Said by the newer one: a publication that went wrong may have written over what the older one said.
            let replaced = run.supersedes.as_ref().and_then(|old| runs.iter().find(|other| other.id == *old));
            if let Some(old) = replaced {
                assert_ne!(old.state, State::Succeeded, "{} was superseded by {} and published", old.id, run.id);
            }
        }
        if let Some(published) = &org.published_run {
            let run = runs.iter().find(|run| run.id == *published).unwrap();
            assert_eq!((run.state, run.ending), (State::Succeeded, None), "{run:#?}");
            let complete = verify(&self.world.objects, run, true).await.unwrap();
            assert!(complete.is_ok(), "{published} is visible, but {complete:?}");
            let task = self.world.fake.platform().tasks.get(run.task.as_ref().unwrap()).cloned();
            assert!(task.is_none_or(|task| !task.is_alive()), "{published} is visible and its task still runs");
        }
    }

    /// Two only when the older one was waited for as long as allowed.
    async fn at_most_one_task(&self, runs: &[&Run], plan: &Plan) {
        let alive: Vec<String> = {
            let platform = self.world.fake.platform();
            let alive = platform.tasks.values().filter(|task| task.is_alive());
            alive.map(|task| parse_started_by(&task.started_by).unwrap().0.to_owned()).collect()
        };
        let alive: Vec<_> = runs.iter().filter(|run| alive.contains(&run.id)).collect();
        let mut overlaps = 0;
        for run in &alive {
            let events = self.store.runs().events(&run.id, 0).await.unwrap();
            for event in events.iter().filter(|event| event.cause.contains("has not stopped in time")) {
                let older = runs.iter().filter(|old| old.generation < run.generation);
                let since_ms = older.filter_map(|old| old.stop_wanted_ms).min().unwrap();
                assert!(!plan.waits_for_ever && event.at_ms - since_ms >= 300_000, "{event:?} since {since_ms}");
                overlaps += 1;
            }
        }
        assert!(alive.len() <= 1 + overlaps, "at once: {alive:#?}");
    }

    fn check_calls(&self) {
        let (platform, repeats) = (self.world.fake.platform(), self.books.lock().unwrap().repeats);
        let attempts = self.platform.launches.lock().unwrap().len();
        assert!(
            platform.calls.0 as usize <= attempts + repeats,
            "{} start calls for {attempts} attempts, {repeats} lost",
            platform.calls.0
        );
        let tokens = platform.tasks.values().map(|task| &task.launch.token);
        let different: std::collections::BTreeSet<_> = tokens.clone().collect();
        assert_eq!(different.len(), tokens.count(), "one task a token");
    }
}
