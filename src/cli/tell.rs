//! What commands say: progress and results to standard error, answers to standard output.

use std::fmt::Arguments;
use std::io::{self, Write};

use anyhow::Result;

use crate::interrupt::tell;

/// A line for people, unless they asked for quiet. Whether it arrives does not matter to the work.
pub(super) fn say(quiet: bool, text: &str) {
    if !quiet {
        tell(text);
    }
}

/// Something that went otherwise than asked, without stopping the command.
pub(super) fn warn(text: &str) {
    tell(&format!("warning: {text}"));
}

/// Standard output, whose errors say that it is.
#[derive(Debug, Default)]
pub(super) struct Answers;

impl Write for Answers {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        io::stdout().write(buffer).map_err(|error| named(&error))
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stdout().flush().map_err(|error| named(&error))
    }
}

fn named(error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("cannot write the answer to standard output: {error}"))
}

/// A line of the answer, see [`answer!`].
pub(super) fn answer_line(line: Arguments<'_>) -> Result<()> {
    Ok(writeln!(Answers, "{line}")?)
}

/// What became of a line of an answer whose work is kept elsewhere: that its reader has gone (`| head`) ends no work.
pub(super) fn unless_unread(answered: Result<()>) -> Result<()> {
    let unread = |error: &anyhow::Error| {
        error.downcast_ref::<io::Error>().is_some_and(|io| io.kind() == io::ErrorKind::BrokenPipe)
    };
    answered.or_else(|error| if unread(&error) { Ok(()) } else { Err(error) })
}

/// A line of the answer to standard output, with the arguments of `println!`; fails where that would panic.
macro_rules! answer {
    ($($line:tt)*) => { $crate::cli::tell::answer_line(format_args!($($line)*)) };
}
pub(super) use answer;
