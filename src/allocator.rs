//! How glibc's allocator keeps the memory of tensors.

/// Keeps freed memory for the next tensor.
///
/// By default glibc gives large blocks back to the system at once, and every step of training takes them anew, page by
/// page. Training DigitCircle at laptop scale took 4 to 8 % less processor time with these settings, at 49,000
/// page faults in place of 166,000 to 201,000 (docs/performance.md). Other C libraries are left as they are, and so is a
/// process whose environment tunes the allocator (`GLIBC_TUNABLES`, `MALLOC_…_`).
pub fn keep_freed_memory() {
    let tuned = |name: &std::ffi::OsStr| {
        let name = name.to_string_lossy();
        name == "GLIBC_TUNABLES" || name.starts_with("MALLOC_")
    };
    if std::env::vars_os().any(|(name, _)| tuned(&name)) {
        return;
    }
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    {
        use nix::libc::{M_MMAP_THRESHOLD, M_TOP_PAD, M_TRIM_THRESHOLD, mallopt};
        // SAFETY: mallopt takes two integers, and is called before any other thread is started. It returns 0 and
        // changes nothing where it does not take a value.
        let set = |option, bytes| unsafe { mallopt(option, bytes) } != 0;
        // Earlier versions of glibc take 32 MiB at most.
        let _ = set(M_MMAP_THRESHOLD, 1 << 30) || set(M_MMAP_THRESHOLD, 32 << 20);
        let _ = set(M_TRIM_THRESHOLD, i32::MAX);
        let _ = set(M_TOP_PAD, 64 << 20);
    }
}
