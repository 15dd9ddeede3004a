//! Samples drawn with their predicted and true motifs, for `show` and TensorBoard.

use anyhow::Result;
use image::RgbImage;

use crate::figures::sample_image::{MOST_NAMED, Mark, Panel, grid, marks_of};
use crate::measure::{Examined, Report, marks};
use crate::train::Session;

/// Labels of the channels: the kind that each is best read as, in that kind's colour; a grey
/// `c` and the channel's number where it has none.
fn channel_marks(kinds: &[Mark], mapping: &[Option<usize>]) -> Vec<Mark> {
    let unmapped = |c: usize| Mark { label: format!("c{c}"), color: [110, 110, 110] };
    mapping
        .iter()
        .enumerate()
        .map(|(c, kind)| kind.map_or_else(|| unmapped(c), |k| kinds[k].clone()))
        .collect()
}

/// Panels side by side: a sample's pair, or one below the other where inputs are long series.
pub(super) fn columns(session: &Session) -> usize {
    if session.domain.input_shape()[1] == 1 { 1 } else { 2 }
}

/// One sample: first with its true motifs, then with the predicted ones, and both outputs.
///
/// # Errors
/// When it cannot be drawn.
pub(super) fn sample_pair(
    session: &Session,
    examined: &Examined,
    mapping: &[Option<usize>],
    scale: usize,
) -> Result<Vec<RgbImage>> {
    let kinds = marks_of(session.domain.motif_kinds());
    let channels = channel_marks(&kinds, mapping);
    let predicted = marks(session, examined);
    let shape = session.domain.input_shape();
    let base = Panel { scale, tone: session.domain.tone(), ..Panel::new(&examined.sample.input, shape) };
    let truth = Panel {
        title: "true motifs (never shown to the model)".into(),
        captions: vec![format!("true output: {}", session.domain.written(&examined.sample.target))],
        boxes: &examined.sample.motifs,
        kinds: &kinds,
        ..base.clone()
    };
    let found = Panel {
        title: match predicted.len() {
            0..=MOST_NAMED => "predicted motifs".into(),
            many => format!("{many} predicted motifs, too many to name"),
        },
        captions: vec![format!("output: {}", session.domain.written(&examined.answer))],
        predicted: &predicted,
        channels: &channels,
        ..base
    };
    Ok(vec![truth.draw()?, found.draw()?])
}

/// A few validation samples with their predicted motifs, for TensorBoard.
///
/// # Errors
/// When they cannot be drawn.
pub(super) fn validation_picture(
    session: &Session,
    report: &Report,
    examined: &[Examined],
) -> Result<RgbImage> {
    let errors = report.confusion.errors(session.domain.relabelling());
    let mut panels = Vec::new();
    for sample in examined {
        panels.extend(sample_pair(session, sample, &errors.mapping, 3)?);
    }
    grid(&panels, columns(session), 12)
}
