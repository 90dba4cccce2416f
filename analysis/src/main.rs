//! The binary `quietway`: parse, run, exit code.

use clap::{CommandFactory, Parser};
use quietway::cli::{Cli, Command, RunArgs, ViewArgs};
use quietway::error::RunError;
use quietway::{pipeline, view};
use quietway_job::exit::{self, Exit};
use std::process::ExitCode;

fn main() -> ExitCode {
    let exit = match Cli::parse().command {
        Command::Run(args) => run(&args),
        Command::View(args) => show(&args),
        Command::Completions { shell } => {
            clap_complete::generate(shell, &mut Cli::command(), "quietway", &mut std::io::stdout());
            exit::DONE
        }
    };
    ExitCode::from(exit.code)
}

fn run(args: &RunArgs) -> Exit {
    hide_backtraces();
    let runtime = match tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build() {
        Ok(runtime) => runtime,
        Err(cause) => return fail(&format!("cannot start: {cause}"), exit::INTERNAL),
    };
    runtime.spawn(exit_on_signal());
    let result = std::panic::catch_unwind(|| pipeline::start(args, runtime.handle()));
    match result {
        Ok(Ok(())) => exit::DONE,
        Ok(Err(error)) => fail(&error.to_string(), error.exit()),
        Err(_) => exit::INTERNAL, // the hook has said it
    }
}

/// Serves until a signal ends the process: the system's default does, since nothing is being written.
fn show(args: &ViewArgs) -> Exit {
    let runtime = match tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build() {
        Ok(runtime) => runtime,
        Err(cause) => return fail(&format!("cannot start: {cause}"), exit::INTERNAL),
    };
    match view::serve(args, runtime.handle()).map_err(RunError::from) {
        Ok(()) => exit::DONE,
        Err(error) => fail(&error.to_string(), error.exit()),
    }
}

fn fail(message: &str, exit: Exit) -> Exit {
    eprintln!("quietway: {message}");
    exit
}

/// A defect shows as one sentence that says what to do, not as a backtrace.
fn hide_backtraces() {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(|place| format!(" ({}:{})", place.file(), place.line())).unwrap_or_default();
        let what = panic.payload_as_str().unwrap_or("no message");
        eprintln!("quietway: internal error, please report it with the command you ran: {what}{place}");
    }));
}

/// SIGINT and SIGTERM end the run at once. The manifest is written last, so nothing half-done is taken for a result.
async fn exit_on_signal() {
    use tokio::signal::unix::{SignalKind, signal};
    let (Ok(mut interrupt), Ok(mut terminate)) = (signal(SignalKind::interrupt()), signal(SignalKind::terminate()))
    else {
        return; // the system's default ends the process likewise
    };
    let exit = tokio::select! {
        _ = interrupt.recv() => exit::INTERRUPTED,
        _ = terminate.recv() => exit::TERMINATED,
    };
    eprintln!("quietway: {}; no result was published", exit.meaning);
    std::process::exit(i32::from(exit.code));
}
