//! The lines of `sparling doctor`: what was found, how bad it is, what mends it.

use std::io::Write;
use std::process::{Command, Stdio};

use anyhow::Result;

/// What one line of the report means.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Mark {
    /// There.
    Good,
    /// Absent, and only some things need it.
    Absent,
    /// Nothing works without it.
    Required,
}

/// Lines of marks, names and findings.
pub(super) struct Report<W: Write> {
    out: W,
    required: Vec<&'static str>,
}

impl<W: Write> Report<W> {
    /// An empty report that is written to `out`.
    pub(super) fn new(out: W) -> Self {
        Self { out, required: Vec::new() }
    }

    /// One finding.
    pub(super) fn line(&mut self, mark: Mark, what: &'static str, found: &str) -> Result<()> {
        let sign = match mark {
            Mark::Good => "ok",
            Mark::Absent => "--",
            Mark::Required => "!!",
        };
        writeln!(self.out, "{sign}  {what:<13} {found}")?;
        if mark == Mark::Required {
            self.required.push(what);
        }
        Ok(())
    }

    /// The command that mends the line above.
    pub(super) fn mend(&mut self, command: &str) -> Result<()> {
        Ok(writeln!(self.out, "{:18}→ {command}", "")?)
    }

    /// Explains the marks; returns what is required and missing.
    pub(super) fn finish(mut self) -> Result<Vec<&'static str>> {
        writeln!(self.out, "\nok: there   --: absent, needed only for what is said   !!: required")?;
        Ok(self.required)
    }
}

/// What a program prints, if it is there and succeeds.
pub(super) fn output(program: &str, arguments: &[&str]) -> Option<String> {
    let done = Command::new(program).args(arguments).stderr(Stdio::null()).output().ok()?;
    let text = String::from_utf8_lossy(&done.stdout).trim().to_owned();
    (done.status.success() && !text.is_empty()).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_required_counts_as_missing() {
        let mut report = Report::new(Vec::new());
        report.line(Mark::Good, "a", "1").unwrap();
        report.line(Mark::Absent, "b", "2").unwrap();
        report.line(Mark::Required, "c", "3").unwrap();
        assert_eq!(report.required, ["c"], "required");
        let text = String::from_utf8(report.out).unwrap();
        assert_eq!(text, "ok  a             1\n--  b             2\n!!  c             3\n", "lines");
    }
}
