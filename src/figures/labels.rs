//! Places labels beside marks where they cover neither a mark nor another label.

use super::canvas::{Point, Rect};

/// What is taken already, within a frame.
#[derive(Debug)]
pub(super) struct Labels {
    frame: Rect,
    taken: Vec<Rect>,
}

impl Labels {
    /// Nothing taken within `frame`.
    pub(super) fn within(frame: Rect) -> Self {
        Self { frame, taken: Vec::new() }
    }

    /// Takes the square of a mark.
    pub(super) fn mark(&mut self, place: Point, radius: f64) {
        self.taken.push(Rect::around(place, 2.0 * radius, 2.0 * radius));
    }

    /// Takes a rectangle.
    pub(super) fn take(&mut self, rect: Rect) {
        self.taken.push(rect);
    }

    /// The middle of a label of this size for the mark at `(x, y)`: the nearest free place, or
    /// where there is none the one that covers least. The place is taken.
    pub(super) fn place(&mut self, (x, y): Point, (width, height): (f64, f64), gap: f64) -> Point {
        let mut best: Option<(f64, Point)> = None;
        for ring in 1..=4 {
            let (dx, dy) = (width / 2.0 + gap * f64::from(ring), height / 2.0 + gap * f64::from(ring));
            let candidates =
                [(dx, 0.0), (-dx, 0.0), (0.0, -dy), (0.0, dy), (dx, -dy), (-dx, -dy), (dx, dy), (-dx, dy)];
            for (right, down) in candidates {
                let middle = (x + right, y + down);
                let cost = self.cost(&Rect::around(middle, width, height));
                if best.is_none_or(|(least, _)| cost < least - 1e-9) {
                    best = Some((cost, middle));
                }
            }
            if best.is_some_and(|(cost, _)| cost < 1e-9) {
                break;
            }
        }
        let middle = best.map_or((x, y), |(_, middle)| middle);
        self.taken.push(Rect::around(middle, width, height));
        middle
    }

    /// How much of `rect` is taken or outside the frame.
    fn cost(&self, rect: &Rect) -> f64 {
        let outside = rect.width * rect.height - rect.overlap(&self.frame);
        // Text cut off at the edge is worse than text on a mark.
        4.0 * outside + self.taken.iter().map(|taken| rect.overlap(taken)).sum::<f64>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_of_marks_close_together_stay_apart() {
        let frame = Rect::new(0.0, 0.0, 600.0, 400.0);
        let mut labels = Labels::within(frame);
        let marks = [(100.0, 200.0), (112.0, 205.0), (95.0, 210.0), (590.0, 10.0)];
        marks.iter().for_each(|m| labels.mark(*m, 10.0));
        let places: Vec<Rect> =
            marks.iter().map(|m| Rect::around(labels.place(*m, (60.0, 30.0), 16.0), 60.0, 30.0)).collect();
        for (i, a) in places.iter().enumerate() {
            assert!((a.overlap(&frame) - 60.0 * 30.0).abs() < 1e-6, "{a:?} is cut off");
            for b in &places[i + 1..] {
                assert!(a.overlap(b) < 1e-6, "{a:?} on {b:?}");
            }
        }
    }
}
