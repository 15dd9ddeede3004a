//! Colours that readers with colour-vision deficiencies can tell apart.
//!
//! ```
//! use sparling::figures::palette::{channel_color, text_color_on};
//!
//! assert_ne!(channel_color(0), channel_color(1));
//! assert_eq!(text_color_on([255, 255, 255]), [0, 0, 0]);
//! ```

/// The seven colours of Okabe and Ito, their black, and four more.
///
/// The four were found by a greedy search over a grid of sRGB colours for the largest
/// distance, in Oklab, to the colours before and to the greys of the pictures, taken as the
/// smallest over normal vision and simulated protanopia and deuteranopia (Machado et al. 2009).
const COLORS: [[u8; 3]; 12] = [
    [230, 159, 0],   // orange
    [86, 180, 233],  // sky blue
    [0, 158, 115],   // bluish green
    [213, 94, 0],    // vermillion
    [0, 114, 178],   // blue
    [204, 121, 167], // reddish purple
    [240, 228, 66],  // yellow
    [0, 0, 0],       // black
    [119, 17, 0],    // brown
    [51, 51, 119],   // indigo
    [136, 221, 187], // mint
    [85, 136, 255],  // azure
];

/// The colour of channel, motif kind or series `index`, as sRGB.
///
/// The first twelve are pairwise distinct under normal vision, protanopia and deuteranopia.
/// From there on they repeat mixed with grey, so up to 24 differ; a drawing with more kinds
/// must not rely on colour alone (those of this crate always write the label too).
#[must_use]
pub fn channel_color(index: usize) -> [u8; 3] {
    let color = COLORS[index % COLORS.len()];
    if (index / COLORS.len()).is_multiple_of(2) {
        color
    } else {
        color.map(|value| ((u16::from(value) + 128) / 2) as u8)
    }
}

/// Black or white, whichever reads better on `background`.
#[must_use]
pub fn text_color_on(background: [u8; 3]) -> [u8; 3] {
    let luminance = relative_luminance(background);
    // Where the WCAG contrast ratios with black and with white are equal.
    if luminance > 0.179 { [0; 3] } else { [255; 3] }
}

/// An sRGB value as linear light in [0, 1].
fn linear(value: u8) -> f64 {
    let value = f64::from(value) / 255.0;
    if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
}

/// Relative luminance (WCAG 2) of an sRGB colour, in [0, 1].
fn relative_luminance(color: [u8; 3]) -> f64 {
    let [r, g, b] = color.map(linear);
    0.2126 * r + 0.7152 * g + 0.0722 * b
}

#[cfg(test)]
mod tests {
    use super::*;

    type Matrix = [[f64; 3]; 3];

    const NORMAL: Matrix = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]];
    const PROTANOPIA: Matrix = [
        [0.152_286, 1.052_583, -0.204_868],
        [0.114_503, 0.786_281, 0.099_216],
        [-0.003_882, -0.048_116, 1.051_998],
    ];
    const DEUTERANOPIA: Matrix = [
        [0.367_322, 0.860_646, -0.227_968],
        [0.280_085, 0.672_501, 0.047_413],
        [-0.011_820, 0.042_940, 0.968_881],
    ];
    /// Linear sRGB to the cube of Oklab's cone responses, and these to Oklab.
    const CONES: Matrix = [
        [0.412_221, 0.536_333, 0.051_446],
        [0.211_903, 0.680_700, 0.107_397],
        [0.088_302, 0.281_719, 0.629_979],
    ];
    const OKLAB: Matrix = [
        [0.210_454, 0.793_618, -0.004_072],
        [1.977_998, -2.428_592, 0.450_594],
        [0.025_904, 0.782_772, -0.808_676],
    ];

    fn apply(matrix: Matrix, v: [f64; 3]) -> [f64; 3] {
        matrix.map(|row| row.iter().zip(v).map(|(a, b)| a * b).sum())
    }

    fn oklab(color: [u8; 3], vision: Matrix) -> [f64; 3] {
        let seen = apply(vision, color.map(linear)).map(|value| value.clamp(0.0, 1.0));
        apply(OKLAB, apply(CONES, seen).map(f64::cbrt))
    }

    /// 0.07 in Oklab is a plain difference; the closest pair is Okabe and Ito's own bluish
    /// green and reddish purple.
    #[test]
    fn twelve_colours_differ_for_everyone() {
        for (name, vision) in [("normal", NORMAL), ("protanopia", PROTANOPIA), ("deuteranopia", DEUTERANOPIA)]
        {
            for a in 0..12 {
                for b in 0..a {
                    let (p, q) = (oklab(channel_color(a), vision), oklab(channel_color(b), vision));
                    let distance = p.iter().zip(q).map(|(x, y)| (x - y).powi(2)).sum::<f64>().sqrt();
                    assert!(distance > 0.07, "{name}: {a} and {b} are {distance:.3} apart");
                }
            }
        }
    }

    #[test]
    fn text_is_readable_on_every_colour() {
        for index in 0..24 {
            let color = channel_color(index);
            let (a, b) = (relative_luminance(color), relative_luminance(text_color_on(color)));
            let contrast = (a.max(b) + 0.05) / (a.min(b) + 0.05);
            assert!(contrast >= 4.5, "{index}: {contrast:.2}");
        }
    }

    #[test]
    fn colours_past_the_first_twelve_are_new() {
        for index in 12..24 {
            assert!((0..index).all(|other| channel_color(other) != channel_color(index)));
        }
        assert_eq!(channel_color(24), channel_color(0));
    }
}
