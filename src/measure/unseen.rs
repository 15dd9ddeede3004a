//! Test outputs that training has not had: whether a model answers them as well as the others.
//!
//! Splits are drawn from one distribution, so that a short output of the test split can be one of the training split
//! too, of another input. An answer to it might come from memory. Outputs that training has not had are longer than
//! others, since there are more long ones; so answers are compared at equal lengths too.

use std::collections::{BTreeMap, HashSet};

use anyhow::Result;
use rayon::prelude::*;
use sha2::{Digest as _, Sha256};

use super::look::batches;
use super::validate::score_of;
use super::{Model, capped, keep, row};
use crate::domain::{Domain, Split};
use crate::eval::Score;
use crate::interrupt;
use crate::results::{E2EE_SEEN_AS_LONG, E2EE_UNSEEN, EXACT_UNSEEN, Store, UNSEEN};
use crate::train::Session;

/// How a model answers outputs by whether training had them.
#[derive(Clone, Debug)]
pub struct UnseenReport {
    /// Training samples whose outputs count as had.
    pub trained: u64,
    /// Test samples whose output was among them.
    pub seen: Score,
    /// The other test samples.
    pub unseen: Score,
    /// Both again by the length of the output.
    pub by_length: BTreeMap<usize, [Score; 2]>,
}

impl UnseenReport {
    /// Share of test samples whose output training has not had, in \[0, 1\]; `None` without samples.
    #[must_use]
    pub fn share(&self) -> Option<f64> {
        let samples = self.seen.samples() + self.unseen.samples();
        (samples > 0).then(|| self.unseen.samples() as f64 / samples as f64)
    }

    /// Error of the answers to outputs that training has had, were these as long as the others: the mean of the
    /// errors at each length, weighted by how many of the unseen outputs have it. Lengths of which training has had
    /// none are left out; `None` where it is all of them.
    #[must_use]
    pub fn seen_as_long(&self) -> Option<f64> {
        let both = self.by_length.values().filter_map(|[seen, unseen]| {
            let weight = unseen.samples() as f64;
            Some((weight, weight * seen.error()?))
        });
        let (weight, sum) = both.fold((0.0, 0.0), |(w, s), (weight, error)| (w + weight, s + error));
        (weight > 0.0).then(|| sum / weight)
    }
}

/// Scores the answers to test samples `0 .. samples` by whether their output is one of the first `trained` of the
/// training split.
///
/// # Errors
/// When memory does not suffice, a sample cannot be made, or someone asks to stop.
pub fn unseen(session: &mut Session, trained: u64, samples: u64) -> Result<UnseenReport> {
    let domain = session.domain.clone();
    let trained = capped(domain.as_ref(), Split::Train, 0, trained);
    let had = outputs(domain.as_ref(), trained)?;
    let score = || score_of(domain.as_ref());
    let mut report = UnseenReport { trained, seen: score(), unseen: score(), by_length: BTreeMap::new() };
    batches(session, Split::Test, 0, samples, |_, examined| {
        interrupt::check()?;
        for one in examined {
            let target = &one.sample.target;
            let known = had.contains(&digest(target));
            let alike = report.by_length.entry(target.len()).or_insert_with(|| [score(), score()]);
            let whole = if known { &mut report.seen } else { &mut report.unseen };
            for score in [whole, &mut alike[usize::from(!known)]] {
                score.add(&one.answer, target, &one.certainty);
            }
        }
        Ok(())
    })?;
    Ok(report)
}

/// The same of a model and the training samples that it has seen, kept as rows. A retrained ĥ counts its own.
///
/// # Errors
/// As [`unseen`], and when the rows cannot be kept.
pub fn measure_unseen(model: &mut Model, samples: u64, store: Option<&Store>) -> Result<UnseenReport> {
    let report = unseen(&mut model.session, model.trained, samples)?;
    let (all, new) = (report.seen.samples() + report.unseen.samples(), report.unseen.samples());
    let none = "undefined: training has had every output";
    let rows = [
        row(model, UNSEEN.into(), report.share(), all, "undefined: no samples"),
        row(model, E2EE_UNSEEN.into(), report.unseen.error(), new, none),
        row(model, EXACT_UNSEEN.into(), report.unseen.exact_match(), new, none),
        row(model, E2EE_SEEN_AS_LONG.into(), report.seen_as_long(), all, "undefined: no lengths in common"),
    ];
    keep(store, model, &rows)?;
    Ok(report)
}

/// Training samples whose outputs are made at a time.
const TOGETHER: u64 = 4096;

/// Sums of the outputs of the first `count` training samples.
fn outputs(domain: &dyn Domain, count: u64) -> Result<HashSet<[u8; 16]>> {
    let mut had = HashSet::new();
    let mut start = 0;
    while start < count {
        interrupt::check()?;
        let end = count.min(start.saturating_add(TOGETHER));
        let target = |index| Ok(digest(&domain.target(Split::Train, index)?));
        had.extend((start..end).into_par_iter().map(target).collect::<Result<Vec<_>>>()?);
        start = end;
    }
    Ok(had)
}

/// A sum that no two outputs share.
fn digest(target: &[u32]) -> [u8; 16] {
    let mut hash = Sha256::new();
    for token in target {
        hash.update(token.to_le_bytes());
    }
    let sum: [u8; 32] = hash.finalize().into();
    std::array::from_fn(|byte| sum[byte])
}
