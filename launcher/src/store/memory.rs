//! The store of simulations: a map behind a lock, so that every method is one transaction.

use super::submit::{Found, HOUR_MS, decide};
use super::{Idempotency, Org, RunStore, StoreError, Submission, Submitted};
use crate::run::{Event, Run, State};
use crate::state::{Rules, Step, submitted};
use async_trait::async_trait;
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Nothing outlives the process.
#[derive(Default)]
pub struct Memory {
    tables: Mutex<Tables>,
}

#[derive(Default)]
struct Tables {
    orgs: BTreeMap<String, Org>,
    runs: BTreeMap<String, Run>,
    due: BTreeMap<String, i64>,
    events: BTreeMap<String, Vec<Event>>,
    keys: BTreeMap<(String, String), (Idempotency, String)>,
}

impl Memory {
    fn tables(&self) -> MutexGuard<'_, Tables> {
        self.tables.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// All runs, by id.
    pub fn runs(&self) -> Vec<Run> {
        self.tables().runs.values().cloned().collect()
    }

    /// As [`super::Sql::delete_org`].
    pub fn delete_org(&self, id: &str, now_ms: i64) -> bool {
        let mut tables = self.tables();
        let org = tables.orgs.get_mut(id).filter(|org| org.deleted_ms.is_none());
        org.map(|org| org.deleted_ms = Some(now_ms)).is_some()
    }

    /// As [`super::Sql::forget_org`].
    pub fn forget_org(&self, id: &str) -> bool {
        let mut tables = self.tables();
        let active = tables.runs.values().any(|run| run.org == id && !run.state.is_final());
        if active || tables.orgs.get(id).is_none_or(|org| org.deleted_ms.is_none()) {
            return false;
        }
        tables.runs.retain(|_, run| run.org != id);
        tables.keys.retain(|(org, _), _| org != id);
        tables.orgs.remove(id);
        true
    }
}

impl Tables {
    fn write(&mut self, step: &Step, due_ms: i64) -> bool {
        let Some(row) = self.runs.get_mut(&step.run.id).filter(|row| row.version + 1 == step.run.version) else {
            return false;
        };
        *row = step.run.clone();
        self.due.insert(step.run.id.clone(), due_ms);
        self.events.entry(step.run.id.clone()).or_default().push(step.event.clone());
        if step.run.state.is_final() {
            let waits = |run: &&Run| run.org == step.run.org && run.state == State::Waiting;
            for run in self.runs.values().filter(waits) {
                self.due.insert(run.id.clone(), 0);
            }
        }
        true
    }

    fn current(&self, org: &Org) -> Option<&Run> {
        self.runs.get(org.current_run.as_ref()?)
    }

    fn submit(&mut self, submission: &Submission, rules: &Rules) -> Result<Submitted, StoreError> {
        let (org_id, now_ms) = (&submission.run.org, submission.run.created_ms);
        let org = self.orgs.get(org_id).filter(|org| org.deleted_ms.is_none());
        let org = org.cloned().ok_or_else(|| StoreError::NoOrg(org_id.clone()))?;
        if let Some(sent) = &submission.idempotency {
            let known = self.keys.get(&(org_id.clone(), sent.key.clone())).filter(|(row, _)| row.expires_ms > now_ms);
            if let Some((row, run)) = known {
                let same = row.fingerprint == sent.fingerprint;
                return Ok(if same {
                    Submitted::Same(Box::new(self.runs[run].clone()))
                } else {
                    Submitted::OtherRequest
                });
            }
        }
        let recent = self.runs.values().filter(|run| run.org == *org_id && run.created_ms > now_ms - HOUR_MS).count();
        let found =
            Found { generation: org.generation + 1, current: self.current(&org).cloned(), recent: recent as i64 };
        let writes = match decide(submission, found, rules) {
            Ok(writes) => writes,
            Err(refusal) => return Ok(refusal),
        };
        if let Some(old) = &writes.old {
            self.write(old, 0);
        }
        let run = writes.run;
        self.events.insert(run.id.clone(), vec![submitted(&run)]);
        self.due.insert(run.id.clone(), 0);
        self.runs.insert(run.id.clone(), run.clone());
        if let Some(sent) = &submission.idempotency {
            self.keys.insert((org_id.clone(), sent.key.clone()), (sent.clone(), run.id.clone()));
        }
        let row = Org { generation: run.generation, current_run: Some(run.id.clone()), ..org };
        self.orgs.insert(org_id.clone(), row);
        Ok(Submitted::New(Box::new(run)))
    }
}

#[async_trait]
impl RunStore for Memory {
    async fn add_org(&self, id: &str, now_ms: i64) -> Result<(), StoreError> {
        let org = Org {
            id: id.into(),
            generation: 0,
            current_run: None,
            published_run: None,
            created_ms: now_ms,
            deleted_ms: None,
        };
        match self.tables().orgs.entry(id.into()) {
            std::collections::btree_map::Entry::Occupied(_) => Err(StoreError::OrgExists(id.into())),
            std::collections::btree_map::Entry::Vacant(place) => {
                place.insert(org);
                Ok(())
            }
        }
    }

    async fn org(&self, id: &str) -> Result<Option<Org>, StoreError> {
        Ok(self.tables().orgs.get(id).cloned())
    }

    async fn submit(&self, submission: &Submission, rules: &Rules) -> Result<Submitted, StoreError> {
        self.tables().submit(submission, rules)
    }

    async fn run(&self, id: &str) -> Result<Option<Run>, StoreError> {
        Ok(self.tables().runs.get(id).cloned())
    }

    async fn save(&self, step: &Step, due_ms: i64) -> Result<bool, StoreError> {
        Ok(self.tables().write(step, due_ms))
    }

    async fn publish(&self, step: &Step) -> Result<bool, StoreError> {
        let mut tables = self.tables();
        let is_current = |org: &Org| org.current_run.as_ref() == Some(&step.run.id);
        let current = tables.orgs.get(&step.run.org).is_some_and(is_current);
        if !current || !tables.write(step, i64::MAX) {
            return Ok(false);
        }
        if let Some(org) = tables.orgs.get_mut(&step.run.org) {
            org.published_run = Some(step.run.id.clone());
        }
        Ok(true)
    }

    async fn claim(&self, now_ms: i64, lease_ms: i64, limit: i64) -> Result<Vec<Run>, StoreError> {
        let mut tables = self.tables();
        let due = |run: &&Run| !run.state.is_final() && tables.due[&run.id] <= now_ms;
        let mut runs: Vec<_> = tables.runs.values().filter(due).cloned().collect();
        runs.sort_by_key(|run| (tables.due[&run.id], run.created_ms));
        runs.truncate(limit as usize);
        for run in &runs {
            tables.due.insert(run.id.clone(), now_ms + lease_ms);
        }
        Ok(runs)
    }

    async fn postpone(&self, id: &str, due_ms: i64) -> Result<(), StoreError> {
        if let Some(due) = self.tables().due.get_mut(id).filter(|due| **due > 0) {
            *due = due_ms;
        }
        Ok(())
    }

    async fn older_active(&self, org: &str, generation: i64) -> Result<Vec<Run>, StoreError> {
        let older = |run: &&Run| run.org == org && run.generation < generation && !run.state.is_final();
        Ok(self.tables().runs.values().filter(older).cloned().collect())
    }

    async fn tasks(&self) -> Result<i64, StoreError> {
        Ok(self.tables().runs.values().filter(|run| run.may_exist).count() as i64)
    }

    async fn events(&self, run: &str, after: i64) -> Result<Vec<Event>, StoreError> {
        let events = self.tables().events.get(run).cloned().unwrap_or_default();
        Ok(events.into_iter().filter(|event| event.version > after).collect())
    }
}
