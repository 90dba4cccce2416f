//! The launcher as its operator has it: a process with a folder.

use crate::quietway;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// The program that was built.
///
/// # Panics
/// When it was not.
pub fn launcher() -> Command {
    let beside = PathBuf::from(quietway().get_program()).with_file_name("quietway-launcher");
    assert!(
        beside.exists(),
        "{} is not there: run `cargo build --release` first (scripts/test does)",
        beside.display()
    );
    Command::new(beside)
}

/// What a command of the operator says.
///
/// # Panics
/// When it fails.
pub fn output(args: &[&str], data: &Path) -> String {
    let output = launcher().args(args).arg("--data").arg(data).output().expect("it starts");
    assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

/// A script in place of the analysis.
///
/// # Panics
/// When it cannot be written.
pub fn write_program(path: &Path, script: &str) {
    std::fs::write(path, script).expect("it can be written");
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).expect("it can be changed");
}

/// A launcher that serves; it ends with this value, and its tasks with it.
pub struct Service {
    /// Where it listens.
    pub url: String,
    child: Child,
    data: PathBuf,
    log: PathBuf,
}

impl Service {
    /// Starts one on a free port.
    ///
    /// # Panics
    /// When it does not come up.
    pub fn start(data: &Path, more: &[&str]) -> Self {
        static NEXT: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);
        let nth = NEXT.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let log = data.join(format!("log{nth}"));
        let mut child = launcher()
            .args(["serve", "--listen", "127.0.0.1:0", "--poll-ms", "100", "--data"])
            .arg(data)
            .args(more)
            .stdout(Stdio::piped())
            .stderr(std::fs::File::create(&log).expect("a log"))
            .spawn()
            .expect("it starts");
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("it is piped")).read_line(&mut line).expect("a line");
        let url = line.trim().strip_prefix("listening at ");
        let url = url.unwrap_or_else(|| panic!("{line:?} {}", std::fs::read_to_string(&log).unwrap_or_default()));
        Self { url: url.to_owned(), child, data: data.to_owned(), log }
    }

    /// What it has logged.
    pub fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// An answer in JSON.
    ///
    /// # Panics
    /// When there is none.
    pub fn get(&self, key: &str, path: &str) -> serde_json::Value {
        let (status, body) = self.request("GET", key, path, "");
        assert_eq!(status, 200, "{path}: {body}");
        serde_json::from_str(&body).expect("JSON")
    }

    /// A request on a connection of its own; the status and the body.
    ///
    /// # Panics
    /// When it is not answered.
    pub fn request(&self, method: &str, key: &str, path: &str, body: &str) -> (u16, String) {
        let address = self.url.strip_prefix("http://").expect("plain HTTP");
        let mut stream = TcpStream::connect(address).expect("it listens");
        let head = format!(
            "{method} {path} HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer {key}\r\nconnection: close\r\n\
             content-type: application/geo+json\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        stream.write_all((head + body).as_bytes()).expect("it reads");
        let mut text = String::new();
        stream.read_to_string(&mut text).expect("it answers");
        let status = text.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
        (status, text.split_once("\r\n\r\n").map_or_else(String::new, |(_, body)| body.to_owned()))
    }

    /// Asks until the answer is as it shall be.
    ///
    /// # Panics
    /// When it is not within a minute.
    pub fn until(&self, key: &str, path: &str, reached: impl Fn(&serde_json::Value) -> bool) -> serde_json::Value {
        for _ in 0..600 {
            let answer = self.get(key, path);
            if reached(&answer) {
                return answer;
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        panic!("it never came to that: {} {}", self.get(key, path), self.log());
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
        // Tasks outlive a launcher, which is right, and must not outlive a test.
        for entry in std::fs::read_dir(self.data.join("tasks")).into_iter().flatten().flatten() {
            let pid = std::fs::read_to_string(entry.path().join("pid")).unwrap_or_default();
            let running = !entry.path().join("exit").exists();
            if let Some(pid) = pid.split(' ').next().filter(|pid| running && !pid.is_empty()) {
                drop(
                    Command::new("kill").args(["-s", "KILL", "--", &format!("-{pid}")]).stderr(Stdio::null()).status(),
                );
            }
        }
    }
}
