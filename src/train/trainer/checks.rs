//! Validations and what follows from them: Algorithm 1, the models that are kept, the end.

use anyhow::Result;

use super::super::outcome::{Observer, Stop};
use super::super::pace::{cooldown, time_left};
use super::super::{Board, Check, Event};
use super::Trainer;
use crate::domain::Split;
use crate::measure::validate_admitted;
use crate::sparsity::{Annealing, AnnealingState, Bottleneck as _};

impl Trainer<'_> {
    /// Why training ends now, as far as that does not depend on a check.
    pub(super) fn end(&self) -> Option<Stop> {
        let cooled = self.state.cooldown_from.is_some() && cooldown(self.config, &self.state) >= 1.0;
        match self.state.samples >= self.config.max_samples() {
            _ if cooled => Some(Stop::Minimum),
            true => Some(Stop::MaxSamples),
            false => None,
        }
    }

    pub(super) fn is_check_due(&self, ending: Option<Stop>) -> bool {
        self.state.samples > 0 && (self.annealing.is_due(self.state.samples) || ending.is_some())
    }

    /// Validates, anneals, keeps the model of a density that is left; `stop` is set where Algorithm 1 ends.
    pub(super) fn check(
        &mut self,
        stop: &mut Option<Stop>,
        board: &mut dyn Board,
        observer: Observer<'_>,
    ) -> Result<()> {
        let samples = self.state.samples;
        let count = self.config.annealing.validation_samples;
        let report = validate_admitted(&mut self.session, Split::Validation, 0, count)?;
        let accuracy = report.e2ee.accuracy().unwrap_or(0.0);
        let delta = self.annealing.density();
        self.state.accuracy = Some(accuracy);
        let lowered = self.anneal(accuracy);
        if lowered || stop.is_some() {
            // The model that met T at this δ, before δ is lowered; and before the log tells of it, so that what the log
            // tells of is there.
            let mut reported = self.state.clone();
            reported.annealing = AnnealingState { density: delta, ..self.annealing.state() };
            let stem = self.dir.density_stem(self.state.lowered);
            self.session.checkpoint(&reported, None).save(&stem, &self.dir.identity)?;
        }
        let seconds = self.log.wall_seconds();
        let mut check = Check::new(&self.session, &report, &self.annealing, samples, delta, lowered, seconds);
        check.is_last = lowered && self.annealing.density() < self.minimum;
        let left = self.rate.filter(|_| stop.is_none()).map_or(String::new(), |rate| {
            let left = time_left(self.config, &self.state, &self.annealing, self.minimum, rate);
            format!("  {left}")
        });
        self.progress.line(&format!("{check}{left}"));
        // In the cool-down accuracy stands because it is to.
        if self.state.cooldown_from.is_none()
            && let Some(notice) = self.standstill.observe(&check)
        {
            self.progress.line(&notice.to_string());
        }
        check.show(board, &report)?;
        self.log.write(&Event::Validation(check))?;
        observer(&mut self.session, &report, samples, board)?;
        board.flush()?;
        if lowered {
            self.lower(delta, stop);
        }
        self.state.annealing = self.annealing.state();
        Ok(())
    }

    /// One check of Algorithm 1; whether δ falls. Where nothing anneals (any more), only its time is noted.
    fn anneal(&mut self, accuracy: f64) -> bool {
        if self.config.annealing.enabled && self.state.cooldown_from.is_none() {
            return self.annealing.observe(self.state.samples, accuracy);
        }
        let at = AnnealingState { last_check: self.state.samples, ..self.annealing.state() };
        self.annealing = Annealing::resume(self.settings, at);
        false
    }

    /// δ has fallen from `delta`: on to the next, or to the end of Algorithm 1.
    fn lower(&mut self, delta: f64, stop: &mut Option<Stop>) {
        if self.annealing.density() >= self.minimum {
            self.state.lowered += 1;
            self.session.network.sparsity.set_density(self.annealing.density());
        } else if self.config.train.cooldown_samples == 0 {
            *stop = Some(Stop::Minimum);
        } else {
            // Algorithm 1 has ended; its last density stays in force.
            self.state.cooldown_from = Some(self.state.samples);
            let at = AnnealingState { density: delta, ..self.annealing.state() };
            self.annealing = Annealing::resume(self.settings, at);
        }
    }
}
