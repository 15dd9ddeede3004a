//! What figures and the report are made from: the rows of one scale that count.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use anyhow::Result;

use super::FigureSpec;
use crate::hint::{EXPERIMENTS, Hint};
use crate::results::{Along, Examples, Experiments, LeftOut, Row, Selected};

/// What a figure is drawn from: the rows and examples of one scale.
#[derive(Clone, Debug)]
pub struct Context {
    /// Folder of all results; those of the scale are in `<results>/<scale>/`.
    pub results: PathBuf,
    /// Name of the scale.
    pub scale: String,
    /// Rows of the scale that count.
    pub rows: Vec<Row>,
    /// Rows that do not, and why.
    pub left_out: Vec<LeftOut>,
    /// The experiments that rows and examples have to be by the settings of, if they have to.
    experiments: Option<Experiments>,
}

/// Nothing that a figure needs was measured. The text says which runs would do, and the command that measures one.
#[derive(Debug, thiserror::Error)]
#[error("{what} This trains and measures what is missing:\n  {step}")]
pub struct Missing {
    what: String,
    step: String,
}

impl Missing {
    /// What is missing and which runs would do, without the command.
    #[must_use]
    pub fn what(&self) -> &str {
        &self.what
    }
}

impl Context {
    /// Reads the rows of `<results>/<scale>/`, whatever experiment they are of; none if there are none yet. Runs
    /// with rows of several configurations are left out.
    ///
    /// # Errors
    /// When a file is damaged, see [`crate::results::read`].
    pub fn load(results: &Path, scale: &str) -> Result<Self> {
        Self::new(results, scale, None)
    }

    /// Reads the rows of `<results>/<scale>/` that are by the settings of the experiments as they stand.
    ///
    /// # Errors
    /// When a file is damaged, see [`crate::results::read`].
    pub fn of(results: &Path, experiments: &Experiments) -> Result<Self> {
        Self::new(results, &experiments.scale, Some(experiments))
    }

    fn new(results: &Path, scale: &str, experiments: Option<&Experiments>) -> Result<Self> {
        let Selected { rows, left_out } = Selected::load(results, scale, experiments)?;
        let experiments = experiments.cloned();
        Ok(Self { results: results.to_owned(), scale: scale.to_owned(), rows, left_out, experiments })
    }

    /// Folder that the figures are written to.
    #[must_use]
    pub fn folder(&self) -> PathBuf {
        self.results.join(&self.scale)
    }

    /// Whether examples are of a run whose rows count.
    #[must_use]
    pub fn shows(&self, examples: &Examples) -> bool {
        self.counts(&examples.domain, &examples.variant, examples.seed, &examples.config_hash)
    }

    /// Whether samples at several densities are of a run whose rows count.
    #[must_use]
    pub fn shows_along(&self, along: &Along) -> bool {
        self.counts(&along.domain, &along.variant, along.seed, &along.config_hash)
    }

    fn counts(&self, domain: &str, variant: &str, seed: u64, config_hash: &str) -> bool {
        let own = |row: &Row| {
            (row.domain.as_str(), row.variant.as_str(), row.seed) == (domain, variant, seed)
                && row.config_hash == config_hash
        };
        self.experiments.is_none() || self.rows.iter().any(own)
    }

    /// Which runs of a figure are left out: a sentence for its caption, and one for its CSV with their names and the
    /// reasons. Both empty if none is.
    pub(super) fn left_out_of(&self, spec: &FigureSpec) -> (String, String) {
        let mut runs: BTreeMap<&str, BTreeMap<(&str, &str), BTreeSet<u64>>> = BTreeMap::new();
        let mut all = BTreeSet::new();
        for left in &self.left_out {
            let run = (left.run.domain.as_str(), left.run.variant.as_str());
            if spec.runs_needed.iter().chain(spec.also_shown).any(|shown| *shown == run) {
                runs.entry(left.why.brief()).or_default().entry(run).or_default().insert(left.run.seed);
                all.insert((run, left.run.seed));
            }
        }
        let brief = match all.len() {
            0 => String::new(),
            1 => format!(" One run is left out: see {}.csv.", spec.name),
            count => format!(" {count} runs are left out: see {}.csv.", spec.name),
        };
        let sentences = runs.into_iter().map(|(why, runs)| {
            let names = runs.into_iter().map(|((domain, variant), seeds)| {
                let word = if seeds.len() == 1 { "seed" } else { "seeds" };
                let seeds = seeds.iter().map(u64::to_string).collect::<Vec<_>>().join(", ");
                format!("{domain}/{variant} {word} {seeds}")
            });
            format!(" Left out, {why}: {}.", names.collect::<Vec<_>>().join("; "))
        });
        (brief, sentences.collect())
    }

    /// The command that trains and measures what `target` needs.
    #[must_use]
    pub fn how_to_measure<'a>(&'a self, target: &'a str) -> Hint<'a> {
        let asked = self.experiments.as_ref();
        Hint::Figure {
            target,
            scale: &self.scale,
            results: &self.results,
            experiments: asked.map_or(Path::new(EXPERIMENTS), |asked| &asked.folder),
            overrides: asked.map_or(&[], |asked| &asked.overrides),
            replace: false,
        }
    }

    /// The error for a figure that nothing can be drawn of: which runs would do, which command measures them.
    pub(super) fn missing(&self, spec: &FigureSpec, what: &str) -> anyhow::Error {
        let runs: Vec<_> =
            spec.runs_needed.iter().map(|(domain, variant)| format!("{domain}/{variant}")).collect();
        let what = format!(
            "{}: found no {what} in {}, expected those of at least one of {}.{}",
            spec.called(),
            self.folder().display(),
            runs.join(", "),
            self.left_out_of(spec).1,
        );
        Missing { what, step: self.how_to_measure(spec.asked()).to_string() }.into()
    }
}
