//! `sparling completions`: what a shell needs to complete the command line.

use std::io::Write as _;

use anyhow::Result;
use clap::CommandFactory as _;
use clap_complete::Shell;

use super::tell::Answers;

/// Print the completions for a shell.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  sparling completions bash > ~/.local/share/bash-completion/completions/sparling
  sparling completions zsh > ~/.zfunc/_sparling      (with ~/.zfunc in fpath, before compinit)
  sparling completions fish > ~/.config/fish/completions/sparling.fish")]
pub struct Args {
    /// The shell they are for
    #[arg(value_enum)]
    shell: Shell,
}

/// Writes the completions to the output.
///
/// # Errors
/// When the output cannot be written.
pub fn run(args: &Args) -> Result<()> {
    // Written to memory first: clap's generator would panic on a closed pipe.
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut super::Cli::command(), "sparling", &mut script);
    Answers.write_all(&script)?;
    Ok(())
}
