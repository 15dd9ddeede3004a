//! What is known of every figure and table: what it shows, claims and needs, what draws and what judges it.

use std::path::PathBuf;

use anyhow::Result;

use super::Context;
use crate::domain::audio_sequence::NAME as AUDIO_SEQUENCE;
use crate::domain::digit_circle::NAME as DIGIT_CIRCLE;
use crate::domain::latex_ocr::NAME as LATEX_OCR;
use crate::domain::splicing::NAME as SPLICING;
use crate::report::Section;
use crate::results::{ERRORS, PERTURBATION, QUANTISATION, SUPERVISION};

/// A figure or table of the paper. Command line, `list`, `make` and report know of it from here.
#[derive(Clone, Copy, Debug)]
pub struct FigureSpec {
    /// As in `fig3.png`: `fig` or `table` and a number.
    pub name: &'static str,
    /// What it shows.
    pub title: &'static str,
    /// What the paper claims by it.
    pub claim: &'static str,
    /// The runs it can show, as (domain, variant). One domain is enough: those that are
    /// not measured yet are left out and named in the caption.
    pub runs_needed: &'static [(&'static str, &'static str)],
    /// Runs that it shows too where they were measured.
    pub also_shown: &'static [(&'static str, &'static str)],
    /// What has to be measured of each.
    pub needs: Needs,
    /// What draws it.
    pub(super) draw: fn(&Self, &Context) -> Result<Vec<PathBuf>>,
    /// What says whether the claim held.
    pub(crate) judge: for<'a> fn(&'a Context) -> Section<'a>,
    /// When the criterion was first fixed, and what was known then.
    pub(crate) fixed: &'static str,
    /// What has changed in the criterion since.
    pub(crate) changes: &'static [&'static str],
}

impl FigureSpec {
    /// The variant of a domain that it shows, and whether it is needed; `None` for a domain that it does not show.
    pub(super) fn variant_of(&self, domain: &str) -> Option<(&'static str, bool)> {
        let of = |runs: &'static [(&'static str, &'static str)], needed| {
            runs.iter().find(|(own, _)| *own == domain).map(|(_, variant)| (*variant, needed))
        };
        of(self.runs_needed, true).or_else(|| of(self.also_shown, false))
    }

    /// As the command line takes it in short: `3`, `table1`.
    #[must_use]
    pub fn asked(&self) -> &'static str {
        self.name.strip_prefix("fig").unwrap_or(self.name)
    }

    /// As messages call it: `figure 3`, `table 1`.
    #[must_use]
    pub fn called(&self) -> String {
        match self.name.strip_prefix("table") {
            Some(number) => format!("table {number}"),
            None => format!("figure {}", self.asked()),
        }
    }
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

/// The runs of figures about Sparling on every domain.
pub(super) const SPARLING_EVERYWHERE: &[(&str, &str)] =
    &[(DIGIT_CIRCLE, "sparling"), (LATEX_OCR, "sparling"), (AUDIO_SEQUENCE, "sparling")];

/// Runs on the domain of figure 1b, of which the paper has no numbers: shown beside the others where they were measured.
pub(super) const SPARLING_ON_SPLICING: &[(&str, &str)] = &[(SPLICING, "sparling")];
