//! Inputs, maps and answers of a model in one file, for notebooks and other programs.

use std::path::{Path, PathBuf};

use anyhow::{Result, ensure};
use serde_json::json;
use tch::{Device, Kind, Tensor, no_grad_guard};

use super::model::reported_stem;
use super::{Model, capped, mapping_of};
use crate::domain::{Sample, Split};
use crate::files::write_atomically;
use crate::interrupt;
use crate::memory;
use crate::sparsity::Bottleneck;
use crate::train::{Batch, RunDir, Session, safetensors_bytes, tensors};

/// Version of the file's layout.
const FORMAT: u32 = 1;

/// Which samples and which model are exported.
#[derive(Clone, Debug)]
pub struct Export {
    /// Name of a checkpoint of the run, such as `density-12`; `None` is the model that is reported.
    pub checkpoint: Option<String>,
    /// The split that samples are of.
    pub split: Split,
    /// Index of the first sample.
    pub start: u64,
    /// How many samples; of a split that has fewer, those there are.
    pub count: u64,
}

/// What a batch of samples came to, on the CPU.
struct Part {
    input: Tensor,
    z: Tensor,
    motifs: Tensor,
    answers: Vec<Vec<u32>>,
    samples: Vec<Sample>,
}

/// Writes a safetensors file with what the run's model makes of some samples; returns the number of samples.
///
/// # The file
/// | tensor | shape | what |
/// |---|---|---|
/// | `index` | `[N]` | index of each sample in its split |
/// | `input` | `[N, channels, H, W]` | inputs |
/// | `z` | `[N, C, H', W']` | pre-activations, as ĝ gives them |
/// | `motifs` | `[N, C, H', W']` | motif maps m̂ |
/// | `answer`, `answer_length` | `[N, L]`, `[N]` | greedy answers, token numbers, −1 behind the end |
/// | `target`, `target_length` | `[N, L]`, `[N]` | true outputs, likewise |
/// | `boxes` | `[M, 6]` | true motifs: row of the sample here, kind, top, left, bottom, right (half-open, input pixels) |
///
/// Numbers are 32-bit floats and 64-bit integers. The metadata's entry `sparling` is a JSON object that says what run,
/// checkpoint, split and settings these are of, the names of tokens and kinds, the stride of the map, and the kind that
/// each channel stands for.
///
/// # Errors
/// When the run has no such model, a sample cannot be made, or the file cannot be written.
pub fn export(dir: &RunDir, export: &Export, device: Device, to: &Path) -> Result<u64> {
    let stem = match &export.checkpoint {
        Some(name) => checkpoint_stem(dir, name)?,
        None => reported_stem(dir)?,
    };
    let mut model = Model::load(dir, &stem, device)?;
    let mapping = mapping_of(&mut model.session)?;
    let count = capped(model.session.domain.as_ref(), export.split, export.start, export.count);
    ensure!(
        count > 0,
        "found no sample from {} on; expected an index below the number of samples of the split",
        export.start
    );
    admit(&model, count)?;
    let indices: Vec<u64> = (export.start..export.start + count).collect();
    let batch = model.session.config.evaluation.batch.max(1) as usize;
    let parts = indices
        .chunks(batch)
        .map(|indices| look(&mut model.session, export.split, indices))
        .collect::<Result<Vec<_>>>()?;
    let about = about(&model, &stem, export, &mapping);
    write_atomically(to, &safetensors_bytes(&tensors_of(&indices, &parts), &about)?)?;
    Ok(count)
}

/// Refuses more samples than memory holds: each with its input, z and map as looked at, joined, as bytes, and in the
/// file's bytes.
fn admit(model: &Model, count: u64) -> Result<()> {
    let values = |shape: &[i64]| shape.iter().map(|&n| n as f64).product::<f64>();
    let input: f64 = model.session.domain.input_shape().iter().map(|&n| n as f64).product();
    let maps = 2.0 * values(&model.session.network.map_shape(1));
    let each = memory::VALUE * (input + 4.0 * (input + maps));
    memory::fits(&format!("an export of {count} samples"), each * count as f64, "--maps")
}

fn checkpoint_stem(dir: &RunDir, name: &str) -> Result<PathBuf> {
    let stem = dir.root().join("checkpoints").join(name);
    let there: Vec<String> = dir
        .density_stems()
        .iter()
        .filter_map(|stem| Some(stem.file_name()?.to_string_lossy().into_owned()))
        .collect();
    ensure!(
        stem.with_extension("json").is_file(),
        "{} has no checkpoint {name}; found {}",
        dir.root().display(),
        if there.is_empty() { "none at a density".into() } else { there.join(", ") }
    );
    Ok(stem)
}

fn look(session: &mut Session, split: Split, indices: &[u64]) -> Result<Part> {
    interrupt::check()?;
    let _guard = no_grad_guard();
    let domain = session.domain.clone();
    let samples = indices.iter().map(|&index| domain.sample(split, index)).collect::<Result<Vec<_>>>()?;
    let packed = Batch::pack(&samples, domain.vocabulary().len() as i64);
    let (x, _, _) = tensors(&packed, domain.input_shape(), session.vs.device());
    let network = &mut session.network;
    let z = network.proposer.forward_t(&x, false);
    let motifs = network.sparsity.forward_t(&z, false).map;
    let answers = network.answer(&motifs)?;
    let kept = |t: Tensor| t.to_device(Device::Cpu).to_kind(Kind::Float);
    Ok(Part { input: kept(x), z: kept(z), motifs: kept(motifs), answers, samples })
}

/// The file's tensors.
fn tensors_of(indices: &[u64], parts: &[Part]) -> Vec<(String, Tensor)> {
    let joined = |of: fn(&Part) -> &Tensor| Tensor::cat(&parts.iter().map(of).collect::<Vec<_>>(), 0);
    let samples: Vec<&Sample> = parts.iter().flat_map(|part| &part.samples).collect();
    let (answer, answer_length) = padded(parts.iter().flat_map(|part| &part.answers));
    let (target, target_length) = padded(samples.iter().map(|sample| &sample.target));
    let boxes: Vec<i64> = samples
        .iter()
        .enumerate()
        .flat_map(|(row, sample)| sample.motifs.iter().map(move |m| (row, m)))
        .flat_map(|(row, m)| [row, m.kind, m.top, m.left, m.bottom, m.right].map(|n| n as i64))
        .collect();
    let indices: Vec<i64> = indices.iter().map(|&index| index as i64).collect();
    [
        ("index", Tensor::from_slice(&indices)),
        ("input", joined(|part| &part.input)),
        ("z", joined(|part| &part.z)),
        ("motifs", joined(|part| &part.motifs)),
        ("answer", answer),
        ("answer_length", answer_length),
        ("target", target),
        ("target_length", target_length),
        ("boxes", Tensor::from_slice(&boxes).view([-1, 6])),
    ]
    .map(|(name, tensor)| (name.to_owned(), tensor))
    .into()
}

/// Rows of tokens as one tensor, filled up with −1, and their lengths.
fn padded<'a>(rows: impl Iterator<Item = &'a Vec<u32>>) -> (Tensor, Tensor) {
    let rows: Vec<&Vec<u32>> = rows.collect();
    let longest = rows.iter().map(|row| row.len()).max().unwrap_or(0);
    let padding = |row: &Vec<u32>| std::iter::repeat_n(-1, longest - row.len());
    let values: Vec<i64> =
        rows.iter().flat_map(|row| row.iter().map(|&t| i64::from(t)).chain(padding(row))).collect();
    let lengths: Vec<i64> = rows.iter().map(|row| row.len() as i64).collect();
    let values = Tensor::from_slice(&values).view([rows.len() as i64, longest as i64]);
    (values, Tensor::from_slice(&lengths))
}

fn about(model: &Model, stem: &Path, export: &Export, mapping: &[Option<usize>]) -> serde_json::Value {
    let (identity, domain) = (&model.identity, &model.session.domain);
    let g = &model.session.config.model.g;
    json!({
        "format": FORMAT,
        "domain": identity.domain,
        "variant": identity.variant,
        "scale": identity.scale,
        "seed": identity.seed,
        "checkpoint": stem.file_name().map(|name| name.to_string_lossy()),
        "density": model.delta,
        "config_hash": model.config_hash,
        "revision": crate::REVISION,
        "corpus": domain.corpus(),
        "split": format!("{:?}", export.split).to_lowercase(),
        "vocabulary": domain.vocabulary(),
        "kinds": domain.motif_kinds(),
        "knows_motifs": domain.knows_motifs(),
        "channel_kinds": mapping,
        "stride": g.stem_stride,
        "receptive_field": g.receptive_field(),
    })
}
