//! What can be drawn, as it is named on the command line: figures by number, tables as `tableN`.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use anyhow::{Result, anyhow, bail};

use super::{Context, FIGURES, FigureSpec, Missing, TABLES, blank, requirements};

/// A figure or a table of the paper.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// `figN`; on the command line also `N`.
    Figure(u32),
    /// `tableN`.
    Table(u32),
}

impl Target {
    /// Its title and the runs it is drawn from.
    ///
    /// # Errors
    /// When there is no such figure or table; the error lists those there are.
    pub fn spec(self) -> Result<&'static FigureSpec> {
        match self {
            Self::Figure(number) => requirements(number),
            Self::Table(number) => TABLES.iter().find(|t| t.number == number).ok_or_else(|| {
                anyhow!("table: found {self}, expected {}", list(TABLES, |n| Self::Table(n).to_string()))
            }),
        }
    }

    /// Draws it into [`Context::folder`] as PNG, SVG and CSV (a table as Markdown too) and
    /// returns the paths. Where all rows are left out, the page says so and has no numbers.
    ///
    /// # Errors
    /// As [`draw`](super::draw).
    pub fn draw(self, context: &Context) -> Result<Vec<PathBuf>> {
        let spec = self.spec()?;
        match (spec.draw)(spec, context) {
            Err(error) if error.is::<Missing>() && !context.left_out_of(spec).is_empty() => {
                blank::draw(self, spec, context)
            }
            drawn => drawn,
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Figure(number) => write!(f, "fig{number}"),
            Self::Table(number) => write!(f, "table{number}"),
        }
    }
}

impl FromStr for Target {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> Result<Self> {
        let number = |digits: &str| digits.parse::<u32>().ok();
        let target = match text.strip_prefix("table") {
            Some(digits) => number(digits).map(Self::Table),
            None => number(text.strip_prefix("fig").unwrap_or(text)).map(Self::Figure),
        };
        let Some(target) = target else {
            bail!(
                "found `{text}`, expected a figure ({}) or a table ({})",
                list(FIGURES, |n| n.to_string()),
                list(TABLES, |n| Self::Table(n).to_string())
            );
        };
        target.spec()?;
        Ok(target)
    }
}

fn list(specs: &[FigureSpec], name: impl Fn(u32) -> String) -> String {
    specs.iter().map(|spec| name(spec.number)).collect::<Vec<_>>().join(", ")
}
