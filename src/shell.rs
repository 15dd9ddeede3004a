//! Command lines as text that a shell takes apart into the same words again.
//!
//! ```
//! use std::path::Path;
//!
//! use sparling::shell::{line, operand};
//!
//! assert_eq!(line(["show", "my run", "-o", "a.png"]), "show 'my run' -o a.png");
//! assert_eq!(operand(Path::new("-x")), "./-x");
//! ```

use std::ffi::{OsStr, OsString};
use std::path::Path;

use os_display::Quotable as _;

/// A word as bash, ksh and zsh read it: as it is where that is safe, quoted otherwise. Control characters and bytes
/// that are not UTF-8 are written as `$'\n'`, so that the text is one line of UTF-8 whatever the word holds.
#[must_use]
pub fn quote(word: &OsStr) -> String {
    word.maybe_quote().to_string()
}

/// A whole command, its words [quoted](quote).
#[must_use]
pub fn line<S: AsRef<OsStr>>(words: impl IntoIterator<Item = S>) -> String {
    words.into_iter().map(|word| quote(word.as_ref())).collect::<Vec<_>>().join(" ")
}

/// A path as a word that no program takes for an option: `./-x` for `-x`.
#[must_use]
pub fn operand(path: &Path) -> OsString {
    let dashed = path.as_os_str().as_encoded_bytes().starts_with(b"-");
    if dashed { Path::new(".").join(path).into_os_string() } else { path.as_os_str().to_owned() }
}

/// What bash makes of a line.
#[cfg(test)]
pub(crate) fn split_by_bash(line: &str) -> Vec<OsString> {
    use std::os::unix::ffi::OsStringExt as _;

    let script = format!("printf '%s\\0' {line}");
    let done = std::process::Command::new("bash").args(["-c", &script]).output().expect("bash");
    assert!(done.status.success(), "{line}: {}", String::from_utf8_lossy(&done.stderr));
    let words = done.stdout.split(|&byte| byte == 0);
    let words = words.map(|word| OsString::from_vec(word.to_vec()));
    let mut words: Vec<OsString> = words.collect();
    words.pop();
    words
}

#[cfg(test)]
mod tests {
    use std::os::unix::ffi::OsStringExt as _;

    use super::*;

    #[test]
    fn a_shell_reads_back_the_words_that_were_written() {
        let mut words: Vec<OsString> = [
            "plain",
            "",
            "a b",
            "it's",
            "say \"$HOME\" `x`",
            "two\nlines",
            "tab\t",
            "--",
            "~",
            "#1",
            "*",
            "ö δ",
            "\\",
        ]
        .map(OsString::from)
        .into();
        words.push(OsString::from_vec(b"latin \xe9t\xe9/\xff'\"".to_vec()));
        words.push(OsString::from_vec((1..=255).collect()));
        let line = line(&words);
        assert_eq!(line.lines().count(), 1, "{line}");
        assert_eq!(split_by_bash(&line), words, "{line}");
    }
}
