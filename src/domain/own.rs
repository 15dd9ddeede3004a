//! A domain of another program: what its run writes down of it.
//!
//! A Rust program can train on a type of its own that implements [`Domain`], with
//! [`Session::with_domain`](crate::train::Session::with_domain). The type cannot be made from a file, so the run's
//! configuration says what it gave: enough to know the run again, and to read it elsewhere. `sparling evaluate` and
//! the other commands cannot draw its samples; the program that has the type can.
//!
//! ```
//! # use anyhow::Result;
//! use std::sync::Arc;
//!
//! use sparling::config::Config;
//! use sparling::domain::{Domain, Motif, Sample, Split};
//! use sparling::train::Session;
//!
//! /// One bright pixel of eight; the output says in which half.
//! #[derive(Debug)]
//! struct Spot(Vec<String>, Vec<String>);
//!
//! impl Domain for Spot {
//!     fn name(&self) -> &'static str { "spot" }
//!     fn input_shape(&self) -> [usize; 3] { [1, 1, 8] }
//!     fn vocabulary(&self) -> &[String] { &self.0 }
//!     fn max_target_len(&self) -> usize { 1 }
//!     fn motif_kinds(&self) -> &[String] { &self.1 }
//!     fn mean_motifs(&self) -> f64 { 1.0 }
//!     fn motif_extent(&self) -> [usize; 2] { [1, 1] }
//!     fn sample(&self, _: Split, index: u64) -> Result<Sample> {
//!         let at = (index.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 61) as usize;
//!         let mut input = vec![0.0; 8];
//!         input[at] = 1.0;
//!         let motif = Motif { kind: 0, top: 0, left: at, bottom: 1, right: at + 1 };
//!         Ok(Sample { input, target: vec![u32::from(at >= 4)], motifs: vec![motif] })
//!     }
//! }
//!
//! # fn main() -> Result<()> {
//! let domain = Arc::new(Spot(vec!["left".into(), "right".into()], vec!["spot".into()]));
//! let mut config = Config::on(domain.as_ref());
//! config.model.h.pool = 1;
//! (config.model.h.width, config.model.h.heads, config.model.h.feed_forward) = (16, 2, 16);
//! let session = Session::with_domain(&config, domain, 1, tch::Device::Cpu)?;
//! assert_eq!(session.network.map_shape(4), [4, 10, 1, 8]);
//! # Ok(())
//! # }
//! ```

use anyhow::{Result, bail, ensure};
use serde::{Deserialize, Serialize};

use super::table::{Dimensions, DomainSettings};
use super::{Domain, TargetKind};

/// The value of `domain.name`.
pub const NAME: &str = "own";

/// What is written down of a type of another program.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct OwnConfig {
    /// [`Domain::name`].
    pub called: String,
    /// [`Domain::corpus`]: what tells its samples from others of that name. Part of the configuration's hash.
    pub corpus: String,
    /// [`Domain::input_shape`].
    pub input_shape: [usize; 3],
    /// [`Domain::vocabulary`].
    pub vocabulary: Vec<String>,
    /// [`Domain::max_target_len`].
    pub max_target_len: usize,
    /// [`Domain::target_kind`].
    pub target: TargetKind,
    /// [`Domain::motif_kinds`].
    pub kinds: Vec<String>,
    /// [`Domain::knows_motifs`].
    pub knows_motifs: bool,
    /// [`Domain::mean_motifs`]; 0 where motifs are not known.
    pub mean_motifs: f64,
}

impl OwnConfig {
    /// What is written down of `domain`.
    #[must_use]
    pub fn of(domain: &dyn Domain) -> Self {
        Self {
            called: domain.name().to_owned(),
            corpus: domain.corpus().to_owned(),
            input_shape: domain.input_shape(),
            vocabulary: domain.vocabulary().to_vec(),
            max_target_len: domain.max_target_len(),
            target: domain.target_kind(),
            kinds: domain.motif_kinds().to_vec(),
            knows_motifs: domain.knows_motifs(),
            mean_motifs: if domain.knows_motifs() { domain.mean_motifs() } else { 0.0 },
        }
    }

    pub(super) fn validate(&self) -> Result<()> {
        ensure!(
            !self.called.is_empty()
                && self.input_shape.iter().all(|&side| side > 0)
                && !self.vocabulary.is_empty(),
            "domain.name is `{NAME}`, which stands for a type of a Rust program; found no name, input shape and vocabulary of it; make the configuration with Config::on, or choose another domain.name"
        );
        Ok(())
    }

    /// Whether `domain` is the one that was written down.
    ///
    /// # Errors
    /// When it is another; the message names both sides.
    pub(crate) fn ensure_is(&self, domain: &dyn Domain) -> Result<()> {
        let found = Self::of(domain);
        if found != *self {
            bail!(
                "the configuration is of another domain than the one given: it says {self:?}, and the one given is {found:?}; make the configuration with Config::on, or give the domain that the run began with"
            );
        }
        Ok(())
    }
}

impl DomainSettings for OwnConfig {
    fn build(&self) -> Result<Box<dyn Domain>> {
        bail!(
            "`{}` is a domain of another program, and its samples cannot be made here; open the run in the program that trained it, with Session::with_domain",
            self.called
        )
    }

    fn dimensions(&self) -> Result<Dimensions> {
        Ok(Dimensions {
            input_shape: self.input_shape,
            mean_motifs: self.knows_motifs.then_some(self.mean_motifs),
            max_target_len: self.max_target_len,
            target: self.target,
        })
    }
}
