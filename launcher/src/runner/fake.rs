//! A platform in memory whose behaviour is scripted: for simulations, tests, and to try the service without an analysis.

use super::{Launch, Listed, News, Runner, StartError, Unavailable};
use crate::state::{Cause, Stopped};
use async_trait::async_trait;
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What happens to a start call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The task starts.
    Ok,
    /// The task starts, the answer is lost.
    LostReply,
    /// Nothing starts, nobody answers.
    LostRequest,
    /// No capacity, truly.
    NoCapacity,
    /// No capacity, it says, and starts it.
    NoCapacityLied,
    /// Refused for good.
    Refused,
}

/// A task of the fake.
#[derive(Clone, Debug, PartialEq)]
pub struct Task {
    /// Who started it.
    pub started_by: String,
    /// What it was asked.
    pub launch: Launch,
    /// What is told of it.
    pub news: News,
    /// When it was started.
    pub created_ms: i64,
    /// Shown from then on.
    pub visible_ms: i64,
    /// It was asked to stop.
    pub stop_asked: bool,
}

impl Task {
    /// Whether it uses the platform.
    pub fn is_alive(&self) -> bool {
        matches!(self.news, News::Pending { .. } | News::Running { .. })
    }
}

/// All there is on the platform.
#[derive(Debug, Default)]
pub struct Platform {
    /// By id.
    pub tasks: BTreeMap<String, Task>,
    /// Answers to the next start calls; then `Ok`.
    pub script: VecDeque<Answer>,
    /// New tasks are shown so much later.
    pub lag_ms: i64,
    /// Its clock.
    pub now_ms: i64,
    /// Start calls and stop calls so far.
    pub calls: (u64, u64),
    /// What a call with a token was told; a repeated one is told the same.
    told: BTreeMap<String, Result<String, StartError>>,
}

/// A platform, shared by launchers.
#[derive(Clone, Debug, Default)]
pub struct Fake {
    platform: Arc<Mutex<Platform>>,
}

impl Fake {
    /// To look at and to script.
    pub fn platform(&self) -> MutexGuard<'_, Platform> {
        self.platform.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A task begins to run.
    pub fn run(&self, task: &str) {
        let mut platform = self.platform();
        let since_ms = Some(platform.now_ms);
        if let Some(task) = platform.tasks.get_mut(task).filter(|task| matches!(task.news, News::Pending { .. })) {
            task.news = News::Running { version: 2, since_ms };
        }
    }

    /// A task ends.
    pub fn end(&self, task: &str, cause: Cause, exit_code: Option<i32>) {
        if let Some(task) = self.platform().tasks.get_mut(task).filter(|task| task.is_alive()) {
            task.news = News::Stopped(Stopped { version: 3, exit_code, cause, ..Stopped::default() });
        }
    }
}

impl Platform {
    fn create(&mut self, launch: &Launch) -> String {
        let id = format!("task/{}", launch.token);
        let task = Task {
            started_by: launch.started_by.clone(),
            launch: launch.clone(),
            news: News::Pending { version: 1 },
            created_ms: self.now_ms,
            visible_ms: self.now_ms + self.lag_ms,
            stop_asked: false,
        };
        self.tasks.insert(id.clone(), task);
        self.told.insert(launch.token.clone(), Ok(id.clone()));
        id
    }

    fn alive(&self) -> impl Iterator<Item = (&String, &Task)> {
        self.tasks.iter().filter(|(_, task)| task.is_alive() && task.visible_ms <= self.now_ms)
    }
}

#[async_trait]
impl Runner for Fake {
    fn name(&self) -> &'static str {
        "fake"
    }

    async fn start(&self, launch: &Launch) -> Result<String, StartError> {
        let mut platform = self.platform();
        platform.calls.0 += 1;
        if let Some(told) = platform.told.get(&launch.token) {
            return told.clone();
        }
        let scripted = || "scripted".to_owned();
        let answer = match platform.script.pop_front().unwrap_or(Answer::Ok) {
            Answer::Ok => return Ok(platform.create(launch)),
            Answer::LostReply => {
                platform.create(launch);
                return Err(StartError::Unknown("the answer was lost".into()));
            }
            Answer::LostRequest => return Err(StartError::Unknown("the request was lost".into())),
            Answer::NoCapacity => Err(StartError::NoCapacity(scripted())),
            Answer::NoCapacityLied => {
                platform.create(launch);
                Err(StartError::NoCapacity(scripted()))
            }
            Answer::Refused => Err(StartError::Refused(scripted())),
        };
        platform.told.insert(launch.token.clone(), answer.clone());
        answer
    }

    async fn find(&self, started_by: &str) -> Result<Vec<String>, Unavailable> {
        let platform = self.platform();
        Ok(platform.alive().filter(|(_, task)| task.started_by == started_by).map(|(id, _)| id.clone()).collect())
    }

    async fn find_ended(&self, started_by: &str) -> Result<Vec<String>, Unavailable> {
        let platform = self.platform();
        let ended = platform.tasks.iter().filter(|(_, task)| !task.is_alive() && task.started_by == started_by);
        Ok(ended.map(|(id, _)| id.clone()).collect())
    }

    async fn observe(&self, tasks: &[String]) -> Result<Vec<News>, Unavailable> {
        let platform = self.platform();
        let visible = |id: &String| platform.tasks.get(id).filter(|task| task.visible_ms <= platform.now_ms);
        Ok(tasks.iter().map(|id| visible(id).map_or(News::Missing, |task| task.news.clone())).collect())
    }

    async fn stop(&self, task: &str, _reason: &str) -> Result<(), Unavailable> {
        let mut platform = self.platform();
        platform.calls.1 += 1;
        if let Some(task) = platform.tasks.get_mut(task) {
            task.stop_asked = true;
        }
        Ok(())
    }

    async fn list(&self) -> Result<Vec<Listed>, Unavailable> {
        let platform = self.platform();
        let listed = |(id, task): (&String, &Task)| Listed {
            task: id.clone(),
            started_by: task.started_by.clone(),
            created_ms: task.created_ms,
        };
        Ok(platform.alive().map(listed).collect())
    }

    async fn logs(&self, _task: &str, _lines: usize) -> Result<Vec<String>, Unavailable> {
        Ok(vec!["this task is scripted".into()])
    }
}
