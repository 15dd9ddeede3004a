//! Drawing: one file a figure of the paper, from result rows and examples to PNG and SVG.
//!
//! [`draw`] reads what [`crate::results`] keeps and never trains; [`requirements`] says
//! which runs a figure needs, so that a caller can train what is missing first. Beside
//! every picture lies the CSV of the numbers drawn in it. Rows by other settings than the
//! experiments have as they stand are left out, and the caption says so ([`Context::of`]).

mod axis;
mod bar_panel;
mod blank;
mod context;
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
mod table;
mod table1;
mod table2;
mod target;
mod variants;

pub use context::{Context, Missing};
pub(crate) use fig4::WIDEST;
pub(crate) use fig12::unpublished as unpublished_ablations;
pub(crate) use picture::written;
pub(crate) use select::{DomainRuns, Measured, along, examples};
pub(crate) use style::{DOMAINS, percent};
pub use table::{FIGURES, FigureSpec, Needs, TABLES, requirements};
pub use target::Target;
pub(crate) use variants::density_percent;

use std::path::PathBuf;

use anyhow::Result;

/// Draws figure `number` into [`Context::folder`] as `figN.png`, `figN.svg` and `figN.csv`
/// (the numbers drawn) and returns their paths in this order.
///
/// # Errors
/// When there is no such figure, nothing that it needs was measured ([`Missing`]; the error gives the
/// command that would measure it), an example file is damaged, or a file cannot be written.
pub fn draw(number: u32, context: &Context) -> Result<Vec<PathBuf>> {
    Target::Figure(number).draw(context)
}
