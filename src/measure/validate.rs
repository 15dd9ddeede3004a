//! Answers scored and motifs matched over a stretch of a split.

use anyhow::Result;

use super::look::{Looked, NonZeros, capped, look, stretches};
use super::rows::relabelling;
use crate::domain::{Domain, Split, TargetKind};
use crate::eval::{Confusion, E2ee, Fired, LabelScore, Score};
use crate::train::Session;
use crate::train::lanes::in_lanes;

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

    fn add(&mut self, looked: &Looked, stride: usize) {
        let NonZeros { places, values } = &looked.map;
        let [_, height, width] = looked.map_shape;
        let plane = height * width;
        let positive = || places.iter().zip(values).filter(|(_, value)| **value > 0.0);
        let marked: Vec<usize> = positive().map(|(place, _)| *place).collect();
        let room = KEPT_VALUES - self.values.len();
        self.values.extend(positive().take(room).map(|(_, value)| *value));
        let mut marking = vec![0_u16; plane];
        for place in &marked {
            self.open[place / plane] += 1;
            marking[place % plane] += 1;
        }
        for place in marked.iter().filter(|&place| marking[place % plane] > 1) {
            self.shared[place / plane] += 1;
        }
        self.positions += plane as u64;
        let fired = Fired::at(places, values, looked.map_shape, [stride, stride]);
        if self.sharing {
            self.confusion.add_fired_sharing(fired, &looked.sample.motifs);
        } else {
            self.confusion.add_fired(fired, &looked.sample.motifs);
        }
        self.e2ee.add(&looked.answer, &looked.sample.target, &looked.certainty);
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
            for looked in look(network, domain.as_ref(), split, start..start + size, device)? {
                part.add(&looked, stride);
            }
            Ok(part)
        })?;
        for part in &parts {
            all.merge(part);
        }
    }
    let (confusion, of_sharing) = all.confusion.settled(relabelling(session));
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

#[cfg(test)]
mod tests {
    use tch::{Device, Kind, Tensor};

    use super::super::look::{examined, non_zeros};
    use super::*;
    use crate::domain::Sample;
    use crate::eval::{Motif, MotifMap};

    #[test]
    fn channels_that_mark_nothing_and_those_that_mark_together_are_counted() {
        let sample = Sample { input: vec![0.0; 4], target: vec![0], motifs: Vec::new() };
        // Channel 0 shares two of three positions, channel 1 both of its own, channel 2 none of one, channel 3 is silent.
        let map: [[f32; 4]; 4] = [[1.0, 1.0, 1.0, 0.0], [0.5, 0.5, 0.0, 0.0], [0.0, 0.0, 0.0, 2.0], [0.0; 4]];
        let map = non_zeros(&Tensor::from_slice(&map.concat()).view([1, 4, 2, 2])).unwrap().remove(0);
        let looked =
            Looked { index: 0, sample, map, map_shape: [4, 2, 2], answer: vec![0], certainty: Vec::new() };
        let none = || Score::Tokens(E2ee::default());
        let mut counts = Counts::new(4, 1, none(), false);
        counts.add(&looked, 1);
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

    /// At every density, also of maps with negative values and without any: whole maps and counts are those of maps that
    /// are copied value by value.
    #[test]
    fn non_zeros_are_those_of_the_whole_maps() {
        tch::manual_seed(5);
        for density in [0.0, 1e-3, 0.05, 0.5, 1.0] {
            let shape = [3, 4, 5, 6_i64];
            let open = Tensor::rand(shape, (Kind::Float, Device::Cpu)).lt(density);
            let maps = Tensor::randn(shape, (Kind::Float, Device::Cpu)) * open;
            let motif = Motif { kind: 1, top: 1, left: 1, bottom: 4, right: 4 };
            let sample = Sample { input: Vec::new(), target: vec![0], motifs: vec![motif] };
            let looked = |map| Looked {
                index: 0,
                sample: sample.clone(),
                map,
                map_shape: [4, 5, 6],
                answer: vec![0],
                certainty: Vec::new(),
            };
            let found = non_zeros(&maps).unwrap();
            assert_eq!(found.len(), 3);
            for (row, map) in found.into_iter().enumerate() {
                let own = maps.get(row as i64);
                let whole = Vec::<f32>::try_from(own.flatten(0, -1)).unwrap();
                let mut counts = Counts::new(4, 2, Score::Tokens(E2ee::default()), false);
                counts.add(&looked(map.clone()), 1);
                let mut expected = Confusion::new(4, 2);
                let dense = MotifMap { values: &whole, channels: 4, height: 5, width: 6, stride: [1, 1] };
                expected.add(dense, &sample.motifs);
                assert_eq!(counts.confusion, expected, "density {density}");
                let positive: Vec<f32> = whole.iter().copied().filter(|&value| value > 0.0).collect();
                assert_eq!(counts.values, positive, "density {density}");
                assert_eq!(examined(vec![looked(map)])[0].map, whole, "density {density}");
            }
        }
    }
}
