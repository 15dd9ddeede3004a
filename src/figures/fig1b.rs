//! Figure 1b: the task of splicing. A transcript, its sites, what they do, and the splice sites that are used.

use std::path::PathBuf;

use anyhow::Result;

use crate::domain::splicing::proteins::{FIRST_PROTEIN, LETTERS};
use crate::report;
use crate::results::{Example, Examples, TrueMotif};

use super::canvas::{Across, Canvas, Down, Pen, Point, Rect, WHITE};
use super::font;
use super::judged::{Verdict, judged};
use super::page::{Page, Words, save};
use super::picture::{self, heading};
use super::style::{FAINT, INK, LABEL, MARGIN, PAGE, QUIET, SMALL, THIN, WRONG, colored, set};
use super::table::SPARLING_ON_SPLICING;
use super::{Context, FigureSpec, Needs, select};

pub(super) const SPEC: FigureSpec = FigureSpec {
    name: "fig1b",
    title: "A transcript, its binding sites and its splice sites",
    claim: "A network that is told nothing but where RNA is spliced learns to find the binding sites that decide it.",
    runs_needed: SPARLING_ON_SPLICING,
    also_shown: &[],
    needs: Needs::Examples,
    draw,
    judge: report::fig1b,
    fixed: report::BEFORE_RESULTS,
    changes: &[],
};

/// Left edge of the transcript, behind the words for each line.
const LEFT: f64 = 62.0;
/// Heights of the line of letters, of a lane of sites, and of the lines of marks and labels.
const LETTER: f64 = 12.0;
const LANE: f64 = 15.0;
const LINE: f64 = 20.0;

fn draw(spec: &FigureSpec, context: &Context) -> Result<Vec<PathBuf>> {
    let (domain, variant) = spec.runs_needed[0];
    let examples = select::examples(context, domain, variant)?;
    let Some((examples, item)) = examples.as_ref().and_then(|e| Some((e, telling(&e.items)?))) else {
        return Err(context.missing(spec, "examples"));
    };
    let page = Transcript { examples, item }.page()?;
    let more = format!(
        "The model sees pairs of letters x and labels y alone. Sites that share letters stand in two lanes, and the letters \
         they share are shaded. Candidate splice sites are filled; whether one is used follows from the proteins near it. \
         Found: a mark at each local maximum of the motif map, with the kind that its channel stands for where it is \
         another than the site's. Scale {}, seed {}, {} sample {}.",
        context.scale, examples.seed, item.split, item.index
    );
    save(context, spec, &page, Words::new(spec, &more), &picture::shown(examples, item))
}

/// Of the samples the one that shows most: sites that share letters, a candidate that is used and one that is not.
fn telling(items: &[Example]) -> Option<&Example> {
    let shows = |item: &&Example| {
        let candidates = item.true_motifs.iter().filter(|m| m.kind < FIRST_PROTEIN).count();
        let used = used(item).count();
        let shared = (0..item.width).any(|at| sharing(item, at));
        usize::from(used > 0) * 2 + usize::from(candidates > used) + usize::from(shared)
    };
    // `max_by_key` keeps the last of equals; reversed, that is the first sample.
    items.iter().rev().max_by_key(shows)
}

/// Whether several motifs hold this letter.
fn sharing(item: &Example, at: usize) -> bool {
    item.true_motifs.iter().filter(|m| (m.left..m.right).contains(&at)).count() > 1
}

/// Positions with a splice site, and its label.
fn used(item: &Example) -> impl Iterator<Item = (usize, &str)> {
    rare(&item.target)
}

/// Labels other than the one that is there most often, with their positions.
fn rare(labels: &[String]) -> impl Iterator<Item = (usize, &str)> {
    let count = |label: &String| labels.iter().filter(|other| *other == label).count();
    let common = labels.iter().max_by_key(|label| count(label));
    labels.iter().enumerate().filter(move |(_, label)| Some(*label) != common).map(|(at, l)| (at, l.as_str()))
}

struct Transcript<'a> {
    examples: &'a Examples,
    item: &'a Example,
}

impl Transcript<'_> {
    fn page(&self) -> Result<Page> {
        let mut canvas = Canvas::new();
        let lanes = lanes(&self.item.true_motifs);
        let count = lanes.iter().max().map_or(0, |last| last + 1);
        let sites = LETTER + 2.0;
        let found = sites + LANE * count as f64;
        let labels = found + LINE;
        let end = labels + LINE + if self.item.output == self.item.target { 0.0 } else { LINE };
        let rows = [("input x", 0.0), ("true motifs m*", sites), ("found", found), ("output y", labels)];
        for (words, top) in rows {
            heading(&mut canvas, words, (MARGIN, top + LETTER / 2.0), LABEL);
        }
        self.letters(&mut canvas)?;
        for (motif, &lane) in self.item.true_motifs.iter().zip(&lanes) {
            self.site(&mut canvas, motif, sites + LANE * lane as f64);
        }
        self.found(&mut canvas, found + LETTER / 2.0);
        self.labels(&mut canvas, &self.item.target, labels, INK);
        if self.item.output != self.item.target {
            heading(&mut canvas, "answered ŷ", (MARGIN, labels + LINE + LETTER / 2.0), LABEL);
            self.labels(&mut canvas, &self.item.output, labels + LINE, WRONG);
        }
        Ok(Page { canvas, width: PAGE, height: end })
    }

    /// Width of a letter.
    fn step(&self) -> f64 {
        (PAGE - MARGIN - LEFT) / self.item.width.max(1) as f64
    }

    fn x(&self, at: f64) -> f64 {
        LEFT + self.step() * at
    }

    /// The letters of the one-hot input, those that several sites share on a shade.
    fn letters(&self, canvas: &mut Canvas) -> Result<()> {
        let (grey, width) = (self.item.grey()?, self.item.width);
        for at in 0..width {
            let place: Point = (self.x(at as f64 + 0.5), LETTER / 2.0);
            if sharing(self.item, at) {
                canvas.fill(Rect::around(place, self.step(), LETTER), FAINT);
            }
            let row =
                (0..LETTERS.len()).find(|row| grey.get(row * width + at).is_some_and(|&value| value > 127));
            let letter = row.map_or('?', |row| char::from(LETTERS[row]));
            canvas.text(&letter.to_string(), place, set(SMALL, Across::Middle, Down::Middle));
        }
        Ok(())
    }

    /// A site as a bar over its letters, with its kind.
    fn site(&self, canvas: &mut Canvas, motif: &TrueMotif, top: f64) {
        let place = Rect::between((self.x(motif.left as f64), top), (self.x(motif.right as f64), top + 3.0));
        canvas.fill(place, if motif.kind < FIRST_PROTEIN { INK } else { WHITE });
        canvas.frame(place, Pen::new(INK, THIN));
        let name = &self.examples.kinds[motif.kind];
        let half = font::width(name, SMALL) / 2.0;
        let x = place.middle().0.clamp(LEFT + half, PAGE - MARGIN - half);
        canvas.text(name, (x, top + 8.0), set(SMALL, Across::Middle, Down::Middle));
    }

    /// The marks of the motif map, judged; a name where one is of another kind than it should be.
    fn found(&self, canvas: &mut Canvas, y: f64) {
        let (verdicts, missed) = judged(self.examples, self.item);
        for motif in &missed {
            Verdict::Missed.mark(canvas, (self.x((motif.left + motif.right) as f64 / 2.0), y), false);
        }
        for (mark, verdict) in self.item.predicted.iter().zip(verdicts) {
            let place = (self.x(mark.x), y);
            verdict.mark(canvas, place, mark.crowded);
            if verdict == Verdict::Wrong {
                let words = colored(SMALL, WRONG, Across::Middle, Down::Middle);
                canvas.text(self.examples.label(mark), (place.0, y + 7.0), words);
            }
        }
    }

    /// An arrow at each label that is not the common one.
    fn labels(&self, canvas: &mut Canvas, labels: &[String], top: f64, color: super::canvas::Color) {
        canvas.line(&[(LEFT, top + 6.0), (PAGE - MARGIN, top + 6.0)], Pen::new(QUIET, THIN));
        let mut any = false;
        for (at, label) in rare(labels) {
            any = true;
            let x = self.x(at as f64 + 0.5);
            canvas.polygon(&[(x, top), (x - 3.0, top + 6.0), (x + 3.0, top + 6.0)], color);
            canvas.text(label, (x, top + 11.0), colored(SMALL, color, Across::Middle, Down::Middle));
        }
        if !any {
            canvas.text(
                "no splice site",
                (LEFT, top + 11.0),
                colored(SMALL, color, Across::Left, Down::Middle),
            );
        }
    }
}

/// A lane for each site, so that those in one are apart by a letter and their names do not touch.
fn lanes(motifs: &[TrueMotif]) -> Vec<usize> {
    /// Letters that a name takes, about.
    const NAME: usize = 9;
    let mut ends: Vec<usize> = Vec::new();
    let mut lanes = vec![0; motifs.len()];
    let mut order: Vec<usize> = (0..motifs.len()).collect();
    order.sort_by_key(|&i| motifs[i].left);
    for i in order {
        let middle = usize::midpoint(motifs[i].left, motifs[i].right);
        let (from, to) = (
            middle.saturating_sub(NAME / 2).min(motifs[i].left),
            (middle + NAME / 2 + 1).max(motifs[i].right),
        );
        let lane = ends.iter().position(|end| *end <= from).unwrap_or(ends.len());
        if lane == ends.len() {
            ends.push(0);
        }
        ends[lane] = to;
        lanes[i] = lane;
    }
    lanes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn site(left: usize, right: usize) -> TrueMotif {
        TrueMotif { kind: 0, top: 0, left, bottom: 1, right }
    }

    #[test]
    fn names_in_a_lane_do_not_touch() {
        assert_eq!(lanes(&[site(0, 6), site(4, 10), site(30, 36), site(33, 40)]), [0, 1, 0, 1]);
        assert_eq!(lanes(&[site(40, 46), site(0, 6)]), [0, 0], "by place, whatever their order");
    }

    #[test]
    fn rare_labels_are_told_with_their_places() {
        let labels = ["none", "none", "donor", "none", "acceptor"].map(str::to_owned);
        assert_eq!(rare(&labels).collect::<Vec<_>>(), [(2, "donor"), (4, "acceptor")]);
    }
}
