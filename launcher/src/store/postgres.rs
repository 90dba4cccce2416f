//! A throw-away PostgreSQL server for tests: it listens on a free port and goes with the process.

use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

pub struct Server {
    pub url: String,
    _watch: Child,
}

fn shell(script: &str) -> Command {
    let root = Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout == b"0\n");
    let mut command = Command::new(if root { "su" } else { "sh" });
    if root {
        command.args(["postgres", "-s", "/bin/sh"]); // the server refuses to run as root
    }
    command.args(["-c", script]);
    command
}

/// Says aloud when there is none here.
pub fn server() -> Option<Server> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").ok().into_iter().flatten().flatten();
    let bins: Vec<PathBuf> =
        versions.map(|entry| entry.path().join("bin")).filter(|bin| bin.join("initdb").exists()).collect();
    let Some(bin) = bins.into_iter().max() else {
        println!("skipped: no PostgreSQL here; scripts/test installs it");
        return None;
    };
    let (folder, bin) =
        (tempfile::Builder::new().prefix("quietway-launcher-").tempdir().unwrap().keep(), bin.display().to_string());
    drop(Command::new("chown").arg("postgres").arg(&folder).status());
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let here = folder.display();
    let start = format!(
        "{bin}/initdb -D {here}/data -U postgres -A trust -E UTF8 --locale=C.UTF-8 --no-sync >{here}/initdb.log 2>&1 && \
         {bin}/pg_ctl -w -D {here}/data -l {here}/log -o '-p {port} -c listen_addresses=127.0.0.1 \
         -c unix_socket_directories={here} -c fsync=off -c max_connections=100' start >{here}/start.log 2>&1"
    );
    assert!(shell(&start).status().unwrap().success(), "the server starts; see {here}");
    // Holds the other end of a pipe: when this process ends, however it ends, so does the server.
    let stop = format!("read x; {bin}/pg_ctl -D {here}/data -m immediate stop >/dev/null 2>&1; rm -rf {here}");
    let watch = shell(&stop).stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
    Some(Server { url: format!("postgres://postgres@127.0.0.1:{port}/postgres?sslmode=disable"), _watch: watch })
}
