//! Samples with what a network made of them, as they are kept for figures.

use std::path::{Path, PathBuf};

use anyhow::Result;

use super::{Examined, Model, examine};
use crate::domain::Split;
use crate::eval::{MotifMap, predicted_motifs};
use crate::results::{Example, Examples, Marked, TrueMotif, examples_path};
use crate::train::Session;

/// Map positions around a local maximum that count as the same place: half of a digit's box.
fn peak_radius(stride: usize) -> usize {
    (6 / stride).max(1)
}

/// The local maxima of one sample's motif map.
pub fn marks(session: &Session, examined: &Examined) -> Vec<Marked> {
    let stride = session.config.model.g.stem_stride as usize;
    let [channels, height, width] = examined.map_shape;
    let map = MotifMap { values: &examined.map, channels, height, width, stride: [stride, stride] };
    let middle = |i: usize| (i * stride) as f64 + stride as f64 / 2.0;
    predicted_motifs(map, peak_radius(stride))
        .into_iter()
        .map(|p| Marked {
            channel: p.channel,
            y: middle(p.y),
            x: middle(p.x),
            value: p.value,
            crowded: p.crowded,
        })
        .collect()
}

/// Writes the first `count` test samples with what the model made of them.
///
/// # Errors
/// When a sample cannot be made, or the file cannot be written.
pub fn keep_examples(
    model: &mut Model,
    mapping: &[Option<usize>],
    count: u64,
    results: &Path,
) -> Result<PathBuf> {
    let examined = examine(&mut model.session, Split::Test, 0, count)?;
    let examples = examples_of(model, mapping, &examined)?;
    let identity = &model.identity;
    let path = examples_path(results, &identity.scale, &identity.domain, &identity.variant, identity.seed);
    examples.write(&path)?;
    Ok(path)
}

/// Names of output tokens.
pub fn tokens(session: &Session, ids: &[u32]) -> Vec<String> {
    ids.iter().map(|&t| session.domain.vocabulary()[t as usize].clone()).collect()
}

/// Test samples as they are kept for figures.
///
/// # Errors
/// When an input cannot be packed.
pub fn examples_of(model: &Model, mapping: &[Option<usize>], examined: &[Examined]) -> Result<Examples> {
    let domain = &model.session.domain;
    let shape = domain.input_shape();
    let items = examined
        .iter()
        .map(|e| {
            Ok(Example {
                index: e.index,
                split: "test".into(),
                channels: shape[0],
                height: shape[1],
                width: shape[2],
                input_png: Example::encode_input(&e.sample.input, shape)?,
                true_motifs: e
                    .sample
                    .motifs
                    .iter()
                    .map(|m| TrueMotif {
                        kind: m.kind,
                        top: m.top,
                        left: m.left,
                        bottom: m.bottom,
                        right: m.right,
                    })
                    .collect(),
                predicted: marks(&model.session, e),
                target: tokens(&model.session, &e.sample.target),
                output: tokens(&model.session, &e.answer),
            })
        })
        .collect::<Result<Vec<_>>>()?;
    Ok(Examples {
        domain: model.identity.domain.clone(),
        variant: model.identity.variant.clone(),
        seed: model.identity.seed,
        delta: model.delta,
        config_hash: model.config_hash.clone(),
        mapping: mapping.to_vec(),
        kinds: domain.motif_kinds().to_vec(),
        items,
    })
}
