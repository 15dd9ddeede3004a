//! Which channel fired at each true motif, and what fired elsewhere (paper section 6).

use super::motif::Motif;

/// One sample's motif map m̂ as the sparsity layer gave it, borrowed.
#[derive(Clone, Copy, Debug)]
pub struct MotifMap<'a> {
    /// Values of shape `channels × height × width`, row-major; a motif is a positive value.
    pub values: &'a [f32],
    /// Motif channels C.
    pub channels: usize,
    /// Rows H of the map (1 for one-dimensional domains).
    pub height: usize,
    /// Columns W of the map.
    pub width: usize,
    /// Input pixels per map position, rows then columns: position (i, j) covers input
    /// pixels `[i·stride[0], (i+1)·stride[0]) × [j·stride[1], (j+1)·stride[1])`.
    pub stride: [usize; 2],
}

/// A non-zero position of a map.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Active {
    pub(crate) channel: usize,
    pub(crate) y: usize,
    pub(crate) x: usize,
    pub(crate) value: f32,
}

impl MotifMap<'_> {
    /// The non-zero positions, in channel, row, column order.
    ///
    /// # Panics
    /// When `values` is not of the stated shape or a stride is 0.
    pub(crate) fn active(&self) -> Vec<Active> {
        let plane = self.height * self.width;
        assert_eq!(
            self.values.len(),
            self.channels * plane,
            "motif map values must be channels × height × width"
        );
        assert!(
            self.stride.iter().all(|&s| s > 0),
            "a motif map's stride counts input pixels and cannot be 0"
        );
        let mut found = Vec::new();
        // Blocks are tested as a whole first: the test vectorises, and at the densities
        // of interest (1e-4) nearly every block is empty.
        const BLOCK: usize = 64;
        for (b, block) in self.values.chunks(BLOCK).enumerate() {
            // `|` rather than `any`, which would stop early and stay scalar. `!=` keeps NaN.
            if !block.iter().fold(false, |some, &v| some | (v != 0.0)) {
                continue;
            }
            for (i, &value) in block.iter().enumerate().filter(|(_, v)| **v != 0.0) {
                let index = b * BLOCK + i;
                let (channel, position) = (index / plane, index % plane);
                found.push(Active { channel, y: position / self.width, x: position % self.width, value });
            }
        }
        found
    }

    /// Pairs every true motif with the channel that fired in its box, then every
    /// remaining non-zero position with no motif, as `pair(channel, kind)` calls where
    /// `None` stands for the paper's `none`.
    ///
    /// The motifs are taken in order. The predicted channel is the one with the largest
    /// value in the box, the lowest channel on ties, `None` if nothing positive is left
    /// there; all positions in the box are then spent for all later steps. The caller's
    /// values stay as they are.
    ///
    /// # Panics
    /// When `values` is not of the stated shape or a stride is 0.
    pub fn pairs(&self, motifs: &[Motif], pair: impl FnMut(Option<usize>, Option<usize>)) {
        self.fired().pairs(motifs, pair);
    }

    pub(super) fn fired(&self) -> Fired {
        Fired { active: self.active(), stride: self.stride }
    }
}

/// What is left of a motif map without its zeros.
#[derive(Clone, Debug)]
pub(crate) struct Fired {
    /// In channel, row, column order.
    pub(super) active: Vec<Active>,
    pub(super) stride: [usize; 2],
}

impl Fired {
    /// `values` at `places`, which rise and are row-major in a map of `[channels, height, width]`; `stride` as in
    /// [`MotifMap`].
    #[cfg(feature = "program")]
    pub(crate) fn at(
        places: &[usize],
        values: &[f32],
        [_, height, width]: [usize; 3],
        stride: [usize; 2],
    ) -> Self {
        let plane = height * width;
        let active = places.iter().zip(values).map(|(&place, &value)| {
            let (channel, position) = (place / plane, place % plane);
            Active { channel, y: position / width, x: position % width, value }
        });
        Self { active: active.collect(), stride }
    }

    /// As [`MotifMap::pairs`].
    pub(super) fn pairs(self, motifs: &[Motif], mut pair: impl FnMut(Option<usize>, Option<usize>)) {
        let (inside, left_over) = self.inside(motifs);
        for (motif, own) in motifs.iter().zip(&inside) {
            pair(strongest(own).map(|a| a.channel), Some(motif.kind));
        }
        for active in &left_over {
            pair(Some(active.channel), None);
        }
    }

    /// The positions that each motif's box spends, and those left over, in their order.
    pub(super) fn inside(self, motifs: &[Motif]) -> (Vec<Vec<Active>>, Vec<Active>) {
        let Self { mut active, stride } = self;
        let spent = motifs.iter().map(|motif| {
            let [top, bottom, left, right] = positions(motif, stride);
            let in_box = |a: &mut Active| (top..bottom).contains(&a.y) && (left..right).contains(&a.x);
            active.extract_if(.., in_box).collect()
        });
        (spent.collect(), active)
    }
}

/// Map rows and columns (half-open: top, bottom, left, right) whose pixels the box of `motif` overlaps.
///
/// With a stride above 1 a position belongs to the box as soon as one of its pixels
/// does, so two neighbouring boxes may share positions; the earlier motif then takes
/// what fired there.
pub(crate) fn positions(motif: &Motif, stride: [usize; 2]) -> [usize; 4] {
    [
        motif.top / stride[0],
        motif.bottom.div_ceil(stride[0]),
        motif.left / stride[1],
        motif.right.div_ceil(stride[1]),
    ]
}

/// The largest positive value; of equals the first, so that ties go to the lowest channel.
pub(super) fn strongest(active: &[Active]) -> Option<Active> {
    active.iter().fold(
        None,
        |best: Option<Active>, a| {
            if a.value > best.map_or(0.0, |b| b.value) { Some(*a) } else { best }
        },
    )
}
