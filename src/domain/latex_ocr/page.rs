//! A page of black and white: where marks come to lie on the frame.

use super::LatexOcrConfig;
use super::marks::Mark;
use crate::domain::Motif;

/// Pixels added to a motif's box on every side (paper section 5).
pub(super) const PADDING: i64 = 2;

/// A formula on its frame, without noise.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Page {
    /// One bit a pixel, set where the paper is white, row-major; the last word may have bits to spare.
    pub(super) white: Vec<u64>,
    /// The motifs that left a black pixel on the frame, in the order of their marks.
    pub(super) motifs: Vec<Motif>,
    /// Rows and columns that the whole formula's black pixels span.
    pub(super) ink: [usize; 2],
    /// Motifs of the formula of which the frame shows nothing.
    pub(super) lost: usize,
}

/// A half-open range of rows and one of columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Area {
    rows: [i64; 2],
    columns: [i64; 2],
}

impl Area {
    fn union(self, other: Self) -> Self {
        let widest = |a: [i64; 2], b: [i64; 2]| [a[0].min(b[0]), a[1].max(b[1])];
        Self { rows: widest(self.rows, other.rows), columns: widest(self.columns, other.columns) }
    }

    fn contains(self, y: i64, x: i64) -> bool {
        (self.rows[0]..self.rows[1]).contains(&y) && (self.columns[0]..self.columns[1]).contains(&x)
    }
}

impl Page {
    /// Sets marks on a frame: their ink's box in the middle, shifted by whole pixels. What is
    /// larger than the frame is cut off on both sides alike.
    pub(super) fn new(marks: &[Mark], config: &LatexOcrConfig) -> Self {
        let (height, width) = (config.height as i64, config.width as i64);
        // A pixel is white if its lightness, 1 − coverage/255, reaches the threshold.
        let most = ((1.0 - config.threshold) * 255.0).floor() as u8;
        let boxes: Vec<_> = marks.iter().map(|mark| black_box(mark, most)).collect();
        let ink = boxes.iter().flatten().copied().reduce(Area::union);
        let ink = ink.unwrap_or(Area { rows: [0, 0], columns: [0, 0] });
        let middle = |side: i64, [from, to]: [i64; 2]| (side - (to - from)).div_euclid(2) - from;
        let (down, right) = (middle(height, ink.rows), middle(width, ink.columns));
        let frame = Area { rows: [-down, height - down], columns: [-right, width - right] };

        let mut coverage = vec![0u8; config.height * config.width];
        let mut motifs = Vec::with_capacity(marks.len());
        for (mark, black) in marks.iter().zip(boxes) {
            let mut seen = false;
            for (y, row) in (mark.top..).zip(mark.coverage.chunks(mark.width.max(1))) {
                for (x, &share) in (mark.left..).zip(row) {
                    if share > 0 && frame.contains(y, x) {
                        let pixel = &mut coverage[((y + down) * width + x + right) as usize];
                        *pixel = pixel.saturating_add(share);
                        seen |= share > most;
                    }
                }
            }
            if let (true, Some(Area { rows, columns })) = (seen, black) {
                let clip = |value: i64, side: i64| value.clamp(0, side) as usize;
                motifs.push(Motif {
                    kind: mark.kind,
                    top: clip(rows[0] + down - PADDING, height),
                    left: clip(columns[0] + right - PADDING, width),
                    bottom: clip(rows[1] + down + PADDING, height),
                    right: clip(columns[1] + right + PADDING, width),
                });
            }
        }
        let white = coverage.chunks(64).map(|pixels| {
            let bit = |(i, &share): (usize, &u8)| u64::from(share <= most) << i;
            pixels.iter().enumerate().map(bit).fold(0, |word, bit| word | bit)
        });
        let side = |[from, to]: [i64; 2]| (to - from) as usize;
        Self {
            white: white.collect(),
            ink: [side(ink.rows), side(ink.columns)],
            lost: marks.len() - motifs.len(),
            motifs,
        }
    }
}

/// The rows and columns that the pixels of more than `most` coverage span; `None` without any.
fn black_box(mark: &Mark, most: u8) -> Option<Area> {
    let mut area: Option<Area> = None;
    for (y, row) in (mark.top..).zip(mark.coverage.chunks(mark.width.max(1))) {
        let black = |share: &u8| *share > most;
        if let (Some(first), Some(last)) = (row.iter().position(black), row.iter().rposition(black)) {
            let (from, to) = (mark.left + first as i64, mark.left + last as i64 + 1);
            let own = Area { rows: [y, y + 1], columns: [from, to] };
            area = Some(area.map_or(own, |area| area.union(own)));
        }
    }
    area
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mark(left: i64, top: i64, width: usize, coverage: &[u8]) -> Mark {
        Mark { kind: 5, left, top, width, coverage: coverage.to_vec() }
    }

    fn page(marks: &[Mark], height: usize, width: usize) -> Page {
        Page::new(marks, &LatexOcrConfig { height, width, ..LatexOcrConfig::default() })
    }

    fn black(page: &Page, pixels: usize) -> Vec<usize> {
        (0..pixels).filter(|i| page.white[i / 64] >> (i % 64) & 1 == 0).collect()
    }

    /// 63 of 255 is lighter than 0.75, 64 is darker.
    #[test]
    fn ink_is_binarised_at_the_threshold_and_centred_by_what_is_black() {
        let page = page(&[mark(-70, 40, 3, &[63, 64, 255, 0, 0, 63])], 7, 9);
        // The two black pixels of the first row, in the middle of 7×9.
        assert_eq!(black(&page, 63), [3 * 9 + 3, 3 * 9 + 4]);
        assert_eq!(page.motifs, [Motif { kind: 5, top: 1, left: 1, bottom: 6, right: 7 }]);
        assert_eq!((page.ink, page.lost), ([1, 2], 0));
    }

    #[test]
    fn shares_of_a_pixel_add_up_without_overflow() {
        let page = page(&[mark(0, 0, 2, &[255, 40]), mark(1, 0, 2, &[40, 255])], 1, 3);
        assert_eq!(black(&page, 3), [0, 1, 2]);
    }

    #[test]
    fn what_is_too_large_is_cut_on_both_sides_and_what_is_not_seen_is_lost() {
        let row = [255; 4];
        let marks = [mark(0, 0, 4, &row), mark(4, 0, 4, &row), mark(8, 0, 4, &row)];
        let page = page(&marks, 1, 4);
        assert_eq!(black(&page, 4), [0, 1, 2, 3]);
        assert_eq!((page.ink, page.lost), ([1, 12], 2));
        assert_eq!(page.motifs, [Motif { kind: 5, top: 0, left: 0, bottom: 1, right: 4 }]);
    }
}
