//! The binary `quietway`: parse, run, exit code.

use clap::{CommandFactory, Parser};
use quietway::cli::{Cli, Command};
use quietway::error::RunError;
use quietway::pipeline;
use quietway_job::exit::{self, Exit};
use std::panic::AssertUnwindSafe;
use std::process::ExitCode;
use tokio::runtime::Handle;

fn main() -> ExitCode {
    let exit = match Cli::parse().command {
        Command::Run(args) => run(|runtime| pipeline::start(&args, runtime)),
        Command::Compare(args) => run(|runtime| pipeline::compare(&args, runtime)),
        Command::Completions { shell } => {
            clap_complete::generate(shell, &mut Cli::command(), "quietway", &mut std::io::stdout());
            exit::DONE
        }
    };
    ExitCode::from(exit.code)
}

fn run(work: impl FnOnce(&Handle) -> Result<(), RunError>) -> Exit {
    hide_backtraces();
    let runtime = match tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build() {
        Ok(runtime) => runtime,
        Err(cause) => return fail(&format!("cannot start: {cause}"), exit::INTERNAL),
    };
    runtime.spawn(exit_on_signal());
    let result = std::panic::catch_unwind(AssertUnwindSafe(|| work(runtime.handle())));
    match result {
        Ok(Ok(())) => exit::DONE,
        Ok(Err(error)) => fail(&error.to_string(), error.exit()),
        Err(_) => exit::INTERNAL, // the hook has said it
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
