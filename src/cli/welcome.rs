//! What the program says when no command is given: the five that people start with.

use std::fmt::Write as _;
use std::path::Path;

use crate::hint::{self, Also, EXPERIMENTS, Hint, RESULTS, RUNS};
use crate::shell;

/// A trained model that comes with the repository.
const TRAINED: &str = "results/laptop/models/digit-circle-sparling-seed2";

/// The commands, each of which works as it stands in the project's folder.
pub(super) fn text() -> String {
    let (trained, seed, scale) = (Path::new(TRAINED), 1, "demo");
    let experiment = Path::new(EXPERIMENTS).join("digit-circle/sparling.toml");
    let run = Path::new(RUNS).join(format!("digit-circle/sparling/{scale}/seed-{seed}"));
    let results = Path::new(RESULTS);
    let steps = [
        ("look at a trained model", Hint::Show { run: trained }),
        (
            "train one of your own, in minutes",
            Hint::Train { experiment: &experiment, scale, seed, runs: Path::new(RUNS) },
        ),
        ("measure it", Hint::Evaluate { run: &run, results, also: Also::Nothing }),
        ("let it answer a picture", Hint::Predict { run: trained }),
        ("see what there is", Hint::List),
    ];
    let program = shell::quote(hint::called());
    let mut text = String::from(
        "Sparling trains networks whose middle layer marks what is where in the input, from labels alone.\n\n\
         Five commands to start with:\n",
    );
    for (what, hint) in steps {
        let _ = writeln!(text, "  {what}:\n    {hint}");
    }
    if !experiment.is_file() {
        text += "\nThese paths are of the project's folder; give the commands there.\n";
    }
    let _ =
        write!(text, "\nAll commands: {program} --help. One command with examples: {program} train --help");
    text
}
