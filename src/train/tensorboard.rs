//! TensorBoard events: a view of the metrics, behind a small trait.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::BufWriter;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result};
use image::RgbImage;
use protobuf::Message;
use tensorboard_proto::event::Event;
use tensorboard_proto::summary::{Summary, SummaryMetadata};
use tensorboard_rs::record_writer::RecordWriter;
use tensorboard_rs::summary;

use super::Identity;
use super::board_settings::About;
use super::tags::description;
use crate::config::Config;
use crate::domain::Sound;
use crate::files::cannot_write;

/// Where scalars, images, sounds and histograms are shown.
pub trait Board {
    /// One value of `tag` after `step` training samples.
    ///
    /// # Errors
    /// When it cannot be written; so for all methods.
    fn scalar(&mut self, tag: &str, value: f64, step: u64) -> Result<()>;
    /// A picture.
    ///
    /// # Errors
    /// When it cannot be written.
    fn image(&mut self, tag: &str, picture: &RgbImage, step: u64) -> Result<()>;
    /// Something to listen to.
    ///
    /// # Errors
    /// When it cannot be written.
    fn audio(&mut self, tag: &str, sound: &Sound, step: u64) -> Result<()>;
    /// The distribution of `values` in equal bins.
    ///
    /// # Errors
    /// When it cannot be written.
    fn histogram(&mut self, tag: &str, values: &[f32], step: u64) -> Result<()>;
    /// Makes everything so far visible.
    ///
    /// # Errors
    /// When it cannot be written.
    fn flush(&mut self) -> Result<()>;
}

/// Writes an event file that TensorBoard reads, from the first event on.
pub struct TensorBoard {
    folder: PathBuf,
    first_step: u64,
    about: Option<About>,
    /// Tags whose description has been written.
    described: BTreeSet<String>,
    writer: Option<RecordWriter<BufWriter<File>>>,
}

impl std::fmt::Debug for TensorBoard {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("TensorBoard")
    }
}

impl TensorBoard {
    /// Will make a new event file in `folder`. Events of an earlier part of the run at steps from
    /// `first_step` on are superseded (TensorBoard drops them on a start event).
    pub fn new(folder: &Path, first_step: u64) -> Self {
        Self { folder: folder.to_owned(), first_step, about: None, described: BTreeSet::new(), writer: None }
    }

    /// The same, and the run's settings, as text and as hyper-parameters beside its last numbers.
    #[must_use]
    pub fn about(self, identity: &Identity, config: &Config) -> Self {
        Self { about: Some(About::new(identity, config)), ..self }
    }

    /// Says that the run has ended well.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn end(&mut self, step: u64) -> Result<()> {
        if self.about.is_some() {
            self.add(About::end(seconds())?, step)?;
        }
        self.flush()
    }

    fn begin(&self) -> Result<RecordWriter<BufWriter<File>>> {
        let (folder, first_step) = (&self.folder, self.first_step);
        fs::create_dir_all(folder).map_err(|error| cannot_write(folder, error))?;
        bring_up(folder)?;
        // A run that begins anew supersedes all that is there.
        let superseded = first_step > 0 || !event_files(folder).is_empty();
        let now = seconds();
        // Later parts of a run sort after earlier ones; the process number keeps two starts
        // within one second apart.
        let pid = std::process::id();
        let name = format!("events.out.tfevents.{:010}.sparling.{pid}.{first_step}", now as u64);
        let path = folder.join(name);
        let file = File::create(&path).map_err(|error| cannot_write(&path, error))?;
        let mut writer = RecordWriter::new(BufWriter::new(file));
        let mut version = Event::new();
        version.set_wall_time(now);
        version.set_file_version("brain.Event:2".into());
        record(&mut writer, folder, &version)?;
        if superseded {
            let mut start = Event::new();
            start.set_wall_time(now);
            start.set_step(first_step as i64);
            let mut session = tensorboard_proto::event::SessionLog::new();
            session.set_status(tensorboard_proto::event::SessionLog_SessionStatus::START);
            start.set_session_log(session);
            record(&mut writer, folder, &start)?;
        }
        for summary in
            self.about.iter().map(|about| about.summaries(now)).collect::<Result<Vec<_>>>()?.concat()
        {
            record(&mut writer, folder, &event_of(summary, 0))?;
        }
        Ok(writer)
    }

    fn write(&mut self, event: &Event) -> Result<()> {
        if self.writer.is_none() {
            self.writer = Some(self.begin()?);
        }
        self.writer.as_mut().map_or(Ok(()), |writer| record(writer, &self.folder, event))
    }

    fn add(&mut self, summary: Summary, step: u64) -> Result<()> {
        let mut summary = summary;
        for value in summary.mut_value().iter_mut() {
            // TensorBoard keeps what the first value of a tag says of it.
            if !value.has_metadata() && self.described.insert(value.get_tag().to_owned()) {
                let mut metadata = SummaryMetadata::new();
                metadata.set_summary_description(description(value.get_tag()).to_owned());
                value.set_metadata(metadata);
            }
        }
        self.write(&event_of(summary, step))
    }
}

fn event_of(summary: Summary, step: u64) -> Event {
    let mut event = Event::new();
    event.set_wall_time(seconds());
    event.set_step(step as i64);
    event.set_summary(summary);
    event
}

/// Files of events in a folder.
fn event_files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let events = |path: &PathBuf| path.file_name().is_some_and(|n| n.to_string_lossy().contains("tfevents"));
    entries.filter(events).collect()
}

/// Brings events up from the folder `tensorboard/`, where earlier versions kept them: TensorBoard names a run by the
/// folder of its events.
fn bring_up(folder: &Path) -> Result<()> {
    let earlier = folder.join("tensorboard");
    for path in event_files(&earlier) {
        let place = folder.join(path.file_name().unwrap_or_default());
        fs::rename(&path, &place).map_err(|error| cannot_write(&place, error))?;
    }
    // Whatever else is in it stays.
    let _ = fs::remove_dir(&earlier);
    Ok(())
}

fn record(writer: &mut RecordWriter<BufWriter<File>>, folder: &Path, event: &Event) -> Result<()> {
    let bytes = event.write_to_bytes().context("cannot encode a TensorBoard event")?;
    writer.write(&bytes).map_err(|error| cannot_write(folder, error))
}

fn seconds() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0.0, |d| d.as_secs_f64())
}

/// Bins of a histogram.
const BINS: usize = 30;

/// Upper limits of equal bins that hold `low` to `high`, each above the one before. A single value lies in the
/// middle of bins that reach a thousandth of it to both sides, since TensorBoard draws nothing of bins without width.
fn bin_limits(low: f64, high: f64) -> Vec<f64> {
    let (from, to) = if low < high {
        (low, high)
    } else {
        let reach = (low.abs() * 1e-3).max(1e-6);
        (low - reach, low + reach)
    };
    let width = (to - from) / BINS as f64;
    (1..=BINS).map(|i| if i == BINS { to } else { from + width * i as f64 }).collect()
}

impl Board for TensorBoard {
    fn scalar(&mut self, tag: &str, value: f64, step: u64) -> Result<()> {
        self.add(summary::scalar(tag, value as f32), step)
    }

    fn image(&mut self, tag: &str, picture: &RgbImage, step: u64) -> Result<()> {
        let mut png = std::io::Cursor::new(Vec::new());
        picture.write_to(&mut png, image::ImageFormat::Png).context("cannot encode a picture")?;
        let mut image = tensorboard_proto::summary::Summary_Image::new();
        image.set_width(picture.width() as i32);
        image.set_height(picture.height() as i32);
        image.set_colorspace(3);
        image.set_encoded_image_string(png.into_inner());
        let mut value = tensorboard_proto::summary::Summary_Value::new();
        value.set_tag(tag.to_owned());
        value.set_image(image);
        let mut summary = Summary::new();
        summary.mut_value().push(value);
        self.add(summary, step)
    }

    fn audio(&mut self, tag: &str, sound: &Sound, step: u64) -> Result<()> {
        let mut audio = tensorboard_proto::summary::Summary_Audio::new();
        audio.set_sample_rate(sound.rate as f32);
        audio.set_num_channels(1);
        audio.set_length_frames(sound.samples.len() as i64);
        audio.set_content_type("audio/wav".into());
        audio.set_encoded_audio_string(sound.wav()?);
        let mut value = tensorboard_proto::summary::Summary_Value::new();
        value.set_tag(tag.to_owned());
        value.set_audio(audio);
        let mut summary = Summary::new();
        summary.mut_value().push(value);
        self.add(summary, step)
    }

    fn histogram(&mut self, tag: &str, values: &[f32], step: u64) -> Result<()> {
        let finite = || values.iter().map(|&v| f64::from(v)).filter(|v| v.is_finite());
        let (low, high) = finite().fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), v| (l.min(v), h.max(v)));
        if low > high {
            return Ok(());
        }
        let limits = bin_limits(low, high);
        let mut counts = vec![0.0; BINS];
        for v in finite() {
            counts[limits.partition_point(|limit| *limit < v).min(BINS - 1)] += 1.0;
        }
        let (sum, squares) = finite().fold((0.0, 0.0), |(s, q), v| (s + v, q + v * v));
        let number = finite().count() as f64;
        self.add(summary::histogram_raw(tag, low, high, number, sum, squares, &limits, &counts), step)
    }

    fn flush(&mut self) -> Result<()> {
        let flushed = self.writer.as_mut().map_or(Ok(()), RecordWriter::flush);
        flushed.map_err(|error| cannot_write(&self.folder, error))
    }
}

/// Shows nothing, for tests and benchmarks.
#[derive(Debug)]
pub struct NoBoard;

impl Board for NoBoard {
    fn scalar(&mut self, _: &str, _: f64, _: u64) -> Result<()> {
        Ok(())
    }

    fn image(&mut self, _: &str, _: &RgbImage, _: u64) -> Result<()> {
        Ok(())
    }

    fn audio(&mut self, _: &str, _: &Sound, _: u64) -> Result<()> {
        Ok(())
    }

    fn histogram(&mut self, _: &str, _: &[f32], _: u64) -> Result<()> {
        Ok(())
    }

    fn flush(&mut self) -> Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The events of a file.
    fn events(path: &Path) -> Vec<Event> {
        let (bytes, mut at, mut found) = (fs::read(path).unwrap(), 0, Vec::new());
        while at < bytes.len() {
            let length = u64::from_le_bytes(bytes[at..at + 8].try_into().unwrap()) as usize;
            // Behind the length and behind the event stand four bytes of checksum each.
            found.push(Event::parse_from_bytes(&bytes[at + 12..at + 12 + length]).unwrap());
            at += 16 + length;
        }
        found
    }

    /// Without the start event the curves would double back.
    #[test]
    fn a_run_that_begins_anew_supersedes_what_is_there() {
        let folder = tempfile::tempdir().unwrap();
        let mut begun = Vec::new();
        for first_step in [0, 0, 65] {
            let before: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|e| e.unwrap().path()).collect();
            let mut board = TensorBoard::new(folder.path(), first_step);
            // Names tell seconds and first step; two starts within one second are one process in no run.
            for file in before {
                fs::rename(&file, file.with_extension(format!("{}.earlier", begun.len()))).unwrap();
            }
            board.scalar("train/loss", 1.0, first_step).unwrap();
            board.flush().unwrap();
            let new = fs::read_dir(folder.path()).unwrap().map(|e| e.unwrap().path());
            let new = new.into_iter().find(|p| p.extension() != Some("earlier".as_ref())).unwrap();
            let starts: Vec<i64> =
                events(&new).iter().filter(|e| e.has_session_log()).map(Event::get_step).collect();
            begun.push(starts);
        }
        assert_eq!(begun, [vec![], vec![0], vec![65]]);
    }

    #[test]
    fn limits_rise_and_hold_every_value_however_few_there_are() {
        for (low, high) in
            [(1.0, 5.0), (0.0, 0.0), (0.75, 0.75), (-3e9, -3e9), (1e-30, 1e-30), (2.0, 2.0000002)]
        {
            let limits = bin_limits(low, high);
            assert_eq!(limits.len(), BINS, "{low} to {high}");
            assert!(limits.windows(2).all(|pair| pair[0] < pair[1]), "{low} to {high}: {limits:?}");
            assert!(limits[BINS - 1] >= high && limits[0] > low - 1e-3 * low.abs() - 1e-6, "{low} to {high}");
        }
        let one = bin_limits(0.75, 0.75);
        let bin = one.partition_point(|limit| *limit < 0.75);
        assert!((BINS / 2 - 1..=BINS / 2).contains(&bin), "in the middle: {bin}");
    }
}
