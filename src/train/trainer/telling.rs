//! What training tells while it goes on: log, curves, progress.

use std::time::Instant;

use anyhow::Result;

use super::super::check::percent;
use super::super::outcome::Stop;
use super::super::pace::{crossed, time_left};
use super::super::{Board, Event, tags};
use super::Trainer;

impl Trainer<'_> {
    /// Tells of the training since it was last told of, at multiples of the interval.
    pub(super) fn log(&mut self, board: &mut dyn Board) -> Result<()> {
        let samples = self.state.samples;
        if !crossed(samples, self.config.train.batch, self.config.train.log_samples) {
            return Ok(());
        }
        let (sum, count) = std::mem::replace(&mut self.state.loss_window, (0.0, 0));
        let (begun, seen) = std::mem::replace(&mut self.window, (Instant::now(), samples));
        let rate = (samples - seen) as f64 / begun.elapsed().as_secs_f64().max(1e-9);
        let loss = sum / count.max(1) as f64;
        let (learning_rate, gradient_norm) = self.last;
        let (delta, wall_seconds) = (self.annealing.density(), self.log.wall_seconds());
        self.log.write(&Event::Train {
            samples,
            loss,
            learning_rate,
            gradient_norm,
            delta,
            rate,
            wall_seconds,
        })?;
        for (tag, value) in [
            (tags::LOSS, loss),
            (tags::LEARNING_RATE, learning_rate),
            (tags::GRADIENT, gradient_norm),
            (tags::SPEED, rate),
        ] {
            board.scalar(tag, value, samples)?;
        }
        self.rate = Some(rate);
        let left = time_left(self.config, &self.state, &self.annealing, self.minimum, rate);
        self.progress.update(
            samples,
            format!(
                "{rate:.0}/s  loss {loss:.3}  δ {delta:.1e}  A {}  T {}  {left}",
                percent(self.state.accuracy),
                percent(self.annealing.threshold()),
            ),
        );
        Ok(())
    }

    pub(super) fn write_end(&mut self, stop: Stop) -> Result<()> {
        let (samples, wall_seconds) = (self.state.samples, self.log.wall_seconds());
        self.log.write(&Event::End { samples, reason: stop.to_string(), wall_seconds })
    }

    pub(super) fn diverged(&self, what: &str, value: f64) -> String {
        format!(
            "the {what} became {value} at step {} (samples {} and after, δ {:.3e}); training stopped and what was saved in {} is as before. A smaller train.learning-rate or train.clip-norm = 1 usually helps",
            self.state.steps,
            self.state.samples,
            self.state.annealing.density,
            self.dir.root().display()
        )
    }
}
