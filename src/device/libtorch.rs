//! Which libtorch this process runs on: its folder and its version.

use std::path::{Path, PathBuf};

/// The folder that the libtorch of this very process was loaded from.
#[must_use]
pub fn libtorch_lib() -> Option<PathBuf> {
    let maps = std::fs::read_to_string("/proc/self/maps").unwrap_or_default();
    folder_of_libtorch(&maps).or_else(|| option_env!("SPARLING_LIBTORCH_LIB").map(PathBuf::from))
}

fn folder_of_libtorch(maps: &str) -> Option<PathBuf> {
    // The path is the last column and the only one with a slash; it may hold spaces.
    let paths = maps.lines().filter_map(|line| line.find('/').map(|at| Path::new(&line[at..])));
    paths
        .filter(|path| path.file_name().is_some_and(|name| name == "libtorch_cpu.so"))
        .find_map(|path| path.parent().map(Path::to_owned))
}

/// The version of the libtorch in use, as it says itself, such as `2.11.0+cu130`; `unknown` where
/// its folder has neither `build-version` (the zip archives) nor `version.py` (the wheels).
#[must_use]
pub fn libtorch_version() -> String {
    let version = libtorch_lib().and_then(|lib| version_in(lib.parent()?));
    version.unwrap_or_else(|| "unknown".to_owned())
}

fn version_in(root: &Path) -> Option<String> {
    if let Ok(text) = std::fs::read_to_string(root.join("build-version")) {
        return Some(text.trim().to_owned());
    }
    let text = std::fs::read_to_string(root.join("version.py")).ok()?;
    let value = text.lines().find_map(|line| line.strip_prefix("__version__ = "))?;
    Some(value.trim().trim_matches(['\'', '"']).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn libtorch_is_found_in_this_process() {
        let lib = libtorch_lib().expect("the folder of libtorch");
        assert!(lib.join("libtorch_cpu.so").exists(), "{}", lib.display());
        assert!(libtorch_version().starts_with("2.11.0"), "{}", libtorch_version());
    }

    #[test]
    fn the_memory_map_may_hold_paths_with_spaces() {
        let maps = "7f00-7f01 r-xp 00000000 fe:00 1 /lib/libc.so.6\n\
                    7f02-7f03 r-xp 00000000 fe:00 2    /my libs/torch/lib/libtorch_cpu.so\n";
        assert_eq!(folder_of_libtorch(maps), Some(PathBuf::from("/my libs/torch/lib")), "{maps}");
        assert_eq!(folder_of_libtorch("7f00-7f01 rw-p 0 0:0 0 [heap]\n"), None, "no library, no folder");
    }
}
