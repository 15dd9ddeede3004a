//! Commands that messages propose: each works when it is pasted where the program was called.
//!
//! Every message that proposes a command takes it from [`Hint`]. The tests of the command line parse each of them, and
//! look through the sources for commands that are written otherwise.
//!
//! ```
//! use std::path::Path;
//!
//! use sparling::hint::Hint;
//!
//! let hint = Hint::Show { run: Path::new("runs/my run") };
//! assert_eq!(hint.plain(), "sparling show 'runs/my run' --index 7 -o sample.png");
//! ```

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use crate::shell::{self, operand};

/// Folders that commands use where none is named.
pub const RUNS: &str = "runs";
/// As [`RUNS`], of results.
pub const RESULTS: &str = "results";
/// As [`RUNS`], of experiments.
pub const EXPERIMENTS: &str = "experiments";
/// As [`RUNS`], of corpora.
pub const CORPORA: &str = "data/corpora";

/// The program's name where nothing else is known, and in files that are kept.
const NAME: &str = "sparling";

static CALLED: OnceLock<OsString> = OnceLock::new();

/// Remembers how the program was called: `sparling` where the shell found it, or the path that was typed.
pub fn remember_call(program: OsString) {
    let _ = CALLED.set(program);
}

/// How the program was called; `sparling` in another program that uses this library.
#[must_use]
pub fn called() -> &'static OsStr {
    CALLED.get().map_or(OsStr::new(NAME), OsString::as_os_str)
}

/// A command that a message proposes. As text it is one line that bash, ksh and zsh read.
#[derive(Clone, Debug)]
pub enum Hint<'a> {
    /// What can be run, and what has been.
    List,
    /// A run is trained.
    Train {
        /// Its experiment file.
        experiment: &'a Path,
        /// Its scale.
        scale: &'a str,
        /// Its seed.
        seed: u64,
        /// Folder of runs.
        runs: &'a Path,
    },
    /// A run that was begun is trained on, with the settings that its folder holds.
    GoOn {
        /// Its folder.
        run: &'a Path,
    },
    /// A run is trained on a corpus.
    TrainOn {
        /// Its experiment file.
        experiment: &'a Path,
        /// As `domain.corpus` has it.
        corpus: &'a str,
    },
    /// Runs are trained and measured, so that there are rows.
    Sweep {
        /// Their experiment file.
        experiment: &'a Path,
        /// Their scale.
        scale: &'a str,
        /// Folder of results.
        results: &'a Path,
    },
    /// A run is measured.
    Evaluate {
        /// Its folder.
        run: &'a Path,
        /// Folder of results.
        results: &'a Path,
        /// What is measured besides the errors.
        also: Also,
    },
    /// A sample is drawn.
    Show {
        /// Folder of the run.
        run: &'a Path,
    },
    /// What a figure needs is trained and measured, and the figure is drawn.
    Figure {
        /// As the command line has it: `3`, `fig3`, `table1`; several with spaces between them.
        target: &'a str,
        /// Its scale.
        scale: &'a str,
        /// Folder of results.
        results: &'a Path,
        /// Folder of experiments.
        experiments: &'a Path,
        /// Settings that were asked for.
        overrides: &'a [String],
        /// Whether rows by other settings make room.
        replace: bool,
    },
    /// A figure is drawn from the rows there are.
    Draw {
        /// As the command line has it.
        target: &'a str,
        /// Its scale.
        scale: &'a str,
        /// Folder of results.
        results: &'a Path,
    },
    /// The report is written.
    Report {
        /// Its scale.
        scale: &'a str,
    },
    /// The results are written into a document.
    Splice {
        /// Its scale.
        scale: &'a str,
        /// The document.
        document: &'a Path,
    },
    /// Recordings become a corpus.
    ImportAudio {
        /// Name of the corpus.
        name: &'a str,
        /// Folder of corpora.
        corpora: &'a Path,
    },
    /// A folder of samples of one's own is begun.
    NewData {
        /// The folder.
        folder: &'a Path,
    },
    /// It is checked.
    CheckData {
        /// The folder.
        folder: &'a Path,
    },
    /// A file is answered.
    Predict {
        /// Folder of the run.
        run: &'a Path,
    },
    /// The digits' stamps are drawn from a font.
    MakeStamps {
        /// File of the stamps.
        out: &'a Path,
    },
    /// Logs of runs are looked at.
    TensorBoard {
        /// Folder of runs.
        runs: &'a Path,
    },
    /// A script is handed to Slurm.
    Sbatch {
        /// The script.
        script: &'a Path,
    },
    /// A target of the Makefile, in the project's folder.
    Make(Goal),
}

/// What an evaluation measures besides the errors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Also {
    /// Nothing.
    Nothing,
    /// What comes of swapped motifs.
    Perturbation,
    /// Samples at ten densities.
    ExamplesAlong,
}

/// A target of the Makefile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Goal {
    /// The program.
    Build,
    /// libtorch, and the program with it.
    SetupBuild,
    /// libtorch and TensorBoard.
    Setup,
    /// The CUDA libraries.
    SetupCuda,
    /// Spoken digits.
    AudioCorpus,
}

impl Goal {
    /// Targets as `make` takes them.
    fn targets(self) -> &'static [&'static str] {
        match self {
            Self::Build => &["build"],
            Self::SetupBuild => &["setup", "build"],
            Self::Setup => &["setup"],
            Self::SetupCuda => &["setup-cuda"],
            Self::AudioCorpus => &["audio-corpus"],
        }
    }
}

impl fmt::Display for Hint<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&shell::line(self.words(called())))
    }
}

impl Hint<'_> {
    /// The command with the program's plain name, for files that are kept.
    #[must_use]
    pub fn plain(&self) -> String {
        shell::line(self.words(OsStr::new(NAME)))
    }

    /// The command's words; `program` is this program.
    #[must_use]
    pub fn words(&self, program: &OsStr) -> Vec<OsString> {
        let words = Words::of(program);
        match *self {
            Self::List => words.add(["list"]),
            Self::Train { experiment, scale, seed, runs } => words
                .add(["train".into(), operand(experiment)])
                .add(["--scale", scale, "--seed", &seed.to_string()])
                .folder("--runs", runs, RUNS),
            Self::GoOn { run } => words.add(["train".into(), operand(run)]),
            Self::TrainOn { experiment, corpus } => words
                .add(["train".into(), operand(experiment)])
                .add(["--set", &format!("domain.corpus={corpus}")]),
            Self::Sweep { experiment, scale, results } => words
                .add(["sweep".into(), operand(experiment)])
                .add(["--scale", scale, "--seeds", "1", "--evaluate"])
                .folder("--results", results, RESULTS),
            Self::Evaluate { run, results, also } => {
                let words = words.add(["evaluate".into(), operand(run)]);
                let words = match also {
                    Also::Nothing => words,
                    Also::Perturbation => words.add(["--perturbation"]),
                    Also::ExamplesAlong => words.add(["--examples-along", "10"]),
                };
                words.folder("--results", results, RESULTS)
            }
            Self::Show { run } => {
                words.add(["show".into(), operand(run)]).add(["--index", "7", "-o", "sample.png"])
            }
            Self::Figure { target, scale, results, experiments, overrides, replace } => words
                .add(["figure"])
                .add(target.split_whitespace())
                .add(["--scale", scale])
                .folder("--results", results, RESULTS)
                .folder("--experiments", experiments, EXPERIMENTS)
                .add(overrides.iter().flat_map(|setting| ["--set", setting]))
                .add(replace.then_some("--replace")),
            Self::Draw { target, scale, results } => words
                .add(["figure", target, "--only-draw", "--scale", scale])
                .folder("--results", results, RESULTS),
            Self::Report { scale } => words.add(["report", "--scale", scale]),
            Self::Splice { scale, document } => {
                words.add(["report", "--scale", scale, "--splice"]).add([operand(document)])
            }
            Self::ImportAudio { name, corpora } => words
                .add(["data", "import-audio", "DIR", "--name", name])
                .folder("--corpora", corpora, CORPORA),
            Self::NewData { folder } => words.add(["data".into(), "new".into(), operand(folder)]),
            Self::CheckData { folder } => words.add(["data".into(), "check".into(), operand(folder)]),
            Self::Predict { run } => words.add(["predict".into(), operand(run), "FILE".into()]),
            Self::MakeStamps { out } => {
                words.add(["data".into(), "make-stamps".into(), "-o".into(), operand(out)])
            }
            Self::TensorBoard { runs } => Words::of(tensorboard().unwrap_or_else(|| "tensorboard".into()))
                .add(["--logdir".into(), operand(runs)]),
            Self::Sbatch { script } => Words::of("sbatch").add([operand(script)]),
            Self::Make(goal) => Words::of("make").add(goal.targets()),
        }
        .0
    }
}

/// The words of a command, one after the other.
struct Words(Vec<OsString>);

impl Words {
    fn of(program: impl AsRef<OsStr>) -> Self {
        Self(vec![program.as_ref().to_owned()])
    }

    fn add<S: AsRef<OsStr>>(mut self, words: impl IntoIterator<Item = S>) -> Self {
        self.0.extend(words.into_iter().map(|word| word.as_ref().to_owned()));
        self
    }

    /// An option that names a folder, unless it is the one that is used anyway.
    fn folder(self, option: &str, folder: &Path, usual: &str) -> Self {
        if folder == Path::new(usual) { self } else { self.add([option.into(), operand(folder)]) }
    }
}

/// TensorBoard as a shell here starts it: by its name where that is found, otherwise from the project's own
/// environment. `None` where there is none.
#[must_use]
pub fn tensorboard() -> Option<PathBuf> {
    let name = Path::new("tensorboard");
    let path = std::env::var_os("PATH").unwrap_or_default();
    if std::env::split_paths(&path).any(|folder| is_program(&folder.join(name))) {
        return Some(name.to_owned());
    }
    let own = Path::new(".venv/bin").join(name);
    // Or beside the folder that the program was built in, <project>/target/release.
    let project =
        std::env::current_exe().ok().and_then(|program| Some(program.ancestors().nth(3)?.join(&own)));
    [Some(own), project].into_iter().flatten().find(|program| is_program(program))
}

fn is_program(path: &Path) -> bool {
    path.metadata().is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o111 != 0)
}
