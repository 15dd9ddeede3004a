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
