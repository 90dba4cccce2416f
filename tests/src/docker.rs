//! Images for tests, made of programs of this machine and the libraries that they need: no registry, no network.
//! The launcher's own tests include this file, so it uses the standard library only.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

/// Where the daemon listens, if one answers; says aloud when none does.
pub fn host() -> Option<String> {
    let host = std::env::var("DOCKER_HOST").ok().filter(|host| !host.is_empty());
    let host = host.unwrap_or_else(|| "unix:///var/run/docker.sock".into());
    if docker(&["version"]).is_some() {
        return Some(host);
    }
    println!("skipped: no Docker daemon answers at {host} (or there is no `docker` on the PATH)");
    None
}

/// What a `docker` command says, if it succeeds.
pub fn docker(args: &[&str]) -> Option<String> {
    let output = Command::new("docker").args(args).output().ok().filter(|output| output.status.success())?;
    Some(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// An image of one test; it goes with its containers when it is dropped.
pub struct Image {
    /// For `docker run`.
    pub name: String,
}

impl Image {
    /// An image with these programs, each at its own path, the first as its entry point.
    ///
    /// # Panics
    /// When it cannot be made.
    pub fn of(programs: &[&Path]) -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name = format!("quietway-test-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let mut files: Vec<PathBuf> = programs.iter().map(|program| program.to_path_buf()).collect();
        files.extend(programs.iter().flat_map(|program| libraries(program)));
        files.sort();
        files.dedup();
        // A folder of each mount point must be there: the root cannot be written later.
        let folder = std::env::temp_dir().join(&name);
        std::fs::create_dir_all(folder.join("tmp")).expect("a folder for the image");
        for file in &files {
            let place = folder.join(file.strip_prefix("/").expect("an absolute path"));
            std::fs::create_dir_all(place.parent().expect("a file has a folder")).expect("a folder in the image");
            std::fs::copy(file, place).expect("a file in the image"); // of links, what they point to
        }
        let entry = format!("ENTRYPOINT [\"{}\"]", programs.first().expect("a program").display());
        let mut tar =
            Command::new("tar").arg("-C").arg(&folder).args(["-c", "."]).stdout(Stdio::piped()).spawn().expect("tar");
        let packed = tar.stdout.take().expect("it is piped");
        let import = Command::new("docker").args(["import", "-c", &entry, "-", &name]).stdin(packed).output();
        let import: Output = import.expect("docker starts");
        assert!(tar.wait().is_ok_and(|status| status.success()) && import.status.success(), "{import:?}");
        drop(std::fs::remove_dir_all(&folder));
        Self { name }
    }
}

impl Drop for Image {
    fn drop(&mut self) {
        let filter = format!("ancestor={}", self.name);
        for id in docker(&["ps", "-aq", "--filter", &filter]).unwrap_or_default().split_whitespace() {
            docker(&["rm", "-f", id]);
        }
        docker(&["rmi", "-f", &self.name]);
    }
}

/// What the loader needs for a program: every absolute path that `ldd` names.
fn libraries(program: &Path) -> Vec<PathBuf> {
    let output = Command::new("ldd").arg(program).output().expect("ldd starts");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    text.split_whitespace().filter(|word| word.starts_with('/')).map(PathBuf::from).collect()
}
