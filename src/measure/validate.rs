//! Greedy decoding and motif matching over a stretch of a split.

use anyhow::Result;
use tch::{Device, Kind, no_grad_guard};

use crate::domain::{Sample, Split};
use crate::eval::{Confusion, E2ee, MotifMap};
use crate::train::{Batch, Session, tensors};

/// What was measured over some samples.
#[derive(Clone, Debug)]
pub struct Report {
    /// Samples behind the numbers.
    pub samples: u64,
    /// End-to-end errors and exact matches.
    pub e2ee: E2ee,
    /// Motifs predicted against true ones.
    pub confusion: Confusion,
    /// Share of non-zero activations, by channel.
    pub channel_density: Vec<f64>,
    /// Non-zero motif values, at most 20,000 of them.
    pub values: Vec<f32>,
}

impl Report {
    /// Measured density over all channels.
    pub fn density(&self) -> f64 {
        self.channel_density.iter().sum::<f64>() / self.channel_density.len().max(1) as f64
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
    /// Greedy answer.
    pub answer: Vec<u32>,
}

/// Measures the network on samples `start .. start + count` of `split`.
///
/// # Errors
/// When a sample cannot be made.
pub fn validate(session: &mut Session, split: Split, start: u64, count: u64) -> Result<Report> {
    let channels = session.config.model.g.motifs as usize;
    let mut report = Report {
        samples: count,
        e2ee: E2ee::default(),
        confusion: Confusion::new(channels, session.domain.motif_kinds().len()),
        channel_density: vec![0.0; channels],
        values: Vec::new(),
    };
    let stride = session.config.model.g.stem_stride as usize;
    let mut open = vec![0_u64; channels];
    let mut positions = 0_u64;
    batches(session, split, start, count, |_, batch| {
        for examined in batch {
            let [c, h, w] = examined.map_shape;
            for (count, channel) in open.iter_mut().zip(examined.map.chunks(h * w)) {
                let nonzero = channel.iter().filter(|&&v| v > 0.0);
                let before = report.values.len();
                report.values.extend(nonzero.clone().take(KEPT_VALUES - before));
                *count += nonzero.count() as u64;
            }
            positions += (h * w) as u64;
            let map = MotifMap {
                values: &examined.map,
                channels: c,
                height: h,
                width: w,
                stride: [stride, stride],
            };
            report.confusion.add(map, &examined.sample.motifs);
            report.e2ee.add(&examined.answer, &examined.sample.target);
        }
        Ok(())
    })?;
    report.channel_density = open.iter().map(|&n| n as f64 / positions.max(1) as f64).collect();
    Ok(report)
}

/// Calls `each` with samples `start .. start + count`, a batch at a time.
///
/// # Errors
/// When a sample cannot be made, or `each` fails.
pub(super) fn batches(
    session: &mut Session,
    split: Split,
    start: u64,
    count: u64,
    mut each: impl FnMut(&mut Session, Vec<Examined>) -> Result<()>,
) -> Result<()> {
    let mut next = start;
    while next < start + count {
        let size = session.config.evaluation.batch.min(start + count - next);
        let examined = examine(session, split, next, size)?;
        each(session, examined)?;
        next += size;
    }
    Ok(())
}

/// Runs the network on samples `start .. start + count` and keeps everything.
///
/// # Errors
/// When a sample cannot be made.
pub fn examine(session: &mut Session, split: Split, start: u64, count: u64) -> Result<Vec<Examined>> {
    let _guard = no_grad_guard();
    let samples =
        (start..start + count).map(|i| session.domain.sample(split, i)).collect::<Result<Vec<_>>>()?;
    let batch = Batch::pack(&samples, session.domain.vocabulary().len() as i64);
    let (x, _, _) = tensors(&batch, session.domain.input_shape(), session.vs.device());
    let map = session.network.motifs(&x, false).map;
    let answers = session.network.answer(&map);
    let size: Vec<usize> = map.size().iter().map(|&n| n as usize).collect();
    let shape = [size[1], size[2], size[3]];
    let each: usize = shape.iter().product();
    let map = map.to_device(Device::Cpu).to_kind(Kind::Float).contiguous();
    let mut values = vec![0.0_f32; map.numel()];
    map.f_copy_data(&mut values, map.numel())?;
    Ok(samples
        .into_iter()
        .zip(answers)
        .zip(values.chunks(each))
        .zip(start..)
        .map(|(((sample, answer), map), index)| Examined {
            index,
            sample,
            map: map.to_vec(),
            map_shape: shape,
            answer,
        })
        .collect())
}
