//! The binary `quietway`: parse, run, exit code.

use clap::parser::ValueSource;
use clap::{ArgMatches, CommandFactory, FromArgMatches};
use quietway::cli::{Cli, Command, RunArgs, SuiteCommand};
use quietway::error::RunError;
use quietway::inputs::Again;
use quietway::suite::command;
use quietway::{analyses, database, larder, pipeline, view, warm};
use quietway_job::exit::{self, Exit};
use std::collections::BTreeSet;
use std::io::Write;
use std::panic::UnwindSafe;
use std::process::ExitCode;
use tokio::runtime::Handle;

fn main() -> ExitCode {
    let matches = Cli::command().get_matches();
    let command = Cli::from_arg_matches(&matches).unwrap_or_else(|error| error.exit()).command;
    let exit = match command {
        Command::Run(args) => {
            let given = given(matches.subcommand_matches("run"));
            guarded(|runtime| start(&args, &given, runtime))
        }
        Command::Fetch(args) => guarded(|runtime| warm::start(&args, runtime)),
        Command::Cache(command) => guarded(|_| say(larder::command(&command)?)),
        Command::Db(command) => guarded(|runtime| say(database::command(&command, runtime)?)),
        Command::Suite(SuiteCommand::Check { file }) => guarded(|_| say(command::check(&file)?)),
        Command::Suite(SuiteCommand::Show { file }) => guarded(|_| say(command::show(file.as_deref())?)),
        // Nothing is being written: a signal ends the server as the system does it.
        Command::View(args) => with_runtime(|runtime| Ok(view::serve(&args, runtime)?)),
        Command::Compare(args) => guarded(|runtime| pipeline::compare(&args, runtime)),
        Command::Completions { shell } => {
            clap_complete::generate(shell, &mut Cli::command(), "quietway", &mut std::io::stdout());
            exit::DONE
        }
    };
    ExitCode::from(exit.code)
}

/// Does it with a runtime, a net under it, and an ear for signals, which end it without a result.
fn guarded(work: impl FnOnce(&Handle) -> Result<(), RunError> + UnwindSafe) -> Exit {
    with_runtime(|runtime| {
        runtime.spawn(exit_on_signal());
        work(runtime)
    })
}

fn with_runtime(work: impl FnOnce(&Handle) -> Result<(), RunError> + UnwindSafe) -> Exit {
    hide_backtraces();
    let runtime = match tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build() {
        Ok(runtime) => runtime,
        Err(cause) => return fail(&format!("cannot start: {cause}"), exit::INTERNAL),
    };
    let result = std::panic::catch_unwind(|| work(runtime.handle()));
    match result {
        Ok(Ok(())) => exit::DONE,
        Ok(Err(error)) => fail(&error.to_string(), error.exit()),
        Err(_) => exit::INTERNAL, // the hook has said it
    }
}

/// On standard output. A reader that has seen enough closes the pipe; that is no failure.
fn say(text: impl AsRef<[u8]>) -> Result<(), RunError> {
    let _ = std::io::stdout().write_all(text.as_ref());
    Ok(())
}

/// Arguments that stand on the command line, by id; the others have their defaults.
fn given(matches: Option<&ArgMatches>) -> BTreeSet<String> {
    let Some(run) = matches else { return BTreeSet::new() };
    let ids = run.ids().filter(|id| run.value_source(id.as_str()) == Some(ValueSource::CommandLine));
    ids.map(|id| id.as_str().to_owned()).collect()
}

/// With `--from` the command line of the earlier run comes first; what stands on this one overrides it.
fn start(args: &RunArgs, given: &BTreeSet<String>, runtime: &Handle) -> Result<(), RunError> {
    let Some(from) = args.from.as_ref().filter(|_| !args.analyses.analyses_only) else {
        return pipeline::start(args, runtime);
    };
    let again = Again::open(from, runtime)?;
    let args = again.arguments(args, &|id| given.contains(id), std::env::args_os().skip(2))?;
    pipeline::start(&args, runtime)
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
    analyses::end_commands();
    eprintln!("quietway: {}; no result was published", exit.meaning);
    std::process::exit(i32::from(exit.code));
}
