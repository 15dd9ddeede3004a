//! Lets the built binary, the tests and the benches find libtorch without `LD_LIBRARY_PATH`,
//! and records the source revision for the result rows.
use std::path::Path;
use std::process::Command;

fn main() {
    // torch-sys tells its direct dependents where libtorch is.
    if let Ok(lib) = std::env::var("DEP_TCH_LIBTORCH_LIB") {
        println!("cargo:rustc-link-arg=-Wl,-rpath,{lib}");
        println!("cargo:rustc-env=SPARLING_LIBTORCH_LIB={lib}");
    }
    println!("cargo:rustc-env=SPARLING_REVISION={}", revision());
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-changed=src");
    // The reflog grows with every commit and checkout; in a linked worktree it is not below `.git`.
    for name in ["HEAD", "logs/HEAD"] {
        // A path that does not exist would make every build start anew.
        if let Some(path) = git(&["rev-parse", "--git-path", name]).filter(|path| Path::new(path).exists()) {
            println!("cargo:rerun-if-changed={path}");
        }
    }
}

/// What git answers here.
fn git(args: &[&str]) -> Option<String> {
    let out = Command::new("git").args(args).output().ok()?;
    out.status.success().then(|| String::from_utf8_lossy(&out.stdout).trim().to_owned())
}

/// The commit of this source, `+dirty` where it was changed; of a package, the commit that it was made from. A
/// repository that this source merely lies in, as a dependency, says nothing of it.
fn revision() -> String {
    let own = std::env::var("CARGO_MANIFEST_DIR").ok().and_then(|dir| Path::new(&dir).canonicalize().ok());
    let top = git(&["rev-parse", "--show-toplevel"]).and_then(|dir| Path::new(&dir).canonicalize().ok());
    if own.is_some() && own == top {
        let revision = git(&["rev-parse", "--short=12", "HEAD"]).unwrap_or_else(|| "unknown".into());
        let dirty = git(&["status", "--porcelain", "--untracked-files=no", "--", "src", "Cargo.toml"])
            .is_some_and(|changed| !changed.is_empty());
        return revision + if dirty { "+dirty" } else { "" };
    }
    let packaged = std::fs::read_to_string(".cargo_vcs_info.json").unwrap_or_default();
    let commit = packaged.split("\"sha1\": \"").nth(1).and_then(|rest| rest.get(..12));
    commit.unwrap_or("unknown").to_owned()
}
