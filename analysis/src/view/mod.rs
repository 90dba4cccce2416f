//! # View — shows results in the browser of this machine
//! In:   a folder or a bucket with results    Out:  nothing; serves until it is ended
//! Touches: the results (reading), a port of the loopback interface, the browser
//!
//! A hundred lines of HTTP instead of a server library: one user on this machine, GET of files with ranges, and reading from a bucket
//! blocks anyway. Whoever wants to publish results puts them on a real server; they need no code there.

mod files;
mod http;
#[cfg(test)]
mod tests;

use crate::cli::ViewArgs;
use crate::export::s3::S3Error;
use crate::webmap;
use files::Results;
use std::io;
use std::net::{Ipv4Addr, TcpListener};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::Arc;
use tokio::runtime::Handle;

/// Why nothing can be shown.
#[derive(Debug, thiserror::Error)]
pub enum ViewError {
    /// No results.
    #[error(
        "{place} holds no results (it has no manifest.json): give the folder or s3://bucket/prefix that was --out of a run"
    )]
    NoResults {
        /// As given.
        place: String,
    },
    /// Results without tiles, or of `--map none`.
    #[error("the results in {place} have no map (no {}): run again without --tiles none and --map none", webmap::FACTS)]
    NoMap {
        /// As given.
        place: String,
    },
    /// Neither the results nor this binary have the page.
    #[error(
        "{place} has no index.html, nor was the web map there when this quietway was built: run scripts/build-web in a checkout (it needs \
         Node.js), then cargo build --release -p quietway, then view again"
    )]
    NoPage {
        /// As given.
        place: String,
    },
    /// Someone else has the port.
    #[error("cannot listen on port {port} of this machine: {cause}; choose another --port, or none for a free one")]
    Port {
        /// As given.
        port: u16,
        /// Why.
        cause: io::Error,
    },
    /// A folder that cannot be read.
    #[error("cannot read {}: {cause}; check the path and its permissions", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        cause: io::Error,
    },
    /// The bucket says no.
    #[error(transparent)]
    Bucket(#[from] S3Error),
}

/// Serves results on the loopback interface until the process is ended.
///
/// # Errors
/// [`ViewError`], before anything is served.
pub fn serve(args: &ViewArgs, runtime: &Handle) -> Result<(), ViewError> {
    let results = Results::open(&args.results, runtime)?;
    let listener = listen(args.port)?;
    let port = listener.local_addr().map_or(args.port, |address| address.port());
    let address = format!("http://127.0.0.1:{port}/");
    println!("{address}  shows {}; Ctrl+C ends", args.results);
    if !args.no_open {
        open_browser(&address);
    }
    accept(&listener, &Arc::new(results));
    Ok(())
}

fn listen(port: u16) -> Result<TcpListener, ViewError> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).map_err(|cause| ViewError::Port { port, cause })
}

/// A thread a connection: browsers open six.
fn accept(listener: &TcpListener, results: &Arc<Results>) {
    for stream in listener.incoming().flatten() {
        let results = Arc::clone(results);
        std::thread::spawn(move || http::converse(&stream, &results));
    }
}

/// The address stands on the terminal, so a browser that does not open is no error.
fn open_browser(address: &str) {
    let opener = if cfg!(target_os = "macos") { "open" } else { "xdg-open" };
    let quiet =
        |command: &mut Command| command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
    if quiet(Command::new(opener).arg(address)).is_err() {
        println!("no browser was found to open: go to the address yourself");
    }
}
