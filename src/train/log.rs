//! What a run tells: `metrics.jsonl` (the truth) and a progress bar.

use std::fs::{File, OpenOptions};
use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context, Result};
use indicatif::{ProgressBar, ProgressStyle};
use serde::{Deserialize, Serialize};

use super::Check;
use crate::files::{cannot_write, write_atomically};

/// One line of `metrics.jsonl`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum Event {
    /// A run began or went on.
    Start {
        /// Training samples seen before.
        samples: u64,
        /// Source revision of the program.
        revision: String,
        /// Version of libtorch.
        libtorch: String,
        /// Device trained on.
        device: String,
        /// libtorch's threads within an operation.
        threads: i32,
        /// Hash of the resolved configuration.
        config_hash: String,
        /// Theoretical minimum density.
        minimum_density: f64,
    },
    /// Training since the last such line.
    Train {
        /// Training samples seen.
        samples: u64,
        /// Mean loss (nats a token, penalties included).
        loss: f64,
        /// Learning rate of the last step.
        learning_rate: f64,
        /// Gradient norm of the last step, before clipping.
        gradient_norm: f64,
        /// Density δ in force.
        delta: f64,
        /// Samples a second.
        rate: f64,
        /// Seconds of training in all, over all parts of the run.
        wall_seconds: f64,
    },
    /// One check of Algorithm 1.
    Validation(Check),
    /// Training ended.
    End {
        /// Training samples seen.
        samples: u64,
        /// Why.
        reason: String,
        /// Seconds of training in all.
        wall_seconds: f64,
    },
}

impl Event {
    /// Training samples seen when it happened.
    pub fn samples(&self) -> u64 {
        match self {
            Self::Start { samples, .. }
            | Self::Train { samples, .. }
            | Self::Validation(Check { samples, .. })
            | Self::End { samples, .. } => *samples,
        }
    }

    /// Seconds of training in all, where known.
    pub fn wall_seconds(&self) -> Option<f64> {
        match self {
            Self::Start { .. } => None,
            Self::Train { wall_seconds, .. }
            | Self::Validation(Check { wall_seconds, .. })
            | Self::End { wall_seconds, .. } => Some(*wall_seconds),
        }
    }
}

/// Appends events to `metrics.jsonl`.
#[derive(Debug)]
pub struct MetricsLog {
    path: PathBuf,
    file: File,
    before: f64,
    begun: Instant,
}

impl MetricsLog {
    /// Opens the log of a run that has seen `samples`; events past that point (of a part that was cut off after its
    /// last checkpoint) are dropped, and so are checks past `told`.
    ///
    /// # Errors
    /// When the file cannot be read or written.
    pub fn open(path: &Path, samples: u64, told: u64) -> Result<Self> {
        let stays = |event: &Event| match event {
            Event::Validation(check) => check.samples <= told,
            event => event.samples() <= samples,
        };
        let (mut before, mut kept) = (0.0, Vec::new());
        for line in lines(path)?.iter().filter(|_| samples > 0) {
            // What another version wrote stays, as far as it is not of later samples.
            let stays = match serde_json::from_slice::<Event>(line) {
                Ok(event) if stays(&event) => {
                    before = event.wall_seconds().unwrap_or(before);
                    true
                }
                Ok(_) => false,
                Err(_) => samples_of(line).is_none_or(|seen| seen <= samples),
            };
            if stays {
                kept.extend_from_slice(line);
                kept.push(b'\n');
            }
        }
        write_atomically(path, &kept)?;
        let file = OpenOptions::new()
            .append(true)
            .open(path)
            .with_context(|| format!("cannot write {}", path.display()))?;
        Ok(Self { path: path.to_owned(), file, before, begun: Instant::now() })
    }

    /// All events of a log that this version knows; a missing file is empty.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn read(path: &Path) -> Result<Vec<Event>> {
        Ok(lines(path)?.iter().filter_map(|line| serde_json::from_slice(line).ok()).collect())
    }

    /// Seconds of training in all.
    pub fn wall_seconds(&self) -> f64 {
        self.before + self.begun.elapsed().as_secs_f64()
    }

    /// Appends one event.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write(&mut self, event: &Event) -> Result<()> {
        let line = serde_json::to_string(event)? + "\n";
        self.file.write_all(line.as_bytes()).map_err(|error| cannot_write(&self.path, error))
    }
}

/// The whole lines of a log, without their ends; one that was torn at the end of the file is left out.
fn lines(path: &Path) -> Result<Vec<Vec<u8>>> {
    let bytes = match std::fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error).with_context(|| format!("cannot read {}", path.display())),
    };
    let mut lines: Vec<Vec<u8>> = bytes.split(|&byte| byte == b'\n').map(<[u8]>::to_vec).collect();
    lines.pop();
    Ok(lines)
}

/// The samples that a line of another version speaks of.
fn samples_of(line: &[u8]) -> Option<u64> {
    serde_json::from_slice::<serde_json::Value>(line).ok()?.get("samples")?.as_u64()
}

/// A bar on a terminal; lines elsewhere.
#[derive(Debug)]
pub struct Progress {
    bar: ProgressBar,
    lines: bool,
}

impl Progress {
    /// `total` training samples at most.
    pub fn new(total: u64, position: u64, quiet: bool) -> Self {
        let terminal = std::io::stderr().is_terminal();
        let bar = if terminal && !quiet { ProgressBar::new(total) } else { ProgressBar::hidden() };
        if let Ok(style) =
            ProgressStyle::with_template("{elapsed_precise} {wide_bar} {pos}/{len} samples  {msg}")
        {
            bar.set_style(style);
        }
        bar.set_position(position);
        Self { bar, lines: !quiet }
    }

    /// Moves the bar.
    pub fn update(&self, samples: u64, message: String) {
        self.bar.set_position(samples);
        self.bar.set_message(message);
    }

    /// A line that stays.
    pub fn line(&self, text: &str) {
        if self.lines {
            if self.bar.is_hidden() {
                let _ = writeln!(std::io::stderr(), "{text}");
            } else {
                self.bar.println(text);
            }
        }
    }

    /// Takes the bar away.
    pub fn clear(&self) {
        self.bar.finish_and_clear();
    }
}
