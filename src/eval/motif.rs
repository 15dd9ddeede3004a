//! Where a true motif is.

/// One true motif: its kind and the box of input pixels it occupies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Motif {
    /// Which of the kinds, from 0.
    pub kind: usize,
    /// First row (pixels); 0 for one-dimensional domains.
    pub top: usize,
    /// First column (pixels, or frames for one-dimensional domains).
    pub left: usize,
    /// One past the last row; 1 for one-dimensional domains.
    pub bottom: usize,
    /// One past the last column.
    pub right: usize,
}

impl Motif {
    /// Whether the two boxes share a position.
    #[must_use]
    pub fn overlaps(&self, other: &Self) -> bool {
        self.top.max(other.top) < self.bottom.min(other.bottom)
            && self.left.max(other.left) < self.right.min(other.right)
    }
}
