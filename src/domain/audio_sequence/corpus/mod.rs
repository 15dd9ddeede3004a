//! Recordings of spoken digits: where they come from and how they are kept.
//!
//! A corpus is imported once ([`import`]) from a folder of recordings, or spoken by espeak-ng
//! ([`espeak`]), into a compact form under `data/corpora/NAME/`, which is verified whenever it
//! is read. From then on it is in memory: a corpus that vanishes does no harm to a training
//! that has begun.
//!
//! ```
//! use sparling::domain::audio_sequence::corpus::{Corpus, Recording};
//!
//! let recording = Recording { digit: 3, speaker: "ann".into(), take: "0".into(), offset: 2, length: 3 };
//! let corpus = Corpus {
//!     name: "mine".into(),
//!     layout: "fsdd".into(),
//!     checksum: "0123456789abcdef".into(),
//!     samples: vec![0, 0, 7, 8, 9],
//!     recordings: vec![recording],
//! };
//! assert_eq!(corpus.samples_of(&corpus.recordings[0]), [7, 8, 9]);
//! assert_eq!(corpus.identity(), "mine@0123456789ab");
//! ```

pub mod espeak;
pub mod import;
mod riff;
mod store;
mod wav;

use std::path::{Path, PathBuf};

use anyhow::{Result, ensure};

pub use store::{read, write};
pub use wav::{Flaw, SAMPLE_RATE, Wav, read as read_wav, read_within as read_wav_within, to_i16};

/// Folder that corpora are kept in, relative to where the program runs.
pub const FOLDER: &str = crate::hint::CORPORA;

/// One spoken digit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recording {
    /// 0 to 9.
    pub digit: u8,
    /// Who speaks.
    pub speaker: String,
    /// Which of the speaker's takes of this digit.
    pub take: String,
    /// First sample in [`Corpus::samples`].
    pub offset: usize,
    /// Samples.
    pub length: usize,
}

/// All recordings of a corpus, in memory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Corpus {
    /// Its name, as in `data/corpora/NAME`.
    pub name: String,
    /// Layout of the folder it was imported from.
    pub layout: String,
    /// SHA-256 over samples and index; empty until it was written.
    pub checksum: String,
    /// Mono samples at [`SAMPLE_RATE`].
    pub samples: Vec<i16>,
    /// The recordings in them.
    pub recordings: Vec<Recording>,
}

impl Corpus {
    /// The samples of a recording.
    #[must_use]
    pub fn samples_of(&self, recording: &Recording) -> &[i16] {
        &self.samples[recording.offset..recording.offset + recording.length]
    }

    /// Name and first digits of the checksum, as result rows name it.
    #[must_use]
    pub fn identity(&self) -> String {
        format!("{}@{}", self.name, &self.checksum[..12.min(self.checksum.len())])
    }

    /// The speakers, sorted.
    #[must_use]
    pub fn speakers(&self) -> Vec<&str> {
        let mut speakers: Vec<_> = self.recordings.iter().map(|r| r.speaker.as_str()).collect();
        speakers.sort_unstable();
        speakers.dedup();
        speakers
    }
}

/// The folder of a corpus given by name or path: what holds no `/` is a name.
#[must_use]
pub fn folder_of(name_or_path: &str) -> PathBuf {
    if name_or_path.contains('/') {
        PathBuf::from(name_or_path)
    } else {
        Path::new(FOLDER).join(name_or_path)
    }
}

/// Refuses names that would not be one folder.
///
/// # Errors
/// When the name is empty or holds anything but letters, digits, `-` and `_`.
pub fn check_name(name: &str) -> Result<()> {
    ensure!(
        !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || "-_".contains(c)),
        "--name is `{name}`; expected letters, digits, `-` and `_`, as it names a folder of {FOLDER}"
    );
    Ok(())
}
