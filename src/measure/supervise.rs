//! Direct supervision (paper section 7): ĝ's architecture trained on single labelled motifs, and Sparling's
//! motifs judged on the same data.
//!
//! Both are given windows ([`Windows`]) and the box of the motif that is meant, and both answer by the strongest
//! channel in that box:
//!
//! - **Direct**: ĝ with a channel a kind and no bottleneck. The largest value of a channel in the box is the
//!   kind's logit, trained by cross-entropy on the motif's kind. Adam, the learning rate falling linearly to 0.
//! - **Sparling**: ĝ and sparsity layer of a trained run, in evaluation mode. The channel with the largest m̂ in
//!   the box stands for a kind by the domain's relabelling of what channels met in windows of *validation* samples.
//!   Where nothing fires, the motif counts as misclassified.

use std::ops::Range;
use std::slice;

use anyhow::{Result, ensure};
use tch::nn::VarStore;
use tch::{Device, Kind, Reduction, Tensor, no_grad_guard};

use super::capped;
use super::rows::relabelling;
use crate::config::{Config, ProposerConfig};
use crate::domain::{Domain, Motif, Split, Windows};
use crate::eval::{Confusion, Misclassified, MotifMap, positions};
use crate::interrupt;
use crate::memory::{self, Work};
use crate::model::{IGNORE, Proposer, Sparling};
use crate::train::{Adam, Session};

/// How windows of `domain` are cut for a ĝ of these sizes.
#[must_use]
pub fn windows(domain: &dyn Domain, g: &ProposerConfig) -> Windows {
    Windows::new(domain, g.receptive_field() as usize, g.stem_stride as usize)
}

/// Windows as networks take them.
#[derive(Debug)]
pub struct WindowBatch {
    /// Inputs, `[B, channels, height, width]`.
    pub input: Tensor,
    /// The motifs that are meant, in their windows; B of them.
    pub motifs: Vec<Motif>,
    stride: usize,
}

impl WindowBatch {
    /// The windows of samples `indices` of `split`, on `device`.
    ///
    /// # Errors
    /// When a sample cannot be made.
    pub fn new(
        windows: &Windows,
        domain: &dyn Domain,
        split: Split,
        indices: Range<u64>,
        device: Device,
    ) -> Result<Self> {
        let singles = windows.cut(domain, split, indices)?;
        let values: Vec<f32> = singles.iter().flat_map(|s| &s.input).copied().collect();
        let shape = [singles.len()].into_iter().chain(windows.shape()).map(|n| n as i64);
        let input = Tensor::from_slice(&values).view(shape.collect::<Vec<_>>().as_slice());
        let motifs = singles.into_iter().map(|single| single.target).collect();
        Ok(Self { input: input.to_device(device), motifs, stride: windows.stride() })
    }

    /// The largest value of each channel of `map` in each motif's box: `[B, K, H', W']` → `[B, K]`.
    fn strongest(&self, map: &Tensor) -> Tensor {
        let size = map.size();
        let (height, width) = (size[2] as usize, size[3] as usize);
        let mut outside = vec![true; self.motifs.len() * height * width];
        for (plane, motif) in outside.chunks_mut(height * width).zip(&self.motifs) {
            let [top, bottom, left, right] = positions(motif, [self.stride; 2]);
            for row in plane.chunks_mut(width).take(bottom.min(height)).skip(top) {
                row[left..right.min(width)].fill(false);
            }
        }
        let outside = Tensor::from_slice(&outside).view([size[0], 1, size[2], size[3]]);
        map.masked_fill(&outside.to_device(map.device()), f64::NEG_INFINITY).amax([2, 3], false)
    }
}

/// ĝ with a channel a kind of motif, trained on labelled windows.
#[derive(Debug)]
pub struct Direct {
    vs: VarStore,
    proposer: Proposer,
}

impl Direct {
    /// Trains on `config.supervision.samples` windows of the training split; `seed` determines the first weights.
    /// `tell` gets the windows seen and the mean loss (nats) since the last call, at every tenth.
    ///
    /// # Errors
    /// When memory does not suffice, a sample cannot be made, or loss or gradient stop being finite.
    pub fn train(
        config: &Config,
        domain: &dyn Domain,
        seed: u64,
        device: Device,
        mut tell: impl FnMut(u64, f64),
    ) -> Result<Self> {
        let (g, settings) = (&config.model.g, &config.supervision);
        let windows = windows(domain, g);
        let kinds = domain.motif_kinds().len() as i64;
        memory::admit(config, domain, Work::Supervise { window: windows.shape(), kinds: kinds as usize })?;
        tch::manual_seed(seed as i64);
        let vs = VarStore::new(device);
        let own = ProposerConfig { motifs: kinds, ..g.clone() };
        let direct = Self {
            proposer: Proposer::new(&(vs.root() / "g"), &own, config.train.precision, windows.shape()),
            vs,
        };
        let mut adam = Adam::new(&direct.vs, usize::try_from(tch::get_num_threads()).unwrap_or(1))?;
        let (mut seen, mut sum, mut steps) = (0, 0.0, 0_u32);
        while seen < settings.samples {
            interrupt::check()?;
            let next = seen.saturating_add(settings.batch).min(settings.samples);
            let batch = WindowBatch::new(&windows, domain, Split::Train, seen..next, device)?;
            if !batch.motifs.is_empty() {
                let kinds: Vec<i64> = batch.motifs.iter().map(|motif| motif.kind as i64).collect();
                let truth = Tensor::from_slice(&kinds).to_device(device);
                let logits = batch.strongest(&direct.proposer.forward_t(&batch.input, true));
                let loss = logits.cross_entropy_loss::<Tensor>(&truth, None, Reduction::Mean, IGNORE, 0.0);
                let gradients = adam.gradients(&loss)?;
                let left = 1.0 - seen as f64 / settings.samples as f64;
                let norm = adam.step(&gradients, settings.learning_rate * left, config.train.clip_norm)?;
                let value = loss.double_value(&[]);
                ensure!(
                    value.is_finite() && norm.is_finite(),
                    "direct supervision: the loss became {value} and the gradient norm {norm} after {seen} \
                     samples; a smaller supervision.learning-rate usually helps"
                );
                (sum, steps) = (sum + value, steps + 1);
            }
            if seen * 10 / settings.samples != next * 10 / settings.samples {
                tell(next, sum / f64::from(steps.max(1)));
                (sum, steps) = (0.0, 0);
            }
            seen = next;
        }
        Ok(direct)
    }

    /// The kind that each window's motif is taken for.
    ///
    /// # Errors
    /// When libtorch fails.
    pub fn kinds(&self, batch: &WindowBatch) -> Result<Vec<Option<usize>>> {
        let _guard = no_grad_guard();
        let best = batch.strongest(&self.proposer.forward_t(&batch.input, false)).argmax(1, false);
        let best = Vec::<i64>::try_from(best.to_device(Device::Cpu))?;
        Ok(best.into_iter().map(|kind| Some(kind as usize)).collect())
    }
}

/// The channel of `network` that fires strongest in each motif's box, by the matching of paper section 6; `None`
/// where nothing fires.
///
/// # Errors
/// When libtorch fails.
pub fn channels(network: &mut Sparling, batch: &WindowBatch) -> Result<Vec<Option<usize>>> {
    let _guard = no_grad_guard();
    let map =
        network.motifs(&batch.input, false).map.to_device(Device::Cpu).to_kind(Kind::Float).contiguous();
    let size: Vec<usize> = map.size().iter().map(|&n| n as usize).collect();
    let mut values = vec![0.0_f32; map.numel()];
    map.f_copy_data(&mut values, map.numel())?;
    let each = size[1..].iter().product();
    let fired = values.chunks(each).zip(&batch.motifs).map(|(values, motif)| {
        let (channels, height, width) = (size[1], size[2], size[3]);
        let map = MotifMap { values, channels, height, width, stride: [batch.stride; 2] };
        let mut fired = None;
        map.pairs(slice::from_ref(motif), |channel, kind| {
            if kind.is_some() {
                fired = channel;
            }
        });
        fired
    });
    Ok(fired.collect())
}

/// Which kind each channel of a trained network stands for, by the windows of the first `count` validation samples.
///
/// # Errors
/// When a sample cannot be made.
pub fn channel_kinds(session: &mut Session, count: u64) -> Result<Vec<Option<usize>>> {
    let mut confusion =
        Confusion::new(session.config.model.g.motifs as usize, session.domain.motif_kinds().len());
    each_batch(session, Split::Validation, 0..count, |session, batch| {
        for (channel, motif) in channels(&mut session.network, &batch)?.into_iter().zip(&batch.motifs) {
            confusion.add_count(channel, Some(motif.kind), 1);
        }
        Ok(())
    })?;
    Ok(confusion.errors(relabelling(session)).mapping)
}

/// Names the windows of samples `indices` of `split` by both methods: (Sparling with channels standing for
/// `kind_of`, direct supervision).
///
/// # Errors
/// When a sample cannot be made.
pub fn judge(
    session: &mut Session,
    kind_of: &[Option<usize>],
    direct: &Direct,
    split: Split,
    indices: Range<u64>,
) -> Result<[Misclassified; 2]> {
    let none = Misclassified::new(session.domain.motif_kinds().len());
    let [mut sparling, mut supervised] = [none.clone(), none];
    each_batch(session, split, indices, |session, batch| {
        let fired = channels(&mut session.network, &batch)?;
        for ((channel, kind), motif) in fired.into_iter().zip(direct.kinds(&batch)?).zip(&batch.motifs) {
            sparling.add(channel.and_then(|channel| kind_of[channel]), motif.kind);
            supervised.add(kind, motif.kind);
        }
        Ok(())
    })?;
    Ok([sparling, supervised])
}

fn each_batch(
    session: &mut Session,
    split: Split,
    indices: Range<u64>,
    mut each: impl FnMut(&mut Session, WindowBatch) -> Result<()>,
) -> Result<()> {
    let windows = windows(&*session.domain, &session.config.model.g);
    let count = capped(session.domain.as_ref(), split, indices.start, indices.end - indices.start);
    let indices = indices.start..indices.start + count;
    let (size, end) = (session.config.evaluation.batch, indices.end);
    for next in indices.step_by(size as usize) {
        interrupt::check()?;
        let range = next..next.saturating_add(size).min(end);
        let batch = WindowBatch::new(&windows, &*session.domain, split, range, session.vs.device())?;
        if !batch.motifs.is_empty() {
            each(session, batch)?;
        }
    }
    Ok(())
}
