//! From every non-zero position of a motif map to the few that are drawn.

/// One non-zero value of a predicted motif map.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PredictedMotif {
    /// Motif channel.
    pub channel: usize,
    /// Row, in input pixels; 0 for one-dimensional inputs.
    pub y: usize,
    /// Column, in input pixels (frames for one-dimensional inputs).
    pub x: usize,
    /// The value, above 0.
    pub value: f32,
}

/// A local maximum of a motif map: what a figure marks.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Peak {
    /// The maximum.
    pub motif: PredictedMotif,
    /// Whether other non-zero positions of the same channel lie near it; drawn as a star.
    pub crowded: bool,
}

/// The local maxima of a motif map given by its non-zero positions, the largest first.
///
/// A position is a local maximum if no position of its channel within `radius` pixels, in
/// both directions, is larger (of equals, the first by row and column counts). Positions of
/// other channels do not compete: two channels that answer in one place are both drawn.
#[must_use]
pub fn local_maxima(motifs: &[PredictedMotif], radius: usize) -> Vec<Peak> {
    let mut ranked = motifs.to_vec();
    ranked.sort_by(|a, b| b.value.total_cmp(&a.value).then((a.y, a.x).cmp(&(b.y, b.x))));
    let near = |a: &PredictedMotif, b: &PredictedMotif| {
        a.channel == b.channel && a.y.abs_diff(b.y) <= radius && a.x.abs_diff(b.x) <= radius
    };
    let peaks = ranked.iter().enumerate().filter_map(|(rank, motif)| {
        let larger = ranked[..rank].iter().any(|other| near(motif, other));
        let smaller = ranked[rank + 1..].iter().any(|other| near(motif, other));
        (!larger).then_some(Peak { motif: *motif, crowded: smaller })
    });
    peaks.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn motif(channel: usize, y: usize, x: usize, value: f32) -> PredictedMotif {
        PredictedMotif { channel, y, x, value }
    }

    #[test]
    fn a_maximum_hides_its_neighbours_and_is_crowded_by_them() {
        let alone = motif(1, 40, 40, 0.5);
        let top = motif(1, 10, 10, 3.0);
        let other_channel = motif(2, 10, 11, 1.0);
        let peaks = local_maxima(&[alone, motif(1, 12, 8, 1.0), other_channel, top], 2);
        assert_eq!(
            peaks,
            [
                Peak { motif: top, crowded: true },
                Peak { motif: other_channel, crowded: false },
                Peak { motif: alone, crowded: false },
            ]
        );
    }

    #[test]
    fn equals_leave_one_maximum() {
        let peaks = local_maxima(&[motif(0, 5, 6, 1.0), motif(0, 5, 5, 1.0)], 1);
        assert_eq!(peaks, [Peak { motif: motif(0, 5, 5, 1.0), crowded: true }]);
    }

    #[test]
    fn the_radius_is_inclusive() {
        let pair = [motif(0, 5, 5, 1.0), motif(0, 8, 5, 0.5)];
        assert_eq!(local_maxima(&pair, 3).len(), 1);
        assert_eq!(local_maxima(&pair, 2).len(), 2);
    }
}
