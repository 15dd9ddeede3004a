//! Samples drawn with their predicted and true motifs, for `show` and TensorBoard.

use anyhow::Result;
use image::RgbImage;

use crate::figures::sample_image::{MOST_NAMED, Mark, Panel, channel_color, fitting, grid, marks_of};
use crate::figures::scientific;
use crate::measure::{Examined, Model, Report, errors, marks};
use crate::results::Marked;
use crate::sparsity::Bottleneck as _;
use crate::train::Session;

/// Labels of the channels: the kind that each is best read as, in that kind's colour; a grey
/// `c` and the channel's number where it has none.
fn channel_marks(kinds: &[Mark], mapping: &[Option<usize>]) -> Vec<Mark> {
    // Where no channel has a kind, colours tell channels apart.
    let none = mapping.iter().all(Option::is_none);
    let grey = |c: usize| if none { channel_color(c) } else { [110, 110, 110] };
    let unmapped = |c: usize| Mark { label: format!("c{c}"), color: grey(c) };
    mapping
        .iter()
        .enumerate()
        .map(|(c, kind)| kind.map_or_else(|| unmapped(c), |k| kinds[k].clone()))
        .collect()
}

/// The marks of a map that are at least as strong as `least`.
pub(super) fn strong_marks(session: &Session, examined: &Examined, least: f32) -> Vec<Marked> {
    let mut marks = marks(session, examined);
    marks.retain(|mark| mark.value >= least);
    marks
}

/// Reads the value of `--min-strength`.
///
/// # Errors
/// When it is no number, or below 0.
pub(super) fn strength(value: &str) -> Result<f32, String> {
    match value.parse::<f32>() {
        Ok(least) if least.is_finite() && least >= 0.0 => Ok(least),
        _ => Err("expected a number of 0 or more, such as 1.0".to_owned()),
    }
}

/// Panels side by side: a sample's pair, or one below the other where inputs are long series.
pub(super) fn columns(session: &Session) -> usize {
    if session.domain.input_shape()[1] == 1 { 1 } else { 2 }
}

/// One sample: first with its true motifs, then with the predicted ones that are at least as strong as `least`, and
/// both outputs.
///
/// # Errors
/// When it cannot be drawn.
pub(super) fn sample_pair(
    session: &Session,
    examined: &Examined,
    mapping: &[Option<usize>],
    scale: usize,
    least: f32,
) -> Result<Vec<RgbImage>> {
    let kinds = marks_of(session.domain.motif_kinds());
    let channels = channel_marks(&kinds, mapping);
    let predicted = strong_marks(session, examined, least);
    let shape = session.domain.input_shape();
    let mut truth = Panel {
        scale,
        tone: session.domain.tone(),
        title: if session.domain.knows_motifs() { "true motifs" } else { "input" }.into(),
        captions: vec![format!("true output: {}", session.domain.written(&examined.sample.target))],
        boxes: &examined.sample.motifs,
        kinds: &kinds,
        ..Panel::new(&examined.sample.input, shape)
    };
    let mut found = found_panel(session, examined, &predicted, &channels, scale);
    // Both inputs of a pair begin at one height.
    let lines = truth.lines_of_title().max(found.lines_of_title());
    (truth.title_lines, found.title_lines) = (lines, lines);
    Ok(vec![truth.draw()?, found.draw()?])
}

/// One input with its predicted motifs that are at least as strong as `least`, and the output.
///
/// # Errors
/// When it cannot be drawn.
pub(super) fn found_picture(
    session: &Session,
    examined: &Examined,
    mapping: &[Option<usize>],
    scale: usize,
    least: f32,
) -> Result<RgbImage> {
    let channels = channel_marks(&marks_of(session.domain.motif_kinds()), mapping);
    found_panel(session, examined, &strong_marks(session, examined, least), &channels, scale).draw()
}

fn found_panel<'a>(
    session: &Session,
    examined: &'a Examined,
    predicted: &'a [Marked],
    channels: &'a [Mark],
    scale: usize,
) -> Panel<'a> {
    let density = scientific(session.network.sparsity.density(), 2);
    Panel {
        scale,
        tone: session.domain.tone(),
        title: match predicted.len() {
            0..=MOST_NAMED => format!("predicted motifs, δ = {density}"),
            many => format!("{many} predicted motifs, too many to name, δ = {density}"),
        },
        captions: vec![format!("output: {}", session.domain.written(&examined.answer))],
        predicted,
        channels,
        ..Panel::new(&examined.sample.input, session.domain.input_shape())
    }
}

/// One input with what a density leaves of its motif map, for a strip of several densities: of its marks those that
/// are at least as strong as `least`.
///
/// # Errors
/// When it cannot be drawn.
pub(super) fn density_picture(
    model: &Model,
    examined: &Examined,
    mapping: &[Option<usize>],
    scale: usize,
    least: f32,
) -> Result<RgbImage> {
    let domain = &model.session.domain;
    let channels = channel_marks(&marks_of(domain.motif_kinds()), mapping);
    let values = examined.map.iter().filter(|&&value| value > 0.0).count();
    let panel = Panel {
        scale,
        tone: domain.tone(),
        title: format!("δ = {}", scientific(model.delta, 1)),
        captions: vec![
            format!("{values} non-zero {}", if values == 1 { "value" } else { "values" }),
            format!("output: {}", domain.written(&examined.answer)),
        ],
        predicted: &strong_marks(&model.session, examined, least),
        channels: &channels,
        ..Panel::new(&examined.sample.input, domain.input_shape())
    };
    panel.draw()
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
    let unknown = || vec![None; session.config.model.g.motifs as usize];
    let mapping =
        errors(session, report).map_or_else(unknown, |errors| report.confusion.names(&errors.mapping));
    let columns = columns(session);
    let scale = fitting(session.domain.input_shape(), columns).min(3);
    let mut panels = Vec::new();
    for sample in examined {
        panels.extend(sample_pair(session, sample, &mapping, scale, 0.0)?);
    }
    grid(&panels, columns, 12)
}
