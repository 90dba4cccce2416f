//! The binary `quietway-launcher`: parse, do, exit code.

use anyhow::{Context, Result, anyhow};
use clap::{Parser, Subcommand};
use quietway_launcher::api::{Scope, new_key, slug};
use quietway_launcher::client::{self, ResultArgs, RunArgs, SubmitArgs};
use quietway_launcher::clock::Clock;
use quietway_launcher::config::{DataArgs, LogFormat, ServeArgs, with_file};
use quietway_launcher::serve::Launcher;
use quietway_launcher::store::{RunStore, Sql};
use std::process::ExitCode;
use tracing_subscriber::EnvFilter;

/// Starts an organisation's analysis; the newest wins; only complete results become visible
#[derive(Debug, Parser)]
#[command(name = "quietway-launcher", version = quietway_job::VERSION, about, propagate_version = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the service
    Serve(Box<ServeArgs>),
    /// Organisations (works on the database, needs no service)
    #[command(subcommand)]
    Org(OrgCommand),
    /// API keys (works on the database, needs no service)
    #[command(subcommand)]
    Key(KeyCommand),
    /// Start an analysis at a launcher
    Submit(SubmitArgs),
    /// Follow a run to its end
    Watch(RunArgs),
    /// Stop a run
    Cancel(RunArgs),
    /// List the published results, or fetch them
    Results(ResultArgs),
    /// Print the description of the service (OpenAPI 3.1)
    Openapi,
}

#[derive(Debug, Subcommand)]
enum OrgCommand {
    /// Add an organisation
    Add {
        #[command(flatten)]
        data: DataArgs,
        /// Small letters, digits and hyphens
        #[arg(value_parser = org_id)]
        id: String,
    },
    /// List organisations
    List {
        #[command(flatten)]
        data: DataArgs,
    },
}

#[derive(Debug, Subcommand)]
enum KeyCommand {
    /// Make a key; it is shown once
    Create {
        #[command(flatten)]
        data: DataArgs,
        /// Whose; none for the operator's own key (scope admin)
        org: Option<String>,
        /// What it may do
        #[arg(long, value_enum, value_delimiter = ',', default_value = "submit,read,cancel")]
        scope: Vec<Scope>,
        /// For people
        #[arg(long, default_value = "")]
        name: String,
        /// Days until it is no longer valid
        #[arg(long)]
        expires_days: Option<i64>,
    },
    /// Withdraw a key
    Revoke {
        #[command(flatten)]
        data: DataArgs,
        /// Whose
        org: String,
        /// Id of the key: between the first and the second underscore
        id: String,
    },
}

fn org_id(text: &str) -> Result<String, String> {
    slug(text).map(|()| text.to_owned())
}

fn main() -> ExitCode {
    let line = with_file(std::env::args_os().collect(), |name| std::env::var_os(name));
    let line = match line {
        Ok(line) => line,
        Err(error) => return fail(&error, 2),
    };
    let command = Cli::parse_from(line).command;
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return fail(&format!("cannot start: {error}"), 70),
    };
    match runtime.block_on(run(command)) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(error) => fail(&format!("{error:#}"), 1),
    }
}

fn fail(message: &str, code: u8) -> ExitCode {
    eprintln!("quietway-launcher: {message}");
    ExitCode::from(code)
}

async fn run(command: Command) -> Result<bool> {
    match command {
        Command::Serve(args) => serve(&args).await.map(|()| true),
        Command::Org(command) => org(command).await.map(|()| true),
        Command::Key(command) => key(command).await.map(|()| true),
        Command::Submit(args) => client::submit(&args).await,
        Command::Watch(args) => client::watch(&args).await,
        Command::Cancel(args) => client::cancel(&args).await,
        Command::Results(args) => client::results(&args).await,
        Command::Openapi => {
            println!("{}", quietway_launcher::api::description().to_pretty_json()?);
            Ok(true)
        }
    }
}

async fn serve(args: &ServeArgs) -> Result<()> {
    log(args.log);
    let listener = tokio::net::TcpListener::bind(args.listen).await;
    let listener = listener.with_context(|| format!("cannot listen at {}; see --listen", args.listen))?;
    let address = listener.local_addr()?;
    let public_url = args.public_url.clone().unwrap_or_else(|| format!("http://{address}"));
    let launcher = Launcher::open(args, public_url.trim_end_matches('/').to_owned()).await?;
    tracing::info!("{}", args.describe());
    // On standard output, so that scripts find the port.
    println!("listening at http://{address}");
    launcher.serve(listener, told_to_end()).await
}

fn log(format: LogFormat) {
    let filter =
        EnvFilter::try_from_env("QUIETWAY_LAUNCHER_LOG_FILTER").unwrap_or_else(|_| EnvFilter::new("info,sqlx=warn"));
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_target(false);
    let builder = builder.with_ansi(std::io::IsTerminal::is_terminal(&std::io::stderr()));
    match format {
        LogFormat::Text => builder.init(),
        LogFormat::Json => builder.json().init(),
    }
}

async fn told_to_end() {
    use tokio::signal::unix::{SignalKind, signal};
    let (Ok(mut interrupt), Ok(mut terminate)) = (signal(SignalKind::interrupt()), signal(SignalKind::terminate()))
    else {
        return std::future::pending().await; // the system's default ends the process
    };
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
}

async fn open(data: &DataArgs) -> Result<Sql> {
    std::fs::create_dir_all(&data.data).with_context(|| format!("cannot make the folder {}", data.data.display()))?;
    Sql::open(&data.url(), 1).await.context("cannot open the database; see --database")
}

async fn org(command: OrgCommand) -> Result<()> {
    match command {
        OrgCommand::Add { data, id } => {
            open(&data).await?.add_org(&id, Clock::System.now_ms()).await?;
            println!("added {id}");
        }
        OrgCommand::List { data } => {
            for org in open(&data).await?.orgs().await? {
                let current = org.current_run.as_deref().unwrap_or("-");
                println!(
                    "{}  {} runs  current {current}  published {}",
                    org.id,
                    org.generation,
                    org.published_run.as_deref().unwrap_or("-")
                );
            }
        }
    }
    Ok(())
}

async fn key(command: KeyCommand) -> Result<()> {
    match command {
        KeyCommand::Create { data, org, scope, name, expires_days } => {
            let store = open(&data).await?;
            if let Some(org) = &org {
                store.org(org).await?.ok_or_else(|| {
                    anyhow!("there is no organisation {org}; add it: quietway-launcher org add {org}")
                })?;
            }
            let scope = if org.is_none() { vec![Scope::Admin] } else { scope };
            let now_ms = Clock::System.now_ms();
            let expires_ms = expires_days.map(|days| now_ms + days * 86_400_000);
            let (key, told) =
                new_key(org.as_deref(), &name, &scope, now_ms, expires_ms).map_err(|error| anyhow!(error))?;
            store.add_key(&key).await?;
            println!("{told}");
        }
        KeyCommand::Revoke { data, org, id } => {
            match open(&data).await?.revoke_key(&org, &id, Clock::System.now_ms()).await? {
                true => println!("withdrawn {id}"),
                false => return Err(anyhow!("{org} has no key {id}")),
            }
        }
    }
    Ok(())
}
