//! What the network makes of samples: answers and motif maps, a batch at a time.

use std::ops::Range;

use anyhow::Result;
use rayon::prelude::*;
use tch::{Device, Kind, Tensor, no_grad_guard};

use crate::domain::{Domain, Sample, Split};
use crate::model::{Answers, Sparling};
use crate::train::lanes::in_lanes;
use crate::train::{Batch, Session, tensors};

/// One sample with what the network made of it.
#[derive(Clone, Debug)]
pub struct Examined {
    /// Index in its split.
    pub index: u64,
    /// The sample.
    pub sample: Sample,
    /// Motif map values, `[C, H', W']` row-major.
    pub map: Vec<f32>,
    /// Shape of the map.
    pub map_shape: [usize; 3],
    /// The answer: greedy tokens, a class, or labels.
    pub answer: Vec<u32>,
    /// How sure each rare label is at each position, see [`Answers`](crate::model::Answers); empty for other answers.
    pub certainty: Vec<f32>,
}

/// How many of `count` samples from `start` on there are.
#[must_use]
pub fn capped(domain: &dyn Domain, split: Split, start: u64, count: u64) -> u64 {
    let all = domain.available(split).unwrap_or(u64::MAX);
    count.min(all.saturating_sub(start))
}

/// Cuts `count` samples from `start` on into stretches (start, size) of a batch each.
pub(super) fn stretches(batch: u64, start: u64, count: u64) -> impl Iterator<Item = (u64, u64)> {
    let end = start.saturating_add(count);
    (start..end).step_by(batch.max(1) as usize).map(move |next| (next, batch.min(end - next)))
}

/// Calls `each` with samples `start .. start + count` in order, a batch at a time; several batches are examined at
/// once.
///
/// # Errors
/// When memory does not suffice, a sample cannot be made, or `each` fails.
pub(super) fn batches(
    session: &mut Session,
    split: Split,
    start: u64,
    count: u64,
    mut each: impl FnMut(&mut Session, Vec<Examined>) -> Result<()>,
) -> Result<()> {
    let (domain, device) = (session.domain.clone(), session.vs.device());
    let count = capped(domain.as_ref(), split, start, count);
    session.admit_measuring(count)?;
    let mut stretches = stretches(session.config.evaluation.batch, start, count).peekable();
    while stretches.peek().is_some() {
        let together: Vec<_> = stretches.by_ref().take(session.threads.max(1)).collect();
        let examined = in_lanes(session, &together, |network, &(start, size)| {
            Ok(examined(look(network, domain.as_ref(), split, start..start + size, device)?))
        })?;
        for batch in examined {
            each(session, batch)?;
        }
    }
    Ok(())
}

/// Runs the network on samples `start .. start + count`, or those of them that there are, and keeps everything.
///
/// # Errors
/// When a sample cannot be made, or there is none at `start`.
pub fn examine(session: &mut Session, split: Split, start: u64, count: u64) -> Result<Vec<Examined>> {
    let (domain, device) = (session.domain.clone(), session.vs.device());
    // Of a sample that is not there the domain says so.
    let count = capped(domain.as_ref(), split, start, count).max(count.min(1));
    Ok(examined(look(&mut session.network, domain.as_ref(), split, start..start + count, device)?))
}

/// What `network` makes of these samples.
pub(super) fn look(
    network: &mut Sparling,
    domain: &dyn Domain,
    split: Split,
    indices: Range<u64>,
    device: Device,
) -> Result<Vec<Looked>> {
    // Lanes make samples side by side; the one of an accelerator would make them alone.
    let samples = made(domain, split, indices, device.is_cuda())?;
    look_at(network, domain, samples, device)
}

/// The samples of these indices, by all processors if `together`.
fn made(
    domain: &dyn Domain,
    split: Split,
    indices: Range<u64>,
    together: bool,
) -> Result<Vec<(u64, Sample)>> {
    let one = |i| Ok((i, domain.sample(split, i)?));
    if together {
        let indices: Vec<u64> = indices.collect();
        return indices.into_par_iter().map(one).collect();
    }
    indices.map(one).collect()
}

/// What `network` makes of samples, each with its index.
pub(super) fn look_at(
    network: &mut Sparling,
    domain: &dyn Domain,
    samples: Vec<(u64, Sample)>,
    device: Device,
) -> Result<Vec<Looked>> {
    let _guard = no_grad_guard();
    let (indices, samples): (Vec<u64>, Vec<Sample>) = samples.into_iter().unzip();
    let batch = Batch::pack(&samples, domain.vocabulary().len() as i64);
    let (x, _, _) = tensors(&batch, domain.input_shape(), device);
    let map = network.motifs(&x, false).map;
    let Answers { tokens, mut certainty } = network.answers(&map)?;
    certainty.resize(tokens.len(), Vec::new());
    let size: Vec<usize> = map.size().iter().map(|&n| n as usize).collect();
    let map_shape = [size[1], size[2], size[3]];
    let looked =
        samples.into_iter().zip(tokens.into_iter().zip(certainty)).zip(indices).zip(non_zeros(&map)?);
    Ok(looked
        .map(|(((sample, (answer, certainty)), index), map)| Looked {
            index,
            sample,
            map,
            map_shape,
            answer,
            certainty,
        })
        .collect())
}

/// As [`Examined`], with the map as its non-zeros.
#[derive(Debug)]
pub(super) struct Looked {
    pub(super) index: u64,
    pub(super) sample: Sample,
    pub(super) map: NonZeros,
    pub(super) map_shape: [usize; 3],
    pub(super) answer: Vec<u32>,
    pub(super) certainty: Vec<f32>,
}

/// The non-zeros of a sample's map: places in `[C, H', W']`, row-major and rising, and the values there.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct NonZeros {
    pub(super) places: Vec<usize>,
    pub(super) values: Vec<f32>,
}

/// The non-zeros of each sample of maps `[B, …]`, chosen on their device so that nothing else leaves it.
pub(super) fn non_zeros(maps: &Tensor) -> Result<Vec<NonZeros>> {
    let batch = maps.size().first().map_or(0, |&batch| batch as usize);
    let flat = maps.flatten(0, -1);
    let each = flat.numel() / batch.max(1);
    let places = flat.nonzero().squeeze_dim(1);
    let values = flat.index_select(0, &places).to_kind(Kind::Float).to_device(Device::Cpu);
    let (places, values) =
        (Vec::<i64>::try_from(&places.to_device(Device::Cpu))?, Vec::<f32>::try_from(&values)?);
    let mut samples = vec![NonZeros::default(); batch];
    for (place, value) in places.into_iter().zip(values) {
        let sample = &mut samples[place as usize / each];
        sample.places.push(place as usize % each);
        sample.values.push(value);
    }
    Ok(samples)
}

/// The same with whole maps.
pub(super) fn examined(looked: Vec<Looked>) -> Vec<Examined> {
    let whole = |Looked { index, sample, map, map_shape, answer, certainty }| {
        let mut values = vec![0.0; map_shape.iter().product()];
        for (place, value) in map.places.into_iter().zip(map.values) {
            values[place] = value;
        }
        Examined { index, sample, map: values, map_shape, answer, certainty }
    };
    looked.into_iter().map(whole).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::digit_circle::{DigitCircle, DigitCircleConfig};

    #[test]
    fn samples_are_the_same_and_in_order_whoever_makes_them() {
        let domain = DigitCircle::new(DigitCircleConfig::default()).unwrap();
        let of = |together| made(&domain, Split::Validation, 5..45, together).unwrap();
        assert_eq!(of(true), of(false));
        assert!(of(true).iter().map(|(index, _)| *index).eq(5..45));
    }

    #[test]
    fn stretches_cover_every_sample_once_and_are_not_held() {
        let found: Vec<_> = stretches(20, 3, 50).collect();
        assert_eq!(found, [(3, 20), (23, 20), (43, 10)]);
        // As many as could never be listed.
        assert_eq!(stretches(1, 0, u64::MAX).take(2).last(), Some((1, 1)));
        assert_eq!(stretches(u64::MAX, 0, 7).collect::<Vec<_>>(), [(0, 7)]);
    }
}
