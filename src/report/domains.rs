//! Claims about Sparling on every domain: figures 1, 2, 3, 6, 7 and 9.

use crate::domain::digit_circle::NAME as DIGIT_CIRCLE;
use crate::domain::splicing::NAME as SPLICING;
use std::collections::{BTreeMap, BTreeSet};

use crate::figures::{Context, Measured, density_percent};

use super::group::Group;
use super::number::{Number, cell, cell_by, density_cell, points};
use super::paper;
use super::section::Section;
use super::verdict::{Check, allowed};

/// [`allowed`] for what a table of the paper says of a group.
fn limit(group: &Group<'_>, metric: &str) -> Option<f64> {
    group.published(metric).map(|(_, high)| allowed(high))
}

/// The question whether a mean error is as low as [`allowed`], and its cell.
fn error(section: &mut Section<'_>, group: &Group<'_>, metric: &str, name: &str) -> String {
    let ours = group.number(metric);
    let what = format!("{} {name}", group.title);
    let check = Check::at_most(what, ours.map(|n| n.mean), limit(group, metric));
    let cell = check.mark(cell(ours, group.published(metric)));
    section.checks.push(check);
    cell
}

/// Figure 1 is an illustration; what it stands on is that the task is learnt, so DigitCircle's E2EE is asked.
pub(crate) fn fig1(context: &Context) -> Section<'_> {
    let criterion = "E2EE of DigitCircle is at most 2p + 2.";
    let mut section = Section::new("fig1", criterion, "domain | E2EE | exact matches");
    let group = Group::new(context, DIGIT_CIRCLE, "sparling", &["e2ee", "exact"]);
    let e2ee = error(&mut section, &group, "e2ee", "E2EE");
    section.line(&[group.label(group.title), e2ee, cell(group.number("exact"), None)]);
    section.use_rows(&group, group.rows());
    section
}

/// The bar for splicing, of which the paper has no numbers. Motifs that share letters are shown apart and asked with
/// all the others.
pub(crate) fn fig1b(context: &Context) -> Section<'_> {
    const BAR: f64 = 0.10;
    let criterion = "FPE, FNE and CE are each at most 10 % (mean over seeds); the bar is ours.";
    let header = "domain | FPE | FNE | CE | share letters | of these FNE | CE | E2EE | exact matches";
    let mut section = Section::new("fig1b", criterion, header);
    let metrics = &["fpe", "fne", "ce", "e2ee", "exact", "sharing", "fne_sharing", "ce_sharing"];
    let group = Group::new(context, SPLICING, "sparling", metrics);
    // Without a paper's number there are no inputs to differ from.
    let mut cells = vec![group.title.to_owned()];
    for (metric, name) in [("fpe", "FPE"), ("fne", "FNE"), ("ce", "CE")] {
        let what = format!("{} {name}", group.title);
        let check = Check::at_most(what, group.mean(metric), Some(BAR));
        cells.push(check.mark(cell(group.number(metric), None)));
        section.checks.push(check);
    }
    let others = ["sharing", "fne_sharing", "ce_sharing", "e2ee", "exact"];
    cells.extend(others.map(|metric| cell(group.number(metric), None)));
    section.line(&cells);
    section.use_rows(&group, group.rows());
    section
}

/// Figure 2 shows samples; over all of them, a true motif is shown wrongly if it is missed or marked by
/// another kind's channel. The paper's share follows from its FNE and CE.
pub(crate) fn fig2(context: &Context) -> Section<'_> {
    let criterion = "in each domain the share of true motifs that are missed or marked as another kind, \
                     1 − (1 − FNE)(1 − CE), is at most 2p + 2.";
    let mut section = Section::new("fig2", criterion, "domain | missed or another kind");
    for group in Group::everywhere(context, &["fne", "ce"]) {
        let wrong = |fne: f64, ce: f64| 1.0 - (1.0 - fne) * (1.0 - ce);
        let ours = group.number_by(|at| Some(wrong(at.value("fne")?, at.value("ce")?)));
        let published = group.published("fne").zip(group.published("ce")).map(|(fne, ce)| wrong(fne.0, ce.0));
        let what = format!("{}, missed or another kind", group.title);
        let check = Check::at_most(what, ours.map(|n| n.mean), published.map(allowed));
        section.line(&[group.label(group.title), check.mark(cell(ours, published.map(|p| (p, p))))]);
        section.checks.push(check);
        section.use_rows(&group, group.rows());
    }
    section
}

/// Each of the three errors is asked by itself: a layer that marks nothing has no FPE, one that marks
/// everything no FNE. FNE of the kinds that do not follow from their neighbours is shown, where there are others,
/// but not asked: the paper has no number for it. How far [`allowed`] lies from the published is justified there.
pub(crate) fn fig3(context: &Context) -> Section<'_> {
    let criterion = "in each domain each of FPE, FNE and CE is at most 2p + 2 (mean over seeds).";
    let header = "domain | δ, percent | δ / minimum | FPE | FNE | FNE, not inferable | CE | E2EE";
    let mut section = Section::new("fig3", criterion, header);
    for group in Group::everywhere(context, &["fpe", "fne", "ce", "e2ee", "fne_necessary"]) {
        let errors = [("fpe", "FPE"), ("fne", "FNE"), ("ce", "CE")];
        let [fpe, fne, ce] = errors.map(|(metric, name)| error(&mut section, &group, metric, name));
        let paper = crate::figures::published::density(group.domain).map(|d| (d, d));
        section.line(&[
            group.label(group.title),
            density_cell(group.delta(), paper),
            cell_by(group.times_minimum(), None, |times| format!("{times:.2}")),
            fpe,
            fne,
            cell(group.number("fne_necessary"), None),
            ce,
            cell(group.number("e2ee"), group.published("e2ee")),
        ]);
        section.use_rows(&group, group.rows());
    }
    section
}

/// The same measure as for errors, applied to the swaps that the answer did not follow: a domain where
/// the paper's answers follow nearly always must do so here, and one where they often do not may not either.
pub(crate) fn fig6(context: &Context) -> Section<'_> {
    let criterion = "in each domain the share of swaps that the answer does not follow is at most 2p + 2 (the table has \
                     the share that it follows).";
    let mut section =
        Section::new("fig6", criterion, "domain | answer follows | samples that can be swapped in");
    for group in Group::everywhere(context, &["perturbation", "perturbation_possible"]) {
        let (ours, published) = (group.number("perturbation"), group.published("perturbation"));
        let least = published.map(|(followed, _)| 1.0 - allowed(1.0 - followed));
        let what = format!("{}, answer follows", group.title);
        let check = Check::at_least(what, ours.map(|n| n.mean), least);
        let possible = cell(group.number("perturbation_possible"), None);
        section.line(&[group.label(group.title), check.mark(cell(ours, published)), possible]);
        section.checks.push(check);
        section.use_rows(&group, group.rows());
    }
    section
}

/// Kinds that are the most frequent of a channel, kinds there are, and the share of matched motifs that
/// are of another kind than their channel's most frequent one.
fn channels(at: &Measured<'_>) -> Option<(usize, usize, f64)> {
    let mut met: BTreeMap<&str, (f64, &str)> = BTreeMap::new();
    let mut kinds = BTreeSet::new();
    let mut all = 0.0;
    for row in at.rows() {
        let Some((channel, kind)) = row.metric.strip_prefix("confusion/").and_then(|m| m.split_once('/'))
        else {
            continue;
        };
        if kind == "none" {
            continue;
        }
        kinds.insert(kind);
        if channel == "none" {
            continue;
        }
        let share = row.measured()?;
        all += share;
        let most = met.entry(channel).or_insert((share, kind));
        if share > most.0 {
            *most = (share, kind);
        }
    }
    let right: f64 = met.values().map(|m| m.0).sum();
    let named: BTreeSet<&str> = met.values().map(|m| m.1).collect();
    (all > 0.0).then(|| (named.len(), kinds.len(), 1.0 - right / all))
}

/// A diagonal needs two things. Each kind has a channel, which no error of section 6 asks; for LaTeX-OCR the
/// kinds that the paper's networks leave out are let off. And channels keep to their kinds: the published CE
/// is the measure, though DigitCircle's is of a one-to-one assignment, which is a little harder.
pub(crate) fn fig7(context: &Context) -> Section<'_> {
    let criterion = "every kind is the most frequent of some channel (LaTeX-OCR: all but four, for what follows from \
                     its neighbours), on average over seeds; and the share of motifs marked by a channel of another \
                     kind is at most 2p + 2, where p is the paper's CE.";
    let mut section =
        Section::new("fig7", criterion, "domain | kinds with a channel | marked by another kind's");
    for group in Group::everywhere(context, &["confusion/"]) {
        let have = group.number_by(|at| channels(at).map(|c| c.0 as f64));
        let wanted = group.number_by(|at| {
            channels(at).map(|c| c.1.saturating_sub(paper::kinds_inferable(group.domain)) as f64)
        });
        let all = group.number_by(|at| channels(at).map(|c| c.1 as f64));
        let share = |n: Option<Number>| n.zip(all).map(|(n, all)| n.mean / all.mean);
        let owned = Check::at_least(
            format!("{}, kinds with a channel of all kinds", group.title),
            share(have),
            share(wanted),
        );
        let count = |v: f64| format!("{v:.1}").trim_end_matches(".0").to_owned();
        let of = all.map_or(String::new(), |n| format!(" of {}", count(n.mean)));
        let kinds = owned.mark(cell_by(have, None, count) + &of);
        let other = group.number_by(|at| channels(at).map(|c| c.2));
        let what = format!("{}, marked by another kind's", group.title);
        let apart = Check::at_most(what, other.map(|n| n.mean), limit(&group, "ce"));
        let marked = apart.mark(cell(other, group.published("ce")));
        section.line(&[group.label(group.title), kinds, marked]);
        section.checks.extend([owned, apart]);
        section.use_rows(&group, group.rows());
    }
    section
}

const ERRORS: [&str; 4] = ["fpe", "fne", "ce", "e2ee"];

/// Two thirds of the seeds are asked for, so that one of three may fail, and at least two seeds: one says
/// nothing about the others. A seed without a value of an error (nothing was matched) does not count as low.
pub(crate) fn fig9(context: &Context) -> Section<'_> {
    let criterion = "in each domain at least two thirds of the seeds have each of FPE, FNE, CE and E2EE at most \
                     2p + 2; a domain with one seed is not judged.";
    let header = "domain | seed | δ, percent | FPE | FNE | CE | E2EE | all low";
    let mut section = Section::new("fig9", criterion, header);
    for group in Group::everywhere(context, &ERRORS) {
        let seeds = group.reported();
        let mut low = 0_usize;
        for at in &seeds {
            let mut all = true;
            let [fpe, fne, ce, e2ee] = ERRORS.map(|metric| {
                let value = at.value(metric);
                let check = Check::at_most(metric, value, limit(&group, metric));
                all &= value.zip(limit(&group, metric)).is_some_and(|(v, most)| v <= most);
                check.mark(value.map_or_else(|| "–".to_owned(), points))
            });
            low += usize::from(all);
            let delta = at.delta.map_or_else(|| "–".to_owned(), density_percent);
            let yes = if all { "yes" } else { "no" }.to_owned();
            section.line(&[group.label(group.title), at.seed.to_string(), delta, fpe, fne, ce, e2ee, yes]);
        }
        let [fpe, fne, ce, e2ee] = ERRORS.map(|m| cell(None, group.published(m)).replace("– ", ""));
        let paper = crate::figures::published::density(group.domain).map_or(String::new(), density_percent);
        section.line(&[
            group.label(group.title),
            "paper, mean".into(),
            format!("({paper})"),
            fpe,
            fne,
            ce,
            e2ee,
            String::new(),
        ]);
        let share = (seeds.len() > 1).then(|| low as f64 / seeds.len() as f64);
        let what = format!("{}, seeds with low errors", group.title);
        section.checks.push(Check::at_least(what, share, Some(2.0 / 3.0)));
        section.use_rows(&group, group.rows());
    }
    section
}
