//! Which database results go to besides the files, and as whom.

use crate::config::RunnerKind;
use crate::secret::Hidden;
use clap::Args;

/// Flags about it.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Results in PostgreSQL")]
pub struct DatabaseArgs {
    /// PostGIS database that tasks publish to as well, each run to a schema of its own; as the launcher logs in to it, to give rights, make
    /// views and drop schemas
    #[arg(long, env = "QUIETWAY_LAUNCHER_RESULTS_DATABASE", value_name = "URL", hide_env_values = true)]
    pub results_database: Option<Hidden>,

    /// The same database as tasks log in to it. On ECS the task definition tells them: a secret named DATABASE_URL
    #[arg(long, env = "QUIETWAY_LAUNCHER_TASK_DATABASE", value_name = "URL", hide_env_values = true)]
    pub task_database: Option<Hidden>,
}

impl DatabaseArgs {
    /// Refuses what cannot work together.
    ///
    /// # Errors
    /// What is missing or too much.
    pub fn check(&self, runner: RunnerKind) -> Result<(), String> {
        match (&self.results_database, &self.task_database, runner) {
            (_, Some(_), RunnerKind::Ecs) => {
                Err("--task-database is not for ECS, where anybody who may describe tasks would see it: give the \
                 task definition a secret named DATABASE_URL"
                    .into())
            }
            (None, Some(_), _) => {
                Err("--task-database needs --results-database: the same database, as the launcher logs in to it".into())
            }
            (Some(_), None, kind) if kind != RunnerKind::Ecs => {
                Err("--results-database needs --task-database: the same database, as tasks log in to it".into())
            }
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_logins_or_none() {
        let url = || Some(Hidden("postgres://h/d".into()));
        let check = |results: Option<Hidden>, task: Option<Hidden>, runner| {
            DatabaseArgs { results_database: results, task_database: task }.check(runner)
        };
        assert!(check(None, None, RunnerKind::Process).is_ok());
        assert!(check(url(), url(), RunnerKind::Process).is_ok());
        assert!(check(url(), None, RunnerKind::Ecs).is_ok());
        assert!(check(url(), url(), RunnerKind::Ecs).unwrap_err().contains("task definition"));
        assert!(check(url(), None, RunnerKind::Process).unwrap_err().contains("--task-database"));
        assert!(check(None, url(), RunnerKind::Process).unwrap_err().contains("--results-database"));
    }
}
