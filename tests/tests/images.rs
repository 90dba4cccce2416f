//! What can be said of the container images without building them; scripts/test-images builds and tries them.
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic as tests may")]

use quietway_tests::root;
use std::process::Command;

fn read(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap()
}

/// Whoever builds both images builds everything once: a cache knows a stage by its text.
#[test]
fn both_images_come_from_the_same_stages() {
    let [analysis, launcher] = ["Dockerfile.analysis", "Dockerfile.launcher"].map(read);
    let stages = |text: &str| text.split_once("# -----").unwrap().0.to_owned();
    assert_eq!(stages(&analysis), stages(&launcher));
    for text in [analysis, launcher] {
        // It would be pulled, even where the base images are already there.
        assert!(!text.starts_with("# syntax"), "a syntax line needs a registry");
        let bases =
            text.lines().filter_map(|line| line.strip_prefix("FROM ")).map(|line| line.split(' ').next().unwrap());
        let named: Vec<_> = bases.filter(|base| !["dependencies", "build"].contains(base)).collect();
        assert!(named.iter().all(|base| base.starts_with("${")), "a mirror cannot replace {named:?}");
        assert!(text.trim_end().ends_with("\"${REVISION}\""), "what differs from build to build comes last");
    }
}

/// `git describe` where the build was told, as releases and images are.
#[test]
fn the_version_is_what_the_build_was_told() {
    let folder = tempfile::tempdir().unwrap();
    let source = root().join("job/src/version.rs");
    let main = format!("#[path = {source:?}] mod version;\nfn main() {{ print!(\"{{}}\", version::VERSION) }}\n");
    std::fs::write(folder.path().join("main.rs"), main).unwrap();
    let version = |told: Option<&str>| {
        let program = folder.path().join("program");
        let mut rustc = Command::new("rustc");
        rustc.arg(folder.path().join("main.rs")).arg("-o").arg(&program).args(["--edition", "2024"]);
        rustc.env("CARGO_PKG_VERSION", "0.1.0").env_remove("QUIETWAY_VERSION");
        assert!(rustc.envs(told.map(|told| ("QUIETWAY_VERSION", told))).status().unwrap().success());
        String::from_utf8(Command::new(program).output().unwrap().stdout).unwrap()
    };
    assert_eq!(version(None), "0.1.0");
    assert_eq!(version(Some("1.2.3-4-gabcdef")), "1.2.3-4-gabcdef");
}
