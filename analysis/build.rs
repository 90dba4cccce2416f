//! Embeds the built web map (`web/dist/page`, made by `scripts/build-web`) when it is there. Without it the binary works all the same:
//! results have no page, and `quietway view` says how to build it.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let dist = Path::new(&env::var("CARGO_MANIFEST_DIR").unwrap_or_default()).join("../web/dist");
    println!("cargo::rerun-if-changed=build.rs");
    if dist.exists() {
        println!("cargo::rerun-if-changed={}", dist.display());
    }
    let page = dist.join("page");
    let mut files = Vec::new();
    collect(&page, &mut files)?;
    // The page comes last: whoever sees it finds what it asks for.
    files.sort_by_key(|path| (path.ends_with("index.html"), path.clone()));
    let mut code = String::from("static PAGE: &[Asset] = &[\n");
    for file in &files {
        let name = file.strip_prefix(&page).unwrap_or(file).to_string_lossy().replace('\\', "/");
        let path = file.canonicalize()?;
        let _ = writeln!(code, "    Asset {{ path: {name:?}, bytes: include_bytes!({path:?}) }},");
    }
    code.push_str("];\n");
    fs::write(Path::new(&env::var("OUT_DIR").unwrap_or_default()).join("page.rs"), code)
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    if !folder.exists() {
        return Ok(());
    }
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() { collect(&path, files)? } else { files.push(path) }
    }
    Ok(())
}
