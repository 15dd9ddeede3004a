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
    let git = |args: &[&str]| {
        let out = Command::new("git").args(args).output().ok()?;
        out.status.success().then(|| String::from_utf8_lossy(&out.stdout).trim().to_owned())
    };
    let revision = git(&["rev-parse", "--short=12", "HEAD"]).unwrap_or_else(|| "unknown".into());
    let dirty = git(&["status", "--porcelain", "--untracked-files=no", "--", "src", "Cargo.toml"])
        .is_some_and(|s| !s.is_empty());
    let suffix = if dirty { "+dirty" } else { "" };
    println!("cargo:rustc-env=SPARLING_REVISION={revision}{suffix}");
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
