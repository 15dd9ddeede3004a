//! One figure or table of the report, as Markdown.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use crate::figures::{Context, FIGURES, FigureSpec};
use crate::hint::Hint;
use crate::results::{LeftOut, Row};

use super::fixed::fixed;
use super::group::Group;
use super::number::duration;
use super::verdict::{Check, Outcome, Verdict};

/// What a figure or table is judged by, and the judgement.
#[derive(Debug)]
pub(crate) struct Section<'a> {
    pub(super) claim: &'static FigureSpec,
    /// When the claim counts as held, in words.
    pub(super) criterion: &'static str,
    pub(super) header: &'static str,
    /// Cells by line; bold in Markdown what failed its criterion.
    pub(super) table: Vec<Vec<String>>,
    pub(super) checks: Vec<Check>,
    /// Rows that the numbers come from.
    used: Vec<&'a Row>,
    /// Domains and variants looked at.
    runs: BTreeSet<(&'static str, &'static str)>,
}

impl<'a> Section<'a> {
    /// An empty section; `header` is the table's first line with `|` between the columns.
    ///
    /// # Panics
    /// When there is no figure of this name: a mistake in the program.
    pub(super) fn new(name: &str, criterion: &'static str, header: &'static str) -> Self {
        let claim = FIGURES.iter().find(|spec| spec.name == name).expect("every section is of a figure");
        let (table, checks, used, runs) = Default::default();
        Self { claim, criterion, header, table, checks, used, runs }
    }

    /// Takes note of the rows that were looked at.
    pub(super) fn use_rows(&mut self, group: &Group<'a>, rows: Vec<&'a Row>) {
        self.runs.insert((group.domain, group.variant));
        self.used.extend(rows);
    }

    /// One line of the table.
    pub(super) fn line(&mut self, cells: &[String]) {
        self.table.push(cells.to_vec());
    }

    pub(super) fn verdict(&self) -> Verdict {
        Verdict::of(&self.checks)
    }

    /// How many runs the verdict comes from.
    pub(super) fn seeds(&self) -> String {
        let runs: BTreeSet<_> = self.used.iter().map(|r| (&r.domain, &r.variant, r.seed)).collect();
        match runs.len() {
            _ if self.verdict() == Verdict::NotMeasured => "–".to_owned(),
            1 => "1 run".to_owned(),
            n => format!("{n} runs"),
        }
    }

    /// The section; `picture` is the link to what was drawn.
    pub(super) fn markdown(&self, context: &Context, picture: Option<&str>, remark: Option<&str>) -> String {
        let FigureSpec { name, title, claim, .. } = self.claim;
        let mut text = format!("## {name}: {title}\n\n**Claim.** {claim}\n\n");
        let rule = "---|".repeat(self.header.split(" | ").count());
        let _ = writeln!(text, "| {} |\n|{rule}", self.header);
        for line in &self.table {
            let _ = writeln!(text, "| {} |", line.join(" | "));
        }
        let verdict = self.verdict();
        let _ = writeln!(text, "\n**{verdict}.** Criterion: {} {}", self.criterion, fixed(self.claim));
        self.outcomes(&mut text);
        let _ = writeln!(text, "\n{}", self.evidence(context));
        match (verdict, remark) {
            (Verdict::DidNotHold(..) | Verdict::NotComparable(..), Some(remark)) => {
                let _ = writeln!(text, "\n**Reason looked for.** {remark}");
            }
            (Verdict::DidNotHold(..) | Verdict::NotComparable(..), None) => {
                let _ = writeln!(
                    text,
                    "\n**Reason looked for.** Nothing is written yet; `{name} = \"…\"` in remarks.toml puts it here."
                );
            }
            (_, Some(remark)) => {
                let _ = writeln!(text, "\n**Remark.** {remark}");
            }
            (_, None) => {}
        }
        if let Some(link) = picture {
            let _ = writeln!(text, "\nPicture: [{name}.png]({link})");
        }
        text
    }

    /// What failed and by how much.
    pub(super) fn failed(&self) -> Vec<String> {
        let failed = self.checks.iter().filter_map(|check| match &check.outcome {
            Outcome::Beyond(how) => Some(format!("{}: {how}", check.what)),
            Outcome::Within | Outcome::NotComparable(_) | Outcome::Unmeasured => None,
        });
        failed.collect()
    }

    /// What stands on a baseline that is far from the paper's number, and how far that is.
    pub(super) fn not_comparable(&self) -> Vec<String> {
        let apart = self.checks.iter().filter_map(|check| match &check.outcome {
            Outcome::NotComparable(why) => Some(format!("{}: {why}", check.what)),
            Outcome::Within | Outcome::Beyond(_) | Outcome::Unmeasured => None,
        });
        apart.collect()
    }

    /// What could not be asked, where something could.
    pub(super) fn open(&self) -> Vec<&str> {
        let open = self.checks.iter().filter(|check| check.outcome == Outcome::Unmeasured);
        let open: Vec<_> = open.map(|check| check.what.as_str()).collect();
        if open.len() < self.checks.len() { open } else { Vec::new() }
    }

    fn outcomes(&self, text: &mut String) {
        for (head, lines) in [("", self.failed()), ("Not comparable:\n\n", self.not_comparable())] {
            let lines: Vec<_> = lines.into_iter().map(|line| format!("- {line}")).collect();
            if !lines.is_empty() {
                let _ = writeln!(text, "\n{head}{}", lines.join("\n"));
            }
        }
        let open = self.open();
        if !open.is_empty() {
            let _ = writeln!(text, "\nNot measured: {}.", open.join("; "));
        }
    }

    /// Seeds, samples, training time, revisions and corpora of the rows; runs that failed.
    pub(super) fn evidence(&self, context: &Context) -> String {
        let command = self.how_to_measure(context);
        let mut text = match (self.verdict(), self.used.is_empty()) {
            (_, true) => {
                format!("No rows.{}", command.map_or(String::new(), |c| format!(" To measure: `{c}`.")))
            }
            (Verdict::NotMeasured, _) => {
                let rest = command.map_or(String::new(), |c| format!(" To measure the rest: `{c}`."));
                format!("Measured so far: {}{rest}", self.measured())
            }
            _ => format!("Measured: {}", self.measured()),
        };
        let failed: BTreeSet<String> = context
            .rows
            .iter()
            .filter(|r| !r.error.is_empty() && matches!(r.metric.as_str(), "train" | "evaluate"))
            .filter(|r| self.runs.contains(&(r.domain.as_str(), r.variant.as_str())))
            .map(|r| format!("{}/{} seed {} ({}: {})", r.domain, r.variant, r.seed, r.metric, r.error))
            .collect();
        if !failed.is_empty() {
            let _ = write!(text, " Failed: {}.", failed.into_iter().collect::<Vec<_>>().join("; "));
        }
        let left: BTreeSet<String> = context
            .left_out
            .iter()
            .filter(|left| self.is_of(left))
            .map(|left| left.run.to_string())
            .collect();
        if !left.is_empty() {
            let _ =
                write!(text, " Left out (see the end): {}.", left.into_iter().collect::<Vec<_>>().join("; "));
        }
        text
    }

    fn is_of(&self, left: &LeftOut) -> bool {
        self.runs.contains(&(left.run.domain.as_str(), left.run.variant.as_str()))
    }

    /// The command that measures what the figure or table needs, where there is one.
    fn how_to_measure(&self, context: &Context) -> Option<String> {
        let Hint::Figure { target, scale, results, experiments, overrides, .. } =
            context.how_to_measure(self.claim.asked())
        else {
            return None;
        };
        // Rows by other settings would refuse those that are measured.
        let replace = context.left_out.iter().any(|left| self.is_of(left));
        Some(Hint::Figure { target, scale, results, experiments, overrides, replace }.plain())
    }

    fn measured(&self) -> String {
        let mut seeds: BTreeMap<(&str, &str), BTreeSet<u64>> = BTreeMap::new();
        let mut seconds: BTreeMap<(&str, &str, u64), f64> = BTreeMap::new();
        for row in &self.used {
            seeds.entry((&row.domain, &row.variant)).or_default().insert(row.seed);
            let longest = seconds.entry((&row.domain, &row.variant, row.seed)).or_default();
            *longest = longest.max(row.wall_seconds);
        }
        let runs: Vec<String> = seeds
            .iter()
            .map(|((domain, variant), seeds)| {
                let word = if seeds.len() == 1 { "seed" } else { "seeds" };
                format!("{domain}/{variant} {word} {}", list(seeds.iter()))
            })
            .collect();
        let least = seconds.values().copied().fold(f64::INFINITY, f64::min);
        let most = seconds.values().copied().fold(0.0, f64::max);
        let each = if least == most {
            duration(most)
        } else {
            format!(
                "{} to {} a run, {} in all",
                duration(least),
                duration(most),
                duration(seconds.values().sum())
            )
        };
        let corpora: BTreeSet<&str> =
            self.used.iter().map(|r| r.corpus.as_str()).filter(|c| !c.is_empty()).collect();
        let corpora =
            if corpora.is_empty() { String::new() } else { format!("; corpus {}", list(corpora.iter())) };
        let samples: BTreeSet<u64> = self.used.iter().map(|r| r.samples).collect();
        let revisions: BTreeSet<&str> = self.used.iter().map(|r| r.revision.as_str()).collect();
        format!(
            "{}; samples {}; training {each}; revision {}{corpora}.",
            runs.join(", "),
            list(samples.iter()),
            list(revisions.iter())
        )
    }
}

fn list<T: ToString>(values: impl Iterator<Item = T>) -> String {
    values.map(|v| v.to_string()).collect::<Vec<_>>().join(", ")
}
