//! Drawing: one file a figure of the paper, from result rows and examples to PNG and SVG.
//!
//! [`draw`] reads what [`crate::results`] keeps and never trains; [`requirements`] says
//! which runs a figure needs, so that a caller can train what is missing first. Beside
//! every picture lies the CSV of the numbers drawn in it.

mod axis;
mod bar_panel;
mod fig1;
mod fig10;
mod fig11;
mod fig12;
mod fig2;
mod fig3;
mod fig4;
mod fig5;
mod fig6;
mod fig7;
mod fig8;
mod fig9;
mod labels;
mod log_scale;
mod marker;
mod page;
pub mod palette;
mod picture;
pub(crate) mod published;
pub mod sample_image;
mod select;
mod sheet;
mod style;
mod table1;
mod table2;
mod target;
mod variants;

pub(crate) use fig4::WIDEST;
pub(crate) use fig12::unpublished as unpublished_ablations;
pub(crate) use select::{DomainRuns, Measured};
pub(crate) use style::{DOMAINS, percent};
pub use target::{TABLES, Target};
pub(crate) use variants::density_percent;

use std::path::{Path, PathBuf};

use anyhow::{Result, anyhow};

use crate::results::{self, Row};

/// A figure of the paper and the runs it is drawn from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FigureSpec {
    /// Number, as in `figN.png`.
    pub number: u32,
    /// What it shows.
    pub title: &'static str,
    /// The runs it can show, as (domain, variant). One domain is enough: those that are
    /// not measured yet are left out and named in the caption.
    pub runs_needed: &'static [(&'static str, &'static str)],
}

const SPARLING_EVERYWHERE: &[(&str, &str)] =
    &[("digit-circle", "sparling"), ("latex-ocr", "sparling"), ("audio-sequence", "sparling")];

/// Every figure that can be drawn, by number.
pub const FIGURES: &[FigureSpec] = &[
    FigureSpec {
        number: 1,
        title: "A DigitCircle input, its true motifs and its output",
        runs_needed: &[("digit-circle", "sparling")],
    },
    FigureSpec {
        number: 2,
        title: "Predicted motifs and outputs on test samples",
        runs_needed: SPARLING_EVERYWHERE,
    },
    FigureSpec { number: 3, title: "Motif errors", runs_needed: SPARLING_EVERYWHERE },
    FigureSpec { number: 4, title: "Errors against density", runs_needed: SPARLING_EVERYWHERE },
    fig5::SPEC,
    FigureSpec {
        number: 6,
        title: "Perturbation: a motif swapped, and whether the answer follows",
        runs_needed: SPARLING_EVERYWHERE,
    },
    FigureSpec { number: 7, title: "Confusion of motifs and truth", runs_needed: SPARLING_EVERYWHERE },
    fig8::SPEC,
    FigureSpec {
        number: 9,
        title: "End-to-end error against motif errors, seed by seed",
        runs_needed: SPARLING_EVERYWHERE,
    },
    FigureSpec {
        number: 10,
        title: "Change of E2EE when motif values are quantised, against density",
        runs_needed: SPARLING_EVERYWHERE,
    },
    fig11::SPEC,
    fig12::SPEC,
];

/// The figure of this number.
///
/// # Errors
/// When there is no such figure; the error lists those there are.
pub fn requirements(number: u32) -> Result<&'static FigureSpec> {
    FIGURES.iter().find(|f| f.number == number).ok_or_else(|| {
        let known: Vec<_> = FIGURES.iter().map(|f| f.number.to_string()).collect();
        anyhow!(
            "figure: found {number}, expected one of {}; `sparling list` says what each shows",
            known.join(", ")
        )
    })
}

/// What a figure is drawn from: the rows and examples of one scale.
#[derive(Clone, Debug)]
pub struct Context {
    /// Folder of all results; those of the scale are in `<results>/<scale>/`.
    pub results: PathBuf,
    /// Name of the scale.
    pub scale: String,
    /// Rows of the scale.
    pub rows: Vec<Row>,
}

impl Context {
    /// Reads the rows of `<results>/<scale>/rows.csv`; none if it is not there yet.
    ///
    /// # Errors
    /// When the file is damaged, see [`results::read`].
    pub fn load(results: &Path, scale: &str) -> Result<Self> {
        Ok(Self {
            results: results.to_owned(),
            scale: scale.to_owned(),
            rows: results::read(&results::rows_path(results, scale))?,
        })
    }

    /// Folder that the figures are written to.
    #[must_use]
    pub fn folder(&self) -> PathBuf {
        self.results.join(&self.scale)
    }

    /// The error for a figure that nothing can be drawn of: which runs, which commands.
    fn missing(&self, spec: &FigureSpec, what: &str) -> anyhow::Error {
        self.missing_for(&format!("figure {}", spec.number), spec, what)
    }

    /// As [`missing`](Self::missing), for what is not called a figure.
    fn missing_for(&self, name: &str, spec: &FigureSpec, what: &str) -> anyhow::Error {
        let commands: Vec<_> = spec
            .runs_needed
            .iter()
            .map(|(domain, variant)| {
                format!(
                    "\n  sparling train experiments/{domain}/{variant}.toml --scale {} --seed 1",
                    self.scale
                )
            })
            .collect();
        anyhow!(
            "{name}: found no {what} in {}, expected those of at least one of these runs; \
             train it (training ends with an evaluation):{}",
            self.folder().display(),
            commands.concat()
        )
    }
}

/// `error` with what else is to be done for a figure of what an evaluation measures only when asked.
fn then_evaluate(error: &anyhow::Error, options: &str) -> anyhow::Error {
    anyhow!("{error}\n  then: sparling evaluate RUN {options}")
}

/// Draws figure `number` into [`Context::folder`] as `figN.png`, `figN.svg` and `figN.csv`
/// (the numbers drawn) and returns their paths in this order.
///
/// # Errors
/// When there is no such figure, nothing that it needs was measured (the error gives the
/// commands that would measure it), an example file is damaged, or a file cannot be written.
pub fn draw(number: u32, context: &Context) -> Result<Vec<PathBuf>> {
    let spec = requirements(number)?;
    match number {
        1 => fig1::draw(spec, context),
        2 => fig2::draw(spec, context),
        3 => fig3::draw(spec, context),
        4 => fig4::draw(spec, context),
        5 => fig5::draw(spec, context),
        6 => fig6::draw(spec, context),
        7 => fig7::draw(spec, context),
        8 => fig8::draw(spec, context),
        10 => fig10::draw(spec, context),
        11 => fig11::draw(spec, context),
        12 => fig12::draw(spec, context),
        _ => fig9::draw(spec, context),
    }
}
