//! A share a domain as bars, with seeds, interval and the paper's number.

use anyhow::Result;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, VPos};

use super::axis::Axis;
use super::page::{Area, Swatch, diamond, legend, whisker};
use super::select::Summary;
use super::style::{DOMAINS, FAINT, INK, LABEL, SMALL, percent, plain, text, ticks};

const LEGEND: u32 = 76;
const PANEL: u32 = 620;

/// One domain's bar.
pub(super) struct Bar {
    /// Name of the domain on paper.
    pub(super) name: &'static str,
    pub(super) summary: Summary,
}

/// Bars of shares on an axis from 0 to 100 percent.
pub(super) struct ShareBars {
    /// What the axis shows.
    pub(super) description: &'static str,
    pub(super) bars: Vec<Bar>,
}

impl ShareBars {
    pub(super) fn height(&self) -> u32 {
        LEGEND + PANEL
    }

    pub(super) fn paint<DB>(&self, area: &Area<DB>) -> Result<()>
    where
        DB: DrawingBackend,
        DB::ErrorType: 'static,
    {
        let entries = [
            (Swatch::Dot(INK), "one seed"),
            (Swatch::Whisker(INK), "95 % bootstrap"),
            (Swatch::Published(INK), "paper, mean of 9 seeds"),
        ];
        legend(area, 38, &entries)?;
        let (_, area) = area.split_vertically(LEGEND);
        let mut chart = ChartBuilder::on(&area)
            .margin_left(20)
            .margin_right(30)
            .margin_top(24)
            .y_label_area_size(140)
            .x_label_area_size(150)
            .build_cartesian_2d(
                0.0..self.bars.len().max(1) as f64,
                Axis::new(0.0..104.0, ticks(100.0), plain),
            )?;
        chart
            .configure_mesh()
            .disable_x_mesh()
            .disable_x_axis()
            .x_labels(0)
            .bold_line_style(FAINT)
            .axis_style(INK)
            .y_label_style(text(LABEL, INK, HPos::Right, VPos::Center))
            .y_desc(self.description)
            .axis_desc_style(text(LABEL, INK, HPos::Center, VPos::Top))
            .draw()?;
        let (left, top) = area.get_base_pixel();
        let at = |x: f64, fraction: f64| {
            let (x, y) = chart.backend_coord(&(x, 100.0 * fraction));
            (x - left, y - top)
        };
        for (i, Bar { name, summary }) in self.bars.iter().enumerate() {
            let middle = i as f64 + 0.5;
            let color = DOMAINS.iter().find(|d| d.1 == *name).map_or(INK, |d| d.2);
            let corners = [at(middle - 0.25, summary.mean), at(middle + 0.25, 0.0)];
            area.draw(&Rectangle::new(corners, color.filled()))?;
            for (n, (_, value)) in summary.seeds.iter().enumerate() {
                // Side by side, so that equal seeds stay apart.
                let x = middle - 0.18 + 0.14 * (n as f64 + 0.5) / summary.seeds.len() as f64;
                area.draw(&Circle::new(at(x, *value), 10, WHITE.filled()))?;
                area.draw(&Circle::new(at(x, *value), 8, INK.filled()))?;
            }
            if let Some(interval) = summary.interval {
                let (x, high) = at(middle, interval.high);
                whisker(&area, x, high, at(middle, interval.low).1, INK)?;
            }
            let mut lines = vec![(*name).to_owned(), format!("{} %", percent(summary.mean))];
            if let Some(published) = summary.published {
                diamond(&area, at(middle + 0.15, published), INK)?;
                lines.push(format!("paper {} %", percent(published)));
            }
            let (center, base) = at(middle, 0.0);
            for (row, line) in lines.into_iter().enumerate() {
                let style = text(SMALL, INK, HPos::Center, VPos::Top);
                area.draw(&Text::new(line, (center, base + 16 + 42 * row as i32), style))?;
            }
        }
        Ok(())
    }
}
