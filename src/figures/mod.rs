//! Drawing: one file a figure of the paper, from result rows and examples to PNG, SVG and PDF.
//!
//! [`draw`] reads what [`crate::results`] keeps and never trains; [`FIGURES`] says
//! which runs a figure needs, so that a caller can train what is missing first. Beside
//! every picture lies the CSV of the numbers drawn in it. Rows by other settings than the
//! experiments have as they stand are left out, and the caption says so ([`Context::of`]).
//!
//! Figures and pictures of samples ([`sample_image`]) are drawn on one canvas, an SVG; pixels and PDF are made of it.
//! A figure is a file with its `SPEC` and a line in [`FIGURES`]; what judges its claim is in [`crate::report`].
//!
//! ```no_run
//! # fn main() -> anyhow::Result<()> {
//! use std::path::Path;
//!
//! use sparling::figures::{Context, draw};
//!
//! // Figure 3, from the rows in results/laptop.
//! let context = Context::load(Path::new("results"), "laptop")?;
//! for file in draw("fig3", &context)? {
//!     println!("{}", file.display());
//! }
//! # Ok(())
//! # }
//! ```

mod bars;
mod blank;
mod canvas;
mod context;
mod cooldown;
mod curves;
mod fig1;
mod fig10;
mod fig11;
mod fig12;
mod fig1b;
mod fig2;
mod fig3;
mod fig4;
mod fig5;
mod fig6;
mod fig7;
mod fig8;
mod fig9;
mod font;
mod frame;
mod grid;
pub(crate) mod inputs;
mod judged;
mod labels;
mod log_scale;
mod marks;
mod origin;
mod page;
pub mod palette;
mod picture;
pub(crate) mod published;
mod render;
pub mod sample_image;
mod scale;
mod select;
mod style;
mod table;
mod table1;
mod table2;
mod target;
mod variants;
mod words;

pub use context::{Context, Missing};
pub(crate) use curves::WIDEST;
pub(crate) use fig12::unpublished as unpublished_ablations;
pub(crate) use picture::written;
pub(crate) use select::{DomainRuns, Measured, along, examples};
pub(crate) use style::{DOMAINS, SHOWN};
pub use table::{FigureSpec, Needs};
pub use target::Target;
pub(crate) use words::{density_percent, percent, scientific};

use std::path::PathBuf;

use anyhow::Result;

/// Every figure and table, in the order of lists and reports.
pub static FIGURES: &[&FigureSpec] = &[
    &fig1::SPEC,
    &fig1b::SPEC,
    &fig2::SPEC,
    &fig3::SPEC,
    &fig4::SPEC,
    &fig5::SPEC,
    &fig6::SPEC,
    &fig7::SPEC,
    &fig8::SPEC,
    &fig9::SPEC,
    &fig10::SPEC,
    &fig11::SPEC,
    &fig12::SPEC,
    &table1::SPEC,
    &table2::SPEC,
];

/// Draws the figure or table of this name (`fig3`, `3`, `table1`) into [`Context::folder`] as `<name>.png`, `.svg`,
/// `.pdf` and `.csv` (the numbers drawn; a table as `.md` too) and returns their paths in this order.
///
/// # Errors
/// When there is no such figure, nothing that it needs was measured ([`Missing`]; the error gives the
/// command that would measure it), an example file is damaged, or a file cannot be written.
pub fn draw(name: &str, context: &Context) -> Result<Vec<PathBuf>> {
    name.parse::<Target>()?.draw(context)
}
