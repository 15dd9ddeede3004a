//! What commands say: progress and results to standard error, answers to standard output.

/// A line for people, unless they asked for quiet.
pub(super) fn say(quiet: bool, text: &str) {
    if !quiet {
        eprintln!("{text}");
    }
}

/// Something that went otherwise than asked, without stopping the command.
pub(super) fn warn(text: &str) {
    eprintln!("warning: {text}");
}
