//! The page in place of a figure whose rows are all left out: an older picture would be of other settings.

use std::path::PathBuf;

use anyhow::Result;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, VPos};

use super::page::{Area, Paint, save_as};
use super::sheet::save_table;
use super::style::{INK, TITLE, text};
use super::{Context, FigureSpec, Target};

struct Blank;

/// Writes the page under the name of the figure or table, with an empty CSV (and a table's Markdown).
pub(super) fn draw(target: Target, spec: &FigureSpec, context: &Context) -> Result<Vec<PathBuf>> {
    let caption = format!(
        "{}. Scale {}: nothing was measured with the settings that the experiments have now.",
        spec.title, context.scale
    );
    let (name, none) = (target.to_string(), &[] as &[()]);
    match target {
        Target::Figure(_) => save_as(context, &name, &Blank, &caption, none),
        Target::Table(_) => {
            let markdown = format!("# {}\n\n{caption}\n", spec.title);
            save_table(context, &name, &Blank, &caption, none, &markdown)
        }
    }
}

impl Paint for Blank {
    fn height(&self) -> u32 {
        120
    }

    fn paint<DB>(&self, area: &Area<DB>) -> Result<()>
    where
        DB: DrawingBackend,
        DB::ErrorType: 'static,
    {
        let style = text(TITLE, INK, HPos::Left, VPos::Center);
        area.draw(&Text::new("not measured", (24, 60), style))?;
        Ok(())
    }
}
