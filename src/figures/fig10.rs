//! Figure 10: how E2EE changes when motif values are quantised, against δ, a panel a domain.

use std::path::PathBuf;

use anyhow::Result;

use crate::eval::BINS;
use crate::report;
use crate::results::{UNQUANTISED, quantised_metric};

use super::canvas::{Canvas, Color, Pen, Rect};
use super::curves::{Curves, range};
use super::frame::{Frame, Room, Sides, panels};
use super::marks::{MINIMUM, Shape, Swatch, legend, marker};
use super::origin::provenance;
use super::page::{Page, Words, save};
use super::scale::{Scale, ticks};
use super::select::{DomainRuns, Drawn, Measured, present, title_of};
use super::style::{INK, PAGE, THIN};
use super::table::SPARLING_EVERYWHERE;
use super::words::{plain, scientific};
use super::{Context, FigureSpec, Needs, published};

pub(super) const SPEC: FigureSpec = FigureSpec {
    name: "fig10",
    title: "Change of E2EE when motif values are quantised, against density",
    claim: "Little is told by how strongly a motif is marked: quantising the values of a channel to 2, 4, 8 or 16 bins changes the end-to-end error by under about 2 points.",
    runs_needed: SPARLING_EVERYWHERE,
    also_shown: &[],
    needs: Needs::QuantisationOnPath,
    draw,
    judge: report::fig10,
    fixed: report::FIRST,
    changes: &[report::BASELINE],
};

/// Shades of E2EE's colour, one a number of bins, fewest and darkest first.
const COLORS: [Color; 4] = [[95, 35, 0], [190, 75, 0], [235, 140, 60], [250, 195, 140]];
/// The paper's band: light enough to lie under everything.
const BAND: Color = [230, 230, 230];

struct Panel {
    title: String,
    name: &'static str,
    min_density: Option<f64>,
    /// E2EE's change, one a number of bins.
    curves: Vec<Curves>,
}

/// Whether a metric is drawn here.
fn is_own(metric: &str) -> bool {
    metric == UNQUANTISED || metric.starts_with("e2ee_quantised/")
}

fn draw(spec: &FigureSpec, context: &Context) -> Result<Vec<PathBuf>> {
    let (domains, absent) = present(spec, context, &["e2ee_quantised/"])?;
    let shown: Vec<Panel> = domains.iter().map(|domain| Panel::new(context, domain)).collect();
    let numbers: Vec<Drawn> = shown.iter().flat_map(Panel::numbers).collect();
    let drawn: Vec<Measured> = domains.iter().flat_map(|d| d.path.iter().map(|m| m.only(is_own))).collect();
    let measured = drawn.iter().filter(|m| m.rows().next().is_some());
    let alone = if shown.iter().any(|panel| panel.only_density().is_some()) {
        " Where one density was measured, the axis is the number of bins."
    } else {
        ""
    };
    let more = format!(
        "Values of each channel are replaced by the means of 2 to 16 bins of equal count; above 0 that does harm.{alone}"
    );
    let words = Words::new(spec, &more)
        .from(provenance(context, measured, &absent))
        .note("The bins are found on validation samples.");
    save(context, spec, &paint(&shown), words, &numbers)
}

impl Panel {
    fn new(context: &Context, domain: &DomainRuns<'_>) -> Self {
        let change = |bins| {
            Curves::new(domain, &["e2ee_quantised/"], |at| {
                Some(at.value(&quantised_metric(bins))? - at.value(UNQUANTISED)?)
            })
        };
        Self {
            title: title_of(context, domain.name),
            name: domain.name,
            min_density: domain.min_density,
            curves: BINS.map(change).into(),
        }
    }

    fn numbers(&self) -> Vec<Drawn> {
        let curves = self.curves.iter().zip(BINS);
        curves.flat_map(|(curves, bins)| curves.numbers(self.name, &format!("e2ee_change/{bins}"))).collect()
    }

    /// The density, where only one was measured.
    fn only_density(&self) -> Option<f64> {
        let longest = self.curves.iter().map(|c| &c.mean).max_by_key(|mean| mean.len())?;
        (longest.len() == 1).then(|| longest[0].0)
    }

    /// The axis upwards, in points: all that was measured, and the paper's band.
    fn heights(&self) -> (f64, f64, Vec<f64>) {
        let changes = self.curves.iter().flat_map(Curves::values).map(|change| 100.0 * change);
        let band = 100.0 * published::QUANTISATION_CHANGE;
        let (low, high) = changes.fold((-band, band), |(low, high), v| (low.min(v), high.max(v)));
        let room = 0.12 * (high - low);
        let (low, high) = (low - room, high + room);
        let above = ticks(high.max(-low));
        let marks = above.iter().flat_map(|&t| [-t, t]).filter(|t| (low..=high).contains(t));
        // Zero comes twice.
        let marks = marks.skip(1).collect();
        (low, high, marks)
    }

    fn paint(&self, canvas: &mut Canvas, area: Rect, first: bool) {
        let (low, high, marks) = self.heights();
        let y = Scale::linear(low, high, marks);
        let alone = self.only_density();
        let x = match alone {
            Some(_) => {
                let places = (0..BINS.len()).map(|i| i as f64).collect();
                let mut scale = Scale::linear(-0.7, BINS.len() as f64 - 0.3, places);
                scale.ticks.iter_mut().zip(BINS).for_each(|(tick, bins)| tick.1 = bins.to_string());
                scale
            }
            None => {
                let (greatest, least) = range(self.curves.iter(), self.min_density);
                Scale::falling(greatest, least)
            }
        };
        let frame = Frame { area, x, y };
        let band = 100.0 * published::QUANTISATION_CHANGE;
        let heights = [band, -band].map(|change| frame.area.bottom() - area.height * frame.y.at(change));
        canvas.fill(Rect::new(area.left, heights[0], area.width, heights[1] - heights[0]), BAND);
        let under = match alone {
            Some(density) => format!("bins, at δ = {} alone", scientific(density, 2)),
            None => "density δ".to_owned(),
        };
        let title = if first { "change of E2EE (points)" } else { "" };
        frame.draw(canvas, Sides { title: &self.title, x: &under, y: title, shared_y: false });
        let zero = frame.area.bottom() - area.height * frame.y.at(0.0);
        canvas.line(&[(area.left, zero), (area.right(), zero)], Pen::new(INK, THIN));
        if let (Some(minimum), None) = (self.min_density, alone) {
            frame.upright(canvas, minimum, MINIMUM);
        }
        for (i, (curves, color)) in self.curves.iter().zip(COLORS).enumerate() {
            if alone.is_some() {
                for change in curves.values() {
                    marker(canvas, frame.at(i as f64, 100.0 * change), Shape::Disc, 2.2, color);
                }
            } else {
                curves.draw(canvas, &frame, color, false, |change| 100.0 * change);
            }
        }
    }
}

fn paint(shown: &[Panel]) -> Page {
    let mut canvas = Canvas::new();
    let names = BINS.map(|bins| format!("{bins} bins"));
    let mut entries: Vec<_> =
        names.iter().zip(COLORS).map(|(name, color)| (Swatch::Line(color), name.as_str())).collect();
    let paper = format!("paper: under about {} points", plain(100.0 * published::QUANTISATION_CHANGE));
    entries.push((Swatch::Bar(BAND), paper.as_str()));
    if shown.iter().any(|panel| panel.only_density().is_none()) {
        entries.push((Swatch::Dashed(INK), "theoretical minimum"));
    }
    let top = legend(&mut canvas, PAGE, 0.0, &entries);
    let room = Room { first: 32.0, between: 26.0, above: 14.0, below: 26.0 };
    let (plots, bottom) = panels(shown.len(), PAGE, top, 100.0, room);
    for (i, (plot, panel)) in plots.into_iter().zip(shown).enumerate() {
        panel.paint(&mut canvas, plot, i == 0);
    }
    Page { canvas, width: PAGE, height: bottom }
}
