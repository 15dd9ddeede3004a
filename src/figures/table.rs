//! Every figure and table: what it shows, the runs and measurements it needs, and what draws it.

use crate::domain::audio_sequence::NAME as AUDIO_SEQUENCE;
use crate::domain::digit_circle::NAME as DIGIT_CIRCLE;
use crate::domain::latex_ocr::NAME as LATEX_OCR;
use std::path::PathBuf;

use anyhow::{Result, anyhow};

use super::{
    Context, fig1, fig2, fig3, fig4, fig5, fig6, fig7, fig8, fig9, fig10, fig11, fig12, table1, table2,
};
use crate::hint::Hint;
use crate::results::{ERRORS, PERTURBATION, QUANTISATION, SUPERVISION};

/// A figure or table of the paper and the runs it is drawn from.
#[derive(Clone, Copy, Debug)]
pub struct FigureSpec {
    /// Number, as in `figN.png`.
    pub number: u32,
    /// What it shows.
    pub title: &'static str,
    /// The runs it can show, as (domain, variant). One domain is enough: those that are
    /// not measured yet are left out and named in the caption.
    pub runs_needed: &'static [(&'static str, &'static str)],
    /// Runs that it shows too where they were measured.
    pub also_shown: &'static [(&'static str, &'static str)],
    /// What has to be measured of each.
    pub needs: Needs,
    /// What draws it.
    pub(super) draw: fn(&FigureSpec, &Context) -> Result<Vec<PathBuf>>,
}

/// What a figure needs to be measured of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Needs {
    /// Errors and densities at the reported δ.
    Errors,
    /// The same, and samples to show.
    Examples,
    /// The same at every δ of the last annealing steps.
    ErrorsOnPath,
    /// Motifs swapped at the reported δ.
    Perturbation,
    /// Motif values quantised at every δ of the last annealing steps.
    QuantisationOnPath,
    /// The comparison with direct supervision.
    Supervision,
}

impl Needs {
    /// The family of rows.
    #[must_use]
    pub fn family(self) -> &'static str {
        match self {
            Self::Errors | Self::Examples | Self::ErrorsOnPath => ERRORS,
            Self::Perturbation => PERTURBATION,
            Self::QuantisationOnPath => QUANTISATION,
            Self::Supervision => SUPERVISION,
        }
    }

    /// Densities that are shown: the reported one, or the paper's ten annealing steps and the last.
    #[must_use]
    pub fn densities(self) -> usize {
        match self {
            Self::Errors | Self::Examples | Self::Perturbation | Self::Supervision => 1,
            Self::ErrorsOnPath | Self::QuantisationOnPath => 11,
        }
    }
}

pub(super) const SPARLING_EVERYWHERE: &[(&str, &str)] =
    &[(DIGIT_CIRCLE, "sparling"), (LATEX_OCR, "sparling"), (AUDIO_SEQUENCE, "sparling")];

/// A figure about Sparling on every domain.
const fn everywhere(
    number: u32,
    title: &'static str,
    needs: Needs,
    draw: fn(&FigureSpec, &Context) -> Result<Vec<PathBuf>>,
) -> FigureSpec {
    FigureSpec { number, title, runs_needed: SPARLING_EVERYWHERE, also_shown: &[], needs, draw }
}

/// Every figure that can be drawn, by number.
pub const FIGURES: &[FigureSpec] = &[
    FigureSpec {
        runs_needed: &[(DIGIT_CIRCLE, "sparling")],
        ..everywhere(1, "A DigitCircle input, its true motifs and its output", Needs::Examples, fig1::draw)
    },
    everywhere(2, "Predicted motifs and outputs on test samples", Needs::Examples, fig2::draw),
    everywhere(3, "Motif errors", Needs::Errors, fig3::draw),
    everywhere(4, "Errors against density", Needs::ErrorsOnPath, fig4::draw),
    fig5::SPEC,
    everywhere(
        6,
        "Perturbation: a motif swapped, and whether the answer follows",
        Needs::Perturbation,
        fig6::draw,
    ),
    everywhere(7, "Confusion of motifs and truth", Needs::Errors, fig7::draw),
    fig8::SPEC,
    everywhere(9, "End-to-end error against motif errors, seed by seed", Needs::Errors, fig9::draw),
    everywhere(
        10,
        "Change of E2EE when motif values are quantised, against density",
        Needs::QuantisationOnPath,
        fig10::draw,
    ),
    fig11::SPEC,
    fig12::SPEC,
];

/// Every table that can be drawn, by number.
pub const TABLES: &[FigureSpec] = &[table1::SPEC, table2::SPEC];

/// The figure of this number.
///
/// # Errors
/// When there is no such figure; the error lists those there are.
pub fn requirements(number: u32) -> Result<&'static FigureSpec> {
    FIGURES.iter().find(|f| f.number == number).ok_or_else(|| {
        let known: Vec<_> = FIGURES.iter().map(|f| f.number.to_string()).collect();
        anyhow!(
            "figure: found {number}, expected one of {}; `{}` says what each shows",
            known.join(", "),
            Hint::List
        )
    })
}
