//! Which marks of a motif map are right, and how each is drawn.

use crate::domain::{Motif, entry};
use crate::eval::sharing::{Group, components};
use crate::results::{Example, Examples, Marked, TrueMotif};

use super::canvas::{Canvas, Color, Pen, Point, Rect, WHITE};
use super::picture::is_series;
use super::style::{QUIET, RIGHT, WRONG};

/// What a mark of the motif map is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// The strongest mark in a true motif's box, of its kind.
    Right,
    /// The strongest in a box, of another kind; or in no box.
    Wrong,
    /// In a box, and weaker than another.
    Weaker,
    /// No mark: a true motif in whose box nothing is marked.
    Missed,
}

impl Verdict {
    pub(super) fn color(self) -> Color {
        match self {
            Self::Right => RIGHT,
            Self::Wrong | Self::Missed => WRONG,
            Self::Weaker => QUIET,
        }
    }

    /// Draws the mark: a disc, a cross or a ring; rays around it where others are near. A missed motif is a box.
    pub(super) fn mark(self, canvas: &mut Canvas, (x, y): Point, crowded: bool) {
        let color = self.color();
        if crowded {
            for turn in 0..4 {
                let (dy, dx) = (f64::from(turn) * std::f64::consts::FRAC_PI_4).sin_cos();
                let ray = [(x - 3.6 * dx, y - 3.6 * dy), (x + 3.6 * dx, y + 3.6 * dy)];
                canvas.line(&ray, Pen::new(WHITE, 1.6));
                canvas.line(&ray, Pen::new(color, 0.7));
            }
        }
        match self {
            Self::Right => {
                canvas.disc((x, y), 2.4, WHITE);
                canvas.disc((x, y), 1.9, color);
            }
            Self::Wrong => {
                let r = 2.1;
                for pen in [Pen::new(WHITE, 2.4), Pen::new(color, 1.3)] {
                    canvas.line(&[(x - r, y - r), (x + r, y + r)], pen);
                    canvas.line(&[(x - r, y + r), (x + r, y - r)], pen);
                }
            }
            Self::Weaker => {
                canvas.disc((x, y), 2.2, WHITE);
                canvas.ring((x, y), 1.5, Pen::new(color, 0.8));
            }
            Self::Missed => canvas.frame(Rect::around((x, y), 9.0, 7.0), MISSED),
        }
    }
}

/// The box of a missed motif.
pub(super) const MISSED: Pen = Pen { color: WRONG, width: 0.9, dash: Some((2.0, 1.4)) };

/// What each mark is, and the true motifs that are missed. As in paper section 6 the strongest mark in a box is its
/// prediction, and what is left over outside of boxes is invented. Motifs that share positions are matched with their
/// marks as [`sharing`](crate::eval::sharing) says.
pub(super) fn judged(examples: &Examples, example: &Example) -> (Vec<Verdict>, Vec<TrueMotif>) {
    let mut verdicts: Vec<Option<Verdict>> = vec![None; example.predicted.len()];
    let mut missed = Vec::new();
    let within = |motif: &TrueMotif, mark: &Marked| {
        let rows = is_series(example) || (motif.top as f64..motif.bottom as f64).contains(&mark.y);
        rows && (motif.left as f64..motif.right as f64).contains(&mark.x)
    };
    // Where boxes may touch by rule, the paper's matching goes by their order.
    let motifs: Vec<Motif> = example.true_motifs.iter().map(TrueMotif::motif).collect();
    let groups = match matched_together(&examples.domain) {
        true => components(&motifs, [1, 1]),
        false => (0..motifs.len()).map(|i| vec![i]).collect(),
    };
    for members in groups {
        let boxes: Vec<TrueMotif> = members.iter().map(|&i| example.true_motifs[i]).collect();
        let own = |(i, mark): &(usize, &Marked)| {
            verdicts[*i].is_none() && boxes.iter().any(|motif| within(motif, mark))
        };
        let mut all: Vec<(usize, &Marked)> = example.predicted.iter().enumerate().filter(own).collect();
        // A stable sort from the last on: of equals the last comes first, as ever.
        all.reverse();
        all.sort_by(|a, b| b.1.value.total_cmp(&a.1.value));
        let held = |mark: &Marked| (0..boxes.len()).filter(|&m| within(&boxes[m], mark)).collect();
        let group = Group {
            kinds: boxes.iter().map(|motif| motif.kind).collect(),
            predictions: all.iter().map(|(_, mark)| (mark.channel, held(mark))).collect(),
        };
        for (i, _) in &all {
            verdicts[*i] = Some(Verdict::Weaker);
        }
        let matched = if boxes.len() > 1 {
            group.matched(&examples.mapping)
        } else {
            vec![(!all.is_empty()).then_some(0)]
        };
        for (motif, prediction) in boxes.iter().zip(matched) {
            let Some((best, mark)) = prediction.map(|at| all[at]) else {
                missed.push(*motif);
                continue;
            };
            let kind = examples.mapping.get(mark.channel).copied().flatten();
            verdicts[best] = Some(if kind == Some(motif.kind) { Verdict::Right } else { Verdict::Wrong });
        }
    }
    (verdicts.into_iter().map(|verdict| verdict.unwrap_or(Verdict::Wrong)).collect(), missed)
}

/// Whether motifs of the domain called `name` are matched together where they share positions.
fn matched_together(name: &str) -> bool {
    entry(name).is_some_and(|entry| entry.motifs_overlap)
}

#[cfg(test)]
mod tests {
    use super::super::picture::tests::{example, marked};
    use super::*;

    #[test]
    fn every_mark_is_right_wrong_or_outdone_and_what_is_left_is_missed() {
        let marks =
            vec![marked(0, 5.5, 2.0), marked(2, 6.5, 1.0), marked(3, 25.5, 1.0), marked(1, 15.5, 1.0)];
        let (examples, item) = example(marks);
        let (verdicts, missed) = judged(&examples, &item);
        assert_eq!(verdicts, [Verdict::Right, Verdict::Weaker, Verdict::Wrong, Verdict::Wrong]);
        assert_eq!(missed, [item.true_motifs[2]]);
    }
}
