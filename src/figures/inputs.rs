//! Where a run's inputs are not the paper's: what stands beside a published number has to say so.

use std::collections::BTreeSet;

use crate::config::differences;
use crate::domain::DomainConfig;
use crate::results::{Row, configs, rows_path};

use super::published::{CORPUS, CORPUS_NAME};
use super::select::Measured;
use super::{Context, DOMAINS, SHOWN, published};

/// Settings that make a domain easier when they are smaller: less to look through, or less to find.
const EXTENTS: [&str; 7] = ["size", "width", "height", "clip-seconds", "max-digits", "max-length", "kinds"];
/// What tells data sets of one difficulty apart, or is told as a corpus.
const NOT_DIFFICULTY: [&str; 3] = ["seed", "corpus", "corpus-checksum"];

/// How the inputs of some runs differ from the paper's.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Inputs {
    easier: bool,
    /// Settings that differ: `max-digits 5 (paper 6)`.
    settings: BTreeSet<String>,
    /// Corpora that are not the paper's.
    corpora: BTreeSet<String>,
    /// Whether the settings of some rows were not kept.
    unknown: bool,
}

impl Inputs {
    /// Of the runs of a variant on a domain whose rows count.
    pub(crate) fn of(context: &Context, domain: &str, variant: &str) -> Self {
        let own = |row: &&Row| row.domain == domain && row.variant == variant && !row.is_failure();
        let rows = || context.rows.iter().filter(own);
        let mut inputs = Self::default();
        for corpus in rows().map(|row| row.corpus.as_str()).filter(|corpus| !corpus.is_empty()) {
            let name = corpus.split('@').next().unwrap_or(corpus);
            if name != CORPUS {
                inputs.corpora.insert(name.to_owned());
            }
        }
        let kept_in = rows_path(&context.results, &context.scale);
        for hash in rows().map(|row| row.config_hash.as_str()).collect::<BTreeSet<_>>() {
            let paper = DomainConfig::by_name(domain);
            let Some((kept, paper)) = configs::kept(&kept_in, hash).zip(paper) else {
                inputs.unknown = true;
                continue;
            };
            let mut like = kept.clone();
            like.domain = paper;
            for setting in differences(&kept, &like) {
                inputs.add(&setting.key, &setting.found, &setting.asked);
            }
        }
        inputs
    }

    fn add(&mut self, key: &str, ours: &str, paper: &str) {
        let key = key.trim_start_matches("domain.");
        if NOT_DIFFICULTY.contains(&key) {
            return;
        }
        let number = |text: &str| text.parse::<f64>().ok();
        let smaller = number(ours).zip(number(paper)).is_some_and(|(ours, paper)| ours < paper);
        self.easier |= smaller && EXTENTS.contains(&key);
        self.settings.insert(format!("{key} {ours} (paper {paper})"));
    }

    /// The name of a line, with what a reader of its published numbers has to know.
    pub(crate) fn label(&self, name: &str) -> String {
        let mut words = Vec::new();
        if self.easier {
            words.push("easier inputs".to_owned());
        } else if !self.settings.is_empty() {
            words.push("other inputs".to_owned());
        } else if self.unknown {
            words.push("settings not kept".to_owned());
        }
        words.extend(self.corpora.iter().map(|corpus| format!("corpus {corpus}")));
        if words.is_empty() { name.to_owned() } else { format!("{name} ({})", words.join(", ")) }
    }

    /// All of it, in a sentence; `None` where the inputs are the paper's.
    fn sentence(&self) -> Option<String> {
        let mut parts: Vec<String> = Vec::new();
        if !self.settings.is_empty() {
            parts.push(self.settings.iter().cloned().collect::<Vec<_>>().join(", "));
        }
        parts.extend(self.corpora.iter().map(|corpus| format!("corpus {corpus} (paper {CORPUS_NAME})")));
        if self.unknown {
            parts.push("settings of some rows were not kept".to_owned());
        }
        (!parts.is_empty()).then(|| parts.join("; ") + ".")
    }
}

/// For each domain whose Sparling runs have other inputs than the paper's: its title, and how they differ.
pub(crate) fn differing(context: &Context) -> Vec<(&'static str, String)> {
    let sentence = |(domain, title, _): &(&'static str, &'static str, _)| {
        Some((*title, Inputs::of(context, domain, "sparling").sentence()?))
    };
    DOMAINS.iter().filter_map(sentence).collect()
}

/// The domains in a figure whose inputs are easier than the paper's, where the paper has numbers of them: their titles,
/// each with how its inputs differ.
pub(super) fn easier(context: &Context, shown: &[&Measured<'_>]) -> Vec<(&'static str, String)> {
    let variants: BTreeSet<(&str, &str)> =
        shown.iter().flat_map(|m| &m.rows).map(|row| (row.domain.as_str(), row.variant.as_str())).collect();
    let mut easier: Vec<(&'static str, String)> = Vec::new();
    for (domain, title) in SHOWN.iter().map(|shown| (shown.0, shown.1)) {
        let own =
            variants.iter().filter(|(of, _)| *of == domain && published::mean(domain, "e2ee").is_some());
        let inputs =
            own.map(|(_, variant)| Inputs::of(context, domain, variant)).find(|inputs| inputs.easier);
        easier.extend(inputs.and_then(|inputs| Some((title, inputs.sentence()?))));
    }
    easier
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_says_what_its_published_number_is_not_of() {
        let mut inputs = Inputs::default();
        assert_eq!((inputs.label("x"), inputs.sentence()), ("x".to_owned(), None));
        inputs.add("domain.seed", "1", "0");
        assert_eq!(inputs.label("x"), "x", "another data set of the same kind");
        inputs.add("domain.max-digits", "8", "6");
        assert_eq!(inputs.label("x"), "x (other inputs)", "more digits are not easier");
        inputs.add("domain.kinds", "5", "10");
        inputs.corpora.insert("espeak".into());
        assert_eq!(inputs.label("x"), "x (easier inputs, corpus espeak)");
        let sentence = "kinds 5 (paper 10), max-digits 8 (paper 6); corpus espeak (paper AudioMNIST).";
        assert_eq!(inputs.sentence().as_deref(), Some(sentence));
    }
}
