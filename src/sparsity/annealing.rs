//! Algorithm 1 (paper section 3): lower δ whenever validation accuracy beats a threshold
//! T that slowly falls and is pulled up by every better accuracy.

use serde::{Deserialize, Serialize};

/// Constants of Algorithm 1; the defaults are the paper's.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct AnnealingSettings {
    /// T at the start.
    pub initial_threshold: f64,
    /// δ is multiplied by this.
    pub factor: f64,
    /// dT: fall of T a training sample.
    pub threshold_decay: f64,
    /// V: least number of training samples between checks.
    pub interval_samples: u64,
}

impl Default for AnnealingSettings {
    fn default() -> Self {
        Self { initial_threshold: 1.0, factor: 0.75, threshold_decay: 1e-7, interval_samples: 20_000 }
    }
}

/// What changes while annealing; saved in checkpoints.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct AnnealingState {
    /// Density δ in force.
    pub density: f64,
    /// Accuracy threshold T.
    pub threshold: f64,
    /// Training samples at the last check.
    pub last_check: u64,
}

/// Algorithm 1 as a state machine: [`observe`](Self::observe) an accuracy, read δ.
///
/// ```
/// use sparling::sparsity::{Annealing, AnnealingSettings};
/// let settings = AnnealingSettings { initial_threshold: 0.8, ..Default::default() };
/// let mut annealing = Annealing::new(settings, 0.5);
/// assert!(annealing.observe(20_000, 0.85)); // beats T = 0.8 − 20,000·1e-7 = 0.798
/// assert_eq!(annealing.density(), 0.375);
/// assert_eq!(annealing.threshold(), 0.85); // pulled up
/// assert!(!annealing.observe(40_000, 0.84));
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Annealing {
    settings: AnnealingSettings,
    state: AnnealingState,
}

impl Annealing {
    /// Starts at density `initial_density`, a fraction in (0, 1].
    pub fn new(settings: AnnealingSettings, initial_density: f64) -> Self {
        let state =
            AnnealingState { density: initial_density, threshold: settings.initial_threshold, last_check: 0 };
        Self { settings, state }
    }

    /// Goes on from a saved state.
    pub fn resume(settings: AnnealingSettings, state: AnnealingState) -> Self {
        Self { settings, state }
    }

    /// The state to save.
    pub fn state(&self) -> AnnealingState {
        self.state
    }

    /// Density δ in force.
    pub fn density(&self) -> f64 {
        self.state.density
    }

    /// Accuracy threshold T.
    pub fn threshold(&self) -> f64 {
        self.state.threshold
    }

    /// The density that the next success would lead to.
    pub fn next_density(&self) -> f64 {
        self.state.density * self.settings.factor
    }

    /// Whether a check is due after `samples` training samples in all.
    pub fn is_due(&self, samples: u64) -> bool {
        samples.saturating_sub(self.state.last_check) >= self.settings.interval_samples
    }

    /// One check of Algorithm 1 after `samples` training samples in all, with exact-match
    /// accuracy A in [0, 1]; returns whether δ was lowered. Does nothing when not
    /// [due](Self::is_due).
    ///
    /// ```text
    /// T ← clamp(T − dT·s, 0, 1);  if A > T: δ ← factor·δ;  T ← max(T, A)
    /// ```
    pub fn observe(&mut self, samples: u64, accuracy: f64) -> bool {
        if !self.is_due(samples) {
            return false;
        }
        let state = &mut self.state;
        let elapsed = (samples - state.last_check) as f64;
        state.last_check = samples;
        state.threshold = (state.threshold - self.settings.threshold_decay * elapsed).clamp(0.0, 1.0);
        let lowered = accuracy > state.threshold;
        if lowered {
            state.density *= self.settings.factor;
        }
        state.threshold = state.threshold.max(accuracy);
        lowered
    }
}
