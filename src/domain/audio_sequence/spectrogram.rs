//! Mel spectrograms in decibels, as torchaudio's MelSpectrogram and AmplitudeToDB make them.

use std::f64::consts::PI;
use std::sync::Arc;

use rustfft::num_complex::Complex;
use rustfft::{Fft, FftPlanner};

use super::AudioSequenceConfig;

/// Power below which torchaudio cuts before the logarithm.
const AMIN: f32 = 1e-10;

/// One mel band: a triangle over neighbouring frequency bins.
#[derive(Clone, Debug)]
struct Band {
    first: usize,
    weights: Vec<f32>,
}

/// Makes spectrograms of clips of one length.
///
/// Frame f is the power spectrum under a periodic Hann window of n-fft samples centred at sample
/// f·hop; beyond its ends the clip is continued by reflection. Bands are triangles evenly spaced
/// on the HTK mel scale from 0 Hz to half the sample rate, of height 1.
pub(in crate::domain) struct Spectrogram {
    n_fft: usize,
    hop: usize,
    frames: usize,
    top_db: f32,
    shift: f32,
    scale: f32,
    window: Vec<f32>,
    bands: Vec<Band>,
    fft: Arc<dyn Fft<f32>>,
}

impl std::fmt::Debug for Spectrogram {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Spectrogram({} bands × {} frames)", self.bands.len(), self.frames)
    }
}

impl Spectrogram {
    pub(in crate::domain) fn new(config: &AudioSequenceConfig) -> Self {
        let n = config.n_fft;
        let window = (0..n).map(|i| (0.5 - 0.5 * (2.0 * PI * i as f64 / n as f64).cos()) as f32).collect();
        Self {
            n_fft: n,
            hop: config.hop,
            frames: config.frames(),
            top_db: config.top_db as f32,
            shift: config.feature_shift as f32,
            scale: config.feature_scale as f32,
            window,
            bands: bands(config.mels, n / 2 + 1, f64::from(config.sample_rate)),
            fft: FftPlanner::new().plan_fft_forward(n),
        }
    }

    /// Features of a clip, `[mels, frames]` row-major: (dB + shift) / scale.
    pub(in crate::domain) fn of(&self, sound: &[f32]) -> Vec<f32> {
        let mut features = vec![0.0; self.bands.len() * self.frames];
        let mut buffer = vec![Complex::default(); self.n_fft];
        let mut scratch = vec![Complex::default(); self.fft.get_inplace_scratch_len()];
        let mut power = vec![0.0; self.n_fft / 2 + 1];
        let padded = self.padded(sound);
        for frame in (0..self.frames).step_by(2) {
            // Two real frames are one complex one: x + iy has the spectrum X + iY, and
            // X_k and Y_k follow from its values at k and −k.
            let first = &padded[frame * self.hop..][..self.n_fft];
            let pair = frame + 1 < self.frames;
            let second = if pair { &padded[(frame + 1) * self.hop..][..self.n_fft] } else { first };
            for (z, ((x, y), w)) in buffer.iter_mut().zip(first.iter().zip(second).zip(&self.window)) {
                *z = Complex::new(x * w, y * w);
            }
            self.fft.process_with_scratch(&mut buffer, &mut scratch);
            self.separate(&buffer, 1.0, &mut power);
            self.fold(&power, frame, &mut features);
            if pair {
                self.separate(&buffer, -1.0, &mut power);
                self.fold(&power, frame + 1, &mut features);
            }
        }
        self.decibels(&mut features);
        features
    }

    /// The clip with half a window of its mirror image at both ends.
    fn padded(&self, sound: &[f32]) -> Vec<f32> {
        let half = self.n_fft / 2;
        let mut padded = Vec::with_capacity(sound.len() + 2 * half);
        padded.extend(sound[1..=half].iter().rev());
        padded.extend_from_slice(sound);
        padded.extend(sound[sound.len() - 1 - half..sound.len() - 1].iter().rev());
        padded
    }

    /// |X_k|² (sign 1) or |Y_k|² (sign −1) of a pair's spectrum Z: X = (Z_k + Z*₋k)/2, Y = (Z_k − Z*₋k)/2i.
    fn separate(&self, z: &[Complex<f32>], sign: f32, power: &mut [f32]) {
        let n = z.len();
        for (k, power) in power.iter_mut().enumerate() {
            let (a, b) = (z[k], z[(n - k) % n]);
            let (re, im) = (a.re + sign * b.re, a.im - sign * b.im);
            *power = 0.25 * (re * re + im * im);
        }
    }

    fn fold(&self, power: &[f32], frame: usize, features: &mut [f32]) {
        for (row, band) in features.chunks_exact_mut(self.frames).zip(&self.bands) {
            let bins = &power[band.first..][..band.weights.len()];
            row[frame] = bins.iter().zip(&band.weights).map(|(p, w)| p * w).sum();
        }
    }

    fn decibels(&self, features: &mut [f32]) {
        let mut loudest = f32::MIN;
        for value in features.iter_mut() {
            *value = 10.0 * value.max(AMIN).log10();
            loudest = loudest.max(*value);
        }
        let floor = loudest - self.top_db;
        for value in features.iter_mut() {
            *value = (value.max(floor) + self.shift) / self.scale;
        }
    }
}

/// The bands of torchaudio's `melscale_fbanks` (HTK, no norm). It spreads the bins evenly from 0 to half the
/// sample rate, though with an odd window the last bin lies half a bin lower; so does this.
fn bands(mels: usize, bins: usize, sample_rate: f64) -> Vec<Band> {
    let top = (sample_rate / 2.0).floor();
    let to_mel = |hertz: f64| 2595.0 * (1.0 + hertz / 700.0).log10();
    let to_hertz = |mel: f64| 700.0 * (10_f64.powf(mel / 2595.0) - 1.0);
    let edge = |i: usize| to_hertz(to_mel(top) * i as f64 / (mels + 1) as f64);
    let frequency = |bin: usize| top * bin as f64 / (bins - 1) as f64;
    (0..mels)
        .map(|m| {
            let (low, middle, high) = (edge(m), edge(m + 1), edge(m + 2));
            let weight = |bin: usize| {
                let f = frequency(bin);
                ((f - low) / (middle - low)).min((high - f) / (high - middle)).max(0.0) as f32
            };
            let all: Vec<f32> = (0..bins).map(weight).collect();
            let first = all.iter().position(|w| *w > 0.0).unwrap_or(0);
            let end = all.iter().rposition(|w| *w > 0.0).map_or(first, |i| i + 1);
            Band { first, weights: all[first..end].to_vec() }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two frames at once give what each gives alone, to a few units of the last place:
    /// a lone last frame is paired with itself.
    #[test]
    fn a_pair_of_frames_does_not_mix() {
        let config =
            |seconds| AudioSequenceConfig { clip_seconds: seconds, ..AudioSequenceConfig::default() };
        let (even, odd) = (config(0.1), config(0.125));
        assert_eq!((even.frames() % 2, odd.frames() % 2), (1, 0));
        let sound: Vec<f32> = (0..1000).map(|i| ((i * i % 97) as f32 - 48.0) / 50.0).collect();
        let (short, long) = (Spectrogram::new(&even).of(&sound[..800]), Spectrogram::new(&odd).of(&sound));
        // Frame 2 of both is paired differently from frame to end; 0..3 see the same samples.
        for band in 0..64 {
            for frame in 0..3 {
                let (a, b) = (short[band * even.frames() + frame], long[band * odd.frames() + frame]);
                assert!((a - b).abs() < 1e-4, "band {band}, frame {frame}: {a} and {b}");
            }
        }
    }
}
