//! What a motif map marks, one entry a place, for drawing (paper figure 2).

use super::matching::MotifMap;

/// A local maximum of a motif map, in map coordinates.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PredictedMotif {
    /// The motif channel.
    pub channel: usize,
    /// Row of the map.
    pub y: usize,
    /// Column of the map.
    pub x: usize,
    /// The map's value.
    pub value: f32,
    /// Whether other positions of the channel within the radius are non-zero too (drawn as
    /// a star instead of a dot).
    pub crowded: bool,
}

/// The local maxima of `map`: positive values that no value of the same channel within
/// `radius` map positions exceeds. Of equal neighbours the first by row and column stands
/// for both. Channels do not compete: two that fire in one place are both listed, so that a
/// picture shows the disagreement. Sorted by channel, row, column.
///
/// "Within the radius" is a square of side 2·`radius` + 1 around the position.
///
/// # Panics
/// When the map's values are not of the stated shape or a stride is 0.
#[must_use]
pub fn predicted_motifs(map: MotifMap<'_>, radius: usize) -> Vec<PredictedMotif> {
    let plane = map.height * map.width;
    let mut motifs = Vec::new();
    for here in map.active().into_iter().filter(|a| a.value > 0.0) {
        let rows = here.y.saturating_sub(radius)..(here.y + radius + 1).min(map.height);
        let columns = here.x.saturating_sub(radius)..(here.x + radius + 1).min(map.width);
        let own = (here.y, here.x);
        let mut crowded = false;
        let mut beaten = false;
        for y in rows {
            let row = here.channel * plane + y * map.width;
            for x in columns.clone() {
                let value = map.values[row + x];
                let other = (y, x);
                if value == 0.0 || other == own {
                    continue;
                }
                crowded = true;
                beaten |= value > here.value || (value == here.value && other < own);
            }
        }
        if !beaten {
            motifs.push(PredictedMotif {
                channel: here.channel,
                y: here.y,
                x: here.x,
                value: here.value,
                crowded,
            });
        }
    }
    motifs
}
