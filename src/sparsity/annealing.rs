//! Algorithm 1 (paper section 3): lower δ whenever validation accuracy beats a threshold
//! T that slowly falls and is pulled up by every better accuracy.

/// Constants of Algorithm 1; the defaults are the paper's.
///
/// **With the defaults δ first falls after about a million samples.** T starts at 1, no accuracy exceeds 1, and T falls
/// by 1e-7 a sample: a model that is right on nine samples of ten waits 10⁶ samples for T to come down to 0.9. After
/// that T follows the accuracy, and each step of δ takes far fewer. A small model is annealed sooner with a T that
/// starts lower or falls faster; the laptop scale of this crate's own experiments takes `threshold_decay: 2e-6` and
/// `interval_samples: 4096`.
///
/// ```
/// use sparling::sparsity::{Annealing, AnnealingSettings};
/// // A model that answers nine of ten samples from the start.
/// let samples_until_lowered = |settings: AnnealingSettings| {
///     let mut annealing = Annealing::new(settings, 0.5);
///     let checks = (1..).map(|check| check * settings.interval_samples);
///     checks.into_iter().find(|&samples| annealing.observe(samples, 0.9))
/// };
/// assert_eq!(samples_until_lowered(AnnealingSettings::default()), Some(1_000_000));
/// let quick = AnnealingSettings { threshold_decay: 2e-6, interval_samples: 4096, ..Default::default() };
/// assert_eq!(samples_until_lowered(quick), Some(53_248));
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct AnnealingSettings {
    /// T at the start.
    pub initial_threshold: f64,
    /// δ is multiplied by this.
    pub factor: f64,
    /// dT: fall of T a training sample.
    pub threshold_decay: f64,
    /// V: least number of training samples between checks.
    pub interval_samples: u64,
    /// T falls no lower than this (paper: 0), so that δ is never lowered on a worse accuracy.
    pub least_threshold: f64,
    /// A check starts from no higher T than this (paper: 1), so that an accuracy above it always lowers δ.
    pub greatest_threshold: f64,
}

impl Default for AnnealingSettings {
    fn default() -> Self {
        Self {
            initial_threshold: 1.0,
            factor: 0.75,
            threshold_decay: 1e-7,
            interval_samples: 20_000,
            least_threshold: 0.0,
            greatest_threshold: 1.0,
        }
    }
}

/// What changes while annealing. It is not in any `VarStore`: who saves a model to go on with it later saves this too,
/// and goes on with [`Annealing::resume`].
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
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
    /// T ← clamp(T − dT·s, T_least, T_greatest);  if A > T: δ ← factor·δ;  T ← max(T, A)
    /// ```
    ///
    /// with s the samples since the last check. A T that was pulled up to A may stand above `greatest_threshold` until
    /// the next check.
    pub fn observe(&mut self, samples: u64, accuracy: f64) -> bool {
        if !self.is_due(samples) {
            return false;
        }
        let state = &mut self.state;
        let elapsed = (samples - state.last_check) as f64;
        state.last_check = samples;
        let AnnealingSettings { threshold_decay, least_threshold, greatest_threshold, .. } = self.settings;
        state.threshold =
            (state.threshold - threshold_decay * elapsed).max(least_threshold).min(greatest_threshold);
        let lowered = accuracy > state.threshold;
        if lowered {
            state.density *= self.settings.factor;
        }
        state.threshold = state.threshold.max(accuracy);
        lowered
    }
}
