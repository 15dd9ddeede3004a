//! Files that are whole or not there.
//!
//! ```
//! # fn main() -> anyhow::Result<()> {
//! use sparling::files::write_atomically;
//!
//! let folder = tempfile::tempdir()?;
//! let path = folder.path().join("new/notes.txt"); // the folder is made
//! write_atomically(&path, b"whole")?;
//! assert_eq!(std::fs::read(&path)?, b"whole");
//! # Ok(())
//! # }
//! ```

use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use anyhow::Result;

/// Writes `bytes` under a temporary name, syncs, and renames to `path`, whose folder is made if
/// it is not there: a kill or a full disk leaves the old file or the new one, never a part. Of a link the file that it
/// leads to is replaced; a device or pipe is written to, and stays what it is.
///
/// # Errors
/// When a step fails; the temporary file is removed and `path` is as before.
pub fn write_atomically(path: &Path, bytes: &[u8]) -> Result<()> {
    let named = path;
    let path = match fs::metadata(path) {
        Ok(found) if found.is_file() => fs::canonicalize(path).unwrap_or_else(|_| path.to_owned()),
        Ok(found) if !found.is_dir() => {
            let written =
                OpenOptions::new().write(true).open(path).and_then(|mut file| file.write_all(bytes));
            return written.map_err(|e| cannot_write(path, e));
        }
        _ => path.to_owned(),
    };
    let path = path.as_path();
    let mut temporary = path.as_os_str().to_owned();
    temporary.push(".tmp");
    let temporary = PathBuf::from(temporary);
    let write = || -> io::Result<()> {
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        let mut file = File::create(&temporary)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&temporary, path)?;
        sync_folder(path)
    };
    write().map_err(|e| {
        let _ = fs::remove_file(&temporary);
        cannot_write(named, e)
    })
}

/// As [`write_atomically`], for a file that several processes may write at once: each under a temporary name of
/// its own, so that none renames what another has half written. The last rename wins, whole.
///
/// # Errors
/// As [`write_atomically`].
pub fn write_shared(path: &Path, bytes: &[u8]) -> Result<()> {
    let write = || -> io::Result<()> {
        let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
        fs::create_dir_all(folder)?;
        let mut file = tempfile::Builder::new()
            .prefix(".")
            .suffix(".tmp")
            // As other new files: what the umask leaves of it.
            .permissions(Permissions::from_mode(0o666))
            .tempfile_in(folder)?;
        file.write_all(bytes)?;
        file.as_file().sync_all()?;
        file.persist(path).map_err(|error| error.error)?;
        sync_folder(path)
    };
    write().map_err(|e| cannot_write(path, e))
}

/// The line, from 1, of the record of a CSV file that a reader puts at byte `at`: the first that is not empty from there
/// on. The reader's own count stands between the two bytes of a line's end where these are `\r\n`.
pub(crate) fn line_of_record(bytes: &[u8], at: u64) -> usize {
    let at = usize::try_from(at).unwrap_or(usize::MAX).min(bytes.len());
    let ends = bytes[at..].iter().take_while(|&&byte| byte == b'\r' || byte == b'\n').count();
    1 + bytes[..at + ends].iter().filter(|&&byte| byte == b'\n').count()
}

/// A rename is durable once the folder is synced.
fn sync_folder(path: &Path) -> io::Result<()> {
    match path.parent().filter(|p| !p.as_os_str().is_empty()) {
        Some(folder) => File::open(folder)?.sync_all(),
        None => Ok(()),
    }
}

/// That a file could not be written, and what to do about it.
pub(crate) fn cannot_write(path: &Path, error: io::Error) -> anyhow::Error {
    let advice = advice(&error);
    anyhow::Error::new(error)
        .context(format!("cannot write {}; what was saved before is untouched. {advice}", path.display()))
}

/// What to do about an error of writing; room helps where the disk or a quota is full, and only there.
fn advice(error: &io::Error) -> &'static str {
    match error.kind() {
        ErrorKind::StorageFull => {
            "The disk is full: make room or choose another folder, then run the same command again"
        }
        ErrorKind::QuotaExceeded => {
            "Your quota there is used up: make room or choose another folder, then run the same command again"
        }
        ErrorKind::PermissionDenied => {
            "You may not write there: change its permissions or choose another folder"
        }
        ErrorKind::ReadOnlyFilesystem => "That disk is read-only: choose a folder on another one",
        ErrorKind::NotADirectory | ErrorKind::AlreadyExists => {
            "A part of the path is a file and no folder: move it away or choose another folder"
        }
        ErrorKind::IsADirectory | ErrorKind::DirectoryNotEmpty => {
            "A folder has that name: move it away or choose another name"
        }
        ErrorKind::InvalidFilename => "The disk does not take such a name: choose a shorter or a plainer one",
        ErrorKind::NotFound => "Its folder is gone or takes no new files: choose another place",
        ErrorKind::FileTooLarge => {
            "The file grew past what the disk or `ulimit -f` allows: raise that limit or choose another disk"
        }
        _ => "The disk refused it: look at what the system says of it, or choose another folder",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_plain_file_stays_what_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::write(at("target"), "old").unwrap();
        std::os::unix::fs::symlink("target", at("link")).unwrap();
        write_atomically(&at("link"), b"new").unwrap();
        assert!(at("link").is_symlink(), "a link is replaced");
        assert_eq!(fs::read(at("target")).unwrap(), b"new");

        let pipe = at("pipe");
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        let reader = std::thread::spawn({
            let pipe = pipe.clone();
            move || fs::read(pipe).unwrap()
        });
        write_atomically(&pipe, b"through").unwrap();
        assert_eq!(reader.join().unwrap(), b"through");
        assert!(!fs::metadata(&pipe).unwrap().is_file());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 3, "nothing is left beside them");
    }

    #[test]
    fn room_is_advised_only_where_there_is_none() {
        use nix::libc::{EACCES, EDQUOT, EFBIG, EIO, EISDIR, ENAMETOOLONG, ENOENT, ENOSPC, ENOTDIR, EROFS};
        let told = |errno| {
            let error = cannot_write(Path::new("/runs/a/config.toml"), io::Error::from_raw_os_error(errno));
            format!("{error:#}")
        };
        for full in [ENOSPC, EDQUOT] {
            assert!(told(full).contains("make room"), "{}", told(full));
        }
        let others = [EACCES, EROFS, EISDIR, ENOTDIR, ENAMETOOLONG, ENOENT, EFBIG, EIO];
        for other in others {
            assert!(!told(other).contains("room"), "{}", told(other));
            assert!(told(other).contains("cannot write /runs/a/config.toml"), "{}", told(other));
        }
        let mut advice: Vec<String> = others.into_iter().map(told).collect();
        advice.sort();
        advice.dedup();
        assert_eq!(advice.len(), others.len(), "each has advice of its own: {advice:#?}");
    }
}
