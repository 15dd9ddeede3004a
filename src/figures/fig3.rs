//! Figure 3: FPE, FNE and CE of the reported models, a panel a domain.

use std::path::PathBuf;

use anyhow::Result;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, VPos};

use super::axis::Axis;
use super::page::{Area, Paint, Swatch, diamond, legend, save, whisker};
use super::select::{Drawn, Summary, densities, present, provenance, summarise};
use super::style::{FAINT, INK, LABEL, METRICS, SMALL, TITLE, percent, plain, text, ticks};
use super::{Context, FigureSpec};

const PANEL: u32 = 620;
const LEGEND: u32 = 70;

struct Panel {
    title: String,
    /// One a metric, FPE, FNE, CE; `None` where no seed has it.
    bars: Vec<Option<Summary>>,
}

struct MotifErrorBars {
    panels: Vec<Panel>,
}

pub(super) fn draw(spec: &FigureSpec, context: &Context) -> Result<Vec<PathBuf>> {
    let names: Vec<&str> = METRICS[..3].iter().map(|m| m.0).collect();
    let (domains, absent) = present(spec, context, &names)?;
    let mut numbers: Vec<Drawn> = Vec::new();
    let mut panels = Vec::new();
    for domain in &domains {
        let runs = domain.reported(&names);
        let bars: Vec<_> = names.iter().map(|metric| summarise(domain.name, metric, &runs)).collect();
        for (summary, metric) in bars.iter().zip(&names) {
            numbers.extend(summary.iter().flat_map(|s| s.drawn(domain.name, metric, &runs)));
        }
        let density = densities(&runs).map_or(String::new(), |d| format!(", {d}"));
        panels.push(Panel { title: format!("{}{density}", domain.title), bars });
    }
    let reported = domains.iter().flat_map(|d| d.reported(&names));
    let drawn: Vec<_> = reported.map(|m| m.only(|name| names.contains(&name))).collect();
    let origin = provenance(context, drawn.iter(), &absent);
    let caption = format!("{}. {origin}", spec.title);
    save(context, spec.number, &MotifErrorBars { panels }, &caption, &numbers)
}

impl Paint for MotifErrorBars {
    fn height(&self) -> u32 {
        LEGEND + PANEL * self.panels.len() as u32
    }

    fn paint<DB>(&self, area: &Area<DB>) -> Result<()>
    where
        DB: DrawingBackend,
        DB::ErrorType: 'static,
    {
        let entries = [
            (Swatch::Bar(METRICS[0].2), "mean"),
            (Swatch::Dot(INK), "one seed"),
            (Swatch::Whisker(INK), "95 % bootstrap"),
            (Swatch::Published(INK), "paper, mean of 9 seeds"),
        ];
        legend(area, 38, &entries)?;
        let (_, rest) = area.split_vertically(LEGEND);
        for (panel, area) in self.panels.iter().zip(rest.split_evenly((self.panels.len(), 1))) {
            panel.paint(&area)?;
        }
        Ok(())
    }
}

impl Panel {
    fn paint<DB>(&self, area: &Area<DB>) -> Result<()>
    where
        DB: DrawingBackend,
        DB::ErrorType: 'static,
    {
        let highest = self
            .bars
            .iter()
            .flatten()
            .flat_map(|s| s.seeds.iter().map(|v| v.1).chain(s.published))
            .fold(0.002, f64::max);
        let top = 100.0 * highest * 1.12;
        let marks = ticks(top);
        let mut chart = ChartBuilder::on(area)
            .caption(&self.title, text(TITLE, INK, HPos::Left, VPos::Top))
            .margin_left(20)
            .margin_right(30)
            .margin_top(10)
            .y_label_area_size(140)
            .x_label_area_size(115)
            .build_cartesian_2d(0.0..3.0, Axis::new(0.0..top, marks, plain))?;
        chart
            .configure_mesh()
            .disable_x_mesh()
            .disable_x_axis()
            .x_labels(0)
            .bold_line_style(FAINT)
            .axis_style(INK)
            .y_label_style(text(LABEL, INK, HPos::Right, VPos::Center))
            .y_desc("error (percent)")
            .axis_desc_style(text(LABEL, INK, HPos::Center, VPos::Top))
            .draw()?;

        let (left, top_left) = area.get_base_pixel();
        let at = |x: f64, fraction: f64| {
            let (x, y) = chart.backend_coord(&(x, 100.0 * fraction));
            (x - left, y - top_left)
        };
        for (i, (bar, (_, name, color))) in self.bars.iter().zip(METRICS).enumerate() {
            let place = i as f64;
            let (center, base) = at(place + 0.5, 0.0);
            let under = |line: &str, row: i32, size: u32| {
                let style = text(size, INK, HPos::Center, VPos::Top);
                area.draw(&Text::new(line.to_owned(), (center, base + 18 + 44 * row), style))
            };
            let Some(summary) = bar else {
                under(&format!("{name}: none measured"), 0, LABEL)?;
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
            let mut beside = format!("{name} {}", percent(summary.mean));
            if let Some(published) = summary.published {
                diamond(area, at(place + 0.7, published), INK)?;
                beside += " %";
                under(&format!("paper {} %", percent(published)), 1, SMALL)?;
            }
            under(&beside, 0, LABEL)?;
        }
        Ok(())
    }
}
