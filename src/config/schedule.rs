//! Densities that are given by their place in the annealing schedule instead of a number.
//!
//! The theoretical minimum depends on the motif map's size, so "Sparling's last density" is
//! another number at every scale. Two keys name it by counting steps upwards from it:
//! `annealing.start-steps-above-minimum` sets where δ starts, and
//! `sparsity.target-steps-above-minimum` sets p of the KL penalty. They are resolved as the
//! configuration is read; a run keeps the numbers.

use anyhow::{Result, bail};
use toml::{Table, Value};

use super::Config;

/// Both keys, dotted.
pub(super) const KEYS: [&str; 2] =
    ["annealing.start-steps-above-minimum", "sparsity.target-steps-above-minimum"];

/// Steps above the last density of the schedule, where a source gives them.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Places {
    start: Option<u32>,
    target: Option<u32>,
}

impl Places {
    /// Takes both keys out of the merged settings.
    ///
    /// # Errors
    /// When a value is not a count.
    pub(super) fn take(merged: &mut Table) -> Result<Self> {
        let [start, target] = KEYS.map(|key| take(merged, key));
        Ok(Self { start: start?, target: target? })
    }

    /// Puts the densities in place of the steps.
    ///
    /// # Errors
    /// When the schedule has no such density.
    pub(super) fn resolve(&self, config: &mut Config) -> Result<()> {
        // The target first: it is counted from the schedule's own start.
        if let Some(steps) = self.target {
            config.sparsity.target_density = config.scheduled_density(steps)?;
        }
        if let Some(steps) = self.start {
            config.annealing.initial_density = config.scheduled_density(steps)?;
        }
        Ok(())
    }
}

fn take(merged: &mut Table, key: &str) -> Result<Option<u32>> {
    let Some((table, name)) = key.split_once('.') else { return Ok(None) };
    let found = merged.get_mut(table).and_then(Value::as_table_mut).and_then(|t| t.remove(name));
    match found {
        None => Ok(None),
        Some(value) => match value.as_integer().and_then(|steps| u32::try_from(steps).ok()) {
            Some(steps) => Ok(Some(steps)),
            None => bail!("{key} is {value}; expected a number of annealing steps, 0 or more"),
        },
    }
}

impl Config {
    /// The density `steps` annealing steps above the last one that Algorithm 1 trains at: the
    /// smallest δ₀·factor^k at or above the theoretical minimum (paper section 3; at paper
    /// scale DigitCircle's is 5.0226e-5, k = 32).
    ///
    /// # Errors
    /// When the schedule starts below the minimum or has fewer steps.
    pub fn scheduled_density(&self, steps: u32) -> Result<f64> {
        let minimum = self.minimum_density()?;
        let (start, factor) = (self.annealing.initial_density, self.annealing.factor);
        if !(factor > 0.0 && factor < 1.0) {
            bail!("annealing.factor is {factor}; expected a number between 0 and 1");
        }
        // Multiplied step by step, as training does it, so that both give the same bits.
        let path: Vec<f64> = std::iter::successors(Some(start), |density| Some(density * factor))
            .take_while(|density| *density >= minimum)
            .collect();
        let place = path.len().checked_sub(1 + steps as usize);
        match place {
            Some(place) => Ok(path[place]),
            None => bail!(
                "{steps} steps above the minimum were asked for, but annealing.initial-density = {start} has {} densities at or above the theoretical minimum {minimum:.3e}; raise it or ask for fewer steps",
                path.len()
            ),
        }
    }
}
