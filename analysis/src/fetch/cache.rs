//! The folder of fetched files.

use std::path::{Path, PathBuf};

/// `$XDG_CACHE_HOME/quietway`, else `~/.cache/quietway`.
pub fn default_folder() -> PathBuf {
    let set = |name| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let base = set("XDG_CACHE_HOME").or_else(|| std::env::home_dir().map(|home| home.join(".cache")));
    base.unwrap_or_else(|| Path::new(".cache").to_owned()).join("quietway")
}
