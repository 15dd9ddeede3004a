//! A panel of bars: means, seeds as dots, a bootstrap interval, the paper's number.

use anyhow::Result;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, VPos};

use super::axis::Axis;
use super::page::{Area, Swatch, diamond, whisker};
use super::select::Summary;
use super::style::{FAINT, INK, LABEL, SMALL, TITLE, percent, plain, text, ticks};

/// Height of a panel in pixels.
pub(super) const PANEL: u32 = 640;

/// What the legend says of the marks on every bar.
pub(super) const MARKS: [(Swatch, &str); 3] = [
    (Swatch::Dot(INK), "one seed"),
    (Swatch::Whisker(INK), "95 % bootstrap"),
    (Swatch::Published(INK), "paper, mean of 9 seeds"),
];

/// One bar.
pub(super) struct Bar {
    pub(super) name: &'static str,
    pub(super) color: RGBColor,
    /// `None` where no seed has the number.
    pub(super) summary: Option<Summary>,
}

/// Bars side by side, in percent from 0.
pub(super) struct BarPanel {
    /// Stands above; an empty one takes no room.
    pub(super) title: String,
    /// What the axis shows.
    pub(super) axis: &'static str,
    /// Whether the axis goes to 100 percent, or as far as the bars.
    pub(super) whole: bool,
    pub(super) bars: Vec<Bar>,
}

impl BarPanel {
    /// Draws the panel.
    pub(super) fn paint<DB>(&self, area: &Area<DB>) -> Result<()>
    where
        DB: DrawingBackend,
        DB::ErrorType: 'static,
    {
        let highest = self
            .bars
            .iter()
            .filter_map(|bar| bar.summary.as_ref())
            .flat_map(|s| s.seeds.iter().map(|v| v.1).chain(s.published))
            .fold(0.002, f64::max);
        let (top, marks) = match self.whole {
            true => (104.0, ticks(100.0)),
            false => (112.0 * highest, ticks(112.0 * highest)),
        };
        let mut builder = ChartBuilder::on(area);
        if !self.title.is_empty() {
            builder.caption(&self.title, text(TITLE, INK, HPos::Left, VPos::Top));
        }
        let mut chart = builder
            .margin_left(20)
            .margin_right(30)
            .margin_top(10)
            .y_label_area_size(140)
            .x_label_area_size(150)
            .build_cartesian_2d(0.0..self.bars.len() as f64, Axis::new(0.0..top, marks, plain))?;
        chart
            .configure_mesh()
            .disable_x_mesh()
            .disable_x_axis()
            .x_labels(0)
            .bold_line_style(FAINT)
            .axis_style(INK)
            .y_label_style(text(LABEL, INK, HPos::Right, VPos::Center))
            .y_desc(self.axis)
            .axis_desc_style(text(LABEL, INK, HPos::Center, VPos::Top))
            .draw()?;

        let (left, top_left) = area.get_base_pixel();
        let at = |x: f64, fraction: f64| {
            let (x, y) = chart.backend_coord(&(x, 100.0 * fraction));
            (x - left, y - top_left)
        };
        for (i, Bar { name, color, summary }) in self.bars.iter().enumerate() {
            let place = i as f64;
            let (center, base) = at(place + 0.5, 0.0);
            let under = |line: &str, row: i32, size: u32| {
                let style = text(size, INK, HPos::Center, VPos::Top);
                area.draw(&Text::new(line.to_owned(), (center, base + 16 + 42 * row), style))
            };
            under(name, 0, LABEL)?;
            let Some(summary) = summary else {
                under("none measured", 1, SMALL)?;
                continue;
            };
            area.draw(&Rectangle::new(
                [at(place + 0.2, summary.mean), at(place + 0.8, 0.0)],
                color.filled(),
            ))?;
            let seeds = summary.seeds.len();
            for (n, (_, value)) in summary.seeds.iter().enumerate() {
                // Side by side, so that equal seeds stay apart.
                let x = place + 0.28 + 0.16 * (n as f64 + 0.5) / seeds as f64;
                area.draw(&Circle::new(at(x, *value), 10, WHITE.filled()))?;
                area.draw(&Circle::new(at(x, *value), 8, INK.filled()))?;
            }
            if let Some(interval) = summary.interval {
                let (x, high) = at(place + 0.5, interval.high);
                whisker(area, x, high, at(place + 0.5, interval.low).1, INK)?;
            }
            under(&format!("{} %", percent(summary.mean)), 1, SMALL)?;
            if let Some(published) = summary.published {
                diamond(area, at(place + 0.7, published), INK)?;
                under(&format!("paper {} %", percent(published)), 2, SMALL)?;
            }
        }
        Ok(())
    }
}
