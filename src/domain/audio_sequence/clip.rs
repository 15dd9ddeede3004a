//! One clip before its features: which recordings, where, and the sound they make.

use anyhow::{Result, bail};
use rand::{Rng, RngExt as _};

use super::AudioSequenceConfig;
use super::corpus::Corpus;
use super::pool::Pool;

/// A recording in a clip, played faster or slower where `end − start` is not its own length.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Placed {
    /// Index into [`Corpus::recordings`].
    pub recording: usize,
    /// First sample of the clip that it fills.
    pub start: usize,
    /// One past the last.
    pub end: usize,
    /// a of the filter xₙ + a·xₙ₋₁ that tilts its spectrum; 0: as recorded.
    pub tilt: f32,
}

/// How far the training's recordings may be from how they were recorded.
#[derive(Clone, Copy, Debug)]
pub(super) struct Perturbation {
    /// Speeds are uniform in 1 ± this.
    pub(super) speed: f64,
    /// Tilts are uniform in 0 ± this.
    pub(super) tilt: f64,
}

/// Draws of recordings after which a clip is given up: only a corpus of recordings that are far
/// too long gets there.
const TRIES: usize = 1000;

/// Draws a clip's recordings and their places, in order of time.
///
/// n is uniform in min-digits..=max-digits and kept; recordings are drawn again until they
/// fit into the clip. Each is played at a speed and with a tilt of its own. With F free samples the placements without overlap are the sequences
/// 0 ≤ g₁ ≤ … ≤ gₙ ≤ F, where recording i starts at gᵢ plus the lengths before it. gᵢ ↦ gᵢ + i makes
/// of them exactly the n-element subsets of {1, …, F + n}, of which one is drawn
/// uniformly: so every placement is as likely as any other.
///
/// # Errors
/// When the recordings do not fit.
pub(super) fn place(
    config: &AudioSequenceConfig,
    corpus: &Corpus,
    pool: &Pool,
    perturbation: Perturbation,
    rng: &mut impl Rng,
) -> Result<Vec<Placed>> {
    let n = rng.random_range(config.min_digits..=config.max_digits);
    let clip = config.clip_samples();
    let (slowest, fastest) = (1.0 - perturbation.speed, 1.0 + perturbation.speed);
    for _ in 0..TRIES {
        let drawn: Vec<usize> = (0..n).map(|_| pool.draw(rng)).collect();
        let mut played = |&i: &usize| match corpus.recordings[i].length {
            length if perturbation.speed == 0.0 => length,
            length => (length as f64 / rng.random_range(slowest..=fastest)).round() as usize,
        };
        let lengths: Vec<usize> = drawn.iter().map(&mut played).map(|length| length.max(1)).collect();
        let Some(free) = clip.checked_sub(lengths.iter().sum()) else { continue };
        let mut gaps = rand::seq::index::sample(rng, free + n, n).into_vec();
        gaps.sort_unstable();
        let mut before = 0;
        return Ok(drawn
            .into_iter()
            .zip(lengths)
            .zip(gaps.into_iter().enumerate())
            .map(|((recording, length), (i, gap))| {
                let start = gap - i + before;
                before += length;
                let tilt = match perturbation.tilt {
                    0.0 => 0.0,
                    most => rng.random_range(-most..=most) as f32,
                };
                Placed { recording, start, end: start + length, tilt }
            })
            .collect());
    }
    bail!(
        "{n} recordings of the corpus {} do not fit into a clip of {} seconds; \
         expected shorter recordings, fewer domain.max-digits or more domain.clip-seconds",
        corpus.name,
        config.clip_seconds
    )
}

/// The sound of placed recordings, full scale 1, without noise.
pub(super) fn mix(config: &AudioSequenceConfig, corpus: &Corpus, placed: &[Placed]) -> Vec<f32> {
    let mut sound = vec![0.0; config.clip_samples()];
    for p in placed {
        let recording = corpus.samples_of(&corpus.recordings[p.recording]);
        let place = &mut sound[p.start..p.end];
        if place.len() == recording.len() {
            for (to, from) in place.iter_mut().zip(recording) {
                *to = f32::from(*from) / 32768.0;
            }
        } else {
            stretch(recording, place);
        }
        tilt(place, p.tilt);
    }
    sound
}

/// xₙ + a·xₙ₋₁: louder and duller with a above 0, softer and brighter below.
fn tilt(sound: &mut [f32], a: f32) {
    if a == 0.0 {
        return;
    }
    let mut before = 0.0;
    for x in sound {
        before = std::mem::replace(x, *x + a * before);
    }
}

/// Plays all of `recording` in the time of `place`, full scale 1, between samples along the cubic
/// through the two before and the two after (Catmull and Rom's). Pitch, formants and tempo
/// change together, as on a tape; what the change of a few percent folds back into the band is not filtered.
fn stretch(recording: &[i16], place: &mut [f32]) {
    let Some(last) = recording.len().checked_sub(1) else { return };
    let at = |i: isize| f32::from(recording[i.clamp(0, last as isize) as usize]);
    let step = recording.len() as f64 / place.len() as f64;
    for (k, to) in place.iter_mut().enumerate() {
        // Centres of samples, so that both ends are treated alike.
        let position = ((k as f64 + 0.5) * step - 0.5).max(0.0);
        let (i, t) = (position as isize, position.fract() as f32);
        let [a, b, c, d] = [at(i - 1), at(i), at(i + 1), at(i + 2)];
        let value =
            b + 0.5 * t * (c - a + t * (2.0 * a - 5.0 * b + 4.0 * c - d + t * (3.0 * (b - c) + d - a)));
        *to = value / 32768.0;
    }
}

/// Adds noise of the standard normal density cut at ±1, times `scale`.
///
/// A uniform x of [−1, 1) is kept with probability exp(−x²/2); as 1 − x²/2 lies below that, most are
/// kept without the exponential.
pub(super) fn add_noise(sound: &mut [f32], scale: f64, rng: &mut impl Rng) {
    let scale = scale as f32;
    if scale == 0.0 {
        return;
    }
    for sample in sound {
        loop {
            let bits = rng.next_u64();
            // 32 bits each.
            let x = (bits as u32 as i32) as f32 / 2_147_483_648.0;
            let u = (bits >> 32) as f32 / 4_294_967_296.0;
            let square = 0.5 * x * x;
            if u < 1.0 - square || u < (-square).exp() {
                *sample += scale * x;
                break;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng as _;
    use rand_chacha::ChaCha8Rng;

    /// A slow sine played in another time is the same sine: the cubic's error is of the third order in the
    /// step, (0.05)³/10 ≈ 1e-5 of the amplitude, under the rounding of 16 bits (1/10000 here).
    #[test]
    fn a_stretched_tone_is_that_tone() {
        let sine = |phase: f64| 10_000.0 * (0.05 * phase).sin();
        let recording: Vec<i16> = (0..1000).map(|i| sine(f64::from(i)).round() as i16).collect();
        for length in [870, 1000, 1170] {
            let mut place = vec![0.0; length];
            stretch(&recording, &mut place);
            let step = 1000.0 / length as f64;
            // Without the ends, where the recording has no neighbours.
            for (k, value) in place.iter().enumerate().take(length - 5).skip(5) {
                let expected = sine((k as f64 + 0.5) * step - 0.5) / 32768.0;
                let error = (f64::from(*value) - expected).abs() * 32768.0;
                assert!(error <= 1.5, "length {length}, sample {k}: off by {error} of 10000");
            }
        }
    }

    /// xₙ + a·xₙ₋₁ answers an impulse with (1, a), a constant with 1 + a from the second sample on.
    #[test]
    fn a_tilt_is_its_filter() {
        let mut impulse = [0.0, 1.0, 0.0, 0.0];
        tilt(&mut impulse, -0.25);
        assert_eq!(impulse, [0.0, 1.0, -0.25, 0.0]);
        let mut constant = [2.0; 4];
        tilt(&mut constant, 0.5);
        assert_eq!(constant, [2.0, 3.0, 3.0, 3.0]);
        let mut same = [1.0, 2.0];
        tilt(&mut same, 0.0);
        assert_eq!(same, [1.0, 2.0]);
    }

    #[test]
    fn what_is_stretched_keeps_its_ends() {
        let mut place = [9.0; 7];
        stretch(&[16_384; 5], &mut place);
        assert_eq!(place, [0.5; 7]);
        stretch(&[16_384], &mut place);
        assert_eq!(place, [0.5; 7], "one sample is held");
    }

    /// The cut normal has variance 1 − 2φ(1)/(2Φ(1) − 1) = 0.29112 and fourth moment
    /// 3·0.29112 − 2φ(1)/(2Φ(1) − 1) = 0.16449 (φ(1) = 0.241971, 2Φ(1) − 1 = 0.682689).
    #[test]
    fn noise_has_the_moments_of_a_cut_normal() {
        let n = 400_000;
        let mut noise = vec![0.0; n];
        add_noise(&mut noise, 0.5, &mut ChaCha8Rng::seed_from_u64(3));
        assert!(noise.iter().all(|x| x.abs() <= 0.5), "cut at one scale");
        let moment = |k: i32| noise.iter().map(|&x| f64::from(2.0 * x).powi(k)).sum::<f64>() / n as f64;
        // Five standard deviations of a mean over n: 5·√(variance/n), with the variances of x
        // (0.2911), of x² (0.1645 − 0.2911² = 0.0797) and of x⁴ (below E x⁴ = 0.1645).
        let within = |k, expected: f64, variance: f64| {
            let found = moment(k);
            assert!((found - expected).abs() < 5.0 * (variance / n as f64).sqrt(), "moment {k}: {found}");
        };
        within(1, 0.0, 0.2912);
        within(2, 0.291_12, 0.0797);
        within(4, 0.164_49, 0.1645);
    }
}
