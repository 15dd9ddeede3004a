//! Answers to changed motif maps: perturbation and quantisation (paper section 7).

use anyhow::Result;
use tch::{Kind, Tensor, no_grad_guard};

use super::Examined;
use super::look::batches;
use super::validate::score_of;
use crate::domain::Split;
use crate::domain::sample_rng::sample_rng;
use crate::eval::{ChannelNames, MotifMap, Quantiser, Score, Swap, quantise};
use crate::model::Answers;
use crate::train::Session;

/// A sample before and after a swap.
#[derive(Clone, Debug)]
pub struct Perturbed {
    /// The sample, its motif map and the answer to it.
    pub before: Examined,
    /// What was swapped, and what should come of it.
    pub swap: Swap,
    /// The map after the swap, of the same shape.
    pub map: Vec<f32>,
    /// The answer to that map.
    pub answer: Vec<u32>,
}

impl Perturbed {
    /// Whether the answer changed exactly as it should.
    pub fn as_expected(&self) -> bool {
        self.answer == self.swap.expected
    }
}

/// How often answers followed a swap.
#[derive(Clone, Debug, Default)]
pub struct PerturbationReport {
    /// Samples looked at.
    pub samples: u64,
    /// Samples that were swapped in: answered rightly before, with a motif to swap.
    pub swapped: u64,
    /// Swaps after which the answer was exactly as expected.
    pub followed: u64,
    /// The first of them by index, whatever came of it.
    pub first: Option<Perturbed>,
}

impl PerturbationReport {
    /// Share of swaps that the answer followed, in `[0, 1]`; `None` if no sample could be swapped in.
    pub fn accuracy(&self) -> Option<f64> {
        (self.swapped > 0).then(|| self.followed as f64 / self.swapped as f64)
    }
}

/// The maps of a batch as the head takes them, `[B, C, H', W']`, answered greedily.
///
/// # Errors
/// When a map is not of the given shape.
fn answers(session: &Session, maps: &[Vec<f32>], shape: [usize; 3]) -> Result<Answers> {
    if maps.is_empty() {
        return Ok(Answers::default());
    }
    let _guard = no_grad_guard();
    let size: Vec<i64> = [maps.len()].into_iter().chain(shape).map(|n| n as i64).collect();
    let map = Tensor::f_from_slice(&maps.concat())?.f_view(size.as_slice())?;
    session.network.answers(&map.to_device(session.vs.device()).to_kind(Kind::Float))
}

/// Swaps one motif in each of samples `start .. start + count` where that is possible, by the rules of
/// [`Swap::draw`], and asks the head again. The same samples and names give the same swaps.
///
/// # Errors
/// When a sample cannot be made.
pub fn perturb(
    session: &mut Session,
    names: &ChannelNames,
    split: Split,
    start: u64,
    count: u64,
) -> Result<PerturbationReport> {
    let stride = session.config.model.g.stem_stride as usize;
    let mut report = PerturbationReport { samples: count, ..PerturbationReport::default() };
    batches(session, split, start, count, |session, examined| {
        let mut swaps = Vec::new();
        let mut maps = Vec::new();
        let mut shape = [0; 3];
        for sample in examined.into_iter().filter(|e| e.answer == e.sample.target) {
            let [channels, height, width] = sample.map_shape;
            shape = sample.map_shape;
            let map = MotifMap { values: &sample.map, channels, height, width, stride: [stride, stride] };
            let mut rng = sample_rng("perturbation", 0, split, sample.index);
            let Some(swap) = Swap::draw(&*session.domain, &sample.sample, map, names, &mut rng) else {
                continue;
            };
            let mut values = sample.map.clone();
            swap.apply(&mut values, height * width);
            maps.push(values);
            swaps.push((sample, swap));
        }
        let answers = answers(session, &maps, shape)?.tokens;
        for (((before, swap), map), answer) in swaps.into_iter().zip(maps).zip(answers) {
            let perturbed = Perturbed { before, swap, map, answer };
            report.swapped += 1;
            report.followed += u64::from(perturbed.as_expected());
            report.first.get_or_insert(perturbed);
        }
        Ok(())
    })?;
    Ok(report)
}

/// E2EE with the map as it is, and with its values quantised to each number of bins.
#[derive(Clone, Debug)]
pub struct QuantisationReport {
    /// Samples behind every number.
    pub samples: u64,
    /// With the map as it is.
    pub unquantised: Score,
    /// (bins, with that many bins a channel).
    pub quantised: Vec<(usize, Score)>,
}

/// Fits one quantiser a channel for each of `bins` on the `calibration` first samples of `calibrated_on`, and
/// measures E2EE with each on samples `0 .. count` of `split`.
///
/// # Errors
/// When a sample cannot be made.
pub fn quantised(
    session: &mut Session,
    bins: &[usize],
    (calibrated_on, calibration): (Split, u64),
    split: Split,
    count: u64,
) -> Result<QuantisationReport> {
    let channels = session.config.model.g.motifs as usize;
    let mut values: Vec<Vec<f32>> = vec![Vec::new(); channels];
    batches(session, calibrated_on, 0, calibration, |_, examined| {
        for sample in &examined {
            let plane = (sample.map.len() / channels).max(1);
            for (seen, channel) in values.iter_mut().zip(sample.map.chunks(plane)) {
                seen.extend(channel.iter().filter(|v| **v != 0.0));
            }
        }
        Ok(())
    })?;
    let quantisers: Vec<Vec<Quantiser>> =
        bins.iter().map(|&n| values.iter().map(|seen| Quantiser::fit(seen, n)).collect()).collect();

    let mut unquantised = score_of(session.domain.as_ref());
    let mut measured = vec![unquantised.clone(); bins.len()];
    batches(session, split, 0, count, |session, examined| {
        for sample in &examined {
            unquantised.add(&sample.answer, &sample.sample.target, &sample.certainty);
        }
        for (e2ee, quantisers) in measured.iter_mut().zip(&quantisers) {
            let mut maps: Vec<Vec<f32>> = examined.iter().map(|e| e.map.clone()).collect();
            maps.iter_mut().for_each(|map| quantise(map, quantisers));
            let shape = examined.first().map_or([0; 3], |e| e.map_shape);
            let Answers { tokens, mut certainty } = answers(session, &maps, shape)?;
            certainty.resize(tokens.len(), Vec::new());
            for ((answer, certainty), sample) in tokens.iter().zip(&certainty).zip(&examined) {
                e2ee.add(answer, &sample.sample.target, certainty);
            }
        }
        Ok(())
    })?;
    let quantised = bins.iter().copied().zip(measured).collect();
    Ok(QuantisationReport { samples: count, unquantised, quantised })
}
