//! Claims that compare Sparling with others: figures 5, 8, 11, 12 and tables 1 and 2.

use crate::domain::digit_circle::NAME as DIGIT_CIRCLE;
use crate::figures::{Context, DOMAINS, Target, unpublished_ablations};

use super::group::Group;
use super::number::{Number, both, cell, cell_by, density_cell, points};
use super::section::Section;
use super::verdict::{Baseline, Check, Outcome, allowed};

const ERRORS: &[&str] = &["fpe", "fne", "ce", "e2ee"];
const WITH_DENSITY: &[&str] = &["fpe", "fne", "ce", "e2ee", "density"];

/// A gap between errors may be twice the published and two points: see [`allowed`]. Where the paper's gap is
/// not above zero, two points are left.
fn gap_limit(published: Option<(f64, f64)>) -> Option<f64> {
    published.map(|(above, below)| allowed((above - below).max(0.0)))
}

/// The question whether `above` exceeds `below` in a metric by no more than the paper's gap allows.
fn gap(what: String, metric: &str, above: &Group<'_>, below: &Group<'_>) -> Check {
    let published = above.published(metric).zip(below.published(metric)).map(|(a, b)| (a.0, b.0));
    let ours = both(above.number(metric), below.number(metric)).map(|(a, b)| a - b);
    Check::at_most(what, ours, gap_limit(published)).given(&[baseline(below, metric)])
}

/// A metric of a group as what a comparison stands on.
fn baseline(group: &Group<'_>, metric: &str) -> Baseline {
    let name = if metric == "e2ee" { "E2EE" } else { "the share misclassified" };
    Baseline {
        what: format!("{name} of {}/{}", group.domain, group.variant),
        ours: group.mean(metric),
        published: group.published(metric),
    }
}

/// How far a group has learned to answer, as what a comparison stands on: by E2EE, or by the share of answers
/// that are not exact where the paper has only these.
fn learned(group: &Group<'_>) -> Baseline {
    if group.published("e2ee").is_some() {
        return baseline(group, "e2ee");
    }
    Baseline {
        what: format!("the share not answered exactly of {}/{}", group.domain, group.variant),
        ours: group.mean("exact").map(|exact| 1.0 - exact),
        published: group.published("exact").map(|(low, high)| (1.0 - high, 1.0 - low)),
    }
}

/// The cost of sparsity is the gap to Non-Sparse; that Retrained has nearly none shows that the motifs
/// hold what the answer needs. Both are gaps, so that a network that is worse throughout can still show it; but a
/// Non-Sparse that has not learned the task has no gap to anything.
pub(crate) fn fig5(context: &Context) -> Section<'_> {
    let criterion = "in each domain E2EE of Sparling, and that of Retrained, lie above that of Non-Sparse by at most \
                     2p + 2 points, where p is the paper's gap, or 0 where it has none.";
    let header = "domain | Sparling | Non-Sparse | Retrained | head trained from scratch";
    let mut section = Section::new("fig5", criterion, header);
    for (domain, title, _) in DOMAINS.iter().copied() {
        let [sparling, dense, retrained, scratch] =
            ["sparling", "non-sparse", "retrained", "retrained-scratch"]
                .map(|variant| Group::new(context, domain, variant, &["e2ee"]));
        let cost = gap(format!("{title}, Sparling above Non-Sparse"), "e2ee", &sparling, &dense);
        let left = gap(format!("{title}, Retrained above Non-Sparse"), "e2ee", &retrained, &dense);
        let e2ee = |group: &Group<'_>| cell(group.number("e2ee"), group.published("e2ee"));
        section.line(&[
            sparling.label(title),
            cost.mark(e2ee(&sparling)),
            e2ee(&dense),
            left.mark(e2ee(&retrained)),
            e2ee(&scratch),
        ]);
        section.checks.extend([cost, left]);
        for group in [sparling, dense, retrained, scratch] {
            section.use_rows(&group, group.rows());
        }
    }
    section
}

/// The variants of a figure or table on DigitCircle, Sparling first.
fn compared<'a>(
    context: &'a Context,
    target: &str,
    metrics: &'static [&'static str],
) -> (Group<'a>, Vec<Group<'a>>) {
    let spec = target.parse::<Target>().expect("a figure that can be drawn").spec();
    let others = spec.runs_needed.iter().filter(|(_, variant)| *variant != "sparling");
    let group = |variant: &'static str| Group::new(context, DIGIT_CIRCLE, variant, metrics);
    (group("sparling"), others.map(|(_, variant)| group(variant)).collect())
}

/// ST's confusion is 19 times MT's in the paper. Twice would show it, and two points more keep the noise
/// of small errors out. FPE and FNE are not asked: the paper's own hardly differ.
pub(crate) fn fig8(context: &Context) -> Section<'_> {
    let criterion = "CE of ST is at least twice the CE of MT plus 2 points.";
    let header = "variant | δ / minimum | FPE | FNE | CE | E2EE";
    let mut section = Section::new("fig8", criterion, header);
    let (sparling, others) = compared(context, "fig8", ERRORS);
    let mut groups = vec![("MT", sparling)];
    groups.extend(others.into_iter().map(|group| ("ST", group)));
    let multi = groups[0].1.mean("ce");
    // A network that answers nothing confuses motifs too.
    let baselines: Vec<Baseline> = groups.iter().map(|(_, group)| learned(group)).collect();
    for (name, group) in groups {
        let number = |metric| cell(group.number(metric), group.published(metric));
        let mut ce = number("ce");
        if name == "ST" {
            let check = Check::at_least("CE of ST", group.mean("ce"), multi.map(allowed)).given(&baselines);
            ce = check.mark(ce);
            section.checks.push(check);
        }
        let times = cell_by(group.times_minimum(), None, |times| format!("{times:.2}"));
        section.line(&[group.label(name), times, number("fpe"), number("fne"), ce, number("e2ee")]);
        section.use_rows(&group, group.rows());
    }
    section
}

/// How many times Sparling's density a penalty must stay above, or how far its E2EE must: in the paper λ = 2
/// reaches 4 times that density at an E2EE of 70 %, and the least dense that answers has 900 times it. Ten
/// times and ten points stand between the two.
const DENSER: f64 = 10.0;
const WORSE: f64 = 0.10;

/// Asked of every λ, since the claim is about all of them: see [`DENSER`]. A λ that answers in the paper and has
/// not learned to here stays far from Sparling whatever it could reach.
pub(crate) fn fig11(context: &Context) -> Section<'_> {
    let criterion = "every λ that was run leaves the map at least 10 times as dense as Sparling's, or has an E2EE at \
                     least 10 points above Sparling's.";
    let mut section = Section::new("fig11", criterion, "variant | density, percent | E2EE | exact matches");
    let (sparling, others) = compared(context, "fig11", &["density", "e2ee", "exact"]);
    let reference = both(sparling.number("density"), sparling.number("e2ee"));
    let line = |section: &mut Section<'_>, group: &Group<'_>, mark: &dyn Fn(String) -> String| {
        let number = |metric| cell(group.number(metric), group.published(metric));
        let density = density_cell(group.number("density"), group.published("density"));
        section.line(&[mark(group.label(group.variant)), density, number("e2ee"), number("exact")]);
    };
    line(&mut section, &sparling, &|name| name);
    section.use_rows(&sparling, sparling.rows());
    for group in others {
        let outcome = match (both(group.number("density"), group.number("e2ee")), reference) {
            (Some((density, e2ee)), Some((least, best))) => {
                let (times, worse) = (density / least.max(f64::MIN_POSITIVE), e2ee - best);
                if times >= DENSER || worse >= WORSE {
                    Outcome::Within
                } else {
                    Outcome::Beyond(format!(
                        "{times:.1} times Sparling's density, with an E2EE {} points above Sparling's",
                        points(worse)
                    ))
                }
            }
            _ => Outcome::Unmeasured,
        };
        let check =
            Check { what: group.variant.to_owned(), outcome }.given(&[learned(&group), learned(&sparling)]);
        line(&mut section, &group, &|name| check.mark(name));
        section.use_rows(&group, group.rows());
        section.checks.push(check);
    }
    section
}

/// Half of the least gap in the paper, 52 % (ST without batch norm) to 0.74 %; the paper only says of a fixed δ
/// that training fails, so it is asked the same.
const COLLAPSE: f64 = 0.25;

/// Each of the paper's ablations is asked whether it fails: see [`COLLAPSE`]. Ours, which no claim is about,
/// follow where they were run.
pub(crate) fn fig12(context: &Context) -> Section<'_> {
    let criterion = "E2EE of each of the paper's ablations (no batch norm, fixed δ) lies at least 25 points above \
                     Sparling's.";
    let mut section = Section::new("fig12", criterion, "variant | δ / minimum | E2EE | FPE | FNE | CE");
    let (sparling, others) = compared(context, "fig12", ERRORS);
    let least = sparling.mean("e2ee").map(|e2ee| e2ee + COLLAPSE);
    let reference = learned(&sparling);
    let ours = unpublished_ablations().map(|variant| Group::new(context, DIGIT_CIRCLE, variant, ERRORS));
    let ours = ours.filter(|group| !group.reported().is_empty());
    for group in std::iter::once(sparling).chain(others).chain(ours) {
        let number = |metric| cell(group.number(metric), group.published(metric));
        let mut e2ee = number("e2ee");
        if group.variant != "sparling" && unpublished_ablations().all(|ours| ours != group.variant) {
            let check = Check::at_least(format!("E2EE of {}", group.variant), group.mean("e2ee"), least)
                .given(std::slice::from_ref(&reference));
            e2ee = check.mark(e2ee);
            section.checks.push(check);
        }
        let times = cell_by(group.times_minimum(), None, |times| format!("{times:.2}"));
        section.line(&[group.label(group.variant), times, e2ee, number("fpe"), number("fne"), number("ce")]);
        section.use_rows(&group, group.rows());
    }
    section
}

/// The worst of the motif errors of a group's means; `None` where none was measured.
fn worst(group: &Group<'_>) -> Option<f64> {
    ["fpe", "fne", "ce"].iter().filter_map(|metric| group.mean(metric)).reduce(f64::max)
}

/// The least of the worst errors in the paper is 91.3 % (λ = 2); half of that still means that motifs are not
/// found. Sparling is asked too, or a scale at which nothing is learnt would show the claim; and so is each λ that
/// answers in the paper, since a network that answers nothing need not mark anything.
pub(crate) fn table1(context: &Context) -> Section<'_> {
    let criterion = "at each λ the worst of FPE, FNE and CE is at least 45 % and also at least twice the worst of Sparling's.";
    let header = "variant | FPE | FNE | CE | E2EE | density, percent | worst motif error";
    let mut section = Section::new("table1", criterion, header);
    let (sparling, others) = compared(context, "table1", WITH_DENSITY);
    let least = worst(&sparling).map(|error| (2.0 * error).max(0.45));
    let reference = learned(&sparling);
    for group in others.into_iter().chain([sparling]) {
        let ours = worst(&group);
        let mut shown = cell(ours.and_then(|w| Number::of(&[w])), None);
        if group.variant != "sparling" {
            let check = Check::at_least(format!("worst motif error of {}", group.variant), ours, least)
                .given(&[learned(&group), reference.clone()]);
            shown = check.mark(shown);
            section.checks.push(check);
        }
        let number = |metric| cell(group.number(metric), group.published(metric));
        let density = density_cell(group.number("density"), group.published("density"));
        section.line(&[
            group.label(group.variant),
            number("fpe"),
            number("fne"),
            number("ce"),
            number("e2ee"),
            density,
            shown,
        ]);
        section.use_rows(&group, group.rows());
    }
    section
}

/// The gap to direct supervision is asked, as the paper compares the two and both depend on the data alike.
pub(crate) fn table2(context: &Context) -> Section<'_> {
    let criterion = "in each domain the share of motifs misclassified by Sparling lies above that of direct supervision \
                     by at most 2p + 2 points, where p is the paper's gap.";
    let mut section = Section::new("table2", criterion, "domain | Sparling | direct supervision");
    for (domain, title, _) in DOMAINS.iter().copied() {
        let metric = "motif_misclassified";
        let [ours, direct] = ["sparling", "direct-supervision"]
            .map(|variant| Group::new(context, domain, variant, &["motif_misclassified"]));
        let check = gap(format!("{title}, Sparling above direct supervision"), metric, &ours, &direct);
        let number = |group: &Group<'_>| cell(group.number(metric), group.published(metric));
        section.line(&[ours.label(title), check.mark(number(&ours)), number(&direct)]);
        section.checks.push(check);
        for group in [ours, direct] {
            section.use_rows(&group, group.rows());
        }
    }
    section
}
