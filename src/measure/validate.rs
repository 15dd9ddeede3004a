//! Greedy decoding and motif matching over a stretch of a split.

use std::ops::Range;

use anyhow::Result;
use rayon::prelude::*;
use tch::{Device, Kind, no_grad_guard};

use crate::domain::{Domain, Sample, Split, TargetKind};
use crate::eval::{Confusion, E2ee, LabelScore, MotifMap, Score};
use crate::model::{Answers, Sparling};
use crate::train::lanes::in_lanes;
use crate::train::{Batch, Session, tensors};

/// What was measured over some samples.
#[derive(Clone, Debug)]
pub struct Report {
    /// Samples behind the numbers.
    pub samples: u64,
    /// End-to-end errors and exact matches.
    pub e2ee: Score,
    /// Motifs predicted against true ones.
    pub confusion: Confusion,
    /// Of these the motifs that share positions with another, where the domain has such.
    pub sharing: Option<Confusion>,
    /// Share of non-zero activations, by channel.
    pub channel_density: Vec<f64>,
    /// Of the positions that a channel marks, the share at which another channel marks too; 0 for one that marks none.
    pub together: Vec<f64>,
    /// Non-zero motif values, at most 20,000 of them.
    pub values: Vec<f32>,
}

impl Report {
    /// Measured density over all channels.
    pub fn density(&self) -> f64 {
        self.channel_density.iter().sum::<f64>() / self.channel_density.len().max(1) as f64
    }

    /// Channels that marked nothing.
    pub fn silent_channels(&self) -> u64 {
        self.channel_density.iter().filter(|density| **density == 0.0).count() as u64
    }

    /// Channels that share more than half of the positions they mark with another.
    pub fn channels_together(&self) -> u64 {
        self.together.iter().filter(|share| **share > 0.5).count() as u64
    }
}

/// Values kept for the histogram.
const KEPT_VALUES: usize = 20_000;

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

/// Counts over some samples, which add up.
struct Counts {
    e2ee: Score,
    confusion: Confusion,
    /// Whether motifs may share positions.
    sharing: bool,
    open: Vec<u64>,
    /// Positions by channel that another channel marks too.
    shared: Vec<u64>,
    positions: u64,
    values: Vec<f32>,
}

impl Counts {
    fn new(channels: usize, kinds: usize, score: Score, sharing: bool) -> Self {
        Self {
            e2ee: score,
            confusion: Confusion::new(channels, kinds),
            sharing,
            open: vec![0; channels],
            shared: vec![0; channels],
            positions: 0,
            values: Vec::new(),
        }
    }

    fn add(&mut self, examined: &Examined, stride: usize) {
        let [channels, height, width] = examined.map_shape;
        let plane = height * width;
        let marked: Vec<usize> = (0..examined.map.len()).filter(|&place| examined.map[place] > 0.0).collect();
        let room = KEPT_VALUES - self.values.len();
        self.values.extend(marked.iter().take(room).map(|&place| examined.map[place]));
        let mut marking = vec![0_u16; plane];
        for place in &marked {
            self.open[place / plane] += 1;
            marking[place % plane] += 1;
        }
        for place in marked.iter().filter(|&place| marking[place % plane] > 1) {
            self.shared[place / plane] += 1;
        }
        self.positions += plane as u64;
        let map = MotifMap { values: &examined.map, channels, height, width, stride: [stride, stride] };
        if self.sharing {
            self.confusion.add_sharing(map, &examined.sample.motifs);
        } else {
            self.confusion.add(map, &examined.sample.motifs);
        }
        self.e2ee.add(&examined.answer, &examined.sample.target, &examined.certainty);
    }

    fn merge(&mut self, other: &Self) {
        self.e2ee.merge(&other.e2ee);
        self.confusion.merge(&other.confusion);
        for (count, more) in self.open.iter_mut().zip(&other.open) {
            *count += more;
        }
        for (count, more) in self.shared.iter_mut().zip(&other.shared) {
            *count += more;
        }
        self.positions += other.positions;
        let room = KEPT_VALUES - self.values.len();
        self.values.extend(other.values.iter().take(room));
    }
}

/// An empty score of the domain's sort of output.
#[must_use]
pub fn score_of(domain: &dyn Domain) -> Score {
    match domain.target_kind() {
        TargetKind::Tokens | TargetKind::Class => Score::Tokens(E2ee::default()),
        TargetKind::Labels => Score::Labels(LabelScore::new(domain.vocabulary().len())),
    }
}

/// How many of `count` samples from `start` on there are.
#[must_use]
pub fn capped(domain: &dyn Domain, split: Split, start: u64, count: u64) -> u64 {
    domain.available(split).map_or(count, |all| count.min(all.saturating_sub(start)))
}

/// Measures the network on samples `start .. start + count` of `split`, on all threads of the session; on those there
/// are, where the split has fewer.
///
/// # Errors
/// When memory does not suffice, or a sample cannot be made.
pub fn validate(session: &mut Session, split: Split, start: u64, count: u64) -> Result<Report> {
    session.admit_measuring(capped(session.domain.as_ref(), split, start, count))?;
    validate_admitted(session, split, start, count)
}

/// As [`validate`], of a session whose training has been admitted with its validations.
pub(crate) fn validate_admitted(
    session: &mut Session,
    split: Split,
    start: u64,
    count: u64,
) -> Result<Report> {
    let count = capped(session.domain.as_ref(), split, start, count);
    let channels = session.config.model.g.motifs as usize;
    let stride = session.config.model.g.stem_stride as usize;
    let (domain, device) = (session.domain.clone(), session.vs.device());
    let sharing = domain.motifs_overlap();
    let counts = || Counts::new(channels, domain.motif_kinds().len(), score_of(domain.as_ref()), sharing);
    let mut all = counts();
    // However many samples there are, the counts of a few hundred batches are held at a time.
    let mut stretches = stretches(session.config.evaluation.batch, start, count).peekable();
    while stretches.peek().is_some() {
        let together: Vec<_> = stretches.by_ref().take(TOGETHER).collect();
        let parts = in_lanes(session, &together, |network, &(start, size)| {
            let mut part = counts();
            for examined in look(network, domain.as_ref(), split, start..start + size, device)? {
                part.add(&examined, stride);
            }
            Ok(part)
        })?;
        for part in &parts {
            all.merge(part);
        }
    }
    let (confusion, of_sharing) = all.confusion.settled(domain.relabelling());
    Ok(Report {
        samples: count,
        channel_density: all.open.iter().map(|&n| n as f64 / all.positions.max(1) as f64).collect(),
        together: all.open.iter().zip(&all.shared).map(|(&n, &both)| both as f64 / n.max(1) as f64).collect(),
        e2ee: all.e2ee,
        confusion,
        sharing: sharing.then_some(of_sharing),
        values: all.values,
    })
}

/// Batches whose counts are held at a time, at most 20,000 values each: enough that the networks of the lanes are made
/// rarely.
const TOGETHER: usize = 512;

/// Cuts `count` samples from `start` on into stretches (start, size) of a batch each.
fn stretches(batch: u64, start: u64, count: u64) -> impl Iterator<Item = (u64, u64)> {
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
            look(network, domain.as_ref(), split, start..start + size, device)
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
    look(&mut session.network, domain.as_ref(), split, start..start + count, device)
}

/// What `network` makes of these samples.
fn look(
    network: &mut Sparling,
    domain: &dyn Domain,
    split: Split,
    indices: Range<u64>,
    device: Device,
) -> Result<Vec<Examined>> {
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
) -> Result<Vec<Examined>> {
    let _guard = no_grad_guard();
    let (indices, samples): (Vec<u64>, Vec<Sample>) = samples.into_iter().unzip();
    let batch = Batch::pack(&samples, domain.vocabulary().len() as i64);
    let (x, _, _) = tensors(&batch, domain.input_shape(), device);
    let map = network.motifs(&x, false).map;
    let Answers { tokens, mut certainty } = network.answers(&map)?;
    certainty.resize(tokens.len(), Vec::new());
    let size: Vec<usize> = map.size().iter().map(|&n| n as usize).collect();
    let map_shape = [size[1], size[2], size[3]];
    let map = map.to_device(Device::Cpu).to_kind(Kind::Float);
    let examined = samples.into_iter().zip(tokens.into_iter().zip(certainty)).zip(indices).enumerate();
    examined
        .map(|(row, ((sample, (answer, certainty)), index))| {
            let mut values = vec![0.0_f32; map_shape.iter().product()];
            let own = map.get(row as i64).contiguous();
            own.f_copy_data(&mut values, own.numel())?;
            Ok(Examined { index, sample, map: values, map_shape, answer, certainty })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::digit_circle::{DigitCircle, DigitCircleConfig};

    #[test]
    fn channels_that_mark_nothing_and_those_that_mark_together_are_counted() {
        let sample = Sample { input: vec![0.0; 4], target: vec![0], motifs: Vec::new() };
        // Channel 0 shares two of three positions, channel 1 both of its own, channel 2 none of one, channel 3 is silent.
        let map = [[1.0, 1.0, 1.0, 0.0], [0.5, 0.5, 0.0, 0.0], [0.0, 0.0, 0.0, 2.0], [0.0; 4]].concat();
        let examined =
            Examined { index: 0, sample, map, map_shape: [4, 2, 2], answer: vec![0], certainty: Vec::new() };
        let none = || Score::Tokens(E2ee::default());
        let mut counts = Counts::new(4, 1, none(), false);
        counts.add(&examined, 1);
        let mut twice = Counts::new(4, 1, none(), false);
        twice.merge(&counts);
        twice.merge(&counts);
        assert_eq!((counts.shared, twice.shared), (vec![2, 2, 0, 0], vec![4, 4, 0, 0]));
        let report = Report {
            samples: 1,
            e2ee: none(),
            confusion: Confusion::new(4, 1),
            sharing: None,
            channel_density: vec![0.75, 0.5, 0.25, 0.0],
            together: vec![2.0 / 3.0, 1.0, 0.0, 0.0],
            values: Vec::new(),
        };
        assert_eq!((report.silent_channels(), report.channels_together()), (1, 2));
    }

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
