//! A launcher of its own for one test, and its client.

use quietway_tests::{fixture, quietway};
use serde_json::Value;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

/// An analysis of the tests ends within this, however busy the machine is.
const PATIENCE: Duration = Duration::from_secs(600);

/// The binary `quietway-launcher`, built by the same command as the tests.
pub fn launcher() -> Command {
    let beside = PathBuf::from(quietway().get_program()).with_file_name("quietway-launcher");
    assert!(
        beside.exists(),
        "{} is not there: run `cargo build --release` first (scripts/test does)",
        beside.display()
    );
    Command::new(beside)
}

/// A running launcher; it ends with the test.
pub struct Service {
    pub child: Child,
    pub url: String,
    pub key: String,
    pub data: tempfile::TempDir,
}

fn log_of(data: &Path) -> String {
    std::fs::read_to_string(data.join("log")).unwrap_or_default()
}

fn output(command: &mut Command) -> String {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

impl Service {
    /// A launcher of process tasks that wait until the file `go` is there: then the real analysis begins.
    pub fn waiting(more: &[&str], env: &[(&str, &str)]) -> Self {
        let data = tempfile::tempdir().unwrap();
        let program = data.path().join("analysis");
        let wait = format!(
            "#!/bin/sh\nuntil [ -e '{}/go' ]; do sleep 0.1; done\nexec '{}' \"$@\"\n",
            data.path().display(),
            quietway().get_program().display()
        );
        std::fs::write(&program, wait).unwrap();
        std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
        let program = program.to_str().unwrap().to_owned();
        Self::start(data, &[&["--program", &program], more].concat(), env)
    }

    /// A launcher with an organisation and a key. Its tasks read the streets of Monaco.
    pub fn start(data: tempfile::TempDir, more: &[&str], env: &[(&str, &str)]) -> Self {
        let folder = data.path().to_str().unwrap();
        output(launcher().args(["org", "add", "springfield", "--data", folder]));
        let key = output(launcher().args(["key", "create", "springfield", "--data", folder]));
        let osm = format!("--task-arg=--osm={}", fixture("monaco/monaco.osm.pbf").display());
        let mut child = launcher()
            .args(["serve", "--listen", "127.0.0.1:0", "--poll-ms", "100", "--data", folder])
            .args([osm.as_str(), "--task-arg=--formats=csv"])
            .args(more)
            .envs(env.iter().copied())
            .stdout(Stdio::piped())
            .stderr(std::fs::File::create(data.path().join("log")).unwrap())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let address = line.trim().strip_prefix("listening at ");
        let url = address.unwrap_or_else(|| panic!("{}", log_of(data.path()))).to_owned();
        Self { child, url, key, data }
    }

    /// What the launcher has printed.
    pub fn log(&self) -> String {
        log_of(self.data.path())
    }

    /// JSON at an address below the organisation's.
    pub fn get(&self, path: &str) -> Value {
        let address = self.url.trim_start_matches("http://");
        let mut stream = TcpStream::connect(address).unwrap();
        let (path, key) = (format!("/v1/orgs/springfield{path}"), &self.key);
        let head = format!(
            "GET {path} HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer {key}\r\nconnection: close\r\n\r\n"
        );
        stream.write_all(head.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        serde_json::from_str(body).unwrap_or_else(|error| panic!("{error}: {head}\n{body}"))
    }

    /// The run as soon as it is so.
    pub fn run_when(&self, run: &str, reached: impl Fn(&Value) -> bool) -> Value {
        let began = Instant::now();
        loop {
            let view = self.get(&format!("/runs/{run}"));
            if reached(&view) {
                return view;
            }
            let ended = ["succeeded", "failed", "superseded", "cancelled"].iter().any(|state| view["state"] == *state);
            assert!(!ended && began.elapsed() < PATIENCE, "it never came to that: {view:#}\n{}", self.log());
            std::thread::sleep(Duration::from_millis(30));
        }
    }

    /// What the client says to a command.
    pub fn client(&self, args: &[&str]) -> Output {
        let mut command = launcher();
        command
            .args(args)
            .env("QUIETWAY_URL", &self.url)
            .env("QUIETWAY_KEY", &self.key)
            .env("QUIETWAY_ORG", "springfield");
        command.output().unwrap()
    }

    /// First word of what a command says.
    pub fn word(&self, args: &[&str]) -> String {
        let output = self.client(args);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().split_whitespace().next().unwrap().to_owned()
    }

    /// Of all runs, published or not.
    pub fn manifests(&self) -> Vec<PathBuf> {
        fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
            for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
                let path = entry.path();
                if path.is_dir() {
                    walk(&path, found)
                } else if path.ends_with("manifest.json") {
                    found.push(path)
                }
            }
        }
        let mut found = Vec::new();
        walk(&self.data.path().join("results"), &mut found);
        found
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
