//! A corpus spoken by the speech synthesiser espeak-ng, for machines without a recorded one.
//!
//! Sixty voices, each a voice variant of espeak-ng of its own, say the ten digits in three English accents,
//! each at a pitch and a speed of its own, four times with small changes of both. No two
//! voices share a variant, so a voice that is held out is not a known one at another pitch; every voice
//! has several accents, so that the two are not one thing to a network.
//!
//! ```
//! use sparling::domain::audio_sequence::corpus::espeak::voices;
//!
//! assert_eq!(voices(0).len(), 60);
//! // `speak(0, "espeak")` lets them speak, where espeak-ng is installed.
//! ```

use std::ops::Range;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, bail, ensure};
use rand::seq::{IndexedRandom as _, SliceRandom as _};
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

use super::import::{Summary, import};
use super::{Corpus, Recording};

/// Accents that each voice speaks in.
pub const ACCENTS_A_VOICE: usize = 3;

/// Takes of each digit by each voice: four an accent.
pub const TAKES: usize = ACCENTS_A_VOICE * TAKES_AN_ACCENT;

const TAKES_AN_ACCENT: usize = 4;

/// What is below this share of a recording's peak (−40 dB), before and after the word, is
/// cut off as silence: espeak-ng begins at once and ends with a pause of a third of a second.
pub const SILENT_SHARE: f64 = 0.01;

/// Samples of silence, an eighth of a second, put before and after each word in its place. A recorded
/// digit has some of both, and its motif spans the whole recording.
pub const PAUSE: usize = 1000;

const WORDS: [&str; 10] = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"];

const ACCENTS: [&str; 7] =
    ["en-gb", "en-us", "en-gb-scotland", "en-gb-x-gbclan", "en-gb-x-rp", "en-gb-x-gbcwmd", "en-029"];

/// Variants without whispers, robots and the like.
const VARIANTS: [&str; 60] = [
    "m1",
    "m2",
    "m3",
    "m4",
    "m5",
    "m6",
    "m7",
    "m8",
    "f1",
    "f2",
    "f3",
    "f4",
    "f5",
    "klatt",
    "klatt2",
    "klatt3",
    "klatt4",
    "adam",
    "Alex",
    "Alicia",
    "Andrea",
    "Andy",
    "Annie",
    "antonio",
    "aunty",
    "belinda",
    "benjamin",
    "boris",
    "caleb",
    "david",
    "ed",
    "edward",
    "Gene",
    "grandma",
    "grandpa",
    "gustave",
    "iven",
    "Jacky",
    "john",
    "kaukovalta",
    "Lee",
    "linda",
    "max",
    "Mike",
    "norbert",
    "pablo",
    "paul",
    "pedro",
    "quincy",
    "rob",
    "robert",
    "sandro",
    "shelby",
    "steph",
    "travis",
    "victor",
    "zac",
    "anika",
    "Mario",
    "Michael",
];

/// What mends a machine that cannot speak.
pub const ADVICE: &str = "install the Debian package: sudo apt-get install espeak-ng";

/// One voice of the corpus.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Voice {
    /// Number and variant, unique; the speaker of its recordings.
    pub name: String,
    /// The [`TAKES`] takes of each digit.
    pub takes: Vec<Vec<Take>>,
}

/// How one word is spoken.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Take {
    /// As espeak-ng's `-v` takes it: accent and variant.
    pub voice: String,
    /// Pitch, 0 to 99.
    pub pitch: u32,
    /// Speed, in words a minute.
    pub speed: u32,
}

/// The sixty voices, the same for the same seed.
#[must_use]
pub fn voices(seed: u64) -> Vec<Voice> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut variants = VARIANTS;
    variants.shuffle(&mut rng);
    variants
        .iter()
        .enumerate()
        .map(|(number, variant)| {
            let mut takes = vec![Vec::with_capacity(TAKES); WORDS.len()];
            for accent in ACCENTS.sample(&mut rng, ACCENTS_A_VOICE) {
                let voice = format!("{accent}+{variant}");
                let (pitch, speed) = (rng.random_range(30..=70_u32), rng.random_range(130..=190_u32));
                for takes in &mut takes {
                    // Every take is another point of a 2×2 grid with its own jitter, so that no two are alike.
                    let mut quarters: [_; TAKES_AN_ACCENT] = [(0, 0), (6, 0), (0, 11), (6, 11)];
                    quarters.shuffle(&mut rng);
                    takes.extend(quarters.map(|(p, s)| Take {
                        voice: voice.clone(),
                        pitch: pitch + p + rng.random_range(0..=4) - 5,
                        speed: speed + s + rng.random_range(0..=9) - 10,
                    }));
                }
            }
            Voice { name: format!("v{number:02}-{variant}"), takes }
        })
        .collect()
}

/// Speaks the corpus with the voices of `seed`; all cores, under a minute on two.
///
/// # Errors
/// When espeak-ng is not installed, lacks a voice or fails.
pub fn speak(seed: u64, name: &str) -> Result<(Corpus, Summary)> {
    check_program()?;
    let folder = tempfile::tempdir().context("cannot make a temporary folder for espeak-ng's recordings")?;
    let voices = voices(seed);
    let jobs: Vec<_> = voices
        .iter()
        .flat_map(|voice| {
            (0..WORDS.len()).flat_map(move |digit| (0..TAKES).map(move |take| (voice, digit, take)))
        })
        .collect();
    jobs.par_iter().try_for_each(|&(voice, digit, take)| {
        let file = folder.path().join(format!("{digit}_{}_{take}.wav", voice.name));
        say(WORDS[digit], &voice.takes[digit][take], &file)
    })?;
    let (corpus, mut summary) = import(folder.path(), name, &std::collections::HashSet::new())?;
    let corpus = framed(&corpus);
    summary.seconds = corpus.samples.len() as f64 / f64::from(super::SAMPLE_RATE);
    Ok((
        Corpus { layout: format!("espeak-ng, {ACCENTS_A_VOICE} accents a voice, seed {seed}"), ..corpus },
        summary,
    ))
}

/// Whether espeak-ng is there and has every variant: for one it lacks it would silently speak
/// with another voice.
fn check_program() -> Result<()> {
    let output = Command::new("espeak-ng").arg("--voices=variant").stderr(Stdio::null()).output();
    let output = match output {
        Ok(output) => output,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            bail!("espeak-ng, which speaks the corpus, is not installed; {ADVICE}")
        }
        Err(error) => return Err(error).context("cannot run espeak-ng"),
    };
    let text = String::from_utf8_lossy(&output.stdout);
    let has = |variant: &str| text.lines().any(|line| line.contains(&format!("!v/{variant} ")));
    let lacking: Vec<_> = VARIANTS.into_iter().filter(|v| !has(v)).collect();
    ensure!(
        lacking.is_empty(),
        "this espeak-ng lacks the voice variants {}; expected release 1.50 or newer",
        lacking.join(", ")
    );
    Ok(())
}

fn say(word: &str, Take { voice, pitch, speed }: &Take, file: &Path) -> Result<()> {
    let status = Command::new("espeak-ng")
        .args(["-v", voice, "-p", &pitch.to_string(), "-s", &speed.to_string(), "-w"])
        .arg(file)
        .arg(word)
        .stdout(Stdio::null())
        .status()
        .context("cannot run espeak-ng")?;
    ensure!(
        status.success() && file.is_file(),
        "espeak-ng failed to say `{word}` with voice {voice}: {status}"
    );
    Ok(())
}

/// The corpus with [`PAUSE`] before and after each word, instead of espeak-ng's own silence.
fn framed(corpus: &Corpus) -> Corpus {
    let mut samples = Vec::with_capacity(corpus.samples.len());
    let recordings = corpus
        .recordings
        .iter()
        .map(|recording| {
            let spoken = corpus.samples_of(recording);
            let offset = samples.len();
            samples.extend([0; PAUSE]);
            samples.extend_from_slice(&spoken[loud(spoken)]);
            samples.extend([0; PAUSE]);
            Recording { offset, length: samples.len() - offset, ..recording.clone() }
        })
        .collect();
    Corpus { samples, recordings, ..corpus.clone() }
}

/// From the first to the last sample that reaches [`SILENT_SHARE`] of the peak.
fn loud(samples: &[i16]) -> Range<usize> {
    let level = |s: &i16| f64::from(s.unsigned_abs());
    let floor = samples.iter().map(level).fold(0.0, f64::max) * SILENT_SHARE;
    let reaches = |s: &i16| level(s) >= floor;
    let first = samples.iter().position(reaches).unwrap_or(0);
    let last = samples.iter().rposition(reaches).map_or(samples.len(), |i| i + 1);
    first..last
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn voices_differ_and_are_the_same_again() {
        let made = voices(1);
        assert_eq!(made, voices(1));
        assert_ne!(made, voices(2));
        let mut variants = HashSet::new();
        for voice in &made {
            assert_eq!(voice.takes.len(), WORDS.len(), "{}", voice.name);
            for takes in &voice.takes {
                assert_eq!(takes.iter().collect::<HashSet<_>>().len(), TAKES, "{}: {takes:?}", voice.name);
                for Take { pitch, speed, .. } in takes {
                    assert!((25..=75).contains(pitch) && (120..=200).contains(speed), "{pitch}, {speed}");
                }
            }
            let parts: HashSet<_> =
                voice.takes.iter().flatten().map(|take| take.voice.split_once('+').unwrap()).collect();
            assert_eq!(parts.len(), ACCENTS_A_VOICE, "{}: {parts:?}", voice.name);
            variants.extend(parts.into_iter().map(|(_, variant)| variant.to_owned()));
        }
        assert_eq!(variants.len(), made.len(), "one variant a voice, and no variant twice");
    }

    #[test]
    fn a_word_stands_between_two_pauses() {
        let spoken = vec![0, 9, 10, -1000, 3, -10, 9, 0];
        let recording =
            Recording { digit: 1, speaker: "a".into(), take: "0".into(), offset: 0, length: spoken.len() };
        let corpus = Corpus {
            name: "c".into(),
            layout: "l".into(),
            checksum: String::new(),
            samples: spoken,
            recordings: vec![recording.clone(), recording],
        };
        let made = framed(&corpus);
        for recording in &made.recordings {
            let samples = made.samples_of(recording);
            assert_eq!(samples.len(), 2 * PAUSE + 4);
            assert_eq!(samples[PAUSE..PAUSE + 4], [10, -1000, 3, -10]);
            assert!(samples[..PAUSE].iter().chain(&samples[PAUSE + 4..]).all(|&s| s == 0));
        }
        assert_eq!(made.recordings[1].offset, 2 * PAUSE + 4);
    }

    #[test]
    fn silence_is_cut_at_a_hundredth_of_the_peak() {
        assert_eq!(loud(&[0, 9, 10, -1000, 3, -10, 9, 0]), 2..6);
        assert_eq!(loud(&[5]), 0..1);
    }
}
