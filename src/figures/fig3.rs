//! Figure 3: FPE, FNE and CE of the reported models, a panel a domain.

use std::path::PathBuf;

use anyhow::Result;
use plotters::prelude::*;

use super::bar_panel::{Bar, BarPanel, MARKS, PANEL};
use super::page::{Area, Paint, Swatch, legend, save};
use super::select::{Drawn, densities, present, provenance, summarise};
use super::style::METRICS;
use super::{Context, FigureSpec};

const LEGEND: u32 = 70;

struct MotifErrorBars {
    panels: Vec<BarPanel>,
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
        let bars = bars.into_iter().zip(METRICS);
        panels.push(BarPanel {
            title: format!("{}{density}", domain.title),
            axis: "error (percent)",
            whole: false,
            bars: bars.map(|(summary, (_, name, color))| Bar { name, color, summary }).collect(),
        });
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
        let mean = [(Swatch::Bar(METRICS[0].2), "mean")];
        legend(area, 38, &mean.into_iter().chain(MARKS).collect::<Vec<_>>())?;
        let (_, rest) = area.split_vertically(LEGEND);
        for (panel, area) in self.panels.iter().zip(rest.split_evenly((self.panels.len(), 1))) {
            panel.paint(&area)?;
        }
        Ok(())
    }
}
