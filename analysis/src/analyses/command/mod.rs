//! A program of the client, outside: it is given the database and a folder, and its files become layers.

mod files;

use super::files::{Analysis, Work};
use super::{Failure, seconds};
use crate::layers::Layer;
use crate::model::Utm;
use rustix::process::{Pid, Resource, Rlimit, Signal, kill_process_group, prlimit};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Where a command finds the run.
pub(super) struct Given {
    /// Path of a copy of the GeoPackage, or address of the database.
    pub database: String,
    /// The run's schema in a database.
    pub schema: Option<String>,
}

/// What a command gets of our environment: enough to start, none of our secrets.
const PASSED_ON: [&str; 6] = ["PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "TZ"];

/// How often we look whether it has ended.
const LOOK: Duration = Duration::from_millis(10);

/// Lines of its last words that a failure repeats.
const LAST_LINES: usize = 3;

/// Runs the command; its files come back as layers.
pub(super) fn run(analysis: &Analysis, given: &Given, projection: Utm) -> Result<Vec<Layer>, Failure> {
    let fault = |what: String| Failure::Command { file: analysis.file.clone(), what };
    let scratch = tempfile::Builder::new().prefix("quietway-command-").tempdir();
    let scratch = scratch.map_err(|cause| fault(format!("no temporary folder for it: {cause}; set TMPDIR")))?;
    let output = scratch.path().join("output");
    std::fs::create_dir(&output).map_err(|cause| fault(format!("no folder for its output: {cause}")))?;
    let words = scratch.path().join("words");
    let mut running = start(analysis, given, &output, &words).map_err(fault)?;
    let deadline = Instant::now() + Duration::from_secs_f64(analysis.header.time_limit_s);
    let status = loop {
        match running.0.try_wait() {
            Ok(Some(status)) => break status,
            Ok(None) if Instant::now() < deadline => std::thread::sleep(LOOK),
            Ok(None) => {
                return Err(Failure::Time { file: analysis.file.clone(), line: 1, seconds: seconds(analysis) });
            }
            Err(cause) => return Err(fault(format!("nobody knows whether it has ended: {cause}"))),
        }
    };
    drop(running); // and with it what it has left running
    if !status.success() {
        return Err(fault(ended_badly(analysis, status, &words)));
    }
    files::read(&analysis.header.outputs, &output, projection)
        .map_err(|what| Failure::Output { file: analysis.file.clone(), what })
}

/// The group of the command that runs now: a run that is told to end takes it along.
static NOW: Mutex<Option<Pid>> = Mutex::new(None);

/// Ends the command that runs now, if any: for signals, which leave no time for anything else.
pub fn end_all() {
    if let Some(group) = NOW.lock().unwrap_or_else(PoisonError::into_inner).take() {
        // Gone already is as good.
        let _ = kill_process_group(group, Signal::KILL);
    }
}

/// The program and all that it starts. Dropped, they are gone.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        end_all();
        let _ = self.0.wait();
    }
}

fn start(analysis: &Analysis, given: &Given, output: &Path, words: &Path) -> Result<Running, String> {
    let Work::Command { arguments, folder } = &analysis.work else { return Err("is no command".into()) };
    let (program, rest) = arguments.split_first().ok_or("`command` names no program")?;
    let said = std::fs::File::create(words).map_err(|cause| format!("no file for what it says: {cause}"))?;
    let said_too = said.try_clone().map_err(|cause| format!("no file for what it says: {cause}"))?;
    let mut command = Command::new(found(program, folder));
    command.args(rest).current_dir(folder).env_clear();
    command.envs(PASSED_ON.iter().filter_map(|name| Some((name, std::env::var_os(name)?))));
    command.env("QUIETWAY_DATABASE", &given.database).env("QUIETWAY_OUTPUT", output);
    command.envs(given.schema.as_ref().map(|schema| ("QUIETWAY_SCHEMA", schema)));
    command.stdin(Stdio::null()).stdout(said).stderr(said_too).process_group(0);
    let child =
        command.spawn().map_err(|cause| format!("cannot start {program}: {cause}; install it, or name its path"))?;
    *NOW.lock().unwrap_or_else(PoisonError::into_inner) = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
    let running = Running(child);
    if let Some(megabytes) = analysis.header.memory_limit_mb {
        limit_memory(running.0.id(), megabytes).map_err(|cause| format!("its memory cannot be limited: {cause}"))?;
    }
    Ok(running)
}

/// A path with a slash is relative to the folder of the analyses, whatever ours is.
fn found(program: &str, folder: &Path) -> PathBuf {
    if program.contains('/') { folder.join(program) } else { program.into() }
}

/// Address space of the process, and of those it starts from then on.
fn limit_memory(process: u32, megabytes: u64) -> std::io::Result<()> {
    let bytes = Some(megabytes.saturating_mul(1_000_000));
    let process = i32::try_from(process).ok().and_then(Pid::from_raw);
    match prlimit(process, Resource::As, Rlimit { current: bytes, maximum: bytes }) {
        // It has ended already: its status says the rest.
        Ok(_) | Err(rustix::io::Errno::SRCH) => Ok(()),
        Err(cause) => Err(cause.into()),
    }
}

fn ended_badly(analysis: &Analysis, status: ExitStatus, words: &Path) -> String {
    let said = std::fs::read(words).unwrap_or_default();
    let said = String::from_utf8_lossy(&said);
    let mut last: Vec<&str> = said.lines().rev().filter(|line| !line.trim().is_empty()).take(LAST_LINES).collect();
    last.reverse();
    let limit = analysis.header.memory_limit_mb.filter(|_| lacks_memory(status, &said));
    let limit = limit.map(|megabytes| format!(", which memory_limit_mb = {megabytes} may have caused"));
    let said = if last.is_empty() { "it said nothing".to_owned() } else { last.join(" / ") };
    format!("the command ended with {status}{}: {said}", limit.unwrap_or_default())
}

/// Words of programs that got no memory: of C, shells, C++, Rust, Python, Java, Go, Node.
const NO_MEMORY: [&str; 7] = [
    "cannot allocate",
    "memory exhausted",
    "bad_alloc",
    "memory allocation of",
    "out of memory",
    "outofmemory",
    "memoryerror",
];

/// Killed, or its words say so. A program may hide it; then nothing is said rather than something wrong.
fn lacks_memory(status: ExitStatus, said: &str) -> bool {
    let said = said.to_lowercase();
    status.signal().is_some() || NO_MEMORY.iter().any(|words| said.contains(words))
}
