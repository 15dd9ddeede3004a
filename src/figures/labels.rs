//! Places labels beside marks where they cover neither a mark nor another label.

/// A rectangle in pixels: left, top, right, bottom.
type Rect = [i32; 4];

/// What is taken already, within a frame.
#[derive(Debug)]
pub(super) struct Labels {
    frame: Rect,
    taken: Vec<Rect>,
}

impl Labels {
    /// Nothing taken within `frame` (left, top, right, bottom).
    pub(super) fn within(frame: Rect) -> Self {
        Self { frame, taken: Vec::new() }
    }

    /// Takes the square of a mark.
    pub(super) fn mark(&mut self, (x, y): (i32, i32), radius: i32) {
        self.taken.push([x - radius, y - radius, x + radius, y + radius]);
    }

    /// Takes a vertical line.
    pub(super) fn vertical(&mut self, x: i32) {
        self.taken.push([x - 6, self.frame[1], x + 6, self.frame[3]]);
    }

    /// The centre of a label of this size for the mark at `(x, y)`: the nearest free place, or
    /// where there is none the one that covers least. The place is taken.
    pub(super) fn place(&mut self, (x, y): (i32, i32), (width, height): (i32, i32), gap: i32) -> (i32, i32) {
        let mut best: Option<(i32, (i32, i32))> = None;
        for ring in 1..=4 {
            let (dx, dy) = (width / 2 + gap * ring, height / 2 + gap * ring);
            let candidates =
                [(0, -dy), (0, dy), (dx, 0), (-dx, 0), (dx, -dy), (-dx, -dy), (dx, dy), (-dx, dy)];
            for (right, down) in candidates {
                let centre = (x + right, y + down);
                let cost = self.cost(&around(centre, (width, height)));
                if best.is_none_or(|(least, _)| cost < least) {
                    best = Some((cost, centre));
                }
            }
            if best.is_some_and(|(cost, _)| cost == 0) {
                break;
            }
        }
        let centre = best.map_or((x, y), |(_, centre)| centre);
        self.taken.push(around(centre, (width, height)));
        centre
    }

    /// Pixels of `rect` that are taken or outside the frame.
    fn cost(&self, rect: &Rect) -> i32 {
        let inside = overlap(rect, &self.frame);
        let area = (rect[2] - rect[0]) * (rect[3] - rect[1]);
        // Text cut off at the edge is worse than text on a mark.
        4 * (area - inside) + self.taken.iter().map(|taken| overlap(rect, taken)).sum::<i32>()
    }
}

fn around((x, y): (i32, i32), (width, height): (i32, i32)) -> Rect {
    [x - width / 2, y - height / 2, x + width / 2, y + height / 2]
}

fn overlap(a: &Rect, b: &Rect) -> i32 {
    let width = a[2].min(b[2]) - a[0].max(b[0]);
    let height = a[3].min(b[3]) - a[1].max(b[1]);
    width.max(0) * height.max(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_of_marks_close_together_stay_apart() {
        let mut labels = Labels::within([0, 0, 600, 400]);
        let marks = [(100, 200), (112, 205), (95, 210), (590, 10)];
        marks.iter().for_each(|m| labels.mark(*m, 10));
        let places: Vec<Rect> =
            marks.iter().map(|m| around(labels.place(*m, (60, 30), 16), (60, 30))).collect();
        for (i, a) in places.iter().enumerate() {
            assert_eq!(overlap(a, &[0, 0, 600, 400]), 60 * 30, "{a:?} is cut off");
            for b in &places[i + 1..] {
                assert_eq!(overlap(a, b), 0, "{a:?} on {b:?}");
            }
        }
    }
}
