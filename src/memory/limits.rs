//! How much memory this process may take: of the machine, of its control group (containers, Slurm), by `ulimit -v`, or
//! as the user says.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Result, bail};
use nix::sys::resource::{RLIM_INFINITY, Resource, getrlimit};

/// Overrides what is found: an amount such as `64GiB`, or `any`.
pub const VARIABLE: &str = "SPARLING_MEMORY";

/// An amount of memory, with what this process has already.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limit {
    /// Bytes.
    pub bytes: u64,
    /// Where it comes from, in words.
    pub of: String,
}

/// The smallest of the limits; `None` where none is known, or `SPARLING_MEMORY` is `any`.
///
/// What is free is counted with swap, and with what this process holds already, whose freed parts are used again.
///
/// # Errors
/// When `SPARLING_MEMORY` is neither an amount nor `any`.
pub fn available() -> Result<Option<Limit>> {
    if let Some(said) = std::env::var_os(VARIABLE).filter(|said| !said.is_empty()) {
        return asked(&said);
    }
    let found = [of_machine(), of_group(Path::new("/")), of_addresses()];
    Ok(found.into_iter().flatten().min_by_key(|limit| limit.bytes))
}

fn asked(said: &OsStr) -> Result<Option<Limit>> {
    let text = said.to_string_lossy();
    if text.trim().eq_ignore_ascii_case("any") {
        return Ok(None);
    }
    match bytes_of(&text) {
        Some(bytes) => Ok(Some(Limit { bytes, of: format!("as {VARIABLE} says") })),
        None => bail!("{VARIABLE} is `{text}`; expected an amount such as 64GiB or 500M, or any"),
    }
}

/// `64GiB`, `1.5T`, `500m`, `123`; units are powers of 1024.
fn bytes_of(text: &str) -> Option<u64> {
    let text = text.trim();
    let split = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = (text[..split].parse::<f64>().ok()?, text[split..].trim().to_ascii_lowercase());
    let power = match unit.as_str() {
        "" | "b" => 0,
        "k" | "kb" | "kib" => 1,
        "m" | "mb" | "mib" => 2,
        "g" | "gb" | "gib" => 3,
        "t" | "tb" | "tib" => 4,
        _ => return None,
    };
    Some((number * 1024_f64.powi(power)) as u64)
}

/// A number of kibibytes in a file of lines such as `MemAvailable:  123 kB`, in bytes.
fn field(text: &str, key: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(':'))?;
    line.split_whitespace().next()?.parse::<u64>().ok()?.checked_mul(1024)
}

fn own(key: &str) -> u64 {
    field(&fs::read_to_string("/proc/self/status").unwrap_or_default(), key).unwrap_or(0)
}

/// Swap that is free.
fn swap() -> u64 {
    field(&fs::read_to_string("/proc/meminfo").unwrap_or_default(), "SwapFree").unwrap_or(0)
}

fn of_machine() -> Option<Limit> {
    let text = fs::read_to_string("/proc/meminfo").ok()?;
    let free = field(&text, "MemAvailable")?;
    Some(Limit { bytes: free + swap() + own("RssAnon"), of: "free on this machine".into() })
}

/// By `ulimit -v`, which counts addresses, used or not.
fn of_addresses() -> Option<Limit> {
    let (soft, _) = getrlimit(Resource::RLIMIT_AS).ok()?;
    let bytes = soft.saturating_sub(own("VmSize")) + own("RssAnon");
    (soft != RLIM_INFINITY).then(|| Limit { bytes, of: "left by ulimit -v".into() })
}

/// By the control groups that this process is in, whose files are under `root`.
fn of_group(root: &Path) -> Option<Limit> {
    let groups = fs::read_to_string(root.join("proc/self/cgroup")).ok()?;
    let free = groups.lines().flat_map(|line| left_in(root, line)).min()?;
    Some(Limit { bytes: free + swap() + own("RssAnon"), of: "left to this job or container".into() })
}

/// What each limited group on the way from the one of a line of `/proc/self/cgroup` to the topmost has left.
fn left_in(root: &Path, line: &str) -> Vec<u64> {
    let mut parts = line.splitn(3, ':');
    let (Some(_), Some(controllers), Some(path)) = (parts.next(), parts.next(), parts.next()) else {
        return Vec::new();
    };
    // Version 2 has one tree, version 1 one a controller.
    let (top, limit, usage, cache) = match controllers {
        "" => ("sys/fs/cgroup", "memory.max", "memory.current", "inactive_file "),
        _ if controllers.split(',').any(|name| name == "memory") => {
            ("sys/fs/cgroup/memory", "memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file ")
        }
        _ => return Vec::new(),
    };
    let top = root.join(top);
    let own: PathBuf = top.join(path.trim_start_matches('/'));
    let number = |file: PathBuf| fs::read_to_string(file).ok()?.trim().parse::<u64>().ok();
    let left = |group: &Path| {
        let limit = number(group.join(limit))?;
        let stat = fs::read_to_string(group.join("memory.stat")).unwrap_or_default();
        // Pages of files go when memory is asked for.
        let files = stat.lines().find_map(|line| line.strip_prefix(cache)?.parse::<u64>().ok());
        let used = number(group.join(usage)).unwrap_or(0).saturating_sub(files.unwrap_or(0));
        Some(limit.saturating_sub(used))
    };
    own.ancestors().take_while(|group| group.starts_with(&top)).filter_map(left).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_read() {
        for (text, bytes) in [
            ("123", Some(123)),
            ("64GiB", Some(64 << 30)),
            (" 1.5 t", Some(3 << 39)),
            ("500M", Some(500 << 20)),
            ("0", Some(0)),
            ("", None),
            ("much", None),
            ("4 parsecs", None),
            ("-1G", None),
            ("1.2.3G", None),
        ] {
            assert_eq!(bytes_of(text), bytes, "{text}");
        }
        assert_eq!(asked(OsStr::new("ANY")).unwrap(), None);
        let error = asked(OsStr::new("lots")).unwrap_err().to_string();
        assert!(error.contains("SPARLING_MEMORY is `lots`") && error.contains("64GiB"), "{error}");
    }

    #[test]
    fn this_machine_has_some() {
        let limit = of_machine().expect("Linux says");
        assert!(limit.bytes > 1 << 20, "{limit:?}");
    }

    /// The file system of a process in these groups.
    fn groups(lines: &str, files: &[(&str, &str)]) -> Option<Limit> {
        let root = tempfile::tempdir().unwrap();
        for (path, text) in files.iter().chain(&[("proc/self/cgroup", lines)]) {
            let path = root.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        of_group(root.path())
    }

    #[test]
    fn the_tightest_group_counts_and_its_cache_does_not() {
        let extra = swap() + own("RssAnon");
        let near = |limit: Option<Limit>, bytes: u64| {
            let found = limit.expect("a limit").bytes;
            // What this process holds changes meanwhile.
            assert!(found.abs_diff(bytes + extra) < 256 << 20, "{found}, expected {bytes} + {extra}");
        };
        let gib = |n: u64| (n << 30).to_string();
        near(
            groups(
                "0::/slurm/job_7/step_0\n",
                &[
                    ("sys/fs/cgroup/slurm/job_7/step_0/memory.max", "max\n"),
                    ("sys/fs/cgroup/slurm/job_7/memory.max", &gib(8)),
                    ("sys/fs/cgroup/slurm/job_7/memory.current", &gib(3)),
                    ("sys/fs/cgroup/slurm/job_7/memory.stat", &format!("anon 5\ninactive_file {}\n", gib(2))),
                    ("sys/fs/cgroup/slurm/memory.max", &gib(64)),
                ],
            ),
            7 << 30,
        );
        near(
            groups(
                "5:cpu:/x\n4:cpuset,memory:/docker/abc\n",
                // Inside a container the outer path is not there, and the top is the container's own.
                &[
                    ("sys/fs/cgroup/memory/memory.limit_in_bytes", &gib(4)),
                    ("sys/fs/cgroup/memory/memory.usage_in_bytes", &gib(1)),
                ],
            ),
            3 << 30,
        );
        assert_eq!(groups("0::/\n", &[("sys/fs/cgroup/memory.max", "max\n")]), None);
        assert_eq!(groups("nonsense\n", &[]), None);
    }
}
