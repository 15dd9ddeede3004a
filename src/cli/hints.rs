//! Tests: every command that a message, a help text or a page of the documentation proposes is one that the program
//! takes, and none is written past [`Hint`].

use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use clap::{CommandFactory as _, Parser as _};
use proc_macro2::{TokenStream, TokenTree};

use super::Cli;
use crate::hint::{Also, Goal, Hint};
use crate::shell::split_by_bash;

/// Every kind of hint, about `path`.
fn every<'a>(path: &'a Path, overrides: &'a [String]) -> Vec<Hint<'a>> {
    let mut hints = vec![
        Hint::List,
        Hint::Train { experiment: path, scale: "laptop", seed: 3, runs: path },
        Hint::GoOn { run: path },
        Hint::TrainOn { experiment: path, corpus: "2024" },
        Hint::Sweep { experiment: path, scale: "smoke", results: path },
        Hint::Show { run: path },
        Hint::Report { scale: "paper" },
        Hint::Splice { scale: "laptop", document: path },
        Hint::ImportAudio { name: "2024", corpora: path },
        Hint::MakeStamps { out: path },
        Hint::NewData { folder: path },
        Hint::CheckData { folder: path },
        Hint::Predict { run: path },
        Hint::Draw { target: "table1", scale: "laptop", results: path },
        Hint::TensorBoard { runs: path },
        Hint::Sbatch { script: path },
    ];
    for also in [Also::Nothing, Also::Perturbation, Also::ExamplesAlong] {
        hints.push(Hint::Evaluate { run: path, results: path, also });
    }
    for target in ["3", "fig12", "table2", "fig8 fig11 table1"] {
        for replace in [false, true] {
            let (results, experiments) = (path, path);
            hints.push(Hint::Figure { target, scale: "laptop", results, experiments, overrides, replace });
        }
    }
    for goal in [Goal::Build, Goal::SetupBuild, Goal::Setup, Goal::SetupCuda, Goal::AudioCorpus] {
        hints.push(Hint::Make(goal));
    }
    hints
}

/// The place of a kind among [`KINDS`]; who adds one has to say it here, and [`every`] has to have it.
fn kind(hint: &Hint<'_>) -> usize {
    match hint {
        Hint::List => 0,
        Hint::Train { .. } => 1,
        Hint::TrainOn { .. } => 2,
        Hint::Sweep { .. } => 3,
        Hint::Evaluate { .. } => 4,
        Hint::Show { .. } => 5,
        Hint::Figure { .. } => 6,
        Hint::Report { .. } => 7,
        Hint::ImportAudio { .. } => 8,
        Hint::MakeStamps { .. } => 9,
        Hint::TensorBoard { .. } => 10,
        Hint::Sbatch { .. } => 11,
        Hint::Make(Goal::Build | Goal::SetupBuild | Goal::Setup | Goal::SetupCuda | Goal::AudioCorpus) => 12,
        Hint::NewData { .. } => 13,
        Hint::CheckData { .. } => 14,
        Hint::Predict { .. } => 15,
        Hint::Draw { .. } => 16,
        Hint::Splice { .. } => 17,
        Hint::GoOn { .. } => 18,
    }
}

const KINDS: usize = 19;

fn parse(words: &[OsString], told: &str) {
    if let Err(error) = Cli::try_parse_from(words) {
        panic!("{told}\ndoes not parse: {error}");
    }
}

fn makefile_targets() -> BTreeSet<String> {
    let text = fs::read_to_string(root().join("Makefile")).expect("the Makefile");
    let targets = text.lines().filter_map(|line| line.split_once(':')).map(|(target, _)| target);
    targets
        .filter(|target| target.chars().all(|c| c.is_ascii_lowercase() || c == '-'))
        .map(str::to_owned)
        .collect()
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn every_hint_is_a_command_that_the_program_takes() {
    let overrides = ["train.batch=32".to_owned(), "domain.corpus=/my corpora/it's".to_owned()];
    let programs = ["sparling", "./target/release/sparling", "/my programs/$HOME/sparling"];
    let paths: [&[u8]; 6] = [b"runs/a", b"a b", b"it's \"$HOME\"", b"two\nlines", b"\xff\xe9", b"-dashed"];
    for path in paths {
        let hints = every(Path::new(OsStr::from_bytes(path)), &overrides);
        assert_eq!(
            hints.iter().map(kind).collect::<BTreeSet<_>>(),
            (0..KINDS).collect(),
            "a kind is not tried"
        );
        for (hint, program) in hints.iter().zip(programs.iter().cycle()) {
            let words = hint.words(program.as_ref());
            let line = crate::shell::line(&words);
            assert_eq!(split_by_bash(&line), words, "{line}");
            match hint {
                Hint::TensorBoard { .. } | Hint::Sbatch { .. } => {}
                Hint::Make(_) => {
                    let known = makefile_targets();
                    let targets = words[1..].iter().filter_map(|word| word.to_str());
                    assert!(
                        targets.clone().count() > 0 && targets.clone().all(|t| known.contains(t)),
                        "{line}"
                    );
                }
                _ => parse(&words, &line),
            }
        }
    }
}

/// The commands in a text: what follows `sparling ` at the start of a line or behind a backtick, up to a comment (two
/// spaces, `#`), another command or the closing backtick.
fn proposed(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for line in text.lines() {
        let whole = line.trim_start().trim_start_matches("$ ");
        let quoted = line.split('`').skip(1).step_by(2);
        for command in std::iter::once(whole).chain(quoted) {
            let command = command.trim_start_matches("target/release/").trim_start_matches("./");
            // `sparling = …` is a line of a Cargo.toml.
            if command.starts_with("sparling ") && !command.starts_with("sparling = ") {
                let ends =
                    ["  ", " #", " | ", " >", " && ", " …", ";"].iter().filter_map(|end| command.find(end));
                found.push(command[..ends.min().unwrap_or(command.len())].trim_end().to_owned());
            }
        }
    }
    found
}

/// A command as documentation writes it: `<scale>` and `RUN` stand for something, `runs/…` for a folder.
fn parse_proposed(command: &str, from: &str) {
    // What names a command and does not propose one.
    let named = command.split_whitespace().count() == 2 || command.contains("--help");
    if !named {
        let line: String = command.chars().map(|c| if "<>[]".contains(c) { '_' } else { c }).collect();
        parse(&split_by_bash(&line), &format!("{from}: {command}"));
    }
}

#[test]
fn every_command_in_help_and_documentation_is_one_that_the_program_takes() {
    let mut checked = 0;
    let mut left = vec![Cli::command()];
    while let Some(mut command) = left.pop() {
        left.extend(command.get_subcommands().cloned());
        let help = command.render_long_help().to_string();
        for proposed in proposed(&help) {
            parse_proposed(&proposed, command.get_name());
            checked += 1;
        }
    }
    assert!(checked > 40, "{checked} commands were found in help");
    let mut pages = ["README.md", "CONTRIBUTING.md"].map(|name| root().join(name)).to_vec();
    for folder in ["docs", "docs/log"] {
        let folder = root().join(folder);
        pages.extend(fs::read_dir(folder).expect("a folder").map(|page| page.expect("a page").path()));
    }
    for page in pages.iter().filter(|page| page.extension().is_some_and(|ending| ending == "md")) {
        for proposed in proposed(&fs::read_to_string(page).expect("a page")) {
            parse_proposed(&proposed, &page.display().to_string());
        }
    }
}

/// String literals of a source, without those of attributes (documentation and help) and of tests.
fn literals(tokens: TokenStream, found: &mut Vec<String>) {
    let mut tokens = tokens.into_iter().peekable();
    let mut test = false;
    while let Some(token) = tokens.next() {
        match token {
            TokenTree::Punct(punct) if punct.as_char() == '#' => {
                if let Some(TokenTree::Punct(_)) = tokens.peek() {
                    tokens.next();
                }
                if let Some(TokenTree::Group(attribute)) =
                    tokens.next_if(|t| matches!(t, TokenTree::Group(_)))
                {
                    test |= attribute.stream().to_string().replace(' ', "") == "cfg(test)";
                }
            }
            TokenTree::Group(group) if test => {
                // Arguments of a function come before its body.
                test = group.delimiter() != proc_macro2::Delimiter::Brace;
            }
            TokenTree::Group(group) => literals(group.stream(), found),
            TokenTree::Punct(punct) if punct.as_char() == ';' => test = false,
            TokenTree::Literal(literal) => found.push(literal.to_string()),
            _ => {}
        }
    }
}

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("the sources") {
        let path = entry.expect("a source").path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|ending| ending == "rs") && !path.ends_with("cli/hints.rs") {
            found.push(path);
        }
    }
}

/// What a literal must not hold: a command that was not made by [`Hint`].
fn commands() -> Vec<String> {
    let verbs = Cli::command()
        .get_subcommands()
        .map(|verb| format!("sparling {}", verb.get_name()))
        .collect::<Vec<_>>();
    let targets = makefile_targets().into_iter().map(|target| format!("make {target}"));
    let others = ["tensorboard --", "sbatch {"].map(str::to_owned);
    verbs.into_iter().chain(targets).chain(others).collect()
}

fn holds(literal: &str, command: &str) -> bool {
    let whole = |at: usize| {
        let (before, after) =
            (literal[..at].chars().next_back(), literal[at + command.len()..].chars().next());
        let part = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '-' || c == '_');
        !part(before) && (!part(after) || command.ends_with(['-', '{']))
    };
    literal.match_indices(command).any(|(at, _)| whole(at))
}

#[test]
fn no_message_proposes_a_command_past_the_hints() {
    let (mut files, commands) = (Vec::new(), commands());
    sources(&root().join("src"), &mut files);
    let (mut seen, mut wrong) = (0, Vec::new());
    for file in files {
        let text = fs::read_to_string(&file).expect("a source");
        let mut found = Vec::new();
        literals(text.parse().expect("Rust"), &mut found);
        seen += found.len();
        for literal in found {
            if let Some(command) = commands.iter().find(|command| holds(&literal, command)) {
                wrong.push(format!("{}: {command}: {literal}", file.display()));
            }
        }
    }
    assert!(seen > 1000, "{seen} literals were looked at");
    assert!(wrong.is_empty(), "commands that are not made by `Hint`:\n{}", wrong.join("\n"));
}

#[test]
fn a_command_in_a_literal_is_seen() {
    let found = |source: &str| {
        let mut found = Vec::new();
        literals(source.parse().expect("Rust"), &mut found);
        commands().iter().any(|command| found.iter().any(|literal| holds(literal, command)))
    };
    assert!(found("fn f() { bail!(\"run `sparling list`\", g(\"a\")) }"));
    assert!(found("fn f() -> String { format!(\"do make setup-cuda first\") }"));
    assert!(!found("/// See `sparling list`.\n#[command(after_help = \"sparling list\")] struct A;"));
    assert!(!found("#[cfg(test)] mod tests { fn f() { g(\"sparling list\") } }"));
    assert!(!found("fn f() { bail!(\"make the folder writable; sparling listens\") }"));
}
