//! A sample that can be listened to.

use std::io::Cursor;

use anyhow::{Context as _, Result};
use hound::{SampleFormat, WavSpec, WavWriter};

use super::audio_sequence::corpus::to_i16;

/// Mono sound.
#[derive(Clone, Debug, PartialEq)]
pub struct Sound {
    /// Values, full scale 1.
    pub samples: Vec<f32>,
    /// Samples a second.
    pub rate: u32,
}

impl Sound {
    /// The bytes of a WAV file of 16 bits a sample; what is beyond full scale is cut.
    ///
    /// # Errors
    /// When the sound is longer than a WAV file can be (4 GiB).
    pub fn wav(&self) -> Result<Vec<u8>> {
        let spec = WavSpec {
            channels: 1,
            sample_rate: self.rate,
            bits_per_sample: 16,
            sample_format: SampleFormat::Int,
        };
        let mut bytes = Cursor::new(Vec::new());
        let mut encode = || -> Result<(), hound::Error> {
            let mut writer = WavWriter::new(&mut bytes, spec)?;
            for &sample in &self.samples {
                writer.write_sample(to_i16(sample))?;
            }
            writer.finalize()
        };
        encode().context("cannot encode the sound as WAV")?;
        Ok(bytes.into_inner())
    }
}
