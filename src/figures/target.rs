//! What can be drawn, as it is named on the command line.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use anyhow::{Result, bail};

use super::{Context, FIGURES, FigureSpec, Missing, blank};

/// A figure or a table of the paper: `fig3`, `table1`; on the command line also `3`.
#[derive(Clone, Copy, Debug)]
pub struct Target(&'static FigureSpec);

impl Target {
    /// Every figure and table, in the order of lists and reports.
    pub fn all() -> impl Iterator<Item = Self> {
        FIGURES.iter().map(|spec| Self(spec))
    }

    /// Its title and the runs it is drawn from.
    #[must_use]
    pub fn spec(self) -> &'static FigureSpec {
        self.0
    }

    /// Draws it into [`Context::folder`] as PNG, SVG, PDF and CSV (a table as Markdown too) and
    /// returns the paths. Where all rows are left out, the page says so and has no numbers.
    ///
    /// # Errors
    /// As [`draw`](super::draw).
    pub fn draw(self, context: &Context) -> Result<Vec<PathBuf>> {
        match (self.0.draw)(self.0, context) {
            Err(error) if error.is::<Missing>() && !context.left_out_of(self.0).0.is_empty() => {
                blank::draw(self.0, context)
            }
            drawn => drawn,
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.name)
    }
}

impl FromStr for Target {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> Result<Self> {
        let wanted = |spec: &&&FigureSpec| spec.name == text || spec.asked() == text;
        if let Some(spec) = FIGURES.iter().find(wanted) {
            return Ok(Self(spec));
        }
        let names = FIGURES.iter().map(|spec| spec.asked()).collect::<Vec<_>>().join(", ");
        bail!("found `{text}`, expected a figure or a table ({names})")
    }
}
