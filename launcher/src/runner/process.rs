//! Tasks as processes of this machine. What is known of a task stands in its folder, so it outlives the launcher: `pid`, `log`, and
//! `exit` once it has ended. A constant script writes it; what a client sends is never part of a script.

use super::{Launch, Listed, News, Runner, StartError, Unavailable};
use crate::state::{Cause, Stopped};
use async_trait::async_trait;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::fs;
use tokio::process::Command;

/// The shell outlives the signal that ends its child, to write down how it ended.
const SCRIPT: &str = "trap : TERM INT; dir=$1; shift; \"$@\" >\"$dir/log\" 2>&1 </dev/null; code=$?; echo $code >\"$dir/exit.new\"; mv \"$dir/exit.new\" \"$dir/exit\"";

/// A folder without a process for so long was left by a crash.
const SPAWN_MAX: Duration = Duration::from_secs(10);

/// Last bytes of a log that are read for its tail.
const TAIL_BYTES: u64 = 256 << 10;

/// Processes of this machine.
pub struct Processes {
    folder: PathBuf,
    program: PathBuf,
    grace: Duration,
}

impl Processes {
    /// Tasks keep their state below `folder`; after `grace` a signal becomes force.
    ///
    /// # Errors
    /// The folder cannot be made.
    pub fn new(folder: PathBuf, program: PathBuf, grace: Duration) -> std::io::Result<Self> {
        std::fs::create_dir_all(&folder)?;
        Ok(Self { folder: std::path::absolute(folder)?, program, grace })
    }

    fn place(&self, task: &str) -> PathBuf {
        self.folder.join(task)
    }

    async fn spawn(&self, launch: &Launch, place: &Path) -> std::io::Result<()> {
        let mut command = Command::new("sh");
        command.args(["-c", SCRIPT, "sh"]).arg(place).arg(&self.program).args(&launch.args).envs(&launch.env);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).process_group(0);
        // The launcher's own settings, its secret among them, are not the task's.
        let own = std::env::vars_os().map(|(name, _)| name);
        own.filter(|name| name.to_string_lossy().starts_with("QUIETWAY_LAUNCHER_")).for_each(|name| {
            command.env_remove(name);
        });
        fs::write(place.join("started_by"), &launch.started_by).await?;
        let mut child = command.spawn()?;
        let pid = child.id().unwrap_or_default();
        write_whole(place, "pid", &format!("{pid} {}", born(pid).unwrap_or_default())).await?;
        tokio::spawn(async move { child.wait().await }); // else it stays a zombie
        Ok(())
    }

    async fn news(&self, task: &str) -> News {
        let place = self.place(task);
        let Ok(meta) = fs::metadata(&place).await else { return News::Missing };
        let process = process(&place).await;
        let alive = process.as_ref().is_some_and(Process::is_alive);
        if let Some(code) = number(&place.join("exit")).await {
            return News::Stopped(Stopped {
                version: 3,
                exit_code: Some(code),
                ..self.used(&place, code == 137).await
            });
        }
        let age = meta.modified().ok().and_then(|at| at.elapsed().ok()).unwrap_or_default();
        match process {
            Some(_) if alive => News::Running { version: 2, since_ms: modified_ms(&place.join("pid")).await },
            Some(_) => News::Stopped(Stopped {
                detail: "killed".into(),
                exit_code: Some(137),
                ..self.used(&place, false).await
            }),
            None if age < SPAWN_MAX => News::Pending { version: 1 },
            None => News::Stopped(Stopped {
                version: 3,
                cause: Cause::NotStarted,
                detail: "the launcher ended while it started the process".into(),
                ..Stopped::default()
            }),
        }
    }

    /// How long it ran. A process of this machine has no price.
    async fn used(&self, place: &Path, killed: bool) -> Stopped {
        let began = modified_ms(&place.join("pid")).await.unwrap_or_default();
        let ended = modified_ms(&place.join("exit")).await.unwrap_or(began);
        let usage = crate::run::Usage { seconds: (ended - began).max(0) as f64 / 1000.0, ..Default::default() };
        let detail = if killed { "killed".into() } else { String::new() };
        Stopped { version: 3, detail, usage, ..Stopped::default() }
    }

    fn unreadable(&self, error: &std::io::Error) -> Unavailable {
        Unavailable(format!("cannot read {}: {error}", self.folder.display()))
    }

    /// Tasks that have ended or not.
    async fn tasks(&self, ended: bool) -> std::io::Result<Vec<Listed>> {
        let (mut found, mut entries) = (Vec::new(), fs::read_dir(&self.folder).await?);
        while let Some(entry) = entries.next_entry().await? {
            let task = entry.file_name().to_string_lossy().into_owned();
            let Ok(started_by) = fs::read_to_string(entry.path().join("started_by")).await else { continue };
            if matches!(self.news(&task).await, News::Stopped(_)) == ended {
                let created_ms = modified_ms(&entry.path().join("started_by")).await.unwrap_or_default();
                found.push(Listed { task, started_by, created_ms });
            }
        }
        Ok(found)
    }
}

#[async_trait]
impl Runner for Processes {
    fn name(&self) -> &'static str {
        "process"
    }

    async fn start(&self, launch: &Launch) -> Result<String, StartError> {
        let (task, place) = (launch.token.clone(), self.place(&launch.token));
        match fs::create_dir(&place).await {
            Ok(()) => {}
            Err(error) if error.kind() == ErrorKind::AlreadyExists => return Ok(task),
            Err(error) => return Err(StartError::Refused(format!("cannot write {}: {error}", place.display()))),
        }
        match self.spawn(launch, &place).await {
            Ok(()) => Ok(task),
            Err(error) => Err(StartError::Refused(format!("cannot start {}: {error}", self.program.display()))),
        }
    }

    async fn find(&self, started_by: &str) -> Result<Vec<String>, Unavailable> {
        let listed = self.list().await?;
        Ok(listed.into_iter().filter(|row| row.started_by == started_by).map(|row| row.task).collect())
    }

    async fn find_ended(&self, started_by: &str) -> Result<Vec<String>, Unavailable> {
        let listed = self.tasks(true).await.map_err(|error| self.unreadable(&error))?;
        Ok(listed.into_iter().filter(|row| row.started_by == started_by).map(|row| row.task).collect())
    }

    async fn observe(&self, tasks: &[String]) -> Result<Vec<News>, Unavailable> {
        let mut news = Vec::with_capacity(tasks.len());
        for task in tasks {
            news.push(self.news(task).await);
        }
        Ok(news)
    }

    async fn stop(&self, task: &str, _reason: &str) -> Result<(), Unavailable> {
        let Some(process) = process(&self.place(task)).await.filter(Process::is_alive) else { return Ok(()) };
        process.signal("TERM").await;
        let grace = self.grace;
        tokio::spawn(async move {
            tokio::time::sleep(grace).await;
            if process.is_alive() {
                process.signal("KILL").await;
            }
        });
        Ok(())
    }

    async fn list(&self) -> Result<Vec<Listed>, Unavailable> {
        self.tasks(false).await.map_err(|error| self.unreadable(&error))
    }

    async fn logs(&self, task: &str, lines: usize) -> Result<Vec<String>, Unavailable> {
        let path = self.place(task).join("log");
        Ok(tail(&path, lines).await.unwrap_or_default())
    }
}

/// A process, told from a later one with the same number by when it began.
struct Process {
    pid: u32,
    born: String,
}

impl Process {
    fn is_alive(&self) -> bool {
        born(self.pid).is_some_and(|born| born == self.born)
    }

    /// To the whole group: the shell and what it started.
    async fn signal(&self, signal: &str) {
        let group = format!("-{}", self.pid);
        let mut command = Command::new("sh");
        command.args(["-c", "kill -s \"$1\" -- \"$2\"", "sh", signal, &group]);
        drop(command.stderr(Stdio::null()).status().await); // it may have ended meanwhile
    }
}

async fn process(place: &Path) -> Option<Process> {
    let text = fs::read_to_string(place.join("pid")).await.ok()?;
    let (pid, born) = text.split_once(' ')?;
    Some(Process { pid: pid.parse().ok()?, born: born.to_owned() })
}

/// When a process began, in ticks since boot; none when it is not there, or only its corpse is.
fn born(pid: u32) -> Option<String> {
    let text = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name, in brackets, may hold anything.
    let fields: Vec<_> = text.rsplit_once(')')?.1.split_whitespace().collect();
    (*fields.first()? != "Z").then(|| fields.get(19).map(ToString::to_string))?
}

async fn write_whole(place: &Path, name: &str, text: &str) -> std::io::Result<()> {
    let new = place.join(format!("{name}.new"));
    fs::write(&new, text).await?;
    fs::rename(&new, place.join(name)).await
}

async fn number(path: &Path) -> Option<i32> {
    fs::read_to_string(path).await.ok()?.trim().parse().ok()
}

async fn modified_ms(path: &Path) -> Option<i64> {
    let at: SystemTime = fs::metadata(path).await.ok()?.modified().ok()?;
    Some(at.duration_since(UNIX_EPOCH).ok()?.as_millis() as i64)
}

async fn tail(path: &Path, lines: usize) -> std::io::Result<Vec<String>> {
    use tokio::io::{AsyncReadExt, AsyncSeekExt};
    let mut file = fs::File::open(path).await?;
    let length = file.metadata().await?.len();
    file.seek(std::io::SeekFrom::Start(length.saturating_sub(TAIL_BYTES))).await?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes).await?;
    let text = String::from_utf8_lossy(&bytes);
    let all: Vec<_> = text.lines().collect();
    Ok(all[all.len().saturating_sub(lines)..].iter().map(ToString::to_string).collect())
}
