//! One recording (WAV, FLAC, Ogg Vorbis, MP3): read to the end, mixed to one channel, brought to the corpus's rate,
//! judged.

use std::fmt;
use std::io::Cursor;
use std::path::Path;

use anyhow::{Context as _, Result};
use rubato::audioadapter_buffers::direct::InterleavedSlice;
use rubato::{Fft, FixedSync, Resampler as _, WindowFunction};
use symphonia::core::audio::{Channels, SampleBuffer};
use symphonia::core::codecs::DecoderOptions;
use symphonia::core::errors::Error;
use symphonia::core::formats::FormatOptions;
use symphonia::core::io::{MediaSourceStream, MediaSourceStreamOptions};
use symphonia::core::meta::MetadataOptions;
use symphonia::core::probe::Hint;

use super::riff;
use crate::guard::guarded;

/// Rate of every corpus (samples a second), the paper's.
pub const SAMPLE_RATE: u32 = 8000;

/// Recordings shorter than this many seconds are clicks, longer ones are not one digit.
const SECONDS: std::ops::RangeInclusive<f64> = 0.05..=3.0;

/// A recording whose loudest sample is below this (of full scale 1) counts as silence: twice the
/// scale 2^-10 of the noise that is added to every clip (paper section 5).
const SILENCE: f32 = 1.0 / 512.0;

/// Float samples may overshoot full scale somewhat; beyond this many times they are of another scale.
const LOUDEST: f32 = 4.0;

/// Bytes of a second, at most: eight channels of doubles at 96 kHz come to 6 MiB.
const ROOM: u64 = 8 << 20;

/// Why a file is not taken into a corpus.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Flaw {
    /// The disk or the file's permissions do not let it be read.
    Unreadable,
    /// A pipe or a device, which has no end.
    Special,
    /// Not a sound file, or of a kind that cannot be read.
    NotSound,
    /// A WAV file of another coding than PCM, floats, µ-law and A-law, by the number of its format and its bits.
    Coding(u16, u16),
    /// A WAV file whose header lacks its format or is cut off.
    Header,
    /// A WAV file whose frames are not as long as its channels and bits make them.
    Frames,
    /// A big-endian WAV file (RIFX).
    BigEndian,
    /// A sample is infinite or no number.
    NotFinite,
    /// Float samples far beyond full scale: integers that were stored as floats.
    Scale,
    /// The header promises more samples than there are.
    Truncated,
    /// A FLAC file whose samples are not those that its header has a sum of.
    Checksum,
    /// No samples.
    Empty,
    /// Neither mono nor stereo.
    Channels,
    /// Sampled below the corpus's rate, so that high frequencies are missing.
    Rate,
    /// Shorter or longer than a spoken digit can be.
    Length,
    /// Nothing above the noise.
    Silent,
    /// The same samples as an earlier file.
    Duplicate,
    /// Digit, speaker and take of an earlier file.
    Repeated,
    /// Named in the list of files to leave out.
    Excluded,
    /// The name does not tell digit, speaker and take.
    Name,
    /// It lies outside of the folders of the layout.
    Elsewhere,
}

impl fmt::Display for Flaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable => write!(f, "cannot be opened: see its permissions and its disk"),
            Self::Special => write!(f, "a pipe or a device and no file"),
            Self::NotSound => write!(f, "not a WAV, FLAC, Ogg Vorbis or MP3 file that can be read"),
            Self::Coding(tag, bits) => {
                write!(f, "a WAV file of a coding that is not read (format {tag}, {bits} bits)")
            }
            Self::Header => write!(f, "a WAV file without a whole format chunk"),
            Self::Frames => {
                write!(f, "a WAV file whose frames are not as long as its channels and bits make them")
            }
            Self::BigEndian => write!(f, "a big-endian WAV file (RIFX)"),
            Self::NotFinite => write!(f, "a sample is infinite or no number"),
            Self::Scale => write!(f, "float samples beyond {LOUDEST} times full scale"),
            Self::Truncated => write!(f, "cut short: its header promises more samples"),
            Self::Checksum => write!(f, "damaged: its samples are not those of its checksum"),
            Self::Empty => write!(f, "empty"),
            Self::Channels => write!(f, "more than two channels"),
            Self::Rate => write!(f, "sampled below {SAMPLE_RATE} Hz"),
            Self::Length => write!(f, "not {} to {} seconds long", SECONDS.start(), SECONDS.end()),
            Self::Silent => write!(f, "silent: no sample is 1/512 of full scale from the mean"),
            Self::Duplicate => write!(f, "the same samples as an earlier file"),
            Self::Repeated => write!(f, "digit, speaker and take of an earlier file"),
            Self::Excluded => write!(f, "named in --exclude"),
            Self::Elsewhere => write!(f, "not in a folder that the recordings' layout has"),
            Self::Name => write!(f, "not named as a recording of a digit (D_speaker_T.wav)"),
        }
    }
}

/// What a usable file held.
#[derive(Clone, Debug, PartialEq)]
pub struct Wav {
    /// Mono samples at [`SAMPLE_RATE`], 16 bit.
    pub samples: Vec<i16>,
    /// Whether two channels were averaged.
    pub mixed: bool,
    /// Whether it was resampled.
    pub resampled: bool,
    /// Whether samples beyond full scale were cut.
    pub cut: bool,
}

/// Reads a file.
///
/// # Errors
/// With the [`Flaw`] for which it is left out.
pub fn read(path: &Path) -> Result<Wav, Flaw> {
    read_within(path, SECONDS)
}

/// Reads a file of between so many seconds.
///
/// # Errors
/// As [`read`].
pub fn read_within(path: &Path, within: std::ops::RangeInclusive<f64>) -> Result<Wav, Flaw> {
    let about = std::fs::metadata(path).map_err(|_| Flaw::Unreadable)?;
    if !about.is_file() {
        return Err(Flaw::Special);
    }
    // What a few seconds can come to with many channels at a high rate, and as much again for what is beside them.
    if about.len() > ROOM.saturating_add(ROOM.saturating_mul(within.end().ceil() as u64)) {
        return Err(Flaw::Length);
    }
    let bytes = std::fs::read(path).map_err(|_| Flaw::Unreadable)?;
    if bytes.is_empty() {
        return Err(Flaw::Empty);
    }
    let plain = riff::plain(bytes)?;
    // Decoders meet every damage there is, and not each of them with an error.
    let Decoded { samples, channels, rate } = guarded(|| decode(plain)).ok_or(Flaw::NotSound)??;
    if samples.is_empty() {
        return Err(Flaw::Empty);
    }
    if !(1..=2).contains(&channels) {
        return Err(Flaw::Channels);
    }
    if rate < SAMPLE_RATE {
        return Err(Flaw::Rate);
    }
    if !samples.iter().all(|s| s.is_finite()) {
        return Err(Flaw::NotFinite);
    }
    if samples.iter().any(|s| s.abs() > LOUDEST) {
        return Err(Flaw::Scale);
    }
    let seconds = (samples.len() / channels) as f64 / f64::from(rate);
    if !within.contains(&seconds) {
        return Err(Flaw::Length);
    }
    // Of two channels that are each other's opposite nothing is left.
    let mono = mono(&samples, channels).filter(|mono| is_audible(mono)).ok_or(Flaw::Silent)?;
    let resampled = rate != SAMPLE_RATE;
    let mono = if resampled { resample(&mono, rate as usize).map_err(|_| Flaw::Rate)? } else { mono };
    let cut = samples.iter().any(|s| s.abs() > 1.0);
    Ok(Wav { samples: mono.iter().map(|&s| to_i16(s)).collect(), mixed: channels == 2, resampled, cut })
}

/// The mean of the channels that hold sound; `None` if none does. A silent channel would halve the other.
fn mono(samples: &[f32], channels: usize) -> Option<Vec<f32>> {
    let loud: Vec<usize> = (0..channels)
        .filter(|&channel| {
            let own: Vec<f32> = samples.iter().copied().skip(channel).step_by(channels).collect();
            is_audible(&own)
        })
        .collect();
    let mean = |frame: &[f32]| loud.iter().map(|&c| frame[c]).sum::<f32>() / loud.len() as f32;
    (!loud.is_empty()).then(|| samples.chunks_exact(channels).map(mean).collect())
}

/// Whether a sample is off the mean by more than noise.
fn is_audible(samples: &[f32]) -> bool {
    let mean = samples.iter().sum::<f32>() / samples.len() as f32;
    samples.iter().any(|s| (s - mean).abs() >= SILENCE)
}

/// Interleaved samples of full scale 1.
struct Decoded {
    samples: Vec<f32>,
    channels: usize,
    rate: u32,
}

fn decode(bytes: Vec<u8>) -> Result<Decoded, Flaw> {
    // A file of another kind can hold four bytes that look like the beginning of an MP3's frame.
    let named = [&b"RIFF"[..], b"fLaC", b"OggS"].iter().any(|magic| bytes.starts_with(magic));
    let stream = MediaSourceStream::new(Box::new(Cursor::new(bytes)), MediaSourceStreamOptions::default());
    let probed = symphonia::default::get_probe()
        .format(&Hint::new(), stream, &FormatOptions::default(), &MetadataOptions::default())
        .map_err(|error| if named { flaw(&error) } else { Flaw::NotSound })?;
    let mut format = probed.format;
    let track = format.default_track().ok_or(Flaw::NotSound)?;
    let (id, promised) = (track.id, track.codec_params.n_frames);
    let mut decoder = symphonia::default::get_codecs()
        .make(&track.codec_params, &DecoderOptions { verify: true })
        .map_err(|error| flaw(&error))?;
    let mut decoded = Decoded {
        samples: Vec::new(),
        channels: track.codec_params.channels.map_or(0, Channels::count),
        rate: track.codec_params.sample_rate.unwrap_or(0),
    };
    loop {
        let packet = match format.next_packet() {
            Ok(packet) if packet.track_id() != id => continue,
            Ok(packet) => packet,
            Err(Error::IoError(error)) if error.kind() == std::io::ErrorKind::UnexpectedEof => break,
            Err(error) => return Err(flaw(&error)),
        };
        let buffer = decoder.decode(&packet).map_err(|error| flaw(&error))?;
        let spec = *buffer.spec();
        (decoded.channels, decoded.rate) = (spec.channels.count(), spec.rate);
        let mut samples = SampleBuffer::<f32>::new(buffer.capacity() as u64, spec);
        samples.copy_interleaved_ref(buffer);
        decoded.samples.extend_from_slice(samples.samples());
    }
    let frames = decoded.samples.len() / decoded.channels.max(1);
    if promised.is_some_and(|promised| (frames as u64) < promised) {
        return Err(Flaw::Truncated);
    }
    if decoder.finalize().verify_ok == Some(false) {
        return Err(Flaw::Checksum);
    }
    Ok(decoded)
}

fn flaw(error: &Error) -> Flaw {
    match error {
        // The header was read, so what ends too early are the samples.
        Error::IoError(_) => Flaw::Truncated,
        _ => Flaw::NotSound,
    }
}

/// The nearest of 65,536 levels; what is beyond full scale is cut.
pub fn to_i16(sample: f32) -> i16 {
    (sample * 32768.0).round().clamp(-32768.0, 32767.0) as i16
}

/// Brings mono samples from `rate` to [`SAMPLE_RATE`], low-pass filtered; the delay of the filter is taken out.
///
/// The filter is as long as a block, 20 ms or 160 samples of the outcome, and passes up to 0.92
/// of half the rate, 3.7 kHz. More and shorter blocks, the default, would cut at 3.0 kHz from 48 kHz.
fn resample(samples: &[f32], rate: usize) -> Result<Vec<f32>> {
    let window = WindowFunction::BlackmanHarris2;
    let mut resampler =
        Fft::<f32>::new_custom(rate, SAMPLE_RATE as usize, rate / 50, 1, 1, window, FixedSync::Input)
            .with_context(|| format!("cannot resample from {rate} Hz"))?;
    let input = InterleavedSlice::new(samples, 1, samples.len()).context("resampling")?;
    let output = resampler.process_all(&input, samples.len(), None).context("resampling")?;
    Ok(output.take_data())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::f64::consts::TAU;

    /// A tone below the new Nyquist frequency keeps its time and height, one above it is gone.
    #[test]
    fn resampling_keeps_time_and_removes_what_would_alias() {
        let tone = |hertz: f64, rate: f64, n: usize| -> Vec<f32> {
            (0..n).map(|i| (TAU * hertz * i as f64 / rate).sin() as f32).collect()
        };
        for hertz in [440.0, 3000.0] {
            let low = resample(&tone(hertz, 48_000.0, 24_000), 48_000).unwrap();
            assert_eq!(low.len(), 4000);
            let expected = tone(hertz, 8000.0, 4000);
            // Away from the ends, where the filter sees the silence outside. The pass band of a
            // windowed sinc ripples far below 1 %.
            let worst = low.iter().zip(&expected).skip(400).take(3200).map(|(a, b)| (a - b).abs());
            assert!(worst.fold(0.0, f32::max) < 0.01, "{hertz} Hz");
        }
        let high = resample(&tone(5000.0, 48_000.0, 24_000), 48_000).unwrap();
        let loudest = high[400..3600].iter().fold(0.0_f32, |m, s| m.max(s.abs()));
        assert!(loudest < 0.01, "5 kHz came through at {loudest}");
    }

    #[test]
    fn levels_are_rounded_and_cut() {
        assert_eq!([to_i16(0.0), to_i16(1.0), to_i16(-1.0), to_i16(2.0)], [0, 32767, -32768, 32767]);
        assert_eq!(to_i16(1.6 / 32768.0), 2);
    }
}
